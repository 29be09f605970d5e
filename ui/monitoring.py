"""The monitoring tab: the analyses' latest reports, and how answers went over time. It is read when it is opened."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr

from runtime.ports import Files, Metrics, PlumblineError
from ui import html
from ui.area import html_area
from ui.gate import operator


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of report: what it is called, and the commands that write one."""

    label: str
    commands: tuple[str, ...]
    what_they_do: str


KINDS = {
    "drift-documents": Kind(
        "Drift of the documents",
        ("drift --job_type BASELINE", "drift --job_type SNAPSHOT"),
        "The first command describes the documents as they are, the second tells whether those that came since differ.",
    ),
    "drift-prompts": Kind(
        "Drift of the questions",
        ("drift --of prompts --job_type BASELINE", "drift --of prompts --job_type SNAPSHOT"),
        "The first command describes the questions until now, the second tells whether those asked since differ.",
    ),
    "distance": Kind(
        "Distance of the questions",
        ("distance",),
        "This command measures how far the questions lie from the documents.",
    ),
}
"""By what the names of the reports begin with."""

_NAME = re.compile(rf"({'|'.join(KINDS)})-([a-z]+)-(\d{{8}}T\d{{6}}Z)\.html")

HOUR, DAY = 3600, 86_400
SPANS = {
    "Day": (DAY, HOUR // 4, "15-min"),
    "Week": (7 * DAY, HOUR, "hourly"),
    "Month": (30 * DAY, 6 * HOUR, "6-hour"),
}
"""The seconds that the plots reach back, those that each mean is of, and these in words."""

PLOTS = {
    "similarity": ("Similarity of the passages found", "cosine", 1),
    "latency": ("Time to an answer", "seconds", None),
    "no_answer": ("Questions without an answer", "share", 1),
}
"""Of each metric that is drawn: the title, the unit, and the greatest value that the plot has room for."""


class Watched(Protocol):
    """What the tab reads of a library."""

    @property
    def metrics(self) -> Metrics:
        """Figures over time."""
        ...

    @property
    def reports(self) -> Files:
        """The analyses' reports."""
        ...


class Monitoring:
    """The tab's handlers, for operators. What can't be read is said in its place."""

    def __init__(self, library: Watched, *, deployed: bool) -> None:
        self._library = library
        self._deployed = deployed

    def report(self, kind: str | None, request: gr.Request) -> tuple[Any, str]:
        """The newest report of a kind, or of all kinds where none is chosen; or how to have one."""
        operator(request)
        try:
            latest = self._latest()
            shown = kind or max(latest, key=lambda one: latest[one][0], default=next(iter(KINDS)))
            return gr.skip() if kind else gr.update(value=shown), self._shown(shown, latest)
        except (PlumblineError, OSError) as error:
            return gr.skip(), html.alert(f"The reports can't be read. {error}")

    def history(self, span: str, request: gr.Request) -> str:
        """The plots that have a value."""
        from ui import plots  # which only operators wait for: Matplotlib takes a second to load

        operator(request)
        reach, step, words = SPANS[span]
        now = time.time()
        try:
            series = {name: self._library.metrics.series(name, now - reach, step) for name in PLOTS}
        except (PlumblineError, OSError) as error:
            return html.alert(f"The figures can't be read. {error}")
        drawn = {name: points for name, points in series.items() if points}
        if not drawn:
            return html.hint(f"No question was asked in the last {span.lower()}.")
        began = min(points[0][0] for points in drawn.values())
        across = (began, now - now % step + step)
        return "".join(
            plots.line(name, title, unit, f"{words} means", points, across, most)
            for name, points in drawn.items()
            for title, unit, most in [PLOTS[name]]
        )

    def _latest(self) -> dict[str, tuple[str, str]]:
        """The time and the name of each kind's newest report."""
        named = [match for name in self._library.reports.names() if (match := _NAME.fullmatch(name))]
        return {match[1]: (match[3], match[0]) for match in sorted(named, key=lambda match: match[3])}

    def _shown(self, kind: str, latest: Mapping[str, tuple[str, str]]) -> str:
        if kind not in latest:
            stack = " --stack NAME" if self._deployed else ""
            commands = [f".venv/bin/python -m analysis {command}{stack}" for command in KINDS[kind].commands]
            nightly = " The stack's own jobs do the same every night." if self._deployed else ""
            return html.no_report(KINDS[kind].what_they_do + nightly, commands)
        stamp, name = latest[kind]
        made = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]} UTC"
        page = self._library.reports.content(name).decode("utf-8", "replace")
        return html.report(name, made, page)


def build(page: Monitoring, *, visible: bool) -> gr.Tab:
    """The tab, its layout and what happens on it."""
    with gr.Tab("Monitoring", id="monitoring", visible=visible) as tab, gr.Row(elem_id="watching"):
        with gr.Column():
            kind = gr.Radio(
                choices=[(one.label, name) for name, one in KINDS.items()], label="Latest report", elem_id="kind"
            )
            report = html_area(elem_id="report")
        with gr.Column():
            span = gr.Radio(choices=list(SPANS), value="Week", label="History of the last", elem_id="span")
            history = html_area(elem_id="history")
    quiet = {"show_progress": "minimal", "api_visibility": "private"}
    tab.select(page.report, kind, [kind, report], **quiet)
    kind.input(page.report, kind, [kind, report], **quiet)
    for event in (tab.select, span.input):
        event(page.history, span, history, **quiet)
    return tab
