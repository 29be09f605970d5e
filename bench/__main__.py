"""Runs one benchmark: `python -m bench NAME [OPTIONS]`. Exit code 1 if a figure misses its goal."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = ("ingest", "retrieval", "reading", "answers", "aws", "watch", "ui", "library")
WITH_OPTIONS = ("reading", "retrieval", "answers", "library")


def main() -> None:
    """Run `bench/NAME.py`'s `figures()`: dicts of figure, value, unit, goal ('' for none) and holds."""
    name, options = "".join(sys.argv[1:2]), sys.argv[2:]
    if name not in NAMES:
        sys.exit(f"Name a benchmark: {', '.join(NAMES)}.")
    if options and name not in WITH_OPTIONS:
        sys.exit(f"bench-{name} takes no options.")
    module = importlib.import_module(f"bench.{name}")
    figures: list[dict[str, Any]] = module.figures(options) if options else module.figures()
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    table = Table("figure", "value", "unit", "goal", "holds", title=f"bench-{name}")
    for row in figures:
        value = f"{row['value']:,.3f}" if abs(row["value"]) < 10 else f"{row['value']:,.1f}"
        table.add_row(
            row["figure"],
            value,
            row["unit"],
            row["goal"],
            "" if not row["goal"] else "yes" if row["holds"] else "NO",
        )
    Console(width=120).print(table)
    sys.exit(any(not row["holds"] for row in figures))


if __name__ == "__main__":
    main()
