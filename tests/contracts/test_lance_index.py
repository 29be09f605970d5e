"""What the index on one machine promises beside its port: several processes, a bounded size, damaged and full disks."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.local import lance, lance_files
from runtime.local.lance import LanceIndex, LanceIndexes
from runtime.local.lance_files import bytes_below, explained
from runtime.ports import IndexDamaged, PlumblineError, Query, Terms
from tests.conftest import missing
from tests.contracts.test_index import FRUITS, NEAR, passage, terms, vectors
from tools.install import Missing

NAME = "passages-lance-8"
SPAWN = multiprocessing.get_context("spawn")
SECONDS = 60.0
"""How long a process may take to answer."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def opened(folder: Path, name: str = NAME) -> LanceIndex:
    return LanceIndexes(folder, 1).open(name, 8)


def filled(folder: Path) -> LanceIndex:
    index = opened(folder)
    index.write(FRUITS, NEAR, terms(FRUITS))
    index.refresh()
    return index


def replace_document(index: LanceIndex, document: str, version: int, passages: int = 4) -> None:
    """What ingesting a new version does."""
    made = [passage(document, n, f"The medlar{version} is of {document}.", f"v{version}") for n in range(passages)]
    index.write(made, vectors(passages, seed=version), terms(made))
    index.refresh()
    index.delete(document, keep=f"v{version}")


def everything(index: LanceIndex) -> list[Callable[[], object]]:
    """Each method that uses the table; the first four read."""
    return [
        lambda: index.search([Query("appl", NEAR[0])], 5),
        lambda: index.around(FRUITS[:1], 1),
        lambda: index.count("süd.pdf", "v1"),
        index.languages,
        lambda: index.write(FRUITS, NEAR, terms(FRUITS)),
        lambda: index.delete("süd.pdf"),
    ]


# --- several processes ----------------------------------------------------------------------------------


def in_process(work: Callable[..., object], *arguments: object) -> tuple[BaseProcess, Connection]:
    """A process that does this, and where what it returns arrives, or the error."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_send, args=(there, work, arguments), daemon=True)
    process.start()
    there.close()
    return process, here


def _send(there: Connection, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    try:
        there.send(work(*arguments))
    except BaseException as error:
        there.send(error)


def result(of: tuple[BaseProcess, Connection]) -> Any:
    process, here = of
    assert here.poll(SECONDS), "it did not answer"
    value = here.recv()
    process.join(SECONDS)
    if isinstance(value, BaseException):
        raise value
    return value


def _ingest(folder: Path, worker: int) -> None:
    for version in range(1, 6):
        # Each time as a command of its own would open it, at first all of them the same missing table.
        replace_document(opened(folder), f"{worker}.pdf", version)


def _ask(folder: Path, questions: int) -> int:
    index = opened(folder)
    return sum(len(index.search([Query("medlar5", NEAR[0])], 5)) for _ in range(questions))


def _make_and_drop(folder: Path) -> None:
    for _ in range(20):
        indexes = LanceIndexes(folder, 1)
        indexes.open("passages-other-8", 8)
        indexes.drop("passages-other-8")


def test_several_processes_change_one_index_while_another_asks(folder: Path) -> None:
    workers = [in_process(_ingest, folder, worker) for worker in range(3)]
    others = [in_process(_ask, folder, 20), in_process(_make_and_drop, folder), in_process(_make_and_drop, folder)]
    for worker in (*workers, *others):
        result(worker)
    index = opened(folder)
    assert index.size() == 12
    assert [index.count(f"{n}.pdf", "v5") for n in range(3)] == [4, 4, 4]
    (found,) = index.search([Query("medlar5", NEAR[0])], 20)
    assert len(found.keyword) == 12


def test_an_index_that_is_dropped_while_it_is_opened_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = LanceIndexes(folder, 1)
    database = indexes._connection.database
    open_table = database.open_table

    def drop(name: str) -> Any:
        monkeypatch.setattr(database, "open_table", open_table)
        LanceIndexes(folder, 1).drop(name)
        raise RuntimeError(f"lance error: LanceError(IO): Not found: {folder}/{name}.lance/_versions/1.manifest")

    indexes.open(NAME, 8)
    monkeypatch.setattr(database, "open_table", drop)
    assert indexes.open(NAME, 8).size() == 0


def _hold(lock: Path, there: Connection) -> None:
    with lance_files.FolderLock(lock).held(NAME):
        there.send("held")
        signal.pause()


@contextmanager
def held_elsewhere(folder: Path, lock: str = "changing.lock") -> Iterator[BaseProcess]:
    """Another process has a lock, and does not end."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_hold, args=(folder / lock, there), daemon=True)
    process.start()
    try:
        assert here.poll(SECONDS)
        yield process
    finally:
        process.kill()
        process.join()


