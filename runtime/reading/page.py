"""A page's words to its paragraphs, code and table rows, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from runtime.reading.characters import composed, joined
from runtime.reading.downward import with_downward_lines
from runtime.reading.grids import tables_in
from runtime.reading.headings import Headings
from runtime.reading.layout import Block, Column, blocks_of
from runtime.reading.lines import Line, Token, tokens_of
from runtime.reading.tables import Table
from runtime.reading.vocabulary import Vocabulary
from runtime.reading.words import RawPage, Word

BULLET = re.compile(r"^(?:[•‣◦▪●○∙·–—*-]|\(?(?:\d{1,3}|[a-z])[.)]|§§?\s*\d)(?:\s|$)")
SENTENCE_END = (".", "!", "?", ":", ";", "…", "”", '"', ")")

MOST_HEAD = 2000
"""Characters of a table's head that each of its rows carries: a passage takes a few hundred of them."""

WIDEST_CODE = 500
"""Letters: what stands farther to the right on a line of code is not held apart by as many spaces."""


def turned(word: Word, quarters: int, width: float, height: float) -> Word:
    """The word on a page that was turned until its text runs to the right; `quarters` clockwise ones bring it back."""
    left, top, right, bottom = word.left, word.top, word.right, word.bottom
    if quarters == 1:
        box = (top, width - right, bottom, width - left)
    elif quarters == 2:
        box = (width - right, height - bottom, width - left, height - top)
    else:
        box = (height - bottom, left, height - top, right)
    return word._replace(left=box[0], top=box[1], right=box[2], bottom=box[3], baseline=box[3] - 0.21 * word.style.size)


def back(box: Sequence[float], quarters: int, width: float, height: float) -> tuple[float, float, float, float]:
    """The box on the page as it is shown."""
    left, top, right, bottom = box
    if quarters == 0:
        return left, top, right, bottom
    if quarters == 1:
        return width - bottom, left, width - top, right
    if quarters == 2:
        return width - right, height - bottom, width - left, height - top
    return top, height - right, bottom, height - left


