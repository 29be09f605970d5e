"""The analyses as runs: what each reads, stores and reports."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from scipy.stats import theilslopes

from analysis.archive import ArchiveError, NoRecords, TooManyRecords, read_archive
from analysis.clusters import Clustering, cluster, match
from analysis.drift import MIN_ROWS, Cluster, NotEnoughData, Verdict, judge
from analysis.rows import MemoryRows, Rows
from analysis.statistics import Numbers
from runtime.ports import Files, Metrics, NotFound, Results, Run, Vectors
from runtime.verdicts import ALARM_AT

BASELINE, SNAPSHOT, DISTANCE = "BASELINE", "SNAPSHOT", "DISTANCE"

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

MIN_PROMPTS = 10
"""Below this a distribution says little."""

TRACED = 5_000
"""The farthest prompts of a run, whose nearest passages are looked up."""

MODIFIED_Z = 3.5
"""The distance from the median, in units of the median absolute deviation over .6745, beyond which a prompt is an
outlier (Iglewicz and Hoaglin 1993)."""

MAD_TO_SIGMA = 0.6745
MEAN_TO_SIGMA = 1.2533
"""Of a normal distribution: its median absolute deviation per standard deviation, and its standard deviation per mean
absolute deviation."""

FENCE = 1.5
"""Interquartile ranges below the first quartile at which a similarity is an outlier (Tukey 1977): on the unit sphere
distances to a center have hardly any tail, so a question unrelated to the library shows by its nearest passage."""

OUTLIER_QUANTILE = 0.99
"""The quantile of the stored distances beyond which a prompt is also an outlier."""

DISTANCES = "distances-"
COMPARABLE_BY = ("reference", "model")
"""What must be the same for distances to be compared."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Store:
    """Where results go: tables, metrics, and reports."""

    results: Results
    metrics: Metrics
    reports: Files


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read from an archive: see `read_archive`. Beyond `max_rows` it is sampled, or goes to `spark`."""

    path: str
    model: str
    max_rows: int
    seed: int
    since: datetime | None = None
    until: datetime | None = None
    spark: bool = False


@dataclass(frozen=True, slots=True)
class Drifted:
    """A run over an archive with what its report plots, such as the rows' first two principal components."""

    run: Run
    clustering: Clustering
    maps: tuple[Numbers, ...]  # of shape (m, 2): samples of the baseline's and the snapshot's rows
    verdict: Verdict | None = None
    before: Clustering | None = None


class NoBaseline(NotFound):
    """There is no baseline to compare a snapshot with."""


def with_unique_date(run: Run, earlier: Sequence[Run]) -> Run:
    """The run with a unique date: a store identifies it by the second, which an earlier run of its type may share."""
    return replace(run, jobdate=max([run.jobdate, *(one.jobdate + 1 for one in earlier)]))


def baseline(reading: Reading, clusters: int | None, progress: Progress) -> Drifted:
    """Take the baseline for later snapshots. NotEnoughData below MIN_ROWS records."""
    rows = _read(reading, progress)
    if len(rows) < MIN_ROWS:
        raise NotEnoughData(f"The archive has {len(rows)} records; a baseline needs {MIN_ROWS}.")
    progress(f"Clustering {len(rows)} records")
    found = cluster(rows, clusters, reading.seed)
    run = Run(BASELINE, int(time.time()), {**_provenance(reading, rows), **_cluster_values(found)})
    return Drifted(run, found, (_map(rows, found, reading.seed),))


