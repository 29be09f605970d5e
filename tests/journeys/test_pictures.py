"""Documents whose pages are pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.ingest import Ingestor
from runtime.local.home import Home
from runtime.local.rapidocr import Rapid
from runtime.ports import PictureLine, PlumblineError, Query
from tests import pdfs

KETTLE = ["The kettle holds two litres of water and", "boils them in four minutes."]
OVEN = ["The oven heats to ninety degrees and", "bakes the clay for seven hours."]


def ingestor(home: Home, ocr: object) -> Ingestor:
    return Ingestor(home.documents, home.ledger, home.index(), home.embedder, home.archive, ocr=ocr)  # type: ignore[arg-type]


def test_a_scan_is_searchable_by_its_paragraphs_and_the_ledger_names_the_reader(home: Home, tmp_path: Path) -> None:
    home.documents.put("scan.pdf", pdfs.scanned(tmp_path / "scan.pdf", KETTLE, OVEN))
    entry = ingestor(home, Rapid()).reconcile("scan.pdf").entry
    assert entry is not None
    assert (entry.state, entry.readers, entry.skipped) == ("ready", {"rapidocr": 1}, {})
    (found,) = home.index().search([Query("kettle", home.embedder.embed(["kettle"])[0])], 1)
    passage = found.keyword[0].passage
    assert passage.text.splitlines()[-2:] == [" ".join(KETTLE), " ".join(OVEN)]
    assert all(
        0 < box.left < box.right < pdfs.WIDTH and 0 < box.top < box.bottom < pdfs.HEIGHT for box in passage.boxes
    )


def test_a_picture_without_words_is_counted_and_the_document_refused(home: Home, tmp_path: Path) -> None:
    home.documents.put("blank.pdf", pdfs.scanned(tmp_path / "blank.pdf", []))
    entry = ingestor(home, Rapid()).reconcile("blank.pdf").entry
    assert entry is not None
    assert (entry.state, entry.readers) == ("no text", {})


def test_only_pictures_are_given_to_the_recognizer_and_pages_stay_in_order(home: Home, tmp_path: Path) -> None:
    read: list[bytes] = []

    class Reader:
        """Gives each picture's number in the order it came."""

        name = "reader"
        parallel = 3

        def lines(self, picture: bytes) -> list[PictureLine]:
            read.append(picture)
            return [PictureLine("A walrus is on this page.", 0.1, 0.1, 0.9, 0.2)]

    text, picture = pdfs.book(tmp_path / "text.pdf", 5), pdfs.picture(tmp_path / "pictures.pdf", pages=4)
    home.documents.put("mixed.pdf", pdfs.joined(tmp_path / "mixed.pdf", [text, picture, text]))
    entry = ingestor(home, Reader()).reconcile("mixed.pdf").entry
    assert entry is not None
    assert (entry.readers, entry.skipped) == ({"pdfium": 10, "reader": 4}, {})
    assert len(read) == 4
    (found,) = home.index().search([Query("walrus", home.embedder.embed(["walrus"])[0])], 10)
    assert sorted(hit.passage.page for hit in found.keyword) == [6, 7, 8, 9]


def test_a_recognizer_that_fails_is_in_the_ledger_and_the_next_call_resumes(home: Home, tmp_path: Path) -> None:
    class Broken:
        """A service that is away."""

        name = "reader"
        parallel = 1

        def lines(self, picture: bytes) -> list[PictureLine]:
            raise PlumblineError("The recognizer is away.", "Wait.")

    home.documents.put("scan.pdf", pdfs.scanned(tmp_path / "scan.pdf", KETTLE))
    with pytest.raises(PlumblineError, match="away"):
        ingestor(home, Broken()).reconcile("scan.pdf")
    entry = home.ledger.get("scan.pdf")
    assert entry is not None
    assert (entry.state, entry.reason) == ("failed", "The recognizer is away.")
    assert ingestor(home, Rapid()).reconcile("scan.pdf").did == "ingested"
