"""Reports: single HTML pages that load and run nothing, with their plots as inline SVG."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from analysis.archive import model_name
from analysis.drift import LEVEL, is_of_interest
from analysis.statistics import Numbers
from analysis.watch import QUANTILES, Drifted, Outliers, count_unexpected, matched_moves
from runtime.ports import Run, Vectors

BEFORE, NOW, MARK, INK, PAPER = "#64748b", "#0f766e", "#b45309", "#1e293b", "#ffffff"
STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; color: #1e293b; background: #fff;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; } .quiet { color: #475569; font-size: .875rem; }
.verdict { border-left: .5rem solid; padding: .75rem 1rem; margin: 1rem 0; font-size: 1.125rem; }
.good { border-color: #0f766e; background: #f0fdfa; } .warn { border-color: #b45309; background: #fffbeb; }
.bad { border-color: #b91c1c; background: #fef2f2; } .plain { border-color: #64748b; background: #f8fafc; }
.plots { display: grid; gap: 1.5rem; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.many { min-width: 56rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #e2e8f0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { overflow-wrap: anywhere; } td:first-child { overflow-wrap: normal; }
td.text { min-width: 16rem; } blockquote { margin: 0 0 .5rem; }
cite { display: block; font-style: normal; color: #475569; font-size: .8rem; }
.tag { display: inline-block; white-space: nowrap; padding: 0 .5rem; border-radius: 1rem; background: #e2e8f0; }
.tag.appeared, .tag.disappeared { background: #fed7aa; } .tag.grew, .tag.shrank { background: #ccfbf1; }
"""
MAX_DATES = 5
"""Most dates on an axis, so that they do not overlap."""

