"""Where the analyses read and write, on one machine or in a stack, and a run from its archive to its report."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from analysis.archive import files_of
from analysis.report import compare_report, distance_report, drift_report, report_page
from analysis.watch import (
    BASELINE,
    DISTANCE,
    SNAPSHOT,
    Drifted,
    Outliers,
    Progress,
    Reading,
    Store,
    baseline,
    comparable_runs,
    count_unexpected,
    distances,
    outliers,
    snapshot,
    stored_distances,
    with_unique_date,
)
from runtime.aws.settings import CloudSettings, is_deployed, outputs_of
from runtime.local.sqlite import Database, SqliteMetrics, SqliteResults
from runtime.names import (
    DISTANCE_METRIC,
    DISTANCES_PREFIX,
    DRIFT_METRICS,
    EMBEDDING_ARCHIVE_PREFIX,
    OUTLIER_METRIC,
    PROMPT_ARCHIVE_PREFIX,
    REPORT_PREFIX,
)
from runtime.ports import NotFound, PlumblineError, Run
from runtime.reports import Kind, Report
from runtime.settings import Settings

KINDS = ("documents", "prompts", "distance")
S3 = "s3://"

VARIABLES = {
    "documents": ("PLUMBLINE_DRIFT_TABLE", "PLUMBLINE_CENTROID_TABLE"),
    "prompts": ("PLUMBLINE_PROMPT_DRIFT_TABLE", "PLUMBLINE_PROMPT_CENTROID_TABLE"),
    "distance": ("PLUMBLINE_DISTANCE_TABLE", ""),
}
"""The environment variables of each kind's tables of runs and centers."""


@dataclass(slots=True)
class Place:
    """One kind's archive, tables and reports; `report` is the path of the last report."""

    data_path: str
    out_table: str
    centroid_table: str
    distance_path: str
    report_path: str
    store: Store
    report: str = ""


def places(
    of: str,
    stack: str | None,
    data_path: str,
    out_table: str,
    centroid_table: str,
    report_path: str,
    distance_path: str = "",
) -> Place:
    """The given paths and tables, the rest from the stack or this machine. An archive on S3 implies DynamoDB tables."""
    if of not in KINDS:
        raise PlumblineError(f"Unknown --of {of!r}.", f"Use one of {', '.join(KINDS)}.")
    if stack:
        os.environ.update(outputs_of(stack))
    prefix = EMBEDDING_ARCHIVE_PREFIX if of == "documents" else PROMPT_ARCHIVE_PREFIX
    if data_path.startswith(S3) or distance_path.startswith(S3) or (not data_path and is_deployed(os.environ)):
        from runtime.aws.clients import client
        from runtime.aws.cloudwatch import CloudWatchMetrics
        from runtime.aws.dynamodb import DynamoResults

        settings = CloudSettings.read(os.environ)
        named = data_path or distance_path
        bucket = named.removeprefix(S3).partition("/")[0] if named else settings.need("PLUMBLINE_BUCKET")
        tables = [settings.names.get(variable, "") for variable in VARIABLES[of]]
        root = f"{S3}{bucket}/"
        reports = report_path or root + REPORT_PREFIX
        store = Store(
            DynamoResults(client("dynamodb")),
            CloudWatchMetrics(client("cloudwatch"), settings.metric_namespace),
            files_of(reports),
        )
        return Place(
            data_path or root + prefix,
            out_table or tables[0],
            centroid_table or tables[1],
            distance_path or root + DISTANCES_PREFIX,
            reports,
            store,
        )
    home = Settings.read(os.environ).home
    database = Database(home / "plumbline.db")
    reports = report_path or str(home / REPORT_PREFIX)
    store = Store(SqliteResults(database), SqliteMetrics(database), files_of(reports))
    return Place(
        data_path or str(home / "archive" / prefix),
        out_table or (f"drift-{of}" if of != "distance" else of),
        centroid_table or f"centroids-{of}",
        distance_path or str(home / DISTANCES_PREFIX),
        reports,
        store,
    )


