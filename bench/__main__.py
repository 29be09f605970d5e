"""Runs one benchmark: `python -m bench NAME`. Exit code 1 when a figure misses its goal."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = ("ingest", "retrieval", "aws", "watch", "ui")


def main() -> None:
    """Run `bench/NAME.py`'s `figures()`: dicts of figure, value, unit, goal ('' for none) and holds."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in NAMES:
        sys.exit(f"Name a benchmark: {', '.join(NAMES)}.")
    figures: list[dict[str, Any]] = importlib.import_module(f"bench.{name}").figures()
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
