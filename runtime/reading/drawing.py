"""What is drawn on a page other than text, by PDFium: rules, and what hides words from view."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import pypdfium2_raw.bindings as pdfium

from runtime.reading.words import Box, Rule

FORM_DEPTH = 40
LAYERS = 8
OBJECTS = 20_000
SEGMENTS = 20_000
OPAQUE = 200
"""Limits on what is examined of a page's drawings: nested forms, as deep as PDFium reads them; an object's marks and
clipping paths; objects; path segments; and boxes and images that may hide words."""

THIN = 2.5
"""Points: anything drawn no thicker is a line."""

CLIP_SEGMENTS = 100_000
"""Segments of clipping paths on a page; beyond them the rendered page shows what is visible."""

NOWHERE = (0.0, 0.0, -1.0, -1.0)
"""An empty box."""

CELLS = 512
"""The grid, in both directions, on which the positions of images are recorded: on A4 a cell is 1.2 by 1.6 points."""

PIXELS, MAX_PIXELS = 1.0, 2000
"""Pixels per point, and maximum pixels per side, of the rendered page by which doubtful words are judged."""

PICTURE_SECONDS = 5.0
"""Processor time for rendering it; ordinary pages take 0.02 s. If it takes too long, doubtful words count as
visible."""

ROWS, COLUMNS = 64, 256
"""About how many rows and columns of a word's pixels are sampled, evenly spread: in letters that fill more rows,
strokes are thicker than the gaps between samples."""

CONTRAST = 24
"""Of 255: less is invisible."""

THICK = 6.0
"""Points: a line this thick may be a background for words."""

ALIKE = 24
"""Of 255: colours that differ by less in each channel can't be told apart."""

SOLID = 250
"""Of 255: anything drawn with more opacity hides what is below it."""

MAX_EXAMINED, DRAWN = 200, 50
"""Maximum objects examined of a page without text, and the number of paths above which it counts as a picture."""

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)


def alike(first: Colour, second: Colour) -> bool:
    """Whether two colours can't be told apart."""
    return all(abs(a - b) < ALIKE for a, b in zip(first, second, strict=True))


