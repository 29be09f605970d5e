"""Where a cited text stands on its page. Two pages are drawn alike but for the text's colour: its boxes, found on the
one, must hold all that is red on the other, and nothing that is black."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from runtime.reading.document import Box, Limits, TextToLocate, locate, open_pdf, render_page
from runtime.reading.locate import plain
from tests import pdfs

Pixels = npt.NDArray[np.bool_]

SIZE = 11
LEFT, TOP = 72.0, 700.0
SCALE = 2
"""Pixels a point."""

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@dataclass
class Sheet:
    """A page to draw on. Text between « and » is the sought one: it is drawn in red where the sheet is to show it."""

    page: Canvas
    red: bool
    font: str = "Helvetica"

    def line(self, left: float, top: float, text: str, size: float = SIZE) -> None:
        """A line of one text object, or where a part of it is red of three."""
        if not self.red:
            self._draw(left, top, text.translate({ord("«"): "", ord("»"): ""}), size)
            return
        red, at = False, left
        for piece in text.replace("«", "\0«").replace("»", "»\0").split("\0"):
            red = piece.startswith("«")
            bare = piece.strip("«»")
            self.page.setFillColorRGB(1 if red else 0, 0, 0)
            self._draw(at, top, bare, size)
            at += stringWidth(bare, self.font, size)

    def lines(self, left: float, top: float, *texts: str) -> None:
        for number, text in enumerate(texts):
            self.line(left, top - number * pdfs.PITCH, text)

    def _draw(self, left: float, top: float, text: str, size: float) -> None:
        self.page.setFont(self.font, size)
        self.page.drawString(left, top, text)


Draw = Callable[[Sheet], None]


def sheets(folder: Path, draw: Draw, rotate: int = 0, crop: tuple[int, ...] = ()) -> tuple[Path, Path]:
    """The page in black, and with the sought text in red."""
    made = []
    for name in ("black", "red"):
        path = folder / f"{name}.pdf"
        page = pdfs.canvas(path)
        if rotate:
            page.setPageRotation(rotate)
        if crop:
            page.setCropBox(crop)
        draw(Sheet(page, name == "red"))
        page.showPage()
        page.save()
        made.append(path)
    return made[0], made[1]


def inked(path: Path) -> tuple[Pixels, Pixels]:
    """The picture's pixels that are red, and those that are black."""
    document = pypdfium2.PdfDocument(path)
    width = document[0].get_width()
    document.close()
    picture = np.asarray(Image.open(io.BytesIO(render_page(path, 1, round(SCALE * width)))).convert("RGB")).astype(int)
    red, most = picture[..., 0] - picture[..., 1] > 80, picture.max(axis=2)
    return red, most < 120


def assert_holds_what_is_red(path: Path, boxes: Sequence[Box]) -> None:
    red, black = inked(path)
    inside = np.zeros_like(red)
    for box in boxes:
        top, bottom, left, right = (round(side * SCALE) for side in (box.top, box.bottom, box.left, box.right))
        inside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = True
    assert red.sum() > 50, "nothing is red"
    assert (red & ~inside).sum() <= 0.02 * red.sum(), "some of the text is outside of its boxes"
    assert (black & inside).sum() <= 0.02 * red.sum(), "another text is in its boxes"


FILLER = "Nothing else is said of the harbour here, nor of its boats and their owners."


def two_columns(sheet: Sheet) -> None:
    for row in range(8):  # as some programs write: line by line across both
        top = TOP - row * pdfs.PITCH
        left = [
            "The old harbour is deep",
            "and wide. «The quay is»",
            "«closed from noon until»",
            "«two on Sundays, when»",
        ]
        right = ["«the wind is from the»", "«west.» Fish is sold on", "the quay each morning", "before the boats go"]
        sheet.line(LEFT, top, left[row] if row < 4 else "filled to the end of it")
        sheet.line(330, top, right[row] if row < 4 else "with words of no use")


ROWS = [
    *(("Boat", "Hire", "Price"), ("Kayak", "day", "£200"), ("Kayak", "week", "£45")),
    *(("«Kayak»", "«day»", "«£45»"), ("Canoe", "day", "£45"), ("Dinghy", "day", "£450")),
]
"""Each cell of the sought one stands in other rows too."""


def row_of_a_table(sheet: Sheet) -> None:
    for number, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            sheet.line(LEFT + 150 * column, TOP - 20 * number, cell)


def row_drawn_column_by_column(sheet: Sheet) -> None:
    for column, cells in enumerate(zip(*ROWS, strict=True)):
        for number, cell in enumerate(cells):
            sheet.line(LEFT + 150 * column, TOP - 20 * number, cell)


def hyphens(sheet: Sheet) -> None:
    sheet.lines(
        LEFT, TOP, FILLER, "Here «the harbour-master’s undeni-»", "«able author-»", "«ity ends.» " + FILLER[:40]
    )


