"""Which lines are headings: by the outline, their size and their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from runtime.reading.lines import Line
from runtime.reading.words import Word

NUMBERED_HEADING = re.compile(r"^(?:(?:chapter|appendix)\s+)?((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*)\.?\s+[A-ZÄÖÜ]")
HEADING_NUMBER = re.compile(r"^(?:(?:chapter|appendix)\b)?\s*(?:[a-z]|\d{1,3})?(?:\.\d{1,3})*\.?\s+(?=\S)")
NOT_WORD = re.compile(r"[\W_]+")
NOT_WORD_IN_LINE = re.compile(r"[^\w\n]+|_+")
LARGER = (1.6, 1.3, 1.15)
"""Times the body's size: headings of the three levels."""

TYPEWRITTEN = 9
"""Times as many letters of one width as others: all of the document is written in them."""

MAX_HEADING = 150
"""Characters of the longest line that can be a heading."""

MANY_TITLES = 50
"""Bookmarks that lead to one page: of more, each line is looked up by itself, not each title in all lines."""


class Headings:
    """What is the same over the document: the body's size, and the outline's headings."""

    def __init__(self, samples: Iterable[Sequence[Word]], outline: Sequence[tuple[str, int, int]]) -> None:
        sizes: Counter[float] = Counter()
        widths: Counter[bool] = Counter()
        for words in samples:
            for word in words:
                sizes[word.size] += len(word.text)
                widths[word.style.fixed] += len(word.text)
        self.fixed = widths[True] > TYPEWRITTEN * widths[False]  # whether all of the text is in letters of one width
        self.body_size = sizes.most_common(1)[0][0] if sizes else 10.0
        self._outline: dict[int, dict[str, int]] = {}
        for title, level, page in outline:
            self._outline.setdefault(page, {})[_plain(title)] = min(level, 3)

    def heads(self, number: int, lines: Sequence[Line]) -> set[int]:
        """The ids of the lines that a bookmark leads to."""
        titles = [title for title in self._outline.get(number, ()) if title]
        if not titles or not lines:
            return set()
        if len(titles) > MANY_TITLES:
            return {id(line) for line in lines if self._known(number, line.text)}
        # A title's line holds it as it is here, which tells nearly all lines apart by one search a page.
        whole = "\n".join([line.text.replace("\n", " ") for line in lines])
        flat = NOT_WORD_IN_LINE.sub("", _folded(whole)).split("\n")
        near = [line for line, text in zip(lines, flat, strict=True) if any(title in text for title in titles)]
        return {id(line) for line in near if self._known(number, line.text)}

    def _known(self, number: int, text: str) -> int:
        """The level of the bookmark that leads to this text on this page, 0 for none. A heading may go on
        behind the bookmark's words, as reference manuals put a summary behind a function's name."""
        titles = self._outline.get(number)
        if not titles or len(text) > MAX_HEADING or _is_page_head(text):
            return 0
        name, *rest = text.split(maxsplit=1)
        summary = "".join(rest)
        goes_on = summary[:1].isupper() and not text.endswith((".", ",", ":", ";"))
        return titles.get(_plain(text)) or (goes_on and titles.get(_plain(name))) or 0

    def level(self, number: int, lines: Sequence[Line], text: str) -> int:
        """1 to 3 for a heading, 0 for body text."""
        if len(text) > MAX_HEADING or not any(c.isalpha() for c in text) or _is_page_head(text):
            return 0
        known = self._known(number, text)
        if known:
            return known
        size = _median(line.size for line in lines)
        numbered = NUMBERED_HEADING.match(text)
        if size >= LARGER[2] * self.body_size and not text.endswith((",", ";")):
            if numbered:
                return min(3, numbered.group(1).count(".") + 1)
            return next(n for n, larger in enumerate(LARGER, 1) if size >= larger * self.body_size)
        if numbered and all(line.bold for line in lines) and not text.endswith("."):
            return min(3, numbered.group(1).count(".") + 1)
        return 0


def _is_page_head(text: str) -> bool:
    """Whether a number stands alone, far at one side of the text: a page's, which its head often has beside a title."""
    parts = text.split("\t")
    return len(parts) > 1 and (parts[0].isdecimal() or parts[-1].isdecimal())


def _median(values: Iterable[float]) -> float:
    """The middle value, the lower of two. The library's would double the time that this process starts in."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


def _plain(text: str) -> str:
    """A heading without its number, spacing and punctuation, for comparison."""
    return NOT_WORD.sub("", HEADING_NUMBER.sub("", _folded(text)))


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
