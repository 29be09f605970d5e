"""The ingestor over ports in memory: whatever happens around it at whatever moment, nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import ingest
from runtime.ingest import LEASE_SECONDS, Outcome, Prepared, document_title, unfinished
from runtime.local.sqlite import Database, SqliteRecognizedPages
from runtime.ports import (
    DocumentReader,
    Entry,
    LeaseLost,
    PictureLine,
    PictureWord,
    PlumblineError,
    Query,
    Recognition,
    RecognitionLimit,
)
from runtime.reading.document import Limits, Page, PdfError, PdfState, open_pdf
from runtime.recognized import PLAN
from tests import pdfs
from tests.contracts.plain import BLANK, PICTURE, OpenPlain, Plain, open_plain
from tests.unit.library import FULL, Calls, Killed, KilledAt, Library, Moment, failing_at, failing_on, pages, until

pytestmark = pytest.mark.usefixtures("small_windows", "copies_in_memory")

KEY = "reports/a.pdf"
CALLS = range(1, 100)
"""Of a worker, more than it makes at any of the documents here."""

MOMENTS: list[Moment] = ["before", "during", "after"]


def put_aside(library: Library) -> Outcome:
    """Read one window of the document, and no more."""
    return library.ingestor().reconcile(KEY, should_stop=lambda: True)


# --- what a reconcile does ------------------------------------------------------------------------------


def test_a_new_document_is_indexed_and_archived_and_then_ready(library: Library) -> None:
    version = library.put(KEY, "# The Kiln\nThe kiln is hot.", BLANK, "It cools at night.", title="A Manual")
    seen: list[Entry] = []
    outcome = library.ingestor().reconcile(KEY, seen.append)
    entry = library.entry(KEY)
    assert (outcome.document, outcome.result, outcome.entry) == (KEY, "ingested", entry)
    assert [one.state for one in seen] == ["reading", "ready"]
    assert (entry.title, entry.version, entry.index) == ("A Manual (a)", version, library.index.name)
    assert (entry.pages, entry.readers, entry.skipped) == (3, {"plain": 2}, {"blank": 1})
    first, second = library.index.passages()
    assert (first.page, first.title, first.heading) == (1, "A Manual (a)", "The Kiln")
    assert (first.text, second.page, second.ordinal) == ("The Kiln\nThe kiln is hot.", 3, 1)
    for record, passage in zip(library.archive.records, (first, second), strict=True):
        assert (record.id, record.kind, record.doc_id, record.page) == (passage.id, "passage", KEY, passage.page)
        assert record.model == library.embedder.model
        (found,) = library.index.search([Query("", record.embedding)], 1)
        assert found.nearest[0].passage == passage
        assert found.nearest[0].score > 0.6
    library.check()


def test_the_same_bytes_cost_nothing_however_often_they_come(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    before = library.entry(KEY)
    assert library.ingestor(calls := Calls()).reconcile(KEY).result == "unchanged"
    assert calls.names == ["ledger.lease", "ledger.get", "documents.find", "ledger.release"]
    library.put(KEY, *pages(3))  # stored anew, by another tag
    assert library.ingestor(calls := Calls()).reconcile(KEY).result == "unchanged"
    assert not {"embedder.embed", "index.write", "archive.write"} & set(calls.names)
    after = library.entry(KEY)
    assert after.tag != before.tag
    assert after.version_ids == [[before.version, "write 2"]]
    one, other = (replace(entry, tag="", updated=0, version_ids=[]) for entry in (before, after))
    assert one == other
    assert library.ingestor().reconcile(KEY, force=True).result == "ingested"
    library.check()


def test_a_new_version_is_searchable_in_whole_before_the_one_before_it_goes(library: Library) -> None:
    old = library.put(KEY, *pages(9))
    library.reconcile(KEY)
    new = library.put(KEY, *pages(9, "oven"))
    seen = []

    def look(_: int, name: str) -> None:
        assert library.is_searchable(KEY), name
        seen.append(library.searchable(KEY))

    assert library.ingestor(Calls(look)).reconcile(KEY).result == "ingested"
    assert {old: 9, new: 9} in seen
    assert (seen[0], seen[-1]) == ({old: 9}, {new: 9})
    library.check()


@pytest.mark.parametrize("state", ["encrypted", "damaged", "timed out"])
@pytest.mark.parametrize("readable", [0, 5])
def test_a_version_that_can_not_be_read_leaves_the_one_before_it(
    library: Library, state: PdfState, readable: int
) -> None:
    old = library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.put(KEY, *pages(9, "oven"), refused=state, readable=readable)
    assert library.ingestor().reconcile(KEY).result == "refused"
    entry = library.entry(KEY)
    assert (library.searchable(KEY), entry.state, entry.version) == ({old: 3}, state, old)
    why = f"a.pdf can't be read: it is {state} behind page {readable}."
    assert entry.reason == f"{why} The previous version stays searchable."
    library.check()
    assert library.ingestor().reconcile(KEY).result == "unchanged"
    assert library.ingestor().reconcile(KEY, force=True).result == "refused"
    library.check()
    library.put(KEY, *pages(4, "forge"))
    assert library.ingestor().reconcile(KEY).result == "ingested"
    library.check()


def test_a_refused_document_is_not_opened_again_for_the_same_bytes(library: Library) -> None:
    for did in ("refused", "unchanged"):
        library.put(KEY, *pages(3), refused="damaged")
        assert library.ingestor(calls := Calls()).reconcile(KEY).result == did
    assert "index.delete" not in calls.names
    entry = library.entry(KEY)
    assert (entry.version, "stays searchable" in entry.reason) == ("", False)
    library.check()


def test_a_document_without_text_is_refused(library: Library) -> None:
    library.put(KEY, BLANK, PICTURE, BLANK)
    assert library.ingestor().reconcile(KEY).result == "refused"
    entry = library.entry(KEY)
    assert entry.state == "no text"
    assert entry.reason == "None of the 3 pages of a.pdf has readable text (2 blank, 1 image)."
    library.check()


def test_a_reading_that_resumes_in_a_document_without_text_says_so(library: Library) -> None:
    version = library.put(KEY, PICTURE, PICTURE, PICTURE)
    so_far = Entry(KEY, "reading", reading=version, index=library.index.name, next_page=3, skipped={"image": 2})
    library.ledger.lease(KEY, "killed", 0)
    library.ledger.save(so_far, "killed")
    assert library.ingestor().reconcile(KEY).result == "refused"
    assert (library.entry(KEY).state, library.entry(KEY).skipped) == ("no text", {"image": 3})
    library.check()


def test_a_document_above_the_limit_is_not_even_fetched_and_the_version_before_it_stays(library: Library) -> None:
    old = library.put(KEY, "Hot.")
    library.reconcile(KEY)
    library.put(KEY, *pages(50))
    limits = Limits(bytes=1000)
    assert library.ingestor(calls := Calls(), limits=limits).reconcile(KEY).result == "refused"
    assert "documents.fetch" not in calls.names
    entry = library.entry(KEY)
    assert (entry.state, entry.version, library.searchable(KEY)) == ("too large", old, {old: 1})
    assert "the limit is 1,000" in entry.reason
    assert library.ingestor(limits=limits).reconcile(KEY).result == "unchanged"
    assert library.ingestor().reconcile(KEY, force=True).result == "ingested"
    library.check()


def test_a_document_that_is_gone_leaves_index_and_ledger(library: Library) -> None:
    library.put(KEY, *pages(3))
    other = library.put("b.pdf", *pages(2))
    library.reconcile(KEY)
    library.reconcile("b.pdf")
    library.delete(KEY)
    assert library.ingestor().reconcile(KEY) == Outcome(KEY, "deleted", None)
    assert (library.searchable(KEY), library.searchable("b.pdf")) == ({}, {other: 2})
    library.check()
    assert library.ingestor().reconcile(KEY).result == "deleted"
    library.check()


def test_the_ledger_has_the_stores_name_of_each_version_also_of_one_that_was_replaced(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "VERSION_IDS", 3)
    versions = []
    for number in range(1, 5):
        versions.append(library.put(KEY, *pages(number)))
        library.reconcile(KEY)
    assert library.entry(KEY).version_ids == [[versions[n], f"write {n + 1}"] for n in (1, 2, 3)]
    refused = library.put(KEY, BLANK)
    library.reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.version) == ("no text", versions[3])
    assert [entry.version_id(one) for one in (versions[3], refused)] == ["write 4", "write 5"]
    library.put(KEY, *pages(4))  # what it was before
    library.reconcile(KEY)
    assert library.entry(KEY).version_ids == [[versions[2], "write 3"], [refused, "write 5"], [versions[3], "write 6"]]


def test_of_a_document_that_is_gone_no_version_is_kept_nor_what_was_made_of_it(
    library: Library, tmp_path: Path
) -> None:
    version = library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.put(KEY, *pages(4))
    library.reconcile(KEY)
    del library.documents._stored[KEY]  # its former versions are left, as when a bucket's object is removed
    assert library.documents.fetch_version(KEY, version, "", tmp_path / "former")
    forgotten: list[str] = []
    for _ in range(2):  # also what a worker that was killed behind it left
        assert library.ingestor(on_forget=forgotten.append).reconcile(KEY).result == "deleted"
    assert not library.documents.fetch_version(KEY, version, "", tmp_path / "former")
    assert forgotten == [KEY, KEY]


def test_a_key_that_leaves_the_library_is_refused_and_nothing_is_written_of_it(library: Library) -> None:
    with pytest.raises(PlumblineError):
        library.ingestor(calls := Calls()).reconcile("../a.pdf")
    assert calls.names == []


def test_a_document_that_another_worker_holds_is_left_to_it(library: Library) -> None:
    library.put(KEY, *pages(3))
    assert library.ledger.lease(KEY, "another", 60)
    assert library.ingestor(calls := Calls()).reconcile(KEY) == Outcome(KEY, "busy", None)
    assert calls.names == ["ledger.lease", "ledger.get"]
    library.ledger.release(KEY, "another")
    assert library.ingestor().reconcile(KEY).result == "ingested"
    library.check()


@pytest.mark.parametrize(
    ("metadata", "page", "title"),
    [
        ("The Kiln", "# Another", "The Kiln (a b)"),
        ("A b!", "# Another", "A b!"),
        ("", "# The Kiln\nIt is hot.", "The Kiln (a b)"),
        ("", "It is hot.", "a b"),
    ],
)
def test_a_document_is_called_what_it_calls_itself_and_what_its_file_is_called(
    metadata: str, page: str, title: str, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(Plain([page]).written)
    assert document_title("reports/a_b.pdf", metadata, next(open_plain(path).pages())) == title


# --- readers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("real", [False, True])
def test_a_plain_document_and_a_pdf_are_read_alike(real: bool, tmp_path: Path) -> None:
    """What these tests prove of plain documents therefore holds of PDFs."""
    opened: DocumentReader = open_pdf if real else open_plain
    book, blank, locked, empty = (tmp_path / f"{name}.pdf" for name in ("book", "blank", "locked", "empty"))
    if real:
        pdfs.book(book, 3, title="The Book")
        pdfs.joined(blank, [pdfs.blank(blank)] * 2)
        pdfs.encrypted(locked, "secret", user="secret")
    else:
        book.write_bytes(Plain(pages(3), title="The Book").written)
        blank.write_bytes(Plain([BLANK] * 2).written)
        locked.write_bytes(Plain(pages(1), refused="encrypted").written)
    empty.touch()
    with opened(book, Limits()) as document:
        assert (document.page_count, document.title) == (3, "The Book")
        assert [(page.number, page.state) for page in document.pages()] == [(1, "text"), (2, "text"), (3, "text")]
    with opened(book, Limits()) as document:
        assert [page.number for page in document.pages(3)] == [3]
    with opened(book, Limits()) as document:  # its worker was killed behind the last page
        assert list(document.pages(4)) == []
    with opened(blank, Limits()) as document:
        assert [page.state for page in document.pages(2)] == ["blank"]
    with opened(blank, Limits()) as document, pytest.raises(PdfError, match="None of the 2 pages") as no:
        list(document.pages())
    assert no.value.state == "no text"
    for path, state in ((locked, "encrypted"), (empty, "empty")):
        with pytest.raises(PdfError, match=path.name) as refused, opened(path, Limits()):
            pass
        assert refused.value.state == state


class Typist:
    """Reads the same line, or nothing, in every picture."""

    name = "typist"
    parallel = 3

    def __init__(self, *lines: str) -> None:
        corners = ((100.0, 1000.0), (900.0, 1000.0), (900.0, 1030.0), (100.0, 1030.0))
        self.said = [PictureLine((PictureWord(line, corners, 1.0),)) for line in lines]
        self.pictures: list[bytes] = []

    def lines(self, picture: bytes) -> list[PictureLine]:
        self.pictures.append(picture)
        return self.said


def test_only_pictures_are_sent_to_ocr_and_pages_stay_in_order(library: Library, tmp_path: Path) -> None:
    text, pictures = pdfs.book(tmp_path / "text.pdf", 5), pdfs.picture(tmp_path / "pictures.pdf", pages=4)
    library.documents.put(KEY, pdfs.joined(tmp_path / "mixed.pdf", [text, pictures, text]))
    library.ingestor(ocr=(typist := Typist("A walrus is on this page.")), read=open_pdf).reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.readers, entry.skipped) == ("ready", {"pdfium": 10, "typist": 4}, {})
    assert len(typist.pictures) == 4
    assert all(picture.startswith(b"\x89PNG") for picture in typist.pictures)
    passages = library.index.passages()
    assert [one.page for one in passages if one.confidence] == [6, 7, 8, 9]
    assert all("walrus" in one.text for one in passages if one.confidence)
    of_text = [one.page for one in passages if not one.confidence]
    assert of_text == sorted(of_text)


def test_a_failing_ocr_is_in_the_ledger_and_the_next_call_resumes(library: Library, tmp_path: Path) -> None:
    class Away(Typist):
        def lines(self, picture: bytes) -> list[PictureLine]:
            raise PlumblineError("The recognizer is away.", "Wait.")

    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf"))
    with pytest.raises(PlumblineError, match="away"):
        library.ingestor(ocr=Away(), read=open_pdf).reconcile(KEY)
    assert (library.entry(KEY).state, library.entry(KEY).reason) == ("failed", "The recognizer is away.")
    assert library.ingestor(ocr=Typist("A walrus."), read=open_pdf).reconcile(KEY).result == "ingested"
    assert library.entry(KEY).readers == {"typist": 1}


def test_a_picture_without_words_stays_one_and_the_document_is_refused(library: Library, tmp_path: Path) -> None:
    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf"))
    assert library.ingestor(ocr=(typist := Typist()), read=open_pdf).reconcile(KEY).result == "refused"
    assert (library.entry(KEY).state, library.entry(KEY).readers, len(typist.pictures)) == ("no text", {}, 1)


@pytest.fixture
def recognized(tmp_path: Path) -> SqliteRecognizedPages:
    return SqliteRecognizedPages(Database(tmp_path / "recognized.db"))


@pytest.fixture
def mixed(library: Library, tmp_path: Path) -> Library:
    """A library with a document of five pages of text, four pictures and five more pages of text."""
    text, pictures = pdfs.book(tmp_path / "text.pdf", 5), pdfs.picture(tmp_path / "pictures.pdf", pages=4)
    library.documents.put(KEY, pdfs.joined(tmp_path / "mixed.pdf", [text, pictures, text]))
    return library


def recognized_pages(library: Library) -> list[int]:
    return [one.page for one in library.index.passages() if one.confidence]


def test_text_can_be_searched_while_the_pictures_are_being_recognized(mixed: Library) -> None:
    class Looking(Typist):
        def lines(self, picture: bytes) -> list[PictureLine]:
            entry = mixed.entry(KEY)
            seen.append((entry.state, bool(entry.version), mixed.searchable(KEY).get(entry.version, 0) >= 10))
            return super().lines(picture)

    seen: list[tuple[str, bool, bool]] = []
    mixed.ingestor(ocr=Looking("A walrus."), read=open_pdf).reconcile(KEY)
    assert seen == [("recognizing", True, True)] * 4
    assert (mixed.entry(KEY).state, mixed.entry(KEY).pictures, mixed.entry(KEY).unrecognized) == ("ready", 4, 0)


def test_recognition_that_is_told_to_stop_resumes_at_its_page(
    mixed: Library, recognized: SqliteRecognizedPages
) -> None:
    def stop() -> bool:
        entry = mixed.entry(KEY)
        return entry.text_done and entry.unrecognized == 2

    first, second = Typist("A walrus."), Typist("A seal.")
    ports: dict[str, Any] = {"recognized": recognized, "read": open_pdf}
    assert mixed.ingestor(ocr=first, **ports).reconcile(KEY, should_stop=stop).result == "paused"
    assert mixed.entry(KEY).state == "recognizing"
    assert mixed.ingestor(ocr=second, **ports).reconcile(KEY).result == "ingested"
    assert recognized_pages(mixed) == [6, 7, 8, 9]
    assert len(first.pictures) + len(second.pictures) == 4


def test_what_was_recognized_is_kept_by_a_reading_without_a_recognizer(
    mixed: Library, recognized: SqliteRecognizedPages
) -> None:
    mixed.ingestor(ocr=Typist("A walrus."), read=open_pdf, recognized=recognized).reconcile(KEY)
    anew = mixed.indexes.open("another", mixed.embedder.dimension)
    mixed.ingestor(index=anew, read=open_pdf, recognized=recognized).reconcile(KEY)
    assert [one.page for one in anew.passages() if one.confidence] == [6, 7, 8, 9]
    assert mixed.entry(KEY).readers == {"pdfium": 10, "typist": 4}
    version = mixed.entry(KEY).version
    assert recognized.pages(KEY, version) - {PLAN} == {6, 7, 8, 9}
    mixed.documents.delete(KEY)
    mixed.ingestor(index=anew, recognized=recognized).reconcile(KEY)
    assert recognized.pages(KEY, version) == set()


def test_pictures_are_recognized_once_there_is_a_recognizer(mixed: Library) -> None:
    assert mixed.ingestor(read=open_pdf).reconcile(KEY).result == "ingested"
    assert (mixed.entry(KEY).skipped, mixed.entry(KEY).unrecognized) == ({"image": 4}, 4)
    assert mixed.ingestor(read=open_pdf).reconcile(KEY).result == "unchanged"
    text = [one for one in mixed.index.passages() if not one.confidence]
    assert unfinished(mixed.documents, mixed.ledger, mixed.index.name, Recognition(Typist(""))).waiting == [KEY]
    assert mixed.ingestor(ocr=Typist("A walrus."), read=open_pdf).reconcile(KEY).result == "ingested"
    assert (mixed.entry(KEY).skipped, mixed.entry(KEY).unrecognized) == ({}, 0)
    assert recognized_pages(mixed) == [6, 7, 8, 9]
    assert [one for one in mixed.index.passages() if not one.confidence] == text
    assert unfinished(mixed.documents, mixed.ledger, mixed.index.name, Recognition(Typist(""))).waiting == []


def test_a_limit_of_recognition_leaves_the_text_ready_and_says_so_and_the_rest_is_recognized_later(
    mixed: Library,
) -> None:
    class Limited(Typist):
        parallel = 1

        def lines(self, picture: bytes) -> list[PictureLine]:
            if len(self.pictures) == 2:
                raise RecognitionLimit("The month's limit of 2 recognized pages is used up.", "Wait.")
            return super().lines(picture)

    assert mixed.ingestor(ocr=Limited("A walrus."), read=open_pdf).reconcile(KEY).result == "ingested"
    entry = mixed.entry(KEY)
    assert (entry.state, entry.reason, entry.unrecognized) == (
        "ready",
        "The month's limit of 2 recognized pages is used up.",
        4 - len(recognized_pages(mixed)),
    )
    assert mixed.ingestor(ocr=Typist("A seal."), read=open_pdf).reconcile(KEY).result == "ingested"
    assert (recognized_pages(mixed), mixed.entry(KEY).reason) == ([6, 7, 8, 9], "")
    assert mixed.entry(KEY).readers == {"pdfium": 10, "typist": 4}


def limited(after: int) -> Typist:
    """A recognizer whose limit allows so many pages."""

    class Limited(Typist):
        parallel = 1

        def lines(self, picture: bytes) -> list[PictureLine]:
            if len(self.pictures) == after:
                raise RecognitionLimit("The month's limit is used up.", "Wait.")
            return super().lines(picture)

    return Limited("A walrus.")


@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("after", [0, 2])
def test_a_scan_at_the_limit_of_recognition_is_set_aside_with_what_is_read_and_goes_on(
    library: Library, tmp_path: Path, after: int, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "AHEAD", ahead)
    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf", pages=4))
    outcome = library.ingestor(ocr=limited(after), read=open_pdf).reconcile(KEY)
    entry = library.entry(KEY)
    assert entry.unrecognized == 4 - after
    if after:
        assert (outcome.result, entry.state, recognized_pages(library)) == ("ingested", "ready", [1, 2])
    else:
        assert (outcome.result, entry.state) == ("limited", "no text")
        assert entry.reason == "It has no text but in pictures. The month's limit is used up."
    used_up, room = (Recognition(Typist(""), has_room=lambda has=has: has) for has in (False, True))  # type: ignore[misc]
    assert unfinished(library.documents, library.ledger, library.index.name, used_up).waiting == []
    assert unfinished(library.documents, library.ledger, library.index.name, room).waiting == [KEY]
    typist = Typist("A seal.")
    assert library.ingestor(recognition=room, ocr=typist, read=open_pdf).reconcile(KEY).result == "ingested"
    assert (recognized_pages(library), len(typist.pictures)) == ([1, 2, 3, 4], 4 - after)
    assert (library.entry(KEY).state, library.entry(KEY).reason) == ("ready", "")


def test_the_pages_of_a_scan_can_be_searched_as_they_are_recognized(library: Library, tmp_path: Path) -> None:
    class Looking(Typist):
        parallel = 1

        def lines(self, picture: bytes) -> list[PictureLine]:
            if len(self.pictures) == 2:
                until(lambda: library.entry(KEY).version and library.entry(KEY).unrecognized <= 3)
                seen.append((library.entry(KEY).state, sum(library.searchable(KEY).values()) > 0))
            return super().lines(picture)

    seen: list[tuple[str, bool]] = []
    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf", pages=4))
    library.ingestor(ocr=Looking("A walrus."), read=open_pdf).reconcile(KEY)
    assert seen == [("recognizing", True)]


def test_a_scan_that_replaces_a_document_leaves_it_searchable_until_it_is_read(
    library: Library, tmp_path: Path
) -> None:
    class Looking(Typist):
        def lines(self, picture: bytes) -> list[PictureLine]:
            seen.append(library.entry(KEY).version)
            return super().lines(picture)

    seen: list[str] = []
    old = library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf", pages=4))
    library.ingestor(ocr=Looking("A walrus."), read=open_pdf).reconcile(KEY)
    assert seen == [old] * 4 and library.entry(KEY).version != old


@pytest.mark.parametrize(("bound", "most"), [("WINDOW_PAGES", 2), ("WINDOW_SECONDS", 0.0)])
def test_a_scan_of_many_or_slow_pages_saves_its_progress_though_it_has_no_passages(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: float
) -> None:
    monkeypatch.setattr(ingest, bound, most)
    library.documents.put(KEY, pdfs.picture(tmp_path / "scan.pdf", pages=6))
    ingestor = library.ingestor(ocr=Typist("A walrus."), read=open_pdf)
    assert ingestor.reconcile(KEY, should_stop=lambda: True).result == "paused"
    first = library.entry(KEY)
    assert (first.state, first.text_done) == ("waiting", False) and 1 < first.next_page <= 6
    results: list[str] = []
    while not results or results[-1] == "paused":
        results.append(ingestor.reconcile(KEY, should_stop=lambda: True).result)
    assert results[-1] == "ingested"
    assert recognized_pages(library) == [1, 2, 3, 4, 5, 6]


def test_a_page_is_read_once_for_its_text_and_its_pictures(mixed: Library) -> None:
    opened = []

    def counting(path: Path, limits: Limits) -> Any:
        opened.append(path)
        return open_pdf(path, limits)

    mixed.ingestor(ocr=Typist("A walrus."), read=counting).reconcile(KEY)
    assert len(opened) == 1


def test_pictures_are_under_the_heading_that_the_text_before_them_is_under(mixed: Library) -> None:
    mixed.ingestor(ocr=Typist("A walrus."), read=open_pdf).reconcile(KEY)
    before = [one.heading for one in mixed.index.passages() if one.page == 5][-1]
    assert before
    assert {one.heading for one in mixed.index.passages() if one.confidence} == {before}


def test_passages_of_an_earlier_reading_of_the_same_bytes_do_not_stay(mixed: Library) -> None:
    mixed.ingestor(ocr=Typist("A walrus."), read=open_pdf).reconcile(KEY)
    mixed.recognized.delete(KEY)  # as where what was recognized is lost
    ingestor = mixed.ingestor(read=open_pdf)
    with pytest.raises(PlumblineError, match=r"has 26 passages in the index, but 22 were written"):
        ingestor.reconcile(KEY, force=True)
    assert ingestor.reconcile(KEY).result == "ingested"
    assert recognized_pages(mixed) == []


def test_the_files_own_title_stays_that_of_a_scan(library: Library, tmp_path: Path) -> None:
    scan = pdfs.picture(tmp_path / "scan.pdf", pages=2)

    class Titled:
        def __init__(self, path: Path, limits: Limits) -> None:
            self._pdf = open_pdf(path, limits)

        def __getattr__(self, name: str) -> Any:
            return "Annual report of Acme" if name == "title" else getattr(self._pdf, name)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *of: object) -> None:
            self._pdf.close()

    library.documents.put(KEY, scan)
    library.ingestor(ocr=Typist("A walrus."), read=Titled).reconcile(KEY)
    assert library.entry(KEY).title == "Annual report of Acme (a)"


def test_the_lease_is_renewed_while_a_page_is_recognized(mixed: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "LEASE_SECONDS", 0.2)
    calls = Calls()

    class Slow(Typist):
        def lines(self, picture: bytes) -> list[PictureLine]:
            before = calls.names.count("ledger.lease")
            until(lambda: calls.names.count("ledger.lease") > before)
            return super().lines(picture)

    assert mixed.ingestor(calls, ocr=Slow("A walrus."), read=open_pdf).reconcile(KEY).result == "ingested"


def test_words_that_nobody_sees_are_counted_in_the_ledger_though_their_page_is_blank(
    library: Library, tmp_path: Path
) -> None:
    white = b"BT /F1 11 Tf 1 g 72 720 Td (White on white.) Tj ET"
    library.documents.put(KEY, pdfs.among(tmp_path / "a.pdf", white))
    library.ingestor(read=open_pdf).reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.readers, entry.skipped) == ("ready", {"pdfium": 2}, {"blank": 1})
    assert entry.doubts["background"] == {"count": 3, "page": 2}


# --- stopping and going on ------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [0, 1, 9])
def test_a_reading_that_has_had_enough_goes_on_behind_its_last_window(
    library: Library, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "AHEAD", ahead)  # what is read but not written yet is read again
    library.put(KEY, *pages(9))
    reached = []
    for _ in range(4):
        outcome, entry = put_aside(library), library.entry(KEY)
        assert (outcome.result, outcome.entry, entry.state, entry.version) == ("paused", entry, "waiting", "")
        reached.append(entry.next_page)
    assert reached == [3, 5, 7, 9]
    assert put_aside(library).result == "ingested"
    assert len(library.archive.records) == 9
    library.check()


@pytest.mark.parametrize("page", [3, 7])
def test_a_version_does_not_go_on_where_another_was_left(library: Library, page: int) -> None:
    library.put(KEY, *pages(9))
    for _ in range(page // 2):
        put_aside(library)
    assert library.entry(KEY).next_page == page
    library.put(KEY, *pages(8, "oven"))
    library.reconcile(KEY)
    library.check()


def never_seen(library: Library) -> None:
    library.put(KEY, *pages(5))


def half_read(library: Library) -> None:
    library.put(KEY, *pages(5))
    put_aside(library)


def replaced(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.put(KEY, *pages(5, "oven"))


def broken(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.put(KEY, *pages(7, "oven"), refused="damaged", readable=5)


def deleted(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.delete(KEY)


def deleted_half_read(library: Library) -> None:
    half_read(library)
    library.delete(KEY)


Begin = Callable[[Library], None]
BEGINNINGS: list[Begin] = [never_seen, half_read, replaced, broken, deleted, deleted_half_read]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("begin", BEGINNINGS)
def test_a_worker_killed_at_any_call_loses_and_duplicates_nothing(begin: Begin, moment: Moment) -> None:
    for at in CALLS:
        begin(library := Library())
        was_searchable, archived = library.is_searchable(KEY), len(library.archive.records)
        if library.reconcile(KEY, calls := KilledAt(at, moment)):
            break
        assert library.is_searchable(KEY) or not was_searchable or begin is deleted, calls.names
        library.leases_run_out()
        library.ingestor().reconcile(KEY)
        library.check()
        check_archived_once(library, archived)
    assert (moment == "during" or at > 3) and at < CALLS[-1]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_a_call_that_fails_is_in_the_ledger_and_the_same_worker_goes_on(begin: Begin) -> None:
    for at in CALLS:
        begin(library := Library())
        was_searchable, archived = library.is_searchable(KEY), len(library.archive.records)
        worker = library.ingestor(calls := failing_at(at))
        try:
            worker.reconcile(KEY)
            break
        except PlumblineError as error:
            assert error is FULL
        if not calls.names[at - 1].startswith("ledger."):
            entry = library.entry(KEY)
            assert (entry.state, entry.reason, entry.remedy) == ("failed", FULL.reason, FULL.remedy)
        assert library.is_searchable(KEY) or not was_searchable or begin is deleted, calls.names
        worker.reconcile(KEY)
        library.check()
        check_archived_once(library, archived)
    assert 5 < at < CALLS[-1]


SMALL_ONES = ("a.pdf", "b.pdf", "c.pdf")


def three_small_ones() -> Library:
    library = Library()
    for key in SMALL_ONES:
        library.put(key, f"The kiln of {key} is hot.")
    return library


def commit_together(library: Library, calls: Calls | None = None) -> dict[str, Outcome | Exception]:
    """Read small documents, and commit them together."""
    worker = library.ingestor(calls)
    prepared = [worker.prepare(key) for key in SMALL_ONES]
    return worker.commit([one for one in prepared if isinstance(one, Prepared)])


def test_small_documents_are_written_in_one_commit() -> None:
    library, calls = three_small_ones(), Calls()
    results = commit_together(library, calls)
    assert [one.result for one in results.values() if isinstance(one, Outcome)] == ["ingested"] * 3
    assert (calls.names.count("index.write"), calls.names.count("index.refresh")) == (1, 1)
    library.check()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_killed_at_any_call_around_a_commit_of_several_loses_and_duplicates_nothing(moment: Moment) -> None:
    for at in CALLS:
        library = three_small_ones()
        try:
            commit_together(library, KilledAt(at, moment))
            break
        except Killed:
            library.settle()
            library.check()
    assert (moment == "during" or at > 3) and 2 < at < CALLS[-1]


def test_a_call_that_fails_around_a_commit_of_several_is_in_the_ledger_of_each_that_it_kept_out() -> None:
    shared = 0
    for at in CALLS:
        library, calls = three_small_ones(), failing_at(at)
        try:
            results = commit_together(library, calls)
        except PlumblineError as error:  # at a document by itself
            assert error is FULL
            continue
        failed = [key for key, done in results.items() if done is FULL]
        if not failed:
            break
        if calls.names[at - 1] in ("index.write", "archive.write", "index.refresh"):
            assert [(key, library.entry(key).state) for key in failed] == [(key, "failed") for key in SMALL_ONES]
            shared += 1
        library.settle()
        library.check()
    assert shared == 3 and at < CALLS[-1]


def test_a_document_that_another_worker_took_over_meanwhile_is_left_to_it() -> None:
    library = three_small_ones()
    worker = library.ingestor()
    prepared = [one for one in map(worker.prepare, SMALL_ONES) if isinstance(one, Prepared)]
    library.leases_run_out()
    assert library.ledger.lease("b.pdf", "another", LEASE_SECONDS)
    results = worker.commit(prepared)
    assert isinstance(results.pop("b.pdf"), LeaseLost)
    assert [one.result for one in results.values() if isinstance(one, Outcome)] == ["ingested"] * 2
    assert not library.searchable("b.pdf")
    library.settle()
    library.check()


def check_archived_once(library: Library, before: int) -> None:
    """A reading that was broken off once has archived no page twice but those of the window at which it was."""
    if KEY in library.stored:
        assert len(library.archive.records) - before <= library.entry(KEY).pages + ingest.WINDOW


Change = Callable[[Library], None]


def put_anew(library: Library) -> None:
    library.put(KEY, *pages(4, "forge"))


def put_back(library: Library) -> None:
    library.put(KEY, *pages(3))


def take_out(library: Library) -> None:
    library.delete(KEY)


def damage(library: Library) -> None:
    library.put(KEY, *pages(4, "forge"), refused="damaged", readable=3)


def leave_alone(library: Library) -> None:
    pass


CHANGES: list[Change] = [put_anew, put_back, take_out, damage]


@pytest.mark.parametrize("change", [put_back, damage])
@pytest.mark.parametrize("begin", [half_read, replaced, deleted])
def test_what_is_put_after_a_worker_was_killed_at_any_call_settles(begin: Begin, change: Change) -> None:
    for at in CALLS:
        begin(library := Library())
        if library.reconcile(KEY, calls := KilledAt(at, "before")):
            break
        library.leases_run_out()
        was_searchable = library.is_searchable(KEY)
        change(library)
        library.ingestor().reconcile(KEY)
        assert library.is_searchable(KEY) or not was_searchable, calls.names
        library.check()
    assert 3 < at < CALLS[-1]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_a_ledger_that_goes_away_at_any_moment_is_all_right_when_it_is_back(begin: Begin) -> None:
    for at in CALLS:
        begin(library := Library())

        def away(number: int, name: str, since: int = at) -> None:
            if number >= since and name.startswith("ledger."):
                raise FULL

        if library.reconcile(KEY, Calls(away)):
            break
        library.leases_run_out()
        library.ingestor().reconcile(KEY)
        library.check()
    assert 5 < at < CALLS[-1]


def test_what_is_not_an_error_of_ours_is_named_in_the_ledger(library: Library) -> None:
    library.put(KEY, *pages(3))

    def breaks(path: Path, limits: Limits) -> Any:
        raise ZeroDivisionError("at place 7")

    with pytest.raises(ZeroDivisionError):
        library.ingestor(read=breaks).reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.reason) == ("failed", "ZeroDivisionError: at place 7")
    assert "ingest again" in entry.remedy


def test_what_is_wrong_with_a_page_is_in_the_log(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    library.put(KEY, *pages(3))

    class Torn(OpenPlain):
        def pages(self, first: int = 1) -> Iterator[Page]:
            for page in super().pages(first):
                yield replace(page, state="damaged", paragraphs=(), note="at place 7") if page.number == 2 else page

    assert library.ingestor(read=Torn).reconcile(KEY).result == "ingested"
    assert library.entry(KEY).skipped == {"damaged": 1}
    assert "Page 2 can't be read: at place 7" in caplog.text


def test_a_worker_that_continues_for_a_killed_one_says_so_until_a_window_is_done(library: Library) -> None:
    library.put(KEY, *pages(9))
    put_aside(library)
    library.reconcile(KEY, KilledAt(2, "during"))  # at the archive, behind the next window
    library.leases_run_out()
    seen: list[Entry] = []
    library.ingestor().reconcile(KEY, seen.append)
    assert seen[0].reason == "The worker reading it died without an error after page 2."
    assert seen[0].remedy
    assert {one.reason for one in seen[1:]} == {""}


def test_a_document_that_is_put_back_after_its_removal_broke_off_is_read_again(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.delete(KEY)
    library.reconcile(KEY, failing_on("ledger.remove"))
    version = library.put(KEY, *pages(3))
    assert library.ingestor().reconcile(KEY).result == "ingested"
    assert library.searchable(KEY) == {version: 3}
    library.check()


def test_a_version_that_is_searchable_is_said_to_be_before_the_one_before_it_goes(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    new = library.put(KEY, *pages(5, "oven"))
    library.reconcile(KEY, failing_on("index.delete"))
    library.put(KEY, *pages(2, "forge"), refused="damaged")
    library.reconcile(KEY)
    assert (library.entry(KEY).version, library.searchable(KEY)) == (new, {new: 5})
    library.check()


class Losing(Calls):
    """The index loses a passage of the first write."""

    def make(self, name: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if name == "index.write" and name not in self.names:
            arguments = tuple(argument[:-1] for argument in arguments)
        return super().make(name, call, *arguments, **options)


def test_an_index_that_lost_a_passage_is_noticed_before_the_version_before_it_goes(library: Library) -> None:
    old = library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.put(KEY, *pages(9, "oven"))
    with pytest.raises(PlumblineError, match=r"has 8 passages in the index, but 9 were written"):
        library.ingestor(Losing()).reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.version, entry.next_page) == ("failed", old, 1)
    assert library.searchable(KEY) == {old: 3}
    assert library.ingestor().reconcile(KEY).result == "ingested"
    library.check()


# --- two workers, and documents that change meanwhile ---------------------------------------------------


def test_a_worker_whose_lease_ran_out_while_it_embedded_leaves_the_index_alone(library: Library) -> None:
    library.put(KEY, *pages(5))

    def taken(_: int, name: str) -> None:
        if name == "embedder.embed" and not library.ledger.lease(KEY, "another", 60):
            library.leases_run_out()
            library.ledger.lease(KEY, "another", 600)

    with pytest.raises(LeaseLost):
        library.ingestor(calls := Calls(taken)).reconcile(KEY)
    assert not [name for name in calls.names if name.startswith(("index.", "archive."))]


def test_a_worker_whose_lease_was_taken_writes_nothing_more(library: Library) -> None:
    library.put(KEY, *pages(9))
    before: list[Entry] = []

    def taken(_: int, name: str) -> None:
        if name == "archive.write" and library.ledger.lease(KEY, "another", 0) is False:
            before.append(library.entry(KEY))
            library.leases_run_out()
            assert library.ledger.lease(KEY, "another", 60)

    with pytest.raises(LeaseLost):
        library.ingestor(calls := Calls(taken)).reconcile(KEY)
    assert library.entry(KEY) == before[0]
    behind = calls.names[calls.names.index("archive.write") + 1 :]
    assert [name for name in behind if name.startswith(("index.", "archive."))] == []
    assert not library.ledger.lease(KEY, "a third", 60)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("begin", [half_read, replaced, deleted])
def test_a_document_that_changes_at_any_moment_of_its_reading_settles(begin: Begin, change: Change) -> None:
    for at in CALLS:
        begin(library := Library())

        def changes(number: int, _: str, at: int = at, library: Library = library) -> None:
            if number == at:
                change(library)

        library.reconcile(KEY, calls := Calls(changes))
        library.settle()
        library.check()
        if at > len(calls.names):
            break
    assert at < CALLS[-1]


def test_a_document_that_is_replaced_right_before_it_is_fetched_is_known_as_what_was_fetched(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY, Calls(lambda _, name: put_anew(library) if name == "documents.fetch" else None))
    library.check()


SLEEPS = (
    "ledger.get documents.find documents.fetch embedder.count index.write archive.write ledger.lease ledger.save "
    "index.refresh index.count index.delete ledger.remove ledger.release"
).split()
WAKES = "ledger.get documents.fetch ledger.save index.write index.count index.delete ledger.release".split()


@pytest.mark.parametrize(
    ("begin", "change"),
    [
        (half_read, leave_alone),
        (half_read, put_anew),
        (half_read, take_out),
        (replaced, put_anew),
        (broken, put_anew),
        (deleted, put_anew),
        (deleted, put_back),
    ],
)
def test_a_worker_that_was_taken_for_dead_and_comes_back_does_no_harm(begin: Begin, change: Change) -> None:
    """It sleeps for longer than its lease, and wakes in the middle of what the worker does that took over."""
    for sleeps_at, wakes_at in product(SLEEPS, WAKES):
        begin(library := Library())
        outlived = Outlived(library, sleeps_at)
        outlived.fall_asleep()
        library.leases_run_out()
        change(library)
        library.reconcile(KEY, Calls(lambda _, name: outlived.wake() if name == wakes_at else None))  # noqa: B023
        outlived.wake()
        library.settle()
        library.check()


class Outlived:
    """A worker in a thread of its own that sleeps before the first of its calls of a name, and is woken by the test."""

    def __init__(self, library: Library, name: str) -> None:
        self._name = name
        self._asleep, self._awake = threading.Event(), threading.Event()
        self._calls = Calls(self._sleep)
        self._thread = threading.Thread(target=self._work, args=[library])

    def fall_asleep(self) -> None:
        self._thread.start()
        assert self._asleep.wait(30)

    def wake(self) -> None:
        self._awake.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _work(self, library: Library) -> None:
        library.reconcile(KEY, self._calls)
        self._asleep.set()

    def _sleep(self, number: int, name: str) -> None:
        # Other threads embed, at any moment.
        before = [one for one in self._calls.names[: number - 1] if not one.startswith("embedder.")]
        if name == self._name and before and not self._has_just_looked(name, before[-1]):
            self._asleep.set()
            assert self._awake.wait(30)

    @staticmethod
    def _has_just_looked(name: str, before: str) -> bool:
        """Whether the lease was checked right before a call at the index: nothing in between could notice its loss."""
        renewed = before == "ledger.lease" and name in ("index.write", "index.delete")
        return renewed or (before, name) == ("ledger.save", "index.delete")


@dataclass(frozen=True)
class Act:
    """One step of a library's life: what is done to which document, and at which call of the worker."""

    what: str
    key: str
    pages: int
    at: int
    moment: Moment


