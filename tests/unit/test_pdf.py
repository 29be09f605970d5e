"""Reading PDFs: text, order, headings, typed refusals, limits."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import resource
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader

from runtime.reading import document
from runtime.reading.document import Limits, Page, PdfError, open_pdf, render_page
from runtime.reading.headings import MANY_TITLES, Headings
from runtime.reading.lines import Line
from runtime.reading.pdfium import CJK_FONT
from runtime.reading.words import Style, Word
from tests import pdfs
from tests.reading_cases import cid, drawing, put
from tools.install import Missing

TEXT = " ".join(pdfs.sentence(n) for n in range(12))

REAL_TEXT = (
    "The reading room opens at nine in the morning. Whoever wants to see a rare volume asks at the desk, where "
    "a librarian writes the number down and brings it within the hour. Nothing may be taken out of the room, "
    "and ink is not allowed near the older bindings."
)


def read(path: Path, first: int = 1, **options: object) -> list[Page]:
    with open_pdf(path, **options) as pdf:  # type: ignore[arg-type]
        return list(pdf.pages(first))


def body(page: Page) -> str:
    return " ".join(paragraph.text for paragraph in page.paragraphs)


def test_lines_become_the_paragraphs_that_were_written(tmp_path: Path) -> None:
    texts = [TEXT, "A second paragraph that is short.", TEXT[::-1].title()]
    page = read(pdfs.paragraphs(tmp_path / "a.pdf", texts))[0]
    assert [p.text for p in page.paragraphs] == texts
    assert (page.number, page.reader, page.state) == (1, "pdfium", "text")


def test_a_word_hyphenated_at_a_lines_end_is_whole_again(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    pdfs.draw(page, ["A long word is hyphen-", "ated here, while a co-", "Author and 1990-", "1995 keep theirs."])
    page.showPage()
    page.save()
    assert "hyphenated here" in body(read(tmp_path / "a.pdf")[0])
    assert "co-Author" in body(read(tmp_path / "a.pdf")[0])


def test_a_page_has_the_number_of_its_place_and_what_the_file_calls_it(tmp_path: Path) -> None:
    pages = read(pdfs.labelled(tmp_path / "a.pdf", [pdfs.sentence(n) for n in range(5)]))
    assert [(page.number, page.label) for page in pages] == [(1, "i"), (2, "ii"), (3, "1"), (4, "2"), (5, "A-3")]
    assert [page.label for page in read(pdfs.book(tmp_path / "b.pdf", 2))] == ["", ""]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("1", ""),
        (" 1 ", ""),
        (" Anhang\n\t A", "Anhang A"),
        ("ab\u202ecd\x07", "ab cd"),
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 19 + "…"),
    ],
)
def test_what_a_file_calls_a_page_is_short_and_on_one_line(tmp_path: Path, name: str, label: str) -> None:
    assert [page.label for page in read(pdfs.named(tmp_path / "a.pdf", name))] == [label]


@pytest.mark.parametrize("label", [7, None, ["iv"], "x" * 21, "i\nv", "\u202eiv"])
def test_a_child_that_gives_another_label_than_it_may_gives_no_page(
    tmp_path: Path, label: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = document._Child.answer

    def wrong(child: document._Child, seconds: float, what: str) -> bytes:
        frame = json.loads(answer(child, seconds, what))
        if "page" in frame:
            frame["page"]["label"] = label
        return json.dumps(frame).encode()

    monkeypatch.setattr(document._Child, "answer", wrong)
    with pytest.raises(PdfError) as refused:
        read(pdfs.named(tmp_path / "a.pdf", "iv"))
    assert refused.value.state == "damaged"


@pytest.mark.parametrize("by_row", [False, True])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, by_row: bool) -> None:
    left = [f"left line {n} of the column" for n in range(20)]
    right = [f"right line {n} of the other" for n in range(20)]
    text = body(read(pdfs.two_columns(tmp_path / "a.pdf", left, right, by_row=by_row))[0])
    assert text.index("left line 19") < text.index("right line 0")


def test_headings_have_a_level(tmp_path: Path) -> None:
    pages = read(pdfs.book(tmp_path / "a.pdf", 12))
    assert len(pages) == 12
    for page in pages:
        assert pdfs.sentence(page.number * 100) in body(page)
    assert [p.text.startswith("Chapter 2 On") for p in pages[3].paragraphs if p.level == 1] == [True]


def test_a_reading_from_any_page_on_gives_the_same_pages(tmp_path: Path) -> None:
    path = pdfs.book(tmp_path / "a.pdf", 40)
    assert read(path, first=23) == read(path)[22:]


def test_the_boxes_of_a_paragraph_lie_where_it_is_drawn(tmp_path: Path) -> None:
    page = read(pdfs.paragraphs(tmp_path / "a.pdf", ["One line at the top."]))[0]
    (box,) = page.paragraphs[0].boxes
    assert (page.width, page.height) == pytest.approx(A4, abs=0.1)
    assert box.left == pytest.approx(72, abs=2)
    assert 72 - 12 < box.top < box.bottom < 72 + 6


def test_a_turned_page_is_read_and_boxed_as_it_is_shown(tmp_path: Path) -> None:
    page = read(pdfs.rotated(tmp_path / "a.pdf", "Upright on a turned page."))[0]
    assert body(page) == "Upright on a turned page."
    assert (page.width, page.height) == pytest.approx((pdfs.WIDTH, pdfs.HEIGHT), abs=0.1)
    box = page.paragraphs[0].boxes[0]
    assert box.right - box.left > 5 * (box.bottom - box.top)


@pytest.mark.parametrize("reader", ["pdfium", "pdfminer"])
def test_text_in_form_xobjects_is_read_by_both_readers(tmp_path: Path, reader: str) -> None:
    (page,) = read(pdfs.in_form(tmp_path / "a.pdf", TEXT), reader=reader)
    assert page.reader == reader
    assert pdfs.sentence(3) in body(page)


def test_pictures_and_blank_pages_are_distinguished(tmp_path: Path) -> None:
    page = pdfs.canvas(tmp_path / "a.pdf")
    pdfs.draw(page, ["Some text."])
    page.showPage()
    page.showPage()
    page.drawImage(ImageReader(Image.new("RGB", (50, 50), "red")), 72, 500, 100, 100)
    page.showPage()
    page.save()
    assert [p.state for p in read(tmp_path / "a.pdf")] == ["text", "blank", "image"]


def test_letters_that_no_language_has_are_garbled_and_not_passed_on(tmp_path: Path) -> None:
    path = pdfs.shifted(tmp_path / "a.pdf", REAL_TEXT)
    with open_pdf(path) as pdf:
        pages = pdf.pages()
        page = next(pages)
        assert (page.state, page.paragraphs) == ("garbled", ())
        with pytest.raises(PdfError, match="1 garbled"):
            next(pages)


def test_an_owners_password_alone_does_not_lock_a_file(tmp_path: Path) -> None:
    assert pdfs.sentence(2) in body(read(pdfs.encrypted(tmp_path / "a.pdf", TEXT, user=""))[0])


def test_a_file_whose_table_of_objects_is_lost_is_still_read(tmp_path: Path) -> None:
    whole = pdfs.book(tmp_path / "whole.pdf", 3).read_bytes()
    path = tmp_path / "a.pdf"
    path.write_bytes(whole[: whole.rindex(b"startxref")] + b"startxref\n99\n%%EOF\n")
    assert [p.state for p in read(path)] == ["text"] * 3


def holding(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


REFUSED: dict[str, Callable[[Path], Path]] = {
    "encrypted": lambda path: pdfs.encrypted(path, TEXT, user="secret"),
    "damaged": pdfs.damaged,
    "no text": pdfs.picture,
    "empty": lambda path: holding(path, ""),
    "not a pdf": lambda path: holding(path, "<html>no PDF</html>"),
}


@pytest.mark.parametrize("state", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_its_state_and_a_remedy(tmp_path: Path, state: str) -> None:
    path = REFUSED[state](tmp_path / "the file.pdf")
    with pytest.raises(PdfError) as refused:
        read(path)
    assert refused.value.state == state
    assert "the file.pdf" in refused.value.reason
    assert len(refused.value.remedy) > 20


@pytest.mark.parametrize(("limit", "value"), [("pages", 5), ("bytes", 1000)])
def test_a_document_beyond_a_limit_is_too_large(tmp_path: Path, limit: str, value: int) -> None:
    path = pdfs.book(tmp_path / "a.pdf", 6)
    with pytest.raises(PdfError) as refused:
        read(path, limits=dataclasses.replace(Limits(), **{limit: value}))
    assert refused.value.state == "too large"


@pytest.mark.parametrize("name", pdfs.HOSTILE)
@pytest.mark.parametrize("reader", ["auto", "pdfminer"])
def test_a_hostile_file_ends_in_pages_or_a_state_within_its_limits(tmp_path: Path, name: str, reader: str) -> None:
    path = pdfs.HOSTILE[name](tmp_path / "a.pdf")
    limits = Limits(page_seconds=2, document_seconds=20, memory_bytes=1 << 29)
    try:
        pages = read(path, limits=limits, reader=reader)
        assert len(pages) == 1
    except PdfError as refused:
        assert refused.state in ("timed out", "damaged", "too large", "no text")


@pytest.mark.parametrize("watched", [False, True], ids=["limited", "watched as on macOS"])
def test_a_page_that_breaks_the_reader_costs_that_page_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    monkeypatch.setattr("runtime.reading.document.WATCHED", watched)
    good = pdfs.flate_bomb(tmp_path / "bomb.pdf").read_bytes()
    bomb = good[good.index(b"4 0 obj\n") + 8 : good.index(b"\nendobj\n5 0 obj")]
    text = b"BT /F1 11 Tf 72 720 Td (A page to be read.) Tj ET"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    path = pdfs.raw(
        tmp_path / "a.pdf",
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 6 0 R 7 0 R]/Count 3>>",
            page % 8,
            bomb,
            pdfs.FONT,
            page % 4,
            page % 8,
            b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        ],
    )
    pages = read(path, limits=Limits(memory_bytes=600 << 20))
    assert [p.state for p in pages] == ["text", "damaged", "text"]


def test_a_pages_picture_shows_the_marked_place(tmp_path: Path) -> None:
    path = pdfs.paragraphs(tmp_path / "a.pdf", [TEXT])
    box = read(path)[0].paragraphs[0].boxes[0]
    plain, marked = (Image.open(BytesIO(render_page(path, 1, 600, boxes))).convert("RGB") for boxes in ([], [box]))
    assert plain.width == marked.width == 600
    scale = 600 / pdfs.WIDTH
    inside = (int(box.right * scale) + 1, int(box.top * scale) - 1)
    assert plain.getpixel(inside) == (255, 255, 255)
    assert marked.getpixel(inside) != (255, 255, 255)


def test_a_long_document_read_in_two_parts_gives_the_pages_of_one_read_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pdfs.book(tmp_path / "a.pdf", 150)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with open_pdf(path) as pdf:
        assert len(pdf._children) == 2
        two = list(pdf.pages())
    with open_pdf(path) as pdf:
        late = list(pdf.pages(40))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with open_pdf(path) as pdf:
        assert len(pdf._children) == 1
        one = list(pdf.pages())
    assert two == one
    assert late == one[39:]
    assert [page.number for page in one] == list(range(1, 151))


def test_a_child_that_dies_half_way_is_followed_by_another(tmp_path: Path) -> None:
    path = pdfs.book(tmp_path / "a.pdf", 400)
    with open_pdf(path) as pdf:
        pages = []
        for page in pdf.pages():
            pages.append(page)
            if page.number == 60:
                for child in pdf._children.values():
                    child.process.end()
    assert [page.number for page in pages] == list(range(1, 401))
    assert sum(page.state == "text" for page in pages) >= 398


def test_a_bookmark_finds_its_line_among_lines_that_hold_line_feeds() -> None:
    texts = ("a\nb", "2.1 The Pump", "Other words", "The pump\nhere")
    style = Style(10, False, False, 0, "")
    lines = [Line([Word(text, 0, 0, 1, 1, 1, 10, style, False, n, n)]) for n, text in enumerate(texts)]
    headings = Headings([], [("The Pump", 1, 7)])
    assert headings.heads(7, lines) == {id(lines[1])}
    assert headings.heads(8, lines) == headings.heads(7, []) == set()


def test_a_bookmark_finds_its_line_however_many_others_lead_to_the_page() -> None:
    style = Style(10, False, False, 0, "")
    lines = [Line([Word(f"Part {n}", 0, 0, 1, 1, 1, 10, style, False, n, n)]) for n in range(4)]
    titles = ["Part 2", *(f"Other {n}" for n in range(2 * MANY_TITLES))]
    assert Headings([], [(title, 1, 7) for title in titles]).heads(7, lines) == {id(lines[2])}


def signs_without_their_font(path: Path) -> Path:
    """A line in each of four scripts, and below them signs that are drawn one by one, across and downwards."""
    if importlib.util.find_spec(CJK_FONT) is None:
        raise Missing(f"the package {CJK_FONT}")
    with drawing(path) as page:
        put(page, 72, 100, "迟延交货的违约金", cid("STSong-Light"), 14)
        put(page, 72, 130, "遲延交貨的違約金", cid("MSung-Light"), 14)
        put(page, 72, 160, "賃料は月額八万円", cid("HeiseiMin-W3"), 14)
        put(page, 72, 190, "부두요금은하루에", cid("HYSMyeongJo-Medium"), 14)
        for number, sign in enumerate("敷金二月分"):
            put(page, 72 + 60 * number, 300, sign, cid("HeiseiMin-W3"), 14)
            put(page, 450, 400 + 18 * number, sign, cid("HeiseiMin-W3"), 14)
    return path


def test_signs_of_which_the_file_lacks_the_font_are_drawn(tmp_path: Path) -> None:
    drawn = Image.open(BytesIO(render_page(signs_without_their_font(tmp_path / "a.pdf"), 1, 600))).convert("L")
    scale = 600 / pdfs.WIDTH
    for down in (100, 130, 160, 190):
        for sign in range(8):
            left, top = (72 + 14 * sign) * scale, (down - 14) * scale
            place = drawn.crop((round(left), round(top), round(left + 14 * scale), round(top + 20 * scale)))
            assert min(place.tobytes()) < 128, (down, sign)


def test_signs_drawn_one_by_one_in_a_font_that_the_file_lacks_are_read(tmp_path: Path) -> None:
    (page,) = read(signs_without_their_font(tmp_path / "a.pdf"))
    text = body(page)
    assert text.count("敷金二月分") == 1
    assert [sign for sign in "敷金二月分" if text.count(sign) < 2] == []


def test_a_document_is_read_however_many_files_its_process_has_open(tmp_path: Path) -> None:
    path = pdfs.paragraphs(tmp_path / "kiln.pdf", ["The kiln is fired at 940 degrees."])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 2048), limits[1]))
    try:
        with ExitStack() as opened:
            for _ in range(1100):
                opened.enter_context(Path(os.devnull).open())
            assert "940 degrees" in " ".join(map(body, read(path)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