WIDE_COLUMNS = 4
"""Columns above which a table scrolls on a narrow page instead of being squeezed."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
KINDS = {"documents": "The library's passages", "prompts": "The questions"}

mpl.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "plumbline",
        "font.family": "sans-serif",
        "font.size": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": BEFORE,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
)


def drift_report(kind: str, drifted: Drifted, snapshots: Sequence[Run]) -> bytes:
    """The page of a BASELINE or SNAPSHOT run; `kind` is documents or prompts, `snapshots` all stored ones."""
    run, values = drifted.run, drifted.run.values
    plots = [
        ("Variance by principal component", _variance(drifted)),
        ("Cluster sizes", _sizes(drifted)),
        ("Records on the baseline's first two components", _map(drifted)),
    ]
    if drifted.verdict is not None:
        plots.append(
            (
                "Distance to the baseline's nearest center",
                _spread(drifted.verdict.distances, drifted.verdict.limit),
            )
        )
        plots.append(("Far records by snapshot", _far_trend(snapshots)))
    parts = [_sentence(kind, run), _plots(plots)]
    if drifted.verdict is not None:
        parts += ["<h2>Clusters, most changed first</h2>", _clusters(values["clusters"])]
        parts += ["<h2>Tests</h2>", _tests(values)]
    parts += ["<h2>Data</h2>", _source(values)]
    return _page(f"{KINDS[kind]}: {'drift' if drifted.verdict else 'baseline'}", run, parts)


def distance_report(runs: Sequence[Run], far: Numbers, found: Outliers) -> bytes:
    """The page of the last DISTANCE run; `far` are its distances, `found` the outliers of all runs."""
    run, values = runs[-1], runs[-1].values
    count = count_unexpected(found)
    text = (
        f"Half of the {values['rows']:,} questions from {_day(values['since'] or values['until'])} to "
        f"{_day(values['until'])} are within {_number(values['median'])} of what the library holds. "
        f"{_count(count, 'question is an outlier', 'questions are outliers')}."
    )
    plots = [
        ("Question distances", _histogram(far, found.robust_limit)),
        ("Median and interquartile range by run", _distance_trend(runs)),
    ]
    parts = [_verdict("warn" if count else "good", text), f"<p>{trend_words(values['trend'])}</p>", _plots(plots)]
    parts += ["<h2>Outliers among all stored questions</h2>", _outliers(found)]
    parts += ["<h2>Data</h2>", _source(values)]
    return _page("The questions: distance to the library", run, parts)


def compare_report(kind: str, first: Run, second: Run, centers: tuple[Vectors, Vectors] | None) -> bytes:
    """The page that compares two runs."""
    parts = [
        _verdict(
            "plain", f"{name_of(first)} compared with {name_of(second)}. {_apart(first, second, centers)}".strip()
        ),
        _table(("", name_of(first), name_of(second)), comparison(first, second)),
    ]
    if centers and not _apart(first, second, centers):
        names = (f"{first.jobtype}#{first.jobdate}", f"{second.jobtype}#{second.jobdate}")
        variances = [first.values["varpc"], second.values["varpc"]]
        moves = matched_moves(*centers)
        # The second run's clusters are next to their matches; those without one come last.
        order = [b for _, b, _ in moves]
        order += [number for number in range(len(centers[1])) if number not in order]
        shares = [np.array(run.values["clustersizes"]) / sum(run.values["clustersizes"]) for run in (first, second)]
        first_order = [a for a, _, _ in moves]
        first_order += [number for number in range(len(centers[0])) if number not in first_order]
        parts.append(
            _plots(
                [
                    ("Variance by principal component", _bars(variances, "component", "share", 1, names)),
                    (
                        "Cluster sizes, matched",
                        _bars([shares[0][first_order], shares[1][order]], "cluster", "share", 0, names),
                    ),
                ]
            )
        )
        parts += [
            "<h2>Clusters matched by the least total distance</h2>",
            _table(("first", "second", "distance"), [(str(a), str(b), _number(moved)) for a, b, moved in moves]),
        ]
    return _page(f"{KINDS.get(kind, 'The questions')}: two runs compared", second, parts)


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


# --- words ----------------------------------------------------------------------------------------------


def sentence(kind: str, run: Run) -> tuple[str, str]:
    """The verdict in words, and good, warn, bad or plain."""
    values: Mapping[str, Any] = run.values
    what = KINDS[kind]
    if run.jobtype == "BASELINE":
        clusters = len(values["clustersizes"])
        held = f"{what} until {_day(values['until'])}: {values['rows']:,} records in {clusters} clusters."
        return f"{held} Snapshots are compared with this baseline.", "plain"
    changed = [one for one in values["clusters"] if one["change"] != "same"]
    far = f"{_share(values['far'])} of them lie farther out than 99% of the baseline's (p = {_p(values['p'])})."
    if (
        not values["drift"]
        and values["p"] > LEVEL
        and is_of_interest(values["far"], values["auc"], values["direction_auc"])
    ):
        unit = "stretches" if values["cut"] else "documents or conversations"
        chance = f"With {values['units'][1]:,} {unit} this may be chance: wait for the next snapshot."
        return f"Uncertain. {what} since {_day(values['since'])}: {far} {chance}", "plain"
    if not values["drift"]:
        return f"No drift. {what} since {_day(values['since'])} are like the baseline's: {far}", "good"
    new = sum(one["change"] == "appeared" for one in changed)
    others = _count(len(changed) - new, "other changed", "others changed").lower()
    text = f"{what[0].lower()}{what[1:]} since {_day(values['since'])} differ from the baseline's. {far}"
    text += f" {_count(new, 'cluster is new', 'clusters are new')}, and {others}."
    if values["alarm"]:
        return f"Drift for the {_ordinal(values['streak'])} time in a row: {text}", "bad"
    if values["cut"]:
        hint = "With so few documents it is not known how much they differ among themselves: a hint, not an alarm."
        return f"Possible drift: {text} {hint}", "warn"
    return f"Drift for the first time: {text} A second time in a row raises the alarm.", "warn"


def _sentence(kind: str, run: Run) -> str:
    words, tone = sentence(kind, run)
    return _verdict(tone, words)


def _verdict(tone: str, words: str) -> str:
    return f'<p class="verdict {tone}">{html.escape(words)}</p>'


def trend_words(trend: Mapping[str, Any]) -> str:
    """A DISTANCE run's trend in words."""
    if "slope" not in trend:
        count = trend["runs"]
        return f"A trend needs three runs over a day or more; there {'is' if count == 1 else 'are'} {count}."
    week, low, high = (7 * trend[name] for name in ("slope", "low", "high"))
    sure = "which may be chance" if low <= 0 <= high else "which is more than chance explains"
    return f"The median changes by {week:+.4f} a week (95% interval {low:+.4f} to {high:+.4f}), {sure}."


