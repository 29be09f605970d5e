"""Uploads: pieces, names and bytes that the library has already, and what is left on the disk."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runtime.local import uploads as module
from runtime.local.home import Home
from runtime.local.uploads import Uploads
from runtime.reading.document import Limits, PdfError
from runtime.settings import Settings
from runtime.uploads import Choice, TooManyUndecided, Upload, UploadGone

PDF = b"%PDF-1.4 "


class Shelf:
    """A library that has files stored, and their uploads."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")}))
        self.folder = folder / "home" / "uploads"
        self.uploads = Uploads(
            self.folder,
            lambda name, file, keep_both: self.home.upload(name, file, keep_both=keep_both),
            self.home.has_other,
            lambda version: "",
            Limits(bytes=100),
        )

    def send(self, name: str, *pieces: bytes, user: str = "ann") -> Upload:
        incoming = self.uploads.begin(name, user)
        for piece in pieces:
            incoming.write(piece)
        return self.uploads.finish(incoming)

    def stored(self) -> dict[str, bytes]:
        return {one.key: self.home.path(one.key).read_bytes() for one in self.home.documents.stored()}

    def left(self) -> list[Path]:
        return list(self.folder.glob("*"))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_file_that_comes_in_pieces_is_stored_whole(shelf: Shelf) -> None:
    assert shelf.send("folder/../a.pdf", b"%P", b"DF-1.4 ", b"a") == Upload("stored", "a.pdf")
    assert shelf.stored() == {"a.pdf": PDF + b"a"}
    assert shelf.left() == []


@pytest.mark.parametrize(
    ("pieces", "state"),
    [((), "empty"), ((b"no", b" pdf"), "not a pdf"), ((b"x" * 99,), "not a pdf"), ((PDF, b"x" * 99), "too large")],
)
def test_what_is_no_document_is_refused_and_leaves_nothing(shelf: Shelf, pieces: tuple[bytes, ...], state: str) -> None:
    with pytest.raises(PdfError) as refused:
        shelf.send("a.pdf", *pieces)
    assert refused.value.state == state
    assert (shelf.stored(), shelf.left()) == ({}, [])


@pytest.mark.parametrize(
    ("choice", "document", "stored"),
    [
        ("replace", "a.pdf", {"a.pdf": PDF + b"2"}),
        ("keep", "a (2).pdf", {"a.pdf": PDF + b"1", "a (2).pdf": PDF + b"2"}),
        ("skip", "", {"a.pdf": PDF + b"1"}),
    ],
)
def test_a_name_that_is_taken_is_decided_about(
    shelf: Shelf, choice: Choice, document: str, stored: dict[str, bytes]
) -> None:
    shelf.send("a.pdf", PDF + b"1")
    asked = shelf.send("a.pdf", PDF + b"2")
    assert (asked.result, asked.document) == ("taken", "a.pdf")
    with pytest.raises(UploadGone):
        shelf.uploads.decide("bob", asked.id, choice)
    assert shelf.uploads.decide("ann", asked.id, choice) == document
    assert (shelf.stored(), shelf.left()) == (stored, [])
    with pytest.raises(UploadGone):
        shelf.uploads.decide("ann", asked.id, choice)


def test_the_same_bytes_are_noticed_under_any_name_and_may_be_kept_or_come_again(shelf: Shelf) -> None:
    shelf.send("a.pdf", PDF)
    again = shelf.send("a.pdf", PDF)
    other = shelf.send("b.pdf", PDF)
    assert [(one.result, one.document) for one in (again, other)] == [("same", "a.pdf")] * 2
    assert shelf.uploads.decide("ann", other.id, "keep") == "b.pdf"
    assert shelf.uploads.decide("ann", again.id, "skip") == ""
    shelf.home.documents.delete("a.pdf")
    shelf.home.documents.delete("b.pdf")
    shelf.uploads.forget(["a.pdf", "b.pdf"])
    assert shelf.send("a.pdf", PDF).result == "stored"


def test_of_two_files_of_one_name_that_come_at_once_one_is_undecided(shelf: Shelf) -> None:
    results: list[str] = []
    together = threading.Barrier(2)

    def send(content: bytes) -> None:
        incoming = shelf.uploads.begin("a.pdf", "ann")
        incoming.write(PDF + content)
        together.wait()
        results.append(shelf.uploads.finish(incoming).result)

    threads = [threading.Thread(target=send, args=(content,)) for content in (b"1", b"2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["stored", "taken"]


def test_what_nobody_decides_about_is_removed_in_time_and_limited(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNDECIDED", 1)
    shelf.send("a.pdf", PDF + b"1")
    shelf.send("a.pdf", PDF + b"2")
    with pytest.raises(TooManyUndecided):
        shelf.send("b.pdf", PDF + b"3")
    monkeypatch.setattr(module, "UNDECIDED_SECONDS", -1.0)
    assert shelf.send("b.pdf", PDF + b"3").result == "stored"
    assert shelf.left() == []


def test_what_a_killed_process_has_left_is_removed(shelf: Shelf) -> None:
    shelf.folder.mkdir(parents=True)
    (shelf.folder / ".part-left").write_bytes(b"half")
    shelf.send("a.pdf", PDF)
    assert shelf.left() == []
    undecided = shelf.send("a.pdf", PDF + b"2")
    shelf.send("b.pdf", PDF + b"3")
    assert len(shelf.left()) == 1, "an undecided one is not abandoned"
    shelf.uploads.close()
    assert shelf.left() == []
    with pytest.raises(UploadGone):
        shelf.uploads.decide("ann", undecided.id, "keep")
