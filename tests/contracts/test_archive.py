from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from runtime.local.folder import PART, FolderArchive
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX
from runtime.ports import Archive, ArchiveRecord

VECTOR = np.array([0.1, -1 / 3, 1e-7], np.float32)


def record(name: str, kind: str = "passage", at: str = "2026-03-04T05:06:07+00:00") -> ArchiveRecord:
    return ArchiveRecord(name, kind, "a.pdf", 3, "Größe\nund mehr", "model", at, VECTOR)  # type: ignore[arg-type]


class Kept(Archive, Protocol):
    """An archive whose files can be read."""

    def files(self) -> dict[str, bytes]: ...


def kept(archive: Kept, prefix: str = "") -> list[dict[str, object]]:
    """The records below a prefix; their files are told by content, since the emulator delivers them as they came."""
    files = [content for name, content in sorted(archive.files().items()) if name.startswith(prefix)]
    texts = [gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content for content in files]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_records_are_kept_one_per_line_below_their_prefix_and_hour(archive: Kept) -> None:
    now = datetime.now(UTC)
    at = now.isoformat(timespec="seconds")
    archive.write([record("p1", at=at), record("p2", at=at), record("q1", "prompt", at)])
    # Firehose goes by the hour of delivery, which may be the next.
    hours = {f"{then:%Y/%m/%d/%H}/" for then in (now, datetime.now(UTC))}
    assert {r["id"] for hour in hours for r in kept(archive, EMBEDDING_ARCHIVE_PREFIX + hour)} == {"p1", "p2"}
    (prompt,) = [r for hour in hours for r in kept(archive, PROMPT_ARCHIVE_PREFIX + hour)]
    assert prompt == {
        "id": "q1", "kind": "prompt", "doc_id": "a.pdf", "page": 3, "text": "Größe\nund mehr", "model": "model",
        "at": at, "format": 1, "embedding": prompt["embedding"],
    }  # fmt: skip
    assert np.array_equal(np.array(prompt["embedding"], np.float32), VECTOR)


def test_a_retry_keeps_the_same_ids(archive: Kept) -> None:
    for _ in range(2):
        archive.write([record("p1"), record("p2")])
    archive.write([])
    assert {r["id"] for r in kept(archive)} == {"p1", "p2"}


def test_versions_that_are_replaced_within_a_day_do_not_make_a_folder_grow(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    now = datetime.now(UTC)

    def ids() -> set[str]:
        texts = [gzip.decompress(path.read_bytes()) for path in tmp_path.rglob("*.gz")]
        return {json.loads(line)["id"] for text in texts for line in text.splitlines()}

    for name, version, hours in (("old", "1", 50), ("new", "2", 3), ("newer", "3", 0), ("newest", "4", 0)):
        at = (now - timedelta(hours=hours)).isoformat(timespec="seconds")
        archive.write([replace(record(f"{name}-{n}", at=at), version=version) for n in range(2)])
        archive.write([replace(record(f"{name}-other", at=at), doc_id="b.pdf", version=version)])
        archive.write([record(f"{name}-question", "prompt", at=at)])
    every = ids()
    archive.supersede("a.pdf", "4")
    assert every - ids() == {"new-0", "new-1", "newer-0", "newer-1"}


def test_what_is_superseded_is_found_without_listing_what_other_documents_have(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    for version in ("1", "2"):
        for document in ("a.pdf", "b.pdf"):
            archive.write([replace(record(f"{document}-{version}", at=at), doc_id=document, version=version)])
    folders = {path.parent for path in tmp_path.rglob("*.gz")}
    assert [len(list(folder.iterdir())) for folder in folders] == [2, 2]
    archive.supersede("a.pdf", "2")
    assert sorted(len(list(folder.iterdir())) for folder in folders) == [1, 2]
    archive.supersede("a.pdf", "3")
    assert sorted(folder.exists() for folder in folders) == [False, True]


def test_what_was_half_written_when_a_process_was_killed_goes(tmp_path: Path) -> None:
    (tmp_path / f"{PART}1").write_bytes(b"half")
    FolderArchive(tmp_path).write([record("p1")])
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".gz"]
