"""A document's version: the SHA-256 of its bytes, in hex."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_VERSION = re.compile(r"[0-9a-f]{64}")


def version_of(path: Path) -> str:
    """The version of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_version(text: str) -> bool:
    """Whether a text has the form of a version."""
    return _VERSION.fullmatch(text) is not None
