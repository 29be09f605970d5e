"""Documents whose pages are pictures."""

from __future__ import annotations

from pathlib import Path

from runtime.local.home import Home
from runtime.ports import Query
from tests import pdfs

KETTLE = ["The kettle holds two litres of water and", "boils them in four minutes."]
OVEN = ["The oven heats to ninety degrees and", "bakes the clay for seven hours."]


def test_a_scan_is_searchable_by_its_paragraphs_and_the_ledger_names_the_reader(home: Home, tmp_path: Path) -> None:
    home.documents.put("scan.pdf", pdfs.scanned(tmp_path / "scan.pdf", KETTLE, OVEN))
    entry = home.ingestor().reconcile("scan.pdf").entry
    assert entry is not None
    assert (entry.state, entry.readers, entry.skipped) == ("ready", {"rapidocr": 1}, {})
    (found,) = home.index().search([Query("kettl", home.embedder.embed(["kettle"])[0])], 1)
    passage = found.keyword[0].passage
    assert passage.text.splitlines()[-2:] == [" ".join(KETTLE), " ".join(OVEN)]
    assert all(
        0 < box.left < box.right < pdfs.WIDTH and 0 < box.top < box.bottom < pdfs.HEIGHT for box in passage.boxes
    )
