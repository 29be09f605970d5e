"""Lines to blocks in reading order: columns of prose, tables, and what stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from runtime.reading.lines import SAME_ROW, SAME_SIZE, Line, Row, Token, lines_of, one_line, rows_of
from runtime.reading.prose import CLOSE, flows, words_in
from runtime.reading.tables import Table, centred, table_of
from runtime.reading.words import Rule

GUTTER = 0.9
"""Of the text's size: a column of white that is wider, with text on both sides, may divide columns."""

LEAST_CHANGES = 2
"""Of kind, from line to line of an address: name, street with number, number with town."""

BESIDE = 0.5
"""Of the lower of two columns: so much of it is beside the other."""

LEAST_NUMBERS, NUMBERED = 5, 0.9
"""Numbers of lines, and the share of lines that have one, at least."""

FAR_BELOW = 4.0
"""Of the size: rows that are farther apart are not of one table, nor of the same columns."""

WIDER = 1.6
"""Of the usual step between rows: where one is as wide, something else may begin; ..."""

CUTS, LEAST_ROWS = 4, 6
"""... the widest of them are tried, where columns of prose above or below have so many rows."""


@dataclass
class Column:
    """Lines below each other; `numbers` tells that they are the numbers of the lines beside them."""

    lines: list[Line]
    numbers: bool = False


Block = Table | Column


def blocks_of(tokens: Sequence[Token], rules: Sequence[Rule]) -> list[Block]:
    """A page's blocks in reading order."""
    if not tokens:
        return []
    return _joined(_blocks([lines_of(row) for row in rows_of(tokens)], rules))


def _blocks(rows: list[Row], rules: Sequence[Rule]) -> list[Block]:
    blocks: list[Block] = []
    start = 0
    while start < len(rows):
        end, gutters = (start, []) if _is_code(rows[start]) else _band(rows, start)
        if end - start < 2 or not gutters or _are_justified(rows, start, end):
            blocks += [Column([line]) for line in _lone(rows[start])]
            start += 1
            continue
        while end - start > 2 and len(rows[start]) == 1 and len(more := _gutters(rows[start + 1 : end])) > len(gutters):
            blocks.append(Column(rows[start]))  # a line above columns that runs over some of their gutters
            start, gutters = start + 1, more
        above = _above(blocks, rows[start:end], gutters)
        blocks[len(blocks) - len(above) :] = _band_blocks([*above, *rows[start:end]], gutters, rules)
        start = end
    return blocks


def _above(blocks: Sequence[Block], rows: Sequence[Row], gutters: Sequence[tuple[float, float]]) -> list[Row]:
    """The lines right above some columns that are of one of them, which begins higher than the others."""
    edges = [line.left for row in rows for line in row]
    middles = [0.0, *((left + right) / 2 for left, right in gutters), max(line.right for row in rows for line in row)]
    lefts = [min((left for left in edges if start <= left), default=start) for start in middles[:-1]]
    found: list[Row] = []
    below = rows[0][0]
    for block in reversed(blocks):
        if not isinstance(block, Column) or block.numbers or len(block.lines) > 1:
            break
        line = block.lines[0]
        column = sum(line.left > middle for middle in middles[1:-1])
        inside = line.right < middles[column + 1] and abs(line.left - lefts[column]) < line.size
        close = (
            0 < below.baseline - line.baseline < CLOSE * line.size
            and abs(below.size - line.size) < SAME_SIZE * line.size
        )
        if not inside or not close or line.table >= 0:
            break
        found.insert(0, [line])
        below = line
    return found


def _are_justified(rows: Sequence[Row], start: int, end: int) -> bool:
    """Whether a few rows with gaps are lines of prose whose words were drawn apart: a line beside them, without gaps,
    begins and ends where they do."""
    if end - start >= LEAST_ROWS:
        return False
    inside = [one_line(row) for row in rows[start:end]]
    size = inside[0].size
    for near, own in ((start - 1, inside[0]), (end, inside[-1])):
        if 0 <= near < len(rows) and len(rows[near]) == 1 and words_in(rows[near][0]) >= 2:
            line = rows[near][0]
            close = abs(line.baseline - own.baseline) < CLOSE * size
            if close and all(abs(line.left - o.left) < size and abs(line.right - o.right) < size for o in inside):
                return True
    return False


