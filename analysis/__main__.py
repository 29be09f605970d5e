"""The analyst's command line: `python -m analysis --help`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from analysis.archive import MAX_ROWS, SEED, files_of
from analysis.drift import NotEnoughData
from analysis.evaluate import CUTOFFS, DEPTH, figures, names_document, read_questions
from analysis.places import named_run, places, run_compare, run_distance, run_drift, stored_runs
from analysis.report import comparison, name_of, sentence
from analysis.watch import DISTANCE, OUTLIER_QUANTILE, Reading, count_unexpected, outliers
from runtime.lookup import SUGGESTIONS, did_you_mean, similar_names
from runtime.ports import PlumblineError, Run
from runtime.settings import Settings
from runtime.terminal import console, table

app = typer.Typer(
    help="Analyses of the library and its questions.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
NOT_ENOUGH = 3
"""The exit code if there is too little data for a verdict."""

out = console()
err = console(stderr=True)


@app.callback()
def commands() -> None:
    """Analyses of the library and its questions."""


@app.command()
def evaluate(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure how well the search finds the right page.

    Each line is {"question", "document", "pages": [from 1]}. Prints recall@k and MRR, and stores the run with the
    library for comparison with later ones.
    """
    from runtime.local.home import Home  # the other commands need neither models nor index

    home = Home(Settings.read(os.environ))
    judged = read_questions(questions)
    known = [entry.document for entry in home.ledger.entries() if entry.version]
    missing = sorted({q.document for q in judged if not any(names_document(q.document, key) for key in known)})
    if missing:
        near = [name for wrong in missing for name in similar_names(wrong, known)]
        raise PlumblineError(
            f"The library has no searchable document {', '.join(repr(name) for name in missing)}.",
            f"{did_you_mean(list(dict.fromkeys(near))[:SUGGESTIONS])}Ingest them, or correct the questions.",
        )
    found = home.answerer().searcher.search([q.question for q in judged], DEPTH)
    places = [[(hit.passage.document, hit.passage.page) for hit in one.ranked[:DEPTH]] for one in found]
    made = figures(judged, places)
    values = {f"{f.level} {f.measure}": f.value for f in made}
    home.results.save("evaluation", Run("EVALUATION", int(time.time()), {**values, "questions": len(judged)}))
    if as_json:
        sys.stdout.write(json.dumps({"questions": len(judged), "figures": [asdict(f) for f in made]}) + "\n")
        return
    measured = table("level", *(f"recall@{k}" for k in CUTOFFS), "MRR", title=f"{len(judged)} questions, 95% intervals")
    for level in ("page", "document"):
        row = [f for f in made if f.level == level]
        measured.add_row(level, *(f"{f.value:.3f} ({f.low:.2f} to {f.high:.2f})" for f in row))
    out.print(measured)


