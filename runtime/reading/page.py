"""Turns a page's words into paragraphs, code and table rows, in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from runtime.reading.characters import LEADERS, composed, joined
from runtime.reading.downward import with_downward_lines
from runtime.reading.grids import tables_in
from runtime.reading.headings import Headings
from runtime.reading.layout import Block, Column, blocks_of
from runtime.reading.lines import SAME_SIZE, Line, lines_of, rows_of, tokens_of
from runtime.reading.prose import CLOSE, PROSE_WORDS
from runtime.reading.tables import Table
from runtime.reading.vocabulary import Vocabulary
from runtime.reading.words import DESCENT, RawPage, Word

DECORATION = re.compile(r"(?:[\s._=~·•…|*\ufffc\u2500-\u259f-]|[–—]{2,})*")
"""Text that is only a line drawn with characters."""

BULLET = re.compile(r"^(?:[•‣◦▪●○◉☐☑∙·–—*-]|\(?(?:\d{1,3}|[a-z])[.)]|§§?\s*\d)(?:\s|$)")
UP = 2.0
"""Points: baselines that differ by less are the same."""

MAX_STEP = 40.0
"""Maximum points between lines of a paragraph."""

NEW_STEP = 1.35
"""Multiple of the usual step between lines of this size: a wider one begins a paragraph."""

CODE_STEPS = (2.5, 1.9)
"""Multiples of the size and of the step between lines: a wider gap ends a code block, a narrower one is a blank
line."""

SHORT, SPACED = 0.1, 1.6
"""A line ends a paragraph if it is short by this share of the column's width, and the step to the next one is this
multiple of the size, as in widely spaced text."""

INDENT = (8.0, 60.0)
"""Minimum and maximum points by which a paragraph's first line is indented."""

BELOW = 3.0
"""Of the size: how close below a vertical name its column begins."""

SAME_LINE = 0.5
"""Of the size: tokens of a cell whose baselines differ by less are on one line."""

CODE_GAP = 0.3
"""Of a letter's width: a gap in code."""

LEVEL = 3
"""Degrees: text rotated by no more is read as horizontal."""

USUAL_PITCH = 1.3
"""Of the size: the step between lines if a page has no two lines of the size."""

MAX_ASIDES = 10
"""Maximum asides between the parts of a paragraph."""

MIN_NAMES, MAX_NAMES, UPRIGHT_NAMES = 2, 100, 0.8
"""Vertical lines are column names if there are at least so many, and this share of them is above columns."""

SENTENCE_END = (".", "!", "?", ":", ";", "…", "”", '"', ")")

MAX_HEAD = 2000
"""Maximum characters of a table's header stored with each row: a passage uses a few hundred of them."""

WIDEST_CODE = 500
"""Letters: text farther to the right on a line of code is not padded with more spaces."""


def turned(word: Word, quarters: int, width: float, height: float) -> Word:
    """The word on the page rotated so that its text runs to the right; `quarters` clockwise turns undo that."""
    left, top, right, bottom = word.left, word.top, word.right, word.bottom
    if quarters == 1:
        box = (top, width - right, bottom, width - left)
    elif quarters == 2:
        box = (width - right, height - bottom, width - left, height - top)
    else:
        box = (height - bottom, left, height - top, right)
    return word._replace(left=box[0], top=box[1], right=box[2], bottom=box[3], baseline=box[3] - DESCENT * word.size)


def back(box: Sequence[float], quarters: int, width: float, height: float) -> tuple[float, float, float, float]:
    """The box on the page as displayed."""
    left, top, right, bottom = box
    if quarters == 0:
        return left, top, right, bottom
    if quarters == 1:
        return width - bottom, left, width - top, right
    if quarters == 2:
        return width - right, height - bottom, width - left, height - top
    return top, height - right, bottom, height - left


