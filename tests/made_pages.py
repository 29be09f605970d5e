"""Pages generated at random from a seed, with what a careful reader finds on them: tables in many styles, and prose
with lists, headings and references in one to three columns."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from runtime.reading.document import Page
from tests.pdfs import HEIGHT

NOUNS = (
    "alder birch cedar drum eider flask gauge hatch inlet jetty kiln lamp mooring nets oars pump quay rope sluice tide "
    "urn valve weir yard zinc anchor buoy crate dock engine ferry grain harbour iron keel ledger mast"
).split()
WORDS = (
    "the of and to in is that it was for on are with as they at be this from have or by one had not but what all were "
    "when we there can an your which their said if do will each about how up out them then she many some so these "
    "would other into has more her two like him see time could no make than first been its who now people my made over "
    "did down only way find use may water long little very after called just where most know"
).split()
FONTS = (("Helvetica", "Helvetica-Bold"), ("Times-Roman", "Times-Bold"))
LOWEST = 70
"""Points from the bottom at which text ends."""


def phrase(r: random.Random, words: int) -> str:
    """Some nouns, the first with a capital."""
    return " ".join(r.choice(NOUNS) for _ in range(words)).capitalize()


# Tables


@dataclass(frozen=True, slots=True)
class Table:
    """A table's names of columns, and its rows' cells."""

    names: list[str]
    rows: list[list[str]]

    def faults(self, page: Page) -> list[str]:
        """What is wrong with it on a page as it was read."""
        head, rows = (
            [_cells(paragraph.text) for paragraph in page.paragraphs if paragraph.kind == kind]
            for kind in ("head", "row")
        )
        wanted = [_cells(" | ".join(row)) for row in self.rows]
        lacking = [row for row in wanted if row not in rows]
        faults = [f"no row {row}" for row in lacking]
        faults += [] if _cells(" | ".join(self.names)) in head else [f"no head {self.names}, but {head}"]
        return faults + ([f"{len(rows)} rows"] if len(rows) > len(wanted) else [])


def _cells(line: str) -> list[str]:
    """A row's cells as they are compared: without marks of repetition, and without empty cells at the end."""
    cells = [" ".join(cell.replace("[", "").replace("]", "").split()) for cell in line.split("|")]
    while cells and not cells[-1]:
        cells.pop()
    return cells


NUMBERS = ("int", "small", "decimal", "euros", "dollars", "percent", "negative", "date", "yes")
TEXTS = ("label", "code", "name", "text")


def _cell(r: random.Random, kind: str) -> str:
    match kind:
        case "label":
            return phrase(r, r.randint(1, 3))
        case "text":
            return phrase(r, r.randint(3, 12))
        case "code":
            return f"{r.choice('ABCK')}{r.choice('XYZ')}-{r.randint(100, 9999)}"
        case "name":
            return f"{r.choice('ABCDE')}. {r.choice(NOUNS).capitalize()}"
        case "int":
            return f"{r.randint(1, 99_999):,}"
        case "small":
            return str(r.randint(0, 60))
        case "decimal":
            return f"{r.uniform(0, 999):.2f}"
        case "euros":
            return f"€ {r.uniform(1, 9999):,.2f}"
        case "dollars":
            return f"$ {r.randint(1, 99_999):,}"
        case "percent":
            return f"{r.randint(0, 100)}%"
        case "negative":
            return f"({r.randint(1, 999)})" if r.random() < 0.4 else str(r.randint(1, 999))
        case "date":
            return f"{r.randint(1, 28)} {r.choice(('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'))} 20{r.randint(10, 26)}"
        case _:
            return r.choice(("yes", "no", "–"))


def _kinds(r: random.Random) -> list[str]:
    """The kinds of two to seven columns."""
    count = r.randint(2, 7)
    texts = [kind for kind in TEXTS if count < 6 or kind in ("code", "name")]
    return ["label", *(r.choice((*NUMBERS, *texts)) for _ in range(count - 1))]


class _Look(NamedTuple):
    """How a table is drawn: sizes in points."""

    font: str
    bold: str
    size: float
    gap: float
    pad: float
    left: float
    lines: str


