"""What is watched: the analyses' latest reports, and how answers fared over time."""

from __future__ import annotations

import re
import time

from runtime.ports import Files, Metrics

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


def latest(reports: Files) -> dict[str, tuple[str, str]]:
    """The time and the name of each kind's newest report."""
    named = [match for name in reports.names() if (match := _NAME.fullmatch(name))]
    return {match[1]: (match[3], match[0]) for match in sorted(named, key=lambda match: match[3])}


def history(metrics: Metrics, span: str) -> dict[str, list[tuple[float, float]]]:
    """The metrics that have values in a span, each as times in seconds since the epoch with their means."""
    reach, step = SPANS[span]
    since = time.time() - reach
    series = {name: metrics.series(name, since, step) for name in PLOTS}
    return {name: points for name, points in series.items() if points}
