"""An index that is built beside the live one: what is still to be done for it, and when it takes over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.aws.cloud import Cloud
from runtime.aws.settings import CloudSettings
from runtime.ingest import (
    building_index,
    index_name,
    open_index,
    record_failure,
    reindex,
    searched_index,
    switch_to,
    unfinished,
)
from runtime.local import lance
from runtime.local.home import Home
from runtime.passages import FORMAT
from runtime.ports import Entry, Passage, PlumblineError, Query
from runtime.reading.document import Limits
from runtime.search.words import terms_of
from tests import pdfs
from tests.contracts.memory import (
    MemoryArchive,
    MemoryEmbedder,
    MemoryGenerator,
    MemoryIndex,
    MemoryIndexes,
    MemoryMetrics,
)
from tests.contracts.plain import open_plain
from tests.unit.library import FULL, Calls, Killed, KilledAt, Library, Moment, pages

pytestmark = pytest.mark.usefixtures("small_windows", "copies_in_memory")

A, B = "a.pdf", "b.pdf"
CALLS = range(1, 200)
"""Of a worker, more than it makes."""

OTHER = MemoryEmbedder("another model")


@pytest.fixture
def library() -> Library:
    return two_documents()


def two_documents() -> Library:
    """Two documents, indexed."""
    made = Library()
    for key, number in ((A, 3), (B, 2)):
        made.put(key, *pages(number, key))
        made.reconcile(key)
    return made


def rebuild(
    library: Library, calls: Calls | None = None, embedder: MemoryEmbedder | None = None, **options: Any
) -> str:
    """Reindex by a new worker; the new index's name."""
    calls = calls or Calls()
    names = ("documents", "ledger", "indexes", "embedder", "archive")
    ports: dict[str, Any] = {name: calls.through(name, getattr(library, name)) for name in names}
    if embedder:
        ports["embedder"] = embedder
    return reindex(**ports, **{"read": open_plain, "wait": pytest.fail, **options})


def live(library: Library) -> MemoryIndex:
    """The index that questions are answered from."""
    return library.indexes.open(library.indexes.live(), library.embedder.dimension)


def answers(library: Library) -> set[str]:
    """The documents that a question finds something in."""
    vector = library.embedder.embed(["degrees"])[0]
    (found,) = live(library).search([Query("degre", vector)], 100)
    return {hit.passage.document for hit in found.keyword}


def check(library: Library) -> None:
    """All is as it should be, in the live index."""
    library.index = live(library)
    library.check()


# --- reindex --------------------------------------------------------------------------------------------


def test_questions_are_answered_from_the_old_index_until_the_new_one_is_complete(library: Library) -> None:
    old = library.indexes.live()

    def look(_: int, name: str) -> None:
        assert (library.indexes.live() == old) == ("indexes.point" not in calls.names[:-1])
        assert answers(library) == {A, B}

    calls = Calls(look)
    assert rebuild(library, calls) == library.indexes.live() == f"{old}.r1"
    assert "indexes.drop" in calls.names
    assert library.indexes.open(old, library.embedder.dimension).passages() == []
    check(library)


def test_each_index_of_a_model_has_a_name_of_its_own_and_another_models_the_models(library: Library) -> None:
    name = library.indexes.live()
    assert [rebuild(library) for _ in range(3)] == [f"{name}.r1", f"{name}.r2", f"{name}.r3"]
    assert open_index(library.indexes, library.embedder).name == f"{name}.r3"
    assert rebuild(library, embedder=OTHER) == index_name(OTHER) != name
    with pytest.raises(PlumblineError, match="reindex"):
        open_index(library.indexes, library.embedder)
    check(library)