def test_a_question_never_waits_for_a_change_and_a_change_waits_only_so_long(folder: Path) -> None:
    index = filled(folder)
    impatient = lance_files.FolderLock(folder / "changing.lock")
    with held_elsewhere(folder):
        other = opened(folder)
        assert len(other.search([Query("appl", NEAR[0])], 5)[0].keyword) == 2
        assert (other.size(), other.languages()) == (10, frozenset({"en"}))
        assert len(other.around(FRUITS[:1], 1)) == 2
        with pytest.raises(PlumblineError, match=f"{NAME} could not be changed: for 0 s"), impatient.held(NAME, 0.1):
            pass
    index.delete("süd.pdf")
    assert index.size() == 5


def test_the_lock_of_a_killed_process_is_free(folder: Path) -> None:
    index = filled(folder)
    with held_elsewhere(folder) as process:
        process.kill()
        process.join()
        index.delete("süd.pdf")
    assert index.size() == 5


def test_while_the_approximate_index_is_built_others_write_and_ask(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lance, "EXACT_ROWS", 5)
    index, many = opened(folder), [passage("many.pdf", n, f"text {n}") for n in range(300)]
    index.write(many, vectors(300, seed=3), terms(many))
    with held_elsewhere(folder, "building.lock"):
        for version in range(lance.MERGE_EVERY + 1):
            replace_document(index, f"{version}.pdf", 1)
        assert not _is_approximate(folder)
        assert index._table.stats()["fragment_stats"]["num_fragments"] > lance.MERGE_EVERY  # left to the builder
        assert len(index.search([Query("medlar1", NEAR[0])], 100)[0].keyword) == 4 * (lance.MERGE_EVERY + 1)
    index.refresh()
    assert _is_approximate(folder)
    replace_document(index, "late.pdf", 1)
    for document in ("late.pdf", "0.pdf"):
        (found,) = opened(folder).search([Query("medlar1", vectors(4, seed=1)[2])], 100)
        assert document in {hit.passage.document for hit in found.nearest if hit.score > 0.999}


def _is_approximate(folder: Path) -> bool:
    return "vector" in {column for one in opened(folder)._table.list_indices() for column in one.columns}


def test_an_approximate_index_that_cannot_be_built_is_logged_and_tried_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lance, "EXACT_ROWS", 5)
    monkeypatch.setattr(lance, "BUILDER", "raise SystemExit('no memory')")
    index = filled(folder)
    index.refresh()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"The approximate index of {NAME} could not be built, so search stays slow: no memory"
    ]
    assert len(index.search([Query("appl", NEAR[0])], 5)[0].nearest) == 5


def test_a_question_that_loses_its_version_to_a_compaction_is_asked_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, other = filled(folder), opened(folder)
    by_vector, calls = other._by_vector, []

    def compacted_first(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            index.delete("north's.pdf")
            replace_document(index, "late.pdf", 1)
            index._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)
            index._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)
        return by_vector(*arguments)

    monkeypatch.setattr(other, "_by_vector", compacted_first)
    (found,) = other.search([Query("medlar1", NEAR[0])], 20)
    assert len(calls) == 2
    assert {hit.passage.document for hit in found.nearest} == {"süd.pdf", "late.pdf"}


# --- size -----------------------------------------------------------------------------------------------


def _replacements(folder: Path, versions: range) -> None:
    """Each as a command of its own would make it."""
    for version in versions:
        document, index = f"v{version}", LanceIndexes(folder, 1).open(NAME, 384)
        made = [passage("small.pdf", n, f"The medlar {n} is late. " * 20, document) for n in range(20)]
        index.write(made, np.random.default_rng(version).standard_normal((20, 384), np.float32), terms(made))
        index.refresh()
        index.delete("small.pdf", keep=document)


