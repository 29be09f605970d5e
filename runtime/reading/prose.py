"""Tells which columns are read from top to bottom: columns of prose, whose lines continue the line above."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from runtime.reading.characters import LEADERS
from runtime.reading.lines import SAME_ROW, SAME_SIZE, Line, Row, one_line

CLOSE = 2.0
"""Of the size: maximum step between lines of prose."""

SAME_HEIGHT = 0.8
"""Of the size: baselines that differ by less are side by side."""

CELL_WORDS = 2.5
"""Maximum average words of a cell's line; prose has more."""

LONG = 0.6
"""Of a column's width: minimum length of a line of prose that does not end a paragraph."""

SPACE = 0.25
"""Of the size: minimum space between two words."""

FULL_WORDS = 3
"""Minimum words of a line of a narrow column."""

PROSE_WORDS = 4
"""Minimum words of a line of prose."""

FLOWING = 0.6
"""Minimum share of a column's lines with text beside them that continue the line above, in prose."""

FEW_PAIRS = 2
"""A column with at most so many pairs of lines is judged together with those beside it."""

MAX_CELL_LINES = 12
"""Maximum average lines of a table row."""

LABELLED = 0.75
"""Minimum share of lines with text beside them, in a table's column of labels."""

AGREEING = 0.7
"""Minimum share of gaps at the same heights in all columns, if they are between a table's rows."""

WIDE_STEP = 1.25
"""Of the lower quartile of the steps between lines: a wider one is a gap."""


def flows(columns: Sequence[Sequence[Row]]) -> list[bool]:
    """Which columns are read from top to bottom, like prose, instead of row by row, like tables: their lines
    continue the line above although there is text beside them."""
    lines = [[one_line(row) for row in column] for column in columns]
    if all(map(_are_entries, lines)):
        return [True] * len(columns)
    if _rows_agree(columns) or _are_cells(columns):
        return [False] * len(columns)
    whole = [[len(row) == 1 for row in column] for column in columns]
    heights = sorted(line.baseline for column in lines for line in column)
    beside = [
        [_near(heights, line) > _near(own, line) for line in column]
        for column, own in ((column, [line.baseline for line in column]) for column in lines)
    ]
    if all(map(_continues, lines)) or all(map(_are_wordy, lines)):
        return [True] * len(columns)
    pairs = [_pairs(*column) for column in zip(lines, beside, whole, strict=True)]
    flowing = [len(own) > FEW_PAIRS and _mostly(own) for own in pairs]
    together = [pair for own in pairs for pair in own]
    if not all(flowing) and any(together) and all(any(own) for own in pairs if own) and _mostly(together):
        return [True] * len(columns)  # only a few lines each, so they are judged together
    others = [line for own, is_flowing in zip(lines, flowing, strict=True) if not is_flowing for line in own]
    if not others or sum(map(words_in, others)) > CELL_WORDS * len(others):
        return flowing
    return [one and not _are_labels(own, near) for one, own, near in zip(flowing, lines, beside, strict=True)]


def _are_labels(lines: Sequence[Line], beside: Sequence[bool]) -> bool:
    """Whether a column beside cells of a word or two labels their rows: its lines are short, and most of them have text
    beside them."""
    return sum(beside) >= LABELLED * len(lines) and not _are_wordy(lines)


def _are_wordy(lines: Sequence[Line]) -> bool:
    return sum(map(words_in, lines)) >= PROSE_WORDS * len(lines)


def _are_entries(lines: Sequence[Line]) -> bool:
    """Whether most lines are entries with leaders; single letters, the headings of an index, don't count."""
    led = [LEADERS.search(line.text) is not None for line in lines if len(line.text) > 1]
    return 2 * sum(led) > len(led)


