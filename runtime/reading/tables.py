"""Finds the rows and columns of tables, by the alignment of text and the rules between rows."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from runtime.reading.gutters import NARROW
from runtime.reading.lines import CURRENCY, Line, Row, one_line
from runtime.reading.prose import CLOSE, MAX_CELL_LINES, PROSE_WORDS, words_in
from runtime.reading.words import Rule, Word

MAX_HEADS, LONGEST_NAME = 4, 120
"""Maximum rows of a table's header, and characters of a column name."""


ODD_ROWS = 7
"""One in so many rows may cross a gutter: a title among the rows, or a long cell."""

MIN_GUTTER = 0.3
"""Of the size: the narrowest gutter."""

APART = 1.4
"""Of the usual step between rows: a single line this far below is not part of the table."""

FAR_ABOVE = 2.0
"""Of the usual step between rows: a row this far above the next is not part of the table, if many follow."""

NEXT_ROW = 1.25
"""Of the smallest step between lines: minimum distance of the next row, if cells have several lines."""

WHOLE = 0.9
"""Of a table's width: a rule this wide is below a whole row."""

OVER = 0.15
"""Of the narrower of a name and a column: minimum overlap."""

MAJORITY = 0.8
"""Minimum share of rows or cells that must be of one kind."""

OFF_MIDDLE = 0.25
"""Of the size: a cell whose middle is farther from its row's does not belong to it."""

MAX_FIELDS = 300_000
"""Maximum rows times columns of a table, including empty cells; anything larger is read as lines of text. A sheet of
1,000 rows by 100 columns has a third of that."""

MAX_BELOW = 100
"""Maximum rules examined below a name to find its extent."""

MAX_GUESSED = 40
"""Maximum columns among which a name is placed by its middle: with more, too many groups have the same middle."""


Span = tuple[float, float]
"""Left and right, in points."""


@dataclass
class Table:
    """Rows of cells, of which the first `heads` are the header. `names` are the header's cells, with one that spans
    several columns repeated in each; `edges` are where the columns begin."""

    rows: list[list[list[Word]]]
    heads: int
    names: list[list[list[Word]]]
    edges: list[float]
    repeated: list[list[bool]] = field(default_factory=list)
    """Which cells repeat one that spans several rows or columns; empty if there are none."""


def table_of(rows: Sequence[Row], rules: Sequence[Rule]) -> tuple[Sequence[Row], Table | None, Sequence[Row]]:
    """The table formed by rows, None if they form none, and the rows above and below it: single lines that extend
    over its first column, or are set apart. `rules` are horizontal, in order from the top."""
    columns = _with_names(_columns(rows), rows)
    edges = [left for left, _ in columns]
    if len(edges) < 2:
        return rows, None, ()
    lone = [len(row) == 1 and row[0].left < columns[0][1] for row in rows]
    over = [alone and row[0].right > edges[1] for alone, row in zip(lone, rows, strict=True)]
    first, last = 0, len(rows)
    while first < last and lone[first]:
        first += 1
    while last - first > 1 and over[last - 1]:
        last -= 1
    first = _begin(rows, first, last)
    last = _end(rows, last)
    if last - first < 2 or (last - first) * len(columns) > MAX_FIELDS:
        return rows, None, ()
    kept = rows[first:last]
    rules = _beside(rules, kept)
    grid = [
        [list(row[0].tokens), *([] for _ in edges[1:])] if alone else _cells(row, columns)
        for row, alone in zip(kept, over[first:last], strict=True)
    ]
    groups = _groups(grid, kept, rules)
    merged = [[[token for number in group for token in grid[number][n]] for n in range(len(edges))] for group in groups]
    ruled = _above_rule([[kept[number][0].baseline for number in group] for group in groups], kept, rules)
    heads = ruled if ruled and _are_names(merged[:ruled]) else head_count(merged)
    head = kept[: sum(map(len, groups[:heads]))]
    under = _under_names(columns, head)
    named = [_named(row, columns, under, rules, last=row is head[-1]) for row in head]
    return rows[:first], Table(merged, heads, named, edges), rows[last:]