def test_a_hundred_replacements_leave_at_most_twice_the_size_of_a_fresh_index(folder: Path, tmp_path: Path) -> None:
    _replacements(folder, range(1, 61))
    result(in_process(_replacements, folder, range(61, 101)))
    _replacements(tmp_path / "fresh", range(100, 101))
    assert LanceIndexes(folder, 1).open(NAME, 384).size() == 20
    # Each of the hundred leaves 0.1 MB. What is a compaction's own goes with the next one.
    assert bytes_below(folder) <= 2 * bytes_below(tmp_path / "fresh") + 1.5 * lance.SPARE_BYTES


def test_files_of_rows_stay_few_whoever_writes_them(folder: Path) -> None:
    for number in range(2 * lance.MERGE_EVERY):
        index, made = opened(folder), [passage(f"{number}.pdf", 0, "text")]
        index.write(made, vectors(1), terms(made))
        index.refresh()
    assert index._table.stats()["fragment_stats"]["num_fragments"] < lance.MERGE_EVERY
    assert index.size() == 2 * lance.MERGE_EVERY


# --- what keyword search finds --------------------------------------------------------------------------

STEP = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 5), st.integers(1, 4)),
    st.tuples(st.just("delete"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("refresh"), st.just(0), st.just(0)),
    st.tuples(st.just("compact"), st.just(0), st.just(0)),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=5, max_size=25))
def test_keyword_search_finds_every_row_after_any_changes(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        index = opened(Path(name))
        known: dict[str, tuple[str, str]] = {}
        for number, (kind, document, rows) in enumerate(steps):
            if kind == "write":  # the same ids again, with other words
                made = [passage(f"{document}.pdf", n, "") for n in range(rows)]
                word = f"word{number % 3}"
                words = [Terms(f"{word} row{n}", word, f"name{document}", "en") for n in range(rows)]
                index.write(made, vectors(rows, seed=number), words)
                known |= {one.id: (word, one.document) for one in made}
            elif kind == "delete":
                index.delete(f"{document}.pdf")
                known = {key: one for key, one in known.items() if one[1] != f"{document}.pdf"}
            elif kind == "refresh":
                index.refresh()
            else:
                index._table.optimize(cleanup_older_than=timedelta(milliseconds=1))
        index.refresh()
        for word in ("word0", "word1", "word2"):
            (found,) = index.search([Query(word, NEAR[0])], 100)
            assert {hit.passage.id for hit in found.keyword} == {k for k, one in known.items() if one[0] == word}
        assert index.size() == len(known)


def test_languages_go_with_their_last_passage(folder: Path) -> None:
    index = filled(folder)
    for number, language in enumerate(("de", "fr", "")):
        one = [passage(f"{number}.pdf", 0, "text")]
        index.write(one, vectors(1), [Terms("a", "b", "c", language)])
    assert index.languages() == {"en", "de", "fr", ""}
    index.refresh()
    index.delete("1.pdf")
    assert index.languages() == {"en", "de", ""}


# --- damage ---------------------------------------------------------------------------------------------


def _halve(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _garble(file: Path) -> None:
    file.write_bytes(b"garbage" * 100)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("data/*.lance", _halve),
        ("data/*.lance", Path.unlink),
        ("data/*.lance", _garble),
        ("_versions/*.manifest", _garble),
        ("_versions/*.manifest", lambda file: os.truncate(file, 0)),
        ("_versions/*", Path.unlink),
        ("_indices/*/*", _halve),
        ("_indices/*/*", Path.unlink),
    ],
)
def test_of_a_damaged_index_the_error_says_how_to_repair_it(
    folder: Path, pattern: str, damage: Callable[[Path], object]
) -> None:
    filled(folder)
    for file in (folder / f"{NAME}.lance").glob(pattern):
        damage(file)
    try:
        calls = everything(opened(folder))
    except PlumblineError as error:
        assert (NAME in error.reason, "runtime repair" in error.remedy) == (True, True)
        return
    for call in calls:
        if damage is _halve and "_indices" in pattern and call == calls[3]:
            continue
        with pytest.raises(PlumblineError, match=NAME) as raised:
            call()
        assert "runtime repair" in raised.value.remedy


DAMAGES: dict[str, Callable[[Path], object]] = {
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "deleted": lambda path: path.unlink(),
}


