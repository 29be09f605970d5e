"""The evidence of a citation: pictures of a document's pages, their sizes and words, and the places of texts on them,
from the very bytes that were cited."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

from runtime.cache import FileCache, SingleFlight
from runtime.ports import Documents, Entry, Ledger, NotFound, PageBox, PlumblineError, RecognizedPages
from runtime.reading import text_layer
from runtime.reading.crops import part_around
from runtime.reading.document import (
    Box,
    Limits,
    PdfError,
    TextToLocate,
    locate,
    measure,
    render_page,
    words_on,
    words_on_each,
)
from runtime.reading.locate import WordLetters, find_all, locate_exactly
from runtime.reading.locate import locate as locate_among
from runtime.reading.sheets import Sheets, from_json
from runtime.recognized import RecognizedInMemory, recognized_words
from runtime.turns import Turns, Urgency
from runtime.versions import is_version

PICTURE_WIDTHS = (480, 900, 1400, 2200)
"""Pixels: the widths in which a service shows pages, few so that they are found in the cache: a column, a column on a
screen of high density, a page alone, a page that is magnified. Whoever passes on what a browser asks for checks it
against these."""

PICTURE_TYPE, PICTURE_ENDING = "image/webp", "webp"
"""The media type of all pictures, and the ending of their files."""

PICTURE_BYTES = 256 << 20
"""Cache of page pictures: some 3,000 of them."""

TEXT_BYTES = 64 << 20
"""Cache of the sizes and words of pages: some 2,000 pages."""

TEXT_FORMAT = 1
"""Of what is in this cache: another one does not find what an earlier one has left."""

COPY_BYTES = 1 << 30
"""Cache of documents fetched to draw their pages."""

CHILDREN = 2
"""Concurrent processes that draw pages or locate texts. Each takes up to a core and, for a hostile file, as much as its
limits allow. Who gets the next turn: see `runtime.turns`."""

WAIT_SECONDS = 30.0
"""How long to wait for one of these before a reader is asked to try again."""

LIMITS = Limits(page_seconds=10.0)
"""A page takes .1 to .3 s; one that takes this long is hostile, and a reader is waiting."""

SEARCH_SECONDS = 1.0
"""How long a text is sought before what was found so far is told: some 50 pages."""

MOST_FOUND = 500
"""Places of a text that are told at once."""

CACHED_PAGES = 1000
"""The words of documents with no more pages than these are kept as they are searched: those of longer ones would leave
no room for anything else."""

NOT_KEPT = 1000
"""Versions known to be gone, so that their images do not fetch the document again and again."""

LOG = logging.getLogger(__name__)

Parsed = TypeVar("Parsed")


class DocumentDeleted(NotFound):
    """The document is no longer in the library, or never was."""


class VersionNotKept(PlumblineError):
    """The document was replaced, and the cited bytes are no longer kept."""


class NoSuchPage(NotFound):
    """The document has no such page."""


class TooManyAtOnce(PlumblineError):
    """Too many pages are being drawn for others."""


class Place(NamedTuple):
    """Where a text is on a page: a box per line."""

    page: int
    boxes: Sequence[Box]


class Sought(NamedTuple):
    """The places of a text on the pages before `next_page`, which is 0 where all pages are searched."""

    places: Sequence[Place]
    next_page: int


class Evidence:
    """Pictures of pages, their sizes and words, and the places of texts on them. Thread-safe.

    All of it is of one version of a document, which is its SHA-256, '' for the searchable one; all places are in points
    from the top left corner of a page as displayed. Whatever is asked for raises DocumentDeleted, VersionNotKept or
    NoSuchPage if it does not exist, PdfError if it can't be read, and TooManyAtOnce if not now.

    `folder` caches what is made and copies of documents, and may be shared by processes; None for a temporary one.
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
        self._texts = FileCache(kept / "texts", TEXT_BYTES)
        self._copies = FileCache(kept / "copies", COPY_BYTES, keep_recent=2 * CHILDREN)
        self._turns = Turns(CHILDREN)
        self._single_flight = SingleFlight()
        self._not_kept: dict[tuple[str, str], str] = {}

    def picture(
        self, document: str, version: str, page: int, width_px: int, marked: Sequence[PageBox | Box] = ()
    ) -> bytes:
        """A page as a picture of PICTURE_TYPE, `width_px` wide, with boxes marked, if there are any."""
        entry, version = self._found(document, version, page)
        boxes = tuple(Box(box.left, box.top, box.right, box.bottom) for box in marked)

        def draw(path: Path) -> bytes:
            return render_page(path, page, width_px, boxes, LIMITS)

        name = f"{version}-{page}-{width_px}-{_digest(boxes) if boxes else 'plain'}.{PICTURE_ENDING}"
        return self._kept(self._pictures, entry, version, name, draw, Urgency.NOW)

    def crop(self, document: str, version: str, page: int, boxes: Sequence[PageBox | Box], width_px: int) -> bytes:
        """The part of a page around a text, which has a box per line, as a picture of PICTURE_TYPE, `width_px` wide:
        with the column in which it stands and a line above and below, at most a dozen lines, the boxes marked.
        ValueError without a box."""
        entry, version = self._found(document, version, page)
        marked = tuple(Box(box.left, box.top, box.right, box.bottom) for box in boxes)

        def draw(path: Path) -> bytes:
            return render_page(path, page, width_px, marked, LIMITS, Box(*part))

        name = f"{version}-{page}-{width_px}-crop-{_digest(marked)}.{PICTURE_ENDING}"
        if kept := self._cached(self._pictures, document, version, name):
            return kept
        part = part_around([astuple(box) for box in marked], self._word_boxes(entry, version, page))
        return self._kept(self._pictures, entry, version, name, draw, Urgency.NOW)

    def sheets(self, document: str, version: str) -> Sheets:
        """The sizes of all pages."""
        entry, version = self._found(document, version)

        def made(path: Path) -> bytes:
            return measure(path, LIMITS).to_json()

        name = f"{version}-sheets-{TEXT_FORMAT}.json"
        return self._text(entry, version, name, made, lambda stored: from_json(stored, LIMITS.pages), Urgency.FIRST)

    def words(self, document: str, version: str, page: int) -> list[tuple[str, Box]]:
        """The words of a page with their boxes in reading order, each without spaces: its own, and behind them those
        recognized in its pictures. At most MAX_WORDS of at most MAX_LETTERS each: see `runtime.reading.text_layer`."""
        entry, version = self._found(document, version, page)
        return self._words(entry, version, page, Urgency.LATER)

    def find(self, document: str, version: str, text: str, first: int = 1) -> Sought:
        """The places of a text from a page on, as far as it takes SEARCH_SECONDS to look for them. Letters and digits
        alone are compared, in their plainest form, also across lines."""
        entry, version = self._found(document, version, first)
        pages, until = self.sheets(document, version).pages, time.monotonic() + SEARCH_SECONDS
        places: list[Place] = []
        with closing(self._words_from(entry, version, range(first, pages + 1))) as read:
            for page, words in read:
                found = find_all([(word, astuple(box)) for word, box in words], text)
                places += [Place(page, _boxes(boxes)) for boxes in found]
                if time.monotonic() > until or len(places) >= MOST_FOUND:
                    return Sought(places, page + 1 if page < pages else 0)
        return Sought(places, 0)

    def file(self, document: str, version: str) -> Path:
        """A copy of the version's file, to be opened at once: it stays as long as it is open."""
        entry, version = self._found(document, version)
        return self._opened(entry, version)

    def _words_from(
        self, entry: Entry, version: str, pages: Sequence[int]
    ) -> Generator[tuple[int, list[tuple[str, Box]]], None, None]:
        """Each of these pages with its words: those of the first that are cached, and of all the others by one
        child."""
        done = 0
        while done < len(pages) and (words := self._cached_words(entry, version, pages[done])) is not None:
            yield pages[done], self._with_recognized(entry, version, pages[done], words)
            done += 1
        rest = pages[done:]
        if not rest:
            return
        with self._turn(Urgency.LATER):
            read = words_on_each(self._opened(entry, version), rest, LIMITS)
            for page, words in zip(rest, read, strict=True):
                if pages[-1] <= CACHED_PAGES:
                    self._cache(self._texts, entry, _words_name(version, page), _words_json(words))
                yield page, self._with_recognized(entry, version, page, words)

    def _cached_words(self, entry: Entry, version: str, page: int) -> list[tuple[str, Box]] | None:
        cached = self._cached(self._texts, entry.document, version, _words_name(version, page))
        try:
            return [(text, Box(*box)) for text, box in text_layer.from_json(cached)] if cached else None
        except ValueError:
            return None

    def _words(self, entry: Entry, version: str, page: int, urgency: Urgency) -> list[tuple[str, Box]]:
        def made(path: Path) -> bytes:
            return _words_json(words_on(path, page, LIMITS))

        placed = self._text(entry, version, _words_name(version, page), made, text_layer.from_json, urgency)
        return self._with_recognized(entry, version, page, [(text, Box(*box)) for text, box in placed])

    def _with_recognized(
        self, entry: Entry, version: str, page: int, words: list[tuple[str, Box]]
    ) -> list[tuple[str, Box]]:
        """A page's own words, and behind them those recognized in its pictures, which are not cached: they may come
        later, page by page."""
        if not entry.pictures:
            return words
        recognized = recognized_words(self._recognized, entry.document, version, page)
        both = text_layer.bounded((text, *astuple(box)) for text, box in (*words, *recognized))
        return [(text, Box(*box)) for text, box in both]

    def _word_boxes(self, entry: Entry, version: str, page: int) -> list[tuple[float, ...]]:
        """The boxes of a page's words, none if they can't be read: it may be drawn all the same."""
        try:
            return [astuple(box) for _, box in self._words(entry, version, page, Urgency.NOW)]
        except PdfError as error:
            LOG.warning("The words of page %d of %r could not be read: %s", page, entry.document, error)
            return []

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
            with self._turn(Urgency.FIRST):
                located = locate(self._opened(entry, version), page, sought, LIMITS)
            located = [first or own for first, own in zip(exact, located, strict=True)]
        except (PlumblineError, OSError) as error:
            LOG.warning("Texts could not be located on page %d of %r: %s", page, document, error)
        found = locate_among(letters, [_sought(one) for one in sought])
        located = [own or _boxes(boxes) for own, boxes in zip(located, found, strict=True)]
        return [tuple(PageBox(page, box.left, box.top, box.right, box.bottom) for box in boxes) for boxes in located]

    def forget(self, document: str) -> None:
        """Remove whatever is cached of a deleted document."""
        for cache in (self._pictures, self._texts, self._copies):
            cache.drop(document)

    def _found(self, document: str, version: str, page: int | None = None) -> tuple[Entry, str]:
        """The document's entry and the SHA-256 of a version of it; DocumentDeleted or NoSuchPage."""
        entry = self._entry(document)
        version = version or entry.version or entry.reading
        if page is not None:
            self._check_page(entry, version, page)
        return entry, version

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

    def _text(
        self,
        entry: Entry,
        version: str,
        name: str,
        make: Callable[[Path], bytes],
        parse: Callable[[bytes], Parsed],
        urgency: Urgency,
    ) -> Parsed:
        """What was stored as JSON, or is now made: made again where the file that is cached has been damaged."""
        try:
            return parse(self._kept(self._texts, entry, version, name, make, urgency))
        except ValueError as error:
            LOG.warning("What was cached of %r is damaged and is made again: %s", entry.document, error)
            self._texts.drop(entry.document)
            return parse(self._kept(self._texts, entry, version, name, make, urgency))

    def _kept(
        self, cache: FileCache, entry: Entry, version: str, name: str, make: Callable[[Path], bytes], urgency: Urgency
    ) -> bytes:
        """What is cached under this name, or is now made of the version's file by a child; of many who ask at once by
        the first."""

        def made() -> bytes:
            with self._turn(urgency):  # for which others may have made it meanwhile
                return self._cached(cache, entry.document, version, name) or self._made(
                    cache, entry, version, name, make
                )

        # What is urgent does not wait for the same thing to be made when its turn comes.
        key = entry.document, name, urgency
        return self._cached(cache, entry.document, version, name) or self._single_flight.make(key, made)

    def _cached(self, cache: FileCache, document: str, version: str, name: str) -> bytes | None:
        path = cache.get(document, name) if is_version(version) else None
        try:
            return path.read_bytes() if path else None
        except FileNotFoundError:  # another process made room
            return None

    def _made(self, cache: FileCache, entry: Entry, version: str, name: str, make: Callable[[Path], bytes]) -> bytes:
        path = self._opened(entry, version)
        try:
            made = make(path)
        except PdfError as error:
            reason = error.reason.replace(path.name, PurePosixPath(entry.document).name)
            raise PdfError(error.state, reason) from error
        self._cache(cache, entry, name, made)
        if self._ledger.get(entry.document) is None:  # it was deleted meanwhile
            self.forget(entry.document)
            raise _deleted(entry.document)
        return made

    def _cache(self, cache: FileCache, entry: Entry, name: str, content: bytes) -> None:
        try:
            cache.put(entry.document, name, lambda part: part.write_bytes(content))
        except OSError as error:  # it can be shown all the same
            LOG.warning("%s of %r could not be cached: %s", name, entry.document, error)

    @contextmanager
    def _turn(self, urgency: Urgency) -> Iterator[None]:
        """A turn at having a child; TooManyAtOnce if it does not come in time."""
        if not self._turns.acquire(urgency, WAIT_SECONDS):
            raise TooManyAtOnce("Too many pages are being drawn.", "Try again in a minute.")
        try:
            yield
        finally:
            self._turns.release()

    def _opened(self, entry: Entry, version: str) -> Path:
        """The file of one version, from the cache if possible."""
        return self._single_flight.make((entry.document, version), lambda: self._copy(entry, version))

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


def _words_name(version: str, page: int) -> str:
    return f"{version}-{page}-words-{TEXT_FORMAT}.json"


def _words_json(words: Sequence[tuple[str, Box]]) -> bytes:
    return text_layer.to_json([(text, astuple(box)) for text, box in words])


def _sought(text: TextToLocate) -> tuple[str, list[tuple[float, ...]]]:
    return text.text, [astuple(box) for box in text.near]


def _boxes(boxes: Iterable[Sequence[float]]) -> tuple[Box, ...]:
    return tuple(Box(*box) for box in boxes)


def _digest(boxes: Sequence[Box]) -> str:
    """What tells marks apart in a file's name."""
    return hashlib.sha256(repr([astuple(box) for box in boxes]).encode()).hexdigest()[:16]


def _deleted(document: str) -> DocumentDeleted:
    return DocumentDeleted(f"{document} was deleted from the library.", "Add it again to see its pages.")
