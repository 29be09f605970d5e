"""The evidence of a citation: images of a document's pages, and the places of texts on them, from the very bytes that
were cited."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore

from runtime.cache import FileCache, SingleFlight
from runtime.ports import Documents, Entry, Ledger, NotFound, PageBox, PlumblineError, RecognizedPages
from runtime.reading.document import Box, Limits, PdfError, TextToLocate, locate, render_page
from runtime.reading.locate import WordLetters, locate_exactly
from runtime.reading.locate import locate as locate_among
from runtime.recognized import RecognizedInMemory, recognized_words
from runtime.versions import is_version

PICTURE_BYTES = 256 << 20
"""Cache of page images: 1,000 to 2,000 of them."""

COPY_BYTES = 1 << 30
"""Cache of documents fetched to draw their pages."""

CHILDREN = 2
"""Concurrent processes that draw pages or locate texts. Each takes up to a core and, for a hostile file, as much as its
limits allow."""

WAIT_SECONDS = 30.0
"""How long to wait for one of these before a reader is asked to try again."""

LIMITS = Limits(page_seconds=10.0)
"""A page takes .1 to .3 s; one that takes this long is hostile, and a reader is waiting."""

NOT_KEPT = 1000
"""Versions known to be gone, so that their images do not fetch the document again and again."""

LOG = logging.getLogger(__name__)


class DocumentDeleted(NotFound):
    """The document is no longer in the library, or never was."""


class VersionNotKept(PlumblineError):
    """The document was replaced, and the cited bytes are no longer kept."""


class NoSuchPage(NotFound):
    """The document has no such page."""


class TooManyAtOnce(PlumblineError):
    """Too many pages are being drawn for others."""


class Evidence:
    """Images of pages, and the places of texts on them. Thread-safe.

    `folder` caches images and copies of documents, and may be shared by processes; None for a temporary one.
    """

    def __init__(
        self,
        documents: Documents,
        ledger: Ledger,
        folder: Path | None = None,
        recognized: RecognizedPages | None = None,
    ) -> None:
        self._documents = documents
        self._ledger = ledger
        self._recognized = recognized or RecognizedInMemory()
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
        for the searchable one.

        DocumentDeleted, VersionNotKept or NoSuchPage if it does not exist, PdfError if it can't be drawn,
        TooManyAtOnce if it can't be drawn now.
        """
        entry = self._entry(document)
        version = version or entry.version or entry.reading
        self._check_page(entry, version, page)
        boxes = tuple(Box(box.left, box.top, box.right, box.bottom) for box in marked)
        name = _name(version, page, width_px, boxes)

        def draw() -> bytes:  # unless another thread has just done so
            return self._cached_picture(document, version, name) or self._draw(
                entry, version, page, width_px, boxes, name
            )

        return self._cached_picture(document, version, name) or self._single_flight.make((document, name), draw)

    def locate(
        self, document: str, version: str, page: int, sought: Sequence[TextToLocate]
    ) -> list[tuple[PageBox, ...]]:
        """The boxes of each text on a page of one version, one per line: among the words recognized in its pictures, if
        these have it where it is said to be, else in the page's own text, else among the recognized words. Empty if it
        is not found, and if locating fails, which is logged."""
        located: list[tuple[Box, ...]] = [()] * len(sought)
        letters = WordLetters([])
        try:
            entry = self._entry(document)
            if entry.pictures:
                words = recognized_words(self._recognized, document, version, page)
                letters = WordLetters([(text, astuple(box)) for text, box in words])
            exact = [_boxes(locate_exactly(letters, *_sought(one))) for one in sought]
            with self._opened(entry, version) as path:
                located = locate(path, page, sought, LIMITS)
            located = [first or own for first, own in zip(exact, located, strict=True)]
        except (PlumblineError, OSError) as error:
            LOG.warning("Texts could not be located on page %d of %r: %s", page, document, error)
        found = locate_among(letters, [_sought(one) for one in sought])
        located = [own or _boxes(boxes) for own, boxes in zip(located, found, strict=True)]
        return [tuple(PageBox(page, box.left, box.top, box.right, box.bottom) for box in boxes) for boxes in located]

    def forget(self, document: str) -> None:
        """Remove the images and copies of a deleted document."""
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
        except OSError as error:  # it can be shown all the same
            LOG.warning("The picture of page %d of %r could not be cached: %s", page, entry.document, error)
        if self._ledger.get(entry.document) is None:  # it was deleted meanwhile
            self.forget(entry.document)
            raise _deleted(entry.document)
        return png

    @contextmanager
    def _opened(self, entry: Entry, version: str) -> Iterator[Path]:
        """The file of one version, from the cache if possible; limits the number of concurrent children."""
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
        if copy is None:  # evicted at once by others
            raise TooManyAtOnce("Too many documents are being fetched.", "Try again in a minute.")
        return copy

    def _missing(self, entry: Entry, version: str) -> PlumblineError:
        """The error for a version that can't be fetched."""
        if self._documents.find(entry.document) is None:
            return _deleted(entry.document)
        while len(self._not_kept) >= NOT_KEPT:
            self._not_kept.pop(next(iter(self._not_kept)), None)
        self._not_kept[entry.document, version] = entry.tag
        return VersionNotKept(
            f"{entry.document} has been replaced, and the cited version is no longer kept.",
            "Ask again for an answer from the current version.",
        )


def _sought(text: TextToLocate) -> tuple[str, list[tuple[float, ...]]]:
    return text.text, [astuple(box) for box in text.near]


def _boxes(boxes: Iterable[Sequence[float]]) -> tuple[Box, ...]:
    return tuple(Box(*box) for box in boxes)


def _name(version: str, page: int, width_px: int, boxes: Sequence[Box]) -> str:
    """The file name of an image, unique within its document."""
    marks = hashlib.sha256(repr([(b.left, b.top, b.right, b.bottom) for b in boxes]).encode()).hexdigest()[:16]
    return f"{version}-{page}-{width_px}-{marks if boxes else 'plain'}.png"


def _deleted(document: str) -> DocumentDeleted:
    return DocumentDeleted(f"{document} was deleted from the library.", "Add it again to see its pages.")
