"""Which part of a page shows a cited text so that it can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from runtime.reading.sheets import LARGEST_SIDE
from runtime.reading.words import Box

SHORTEST_LINE, TALLEST_LINE = 6.0, 40.0
"""Points: what the height of a line is taken for at least and at most."""

MARGIN = 1.6
"""Of the height of a box, above and below a text: its boxes are no higher than letters, so that this is a line."""

GUTTER = 0.6
"""Of a line's height: words that are no farther apart are in one column. The words of some lines are seen together, so
that few gaps between words are left."""

NEIGHBOURS = 2.0
"""Lines above and below that tell how wide a column is."""

MAX_HEIGHT = 160.0
"""Points of a text that are shown, a dozen lines: it begins with the first of its boxes."""

MIN_WIDTH = 216.0
"""Points: what is narrower is widened, lest a single word fill the picture."""


def part_around(boxes: Sequence[Box], words: Iterable[Box]) -> Box:
    """The part of a page around a text, which has a box per line, with `words` as those of the page: a line more above
    and below, and as wide as the column of words around it, or as the page where there are none. All are in points.
    It may extend beyond the page. ValueError without a box."""
    if not boxes:
        raise ValueError("A text without a box has no place on a page.")
    line = min(max(median(bottom - top for _, top, _, bottom in boxes), SHORTEST_LINE), TALLEST_LINE)
    left, top, right, bottom = _beginning(boxes)
    near = NEIGHBOURS * line
    around = [(word[0], word[2]) for word in words if word[1] < bottom + near and word[3] > top - near]
    left, right = _column(left, right, around, GUTTER * line) if around else (0.0, LARGEST_SIDE)
    spare = max(line, (MIN_WIDTH - (right - left)) / 2)
    return left - spare, top - MARGIN * line, right + spare, bottom + MARGIN * line


def _beginning(boxes: Sequence[Box]) -> Box:
    """The box around the first boxes that are not too high together."""
    left, top, right, bottom = boxes[0]
    for box in boxes[1:]:
        if max(bottom, box[3]) - min(top, box[1]) > MAX_HEIGHT:
            break
        left, top, right, bottom = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
    return left, top, right, min(bottom, top + MAX_HEIGHT)


def _column(left: float, right: float, spans: Iterable[tuple[float, float]], gap: float) -> tuple[float, float]:
    """From left to right, with all spans that are no farther away than the gap, from span to span."""
    columns: list[tuple[float, float]] = []
    for start, end in sorted([*spans, (left, right)]):
        if columns and start <= columns[-1][1] + gap:
            columns[-1] = (columns[-1][0], max(columns[-1][1], end))
        else:
            columns.append((start, end))
    return next((start, end) for start, end in columns if start <= left and right <= end)
