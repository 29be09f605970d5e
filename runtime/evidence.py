"""What a citation stands on: the pictures of a document's pages, and where a text stands on one, by the very bytes that
were cited."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore

from runtime.cache import FileCache, SingleFlight
from runtime.ports import Documents, Entry, Ledger, NotFound, PageBox, PlumblineError
from runtime.reading.document import Box, Limits, PdfError, TextToLocate, locate, render_page
from runtime.versions import is_version

PICTURE_BYTES = 256 << 20
"""Of the drawn pages that are kept: 1,000 to 2,000 of them."""

COPY_BYTES = 1 << 30
"""Of the documents that were fetched to draw their pages, and are kept to draw more."""

CHILDREN = 2
"""Processes at once that draw pages or look for texts. Each takes up to a core and, of a hostile file, what its limits
allow."""

WAIT_SECONDS = 30.0
"""For one of these, before a reader is told to come again."""

LIMITS = Limits(page_seconds=10.0)
"""A page takes .1 to .3 s; what takes as long as this is hostile, and a reader waits for it."""

NOT_KEPT = 1000
"""Versions that are remembered not to be kept, so that each picture of them does not fetch the document anew."""

LOG = logging.getLogger(__name__)


class DocumentDeleted(NotFound):
    """The document is not in the library any more, or never was."""


class VersionNotKept(PlumblineError):
    """The document was replaced, and the bytes that were cited are not kept any more."""


class NoSuchPage(NotFound):
    """The document has no such page."""


class TooManyAtOnce(PlumblineError):
    """Others have their pages drawn, and it takes too long."""


class Evidence:
    """Pictures of pages, and texts' places on them. Safe for many threads at once.

    `folder` is where pictures and copies of documents are kept, which processes may share; None for a temporary one.
    """

    def __init__(self, documents: Documents, ledger: Ledger, folder: Path | None = None) -> None:
        self._documents = documents
        self._ledger = ledger
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="plumbline-evidence-")
        kept = folder or Path(self._temporary.name if self._temporary else "")
        self._pictures = FileCache(kept / "pictures", PICTURE_BYTES)
        self._copies = FileCache(kept / "copies", COPY_BYTES, keep_recent=2 * CHILDREN)
        self._children = BoundedSemaphore(CHILDREN)
        self._single_flight = SingleFlight()
        self._not_kept: dict[tuple[str, str], str] = {}

    def picture(
        self, document: str, version: str, page: int, width_px: int, marked: Sequence[PageBox | Box] = ()
    ) -> bytes:
        """A page of one version of a document as PNG, `width_px` wide, with boxes marked. `version` is its SHA-256, ''
        for the one that is searchable.

        DocumentDeleted, VersionNotKept or NoSuchPage where there is none, PdfError where it can't be drawn,
        TooManyAtOnce where it can't be drawn now.
        """
        entry = self._entry(document)
        version = version or entry.version or entry.reading
        self._check_page(entry, version, page)
        boxes = tuple(Box(box.left, box.top, box.right, box.bottom) for box in marked)
        name = _name(version, page, width_px, boxes)

        def draw() -> bytes:  # unless another has done so since
            return self._cached_picture(document, version, name) or self._draw(
                entry, version, page, width_px, boxes, name
            )

        return self._cached_picture(document, version, name) or self._single_flight.make((document, name), draw)

    def locate(
        self, document: str, version: str, page: int, sought: Sequence[TextToLocate]
    ) -> list[tuple[PageBox, ...]]:
        """For each text its boxes on a page of one version, a line each; none where it is not found, and for all where
        that can't be told, which the log explains."""
        try:
            with self._opened(self._entry(document), version) as path:
                located = locate(path, page, sought, LIMITS)
        except (PlumblineError, OSError) as error:
            LOG.warning("Texts could not be located on page %d of %r: %s", page, document, error)
            return [()] * len(sought)
        return [tuple(PageBox(page, box.left, box.top, box.right, box.bottom) for box in boxes) for boxes in located]

    def forget(self, document: str) -> None:
        """Remove the pictures of a document that is gone, and its copies."""
        self._pictures.drop(document)
        self._copies.drop(document)

    def _entry(self, document: str) -> Entry:
        entry = self._ledger.get(document)
        if entry is None:
            self.forget(document)
            raise _deleted(document)
        return entry

    def _check_page(self, entry: Entry, version: str, page: int) -> None:
        known = entry.pages if (entry.state, entry.version) == ("ready", version) else LIMITS.pages
        if not 1 <= page <= known:
            raise NoSuchPage(f"{entry.document} has no page {page}.", "Open another page.")

    def _cached_picture(self, document: str, version: str, name: str) -> bytes | None:
        path = self._pictures.get(document, name) if is_version(version) else None
        try:
            return path.read_bytes() if path else None
        except FileNotFoundError:  # another process made room
            return None

    def _draw(self, entry: Entry, version: str, page: int, width_px: int, boxes: Sequence[Box], name: str) -> bytes:
        with self._opened(entry, version) as path:
            try:
                png = render_page(path, page, width_px, boxes, LIMITS)
            except PdfError as error:
                reason = error.reason.replace(path.name, PurePosixPath(entry.document).name)
                raise PdfError(error.state, reason) from error
        try:
            self._pictures.put(entry.document, name, lambda part: part.write_bytes(png))
        except OSError as error:  # it can be looked at all the same
            LOG.warning("The picture of page %d of %r could not be cached: %s", page, entry.document, error)
        if self._ledger.get(entry.document) is None:  # it was deleted meanwhile
            self.forget(entry.document)
            raise _deleted(entry.document)
        return png

    @contextmanager
    def _opened(self, entry: Entry, version: str) -> Iterator[Path]:
        """The file of one version, fetched once and kept for a while, for one of few children at a time."""
        if not self._children.acquire(timeout=WAIT_SECONDS):
            raise TooManyAtOnce("Too many pages are being drawn.", "Try again in a minute.")
        try:
            yield self._single_flight.make((entry.document, version), lambda: self._copy(entry, version))
        finally:
            self._children.release()

    def _copy(self, entry: Entry, version: str) -> Path:
        document, name = entry.document, f"{version}/document.pdf"
        if not is_version(version) or self._not_kept.get((document, version)) == entry.tag:
            raise self._missing(entry, version)
        if kept := self._copies.get(document, name):
            return kept
        version_id = entry.version_id(version)

        def fetch(part: Path) -> None:
            if not self._documents.fetch_version(document, version, version_id, part):
                raise self._missing(entry, version)

        self._copies.put(document, name, fetch)
        copy = self._copies.get(document, name)
        if copy is None:  # others made room for theirs at once
            raise TooManyAtOnce("Too many documents are being fetched.", "Try again in a minute.")
        return copy

    def _missing(self, entry: Entry, version: str) -> PlumblineError:
        """Why a version can't be had."""
        if self._documents.find(entry.document) is None:
            return _deleted(entry.document)
        while len(self._not_kept) >= NOT_KEPT:
            self._not_kept.pop(next(iter(self._not_kept)), None)
        self._not_kept[entry.document, version] = entry.tag
        return VersionNotKept(
            f"{entry.document} has been replaced, and the version cited is no longer kept.",
            "Ask again for an answer from the current version.",
        )


def _name(version: str, page: int, width_px: int, boxes: Sequence[Box]) -> str:
    """What tells a picture of a document from every other."""
    marks = hashlib.sha256(repr([(b.left, b.top, b.right, b.bottom) for b in boxes]).encode()).hexdigest()[:16]
    return f"{version}-{page}-{width_px}-{marks if boxes else 'plain'}.png"


def _deleted(document: str) -> DocumentDeleted:
    return DocumentDeleted(f"{document} was deleted from the library.", "Add it again to see its pages.")
