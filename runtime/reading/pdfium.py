"""The first reader: PDFium's characters as words, its drawn lines as rules, and the document around them."""

from __future__ import annotations

import ctypes
import io
import math
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pypdfium2_raw.bindings as pdfium  # the binding alone: half of the start's time is the rest of the package

from runtime.reading.words import RawPage, Refused, Rule, Style, Word

OUTLINE_ITEMS = 20_000
OUTLINE_DEPTH = 8
"""Bookmarks beyond these are left out; a file can make them refer to each other in a circle."""

FORM_DEPTH = 8
OBJECTS = 20_000
SEGMENTS = 20_000
"""Of a page's drawings as much is looked at: nested forms, objects, and segments of paths."""

BOLD = re.compile(r"bold|black|heavy|cmbx|cmssbx|[a-z]bx?\d*$", re.IGNORECASE)
FIXED = re.compile(r"mono|courier|consol|cmtt|typewriter|fixed|code", re.IGNORECASE)

THIN = 2.5
"""Points: what is drawn no thicker is a line."""

ALIKE = 24
"""Of 255: colours that differ by less in each part can't be told apart."""

DESCENT = 0.21
"""Of the size: how far a line's box reaches below its baseline, in most fonts."""

HYPHEN = "\x02\ufffe"
"""What PDFium puts in the place of a hyphen at a line's end."""


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
            text_page = pdfium.FPDFText_LoadPage(page)
            if not text_page:
                return RawPage(place.width, place.height, [], [], 0.0, _pictures(page))
            try:
                words, rules, unmapped = words_of(text_page, page, place)
            finally:
                pdfium.FPDFText_ClosePage(text_page)
            if words:
                return RawPage(place.width, place.height, words, rules, unmapped, False)
            return RawPage(
                place.width, place.height, [], rules, 0.0, _pictures(page), _has(page, pdfium.FPDF_PAGEOBJ_TEXT)
            )
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


