"""Units of a source that can be quoted or cited: sentences, list items, table rows, and labels with values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from runtime.passages import HEADING_PATH
from runtime.sentences import sentences

LONGEST = 300
"""Characters of a unit; a longer one is split between clauses, or between words."""

BAR = " | "
"""Separates the cells of a row, as `runtime.reading` writes it."""

_ITEM = re.compile(r"\s*(?:[•·‣◦▪–—*-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+\S")
_OTHER_HALF = re.compile(r"\[page \d+: ([^\]]*)\]")
_CLAUSE = re.compile(r"(?<=[;:,–—])\s+")
_FIGURE = re.compile(r"[£$€¥]?\s?[-–]?\d")
_REPEATED_HEAD = re.compile(r"\[((?!page \d+: ).* \| .*)\]")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, item, row or label with value, as in the text of its source.

    `source` is the index of its source; `head` has the column names of a row, one per cell; `above` is what it is
    listed under: its heading, and the line that introduces a list.
    """

    source: int
    text: str
    head: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    is_heading: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """A row's cells; a single one for any other unit."""
        return tuple(cell.strip() for cell in self.text.split(BAR))

    @property
    def on_page(self) -> str:
        """The part of it that is on its page: without the other half of a sentence that crosses pages."""
        return _OTHER_HALF.sub("", self.text).strip()

    @property
    def shown(self) -> str:
        """The unit as displayed: a row with the names of its columns, a sentence that crosses pages as a whole."""
        cells = self.cells
        if len(cells) == 1:
            return _OTHER_HALF.sub(r"\1", self.text)
        names = self.head if len(self.head) == len(cells) else ("",) * len(cells)
        named = (
            f"{name.rstrip(':')}: {cell}" if name and cell else cell for name, cell in zip(names, cells, strict=True)
        )
        return BAR.join(part for part in named if part)


def units_of(source: int, text: str, heading: str, language: str) -> list[Unit]:
    """The units of a source's text, in order, including its headings."""
    found: list[Unit] = []
    head: tuple[str, ...] = ()
    under, lead, rows = heading, "", 0
    for line in text.split("\n"):
        if line.strip() in ("", "…"):
            continue
        repeated = _REPEATED_HEAD.fullmatch(line)
        if repeated:
            head, rows = _cells(repeated.group(1).partition(" / ")[0]), 1
            continue
        if BAR in line or line.startswith(BAR.strip() + " "):
            cells = _cells(line)
            if rows and _continues(cells, found):
                found[-1] = replace(found[-1], text=_joined(found[-1].text, cells))
                continue
            if not rows:
                head = cells if _names_columns(cells) else ()
            rows += 1
            above = tuple(part for part in (under, lead) if part)
            found.append(Unit(source, line, head if rows > 1 else (), above))
            continue
        rows, head = 0, ()
        is_heading = line in heading.split(HEADING_PATH)
        if is_heading:
            under, lead = line, ""
        is_item = _ITEM.match(line) is not None
        parts = [line] if is_item and len(line) <= LONGEST else _sentences(line, language)
        above = tuple(part for part in (under, lead) if part and part != line)
        found += [Unit(source, part, (), above, is_heading) for part in parts]
        if not is_item:
            lead = parts[-1] if parts and line.rstrip().endswith(":") else ""
    return found


def _sentences(line: str, language: str) -> list[str]:
    """The line's sentences, long ones split."""
    parts = (part.strip() for sentence in sentences(line, language) for part in _parts(sentence))
    return [part for part in parts if part]


def _parts(sentence: str) -> Iterator[str]:
    """Split a sentence into parts of at most LONGEST characters, between clauses if possible, else between words."""
    while len(sentence) > LONGEST:
        window = sentence[: LONGEST + 1]
        ends = [match.end() for match in _CLAUSE.finditer(window)]
        cut = next((end for end in reversed(ends) if end > LONGEST // 3), 0) or window.rfind(" ") + 1 or LONGEST
        yield sentence[:cut]
        sentence = sentence[cut:]
    yield sentence


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("|"))


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether a table's first row may be its column names: not a label with its value, nor figures only."""
    values = [cell for cell in cells[1:] if cell]
    return not cells[0].endswith(":") and not all(_FIGURE.match(cell) for cell in values)


def _continues(cells: Sequence[str], found: Sequence[Unit]) -> bool:
    """Whether a row continues the one above: a single cell, whose text carries on."""
    filled = [n for n, cell in enumerate(cells) if cell]
    if len(filled) != 1 or filled[0] == 0 or not found:
        return False
    before = found[-1].cells
    return len(before) > filled[0] and bool(before[filled[0]]) and cells[filled[0]][0].isalpha()


def _joined(row: str, cells: Sequence[str]) -> str:
    before = _cells(row)
    return BAR.join(f"{a} {cells[n] if n < len(cells) else ''}".strip() for n, a in enumerate(before))
