"""Vertical lines of text, as in Chinese and Japanese, which begin at the right: PDFium returns each character as a
separate word that reads from left to right."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.reading.characters import is_cjk
from runtime.reading.words import Word

MIN_CHARACTERS = 3
"""Minimum characters of a vertical line."""

ALIGNED = 0.3
"""Of the size: maximum difference between the right sides of a line's characters."""

SOLID = 0.5
"""Of the size: maximum gap between a line's characters; rows of a table are farther apart, or stored row by row."""

DOWNWARD = 90
"""Degrees: rotated this far to the right, such lines read like any other, the rightmost first."""


def with_downward_lines(words: Iterable[Word]) -> list[Word]:
    """The words in the file's order, with those of each vertical line joined."""
    made: list[Word] = []
    run: list[Word] = []
    for word in words:
        if run and not _goes_on(run[-1], word):
            made += _joined(run)
            run = []
        run.append(word)
    return made + _joined(run)


def _goes_on(before: Word, word: Word) -> bool:
    if len(word.text) != 1 or len(before.text) != 1 or word.style != before.style or word.style.angle:
        return False
    size = word.size
    aligned = (
        abs(word.right - before.right) < ALIGNED * size and -ALIGNED * size < word.top - before.bottom < SOLID * size
    )
    return aligned and (is_cjk(word.text, word.text) or is_cjk(before.text, before.text))


def _joined(run: list[Word]) -> list[Word]:
    if len(run) < MIN_CHARACTERS:
        return run
    first, last = run[0], run[-1]
    return [
        first._replace(
            text="".join(word.text for word in run),
            left=min(word.left for word in run),
            right=max(word.right for word in run),
            bottom=last.bottom,
            baseline=last.bottom,
            style=first.style._replace(angle=DOWNWARD),
            glued=False,
            last=last.last,
        )
    ]
