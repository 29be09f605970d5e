"""The child process that reads a PDF: PDFium first, pdfminer.six second. Run by `runtime/pdf.py`, never imported
by it, since what parses a hostile file must not share the service's memory.

It writes frames to standard output: four bytes of length (big endian), then JSON: one `info`, then a `page`
each, then `end`; or an `error` with one of the states of `runtime.pdf.PdfError`. It ends when its standard
input closes, which is when its parent has ended.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import math
import operator
import os
import re
import resource
import sys
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import pypdfium2_raw.bindings as pdfium  # the binding alone: half of the start's time is the rest of the package

SAMPLE_PAGES = 16
"""Pages, evenly spread, from which running lines and the body's size are learnt: the same whatever page a
reading begins at."""

OUTLINE_ITEMS = 20_000
OUTLINE_DEPTH = 8
"""Bookmarks beyond these are left out; a file can make them refer to each other in a circle."""

RUNNING_LINES = 2
"""Lines at the top and at the bottom of a page that can be running headers and footers."""

MASKED = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
EDGE_NUMBER = re.compile(r"^\s*(\d{1,5})\b|\b(\d{1,5})\s*$")
BULLET = re.compile(r"^(?:[•‣◦▪●○∙·–—*]|\(?(?:\d{1,3}|[a-z])[.)])\s")
NUMBERED_HEADING = re.compile(r"^(?:(?:chapter|appendix)\s+)?((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*)\.?\s+[A-ZÄÖÜ]")
HEADING_NUMBER = re.compile(r"^(?:(?:chapter|appendix)\b)?\s*(?:[a-z]|\d{1,3})?(?:\.\d{1,3})*\.?\s+(?=\S)")
NOT_WORD = re.compile(r"[\W_]+")
NOT_WORD_IN_LINE = re.compile(r"[^\w\n]+|_+")
LEADERS = re.compile(r"(?:\s*\.){4,}\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\ufeff\ufffe\uffff]")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
SENTENCE_END = (".", "!", "?", ":", ";", "…", "”", '"', ")")
BOLD = re.compile(r"bold|black|heavy|cmbx|cmssbx|[a-z]bx?\d*$", re.IGNORECASE)

MAX_HEADING = 150
"""Characters of the longest line that can be a heading."""


class Line(NamedTuple):
    """A line of text; its box in points from the top left of the page as it is shown."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool


RawPage = tuple[float, float, list[Line], float, bool]
"""Width, height, lines, share of characters without a Unicode mapping, and whether it has pictures."""


