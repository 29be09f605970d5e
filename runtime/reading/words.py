"""What a reader gives of a page: its words with their boxes, and the rules that are drawn on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

MAX_LABEL = 20
"""Characters at most of what a file calls a page."""

VIEWER = re.compile("adobe|acrobat", re.IGNORECASE)
"""What a page names in whatever language that says no more than that the file needs another viewer: both kinds of file
that have such a page, XFA forms and portfolios, are Adobe's."""


class Style(NamedTuple):
    """What the words of one text object have in common. `size` in points; `angle` in degrees, counterclockwise, of the
    direction of writing on the page as shown; `hidden` says why nobody sees it, '' where it is seen."""

    size: float
    bold: bool
    fixed: bool
    angle: int
    hidden: str


class Word(NamedTuple):
    """A run of characters without a space on one baseline, and what is raised or lowered on it, or words that follow
    each other closely; its box in points from the top left of the page as shown.

    `baseline` is a height too. `glued` tells that the file has no space between it and the word before it,
    wherever that stands. `order` and `last` are the places in the file of its first and last part. `table` is the
    number of the ruled table for a row of which it stands, -1 for a word. `gaps` has the right of each word but the
    last, and the left of the next one.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    size: float
    style: Style
    glued: bool
    order: int
    last: int
    table: int = -1
    gaps: tuple[float, ...] = ()

    def words(self) -> list[Word]:
        """One by one."""
        if not self.gaps:
            return [self]
        texts = self.text.split(" ")
        lefts, rights = (self.left, *self.gaps[1::2]), (*self.gaps[0::2], self.right)
        return [
            self._replace(text=text, left=left, right=right, gaps=())
            for text, left, right in zip(texts, lefts, rights, strict=True)
        ]


DESCENT = 0.21
"""Of the size: how far a line's box reaches below its baseline, in most fonts."""


class Rule(NamedTuple):
    """A straight line, level or upright, or the `edge` of a box that is filled and has no outline."""

    left: float
    top: float
    right: float
    bottom: float
    edge: bool = False


class Note(NamedTuple):
    """What somebody has noted on a page: the text, its author, '' where none is named, its box as a word's, and the
    words that are drawn for it."""

    text: str
    author: str
    box: tuple[float, ...]
    drawn: list[Word]


class RawPage(NamedTuple):
    """What a reader gives of a page: width and height in points, words in the file's order, rules, the share of text
    without Unicode, whether it shows something besides text, asked where no word is seen, whether it has text of which
    the reader gives none, the notes on it, and how many fields and notes are left out."""

    width: float
    height: float
    words: list[Word]
    rules: list[Rule]
    unmapped: float
    pictures: bool
    unread: bool = False
    notes: Sequence[Note] = ()
    left_out: int = 0


class ReadError(Exception):
    """The file can't be read; `state` as in PdfError."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
