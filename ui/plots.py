"""The plots of the monitoring tab, as SVG, so that the browser needs no script to draw them."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ui.texts import Texts

LINE, INK = "#0f766e", "#1e293b"
"""The reports' colours. On the page the style sheet replaces them, with others for dark mode."""

mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "plumbline",
        "font.family": "sans-serif",
        "font.size": 12,
        "path.simplify": False,
        "date.converter": "concise",
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)
_drawing = threading.Lock()
"""Matplotlib is not thread-safe."""


def line(
    name: str,
    title: str,
    unit: str,
    means: str,
    points: Sequence[tuple[float, float]],
    across: tuple[float, float],
    most: float | None,
    texts: Texts,
) -> str:
    """A metric's means over time as one line of HTML; `across` is the time axis's range in seconds.

    `most` is the upper limit of the value axis, None for a fifth above the greatest value.
    """
    values = [value for _, value in points]
    with _drawing:
        figure = Figure(figsize=(6, 2.4), layout="constrained", facecolor="none")
        axes = figure.subplots()
        drawn = axes.plot(
            [_date(time) for time, _ in points], values, color=LINE, marker="o", markersize=5, clip_on=False
        )
        drawn[0].set_gid(f"line-{name}")
        axes.set(xlim=[_date(time) for time in across], ylim=(0, most or 1.2 * max(values) or 1))
        axes.set(xlabel=f"{means}, UTC", ylabel=unit)
        svg = _svg(figure)
    least, greatest, last = (texts.number(value, ".3g") for value in (min(values), max(values), values[-1]))
    description = texts(
        "plot.description",
        title=title,
        count=len(values),
        means=means,
        least=least,
        most=greatest,
        unit=unit,
        last=last,
    )
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
    return f'<figure class="plot" id="plot-{name}"><figcaption>{escape(title)}</figcaption>{svg}</figure>'


def _date(time: float) -> Any:
    return datetime.fromtimestamp(time, UTC)


def _svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    # Its styles would apply to every picture on the page.
    drawn = re.sub("<style.*?</style>", "", " ".join(out.getvalue().split()))
    return drawn[drawn.index("<svg") :].replace(INK, "currentColor").replace(LINE, "var(--plot-line)")