class Refused(Exception):
    """The file can't be read; `state` as in PdfError."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state


# --- PDFium ---------------------------------------------------------------------------------------------


class Pdfium:
    """A document opened by PDFium."""

    name = "pdfium"

    def __init__(self, fd: int) -> None:
        pdfium.FPDF_InitLibrary()
        self._file = os.fdopen(os.dup(fd), "rb")
        self.document = pdfium.FPDF_LoadDocument(f"/dev/fd/{fd}".encode(), None)
        if not self.document:
            code = pdfium.FPDF_GetLastError()
            if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise Refused("encrypted", "the file is locked with a password")
            raise Refused("damaged", "PDFium finds no PDF structure in the file")
        self.pages = pdfium.FPDF_GetPageCount(self.document)
        self.learning = False  # while the sample pages are read
        self.rows_with_gutter = 0  # sample pages with two columns stored row by row, which PDFium takes for lines
        self.split_rows = False

    def title(self) -> str:
        """The title in the file's metadata."""
        size = pdfium.FPDF_GetMetaText(self.document, b"Title", None, 0)
        if not 2 < size < 4096:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetMetaText(self.document, b"Title", buffer, size)
        return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")

    def outline(self) -> list[tuple[str, int, int]]:
        """(title, level from 1, page from 1) of each bookmark that leads to a page."""
        items: list[tuple[str, int, int]] = []
        seen: set[int] = set()
        stack = [(pdfium.FPDFBookmark_GetFirstChild(self.document, None), 1)]
        while stack and len(items) < OUTLINE_ITEMS:
            bookmark, level = stack.pop()
            address = ctypes.cast(bookmark, ctypes.c_void_p).value
            if not address or address in seen:
                continue
            seen.add(address)
            stack.append((pdfium.FPDFBookmark_GetNextSibling(self.document, bookmark), level))
            if level < OUTLINE_DEPTH:
                stack.append((pdfium.FPDFBookmark_GetFirstChild(self.document, bookmark), level + 1))
            dest = pdfium.FPDFBookmark_GetDest(self.document, bookmark)
            page = pdfium.FPDFDest_GetDestPageIndex(self.document, dest) if dest else -1
            size = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
            if page >= 0 and 2 < size < 4096:
                buffer = ctypes.create_string_buffer(size)
                pdfium.FPDFBookmark_GetTitle(bookmark, buffer, size)
                items.append((buffer.raw[: size - 2].decode("utf-16-le", errors="replace"), level, page + 1))
        return items

    def page(self, number: int) -> RawPage:
        """The page as PDFium reads it; Refused where it can't."""
        page = pdfium.FPDF_LoadPage(self.document, number - 1)
        if not page:
            raise Refused("damaged", f"PDFium can't open page {number}")
        try:
            place = _Place(page)
            text_page = pdfium.FPDFText_LoadPage(page)
            if not text_page:
                return place.width, place.height, [], 0.0, _pictures(page)
            try:
                lines, unmapped = _pdfium_lines(text_page, place)
                if self.learning:
                    self.rows_with_gutter += row_gutter(text_page) > 0
                elif self.split_rows and (gutter := row_gutter(text_page)):
                    lines = _split_lines(text_page, place, lines, gutter)
            finally:
                pdfium.FPDFText_ClosePage(text_page)
            return place.width, place.height, lines, unmapped, not lines and _pictures(page)
        finally:
            pdfium.FPDF_ClosePage(page)

    def render(self, number: int, width_px: int, boxes: Sequence[Sequence[float]]) -> bytes:
        """The page as PNG, with the boxes marked as by a text marker."""
        from PIL import Image, ImageChops, ImageDraw

        page = pdfium.FPDF_LoadPage(self.document, number - 1)
        if not page:
            raise Refused("damaged", f"PDFium can't open page {number}")
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        scale = width_px / max(width, 1.0)
        size = (width_px, max(1, min(int(height * scale), 8 * width_px)))
        bitmap = pdfium.FPDFBitmap_Create(size[0], size[1], 0)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, size[0], size[1], 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, size[0], size[1], 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * size[1])
        image = Image.frombuffer("RGB", size, pixels, "raw", "BGRX", stride, 1)
        if boxes:
            marker = Image.new("RGB", size, "white")
            draw = ImageDraw.Draw(marker)
            for left, top, right, bottom in boxes:
                edge = 2.0
                draw.rectangle(
                    [
                        (left - edge) * scale,
                        (top - edge) * scale,
                        (right + edge) * scale,
                        (bottom + edge) * scale,
                    ],
                    fill=(255, 236, 130),
                )
            image = ImageChops.multiply(image, marker)
        out = io.BytesIO()
        image.save(out, "PNG")
        pdfium.FPDFBitmap_Destroy(bitmap)
        pdfium.FPDF_ClosePage(page)
        return out.getvalue()


