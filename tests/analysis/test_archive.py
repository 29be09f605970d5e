from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.archive import ArchiveError, NoRecords, read_archive
from runtime.formats import NewerFormat
from runtime.local.folder import FolderArchive
from runtime.names import ARCHIVE_FORMAT, EMBEDDING_ARCHIVE_PREFIX
from runtime.ports import ArchiveRecord
from runtime.records import archive_line

WHEN = "2026-11-02T10:30:00+00:00"


def record(number: int, document: str = "a.pdf", at: str = WHEN, model: str = "m", size: int = 4) -> ArchiveRecord:
    vector = np.random.default_rng(number).normal(size=size).astype(np.float32)
    return ArchiveRecord(f"id-{number}", "passage", document, number, f"text {number}", model, at, vector)


def written(folder: Path, records: Sequence[ArchiveRecord]) -> str:
    FolderArchive(folder).write(records)
    return str(folder / EMBEDDING_ARCHIVE_PREFIX)


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_records_come_back_exactly(tmp_path: Path) -> None:
    made = [record(number, f"{number % 2}.pdf") for number in range(20)]
    got = read_archive(written(tmp_path, made))
    assert got.records["id"].to_list() == [one.id for one in made]
    np.testing.assert_array_equal(got.vectors, np.stack([one.embedding for one in made]))
    assert (got.model, got.files, got.share, got.damaged) == ("m", 1, 1.0, ())
    assert got.records["group"].to_list() == [one.doc_id for one in made]
    assert got.last == datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("zipped", [True, False])
def test_gzip_is_recognised_by_content_and_not_by_name(tmp_path: Path, zipped: bool) -> None:
    content = archive_line(record(1))
    (tmp_path / ("plain.json" if zipped else "zipped.gz")).write_bytes(gzip.compress(content) if zipped else content)
    assert len(read_archive(str(tmp_path))) == 1


def test_an_id_counts_once(tmp_path: Path) -> None:
    for hour in (10, 11):
        path = written(tmp_path, [record(n, at=f"2026-11-02T{hour}:00:00+00:00") for n in (1, 2, hour)])
    got = read_archive(path)
    assert sorted(got.records["id"]) == ["id-1", "id-10", "id-11", "id-2"]
    assert got.repeated == 2


def test_a_time_range_leaves_out_what_is_before_and_after_and_does_not_open_their_files(tmp_path: Path) -> None:
    path = written(tmp_path, [record(day, at=f"2026-11-{day:02d}T10:00:00+00:00") for day in range(1, 9)])
    (tmp_path / EMBEDDING_ARCHIVE_PREFIX / "2026/11/01/10/broken").write_bytes(b"{torn")
    got = read_archive(path, since=datetime(2026, 11, 3, 10, tzinfo=UTC), until=datetime(2026, 11, 5, 10, tzinfo=UTC))
    assert got.records["id"].to_list() == ["id-4", "id-5"]
    assert got.damaged == ()
    assert read_archive(path).damaged[0].file == "2026/11/01/10/broken"


def test_bare_lists_of_numbers_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "2026/11/02/10"
    folder.mkdir(parents=True)
    (folder / "old").write_bytes(lines([0.5, 0.25], [1, 0]))
    got = read_archive(str(tmp_path))
    np.testing.assert_array_equal(got.vectors, [[0.5, 0.25], [1, 0]])
    assert got.records["group"].n_unique() == 1
    assert got.last == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_records_of_earlier_versions_are_read_beside_those_of_this_one(tmp_path: Path) -> None:
    older = {name: value for name, value in json.loads(archive_line(record(1))).items() if name != "format"}
    assert json.loads(archive_line(record(2)))["format"] == ARCHIVE_FORMAT
    (tmp_path / "older").write_bytes(lines(older))
    (tmp_path / "both").write_bytes(lines({**older, "id": "id-0"}) + archive_line(record(2)))
    got = read_archive(str(tmp_path))
    assert sorted(got.records["id"]) == ["id-0", "id-1", "id-2"]
    assert got.damaged == ()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "changed", [{}, {"embedding": "base64"}, {"embedding": None}, {"at": 5}], ids=["same", "text", "none", "number"]
)
def test_records_of_a_later_version_are_refused_by_name(tmp_path: Path, changed: dict[str, Any], zipped: bool) -> None:
    newer = {**json.loads(archive_line(record(2))), "format": ARCHIVE_FORMAT + 1, "more": {"of": "it"}, **changed}
    content = archive_line(record(1)) + lines(newer)
    (tmp_path / "newer.gz").write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(NewerFormat) as raised:
        read_archive(str(tmp_path))
    assert f"newer.gz has format {ARCHIVE_FORMAT + 1}; this version" in raised.value.reason
    assert "Update Plumbline" in raised.value.remedy


def test_a_torn_last_line_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = archive_line(record(1)) + archive_line(record(2))
    (tmp_path / "torn").write_bytes(whole + archive_line(record(3))[:40])
    got = read_archive(str(tmp_path))
    assert len(got) == 2
    assert [(one.file, one.reason) for one in got.damaged] == [("torn", "invalid last line")]


