"""Whether other processes that work on the same files are still alive, in whatever container or on whatever machine
that shares the disk: each holds a lock on a file, which the system releases when it ends."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class Processes:
    """The owners of leases, and the workers: for each a file of that name in a folder, on which it holds a lock. Where
    the file system has no locks there are no files, and nobody is known to have died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, IO[bytes]] = {}
        self._changing = threading.Lock()

    def hold(self, owner: str) -> None:
        """Let others see that the owner is alive, for as long as this process is or until it is let go."""
        with self._changing:
            if owner not in self._held:
                self._held[owner] = self._locked(owner)

    def _locked(self, owner: str) -> IO[bytes]:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / owner
        while True:
            file = path.open("wb")
            if not lock(file):
                path.unlink(missing_ok=True)
                return file
            if is_linked(file):
                return file
            file.close()

    def let_go(self, owner: str) -> None:
        """The owner does nothing any more."""
        with self._changing:
            if file := self._held.pop(owner, None):
                (self._folder / owner).unlink(missing_ok=True)
                file.close()

    def is_alive(self, owner: str) -> bool:
        """Whether somebody holds the owner's lock."""
        return _is_locked(self._folder / owner) is True

    def has_died(self, owner: str) -> bool:
        """Whether the owner's process has ended without letting it go."""
        return is_abandoned(self._folder / owner)

    def dead(self) -> list[str]:
        """The owners whose processes have ended, until they are forgotten."""
        try:
            return [path.name for path in sorted(self._folder.iterdir()) if is_abandoned(path)]
        except FileNotFoundError:
            return []

    def forget(self, owner: str) -> None:
        """Remove what tells that an owner has died."""
        with locking(self._folder / owner) as locked:
            if locked:
                (self._folder / owner).unlink(missing_ok=True)


def lock(file: IO[bytes] | int) -> bool:
    """Lock a file or folder that was just made, until it is closed; False if its file system has no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def is_linked(file: IO[bytes]) -> bool:
    """Whether the file is still there: between being made and being locked, it looks abandoned."""
    return os.fstat(file.fileno()).st_nlink > 0


def is_abandoned(path: Path) -> bool:
    """Whether there is a file or folder that nobody has locked any more."""
    return _is_locked(path) is False


def _is_locked(path: Path) -> bool | None:
    """Whether somebody holds a lock on the file or folder; None if there is none, or that can't be told."""
    with locking(path) as locked:
        return None if locked is None else not locked


@contextmanager
def locking(path: Path) -> Iterator[bool | None]:
    """Lock a file or folder that is there, unless somebody else holds its lock, which is False; None if there is none,
    or that can't be told. Who removes what is abandoned does so meanwhile: one that is just being made waits for its
    lock, and sees then that it is not linked any more."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield _locks_now(opened)
    finally:
        os.close(opened)


def _locks_now(opened: int) -> bool | None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
