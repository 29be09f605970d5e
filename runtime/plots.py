"""Plots as SVG without styles of their own: the page and the reports say in CSS what `before`, `now` and `mark` look
like, in light and in dark. Every text in them is escaped."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from runtime.markup import Element, SubElement, h

WIDTH, HEIGHT = 560.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 12.0, 34.0, 44.0
"""The room around a plot for its axes and its legend, in units of its picture."""

SPARK_WIDTH, SPARK_HEIGHT = 160.0, 40.0
SIGN = 8.0
"""Units that a sign of a text takes at most, on average: on a narrow page the texts are larger."""

Point = tuple[float, float]
Format = Callable[[float], str]

CSS = """
.plot { width: 100%; height: auto; display: block; font-size: 12px; }
.plot text { fill: var(--plot-ink); font-family: inherit; }
.plot .axis { stroke: var(--plot-line); stroke-width: 1; fill: none; }
.plot .before { fill: var(--plot-before); }
.plot .now { fill: var(--plot-now); }
.plot .mark { fill: var(--plot-mark); }
.plot path:is(.before, .now, .mark) { fill: none; stroke-width: 2; }
.plot path.before { stroke: var(--plot-before); }
.plot path.now { stroke: var(--plot-now); }
.plot path.mark { stroke: var(--plot-mark); }
.plot .dashed { stroke-dasharray: 6 4; }
.plot .see-through { fill-opacity: .55; }
.plot .band { fill: var(--plot-now); fill-opacity: .2; }
.plot .ring { fill: none; stroke: var(--plot-mark); stroke-width: 2; }
"""
"""What the parts of a plot look like; --plot-ink, -line, -before, -now and -mark are set beside it."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The titles of a plot's axes, their ranges, by the data if None, and how its numbers are written."""

    across_title: str
    up_title: str
    up: Point | None = None
    across: Point | None = None
    number: Format = field(default=lambda value: f"{value:g}")


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind: its name in the legend, and its looks: before, now or mark."""

    name: str
    looks: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of one kind."""

    name: str
    looks: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Level:
    """A dashed line at a value."""

    name: str
    looks: str
    value: float


