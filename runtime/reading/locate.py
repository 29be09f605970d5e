"""Locates texts on a page: their boxes, found by the page's letters.

The text of a passage differs from its page in spaces, hyphens, bars, case and forms of letters. So only letters and
digits are compared, in their plainest form.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, Protocol

from runtime.reading.words import Box

ENOUGH = 0.6
"""Minimum share of a text's letters to be found if it is not on the page as a single run."""

SEED = 8
"""Minimum letters of a part of a text; a shorter one must be whole words on the page."""

NEAR_LETTERS = 400
"""Maximum distance, in letters, of parts shorter than two seeds from the longest part of a text."""

NEAR_POINTS = 72.0
"""How far above or below one cell of a row another may be."""

NEXT_LINE = 24.0
"""Maximum points from one line to the next."""

OCCURRENCES = 100
"""Maximum occurrences of a part that are compared; a page full of one word has more."""

EDGE = 2.0
"""Points of tolerance around a hint, for the middle of a letter."""

SAME_LINE, SAME_WORDS = 0.5, 1.0
"""Rectangles are on one line if they overlap by this share of the smaller height, and are no farther apart than this
share of it."""

MAX_BOXES = 100
"""Maximum boxes of a text, and of a stretch of its letters."""

_CELLS = re.compile(r"[|\t\n]")
_DOTLESS = str.maketrans("ıȷ", "ij")
_MODIFIERS = re.compile("[\u02b0-\u02ff]")
"""Spacing accents, some of which Unicode calls letters."""


class Letters(Protocol):
    """A page's letters and digits in reading order: `text` has their plain forms, `middles` the middle of each, in
    points from the top left corner of the page as displayed."""

    text: str
    middles: list[tuple[float, float]]

    def joined(self, at: int) -> bool:
        """Whether a letter and the next are in one word or number."""

    def boxes(self, places: Sequence[int]) -> Iterator[Box]:
        """The boxes of letters by their indexes, at least one per line."""


def locate(letters: Letters, texts: Sequence[tuple[str, Sequence[Box]]]) -> list[list[Box]]:
    """The boxes of each text on the page, in points from the top left corner of the page as displayed; none if it is
    not found. The boxes given with a text are where it probably is: it is looked for there first."""
    return [_boxes(letters, text, near) for text, near in texts]


def locate_exactly(letters: Letters, text: str, near: Sequence[Box]) -> list[Box]:
    """The boxes of a text that is where it is said to be, as a single run."""
    view = _View(letters, _within(letters, near))
    sought = plain(text)
    return _merged(view, view.runs(sought)[:1]) if sought else []


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The letters and digits of a text in their plainest form, without case, accents and ligatures."""
    bare = _MODIFIERS.sub("", unicodedata.normalize("NFKD", text)).translate(_DOTLESS).casefold()
    return "".join(c for c in bare if c.isalnum())


class WordLetters:
    """The letters of words whose boxes are known."""

    def __init__(self, words: Sequence[tuple[str, Box]]) -> None:
        folded = [plain(text) for text, _ in words]
        self.text = "".join(folded)
        self._words = [box for _, box in words]
        self._of = [number for number, text in enumerate(folded) for _ in text]
        self.middles = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (self._words[n] for n in self._of)]

    def word_of(self, at: int) -> int:
        """The number of the word that a letter is in."""
        return self._of[at]

    def joined(self, at: int) -> bool:
        """Whether a letter and the next are in one word."""
        return 0 <= at < len(self._of) - 1 and self._of[at] == self._of[at + 1]

    def boxes(self, places: Sequence[int]) -> Iterator[Box]:
        """The boxes of the letters' words."""
        for number in dict.fromkeys(self._of[at] for at in places):
            yield self._words[number]


def find_all(words: Sequence[tuple[str, Box]], text: str) -> list[list[Box]]:
    """The boxes of each occurrence of a text among a page's words, one per line, in reading order: at the beginning of
    a word, or within one. An occurrence is marked by whole words."""
    letters, sought = WordLetters(words), plain(text)
    found: list[list[Box]] = []
    for start, end in _apart(sought, letters.text) if sought else ():
        within = letters.word_of(start) == letters.word_of(end - 1)
        if within or not letters.joined(start - 1):
            found.append(_lines(list(letters.boxes(range(start, end)))))
    return found


class _View:
    """All letters of a page, or those within a hint."""

    def __init__(self, letters: Letters, places: Sequence[int]) -> None:
        self.letters, self.places = letters, places
        self.text = "".join([letters.text[at] for at in places])

    def runs(self, sought: str) -> list[tuple[int, int]]:
        """The occurrences of a text: as whole words if there are any; otherwise anywhere, if it is long enough not to
        match by chance."""
        found = list(islice(_occurrences(sought, self.text), OCCURRENCES))
        whole = [run for run in found if self._is_whole(*run)]
        return whole or (found if len(sought) >= SEED else [])

    def _is_whole(self, start: int, end: int) -> bool:
        return not self.letters.joined(self.places[start] - 1) and not self.letters.joined(self.places[end - 1])

    def middle(self, run: tuple[int, int]) -> tuple[float, float]:
        """The middle of a run's first letter."""
        return self.letters.middles[self.places[run[0]]]