Of = Annotated[str, typer.Option("--of", help="documents or prompts; sets the default paths and tables.")]
DataPath = Annotated[str, typer.Option("--data_path", help="The archive: a folder or s3://BUCKET/PREFIX/.")]
OutTable = Annotated[str, typer.Option("--out_table", help="The table of runs.")]
CentroidTable = Annotated[str, typer.Option("--centroid_table", help="The table of cluster centers.")]
ReportPath = Annotated[str, typer.Option("--report_path", help="Where to write the report; reports/ by default.")]
Model = Annotated[str, typer.Option("--model", help="The embedding model, if the archive has several.")]
Since = Annotated[datetime | None, typer.Option("--since", help="Only records after this time, in UTC.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Only records up to this time, in UTC.")]
MaxRows = Annotated[int, typer.Option("--max_rows", min=1, help="Records held in memory; a larger archive is sampled.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="The seed of every random choice.")]
Stack = Annotated[str | None, typer.Option("--stack", metavar="NAME", help="Use this stack's paths and tables.")]
Spark = Annotated[bool, typer.Option("--spark", help="Beyond --max_rows, use Spark instead of sampling.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def drift(
    job_type: Annotated[str, typer.Option("--job_type", help="BASELINE or SNAPSHOT.")],
    of: Of = "documents",
    data_path: DataPath = "",
    out_table: OutTable = "",
    centroid_table: CentroidTable = "",
    report_path: ReportPath = "",
    clusters: Annotated[
        int | None,
        typer.Option("--clusters", min=1, max=64, help="Clusters of a BASELINE; by default chosen from the data."),
    ] = None,
    model: Model = "",
    since: Since = None,
    until: Until = None,
    max_rows: MaxRows = MAX_ROWS,
    seed: Seed = SEED,
    spark: Spark = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Take a BASELINE, or measure a SNAPSHOT's drift from it.

    A snapshot holds what has arrived since the last one. Exit code 3 if that is too little.
    """
    place = places(of, stack, data_path, out_table, centroid_table, report_path)
    chosen = Reading(place.data_path, model, max_rows, seed, _utc(since), _utc(until), spark)
    with _progress() as progress:
        drifted = run_drift(job_type, of, chosen, place, clusters, progress)
    words, _ = sentence(of, drifted.run)
    _print_run(drifted.run, words, place.report, as_json)


@app.command()
def distance(
    data_path: DataPath = "",
    prompt_path: Annotated[str, typer.Option("--prompt_path", help="The archive of prompts.")] = "",
    out_table: OutTable = "",
    distance_path: Annotated[str, typer.Option("--distance_path", help="Where each prompt's distance is stored.")] = "",
    job_type: Annotated[str, typer.Option("--job_type", help="DISTANCE.")] = DISTANCE,
    drift_table: Annotated[
        str, typer.Option("--drift_table", help="The table whose last BASELINE gives the centers.")
    ] = "",
    centroid_table: CentroidTable = "",
    report_path: ReportPath = "",
    model: Model = "",
    since: Since = None,
    until: Until = None,
    max_rows: MaxRows = MAX_ROWS,
    seed: Seed = SEED,
    spark: Spark = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Measure how far new prompts are from the library.

    New prompts are those since the last run.
    """
    if job_type != DISTANCE:
        raise PlumblineError(f"Unknown --job_type {job_type!r}.", f"Use {DISTANCE}.")
    known = places("documents", stack, data_path, drift_table, centroid_table, report_path)
    place = places("distance", stack, prompt_path, out_table, "", report_path, distance_path)
    reference = (known.out_table, known.centroid_table) if known.out_table and known.centroid_table else None
    with _progress() as progress:
        run, found = run_distance(
            Reading(known.data_path, model, max_rows, seed, spark=spark),
            Reading(place.data_path, model, max_rows, seed, _utc(since), _utc(until)),
            place,
            reference,
            progress,
        )
    words = f"Median {run.values['median']:.3f}, mean {run.values['mean']:.3f} over {run.values['rows']:,} prompts."
    _print_run(run, f"{words} {count_unexpected(found)} outliers of {found.count:,} stored.", place.report, as_json)


@app.command("outliers")
def list_outliers(
    distance_path: Annotated[str, typer.Option("--distance_path", help="Where each prompt's distance is stored.")] = "",
    quantile: Annotated[
        float, typer.Option("--quantile", min=0.5, max=1, help="List prompts beyond this quantile of the distances.")
    ] = OUTLIER_QUANTILE,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """List the prompts far from the library.

    Each has its time, conversation and nearest passage.
    """
    place = places("prompts", stack, "", "", "", "", distance_path)
    found = outliers(files_of(place.distance_path), quantile)
    for file in found.damaged:
        err.print(f"[bold]Could not be read:[/bold] {escape(file)}")
    if as_json:
        sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
        return
    listed = table(
        "distance", "question", "time", "conversation", "beyond", "nearest passage", title=f"{found.count:,} prompts"
    )
    for prompt in found.prompts:
        near = prompt["nearest"]
        passage = f"{near['document']}, page {near['page']}: {near['text'][:80]}" if near else ""
        cells = (
            f"{prompt['distance']:.3f}",
            prompt["text"],
            prompt["at"][:16],
            prompt["conversation"],
            ", ".join(prompt["by"]),
            passage,
        )
        listed.add_row(*(escape(cell) for cell in cells))
    out.print(listed)
    robust = f"median {found.median:.3f} + 3.5 MAD / .6745 = {found.robust_limit:.3f}"
    limits = f"{robust}; quantile {quantile:g} = {found.quantile_limit:.3f}; passage {found.similarity_limit:.3f}"
    out.print(limits)


@app.command()
def runs(
    of: Annotated[str, typer.Option("--of", help="documents, prompts or distance.")] = "documents",
    out_table: OutTable = "",
    stack: Stack = None,
) -> None:
    """List the stored runs, by the names that `compare` takes."""
    place = places(of, stack, "", out_table, "", "")
    listed = table("run", "records", "result")
    for run in stored_runs(of, place):
        result = f"median {run.values['median']:.3f}" if of == "distance" else sentence(of, run)[0]
        listed.add_row(f"{run.jobtype}#{run.jobdate}", f"{run.values['rows']:,}", escape(result))
    out.print(listed)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="BASELINE or SNAPSHOT for the last one, or TYPE#DATE.")],
    second: Annotated[str, typer.Argument(metavar="RUN")],
    of: Annotated[str, typer.Option("--of", help="documents, prompts or distance.")] = "documents",
    out_table: OutTable = "",
    centroid_table: CentroidTable = "",
    report_path: ReportPath = "",
    stack: Stack = None,
) -> None:
    """Put two stored runs side by side, as a table and a report."""
    place = places(of, stack, "", out_table, centroid_table, report_path)
    pair = [named_run(stored_runs(of, place), name, of) for name in (first, second)]
    run_compare(of, place, pair[0], pair[1])
    listed = table("", name_of(pair[0]), name_of(pair[1]))
    for row in comparison(*pair):
        listed.add_row(*(escape(cell) for cell in row))
    out.print(listed)
    err.print(f"Report: {place.report}")


def _print_run(run: Run, words: str, report: str, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(run), ensure_ascii=False) + "\n")
        return
    out.print(escape(words))
    if run.values["share"] < 1:
        err.print(f"A sample: about {run.values['share']:.0%} of the documents or conversations.")
    if run.values["damaged_files"]:
        err.print(f"[bold]{run.values['damaged_files']} could not be read:[/bold] {escape(run.values['damaged'][0])}")
    err.print(f"Stored as {run.jobtype}#{run.jobdate}. Report: {report}", soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A status line on the error stream; where nobody sees that, as in a process of the page, a line for each step."""
    with err.status("Starting ...") as status:

        def report(step: str) -> None:
            status.update(f"{escape(step)} ...")
            if not err.is_terminal:
                err.print(escape(step), soft_wrap=True)

        yield report


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given else None


def main() -> None:
    """Run a command; an error is one clear message and exit code 1, or 3 if there is not enough data."""
    try:
        app()
    except PlumblineError as error:
        err.print(f"[bold red]Error:[/bold red] {escape(error.reason)}\n{escape(error.remedy)}")
        sys.exit(NOT_ENOUGH if isinstance(error, NotEnoughData) else 1)


if __name__ == "__main__":
    main()