def snapshot(reading: Reading, results: Results, tables: tuple[str, str], progress: Progress) -> Drifted:
    """Compare new records with the latest baseline: those since the last snapshot, unless `reading` gives a period.
    `tables` are those of runs and centers."""
    base = latest(results, tables[0], BASELINE)
    if base is None:
        raise NoBaseline(f"{tables[0]} has no baseline.", "Run this with --job_type BASELINE first.")
    runs = [run for run in results.runs(tables[0], SNAPSHOT) if run.values.get("baseline") == base.jobdate]
    seen = max(_time(run.values["until"]) for run in (base, *runs))
    since = reading.since or seen
    then = Reading(
        base.values["data_path"],
        base.values["model"],
        reading.max_rows,
        base.values["seed"],
        _time(base.values["since"]) if base.values["since"] else None,
        _time(base.values["until"]),
        reading.spark,
    )
    new = _read(replace(reading, since=since), progress, since=since)
    if new.source.model != then.model:
        raise ArchiveError(
            f"The baseline was embedded with {then.model}, the snapshot with {new.source.model}.",
            "They can't be compared: run this with --job_type BASELINE --model NAME for the new model.",
        )
    try:
        rows = _read(then, progress)
    except NotEnoughData as error:
        raise ArchiveError(
            f"{then.path} no longer has the records of the baseline of {_time(base.values['until']):%Y-%m-%d}.",
            "Take a new one: run this with --job_type BASELINE.",
        ) from error
    if rows.dimension != new.dimension:
        raise ArchiveError(
            f"The baseline's vectors have {rows.dimension} dimensions, the snapshot's {new.dimension}.",
            "Run this with --job_type BASELINE for the new dimension.",
        )
    progress(f"Comparing {len(new)} records with {len(rows)}")
    centers = results.centers(tables[1], BASELINE, base.jobdate)
    if centers.ndim != 2 or centers.shape[1] != rows.dimension:
        raise ArchiveError(
            f"{tables[1]} does not have the centers of {BASELINE}#{base.jobdate} from {tables[0]}.",
            "Name the table that belongs to it, or run this with --job_type BASELINE.",
        )
    before = cluster(rows, len(centers), then.seed, fixed=centers)
    verdict, after = judge(rows, new, before, reading.seed)
    # Only verdicts by whole documents, on records that no earlier one has judged, count as consecutive.
    follows = bool(runs) and since >= seen and not (verdict.cut or runs[-1].values["cut"])
    streak = int(verdict.drift) + (runs[-1].values["streak"] if follows and verdict.drift else 0)
    values = {
        **_provenance(reading, new),
        "since": since.isoformat(),
        **_cluster_values(after),
        "baseline": base.jobdate,
        "baseline_rows": len(rows),
        "baseline_sizes": before.sizes.tolist(),
        "baseline_varpc": before.variance.tolist(),
        "streak": streak,
        "alarm": streak >= ALARM_AT,
        **_verdict_values(verdict),
    }
    run = Run(SNAPSHOT, int(time.time()), values)
    maps = (_map(rows, before, reading.seed), _map(new, before, reading.seed))
    return Drifted(run, after, maps, verdict, before)


def distances(
    passages: Reading,
    prompts: Reading,
    out_table: str,
    results: Results,
    reference: tuple[str, str] | None,
    progress: Progress,
) -> tuple[Run, list[dict[str, Any]]]:
    """The distance of each new prompt to the nearest center of the passages, and how it changes from run to run.

    The centers are those of the latest baseline in the tables `reference` or, without one, the passages' own. The
    prompts are those since the last run, unless `prompts` gives a period.
    """
    runs = results.runs(out_table, DISTANCE)
    since = prompts.since or (_time(runs[-1].values["until"]) if runs else None)
    # Prompts are stored one by one, so they are held in memory, or sampled.
    asked = _in_memory(replace(prompts, since=since), progress, since=since)
    if len(asked) < MIN_PROMPTS:
        raise NotEnoughData(f"There are {len(asked)} new prompts; {MIN_PROMPTS} are needed.")
    known = _read(replace(passages, model=asked.source.model), progress)
    if known.dimension != asked.dimension:
        raise ArchiveError(
            f"The passages' vectors have {known.dimension} dimensions, the prompts' {asked.dimension}.",
            "Use --data_path to name an archive of passages embedded like the prompts.",
        )
    centers, reference_name = _reference(results, reference, known, passages.seed)
    _, far = asked.nearest([centers])
    progress(f"Finding the passages nearest to {min(len(asked), TRACED)} prompts")
    traced = _traced(asked, known, far)
    values = {
        **_provenance(prompts, asked),
        "since": since.isoformat() if since else "",
        "reference": reference_name,
        "mean": float(far.mean()),
        "median": float(np.median(far)),
        "stdev": float(far.std(ddof=1)),
        "quantiles": {f"{q:g}": float(value) for q, value in zip(QUANTILES, np.quantile(far, QUANTILES), strict=True)},
    }
    run = with_unique_date(Run(DISTANCE, int(time.time()), values), runs)
    return replace(run, values={**values, "trend": trend([*comparable_runs(runs, run), run])}), [
        {**prompt, "reference": reference_name, "model": known.source.model} for prompt in traced
    ]


def comparable_runs(runs: Sequence[Run], run: Run) -> list[Run]:
    """The DISTANCE runs measured with the same centers and model as `run`."""
    return [one for one in runs if all(one.values[name] == run.values[name] for name in COMPARABLE_BY)]


