"""Reads PDFs into pages of paragraphs, in sandboxed child processes: one per document, two for a long one.

The child (`runtime/reading/child.py`) has limits on memory, time and pages, and is killed when it exceeds them. It
answers in JSON, which is validated here: a child that a hostile file has taken over can give wrong text, and do nothing
worse.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, cast

from runtime.ports import PlumblineError
from runtime.reading.processes import start
from runtime.reading.sandbox import hide_memory
from runtime.reading.sheets import LARGEST_SIDE, Sheets, sheets_of
from runtime.reading.text_layer import bounded
from runtime.reading.words import MAX_LABEL, VIEWER

Reader = Literal["auto", "pdfium", "pdfminer"]
PageState = Literal["text", "blank", "image", "garbled", "timed out", "damaged"]
PdfState = Literal[
    "encrypted", "damaged", "too large", "timed out", "no text", "xfa form", "portfolio", "not a pdf", "empty"
]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what one document may cost. Ordinary pages take 2 ms with PDFium and 60 ms with pdfminer.six."""

    page_seconds: float = 20.0
    document_seconds: float = 3600.0
    memory_bytes: int = 1536 << 20
    """Address space of a child. Its libraries alone map 250 MB; a 2,415-page manual is read in 300 MB."""
    pages: int = 20_000
    bytes: int = 2 << 30
    bad_pages: int = 10
    """Pages on which a child may be killed or die before the document is given up."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points from the top left corner of the page as displayed."""

    left: float
    top: float
    right: float
    bottom: float


Form = Literal["text", "code", "head", "row", "note"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph's text on one line, with tabs for wide gaps; or lines of code; or a table row, with bars between its
    cells. `boxes` has one box per column that it runs through; `level` is 1 to 3 for a heading, 0 for body text. In a
    table, `kind` 'head' marks the column names, `head` is the table's header text, and `columns` is where its columns
    begin, in points. Kind 'note' is a comment on the page, which begins with 'Note:' or 'Note by' and a name. `sure` is
    the mean confidence of recognized text, None for the page's own, `doubtful` its doubtful words, and `words` all of
    them with their boxes."""

    text: str
    boxes: tuple[Box, ...]
    level: int
    kind: Form = "text"
    head: str = ""
    columns: tuple[int, ...] = ()
    sure: float | None = None
    doubtful: tuple[str, ...] = ()
    words: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `number` is its position in the file (from 1), `of` the number of pages, `label` the file's own name for
    it, such as iv, '' if that is its number; `width` and `height` are in points; `reader` read its text: pdfium,
    pdfminer or none; `hidden` counts hidden words, and fields and notes left out, by `doubt.Kind`; `note` says what is
    wrong with it; `pictures` are the parts to recognize."""

    number: int
    width: float
    height: float
    paragraphs: tuple[Paragraph, ...]
    reader: str
    state: PageState
    label: str = ""
    of: int = 0
    hidden: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    pictures: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline; level and page count from 1."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a document holds: a unique name that is safe as a file's, its size in bytes as the document says (or
    else as it is stored there), and whether it is a PDF, by its name, its type or its first bytes: then its name ends
    in .pdf."""

    name: str
    size: int
    is_pdf: bool


@dataclass(frozen=True, slots=True)
class Attachments:
    """The first files that a document holds, how many more there are, a sentence on what else it may hold, '' for
    nothing, and whether it is a portfolio: no more than a cover around them."""

    files: tuple[Attachment, ...] = ()
    note: str = ""
    is_portfolio: bool = False
    left_out: int = 0


REMEDIES: dict[PdfState, str] = {
    "encrypted": "Save it without a password, and add it again.",
    "damaged": "Open it in a viewer and print it to a new PDF, or get a fresh copy from its source.",
    "too large": "Split it into smaller files, and add those.",
    "timed out": "Print it to a new PDF from a viewer, which drops what can't be read in time.",
    "no text": "Run text recognition (OCR) on it, for instance with OCRmyPDF, and add the result.",
    "xfa form": "Open it in Adobe Acrobat Reader and print it to a new PDF, and add that.",
    "portfolio": "Save the files in it from Adobe Acrobat Reader, make PDFs of those that are none, and add these.",
    "not a pdf": "Add the document as a PDF file.",
    "empty": "Copy the file again: it is empty.",
}


class PdfError(PlumblineError):
    """The document can't be read; `state` is the kind of failure, whose remedy is the usual one if none is given."""

    def __init__(self, state: PdfState, reason: str, remedy: str = "") -> None:
        super().__init__(reason, remedy or REMEDIES[state])
        self.state = state


