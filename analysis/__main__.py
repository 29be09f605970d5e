"""The analyst's command line: `python -m analysis --help`."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis.evaluate import CUTOFFS, DEPTH, figures, names_document, read_questions
from runtime.local.home import Home
from runtime.ports import PlumblineError, Run
from runtime.settings import Settings

app = typer.Typer(
    help="Analyses of the library and of the questions that it is asked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
err = Console(stderr=True, highlight=False)


@app.callback()
def commands() -> None:
    """Analyses of the library and of the questions that it is asked."""


@app.command()
def evaluate(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure the search: lines {"question", "document", "pages": [from 1]} give recall@k and MRR.

    The run is kept with the library, so that a later one can be compared with it.
    """
    home = Home(Settings.read(os.environ))
    judged = read_questions(questions)
    known = [entry.document for entry in home.ledger.entries() if entry.version]
    missing = sorted({q.document for q in judged if not any(names_document(q.document, key) for key in known)})
    if missing:
        raise PlumblineError(
            f"The library has no searchable {', '.join(repr(name) for name in missing)}.",
            "Ingest them, or correct the questions' documents.",
        )
    hits = home.answerer().search([q.question for q in judged], DEPTH)
    found = [[(hit.passage.document, hit.passage.page) for hit in ranked] for ranked in hits]
    made = figures(judged, found)
    values = {f"{f.level} {f.measure}": f.value for f in made}
    home.results.save("evaluation", Run("EVALUATION", int(time.time()), {**values, "questions": len(judged)}))
    if as_json:
        sys.stdout.write(json.dumps({"questions": len(judged), "figures": [asdict(f) for f in made]}) + "\n")
        return
    table = Table("level", *(f"recall@{k}" for k in CUTOFFS), "MRR", title=f"{len(judged)} questions, 95% intervals")
    for level in ("page", "document"):
        row = [f for f in made if f.level == level]
        table.add_row(level, *(f"{f.value:.3f} ({f.low:.2f} to {f.high:.2f})" for f in row))
    Console().print(table)


def main() -> None:
    """Run a command; an error is one clear message, and exit code 1."""
    try:
        app()
    except PlumblineError as error:
        err.print(f"[bold red]Error:[/bold red] {escape(error.reason)}\n{escape(error.remedy)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
