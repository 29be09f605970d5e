"""Files and folders from which documents are added to a library, which then follows them: what is new or changed in a
folder is copied, and what is gone from it is removed, as DataSync does on AWS.

A link to a file is a document of its own, under the link's name, with the bytes it points to now. A link to a folder
below a folder is not followed, so there are no circles; it is named if what it points to is not read otherwise.
"""

from __future__ import annotations

import errno
import filecmp
import os
import sqlite3
import stat
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from runtime.local.folder import MARK, PART, FolderDocuments, StillWritten
from runtime.local.sqlite import Database
from runtime.ports import Ledger, NotFound, PlumblineError
from runtime.reading.document import is_pdf
from runtime.removals import removals

Follow = Callable[[str, bool], None]
"""Called with each document's key once it is stored, and whether it was new or different; also once it is removed."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What is wrong with the library's disk and not with a file."""

OTHER_DISK = "their disk is not connected, or another one is in its place"
TOO_MANY = "they are more than ten, and more than a tenth of the library"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that could not be taken, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Added:
    """What was added to the library: the documents' keys, the keys of removed ones, how many files were left out
    because their names don't end in .pdf, what could not be taken, and the documents whose files are gone but that were
    not removed, by reason."""

    keys: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left_out: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    held: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Listing:
    """What a folder holds: its PDFs, how many other files, and what can't be read."""

    pdfs: list[Path] = field(default_factory=list)
    left_out: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)


class NotAFile(PlumblineError):
    """What looks like a PDF by its name is a pipe, a socket or a device."""


LINK = "It is a link to a folder, which is not followed. Give that folder itself."


