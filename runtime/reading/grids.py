"""Tables with ruled cells: whatever is between the same rules is one cell, however many lines of text it has."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from runtime.reading.gutters import NARROW
from runtime.reading.tables import Table, head_count
from runtime.reading.words import Rule, Style, Word

TOUCHING = 3.0
"""Points: lines this close to each other meet."""

THICK = 3.0
"""Points: anything thicker is not a line."""

MIN_CELL = 4.0
"""Points: minimum width and height of a cell."""

LONGEST_LABEL = 40
"""Characters: a longer label is not repeated in each row that it spans."""

LINE = 12.0
"""Points: maximum height of the placeholder line of a row."""

MIN_EDGES = 6
"""Minimum edges of a grid: two columns and two rows, or three columns in one row."""

MIN_COLUMN = 12.0
"""Points: minimum extension of horizontal lines for a column without an outer line."""

SPARSE = 0.25
"""Of the cells: if fewer have text, and less than half of the first row and of the first column, it is not a table."""

MAX_LINES = 400
"""Vertical or horizontal lines on a page: more are a drawing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Horizontal lines (y, left, right) and vertical ones (x, top, bottom) that meet; `xs` and `ys` are their
    positions."""

    level: list[tuple[float, float, float]]
    upright: list[tuple[float, float, float]]
    xs: list[float]
    ys: list[float]

    def holds(self, token: Word) -> bool:
        """Whether a token is within the outer lines."""
        x, y = (token.left + token.right) / 2, (token.top + token.bottom) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


def tables_in(tokens: Sequence[Word], rules: Sequence[Rule]) -> tuple[list[Word], list[Table]]:
    """The ruled tables, and the tokens of the rest of the page, with a placeholder as wide as the table for each of its
    rows, whose `table` is the table's number."""
    tables: list[Table] = []
    instead: list[Word] = []
    taken: set[int] = set()
    for grid, near, above in _with_tokens(grids_of(rules), tokens):
        inside = [token for token in near if id(token) not in taken and grid.holds(token)]
        names = _names_above(grid, [token for token in above if id(token) not in taken])
        table = _table(grid, inside, names)
        if table is None:
            continue
        taken.update(map(id, inside), map(id, names))
        order = min(token.order for token in inside)
        for top, bottom in pairwise(grid.ys):
            size = min(bottom - top, LINE)
            style = Style(size, False, False, 0, "")
            sides = (grid.xs[0], top, grid.xs[-1], bottom)
            instead.append(Word("\ufffc", *sides, bottom, size, style, False, order, order, len(tables)))
        tables.append(table)
    return [*(token for token in tokens if id(token) not in taken), *instead], tables


def _with_tokens(
    grids: Sequence[Grid], tokens: Sequence[Word]
) -> Iterator[tuple[Grid, Sequence[Word], Sequence[Word]]]:
    """Each grid with the tokens within its height and those right above it."""
    if not grids:
        return
    by_middle = sorted(tokens, key=_middle)
    by_baseline = sorted(tokens, key=_baseline)
    largest = max((token.size for token in tokens), default=0.0)
    for grid in grids:
        top, bottom = grid.ys[0], grid.ys[-1]
        yield (
            grid,
            by_middle[bisect_left(by_middle, top, key=_middle) : bisect_right(by_middle, bottom, key=_middle)],
            by_baseline[
                bisect_left(by_baseline, top - largest, key=_baseline) : bisect_right(by_baseline, top, key=_baseline)
            ],
        )


def _left(token: Word) -> float:
    return token.left


def _middle(token: Word) -> float:
    return (token.top + token.bottom) / 2


def _baseline(token: Word) -> float:
    return token.baseline


def grids_of(rules: Sequence[Rule]) -> list[Grid]:
    """The grids formed by lines, of at least two cells."""
    drawn = [rule for rule in rules if not rule.edge]  # alternately shaded rows are not a grid
    level = _lines(((r.top + r.bottom) / 2, r.left, r.right) for r in drawn if r.bottom - r.top <= THICK)
    upright = _lines(((r.left + r.right) / 2, r.top, r.bottom) for r in drawn if r.right - r.left <= THICK)
    if not 2 <= len(level) <= MAX_LINES or not 2 <= len(upright) <= MAX_LINES:
        return []
    found = []
    for levels, uprights in _connected(level, upright):
        xs, ys = _with_ends(_apart(x for x, _, _ in uprights), levels), _apart(y for y, _, _ in levels)
        if len(xs) > 2 and len(ys) >= 2 and len(xs) + len(ys) >= MIN_EDGES:
            found.append(Grid(levels, uprights, xs, ys))
    return sorted(found, key=lambda grid: (grid.ys[0], grid.xs[0]))