class _Place:
    """Turns a page's own coordinates into points from the top left corner as a viewer shows it."""

    def __init__(self, page: Any) -> None:
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, box)
        self._left, self._top = float(box.left), float(box.top)
        self._right, self._bottom = float(box.right), float(box.bottom)
        self._turn = pdfium.FPDFPage_GetRotation(page)
        self.width = float(pdfium.FPDF_GetPageWidthF(page))
        self.height = float(pdfium.FPDF_GetPageHeightF(page))

    @property
    def turned(self) -> bool:
        return bool(self._turn)

    def across(self, x: float) -> float:
        """The page's own x of a shown one, on a page that is not turned; `up` likewise of y."""
        return x + self._left

    def up(self, y: float) -> float:
        return self._top - y

    def __call__(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """x and y of two opposite corners of a rectangle."""
        if self._turn == 0:
            return left - self._left, self._top - top, right - self._left, self._top - bottom
        if self._turn == 1:
            return top - self._bottom, left - self._left, bottom - self._bottom, right - self._left
        if self._turn == 2:
            return self._right - left, top - self._bottom, self._right - right, bottom - self._bottom
        return self._top - top, self._right - left, self._top - bottom, self._right - right


def _pdfium_lines(text_page: Any, place: _Place) -> tuple[list[Line], float]:
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return [], 0.0
    buffer = (ctypes.c_ushort * (count * 2 + 1))()
    units = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = ctypes.string_at(buffer, max(0, units - 1) * 2).decode("utf-16-le", errors="replace")
    char_box, char_index = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharIndexFromTextIndex
    font_info, font_size = pdfium.FPDFText_GetFontInfo, pdfium.FPDFText_GetFontSize
    unmapped_glyph = pdfium.FPDFText_HasUnicodeMapError
    box, name, flags = pdfium.FS_RECTF(), ctypes.create_string_buffer(128), ctypes.c_int()
    lines: list[Line] = []
    checked = unmapped = 0
    # Where every character has text, which is the rule, both count alike, and asking for each is saved.
    same = len(text) == count and char_index(text_page, count - 1) == count - 1
    start = 0
    for raw in text.split("\r\n"):
        first, last = start, start + len(raw) - 1
        start += len(raw) + 2
        stripped = raw.strip()
        if not stripped:
            continue
        if len(stripped) < len(raw):
            first += len(raw) - len(raw.lstrip())
            last -= len(raw) - len(raw.rstrip())
        # PDFium makes one line of two that a hyphen joins: a point in the middle shows where both lie.
        joined = "\x02" in raw or "\ufffe" in raw
        points = (first, (first + last) // 2, last) if joined else (first, last)
        if not same:
            points = tuple([char_index(text_page, point) for point in points])
        across: list[float] = []
        down: list[float] = []
        for index in points:
            if index >= 0 and char_box(text_page, index, box):
                x1, y1, x2, y2 = place(box.left, box.top, box.right, box.bottom)
                across += (x1, x2)
                down += (y1, y2)
        if not across:
            continue
        checked += 1
        unmapped += unmapped_glyph(text_page, points[-1]) == 1
        font_info(text_page, points[0], name, 128, flags)
        size, bold = round(font_size(text_page, points[0]), 1), _is_bold(name.value)
        lines.append(Line(stripped, min(across), min(down), max(across), max(down), size, bold))
    return lines, unmapped / checked if checked else 0.0


@cache
def _is_bold(font: bytes) -> bool:
    return BOLD.search(font.decode("latin-1")) is not None


MIN_ROWS = 8
MIN_COLUMN = 100.0
"""Rows with a gap, and points of text on either side of it, that tell columns of prose from a table."""


def row_gutter(text_page: Any) -> float:
    """Where the gutter is, in the page's own points, when most rows have text on both sides of one; else 0."""
    rows: list[list[tuple[float, float]]] = []
    height = float("inf")
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    for i in range(min(pdfium.FPDFText_CountRects(text_page, 0, -1), 4000)):
        pdfium.FPDFText_GetRect(text_page, i, left, top, right, bottom)
        middle = (top.value + bottom.value) / 2
        if abs(middle - height) > (top.value - bottom.value) / 2:
            rows.append([])
        height = middle
        rows[-1].append((left.value, right.value))
    gaps = []
    for rects in rows:
        rects.sort()
        between = [(b[0] - a[1], (a[1] + b[0]) / 2) for a, b in pairwise(rects)]
        widest = max(between, default=(0.0, 0.0))
        if widest[0] > 10:
            gaps.append(widest[1])
    if len(gaps) < max(MIN_ROWS, 0.6 * len(rows)):
        return 0.0
    gutter = _median(gaps)
    near = sum(abs(gap - gutter) < 40 for gap in gaps)
    widths = [
        _median(sum(end - start for start, end in rects if (end <= gutter) == side) for rects in rows)
        for side in (True, False)
    ]
    return gutter if near >= 0.8 * len(gaps) and min(widths) > MIN_COLUMN else 0.0


def _split_lines(text_page: Any, place: _Place, lines: list[Line], gutter: float) -> list[Line]:
    """The lines that run over the gutter as two, the left columns' before the right ones'."""
    middle = place(gutter, 0.0, gutter, 0.0)[0]
    if not any(line.left < middle < line.right for line in lines):
        return lines
    halves: list[Line] = []
    buffer = (ctypes.c_ushort * 2048)()
    for line in lines:
        if not line.left < middle < line.right or place.turned:
            halves.append(line)
            continue
        top, bottom = place.up(line.top), place.up(line.bottom)
        for start, end in ((line.left, middle), (middle, line.right)):
            units = pdfium.FPDFText_GetBoundedText(
                text_page, place.across(start) - 1, top, place.across(end) + 1, bottom, buffer, 2047
            )
            text = ctypes.string_at(buffer, max(0, units) * 2).decode("utf-16-le", errors="replace").strip("\0 \r\n")
            if text:
                halves.append(Line(" ".join(text.split()), start, line.top, end, line.bottom, line.size, line.bold))
    return [h for h in halves if h.left < middle] + [h for h in halves if h.left >= middle]


def _pictures(page: Any) -> bool:
    """Whether a page without text shows something: an image, a form, or a drawing of many paths."""
    drawn = 0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), 200)):
        kind = pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING):
            return True
        drawn += kind == pdfium.FPDF_PAGEOBJ_PATH
    return drawn > 50


