"""Reports: what the analyses store for the page, and the same as single HTML pages that load and run nothing."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.archive import model_name
from analysis.statistics import Numbers
from analysis.watch import QUANTILES, Drifted, Outliers, matched_moves
from runtime import plots, reports
from runtime.markup import Element, h, html_of
from runtime.plots import Axes, Series
from runtime.ports import Run, Vectors
from runtime.report_words import ENGLISH
from runtime.reports import OUTLIERS_SHOWN, Kind, Report, made_at, table
from runtime.verdicts import Tone, finding

BINS = 40
"""Of a histogram."""

MAPPED_SHOWN = 400
"""Points of each sample on a map."""

STYLE = """
:root { color-scheme: light; --plot-ink: #23211d; --plot-line: #8c877d; --plot-before: #8c877d; --plot-now: #0f6b64;
  --plot-mark: #c07a00; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: #23211d; background: #fff;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; } .quiet { color: #625d54; font-size: .875rem; }
.verdict { border-left: .5rem solid; padding: .75rem 1rem; margin: 1rem 0; font-size: 1.125rem; }
.good { border-color: #0f6b64; background: #e0efed; } .warn { border-color: #8a5a00; background: #fdeecb; }
.bad { border-color: #a8321f; background: #fbe9e6; } .plain { border-color: #8c877d; background: #f4f2ee; }
.plots { display: grid; gap: 1.5rem; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; } figcaption { font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.many { min-width: 56rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #dcd8d0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { overflow-wrap: anywhere; } td:first-child { overflow-wrap: normal; }
td.text { min-width: 16rem; } blockquote { margin: 0 0 .5rem; }
cite { display: block; font-style: normal; color: #625d54; font-size: .8rem; }
.tag { display: inline-block; white-space: nowrap; padding: 0 .5rem; border-radius: 1rem; background: #ebe8e2; }
.tag:is(.appeared, .disappeared) { background: #fdeecb; } .tag:is(.grew, .shrank) { background: #e0efed; }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TITLES: Mapping[Kind, str] = {
    "drift-documents": "The library's passages",
    "drift-prompts": "The questions",
    "distance": "The questions: distance to the library",
}


def drift_report(kind: Kind, drifted: Drifted, snapshots: Sequence[Run]) -> Report:
    """The report on a BASELINE or SNAPSHOT run; `snapshots` are all since the baseline, this one last."""
    run, figures = drifted.run, {"map": _map(drifted)}
    if drifted.verdict is not None:
        before, now = drifted.verdict.distances
        edges = np.linspace(min(before.min(), now.min()), max(before.max(), now.max()), BINS + 1)
        shares = {name: _shares(own, edges) for name, own in (("before", before), ("now", now))}
        figures["distances"] = {"edges": _rounded(edges), **shares, "limit": drifted.verdict.limit}
    history = [{name: one.values[name] for name in ("until", "far", "drift")} for one in snapshots]
    return Report(kind, _shown(run), history, figures)


def distance_report(runs: Sequence[Run], far: Numbers, found: Outliers) -> Report:
    """The report on the last DISTANCE run; `far` are its distances, `found` the outliers of all runs."""
    counts, edges = np.histogram(far, BINS)
    low, high = (f"{q:g}" for q in (QUANTILES[2], QUANTILES[4]))
    history = [
        {
            "until": run.values["until"],
            "median": run.values["median"],
            "low": run.values["quantiles"][low],
            "high": run.values["quantiles"][high],
        }
        for run in runs
    ]
    outliers = {**asdict(found), "prompts": [_outlier(one) for one in found.prompts[:OUTLIERS_SHOWN]]}
    distances = {"edges": _rounded(edges), "now": counts.tolist(), "limit": found.robust_limit}
    return Report("distance", _shown(runs[-1]), history, {"distances": distances, "outliers": outliers})


def report_page(report: Report) -> bytes:
    """The report as a page of its own, in English."""
    title = TITLES[report.kind]
    if report.kind != "distance":
        title += f": {'drift' if report.run.jobtype == 'SNAPSHOT' else 'baseline'}"
    return _page(title, report.run, reports.body("The report", report, ENGLISH))


def compare_report(kind: str, first: Run, second: Run, centers: tuple[Vectors, Vectors] | None) -> bytes:
    """The page that compares two runs."""
    text = f"{name_of(first)} compared with {name_of(second)}. {_apart(first, second, centers)}".strip()
    parts: list[Element] = [
        h("p", {"class": "verdict plain"}, text),
        table(("", name_of(first), name_of(second)), comparison(first, second)),
    ]
    if centers and not _apart(first, second, centers):
        parts += _matched(first, second, centers)
    title = TITLES["drift-documents"] if kind == "documents" else TITLES["drift-prompts"]
    return _page(f"{title}: two runs compared", second, html_of(*parts))


def _matched(first: Run, second: Run, centers: tuple[Vectors, Vectors]) -> list[Element]:
    """The clusters of two runs side by side: the second's are next to their matches; those without one come last."""
    names = (f"{first.jobtype}#{first.jobdate}", f"{second.jobtype}#{second.jobdate}")
    moves = matched_moves(*centers)
    order, first_order = [b for _, b, _ in moves], [a for a, _, _ in moves]
    order += [number for number in range(len(centers[1])) if number not in order]
    first_order += [number for number in range(len(centers[0])) if number not in first_order]
    shares = [np.array(run.values["clustersizes"]) / sum(run.values["clustersizes"]) for run in (first, second)]
    sizes = (shares[0][first_order].tolist(), shares[1][order].tolist())
    variances = (first.values["varpc"], second.values["varpc"])
    drawn = [
        ("Variance by principal component", _bars(names, variances, "component", 1)),
        ("Cluster sizes, matched", _bars(names, sizes, "cluster", 0)),
    ]
    figures = [h("figure", None, h("figcaption", None, title), svg) for title, svg in drawn]
    rows = [(str(a), str(b), _number(moved)) for a, b, moved in moves]
    return [
        h("div", {"class": "plots"}, *figures),
        h("h3", None, "Clusters matched by the least total distance"),
        table(("first", "second", "distance"), rows),
    ]


def _bars(names: tuple[str, str], both: Sequence[Sequence[float]], across: str, first: int) -> Element:
    series = [Series(name, looks, values) for name, looks, values in zip(names, ("before", "now"), both, strict=True)]
    labels = [str(first + number) for number in range(max(map(len, both)))]
    return plots.bars(across, series, labels, Axes(across, "share", number=lambda value: f"{value:.3g}"))


def sentence(kind: str, run: Run) -> tuple[str, Tone]:
    """The verdict in English, and its tone."""
    text, tone = reports.sentence(kind, run, ENGLISH)
    found = finding(run)
    return " ".join([text, *reports.reasons(found, ENGLISH), reports.change_words(found, ENGLISH)]).strip(), tone


def trend_words(trend: Mapping[str, Any]) -> str:
    """A DISTANCE run's trend in words."""
    return reports.trend_words(trend, ENGLISH)


def place_of(passage: Mapping[str, Any]) -> str:
    """Where a cluster's passage is; for a prompt, when it was asked."""
    return reports.place_of(passage, ENGLISH)


def _shown(run: Run) -> Run:
    """The run with a model's name for one that has none."""
    return Run(run.jobtype, run.jobdate, {**run.values, "model": model_name(run.values["model"])})


def _outlier(prompt: Mapping[str, Any]) -> dict[str, Any]:
    """A question far from the library, without the conversation in which it was asked."""
    return {name: value for name, value in prompt.items() if name not in ("conversation", "reference", "model")}


def _map(drifted: Drifted) -> dict[str, Any]:
    maps = [np.round(points[:MAPPED_SHOWN], 3).tolist() for points in drifted.maps]
    if drifted.verdict is None or drifted.before is None:
        return {"before": maps[0], "now": [], "rings": []}
    changed = [one for one in drifted.verdict.clusters if one.change != "same" and one.snapshot is not None]
    rings = []
    for one in changed if drifted.verdict.drift else ():
        center = (drifted.clustering.centers[one.snapshot] - drifted.before.mean) @ drifted.before.axes.T
        rings.append([round(float(center[0]), 3), round(float(center[1]), 3), one.baseline])
    return {"before": maps[0], "now": maps[1], "rings": rings}


def _shares(values: Numbers, edges: Numbers) -> list[float]:
    counts: list[float] = np.round(np.histogram(values, edges)[0] / len(values), 5).tolist()
    return counts


def _rounded(values: Numbers) -> list[float]:
    rounded: list[float] = np.round(values, 5).tolist()
    return rounded


def _apart(first: Run, second: Run, centers: tuple[Vectors, Vectors] | None) -> str:
    """Why the clusters of two runs can't be matched, '' if they can."""
    if first.values["model"] != second.values["model"]:
        return "They used different models, so neither clusters nor distances can be compared."
    if centers is None or all(len(own) for own in centers):
        alike = centers is None or centers[0].shape[1] == centers[1].shape[1]
        return "" if alike else "Their vectors have different lengths, so their clusters can't be compared."
    return "One of them has no stored centers."


def name_of(run: Run) -> str:
    """A run's name as commands take it, and its time."""
    return f"{run.jobtype}#{run.jobdate} ({datetime.fromtimestamp(run.jobdate, UTC):%Y-%m-%d %H:%M} UTC)"


COMPARED = {
    "model": "model",
    "rows": "records",
    "groups": "documents or conversations",
    "inertia": "inertia",
    "score": "silhouette",
    "drift": "drift",
    "p": "p",
    "auc": "AUC of distance",
    "direction_auc": "AUC of direction",
    "far": "far records",
    "mean": "mean distance",
    "median": "median distance",
    "stdev": "standard deviation",
}


def comparison(first: Run, second: Run) -> list[tuple[str, ...]]:
    """The figures of two runs, row by row."""
    rows: list[tuple[str, ...]] = []
    for key, label in COMPARED.items():
        if key in first.values or key in second.values:
            rows.append((label, *(_number(run.values.get(key, "")) for run in (first, second))))
    for run_key, label in (("varpc", "variance of the first components"), ("clustersizes", "cluster sizes")):
        if run_key in first.values or run_key in second.values:
            rows.append((label, *(_listed(run.values.get(run_key, ())) for run in (first, second))))
    return rows


def _page(title: str, run: Run, body: str) -> bytes:
    made = f"{run.jobtype}#{run.jobdate}, {made_at(run)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}{plots.CSS}</style></head><body>"
        f"<h1>{html.escape(title)}</h1><p class=quiet>{html.escape(made)}</p>{body}</body></html>"
    ).encode()


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _listed(values: Any) -> str:
    return ", ".join(_number(value) if isinstance(value, int) else f"{value:.3f}" for value in values)
