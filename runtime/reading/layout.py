"""Arranges lines into blocks in reading order: columns of prose, tables, and single lines."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from runtime.reading.gutters import divided
from runtime.reading.lines import SAME_ROW, SAME_SIZE, Line, Row, lines_of, one_line, rows_of
from runtime.reading.prose import CLOSE, PROSE_WORDS, flows, words_in
from runtime.reading.tables import Table, centred, table_of
from runtime.reading.words import Rule, Word

GUTTER = 0.55
"""Of the text's size: a wider vertical gap, with text on both sides, may divide columns."""

MIN_CHANGES, CHANGING = 2, 0.5
"""Changes of kind from line to line of an address: name, street with number, number with town. At least so many, and
this share of the steps between lines; a table changes only from its names to its rows."""

MARKED = 2 / 3
"""Minimum share of a list's rows that begin with its marks; a running foot may be below it."""

BESIDE = 0.5
"""Of the shorter of two columns: how much of it is beside the other."""

MIN_NUMBERS, NUMBERED, DIGITS = 5, 0.9, 9
"""Line numbers: minimum count, minimum share of lines with one, maximum digits."""

FAR_BELOW = 4.0
"""Of the size: rows that are farther apart are not in one table, nor in the same columns."""

WIDER = 1.6
"""Of the usual step between rows: something else may begin after one this wide; ..."""

CUTS, MIN_ROWS = 4, 6
"""... so many of the widest are tried, if columns of prose above or below have at least so many rows."""

THICK = 3.0
"""Points: anything thicker is not a rule between rows."""

DEPTH = 60
"""Maximum nesting of columns, and of splits at wide gaps: deeper rows are single lines. In the deeper half nothing is
split at gaps, so that a long page is still divided into columns."""

ABOVE = 8
"""Maximum lines right above columns that extend over some of their gutters."""

BUDGET, BUDGET_PER_LINE = 200_000, 10
"""Maximum lines and gaps examined to find gutters, per page and per line: an ordinary page of 60 rows needs fewer. With
scattered lines, each may look like columns with all those below it."""


@dataclass
class Column:
    """Lines below each other; `numbers` if they are the line numbers of the text beside them."""

    lines: list[Line]
    numbers: bool = False


Block = Table | Column


def blocks_of(tokens: Sequence[Word], rules: Sequence[Rule]) -> list[Block]:
    """A page's blocks in reading order."""
    if not tokens:
        return []
    level = sorted((rule for rule in rules if rule.bottom - rule.top < THICK), key=lambda rule: rule.top)
    return _joined(_blocks(divided([lines_of(row) for row in rows_of(tokens)]), level))


def _blocks(rows: list[Row], rules: Sequence[Rule], depth: int = 0) -> list[Block]:
    blocks: list[Block] = []
    budget = BUDGET + BUDGET_PER_LINE * sum(map(len, rows)) if depth < DEPTH else 0
    start = 0
    while start < len(rows):
        end, gutters, cost = (start, [], 0) if budget <= 0 or _is_code(rows[start]) else _band(rows, start, budget)
        budget -= cost
        if end - start < 2 or not gutters or _are_justified(rows, start, end):
            blocks += [Column([line]) for line in _lone(rows[start])]
            start += 1
            continue
        for _ in range(ABOVE):
            if end - start <= 2 or len(rows[start]) > 1 or len(more := _gutters(rows[start + 1 : end])) <= len(gutters):
                break
            gutters = more
            if rows[start][0].left > more[0][0]:  # a name over several columns after the first
                break
            blocks.append(Column(rows[start]))  # a line above columns that extends over some of their gutters
            start += 1
        above = _above(blocks, rows[start:end], gutters)
        blocks[len(blocks) - len(above) :] = _band_blocks([*above, *rows[start:end]], gutters, rules, depth + 1)
        start = end
    return blocks


def _above(blocks: Sequence[Block], rows: Sequence[Row], gutters: Sequence[tuple[float, float]]) -> list[Row]:
    """The lines right above some columns that belong to one of them, which begins higher than the others."""
    middles = [(left + right) / 2 for left, right in gutters]
    lefts = [min((row[0].left for row in column), default=0.0) for column in _split(rows, middles)]
    rights = [*middles, max(line.right for row in rows for line in row)]
    found: list[Row] = []
    below = rows[0][0]
    for block in reversed(blocks):
        if not isinstance(block, Column) or block.numbers or len(block.lines) > 1:
            break
        line = block.lines[0]
        column = bisect_left(middles, line.left)
        inside = line.right < rights[column] and abs(line.left - lefts[column]) < line.size
        close = (
            0 < below.baseline - line.baseline < CLOSE * line.size
            and abs(below.size - line.size) < SAME_SIZE * line.size
        )
        if not inside or not close or line.table >= 0:
            break
        found.append([line])
        below = line
    return found[::-1]