def table(page: Canvas, seed: int) -> Table:
    """A page with a table between two paragraphs."""
    r = random.Random(seed)
    font, bold = r.choice(FONTS)
    lines = r.choice(("none", "none", "below the names", "around the names", "between rows", "grid", "shades"))
    look = _Look(
        font,
        r.choice((bold, bold, font)),
        r.choice((7, 8, 9, 10, 11)),
        r.choice((8, 12, 18)),
        r.choice((1, 3, 5)) if lines == "none" else r.choice((2, 4, 6)),
        r.choice((60, 72, 90)),
        lines,
    )
    kinds, empty = _kinds(r), r.choice((0.0, 0.0, 0.1, 0.3))
    count = r.choice((3, 4, 6, 9, 14, 22))
    rows = [[_cell(r, k) if not n or r.random() >= empty else "" for n, k in enumerate(kinds)] for _ in range(count)]
    names: list[str] = []
    while len(names) < len(kinds):
        name = phrase(r, r.randint(1, 3))
        names += [name] if name not in names else []
    widths = _widths(kinds, names, rows, look)
    kinds, names, rows = kinds[: len(widths)], names[: len(widths)], [row[: len(widths)] for row in rows]
    if r.random() < 0.7:  # as wide as the text
        more = max(0.0, r.choice((300, 400, 460)) - sum(widths) - look.gap * (len(widths) - 1)) / len(widths)
        widths = [width + more for width in widths]
    down = _sentences(page, r, look.font, HEIGHT - 72) - r.choice((8, 14, 22))
    if r.random() < 0.4:
        page.setFont(bold, 10)
        page.drawString(look.left, down, f"Table {seed}: {phrase(r, 4)}")
        down -= r.choice((14, 18))
    down = _draw(page, r, look, kinds, [names, *rows], widths, down) - r.choice((10, 18))
    if down > 2 * LOWEST:
        _sentences(page, r, look.font, down)
    page.showPage()
    return Table(names, rows)


def _widths(kinds: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[str]], look: _Look) -> list[float]:
    """The widths of the columns that fit on the page; texts wrap, and names wrap within their longest word's width."""
    widths: list[float] = []
    for n, kind in enumerate(kinds):
        most = 140.0 if kind in ("label", "text") else 400.0
        cells = max(min(most, stringWidth(row[n], look.font, look.size)) for row in rows)
        words = max(stringWidth(word, look.bold, look.size) for word in names[n].split())
        width = max(cells, words, min(70.0, stringWidth(names[n], look.bold, look.size))) + 1
        if sum(widths) + width + look.gap * len(widths) > 480 and n > 1:
            break
        widths.append(width)
    return widths


def _sentences(page: Canvas, r: random.Random, font: str, down: float) -> float:
    """Draw a paragraph of nonsense sentences; return where the next line would be."""
    text = " ".join(phrase(r, r.randint(7, 16)) + "." for _ in range(r.randint(2, 4)))
    page.setFont(font, 10)
    for line in simpleSplit(text, font, 10, 450):
        page.drawString(72, down, line)
        down -= 12.5
    return down


def _draw(
    page: Canvas,
    r: random.Random,
    look: _Look,
    kinds: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    down: float,
) -> float:
    """Draw the names, at the top or bottom of their row, and the rows; return where the next line would be."""
    lefts = [look.left + sum(widths[:n]) + look.gap * n for n in range(len(widths))]
    sides = ["l" if kind in TEXTS else r.choice("rrcl") for kind in kinds]
    name_sides = [side if r.random() < 0.8 else r.choice("lc") for side in sides]
    shift = r.choice((0.0, 1.0)), r.choice((0.0, 0.0, 0.5))
    edges = [down + look.size]
    texts: list[tuple[int, float, float, str, str]] = []
    for number, row in enumerate(rows):
        font = look.font if number else look.bold
        cells = [simpleSplit(cell, font, look.size, width) for cell, width in zip(row, widths, strict=True)]
        most = max(map(len, cells))
        for n, (cell, side) in enumerate(zip(cells, sides if number else name_sides, strict=True)):
            top = down - (most - len(cell)) * 1.2 * look.size * shift[number > 0]
            for m, text in enumerate(cell):
                room = widths[n] - stringWidth(text, font, look.size)
                left = lefts[n] + {"l": 0.0, "r": room, "c": room / 2}[side]
                texts.append((n, left, top - 1.2 * m * look.size, text, font))
        down -= 1.2 * most * look.size + look.pad
        edges.append(down + look.size)
    _draw_lines(page, look, [left - look.gap / 2 for left in lefts], lefts[-1] + widths[-1], edges)
    for _, left, height, text, font in sorted(texts) if r.random() < 0.2 else texts:  # by column, or by row
        page.setFont(font, look.size)
        page.drawString(left, height, text)
    return down