def flipped(content: bytes) -> bytes:
    """One bit is another."""
    at = len(content) // 3
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_file_is_damaged_is_built_anew_or_named(damage: str, folder: Path, tmp_path: Path) -> None:
    def answers(index: LanceIndex) -> tuple[object, ...]:
        found = index.search([Query("appl medlar2", NEAR[0]), Query("cherri", NEAR[4])], 20)
        # Scores depend a little on what is in the index of words.
        keyword = [sorted(hit.passage.id for hit in one.keyword) for one in found]
        return index.counts(), keyword, [one.nearest for one in found], index.languages()

    index = filled(folder)
    for version in (1, 2):
        replace_document(index, "x.pdf", version)
    index.refresh()
    index._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)
    index.write(FRUITS[:1], NEAR[:1], terms(FRUITS[:1]))  # some rows are not in the index of words, some are removed
    index.write_note("{}")
    assert not index.verify()
    right = answers(index)
    outcomes = set()
    files = {
        path.name if "_indices" in path.parts else (path.parent.name, path.suffix): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size
    }  # one of each kind
    for number, path in enumerate(files.values()):
        copy = tmp_path / f"{number}"
        shutil.copytree(folder, copy)
        DAMAGES[damage](copy / path.relative_to(folder))
        try:
            reopened = opened(copy)
            rebuilt = reopened.verify()
        except IndexDamaged:
            outcomes.add("named")
            continue
        found = answers(opened(copy))
        if found[0] != right[0]:
            outcomes.add("miscounted")  # which a repair finds
            continue
        assert found == right, f"{path} {damage}: {rebuilt}"
        outcomes.add("rebuilt" if rebuilt else "needless")
        assert not opened(copy).verify()
    assert {"named", "rebuilt"} <= outcomes


def test_an_index_of_a_former_version_has_no_checksums_and_is_verified_all_the_same(folder: Path) -> None:
    index = filled(folder)
    (folder / f"{NAME}.lance" / "plumbline.sums.json").unlink()
    assert index.verify()
    assert not index.verify()
    (found,) = index.search([Query("appl", NEAR[0])], 5)
    assert len(found.keyword) == 2


def test_vectors_that_no_model_made_are_damage(folder: Path) -> None:
    index = filled(folder)
    index.write(FRUITS[:1], NEAR[:1] * np.float32(1e9), terms(FRUITS[:1]))
    with pytest.raises(IndexDamaged, match="vectors"):
        index.verify()


def test_an_index_that_was_removed_is_named(folder: Path) -> None:
    index = filled(folder)
    shutil.rmtree(folder)
    for call in everything(index):
        with pytest.raises(PlumblineError, match=f"{NAME} is no longer there"):
            call()


def test_the_live_index_is_never_made_anew_empty(folder: Path) -> None:
    filled(folder)
    LanceIndexes(folder, 1).point(NAME)
    shutil.rmtree(folder / f"{NAME}.lance")
    with pytest.raises(PlumblineError, match="files are missing") as raised:
        opened(folder)
    assert "runtime repair" in raised.value.remedy


def test_what_a_killed_drop_or_creation_left_is_no_obstacle(folder: Path) -> None:
    filled(folder)
    (folder / f"x{lance.DROPPED}" / "data").mkdir(parents=True)
    (folder / "passages-half-8.lance" / "_transactions").mkdir(parents=True)
    LanceIndexes(folder, 1).drop("passages-none-8")
    assert not (folder / f"x{lance.DROPPED}").exists()
    assert opened(folder, "passages-half-8").size() == 0


