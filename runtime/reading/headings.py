"""Recognizes headings by the outline, their size and their numbers."""

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
"""Multiples of the body size: headings of the three levels."""

TYPEWRITTEN = 9
"""With this many times as many monospaced letters as others, the whole document is monospaced."""

MAX_HEADING = 150
"""Maximum characters of a heading."""

MANY_TITLES = 50
"""With more bookmarks to one page, each line is looked up, instead of each title in all lines."""


class Headings:
    """What holds for the whole document: the size of body text, and the outline's headings."""

    def __init__(self, samples: Iterable[Sequence[Word]], outline: Sequence[tuple[str, int, int]]) -> None:
        sizes: Counter[float] = Counter()
        widths: Counter[bool] = Counter()
        for words in samples:
            for word in words:
                sizes[word.size] += len(word.text)
                widths[word.style.fixed] += len(word.text)
        self.fixed = widths[True] > TYPEWRITTEN * widths[False]  # whether the whole document is monospaced
        self.body_size = sizes.most_common(1)[0][0] if sizes else 10.0
        self._outline: dict[int, dict[str, int]] = {}
        for title, level, page in outline:
            self._outline.setdefault(page, {})[_plain(title)] = min(level, 3)

    def heads(self, number: int, lines: Sequence[Line]) -> set[int]:
        """The ids of the lines that bookmarks lead to."""
        titles = [title for title in self._outline.get(number, ()) if title]
        if not titles or not lines:
            return set()
        if len(titles) > MANY_TITLES:
            return {id(line) for line in lines if self._known(number, line.text)}
        # A cheap prefilter: a title's line contains it verbatim in this form, which rules out nearly all other lines.
        whole = "\n".join([line.text.replace("\n", " ") for line in lines])
        flat = NOT_WORD_IN_LINE.sub("", _folded(whole)).split("\n")
        near = [line for line, text in zip(lines, flat, strict=True) if any(title in text for title in titles)]
        return {id(line) for line in near if self._known(number, line.text)}

    def _known(self, number: int, text: str) -> int:
        """The level of the bookmark that leads to this text on this page, 0 for none. A heading may continue after the
        bookmark's words: reference manuals put a summary after a function's name."""
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
    """Whether a number is alone at one side of the text: a running head often has the page number beside a title."""
    parts = text.split("\t")
    return len(parts) > 1 and (parts[0].isdecimal() or parts[-1].isdecimal())


def _median(values: Iterable[float]) -> float:
    """The median, the lower one of two. Importing `statistics` would double the start-up time of this process."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


def _plain(text: str) -> str:
    """A heading without number, spacing and punctuation, for comparison."""
    return NOT_WORD.sub("", HEADING_NUMBER.sub("", _folded(text)))


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