MAX_NOTE = 300
"""Maximum characters of a child's error message."""

MAX_FRAME = 64 << 20
"""Maximum bytes of a child's answer: a page's text is a few kB, its image a few MB."""

BLOCK = 16
PAGES_TO_PART = 100
"""Pages per block, and pages above which a second child, which learns from the same pages as the first, is worth it. By
`make bench-ingest`."""

WATCHED = sys.platform == "darwin"
"""Whether the parent monitors a child's memory: macOS does not limit address space."""

WATCH_SECONDS = 0.2

LONGEST_SOUGHT = 4000
"""Maximum characters of a text to locate on a page."""

FORM_SECONDS = 5.0
"""For the work on a form: PDFium's time grows with the square of the number of fields, 0.9 s for 10,000. One that takes
longer is left alone: its fields are read as they are drawn."""

AT_FORM, BEHIND_FORM = b'{"form": true}', b'{"form": false}'
"""What the child answers before the work on a form, and behind it."""

MAX_FILES, MAX_FILE_NAME, MAX_ENDING = 1000, 200, 10
"""Attached files that are told by name, and characters of such a name and of its ending."""

MAX_NOTICE = 200
"""Words of a page that says no more than that the file needs another viewer: Adobe's own has 110."""

LARGEST_PAGE = LARGEST_SIDE
"""Points: far more than any page's side, far less than what can't be drawn."""

HEADER_BYTES = 1024
"""A PDF's header may be preceded by other bytes, within this many (ISO 32000-1, implementation note 13)."""


def check(file: BinaryIO, name: str, limits: Limits = Limits()) -> None:
    """Raise PdfError for a file that is empty, too large, or not a PDF by its content."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise PdfError("empty", f"{name} is empty.")
    if size > limits.bytes:
        raise PdfError("too large", f"{name} has {size:,} bytes; the limit is {limits.bytes:,}.")
    if b"%PDF-" not in os.pread(file.fileno(), HEADER_BYTES, 0):
        raise PdfError("not a pdf", f"{name} has no PDF header.")


def open_pdf(path: Path, limits: Limits = Limits(), reader: Reader = "auto") -> PdfDocument:
    """Open a document for reading; PdfError if it can be seen at once that it can't be read."""
    return PdfDocument(path, limits, reader)


def render_page(
    path: Path,
    number: int,
    width_px: int,
    boxes: Sequence[Box] = (),
    limits: Limits = Limits(),
    part: Box | None = None,
) -> bytes:
    """The page, or a part of it, as a WebP picture `width_px` wide, with `boxes` marked; drawn by PDFium in a sandboxed
    child."""
    job: dict[str, Any] = {"render": number, "width_px": width_px, "part": _sides(part) if part else None}
    job["boxes"] = [_sides(box) for box in boxes]
    answer = _answer(path, job, limits, f"page {number} of {path.name}")
    if answer[:4] + answer[8:12] != b"RIFFWEBP":
        raise _refusal(_parsed(answer), path.name)
    return answer


def measure(path: Path, limits: Limits = Limits()) -> Sheets:
    """The sizes of all pages, by PDFium in a sandboxed child, which loads none of them. PdfError if it can't be read,
    or not in `limits.page_seconds`."""
    frame = _parsed(_answer(path, {"measure": True}, limits, path.name))
    if "error" in frame:
        raise _refusal(frame, path.name)
    try:
        sheets = sheets_of(frame["runs"], limits.pages)
    except (KeyError, TypeError, ValueError) as error:
        raise PdfError("damaged", f"The reader of {path.name} gave an invalid answer.") from error
    return sheets


def words_on(path: Path, number: int, limits: Limits = Limits()) -> list[tuple[str, Box]]:
    """The words that a page shows, in reading order, with their boxes, at most `text_layer.MAX_WORDS`: none if it has
    no readable text. By a sandboxed child. PdfError if it can't be read."""
    return _words(_answer(path, {"words": [number]}, limits, f"page {number} of {path.name}", reader="auto"), path.name)


