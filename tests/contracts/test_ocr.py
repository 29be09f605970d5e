from __future__ import annotations

from pathlib import Path

from runtime.ports import Ocr
from runtime.reading.document import render_page
from runtime.reading.pictures import WIDTH_PX
from tests import pdfs


def test_lines_of_a_page_come_in_order_with_their_places(ocr: Ocr, tmp_path: Path) -> None:
    scan = pdfs.scanned(tmp_path / "scan.pdf", ["The kettle holds two litres.", "It boils in four minutes."])
    first, second = ocr.lines(render_page(scan, 1, WIDTH_PX))
    assert (first.text, second.text) == ("The kettle holds two litres.", "It boils in four minutes.")
    assert 0.8 < first.confidence < 1
    assert 0 < first.left < first.right < 1
    assert 0 < first.top < second.top < first.bottom + 0.01 < second.bottom < 1


def test_a_blank_page_has_no_lines(ocr: Ocr, tmp_path: Path) -> None:
    assert ocr.lines(render_page(pdfs.blank(tmp_path / "blank.pdf"), 1, WIDTH_PX)) == []