def trend(runs: Sequence[Run]) -> dict[str, float | int]:
    """The change of the median distance per day over the runs, with its 95% interval (Theil 1950, Sen 1968)."""
    days = [_time(run.values["until"]).timestamp() / 86_400 for run in runs]
    if len(set(days)) < 3 or max(days) - min(days) < 1:
        return {"runs": len(runs)}
    slope, _, low, high = theilslopes([run.values["median"] for run in runs], days)
    return {"runs": len(runs), "slope": float(slope), "low": float(low), "high": float(high)}


@dataclass(frozen=True, slots=True)
class Outliers:
    """Prompts far from the passages: those of `count` stored ones beyond any limit, farthest first. A prompt's `by`
    says beyond which: `median` or `quantile` of the distances, or `passage`, the similarity to the nearest one."""

    count: int
    median: float
    mad: float
    robust_limit: float
    quantile_limit: float
    similarity_limit: float
    prompts: list[dict[str, Any]]
    damaged: list[str]  # files of distances that can't be read


def outliers(files: Files, quantile: float = OUTLIER_QUANTILE) -> Outliers:
    """The outliers among the prompts of all stored runs with the same centers and model as the last.

    NotEnoughData below MIN_PROMPTS of them.
    """
    prompts, damaged = _measured(files)
    if len(prompts) < MIN_PROMPTS:
        raise NotEnoughData(f"{len(prompts)} prompts have a stored distance; {MIN_PROMPTS} are needed.")
    far = np.array([prompt["distance"] for prompt in prompts.values()])
    median = float(np.median(far))
    mad = float(np.median(np.abs(far - median)))
    # If most prompts are alike, the mean absolute deviation stands in (Iglewicz and Hoaglin 1993).
    deviation = mad / MAD_TO_SIGMA or MEAN_TO_SIGMA * float(np.abs(far - median).mean())
    robust, tail = median + MODIFIED_Z * deviation, float(np.quantile(far, quantile))
    similar = [prompt["nearest"]["similarity"] for prompt in prompts.values() if prompt["nearest"]]
    first, third = np.quantile(similar, [0.25, 0.75])
    fence = float(first - FENCE * (third - first)) if third > first else -1.0
    found = []
    for prompt in sorted(prompts.values(), key=lambda one: -one["distance"]):
        beyond = {
            "median": prompt["distance"] > robust,
            "quantile": prompt["distance"] > tail,
            "passage": bool(prompt["nearest"]) and prompt["nearest"]["similarity"] < fence,
        }
        if any(beyond.values()):
            found.append({**prompt, "by": [name for name, is_beyond in beyond.items() if is_beyond]})
    return Outliers(len(far), median, mad, robust, tail, fence, found, damaged)


