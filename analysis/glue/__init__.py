"""The Glue jobs: the analyst's commands with Glue's arguments."""