# --- pdfminer.six ---------------------------------------------------------------------------------------

MINER_ERRORS = Exception  # besides its own errors it raises IndexError, RecursionError, ValueError, TypeError and more


class Miner:
    """A document opened by pdfminer.six."""

    name = "pdfminer"

    def __init__(self, fd: int) -> None:
        import logging

        from pdfminer.converter import PDFPageAggregator
        from pdfminer.layout import LAParams
        from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
        from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
        from pdfminer.pdfpage import PDFPage
        from pdfminer.pdfparser import PDFParser

        logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
        try:
            document = PDFDocument(PDFParser(os.fdopen(os.dup(fd), "rb")))
            self._pages = list(PDFPage.create_pages(document))
        except (PDFPasswordIncorrect, PDFEncryptionError) as error:
            raise Refused("encrypted", "the file is locked with a password") from error
        except MINER_ERRORS as error:
            raise Refused("damaged", f"pdfminer.six fails too: {type(error).__name__} {error}"[:200]) from error
        self.pages = len(self._pages)
        manager = PDFResourceManager()
        # boxes_flow=None: the default's grouping of boxes is cubic (DESIGN: 2,000 boxes take over 150 s).
        self._device = PDFPageAggregator(manager, laparams=LAParams(boxes_flow=None, all_texts=True))
        self._interpreter = PDFPageInterpreter(manager, self._device)

    def title(self) -> str:
        """No title: only PDFium's is used."""
        return ""

    def outline(self) -> list[tuple[str, int, int]]:
        """No bookmarks: only PDFium's are used."""
        return []

    def page(self, number: int) -> RawPage:
        """As Pdfium.page; pictures are taken to be there when there is no text but something drawn."""
        from pdfminer.layout import LTContainer, LTTextLine

        try:
            self._interpreter.process_page(self._pages[number - 1])
            layout = self._device.get_result()
        except MINER_ERRORS as error:
            raise Refused("damaged", f"pdfminer.six: {type(error).__name__} {error}"[:200]) from error
        lines: list[Line] = []
        left, _, _, top = layout.bbox
        stack = list(reversed(list(layout)))
        while stack:
            item = stack.pop()
            if isinstance(item, LTTextLine):
                text = item.get_text().strip()
                if text:
                    box = (item.x0 - left, top - item.y1, item.x1 - left, top - item.y0)
                    lines.append(Line(text, *box, round(item.height, 1), False))
            elif isinstance(item, LTContainer):
                stack += reversed(list(item))
        unmapped = sum(line.text.count("(cid:") for line in lines)
        characters = sum(len(line.text) for line in lines)
        share = min(1.0, 6 * unmapped / characters) if characters else 0.0
        return layout.width, layout.height, lines, share, not lines and len(list(layout)) > 0


# --- is it text? ----------------------------------------------------------------------------------------

ODD = ("Co", "Cn", "Cc")
"""Unicode categories that no text has: private use, not assigned, control."""

MIN_LETTERS = 120
"""Letters from which the statistics below mean something."""


LETTER_SHARES = (
    *(8.5, 1.4, 3.1, 3.9, 13.5, 1.6, 1.8, 3.6, 7.3, 0.3, 0.7, 4.4, 2.7),
    *(7.2, 6.2, 2.5, 0.6, 6.6, 6.7, 6.9, 4.2, 1.4, 1.1, 0.3, 1.0, 0.5),
)
"""Percent of a to z in text of Western European languages, roughly; the test below needs no more."""

SHARES_LENGTH = math.hypot(*LETTER_SHARES)

LETTER_LIKENESS = 0.7
"""Cosine between a page's letter counts and LETTER_SHARES below which it is no language. On 3,845 pages of
manuals full of code one page is below (.66) and the next at .74; with their alphabet shifted 99% are below .73."""


