"""The sizes of pages, and that places in percent of them are right in their pictures."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.reading.document import (
    Box,
    Limits,
    PdfError,
    TextToLocate,
    locate,
    measure,
    open_pdf,
    render_page,
    words_on,
)
from runtime.reading.sheets import LARGEST_SIDE, SMALLEST_SIDE, TALLEST, Run, Sheets, from_json, sheets_of
from tests import pdfs

SAID = "The kiln is fired at 940 degrees."

PAGES = {
    "plain": (b"/MediaBox[0 0 612 792]", (612, 792)),
    "turned once": (b"/MediaBox[0 0 612 792]/Rotate 90", (792, 612)),
    "turned twice": (b"/MediaBox[0 0 612 792]/Rotate 180", (612, 792)),
    "turned back": (b"/MediaBox[0 0 612 792]/Rotate -90", (792, 612)),
    "cropped": (b"/MediaBox[0 0 612 792]/CropBox[90 500 500 700]", (410, 200)),
    "cropped and turned": (b"/MediaBox[0 0 612 792]/CropBox[90 500 500 700]/Rotate 270", (200, 410)),
    "moved": (b"/MediaBox[-50 300 550 900]", (600, 600)),
    "upside down": (b"/MediaBox[612 792 0 0]", (612, 792)),
    "cropped beyond its edge": (b"/MediaBox[0 0 612 792]/CropBox[90 500 5000 7000]", (522, 292)),
    "in another unit": (b"/MediaBox[0 0 612 792]/UserUnit 2.5", (612, 792)),
}


def ink(picture: bytes) -> tuple[list[float], float]:
    """Where a picture is dark, as left, top, right and bottom in percent, and its height divided by its width."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    rows, columns = np.nonzero(pixels < 100)
    height, width = pixels.shape
    sides = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
    return [100 * float(side) for side in sides], height / width


def percent(boxes: list[Box], size: tuple[float, float]) -> list[float]:
    """The box around some, in percent of a page's size."""
    width, height = size
    return [
        100 * min(box.left for box in boxes) / width,
        100 * min(box.top for box in boxes) / height,
        100 * max(box.right for box in boxes) / width,
        100 * max(box.bottom for box in boxes) / height,
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_place_in_percent_of_the_pages_size_is_where_its_picture_has_it(tmp_path: Path, name: str) -> None:
    entries, expected = PAGES[name]
    path = pdfs.sized(tmp_path / "a.pdf", [entries], SAID)
    size = measure(path).size(1)
    assert size == pytest.approx(expected, abs=0.01)
    dark, shape = ink(render_page(path, 1, 900))
    assert shape == pytest.approx(size[1] / size[0], abs=0.003)
    (located,) = locate(path, 1, [TextToLocate(SAID)])
    words = words_on(path, 1)
    assert " ".join(text for text, _ in words) == SAID
    for boxes, slack in (([box for _, box in words], 12 / min(size)), (list(located), 4 / min(size))):
        around = percent(boxes, size)
        assert all(o - 0.3 <= d for o, d in zip(around[:2], dark[:2], strict=True)), (around, dark)
        assert all(o + 0.3 >= d for o, d in zip(around[2:], dark[2:], strict=True)), (around, dark)
        assert around == pytest.approx(dark, abs=100 * slack)


def test_the_sizes_are_those_that_the_reader_of_the_pages_has(tmp_path: Path) -> None:
    path = pdfs.sized(tmp_path / "a.pdf", [entries for entries, _ in PAGES.values()], SAID)
    sheets = measure(path)
    with open_pdf(path) as document:
        read = [(page.width, page.height) for page in document.pages()]
    assert [sheets.size(number) for number in range(1, sheets.pages + 1)] == [
        pytest.approx(size, abs=0.1) for size in read
    ]


HOSTILE = {
    "nothing": b"",
    "no area": b"/MediaBox[0 0 0 0]",
    "no width": b"/MediaBox[0 0 0 792]",
    "negative": b"/MediaBox[0 0 -612 -792]",
    "two numbers": b"/MediaBox[0 0]",
    "no numbers": b"/MediaBox[/NaN (x) null 792]",
    "a number": b"/MediaBox 7",
    "huge": b"/MediaBox[0 0 4000000000 4000000000]",
    "beyond all numbers": b"/MediaBox[0 0 1%s 1%s]" % (b"0" * 45, b"0" * 400),
    "a line": b"/MediaBox[0 0 100000 1]",
    "a tower": b"/MediaBox[0 0 1 100000]",
    "a dot": b"/MediaBox[0 0 .0001 .0001]",
    "cropped to nothing": b"/MediaBox[0 0 612 792]/CropBox[700 800 900 900]",
    "turned by a bit": b"/MediaBox[0 0 612 792]/Rotate 45",
    "in no unit": b"/MediaBox[0 0 612 792]/UserUnit 0",
    "in a huge unit": b"/MediaBox[0 0 612 792]/UserUnit 99999999999",
}


def test_hostile_sizes_are_clamped_and_said_and_their_pages_are_pictures_all_the_same(tmp_path: Path) -> None:
    path = pdfs.sized(tmp_path / "a.pdf", list(HOSTILE.values()), SAID)
    sheets = measure(path)
    assert sheets.pages == len(HOSTILE)
    assert all(SMALLEST_SIDE <= side <= LARGEST_SIDE for run in sheets.runs for side in run[1:])
    assert "the first of which is page" in sheets.note
    for number in range(1, sheets.pages + 1):
        picture = Image.open(io.BytesIO(render_page(path, number, 480)))
        assert picture.size[0] == 480
        assert 1 <= picture.size[1] <= TALLEST * 480
        assert Image.open(io.BytesIO(render_page(path, number, 480, part=Box(-5, -5, 300, 90)))).size[0] == 480
        words_on(path, number)


def test_a_page_tree_that_promises_more_pages_than_it_has_is_measured(tmp_path: Path) -> None:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 9 0 R]/Count 7>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>",
    ]
    sheets = measure(pdfs.raw(tmp_path / "a.pdf", objects))
    assert sheets.size(1) == (300, 400)
    assert sheets.pages == 1 or (sheets.runs[1:] == (Run(sheets.pages - 1, 612, 792),) and sheets.note)