def run_drift(
    job_type: str, of: str, reading: Reading, place: Place, clusters: int | None, progress: Progress
) -> Drifted:
    """Run a BASELINE or SNAPSHOT, and store its run, report and metric."""
    if job_type not in (BASELINE, SNAPSHOT):
        raise PlumblineError(f"Unknown --job_type {job_type!r}.", f"Use {BASELINE} or {SNAPSHOT}.")
    _need(place.out_table, "--out_table")
    _need(place.centroid_table, "--centroid_table")
    store, tables = place.store, (place.out_table, place.centroid_table)
    if of not in DRIFT_METRICS:
        raise PlumblineError(f"Drift of {of!r} is not measured.", f"Use --of with one of {', '.join(DRIFT_METRICS)}.")
    if clusters and job_type == SNAPSHOT:
        raise PlumblineError("A SNAPSHOT takes its number of clusters from the baseline.", "Leave out --clusters.")
    if job_type == BASELINE:
        drifted = baseline(reading, clusters, progress)
    else:
        drifted = snapshot(reading, store.results, tables, progress)
    drifted = replace(drifted, run=with_unique_date(drifted.run, store.results.runs(tables[0], job_type)))
    earlier = [
        run
        for run in store.results.runs(tables[0], SNAPSHOT)
        if run.values["baseline"] == drifted.run.values.get("baseline")
    ]
    kind: Kind = "drift-documents" if of == "documents" else "drift-prompts"
    snapshots = [*earlier, drifted.run] if job_type == SNAPSHOT else []
    # The run goes last: if report or metric fail, the same records are taken again. A new baseline ends a drift.
    _report(place, drift_report(kind, drifted, snapshots))
    store.metrics.put({DRIFT_METRICS[of]: [float(drifted.run.values.get("streak", 0))]}, time.time())
    store.results.save(tables[0], drifted.run, (tables[1], drifted.clustering.centers))
    return drifted


def run_distance(
    passages: Reading, prompts: Reading, place: Place, reference: tuple[str, str] | None, progress: Progress
) -> tuple[Run, Outliers]:
    """Run a DISTANCE, and store its run, its prompts' distances, its report and its metrics."""
    _need(place.out_table, "--out_table")
    store = place.store
    run, traced = distances(passages, prompts, place.out_table, store.results, reference, progress)
    files = files_of(place.distance_path)
    # The run goes last: if anything before it fails, the next run measures these prompts again, known by their ids.
    files.put(*stored_distances(run, traced), "application/gzip")
    found = outliers(files)
    far = np.array([prompt["distance"] for prompt in traced])
    runs = [*comparable_runs(store.results.runs(place.out_table, DISTANCE), run), run]
    _report(place, distance_report(runs, far, found))
    store.metrics.put(
        {DISTANCE_METRIC: [run.values["median"]], OUTLIER_METRIC: [count_unexpected(found) / found.count]}, time.time()
    )
    store.results.save(place.out_table, run)
    return run, found


def run_compare(of: str, place: Place, first: Run, second: Run) -> None:
    """Write the report that compares two runs."""
    centers = None
    if place.centroid_table and of != "distance":
        found = [place.store.results.centers(place.centroid_table, run.jobtype, run.jobdate) for run in (first, second)]
        centers = (found[0], found[1])
    name = f"compare-{of}-{first.jobtype}-{first.jobdate}"
    _put(place, _report_name(name, second), compare_report(of, first, second, centers))


def stored_runs(of: str, place: Place) -> list[Run]:
    """Every stored run of a kind, oldest first."""
    _need(place.out_table, "--out_table")
    types = (DISTANCE,) if of == "distance" else (BASELINE, SNAPSHOT)
    found = [run for jobtype in types for run in place.store.results.runs(place.out_table, jobtype)]
    return sorted(found, key=lambda run: run.jobdate)


def named_run(runs: list[Run], name: str, of: str) -> Run:
    """The run TYPE#DATE, or the last one of a type."""
    jobtype, _, date = name.partition("#")
    found = [run for run in runs if run.jobtype == jobtype and date in ("", str(run.jobdate))]
    if not found:
        raise NotFound(f"There is no stored run {name!r}.", f"`python -m analysis runs --of {of}` lists them.")
    return found[-1]


def report_of(place: Place, kind: str, run: Run) -> bytes:
    """A stored run's report; `kind` is drift-documents, drift-prompts or distance. NotFound if it is gone."""
    return place.store.reports.content(_report_name(kind, run))


def _report(place: Place, report: Report) -> None:
    """Store a report for the page, and as a page of its own."""
    name = _report_name(report.kind, report.run)
    place.store.reports.put(f"{name.removesuffix('.html')}.json", report.stored(), "application/json")
    _put(place, name, report_page(report))


def _put(place: Place, name: str, page: bytes) -> None:
    place.store.reports.put(name, page, "text/html; charset=utf-8")
    place.report = f"{place.report_path.rstrip('/')}/{name}"


def _report_name(kind: str, run: Run) -> str:
    stamp = datetime.fromtimestamp(run.jobdate, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{kind}-{run.jobtype.lower()}-{stamp}.html"


def _need(value: str, option: str) -> None:
    if not value:
        raise PlumblineError(f"{option} is missing.", "Add it, or name the stack with --stack.")
