"""The first reader: PDFium's characters as words, its drawn lines as rules, and the document around them."""

from __future__ import annotations

import ctypes
import importlib.util
import io
import math
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pypdfium2_raw.bindings as pdfium  # the binding alone: half of the start's time is the rest of the package

from runtime.reading.drawing import OBJECTS, WHITE, Box, Colour, Drawing, Place, alike, has, pictures
from runtime.reading.sandbox import FONTS
from runtime.reading.words import RawPage, Refused, Style, Word

OUTLINE_ITEMS = 20_000
OUTLINE_DEPTH = 8
"""Bookmarks beyond these are left out; a file can make them refer to each other in a circle."""

BOLD = re.compile(r"bold|black|heavy|cmbx|cmssbx|[a-z]bx?\d*$", re.IGNORECASE)
FIXED = re.compile(r"mono|courier|consol|cmtt|typewriter|fixed|code", re.IGNORECASE)

OUTLINED = (
    pdfium.FPDF_TEXTRENDERMODE_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_STROKE_CLIP,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP,
)
"""Ways to draw letters with their outlines."""

DESCENT = 0.21
"""Of the size: how far a line's box reaches below its baseline, in most fonts."""

HYPHEN = "\x02\ufffe"
"""What PDFium puts in the place of a hyphen at a line's end."""

CJK_FONT = "noto_cjk_sans_jp_regular"
"""The package of a font with the signs of Chinese, Japanese and Korean, which many files in these languages leave to
the viewer. Where neither it nor another such font is installed, PDFium draws none of them, and gives no text object
of one sign."""

PART = 2000
"""Text objects that PDFium is given at once, where a page has very many objects: those of one line it puts in order by
comparing each with all behind it, which takes 0.01 s for so many and a minute for 100,000."""

GAP = 1.0
"""Of the height of a text object: what is as far from it is not of its word."""


@cache
def _begin() -> Any:
    """Have PDFium begin, and look for fonts in the folders given back; it reads their names later, so they are kept."""
    package = importlib.util.find_spec(CJK_FONT)
    folders = [*FONTS, *((package and package.submodule_search_locations) or ())]
    names = (ctypes.c_char_p * (len(folders) + 1))(*map(os.fsencode, folders), None)
    paths = ctypes.cast(names, ctypes.POINTER(ctypes.POINTER(ctypes.c_char)))
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=paths))
    return names


class Pdfium:
    """A document opened by PDFium."""

    name = "pdfium"

    def __init__(self, fd: int) -> None:
        _begin()
        self._file = os.fdopen(os.dup(fd), "rb")
        self.document = pdfium.FPDF_LoadDocument(f"/dev/fd/{fd}".encode(), None)
        if not self.document:
            code = pdfium.FPDF_GetLastError()
            if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise Refused("encrypted", "the file is locked with a password")
            raise Refused("damaged", "PDFium finds no PDF structure in the file")
        self.pages = pdfium.FPDF_GetPageCount(self.document)

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
            place = Place(page)
            drawing = Drawing(page, place)
            text_pages = _text_pages(page, drawing)
            try:
                words, unmapped = words_of(text_pages, drawing, place)
            finally:
                for text_page in text_pages:
                    pdfium.FPDFText_ClosePage(text_page)
            if any(not word.style.hidden for word in words):
                return RawPage(place.width, place.height, words, drawing.rules, unmapped, False)
            unread = not words and bool(text_pages) and has(page, pdfium.FPDF_PAGEOBJ_TEXT)
            return RawPage(place.width, place.height, words, drawing.rules, 0.0, pictures(page), unread)
        finally:
            pdfium.FPDF_ClosePage(page)

    def label(self, number: int) -> str:
        """The page's own number, such as iv or A-3; '' where it has none."""
        size = pdfium.FPDF_GetPageLabel(self.document, number - 1, None, 0)
        if not 2 < size < 256:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetPageLabel(self.document, number - 1, buffer, size)
        return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")

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


def _text_pages(page: Any, drawing: Drawing) -> list[Any]:
    """PDFium's text of a page; in parts where it has very many text objects."""
    texts = []
    if len(drawing.order) >= OBJECTS:
        count = pdfium.FPDFPage_CountObjects(page)
        texts = list(_texts(pdfium.FPDFPage_GetObject(page, i) for i in range(count)))
    if len(texts) <= PART:
        return [text_page] if (text_page := pdfium.FPDFText_LoadPage(page)) else []
    made = []
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, False)
    for part in _parts_of(texts):
        for text in part:
            pdfium.FPDFPageObj_SetIsActive(text, True)
        made.append(pdfium.FPDFText_LoadPage(page))
        for text in part:
            pdfium.FPDFPageObj_SetIsActive(text, False)
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, True)
    return [text_page for text_page in made if text_page]