def _tests(values: Mapping[str, Any]) -> str:
    unit = "stretches of 20 consecutive records" if values["cut"] else "documents or conversations"
    rows = [
        (
            "distribution of distances (held-out, one-sided Kolmogorov-Smirnov)",
            f"p = {_p(values['p_ks'])}",
            f"AUC {values['auc']:.3f}",
        ),
        ("mean vector", f"p = {_p(values['p_mean'])}", f"AUC {values['direction_auc']:.3f}"),
        ("share of far records", f"p = {_p(values['p_far'])}", f"{_share(values['far'])}"),
        ("combined", f"p = {_p(values['p'])}", ""),
    ]
    before, now = values["units"]
    return (
        _table(("test", "p-value", "effect"), rows)
        + f"<p class=quiet>{before:,} and {now:,} {unit}, permuted 999 times. Drift means p ≤ .05 and an effect: 2% "
        "far records or more (1% without drift), or an AUC of .55 or more. Each record is measured by centers fitted "
        "without its half of the baseline.</p>"
    )


def _source(values: Mapping[str, Any]) -> str:
    rows = [
        ("archive", str(values["data_path"])),
        ("embedding model", model_name(values["model"])),
        ("from", _day(values["since"]) if values["since"] else "the beginning"),
        ("to", _day(values["until"])),
        ("records", f"{values['rows']:,} of {values['groups']:,} documents or conversations"),
    ]
    if values["share"] < 1:
        rows.append(
            ("sample", f"about {_share(values['share'])} of the documents or conversations (seed {values['seed']})")
        )
    if values["damaged_files"]:
        rows.append(("could not be read", f"{values['damaged_files']}: " + "; ".join(values["damaged"])))
    return _table((), rows)


