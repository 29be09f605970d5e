"""What the LanceDB index needs of its folder: locks between processes, the space it uses, and errors in plain words."""

from __future__ import annotations

import errno
import json
import os
import re
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

DERIVED = "_indices/"
"""The folder of the indexes of a table that are derived from its rows."""

SUMMED = ("data/*", "_deletions/*", "_versions/*.manifest", f"{DERIVED}*/*")
"""The files of a table: its rows, which of them were removed, what belongs to each version, and its indexes."""

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
    if "Resources exhausted" in said:  # so DataFusion says that it may not have more memory
        return PlumblineError(
            f"There was not enough memory for the index {name}: {said}.",
            "Do less at once, or close other programs, and run the same command again. Nothing is lost.",
        )
    if "after shutdown" in said or "interpreter shutdown" in said:  # so a thread pool says it that has ended
        return PlumblineError(f"The index {name} could not be used, because this process is ending.", "Start it again.")
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


class Sums:
    """The checksums (CRC-32) of a table's files, which LanceDB has for none of them and never changes once they are
    written. They are in a file in the table's folder."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._file = table / "plumbline.sums.json"

    def record(self) -> None:
        """Add the files that are new and forget those that are gone; on a full or failing disk, the next time."""
        with suppress(OSError):
            known = self._known()
            sums = {name: known[name] if name in known else _sum_of(self._table / name) for name in self._names()}
            if sums != known:
                replace_text(self._file, json.dumps(sums))

    def changed(self) -> list[str]:
        """The files that are not what was written, or can't be read."""
        known = self._known()
        return [name for name in self._names() if name in known and self._is_other(name, known[name])]

    def _is_other(self, name: str, sum_: int) -> bool:
        try:
            return _sum_of(self._table / name) != sum_
        except FileNotFoundError:  # another process removed it meanwhile
            return False
        except OSError:
            return True

    def unknown(self) -> list[str]:
        """The files that are gone, of which the table may need some or not, and those that were not recorded, as of a
        former version of Plumbline."""
        return sorted(set(self._names()) ^ self._known().keys())

    def _known(self) -> dict[str, int]:
        try:
            known = json.loads(text_of(self._file) or "{}")
        except ValueError:
            return {}
        return known if isinstance(known, dict) else {}

    def _names(self) -> list[str]:
        found = (path for pattern in SUMMED for path in self._table.glob(pattern) if path.is_file())
        return sorted(path.relative_to(self._table).as_posix() for path in found)


def _sum_of(file: Path) -> int:
    sum_ = 0
    with file.open("rb") as opened:
        while read := opened.read(1 << 20):
            sum_ = zlib.crc32(read, sum_)
    return sum_


def text_of(file: Path) -> str:
    """A file's text, '' if there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


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