class Sources:
    """The origins of the documents that were not uploaded. `remove` removes a document from the library, and
    `check_writable` raises a PlumblineError if nothing can be added."""

    def __init__(
        self,
        home: Path,
        database: Database,
        documents: FolderDocuments,
        ledger: Ledger,
        remove: Callable[[str], None],
        check_writable: Callable[[], None],
    ) -> None:
        self._own = {(home / name).resolve() for name in ("documents", "versions", "evidence", "uploads")}
        self._home = home.resolve()
        self._check_writable = check_writable
        self._database = database
        self._documents = documents
        self._ledger = ledger
        self._remove = remove

    def check(self, paths: Iterable[Path]) -> None:
        """PlumblineError if there is no such file or folder, or it is in the library."""
        for path in map(_located, paths):
            if any(path.is_relative_to(own) for own in self._own):
                raise PlumblineError(
                    f"{path} is the library's own.", "Name the folder that the documents come from, or none."
                )
            if path.exists():
                continue
            if kept := sum(1 for _ in self._below(path)):
                raise PlumblineError(
                    f"{path} is missing; the {kept} documents from it stay as they are.",
                    "If it is on another disk, connect it. `python -m runtime delete DOC` removes a document.",
                )
            raise PlumblineError(f"There is no file or folder {path}.", "Check its name.")

    def add(
        self,
        paths: Sequence[Path],
        follow: Follow = lambda *_: None,
        should_stop: Callable[[], bool] = lambda: False,
        *,
        remove: bool = False,
    ) -> Added:
        """Add files, and the PDFs below folders, to the library, and remove documents whose files are gone from these
        folders; many at once, or from a disk that is not connected, only if told to `remove` them.

        A file's key is its name, or its path below the folder; if another document has that key already, the folder's
        name is put before it. A file that can't be read keeps no other one out.
        """
        self._check_writable()
        paths = outermost(paths)
        self.check(paths)
        self._documents.remove_parts()
        added = Added()
        listings = {path: _list(path, {self._home, *self._own}) for path in paths if path.is_dir()}
        for path, listing in listings.items():
            if not (listing.pdfs or listing.skipped or any(self._below(path))):
                raise PlumblineError(f"There is no PDF in {path}.", "Name a folder that contains PDFs.")
        files = [(file, path) for path, listing in listings.items() for file in listing.pdfs]
        listed = {file for file, _ in files}
        files += [(path, path.parent) for path in paths if path not in listings and path not in listed]
        origins = {path: (key, device) for key, path, device in self._origins()}
        self._recognize_disks({file: origins[file][1] for file, _ in files if file in origins})
        for file, folder in files:
            if should_stop():
                return added
            name = file.name if folder not in listings else file.relative_to(folder).as_posix()
            try:
                key, is_changed = self._import(file, name, folder, origins[file][0] if file in origins else "")
            except (NotAFile, StillWritten) as error:
                added.skipped.append(Skipped(_shown(file), str(error)))
                continue
            except OSError as error:
                if error.errno in NO_ROOM:
                    raise
                added.skipped.append(Skipped(_shown(file), _reason(error)))
                continue
            added.keys.append(key)
            follow(key, is_changed)
        for folder, listing in listings.items():
            added.left_out += listing.left_out
            added.skipped += listing.skipped
            self._remove_gone(folder, listing, added, follow, confirmed=remove)
        return added

    def copy_again(self) -> None:
        """Copy each file that the library has no copy of, if it is still where it came from."""
        for key, file, _ in self._origins():
            with suppress(OSError):
                if not self._documents.path(key).exists() and file.is_file():
                    self._copy(key, file, file.stat())

    def claim(self, keys: Iterable[str]) -> str:
        """Take the first of these names that no document has for one that is uploaded now."""
        with self._database.transaction() as t:
            key = next(key for key in keys if self._is_free(t, key))
            self._set_uploaded(t, key)
            return key

    def _is_free(self, t: sqlite3.Connection, key: str) -> bool:
        named = "SELECT document FROM origins UNION SELECT document FROM ledger"
        is_known = t.execute(f"SELECT 1 FROM ({named}) WHERE document = ?", (key,)).fetchone()
        return is_known is None and not self._documents.path(key).exists()

    def uploaded(self, key: str) -> None:
        """The document comes from no file: a folder's file of the same name and bytes does not take it over."""
        with self._database.transaction() as t:
            self._set_uploaded(t, key)

    @staticmethod
    def _set_uploaded(t: sqlite3.Connection, key: str) -> None:
        t.execute("REPLACE INTO origins (document, path) VALUES (?, ?)", (key, f"{UPLOADED}{key}"))

    def forget(self, key: str) -> None:
        """The document was removed."""
        with self._database.transaction() as t:
            t.execute("DELETE FROM origins WHERE document = ?", (key,))

    def _import(self, file: Path, name: str, folder: Path, key: str) -> tuple[str, bool]:
        """The file's key, a new one if it has none, and whether it was copied: not if there is a copy with its size and
        time, like rsync."""
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise NotAFile("It is not a regular file.", "Leave it out.")
        key = key or self._key_for(file, as_key(name), as_key(folder.name), found.st_dev)
        copy = self._documents.path(key)
        try:
            is_same = (copy.stat().st_size, copy.stat().st_mtime_ns) == (found.st_size, found.st_mtime_ns)
        except FileNotFoundError:
            is_same = False
        if not is_same:
            self._copy(key, file, found)
        return key, not is_same

    def _copy(self, key: str, file: Path, found: os.stat_result) -> None:
        self._documents.put(key, file, durable=False)
        os.utime(self._documents.path(key), ns=(found.st_atime_ns, found.st_mtime_ns))

    def _recognize_disks(self, known: Mapping[Path, int | None]) -> None:
        """Bring the devices of files up to date, where a file that is there shows that its disk has another number now:
        numbers change when a machine or a container starts again. So those of files that are gone do, too."""
        renumbered: set[tuple[int | None, int]] = set()
        for file, device in known.items():
            with suppress(OSError):
                renumbered.add((device, file.stat().st_dev))
        renumbered = {(device, now) for device, now in renumbered if device != now}
        if not renumbered:
            return
        moved = [(now, key) for key, path, device in self._origins() if (device, now := _device_of(path)) in renumbered]
        with self._database.transaction() as t:
            t.executemany("UPDATE origins SET device = ? WHERE document = ?", moved)

    def _key_for(self, file: Path, name: str, folder: str, device: int) -> str:
        """The file's key, reserved before it is copied, so that a killed process does not leave it under two."""
        path = _as_text(file)
        for key in _names(name, folder):
            if self._is_others(key, file):
                continue
            with self._database.transaction() as t:
                known = t.execute("SELECT document FROM origins WHERE path = ?", (path,)).fetchone()
                if known:  # to another process
                    return str(known["document"])
                if t.execute("SELECT 1 FROM origins WHERE document = ?", (key,)).fetchone() is None:
                    t.execute("INSERT INTO origins (document, path, device) VALUES (?, ?, ?)", (key, path, device))
                    return key
        raise AssertionError("There is always another name.")

    def _is_others(self, key: str, file: Path) -> bool:
        """Whether a key without an origin is another document's: a copy with the same bytes is this file's, of which
        the origin was lost. Comparing them may take long, so nobody must be waiting for it."""
        copy = self._documents.path(key)
        if copy.exists():
            return not (copy.is_file() and filecmp.cmp(file, copy, shallow=False))
        outer = (parent.as_posix() for parent in PurePosixPath(key).parents if is_pdf(parent.name))
        return any(self._documents.path(one).is_file() for one in outer)

    def _remove_gone(self, folder: Path, listing: _Listing, added: Added, follow: Follow, *, confirmed: bool) -> None:
        there = set(listing.pdfs)
        gone: dict[str, int | None] = {}
        for key, path, device in self._below(folder):
            hidden = any(path.is_relative_to(one) for one in listing.unreadable)
            if path not in there and not hidden and (path.is_dir() or not os.path.lexists(path)):
                gone[key] = None if device in (None, _device_of(path)) else device
        if not gone:
            return
        elsewhere = sorted(key for key, device in gone.items() if device is not None)
        here = gone.keys() - elsewhere
        known = {entry.document for entry in self._ledger.entries()} | gone.keys()
        decided = removals(known, known - here, confirmed=confirmed)
        held = {OTHER_DISK: [] if confirmed else elsewhere, TOO_MANY: [key for key in decided.held if key in here]}
        for reason, keys in held.items():
            if keys:
                added.held.setdefault(reason, []).extend(keys)
        now = [*(key for key in decided.now if key in here), *(elsewhere if confirmed else ())]
        for key in sorted(now):
            with suppress(NotFound):  # another process has removed it, or its copy was never made
                self._remove(key)
            self.forget(key)
            added.removed.append(key)
            follow(key, True)

    def _below(self, folder: Path) -> Iterator[tuple[str, Path, int | None]]:
        """The documents from below a folder."""
        return (one for one in self._origins() if one[1].is_relative_to(folder))

    def _origins(self) -> Iterator[tuple[str, Path, int | None]]:
        """The documents that come from files, with their paths and the devices on which these were."""
        with self._database.reading() as t:
            rows = t.execute("SELECT document, path, device FROM origins").fetchall()
        files = (row for row in rows if not row["path"].startswith(UPLOADED))
        return ((row["document"], _as_path(row["path"]), row["device"]) for row in files)