def _are_cells(columns: Sequence[Sequence[Row]]) -> bool:
    """Whether each row has a cell in every column, of a word or two."""
    heights = [[row[0].baseline for row in column] for column in columns]
    if any(len(own) != len(heights[0]) for own in heights):
        return False
    lines = [line for column in columns for row in column for line in row]
    level = all(abs(a - b) < SAME_HEIGHT for own in heights for a, b in zip(own, heights[0], strict=True))
    return level and sum(map(words_in, lines)) <= CELL_WORDS * len(lines)


def _continues(lines: Sequence[Line]) -> bool:
    """Whether each of a few lines plainly continues the one above, as in a caption."""
    return len(lines) > 1 and all(
        line.text[:1].islower() and words_in(before) >= PROSE_WORDS for before, line in pairwise(lines)
    )


def words_in(line: Line) -> int:
    """The number of words in a line that have letters."""
    return sum(any(map(str.isalpha, word)) for word in line.text.split())


def _near(baselines: Sequence[float], line: Line) -> int:
    """How many of some sorted baselines are at a line's height."""
    within = SAME_HEIGHT * line.size
    return bisect_left(baselines, line.baseline + within) - bisect_left(baselines, line.baseline - within)


def _pairs(lines: Sequence[Line], beside: Sequence[bool], whole: Sequence[bool]) -> list[bool]:
    """For each of a column's lines with text beside it, after the first and below one of its size, whether it continues
    the line above: it is close below, and its first word had no room there, or it is in lower case below a long line
    that does not end a sentence. A line with a gap in it never does."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    long = left + LONG * (right - left)
    return [
        one
        and line.table < 0
        and line.baseline - before.baseline < CLOSE * line.size
        and (_is_full(before, line, right) or (before.right > long and _is_within(before, line)))
        for (before, line), near, one in zip(pairwise(lines), beside[1:], whole[1:], strict=True)
        if near and abs(line.size - before.size) < SAME_SIZE * line.size
    ]


def _is_within(before: Line, line: Line) -> bool:
    """Whether a line begins in the middle of a sentence of the one above."""
    return line.text[:1].islower() and words_in(before) > 1 and not before.text.endswith((".", ":", ";", "!", "?"))


def _mostly(pairs: Sequence[bool]) -> bool:
    return sum(pairs) >= FLOWING * len(pairs)


def _is_full(before: Line, line: Line, right: float) -> bool:
    """Whether a line is full: the next word has no room before the column's right edge."""
    first, last = line.tokens[0].words()[0], before.tokens[-1]
    room = right - before.right - SPACE * line.size
    return (
        first.right - first.left > room
        and words_in(before) >= FULL_WORDS
        and any(map(str.isalnum, last.text.rpartition(" ")[2]))
    )


def _rows_agree(columns: Sequence[Sequence[Row]]) -> bool:
    """Whether the columns have gaps at the same heights, like a table with rows of a few lines."""
    gaps = [_gaps(column) for column in columns]
    fewest = min(gaps, key=len)
    if len(fewest) < 2 or max(map(len, columns)) > MAX_CELL_LINES * (len(fewest) + 1):
        return False
    ends = [[end for _, end in other] for other in gaps]
    wordy = all(_are_wordy([one_line(row) for row in column]) for column in columns)
    near = SAME_ROW * columns[0][0][0].size if wordy else math.inf  # cells of a few words may be vertically centred
    shared = sum(
        all(
            (at := bisect_right(end, a)) < len(end) and other[at][0] < b and abs(other[at][1] - b) < near
            for other, end in zip(gaps, ends, strict=True)
        )
        for a, b in fewest
    )
    return shared >= AGREEING * max(map(len, gaps))


def _gaps(column: Sequence[Row]) -> list[tuple[float, float]]:
    """The gaps: baselines of consecutive lines that are farther apart than most."""
    lines = [one_line(row) for row in column]
    steps = [b.baseline - a.baseline for a, b in pairwise(lines)]
    if not steps:
        return []
    pitch = sorted(steps)[len(steps) // 4]
    return [(a.baseline, b.baseline) for a, b in pairwise(lines) if b.baseline - a.baseline > WIDE_STEP * pitch]