def _lone(row: Row) -> list[Line]:
    """A row that is part of no columns or table as one line, but for ruled tables."""
    text = [line for line in row if line.table < 0]
    tables = [line for line in row if line.table >= 0]
    return [*([one_line(text)] if text else []), *tables]


def _is_code(row: Row) -> bool:
    return all(line.fixed for line in row)


def _band(rows: Sequence[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """Where the rows from `start` on, between which a gutter runs down, end, and their gutters (left, right)."""
    covered = sorted((line.left, line.right) for line in rows[start])
    size = rows[start][0].size
    bottom = max(line.bottom for line in rows[start])
    gutters: list[list[tuple[float, float]]] = []  # between the first two rows, the first three, ...
    for row in rows[start + 1 :]:
        if min(line.top for line in row) - bottom > FAR_BELOW * size or _is_code(row):
            break
        bottom = max(line.bottom for line in row)
        covered = _union([*covered, *((line.left, line.right) for line in row)])
        between = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > GUTTER * size]
        if not between:
            break
        gutters.append(between)
    count = len(gutters)
    while count:  # half as many each time, so that a page of many rows takes no longer than it must
        kept = [gutter for gutter in gutters[count - 1] if _divides(rows[start : start + count + 1], gutter)]
        if kept:
            return start + count + 1, kept
        count //= 2
    return start + 1, []


def _gutters(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The gutters between all of some rows."""
    covered = _union([(line.left, line.right) for row in rows for line in row])
    between = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > GUTTER * rows[0][0].size]
    return [gutter for gutter in between if _divides(rows, gutter)]


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    made: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if made and left <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], right))
        else:
            made.append((left, right))
    return made


def _divides(rows: Sequence[Row], gutter: tuple[float, float]) -> bool:
    """Whether text on both sides stands beside each other, and not below."""
    middle = (gutter[0] + gutter[1]) / 2
    sides: tuple[list[Line], list[Line]] = ([], [])
    for row in rows:
        for line in row:
            sides[line.left > middle].append(line)
    if not sides[0] or not sides[1]:
        return False
    both = sum(any(line.left > middle for line in row) and any(line.left < middle for line in row) for row in rows)
    if both >= 2:
        return True
    spans = [(min(line.top for line in side), max(line.bottom for line in side)) for side in sides]
    shared = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    return min(map(len, sides)) >= 2 and shared > BESIDE * min(bottom - top for top, bottom in spans)


def _band_blocks(rows: list[Row], gutters: Sequence[tuple[float, float]], rules: Sequence[Rule]) -> list[Block]:
    middles = [(left + right) / 2 for left, right in gutters]
    columns = _split(rows, middles)
    numbered = [_numbers_lines(column, len(rows)) for column in columns]
    if any(numbered):
        left = [column for column, is_numbers in zip(columns, numbered, strict=True) if not is_numbers]
        numbers = [row[0] for column, is_numbers in zip(columns, numbered, strict=True) if is_numbers for row in column]
        return [*_blocks(_by_height(left), rules), Column(numbers, numbers=True)]
    if even := centred(columns):
        return _table(even, rules)
    if cut := _change(rows, middles):
        return [*_blocks(rows[:cut], rules), *_blocks(rows[cut:], rules)]
    flowing = flows(columns)
    if any(flowing):
        # What stands beside columns of prose is one of them, or a table of several.
        made: list[Block] = []
        for prose, part in groupby(zip(flowing, columns, strict=True), key=lambda one: one[0]):
            region = [column for _, column in part]
            for one in [[column] for column in region] if prose else [region]:
                made += _blocks(_by_height(one), rules)
        return made
    if len(columns) == 2 and _is_marker(columns[0]):
        return [Column([one_line(row) for row in rows])]
    if _are_cards(rows):
        return [Column([one_line(row) for row in column]) for column in columns]
    if middle := _between_tables(rows, columns, gutters):
        halves = _split(rows, [middle])
        return [block for half in halves for block in _blocks(half, rules)]
    return _table(rows, rules)


def _split(rows: Sequence[Row], middles: Sequence[float]) -> list[list[Row]]:
    """The columns between gutters, each a row's lines in one of them."""
    columns: list[list[Row]] = [[] for _ in range(len(middles) + 1)]
    for row in rows:
        parts: list[Row] = [[] for _ in columns]
        for line in row:
            parts[sum(line.left > middle for middle in middles)].append(line)
        for column, part in zip(columns, parts, strict=True):
            if part:
                column.append(part)
    return columns


def _by_height(columns: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of some columns, those on one baseline as one."""
    rows: list[Row] = []
    for row in sorted((row for column in columns for row in column), key=lambda row: (row[0].baseline, row[0].left)):
        if rows and abs(row[0].baseline - rows[-1][0].baseline) < SAME_ROW * row[0].size:
            rows[-1] = sorted([*rows[-1], *row], key=lambda line: line.left)
        else:
            rows.append(list(row))
    return rows


def _change(rows: Sequence[Row], middles: Sequence[float]) -> int:
    """Where columns of prose end and a table begins, or the other way round: at a wide gap; 0 where they do not."""
    steps = [b[0].baseline - a[0].baseline for a, b in pairwise(rows)]
    usual = sorted(steps)[len(steps) // 2]
    wide = sorted((n for n, step in enumerate(steps, 1) if step > WIDER * usual), key=lambda n: -steps[n - 1])
    if all(flows(_split(rows, middles))):
        return 0
    for cut in wide[:CUTS]:
        parts = [part for part in (rows[:cut], rows[cut:]) if len(part) >= LEAST_ROWS]
        halves = [[column for column in _split(part, middles) if column] for part in parts]
        if any(len(half) > 1 and all(flows(half)) for half in halves):
            return cut
    return 0


def _table(rows: Sequence[Row], rules: Sequence[Rule]) -> list[Block]:
    """The table, and the lines above and below it that are none of its rows."""
    above, table, below = table_of(rows, rules)
    middle: list[Block] = [table] if table else []
    around = [[Column([line]) for row in part for line in _lone(row)] for part in (above, below)]
    return [*around[0], *middle, *around[1]]


def _are_cards(rows: Sequence[Row]) -> bool:
    """Whether lines that stand beside each other are of one kind, and those below each other are not, as on address
    labels: each column is read by itself."""
    kinds = [{_kind(line) for line in row} for row in rows if len(row) > 1]
    if sum(len(kind) == 1 for kind in kinds) < len(kinds):
        return False
    return sum(above != below for above, below in pairwise(kinds)) >= LEAST_CHANGES


def _kind(line: Line) -> str:
    """What a line's words are: with digits, with letters, or neither, those of a kind that follow each other as one."""
    marks = [
        "9" if any(map(str.isdigit, t.text)) else "a" if any(map(str.isalpha, t.text)) else "" for t in line.tokens
    ]
    return "".join(mark for mark, _ in groupby(filter(None, marks)))


def _between_tables(
    rows: Sequence[Row], columns: Sequence[Sequence[Row]], gutters: Sequence[tuple[float, float]]
) -> float:
    """The middle of the gutter between two tables that stand side by side, each with a name over it or the same names;
    0 where there is one table."""
    for number, (left, right) in enumerate(gutters):
        if not 0 < number < len(gutters) - 1:
            continue
        others = max(end - start for n, (start, end) in enumerate(gutters) if n != number)
        parts = _split(rows, [(left + right) / 2])
        names = [[line.text for line in part[0]] for part in parts]
        named = all(len(part[0]) == 1 < len(part[1]) for part in parts if len(part) > 1)
        if right - left > others and (named or names[0] == names[1]):
            return (left + right) / 2
    return 0.0


def _numbers_lines(column: Sequence[Row], rows: int) -> bool:
    """Whether a column is the numbers of the lines beside it."""
    texts = [row[0].text for row in column if len(row) == 1]
    if len(texts) < max(LEAST_NUMBERS, NUMBERED * rows) or not all(text.isdigit() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    return all(b - a == numbers[1] - numbers[0] for a, b in pairwise(numbers)) and numbers[1] > numbers[0]


MARKER = re.compile(
    r"[•‣◦▪●○∙·–—*►▶■□❖✓➢➤-]|(?:§§?\s*)?\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})[.):]?|§§?\s*\d[\d.]*[a-z]?"
)


def _is_marker(column: Sequence[Row]) -> bool:
    """Whether a column has the signs or numbers of a list, or of a contract's clauses, alone."""
    return all(MARKER.fullmatch(line.text) for row in column for line in row)


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Columns of one line that follow each other as one column."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Column) and made and isinstance(made[-1], Column) and block.numbers == made[-1].numbers:
            last = made[-1].lines[-1]
            if block.lines[0].baseline > last.baseline:
                made[-1].lines.extend(block.lines)
                continue
        made.append(block)
    return made
