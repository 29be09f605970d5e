"""Pages that are, or have, pictures of text: what is recognized, and where it stands among the page's own words."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from runtime.evidence import Evidence
from runtime.local.rapidocr import RapidOcr
from runtime.local.sqlite import Database, SqliteRecognizedPages
from runtime.ports import Corners, Entry, PictureLine, PictureRefused, PictureWord, PlumblineError
from runtime.reading.document import Box, Limits, Page, TextToLocate
from runtime.reading.pictures import recognize
from runtime.recognized import Pictures, RecognizedInMemory
from runtime.versions import version_of
from tests import pdfs
from tests.contracts.memory import MemoryDocuments, MemoryLedger
from tests.pdfs import HEIGHT, WIDTH, sentence
from tests.reading_cases import BOLD, drawing, fit, lines, prose, put, table
from tests.scans import (
    ROWS,
    Draw,
    invisible,
    jpeg,
    outlined,
    pages_of,
    photograph,
    picture,
    put_scan,
    recognized,
    rubbish,
    scanned,
)

LETTER = ["To the waterworks of Penmoor", "The main in Tanner Street leaks.", "We ask for 14 sand bags by Friday."]

LONGER = " ".join(sentence(n) for n in range(1, 13))


@pytest.fixture(scope="module")
def ocr() -> RapidOcr:
    return RapidOcr()


def letter(page: Canvas) -> None:
    lines(page, 90, 120, LETTER, 17, size=12)


def long_letter(page: Canvas) -> None:
    lines(page, 90, 120, fit(LONGER, 420), 15, size=11)


def read(path: Path, ocr: RapidOcr) -> Page:
    """The only page, recognized."""
    (page,) = recognized(path, pages_of(path), ocr)
    return page


def text(page: Page, own: bool | None = None) -> str:
    """What is on a page; if asked, its own text or what was recognized alone."""
    return "\n".join(one.text for one in page.paragraphs if own is None or own == (one.sure is None))


def count(words: str, page: Page) -> int:
    return len(re.findall(re.escape(words), text(page)))


def drawn(path: Path, *draws: Draw) -> Path:
    with drawing(path) as page:
        for draw in draws:
            draw(page)
    return path


def scan(draw: Draw = letter, turned: float = 0.0) -> Draw:
    return lambda page: put_scan(page, scanned(draw, turned))


def test_a_scan_is_recognized_whole_and_every_word_says_how_sure_it_is(tmp_path: Path, ocr: RapidOcr) -> None:
    page = read(drawn(tmp_path / "a.pdf", scan()), ocr)
    assert (page.state, page.reader) == ("text", "rapidocr")
    assert text(page) == " ".join(LETTER)
    assert all(one.sure is not None and one.sure > 0.95 for one in page.paragraphs)


def stamp(page: Canvas) -> None:
    page.setFillColor("red")
    put(page, 380, 40, "RECEIVED 2 May 2027", BOLD, 14)


def footer(page: Canvas) -> None:
    put(page, 200, 830, "Scanned with Lenswork 3.1", size=7)


def watermark(page: Canvas) -> None:
    page.setFillColor(Color(0.5, 0.5, 0.5, alpha=0.4))
    page.translate(150, 200)
    page.rotate(45)
    page.setFont(BOLD, 110)
    page.drawString(0, 0, "DRAFT")


@pytest.mark.parametrize(("over", "own"), [(stamp, "RECEIVED 2 May 2027"), (footer, "Lenswork"), (watermark, "DRAFT")])
def test_a_scan_under_a_stamp_a_footer_or_a_watermark_is_recognized_and_both_are_kept_once(
    tmp_path: Path, ocr: RapidOcr, over: Draw, own: str
) -> None:
    page = read(drawn(tmp_path / "a.pdf", scan(), over), ocr)
    assert count("Tanner Street", page) == count("14 sand bags", page) == count(own, page) == 1
    assert own in text(page, own=True)
    assert own not in text(page, own=False)


def layer(count: int | None = None) -> Draw:
    def draw(page: Canvas) -> None:
        for n, line in enumerate(fit(LONGER, 420)[:count]):
            invisible(page, 90, 120 + 15 * n, line)

    return draw


def test_a_good_invisible_text_is_used_as_it_is(tmp_path: Path) -> None:
    (page,) = pages_of(drawn(tmp_path / "a.pdf", scan(long_letter), layer()))
    assert (page.state, page.reader, page.pictures) == ("text", "pdfium", ())
    assert text(page) == LONGER


def test_what_an_invisible_text_leaves_out_is_recognized_and_nothing_is_there_twice(
    tmp_path: Path, ocr: RapidOcr
) -> None:
    page = read(drawn(tmp_path / "a.pdf", scan(long_letter), layer(9)), ocr)
    assert text(page, own=True) and text(page, own=False)
    for number in range(1, 13):
        assert count(f"numbered {number} ", page) == 1


def test_an_invisible_text_of_rubbish_is_no_text_and_its_page_is_recognized(tmp_path: Path, ocr: RapidOcr) -> None:
    words = rubbish(150)

    def over(page: Canvas) -> None:
        for n in range(15):
            invisible(page, 90, 120 + 15 * n, " ".join(words[10 * n : 10 * n + 10]))

    page = read(drawn(tmp_path / "a.pdf", scan(long_letter), over), ocr)
    assert text(page) == LONGER
    assert page.hidden == {"invisible": 150}


@pytest.mark.parametrize("turned", [90, 180, 270, 5, -9])
def test_a_turned_scan_is_read_and_its_boxes_lie_on_the_words(tmp_path: Path, ocr: RapidOcr, turned: float) -> None:
    size = (HEIGHT, WIDTH) if turned in (90, 270) else (WIDTH, HEIGHT)

    def sheet(page: Canvas) -> None:
        page.setPageSize(size)
        page.drawImage(jpeg(scanned(letter, turned)), 0, 0, *size)

    page = read(drawn(tmp_path / "a.pdf", sheet), ocr)
    assert text(page) == " ".join(LETTER)
    (box,) = page.paragraphs[0].boxes
    for place in ((98, 117), (250, 150)):
        x, y = where(*place, turned, size)
        assert box.left <= x <= box.right and box.top <= y <= box.bottom
    assert (box.right - box.left) * (box.bottom - box.top) < 0.06 * WIDTH * HEIGHT


@pytest.mark.parametrize("turned", [0, 5])
def test_a_sentence_of_a_scan_is_located_on_its_words(tmp_path: Path, ocr: RapidOcr, turned: float) -> None:
    path = drawn(tmp_path / "a.pdf", scan(turned=turned))
    documents, ledger, kept = MemoryDocuments(), MemoryLedger(), SqliteRecognizedPages(Database(tmp_path / "kept.db"))
    documents.put("a.pdf", path)
    version, found = version_of(path), documents.find("a.pdf")
    assert found and ledger.lease("a.pdf", "me", 60)
    ledger.save(Entry("a.pdf", state="ready", version=version, tag=found.tag, pictures=1), "me")
    pictures = Pictures("a.pdf", version, kept, ocr)
    assert len(list(pictures.pages(path, iter(pages_of(path)), Limits()))) == 1
    evidence = Evidence(documents, ledger, recognized=kept)
    second, unknown = TextToLocate("The main in Tanner Street leaks."), TextToLocate("Nobody knows of it.")
    boxes, none = evidence.locate("a.pdf", version, 1, [second, unknown])
    assert none == ()
    (x, y), (other_x, other_y) = (where(x, 133, turned, (WIDTH, HEIGHT)) for x in (92, 250))
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    assert left - 6 <= min(x, other_x) and max(x, other_x) <= right + 6
    assert top - 6 <= min(y, other_y) and max(y, other_y) <= bottom + 6
    x, y = where(200, 150, turned, (WIDTH, HEIGHT))  # on the line below
    assert not any(box.left <= x <= box.right and box.top <= y <= box.bottom for box in boxes)


def where(x: float, y: float, turned: float, size: tuple[float, float]) -> tuple[float, float]:
    """Where a point of a page is once the page is turned counterclockwise about its middle."""
    a = math.radians(turned)
    x, y = x - WIDTH / 2, y - HEIGHT / 2
    return x * math.cos(a) + y * math.sin(a) + size[0] / 2, y * math.cos(a) - x * math.sin(a) + size[1] / 2


def test_two_columns_of_a_scan_are_read_one_after_the_other(tmp_path: Path, ocr: RapidOcr) -> None:
    left, right = (" ".join(sentence(n) for n in range(first, first + 6)) for first in (20, 40))

    def columns(page: Canvas) -> None:
        prose(page, 60, 100, left, 220)
        prose(page, 320, 100, right, 220)

    page = read(drawn(tmp_path / "a.pdf", scan(columns)), ocr)
    assert text(page) == f"{left}\n{right}"


def test_a_table_in_a_scan_comes_out_as_rows_under_the_names_of_their_columns(tmp_path: Path, ocr: RapidOcr) -> None:
    def dues(page: Canvas) -> None:
        put(page, 72, 80, "Harbour dues in crowns", BOLD, 14)
        table(page, [72, 200, 330, 430], "llrr", 110, ROWS, 18)

    page = read(drawn(tmp_path / "a.pdf", scan(dues)), ocr)
    rows = [one for one in page.paragraphs if one.kind == "row"]
    assert [one.text for one in rows] == [" | ".join(row) for row in ROWS[1:]]
    assert {one.head for one in rows} == {" | ".join(ROWS[0])}


def screenshot(page: Canvas) -> None:
    image = Image.new("RGB", (900, 360), (236, 240, 244))
    paint = ImageDraw.Draw(image)
    for n, line in enumerate(("Backup of shelf 12", "Last run: 3 March 2027", "Errors: 41")):
        paint.text((60, 50 + 90 * n), line, fill=(20, 40, 80), font=ImageFont.load_default(40))
    page.drawImage(jpeg(image), 90, HEIGHT - 400, 360, 144)


def around(page: Canvas) -> None:
    prose(page, 72, 100, LONGER, 450)
    prose(page, 72, 460, " ".join(sentence(n) for n in range(50, 54)), 450)


def test_a_screenshot_in_a_page_of_text_is_read_alone(tmp_path: Path, ocr: RapidOcr) -> None:
    path = drawn(tmp_path / "a.pdf", around, screenshot)
    (before,) = pages_of(path)
    page = recognize(path, before, ocr, Limits())
    assert "numbered 1 " in text(before) and not any(one.sure is None or one.level for one in page.paragraphs)
    assert text(page).split() == "Backup of shelf 12 Last run: 3 March 2027 Errors: 41".split()


def test_letters_drawn_as_shapes_beside_text_are_read(tmp_path: Path, ocr: RapidOcr) -> None:
    def notice(page: Canvas) -> None:
        outlined(page, 90, 420, "The village pump is oiled on Mondays.", 14)
        outlined(page, 90, 440, "Nobody may wash sheep at it.", 14)

    page = read(drawn(tmp_path / "a.pdf", around, notice), ocr)
    assert text(page, own=False) == "The village pump is oiled on Mondays. Nobody may wash sheep at it."
    assert count("numbered 3 ", page) == count("numbered 51 ", page) == 1


def test_the_labels_of_a_chart_are_read_those_that_stand_upright_as_well(tmp_path: Path, ocr: RapidOcr) -> None:
    def chart(page: Canvas) -> None:
        image = Image.new("RGB", (1200, 800), "white")
        paint = ImageDraw.Draw(image)
        for n, (name, value) in enumerate((("Avonlea", 340), ("Brickham", 560), ("Cawdor", 410))):
            left = 200 + 320 * n
            paint.rectangle((left, 680 - value, left + 200, 680), fill=(60 + 60 * n, 110, 160))
            paint.text((left, 700), name, fill="black", font=ImageFont.load_default(40))
            paint.text((left + 60, 630 - value), str(value), fill="black", font=ImageFont.load_default(40))
        side = Image.new("RGB", (500, 60), "white")
        ImageDraw.Draw(side).text((0, 5), "Rainfall in litres", fill="black", font=ImageFont.load_default(40))
        image.paste(side.rotate(90, expand=True), (40, 150))
        page.drawImage(jpeg(image), 90, HEIGHT - 430, 360, 240)

    page = read(drawn(tmp_path / "a.pdf", chart, lambda page: prose(page, 72, 100, sentence(7), 450)), ocr)
    for label in ("Avonlea", "Brickham", "Cawdor", "340", "560", "410", "Rainfall in litres"):
        assert count(label, page) == 1


def test_the_strips_of_one_scan_are_one_picture(tmp_path: Path, ocr: RapidOcr) -> None:
    def strips(page: Canvas) -> None:
        image = scanned(long_letter)
        step = 67
        for top in range(0, image.height, step):
            part = image.crop((0, top, image.width, min(top + step, image.height)))
            high = part.height * HEIGHT / image.height
            page.drawImage(jpeg(part), 0, HEIGHT - top * HEIGHT / image.height - high, WIDTH, high)

    path = drawn(tmp_path / "a.pdf", strips, footer)
    (page,) = pages_of(path)
    assert len(page.pictures) == 1
    assert text(recognize(path, page, ocr, Limits())) == LONGER


def test_text_over_a_photograph_is_there_once(tmp_path: Path, ocr: RapidOcr) -> None:
    page = read(
        drawn(tmp_path / "a.pdf", lambda page: put_scan(page, photograph(1200, 1700)), letter),
        ocr,
    )
    assert text(page) == " ".join(LETTER)
    assert page.pictures == ()


def test_a_scan_inside_a_form_of_the_file_is_recognized(tmp_path: Path, ocr: RapidOcr) -> None:
    def inside(page: Canvas) -> None:
        page.beginForm("form")
        put_scan(page, scanned(letter))
        page.endForm()
        page.doForm("form")

    assert text(read(drawn(tmp_path / "a.pdf", inside, footer), ocr), own=False) == " ".join(LETTER)


def test_an_empty_sheet_that_was_scanned_is_not_recognized(tmp_path: Path) -> None:
    (page,) = pages_of(drawn(tmp_path / "a.pdf", scan(lambda page: None)))
    assert (page.state, page.pictures) == ("image", ())


def test_a_logo_on_a_page_of_text_is_not_recognized(tmp_path: Path) -> None:
    def logo(page: Canvas) -> None:
        page.drawImage(jpeg(picture(letter).crop((200, 280, 800, 480))), 440, HEIGHT - 60, 90, 30)

    (page,) = pages_of(drawn(tmp_path / "a.pdf", around, logo))
    assert page.pictures == ()


def test_a_page_whose_font_says_other_letters_than_it_shows_is_recognized(tmp_path: Path, ocr: RapidOcr) -> None:
    path = pdfs.shifted(tmp_path / "a.pdf", LONGER)
    (page,) = pages_of(path)
    assert (page.state, len(page.pictures)) == ("garbled", 1)
    # The letters that it shows are the shifted ones here; a real one shows others.
    assert "wkh" in text(recognize(path, page, ocr, Limits()))


def test_words_of_a_bad_scan_that_may_be_wrong_are_named(tmp_path: Path, ocr: RapidOcr) -> None:
    def faint(page: Canvas) -> None:
        image = scanned(lambda sheet: lines(sheet, 90, 120, fit(LONGER, 420), 10, size=7))
        small = image.resize((image.width * 3 // 8, image.height * 3 // 8), Image.Resampling.BOX)
        put_scan(page, small)

    page = read(drawn(tmp_path / "a.pdf", faint), ocr)
    right = set(LONGER.split())
    read_words = [word for one in page.paragraphs for word in one.text.split()]
    doubtful = {word for one in page.paragraphs for word in one.doubtful}
    wrong = [word for word in read_words if word not in right]
    assert wrong and len(read_words) > 80
    assert sum(word in doubtful for word in wrong) >= len(wrong) / 2
    assert sum(word in doubtful for word in read_words if word in right) <= len(read_words) / 3


class Faulty:
    """Raises an error for the pictures of some pages, and reads the same word in others."""

    name = "faulty"
    parallel = 1

    def __init__(self, *errors: PlumblineError | None) -> None:
        self._errors = list(errors)

    def lines(self, picture: bytes) -> list[PictureLine]:
        error = self._errors.pop(0)
        if error:
            raise error
        corners = ((100.0, 900.0), (300.0, 900.0), (300.0, 940.0), (100.0, 940.0))
        return [PictureLine((PictureWord("walrus", corners, 0.99),))]


def three(path: Path) -> Path:
    parts = [drawn(path.with_name(f"{n}.pdf"), scan(), *([footer] if n == 1 else [])) for n in range(3)]
    return pdfs.joined(path, parts)


def test_a_picture_that_the_recognizer_refuses_is_its_pages_and_the_others_are_read(tmp_path: Path) -> None:
    path = three(tmp_path / "a.pdf")
    refused = PictureRefused("The picture is too large.", "Look at it.")
    pages = recognized(path, pages_of(path), Faulty(refused, refused, None))
    assert [page.state for page in pages] == ["image", "text", "text"]
    assert [page.note for page in pages] == ["The picture is too large.", "The picture is too large.", ""]
    assert [text(page) for page in pages] == ["", "Scanned with Lenswork 3.1", "walrus"]


def test_an_error_of_the_recognizer_itself_is_raised(tmp_path: Path) -> None:
    path = three(tmp_path / "a.pdf")
    with pytest.raises(PlumblineError, match="not permitted"):
        recognized(path, pages_of(path), Faulty(None, PlumblineError("It is not permitted.", "Ask.")))


def test_a_page_whose_picture_takes_too_long_to_draw_is_told_and_keeps_its_words(tmp_path: Path) -> None:
    path = three(tmp_path / "a.pdf")
    done = recognized(path, pages_of(path), Faulty(), Limits(page_seconds=0.001))
    assert [page.state for page in done] == ["timed out", "text", "timed out"]
    assert all("took longer than" in page.note for page in done), [page.note for page in done]
    assert text(done[1]) == "Scanned with Lenswork 3.1"


@pytest.mark.parametrize(("left", "down"), [(0.5, 300), (72, 6), (0.5, 6)])
def test_letters_drawn_as_shapes_at_the_edge_are_within_what_is_recognized(
    tmp_path: Path, left: float, down: float
) -> None:
    def notice(page: Canvas) -> None:
        outlined(page, left, down, "The village pump is oiled on Mondays, and on Fridays.", 14)

    (page,) = pages_of(drawn(tmp_path / "a.pdf", lambda page: prose(page, 72, 500, sentence(7), 450), notice))
    (box,) = page.pictures
    assert box.left <= left and box.top <= max(0.0, down - 10)


def test_a_sentence_that_stands_in_a_picture_is_not_marked_where_the_page_has_another_like_it(tmp_path: Path) -> None:
    with drawing(tmp_path / "a.pdf") as page:
        put(page, 72, 60, "Figure 3: Revenue by quarter of the year 2023 in millions")
    documents, ledger, kept = MemoryDocuments(), MemoryLedger(), RecognizedInMemory()
    documents.put("a.pdf", tmp_path / "a.pdf")
    version, found = version_of(tmp_path / "a.pdf"), documents.find("a.pdf")
    assert found and ledger.lease("a.pdf", "me", 60)
    ledger.save(Entry("a.pdf", state="ready", version=version, tag=found.tag, pictures=1), "me")
    words = tuple((PictureWord(word, corners(100 + 50 * n), 0.99)) for n, word in enumerate(REVENUE.split()))
    where_it_is = Box(0, 0, WIDTH, HEIGHT)

    class Chart(Faulty):
        def lines(self, picture: bytes) -> list[PictureLine]:
            return [PictureLine(words)]

    page = Page(1, WIDTH, HEIGHT, (), "none", "image", pictures=(where_it_is,))
    (recognized,) = Pictures("a.pdf", version, kept, Chart()).pages(tmp_path / "a.pdf", [page], Limits())
    (own,) = recognized.paragraphs
    evidence = Evidence(documents, ledger, recognized=kept)
    (boxes,) = evidence.locate("a.pdf", version, 1, [TextToLocate(REVENUE, own.boxes)])
    assert boxes and all(box.top > 100 for box in boxes)


REVENUE = "Revenue by quarter of the year 2024"


def corners(left: float) -> Corners:
    """Of a word that is 45 points wide."""
    upper, lower, scale = 300.0, 312.0, 200 / 72
    return (
        (left * scale, upper * scale),
        ((left + 45) * scale, upper * scale),
        ((left + 45) * scale, lower * scale),
        (left * scale, lower * scale),
    )


def test_after_ten_pages_that_cannot_be_drawn_no_more_are(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.pdf", scan())
    (first,) = pages_of(path)
    reader = Faulty(*[None] * 20)
    left = [replace(first, number=number) for number in range(2, 22)]  # the file has no such pages
    pictures = Pictures("a.pdf", "v", RecognizedInMemory(), reader)
    done = list(pictures.pages(path, left, Limits(bad_pages=3)))
    assert [page.state for page in done[:3]] == ["damaged"] * 3
    assert {page.state for page in done[12:]} == {"timed out"}
    assert all("3 pages before it" in page.note for page in done[12:])