class _Plot:
    """A picture with axes, on which data are placed."""

    def __init__(self, description: str, across: Point, up: Point) -> None:
        self.svg = h(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "plot",
                "viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}",
                "role": "img",
                "aria-label": description,
            },
        )
        self._across, self._up = _wide(across), _wide(up)
        self._legend_at = LEFT

    def x(self, value: float) -> float:
        low, high = self._across
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self._up
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def add(self, tag: str, looks: str, **values: float | str) -> Element:
        written = {name.replace("_", "-"): _written(value) for name, value in values.items()}
        return SubElement(self.svg, tag, {"class": looks, **written} if looks else written)

    def text(self, x: float, y: float, words: str, anchor: str = "middle", **more: str) -> None:
        self.add("text", "", x=x, y=y, text_anchor=anchor, **more).text = words

    def bar(self, looks: str, left: float, right: float, value: float, base: float = 0.0) -> None:
        top, bottom = self.y(max(value, base)), self.y(min(value, base))
        self.add("rect", looks, x=self.x(left), y=top, width=self.x(right) - self.x(left), height=bottom - top)

    def path(self, looks: str, points: Sequence[Point], *, closed: bool = False) -> None:
        placed = "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)
        self.add("path", looks, d=f"M{placed}{'Z' if closed else ''}")

    def level(self, level: Level) -> None:
        low, high = self._across
        self.path(f"{level.looks} dashed", [(low, level.value), (high, level.value)])

    def legend(self, looks: str, name: str) -> None:
        self.add("rect", looks, x=self._legend_at, y=6, width=12, height=12, rx=2)
        self.text(self._legend_at + 18, 16, name, "start")
        self._legend_at += 34 + SIGN * len(name)

    def axes(self, axes: Axes, labels: Sequence[tuple[float, str]] | None = None) -> None:
        low, high = self._up
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        self.add("path", "axis", d=f"M{LEFT} {TOP}V{bottom}H{right}")
        for value in ticks(low, high):
            self.add("path", "axis", d=f"M{LEFT - 4} {self.y(value):.1f}h4")
            self.text(LEFT - 8, self.y(value) + 4, axes.number(value), "end")
        if labels is None:
            labels = [(value, axes.number(value)) for value in ticks(*self._across, 6)]
        longest = max((len(words) for _, words in labels), default=1)
        most = max(1, int((right - LEFT) / (SIGN * (longest + 2))))
        every = -(-len(labels) // most) or 1
        for value, words in labels[::every]:
            self.add("path", "axis", d=f"M{self.x(value):.1f} {bottom}v4")
            self.text(self.x(value), bottom + 18, words)
        self.text((LEFT + right) / 2, HEIGHT - 6, axes.across_title)
        middle = (TOP + bottom) / 2
        self.text(12, middle, axes.up_title, transform=f"rotate(-90 12 {middle:g})")


def bars(
    description: str,
    series: Sequence[Series],
    labels: Sequence[str],
    axes: Axes,
    marked: tuple[str, Collection[int]] = ("", ()),
) -> Element:
    """Values side by side; `marked` has the name and the numbers of those of the last series that stand out."""
    count = len(labels)
    top = max((value for one in series for value in one.values), default=1.0)
    plot = _Plot(description, (-0.5, max(count, 1) - 0.5), axes.up or (0.0, top))
    width = 0.8 / len(series)
    for number, one in enumerate(series):
        for place, value in enumerate(one.values):
            left = place - 0.4 + number * width
            is_marked = number == len(series) - 1 and place in marked[1]
            plot.bar("mark" if is_marked else one.looks, left, left + width, value)
    if len(series) > 1:
        for one in series:
            plot.legend(one.looks, one.name)
    if marked[1]:
        plot.legend("mark", marked[0])
    plot.axes(axes, [(float(place), label) for place, label in enumerate(labels)])
    return plot.svg


def histogram(description: str, edges: Sequence[float], series: Sequence[Series], axes: Axes, limit: Level) -> Element:
    """Counts or shares between edges, over one another, with a line where the limit is."""
    top = max((value for one in series for value in one.values), default=1.0)
    across = (min(edges[0], limit.value), max(edges[-1], limit.value))
    plot = _Plot(description, across, (0.0, top))
    for one in series:
        for left, right, value in zip(edges, edges[1:], one.values, strict=False):
            plot.bar(f"{one.looks} see-through" if len(series) > 1 else one.looks, left, right, value)
        plot.legend(one.looks, one.name)
    plot.path(f"{limit.looks} dashed", [(limit.value, 0.0), (limit.value, top)])
    plot.legend(limit.looks, limit.name)
    plot.axes(axes)
    return plot.svg


def scatter(
    description: str, clouds: Sequence[Cloud], axes: Axes, rings: Sequence[tuple[float, float, str]] = ()
) -> Element:
    """Points, and rings with labels around some places."""
    every = [point for cloud in clouds for point in cloud.points] + [(x, y) for x, y, _ in rings]
    plot = _Plot(description, _range(x for x, _ in every), _range(y for _, y in every))
    for cloud in clouds:
        for x, y in cloud.points:
            plot.add("circle", f"{cloud.looks} see-through", cx=plot.x(x), cy=plot.y(y), r=2)
        plot.legend(cloud.looks, cloud.name)
    for x, y, label in rings:
        plot.add("circle", "ring", cx=plot.x(x), cy=plot.y(y), r=8)
        plot.text(plot.x(x) + 12, plot.y(y) - 6, label, "start")
    plot.axes(axes)
    return plot.svg


def line(
    description: str,
    name: str,
    points: Sequence[Point],
    axes: Axes,
    labels: Sequence[tuple[float, str]],
    *,
    band: tuple[str, Sequence[float], Sequence[float]] | None = None,
    marked: tuple[str, Collection[int]] | None = None,
    level: Level | None = None,
) -> Element:
    """Values over time or from run to run; `band` has its name and its lower and upper ends, `marked` the name and the
    numbers of the points that stand out."""
    values = [y for _, y in points] + (list(band[2]) if band else []) + ([level.value] if level else [])
    top = max(values, default=1.0)
    plot = _Plot(description, axes.across or _range(x for x, _ in points), axes.up or (0.0, 1.1 * top or 1.0))
    if band:
        upper = [(x, high) for (x, _), high in zip(points, band[2], strict=True)]
        lower = [(x, low) for (x, _), low in zip(points, band[1], strict=True)]
        plot.path("band", upper + lower[::-1], closed=True)
        plot.legend("band", band[0])
    plot.path("now", points)
    for number, (x, y) in enumerate(points):
        is_marked = marked is not None and number in marked[1]
        plot.add("circle", "mark" if is_marked else "now", cx=plot.x(x), cy=plot.y(y), r=5 if is_marked else 3.5)
    if marked or band or level:
        plot.legend("now", name)
    if marked and marked[1]:
        plot.legend("mark", marked[0])
    if level:
        plot.level(level)
        plot.legend(level.looks, level.name)
    plot.axes(axes, labels)
    return plot.svg


def spark(description: str, values: Sequence[float]) -> Element:
    """The course of a figure in a small picture without axes; its last value stands out."""
    low, high = _wide((min(0.0, *values), max(values)) if values else (0.0, 1.0))
    step = (SPARK_WIDTH - 8) / max(1, len(values) - 1)
    placed = [
        (4 + step * number, SPARK_HEIGHT - 4 - (value - low) / (high - low) * (SPARK_HEIGHT - 8))
        for number, value in enumerate(values)
    ]
    svg = h(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "plot spark",
            "viewBox": f"0 0 {SPARK_WIDTH:g} {SPARK_HEIGHT:g}",
            "role": "img",
            "aria-label": description,
        },
    )
    if placed:
        SubElement(svg, "path", {"class": "now", "d": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)})
        x, y = placed[-1]
        SubElement(svg, "circle", {"class": "now", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3"})
    return svg


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most so many round numbers in a range, in equal steps."""
    rough = (high - low) / most
    if not (rough > 0 and math.isfinite(rough)):
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _range(values: object) -> Point:
    known = [float(value) for value in values]  # type: ignore[attr-defined]
    return (min(known), max(known)) if known else (0.0, 1.0)


def _wide(ends: Point) -> Point:
    """The range, or one around its only value."""
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"A plot can't reach from {low} to {high}.")
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _written(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}"