def damaged_text(lines: Sequence[Line], unmapped: float) -> bool:
    """Whether the text is not what a reader sees: unmapped glyphs, or letters that no language has.

    A font without a Unicode map often comes out as a shifted alphabet, whose letters have other frequencies
    than any language's. Letters and digits make up most of any text, tables and program code included.
    """
    text = " ".join([line.text for line in lines])
    odd = letters = visible = readable = 0
    alphabet = [0] * len(LETTER_SHARES)
    for character, count in Counter(text).items():
        is_odd, is_letter, is_visible, is_readable, latin = _kind(character)
        if latin >= 0:
            alphabet[latin] += count
        if is_letter:
            letters += count
        if is_visible:
            visible += count
        if is_readable:
            readable += count
        if is_odd:
            odd += count
    if unmapped > 0.2 or odd > 0.05 * len(text) or text.count("(cid:") * 6 > 0.1 * len(text):
        return True
    latin = sum(alphabet)
    if latin >= MIN_LETTERS and latin > 0.7 * letters:
        likeness = sum(map(operator.mul, alphabet, LETTER_SHARES)) / (math.hypot(*alphabet) * SHARES_LENGTH)
        if likeness < LETTER_LIKENESS:
            return True
    return visible >= 2 * MIN_LETTERS and readable < 0.4 * visible and LEADERS.search(text) is None


class _Kind(NamedTuple):
    """What a character counts as; `latin` is its base letter's place in the alphabet, -1 for none."""

    odd: bool
    letter: bool
    visible: bool
    readable: bool
    latin: int


@cache
def _kind(character: str) -> _Kind:
    odd = character == "\ufffd" or (unicodedata.category(character) in ODD and character not in "\t\ufffe\x02")
    at = ord(unicodedata.normalize("NFD", character)[0].lower()) - ord("a")
    latin = at if character.isalpha() and 0 <= at < len(LETTER_SHARES) else -1
    return _Kind(odd, character.isalpha(), not character.isspace(), character.isalnum(), latin)


# --- lines to paragraphs --------------------------------------------------------------------------------


class Layout:
    """What is the same over the document: running lines, the body's size, the outline's headings."""

    def __init__(self, samples: dict[int, tuple[float, list[Line]]], outline: Sequence[tuple[str, int, int]]) -> None:
        sizes: Counter[float] = Counter()
        repeated: Counter[tuple[str, int, str]] = Counter()
        offsets: Counter[tuple[str, int, int]] = Counter()
        for number, (height, lines) in samples.items():
            for line in lines:
                sizes[line.size] += len(line.text)
            for line, edge, band in _edges(lines, height):
                for key in {(edge, near, _masked(line.text)) for near in (band, band + 1)}:
                    repeated[key] += 1
                for near in (band, band + 1):
                    for offset in {n - number for n in _edge_numbers(line.text)}:
                        offsets[edge, near, offset] += 1
        self.body_size = sizes.most_common(1)[0][0] if sizes else 10.0
        few = max(3, round(0.25 * len(samples)))
        many = max(3, round(0.4 * len(samples)))
        self._repeated = {key for key, count in repeated.items() if count >= few}
        self._offsets = {key for key, count in offsets.items() if count >= many}
        self._outline: dict[int, dict[str, int]] = {}
        for title, level, page in outline:
            self._outline.setdefault(page, {})[_plain(title)] = min(level, 3)

    def body(self, number: int, height: float, lines: list[Line]) -> list[Line]:
        """The lines without the running headers and footers."""
        running = {
            id(line)
            for line, edge, band in _edges(lines, height)
            if any(
                (edge, near, _masked(line.text)) in self._repeated
                or any((edge, near, n - number) in self._offsets for n in _edge_numbers(line.text))
                for near in (band, band + 1)
            )
        }
        return [line for line in lines if id(line) not in running] or lines

    def heads(self, number: int, lines: Sequence[Line]) -> set[int]:
        """The ids of the lines that a bookmark leads to."""
        titles = [title for title in self._outline.get(number, ()) if title]
        if not titles or not lines:
            return set()
        # A title's line holds it as it is here, which tells nearly all lines apart by one search a page.
        whole = "\n".join([line.text.replace("\n", " ") for line in lines])
        flat = NOT_WORD_IN_LINE.sub("", _folded(whole)).split("\n")
        near = [line for line, text in zip(lines, flat, strict=True) if any(title in text for title in titles)]
        return {id(line) for line in near if self._known(number, line.text)}

    def _known(self, number: int, text: str) -> int:
        """The level of the bookmark that leads to this text on this page, 0 for none. A heading may go on
        behind the bookmark's words, as reference manuals put a summary behind a function's name."""
        titles = self._outline.get(number)
        if not titles or len(text) > MAX_HEADING:
            return 0
        name, _, summary = text.partition(" ")
        goes_on = summary[:1].isupper() and not text.endswith((".", ",", ":", ";"))
        return titles.get(_plain(text)) or (goes_on and titles.get(_plain(name))) or 0

    def level(self, number: int, lines: Sequence[Line], text: str) -> int:
        """1 to 3 for a heading, 0 for body text."""
        if len(text) > MAX_HEADING or not any(c.isalpha() for c in text):
            return 0
        known = self._known(number, text)
        if known:
            return known
        size = _median(line.size for line in lines)
        numbered = NUMBERED_HEADING.match(text)
        if size >= 1.15 * self.body_size and not text.endswith((",", ";")):
            if numbered:
                return min(3, numbered.group(1).count(".") + 1)
            return 1 if size >= 1.6 * self.body_size else 2 if size >= 1.3 * self.body_size else 3
        if numbered and all(line.bold for line in lines) and not text.endswith("."):
            return min(3, numbered.group(1).count(".") + 1)
        return 0


