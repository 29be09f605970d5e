"""A cache outside the checkout, keyed by content: what one checkout installs or builds serves every other."""

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
"""The file that marks a folder as complete. Its modification time is that of the last use."""

UNUSED_SECONDS = 30 * 24 * 3600
"""A version that nobody has used for this long is removed when another is made."""


def cache() -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/plumbline`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plumbline"


def key_of(*parts: str | Path) -> str:
    """A short hash of strings and of the contents of files, in hexadecimal digits."""
    hashed = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        hashed.update(len(content).to_bytes(8) + content)
    return hashed.hexdigest()[:16]


def find(name: str, key: str) -> Path | None:
    """The folder that `kept` made for this name and key, None if there is none yet."""
    folder = cache() / f"{name}-{key}"
    if not (folder / COMPLETE).exists():
        return None
    (folder / COMPLETE).touch()
    return folder


def kept(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name and key, filled by `make(folder)` the first time.

    Whoever comes while another process makes it waits. What a failed or killed `make` left is removed and made again.
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
    """A lock between processes; the system releases it when its holder ends, however that happens."""
    path = cache() / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
