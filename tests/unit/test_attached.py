"""PDFs attached to documents are documents of their own, which come and go with the one that they are in."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.attached import MAX_KEY_BYTES, MAX_NAME_BYTES, AttachedDocuments, named_in_ledger
from runtime.ingest import Ingestor, Outcome, unfinished
from runtime.local.folder import FolderDocuments
from runtime.local.former import FormerVersions
from runtime.ports import PlumblineError
from runtime.reading.document import Attachment, Attachments, open_pdf
from runtime.versions import version_of
from tests.annotated import Sheets, holding
from tests.unit.library import Library

COVER = "For the best experience, open this PDF portfolio in Acrobat X or Adobe Reader X, or later."
FORMER_BYTES = 1 << 20


class Place:
    """A library over a folder, whose documents are read with what is attached to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = Library()
        self.files = FolderDocuments(folder / "documents", FormerVersions(folder / "versions", FORMER_BYTES))
        self.documents = AttachedDocuments(self.files, self.library.ledger)

    def put(self, key: str, text: str, *attached: tuple[str, bytes], catalog: bytes = b"") -> None:
        """Store a document of one page with these files."""
        self.documents.put(key, holder(self.folder / "put.pdf", text, attached, catalog))

    def ingestor(self, **options: Any) -> Ingestor:
        return self.library.ingestor(documents=self.documents, read=open_pdf, **options)

    def reconcile(self) -> dict[str, Outcome]:
        """What is done until nothing is left."""
        done: dict[str, Outcome] = {}
        while keys := self._left():
            for key in keys:
                done[key] = self.ingestor().reconcile(key)
        return done

    def _left(self) -> list[str]:
        left = unfinished(self.documents, self.library.ledger, self.library.index.name)
        return [*left.waiting, *left.gone.now]

    def texts(self) -> dict[str, str]:
        """The passages' texts by document."""
        return {one.document: one.text for one in self.library.index.passages()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def holder(path: Path, text: str, files: Sequence[tuple[str, bytes]] = (), catalog: bytes = b"") -> Path:
    page = Sheets()
    page.put(72, 60, text)
    return page.save(path, catalog + holding([page.file(name, content) for name, content in files]))


def inner(folder: Path, text: str, *files: tuple[str, bytes]) -> bytes:
    return holder(folder / "inner.pdf", text, files).read_bytes()


def test_attached_pdfs_are_read_and_other_files_are_named(place: Place, tmp_path: Path) -> None:
    place.put("a.pdf", "The deed.", ("Plan", inner(tmp_path, "The plan.")), ("rates.xls", b"sheet"))
    done = place.reconcile()
    assert {key: outcome.result for key, outcome in done.items()} == {"a.pdf": "ingested", "a.pdf/Plan.pdf": "ingested"}
    assert done["a.pdf"].attached == ("a.pdf/Plan.pdf",)
    assert place.texts() == {"a.pdf": "The deed.", "a.pdf/Plan.pdf": "The plan."}
    assert place.library.entry("a.pdf").attachments["rates.xls"] == 5
    assert [one.key for one in place.documents.stored()] == ["a.pdf", "a.pdf/Plan.pdf"]
    assert place.reconcile() == {}


def test_a_replaced_documents_attachments_are_replaced_and_the_same_bytes_not_read_again(
    place: Place, tmp_path: Path
) -> None:
    plan, old, new = (inner(tmp_path, f"The {name}.") for name in ("plan", "old list", "new list"))
    place.put("a.pdf", "The deed.", ("plan.pdf", plan), ("old.pdf", old))
    place.reconcile()
    place.put("a.pdf", "The deed of 2027.", ("plan.pdf", plan), ("new.pdf", new))
    done = {key: outcome.result for key, outcome in place.reconcile().items()}
    assert done == {
        "a.pdf": "ingested",
        "a.pdf/new.pdf": "ingested",
        "a.pdf/old.pdf": "deleted",
        "a.pdf/plan.pdf": "unchanged",
    }
    assert set(place.texts().values()) == {"The deed of 2027.", "The plan.", "The new list."}


def test_with_a_document_what_is_attached_goes(place: Place, tmp_path: Path) -> None:
    place.put("a.pdf", "The deed.", ("plan.pdf", inner(tmp_path, "The plan.", ("b.pdf", inner(tmp_path, "Inmost.")))))
    place.reconcile()
    assert set(place.texts()) == {"a.pdf", "a.pdf/plan.pdf", "a.pdf/plan.pdf/b.pdf"}
    place.documents.delete("a.pdf")
    outcome = place.ingestor().reconcile("a.pdf")
    assert (outcome.result, outcome.attached) == ("deleted", ("a.pdf/plan.pdf",))
    place.reconcile()
    assert (place.texts(), place.library.ledger.entries()) == ({}, [])


def test_a_cited_version_is_taken_out_of_the_former_version_of_its_document(place: Place, tmp_path: Path) -> None:
    key, former, target = "a.pdf/plan.pdf", inner(tmp_path, "The former plan."), tmp_path / "fetched.pdf"
    place.put("a.pdf", "The deed.", ("plan.pdf", former))
    place.reconcile()
    first = place.library.entry(key)
    place.put("a.pdf", "The deed.", ("plan.pdf", inner(tmp_path, "The present plan.")))
    place.reconcile()
    present = place.library.entry(key)
    assert present.version != first.version
    assert place.documents.fetch_version(key, first.version, present.version_id(first.version), target)
    assert target.read_bytes() == former
    assert place.documents.fetch_version(key, present.version, present.version_id(present.version), target)
    assert version_of(target) == present.version
    assert not place.documents.fetch_version(key, "0" * 64, present.version_id(present.version), target)


def test_attachments_of_attachments_come_to_an_end(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.attached.MAX_ATTACHED", 4)
    content = inner(tmp_path, "The last one.")
    for depth in range(9):
        content = inner(tmp_path, f"At depth {9 - depth}.", ("b.pdf", content))
    place.put("a.pdf", "The first one.", ("b.pdf", content))
    place.reconcile()
    depths = sorted(key.count("/") for key in place.texts())
    assert depths == [0, 1, 2, 3]  # four may be in the first, two in that, one in that, none in the last
    last = place.library.entry("a.pdf/b.pdf/b.pdf/b.pdf")
    assert (last.attachments, last.doubts["attachments"]["count"]) == ({}, 1)


def test_each_attached_document_has_its_share_of_what_may_be_attached(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.attached.MAX_ATTACHED", 4)
    page = inner(tmp_path, "A page.")
    nested = inner(tmp_path, "Nested.", *((f"{n}.pdf", page) for n in range(3)))
    place.put("a.pdf", "The first one.", ("x.pdf", nested), ("y.pdf", nested), ("z.txt", b"text"))
    place.reconcile()
    assert len(place.texts()) == 1 + 2 + 2 * 1
    assert place.library.entry("a.pdf/x.pdf").doubts["attachments"]["count"] == 2


def test_what_the_ledger_has_no_room_for_is_counted() -> None:
    files = tuple(Attachment(f"{'é' * 190}{n:04}.pdf", 10, True) for n in range(1000))
    named, left_out = named_in_ledger("a.pdf", Attachments(files, left_out=9000), 1000)
    assert sum(len(name.encode()) for name in named) <= MAX_NAME_BYTES
    assert len(named) + left_out == 10_000


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [("plan.pdf", b"not yet one", "not a pdf"), ("plan.pdf", b"", "empty")],
)
def test_an_attachment_that_cannot_be_read_says_so_and_disturbs_nothing(
    place: Place, tmp_path: Path, name: str, content: bytes, state: str
) -> None:
    place.put("a.pdf", "The deed.", (name, content), ("b.pdf", inner(tmp_path, "The list.")))
    place.reconcile()
    assert place.library.entry(f"a.pdf/{name}").state == state
    assert place.texts() == {"a.pdf": "The deed.", "a.pdf/b.pdf": "The list."}
    assert place.reconcile() == {}


def test_an_attachment_that_cannot_be_taken_out_is_damaged(place: Place) -> None:
    page = Sheets()
    page.put(72, 60, "The deed.")
    half = zlib.compress(random.Random(1).randbytes(10_000))[:5000]
    stream = page.add(b"<</Type/EmbeddedFile/Filter/FlateDecode/Length 5000>>stream\n%s\nendstream" % half)
    specification = page.add(b"<</Type/Filespec/F(plan.pdf)/EF<</F %d 0 R>>>>" % stream)
    place.documents.put("a.pdf", page.save(place.folder / "put.pdf", holding([specification])))
    place.reconcile()
    entry = place.library.entry("a.pdf/plan.pdf")
    assert (entry.state, entry.version) == ("damaged", "")
    assert "the attached file breaks off" in entry.reason
    assert place.texts() == {"a.pdf": "The deed."}
    assert place.reconcile() == {}


def test_a_portfolios_cover_says_so_and_the_documents_in_it_are_read(place: Place, tmp_path: Path) -> None:
    place.put("a.pdf", COVER, ("b.pdf", inner(tmp_path, "The list.")), catalog=b"/Collection<</Type/Collection>>")
    done = place.reconcile()
    entry = place.library.entry("a.pdf")
    assert (done["a.pdf"].result, entry.state, entry.is_refused) == ("ingested", "portfolio", False)
    assert entry.reason == "It is a cover around a PDF, which is a document of its own."
    assert place.texts() == {"a.pdf/b.pdf": "The list."}
    assert place.ingestor().reconcile("a.pdf").result == "unchanged"


def test_a_portfolio_without_a_pdf_is_refused_and_its_files_are_named(place: Place) -> None:
    place.put("a.pdf", COVER, ("b.xls", b"sheet"), catalog=b"/Collection<</Type/Collection>>")
    assert place.reconcile()["a.pdf"].result == "refused"
    entry = place.library.entry("a.pdf")
    assert (entry.state, entry.is_refused, entry.attachments) == ("portfolio", True, {"b.xls": 5})


@pytest.mark.parametrize("change", ["delete", "put"])
def test_an_attached_document_is_not_changed_by_itself(place: Place, tmp_path: Path, change: str) -> None:
    place.put("a.pdf", "The deed.", ("b.pdf", inner(tmp_path, "The list.")))
    place.reconcile()
    changes: dict[str, Callable[[], None]] = {
        "delete": lambda: place.documents.delete("a.pdf/b.pdf"),
        "put": lambda: place.documents.put("a.pdf/b.pdf", tmp_path / "inner.pdf"),
    }
    with pytest.raises(PlumblineError, match=r"a\.pdf/b\.pdf is attached to a\.pdf"):
        changes[change]()
    assert place.documents.find("a.pdf/b.pdf")


def test_a_file_in_a_folder_that_is_called_like_a_document_is_that_file(place: Place, tmp_path: Path) -> None:
    place.documents.put("a.pdf/b.pdf", holder(tmp_path / "c.pdf", "In a folder."))
    place.reconcile()
    assert place.texts() == {"a.pdf/b.pdf": "In a folder."}
    place.documents.delete("a.pdf/b.pdf")
    place.reconcile()
    assert place.texts() == {}


def test_what_is_attached_is_followed_up_whenever_the_document_comes_again(place: Place, tmp_path: Path) -> None:
    place.put("a.pdf", "The deed.", ("plan.pdf", inner(tmp_path, "The plan.")))
    place.ingestor().reconcile("a.pdf")  # and the worker was stopped
    again = place.ingestor().reconcile("a.pdf")
    assert (again.result, again.attached) == ("unchanged", ("a.pdf/plan.pdf",))


def test_a_document_that_was_replaced_while_it_was_read_leaves_nothing_of_what_was_attached(
    place: Place, tmp_path: Path
) -> None:
    place.put("a.pdf", "The deed.", ("old.pdf", inner(tmp_path, "The old list.")))
    place.reconcile()
    place.put("a.pdf", "The deed of 2027.")
    entry = replace(place.library.entry("a.pdf"), attachments={}, state="failed")
    assert place.library.ledger.lease("a.pdf", "another", 60)
    place.library.ledger.save(entry, "another")  # as a worker leaves it that was killed after it had listed the files
    place.library.ledger.release("a.pdf", "another")
    for key in ("a.pdf", *place.ingestor().reconcile("a.pdf").attached):
        place.ingestor().reconcile(key)
    assert place.reconcile()["a.pdf/old.pdf"].result == "deleted"
    assert place.texts() == {"a.pdf": "The deed of 2027."}


def test_a_document_for_which_there_is_no_room_any_more_goes(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"{n}.pdf", inner(tmp_path, f"List {n}.")) for n in range(3)]
    place.put("a.pdf", "The deed.", *files)
    place.reconcile()
    monkeypatch.setattr("runtime.attached.MAX_ATTACHED", 1)
    place.ingestor().reconcile("a.pdf", force=True)
    place.reconcile()
    assert set(place.texts()) == {"a.pdf", "a.pdf/0.pdf"}
    assert place.reconcile() == {}


def test_attached_documents_whose_keys_would_be_too_long_are_counted(place: Place, tmp_path: Path) -> None:
    long = f"{'é' * 190}.pdf"
    content = inner(tmp_path, "Inmost.")
    for _ in range(3):
        content = inner(tmp_path, "Between.", (long, content))
    place.put("a.pdf", "The deed.", (long, content))
    place.reconcile()
    assert max(len(key.encode()) for key in place.texts()) <= MAX_KEY_BYTES
    last = max(place.library.ledger.entries(), key=lambda entry: len(entry.document))
    assert last.doubts["attachments"]["count"] == 1


def test_a_removal_that_broke_off_after_the_document_goes_on_with_what_was_attached(
    place: Place, tmp_path: Path
) -> None:
    place.put("folder/a.pdf", "The deed.", ("plan.pdf", inner(tmp_path, "The plan.")))
    place.reconcile()
    place.documents.delete("folder/a.pdf")
    place.ingestor().reconcile("folder/a.pdf")
    place.documents.delete("folder/a.pdf/plan.pdf")  # neither the file nor its folder is there
    assert place.ingestor().reconcile("folder/a.pdf/plan.pdf").result == "deleted"
    assert place.texts() == {}