def centred(columns: Sequence[Sequence[Row]]) -> list[Row]:
    """The rows of a table whose cells are vertically centred; [] if it is not one.

    The column with the fewest lines determines the rows. The lines of the other columns are divided among them so that
    each cell's middle is at its row's height."""
    fewest = min(columns, key=len)
    heights = [one_line(row).baseline for row in fewest]
    if len(heights) < 2 or len(heights) == len(max(columns, key=len)):
        return []
    if sum(words_in(one_line(row)) for row in fewest) >= PROSE_WORDS * len(fewest):
        return []
    cells = [_cells_at([one_line(row) for row in column], heights) for column in columns]
    if not all(cells) or not any(
        _is_off(cell, at) for column in cells for cell, at in zip(column, heights, strict=True)
    ):
        return []
    lines = [pair for column in cells for cell in column for pair in pairwise(cell)]
    if sum(_number(above.tokens) and _number(below.tokens) for above, below in lines) > (1 - MAJORITY) * len(lines):
        return []
    rows = zip(*cells, strict=True)
    return [[Line([token for line in cell for token in line.tokens]) for cell in row if cell] for row in rows]


def _is_off(cell: Sequence[Line], height: float) -> bool:
    """Whether none of a cell's lines is at its row's height."""
    return len(cell) > 1 and all(abs(line.baseline - height) > OFF_MIDDLE * line.size for line in cell)


def _cells_at(lines: Sequence[Line], heights: Sequence[float]) -> list[list[Line]]:
    """A column's cells, the middle of each at one of the heights; [] if its lines can't be divided that way."""
    cells: list[list[Line]] = []
    used = 0
    for height in heights:
        cell: list[Line] = []
        end = used
        for end in range(used, len(lines) + 1):
            own = lines[used:end]
            if own and abs((own[0].baseline + own[-1].baseline) / 2 - height) < OFF_MIDDLE * own[0].size:
                cell = list(own)
                break
            if len(own) > MAX_CELL_LINES or (
                len(own) > 1 and own[-1].baseline - own[-2].baseline > CLOSE * own[0].size
            ):
                break
        cells.append(cell)
        used += len(cell)
    return cells if used == len(lines) else []


def _beside(rules: Sequence[Rule], rows: Sequence[Row]) -> Sequence[Rule]:
    """The horizontal rules, from the top, within the height of some rows."""
    below = rows[-1][0].baseline + max(line.size for row in rows for line in row)
    return rules[bisect_left(rules, rows[0][0].baseline - 2, key=_top) : bisect_right(rules, below, key=_top)]


def _top(rule: Rule) -> float:
    return rule.top