def paragraphs(raw: RawPage, layout: Headings, number: int, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """What can be seen on the page, as the frames carry it: level text first, then what is turned or oblique."""
    words, rules, width, height = raw.words, raw.rules, raw.width, raw.height
    made: list[dict[str, Any]] = []
    by_angle: dict[int, list[Word]] = {}
    for word in with_downward_lines(words):
        if not word.style.hidden:
            if layout.fixed and word.style.fixed:  # written by typewriter: not all of it is code
                word = word._replace(style=word.style._replace(fixed=False))
            by_angle.setdefault(word.style.angle, []).append(word)
    for angle in sorted(by_angle):
        own = by_angle[angle]
        quarters = round(angle / 90) % 4 if abs(angle - 90 * round(angle / 90)) <= 3 else -1
        if quarters < 0:
            text = composed(" ".join(word.text for word in own))
            made.append({"text": text, "boxes": [_box([*own], 0, width, height)], "level": 0, "kind": "text"})
            continue
        if quarters:
            own = [turned(word, quarters, width, height) for word in own]
        lines = rules if not quarters else ()
        tokens, tables = tables_in(tokens_of(own), lines)
        for block in _with_tables(blocks_of(tokens, lines), tables):
            if isinstance(block, Table):
                made += _rows(block, quarters, width, height, vocabulary)
            elif block.numbers:
                text = " ".join(line.text for line in block.lines)
                box = _box(block.lines, quarters, width, height)
                made.append({"text": text, "boxes": [box], "level": 0, "kind": "line numbers"})
            else:
                made += _texts(block.lines, quarters, width, height, layout, number, vocabulary)
    return made


def _with_tables(blocks: Iterable[Block], tables: Sequence[Table]) -> Iterator[Block]:
    """The blocks, with each ruled table in the place of the first line that stands for it."""
    told: set[int] = set()
    for block in blocks:
        if isinstance(block, Table):
            yield block
            continue
        for number, lines in groupby(block.lines, key=lambda line: line.table):
            if number < 0:
                yield Column(list(lines), block.numbers)
            elif number not in told:
                told.add(number)
                yield tables[number]


def _box(parts: Sequence[Any], quarters: int, width: float, height: float) -> list[float]:
    box = (
        min(part.left for part in parts),
        min(part.top for part in parts),
        max(part.right for part in parts),
        max(part.bottom for part in parts),
    )
    return [round(side, 1) for side in back(box, quarters, width, height)]


def _rows(table: Table, quarters: int, width: float, height: float, vocabulary: Vocabulary) -> Iterator[dict[str, Any]]:
    texts = [[_cell(cell, vocabulary) for cell in row] for row in table.rows]
    for own, again in zip(texts, table.again, strict=False):
        own[:] = [f"[{text}]" if repeated and text else text for text, repeated in zip(own, again, strict=True)]
    names = [[_cell(cell, vocabulary) for cell in row] for row in table.names]
    whole = " | ".join(_column_names(names)) if names else ""
    head = whole[:MOST_HEAD]
    columns = [round(edge) for edge in table.edges]
    if head:
        tokens = [token for row in table.rows[: table.heads] for cell in row for token in cell]
        box = _box(tokens, quarters, width, height)
        yield {"text": whole, "boxes": [box], "level": 0, "kind": "head", "head": head, "columns": columns}
    for row, cells in zip(table.rows[table.heads :], texts[table.heads :], strict=True):
        tokens = [token for cell in row for token in cell]
        if any(c.isalnum() for text in cells for c in text):
            text, box = " | ".join(cells).rstrip(" |"), _box(tokens, quarters, width, height)
            yield {"text": text, "boxes": [box], "level": 0, "kind": "row", "head": head, "columns": columns}


def _column_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Each column's names from the top, on one line. A name over several columns is that of each, where the names
    below it come again."""
    *above, last = rows
    again = len({name for name in last if name}) < sum(map(bool, last))
    names: list[list[str]] = [[] for _ in last]
    for row in above:
        filled = ""
        for column, name in enumerate(row):
            filled = name or (filled if again and column else "")
            if filled:
                names[column].append(filled)
    for column, name in enumerate(last):
        if name:
            names[column].append(name)
    return [" ".join(parts) for parts in names]


def _cell(tokens: Sequence[Token], vocabulary: Vocabulary) -> str:
    if not tokens:
        return ""
    rows: list[list[Token]] = []
    for token in tokens:
        if rows and token.left > rows[-1][-1].left and abs(token.baseline - rows[-1][-1].baseline) < 0.5 * token.size:
            rows[-1].append(token)
        else:
            rows.append([token])
    return joined([Line(row).text for row in rows], vocabulary).replace("|", "¦")


def _texts(
    lines: Sequence[Line],
    quarters: int,
    width: float,
    height: float,
    layout: Headings,
    number: int,
    vocabulary: Vocabulary,
) -> Iterator[dict[str, Any]]:
    heads = layout.heads(number, lines)
    for group in _groups(lines, heads):
        code = len(group) > 1 and all(line.fixed for line in group)
        text = _code(group) if code else joined([line.text for line in group], vocabulary)
        if any(c.isalnum() for c in text):
            yield {
                "text": text,
                "boxes": [_box(part, quarters, width, height) for part in _parts(group)],
                "level": 0 if code else layout.level(number, group, text),
                "kind": "code" if code else "text",
            }


def _code(group: Sequence[Line]) -> str:
    """Lines of one letter width with the spaces that they have on the page."""
    tokens = [token for line in group for token in line.tokens]
    wide = sorted((token.right - token.left) / max(1, len(token.text)) for token in tokens)[len(tokens) // 2] or 1.0
    left = min(line.left for line in group)
    texts = []
    for line in group:
        parts: list[str] = []
        length = 0
        end = left
        for token in line.tokens:
            apart = token.left - end > 0.3 * wide
            at = max(length + (apart and length > 0), min(round((token.left - left) / wide), WIDEST_CODE))
            parts += " " * (at - length), token.text
            length = at + len(token.text)
            end = token.right
        texts.append(composed_line("".join(parts)))
    return "\n".join(texts)


def composed_line(text: str) -> str:
    """A line of code as it is, but for characters that nobody sees."""
    return (
        text if text.isascii() and text.isprintable() else composed(text.replace(" ", "\u2007")).replace("\u2007", " ")
    )


def _parts(group: Sequence[Line]) -> list[list[Line]]:
    """Lines that go up again begin another column."""
    parts = [[group[0]]]
    for before, line in pairwise(group):
        if line.baseline < before.baseline - 2:
            parts.append([])
        parts[-1].append(line)
    return parts


def _groups(lines: Sequence[Line], heads: set[int]) -> Iterator[list[Line]]:
    """Runs of lines that are one paragraph; `heads` are the ids of lines that are a heading of their own."""
    if not lines:
        return
    pitches = sorted(b.baseline - a.baseline for a, b in pairwise(lines) if 2 < b.baseline - a.baseline < 40)
    pitch = pitches[(len(pitches) - 1) // 2] if pitches else 14.0
    right = max(line.right for line in lines)
    group = [lines[0]]
    for before, line in pairwise(lines):
        if id(line) in heads or id(before) in heads or _new_paragraph(before, line, group, pitch, right):
            yield group
            group = []
        group.append(line)
    yield group


def _new_paragraph(before: Line, line: Line, group: Sequence[Line], pitch: float, right: float) -> bool:
    if before.fixed != line.fixed and (len(before.tokens) > 1 or len(line.tokens) > 1):
        return True
    step = line.baseline - before.baseline
    if before.fixed and line.fixed:
        return not -2 < step < max(2.5 * line.size, 1.9 * pitch)
    if abs(line.size - before.size) > 0.12 * max(line.size, before.size) and len(line.text) > 3 < len(before.text):
        return True
    if step < -2:  # the next column, or the next page's top: a sentence may go on there
        return before.text.endswith(SENTENCE_END) or not line.text[:1].islower()
    if step > max(1.35 * pitch, 1.05 * pitch + 2):
        return True
    if step < 2:  # the same row
        return False
    short = before.right < right - 0.1 * (right - before.left)
    if short and step > 1.6 * line.size and before.text.endswith(SENTENCE_END):
        return True
    if BULLET.match(line.text):
        return True
    if line.bold != before.bold and (before.text.endswith(SENTENCE_END) or before.bold):
        return True
    indent = line.left - before.left
    first_line_indent = len(group) > 1 and 8 < indent < 60 and before.text.endswith(SENTENCE_END)
    hanging = indent < -8 and len(group) > 1 and before.text.endswith(SENTENCE_END)
    return first_line_indent or hanging