def test_twenty_thousand_pages_are_measured_in_a_moment_and_are_a_few_runs(tmp_path: Path) -> None:
    sizes = [b"/MediaBox[0 0 612 792]"] * 9999 + [b"/MediaBox[0 0 842 595]"] + [b"/MediaBox[0 0 612 792]"] * 10_000
    path = pdfs.sized(tmp_path / "a.pdf", sizes)
    start = time.monotonic()
    sheets = measure(path)
    assert time.monotonic() - start < 5  # .5 s on an idle machine
    assert sheets == Sheets((Run(9999, 612, 792), Run(1, 842, 595), Run(10_000, 612, 792)))
    assert (sheets.pages, sheets.size(10_000), sheets.size(20_000)) == (20_000, (842, 595), (612, 792))
    for page in (0, -1, 20_001):
        with pytest.raises(IndexError):
            sheets.size(page)
    with pytest.raises(PdfError, match="the limit is 19,999"):
        measure(path, Limits(pages=19_999))


def test_what_a_reader_that_was_taken_over_may_say_is_refused_or_clamped() -> None:
    nan, infinite = float("nan"), float("inf")
    sheets = sheets_of([[2, 612, 792], [1, nan, 5], [3, infinite, -1], [1, 1e9, 0.1]], 10)
    assert sheets.runs == (Run(2, 612, 792), Run(1, 612, 792), Run(3, 612, 792), Run(1, LARGEST_SIDE, SMALLEST_SIDE))
    assert sheets.note.startswith("5 pages, the first of which is page 3,")
    assert from_json(sheets.to_json(), 10) == sheets
    for runs in (
        [],
        [[0, 1, 1]],
        [[-1, 1, 1]],
        [[11, 1, 1]],
        [[5, 1, 1], [-1, 2, 1]],
        [[6, 1, 1], [6, 2, 1]],
        [[1.5, 1, 1]],
        [[1, 1]],
    ):
        with pytest.raises(ValueError, match=r"."):
            sheets_of(runs, 10)
    for content in (b"", b"[]", b"{}", b'{"runs": 3, "note": ""}', b'{"runs": [[1, 2, 3]]}'):
        with pytest.raises(ValueError, match=r"."):
            from_json(content, 10)