def _measured(files: Files) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The stored prompts by id that share the last one's reference and model, and the files that can't be read."""
    found: list[list[dict[str, Any]]] = []
    damaged: list[str] = []
    for name in files.names():
        if name.startswith(DISTANCES):
            try:
                found.append([orjson.loads(line) for line in gzip.decompress(files.content(name)).splitlines()])
            except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
                damaged.append(f"{name}: {error}")
    every = [prompt for prompts in found for prompt in prompts]
    return {
        prompt["id"]: prompt
        for prompt in every
        if all(prompt.get(name) == every[-1].get(name) for name in COMPARABLE_BY)
    }, damaged


def count_unexpected(found: Outliers) -> int:
    """How many outliers there are, apart from those that are merely the farthest."""
    return sum(prompt["by"] != ["quantile"] for prompt in found.prompts)


def latest(results: Results, table: str, jobtype: str) -> Run | None:
    """The newest stored run of a type."""
    runs = results.runs(table, jobtype)
    return runs[-1] if runs else None


def stored_distances(run: Run, traced: Sequence[Mapping[str, Any]]) -> tuple[str, bytes]:
    """The file of a distance run: its name and bytes."""
    lines = b"".join(orjson.dumps(prompt) + b"\n" for prompt in traced)
    return f"{DISTANCES}{run.jobdate}.jsonl.gz", gzip.compress(lines, mtime=0)


def _read(reading: Reading, progress: Progress, since: datetime | None = None) -> Rows:
    """The rows, with Spark if they do not fit in memory and it is allowed."""
    try:
        return _in_memory(reading, progress, since, sampled=not reading.spark)
    except TooManyRecords:
        from analysis.spark import read_rows  # PySpark is installed on Glue, not on every machine

        progress(f"Reading {reading.path} with Spark")
        return read_rows(reading.path, since=reading.since, until=reading.until, model=reading.model)


def _in_memory(
    reading: Reading, progress: Progress, since: datetime | None = None, *, sampled: bool = True
) -> MemoryRows:
    """The rows in memory. NotEnoughData if nothing has arrived `since`."""

    def report_progress(done: int, of: int) -> None:
        if done == of or done % 100 == 0:
            progress(f"Reading {reading.path}: {done} of {of} files")

    try:
        return MemoryRows(
            read_archive(
                reading.path,
                since=reading.since,
                until=reading.until,
                model=reading.model,
                max_rows=reading.max_rows,
                seed=reading.seed,
                sampled=sampled,
                progress=report_progress,
            )
        )
    except NoRecords as error:
        when = f" since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
        raise NotEnoughData(f"No records have arrived in {reading.path}{when}.") from error


def _provenance(reading: Reading, rows: Rows) -> dict[str, object]:
    """What a run records about what it read."""
    source = rows.source
    return {
        "data_path": reading.path,
        "model": source.model,
        "seed": reading.seed,
        "since": reading.since.isoformat() if reading.since else "",
        "until": source.last.isoformat(),
        "rows": len(rows),
        "groups": len(np.unique(rows.groups)),
        "share": source.share,
        "repeated": source.repeated,
        "damaged": [f"{one.file}: {one.reason}" for one in source.damaged][:20],
        "damaged_files": len(source.damaged),
    }


def _cluster_values(found: Clustering) -> dict[str, object]:
    return {
        "varpc": found.variance.tolist(),
        "clustersizes": found.sizes.tolist(),
        "inertia": found.inertia,
        "score": found.score,
    }


def _verdict_values(verdict: Verdict) -> dict[str, object]:
    before, now = verdict.distances
    return {
        "drift": verdict.drift,
        "p": verdict.p,
        "p_ks": verdict.p_values["ks"],
        "p_mean": verdict.p_values["mean"],
        "p_far": verdict.p_values["far"],
        "auc": verdict.auc,
        "direction_auc": verdict.direction_auc,
        "far": verdict.far,
        "units": list(verdict.units),
        "cut": verdict.cut,
        "limit": verdict.limit,
        "quantiles_before": np.quantile(before, QUANTILES).tolist(),
        "quantiles_now": np.quantile(now, QUANTILES).tolist(),
        "clusters": [_cluster_change(one) for one in verdict.clusters],
        "evidence": {name: [asdict(row) for row in rows] for name, rows in verdict.evidence.items()},
    }


def _cluster_change(one: Cluster) -> dict[str, object]:
    return {**asdict(one), "passages": [asdict(row) for row in one.passages]}


MAPPED = 2_000
"""Rows of each sample shown on a map."""


def _map(rows: Rows, axes: Clustering, seed: int) -> Numbers:
    chosen = np.random.default_rng(seed).permutation(len(rows))[:MAPPED]
    return (rows.vectors(chosen).astype(np.float64) - axes.mean) @ axes.axes.T


def _reference(results: Results, tables: tuple[str, str] | None, known: Rows, seed: int) -> tuple[Vectors, str]:
    base = latest(results, tables[0], BASELINE) if tables else None
    if base is None or not tables:
        return cluster(known, None, seed).centers, "the passages' own clusters"
    if base.values["model"] != known.source.model:
        raise ArchiveError(
            f"The baseline was embedded with {base.values['model']}, the prompts with {known.source.model}.",
            "Run `drift --job_type BASELINE` for the new model first.",
        )
    return results.centers(tables[1], BASELINE, base.jobdate), f"BASELINE#{base.jobdate}"


def _traced(asked: Rows, known: Rows, far: Numbers) -> list[dict[str, Any]]:
    """Each prompt with its distance, and the farthest with their nearest passages."""
    farthest = np.argsort(-far, kind="stable")[:TRACED]
    passages, similarity = known.most_similar(asked.vectors(farthest))
    nearest = {
        prompt: {"document": row.group, "page": row.page, "text": row.text, "similarity": float(similar)}
        for prompt, row, similar in zip(farthest.tolist(), known.records(passages), similarity, strict=True)
    }
    return [
        {
            "id": row.id,
            "conversation": "" if row.group == row.id else row.group,
            "text": row.text,
            "at": row.at,
            "distance": float(far[number]),
            "nearest": nearest.get(number),
        }
        for number, row in enumerate(asked.records(np.arange(len(asked))))
    ]


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored).astimezone(UTC)


def matched_moves(first: Vectors, second: Vectors) -> list[tuple[int, int, float]]:
    """The matched centers of two runs, and how far each moved."""
    pairs = match(first, second)
    return sorted((of, number, float(np.linalg.norm(first[of] - second[number]))) for number, of in pairs.items())