def test_an_index_that_an_earlier_version_made_answers_until_the_new_one_is_complete(
    make_home: Callable[[], Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> tuple[str, int, str]:
        hit = home.answerer().searcher.search(["Which lamp is lit?"], 1)[0].ranked[0]
        return hit.passage.text, hit.passage.page, hit.passage.label

    home = make_home()
    home.documents.put(A, pdfs.labelled(tmp_path / A, ["A lamp is lit at dusk.", "Nothing.", "Nothing more."]))
    with monkeypatch.context() as earlier:
        earlier.setattr("runtime.ingest.FORMAT", "1")
        earlier.setattr(lance, "COLUMNS", [column for column in lance.COLUMNS if column != "label"])
        assert home.ingestor().reconcile(A).result == "ingested"
    home = make_home()
    assert found() == ("A lamp is lit at dusk.", 1, "")
    with pytest.raises(PlumblineError, match="reindex"):
        home.ingestor()
    old = home.indexes.live()
    new = reindex(home.documents, home.ledger, home.indexes, home.embedder, home.archive)
    assert (old[-3:], new[-3:]) == ("-f1", f"-f{FORMAT}")
    assert found() == ("A lamp is lit at dusk.", 1, "i")


class Named(MemoryIndexes):
    """Indexes of which none says its model, as those that were made first."""

    def model_of(self, name: str) -> str:
        return ""


def test_a_stack_answers_from_an_earlier_versions_index_and_fills_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    indexes, embedder = Named(), MemoryEmbedder()
    with monkeypatch.context() as earlier:
        earlier.setattr("runtime.ingest.FORMAT", "1")
        index = indexes.open(open_index(indexes, embedder).name, embedder.dimension)
    one = Passage("1", A, "v", 0, 1, "", "", "The kiln is hot.")
    index.write([one], embedder.embed([one.text]), terms_of([one], "en"))
    index.refresh()
    cloud = Cloud(CloudSettings.read({}))
    cloud.__dict__.update(indexes=indexes, embedder=embedder, evidence=None)
    cloud.__dict__.update(generator=MemoryGenerator(), archive=MemoryArchive(), metrics=MemoryMetrics())
    (found,) = cloud.answerer().searcher.search(["kiln"], 1)
    assert [hit.passage for hit in found.ranked] == [one]
    assert (indexes.live(), cloud.index().name) == (index.name, index_name(embedder))
    assert index.name != index_name(embedder)


def test_a_table_that_lacks_labels_is_written_without_them_and_rebuilt_with_them(
    make_home: Callable[[], Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def labels() -> list[str]:
        (found,) = home.answerer().searcher.search(["Which lamp is lit?"], 10)
        return sorted(hit.passage.label for hit in found.ranked)

    home = make_home()
    with monkeypatch.context() as earlier:
        earlier.setattr(lance, "COLUMNS", [column for column in lance.COLUMNS if column != "label"])
        home.index()
    home = make_home()
    home.documents.put(A, pdfs.labelled(tmp_path / A, ["A lamp is lit at dusk.", "A lamp.", "Nothing."]))
    assert home.ingestor().reconcile(A).result == "ingested"
    assert labels() == ["", "", ""]
    reindex(home.documents, home.ledger, home.indexes, home.embedder, home.archive)
    assert labels() == ["A-3", "i", "ii"]


def test_an_index_of_an_earlier_version_is_not_taken_for_another_models(library: Library) -> None:
    for earlier in (f"{index_name(OTHER)}", f"{index_name(OTHER)}.r2", "passages-words-32-f1", "passages-words-f1"):
        library.indexes.open(earlier, library.embedder.dimension)
        library.indexes.point(earlier)
        with pytest.raises(PlumblineError, match="reindex"):
            searched_index(library.indexes, library.embedder)
    for earlier in ("passages-words-64-f1", "passages-words-64-f1.r3", f"passages-words-64-f{FORMAT}"):
        library.indexes.open(earlier, library.embedder.dimension)
        library.indexes.point(earlier)
        assert searched_index(library.indexes, library.embedder).name == earlier


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_a_reindex_killed_at_any_call_goes_on_and_the_live_index_answers_all_the_while(moment: Moment) -> None:
    for at in CALLS:
        library, calls = two_documents(), KilledAt(at, moment)
        old, archived = library.indexes.live(), len(library.archive.records)
        try:
            rebuild(library, calls)
            break
        except Killed:
            assert answers(library) == {A, B}
        library.leases_run_out()
        taken_over = library.indexes.live() != old
        rebuild(library)
        check(library)
        assert taken_over or len(library.archive.records) - archived <= 5 + 2  # a window of two is read again
    assert 3 < at < CALLS[-1]


def test_documents_that_change_at_any_call_are_in_the_new_index_or_left_to_the_next_event() -> None:
    for at in CALLS:
        library = two_documents()

        def change(number: int, _: str, at: int = at, library: Library = library) -> None:
            if number == at:
                library.put(A, *pages(4, "oven"))
                library.delete(B)
                library.put("c.pdf", *pages(1))

        rebuild(library, calls := Calls(change))
        library.index = live(library)
        library.settle()
        library.check()
        if at > len(calls.names):
            break
    assert at < CALLS[-1]


def test_a_document_that_changes_while_another_is_read_is_taken_before_the_new_index_takes_over(
    library: Library,
) -> None:
    def change(_: int, name: str) -> None:
        if name == "index.refresh" and "c.pdf" not in library.stored:
            library.put(A, *pages(4, "oven"))
            library.delete(B)
            library.put("c.pdf", *pages(1))

    rebuild(library, Calls(change))
    check(library)


def test_a_document_whose_removal_was_missed_is_forgotten(library: Library) -> None:
    library.delete(B)
    rebuild(library)
    check(library)


def test_a_reindex_does_not_take_over_without_a_document_that_another_worker_holds(library: Library) -> None:
    old = library.indexes.live()
    assert library.ledger.lease(A, "another", 60)
    waited: list[Sequence[str]] = []

    def wait(busy: Sequence[str]) -> None:
        assert (library.indexes.live(), answers(library)) == (old, {A, B})
        waited.append(busy)
        if len(waited) == 3:
            library.ledger.release(A, "another")

    rebuild(library, wait=wait)
    assert waited == [[A]] * 3
    assert answers(library) == {A, B}
    check(library)


def test_what_another_worker_wrote_to_the_former_index_at_the_last_moment_is_in_the_new_one(library: Library) -> None:
    def write(_: int, name: str) -> None:
        if name == "indexes.point":
            library.put("c.pdf", *pages(2))
            library.reconcile("c.pdf")

    rebuild(library, Calls(write))
    assert answers(library) == {A, B, "c.pdf"}
    check(library)


def test_a_reindex_without_the_files_of_many_documents_leaves_the_old_index(library: Library) -> None:
    more = [f"{n:02}.pdf" for n in range(11)]
    for key in more:
        library.put(key, *pages(1))
        library.reconcile(key)
    for key in more:
        library.delete(key)
    old = library.indexes.live()
    with pytest.raises(PlumblineError, match="files of 11 documents are gone"):
        rebuild(library)
    assert (library.indexes.live(), answers(library)) == (old, {A, B, *more})
    rebuild(library, remove=True)
    assert answers(library) == {A, B}
    check(library)


def test_a_reindex_reads_the_others_though_one_fails_and_takes_over_only_with_all(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = library.indexes.live()

    def fails(path: Path, limits: Limits) -> Any:
        if b"a.pdf" in path.read_bytes():
            raise OSError(28, "No space left on device")
        return open_plain(path, limits)

    with pytest.raises(PlumblineError, match=r"'a\.pdf', which could not be read: \[Errno 28\]"):
        rebuild(library, read=fails)
    assert library.indexes.live() == old
    assert library.entry(B).index == f"{old}.r1"
    rebuild(library)
    assert answers(library) == {A, B}
    check(library)


def test_a_document_that_another_worker_is_done_with_meanwhile_does_not_hold_a_reindex_up(library: Library) -> None:
    assert library.ledger.lease(A, "another", 60)

    def done(_: int, name: str) -> None:
        if name == "index.refresh":
            library.ledger.release(A, "another")

    rebuild(library, Calls(done), wait=lambda _: None)
    check(library)


def test_what_was_refused_is_tried_again_and_stays_refused(library: Library) -> None:
    library.put(A, *pages(1), refused="damaged")
    library.reconcile(A)
    assert answers(library) == {A, B}  # by the version before it
    rebuild(library)
    entry = library.entry(A)
    assert (entry.state, entry.version, "stays searchable" in entry.reason) == ("damaged", "", False)
    assert answers(library) == {B}
    check(library)


# --- another model's index, document by document --------------------------------------------------------


def by_other_model(library: Library) -> dict[str, Any]:
    """What an ingestor has that fills the new model's index."""
    index = building_index(library.indexes, OTHER)
    return {"index": index, "embedder": OTHER, "former": library.index}


def test_the_former_index_is_live_until_every_document_is_in_the_new_one(library: Library) -> None:
    former, index = library.indexes.live(), building_index(library.indexes, OTHER)
    for left in ([A, B], [B]):
        assert unfinished(library.documents, library.ledger, index.name).waiting == left
        assert library.ingestor(**by_other_model(library)).reconcile(left[0]).result == "ingested"
        assert (library.indexes.live(), answers(library)) == (former, {A, B})
    assert unfinished(library.documents, library.ledger, index.name).waiting == []
    assert switch_to(library.indexes, index)
    assert library.indexes.live() == index.name
    assert library.indexes.open(former, library.embedder.dimension).passages() == []
    assert not switch_to(library.indexes, index)
    assert open_index(library.indexes, OTHER) is building_index(library.indexes, OTHER) is index
    check(library)


def test_a_document_that_was_half_read_for_the_former_index_is_read_from_its_first_page(library: Library) -> None:
    library.put(A, *pages(5, "oven"))
    library.ingestor().reconcile(A, should_stop=lambda: True)
    assert library.entry(A).next_page == 3
    options = by_other_model(library)
    assert library.ingestor(**options).reconcile(A).result == "ingested"
    assert [one.page for one in options["index"].passages() if one.document == A] == [1, 2, 3, 4, 5]


def test_what_is_deleted_meanwhile_goes_from_both(library: Library) -> None:
    options = by_other_model(library)
    library.ingestor(**options).reconcile(A)
    library.delete(A)
    assert library.ingestor(**options).reconcile(A).result == "deleted"
    for index in (options["index"], library.index):
        assert A not in {passage.document for passage in index.passages()}


def test_a_version_that_only_the_former_index_has_is_not_reported_as_staying(library: Library) -> None:
    library.put(A, *pages(1), refused="damaged")
    library.ingestor(**by_other_model(library)).reconcile(A)
    entry = library.entry(A)
    assert (entry.state, entry.version, "stays searchable" in entry.reason) == ("damaged", "", False)
    assert answers(library) == {A, B}  # until the new index takes over


# --- what is left to be done ----------------------------------------------------------------------------


READY = Entry(A, "ready", tag="1", index="live", version="v")


@pytest.mark.parametrize(
    ("entry", "waiting", "failed"),
    [
        (READY, [], []),
        (replace(READY, state="damaged"), [], []),
        (None, [A], []),
        (replace(READY, tag="0"), [A], []),
        (replace(READY, state="waiting"), [A], []),
        (replace(READY, state="reading"), [A], []),
        (replace(READY, index="former"), [A], []),
        (replace(READY, document=B), [A], []),
        (replace(READY, state="failed"), [], [A]),
        (Entry(A, "failed"), [], [A]),
        (replace(READY, state="failed", tag="0"), [A], []),
        (replace(READY, state="failed", index="former"), [A], []),
    ],
)
def test_left_to_be_done_is_what_bucket_and_ledger_do_not_say_the_same_of(
    entry: Entry | None, waiting: list[str], failed: list[str]
) -> None:
    library = Library()
    library.put(A, *pages(1))
    if entry:
        library.ledger.lease(entry.document, "worker", 60)
        library.ledger.save(entry, "worker")
    left = unfinished(library.documents, library.ledger, "live")
    assert (left.waiting, left.failed) == (waiting, failed)
    assert left.gone.now == ([entry.document] if entry and entry.document != A else [])


def test_a_document_that_could_not_be_begun_waits_for_another_try(library: Library) -> None:
    record_failure(library.ledger, A, FULL)
    assert (library.entry(A).state, library.entry(A).reason) == ("failed", FULL.reason)
    assert unfinished(library.documents, library.ledger, library.index.name).failed == [A]
    assert library.ingestor().reconcile(A).result == "unchanged"
    check(library)


def test_a_failure_is_not_noted_of_a_document_that_another_worker_is_at(library: Library) -> None:
    before = library.entry(A)
    assert library.ledger.lease(A, "another", 60)
    record_failure(library.ledger, A, FULL)
    assert library.entry(A) == before
