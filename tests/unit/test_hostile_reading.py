"""Pages made to cost the reader its time or its memory: each is read, or told to be unreadable, and the pages before
and after it are read as ever."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from runtime.reading import drawing as looking
from runtime.reading.child import Reading
from runtime.reading.document import Limits, Page, PdfError, open_pdf
from runtime.reading.page import paragraphs
from runtime.reading.pdfium import Pdfium
from runtime.reading.words import RawPage
from tests import pdfs
from tests.reading_cases import dejavu, drawing, put

WORDS = "the of and reading room opens morning whoever wants volume asks desk sluice harbour ordinary".split()

SOON = Limits(page_seconds=8)
"""A page here takes the reader less than two seconds, and took more than ten where its time grew with a square."""


DOT = pdfs.stream(bytes(3), b"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB")
"""An image of one black dot."""


def at(x: float, y: float, words: str) -> bytes:
    return b"1 0 0 1 %.3f %.3f Tm (%s) Tj\n" % (x, y, words.encode())


def drawn(size: float, parts: Iterable[bytes]) -> bytes:
    return b"BT /F1 %.3f Tf\n%sET\n" % (size, b"".join(parts))


def read(path: Path, limits: Limits = SOON) -> list[Page]:
    with open_pdf(path, limits) as pdf:
        return list(pdf.pages())


def hostile_page(path: Path, limits: Limits = SOON) -> Page:
    """The second of three pages, the others read."""
    first, page, last = read(path, limits)
    assert [body(first), body(last)] == ["A page to be read."] * 2
    return page


def body(page: Page) -> str:
    return "\n".join(paragraph.text for paragraph in page.paragraphs)


def test_a_table_of_100_000_cells_on_a_page_is_read_as_a_table(tmp_path: Path) -> None:
    rows, columns = 1000, 100
    cells = [
        [f"n{c:03}" if r == 0 else f"{(r * 7919 + c * c * 31) % 10_000:04}" for c in range(columns)]
        for r in range(rows)
    ]
    # Each of these letters is 5.004 points wide.
    lines = [
        b"1 0 0 1 4 %d Tm [%s] TJ\n" % (20 * (rows - r) - 14, b" -2220.4 ".join(f"({cell})".encode() for cell in row))
        for r, row in enumerate(cells)
    ]
    path = pdfs.among(tmp_path / "a.pdf", drawn(9, lines), size=(40 * columns, 20 * rows))
    assert [p.text for p in hostile_page(path, Limits()).paragraphs] == [" | ".join(row) for row in cells]


def test_rows_carry_no_more_of_a_wide_tables_head_than_a_passage_takes(tmp_path: Path) -> None:
    rows = [[f"Column {n:03}" for n in range(400)]]
    rows += [[str((r * 7919 + n * 31) % 900 + 100) for n in range(400)] for r in range(4)]
    cells = [at(80 * n, 400 - 20 * r, cell) for r, row in enumerate(rows) for n, cell in enumerate(row)]
    table = hostile_page(pdfs.among(tmp_path / "a.pdf", drawn(9, cells), size=(32_400, 500))).paragraphs
    assert "Column 399" in table[0].text
    assert {len(paragraph.head) for paragraph in table} == {2000}


def test_a_page_with_200_000_characters_at_one_place_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    path = pdfs.among(tmp_path / "a.pdf", drawn(11, [at(72, 720, "a")] * 200_000))
    page = hostile_page(path, Limits())
    assert page.state == "text"
    assert set(body(page)) <= set("a \n")


def test_letters_drawn_one_by_one_are_words_on_a_page_that_is_read_in_parts(tmp_path: Path) -> None:
    r = random.Random(1)
    words = [r.choice(WORDS) for _ in range(6000)]
    letters = []
    x, y = 10.0, 3990.0
    for word in words:
        if x > 500:
            x, y = 10.0, y - 10
        for letter in word:  # of a width of 5 points
            letters.append(at(x, y, letter))
            x += 5
        x += 1.8
    path = pdfs.among(tmp_path / "a.pdf", drawn(8.333, letters), size=(612, 4000), font=b"Courier")
    assert len(letters) > 20_000
    assert body(hostile_page(path)).split() == words


def test_a_line_of_a_million_characters_is_read(tmp_path: Path) -> None:
    line = [at(72, 720, ""), *[b"(%s) Tj\n" % (b"word " * 20)] * 10_000, at(72, 600, "Another line.")]
    page = hostile_page(pdfs.among(tmp_path / "a.pdf", drawn(1, line), size=(800_000, 800)), Limits())
    assert body(page) == " ".join(["word"] * 200_000) + "\nAnother line."


def test_a_tree_of_100_000_pages_is_too_large_and_one_of_empty_pages_within_the_limit_is_read(tmp_path: Path) -> None:
    with pytest.raises(PdfError) as refused:
        read(tree(tmp_path / "a.pdf", 100_000))
    assert refused.value.state == "too large"
    assert "100,000 pages" in refused.value.reason
    states = [page.state for page in read(tree(tmp_path / "b.pdf", 3000))]
    assert states == ["text", *["blank"] * 2999]


def tree(path: Path, pages: int) -> Path:
    """A page with text, and others without content."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, pages + 3))
    content = drawn(11, [at(72, 720, "The only page with text.")])
    return pdfs.raw(
        path,
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 612 792]>>" % (kids, pages),
            b"<</Type/Page/Parent 2 0 R/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>>>>>" % (pages + 3, pages + 4),
            *[b"<</Type/Page/Parent 2 0 R>>"] * (pages - 1),
            pdfs.stream(content),
            pdfs.FONT,
        ],
    )


