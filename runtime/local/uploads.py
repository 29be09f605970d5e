"""Uploads: files that come in piece by piece, and what becomes of those whose name or bytes the library has already."""

from __future__ import annotations

import hashlib
import re
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from runtime.local.folder import PART, new_part, remove_abandoned
from runtime.reading.document import HEADER_BYTES, Limits, PdfError, PdfState
from runtime.uploads import Choice, TooManyUndecided, Upload, UploadGone

UNDECIDED = 200
"""Files that may wait for a decision. More would fill the disk without anybody knowing."""

UNDECIDED_SECONDS = 3600.0
"""How long a file waits for a decision."""


class Incoming:
    """A file that is being uploaded: a file beside the library's documents, with the size and hash so far."""

    def __init__(self, name: str, folder: Path, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.user = ""
        self.begun = time.monotonic()
        self._limits = limits
        self._part: IO[bytes] = new_part(folder)
        self._hash = hashlib.sha256()
        self._head = b""
        self._size = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._part.name)

    @property
    def version(self) -> str:
        """The SHA-256 of what has come."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        """Take in the next piece; of a file that is too large, or no PDF, nothing is kept."""
        self._size += len(piece)
        if len(self._head) < HEADER_BYTES:
            self._head = (self._head + piece)[:HEADER_BYTES]
        if self._problem() is None:
            self._hash.update(piece)
            self._part.write(piece)

    def check(self) -> None:
        """PdfError if the whole file is not one that the library takes."""
        if self._size == 0:
            raise PdfError("empty", f"{self.name} is empty.")
        problem = self._problem(whole=True)
        if problem == "too large":
            size = f"{self.name} has {self._size:,} bytes; the limit is {self._limits.bytes:,}."
            raise PdfError(problem, size)
        if problem is not None:
            raise PdfError(problem, f"{self.name} has no PDF header.")
        self._part.flush()

    def _problem(self, *, whole: bool = False) -> PdfState | None:
        if self._size > self._limits.bytes:
            return "too large"
        has_head = whole or len(self._head) == HEADER_BYTES
        return "not a pdf" if has_head and b"%PDF-" not in self._head else None

    def close(self) -> None:
        """Remove it."""
        self._part.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


class Uploads:
    """Stores uploaded files in the library by `store(name, file, keep_both)`, which returns the document's key; asks
    `has_other(name, file)` whether the name is another document's, and `with_bytes(version)` for one with the same
    bytes, '' if there is none. Thread-safe; of two files of one name that come at once, the second is undecided."""

    def __init__(
        self,
        folder: Path,
        store: Callable[[str, Path, bool], str],
        has_other: Callable[[str, Path], bool],
        with_bytes: Callable[[str], str],
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.limits = limits
        self._folder = folder
        self._store = store
        self._has_other = has_other
        self._with_bytes = with_bytes
        self._undecided: dict[str, Incoming] = {}
        self._stored: dict[str, str] = {}
        """Documents that were uploaded, by their bytes: the ledger knows these only once they are being read."""
        self._lock = threading.Lock()

    def begin(self, name: str, user: str) -> Incoming:
        """A file that begins to come. TooManyUndecided if too many wait already."""
        self._forget_old()
        if len(self._undecided) >= UNDECIDED:
            raise TooManyUndecided(
                f"{UNDECIDED} files wait until it is decided what to do with them.", "Decide about those first."
            )
        incoming = Incoming(re.split(r"[/\\]", name)[-1] or "document.pdf", self._folder, self.limits)
        incoming.user = user
        return incoming

    def finish(self, incoming: Incoming) -> Upload:
        """Store a file that is complete, unless somebody has to decide; PdfError if it is none for the library."""
        keeps = False
        try:
            incoming.check()
            with self._lock:
                if same := self._same(incoming.version):
                    keeps = True
                    return self._ask("same", same, incoming)
                if self._has_other(incoming.name, incoming.path):
                    keeps = True
                    return self._ask("taken", incoming.name, incoming)
                return Upload("stored", self._take(incoming, keep_both=False))
        finally:
            if not keeps:
                incoming.close()

    def decide(self, user: str, upload: str, choice: Choice) -> str:
        """Store a file as a new version of the document of its name, or beside it; or leave it out. The document's key,
        '' if it was left out; UploadGone if the file is gone."""
        with self._lock:
            incoming = self._undecided.get(upload)
            if incoming is None or incoming.user != user:
                raise UploadGone("The uploaded file is no longer kept.", "Upload it again.")
            del self._undecided[upload]
            try:
                return "" if choice == "skip" else self._take(incoming, keep_both=choice == "keep")
            finally:
                incoming.close()

    def forget(self, documents: Sequence[str]) -> None:
        """These documents are removed: their bytes may come again."""
        with self._lock:
            self._stored = {version: known for version, known in self._stored.items() if known not in documents}

    def _same(self, version: str) -> str:
        return self._with_bytes(version) or self._stored.get(version, "")

    def _ask(self, result: Literal["taken", "same"], document: str, incoming: Incoming) -> Upload:
        upload = Upload(result, document, uuid.uuid4().hex)
        self._undecided[upload.id] = incoming
        return upload

    def _take(self, incoming: Incoming, *, keep_both: bool) -> str:
        document = self._store(incoming.name, incoming.path, keep_both)
        self._stored = {version: known for version, known in self._stored.items() if known != document}
        self._stored[incoming.version] = document
        return document

    def _forget_old(self) -> None:
        """Remove what nobody has decided about, and what processes that were killed have left."""
        with self._lock:
            old = [
                upload
                for upload, incoming in self._undecided.items()
                if time.monotonic() - incoming.begun > UNDECIDED_SECONDS
            ]
            for upload in old:
                self._undecided.pop(upload).close()
        remove_abandoned(self._folder.glob(f"{PART}*"))

    def close(self) -> None:
        """Remove what is undecided: the page closes."""
        with self._lock:
            while self._undecided:
                self._undecided.popitem()[1].close()
