"""The words that a page shows, in the order in which a person reads them. Runs in the sandboxed child."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from statistics import median
from typing import Any

from runtime.reading.characters import composed
from runtime.reading.page import turned
from runtime.reading.text_layer import MAX_WORDS
from runtime.reading.words import Word

ROW = 12.0
"""Points: height of the rows by which paragraphs are indexed."""

FARTHEST_ROW = 2000
"""The last of these rows, which is all that is below, so that a page of any height has no more of them."""

SAME_LINE, INITIAL = 0.5, 1.7
"""Of the usual height of a paragraph's words: those whose middles differ by less are on one line, with raised and
lowered ones; a higher one is an initial."""

LEVEL, CLOSE = 0.1, 0.25
"""Of the size: parts of a word differ by less in their baselines, and are closer to each other."""

EDGE = 1.0
"""Points of tolerance around a paragraph's box, for the middle of a word."""


def in_reading_order(
    words: Iterable[Word], paragraphs: Iterable[Sequence[float]], size: tuple[float, float]
) -> list[Word]:
    """Words, given in the file's order, in the order of the boxes of paragraphs in which they stand on a page of this
    size, and there line by line. A word outside of all stays behind the one before it in the file."""
    boxes = _Paragraphs(paragraphs)
    groups: dict[int, list[Word]] = {}
    here = -1
    for word in words:
        here = boxes.of(word, here)
        groups.setdefault(here, []).append(word)
    return [word for _, group in sorted(groups.items()) for word in _by_line(group, *size)]


class _Paragraphs:
    """Boxes that are found by points in them."""

    def __init__(self, boxes: Iterable[Sequence[float]]) -> None:
        self._rows: dict[int, list[tuple[float, int, Sequence[float]]]] = {}
        for number, box in enumerate(boxes):
            one = ((box[2] - box[0]) * (box[3] - box[1]), number, box)
            for row in range(_row(box[1] - EDGE), _row(box[3] + EDGE) + 1):
                self._rows.setdefault(row, []).append(one)

    def of(self, word: Word, otherwise: int) -> int:
        """The number of the smallest box that the middle of a word is in."""
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        around = [
            (area, number)
            for area, number, (left, top, right, bottom) in self._rows.get(_row(y), ())
            if left - EDGE <= x <= right + EDGE and top - EDGE <= y <= bottom + EDGE
        ]
        return min(around)[1] if around else otherwise


def _row(y: float) -> int:
    return int(min(max(y // ROW, -1), FARTHEST_ROW))


def _by_line(words: Sequence[Word], width: float, height: float) -> list[Word]:
    """The words of a paragraph from the top, each line from the left: emphasized words may be at a file's end, and
    PDFium has text that is upside down from its end. Oblique words, and lines that run to the left, stay as they are in
    the file."""
    angles = {word.style.angle for word in words}
    quarters, askew = divmod(angles.pop(), 90)
    if angles or askew:
        return list(words)
    upright = list(words) if not quarters % 4 else [turned(word, quarters % 4, width, height) for word in words]
    lines = _lines_of(upright)
    return [words[at] for line in lines for at in _in_line(line, upright)]


def _lines_of(words: Sequence[Word]) -> list[list[int]]:
    """The indexes of the words of each line, from the top."""
    usual = median(word.bottom - word.top for word in words)
    lines: list[list[int]] = []
    total = 0.0
    for middle, at in sorted((_middle(word, usual), at) for at, word in enumerate(words)):
        if not lines or middle - total / len(lines[-1]) > SAME_LINE * usual:
            lines.append([])
            total = 0.0
        lines[-1].append(at)
        total += middle
    return lines


def _middle(word: Word, usual: float) -> float:
    """How far from the page's top the middle of a word is, or where an initial begins that is lines high."""
    return word.top + min(word.bottom - word.top, INITIAL * usual) / 2


def _in_line(line: Sequence[int], words: Sequence[Word]) -> list[int]:
    kinds = [unicodedata.bidirectional(letter) for at in line for letter in words[at].text]
    if sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L"):
        return sorted(line)
    return sorted(line, key=lambda at: words[at].left)


def _whole(words: Iterable[Word]) -> Iterator[Word]:
    """The words, with those joined that are parts of one, such as a capital and the small capitals behind it."""
    before: Word | None = None
    for word in words:
        if before and _continues(before, word):
            top, bottom = min(before.top, word.top), max(before.bottom, word.bottom)
            text = before.text + word.text
            before = before._replace(text=text, right=word.right, top=top, bottom=bottom, last=word.last)
            continue
        if before:
            yield before
        before = word
    if before:
        yield before


def _continues(before: Word, word: Word) -> bool:
    """Whether the file has no space between two words, and neither has the page."""
    follows = word.glued and word.order == before.last + 1 and word.style.angle == before.style.angle == 0
    is_level = abs(word.baseline - before.baseline) < LEVEL * word.size
    return follows and is_level and abs(word.left - before.right) < CLOSE * word.size


def frame_of(words: Iterable[Word]) -> list[list[Any]]:
    """The first words as text, left, top, right and bottom."""
    placed: list[list[Any]] = []
    for word in islice(_whole(words), MAX_WORDS):
        sides = (round(side, 2) for side in (word.left, word.top, word.right, word.bottom))
        placed.append([composed(word.text), *sides])
    return placed
