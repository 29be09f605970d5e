"""What a careful reader finds on a page, as facts to check passages by, and helpers that draw such pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from runtime.passages import Chunker
from runtime.ports import Passage
from runtime.reading.document import open_pdf
from tests import pdfs
from tests.pdfs import HEIGHT, sentence

PLAIN, BOLD, ITALIC = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"

# Passages and facts


class Words:
    """A tokenizer whose tokens are words of at most ten characters."""

    max_tokens = 250

    def count(self, texts: Sequence[str]) -> list[int]:
        return [sum(-(-len(word) // 10) for word in text.split()) for text in texts]


def passages(path: Path) -> list[Passage]:
    """The document's passages, none of which begins with the end of another."""
    chunker = Chunker("a.pdf", "v1", "", Words(), passage_tokens=Words.max_tokens)
    with open_pdf(path) as pdf:
        return [passage for page in pdf.pages() for passage in chunker.page(page)]


Wanted = str | tuple[str, ...]
"""A string, or several of which any will do."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something on a page, in words and as a test of the document's passages."""

    says: str
    holds: Callable[[Sequence[Passage]], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of page: how it is drawn, and what a careful reader finds on it."""

    name: str
    draw: Callable[[Path], object]
    facts: tuple[Fact, ...]


CASES: list[Case] = []


def case(
    name: str, *facts: Fact | Sequence[Fact], among: list[Case] = CASES
) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Make a function that draws a PDF a case of this name, in a list of cases."""

    def add(draw: Callable[[Path], object]) -> Callable[[Path], object]:
        flat = [one for fact in facts for one in ([fact] if isinstance(fact, Fact) else fact)]
        among.append(Case(name, draw, tuple(flat)))
        return draw

    return add


SCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"
CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
CJK_GAP = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text without differences of case, white space, direction marks and spaces between Chinese characters."""
    return CJK_GAP.sub("", " ".join(DIRECTION.sub("", text).casefold().split()))


@cache
def pattern(wanted: Wanted) -> re.Pattern[str]:
    """Finds whole words and numbers: superscripts and subscripts after them are not part of them."""
    if not isinstance(wanted, str):
        return re.compile("|".join(pattern(one).pattern for one in wanted))
    text = plain(wanted)
    before = f"(?<![^\\W{SCRIPTS}])" if re.match(f"[^\\W{SCRIPTS}{CJK}]", text) else ""
    after = f"(?![^\\W{SCRIPTS}])" if re.search(f"[^\\W{SCRIPTS}{CJK}]$", text) else ""
    before += r"(?<!\d[.,])" if text[0].isdigit() else ""
    after += r"(?![.,]\d)" if text[-1].isdigit() else ""
    return re.compile(before + re.escape(text) + after)


def _whole(passage: Passage) -> str:
    return plain(f"{passage.heading}\n{passage.text}")


def _page(passages: Sequence[Passage], page: int) -> str:
    return plain("\n".join(passage.text for passage in passages if passage.page == page))


def together(*wanted: Wanted, page: int = 1) -> Fact:
    """All are in one passage of the page."""

    def holds(passages: Sequence[Passage]) -> bool:
        texts = [_whole(passage) for passage in passages if passage.page == page]
        return any(all(pattern(one).search(text) for one in wanted) for text in texts)

    return Fact(f"page {page} has together: {wanted}", holds)


def order(*wanted: Wanted, page: int = 1) -> Fact:
    """Each follows the one before it on the page."""

    def holds(passages: Sequence[Passage]) -> bool:
        text, at = _page(passages, page), 0
        for one in wanted:
            found = pattern(one).search(text, at)
            if not found:
                return False
            at = found.end()
        return True

    return Fact(f"page {page} has in this order: {wanted}", holds)


def beside(label: str, value: Wanted, *others: str, page: int = 1) -> Fact:
    """The value follows its label in one passage, with nothing from `others` between them."""

    def holds(passages: Sequence[Passage]) -> bool:
        for text in [plain(passage.text) for passage in passages if passage.page == page]:
            for found in pattern(label).finditer(text):
                after = pattern(value).search(text, found.end())
                if after and not any(pattern(one).search(text[found.end() : after.start()]) for one in others):
                    return True
        return False

    return Fact(f"page {page} has beside {label!r}: {value!r}, without {others} between", holds)


def once(*wanted: str, page: int = 1) -> Sequence[Fact]:
    """Each is on the page exactly once."""

    def holds(one: str) -> Callable[[Sequence[Passage]], bool]:
        return lambda passages: len(pattern(one).findall(_page(passages, page))) == 1

    return [Fact(f"page {page} has once: {one!r}", holds(one)) for one in wanted]


def absent(*wanted: str) -> Fact:
    """None is in any passage of the document."""

    def holds(passages: Sequence[Passage]) -> bool:
        return not any(pattern(one).search(_whole(passage)) for one in wanted for passage in passages)

    return Fact(f"no page has any of: {wanted}", holds)


def exactly(text: str, page: int = 1) -> Fact:
    """The text is in a passage of the page, character by character and line by line."""
    return Fact(
        f"page {page} has sign by sign: {text!r}",
        lambda passages: any(text in passage.text for passage in passages if passage.page == page),
    )


def column(row: str, head: str, value: Wanted, page: int = 1) -> Fact:
    """In one passage the value is in the row with this label, in the same cell as its column's head above."""

    def holds(passages: Sequence[Passage]) -> bool:
        for passage in passages:
            if passage.page != page:
                continue
            text = passage.text.replace("[", "").replace("]", "")  # around repeated text
            lines = [[plain(cell) for cell in line.split("|")] for line in text.split("\n")]
            for number, cells in enumerate(lines):
                labels = {n for n, cell in enumerate(cells) if pattern(row).search(cell)}
                values = {n for n, cell in enumerate(cells) if pattern(value).search(cell)}
                for n in values:
                    heads = [above[n] for above in lines[:number] if n < len(above)]
                    if labels - {n} and any(pattern(head).search(cell) for cell in heads):
                        return True
        return False

    return Fact(f"page {page} has in row {row!r} under {head!r}: {value!r}", holds)


NO_TABLE = absent("|")

# Drawing; `down` is measured in points from the top of the page


@contextmanager
def drawing(path: Path) -> Iterator[Canvas]:
    """A page to draw on, or several: `showPage` begins the next."""
    page = pdfs.canvas(path)
    yield page
    page.showPage()
    page.save()


@cache
def dejavu(style: str = "Sans") -> str:
    """A font of the DejaVu family, which comes with matplotlib."""
    name = f"DejaVu{style}"
    registerFont(TTFont(name, str(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"))))
    return name


@cache
def cid(name: str, *, downwards: bool = False) -> str:
    """One of the fonts that viewers have for Chinese, Japanese and Korean."""
    registerFont(UnicodeCIDFont(name, isVertical=downwards))
    return name


def put(page: Canvas, left: float, down: float, text: str, font: str = PLAIN, size: float = 10, at: str = "l") -> None:
    """A string that begins, ends or is centred here: `at` is l, r or c."""
    page.setFont(font, size)
    draw = {"l": page.drawString, "r": page.drawRightString, "c": page.drawCentredString}[at]
    draw(left, HEIGHT - down, text)


def lines(
    page: Canvas,
    left: float,
    down: float,
    texts: Sequence[str],
    pitch: float = 13,
    font: str = PLAIN,
    size: float = 10,
    at: str = "l",
) -> float:
    """Lines below each other; returns where the next would be."""
    for text in texts:
        put(page, left, down, text, font, size, at)
        down += pitch
    return down


def fit(text: str, width: float, font: str = PLAIN, size: float = 10) -> list[str]:
    """The text in lines no wider than this."""
    return [str(line) for line in simpleSplit(text, font, size, width)]


def prose(
    page: Canvas,
    left: float,
    down: float,
    text: str,
    width: float = 450,
    pitch: float = 13,
    font: str = PLAIN,
    size: float = 10,
) -> float:
    """A paragraph of this width; returns where the next line would be."""
    return lines(page, left, down, fit(text, width, font, size), pitch, font, size)


def spread(
    page: Canvas,
    lefts: Sequence[float],
    down: float,
    columns: Sequence[Sequence[str]],
    pitch: float = 12,
    font: str = PLAIN,
    size: float = 10,
) -> None:
    """Columns of lines, drawn row by row."""
    for number in range(max(map(len, columns))):
        for left, column in zip(lefts, columns, strict=True):
            if number < len(column):
                put(page, left, down + number * pitch, column[number], font, size)


def rule(page: Canvas, left: float, down: float, right: float, thick: float = 0.7) -> None:
    """A horizontal line."""
    page.setLineWidth(thick)
    page.line(left, HEIGHT - down, right, HEIGHT - down)


def upright(page: Canvas, left: float, top: float, bottom: float) -> None:
    """A vertical line."""
    page.setLineWidth(0.7)
    page.line(left, HEIGHT - top, left, HEIGHT - bottom)


def block(page: Canvas, left: float, top: float, right: float, bottom: float, colour: object = None) -> None:
    """A rectangle: filled with a colour, or only its outline."""
    if colour is not None:
        page.setFillColor(colour)
    page.rect(left, HEIGHT - bottom, right - left, bottom - top, stroke=colour is None, fill=colour is not None)
    page.setFillColor("black")


def table(
    page: Canvas,
    stops: Sequence[float],
    at: str,
    down: float,
    rows: Sequence[Sequence[str]],
    pitch: float = 16,
    font: str = PLAIN,
    head: str = BOLD,
    size: float = 10,
    by_column: bool = False,
    middle: bool = False,
) -> list[float]:
    """Cells of one or more lines at `stops`, the first row in the font `head`; returns how far down each row begins and
    the last one ends. `middle`: shorter cells are centred vertically in their row."""
    tops = [down]
    for row in rows:
        tops.append(tops[-1] + pitch + 1.2 * size * max(cell.count("\n") for cell in row))
    places = [(r, c) for r in range(len(rows)) for c in range(len(stops)) if c < len(rows[r]) and rows[r][c]]
    for r, c in sorted(places, key=lambda place: place[::-1]) if by_column else places:
        texts = rows[r][c].split("\n")
        room = (tops[r + 1] - tops[r] - pitch - 1.2 * size * (len(texts) - 1)) / 2 if middle else 0
        lines(page, stops[c], tops[r] + room + 0.7 * pitch, texts, 1.2 * size, head if r == 0 else font, size, at[c])
    return tops


MARKED = re.compile(r"\{([\^_])(.*?)\}")


def rich(page: Canvas, left: float, down: float, text: str, font: str = PLAIN, size: float = 10) -> float:
    """A line in which {^...} is superscript and {_...} subscript, both smaller; returns where it ends."""
    parts = MARKED.split(text)
    for number in range(0, len(parts), 3):
        put(page, left, down, parts[number], font, size)
        left += stringWidth(parts[number], font, size)
        if number + 2 < len(parts):
            kind, small = parts[number + 1 : number + 3]
            put(page, left, down + (-0.35 if kind == "^" else 0.18) * size, small, font, 0.62 * size)
            left += stringWidth(small, font, 0.62 * size)
    return left


def said(first: int, count: int) -> str:
    """This many sentences, starting with this number."""
    return " ".join(sentence(first + n) for n in range(count))


def each(first: int, count: int) -> list[str]:
    """The same sentences one by one."""
    return [sentence(first + n) for n in range(count)]
