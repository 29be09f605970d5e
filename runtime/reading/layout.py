"""Lines to blocks in reading order: columns of prose, tables, and what stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from runtime.reading.lines import CURRENCY, Line, Token, lines_of, rows_of
from runtime.reading.words import Rule

GUTTER = 0.9
"""Of the text's size: a column of white that is wider, with text on both sides, may divide columns."""

FULL = 0.8
"""Of a column's width: a line of prose is as long, but for a paragraph's last."""

FLOWING = 0.6
"""Of a column's lines that have text beside them: so many go on with the line above in prose."""

SAME_HEIGHT = 0.8
"""Of the size: baselines that differ by less are beside each other."""

PROSE_WORDS = 4
"""Words of a line of prose, at least."""

MOST_HEADS = 4
"""Rows of a table's head."""

CLOSE = 2.0
"""Of the size: lines of prose follow each other by less."""


@dataclass
class Table:
    """Rows of cells, and how many of the first are its head. `names` are the head's cells, where one that stands over
    several columns is a cell of each; `edges` are where the columns begin."""

    rows: list[list[list[Token]]]
    heads: int
    names: list[list[list[Token]]]
    edges: list[float]


@dataclass
class Column:
    """Lines below each other."""

    lines: list[Line] = field(default_factory=list)


Block = Table | Column
Row = list[Line]


def blocks_of(tokens: Sequence[Token], rules: Sequence[Rule]) -> list[Block]:
    """A page's blocks in reading order."""
    if not tokens:
        return []
    return _joined(_blocks([lines_of(row) for row in rows_of(tokens)], rules))


def _blocks(rows: list[Row], rules: Sequence[Rule]) -> list[Block]:
    blocks: list[Block] = []
    start = 0
    while start < len(rows):
        if _is_code(rows[start]):
            blocks.append(Column([_one(rows[start])]))
            start += 1
            continue
        end, gutters = _band(rows, start)
        if end - start < 2 or not gutters:
            blocks.append(Column([_one(rows[start])]))
            start += 1
            continue
        blocks += _band_blocks(rows[start:end], gutters, rules)
        start = end
    return blocks


def _is_code(row: Row) -> bool:
    return all(line.fixed for line in row)


def _one(row: Row) -> Line:
    """The parts of a row that is no part of columns or a table, as one line."""
    return row[0] if len(row) == 1 else Line([token for line in row for token in line.tokens])


