"""A page's letters with their boxes, by PDFium. Runs in the sandboxed child."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pypdfium2_raw.bindings as pdfium

from runtime.reading.drawing import Drawing, Place
from runtime.reading.locate import MAX_BOXES, plain
from runtime.reading.pdfium_words import HYPHEN, loose_boxes, text_pages, units_of
from runtime.reading.words import Box

MARKS = 3
"""Maximum symbols before and after a stretch that are included, such as a currency sign or a full stop."""


@contextmanager
def letters_of(page: Any) -> Iterator[PdfiumLetters]:
    """The page's letters, for as long as its text is open."""
    place = Place(page)
    parts = text_pages(page, Drawing(page, place))
    try:
        yield PdfiumLetters(parts, place)
    finally:
        for text_page in parts:
            pdfium.FPDFText_ClosePage(text_page)


class PdfiumLetters:
    """A page's letters in PDFium's order: for each, its part of the page, its index there, and its middle."""

    def __init__(self, parts: Sequence[Any], place: Place) -> None:
        self._parts, self._place = parts, place
        self._units = [units_of(text_page, max(0, pdfium.FPDFText_CountChars(text_page))) for text_page in parts]
        self._of: list[tuple[int, int]] = []
        self.middles: list[tuple[float, float]] = []
        made = []
        for part, units in enumerate(self._units):
            sides = list(zip(*loose_boxes(parts[part], len(units)), strict=True))
            for number, text in _characters(units):
                if folded := plain(text):
                    left, top, right, bottom = place(*sides[number])
                    made.append(folded)
                    self._of += [(part, number)] * len(folded)
                    self.middles += [((left + right) / 2, (top + bottom) / 2)] * len(folded)
        self.text = "".join(made)

    def joined(self, at: int) -> bool:
        """Whether a letter and the next are in one word or number."""
        if not 0 <= at < len(self._of) - 1:
            return False
        (part, number), (next_part, next_number) = self._of[at], self._of[at + 1]
        between = self._units[part][number + 1 : next_number]
        of_number = self.text[at].isdigit() and self.text[at + 1].isdigit() and between in (".", ",", "'", "’")
        return part == next_part and (not between or of_number)

    def boxes(self, places: Sequence[int]) -> Iterator[Box]:
        """PDFium's rectangles of each stretch of consecutive letters, one per line, with the symbols around it."""
        for part, first, last in self._stretches(places):
            text_page = self._parts[part]
            first, last = _with_marks(self._units[part], first, last)
            for number in range(min(MAX_BOXES, pdfium.FPDFText_CountRects(text_page, first, last - first + 1))):
                sides = [ctypes.c_double() for _ in range(4)]
                if pdfium.FPDFText_GetRect(text_page, number, *sides):
                    yield self._place(*(side.value for side in sides))

    def _stretches(self, places: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Part, first and last character of each stretch of consecutive letters."""
        start = 0
        for at in range(1, len(places) + 1):
            if (
                at == len(places)
                or places[at] != places[at - 1] + 1
                or self._of[places[at]][0] != self._of[places[start]][0]
            ):
                part, first = self._of[places[start]]
                yield part, first, self._of[places[at - 1]][1]
                start = at


def _with_marks(units: str, first: int, last: int) -> tuple[int, int]:
    """The range of characters, extended by the symbols right before and after."""
    for _ in range(MARKS):
        if first > 0 and _is_mark(units[first - 1]):
            first -= 1
        if last + 1 < len(units) and _is_mark(units[last + 1]):
            last += 1
    return first, last


def _is_mark(unit: str) -> bool:
    return unit.isprintable() and not unit.isspace() and unit not in HYPHEN and not plain(unit)


def _characters(units: str) -> Iterator[tuple[int, str]]:
    """Each character with its index; that of the first half for a surrogate pair."""
    for number, unit in enumerate(units):
        if "\ud800" <= unit < "\udc00" and number + 1 < len(units):
            pair = (unit + units[number + 1]).encode("utf-16-le", "surrogatepass")
            yield number, pair.decode("utf-16-le", "replace")
        elif not "\udc00" <= unit < "\ue000":
            yield number, unit