def test_gzip_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    first = gzip.compress(b"".join(archive_line(record(n)) for n in range(5)))
    second = gzip.compress(b"".join(archive_line(record(n, size=4)) for n in range(5, 500)))
    (tmp_path / "broken.gz").write_bytes(first + second[: len(second) // 2])
    got = read_archive(str(tmp_path))
    assert 100 < len(got) < 490
    assert {one.file for one in got.damaged} == {"broken.gz"}
    assert any("gzip" in one.reason for one in got.damaged)


def test_gzip_of_several_members_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(b"".join(gzip.compress(archive_line(record(n))) for n in range(5)))
    got = read_archive(str(tmp_path))
    assert got.records["id"].to_list() == [f"id-{n}" for n in range(5)]
    assert got.damaged == ()


def test_gzip_with_a_wrong_checksum_is_reported(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(archive_line(record(1))))
    content[-6] ^= 1
    (tmp_path / "wrong").write_bytes(content)
    (tmp_path / "right").write_bytes(gzip.compress(archive_line(record(2))))
    got = read_archive(str(tmp_path))
    assert got.records["id"].to_list() == ["id-2"]
    assert [(one.file, one.reason) for one in got.damaged] == [("wrong", "broken gzip: CRC check failed")]


def test_foreign_lines_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mixed").write_bytes(archive_line(record(1)) + b'"words"\n{"a": 1}\n' + archive_line(record(2)))
    got = read_archive(str(tmp_path))
    assert len(got) == 2
    assert got.damaged[0].reason == "invalid lines: 2, the first is line 2"


def test_records_with_missing_fields_are_accepted_and_absurd_ones_counted(tmp_path: Path) -> None:
    least = b'{"id": "a", "at": "2026-11-02T10:30:00+00:00", "embedding": [1, 2]}\n'
    absurd = least.replace(b'"a"', b'"b", "page": 1e999')
    (tmp_path / "least").write_bytes(least)
    (tmp_path / "absurd").write_bytes(least.replace(b'"a"', b'"c"') + absurd)
    got = read_archive(str(tmp_path))
    assert got.records.select("id", "group", "page", "text").rows() == [("c", "c", 0, ""), ("a", "a", 0, "")]
    assert got.damaged[0].reason == "invalid lines: 1, the first is line 2"


def test_several_models_are_an_error_that_lists_them(tmp_path: Path) -> None:
    path = written(tmp_path, [record(1), record(2, model="other"), record(3, model="other")])
    with pytest.raises(
        ArchiveError, match=r"several models: m \(1 records\), other \(2 records\)\. Choose one with --model"
    ):
        read_archive(path)
    assert len(read_archive(path, model="other")) == 2
    with pytest.raises(ArchiveError, match="no records of third: it has m, other") as refused:
        read_archive(path, model="third")
    assert not isinstance(refused.value, NoRecords)


def test_vectors_of_several_lengths_are_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, [record(1), record(2, size=5)])
    with pytest.raises(ArchiveError, match=r"several lengths from one model: 4 \(1 records\), 5 \(1 records\)"):
        read_archive(path)


@pytest.mark.parametrize("value", ["NaN", "null", "Infinity"])
def test_something_that_is_not_a_number_is_an_error_that_names_the_record(tmp_path: Path, value: str) -> None:
    (tmp_path / "bad").write_bytes(
        archive_line(record(1)) + archive_line(record(2)).split(b"[")[0] + f"[1, {value}, 3, 4]}}\n".encode()
    )
    with pytest.raises(ArchiveError, match="'id-2' in bad holds a value that is not a number"):
        read_archive(str(tmp_path))


def test_an_empty_archive_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NoRecords, match="no records from that period in 0 files"):
        read_archive(str(tmp_path / "none"))
    (tmp_path / "torn").write_bytes(b"{")
    with pytest.raises(ArchiveError, match="1 could not be read") as torn:
        read_archive(str(tmp_path))
    assert not isinstance(torn.value, NoRecords)  # which would be taken for silence
    with pytest.raises(ArchiveError, match="is a file"):
        read_archive(str(tmp_path / "torn"))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 60))
def test_more_than_fits_is_sampled_by_whole_documents_whatever_the_order(order: list[int], limit: int) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        for place, document in enumerate(order):
            content = b"".join(archive_line(record(100 * document + n, f"{document}.pdf")) for n in range(5))
            (Path(folder) / f"{place:03d}").write_bytes(content)
        try:
            got = read_archive(folder, max_rows=limit)
        except ArchiveError as error:
            assert "Raise --max_rows" in error.remedy
            return
    assert len(got) <= limit
    assert set(got.records["group"].value_counts()["count"]) == {5}
    with TemporaryDirectory() as folder:
        for document in range(12):
            content = b"".join(archive_line(record(100 * document + n, f"{document}.pdf")) for n in range(5))
            (Path(folder) / f"{document:03d}").write_bytes(content)
        again = read_archive(folder, max_rows=limit)
    assert set(again.records["group"]) == set(got.records["group"])
    assert again.share == got.share
