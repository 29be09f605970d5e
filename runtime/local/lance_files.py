"""What the LanceDB index needs of its folder: locks between processes, the space it uses, and errors in plain words."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from filelock import FileLock, Timeout

from runtime.ports import IndexDamaged, PlumblineError

WAIT_SECONDS = 600.0
"""How long a change of an index waits for other processes' changes. The longest of those compacts 1,000,000 passages,
which takes minutes."""

POLL_SECONDS = 0.02
"""How often a waiting process looks whether the lock is free; a small change holds it 0.1 s."""

CHANGING, BUILDING = "changing.lock", "building.lock"
"""The files of the locks that each change of an index holds, and the builder of an approximate index."""

REPAIR = "Run `python -m runtime repair`, which rebuilds it from the documents."

_OS_ERROR = re.compile(r"os error (\d+)")
_CONFLICT = re.compile(r"commit conflict|Too many concurrent writers", re.IGNORECASE)
_RUST_PLACE = re.compile(r", /\S+\.rs:\d+:\d+")
"""Where in LanceDB's source an error was raised."""


class FolderLock:
    """A lock on a file, which one thread of one process holds. The system releases it when that process ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = FileLock(file, poll_interval=POLL_SECONDS, fallback_to_soft=False)

    @contextmanager
    def held(self, name: str, seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock, to change the index `name`. PlumblineError if others hold it for so long."""
        try:
            self._lock.acquire(timeout=seconds)
        except Timeout as error:
            raise PlumblineError(
                f"The index {name} could not be changed: for {seconds:.0f} s other processes were changing it.",
                f"Wait until they are done, or end them, and try again. They hold the lock on {self._file}.",
            ) from error
        except OSError as error:
            raise explained(error, name, self._file.parent) from error
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def held_if_free(self, name: str) -> Iterator[bool]:
        """Hold the lock if nobody else does; whether it is held."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        except OSError as error:
            raise explained(error, name, self._file.parent) from error
        try:
            yield True
        finally:
            self._lock.release()


@contextmanager
def index_unchanged(folder: Path) -> Iterator[None]:
    """While it is copied, no process changes the indexes in a folder; questions are answered."""
    if not os.access(folder, os.W_OK):  # there is none, or nobody can change it
        yield
        return
    with FolderLock(folder / BUILDING).held("being copied"), FolderLock(folder / CHANGING).held("being copied"):
        yield


def is_of_the_store(error: BaseException) -> bool:
    """Whether LanceDB, Arrow or the file system raised this. A panic of LanceDB's Rust code is no Exception."""
    if isinstance(error, PlumblineError):
        return False
    return isinstance(error, (OSError, RuntimeError, ValueError, pa.ArrowException)) or is_panic(error)


def is_panic(error: BaseException) -> bool:
    """Whether Rust code panicked; its exception's class can't be imported."""
    return type(error).__name__ == "PanicException"


def is_conflict(error: BaseException) -> bool:
    """Whether another commit came first."""
    return bool(_CONFLICT.search(str(error)))


def explained(error: BaseException, name: str, table: Path) -> PlumblineError:
    """The error in plain words; `table` is the folder of the index `name`."""
    said = _RUST_PLACE.sub("", str(error)).strip() or type(error).__name__
    found = _OS_ERROR.search(said)
    code = int(found[1]) if found else getattr(error, "errno", None)
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return PlumblineError(
            f"The index {name} could not be changed, because the disk of {table} is full: {said}.",
            "Free disk space and run the same command again. What was in the index before still is.",
        )
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PlumblineError(
            f"The index {name} could not be used, because {table} can't be written or read by this user: {said}.",
            "Change its permissions and run the same command again. Questions only need to read it.",
        )
    if code in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        return PlumblineError(
            f"The index {name} could not be changed, because the file system of {table} has no file locks: {said}.",
            "Mount it with locks, or put PLUMBLINE_HOME on a local disk.",
        )
    if not table.exists():
        return IndexDamaged(
            f"The index {name} is no longer there: {table} was removed.",
            f"If `python -m runtime reindex` has just replaced it, try again. Otherwise: {REPAIR}",
        )
    if is_conflict(error):
        return PlumblineError(
            f"The index {name} could not be changed: an earlier version of Plumbline is changing it without a lock.",
            "End it, and run the same command again.",
        )
    if code is not None and code != errno.ENOENT:
        return PlumblineError(
            f"The index {name} could not be used: {said}.", f"Check the disk of {table}, and try again."
        )
    return IndexDamaged(f"The index {name} in {table} is damaged: {said}.", REPAIR)


def bytes_below(folder: Path) -> int:
    """The size of all files below a folder; files that vanish meanwhile don't count."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(f"{parent}/{name}").st_size
            except FileNotFoundError:
                continue
    return total


def lost_its_versions(table: Path) -> bool:
    """Whether a table has data but no manifest, which LanceDB takes for a table that is not there."""
    return any(table.glob("data/*.lance")) and not any(table.glob("_versions/*.manifest"))


def replace_text(file: Path, text: str) -> None:
    """Write a file atomically; of several processes at once one wins."""
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
