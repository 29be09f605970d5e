"""A library of one machine as one file, made while it is in use, and a library from such a file.

The file is a plain tar of the home folder: the PDFs and archives in it are compressed already. The database is a
snapshot; documents that change meanwhile are reconciled after the restore like any others. The last member lists the
SHA-256 of all others.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from runtime.local.folder import PART, new_part, remove_abandoned
from runtime.local.lance_files import index_unchanged
from runtime.local.model_choice import KEPT as CHOSEN_MODEL
from runtime.local.processes import lock
from runtime.local.sqlite import PROCESSES
from runtime.ports import PlumblineError

FORMAT = 1
SUMS = "plumbline-backup.json"
DATABASE, INDEX = "plumbline.db", "index"
LEFT_OUT = {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "evidence", PROCESSES, CHOSEN_MODEL}
"""Not copied as files: the database, of which there is a snapshot, drawn pages, which are drawn again, who is at work,
and the chosen model, whose server's key is a secret of this machine."""

Follow = Callable[[int, int], None]
"""Called with how many bytes of how many are done."""


def backup(home: Path, target: Path, follow: Follow = lambda *_: None) -> int:
    """Write the library below `home` to the file `target`, whole or not at all; returns its size in bytes.
    PlumblineError if there is no library, `target` exists, or it can't be written."""
    if not (home / DATABASE).is_file():
        raise PlumblineError(f"There is no library in {home}.", "Set PLUMBLINE_HOME to the folder of one.")
    if target.exists():
        raise PlumblineError(f"{target} exists.", "Choose another name, or remove it first.")
    if target.resolve().is_relative_to(home.resolve()):
        raise PlumblineError(f"{target} is within the library.", "Write the backup to another folder, or better disk.")
    try:
        remove_abandoned(_parts(target.parent, f"-{target.name}"))
        part = new_part(target.parent, f"-{target.name}")
        try:
            with part:
                with (
                    tarfile.open(fileobj=part, mode="w", format=tarfile.PAX_FORMAT) as tar,
                    tempfile.TemporaryDirectory() as folder,
                ):
                    _write(home, tar, _snapshot(home / DATABASE, Path(folder)), follow)
                part.flush()
                os.fsync(part.fileno())
                os.replace(part.name, target)
        finally:
            Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        raise PlumblineError(
            f"The backup {target} could not be written: {error.strerror or error}.", "Free disk space, and try again."
        ) from error
    return target.stat().st_size