def _are_justified(rows: Sequence[Row], start: int, end: int) -> bool:
    """Whether a few rows with gaps are justified lines of prose: an adjacent line without gaps begins and ends where
    they do."""
    if end - start >= MIN_ROWS:
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
    """A row outside columns and tables as one line; placeholders of ruled tables stay separate."""
    text = [line for line in row if line.table < 0]
    tables = [line for line in row if line.table >= 0]
    return [*([one_line(text)] if text else []), *tables]


def _is_code(row: Row) -> bool:
    return all(line.fixed for line in row)


def _band(rows: Sequence[Row], start: int, most: int) -> tuple[int, list[tuple[float, float]], int]:
    """Where the rows from `start` on that share a gutter end, their gutters (left, right), and the cost of the
    search, at most `most`."""
    covered = sorted((line.left, line.right) for line in rows[start])
    size = rows[start][0].size
    bottom = max(line.bottom for line in rows[start])
    gutters: list[list[tuple[float, float]]] = []  # of the first two rows, the first three, ...
    cost = 0
    for number in range(start + 1, len(rows)):
        row = rows[number]
        if min(line.top for line in row) - bottom > FAR_BELOW * size or _is_code(row):
            break
        bottom = max(line.bottom for line in row)
        covered = _union([*covered, *((line.left, line.right) for line in row)])
        between = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > GUTTER * size]
        cost += len(covered) + len(row)
        if not between or cost > most:
            break
        gutters.append(between)
    count = len(gutters)
    while count:  # halved each time, to bound the time for a page of many rows
        sides = _Sides(rows[start : start + count + 1])
        kept = [gutter for gutter in gutters[count - 1] if sides.are_divided_by(gutter)]
        if kept:
            return start + count + 1, kept, cost
        count //= 2
    return start + 1, [], cost


def _gutters(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """The gutters that all of some rows share."""
    covered = _union([(line.left, line.right) for row in rows for line in row])
    between = [(a[1], b[0]) for a, b in pairwise(covered) if b[0] - a[1] > GUTTER * rows[0][0].size]
    sides = _Sides(rows)
    return [gutter for gutter in between if sides.are_divided_by(gutter)]


def _union(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    made: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if made and left <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], right))
        else:
            made.append((left, right))
    return made


class _Sides:
    """Some rows' lines sorted from left to right, so that those on either side of a gutter are found quickly."""

    def __init__(self, rows: Sequence[Row]) -> None:
        lines = sorted((line for row in rows for line in row), key=lambda line: line.left)
        self._lefts = [line.left for line in lines]
        self._firsts = sorted(row[0].left for row in rows)
        self._lasts = sorted(row[-1].left for row in rows)
        # The top and bottom of the first line, the first two, ..., and of all of them, all but the first, ...
        self._before = _heights(lines)
        self._behind = _heights(lines[::-1])[::-1]

    def are_divided_by(self, gutter: tuple[float, float]) -> bool:
        """Whether the text on both sides of a gutter is side by side, and not one below the other."""
        middle = (gutter[0] + gutter[1]) / 2
        left, all_lines = bisect_right(self._lefts, middle), len(self._lefts)
        if not 0 < left < all_lines:
            return False
        if bisect_left(self._firsts, middle) - bisect_right(self._lasts, middle) >= 2:  # rows with text on both sides
            return True
        spans = self._before[left - 1], self._behind[left]
        shared = min(bottom for _, bottom in spans) - max(top for top, _ in spans)
        return min(left, all_lines - left) >= 2 and shared > BESIDE * min(bottom - top for top, bottom in spans)


def _heights(lines: Sequence[Line]) -> list[tuple[float, float]]:
    tops = accumulate((line.top for line in lines), min)
    bottoms = accumulate((line.bottom for line in lines), max)
    return list(zip(tops, bottoms, strict=True))


