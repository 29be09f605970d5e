"""The ports on one machine: a folder, SQLite, LanceDB and models that run in process."""