def one_line_backwards(path: Path) -> Path:
    """40,000 text objects of one line, the last first."""
    words = [at(6 * n, 500, WORDS[n % len(WORDS)][:2]) for n in reversed(range(40_000))]
    return pdfs.among(path, drawn(3, words), size=(340_000, 800))


def in_a_form(path: Path) -> Path:
    words = [at(6 * n, 500, WORDS[n % len(WORDS)][:2]) for n in reversed(range(40_000))]
    form = pdfs.stream(
        drawn(3, words), b"/Type/XObject/Subtype/Form/BBox[0 0 240000 800]/Resources<</Font<</F1 8 0 R>>>>"
    )
    return pdfs.among(path, b"/X Do", size=(340_000, 800), resources=b"/XObject<</X 9 0 R>>", others=[form])


def stairs(path: Path) -> Path:
    """A word a line, each farther to the right."""
    words = [at(30 * n, 10_000 - 10 * n, WORDS[n % len(WORDS)][:2]) for n in range(1000)]
    return pdfs.among(path, drawn(8, words), size=(30_100, 10_010))


def wide_rows(path: Path) -> Path:
    """Six rows of 6,000 columns."""
    r = random.Random(1)
    words = [at(40 * c, 130 - 20 * row, str(r.randrange(9999))) for row in range(6) for c in range(6000)]
    return pdfs.among(path, drawn(9, words), size=(240_000, 150))


def sparse_table(path: Path) -> Path:
    """Three rows of 5,000 cells, and 5,000 rows of one word that is as wide as all cells but the first."""
    cells = [at(40 * c, 100_000 - 20 * row, f"n{c}") for row in (1, 2, 3) for c in range(5000)]
    wide = [b"578000 Tz\n", *[at(54, 100_000 - 20 * row, "asserted") for row in range(4, 5004)]]
    return pdfs.among(path, drawn(9, [*cells, *wide]), size=(200_000, 100_090))