def _columns(rows: Sequence[Row]) -> list[Span]:
    """The left and right of each of the table's columns, which are separated by gutters: where hardly any row has
    text."""
    wide = [row for row in rows if len(row) > 1]
    numbers = [row for row in wide if any(_number(line.tokens) for line in row[1:])]
    if len(numbers) >= 3:  # column names may be wider than what is below them
        wide = numbers
    allowed = max(1, len(wide) // ODD_ROWS) if len(wide) >= ODD_ROWS else 0
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
            if low_from is not None and at - low_from > MIN_GUTTER * rows[0][0].size:
                columns.append((start, low_from))
                start = at
            low_from = None
    return [*columns, (start, max(start, max(right for _, right in spans)))]


def _with_names(columns: list[Span], rows: Sequence[Row]) -> list[Span]:
    """The columns, with two of them merged if a name is beside its values instead of above them: the name's column has
    nothing below the first row, the values' column has no name, and each other column has one."""
    full = next((number for number, row in enumerate(rows) if len(row) > 1), len(rows))
    if len(rows) - full < 3 or len(columns) < 3:
        return columns
    names = [_reached(columns, line.left, line.right) for line in rows[full]]
    if any(len(over) != 1 for over in names) or len(names) != len(columns) - 1:
        return columns
    unnamed = next(n for n, over in enumerate([*names, range(len(columns), 0)]) if over.start != n)
    for alone in (unnamed - 1, unnamed + 1):
        if 0 <= alone < len(columns) and not any(_overlaps(columns[alone], row) for row in rows[full + 1 :]):
            first, last = sorted((alone, unnamed))
            return [*columns[:first], (columns[first][0], columns[last][1]), *columns[last + 1 :]]
    return columns


def _overlaps(column: Span, row: Row) -> bool:
    return any(line.left < column[1] and line.right > column[0] for line in row)


def _number_left(line: Line) -> float:
    """Where a line begins, after a currency sign, which tables align separately."""
    first, *rest = line.tokens
    return rest[0].left if rest and first.text in CURRENCY else line.left


def _cells(row: Row, columns: Sequence[Span]) -> list[list[Word]]:
    """A row's tokens by column: a line goes to the column that it overlaps, else to the nearest one, or the free one
    next to that; a line over several columns is divided."""
    cells: list[list[Word]] = [[] for _ in columns]
    lefts = [_number_left(line) for line in row]
    over = [_reached(columns, left + 1, line.right - 1) for line, left in zip(row, lefts, strict=True)]
    taken = {n for near in over for n in near}
    for line, left, near in zip(row, lefts, over, strict=True):
        if not near:
            nearest = _nearest(columns, left, line.right, range(len(columns)))
            beside = nearest + (1 if left > columns[nearest][0] else -1)
            free = nearest in taken and beside not in taken and 0 <= beside < len(columns)
            near = range(beside, beside + 1) if free else range(nearest, nearest + 1)
        if len(near) == 1:
            cells[near[0]] += line.tokens
            continue
        single = [word for token in line.tokens for word in token.words()]
        for token, after in zip(single, [*single[1:], None], strict=True):
            anchor = after if after is not None and token.text in CURRENCY else token
            cells[_nearest(columns, anchor.left, anchor.right, near)].append(token)
    return cells


def _reached(columns: Sequence[Span], left: float, right: float) -> range:
    """The numbers of the columns that a span overlaps."""
    return range(bisect_right(columns, left, key=_end_of), bisect_left(columns, right, key=_start_of))


def _nearest(columns: Sequence[Span], left: float, right: float, among: range) -> int:
    """The number of the column, among consecutive ones, that a span overlaps or is nearest to."""
    first = bisect_left(columns, left, among.start, among.stop, key=_end_of)
    last = bisect_right(columns, right, among.start, among.stop, key=_start_of)
    if first < last:  # it overlaps these: take the one whose middle is nearest
        at = bisect_left(columns, left + right, first, last, key=sum)
        near = range(max(first, at - 1), min(at + 1, last))
    else:
        near = range(max(among.start, last - 1), min(first + 1, among.stop))
    return min(near, key=lambda n: _distance(left, right, columns[n]))


def _start_of(column: Span) -> float:
    return column[0]


def _end_of(column: Span) -> float:
    return column[1]


def _begin(rows: Sequence[Row], first: int, last: int) -> int:
    """Where the table begins: rows far above the others, such as a running head, are not part of it."""
    steps = [b[0].baseline - a[0].baseline for a, b in pairwise(rows[first:last])]
    usual = sorted(steps)[len(steps) // 2] if steps else 0.0
    far = [number for number, step in enumerate(steps[:MAX_HEADS], 1) if step > FAR_ABOVE * usual]
    return first + far[-1] if far and len(steps) > 2 * MAX_HEADS else first


def _end(rows: Sequence[Row], last: int) -> int:
    """Where the table ends: single lines below it, farther apart than its rows, are not part of it."""
    steps = [b[0].baseline - a[0].baseline for a, b in pairwise(rows)]
    ordered = sorted(steps)  # those of the remaining rows
    for number in range(last - 1, 1, -1):
        if len(rows[number]) > 1:
            break
        if steps[number - 1] > APART * ordered[len(ordered) // 2]:
            last = number
            for step in steps[number - 1 :]:
                del ordered[bisect_left(ordered, step)]
            del steps[number - 1 :]
    return last


def _named(
    row: Row, columns: Sequence[Span], under: Sequence[Span], rules: Sequence[Rule], *, last: bool
) -> list[list[Word]]:
    """A row of the header by column; a name over several columns, in rows above the last one, is repeated in each,
    unless another name is there. `under` are the columns, extended to their names."""
    cells = _cells(row, under)
    names = [] if last else [part for line in row for part in _divided(line, columns)]
    for name in names:
        below = _columns_below(name, columns, rules)
        if all(name.left <= token.left <= name.right for n in below for token in cells[n]):
            for n in below:
                cells[n] = list(name.tokens)
    return cells


def _under_names(columns: Sequence[Span], head: Sequence[Row]) -> list[Span]:
    """The columns, each extended to a line of a name that is over it alone or nearest to it, up to the next column: the
    name's other lines may be beside what is below."""
    made = list(columns)
    rows = [[part for line in row for part in _divided(line, columns)] for row in head]
    for lines in sorted(rows, key=len, reverse=True):  # rows with the most names first: they tell the columns apart
        over = [_reached(columns, line.left + 1, line.right - 1) for line in lines]
        taken = {n for near in over for n in near}
        for line, near in zip(lines, over, strict=True):
            n = near[0] if near else _nearest(columns, line.left, line.right, range(len(columns)))
            if len(near) == 1 or not (near or n in taken):
                left = made[n - 1][1] if n else line.left
                right = made[n + 1][0] if n + 1 < len(made) else line.right
                made[n] = (
                    min(made[n][0], max(line.left, left)),
                    max(made[n][1], min(line.right, right)),
                )
    return made


def _divided(line: Line, columns: Sequence[Span]) -> list[Line]:
    """The names in a line, divided where a gap between words coincides with one between columns."""
    starts = [0]
    for n, (a, b) in enumerate(pairwise(line.tokens), 1):
        first = bisect_left(columns, a.right, key=_end_of)
        near = columns[max(0, first - 1) : first + 2]
        if b.left - a.right > NARROW * line.size and any(
            max(a.right, before[1]) < min(b.left, after[0]) for before, after in pairwise(near)
        ):
            starts.append(n)
    return [Line(line.tokens[start:end]) for start, end in pairwise([*starts, len(line.tokens)])]


def _columns_below(line: Line, columns: Sequence[Span], rules: Sequence[Rule]) -> Sequence[int]:
    """The columns that a name is over: as far as the rule below it extends, else those that it is centred on."""
    if len(line.text) > LONGEST_NAME:
        return ()
    whole = columns[-1][1] - columns[0][0]
    below = bisect_right(rules, line.baseline - 2, key=_top)
    for rule in rules[below : below + MAX_BELOW]:
        if rule.top >= line.baseline + line.size:
            break
        if rule.left < line.left + 2 and rule.right > line.right - 2 and rule.right - rule.left < WHOLE * whole:
            return range(bisect_left(columns, 2 * rule.left, key=sum), bisect_right(columns, 2 * rule.right, key=sum))
    over = [
        n
        for n in _reached(columns, line.left, line.right)
        if min(line.right, columns[n][1]) - max(line.left, columns[n][0])
        > OVER * min(columns[n][1] - columns[n][0], line.right - line.left)
    ]
    if len(over) > 1:
        return over
    if len(columns) > MAX_GUESSED:
        return ()
    middle = (line.left + line.right) / 2
    groups = [range(first, end + 1) for first in range(1, len(columns)) for end in range(first, len(columns))]
    groups.sort(key=lambda group: abs(middle - (columns[group[0]][0] + columns[group[-1]][1]) / 2))
    return groups[0] if groups and len(groups[0]) > 1 and not over else ()


def _distance(left: float, right: float, column: tuple[float, float]) -> float:
    """How far a span is from a column, or within it, from its middle."""
    gap = max(column[0] - right, left - column[1], 0.0)
    return gap or abs((left + right) / 2 - (column[0] + column[1]) / 2) / 1e4


def _groups(grid: list[list[list[Word]]], rows: Sequence[Row], rules: Sequence[Rule]) -> list[list[int]]:
    """Groups of line numbers that form one row, since cells continue from line to line: by the rules between rows,
    else by their distances."""
    if len(grid) < 3:
        return [[number] for number in range(len(grid))]
    baselines = [row[0].baseline for row in rows]
    left, right = min(line.left for row in rows for line in row), max(line.right for row in rows for line in row)
    level = [round(rule.top, 1) for rule in rules if rule.right - rule.left > 0.5 * (right - left)]
    between = [bisect_right(level, a) < bisect_left(level, b) for a, b in pairwise(baselines)]
    steps = [b - a for a, b in pairwise(baselines)]
    least = min(steps)
    if sum(between) >= 2 and _goes_on(grid, between):
        new = between
    elif _goes_on(grid, by_step := [step > NEXT_ROW * least for step in steps]):
        new = by_step
    else:
        # A row without a first cell, whose cells continue in lower case, is the rest of the one above.
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


def _goes_on(grid: Sequence[Sequence[Sequence[Word]]], begins: Sequence[bool]) -> bool:
    """Whether lines that do not begin a row continue one: some column has one line in nearly every row, and hardly any
    more, and there is hardly ever a number below a number, since numbers don't continue on a second line."""
    groups: list[list[Sequence[Sequence[Word]]]] = [[grid[0]]]
    for row, new in zip(grid[1:], begins, strict=True):
        if new:
            groups.append([row])
        else:
            groups[-1].append(row)
    more = len(grid) - len(groups)
    if not more or len(groups) < 2:
        return False
    numbers = sum(
        any(_number(above) and _number(cell) for above, cell in zip(before, row, strict=True))
        for group in groups
        for before, row in pairwise(group)
    )
    if numbers > (1 - MAJORITY) * more:
        return False
    filled = [[sum(bool(row[n]) for row in group) for group in groups] for n in range(len(grid[0]))]
    return any(
        sum(map(bool, own)) >= MAJORITY * len(groups) and sum(own) - sum(map(bool, own)) <= (1 - MAJORITY) * more
        for own in filled
    )


def _wraps(above: list[list[Word]], row: list[list[Word]]) -> bool:
    """Whether a row looks like the rest of the one above: a cell continues one in lower case."""
    return any(cell and above[n] and cell[0].text[:1].islower() for n, cell in enumerate(row))


def head_count(grid: Sequence[Sequence[Sequence[Word]]]) -> int:
    """How many rows are the table's header: bold ones, or ones without numbers above rows with numbers."""
    if len(grid) < 2:
        return 0
    count = 0
    while count < min(MAX_HEADS, len(grid) - 1):
        row, below = grid[count], grid[count + 1 :]
        if not all(map(_is_short, row)):
            break
        cells = [cell for cell in row if cell]
        bold = all(token.style.bold for cell in cells for token in cell)
        rest_bold = all(token.style.bold for line in below for cell in line for token in cell)
        spans = (
            not row[0] and len(cells) < len(row) and not any(_number(cell) for cell in cells)
        )  # over several columns
        # A second full row that is not bold is the first of the table's own, such as a day on which all is closed.
        named = _names_numbers(row, below) and not (count and all(row) and all(grid[count - 1]))
        if not (bold and not rest_bold) and not named and not spans:
            break
        count += 1
    if count and not grid[count - 1][0] and count < len(grid) - 1 and len(grid[0]) > 2:
        return count
    named = all(cell and _is_short(cell) and not _number(cell) for cell in grid[0])
    if not count and len(grid[0]) > 2 and len(grid) > 2 and named:
        return 1
    return count


def _above_rule(baselines: Sequence[Sequence[float]], rows: Sequence[Row], rules: Sequence[Rule]) -> int:
    """How many rows are above the first rule across the whole table; 0 if it does not end a header."""
    left, right = min(line.left for row in rows for line in row), max(line.right for row in rows for line in row)
    wide = [
        rule.top
        for rule in rules
        if rule.right - rule.left > WHOLE * (right - left) and rule.left < left + (1 - WHOLE) * (right - left)
    ]
    for count in range(1, min(MAX_HEADS, len(baselines) // 2) + 1):
        if any(baselines[count - 1][-1] < top < baselines[count][0] for top in wide):
            return count
    return 0


def _are_names(rows: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Whether all cells are short, and most of those after the first column have letters."""
    if not all(_is_short(cell) for row in rows for cell in row):
        return False
    texts = ["".join(token.text for token in cell) for row in rows for cell in row[1:] if cell]
    return 2 * sum(any(map(str.isalpha, text)) for text in texts) >= max(1, len(texts))


def _is_short(cell: Sequence[Word]) -> bool:
    return sum(len(token.text) + 1 for token in cell) <= LONGEST_NAME


NOTE = re.compile(r"\(\d{1,2}\)$")
"""The number of a note, after a name."""
YEAR = re.compile(r"(?:1[6-9]|20)\d\d")


def _names_numbers(row: Sequence[Sequence[Word]], below: Sequence[Sequence[Sequence[Word]]]) -> bool:
    """Whether the cells of a row above columns of numbers have no digits, or are years."""
    over = [n for n in range(len(row)) if row[n] and _has_digits([line[n] for line in below if line[n]])]
    heads = [NOTE.sub("", "".join(token.text for token in row[n])) for n in over]
    if not heads:
        return False
    if all(YEAR.fullmatch(head) for head in heads):
        return not any(YEAR.fullmatch(token.text) for line in below for n in over for token in line[n])
    return not any(c.isdigit() for head in heads for c in head if not YEAR.fullmatch(head))


def _has_digits(cells: Sequence[Sequence[Word]]) -> bool:
    """Whether nearly all cells have a digit."""
    texts = ["".join(token.text for token in cell) for cell in cells]
    return bool(texts) and sum(any(c.isdigit() for c in text) for text in texts) >= MAJORITY * len(texts)


def _number(cell: Sequence[Word]) -> bool:
    text = "".join(token.text for token in cell)
    digits = sum(c.isdigit() for c in text)
    return digits > 0 and 2 * digits >= len(text)