def words_on_each(path: Path, numbers: Sequence[int], limits: Limits = Limits()) -> Iterator[list[tuple[str, Box]]]:
    """The words of each of these pages, by one child for as many as it can read: a page that breaks it is read alone,
    and has none if it can't be."""
    left = list(numbers)
    while left:
        try:
            for words in _words_by_one_child(path, left, limits):
                left.pop(0)
                yield words
        except PdfError:
            try:
                alone = words_on(path, left[0], limits)
            except PdfError:
                alone = []
            left.pop(0)
            yield alone


def _words_by_one_child(path: Path, numbers: Sequence[int], limits: Limits) -> Iterator[list[tuple[str, Box]]]:
    job = {"words": list(numbers), "forms": True}
    with path.open("rb") as file, contextlib.closing(_Child(file.fileno(), "auto", limits, job)) as child:
        for number in list(numbers):
            yield _words(child.answer(limits.page_seconds, f"page {number} of {path.name}"), path.name)


def _words(answer: bytes, name: str) -> list[tuple[str, Box]]:
    frame = _parsed(answer)
    if "error" in frame:
        raise _refusal(frame, name)
    try:
        return [(text, Box(*box)) for text, box in bounded(frame["words"])]
    except (KeyError, TypeError, ValueError) as error:
        raise PdfError("damaged", f"The reader of {name} gave an invalid answer.") from error


@dataclass(frozen=True, slots=True)
class DrawnPictures:
    """A part of a page, drawn to be recognized, as PNG, b"" if it shows nothing, and the boxes of words in it that the
    page has as text."""

    png: bytes
    known: tuple[Box, ...]


def draw_pictures(path: Path, page: Page, part: Box, size: tuple[int, int], limits: Limits = Limits()) -> DrawnPictures:
    """A part of the page in shades of grey, this many pixels wide and high: its pictures alone. PdfError if it can't be
    drawn."""
    from PIL import Image

    job: dict[str, Any] = {"draw": page.number, "part": _sides(part), "size": size}
    job |= {"regions": [_sides(box) for box in page.pictures], "text": page.state != "text"}
    what = f"page {page.number} of {path.name}"
    head, _, png = _answer(path, job, limits, what).partition(b"\n")
    frame = _parsed(head)
    if "error" in frame:
        raise _refusal(frame, path.name)
    try:
        if png and not png.startswith(PNG + struct.pack(">LLBB", *size, 8, 0)):
            raise ValueError(png[:40])
        if png:
            Image.open(io.BytesIO(png)).load()
        return DrawnPictures(png, _boxes(frame["known"]))
    except (KeyError, TypeError, ValueError, OSError, SyntaxError) as error:
        raise PdfError("damaged", f"The reader of {what} gave an invalid answer.") from error


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
"""What a PNG picture begins with, before its width, height, bits of a pixel and 0 for shades of grey."""