def divided_words(path: Path) -> Path:
    """24,000 lines that each end in a divided word."""
    lines = [b"8 TL 20 192000 Td\n", *[b"(divid-) Tj T* (ed and hyphe-) Tj T*\n"] * 12_000]
    return pdfs.among(path, drawn(6, lines), size=(600, 192_010))


def columns_with_gaps(path: Path) -> Path:
    """Two columns of prose, 600 times cut by a gap."""
    heights = [72 * block + 8 * line for block in range(600) for line in range(7)]
    words = [at(x, 72 * 600 - 10 - y, "so the line goes on as prose does here and") for y in heights for x in (20, 320)]
    return pdfs.among(path, drawn(6, words), size=(600, 72 * 600))


def rows_far_apart(path: Path) -> Path:
    """A table, and below it 3,000 lines at growing distances."""
    words = [at(x, 40_000 - 8 * row, "12") for row in range(5) for x in (20, 320)]
    words += [at(20, 39_960 - 11 * n + n % 2 * 3, "ab") for n in range(3000)]
    return pdfs.among(path, drawn(6, words), size=(600, 40_010))


def over_images(path: Path) -> Path:
    """24,000 words that are not drawn, over 13,464 images."""
    r = random.Random(1)
    images = [b"q 9 0 0 9 %d %d cm /X Do Q\n" % (x, y) for x in range(0, 612, 6) for y in range(0, 792, 6)]
    words = [at(r.random() * 590, r.random() * 780, f"w{n}") for n in range(24_000)]
    return pdfs.among(
        path, b"".join(images) + drawn(6, [b"3 Tr\n", *words]), resources=b"/XObject<</X 9 0 R>>", others=[DOT]
    )


TOO_COSTLY: dict[str, tuple[Callable[[Path], Path], int]] = {
    "one line backwards": (one_line_backwards, 40_000),
    "one line backwards in a form": (in_a_form, 40_000),
    "a word a line, each farther right": (stairs, 1000),
    "rows of 6,000 columns": (wide_rows, 36_000),
    "a table nearly all of whose cells are empty": (sparse_table, 19_990),
    "24,000 words divided at the end of a line": (divided_words, 24_001),
    "columns cut by 600 gaps": (columns_with_gaps, 84_000),
    "lines below a table at growing distances": (rows_far_apart, 3010),
    "a scan's words over 13,000 images": (over_images, 23_900),
}
"""Pages by what would take the reader too long, and their words at least."""


@pytest.mark.parametrize("name", TOO_COSTLY)
def test_a_page_made_to_take_long_is_read_in_time_with_its_words(tmp_path: Path, name: str) -> None:
    draw, words = TOO_COSTLY[name]
    page = hostile_page(draw(tmp_path / "a.pdf"))
    assert page.state == "text"
    assert len(body(page).replace("|", " ").split()) >= words


def test_a_page_that_takes_too_long_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    r = random.Random(1)
    words = drawn(1, [at(r.random() * 600, r.random() * 780, "word") for _ in range(40_000)])
    path = pdfs.among(tmp_path / "a.pdf", words)
    with open_pdf(path, Limits(page_seconds=3), "pdfminer") as pdf:
        assert [page.state for page in pdf.pages()] == ["text", "timed out", "text"]


def test_a_fault_of_the_readers_own_costs_that_page_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: RawPage, *rest: Any) -> list[dict[str, Any]]:
        if raw.words[0].text == "Deep":
            raise RecursionError("too deep")
        return paragraphs(raw, *rest)

    monkeypatch.setattr("runtime.reading.child.paragraphs", fail)
    with pdfs.among(tmp_path / "a.pdf", drawn(11, [at(72, 720, "Deep")])).open("rb") as file:
        reading = Reading(file.fileno(), "auto", 10)
        assert [reading.page(number)["state"] for number in (1, 2, 3)] == ["text", "damaged", "text"]


