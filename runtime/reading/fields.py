"""What the fields of a form say, as words where these stand on the page."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runtime.reading.words import DESCENT, Box, Style, Word

TICKS = "☐☑○◉"

MAX_VALUE = 20_000
"""Characters of a field's value, some 3,000 words."""

ROW = 12
"""Points: rows of the page in which words are looked for."""

NEAREST = 8
"""Words of a row, on either side of a field, among which the one is looked for that it stands beside."""

LABEL = 1.5
"""Of the size: what stands no farther from a box to be ticked is its label."""

MAX_LOOKED_AT = 1_000_000
"""Words and rows that are looked at to tell in which fields letters are drawn, over a page, which takes 0.2 s; beyond
them, the fields count as drawn."""

SIZE, LARGEST = 0.75, 12.0
"""Of a field's height, and in points at most: the size of words in a field with no others beside it."""

LETTER = 0.5
"""Of the size: a letter's width."""


class Field(NamedTuple):
    """What a field says, its box on the page as shown, and whether that stands `instead` of what is drawn in the box,
    which is not among the page's words; else only where no letters are drawn in it."""

    text: str
    box: Box
    instead: bool


def with_fields(words: Sequence[Word], fields: Sequence[Field]) -> list[Word]:
    """A page's words with those of fields that are not drawn: behind them, but for a tick, which joins its label."""
    rows, made = _Rows(words), list(words)
    for field in fields:
        if not field.text or (not field.instead and rows.has_letters(field.box)):
            continue
        apart, beside = rows.beside(field.box)
        if field.text in TICKS and apart <= LABEL * made[beside].size:
            made[beside] = _joined(made[beside], field)
        else:
            made += _words(field, made[beside] if beside >= 0 else None, len(made))
    return made


def _joined(label: Word, tick: Field) -> Word:
    """A label with the tick before or behind it."""
    left, _, right, _ = tick.box
    if left + right < label.left + label.right:
        gaps = (right, label.left, *label.gaps)
        return label._replace(text=f"{tick.text} {label.text}", left=min(left, label.left), gaps=gaps)
    gaps = (*label.gaps, label.right, left)
    return label._replace(text=f"{label.text} {tick.text}", right=max(right, label.right), gaps=gaps)


def _words(field: Field, beside: Word | None, order: int) -> Iterator[Word]:
    """A field's words in its box, of the size and on the line of the word beside it."""
    left, top, right, bottom = field.box
    size = min(SIZE * (bottom - top), LARGEST)
    style, baseline = Style(round(size, 1), False, False, 0, ""), bottom - DESCENT * size
    if beside is not None:
        style, baseline = beside.style, beside.baseline
        top, bottom, size = beside.top, beside.bottom, beside.size
    texts = field.text.split()
    if len(texts) == 1:
        yield Word(texts[0], left, top, right, bottom, baseline, size, style, False, order, order)
        return
    letter = min(LETTER * size, (right - left) / len(field.text))
    for text in reversed(texts) if _runs_to_the_left(field.text) else texts:
        end = left + letter * len(text)
        yield Word(text, left, top, end, bottom, baseline, size, style, False, order, order)
        left, order = end + letter, order + 1


def _runs_to_the_left(text: str) -> bool:
    directions = [unicodedata.bidirectional(c) for c in text]
    return sum(one in ("R", "AL") for one in directions) > directions.count("L")


class _Rows:
    """Where a page's words stand: by their height, and in each row from left to right."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._rows: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
        for number, word in enumerate(words):
            if not word.style.hidden:
                self._rows[int(_middle(word) // ROW)].append((word.left, number))
        for row in self._rows.values():
            row.sort()
        self._left_to_look_at = MAX_LOOKED_AT

    def has_letters(self, box: Box) -> bool:
        """Whether a letter or a digit is drawn in a box."""
        left, top, right, bottom = box
        for number in range(int(top // ROW), int(bottom // ROW) + 1):
            row = self._rows.get(number, [])
            for start, at in row[bisect_left(row, (left - ROW, 0)) : bisect_left(row, (right, 0))]:
                word = self._words[at]
                self._left_to_look_at -= 1
                inside = top <= _middle(word) <= bottom and start + word.right >= 2 * left
                if inside and any(map(str.isalnum, word.text)):
                    return True
            self._left_to_look_at -= 1
            if self._left_to_look_at < 0:
                return True
        return False

    def beside(self, box: Box) -> tuple[float, int]:
        """How far the nearest level word on a box's left or right is from it, and that word's number; -1 for none."""
        left, top, right, bottom = box
        middle = (top + bottom) / 2
        nearest, found = float("inf"), -1
        for row in (self._rows.get(int(middle // ROW) + step, []) for step in (-1, 0, 1)):
            at = bisect_left(row, (left, 0))
            for _, number in row[max(0, at - NEAREST) : at + NEAREST]:
                word = self._words[number]
                apart = max(left - word.right, word.left - right)
                is_level = word.style.angle == 0
                if (
                    apart < nearest
                    and is_level
                    and (word.top <= middle <= word.bottom or top <= _middle(word) <= bottom)
                ):
                    nearest, found = apart, number
        return nearest, found


def _middle(word: Word) -> float:
    return (word.top + word.bottom) / 2