def _median(values: Iterable[float]) -> float:
    """The middle value, the lower of two. The library's would double the time that this process starts in."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


BAND = 4.0
"""Points: running lines stand within this of the same height on every page."""


def _edges(lines: Sequence[Line], height: float) -> Iterator[tuple[Line, str, int]]:
    """The topmost and bottommost lines: (line, 't' or 'b', band of its height)."""
    top_edge = sorted((line for line in lines if line.bottom < 0.2 * height), key=lambda line: (line.top, line.left))
    bottom_edge = sorted((line for line in lines if line.top > 0.8 * height), key=lambda line: (line.top, line.left))
    for line in top_edge[:RUNNING_LINES]:
        yield line, "t", int(line.bottom // BAND)
    for line in bottom_edge[-RUNNING_LINES:]:
        yield line, "b", int(line.bottom // BAND)


def _masked(text: str) -> str:
    return MASKED.sub("#", text.casefold()).strip()


def _edge_numbers(text: str) -> list[int]:
    return [int(first or last) for first, last in EDGE_NUMBER.findall(text)]


def _plain(text: str) -> str:
    """A heading without its number, spacing and punctuation, for comparison."""
    return NOT_WORD.sub("", HEADING_NUMBER.sub("", _folded(text)))


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()


def paragraphs(layout: Layout, number: int, height: float, lines: list[Line]) -> list[dict[str, Any]]:
    """The page's paragraphs in reading order, as the frames carry them."""
    made = []
    body = _in_columns(layout.body(number, height, lines))
    for group in _groups(body, layout.heads(number, body)):
        text = _joined([line.text for line in group])
        if text:
            made.append({"text": text, "boxes": _boxes(group), "level": layout.level(number, group, text)})
    return made


def _in_columns(lines: list[Line]) -> list[Line]:
    """The lines in reading order: as the file gives them, unless that jumps between two columns.

    A gutter is a height-long gap with lines on both sides and few across; lines across it end a band.
    """
    jumps = sum(b.top < a.top - 2 and b.left > a.right for a, b in pairwise(lines))
    if jumps < 4:
        return lines
    left_edge, right_edge = min(line.left for line in lines), max(line.right for line in lines)
    candidates = sorted(
        {line.left - 1 for line in lines if 0.3 < (line.left - left_edge) / (right_edge - left_edge + 1) < 0.7}
    )
    best: tuple[int, float] | None = None
    for gutter in candidates:
        across = sum(line.left < gutter < line.right for line in lines)
        left = sum(line.right <= gutter for line in lines)
        if across <= 0.2 * len(lines) and min(left, len(lines) - across - left) >= 0.25 * len(lines):
            best = min(best or (across, gutter), (across, gutter))
    if best is None:
        return lines
    gutter = best[1]
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        if line.left < gutter < line.right:
            ordered += sorted(band, key=lambda b: (b.left >= gutter, b.top))
            band = []
            ordered.append(line)
        else:
            band.append(line)
    return ordered + sorted(band, key=lambda b: (b.left >= gutter, b.top))


