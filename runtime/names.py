"""The names that several units must agree on, written once."""

EMBEDDING_ARCHIVE_PREFIX = "embeddingarchive/"
PROMPT_ARCHIVE_PREFIX = "promptarchive/"