def _list(folder: Path, own: Container[Path]) -> _Listing:
    """What a folder holds, without the library's `own` folders."""
    listing = _Listing()

    def unreadable(error: OSError) -> None:
        listing.unreadable.append(Path(error.filename))
        listing.skipped.append(Skipped(_shown(error.filename), _reason(error)))

    for below, folders, names in os.walk(folder, onerror=unreadable):
        inner = [Path(below, name) for name in sorted(folders)]
        links = [path for path in inner if path.is_symlink()]
        listing.skipped += [Skipped(_shown(path), LINK) for path in links if not path.resolve().is_relative_to(folder)]
        folders[:] = [path.name for path in inner if path not in own]
        for name in names:
            if is_pdf(name) and not name.startswith(PART):
                listing.pdfs.append(Path(below, name))
            else:
                listing.left_out += 1
    listing.pdfs.sort()
    return listing


def _device_of(path: Path) -> int:
    """The device of a path, or of the nearest folder above it that exists."""
    for one in (path, *path.parents):
        try:
            return one.stat().st_dev
        except OSError:
            continue
    raise AssertionError("The root exists.")


def outermost(paths: Iterable[Path]) -> list[Path]:
    """Files and folders as `_located`, without folders that are within others."""
    located = list(dict.fromkeys(map(_located, paths)))
    folders = {path for path in located if path.is_dir()}
    return [path for path in located if path not in folders or folders.isdisjoint(path.parents)]


def _located(path: Path) -> Path:
    """A folder without links; a file by its name, which may be a link, in such a folder."""
    path = path.expanduser()
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def as_key(name: str) -> str:
    """A file's name as a key: bytes that are not UTF-8 are escaped, the forms of Unicode are one, and it is none of
    those that the library's folder keeps for itself."""
    key = unicodedata.normalize("NFC", _shown(name))
    return key.lstrip(".") if key == MARK or key.startswith(PART) else key


def _shown(path: Path | str) -> str:
    """A path whose bytes that are not UTF-8 are escaped as %XX."""
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in str(path))


UPLOADED = "upload:"
"""Begins what stands in the place of an uploaded document's path."""

HEX = "hex:"
"""Begins a path that is stored as its bytes, since it is not UTF-8; others begin with a slash."""


def _as_text(path: Path) -> str:
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError:
        return HEX + os.fsencode(path).hex()


def _as_path(text: str) -> Path:
    return Path(os.fsdecode(bytes.fromhex(text.removeprefix(HEX))) if text.startswith(HEX) else text)


def _names(name: str, folder: str) -> Iterator[str]:
    yield name
    yield f"{folder}/{name}"
    number = 2
    while True:
        yield f"{folder} {number}/{name}"
        number += 1
