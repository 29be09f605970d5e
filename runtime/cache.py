"""Files that can be made again, kept on disk within a bound: what was not used for longest goes first."""

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


class FileCache:
    """Files by document and name, below one folder, which several processes may share.

    A file's time of modification is that of its last use. `keep_recent` is how many of those used last stay whatever
    they take: at least as many as are being read at once.
    """

    def __init__(self, folder: Path, max_bytes: int, keep_recent: int = 1) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._keep_recent = keep_recent

    def get(self, document: str, name: str) -> Path | None:
        """The file, None where there is none."""
        path = self._of(document) / name
        try:
            os.utime(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return path

    def put(self, document: str, name: str, write: Callable[[Path], Made]) -> Made:
        """Keep a file that `write` makes; what `write` gives. Nothing is kept where it raises."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".part-{uuid.uuid4().hex}"
        path = self._of(document) / name
        try:
            made = write(part)
            while part.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):  # the document's folder was dropped in between
                    os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        self._trim()
        return made

    def drop(self, document: str) -> None:
        """Remove what is kept of a document."""
        shutil.rmtree(self._of(document), ignore_errors=True)

    def _of(self, document: str) -> Path:
        return self._folder / hashlib.sha256(document.encode()).hexdigest()[:32]

    def _trim(self) -> None:
        """Parts that a killed process left are the longest unused some day, and go as everything else."""
        files = []
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.is_file():
                    files.append((stat.st_mtime_ns, stat.st_size, path))
        used = sum(size for _, size, _ in files)
        for _, size, path in sorted(files)[: -self._keep_recent]:
            if used <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            with suppress(OSError):  # others of the document are left
                path.parent.rmdir()
            used -= size


class SingleFlight:
    """Makes a thing once for all who ask for it while it is being made."""

    def __init__(self) -> None:
        self._making: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def make(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gives, or raises; another's, where it is being made already."""
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