def _band_blocks(
    rows: list[Row], gutters: Sequence[tuple[float, float]], rules: Sequence[Rule], depth: int
) -> list[Block]:
    middles = [(left + right) / 2 for left, right in gutters]
    columns = _split(rows, middles)
    numbers = [column for column in columns if _counts_on(column, len(rows))]
    text = [column for column in columns if column not in numbers]
    if numbers and _is_running(text):
        counted = [row[0] for column in numbers for row in column]
        return [*_blocks(_by_height(text), rules, depth), Column(counted, numbers=True)]
    if even := centred(columns):
        return _table(even, rules)
    if 2 * depth < DEPTH and (cut := _split_point(rows, middles)):
        return [*_blocks(rows[:cut], rules, depth), *_blocks(rows[cut:], rules, depth)]
    flowing = flows(columns)
    if any(flowing):
        # What is beside columns of prose is another one, or a table of several.
        made: list[Block] = []
        for region in _regions(columns, flowing):
            made += _blocks(_by_height(region), rules, depth)
        return made
    if len(columns) == 2 and _is_list(*columns):
        return [Column([one_line(row) for row in rows])]
    if _are_cards(rows):
        return [Column([one_line(row) for row in column]) for column in columns]
    if middle := _between_tables(rows, gutters):
        halves = _split(rows, [middle])
        return [block for half in halves for block in _blocks(half, rules, depth)]
    return _table(rows, rules)


def _regions(columns: Sequence[list[Row]], flowing: Sequence[bool]) -> list[list[list[Row]]]:
    """Columns that are read together: each column of prose with the bullets or numbers of its paragraphs, and
    adjacent other columns."""
    kinds = [
        "prose" if flows_on else "marks" if any(flowing[n + 1 : n + 2]) and _is_list(*columns[n : n + 2]) else "other"
        for n, flows_on in enumerate(flowing)
    ]
    regions: list[list[list[Row]]] = []
    for before, kind, column in zip(["", *kinds], kinds, columns, strict=False):
        if (before, kind) in (("marks", "prose"), ("other", "other")):
            regions[-1].append(column)
        else:
            regions.append([column])
    return regions


def _split(rows: Sequence[Row], middles: Sequence[float]) -> list[list[Row]]:
    """The rows' lines by column, divided at the gutters' middles."""
    columns: list[list[Row]] = [[] for _ in range(len(middles) + 1)]
    for row in rows:
        parts: dict[int, Row] = {}
        for line in row:
            parts.setdefault(bisect_left(middles, line.left), []).append(line)
        for column, part in parts.items():
            columns[column].append(part)
    return columns


