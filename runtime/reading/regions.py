"""Which parts of a page are pictures to be recognized: those that show what may be text, where the page's own words
have none of it."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pypdfium2_raw.bindings as pdfium

from runtime.reading.drawing import Drawing, Place
from runtime.reading.layer import is_rubbish
from runtime.reading.raster import raster, without_text
from runtime.reading.words import Box, Word

if TYPE_CHECKING:
    from PIL import Image

Region = tuple[float, float, float, float]

SIDE, CELL = 1000, 8
"""Pixels of the longer side of the picture in which text is looked for, whatever the page's size, and of the square
cells of which it is told: on A4 a cell is 7 points wide, about a letter."""

SECONDS = 2.0
"""Of processor time to draw that picture."""

MAX_PIXELS, JPX_COSTS = 100_000_000, 4
"""Of all images on a page, which are decoded to draw it, a JPEG 2000's counted so many times: for larger ones, such
as a bomb of 30,000 by 30,000, it is left to recognition, which may fail, what they show."""

EDGE, FAINT_EDGE, RANGE = 24, 10, 0.15
"""Shades of grey between neighbours that are the edge of a letter: a share of those between the page's darkest and
lightest, within limits, so that noise is none and faint print is."""

ACROSS, DOWN = 0.15, 0.1
"""Of a cell's pixels, those with an edge to the left and above: with as many it is of text, or of something like it. A
rule has edges in one direction only, most of a photograph none."""

MIN_CELLS, MIN_BESIDE, MIN_SHARE = 4, 8, 0.05
"""Cells of text beside another one that are worth to be recognized: on a page without words; on one that has some; and
there of the cells in a picture, whose invisible text may miss a few at its edges."""

MIN_AREA, MIN_WIDTH = 0.02, 24.0
"""Of the page's area, and in points: a smaller image is a logo, a signature or an ornament."""

MIN_POINTS, MIN_SIZES, LETTER = 200, 8, 100.0
"""Shapes that are letters: so many points of outline in all, of so many sizes, none higher than so many points of the
page. Marks on a chart are all of one size."""

MANY = 8
"""Regions, beyond which all are one."""


def without_rubbish(words: list[Word], unmapped: float) -> list[Word]:
    """The words, those of an invisible text that is rubbish hidden."""
    layer = [word for word in words if _is_layer(word)]
    if not layer or not is_rubbish(" ".join(word.text for word in layer), unmapped):
        return words
    return [word._replace(style=word.style._replace(hidden="invisible")) if _is_layer(word) else word for word in words]


def _is_layer(word: Word) -> bool:
    return not word.style.drawn and not word.style.hidden


def layer_boxes(words: Iterable[Word]) -> list[Box]:
    """The boxes of words that a picture shows as well: recognized, they would be there twice."""
    return [(word.left, word.top, word.right, word.bottom) for word in words if _is_layer(word)]


def regions(page: Any, place: Place, drawing: Drawing, words: Sequence[Word]) -> tuple[tuple[Region, ...], str]:
    """The parts of a page to be recognized, in points as shown, from top to bottom, and a note on pictures that can't
    be decoded, '' for none. Of a page without words that are seen, all or nothing."""
    alone = not any(not word.style.hidden for word in words)
    whole = (0.0, 0.0, place.width, place.height)
    grid = _Grid(place)
    found = [whole] if alone and drawing.order else _pictures(grid, drawing) + _outlined(grid, drawing)
    if not found:
        return (), ""
    image = None
    if _pixels(drawing.image_objects) <= MAX_PIXELS:
        with nullcontext() if alone else without_text(page):
            image = raster(page, place, whole, grid.size, SECONDS)
    if image is None:
        return _from_the_top(found), ""
    text = _text_cells(image)
    uncovered = bytearray(text)
    for box in layer_boxes(words):
        grid.fill(uncovered, box, 0, around=1)
    found = [box for box in found if _is_worth(grid, box, text, uncovered, alone)]
    return _from_the_top(found), _broken(grid, drawing, image)


