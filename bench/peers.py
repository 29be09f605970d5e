"""What bench-watch compares with: Evidently and pandas, run by the Python of tools/install.py's `peers` environment.

`python bench/peers.py COMMAND ARGUMENTS ...` prints JSON.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evidently.legacy.metrics.data_drift.embedding_drift_methods import DriftMethod, mmd, model

DEFAULT_BELOW = 1_000
"""Rows of the reference below which Evidently's metric compares its classifier with chance, by default."""

WARM = 1_000
"""Rows of a first, untimed run, which loads everything that is loaded only once."""


def drift(baseline: str, snapshot: str) -> dict[str, Any]:
    """Seconds of the default method and of MMD with its defaults, and both verdicts. What the metric also computes for
    its plot is left out."""
    both = [np.load(path) for path in (baseline, snapshot)]
    methods = {"model": model(bootstrap=len(both[0]) < DEFAULT_BELOW), "mmd": mmd()}
    measured: dict[str, Any] = {}
    for name, method in methods.items():
        _drifted(method, both[0][:WARM], both[1][:WARM])
        began = time.perf_counter()
        found = _drifted(method, *both)
        measured[name] = {"seconds": time.perf_counter() - began, "drift": found}
    return measured


def verdicts(path: str, first: str, last: str) -> dict[str, int]:
    """How many of the pairs (shape (pairs, 2, rows, dimension)) from `first` to `last`, exclusive, have drift."""
    methods = {
        "classifier": model(),
        "classifier against chance": model(bootstrap=True),
        "MMD": mmd(),
        "MMD as a test at 5%": mmd(bootstrap=True, quantile_probability=0.95),
    }
    pairs = np.load(path, mmap_mode="r")[int(first) : int(last)]
    return {name: sum(_drifted(method, *pair) for pair in pairs) for name, method in methods.items()}


def read(folder: str) -> dict[str, Any]:
    """Seconds for reading an archive as an analyst would, with pandas and line by line, and what was read."""
    measured = {}
    for way, reader in (("pandas", _by_pandas), ("json", _by_json)):
        began = time.perf_counter()
        vectors = reader(sorted(Path(folder).rglob("*.gz")))
        seconds = time.perf_counter() - began
        measured[way] = {"seconds": seconds, "shape": vectors.shape, "sum": float(vectors.sum(dtype=float))}
    return measured


def _drifted(method: DriftMethod, baseline: Any, snapshot: Any) -> bool:
    columns = [str(number) for number in range(baseline.shape[1])]
    frames = [pd.DataFrame(np.array(vectors), columns=columns) for vectors in (snapshot, baseline)]
    return bool(method(*frames)[1])


def _by_pandas(files: list[Path]) -> Any:
    frames = []
    for path in files:
        with gzip.open(path) as lines:
            frames.append(pd.read_json(lines, lines=True))
    return np.stack(pd.concat(frames)["embedding"].to_numpy()).astype(np.float32)


def _by_json(files: list[Path]) -> Any:
    records = []
    for path in files:
        with gzip.open(path) as lines:
            for line in lines:
                record = json.loads(line)
                record["embedding"] = np.array(record["embedding"], np.float32)
                records.append(record)
    return np.stack(pd.DataFrame(records)["embedding"].to_numpy())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    command, *arguments = sys.argv[1:]
    commands: dict[str, Callable[..., Any]] = {"drift": drift, "verdicts": verdicts, "read": read}
    print(json.dumps(commands[command](*arguments)))
