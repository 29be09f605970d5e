"""What a reader extracts from a page: its words with their boxes, and the rules drawn on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

Box = tuple[float, ...]
"""Left, top, right and bottom in points, from the top left corner of the page as displayed."""

MAX_LABEL = 20
"""Maximum characters of a page's label."""

VIEWER = re.compile("adobe|acrobat", re.IGNORECASE)
"""What a page names in whatever language that says no more than that the file needs another viewer: both kinds of file
that have such a page, XFA forms and portfolios, are Adobe's."""


class Style(NamedTuple):
    """The common properties of the words of one text object. `size` is in points; `angle` in degrees, counterclockwise,
    is the direction of writing on the page as displayed; `hidden` says why it is not visible, '' if it is. Visible text
    that is not `drawn` is the invisible layer of a scan, or lies under a picture that shows it."""

    size: float
    bold: bool
    fixed: bool
    angle: int
    hidden: str
    drawn: bool = True


class Word(NamedTuple):
    """A run of characters without a space on one baseline, including superscripts and subscripts, or several closely
    spaced words; its box in points from the top left of the page as displayed.

    `baseline` is measured from the top too. `glued` means that the file has no space between it and the word before it,
    wherever that is. `order` and `last` are the positions in the file of its first and last part. `table` is the number
    of the ruled table if it is a placeholder for one of its rows, -1 for a word. `gaps` has, for several words, the
    right side of each but the last, followed by the left side of the next one.
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
        """The words, one by one."""
        if not self.gaps:
            return [self]
        texts = self.text.split(" ")
        lefts, rights = (self.left, *self.gaps[1::2]), (*self.gaps[0::2], self.right)
        return [
            self._replace(text=text, left=left, right=right, gaps=())
            for text, left, right in zip(texts, lefts, rights, strict=True)
        ]


DESCENT = 0.21
"""Of the size: how far a line's box extends below its baseline, in most fonts."""


class Rule(NamedTuple):
    """A straight horizontal or vertical line, or an `edge` of a filled box without an outline."""

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
    """A page as a reader extracts it: width and height in points, words in the file's order, rules, the share of text
    without Unicode; whether it shows something other than text, checked only if no word is visible; whether it has text
    that the reader could not extract; its notes; how many fields and notes are left out; the boxes of the parts to
    recognize, and what is wrong with the page."""

    width: float
    height: float
    words: list[Word]
    rules: list[Rule]
    unmapped: float
    pictures: bool
    unread: bool = False
    notes: Sequence[Note] = ()
    left_out: int = 0
    regions: tuple[tuple[float, float, float, float], ...] = ()
    fault: str = ""


class ReadError(Exception):
    """The file or page can't be read; `state` as in PdfError."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
