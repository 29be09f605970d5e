from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from runtime.names import EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX
from runtime.ports import Archive, ArchiveRecord

VECTOR = np.array([0.1, -1 / 3, 1e-7], np.float32)


def record(name: str, kind: str = "passage", at: str = "2026-03-04T05:06:07+00:00") -> ArchiveRecord:
    return ArchiveRecord(name, kind, "a.pdf", 3, "Größe\nund mehr", "model", at, VECTOR)  # type: ignore[arg-type]


def kept(folder: Path) -> list[dict[str, object]]:
    lines = [gzip.decompress(path.read_bytes()).decode().splitlines() for path in sorted(folder.rglob("*.gz"))]
    return [json.loads(line) for file in lines for line in file]


def test_records_are_kept_a_line_each_below_their_prefix_and_hour(archive: Archive, tmp_path: Path) -> None:
    archive.write([record("p1"), record("p2"), record("q1", "prompt")])
    assert {r["id"] for r in kept(tmp_path / EMBEDDING_ARCHIVE_PREFIX / "2026/03/04/05")} == {"p1", "p2"}
    (prompt,) = kept(tmp_path / PROMPT_ARCHIVE_PREFIX / "2026/03/04/05")
    assert prompt == {
        "id": "q1", "kind": "prompt", "doc_id": "a.pdf", "page": 3, "text": "Größe\nund mehr", "model": "model",
        "at": "2026-03-04T05:06:07+00:00", "embedding": prompt["embedding"],
    }  # fmt: skip
    assert np.array_equal(np.array(prompt["embedding"], np.float32), VECTOR)


def test_a_retry_keeps_the_same_ids(archive: Archive, tmp_path: Path) -> None:
    for _ in range(2):
        archive.write([record("p1"), record("p2")])
    archive.write([])
    assert {r["id"] for r in kept(tmp_path)} == {"p1", "p2"}