def _groups(lines: Sequence[Line], heads: set[int]) -> Iterator[list[Line]]:
    """Runs of lines that are one paragraph; `heads` are the ids of lines that are a heading of their own."""
    if not lines:
        return
    pitches = [b.bottom - a.bottom for a, b in pairwise(lines) if 2 < b.bottom - a.bottom < 40]
    pitch = _median(pitches) if pitches else 14.0
    right = max(line.right for line in lines)
    group = [lines[0]]
    for before, line in pairwise(lines):
        if id(line) in heads or id(before) in heads or _new_paragraph(before, line, group, pitch, right):
            yield group
            group = []
        group.append(line)
    yield group


def _new_paragraph(before: Line, line: Line, group: Sequence[Line], pitch: float, right: float) -> bool:
    if abs(line.size - before.size) > 0.12 * max(line.size, before.size) and len(line.text) > 3 < len(before.text):
        return True
    step = line.bottom - before.bottom
    if step < -2:  # the next column, or the next page's top: a sentence may go on there
        return before.text.endswith(SENTENCE_END) or not line.text[:1].islower()
    if step > max(1.35 * pitch, 1.05 * pitch + 2):
        return True
    if step < 2:  # the same row
        return False
    short = before.right < right - 0.1 * (right - before.left)
    if short and step > 1.6 * line.size and before.text.endswith(SENTENCE_END):
        return True
    if BULLET.match(line.text):
        return True
    if line.bold != before.bold and before.text.endswith(SENTENCE_END):
        return True
    indent = line.left - before.left
    first_line_indent = len(group) > 1 and 8 < indent < 60 and before.text.endswith(SENTENCE_END)
    hanging = indent < -8 and len(group) > 1 and before.text.endswith(SENTENCE_END)
    return first_line_indent or hanging


def _joined(texts: Sequence[str]) -> str:
    """Lines to one text: a word that was hyphenated at a line's end is whole again."""
    out = texts[0] if len(texts) == 1 else ""
    for text in texts if len(texts) > 1 else ():
        if out.endswith(("\ufffe", "\u00ad", "\x02")):
            out = out[:-1] + (text if text[:1].islower() else "-" + text)
        elif len(out) > 1 and out[-1] in "-‐" and out[-2].isalpha() and text[:1].islower():
            out = out[:-1] + text
        else:
            out = f"{out} {text}" if out else text
    if "\x02" in out or "\ufffe" in out:
        # PDFium joins a line that ends with a hyphen to the next, with a mark for the hyphen between them.
        out = re.sub("[\ufffe\x02]\\s*(?=[^\\W\\d_])", lambda m: "" if out[m.end()].islower() else "-", out)
        out = re.sub("[\ufffe\x02]", "-", out)
    if not out.isascii() or not out.isprintable():
        out = unicodedata.normalize("NFC", CONTROL.sub(" ", out.translate(LIGATURES)))
    if ". ." in out or "...." in out:
        out = LEADERS.sub(" … ", out)
    return " ".join(out.split())


def _boxes(group: Sequence[Line]) -> list[list[float]]:
    """One box a column part: lines that go up again begin another."""
    parts = [[group[0]]]
    for before, line in pairwise(group):
        if line.bottom < before.bottom - 2:
            parts.append([])
        parts[-1].append(line)
    boxes = []
    for part in parts:
        _, left, top, right, bottom, _, _ = zip(*part, strict=True)
        boxes.append([round(min(left), 1), round(min(top), 1), round(max(right), 1), round(max(bottom), 1)])
    return boxes


# --- the run --------------------------------------------------------------------------------------------