def _occurrences(sought: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(sought)
    while at >= 0:
        yield at, at + len(sought)
        at = text.find(sought, at + 1)


def _apart(sought: str, text: str) -> Iterator[tuple[int, int]]:
    """The occurrences of a text that do not overlap."""
    return ((found.start(), found.end()) for found in re.finditer(re.escape(sought), text))


def _boxes(letters: Letters, text: str, near: Sequence[Box]) -> list[Box]:
    hinted = _within(letters, near)
    for places in (hinted, range(len(letters.text))):
        view = _View(letters, places)
        if runs := _found(view, text):
            return _merged(view, runs)
    return []


def _merged(view: _View, runs: Sequence[tuple[int, int]]) -> list[Box]:
    boxes = [box for start, end in runs for box in view.letters.boxes(view.places[start:end])]
    return _lines(boxes)[:MAX_BOXES]


def _within(letters: Letters, boxes: Sequence[Box]) -> list[int]:
    """The indexes of the letters whose middle is in one of the boxes."""
    return [
        at
        for at, (x, y) in enumerate(letters.middles)
        if any(b[0] - EDGE <= x <= b[2] + EDGE and b[1] - EDGE <= y <= b[3] + EDGE for b in boxes)
    ]


def _found(view: _View, text: str) -> list[tuple[int, int]]:
    """The runs of letters that make up a text, none if too few of its letters are found."""
    sought = plain(text)
    if not sought:
        return []
    if runs := view.runs(sought):
        return runs[:1]
    for some in (_cells(view, [plain(cell) for cell in _CELLS.split(text)]), _longest(view, sought)):
        if sum(end - start for start, end in some) >= ENOUGH * len(sought):
            return some
    return []


def _cells(view: _View, cells: Sequence[str]) -> list[tuple[int, int]]:
    """The cells of a row, located separately, close to the cell with the fewest occurrences."""
    standing = [runs for cell in cells if cell and (runs := view.runs(cell))]
    if len(standing) < 2:
        return []
    standing.sort(key=len)
    rows = (_row(view, anchor, standing[1:]) for anchor in standing[0])
    return max(rows, key=lambda row: (sum(end - start for start, end in row.runs), -row.apart)).runs


class _Row(NamedTuple):
    """The cells of a row, and the sum of their vertical distances from the first, in points."""

    runs: list[tuple[int, int]]
    apart: float


def _row(view: _View, anchor: tuple[int, int], others: Sequence[Sequence[tuple[int, int]]]) -> _Row:
    x, y = view.middle(anchor)
    taken, apart = [anchor], 0.0
    for runs in others:
        near = [
            (abs(other[1] - y), abs(other[0] - x), run)
            for run in runs
            if abs((other := view.middle(run))[1] - y) <= NEAR_POINTS
            and all(run[1] <= start or end <= run[0] for start, end in taken)
        ]
        if near:
            best = min(near)
            taken.append(best[2])
            apart += best[0]
    return _Row(taken, apart)


def _longest(view: _View, sought: str) -> list[tuple[int, int]]:
    """The longest parts of a text, in order, that are on the page and close to each other."""
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(view.text) - SEED + 1):
        known = places[view.text[at : at + SEED]]
        if len(known) < OCCURRENCES:
            known.append(at)
    parts: list[tuple[int, int]] = []
    between: list[tuple[str, int]] = []  # what is too short to be located by itself, with the part before it
    at = previous_end = missed = 0
    while at < len(sought):
        found = [
            (length, -abs(place - previous_end), place)
            for place in places.get(sought[at : at + SEED], ())
            if (length := _common(sought, at, view.text, place)) >= SEED
        ]
        if not found:
            at += 1
            continue
        length, _, place = max(found)
        between.append((sought[missed:at], len(parts) - 1))
        parts.append((place, place + length))
        at += length
        previous_end, missed = place + length, at
    if not parts:
        return []
    between.append((sought[missed:], len(parts) - 1))
    first, last = max(parts, key=lambda part: part[1] - part[0])
    near = (first - NEAR_LETTERS, last + NEAR_LETTERS)
    whole = [part for part in parts if part[1] - part[0] >= 2 * SEED or near[0] <= part[0] <= near[1]]
    missing = [(text, parts[max(0, part)]) for text, part in between if parts[max(0, part)] in whole]
    return [*whole, *_between(view, missing, whole)]


def _between(
    view: _View, texts: Sequence[tuple[str, tuple[int, int]]], parts: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The short texts that are whole words on the line of the part that they belong to, or on the next one."""
    found: list[tuple[int, int]] = []
    for text, (_, end) in texts:
        x, y = view.middle((end - 1, end))
        near = [
            (abs(other[1] - y), abs(other[0] - x), run)
            for run in (view.runs(text) if text else ())
            if abs((other := view.middle(run))[1] - y) <= NEXT_LINE
            and all(run[1] <= start or end <= run[0] for start, end in (*parts, *found))
        ]
        if near:
            found.append(min(near)[2])
    return found


def _common(first: str, at: int, second: str, place: int) -> int:
    """The length of the common prefix from these positions on."""
    length = 0
    while at + length < len(first) and place + length < len(second) and first[at + length] == second[place + length]:
        length += 1
    return length


def _lines(boxes: Sequence[Box]) -> list[Box]:
    """The boxes, with consecutive ones on one line merged."""
    lines: list[Box] = []
    for box in boxes:
        if lines and _on_one_line(lines[-1], box):
            left, top, right, bottom = lines.pop()
            box = (min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3]))
        lines.append(box)
    return lines


def _on_one_line(one: Box, other: Box) -> bool:
    height = min(one[3] - one[1], other[3] - other[1])
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    gap = max(one[0], other[0]) - min(one[2], other[2])
    return overlap >= SAME_LINE * height and gap <= SAME_WORDS * height