def _band(rows: Sequence[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """Where the rows from `start` on, between which a gutter runs down, end, and their gutters (left, right)."""
    best: tuple[int, list[tuple[float, float]]] = (start + 1, [])
    covered = sorted((line.left, line.right) for line in rows[start])
    size = rows[start][0].size
    bottom = max(line.bottom for line in rows[start])
    for end in range(start + 1, len(rows)):
        row = rows[end]
        if min(line.top for line in row) - bottom > 4 * size or _is_code(row):
            break
        bottom = max(line.bottom for line in row)
        covered = _union([*covered, *((line.left, line.right) for line in row)])
        gutters = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > GUTTER * size]
        if not gutters:
            break
        kept = [gutter for gutter in gutters if _divides(rows[start : end + 1], gutter)]
        if kept:
            best = (end + 1, kept)
    return best


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
    return min(map(len, sides)) >= 2 and shared > 0.5 * min(bottom - top for top, bottom in spans)


def _band_blocks(rows: list[Row], gutters: Sequence[tuple[float, float]], rules: Sequence[Rule]) -> list[Block]:
    middles = [(left + right) / 2 for left, right in gutters]
    columns: list[list[Row]] = [[] for _ in range(len(middles) + 1)]
    for row in rows:
        parts: list[Row] = [[] for _ in columns]
        for line in row:
            parts[sum(line.left > middle for middle in middles)].append(line)
        for column, part in zip(columns, parts, strict=True):
            if part:
                column.append(part)
    numbered = [_numbers_lines(column, len(rows)) for column in columns]
    if any(numbered):
        left = [column for column, is_numbers in zip(columns, numbered, strict=True) if not is_numbers]
        whole = sorted((row for column in left for row in column), key=lambda row: row[0].baseline)
        return _blocks(whole, rules) if left else []
    if _are_columns(columns, rules):
        return [block for column in columns for block in _blocks(column, rules)]
    if len(columns) == 2 and _is_marker(columns[0]):
        return [Column([_one(row) for row in rows])]
    return _table(rows, rules)


def _numbers_lines(column: Sequence[Row], rows: int) -> bool:
    """Whether a column is the numbers of the lines beside it."""
    texts = [row[0].text for row in column if len(row) == 1]
    if len(texts) < max(5, 0.9 * rows) or not all(text.isdigit() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    return all(b - a == numbers[1] - numbers[0] for a, b in pairwise(numbers)) and numbers[1] > numbers[0]


def _are_columns(columns: Sequence[Sequence[Row]], rules: Sequence[Rule]) -> bool:
    """Whether each is read from its top to its bottom, as columns of prose are, and not row by row, as tables are: lines
    of one go on with the line above although there is text beside them."""
    if _rows_agree(columns):
        return False
    whole = [[len(row) == 1 for row in column] for column in columns]
    lines = [[_one(row) for row in column] for column in columns]
    beside = [
        [
            any(
                abs(line.baseline - o.baseline) < SAME_HEIGHT * line.size
                for n, own in enumerate(lines)
                if n != c
                for o in own
            )
            for line in column
        ]
        for c, column in enumerate(lines)
    ]
    return any(_flow(*column) >= FLOWING for column in zip(lines, beside, whole, strict=True))


def _flow(lines: Sequence[Line], beside: Sequence[bool], whole: Sequence[bool]) -> float:
    """The share of a column's lines with text beside them, after the first, that go on with the line above: close below
    it, after a line that is full, or in lower case. A line with a
    gap in it does not."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    goes_on = count = 0
    for (before, line), near, one in zip(pairwise(lines), beside[1:], whole[1:], strict=True):
        if near:
            count += 1
            close = one and line.baseline - before.baseline < CLOSE * line.size
            full = before.right - before.left > FULL * width and len(before.tokens) >= PROSE_WORDS
            goes_on += close and (full or (line.text[:1].islower() and len(before.tokens) > 1))
    return goes_on / count if count > 2 else 0.0


def _rows_agree(columns: Sequence[Sequence[Row]]) -> bool:
    """Whether the columns have their gaps at the same heights, as a table's rows do."""
    gaps = [_gaps(column) for column in columns]
    fewest = min(gaps, key=len)
    if len(fewest) < 2:
        return False
    shared = sum(all(any(a < d and c < b for c, d in other) for other in gaps) for a, b in fewest)
    return shared >= 0.7 * max(map(len, gaps))


def _gaps(column: Sequence[Row]) -> list[tuple[float, float]]:
    """The heights between lines that are farther apart than most."""
    lines = [_one(row) for row in column]
    steps = [b.baseline - a.baseline for a, b in pairwise(lines)]
    if not steps:
        return []
    pitch = sorted(steps)[len(steps) // 4]
    return [(a.baseline, b.baseline) for a, b in pairwise(lines) if b.baseline - a.baseline > 1.25 * pitch]


MARKER = re.compile(
    r"[•‣◦▪●○∙·–—*►▶■□❖✓➢➤-]|(?:§§?\s*)?\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})[.):]?|§§?\s*\d[\d.]*[a-z]?"
)


def _is_marker(column: Sequence[Row]) -> bool:
    """Whether a column has the signs or numbers of a list, or of a contract's clauses, alone."""
    return all(MARKER.fullmatch(line.text) for row in column for line in row)


# --- tables ---


def _table(rows: list[Row], rules: Sequence[Rule]) -> list[Block]:
    """A table, and what stands above and below it: lines alone that run over its first column."""
    columns = _columns(rows)
    edges = [left for left, _ in columns]
    if len(edges) < 2:
        return [Column([_one(row)]) for row in rows]
    over = [len(row) == 1 and row[0].left < edges[1] < row[0].right for row in rows]
    first, last = 0, len(rows)
    while first < last and (over[first] or (len(rows[first]) == 1 and rows[first][0].left < edges[1])):
        first += 1
    while last - first > 1 and over[last - 1]:
        last -= 1
    last = _end(rows, last)
    if last - first < 2:
        return [Column([_one(row)]) for row in rows]
    kept = rows[first:last]
    grid = [
        [list(row[0].tokens), *([] for _ in edges[1:])] if alone else _cells(row, columns)
        for row, alone in zip(kept, over[first:last], strict=True)
    ]
    groups = _groups(grid, kept, rules)
    merged = [[[token for number in group for token in grid[number][n]] for n in range(len(edges))] for group in groups]
    heads = _heads(merged)
    named = [_named(row, columns) for row in kept[: sum(map(len, groups[:heads]))]]
    around = [[Column([_one(row)]) for row in part] for part in (rows[:first], rows[last:])]
    return [*around[0], Table(merged, heads, named, edges), *around[1]]


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The left and right of each of the table's columns: a gutter is where nearly no row has text."""
    wide = [row for row in rows if len(row) > 1]
    numbers = [row for row in wide if any(_number(line.tokens) for line in row[1:])]
    if len(numbers) >= 3:  # names of columns may be wider than what stands below them
        wide = numbers
    allowed = max(1, len(wide) // 7) if len(wide) > 3 else 0
    spans = sorted((_number_left(line), line.right) for row in wide for line in row)
    if not spans:
        return []
    events = sorted([(left, 1) for left, _ in spans] + [(right, -1) for _, right in spans])
    left_edge = min(line.left for row in rows for line in row)
    columns, depth, start = [], 0, left_edge
    low_from: float | None = None
    for at, step in events:
        before = depth
        depth += step
        if before > allowed >= depth:
            low_from = at
        elif before <= allowed < depth:
            if low_from is not None and at - low_from > 0.3 * rows[0][0].size:
                columns.append((start, low_from))
                start = at
            low_from = None
    return [*columns, (start, max(start, max(right for _, right in spans)))]


def _number_left(line: Line) -> float:
    """Where a line begins, a currency sign before it left out: tables align those by themselves."""
    first, *rest = line.tokens
    return rest[0].left if rest and first.text in CURRENCY else line.left


def _cells(row: Row, columns: Sequence[tuple[float, float]]) -> list[list[Token]]:
    """A row's tokens by column: a line is in the column that it stands in or is nearest to, and one over several is
    divided."""
    cells: list[list[Token]] = [[] for _ in columns]
    for line in row:
        left = _number_left(line)
        over = [n for n, (start, end) in enumerate(columns) if left < end - 1 and line.right > start + 1]
        if len(over) <= 1:
            near = over or [min(range(len(columns)), key=lambda n: _distance(left, line.right, columns[n]))]
            cells[near[0]] += line.tokens
            continue
        for token, after in zip(line.tokens, [*line.tokens[1:], None], strict=True):
            stands = after if after is not None and token.text in CURRENCY else token
            cells[min(over, key=lambda n: _distance(stands.left, stands.right, columns[n]))].append(token)
    return cells


def _end(rows: Sequence[Row], last: int) -> int:
    """Where the table ends: lines alone below it, farther away than its rows are from each other, are not of it."""
    steps = sorted(b[0].baseline - a[0].baseline for a, b in pairwise(rows))
    for number in range(last - 1, 1, -1):
        if len(rows[number]) > 1:
            return last
        if rows[number][0].baseline - rows[number - 1][0].baseline > 1.4 * steps[len(steps) // 2]:
            return number if len(rows[number - 1]) > 1 else _end(rows[:number], number)
    return last


def _named(row: Row, columns: Sequence[tuple[float, float]]) -> list[list[Token]]:
    """A row of the head by column; what stands over several is in each of them."""
    cells = _cells(row, columns)
    for line in row:
        over = [
            n
            for n, (start, end) in enumerate(columns)
            if min(line.right, end) - max(line.left, start) > 0.3 * min(end - start, line.right - line.left)
        ]
        for n in over if len(over) > 1 else ():
            cells[n] = list(line.tokens)
    return cells


def _distance(left: float, right: float, column: tuple[float, float]) -> float:
    """How far a stretch is from a column, and within it, from its middle."""
    gap = max(column[0] - right, left - column[1], 0.0)
    return gap or abs((left + right) / 2 - (column[0] + column[1]) / 2) / 1e4


def _groups(grid: list[list[list[Token]]], rows: Sequence[Row], rules: Sequence[Rule]) -> list[list[int]]:
    """The numbers of the rows that are one, since the cells of the first go on in the others: by the rules between
    them, else by their distances."""
    if len(grid) < 3:
        return [[number] for number in range(len(grid))]
    baselines = [row[0].baseline for row in rows]
    left, right = min(line.left for row in rows for line in row), max(line.right for row in rows for line in row)
    level = sorted(
        {
            round(rule.top, 1)
            for rule in rules
            if rule.right - rule.left > 0.5 * (right - left) and rule.bottom - rule.top < 3
        }
    )
    between = [any(a < at < b for at in level) for a, b in pairwise(baselines)]
    steps = [b - a for a, b in pairwise(baselines)]
    if sum(between) >= 2 and _goes_on(grid, between):
        new = between
    elif _goes_on(grid, by_step := [step > 1.25 * min(steps) for step in steps]):
        new = by_step
    else:
        # A row that lacks its first cell, and whose cells go on in lower case, is the rest of the one above it.
        new = [
            bool(row[0]) or any(cell and not above[n] for n, cell in enumerate(row)) or not _wraps(above, row)
            for above, row in pairwise(grid)
        ]
    groups = [[0]]
    for number, begins in enumerate(new, 1):
        if begins:
            groups.append([number])
        else:
            groups[-1].append(number)
    return groups


def _goes_on(grid: Sequence[Sequence[Sequence[Token]]], begins: Sequence[bool]) -> bool:
    """Whether rows that do not begin one are the rest of others: a column that each row's first line fills is empty in
    nearly all of them."""
    first = [grid[0], *(row for row, new in zip(grid[1:], begins, strict=True) if new)]
    more = [row for row, new in zip(grid[1:], begins, strict=True) if not new]
    if not more or len(first) < 2:
        return False
    return any(
        sum(bool(row[n]) for row in first) >= 0.8 * len(first) and sum(bool(row[n]) for row in more) <= 0.2 * len(more)
        for n in range(len(grid[0]))
    )


def _wraps(above: list[list[Token]], row: list[list[Token]]) -> bool:
    """Whether a row looks like the rest of the one above: its cells begin in lower case or with a digit's rest."""
    return any(cell and above[n] and cell[0].text[:1].islower() for n, cell in enumerate(row))


def _heads(grid: Sequence[Sequence[Sequence[Token]]]) -> int:
    """How many of the first rows are the table's head: those in bold, or without numbers where what is below has some."""
    if len(grid) < 2:
        return 0
    count = 0
    while count < min(MOST_HEADS, len(grid) - 1):
        row, below = grid[count], grid[count + 1 :]
        cells = [cell for cell in row if cell]
        bold = all(token.bold for cell in cells for token in cell)
        rest_bold = all(token.bold for line in below for cell in line for token in cell)
        spans = not row[0] and len(cells) < len(row)  # names of groups of columns
        named = any(_names_numbers(row[n], [line[n] for line in below if line[n]]) for n in range(len(row)) if row[n])
        if not (bold and not rest_bold) and not named and not spans:
            break
        count += 1
    if count and not grid[count - 1][0] and count < len(grid) - 1 and len(grid[0]) > 2:
        return count
    if not count and len(grid[0]) > 2 and len(grid) > 2 and all(grid[0]) and not any(_number(cell) for cell in grid[0]):
        return 1
    return count


YEAR = re.compile(r"(?:1[6-9]|20)\d\d")


def _names_numbers(cell: Sequence[Token], below: Sequence[Sequence[Token]]) -> bool:
    """Whether a cell without a digit, or of a year alone, stands over cells that nearly all have digits."""
    texts = ["".join(token.text for token in one) for one in below]
    head = "".join(token.text for token in cell)
    digits = sum(any(c.isdigit() for c in text) for text in texts)
    if digits < 0.8 * len(texts) or not texts:
        return False
    if YEAR.fullmatch(head):
        return not any(YEAR.fullmatch(text) for text in texts)
    return not any(c.isdigit() for c in head)


def _number(cell: Sequence[Token]) -> bool:
    text = "".join(token.text for token in cell)
    digits = sum(c.isdigit() for c in text)
    return digits > 0 and 2 * digits >= len(text)


# --- after ---


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Columns of one line that follow each other as one column."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Column) and made and isinstance(made[-1], Column):
            last = made[-1].lines[-1]
            if block.lines[0].baseline > last.baseline:
                made[-1].lines.extend(block.lines)
                continue
        made.append(block)
    return made