def restore(source: Path, home: Path, follow: Follow = lambda *_: None) -> None:
    """Make the library below `home` that the file `source` holds, whole or not at all. PlumblineError if there is
    something in `home` already, or the file is damaged, is no backup, or is of a later version."""
    remove_abandoned(_parts(home))
    if home.exists() and any(path.name != "lost+found" for path in home.iterdir()):
        raise PlumblineError(
            f"{home} is not empty.", "Set PLUMBLINE_HOME to another folder, or move what is there away first."
        )
    home.mkdir(parents=True, exist_ok=True)  # it may be a disk of its own
    made = Path(tempfile.mkdtemp(prefix=PART, dir=home))
    locked = os.open(made, os.O_RDONLY)
    try:
        lock(locked)
        with tarfile.open(source, "r:") as tar:
            _read(tar, source, made, follow)
        for path in sorted(made.iterdir(), key=lambda one: one.name == DATABASE):  # which makes it a library, last
            os.replace(path, home / path.name)
    except (tarfile.TarError, ValueError) as error:
        raise PlumblineError(f"{source} is no backup, or is damaged: {error}.", "Use another backup.") from error
    except OSError as error:
        raise PlumblineError(
            f"{source} could not be restored: {error.strerror or error}.", "Fix that, and run the same command again."
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(locked)
        with suppress(OSError):
            home.rmdir()  # if nothing was restored


def _parts(folder: Path, ending: str = "") -> list[Path]:
    """What is half-written in a folder, of a name with this ending."""
    with suppress(OSError):
        return [path for path in folder.iterdir() if path.name.startswith(PART) and path.name.endswith(ending)]
    return []


def _write(home: Path, tar: tarfile.TarFile, snapshot: Path, follow: Follow) -> None:
    files = dict(_files(home))
    total = sum(files.values()) + snapshot.stat().st_size
    sums: dict[str, str] = {}
    times: dict[str, int] = {}
    done = 0

    def add(path: Path, name: str) -> None:
        nonlocal done
        try:
            opened = path.open("rb")
        except FileNotFoundError:  # removed meanwhile
            return
        with opened:
            info = tar.gettarinfo(name, name, opened)
            summed = _Summed(opened)
            tar.addfile(info, summed)
            sums[name] = summed.digest.hexdigest()
            times[name] = os.fstat(opened.fileno()).st_mtime_ns
            done += info.size
            follow(done, total)

    add(snapshot, DATABASE)
    with index_unchanged(home / INDEX):  # listed anew, since it may have changed before
        for path, _ in _files(home / INDEX):
            add(path, path.relative_to(home).as_posix())
    for path in files:
        if path.relative_to(home).parts[0] != INDEX:
            add(path, path.relative_to(home).as_posix())
    listed = json.dumps({"format": FORMAT, "sha256": sums, "modified_ns": times}).encode()
    info = tarfile.TarInfo(SUMS)
    info.size = len(listed)
    tar.addfile(info, io.BytesIO(listed))


def _read(tar: tarfile.TarFile, source: Path, folder: Path, follow: Follow) -> None:
    sums: dict[str, str] = {}
    listed: dict[str, object] = {}
    total = source.stat().st_size
    for member in tar:
        opened = tar.extractfile(member) if member.isfile() else None
        if opened is None:
            raise PlumblineError(f"{source} is no backup of a library: it has {member.name!r}.", "Use another file.")
        with opened:
            if member.name == SUMS:
                listed = json.load(opened)
                continue
            path = folder / member.name
            if not path.resolve().is_relative_to(folder.resolve()):
                raise PlumblineError(f"{source} is no backup of a library: it has {member.name!r}.", "Use another.")
            path.parent.mkdir(parents=True, exist_ok=True)
            summed = _Summed(opened)
            with path.open("wb") as copy:
                shutil.copyfileobj(summed, copy, 1 << 20)
            sums[member.name] = summed.digest.hexdigest()
        follow(tar.fileobj.tell() if tar.fileobj else total, total)
    version = listed.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise PlumblineError(f"{source} is of a later version of Plumbline.", "Restore it with that version.")
    if version is None:
        raise PlumblineError(f"{source} is not whole: its end is missing.", "Use another backup.")
    if sums != listed.get("sha256"):
        wrong = sorted(set(sums.items()) ^ set(dict(listed.get("sha256", {})).items()))  # type: ignore[call-overload]
        raise PlumblineError(f"{source} is damaged: {wrong[0][0]} is not what was written.", "Use another backup.")
    for name, at in dict(listed["modified_ns"]).items():  # type: ignore[call-overload]
        os.utime(folder / name, ns=(at, at))


def _snapshot(database: Path, folder: Path) -> Path:
    """A copy of the database as of now, in which nobody is at work."""
    copy = folder / DATABASE
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        with target:
            target.execute("DELETE FROM leases")
            target.execute("DELETE FROM workers")
        target.execute("PRAGMA journal_mode=DELETE")
    return copy


def _files(home: Path) -> Iterator[tuple[Path, int]]:
    """The files to copy, with their sizes."""
    seen: set[Path] = set()
    for below, folders, names in os.walk(home, followlinks=True):  # a folder may be a link to another disk
        here = Path(below).resolve()
        if here in seen:
            folders.clear()
            continue
        seen.add(here)
        if Path(below) == home:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            names = [name for name in names if name not in LEFT_OUT]
        folders.sort()
        for path in (Path(below, name) for name in sorted(names) if not name.startswith(PART)):
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield path, path.stat().st_size


class _Summed:
    """A file that is read, and its SHA-256 as far as it was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Some bytes."""
        read = self._file.read(size)
        self.digest.update(read)
        return read