def _clusters(clusters: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for one in clusters:
        numbers = " → ".join("–" if one[key] is None else str(one[key]) for key in ("baseline", "snapshot"))
        quotes = "".join(
            f"<blockquote>{html.escape(passage['text'])}<cite>{html.escape(place_of(passage))}</cite></blockquote>"
            for passage in one["passages"]
        )
        change = one["change"]
        lines.append(
            f'<tr><td><span class="tag {change}">{change}</span><br><span class=quiet>{numbers}</span></td>'
            f"<td class=number>{_share(one['share_before'])}</td><td class=number>{_share(one['share_now'])}</td>"
            f"<td class=number>{_p(one['p'])}</td><td class=text>{quotes}</td></tr>"
        )
    numbers = "".join(f"<th class=number>{name}</th>" for name in ("before", "now", "p"))
    head = f"<th>change</th>{numbers}<th>nearest to its center</th>"
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"


def place_of(passage: Mapping[str, Any]) -> str:
    """Where a cluster's passage is; for a prompt, when it was asked."""
    return f"{passage['group']}, page {passage['page']}" if passage["page"] else str(passage["at"])


def _outliers(found: Outliers) -> str:
    if not found.prompts:
        return f"<p>None of {found.count:,}.</p>"
    rows = []
    for prompt in found.prompts[:100]:
        near = prompt["nearest"]
        place = f" ({near['document']}, page {near['page']}, similarity {near['similarity']:.2f})" if near else ""
        passage = near["text"][:200] + place if near else ""
        by = {"median": "far from the median", "quantile": "among the farthest 1%", "passage": "no passage nearby"}
        rows.append(
            (
                f"{prompt['distance']:.3f}",
                prompt["text"],
                _day(prompt["at"]),
                prompt["conversation"],
                " and ".join(by[one] for one in prompt["by"]),
                passage,
            )
        )
    text = (
        f"<p class=quiet>{found.count:,} stored questions, median distance {found.median:.3f}. Far from the median "
        f"means beyond {found.robust_limit:.3f}: the median plus 3.5 times the median absolute deviation "
        f"({found.mad:.3f}) over .6745. No passage nearby means that the nearest has a similarity below "
        f"{found.similarity_limit:.2f}: 1.5 interquartile ranges below the first quartile.</p>"
    )
    if found.damaged:
        text += f"<p>{_count(len(found.damaged), 'distance file', 'distance files')} can't be read: "
        text += f"{html.escape('; '.join(found.damaged))}.</p>"
    return text + _table(("distance", "question", "time", "conversation", "why", "nearest passage"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "<thead><tr>" + "".join(f"<th>{html.escape(cell)}</th>" for cell in head) + "</tr></thead>" if head else ""
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    many = " class=many" if len(head) > WIDE_COLUMNS else ""
    return f"<div class=wide><table{many}>{top}<tbody>{body}</tbody></table></div>"


def _page(title: str, run: Run, parts: Sequence[str]) -> bytes:
    made = f"{run.jobtype}#{run.jobdate}, {datetime.fromtimestamp(run.jobdate, UTC):%Y-%m-%d %H:%M} UTC"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{html.escape(title)}</h1><p class=quiet>{html.escape(made)}</p>{''.join(parts)}</body></html>"
    ).encode()


def _day(stored: object) -> str:
    return f"{datetime.fromisoformat(str(stored)):%Y-%m-%d %H:%M}"


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"


def _p(value: float) -> str:
    return f"{value:.3f}".lstrip("0") if value < 1 else "1"


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _listed(values: Any) -> str:
    return ", ".join(_number(value) if isinstance(value, int) else f"{value:.3f}" for value in values)


def _count(number: int, one: str, several: str) -> str:
    return f"{'No' if not number else f'{number:,}'} {one if number == 1 else several}"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number % 100 < 14 else endings.get(number % 10, 'th')}"


# --- plots ----------------------------------------------------------------------------------------------


def _plots(plots: Sequence[tuple[str, str]]) -> str:
    figures = "".join(f"<figure><figcaption>{html.escape(title)}</figcaption>{svg}</figure>" for title, svg in plots)
    return f"<div class=plots>{figures}</div>"


def _axes() -> tuple[Figure, Any]:
    figure = Figure(figsize=(6, 3.6), layout="constrained", facecolor=PAPER)
    return figure, figure.subplots()


def _svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawn = out.getvalue()
    return drawn[drawn.index("<svg") :]


def _bars(
    samples: Sequence[Any], across: str, up: str, first: int, names: tuple[str, str] = ("baseline", "snapshot")
) -> str:
    figure, axes = _axes()
    width = 0.8 / len(samples)
    for number, (values, color, label) in enumerate(zip(samples, (BEFORE, NOW), names, strict=False)):
        places = np.arange(len(values)) + first + (number - (len(samples) - 1) / 2) * width
        axes.bar(places, values, width, color=color if len(samples) > 1 else NOW, label=label)
    axes.set(xlabel=across, ylabel=up)
    axes.xaxis.get_major_locator().set_params(integer=True)
    if len(samples) > 1:
        _legend(axes)
    return _svg(figure)


def _variance(drifted: Drifted) -> str:
    both = (
        [drifted.clustering.variance]
        if drifted.before is None
        else [drifted.before.variance, drifted.clustering.variance]
    )
    return _bars(both, "component", "share of variance", 1)


def _sizes(drifted: Drifted) -> str:
    """The shares of matched clusters side by side."""
    if drifted.verdict is None:
        sizes = drifted.clustering.sizes
        return _bars([sizes / sizes.sum()], "cluster", "share of records", 0)
    clusters = sorted(drifted.verdict.clusters, key=lambda one: (one.baseline is None, one.baseline or 0))
    figure, axes = _axes()
    places = np.arange(len(clusters))
    axes.bar(places - 0.2, [one.share_before for one in clusters], 0.4, color=BEFORE, label="baseline")
    colors = [NOW if one.change == "same" else MARK for one in clusters]
    axes.bar(places + 0.2, [one.share_now for one in clusters], 0.4, color=colors)
    axes.bar([0], [0], color=NOW, label="snapshot")
    axes.bar([0], [0], color=MARK, label="snapshot, changed")
    labels = ["new" if one.baseline is None else str(one.baseline) for one in clusters]
    axes.set_xticks(places, labels, fontsize=9 if len(labels) > 14 else 12)
    axes.set(xlabel="cluster", ylabel="share of records")
    _legend(axes)
    return _svg(figure)


def _map(drifted: Drifted) -> str:
    figure, axes = _axes()
    for points, color, label in zip(drifted.maps, (BEFORE, NOW), ("baseline", "snapshot"), strict=False):
        axes.scatter(*points.T, s=4, color=color, alpha=0.5, linewidths=0, label=label, rasterized=True)
    if drifted.verdict is not None and drifted.before is not None:
        changed = [one for one in drifted.verdict.clusters if one.change != "same" and one.snapshot is not None]
        centers = np.array([drifted.clustering.centers[one.snapshot] for one in changed if one.snapshot is not None])
        if len(centers):
            places = (centers - drifted.before.mean) @ drifted.before.axes.T
            axes.scatter(
                *places.T, s=90, facecolors="none", edgecolors=MARK, linewidths=2, label="changed cluster", zorder=3
            )
            for one, place in zip(changed, places, strict=True):
                label = "new" if one.baseline is None else str(one.baseline)
                axes.annotate(label, place, xytext=(9, 5), textcoords="offset points", color=MARK, weight="bold")
    axes.set(xlabel="first component", ylabel="second component")
    if len(drifted.maps) > 1:
        _legend(axes)
    return _svg(figure)


def _spread(both: tuple[Numbers, Numbers], limit: float) -> str:
    figure, axes = _axes()
    edges = np.linspace(min(own.min() for own in both), max(own.max() for own in both), 50)
    for own, color, label in zip(both, (BEFORE, NOW), ("baseline, held out", "snapshot"), strict=True):
        axes.hist(own, edges, weights=np.full(len(own), 1 / len(own)), color=color, alpha=0.6, label=label)
    axes.axvline(limit, color=MARK, linestyle="--", label="99% of the baseline")
    axes.set(xlabel="distance", ylabel="share of records")
    _legend(axes)
    return _svg(figure)


def _far_trend(snapshots: Sequence[Run]) -> str:
    figure, axes = _axes()
    values: list[Mapping[str, Any]] = [run.values for run in snapshots]
    times = range(len(snapshots))
    axes.plot(times, [100 * one["far"] for one in values], color=NOW, marker="o")
    drifted = [n for n, one in enumerate(values) if one["drift"]]
    axes.plot(
        [times[n] for n in drifted],
        [100 * values[n]["far"] for n in drifted],
        "o",
        color=MARK,
        markersize=9,
        label="drift",
    )
    axes.axhline(1, color=BEFORE, linestyle="--", label="without drift")
    axes.set(ylabel="% far records", ylim=(0, None))
    _dates(axes, snapshots)
    _legend(axes)
    return _svg(figure)


def _histogram(far: Numbers, limit: float) -> str:
    figure, axes = _axes()
    axes.hist(far, 40, color=NOW)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.axvline(limit, color=MARK, linestyle="--", label="limit: far from the median")
    axes.set(xlabel="distance to the nearest center", ylabel="questions")
    _legend(axes)
    return _svg(figure)


def _distance_trend(runs: Sequence[Run]) -> str:
    figure, axes = _axes()
    values: list[Mapping[str, Any]] = [run.values for run in runs]
    times = range(len(runs))
    low, high = ([one["quantiles"][f"{q:g}"] for one in values] for q in (QUANTILES[2], QUANTILES[4]))
    axes.fill_between(times, low, high, color=NOW, alpha=0.2, label="interquartile range")
    axes.plot(times, [one["median"] for one in values], color=NOW, marker="o", label="median")
    axes.set(ylabel="distance")
    _dates(axes, runs)
    _legend(axes)
    return _svg(figure)


def _legend(axes: Any) -> None:
    """Placed above the plot, where it covers nothing."""
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=10, borderaxespad=0)


def _dates(axes: Any, runs: Sequence[Run]) -> None:
    """The runs in order, some of them labelled by day."""
    every = -(-len(runs) // MAX_DATES)
    days = [f"{datetime.fromisoformat(run.values['until']):%Y-%m-%d}" for run in runs]
    axes.set_xticks(range(0, len(runs), every), days[::every])