def ligatures(sheet: Sheet) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    sheet.font = "DejaVu"
    sheet.lines(LEFT, TOP, FILLER[:60], "Then «the o\ufb03cial \ufb01re of\ufb01ce re\ufb02ects» upon it.", FILLER[:60])


def labels(sheet: Sheet) -> None:
    for number, (label, value) in enumerate(
        [("Deposit", "£250"), ("«Rent:»", "«£1,250 a month»"), ("Rent due", "1 May")]
    ):
        sheet.line(LEFT, TOP - 20 * number, label)
        sheet.line(300, TOP - 20 * number, value)


def middle_of_a_line(sheet: Sheet) -> None:
    sheet.lines(LEFT, TOP, FILLER, f"A boat. «The quay is closed.» {FILLER[:30]}", FILLER)


def accents(sheet: Sheet) -> None:
    sheet.lines(LEFT, TOP, FILLER, "Und: «Die Größe der Straße beträgt 5 m.» Punkt.", FILLER)


CASES: dict[str, tuple[Draw, str]] = {
    "a sentence within a line": (middle_of_a_line, "The quay is closed."),
    "a sentence over two columns": (
        two_columns,
        "The quay is closed from noon until two on Sundays, when the wind is from the west.",
    ),
    "a table's row": (row_of_a_table, "Kayak | day | £45"),
    "a row drawn column by column": (row_drawn_column_by_column, "Kayak | day | £45"),
    "words divided at lines' ends": (hyphens, "the harbour-master's undeniable authority ends."),
    "ligatures": (ligatures, "the official fire office reflects"),
    "a label with its value": (labels, "Rent: £1,250 a month"),
    "accents and another case": (accents, "DIE GRÖSSE DER STRASSE BETRÄGT 5 M."),
}


@pytest.mark.parametrize("name", CASES)
def test_a_texts_boxes_hold_it_and_nothing_else(name: str, tmp_path: Path) -> None:
    draw, text = CASES[name]
    black, red = sheets(tmp_path, draw)
    (boxes,) = locate(black, 1, [TextToLocate(text)])
    assert_holds_what_is_red(red, boxes)


@pytest.mark.parametrize("rotate", [90, 180, 270])
@pytest.mark.parametrize("crop", [(), (40, 300, 560, 580)])
def test_boxes_are_where_a_viewer_shows_the_text_on_rotated_and_cropped_pages(
    rotate: int, crop: tuple[int, ...], tmp_path: Path
) -> None:
    # In the middle of a page that reportlab makes wide where it turns it.
    drawn = f"A boat. «The quay is closed.» {FILLER[:30]}"
    black, red = sheets(tmp_path, lambda sheet: sheet.lines(LEFT, 500, FILLER, drawn, FILLER), rotate, crop)
    (boxes,) = locate(black, 1, [TextToLocate("The quay is closed.")])
    assert_holds_what_is_red(red, boxes)


def test_of_a_text_that_stands_twice_the_hint_says_which(tmp_path: Path) -> None:
    for second in (False, True):
        marks = ("", "", "«", "»") if second else ("«", "»", "", "")

        def draw(sheet: Sheet, marks: tuple[str, ...] = marks) -> None:
            sheet.lines(LEFT, TOP, f"First: {marks[0]}The quay is closed.{marks[1]} Then more.", FILLER)
            sheet.lines(LEFT, 400, FILLER, f"Again: {marks[2]}The quay is closed.{marks[3]} Then more.", FILLER)

        black, red = sheets(tmp_path, draw)
        height = pdfs.HEIGHT
        near = Box(LEFT, height - 415, 500, height - 360) if second else Box(LEFT, height - 715, 500, height - 680)
        (boxes,) = locate(black, 1, [TextToLocate("The quay is closed.", (near,))])
        assert_holds_what_is_red(red, boxes)


def test_a_hint_that_is_wrong_does_no_harm(tmp_path: Path) -> None:
    black, red = sheets(tmp_path, middle_of_a_line)
    (boxes,) = locate(black, 1, [TextToLocate("The quay is closed.", (Box(0, 0, 30, 30), Box(500, 0, 9e6, 9e6)))])
    assert_holds_what_is_red(red, boxes)