def _by_height(columns: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of some columns, merged by baseline."""
    rows: list[Row] = []
    firsts: list[Line] = []
    for row in sorted((row for column in columns for row in column), key=lambda row: (row[0].baseline, row[0].left)):
        if rows and abs(row[0].baseline - firsts[-1].baseline) < SAME_ROW * row[0].size:
            rows[-1] += row
            firsts[-1] = min(firsts[-1], row[0], key=lambda line: line.left)
        else:
            rows.append(list(row))
            firsts.append(row[0])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _split_point(rows: Sequence[Row], middles: Sequence[float]) -> int:
    """Where columns of prose end and a table begins, or the other way round, at a wide gap; 0 if nowhere."""
    steps = [b[0].baseline - a[0].baseline for a, b in pairwise(rows)]
    usual = sorted(steps)[len(steps) // 2]
    wide = sorted((n for n, step in enumerate(steps, 1) if step > WIDER * usual), key=lambda n: -steps[n - 1])
    if all(flows(_split(rows, middles))):
        return 0
    for cut in wide[:CUTS]:
        parts = [part for part in (rows[:cut], rows[cut:]) if len(part) >= MIN_ROWS]
        halves = [[column for column in _split(part, middles) if column] for part in parts]
        if any(len(half) > 1 and all(flows(half)) for half in halves):
            return cut
    return 0


def _table(rows: Sequence[Row], rules: Sequence[Rule]) -> list[Block]:
    """The table, and the lines above and below that are not part of it. Ruled tables, and what is beside them, are kept
    out of it."""
    if any(map(_is_ruled, rows)):
        made: list[Block] = []
        for ruled, part in groupby(rows, key=_is_ruled):
            own = list(part)
            made += [Column([line]) for row in own for line in _lone(row)] if ruled else _table(own, rules)
        return made
    above, table, below = table_of(rows, rules)
    middle: list[Block] = [table] if table else []
    around = [[Column([line]) for row in part for line in _lone(row)] for part in (above, below)]
    return [*around[0], *middle, *around[1]]


def _is_ruled(row: Row) -> bool:
    return any(line.table >= 0 for line in row)


def _are_cards(rows: Sequence[Row]) -> bool:
    """Whether lines side by side are of one kind, and those below each other are not, as on address labels: each
    column is read by itself."""
    kinds = [{_kind(line) for line in row} for row in rows if len(row) > 1]
    if sum(len(kind) == 1 for kind in kinds) < len(kinds):
        return False
    changes = sum(above != below for above, below in pairwise(kinds))
    return changes >= max(MIN_CHANGES, CHANGING * (len(kinds) - 1))


def _kind(line: Line) -> str:
    """The kinds of a line's words, with digits or with letters; equal kinds in a row count once."""
    words = line.text.split()
    marks = ["9" if any(map(str.isdigit, w)) else "a" if any(map(str.isalpha, w)) else "" for w in words]
    return "".join(mark for mark, _ in groupby(filter(None, marks)))


def _between_tables(rows: Sequence[Row], gutters: Sequence[tuple[float, float]]) -> float:
    """The middle of the gutter between two tables side by side, each with a title or both with the same column
    names; 0 if it is one table."""
    wide = sorted(gutters, key=lambda gutter: gutter[0] - gutter[1])
    if len(gutters) < 3 or wide[0] in (gutters[0], gutters[-1]) or _width(wide[0]) == _width(wide[1]):
        return 0.0
    middle = (wide[0][0] + wide[0][1]) / 2
    first, second = _split(rows, [middle])
    named = all(len(part) > 1 and len(part[0]) == 1 < len(part[1]) and _is_over(part) for part in (first, second))
    same = [line.text for line in first[0]] == [line.text for line in second[0]]
    return middle if named or same else 0.0


def _is_over(rows: Sequence[Row]) -> bool:
    """Whether the first row is a title of the others: it begins where they do, or is centred over them."""
    name, size = rows[0][0], rows[0][0].size
    left, right = min(row[0].left for row in rows[1:]), max(row[-1].right for row in rows[1:])
    return abs(name.left - left) < size or abs(name.left + name.right - left - right) < 2 * size


def _width(gutter: tuple[float, float]) -> float:
    return gutter[1] - gutter[0]


def _counts_on(column: Sequence[Row], rows: int) -> bool:
    """Whether a column has consecutive numbers, one per row, like line numbers."""
    texts = [row[0].text for row in column if len(row) == 1]
    decimal = all(text.isdecimal() and len(text) <= DIGITS for text in texts)
    if len(texts) < max(MIN_NUMBERS, NUMBERED * rows) or not decimal:
        return False
    numbers = [int(text) for text in texts]
    return all(b - a == numbers[1] - numbers[0] for a, b in pairwise(numbers)) and numbers[1] > numbers[0]


def _is_running(columns: Sequence[Sequence[Row]]) -> bool:
    """Whether most lines are prose or code, not a table, in which consecutive numbers would be labels."""
    lines = [line for column in columns for row in column for line in row]
    return sum(line.fixed or words_in(line) >= PROSE_WORDS for line in lines) > len(lines) / 2


MARKER = re.compile(
    r"[^\w\s]|(?:§§?\s*)?\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivxIVX]{1,5})[.):]?|§§?\s*\d[\d.]*[a-z]?|\[[^][\s]{1,12}\]"
)


def _is_list(marks: Sequence[Row], text: Sequence[Row]) -> bool:
    """Whether the first of two columns has only the bullets or numbers of a list, or of a contract's clauses, beside
    the text of the second."""
    ends = [row[0].left for row in text]
    beside = [row for row in _by_height([marks, text]) if len(row) > 1 and row[0].left < min(ends)]
    marked = [MARKER.fullmatch(row[0].text) is not None for row in beside]
    return bool(beside) and marked[0] and sum(marked) >= MARKED * len(marked)


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Merge consecutive columns if they continue downwards."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Column) and made and isinstance(made[-1], Column) and block.numbers == made[-1].numbers:
            last = made[-1].lines[-1]
            if block.lines[0].baseline > last.baseline:
                made[-1].lines.extend(block.lines)
                continue
        made.append(block)
    return made
