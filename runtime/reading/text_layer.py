"""The words that are laid over a page's picture, so that what it shows can be selected and copied: bounded, whatever a
file has, and stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runtime.reading.characters import printable
from runtime.reading.sheets import LARGEST_SIDE
from runtime.reading.words import Box

MAX_WORDS = 8000
"""Of a page: the densest of real ones, an index or a table, has 3,000; the rest of a page with more can't be
selected."""

MAX_LETTERS = 200
"""Of a word: a longer one is divided. A line of Chinese, which has no spaces, has 50."""

PlacedWord = tuple[str, Box]
"""A word and its box: left, top, right and bottom in points, from the top left corner of the page as displayed."""


def bounded(given: Iterable[Sequence[Any]]) -> list[PlacedWord]:
    """Words of whatever origin, each a text and four sides, made safe: at most MAX_WORDS of at most MAX_LETTERS
    printable characters, without those that are nowhere near a page. ValueError or TypeError if they are no words."""
    made: list[PlacedWord] = []
    for text, *sides in given:
        first, top, last, bottom = (float(side) for side in sides)
        if all(abs(side) <= LARGEST_SIDE for side in (first, top, last, bottom)):  # NaN is not
            box = min(first, last), min(top, bottom), max(first, last), max(top, bottom)
            made += _pieces(printable(str(text)), box)
        if len(made) >= MAX_WORDS:
            break
    return made[:MAX_WORDS]


def _pieces(text: str, box: Box) -> Iterator[PlacedWord]:
    """A word, or a long one's parts side by side, as if all letters were of one width."""
    left, top, right, bottom = box
    letter = (right - left) / max(1, len(text))
    for start in range(0, min(len(text), MAX_WORDS * MAX_LETTERS), MAX_LETTERS):
        part = text[start : start + MAX_LETTERS]
        end = right if start + len(part) == len(text) else left + (start + len(part)) * letter
        yield part, (left + start * letter, top, end, bottom)


def to_json(words: Sequence[PlacedWord]) -> bytes:
    """To be stored: see `from_json`."""
    return json.dumps([[text, *box] for text, box in words], ensure_ascii=False, separators=(",", ":")).encode()


def from_json(content: bytes) -> list[PlacedWord]:
    """What `to_json` stored; ValueError for anything else."""
    try:
        return bounded(json.loads(content))
    except TypeError as error:
        raise ValueError(f"These are no words of a page: {content[:100]!r}") from error