def _sides(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


@dataclass(frozen=True, slots=True)
class TextToLocate:
    """A text to locate on a page, and boxes in which it probably is."""

    text: str
    near: tuple[Box, ...] = ()


def locate(path: Path, number: int, sought: Sequence[TextToLocate], limits: Limits = Limits()) -> list[tuple[Box, ...]]:
    """The boxes of each text on the page, one per line; none if it is not found. By PDFium in a sandboxed child."""
    texts = [[one.text[:LONGEST_SOUGHT], [[b.left, b.top, b.right, b.bottom] for b in one.near]] for one in sought]
    job = {"locate": number, "texts": texts}
    frame = _parsed(_answer(path, job, limits, f"page {number} of {path.name}"))
    if "error" in frame:
        raise _refusal(frame, path.name)
    try:
        located = [tuple(Box(*map(float, box)) for box in boxes) for boxes in frame["located"]]
        if len(located) != len(texts) or not all(_is_sane(box) for boxes in located for box in boxes):
            raise ValueError(located)
    except (KeyError, TypeError, ValueError) as error:
        raise PdfError("damaged", f"The reader of {path.name} gave an invalid answer.") from error
    return located


def _answer(
    path: Path, job: dict[str, Any], limits: Limits, what: str, forms: bool = True, reader: Reader = "pdfium"
) -> bytes:
    """What a guarded child answers to a job about a page. Where it breaks at a form, another leaves that alone."""
    with path.open("rb") as file:
        child = _Child(file.fileno(), reader, limits, {**job, "forms": forms})
        with contextlib.closing(child):
            try:
                return child.answer(limits.page_seconds, what)
            except PdfError:
                if not child.at_form:
                    raise
    return _answer(path, job, limits, what, forms=False, reader=reader)


def list_attachments(path: Path, limits: Limits = Limits()) -> Attachments:
    """The files that a document holds, listed by a guarded child. PdfError if it can't."""
    with path.open("rb") as file:
        return _list_attachments(file, path.name, limits)


def _list_attachments(file: BinaryIO, name: str, limits: Limits) -> Attachments:
    what = f"the files in {name}"
    child = _Child(file.fileno(), "pdfminer", limits, {"attachments": True})
    with contextlib.closing(child):
        frame = _parsed(child.answer(limits.page_seconds, what))
    if "error" in frame:
        raise _refusal(frame, what)
    return _attachments(frame)


def read_attachment(path: Path, index: int, target: Path, limits: Limits = Limits()) -> None:
    """Write the file that a document holds at this place in `PdfDocument.attached` to `target`, taken out by a
    guarded child. PdfError where that can't be done or it has more than `limits.bytes`; then there is no `target`."""
    what = f"attachment {index + 1} of {path.name}"
    deadline, size = time.monotonic() + limits.document_seconds, 0
    with path.open("rb") as file:
        child = _Child(file.fileno(), "pdfminer", limits, {"attachment": index})
        try:
            with contextlib.closing(child), target.open("wb") as out:
                while (part := child.answer(min(limits.page_seconds, deadline - time.monotonic()), what))[:1] == b"\0":
                    size += out.write(part[1:])
                    if size > limits.bytes:
                        raise PdfError("too large", f"{what} has more than {limits.bytes:,} bytes.")
            if "end" not in (frame := _parsed(part)):
                raise _refusal(frame, what)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _is_sane(box: Box) -> bool:
    return (
        -LARGEST_PAGE <= box.left <= box.right <= LARGEST_PAGE
        and -LARGEST_PAGE <= box.top <= box.bottom <= LARGEST_PAGE
    )


class PdfDocument:
    """An open document. Use it in a `with`, which ends the child."""

    def __init__(self, path: Path, limits: Limits, reader: Reader) -> None:
        self._name = path.name
        self._limits = limits
        self._reader = reader
        self._children: dict[int, _Child] = {}
        self._bad: dict[int, PageState] = {}
        self._forms = True
        self._holds_files: bool | None = None
        self._file = path.open("rb")
        self._deadline = time.monotonic() + limits.document_seconds
        try:
            check(self._file, self._name, limits)
            self._begin(1)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children and close the file."""
        for child in self._children.values():
            child.close()
        self._file.close()

    def pages(self, first: int = 1) -> Iterator[Page]:
        """The pages from `first` on. A child reads ahead only as far as the pipe's buffer.

        A page on which the child hangs or dies is returned as 'timed out' or 'damaged', and a new child continues after
        it. PdfError if there are too many such pages, no time is left, or the whole document has no text,
        unless it is a portfolio that contains a PDF.
        """
        if first != 1:
            self._begin(first)
        states: Counter[str] = Counter()
        hidden, has_text = 0, False
        for number in range(first, self.page_count + 1):
            page = self._without_notice(self._next(number))
            states[page.state] += 1
            hidden += sum(page.hidden.values())
            has_text |= page.state == "text" or bool(page.paragraphs)  # a picture may have notes
            yield page
        if first == 1 and not has_text:
            if self._is_portfolio():
                if any(file.is_pdf for file in self.attached.files):
                    return
                raise PdfError("portfolio", f"{self._name} is a cover around attached files, none of which is a PDF.")
            found = ", ".join(f"{count} {state}" for state, count in states.items())
            found += f"; {hidden:,} hidden words" if hidden else ""
            broken = [state for state in ("timed out", "damaged") if states[state]]
            kind = cast(PdfState, broken[0]) if sum(states[state] for state in broken) == self.page_count else "no text"
            raise PdfError(kind, f"None of the {self.page_count} pages of {self._name} has readable text ({found}).")

    @cached_property
    def attached(self) -> Attachments:
        """The files that the open document holds, at most MAX_FILES; a child of its own lists them, once. PdfError if
        it can't."""
        return _list_attachments(self._file, self._name, self._limits) if self._holds_files else Attachments()

    def _is_portfolio(self) -> bool:
        try:
            return self.attached.is_portfolio
        except PdfError:  # whoever asks for the files is told
            return False

    def _without_notice(self, page: Page) -> Page:
        """A portfolio's cover without the words, in whatever language, that it is to be opened in Adobe's viewer."""
        words = " ".join(paragraph.text for paragraph in page.paragraphs)
        if self.page_count > 1 or not self._holds_files or not VIEWER.search(words) or len(words.split()) > MAX_NOTICE:
            return page
        return replace(page, paragraphs=(), reader="none", state="blank") if self._is_portfolio() else page

    def _begin(self, first: int) -> None:
        """Start reading at page `first`, with one child, or with two that each read every other block of pages."""
        max_parts = 2 if (os.cpu_count() or 1) > 1 else 1
        self._start(0, first, max_parts, PAGES_TO_PART)
        info = self._ask(0, self._limits.page_seconds).get("info")
        if not isinstance(info, dict):
            raise PdfError("damaged", f"The reader of {self._name} gave an invalid answer.")
        self.page_count = int(info["pages"])
        self.title = _sane_title(str(info["title"]))
        self.outline = tuple(Bookmark(str(t), int(level), int(page)) for t, level, page in info["outline"])
        self._holds_files = bool(info["holds_files"])
        self._parts = max(1, min(int(info["parts"]), max_parts))
        for part in range(1, self._parts):
            self._start(part, first, self._parts)

    def _start(self, part: int, first: int, parts: int, pages_to_part: int = 0) -> None:
        if part in self._children:
            self._children[part].close()
        job: dict[str, Any] = {"first": first, "skip": sorted(self._bad), "part": part, "parts": parts, "block": BLOCK}
        job |= {"pages_to_part": pages_to_part, "holds_files": self._holds_files, "forms": self._forms}
        self._children[part] = _Child(self._file.fileno(), self._reader, self._limits, job)

    def _ask(self, part: int, seconds: float) -> dict[str, Any]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise PdfError("timed out", f"{self._name} took more than {self._limits.document_seconds:,.0f} s to read.")
        frame = _parsed(self._children[part].answer(min(seconds, left), self._name))
        if "error" in frame:
            raise _refusal(frame, self._name)
        return frame

    def _next(self, number: int) -> Page:
        part = number // BLOCK % self._parts
        while number not in self._bad:
            culprit = number
            try:
                while "page" not in (frame := self._ask(part, self._limits.page_seconds)):
                    culprit = int(frame.get("learning", number))
                    if culprit in self._bad:  # the other child found that out after this one had started
                        self._start(part, number, self._parts)
                return replace(_page(frame["page"], number), of=self.page_count)
            except PdfError as error:
                if error.state not in ("timed out", "damaged", "too large") or time.monotonic() >= self._deadline:
                    raise
                if self._children[part].at_form:  # which is then left alone
                    self._forms = False
                    self._start(part, number, self._parts)
                    continue
                self._bad[culprit] = "timed out" if error.state == "timed out" else "damaged"
                if len(self._bad) > self._limits.bad_pages:
                    raise PdfError(
                        error.state,
                        f"{len(self._bad)} pages of {self._name} can't be read; page {culprit}: {error.reason}",
                    ) from error
                self._start(part, number, self._parts)
        return Page(number, 0.0, 0.0, (), "none", self._bad[number])


class _Child:
    """The process that reads; killed if it does not answer in time, and when it is closed."""

    def __init__(self, fd: int, reader: Reader, limits: Limits, job: dict[str, Any]) -> None:
        """`job` says what the child is to do with the document open as `fd`."""
        job = {
            "reader": reader,
            "memory": -1 if WATCHED else limits.memory_bytes,  # -1: no limit
            "seconds": int(limits.document_seconds),
            "pages": limits.pages,
            **job,
        }
        self.at_form = False
        """Whether its last message was that it works on a form."""
        hide_memory()  # so that no other process of this user, such as the child, can read it
        self._memory = limits.memory_bytes
        with contextlib.ExitStack() as opened, contextlib.ExitStack() as its:
            stdin, self._stdin = _pipe(its, opened)
            self._stdout, stdout = _pipe(opened, its)
            self._ready = select.poll()  # select takes no descriptor beyond 1,023
            self._ready.register(self._stdout, select.POLLIN)
            self._errors = opened.enter_context(tempfile.TemporaryFile())
            self.process = start(stdin.fileno(), stdout.fileno(), self._errors.fileno(), fd)
            opened.callback(self.process.end)
            its.close()
            rest = json.dumps(job).encode() + b"\n"
            with contextlib.suppress(BrokenPipeError):  # it has ended, which is seen when its answer is read
                while rest:
                    rest = rest[self._stdin.write(rest) :]
            self._opened = opened.pop_all()

    def close(self) -> None:
        self._opened.close()

    def answer(self, seconds: float, what: str) -> bytes:
        """The next frame, within `seconds`, and FORM_SECONDS more if it works on a form before."""
        frame = self._frame(seconds, what)
        if frame == AT_FORM:
            self.at_form = True
            frame = self._frame(min(seconds, FORM_SECONDS), what)
            self.at_form = False
        return self._frame(seconds, what) if frame == BEHIND_FORM else frame

    def _frame(self, seconds: float, what: str) -> bytes:
        deadline = time.monotonic() + seconds
        size = int.from_bytes(self._read(4, deadline, what), "big")
        if size > MAX_FRAME:
            self.process.end()
            raise PdfError("damaged", f"The reader of {what} gave an invalid answer.")
        return self._read(size, deadline, what)

    def _read(self, size: int, deadline: float, what: str) -> bytes:
        fd = self._stdout.fileno()
        parts = bytearray()
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                self.process.end()
                raise PdfError("timed out", f"Reading {what} took longer than allowed.")
            if not self._ready.poll(1000 * (min(left, WATCH_SECONDS) if WATCHED else left)):
                if WATCHED and self._resident_bytes() > self._memory:
                    self.process.end()
                    raise PdfError("too large", f"Reading {what} needs more memory than allowed.")
                continue
            part = os.read(fd, size - len(parts))
            if not part:
                raise self._died(what)
            parts += part
        return bytes(parts)

    def _resident_bytes(self) -> int:
        ps = ["ps", "-o", "rss=", "-p", str(self.process.pid)]  # in KiB; empty if it has just ended
        return 1024 * int(subprocess.run(ps, capture_output=True, text=True, check=False).stdout or 0)

    def _died(self, what: str) -> PdfError:
        code = self.process.end()
        self._errors.seek(0)
        output = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        if code == -signal.SIGXCPU:
            return PdfError("timed out", f"Reading {what} took more processor time than allowed.")
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        last = f", saying {output[-1][:200]!r}" if output else ""
        return PdfError("damaged", f"The reader of {what} ended with {how}{last}.")


def _pipe(reading: contextlib.ExitStack, writing: contextlib.ExitStack) -> tuple[BinaryIO, BinaryIO]:
    """The two ends of a pipe, each closed by one of these."""
    read, write = os.pipe()
    return reading.enter_context(os.fdopen(read, "rb", 0)), writing.enter_context(os.fdopen(write, "wb", 0))


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        frame = json.loads(answer)
    except ValueError as error:
        raise PdfError("damaged", "The reader gave an invalid answer.") from error
    if not isinstance(frame, dict):
        raise PdfError("damaged", "The reader gave an invalid answer.")
    return frame


def _refusal(frame: dict[str, Any], name: str) -> PdfError:
    error = frame.get("error", {})
    state = error.get("state")
    return PdfError(
        state if state in REMEDIES else "damaged", f"{name} can't be read: {str(error.get('reason'))[:MAX_NOTE]}."
    )


def _attachments(frame: dict[str, Any]) -> Attachments:
    try:
        files = [
            (str(name), max(0, int(size)), bool(is_document)) for name, size, is_document in frame["files"][:MAX_FILES]
        ]
        others, page = int(frame["others"]), int(frame["not_searched"])
        is_portfolio = bool(frame["is_portfolio"])
    except (KeyError, TypeError, ValueError) as error:
        raise PdfError("damaged", "The reader gave an invalid answer about attached files.") from error
    notes = [f"{others:,} more attached files are left out."] if others > 0 else []
    notes += [f"Files that are attached to pages were not looked for from page {page:,} on."] if page > 0 else []
    names = _file_names((name, is_document) for name, _, is_document in files)
    made = (Attachment(name, size, is_pdf(name)) for name, (_, size, _) in zip(names, files, strict=True))
    return Attachments(tuple(made), " ".join(notes), is_portfolio, max(0, others))


def is_pdf(name: str) -> bool:
    """Whether a file is a PDF, by the name that it has as an attachment."""
    return name.casefold().endswith(".pdf")


def _file_names(given: Iterable[tuple[str, bool]]) -> Iterator[str]:
    """Names that are safe for files, each another, whatever a document calls them: without folders and characters that
    can't be seen, and short; those of PDFs end in .pdf."""
    counts: Counter[str] = Counter()
    taken: set[str] = set()
    for one, is_document in given:
        last = re.split(r"[/\\]", one)[-1]
        name = "".join(c for c in " ".join(last.split()) if c.isprintable()).strip(" .") or "attachment"
        name += ".pdf" if is_document and not is_pdf(name) else ""
        stem, ending = _split(name)
        name = stem[: MAX_FILE_NAME - len(ending)] + ending
        while name.casefold() in taken:
            counts[stem] += 1
            number = f" ({counts[stem] + 1})"
            name = stem[: MAX_FILE_NAME - len(number + ending)] + number + ending
        taken.add(name.casefold())
        yield name


def _split(name: str) -> tuple[str, str]:
    """A file's name and its ending with the dot, '' where it has none."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending) <= MAX_ENDING else (name, "")


def _page(frame: dict[str, Any], number: int) -> Page:
    try:
        if frame["number"] != number or frame["state"] not in PageState.__args__:  # type: ignore[attr-defined]
            raise ValueError(frame["number"])
        width, height, pictures = float(frame["width"]), float(frame["height"]), _boxes(frame.get("pictures", ()))
        if not all(0 <= side <= LARGEST_PAGE for side in (width, height)) or not _are_on_page(pictures, width, height):
            raise ValueError((width, height, pictures))
        return Page(
            number=number,
            width=width,
            height=height,
            paragraphs=tuple(_paragraph(p) for p in frame["paragraphs"]),
            reader=str(frame["reader"]),
            state=cast(PageState, frame["state"]),
            label=_label(frame.get("label", "")),
            note=str(frame.get("note", ""))[:MAX_NOTE],
            hidden={str(kind): int(count) for kind, count in frame.get("hidden", {}).items()},
            pictures=pictures,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PdfError("damaged", f"The reader gave an invalid answer for page {number}.") from error


def _boxes(given: Any) -> tuple[Box, ...]:
    boxes = tuple(Box(*map(float, box)) for box in given)
    if not all(_is_sane(box) for box in boxes):
        raise ValueError(boxes)
    return boxes


def _are_on_page(boxes: Sequence[Box], width: float, height: float) -> bool:
    return all(-1 <= box.left < box.right <= width + 1 and -1 <= box.top < box.bottom <= height + 1 for box in boxes)


def _label(given: Any) -> str:
    if not isinstance(given, str) or len(given) > MAX_LABEL or not given.isprintable():
        raise ValueError(given)
    return given


def _paragraph(given: dict[str, Any]) -> Paragraph:
    kind = given["kind"]
    if kind not in Form.__args__:  # type: ignore[attr-defined]
        raise ValueError(kind)
    return Paragraph(
        str(given["text"]),
        tuple(Box(*map(float, box)) for box in given["boxes"]),
        int(given["level"]),
        kind,
        str(given.get("head", "")),
        tuple(map(int, given.get("columns", ()))),
    )


def _sane_title(title: str) -> str:
    """The title, unless it is a program's default."""
    plain = title.casefold()
    is_placeholder = plain.startswith(("microsoft ", "untitled", "slide 1", "powerpoint")) or plain.endswith(
        (".doc", ".docx", ".tex", ".dvi", ".indd", ".ppt", ".pptx", ".pdf", ".qxd")
    )
    return "" if is_placeholder or len(title) < 3 else title[:300]