def _texts(objects: Iterator[Any]) -> Iterator[Any]:
    """The text objects among some, and in forms among them."""
    for one in objects:
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            yield one
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            yield from _texts(pdfium.FPDFFormObj_GetObject(one, i) for i in range(pdfium.FPDFFormObj_CountObjects(one)))


def _parts_of(texts: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Text objects in parts that end where a word does."""
    start = 0
    while start < len(texts):
        end = min(start + PART, len(texts))
        while end < min(start + 2 * PART, len(texts)) and _are_near(texts[end - 1], texts[end]):
            end += 1
        yield texts[start:end]
        start = end


def _are_near(first: Any, second: Any) -> bool:
    """Whether two objects may be of one word."""
    boxes = []
    for one in (first, second):
        sides = [ctypes.c_float() for _ in range(4)]
        pdfium.FPDFPageObj_GetBounds(one, *sides)
        boxes.append([side.value for side in sides])
    (left, bottom, right, top), (other_left, other_bottom, other_right, other_top) = boxes
    apart = max(other_left - right, left - other_right, other_bottom - top, bottom - other_top)
    return apart < GAP * (top - bottom)


class _Object(NamedTuple):
    """A text object: its place in the order of drawing, its style, whether it is drawn, its colour, whether it can be
    seen on a page without drawings, the box outside which it is cut off, whether its layer can be switched off, and by
    how much the baseline is above the bottom of a character's loose box."""

    order: int
    style: Style
    drawn: bool
    colour: Colour
    plain: bool
    clip: Box | None
    optional: bool
    descent: float
    turn: int  # quarters, clockwise, of the text in the page's own coordinates; -1 for what is oblique


def words_of(text_pages: Sequence[Any], drawing: Drawing, place: Place) -> tuple[list[Word], float]:
    """The words in the file's order, and the share of text objects with a character that has no Unicode."""
    words: list[Word] = []
    objects: dict[int, _Object] = {}
    unmapped = sum(_add_words(text_page, drawing, place, words, objects) for text_page in text_pages)
    return words, unmapped / len(objects) if objects else 0.0


def _add_words(text_page: Any, drawing: Drawing, place: Place, words: list[Word], objects: dict[int, _Object]) -> int:
    """Add the words of a text page, and their text objects by address; how many of those have a character that has no
    Unicode."""
    count = pdfium.FPDFText_CountChars(text_page)
    if count <= 0:
        return 0
    units = _units(text_page, count)
    box = pdfium.FS_RECTF()
    box_ref = ctypes.byref(box)
    loose, object_of = pdfium.FPDFText_GetLooseCharBox, _object_of
    unmapped = 0
    end_of_last = -1
    for first, last in _runs(units):
        if not loose(text_page, first, box_ref):
            continue
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        address = object_of(text_page, first) or 0
        known = objects.get(address)
        if known is None:
            known = objects[address] = _object(text_page, first, address, bottom, drawing, place)
            unmapped += pdfium.FPDFText_HasUnicodeMapError(text_page, first) == 1
        parts = [(first, left, bottom, right, top)]
        if last > first:
            loose(text_page, last, box_ref)
            if units[first : last + 1].isalpha() and abs(box.top - top) < 0.5 and abs(box.bottom - bottom) < 0.5:
                parts = [(first, min(left, box.left), bottom, max(right, box.right), top)]
            else:
                parts = _parts(text_page, first, last, loose, known.turn)
        starts = [part[0] for part in parts] + [last + 1]
        for number, (start, *sides) in enumerate(parts):
            text = units[start : starts[number + 1]]
            if number:
                address = object_of(text_page, start) or 0
                known = objects.get(address)
                if known is None:
                    known = objects[address] = _object(text_page, start, address, sides[1], drawing, place)
            x1, y1, x2, y2 = place(*sides)
            if x1 > x2:
                x1, x2 = x2, x1
            if y1 > y2:
                y1, y2 = y2, y1
            base = y2 - known.descent
            style = known.style
            if not (known.plain and drawing.clear and x1 >= 0 and y1 >= 0 and x2 <= place.width and y2 <= place.height):
                why = drawing.hides(
                    known.order, known.drawn, known.colour, known.clip, known.optional, (x1, y1, x2, y2)
                )
                if why:
                    style = style._replace(hidden=why)
            if not text.isascii():
                text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            words.append(Word(text, x1, y1, x2, y2, base, style, not units[end_of_last + 1 : start].strip("\r\n")))
            end_of_last = starts[number + 1] - 1
    return unmapped


_object_of = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
"""As the binding's, which makes an object of each address."""


def _units(text_page: Any, count: int) -> str:
    """One UTF-16 unit a character, as many as PDFium counts."""
    buffer = (ctypes.c_ushort * (count * 2 + 1))()
    made = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = ctypes.string_at(buffer, max(0, made - 1) * 2)
    if made - 1 == count and pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, count - 1) == count - 1:
        return text.decode("utf-16-le", errors="surrogatepass") if not _astral(text) else _each(text_page, count)
    return _each(text_page, count)