def _lines(spans: Iterator[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Merge touching segments (position, start, end) of one line."""
    made: list[tuple[float, float, float]] = []
    for at, start, end in sorted((round(at), start, end) for at, start, end in spans):
        if made and at - made[-1][0] <= 1 and start <= made[-1][2] + TOUCHING:
            made[-1] = (made[-1][0], min(made[-1][1], start), max(made[-1][2], end))
        elif end - start > MIN_CELL:
            made.append((at, start, end))
    return made


def _connected(
    level: list[tuple[float, float, float]], upright: list[tuple[float, float, float]]
) -> Iterator[tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]]:
    """Groups of lines that meet, directly or through others."""
    levels, uprights = set(range(len(level))), set(range(len(upright)))
    while levels:
        reached: tuple[set[int], set[int]] = ({levels.pop()}, set())
        fresh = list(reached[0])
        while fresh:
            line = level[fresh.pop()]
            met = {n for n in uprights if _meet(line, upright[n])}
            uprights -= met
            reached[1].update(met)
            for n in met:
                more = {m for m in levels if _meet(level[m], upright[n])}
                levels -= more
                reached[0].update(more)
                fresh += more
        yield [level[n] for n in sorted(reached[0])], [upright[n] for n in sorted(reached[1])]


def _meet(level: tuple[float, float, float], upright: tuple[float, float, float]) -> bool:
    y, left, right = level
    x, top, bottom = upright
    return left - TOUCHING <= x <= right + TOUCHING and top - TOUCHING <= y <= bottom + TOUCHING


def _with_ends(xs: Sequence[float], levels: Sequence[tuple[float, float, float]]) -> list[float]:
    """The positions of vertical lines, and where most horizontal lines begin and end if a column has no outer line."""
    if not xs:
        return []
    starts, ends = sorted(start for _, start, _ in levels), sorted(end for _, _, end in levels)
    first, last = starts[len(starts) // 2], ends[len(ends) // 2]
    return [
        *([first] if first < xs[0] - MIN_COLUMN else []),
        *xs,
        *([last] if last > xs[-1] + MIN_COLUMN else []),
    ]


def _apart(values: Iterator[float]) -> list[float]:
    made: list[float] = []
    for value in sorted(values):
        if not made or value - made[-1] > MIN_CELL:
            made.append(value)
    return made


def _names_above(grid: Grid, tokens: Sequence[Word]) -> list[Word]:
    """A line of column names right above the grid, if it covers most of the columns and is divided between them,
    unlike a caption."""
    near = [token for token in tokens if 0 <= grid.ys[0] - token.baseline < token.size and _over(grid, token)]
    near.sort(key=_left)
    columns = [_place(grid.xs, (token.left + token.right) / 2) for token in near]
    names = zip(pairwise(columns), pairwise(near), strict=True)
    divided = all(b.left - a.right > NARROW * b.size for (before, column), (a, b) in names if column > before)
    return near if divided and len(set(columns)) > (len(grid.xs) - 1) / 2 else []


def _over(grid: Grid, token: Word) -> bool:
    return grid.xs[0] <= (token.left + token.right) / 2 <= grid.xs[-1]


def _table(grid: Grid, tokens: Sequence[Word], names: Sequence[Word]) -> Table | None:
    """The grid's cells; None if fewer than two cells or columns have text, as in a frame or a drawing."""
    columns, rows = len(grid.xs) - 1, len(grid.ys) - 1
    cells: list[list[list[Word]]] = [[[] for _ in range(columns)] for _ in range(rows)]
    owner = _owners(grid, columns, rows)
    for token in tokens:
        x, y = (token.left + token.right) / 2, (token.top + token.bottom) / 2
        column, row = _place(grid.xs, x), _place(grid.ys, y)
        at = owner[row][column]
        cells[at[0]][at[1]].append(token)
    filled = {(r, c) for r in range(rows) for c in range(columns) if cells[r][c]}
    if len(filled) < 2 or len({c for _, c in filled}) < 2:
        return None
    all_cells = {at for line in owner for at in line}
    labels = [{at for at in all_cells if at[0] == 0}, {at for at in all_cells if at[1] == 0}]
    if len(filled) < SPARSE * len(all_cells) and all(len(filled & own) < len(own) / 2 for own in labels):
        return None  # the grid lines of a chart
    for cell in (cell for line in cells for cell in line):
        cell.sort(key=lambda token: (token.baseline, token.left))
    spread = [[cells[owner[r][c][0]][owner[r][c][1]] for c in range(columns)] for r in range(rows)]
    kept = [r for r in range(rows) if any(spread[r])]
    # A label that spans several rows is repeated in each; one that spans several columns only in the header.
    repeated = [
        [owner[r][c][0] < r and owner[r][c][1] == c and _is_label(spread[r][c]) for c in range(columns)] for r in kept
    ]
    own = [
        [spread[r][c] if owner[r][c] == (r, c) or repeated[n][c] else [] for c in range(columns)]
        for n, r in enumerate(kept)
    ]
    named = [spread[r] for r in kept]
    if names:
        above: list[list[Word]] = [[] for _ in range(columns)]
        for token in names:
            above[_place(grid.xs, (token.left + token.right) / 2)].append(token)
        own, named, repeated = [above, *own], [above, *named], [[False] * columns, *repeated]
    heads = head_count(named)
    return Table(own, heads, named[:heads], grid.xs[:-1], repeated)


def _is_label(tokens: Sequence[Word]) -> bool:
    return sum(len(token.text) + 1 for token in tokens) <= LONGEST_LABEL


def _place(edges: Sequence[float], at: float) -> int:
    return max(0, min(len(edges) - 2, bisect_right(edges, at) - 1))


def _owners(grid: Grid, columns: int, rows: int) -> list[list[tuple[int, int]]]:
    """For each field of the grid, the first field of its cell: no line divides the two."""
    owner = [[(r, c) for c in range(columns)] for r in range(rows)]
    upright = [_at(grid.upright, x) for x in grid.xs]
    level = [_at(grid.level, y) for y in grid.ys]
    for r in range(rows):
        for c in range(columns):
            y, x = (grid.ys[r] + grid.ys[r + 1]) / 2, (grid.xs[c] + grid.xs[c + 1]) / 2
            if c and not any(start <= y <= end for start, end in upright[c]):
                owner[r][c] = owner[r][c - 1]
            elif r and not any(start <= x <= end for start, end in level[r]):
                owner[r][c] = owner[r - 1][c]
    return owner


def _at(lines: Sequence[tuple[float, float, float]], at: float) -> list[tuple[float, float]]:
    """Where the lines at a position begin and end."""
    return [(start, end) for where, start, end in lines if abs(where - at) <= MIN_CELL]
