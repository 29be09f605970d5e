"""The documents, the archive and other files on one machine: three ports over folders."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from runtime.local.former import FormerVersions
from runtime.local.processes import is_linked, lock, locking
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX
from runtime.ports import ArchiveRecord, NotFound, PlumblineError, StoredDocument, checked_key
from runtime.records import archive_line
from runtime.versions import version_of

MARK = ".plumbline"
"""A file in the folder of documents that tells it from an empty place where it is not mounted."""

PART = ".part-"
"""Names of half-written files begin with this. Who writes one holds a lock on it."""

HOUR = "%Y/%m/%d/%H"
"""The folders of the archive."""

SUPERSEDED_HOURS = 24
"""Records of a version that is replaced sooner than this are removed."""


class DocumentsMissing(PlumblineError):
    """The folder of documents is not there; so nothing is known of the documents in it."""


class StillWritten(PlumblineError):
    """A file changed while it was copied."""


class FolderDocuments:
    """The Documents port: each key is a relative path below a folder. Replaced files go to `former`.

    A file in the folder marks it as the library's. Where there is neither that nor any other file, each method raises
    DocumentsMissing, since then a missing document says nothing. If the library `is_new`, the folder is made and
    marked.
    """

    def __init__(self, folder: Path, former: FormerVersions, *, is_new: bool = True) -> None:
        self._folder = folder
        self._former = former
        if is_new:
            self.mark()
        elif not self._mark.exists() and any(_files(folder)):  # of an earlier version
            with suppress(OSError):  # a library that can't be written can be asked
                self._mark.touch()

    def mark(self) -> None:
        """Make the folder if it is missing, and mark it as the library's."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._mark.touch()

    def stored(self) -> Iterator[StoredDocument]:
        """Every file by key, without half-written ones."""
        self._check()
        for path in sorted(_files(self._folder), key=lambda p: p.relative_to(self._folder).as_posix()):
            with suppress(FileNotFoundError):  # removed meanwhile
                yield _stored(path.relative_to(self._folder).as_posix(), path.stat())

    def find(self, key: str) -> StoredDocument | None:
        """The current document."""
        self._check()
        path = self.path(key)
        return _stored(key, path.stat()) if path.is_file() else None

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Copy the document; the open file stays the same version even if it is replaced meanwhile."""
        try:
            with self.path(key).open("rb") as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
                return _stored(key, os.fstat(source.fileno()))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            self._check()
            return None

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Copy the former version, or the document itself if it is that version."""
        former = self._former.path(key, version)
        for path in (former, self.path(key)) if former else ():
            try:
                shutil.copyfile(path, target)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            if version_of(target) == version:
                return True
        return False

    def put(self, key: str, source: Path, *, durable: bool = True) -> None:
        """Write the file beside its destination, then move it there atomically; StillWritten, and nothing is done, if
        it changes meanwhile. Without `durable` it is not flushed to disk, which takes most of the time of a small file:
        enough where the source stays and is compared again."""
        self._check()
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as opened:
            before = os.fstat(opened.fileno())
            write_whole(path, opened, self._replacing(key, path, opened, before), durable=durable)

    @contextmanager
    def _replacing(self, key: str, path: Path, source: IO[bytes], before: os.stat_result) -> Iterator[None]:
        """While the copy of a file is moved to its place, which it is not if the file is not what it was before."""
        if _tag(os.fstat(source.fileno())) != _tag(before):
            raise StillWritten("It is being written.", "It is taken at the next look: ingest it again.")
        with self._former.keeping(key, path):
            yield

    def forget(self, key: str) -> None:
        """Remove the former versions of a deleted document."""
        self._check()
        if not self.path(key).exists():
            self._former.drop(key)

    def delete(self, key: str) -> None:
        """Remove the file with its former versions, and folders left empty."""
        self._check()
        self._former.drop(key)
        path = self.path(key)
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
        for parent in path.parents:
            if parent == self._folder:
                break
            try:
                parent.rmdir()
            except (FileNotFoundError, NotADirectoryError):  # gone before
                continue
            except OSError:  # it has other files
                break

    def remove_parts(self) -> None:
        """Remove what processes that were killed left half-written."""
        remove_abandoned(self._folder.rglob(f"{PART}*"))

    def path(self, key: str) -> Path:
        """The document's path. A key outside the folder is refused."""
        return self._folder / checked_key(key)

    @property
    def _mark(self) -> Path:
        return self._folder / MARK

    def _check(self) -> None:
        if not self._mark.exists() and not any(_files(self._folder)):
            raise DocumentsMissing(
                f"The library's documents are not in {self._folder}: there is no {MARK} in it.",
                "If the folder is on another disk, connect it; until then questions are answered from the index, and "
                "nothing is removed. If the documents are lost, run `python -m runtime repair --remove`.",
            )