def paragraphs(raw: RawPage, headings: Headings, number: int, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """The page's visible content as frames: horizontal text first, then rotated and oblique text."""
    made: list[dict[str, Any]] = []
    by_angle = _by_angle(raw.words, headings)
    _lay_down_names(by_angle, raw)
    for angle, words in sorted(by_angle.items()):
        quarters = round(angle / 90) % 4 if abs(angle - 90 * round(angle / 90)) <= LEVEL else -1
        page = _Page(max(quarters, 0), raw.width, raw.height, headings, number, vocabulary)
        if quarters < 0:
            made.append(_frame(composed(" ".join(word.text for word in words)), [page.box(words)]))
            continue
        if quarters:
            words = [turned(word, quarters, raw.width, raw.height) for word in words]
        rules = raw.rules if not quarters else ()
        tokens, tables = tables_in(tokens_of(words), rules)
        for item in _rejoined(page.items(_with_tables(blocks_of(tokens, rules), tables))):
            made += page.frames(item)
    return made


def _by_angle(words: Iterable[Word], headings: Headings) -> dict[int, list[Word]]:
    """The visible words, by the direction of writing."""
    by_angle: dict[int, list[Word]] = {}
    for word in with_downward_lines(words):
        if not word.style.hidden:
            if headings.fixed and word.style.fixed:  # a monospaced document: not all of it is code
                word = word._replace(style=word.style._replace(fixed=False))
            by_angle.setdefault(word.style.angle, []).append(word)
    return by_angle


def _lay_down_names(by_angle: dict[int, list[Word]], raw: RawPage) -> None:
    """Turn vertical column names, each above a word of its column, into horizontal words."""
    level = by_angle.get(0, [])
    for angle in {90, 270} & by_angle.keys() if level else ():
        quarters = angle // 90
        tokens = tokens_of([turned(word, quarters, raw.width, raw.height) for word in by_angle[angle]])
        lines = [line for row in rows_of(tokens) for line in lines_of(row)]
        boxes = [
            back((line.left, line.top, line.right, line.bottom), quarters, raw.width, raw.height) for line in lines
        ]
        if len(lines) > MAX_NAMES:
            continue
        below = [_is_above(box, line.size, level) for box, line in zip(boxes, lines, strict=True)]
        if sum(below) < max(MIN_NAMES, UPRIGHT_NAMES * len(lines)):
            continue
        foot = max(box[3] for box, is_name in zip(boxes, below, strict=True) if is_name)
        style = by_angle[angle][0].style._replace(angle=0)
        names = [
            Word(line.text, *box, foot, style.size, style, False, line.tokens[0].order, line.tokens[-1].last)
            for box, line in zip(boxes, lines, strict=True)
        ]
        by_angle[0] = level = [*names, *level]
        del by_angle[angle]


def _is_above(box: Sequence[float], size: float, words: Iterable[Word]) -> bool:
    """Whether there is a word right below the middle of a box."""
    middle = (box[0] + box[2]) / 2
    return any(
        word.left - size < middle < word.right + size and 0 < word.baseline - box[3] < BELOW * size for word in words
    )


Group = list[Line]
"""The lines of a paragraph."""


def _frame(text: str, boxes: Sequence[Sequence[float]], level: int = 0, kind: str = "text") -> dict[str, Any]:
    return {"text": text, "boxes": boxes, "level": level, "kind": kind}


@dataclass(frozen=True, slots=True)
class _Page:
    """A page rotated by `quarters`, and what is known of its document."""

    quarters: int
    width: float
    height: float
    headings: Headings
    number: int
    vocabulary: Vocabulary

    def box(self, parts: Sequence[Any]) -> list[float]:
        """The box around lines, tokens or words, on the page as displayed."""
        box = (
            min(part.left for part in parts),
            min(part.top for part in parts),
            max(part.right for part in parts),
            max(part.bottom for part in parts),
        )
        return [round(side, 1) for side in back(box, self.quarters, self.width, self.height)]

    def items(self, blocks: Iterable[Block]) -> Iterator[Table | Column | Group]:
        """Tables, line numbers, and the paragraphs of columns."""
        for block in blocks:
            if isinstance(block, Table) or block.numbers:
                yield block
            else:
                yield from _groups(block.lines, self.headings.heads(self.number, block.lines))

    def frames(self, item: Table | Column | Group) -> Iterator[dict[str, Any]]:
        """The frames of an item: a paragraph, or a table's header and rows."""
        if isinstance(item, Table):
            yield from self._rows(item)
        elif isinstance(item, Column):
            yield _frame(" ".join(line.text for line in item.lines), [self.box(item.lines)])
        else:
            code = len(item) > 1 and all(line.fixed for line in item)
            text = _code(item) if code else joined([line.text for line in item], self.vocabulary)
            if not DECORATION.fullmatch(text):
                level = 0 if code else self.headings.level(self.number, item, text)
                yield _frame(text, [self.box(part) for part in _parts(item)], level, "code" if code else "text")

    def _names(self, row: Sequence[Sequence[Word]]) -> list[str]:
        """A row of a table's header; a name over several columns is marked as repeated after the first."""
        texts = [_cell(cell, self.vocabulary) for cell in row]
        repeats = [False, *(bool(cell) and cell == before for before, cell in pairwise(row))]
        return [f"[{text}]" if repeated else text for text, repeated in zip(texts, repeats, strict=True)]

    def _rows(self, table: Table) -> Iterator[dict[str, Any]]:
        texts = [[_cell(cell, self.vocabulary) for cell in row] for row in table.rows]
        for own, repeats in zip(texts, table.repeated, strict=False):
            own[:] = [f"[{text}]" if repeated and text else text for text, repeated in zip(own, repeats, strict=True)]
        names = [self._names(row) for row in table.names]
        whole = " | ".join(_column_names(names)) if names else ""
        head = whole[:MAX_HEAD]
        common = {"head": head, "columns": [round(edge) for edge in table.edges]}
        if head:
            tokens = [token for row in table.rows[: table.heads] for cell in row for token in cell]
            yield _frame(whole, [self.box(tokens)], kind="head") | common
        for row, cells in zip(table.rows[table.heads :], texts[table.heads :], strict=True):
            if any(text and not text.startswith("[") for text in cells):
                box = self.box([token for cell in row for token in cell])
                yield _frame(" | ".join(cells).rstrip(" |"), [box], kind="row") | common


def _rejoined(items: Iterable[Table | Column | Group]) -> list[Table | Column | Group]:
    """Merge paragraphs that are interrupted by an aside, such as a footnote, a caption or a table; they come before
    it."""
    made: list[Table | Column | Group] = []
    for item in items:
        if isinstance(item, list) and (interrupted := _broken_off(made, item)):
            interrupted += item
        else:
            made.append(item)
    return made


def _broken_off(before: Sequence[Table | Column | Group], group: Group) -> Group | None:
    """The interrupted paragraph that a group continues: its last line is right above the group's first one, or only
    tables and smaller print are between them."""
    first = group[0]
    if not first.text[:1].islower():
        return None
    smaller = True
    for asides, item in enumerate(reversed(before[-MAX_ASIDES - 1 :])):
        if isinstance(item, list) and abs(item[-1].size - first.size) <= SAME_SIZE * first.size:
            last = item[-1]
            above = abs(last.left - first.left) < first.size and 0 < first.baseline - last.baseline < CLOSE * first.size
            if asides and (smaller or above) and _breaks_off(item):
                return item
            smaller = False
        elif isinstance(item, list) and item[-1].size > first.size:
            smaller = False
    return None


def _breaks_off(group: Group) -> bool:
    words = sum(len(line.text.split()) for line in group)
    return words >= PROSE_WORDS and not group[-1].fixed and not group[-1].text.endswith(SENTENCE_END)


def _with_tables(blocks: Iterable[Block], tables: Sequence[Table]) -> Iterator[Block]:
    """The blocks, with each ruled table in the place of its first placeholder line."""
    placed: set[int] = set()
    for block in blocks:
        if isinstance(block, Table):
            yield block
            continue
        for number, lines in groupby(block.lines, key=lambda line: line.table):
            if number < 0:
                yield Column(list(lines), block.numbers)
            elif number not in placed:
                placed.add(number)
                yield tables[number]
    for number, table in enumerate(tables):
        if number not in placed:
            yield table


def _column_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Each column's names from the top, on one line. A name over several columns applies to each, if the names below it
    are repeated below the next one."""
    *above, last = rows
    names: list[list[str]] = [[] for _ in last]
    for row in above:
        starts = [n for n, name in enumerate(row) if name and n]
        groups = [last[start:end] for start, end in pairwise([*starts, len(row)])]
        spread = len(groups) > 1 and all(group == groups[0] and len(group) > 1 for group in groups)
        filled = ""
        for column, name in enumerate(row):
            label = name or (f"[{filled}]" if spread and column and filled else "")
            filled = name or filled
            if label and label not in names[column][-1:]:  # unless it is a cell over several rows
                names[column].append(label)
    for column, name in enumerate(last):
        if name and name not in names[column][-1:]:
            names[column].append(name)
    return [" ".join(parts) for parts in names]


def _cell(tokens: Sequence[Word], vocabulary: Vocabulary) -> str:
    if not tokens:
        return ""
    rows: list[list[Word]] = []
    for token in tokens:
        if (
            rows
            and token.left > rows[-1][-1].left
            and abs(token.baseline - rows[-1][-1].baseline) < SAME_LINE * token.size
        ):
            rows[-1].append(token)
        else:
            rows.append([token])
    return joined([Line(row).text for row in rows], vocabulary).replace("|", "¦").replace("\t", " ")


def _code(group: Sequence[Line]) -> str:
    """Monospaced lines, with their spacing on the page."""
    tokens = [token for line in group for token in line.tokens]
    wide = sorted((token.right - token.left) / max(1, len(token.text)) for token in tokens)[len(tokens) // 2] or 1.0
    left = min(line.left for line in group)
    texts = []
    for line in group:
        parts: list[str] = []
        length = 0
        end = left
        for token in line.tokens:
            apart = token.left - end > CODE_GAP * wide
            at = max(length + (apart and length > 0), min(round((token.left - left) / wide), WIDEST_CODE))
            parts += " " * (at - length), token.text
            length = at + len(token.text)
            end = token.right
        texts.append(composed_line("".join(parts)))
    return "\n".join(texts)


def composed_line(text: str) -> str:
    """A line of code unchanged, except for invisible characters."""
    return (
        text if text.isascii() and text.isprintable() else composed(text.replace(" ", "\u2007")).replace("\u2007", " ")
    )


def _parts(group: Sequence[Line]) -> list[list[Line]]:
    """Split where lines go up again, to another column."""
    parts = [[group[0]]]
    for before, line in pairwise(group):
        if line.baseline < before.baseline - UP:
            parts.append([])
        parts[-1].append(line)
    return parts


def _groups(lines: Sequence[Line], heads: set[int]) -> Iterator[Group]:
    """Runs of lines that form a paragraph; `heads` are the ids of lines that are headings by themselves."""
    if not lines:
        return
    steps: dict[float, list[float]] = {}  # by size, between lines of that size
    for above, below in pairwise(lines):
        if above.size == below.size and UP < below.baseline - above.baseline < MAX_STEP:
            steps.setdefault(below.size, []).append(below.baseline - above.baseline)
    pitches = {size: sorted(own)[(len(own) - 1) // 4] for size, own in steps.items()}
    right = max(line.right for line in lines)
    group = [lines[0]]
    for before, line in pairwise(lines):
        pitch = pitches.get(line.size, USUAL_PITCH * line.size)
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
        return not -UP < step < max(CODE_STEPS[0] * line.size, CODE_STEPS[1] * pitch)
    if abs(line.size - before.size) > SAME_SIZE * max(line.size, before.size) and len(line.text) > 3 < len(before.text):
        return True
    if step < -UP:  # the next column, or the top of the next page: a sentence may continue there
        return before.text.endswith(SENTENCE_END) or not line.text[:1].islower()
    if step > max(NEW_STEP * pitch, 1.05 * pitch + UP):
        return True
    if step < UP:  # the same row
        return False
    if LEADERS.search(before.text):  # an entry of contents, with its leaders
        return True
    beside = line.left > before.right or line.right < before.left
    if beside or before.left > (line.left + right) / 2:  # something short on the right
        return True
    short = before.right < right - SHORT * (right - before.left)
    if short and step > SPACED * line.size and before.text.endswith(SENTENCE_END):
        return True
    if BULLET.match(line.text):
        return True
    if line.bold != before.bold and (before.text.endswith(SENTENCE_END) or before.bold):
        return True
    indent = line.left - before.left
    first_line_indent = len(group) > 1 and INDENT[0] < indent < INDENT[1] and before.text.endswith(SENTENCE_END)
    hanging = indent < -INDENT[0] and len(group) > 1 and before.text.endswith(SENTENCE_END)
    return first_line_indent or hanging