class Place:
    """Turns a page's own coordinates into points from the top left corner as a viewer shows it."""

    def __init__(self, page: Any) -> None:
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, box)
        self._left, self._top = float(box.left), float(box.top)
        self._right, self._bottom = float(box.right), float(box.bottom)
        self.turn = pdfium.FPDFPage_GetRotation(page)
        self.width = float(pdfium.FPDF_GetPageWidthF(page))
        self.height = float(pdfium.FPDF_GetPageHeightF(page))

    def __call__(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """x and y of two opposite corners of a rectangle."""
        if self.turn == 0:
            return left - self._left, self._top - top, right - self._left, self._top - bottom
        if self.turn == 1:
            return top - self._bottom, left - self._left, bottom - self._bottom, right - self._left
        if self.turn == 2:
            return self._right - left, top - self._bottom, self._right - right, bottom - self._bottom
        return self._top - top, self._right - left, self._top - bottom, self._right - right


class Shape(NamedTuple):
    """Something opaque: where it stands in the order of drawing, its box as shown, and its colour, None for an image."""

    order: int
    left: float
    top: float
    right: float
    bottom: float
    colour: tuple[int, int, int] | None


class _Object(NamedTuple):
    """A text object: where it stands in the order of drawing, its style, whether it is drawn, its colour, and by how
    much the baseline is above the bottom of a character's loose box."""

    order: int
    style: Style
    drawn: bool
    colour: tuple[int, int, int]
    descent: float
    turn: int  # quarters, clockwise, of the text in the page's own coordinates; -1 for what is oblique


def words_of(text_page: Any, page: Any, place: Place) -> tuple[list[Word], list[Rule], float]:
    """The words in the file's order, the rules, and the share of words with a character that has no Unicode."""
    count = pdfium.FPDFText_CountChars(text_page)
    drawing = Drawing(page, place)
    if count <= 0:
        return [], drawing.rules, 0.0
    units = _units(text_page, count)
    box = pdfium.FS_RECTF()
    box_ref = ctypes.byref(box)
    loose, object_of = pdfium.FPDFText_GetLooseCharBox, _object_of
    objects: dict[int, _Object] = {}
    words: list[Word] = []
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
            why = drawing.hides(known, (x1, y1, x2, y2))
            if why:
                style = style._replace(hidden=why)
            if not text.isascii():
                text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            words.append(Word(text, x1, y1, x2, y2, base, style, start == end_of_last + 1))
            end_of_last = starts[number + 1] - 1
    return words, drawing.rules, unmapped / len(objects) if objects else 0.0


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
    style = Style(round(size, 1), bold, fixed, (angle + 90 * place.turn) % 360, "")
    return _Object(
        drawing.order.get(address, 0),
        style,
        drawn,
        (red.value, green.value, blue.value),
        y.value - bottom if angle == 0 and not place.turn else DESCENT * size,
        angle // 90 % 4 if angle % 90 == 0 else -1,
    )


@cache
def _look(font: bytes, flags: int) -> tuple[bool, bool]:
    """Whether a font is bold, and whether all its letters have one width."""
    name = font.decode("latin-1")
    return bool(BOLD.search(name) or flags & 1 << 18), bool(FIXED.search(name) or flags & 1)


class Drawing:
    """What is drawn on a page besides text, and in which order."""

    def __init__(self, page: Any, place: Place) -> None:
        self.order: dict[int, int] = {}
        self.rules: list[Rule] = []
        self._shapes: list[Shape] = []
        self._images: list[Shape] = []
        self._place = place
        self._left_objects, self._left_segments = OBJECTS, SEGMENTS
        count = pdfium.FPDFPage_CountObjects(page)
        self._look((pdfium.FPDFPage_GetObject(page, i) for i in range(count)), (1, 0, 0, 1, 0, 0), 0)

    def _look(self, objects: Iterator[Any], matrix: tuple[float, ...], depth: int) -> None:
        kind_of = pdfium.FPDFPageObj_GetType
        for one in objects:
            self._left_objects -= 1
            if self._left_objects < 0:
                return
            order = len(self.order)
            self.order[ctypes.cast(one, ctypes.c_void_p).value or -order] = order
            kind = kind_of(one)
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                self._path(one, matrix, order)
            elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
                if (shown := self._bounds(one, matrix)) and kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                    self._images.append(Shape(order, *shown, None))
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
                inner = (pdfium.FPDFFormObj_GetObject(one, i) for i in range(pdfium.FPDFFormObj_CountObjects(one)))
                self._look(inner, _times(_matrix(one), matrix), depth + 1)

    def _bounds(self, one: Any, matrix: tuple[float, ...]) -> tuple[float, float, float, float] | None:
        sides = [ctypes.c_float() for _ in range(4)]
        if not pdfium.FPDFPageObj_GetBounds(one, *sides):
            return None
        left, bottom, right, top = (side.value for side in sides)
        if matrix != (1, 0, 0, 1, 0, 0):
            corners = [_at(matrix, x, y) for x in (left, right) for y in (bottom, top)]
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            bottom, top = min(y for _, y in corners), max(y for _, y in corners)
        x1, y1, x2, y2 = self._place(left, bottom, right, top)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def _path(self, one: Any, matrix: tuple[float, ...], order: int) -> None:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDFPath_GetDrawMode(one, fill, stroke)
        if not (fill.value or stroke.value):
            return
        count = pdfium.FPDFPath_CountSegments(one)
        shown = self._bounds(one, matrix)
        if shown is None:
            return
        left, top, right, bottom = shown
        if min(right - left, bottom - top) <= THIN:
            if max(right - left, bottom - top) > 2 * THIN:
                self.rules.append(Rule(*shown))
            return
        if count <= 6 and self._is_box(one, count):
            colour = _colour(one) if fill.value else None
            if colour:
                self._shapes.append(Shape(order, *shown, colour))
            if stroke.value or (colour and min(colour) < 255 - ALIKE):
                self.rules += _edges(shown)
        elif stroke.value:
            self._strokes(one, count, _times(_matrix(one), matrix))

    def _is_box(self, one: Any, count: int) -> bool:
        return all(
            pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(one, i)) != pdfium.FPDF_SEGMENT_BEZIERTO
            for i in range(count)
        )

    def _strokes(self, one: Any, count: int, matrix: tuple[float, ...]) -> None:
        """The level and upright lines of a path of many."""
        x, y = ctypes.c_float(), ctypes.c_float()
        before: tuple[float, float] | None = None
        for i in range(count):
            self._left_segments -= 1
            if self._left_segments < 0:
                return
            segment = pdfium.FPDFPath_GetPathSegment(one, i)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            px, py = _at(matrix, x.value, y.value)
            x1, y1, _, _ = self._place(px, py, px, py)
            if before and pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
                sides = (min(before[0], x1), min(before[1], y1), max(before[0], x1), max(before[1], y1))
                if (
                    min(sides[2] - sides[0], sides[3] - sides[1])
                    <= THIN
                    < max(sides[2] - sides[0], sides[3] - sides[1])
                ):
                    self.rules.append(Rule(*sides))
            before = (x1, y1)

    def hides(self, what: _Object, box: tuple[float, float, float, float]) -> str:
        """Why a reader of the page does not see a word: 'outside' the page, 'invisible', 'covered', or of the colour of
        what it stands on ('background'); '' where it is seen. Unseen words over an image are what a scan says."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not (0 <= x <= self._place.width and 0 <= y <= self._place.height):
            return "outside"
        if not what.drawn:
            return "" if any(_inside(image, x, y) for image in self._images) else "invisible"
        behind: tuple[int, int, int] | None = (255, 255, 255)
        for shape in sorted(self._shapes + self._images) if self._shapes or self._images else ():
            if _inside(shape, x, y):
                if shape.order > what.order:
                    return "covered"
                behind = shape.colour
        if behind and all(abs(a - b) < ALIKE for a, b in zip(behind, what.colour, strict=True)):
            return "background"
        return ""


def _inside(shape: Shape, x: float, y: float) -> bool:
    return shape.left <= x <= shape.right and shape.top <= y <= shape.bottom


def _edges(box: tuple[float, float, float, float]) -> list[Rule]:
    left, top, right, bottom = box
    return [
        Rule(left, top, right, top),
        Rule(left, bottom, right, bottom),
        Rule(left, top, left, bottom),
        Rule(right, top, right, bottom),
    ]


def _colour(one: Any) -> tuple[int, int, int] | None:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(one, red, green, blue, alpha) or alpha.value < 250:
        return None
    return red.value, green.value, blue.value


def _matrix(one: Any) -> tuple[float, ...]:
    got = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(one, got)
    return got.a, got.b, got.c, got.d, got.e, got.f


def _times(first: tuple[float, ...], then: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _at(matrix: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _has(page: Any, kind: int) -> bool:
    count = min(pdfium.FPDFPage_CountObjects(page), OBJECTS)
    return any(pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i)) == kind for i in range(count))


def _pictures(page: Any) -> bool:
    """Whether a page without text shows something: an image, a form, or a drawing of many paths."""
    drawn = 0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), 200)):
        kind = pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING):
            return True
        drawn += kind == pdfium.FPDF_PAGEOBJ_PATH
    return drawn > 50