class Place:
    """Converts a page's own coordinates to points from the top left corner of the page as displayed."""

    def __init__(self, page: Any) -> None:
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, box)
        self._left, self._top = float(box.left), float(box.top)
        self._right, self._bottom = float(box.right), float(box.bottom)
        self.turn = pdfium.FPDFPage_GetRotation(page)
        self.width = float(pdfium.FPDF_GetPageWidthF(page))
        self.height = float(pdfium.FPDF_GetPageHeightF(page))

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in the page's own coordinates."""
        return self._left, self._top, self._right, self._bottom

    def __call__(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """x and y of the upper left and the lower right corner of a rectangle."""
        if self.turn == 0:
            return left - self._left, self._top - top, right - self._left, self._top - bottom
        if self.turn == 1:
            return bottom - self._bottom, left - self._left, top - self._bottom, right - self._left
        if self.turn == 2:
            return self._right - right, bottom - self._bottom, self._right - left, top - self._bottom
        return self._top - top, self._right - right, self._top - bottom, self._right - left


class Shape(NamedTuple):
    """Something drawn: its position in the drawing order, its box as displayed, its colour, None if that is not uniform
    over the box, and whether it hides everything in the box below it."""

    order: int
    left: float
    top: float
    right: float
    bottom: float
    colour: Colour | None
    opaque: bool


class Drawing:
    """What is drawn on a page other than text, and in which order. `outlines` are the boxes of filled shapes, each with
    its number of points."""

    def __init__(self, page: Any, place: Place, without: Collection[int] = ()) -> None:
        """`without`: the addresses of objects that are not looked at, nor what is in them."""
        self.order: dict[int, int] = {}
        self._without = without
        self.rules: list[Rule] = []
        self.image_objects: list[Any] = []
        self.outlines: list[tuple[Box, int]] = []
        self._shapes: list[Shape] = []
        self._images: list[Shape] = []
        self._page, self._place = page, place
        self._left_objects, self._left_segments, self._left_clips = OBJECTS, SEGMENTS, CLIP_SEGMENTS
        count = pdfium.FPDFPage_CountObjects(page)
        self._collect((pdfium.FPDFPage_GetObject(page, i) for i in range(count)), (1, 0, 0, 1, 0, 0), 0)

    def _collect(self, objects: Iterator[Any], matrix: tuple[float, ...], depth: int) -> None:
        kind_of = pdfium.FPDFPageObj_GetType
        for one in objects:
            self._left_objects -= 1
            if self._left_objects < 0:
                return
            order = len(self.order)
            address = ctypes.cast(one, ctypes.c_void_p).value or -order
            if address in self._without:
                continue
            self.order[address] = order
            kind = kind_of(one)
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                self._path(one, matrix, order)
            elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
                if shown := self._bounds(one, matrix):
                    opaque = kind == pdfium.FPDF_PAGEOBJ_IMAGE and not pdfium.FPDFPageObj_HasTransparency(one)
                    shape = Shape(order, *shown, None, opaque)
                    (self._images if kind == pdfium.FPDF_PAGEOBJ_IMAGE else self._shapes).append(shape)
                    self.image_objects += [one] if kind == pdfium.FPDF_PAGEOBJ_IMAGE else []
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < FORM_DEPTH:
                inner = (pdfium.FPDFFormObj_GetObject(one, i) for i in range(pdfium.FPDFFormObj_CountObjects(one)))
                self._collect(inner, _times(_matrix(one), matrix), depth + 1)

    def _bounds(self, one: Any, matrix: tuple[float, ...]) -> tuple[float, float, float, float] | None:
        sides = [ctypes.c_float() for _ in range(4)]
        if not pdfium.FPDFPageObj_GetBounds(one, *sides):
            return None
        left, bottom, right, top = (side.value for side in sides)
        if matrix != (1, 0, 0, 1, 0, 0):
            corners = [_at(matrix, x, y) for x in (left, right) for y in (bottom, top)]
            left, right = min(x for x, _ in corners), max(x for x, _ in corners)
            bottom, top = min(y for _, y in corners), max(y for _, y in corners)
        shown = self._place(left, top, right, bottom)
        return shown if math.isfinite(sum(shown)) else None

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
        if stroke.value and self._stroke_width(one) > THICK:
            self._shapes.append(Shape(order, *shown, None, False))
        if min(right - left, bottom - top) <= THIN:
            if max(right - left, bottom - top) > 2 * THIN:
                self.rules.append(Rule(*shown))
            return
        colour = _colour(one) if fill.value else None
        if count <= 6 and self._is_box(one, count):
            if fill.value:
                opaque = colour is not None and not pdfium.FPDFPageObj_HasTransparency(one)
                self._shapes.append(Shape(order, *shown, colour if opaque else None, opaque))
            if stroke.value or (colour and min(colour) < 255 - ALIKE):
                self.rules += _edges(shown, edge=not stroke.value)
            return
        # Whatever its outline, it may be the background of anything within its bounds.
        self._shapes.append(Shape(order, *shown, None, False))
        if fill.value:
            self.outlines.append((shown, count))
        if stroke.value:
            self._strokes(one, count, _times(_matrix(one), matrix))

    def _stroke_width(self, one: Any) -> float:
        width = ctypes.c_float()
        pdfium.FPDFPageObj_GetStrokeWidth(one, width)
        return width.value

    def _is_box(self, one: Any, count: int) -> bool:
        return all(
            pdfium.FPDFPathSegment_GetType(pdfium.FPDFPath_GetPathSegment(one, i)) != pdfium.FPDF_SEGMENT_BEZIERTO
            for i in range(count)
        )

    def _strokes(self, one: Any, count: int, matrix: tuple[float, ...]) -> None:
        """Collect the horizontal and vertical lines of a longer path."""
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

    @cached_property
    def _opaque(self) -> list[Shape]:
        """The largest shapes that could hide words, in drawing order."""
        largest = sorted(self._shapes + self._images, key=lambda s: (s.left - s.right) * (s.bottom - s.top))[:OPAQUE]
        return sorted(largest, key=lambda shape: shape.order)

    @property
    def images(self) -> list[Box]:
        """The boxes of the images."""
        return [image[1:5] for image in self._images]

    @cached_property
    def clear(self) -> bool:
        """Whether nothing on the page could hide a dark word."""
        return not self._shapes and not self._images

    def order_of(self, address: int) -> int:
        """An object's position in the drawing order; after all others if it was not examined."""
        return self.order.get(address, OBJECTS)

    def is_optional(self, one: Any) -> bool:
        """Whether an object is on a layer that can be switched off."""
        name, size = ctypes.create_string_buffer(16), ctypes.c_ulong()
        for number in range(min(pdfium.FPDFPageObj_CountMarks(one), LAYERS)):
            mark = pdfium.FPDFPageObj_GetMark(one, number)
            pdfium.FPDFPageObjMark_GetName(mark, ctypes.cast(name, ctypes.POINTER(ctypes.c_ushort)), 16, size)
            if name.raw[: size.value] == "OC\0".encode("utf-16-le"):
                return True
        return False

    def clip(self, one: Any) -> Box | None:
        """An object's clipping box, None if it is not clipped; the bounds if the clipping path is curved."""
        path = pdfium.FPDFPageObj_GetClipPath(one)
        if not path:
            return None
        box: Box | None = None
        x, y = ctypes.c_float(), ctypes.c_float()
        for number in range(max(0, min(pdfium.FPDFClipPath_CountPaths(path), LAYERS))):
            count = min(pdfium.FPDFClipPath_CountPathSegments(path, number), OPAQUE)
            self._left_clips -= count
            if self._left_clips < 0:
                return NOWHERE
            xs, ys = [], []
            for i in range(count):
                pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(path, number, i), x, y)
                xs.append(x.value)
                ys.append(y.value)
            if xs:
                x1, y1, x2, y2 = self._place(min(xs), min(ys), max(xs), max(ys))
                own = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
                box = own if box is None else (*map(max, box[:2], own[:2]), *map(min, box[2:], own[2:]))
        return box

    def hidden_reason(self, order: int, drawn: bool, colour: Colour, clip: Box | None, optional: bool, box: Box) -> str:
        """Why a word is not visible: 'outside' the page, 'invisible', 'covered', or the colour of its 'background';
        '' if it is visible. Invisible words over an image count as visible: they are the text layer of a scan."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not (0 <= x <= self._place.width and 0 <= y <= self._place.height):
            return "outside"
        if clip and not (clip[0] <= x <= clip[2] and clip[1] <= y <= clip[3]) and not self.shows(box):
            return "outside"
        if optional and not self.shows(box):
            return "invisible"
        if not drawn:
            return "" if self._is_image(x, y) else "invisible"
        background: Colour | None = WHITE
        for shape in self._opaque:
            if _inside(shape, x, y):
                if shape.order < order:
                    background = shape.colour
                elif shape.opaque:
                    return "covered"
        return "background" if background and alike(background, colour) and not self.shows(box) else ""

    def _is_image(self, x: float, y: float) -> bool:
        """Whether there is an image at a point."""
        row = self._image_cells[min(CELLS - 1, int(y / max(self._place.height, 1.0) * CELLS))]
        return bool(row[min(CELLS - 1, int(x / max(self._place.width, 1.0) * CELLS))])

    @cached_property
    def _image_cells(self) -> list[bytearray]:
        """The cells of the page's grid, row by row: 1 where there is an image."""
        cells = [bytearray(CELLS) for _ in range(CELLS)]
        across, down = CELLS / max(self._place.width, 1.0), CELLS / max(self._place.height, 1.0)
        for box in {image[1:5] for image in self._images}:
            left, right = max(0, int(box[0] * across)), min(CELLS, int(box[2] * across) + 1)
            top, bottom = max(0, int(box[1] * down)), min(CELLS, int(box[3] * down) + 1)
            if left < right and box[2] >= 0 and box[3] >= 0:
                for row in cells[top:bottom]:
                    row[left:right] = b"\1" * (right - left)
        return cells

    def shows(self, box: Box) -> bool:
        """Whether the rendered page shows anything in a box."""
        if self._picture is None:
            return True
        pixels, width, height, stride = self._picture
        scale = width / max(self._place.width, 1.0)
        left, top = max(0, int(box[0] * scale)), max(0, int(box[1] * scale))
        right, bottom = min(width, int(box[2] * scale) + 1), min(height, int(box[3] * scale) + 1)
        across, down = max(1, (right - left) // COLUMNS), max(1, (bottom - top) // ROWS)
        rows = [pixels[y * stride + left : y * stride + right : across] for y in range(top, bottom, down)]
        seen = set().union(*rows)
        return bool(seen) and max(seen) - min(seen) >= CONTRAST

    @cached_property
    def _picture(self) -> tuple[bytes, int, int, int] | None:
        """The page rendered in greyscale: one byte per pixel, width, height, and bytes per row; None if that takes too
        long."""
        scale = min(PIXELS, MAX_PIXELS / max(self._place.width, self._place.height, 1.0))
        width, height = max(1, int(self._place.width * scale)), max(1, int(self._place.height * scale))
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        until = time.process_time() + PICTURE_SECONDS
        is_over = dict(pdfium.IFSDK_PAUSE._fields_)["NeedToPauseNow"](lambda _: time.process_time() > until)
        pause = pdfium.IFSDK_PAUSE(1, is_over, None)
        done = pdfium.FPDF_RenderPageBitmap_Start(bitmap, self._page, 0, 0, width, height, 0, 0, pause)
        pdfium.FPDF_RenderPage_Close(self._page)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        pdfium.FPDFBitmap_Destroy(bitmap)
        return None if done == pdfium.FPDF_RENDER_TOBECONTINUED else (pixels, width, height, stride)


def _inside(shape: Shape, x: float, y: float) -> bool:
    return shape.left <= x <= shape.right and shape.top <= y <= shape.bottom


def _edges(box: Box, *, edge: bool) -> list[Rule]:
    left, top, right, bottom = box
    return [
        Rule(left, top, right, top, edge),
        Rule(left, bottom, right, bottom, edge),
        Rule(left, top, left, bottom, edge),
        Rule(right, top, right, bottom, edge),
    ]


def _colour(one: Any) -> Colour | None:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(one, red, green, blue, alpha) or alpha.value < SOLID:
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


def has(page: Any, kind: int) -> bool:
    """Whether a page has an object of a kind, not counting those in forms."""
    count = min(pdfium.FPDFPage_CountObjects(page), OBJECTS)
    return any(pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i)) == kind for i in range(count))


def pictures(page: Any) -> bool:
    """Whether a page without text shows something: an image, a form, or a drawing of many paths."""
    drawn = 0
    for i in range(min(pdfium.FPDFPage_CountObjects(page), MAX_EXAMINED)):
        kind = pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i))
        if kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING):
            return True
        drawn += kind == pdfium.FPDF_PAGEOBJ_PATH
    return drawn > DRAWN