def _from_the_top(found: list[Region]) -> tuple[Region, ...]:
    """The regions in order; many as one."""
    if len(found) > MANY:
        left, top, right, bottom = zip(*found, strict=True)
        found = [(min(left), min(top), max(right), max(bottom))]
    return tuple(sorted(found, key=lambda box: (box[1], box[0])))


def _broken(grid: _Grid, drawing: Drawing, image: Image.Image) -> str:
    """Of the larger images where the page shows nothing, how many can't be decoded."""
    least = MIN_AREA * grid.columns * grid.rows
    large = [n for n, box in enumerate(drawing.images) if _area(grid.span(box)) >= least]
    broken = 0
    for number in large[:MANY]:
        left, top, right, bottom = (CELL * side for side in grid.span(drawing.images[number]))
        dark, light = image.crop((left, top, right, bottom)).getextrema()
        if dark == light:
            bitmap = pdfium.FPDFImageObj_GetBitmap(drawing.image_objects[number])
            broken += not bitmap
            pdfium.FPDFBitmap_Destroy(bitmap)
    return f"{broken} of its pictures can't be decoded" if broken else ""


class _Grid:
    """A page divided into cells, row by row."""

    def __init__(self, place: Place) -> None:
        self._scale = SIDE / max(place.width, place.height, 1.0)
        width, height = (max(CELL, round(side * self._scale)) for side in (place.width, place.height))
        self.size = (width, height)
        self.columns, self.rows = width // CELL, height // CELL

    def cells(self) -> bytearray:
        return bytearray(self.columns * self.rows)

    def span(self, box: Box, around: int = 0) -> tuple[int, int, int, int]:
        """The first column and row that a box touches, and those behind the last; a box of nothing has none."""
        per = self._scale / CELL
        return (
            max(0, math.floor(box[0] * per) - around),
            max(0, math.floor(box[1] * per) - around),
            min(self.columns, math.ceil(box[2] * per) + around),
            min(self.rows, math.ceil(box[3] * per) + around),
        )

    def fill(self, cells: bytearray, box: Box, value: int, around: int = 0) -> None:
        left, top, right, bottom = self.span(box, around)
        if left < right:
            for row in range(top, bottom):
                cells[row * self.columns + left : row * self.columns + right] = bytes([value]) * (right - left)

    def joined(self, boxes: Iterable[Box], around: int) -> Iterator[Region]:
        """The boxes around those that touch each other or have no more than so many cells between them."""
        cells = self.cells()
        for box in boxes:
            self.fill(cells, box, 1, around)
        per = CELL / self._scale
        for start in range(len(cells)):
            if cells[start]:
                left, top, right, bottom = self._flood(cells, start)
                # What was widened up to the page's edge stays there.
                yield (
                    (left + around if left else 0) * per,
                    (top + around if top else 0) * per,
                    (right - around if right < self.columns else right) * per,
                    (bottom - around if bottom < self.rows else bottom) * per,
                )

    def _flood(self, cells: bytearray, start: int) -> tuple[int, int, int, int]:
        """Empty all cells that are connected to one; the columns and rows that they are in."""
        left, top, right, bottom = self.columns, self.rows, 0, 0
        waiting = [start]
        while waiting:
            at = waiting.pop()
            if not cells[at]:
                continue
            cells[at] = 0
            row, column = divmod(at, self.columns)
            left, top = min(left, column), min(top, row)
            right, bottom = max(right, column + 1), max(bottom, row + 1)
            waiting += [at - 1] if column else []
            waiting += [at + 1] if column + 1 < self.columns else []
            waiting += [at - self.columns] if row else []
            waiting += [at + self.columns] if row + 1 < self.rows else []
        return left, top, right, bottom


def _pictures(grid: _Grid, drawing: Drawing) -> list[Region]:
    """The images of a good size, the strips and tiles of one joined."""
    if not drawing.images:
        return []
    least = MIN_AREA * grid.columns * grid.rows
    return [box for box in grid.joined(drawing.images, 0) if _is_large(box) and _area(grid.span(box)) >= least]