ACTS = st.builds(
    Act,
    what=st.sampled_from(
        ["put", "put", "damage", "delete", "read", "read", "killed", "killed", "fails", "pauses", "changes", "waits"]
    ),
    key=st.sampled_from(["a.pdf", "b.pdf"]),
    pages=st.sampled_from([1, 4, 7]),
    at=st.integers(1, 9) | st.integers(1, 50),
    moment=st.sampled_from(MOMENTS),
)


def act(library: Library, one: Act) -> None:
    """Take the step."""
    if one.what == "put":
        library.put(one.key, *pages(one.pages))
    elif one.what == "damage":
        library.put(one.key, *pages(one.pages), refused="damaged", readable=one.at % one.pages)
    elif one.what == "delete":
        library.delete(one.key)
    elif one.what == "read":
        library.reconcile(one.key)
    elif one.what == "killed":
        library.reconcile(one.key, KilledAt(one.at, one.moment))
    elif one.what == "fails":
        library.reconcile(one.key, failing_at(one.at))
    elif one.what == "pauses":
        library.ingestor().reconcile(one.key, should_stop=lambda: True)
    elif one.what == "changes":
        change = replace(one, what="delete" if one.moment == "during" else "put")
        library.reconcile(one.key, Calls(lambda number, _: act(library, change) if number == one.at else None))
    else:
        library.leases_run_out()


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, min_size=4, max_size=16))
def test_whatever_is_done_in_whatever_order_settles_and_what_was_searchable_stays_so(acts: list[Act]) -> None:
    library = Library()
    searchable: set[str] = set()
    for one in acts:
        act(library, one)
        left = {key for key in searchable if key in library.stored and one.what not in ("delete", "changes")}
        searchable = {key for key in library.stored if library.is_searchable(key)}
        assert left <= searchable
    library.settle()
    library.check()
