"""What is installed or built for this checkout once and serves every other: a cache outside it, keyed by content."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]

COMPLETE = ".complete"
"""The file that says a folder was made to its end. Its time is that of the last use."""

UNUSED_SECONDS = 30 * 24 * 3600
"""A former version that nobody has used for so long goes when another is made."""


def cache() -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/plumbline`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plumbline"


def key_of(*parts: str | Path) -> str:
    """A short hash of words and of files' contents, in hexadecimal digits."""
    hashed = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        hashed.update(len(content).to_bytes(8) + content)
    return hashed.hexdigest()[:16]


def find(name: str, key: str) -> Path | None:
    """The folder that `kept` made of this name and key, None before it did."""
    folder = cache() / f"{name}-{key}"
    if not (folder / COMPLETE).exists():
        return None
    (folder / COMPLETE).touch()
    return folder


def kept(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name and key, filled by `make(folder)` the first time.

    Who comes while another makes it waits. What `make` left when it failed or was killed is removed, and made anew.
    """
    with _lock(f"{name}-{key}"):
        if found := find(name, key):
            return found
        folder = cache() / f"{name}-{key}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        (folder / COMPLETE).touch()
        for other in cache().glob(f"{name}-*/{COMPLETE}"):
            if time.time() - other.stat().st_mtime > UNUSED_SECONDS:
                shutil.rmtree(other.parent, ignore_errors=True)
        return folder


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Held by one process at a time; the system releases it when its holder ends, however."""
    path = cache() / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