def _draw_lines(page: Canvas, look: _Look, lefts: Sequence[float], right: float, edges: Sequence[float]) -> None:
    page.setLineWidth(0.5)
    level = {
        "below the names": edges[1:2],
        "around the names": [*edges[:2], edges[-1]],
        "between rows": edges,
        "grid": edges,
    }
    for height in level.get(look.lines, ()):
        page.line(lefts[0], height, right, height)
    for left in (*lefts, right) if look.lines == "grid" else ():
        page.line(left, edges[0], left, edges[-1])
    if look.lines == "shades":
        page.setFillGray(0.9)
        for top, bottom in zip(edges[1::2], edges[2::2], strict=False):
            page.rect(lefts[0], bottom, right - lefts[0], top - bottom, stroke=0, fill=1)
        page.setFillGray(0)


# Prose


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, list items and headings in reading order."""

    texts: list[str]

    def faults(self, page: Page) -> list[str]:
        """What is wrong with them on a page as it was read."""
        tables = sum(paragraph.kind in ("head", "row") for paragraph in page.paragraphs)
        whole, at = _letters(paragraph.text for paragraph in page.paragraphs), 0
        faults = [f"{tables} rows of a table"] if tables else []
        for text in self.texts:
            found = whole.find(_letters([text]))
            if found < at:
                faults.append(f"broken: {text[:60]}" if found < 0 else f"too early: {text[:60]}")
            at = max(at, found)
        return faults


def _letters(texts: Iterable[str]) -> str:
    return re.sub(r"\W+", "", "".join(texts)).casefold()


class _Type(NamedTuple):
    """How prose is set: the `width` of a column, and sizes in points."""

    font: str
    size: float
    pitch: float
    width: float
    justified: bool


@cache
def _width(word: str, look: _Type) -> float:
    return float(stringWidth(word, look.font, look.size))


class _Text(NamedTuple):
    """A line of text where it is drawn, and what is added to its spaces."""

    left: float
    height: float
    text: str
    font: str
    size: float
    space: float


def prose(page: Canvas, seed: int) -> Prose:
    """A page of paragraphs, lists, references and headings."""
    r = random.Random(seed)
    columns, gutter = r.choice((1, 2, 2, 2, 3)), r.choice((14, 18, 24))
    size = min(r.choice((8, 9, 10, 11)), 9 if columns == 3 else 11)
    width = (475 - gutter * (columns - 1)) / columns
    look = _Type(r.choice(FONTS)[0], size, size * r.choice((1.15, 1.2, 1.3)), width, columns < 3 and r.random() < 0.6)
    by_row = columns > 1 and r.random() < 0.3
    texts: list[str] = []
    drawn: list[_Text] = []
    for column in range(columns):
        top = HEIGHT - 70 - r.choice((0, 0, 0.4)) * look.pitch
        for height, block in _blocks(r, look, top):
            texts.append(block.text)
            drawn += block.lines(look, 60 + column * (width + gutter), height)
    for one in sorted(drawn, key=lambda one: (-round(one.height), one.left)) if by_row else drawn:
        line = page.beginText(one.left, one.height)
        line.setFont(one.font, one.size)
        line.setWordSpace(one.space)
        line.textOut(one.text)
        page.drawText(line)
    page.showPage()
    return Prose(texts)


class _Block(NamedTuple):
    """A paragraph with its bullet, and the indents of it and of its first line; or a heading."""

    words: str
    sign: str = ""
    indent: float = 0.0
    first: float = 0.0
    heading: bool = False

    @property
    def text(self) -> str:
        return f"{self.sign} {self.words}" if self.sign else self.words

    def fitted(self, look: _Type) -> list[str]:
        """Its lines."""
        if self.heading:
            return [self.words]
        lines: list[list[str]] = []
        left = -1.0
        for word in self.words.split():
            width = _width(word, look)
            if left < _width(" ", look) + width:
                lines.append([])
                left = look.width - self.indent - (self.first if len(lines) == 1 else 0.0) + _width(" ", look)
            lines[-1].append(word)
            left -= _width(" ", look) + width
        return [" ".join(words) for words in lines]

    def lines(self, look: _Type, left: float, height: float) -> Iterator[_Text]:
        """Its lines where they are drawn."""
        font = f"{look.font.split('-')[0]}-Bold" if self.heading else look.font
        if self.sign:
            yield _Text(left, height, self.sign, font, look.size, 0.0)
        fitted = self.fitted(look)
        for number, text in enumerate(fitted):
            indent = self.indent + (self.first if not number else 0.0)
            room = look.width - indent - stringWidth(text, font, look.size)
            spaces = text.count(" ")
            space = room / spaces if look.justified and number < len(fitted) - 1 and spaces else 0.0
            yield _Text(left + indent, height - number * look.pitch, text, font, look.size, space)


def _blocks(r: random.Random, look: _Type, height: float) -> Iterator[tuple[float, _Block]]:
    """Those of a column, each with the height of its first line."""
    while True:
        for block in _some(r, look):
            if block.heading:
                height -= look.pitch / 2
            need = look.pitch * (len(block.fitted(look)) + 2 * block.heading)
            if height - need < LOWEST:
                return
            yield height, block
            height -= look.pitch * len(block.fitted(look)) + (0.3 * look.pitch if block.heading else 0.0)
        height -= r.choice((0.0, 0.5, 0.5)) * look.pitch


def _some(r: random.Random, look: _Type) -> list[_Block]:
    """A paragraph, a list, some references or a heading."""
    match r.choices(("paragraph", "list", "references", "heading"), (55, 15, 20, 10))[0]:
        case "paragraph":
            text = " ".join(_sentence(r, 6, 18) for _ in range(r.randint(1, 5)))
            return [_Block(text, first=r.choice((0.0, 0.0, 12.0)))]
        case "list":
            sign = r.choice(("•", "–", "1.", "(a)"))
            signs = [
                f"{n + 1}." if sign == "1." else f"({'abcdef'[n]})" if sign == "(a)" else sign
                for n in range(r.randint(2, 6))
            ]
            return [_Block(_sentence(r, 4, 20), one, 16.0 if len(one) > 1 else 10.0) for one in signs]
        case "references":
            first = r.randint(1, 30)
            indent = 20.0 if look.size < 10 else 24.0
            return [_Block(_reference(r), f"[{first + n}]", indent) for n in range(r.randint(3, 9))]
        case _:
            number = f"{r.randint(1, 9)}.{r.randint(1, 9)}"
            return [_Block(f"{number} {_sentence(r, 2, 4)[:-1]}", heading=True)]


def _sentence(r: random.Random, least: int, most: int) -> str:
    return " ".join(r.choice(WORDS) for _ in range(r.randint(least, most))).capitalize() + f" {r.choice(NOUNS)}."


def _reference(r: random.Random) -> str:
    authors = ", ".join(f"{r.choice('ABCDEFGH')}. {r.choice(NOUNS).capitalize()}" for _ in range(r.randint(1, 6)))
    title = " ".join(r.choice(WORDS) for _ in range(r.randint(5, 12)))
    pages = f"vol. {r.randint(1, 40)}, pp. {r.randint(1, 400)}–{r.randint(401, 900)}, 20{r.randint(10, 25)}"
    return f"{authors}, “{title},” in Proc. {r.choice(NOUNS).capitalize()}, {pages}."