def _astral(text: bytes) -> bool:
    return any(0xD8 <= high <= 0xDF for high in text[1::2])


def _each(text_page: Any, count: int) -> str:
    one = pdfium.FPDFText_GetUnicode
    return "".join([chr(one(text_page, i)) for i in range(count)])


RUN = re.compile(f"[^\\s\\x00{HYPHEN}]+[{HYPHEN}]?|[{HYPHEN}]")


def _runs(units: str) -> Iterator[tuple[int, int]]:
    for run in RUN.finditer(units):
        yield run.start(), run.end() - 1


def _parts(
    text_page: Any, first: int, last: int, loose: Any, turn: int
) -> list[tuple[int, float, float, float, float]]:
    """Stretches of a run of characters whose boxes are of one height at one height: (start, left, bottom, right, top).
    A raised or lowered character begins another, and so does one far from the one before it."""
    box = pdfium.FS_RECTF()
    box_ref = ctypes.byref(box)
    parts: list[tuple[int, float, float, float, float]] = []
    for i in range(first, last + 1):
        if not loose(text_page, i, box_ref):
            continue
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if parts:
            start, l0, b0, r0, t0 = parts[-1]
            if turn == 0 or turn == 2:
                one = abs(top - t0) < 0.5 and abs(bottom - b0) < 0.5 and left - r0 < 0.6 * (t0 - b0)
            elif turn > 0:
                one = abs(left - l0) < 0.5 and abs(right - r0) < 0.5 and bottom - t0 < 0.6 * (r0 - l0)
            else:
                one = True
            if one:
                parts[-1] = (start, min(l0, left), min(b0, bottom), max(r0, right), max(t0, top))
                continue
        parts.append((i, left, bottom, right, top))
    return parts


def _object(text_page: Any, index: int, address: int, bottom: float, drawing: Drawing, place: Place) -> _Object:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text_page, index, name, 128, flags)
    bold, fixed = _look(name.value, flags.value)
    size, matrix = pdfium.FPDFText_GetFontSize(text_page, index), pdfium.FS_MATRIX()
    if pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        size *= math.hypot(matrix.c, matrix.d)
    angle = round(math.degrees(pdfium.FPDFText_GetCharAngle(text_page, index)))
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
    handle = ctypes.cast(address, pdfium.FPDF_PAGEOBJECT)
    mode = pdfium.FPDFTextObj_GetTextRenderMode(handle) if address else 0
    drawn = mode not in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP) and alpha.value > 8
    clip = drawing.clip(handle) if address else None
    optional = bool(address) and drawing.is_optional(handle)
    if mode in OUTLINED:  # what is seen, whatever is within the letters
        pdfium.FPDFText_GetStrokeColor(text_page, index, red, green, blue, alpha)
    colour = red.value, green.value, blue.value
    style = Style(round(size, 1), bold, fixed, (angle + 90 * place.turn) % 360, "")
    return _Object(
        drawing.order_of(address),
        style,
        drawn,
        colour,
        drawn and clip is None and not optional and not alike(colour, WHITE),
        clip,
        optional,
        y.value - bottom if angle == 0 and not place.turn else DESCENT * size,
        angle // 90 % 4 if angle % 90 == 0 else -1,
    )


@cache
def _look(font: bytes, flags: int) -> tuple[bool, bool]:
    """Whether a font is bold, and whether all its letters have one width."""
    name = font.decode("latin-1")
    return bool(BOLD.search(name) or flags & 1 << 18), bool(FIXED.search(name) or flags & 1)