def _is_large(box: Region) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) >= MIN_WIDTH


def _area(span: tuple[int, int, int, int]) -> int:
    return (span[2] - span[0]) * (span[3] - span[1])


def _outlined(grid: _Grid, drawing: Drawing) -> list[Region]:
    """Where letters are drawn as shapes, those near each other joined."""
    letters = [(box, points) for box, points in drawing.outlines if 1 < box[3] - box[1] <= LETTER]
    if sum(points for _, points in letters) < MIN_POINTS:
        return []
    found = []
    for region in grid.joined((box for box, _ in letters), 1):
        own = [one for one in letters if _holds(region, one[0])]
        sizes = {(round(box[2] - box[0]), round(box[3] - box[1], 1)) for box, _ in own}
        is_line = any(points >= MIN_POINTS for _, points in own)  # a whole line of letters in one shape
        if sum(points for _, points in own) >= MIN_POINTS and (len(sizes) >= MIN_SIZES or is_line):
            found.append(region)
        if len(found) > MANY:
            break
    return found


def _holds(region: Region, box: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return region[0] <= x <= region[2] and region[1] <= y <= region[3]


def _pixels(images: Iterable[Any]) -> int:
    """How many pixels images have, by what they cost to decode."""
    total = 0
    width, height = ctypes.c_uint(), ctypes.c_uint()
    name = ctypes.create_string_buffer(16)
    for image in images:
        if pdfium.FPDFImageObj_GetImagePixelSize(image, width, height):
            is_jpx = pdfium.FPDFImageObj_GetImageFilter(image, 0, name, len(name)) and name.value == b"JPXDecode"
            total += width.value * height.value * (JPX_COSTS if is_jpx else 1)
    return total


def _text_cells(image: Image.Image) -> bytearray:
    """1 for each cell that looks like text, and has another one at its left or right."""
    from PIL import Image, ImageChops

    columns, rows = image.width // CELL, image.height // CELL
    levels = image.histogram()
    dark, light = _quantile(levels, 0.005), _quantile(levels, 0.995)
    edge = max(FAINT_EDGE, min(EDGE, RANGE * (light - dark)))
    is_edge = [255 if shade >= edge else 0 for shade in range(256)]
    shares = []
    for x, y in ((1, 0), (0, 1)):
        edges = ImageChops.difference(image, ImageChops.offset(image, x, y)).point(is_edge)
        box = (0, 0, columns * CELL, rows * CELL)
        shares.append(edges.resize((columns, rows), Image.Resampling.BOX, box=box).tobytes())
    cells = bytearray(a >= 255 * ACROSS and b >= 255 * DOWN for a, b in zip(*shares, strict=True))
    kept = bytearray(len(cells))
    for row in range(rows):
        line = cells[row * columns : (row + 1) * columns]
        kept[row * columns : (row + 1) * columns] = bytes(
            own and (before or after)
            for before, own, after in zip(b"\0" + line[:-1], line, line[1:] + b"\0", strict=True)
        )
    return kept


def _quantile(levels: Sequence[int], share: float) -> int:
    """The shade that such a share of the pixels is not lighter than."""
    left = share * sum(levels)
    for shade, count in enumerate(levels):
        left -= count
        if left <= 0:
            return shade
    return 255


def _is_worth(grid: _Grid, box: Region, text: bytearray, uncovered: bytearray, alone: bool) -> bool:
    """Whether enough of a picture looks like text that is not among the page's words."""
    left, top, right, bottom = grid.span(box)
    rows = [slice(row * grid.columns + left, row * grid.columns + right) for row in range(top, bottom)]
    found = sum(sum(uncovered[row]) for row in rows)
    if alone:
        return found >= MIN_CELLS
    return found >= max(MIN_BESIDE, MIN_SHARE * sum(sum(text[row]) for row in rows))
