"""The analyst's command line as the tests run it, and archives for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from runtime.aws.clients import client
from runtime.local.folder import FolderArchive
from runtime.ports import ArchiveRecord, Vectors
from tests.analysis.samples import around, topics
from tests.aws import made
from tests.commands import run_here
from tests.servers import ROOT

BEGAN = datetime(2026, 11, 1, 10, tzinfo=UTC)
LIBRARY, OTHERS = topics(np.random.default_rng(0), 6, 64), topics(np.random.default_rng(1), 1, 64)
COLUMNS = 200
Kind = Literal["passage", "prompt"]
Done = subprocess.CompletedProcess[str]


def archive(home: Path, week: int, vectors: Vectors, kind: Kind = "passage", model: str = "a model") -> None:
    """Archive vectors as records of one week, 20 per document or conversation."""
    at = (BEGAN + timedelta(weeks=week)).isoformat()
    FolderArchive(home / "archive").write(
        [
            ArchiveRecord(
                f"{kind}-{week}-{n}",
                kind,
                f"{kind}-{week}-{n // 20}",
                n % 20 + 1,
                f"{kind} {n} <b>of</b> week {week}",
                model,
                at,
                vector,
            )
            for n, vector in enumerate(vectors)
        ]
    )


def drawn(seed: int, count: int = 600, new: int = 0) -> Vectors:
    """Vectors about the library's six subjects, and `new` about another."""
    rng = np.random.default_rng(seed)
    return np.concatenate([around(rng, LIBRARY, count - new, 1.0), around(rng, OTHERS, new, 1.0)])


def _variables(home: Path) -> dict[str, str]:
    return {**os.environ, "PLUMBLINE_HOME": str(home), "OMP_NUM_THREADS": "1", "COLUMNS": str(COLUMNS)}


def analysis_process(home: Path, *arguments: str) -> Done:
    """A command in a process of its own, as an analyst runs it."""
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=_variables(home), capture_output=True, text=True, timeout=300, check=False
    )


def analysis(home: Path, *arguments: str) -> Done:
    """A command in this process, which has already loaded what takes every command two seconds."""
    with threadpool_limits(1):
        return run_here("analysis", *arguments, environment=_variables(home))


def run(home: Path, *arguments: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    done = analysis(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def the_stack(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty stack's bucket on the emulator, named in the environment with its tables."""
    bucket = made.bucket(url)
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "PLUMBLINE_BUCKET": bucket,
        "PLUMBLINE_DRIFT_TABLE": made.run_table(url),
        "PLUMBLINE_CENTROID_TABLE": made.centroid_table(url),
        "PLUMBLINE_DISTANCE_TABLE": made.run_table(url),
    }.items():
        monkeypatch.setenv(name, value)
    return bucket


def to_bucket(url: str, bucket: str, folder: Path, week: int, vectors: Vectors, kind: Kind = "passage") -> None:
    """The same as `archive`, into a bucket."""
    archive(folder, week, vectors, kind)
    for file in (folder / "archive").rglob("*.gz"):
        client("s3", url).upload_file(str(file), bucket, file.relative_to(folder / "archive").as_posix())