def test_a_panic_of_the_library_is_a_typed_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_: object) -> None:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    index = filled(folder)
    monkeypatch.setattr(index, "_by_vector", panic)
    with pytest.raises(PlumblineError, match=f"{NAME} in .* is damaged: called `Option::unwrap"):
        index.search([Query("appl", NEAR[0])], 5)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        missing(Missing("the right to mount a file system"))
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_on_a_full_disk_questions_are_answered_and_changes_say_why_not(small_disk: Path) -> None:
    index = filled(small_disk / "index")
    filler = small_disk / "filler"
    with pytest.raises(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    many = [passage("many.pdf", n, "text " * 500) for n in range(100)]
    changes: list[Callable[[], object]] = [
        lambda: index.write(many, vectors(100), terms(many)),
        lambda: index.delete("süd.pdf"),
    ]
    for change in changes:
        with pytest.raises(PlumblineError, match=f"{NAME} could not be changed, because the disk") as raised:
            change()
        assert "Free disk space" in raised.value.remedy
    with pytest.raises(PlumblineError, match="disk"):
        index.write_note("note " * 5000)
    assert len(index.search([Query("appl", NEAR[0])], 5)[0].keyword) == 2
    filler.unlink()
    index.delete("süd.pdf")
    assert index.size() == 5


def test_a_read_only_index_is_searched_and_changes_say_why_not(small_disk: Path) -> None:
    filled(small_disk / "index")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    index = opened(small_disk / "index")
    assert len(index.search([Query("appl", NEAR[0])], 5)[0].keyword) == 2
    assert (index.size(), index.languages()) == (10, frozenset({"en"}))
    changes: list[Callable[[], object]] = [index.refresh, lambda: index.write_note("note"), *everything(index)[4:]]
    for change in changes:
        with pytest.raises(PlumblineError, match="can't be written or read"):
            change()


# --- formats --------------------------------------------------------------------------------------------


def test_a_table_of_a_later_format_is_refused_by_name(folder: Path) -> None:
    schema = lance._schema(8).with_metadata({lance.FORMAT_KEY: str(lance.FORMAT + 1).encode()})
    folder.mkdir()
    lancedb.connect(str(folder)).create_table(NAME, schema=schema.append(pa.field("later", pa.string())))
    with pytest.raises(PlumblineError, match=f"{NAME} has format {lance.FORMAT + 1}") as raised:
        opened(folder)
    assert "Update Plumbline" in raised.value.remedy


def test_a_table_without_a_format_is_read(folder: Path) -> None:
    folder.mkdir()
    lancedb.connect(str(folder)).create_table(NAME, schema=lance._schema(8).remove_metadata())
    index = filled(folder)
    assert index.size() == 10


def test_a_table_says_its_format(folder: Path) -> None:
    assert filled(folder)._table.schema.metadata == {lance.FORMAT_KEY: b"1"}


@pytest.mark.parametrize("small", [lance.SETTLED_ROWS, 0])
def test_once_it_is_settled_scores_do_not_depend_on_the_order_of_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(lance, "SETTLED_ROWS", small)
    found = []
    for name, documents in (("passages-one-8", ("a", "b", "c")), ("passages-other-8", ("c", "gone", "b", "a"))):
        index = opened(folder, name)
        for number, document in enumerate(documents):
            made = [passage(document, n, f"The medlar of {document} {'is ripe' * (n % 2)}.") for n in range(4)]
            index.write(made, vectors(4, seed=number), terms(made))
            index.refresh()
        index.delete("gone")
        index.settle()
        (one,) = index.search([Query("medlar ripe", vectors(1)[0])], 20)
        found.append({hit.passage.id: hit.score for hit in one.keyword})
    assert len(found[0]) == 12
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("lance error: Resources exhausted: Additional allocation failed for HashJoinInput", "not enough memory"),
        ("cannot schedule new futures after shutdown", "this process is ending"),
        ("cannot schedule new futures after interpreter shutdown", "this process is ending"),
    ],
)
def test_what_is_amiss_around_the_index_is_not_taken_for_damage(folder: Path, said: str, reason: str) -> None:
    filled(folder)
    error = explained(RuntimeError(said), NAME, folder / f"{NAME}.lance")
    assert not isinstance(error, IndexDamaged)
    assert reason in error.reason


def test_after_many_versions_all_tables_use_a_new_connection_and_answer_as_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection keeps what it has read of former versions open, a file for every second document or so."""
    monkeypatch.setattr(lance, "RENEWED", 5)
    filled(folder)
    indexes = LanceIndexes(folder, 1)
    index, other = (indexes.open(NAME, 8) for _ in range(2))
    (before,) = other.search([Query("appl", NEAR[0])], 5)
    first = index._connection.database
    for _ in range(15):
        index.write(FRUITS[:1], NEAR[:1], terms(FRUITS[:1]))
        index.refresh()
    (after,) = other.search([Query("appl", NEAR[0])], 5)
    assert {hit.passage.id for hit in after.keyword} == {hit.passage.id for hit in before.keyword} != set()
    assert index._connection.database is not first
    assert other._table is not index._table
    assert index._number == other._number == index._connection.number > 0
