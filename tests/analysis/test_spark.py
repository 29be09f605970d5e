"""The two engines side by side: what Spark says of an archive is what one machine says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components import package
from runtime.ports import Vectors
from tests import glue
from tests.analysis import measure
from tests.analysis.samples import around, topics
from tests.servers import ROOT

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("spark")]

ABOUT = 1e-4
"""The tolerance that docs/watch.md states, of numbers of the order of 1."""

BARE = [0.0, 1.0]


def line(number: int, vector: list[float], *, model: str = "a model", group: int = 20) -> bytes:
    record = {
        "id": f"id-{number}",
        "kind": "passage",
        "doc_id": f"document-{number // group}",
        "page": number % group + 1,
        "text": f"passage {number} " + "x" * 500,
        "model": model,
        "at": f"2026-11-02T10:{number % 60:02}:00+00:00",
        "embedding": vector,
    }
    return json.dumps(record).encode() + b"\n"


def archive(folder: Path, vectors: Vectors, first: int) -> str:
    """Three files, which share some records; one of them ends in the middle of a line."""
    lines = [line(first + number, vector) for number, vector in enumerate(vectors.tolist())]
    third = len(lines) // 3
    for number in range(3):
        hour = folder / f"2026/11/02/1{number}"
        hour.mkdir(parents=True)
        part = b"".join(lines[number * third : (number + 1) * third + 25])
        (hour / "records").write_bytes(gzip.compress(part) if number else part + b'{"id": "torn')
    return str(folder)


def broken(folder: Path, *lines: bytes) -> str:
    folder.mkdir()
    (folder / "records").write_bytes(b"".join(lines))
    return str(folder)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A baseline, a snapshot with new topics, and archives that hold nothing to go by."""
    root, rng = tmp_path_factory.mktemp("archives"), np.random.default_rng(3)
    known, new = topics(rng, 5, 32), topics(rng, 1, 32)
    now = np.concatenate([around(rng, known, 480, 1.0, 4), around(rng, new, 120, 1.0, 4)])
    return [
        archive(root / "before", around(rng, known, 900, 1.0, 4), 0),
        archive(root / "now", now, 100_000),
        broken(root / "models", line(1, BARE), line(2, BARE, model="another")),
        broken(root / "lengths", line(1, BARE), line(2, [1.0])),
        broken(root / "numbers", line(1, BARE), line(2, BARE).replace(b"1.0]", b"NaN]")),
        broken(root / "nothing", b"no line of it\n"),
        broken(root / "newer", line(1, BARE), line(2, BARE).replace(b'"id"', b'"format": 2, "id"', 1)),
    ]


@pytest.fixture(scope="module")
def memory(archives: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(measure.measured("memory", *archives)))
    return found


@pytest.fixture(scope="module")
def spark(archives: list[str]) -> dict[str, Any]:
    wheels = package.glue_wheels(package.PACKAGES)
    done = glue.on_spark(Path(measure.__file__), "spark", *archives, code=ROOT, wheels=wheels, environment={})
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "what", ["rows", "dimension", "source", "damaged", "groups", "order", "records", "labels", "similar"]
)
def test_spark_reads_the_same_records_in_the_same_order(
    memory: dict[str, Any], spark: dict[str, Any], what: str
) -> None:
    assert memory["rows"]["rows"] == 900
    assert memory["rows"]["source"][2] == 50  # repeated
    assert memory["rows"]["damaged"]
    assert spark["rows"][what] == memory["rows"][what]


@pytest.mark.parametrize(
    "what",
    [
        *("vectors", "mean", "covariance", "distances", "refined", "refined of half", "projected", "sums", "products"),
    ],
)
def test_spark_computes_the_same_numbers(memory: dict[str, Any], spark: dict[str, Any], what: str) -> None:
    scale = 1 + np.abs(memory["rows"][what]).max()
    np.testing.assert_allclose(spark["rows"][what], memory["rows"][what], rtol=0, atol=ABOUT * scale)


def test_spark_gives_the_same_verdict(memory: dict[str, Any], spark: dict[str, Any]) -> None:
    here, there = memory["verdict"], spark["verdict"]
    assert here["drift"]
    assert "appeared" in [change for change, _, _ in here["changes"]]
    for what in ("drift", "sizes", "changes", "passages"):
        assert there[what] == here[what], what
    np.testing.assert_allclose(there["p"], here["p"], rtol=0, atol=0.002)  # two of 999 permutations
    for what in ("effects", "centers", "variance"):
        np.testing.assert_allclose(there[what], here[what], rtol=0, atol=ABOUT)
    np.testing.assert_allclose(there["scores"], here["scores"], rtol=ABOUT)


def test_spark_reports_the_same_for_archives_without_usable_data(memory: dict[str, Any], spark: dict[str, Any]) -> None:
    assert all(memory["errors"])
    assert "another" in memory["errors"][0]
    assert "id-2" in memory["errors"][2]
    assert "has format 2; this version of Plumbline" in memory["errors"][4]
    assert spark["errors"] == memory["errors"]