class FolderFiles:
    """The Files port: the files below a folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Every file, without half-written ones."""
        return sorted(path.relative_to(self._folder).as_posix() for path in _files(self._folder))

    def content(self, name: str) -> bytes:
        """A file's bytes."""
        try:
            return (self._folder / checked_key(name)).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"There is no file {self._folder / name}.", "Check the name.") from error

    def put(self, name: str, content: bytes, kind: str) -> None:
        """Store a file."""
        path = self._folder / checked_key(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise PlumblineError(f"{path} can't be written: {error.strerror}.", "Name a writable folder.") from error


class FolderArchive:
    """The Archive port in Firehose's layout: PREFIX/YYYY/MM/DD/HH/NAME.gz, JSON lines.

    A file has records of one version of a document, or prompts. Its name is made of hashes: DOCUMENT/VERSION-IDS of
    passages, IDS of prompts. So the same batch in the same hour overwrites itself, and a document's files are found
    without listing others'.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        remove_abandoned(folder.glob(f"{PART}*"))

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Keep the records: one file per hour and version of a document."""
        files: dict[tuple[Path, str], list[ArchiveRecord]] = {}
        for record in records:
            prefix = EMBEDDING_ARCHIVE_PREFIX if record.kind == "passage" else PROMPT_ARCHIVE_PREFIX
            folder = self._folder / prefix / datetime.fromisoformat(record.at).strftime(HOUR)
            if record.version:
                files.setdefault((folder / _short(record.doc_id), f"{_short(record.version)}-"), []).append(record)
            else:
                files.setdefault((folder, ""), []).append(record)
        for (folder, of_version), kept in files.items():
            name = hashlib.sha256("".join(record.id for record in kept).encode()).hexdigest()[:24]
            folder.mkdir(parents=True, exist_ok=True)
            lines = gzip.compress(b"".join(archive_line(record) for record in kept), compresslevel=1, mtime=0)
            write_whole(folder / f"{of_version}{name}.gz", lines, parts=self._folder)

    def supersede(self, document: str, version: str) -> None:
        """Remove the files of other versions that were written within the last day."""
        now = datetime.now(UTC)
        for hours in range(SUPERSEDED_HOURS + 1):
            hour = (now - timedelta(hours=hours)).strftime(HOUR)
            folder = self._folder / EMBEDDING_ARCHIVE_PREFIX / hour / _short(document)
            for path in folder.glob("*.gz"):
                if not path.name.startswith(f"{_short(version)}-"):
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # it has other files, or none was there
                folder.rmdir()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, without the mark and half-written ones."""
    return (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(PART) and p != folder / MARK)


def _stored(key: str, stat: os.stat_result) -> StoredDocument:
    return StoredDocument(key, stat.st_size, _tag(stat))


def _tag(stat: os.stat_result) -> str:
    return f"{stat.st_ino}-{stat.st_size}-{stat.st_mtime_ns}"


def remove_abandoned(parts: Iterable[Path]) -> None:
    """Remove half-written files and folders of processes that were killed."""
    for part in parts:
        with locking(part) as is_abandoned:
            if is_abandoned and part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            elif is_abandoned:
                part.unlink(missing_ok=True)


def write_whole(
    path: Path,
    content: bytes | IO[bytes],
    moving: AbstractContextManager[None] | None = None,
    *,
    durable: bool = True,
    parts: Path | None = None,
) -> None:
    """Write to a file beside `path`, or in `parts`, flush it to disk if `durable`, and move it there, inside `moving`:
    never half a file."""
    part = new_part(parts or path.parent)
    try:
        with part:
            if isinstance(content, bytes):
                part.write(content)
            else:
                shutil.copyfileobj(content, part, 1 << 20)
            part.flush()
            if durable:
                os.fsync(part.fileno())
            with moving or nullcontext():
                os.replace(part.name, path)
    except BaseException:
        Path(part.name).unlink(missing_ok=True)
        raise


def new_part(folder: Path, of: str = "") -> IO[bytes]:
    """A new file that is to become `of`, locked so that nobody takes it for a dead process's."""
    while True:
        part = tempfile.NamedTemporaryFile(prefix=PART, suffix=of, dir=folder, delete=False)  # noqa: SIM115
        if not lock(part) or is_linked(part):
            return part
        part.close()
