"""Divides lines at vertical strips of white space: the gaps between a table's cells may be as narrow as two spaces, and
only the rows above and below distinguish them from spaces."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from runtime.reading.lines import CURRENCY, SHARES, Line, Row, one_line
from runtime.reading.words import Word

NARROW = 0.45
"""Of the size: minimum width of a strip of white that divides columns; a space is half as wide."""

WIDER = 1.6
"""Of the usual space between words: a strip is wider."""

LEADER_SIGNS = frozenset(".·…_-")
"""Characters of leaders, between an entry and its page number."""

ROWS = 3
"""Minimum rows with text on both sides of a strip."""

ASIDE = 2
"""Maximum rows in between with text on one side only."""

SAME = 1.05
"""The widest space over the narrowest one in a justified line, however wide they are."""

LONGEST_SIGN = 4
"""Maximum characters of a list item's bullet or number."""

SHARED = 20
"""Maximum gaps of a row that are compared with one above."""

FAR_BELOW = 3.0
"""Of the size: a strip does not extend to a row this far below."""

JUSTIFIED, MIN_SPACES = 1.3, 4
"""A line with at least so many spaces, whose widest is less than this many times its narrowest, is justified prose."""

Span = tuple[float, float]
"""Left and right, in points."""


class _Row(NamedTuple):
    """A row: where its text begins and ends, its size and baseline, the minimum width of a gap that divides it, and its
    candidate gaps."""

    left: float
    right: float
    size: float
    baseline: float
    least: float
    whites: list[Span]

    @classmethod
    def of(cls, row: Row, narrow: float, gaps: Sequence[Sequence[tuple[Word, Word]]]) -> _Row:
        """The row with these gaps in its lines."""
        first, right = row[0], max(line.right for line in row)
        whites = [(a.right, b.left) for own in gaps for a, b in own] + [(a.right, b.left) for a, b in pairwise(row)]
        return cls(first.left, right, first.size, first.baseline, narrow * first.size, sorted(whites))


def divided(rows: Sequence[Row]) -> list[Row]:
    """The rows, with their lines divided at vertical strips of white space."""
    rows = [[one_line(row)] if len(row) > 1 and _is_justified(row) else row for row in rows]
    narrow = max(NARROW, WIDER * _usual_space(rows))
    gaps = [[_gaps(line, narrow) for line in row] for row in rows]
    if not any(own for of_row in gaps for own in of_row):
        return list(rows)
    known = [_Row.of(row, narrow, of_row) for row, of_row in zip(rows, gaps, strict=True)]
    return [
        [part for line, own in zip(row, of_row, strict=True) for part in _parts(line, own, number, known)]
        for number, (row, of_row) in enumerate(zip(rows, gaps, strict=True))
    ]


def _usual_space(rows: Sequence[Row]) -> float:
    """The lower quartile of the spaces between words, of the size: they are wide in monospaced text and scans."""
    spaces = sorted(space / line.size for row in rows for line in row for space in _spaces(line) if space > 0)
    return spaces[len(spaces) // 4] if spaces else 0.0


def _spaces(line: Line) -> list[float]:
    return [
        *(b.left - a.right for a, b in pairwise(line.tokens)),
        *(
            right - left
            for token in line.tokens
            for left, right in zip(token.gaps[0::2], token.gaps[1::2], strict=True)
        ),
    ]


def _is_justified(row: Row) -> bool:
    """Whether a row is a justified line of prose: words of different widths, evenly spaced."""
    if any(line.table >= 0 for line in row):
        return False
    tokens = [token for line in row for token in line.tokens]
    gaps = [b.left - a.right for a, b in pairwise(tokens)]
    if len(tokens[0].text) <= LONGEST_SIGN:  # a list item
        del gaps[0]
    widths = [token.right - token.left for token in tokens]
    words = sum(any(map(str.isalpha, token.text)) for token in tokens)
    even = len(gaps) > 1 and 0 < max(gaps) < SAME * min(gaps)
    return even and words > 2 and max(widths) > SAME * min(widths)


def _gaps(line: Line, narrow: float) -> list[tuple[Word, Word]]:
    """Pairs of words of a line between which columns may be divided: not in code or justified prose, nor at leaders."""
    if line.fixed or len(line.tokens) < 2:
        return []
    least = narrow * line.size
    wide = [(a, b) for a, b in pairwise(line.tokens) if b.left - a.right >= least]
    if not wide:
        return []
    spaces = _spaces(line)
    if len(spaces) >= MIN_SPACES and max(spaces) < JUSTIFIED * min(spaces):
        return []
    return [
        (a, b)
        for a, b in wide
        if a.text not in CURRENCY and b.text not in SHARES and a.text not in LEADER_SIGNS and b.text not in LEADER_SIGNS
    ]


def _parts(line: Line, gaps: Sequence[tuple[Word, Word]], number: int, rows: Sequence[_Row]) -> list[Line]:
    """A line's parts between strips of white space."""
    cuts = {id(b) for a, b in gaps if _runs_down((a.right, b.left), number, rows)}
    if not cuts:
        return [line]
    starts = [0, *(n for n, token in enumerate(line.tokens) if id(token) in cuts), len(line.tokens)]
    return [Line(line.tokens[start:end]) for start, end in pairwise(starts)]


def _runs_down(white: Span, number: int, rows: Sequence[_Row]) -> bool:
    """Whether a gap of a row extends through adjacent rows, above, below, or both."""
    for above in range(ROWS):
        shared, found = _on(white, number, -1, above, rows)
        _, more = _on(shared, number, 1, ROWS - 1 - above, rows)
        if found + more >= ROWS - 1:
            return True
    return False


def _shared(white: Span, whites: Sequence[Span]) -> Span:
    """The widest overlap of a gap with a row's gaps."""
    first = bisect_right(whites, white[0], key=itemgetter(1))
    near = whites[first : first + SHARED]
    return max(
        ((max(white[0], left), min(white[1], right)) for left, right in near),
        key=lambda s: s[1] - s[0],
        default=(0.0, 0.0),
    )


def _on(white: Span, number: int, step: int, most: int, rows: Sequence[_Row]) -> tuple[Span, int]:
    """Follow a gap from a row, up or down: what is left of it, and through how many rows with text on both sides, at
    most `most`."""
    found = aside = 0
    while found < most and aside <= ASIDE and 0 <= number + step < len(rows):
        before, row = rows[number], rows[number + step]
        if abs(row.baseline - before.baseline) > FAR_BELOW * max(row.size, before.size):
            break
        shared = _shared(white, row.whites)
        if shared[1] - shared[0] >= row.least:
            white, found, aside = shared, found + 1, 0
        elif row.right <= white[1] - row.least:
            white, aside = (max(row.right, white[0]), white[1]), aside + 1
        elif row.left >= white[0] + row.least:
            white, aside = (white[0], min(row.left, white[1])), aside + 1
        else:
            break
        number += step
    return white, found
