"""Several documents in one download: a zip file that is written as it is sent, so that it needs no room."""

from __future__ import annotations

import io
import secrets
import tempfile
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from runtime.ports import Documents, NotFound, PlumblineError

CHUNK = 1 << 20
KEPT = 200
"""Downloads that are announced and not begun; the oldest are dropped first."""

KEPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Download:
    """Documents that a reader may download once."""

    user: str
    documents: Sequence[str]
    until: float


class Downloads:
    """Downloads between the request that names the documents and the one that the browser saves as a file: thousands of
    names have no room in an address."""

    def __init__(self) -> None:
        self._announced: OrderedDict[str, Download] = OrderedDict()
        self._lock = threading.Lock()

    def announce(self, user: str, documents: Sequence[str]) -> str:
        """The name of a download."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._announced[name] = Download(user, documents, time.monotonic() + KEPT_SECONDS)
            while len(self._announced) > KEPT:
                self._announced.popitem(last=False)
        return name

    def take(self, user: str, name: str) -> Sequence[str] | None:
        """The documents of a download, once; None if there is none of this reader's by that name."""
        with self._lock:
            found = self._announced.get(name)
            if found is None or found.user != user:
                return None
            del self._announced[name]
        return found.documents if time.monotonic() < found.until else None


class _Sent(io.RawIOBase):
    """What a zip file is written to, and taken from to be sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        written = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(written)
        return len(written)

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def single(documents: Documents, name: str) -> Iterator[bytes]:
    """A document's bytes, piece by piece; NotFound before the first if it is gone."""
    folder = tempfile.TemporaryDirectory()
    copy = Path(folder.name) / "document.pdf"
    if documents.fetch(name, copy) is None:
        folder.cleanup()
        raise NotFound(f"There is no document {name!r}.", "It may have been deleted: reload the page.")

    def pieces() -> Iterator[bytes]:
        with folder, copy.open("rb") as opened:
            while piece := opened.read(CHUNK):
                yield piece

    return pieces()


def zipped(documents: Documents, names: Sequence[str], missing: str) -> Iterator[bytes]:
    """The documents as a zip file, piece by piece. Those that are gone, or can't be read, are listed in the text file
    `missing` at its end."""
    sent, gone, taken = _Sent(), list[str](), set[str]()
    # A PDF is compressed already. A stream can't be searched, so each file's size comes after it.
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_STORED) as zipping, tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "document.pdf"
        for name in names:
            try:
                found = documents.fetch(name, copy)
            except (PlumblineError, OSError) as error:
                gone.append(f"{name}: {error}")
                continue
            if found is None:
                gone.append(name)
                continue
            with copy.open("rb") as opened:
                for _ in _added(zipping, _name_in_zip(name, taken), opened):
                    yield sent.taken()
        if gone:
            zipping.writestr(missing, "\n".join(gone))
    yield sent.taken()


def _added(zipping: zipfile.ZipFile, name: str, opened: IO[bytes]) -> Iterator[None]:
    with zipping.open(zipfile.ZipInfo(name, time.localtime()[:6]), "w", force_zip64=True) as entry:
        while piece := opened.read(CHUNK):
            entry.write(piece)
            yield


def _name_in_zip(name: str, taken: set[str]) -> str:
    """A document's name as a path: an attached document's is not below a file, and no two differ only by case."""
    parts = PurePosixPath("".join(c if c.isprintable() and c != "\\" else "_" for c in name)).parts
    folders = [part[:-4] if part.casefold().endswith(".pdf") else part for part in parts[:-1]]
    path = PurePosixPath(*folders, parts[-1])
    number, free = 1, path
    while free.as_posix().casefold() in taken:
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    taken.add(free.as_posix().casefold())
    return free.as_posix()