@pytest.mark.parametrize("signs", ["¹²³¹²³", "①②③④⑤⑥"], ids=["raised", "circled"])
def test_superscript_and_circled_numbers_stay_beside_their_lines(tmp_path: Path, signs: str) -> None:
    with drawing(tmp_path / "a.pdf") as page:
        for row, sign in enumerate(signs):
            put(page, 72, 100 + 14 * row, sign, dejavu())
            put(page, 110, 100 + 14 * row, f"What is said of it in line {row}")
    (read_page,) = read(tmp_path / "a.pdf")
    assert all(sign in body(read_page) for sign in signs)


def test_columns_that_all_count_are_a_table_and_no_numbers_of_lines(tmp_path: Path) -> None:
    with drawing(tmp_path / "a.pdf") as page:
        for row in range(1, 9):
            for column in (1, 2, 3):
                put(page, 100 * column, 100 + 14 * row, str(row * column))
    (read_page,) = read(tmp_path / "a.pdf")
    assert "8 | 16 | 24" in body(read_page)


# What nobody sees


def test_words_behind_the_first_20_000_objects_are_not_taken_for_covered(tmp_path: Path) -> None:
    dots = b"1 0 0 1 0 0 cm 0 0 1 1 re f\n" * looking.OBJECTS
    path = pdfs.among(
        tmp_path / "a.pdf", b".9 g 0 0 612 792 re f\n" + dots + b"0 g " + drawn(11, [at(72, 720, "Seen.")])
    )
    page = hostile_page(path)
    assert (body(page), page.hidden) == ("Seen.", {})


def test_words_that_are_cut_off_are_recognised_by_the_pages_picture_where_outlines_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "CLIP_SEGMENTS", 20)
    words = [
        b"q %d %d 60 20 re W n %s Q\n" % (x, y, drawn(11, [at(x + 5, y + 5 + off, f"w{x}")]))
        for y, off in ((100, 0), (300, 40))
        for x in range(0, 600, 60)
    ]
    with pdfs.among(tmp_path / "a.pdf", b"".join(words)).open("rb") as file:
        found = Pdfium(file.fileno()).page(2).words
    assert [word.style.hidden for word in found] == [""] * 10 + ["outside"] * 10


def test_words_count_as_seen_where_the_pages_picture_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b".9 g 0 0 612 792 re f\n" * 300 + b"q 0 0 9 9 re W n " + drawn(11, [at(72, 720, "Doubtful.")]) + b" Q"
    with pdfs.among(tmp_path / "a.pdf", content).open("rb") as file:
        for seconds, hidden in ((10.0, "outside"), (0.0, "")):
            monkeypatch.setattr(looking, "PICTURE_SECONDS", seconds)
            assert [word.style.hidden for word in Pdfium(file.fileno()).page(2).words] == [hidden]


NOBODY_SEES = drawn(
    11, [b"1 g\n", at(72, 720, "White on white."), at(72, -90, "Below the page."), b"3 Tr\n", at(72, 600, "Invisible.")]
)


@pytest.mark.parametrize(("below", "state"), [(b"", "blank"), (b"q 90 0 0 90 300 90 cm /X Do Q ", "image")])
def test_a_page_on_which_no_word_is_seen_is_none_of_text_and_its_words_are_counted(
    tmp_path: Path, below: bytes, state: str
) -> None:
    path = pdfs.among(tmp_path / "a.pdf", below + NOBODY_SEES, resources=b"/XObject<</X 9 0 R>>", others=[DOT])
    page = hostile_page(path)
    assert (page.state, page.reader, page.paragraphs) == (state, "none", ())
    assert page.hidden == {"background": 3, "outside": 3, "invisible": 1}


def test_a_document_of_which_no_word_is_seen_is_refused_with_their_number(tmp_path: Path) -> None:
    path = pdfs.raw_page(tmp_path / "a.pdf", NOBODY_SEES)
    with pytest.raises(PdfError, match="1 blank; 7 hidden words") as refused:
        read(path)
    assert refused.value.state == "no text"
