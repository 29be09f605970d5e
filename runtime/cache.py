"""A disk cache with a size limit; the least recently used files are removed first."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

Made = TypeVar("Made")

SHARE = 16
"""The files are counted again when a process has written this part of what may be kept, and as much room is made: to
look at 3,000 of them takes 40 ms, about half of what it takes to draw a page."""


class FileCache:
    """Files by document and name, below one folder, which several processes may share: beyond the limit each may write
    a sixteenth of it.

    A file's modification time is that of its last use. `keep_recent` is how many of the most recently used files are
    kept whatever their size: at least as many as are being read at once.
    """

    def __init__(self, folder: Path, max_bytes: int, keep_recent: int = 1) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._keep_recent = keep_recent
        self._written = max_bytes  # as far as is known, so that the first to be written counts the files
        self._lock = Lock()

    def get(self, document: str, name: str) -> Path | None:
        """The file, or None."""
        path = self._of(document) / name
        try:
            os.utime(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return path

    def put(self, document: str, name: str, write: Callable[[Path], Made]) -> Made:
        """Cache a file written by `write`, and return its result. Nothing is cached if it raises."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".part-{uuid.uuid4().hex}"
        path = self._of(document) / name
        try:
            made = write(part)
            size = part.stat().st_size if part.exists() else 0
            while part.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):  # the document was dropped in between
                    os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        if self._is_due(size):
            self._trim()
        return made

    def drop(self, document: str) -> None:
        """Remove a document's files."""
        shutil.rmtree(self._of(document), ignore_errors=True)

    def _of(self, document: str) -> Path:
        return self._folder / hashlib.sha256(document.encode()).hexdigest()[:32]

    def _is_due(self, size: int) -> bool:
        """Whether so many bytes more may have filled the room that was made."""
        with self._lock:
            self._written += size
            due = self._written >= self._max_bytes // SHARE
            if due:
                self._written = 0
            return due

    def _trim(self) -> None:
        """Remove the least recently used files until there is room again; partial ones of a killed process age too."""
        files = []
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.is_file():
                    files.append((stat.st_mtime_ns, stat.st_size, path))
        used = sum(size for _, size, _ in files)
        for _, size, path in sorted(files)[: -self._keep_recent]:
            if used <= self._max_bytes - self._max_bytes // SHARE:
                break
            path.unlink(missing_ok=True)
            with suppress(OSError):  # the document has other files
                path.parent.rmdir()
            used -= size


class SingleFlight:
    """Runs one call per key at a time; concurrent callers share its result."""

    def __init__(self) -> None:
        self._making: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def make(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """The result of `make`, or its exception; that of the call already under way, if there is one."""
        with self._lock:
            making = self._making.get(key)
            if mine := making is None:
                making = self._making[key] = Future()
        assert making is not None
        if mine:
            try:
                making.set_result(make())
            except BaseException as error:
                making.set_exception(error)
            finally:
                with self._lock:
                    del self._making[key]
        made: Made = making.result()
        return made