class Reading:
    """One document's reading, from a page on."""

    def __init__(self, fd: int, reader: str, max_pages: int) -> None:
        self._fd = fd
        self._auto = reader == "auto"
        self._second: Miner | None = None
        self.main: Pdfium | Miner = self._open(reader)
        if self.main.pages > max_pages:
            raise Refused("too large", f"it has {self.main.pages:,} pages; the limit is {max_pages:,}")
        if self.main.pages < 1:
            raise Refused("damaged", "it has no pages")
        self.outline = self.main.outline()
        self._kept: dict[int, RawPage] = {}

    def _open(self, reader: str) -> Pdfium | Miner:
        if reader == "pdfminer":
            return Miner(self._fd)
        try:
            return Pdfium(self._fd)
        except Refused as refused:
            if not self._auto or refused.state != "damaged":
                raise
            return Miner(self._fd)

    def learn(self, skip: set[int], out: BinaryIO) -> Layout:
        """Read the sample pages, saying which one before each. Those that broke an earlier child are skipped."""
        count = min(SAMPLE_PAGES, self.main.pages)
        numbers = sorted({1 + round(i * (self.main.pages - 1) / max(count - 1, 1)) for i in range(count)} - skip)
        samples: dict[int, tuple[float, list[Line]]] = {}
        if isinstance(self.main, Pdfium):
            self.main.learning = True
        for number in numbers:
            send(out, {"learning": number})
            try:
                self._kept[number] = self.main.page(number)
            except Refused:
                continue
            samples[number] = (self._kept[number][1], self._kept[number][2])
        if isinstance(self.main, Pdfium):
            self.main.learning = False
            self.main.split_rows = self.main.rows_with_gutter >= max(1, len(samples) / 3)
            if self.main.split_rows:
                self._kept.clear()
        return Layout(samples, self.outline)

    def page(self, layout: Layout, number: int) -> dict[str, Any]:
        """The page's frame."""
        try:
            width, height, lines, unmapped, pictures = (
                self._kept.pop(number) if number in self._kept else self.main.page(number)
            )
        except Refused as refused:
            return {
                "number": number,
                "width": 0,
                "height": 0,
                "paragraphs": [],
                "reader": "none",
                "state": "damaged",
                "note": str(refused),
            }
        reader = self.main.name
        state = "text" if lines else "image" if pictures else "blank"
        if lines and damaged_text(lines, unmapped):
            second = self._again(number)
            if second is None:
                lines, state = [], "garbled"
            else:
                width, height, lines, reader = second
        return {
            "number": number,
            "width": round(width, 1),
            "height": round(height, 1),
            "paragraphs": paragraphs(layout, number, height, lines),
            "reader": reader if state == "text" else "none",
            "state": state,
        }

    def _again(self, number: int) -> tuple[float, float, list[Line], str] | None:
        """The page by the second reader, where that gives text and counts the same pages."""
        if not self._auto or isinstance(self.main, Miner):
            return None
        try:
            self._second = self._second or Miner(self._fd)
            if self._second.pages != self.main.pages:
                return None
            width, height, lines, unmapped, _ = self._second.page(number)
        except Refused:
            return None
        if not lines or damaged_text(lines, unmapped):
            return None
        return width, height, lines, Miner.name


def send(out: BinaryIO, frame: dict[str, Any]) -> None:
    """Write a frame. Lone surrogates, which JSON could not carry as UTF-8, become replacement characters."""
    data = json.dumps(frame, ensure_ascii=False).encode("utf-8", errors="replace")
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def guard(memory: int, seconds: int) -> None:
    """Limits that hold whatever the file does: address space, processor time, no files, no core dump."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError) as error:
            print(f"limit {limit} could not be set: {error}", file=sys.stderr)

    def end_with_parent() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()


def main() -> None:
    """Take the order from the command line (one JSON object) and answer in frames."""
    order = json.loads(sys.argv[1])
    gc.set_threshold(100_000)  # a page makes thousands of small objects and next to no cycles
    guard(order["memory"], order["seconds"])
    out = sys.stdout.buffer
    try:
        reading = Reading(order["fd"], order["reader"], order["pages"])
        if "render" in order:
            if not isinstance(reading.main, Pdfium):
                raise Refused("damaged", "PDFium, which draws the pages, can't open the file")
            png = reading.main.render(order["render"], order["width_px"], order["boxes"])
            out.write(len(png).to_bytes(4, "big") + png)
            out.flush()
            return
        parts = order["parts"] if reading.main.pages - order["first"] >= order["pages_to_part"] else 1
        send(
            out,
            {
                "info": {
                    "pages": reading.main.pages,
                    "parts": parts,
                    "title": " ".join(CONTROL.sub(" ", reading.main.title()).split()),
                    "outline": [
                        [" ".join(CONTROL.sub(" ", t).split()), level, page] for t, level, page in reading.outline
                    ],
                }
            },
        )
        skip, part, block = set(order["skip"]), order["part"], order["block"]
        layout = reading.learn(skip, out)
        for number in range(order["first"], reading.main.pages + 1):
            if number not in skip and number // block % parts == part:
                send(out, {"page": reading.page(layout, number)})
        send(out, {"end": True})
    except Refused as refused:
        send(out, {"error": {"state": refused.state, "reason": str(refused)}})
    except MemoryError:
        send(out, {"error": {"state": "too large", "reason": "reading it needs more memory than is allowed"}})
    except BrokenPipeError:
        os._exit(0)


def run() -> None:
    """What the process runs: `main`, and an end at once, since waiting threads and clean-up have nothing to add."""
    main()
    os._exit(0)
