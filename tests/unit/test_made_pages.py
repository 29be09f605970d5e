"""Pages made at random: nearly all are read without a fault, the others are no more than these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from runtime.reading.document import open_pdf
from tests import pdfs
from tests.made_pages import Prose, Table, prose, table

PAGES, FAULTY = 100, 5
"""Pages made, and those of them that may have a fault, such as a table's name that is wrapped to more lines than all
others, a column whose cells are all empty, or spaces between words that are as wide as a gutter."""


@pytest.mark.parametrize("make", [table, prose], ids=["tables", "prose"])
def test_pages_made_at_random_are_read_without_a_fault(
    make: Callable[[Canvas, int], Table | Prose], tmp_path: Path
) -> None:
    canvas = pdfs.canvas(tmp_path / "a.pdf")
    wanted = [make(canvas, seed) for seed in range(PAGES)]
    canvas.save()
    with open_pdf(tmp_path / "a.pdf") as pdf:
        found = {seed: one.faults(page) for seed, (one, page) in enumerate(zip(wanted, pdf.pages(), strict=True))}
    faulty = {seed: faults for seed, faults in found.items() if faults}
    assert len(faulty) <= FAULTY, faulty
