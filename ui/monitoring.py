"""The monitoring tab: the analyses' latest reports, and how answers fared over time, read when it is opened."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Protocol

import gradio as gr

from runtime.ports import Files, Metrics, PlumblineError
from ui import html
from ui.area import html_area
from ui.gate import require_operator
from ui.texts import Texts, texts_of

COMMANDS = {
    "drift-documents": ("drift --job_type BASELINE", "drift --job_type SNAPSHOT"),
    "drift-prompts": ("drift --of prompts --job_type BASELINE", "drift --of prompts --job_type SNAPSHOT"),
    "distance": ("distance",),
}
"""The commands that write each kind of report, by the prefix of the report's name."""

_NAME = re.compile(rf"({'|'.join(COMMANDS)})-([a-z]+)-(\d{{8}}T\d{{6}}Z)\.html")

HOUR, DAY = 3600, 86_400
SPANS = {
    "Day": (DAY, HOUR // 4),
    "Week": (7 * DAY, HOUR),
    "Month": (30 * DAY, 6 * HOUR),
}
"""The seconds that the plots reach back, and the seconds averaged in each point."""

PLOTS = {"similarity": 1, "latency": None, "no_answer": 1, "unproven": 1}
"""The metrics that are plotted, each with the upper limit of its axis."""


class Monitored(Protocol):
    """What the tab reads from a library."""

    @property
    def metrics(self) -> Metrics:
        """Figures over time."""
        ...

    @property
    def reports(self) -> Files:
        """The analyses' reports."""
        ...


class Monitoring:
    """The tab's handlers, for operators. An alert replaces what can't be read."""

    def __init__(self, library: Monitored, *, deployed: bool) -> None:
        self._library = library
        self._deployed = deployed

    def report(self, kind: str | None, request: gr.Request) -> tuple[Any, str]:
        """The newest report of a kind, or of all kinds if none is chosen; or how to make one."""
        require_operator(request)
        texts = texts_of(request)
        try:
            latest = self._latest()
            shown = kind or max(latest, key=lambda one: latest[one][0], default=next(iter(COMMANDS)))
            return gr.skip() if kind else gr.update(value=shown), self._shown(shown, latest, texts)
        except (PlumblineError, OSError) as error:
            return gr.skip(), html.alert(texts("report.unreadable", error=error))

    def history(self, span: str, request: gr.Request) -> str:
        """The plots that have values."""
        from ui import plots  # only operators wait for it: Matplotlib takes a second to load

        require_operator(request)
        texts = texts_of(request)
        reach, step = SPANS[span]
        now = time.time()
        try:
            series = {name: self._library.metrics.series(name, now - reach, step) for name in PLOTS}
        except (PlumblineError, OSError) as error:
            return html.alert(texts("history.unreadable", error=error))
        drawn = {name: points for name, points in series.items() if points}
        if not drawn:
            return html.hint(texts(f"history.none_{span}"))
        began = min(points[0][0] for points in drawn.values())
        across = (began, now - now % step + step)
        return "".join(
            plots.line(
                name,
                texts(f"plot.{name}"),
                texts(f"unit.{name}"),
                texts(f"means.{span}"),
                points,
                across,
                PLOTS[name],
                texts,
            )
            for name, points in drawn.items()
        )

    def _latest(self) -> dict[str, tuple[str, str]]:
        """The time and the name of each kind's newest report."""
        named = [match for name in self._library.reports.names() if (match := _NAME.fullmatch(name))]
        return {match[1]: (match[3], match[0]) for match in sorted(named, key=lambda match: match[3])}

    def _shown(self, kind: str, latest: Mapping[str, tuple[str, str]], texts: Texts) -> str:
        if kind not in latest:
            stack = " --stack NAME" if self._deployed else ""
            commands = [f".venv/bin/python -m analysis {command}{stack}" for command in COMMANDS[kind]]
            nightly = [texts("how.nightly")] if self._deployed else []
            return html.no_report(" ".join([texts(f"how.{kind}"), *nightly]), commands, texts)
        stamp, name = latest[kind]
        made = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]} UTC"
        page = self._library.reports.content(name).decode("utf-8", "replace")
        return html.report(name, made, page, texts)


def build(page: Monitoring, label: gr.I18n, *, visible: bool) -> gr.Tab:
    """The tab, its layout and what happens on it."""
    with gr.Tab(label("head.monitoring"), id="monitoring", visible=visible) as tab, gr.Row(elem_id="watching"):
        with gr.Column():
            kind = gr.Radio(
                choices=[(str(label(f"report.{kind}")), kind) for kind in COMMANDS],
                label=label("report.latest"),
                elem_id="kind",
            )
            report = html_area(elem_id="report")
        with gr.Column():
            span = gr.Radio(
                choices=[(str(label(f"history.{span}")), span) for span in SPANS],
                value="Week",
                label=label("history.of"),
                elem_id="span",
            )
            history = html_area(elem_id="history")
    quiet = {"show_progress": "minimal", "api_visibility": "private"}
    tab.select(page.report, kind, [kind, report], **quiet)
    kind.input(page.report, kind, [kind, report], **quiet)
    for event in (tab.select, span.input):
        event(page.history, span, history, **quiet)
    return tab
