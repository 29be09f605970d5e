"""Former versions of documents on one machine, within a size limit; the oldest are removed first."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.ports import checked_key
from runtime.versions import is_version, version_of


class FormerVersions:
    """The files FOLDER/KEY/SHA-256.pdf, each a replaced version of the document KEY.

    A file's modification time is when it was replaced. If the file system has hard links, keeping a version copies
    nothing.
    """

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self._folder = folder
        self._budget = budget_bytes

    @contextmanager
    def keeping(self, key: str, path: Path) -> Iterator[None]:
        """Keep the file at `path`, if there is one; the caller replaces it inside the `with`.

        If the process is killed inside, the file has both names, or just its own.
        """
        kept = self._keep(key, path)
        yield
        if kept is not None:
            with suppress(FileNotFoundError):  # another process removed the document meanwhile
                os.utime(kept)
            self._trim()

    def path(self, key: str, version: str) -> Path | None:
        """The path of a version, whether it exists or not; None if it is not a valid version."""
        return self._folder / checked_key(key) / f"{version}.pdf" if is_version(version) else None

    def drop(self, key: str) -> None:
        """Remove the document's versions, and folders left empty."""
        folder = self._folder / checked_key(key)
        for path in _files(folder):
            path.unlink(missing_ok=True)
        self._remove_empty(folder)

    def _keep(self, key: str, path: Path) -> Path | None:
        try:
            if path.stat().st_size > self._budget:
                return None
        except FileNotFoundError:
            return None
        folder = self._folder / checked_key(key)
        folder.mkdir(parents=True, exist_ok=True)
        # Link before hashing: `path` may be replaced in between.
        link = folder / f".part-{uuid.uuid4().hex}"
        try:
            _link(path, link)
            kept = folder / f"{version_of(link)}.pdf"
            os.replace(link, kept)
        except FileNotFoundError:  # it was removed in between
            return None
        finally:
            link.unlink(missing_ok=True)  # os.replace leaves both names if they are of one file
        return kept

    def _trim(self) -> None:
        files = []
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    files.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        used = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if used <= self._budget:
                break
            path.unlink(missing_ok=True)
            self._remove_empty(path.parent)
            used -= size

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._folder:
            try:
                folder.rmdir()
            except OSError:  # not empty, or gone
                break
            folder = folder.parent


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _link(path: Path, link: Path) -> None:
    """Hard-link the file; copy it if the file system has no hard links."""
    try:
        os.link(path, link)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(path, link)