def test_text_that_runs_from_the_right_is_located(tmp_path: Path) -> None:
    path = pdfs.canvas(tmp_path / "a.pdf")
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    path.setFont("DejaVu", 12)
    lines = ["הספינה יוצאת בבוקר מן הנמל", "המזח סגור ביום ראשון", "הדגים נמכרים כאן"]
    for number, line in enumerate(lines):  # as most programs write it: the letters from the left, as they are seen
        path.drawRightString(500, TOP - 20 * number, line[::-1])
    path.showPage()
    path.save()
    with open_pdf(tmp_path / "a.pdf") as document:
        (page,) = document.pages()
    read = " ".join(paragraph.text for paragraph in page.paragraphs)
    assert lines[1] in read
    (box,) = locate(tmp_path / "a.pdf", 1, [TextToLocate(lines[1])])[0]
    assert abs(box.right - 500) < 3
    assert abs(box.left - (500 - stringWidth(lines[1], "DejaVu", 12))) < 3
    assert pdfs.HEIGHT - TOP + 20 - 12 < box.top < box.bottom < pdfs.HEIGHT - TOP + 20 + 5


def test_what_stands_only_in_parts_is_located_and_what_hardly_stands_there_is_not(tmp_path: Path) -> None:
    black, red = sheets(tmp_path, middle_of_a_line)
    found, most, little, short, word = locate(
        black,
        1,
        [
            TextToLocate("The quay is closed. [page 5: a b]"),
            TextToLocate("The quay is closed now. A boat"),
            TextToLocate("The quay is closed, and what follows is nowhere on this page at all."),
            TextToLocate("quay | 45"),
            TextToLocate("clo"),
        ],
    )
    assert_holds_what_is_red(red, found)
    assert most
    assert little == short == word == ()


def test_numbers_are_whole_numbers(tmp_path: Path) -> None:
    def draw(sheet: Sheet) -> None:
        sheet.lines(LEFT, TOP, "1.450 and 450.5 and 4501 and 12,450", "but here «450» alone")

    black, red = sheets(tmp_path, draw)
    (boxes,) = locate(black, 1, [TextToLocate("450")])
    assert_holds_what_is_red(red, boxes)


def within(path: Path, number: int, boxes: Sequence[Box]) -> str:
    """What PDFium reads in boxes of a page that is neither cropped nor turned."""
    document = pypdfium2.PdfDocument(path)
    page = document[number - 1]
    height, text = page.get_height(), page.get_textpage()
    read = "".join(
        text.get_text_bounded(b.left - 1, height - b.bottom - 1, b.right + 1, height - b.top + 1) for b in boxes
    )
    document.close()
    return read


def test_every_paragraph_of_a_manual_is_located_with_and_without_a_hint(r_manuals: Path) -> None:
    path = r_manuals / "R-intro.pdf"
    with open_pdf(path) as document:
        pages = [page for page in document.pages() if page.number <= 24][9:]
    for page in pages:
        sought = [TextToLocate(one.text, one.boxes) for one in page.paragraphs] + [
            TextToLocate(one.text) for one in page.paragraphs
        ]
        for one, boxes in zip(sought, locate(path, page.number, sought), strict=True):
            read, wanted = plain(within(path, page.number, boxes)), plain(one.text)
            # Two boxes that meet may both hold the letter between.
            more, less = Counter(read) - Counter(wanted), Counter(wanted) - Counter(read)
            assert (more + less).total() <= 0.02 * len(wanted), (page.number, one.text, read)


def odd() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Pages on which nothing can be located."""
    yield "blank", lambda folder: pdfs.blank(folder / "a.pdf")
    yield "a picture", lambda folder: pdfs.picture(folder / "a.pdf")


@pytest.mark.parametrize("name", [name for name, _ in odd()])
def test_on_a_page_without_text_nothing_is_located(name: str, tmp_path: Path) -> None:
    path = dict(odd())[name](tmp_path)
    assert locate(path, 1, [TextToLocate("The quay is closed."), TextToLocate("")]) == [(), ()]


def test_a_page_of_one_word_and_a_long_text_are_done_in_seconds(tmp_path: Path) -> None:
    path = pdfs.canvas(tmp_path / "a.pdf")
    path.setFont("Helvetica", 4)
    for row in range(180):
        path.drawString(20, 820 - 4.4 * row, "aa " * 80)
    path.showPage()
    path.save()
    began = time.monotonic()
    texts = ["a" * 5000, "aa | " * 800, "aa " * 1300 + "b", "aab" * 1300]
    assert len(locate(tmp_path / "a.pdf", 1, [TextToLocate(text) for text in texts], Limits(page_seconds=60))) == 4
    assert time.monotonic() - began < 20


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheets(tmp_path_factory.mktemp("page"), middle_of_a_line)[0]


@given(text=st.text(max_size=60), sides=st.lists(st.floats(allow_nan=False, width=32), min_size=4, max_size=4))
@settings(max_examples=25, deadline=None)
def test_whatever_is_looked_for_the_answer_is_boxes_on_the_page(page: Path, text: str, sides: list[float]) -> None:
    (boxes,) = locate(page, 1, [TextToLocate(text, (Box(*sides),))])
    for box in boxes:
        assert 0 <= box.left < box.right <= pdfs.WIDTH
        assert 0 <= box.top < box.bottom <= pdfs.HEIGHT
