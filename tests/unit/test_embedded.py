"""Files in PDFs: what they are called, their bytes, and documents that are no more than a cover around them."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.reading import document, embedded
from runtime.reading.document import Attachment, Limits, PdfError, open_pdf, read_attachment
from runtime.reading.embedded import CHUNK, count_marked
from tests import pdfs
from tests.annotated import Sheets, holding

COVER = (
    "For the best experience, open this PDF portfolio in Acrobat X or Adobe Reader X, or later. Get Adobe Reader Now!"
)
PLEASE_WAIT = "Please wait... You can upgrade to the latest version of Adobe Reader by visiting its maker's page."


def made(
    path: Path, draw: Callable[[Sheets], Sequence[int] | None], catalog: bytes = b"", text: str = "A page to be read."
) -> Path:
    """A page with files, of which those that `draw` gives are the document's."""
    page = Sheets()
    for number, line in enumerate(pdfs.wrapped(text, 90)):
        page.put(72, 60 + 14 * number, line)
    return page.save(path, catalog + holding(draw(page) or ()))


def inner(path: Path) -> bytes:
    return pdfs.paragraphs(path / "inner.pdf", ["A document in a document."]).read_bytes()


def attachments(path: Path) -> tuple[Attachment, ...]:
    with open_pdf(path) as pdf:
        return pdf.attached.files


def taken_out(path: Path, index: int, limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
    target = path.with_suffix(".out")
    read_attachment(path, index, target, limits)
    return target.read_bytes()


def test_files_of_the_document_and_of_its_pages_are_listed_and_taken_out(tmp_path: Path) -> None:
    content = inner(tmp_path)

    def draw(page: Sheets) -> Sequence[int]:
        at_page = page.file("rates.xls", b"sheet")
        page.note("FileAttachment", (72, 100, 90, 118), "The rates", "Ann", b"/FS %d 0 R" % at_page)
        twice = page.file("lease", content)
        page.note("FileAttachment", (72, 130, 90, 148), entries=b"/FS %d 0 R" % twice)
        return [twice, page.file("Plan.PDF", b"not yet one"), page.file("notes.txt", b"notes")]

    path = made(tmp_path / "a.pdf", draw)
    assert attachments(path) == (
        Attachment("lease.pdf", len(content), True),
        Attachment("Plan.PDF", 11, True),
        Attachment("notes.txt", 5, False),
        Attachment("rates.xls", 5, False),
    )
    assert [taken_out(path, n) for n in range(4)] == [content, b"not yet one", b"notes", b"sheet"]
    with open_pdf(path) as pdf:
        assert [p.text for page in pdf.pages() for p in page.paragraphs][1] == "Note by Ann: The rates"


def test_a_document_without_files_starts_no_child_to_look_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_pdf(pdfs.paragraphs(tmp_path / "a.pdf", ["No more."])) as pdf:
        monkeypatch.setattr(document, "_Child", None)
        assert pdf.attached.files == ()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["a.pdf", "A.pdf", "a.pdf"], ["a.pdf", "A (2).pdf", "a (3).pdf"]),
        (["a (2).pdf", "a.pdf", "a.pdf"], ["a (2).pdf", "a.pdf", "a (3).pdf"]),
        (["../../etc/passwd", "C:\\temp\\b.doc"], ["passwd", "b.doc"]),
        (["..", "", "/", "\u202e", "."], ["attachment", *(f"attachment ({n})" for n in (2, 3, 4, 5))]),
        (["fdp\u202e.exe", "a\r\n b\0.txt", ".profile"], ["fdp.exe", "a b.txt", "profile"]),
        (["x" * 300 + ".pdf"], ["x" * 196 + ".pdf"]),
        (["x" * 300, "x" * 301], ["x" * 200, "x" * 196 + " (2)"]),
        (["données.pdf", "資料.pdf"], ["données.pdf", "資料.pdf"]),
    ],
)
def test_names_are_safe_and_distinct(tmp_path: Path, given: list[str], shown: list[str]) -> None:
    path = made(tmp_path / "a.pdf", lambda page: [page.file(name, b"abc") for name in given])
    assert [file.name for file in attachments(path)] == shown


@pytest.mark.parametrize(
    ("entries", "content", "is_pdf"),
    [
        (b"/Type/EmbeddedFile", b"\n%PDF-1.7 and so on", True),
        (b"/Type/EmbeddedFile/Subtype/application#2Fpdf", b"locked", True),
        (b"/Type/EmbeddedFile", bytes(2000) + b"%PDF-1.7", False),
        (b"/Type/EmbeddedFile/Subtype/text#2Fplain", b"text", False),
    ],
)
def test_a_pdf_is_known_by_its_type_or_its_first_bytes(
    tmp_path: Path, entries: bytes, content: bytes, is_pdf: bool
) -> None:
    path = made(tmp_path / "a.pdf", lambda page: [page.file("letter", content, entries)])
    assert [file.is_pdf for file in attachments(path)] == [is_pdf]


def test_a_file_that_is_stored_as_it_is_or_in_other_ways_is_taken_out(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3 * CHUNK + 7)

    def draw(page: Sheets) -> Sequence[int]:
        ways = {
            b"": content,
            b"/Filter[/ASCIIHexDecode/FlateDecode]": zlib.compress(content).hex().encode() + b">",
            b"/Filter/FlateDecode/DecodeParms<</Predictor 1>>": zlib.compress(content),
        }
        streams = [
            page.add(b"<</Type/EmbeddedFile%s/Length %d>>stream\n%s\nendstream" % (way, len(data), data))
            for way, data in ways.items()
        ]
        return [page.add(b"<</Type/Filespec/F(a.bin)/EF<</F %d 0 R>>>>" % stream) for stream in streams]

    path = made(tmp_path / "a.pdf", draw)
    assert [taken_out(path, n) == content for n in range(3)] == [True] * 3


def test_marks_of_files_are_counted_wherever_they_stand(tmp_path: Path) -> None:
    mark = b"/EmbeddedFile"
    for length in range(CHUNK - 15, CHUNK + 3):
        (tmp_path / "a").write_bytes(b"." * length + mark + b" /EmbeddedFiles " + mark + b"/")
        with (tmp_path / "a").open("rb") as file:
            assert count_marked(file.fileno()) == 2


# Bad input


def test_of_10_000_files_the_first_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", lambda page: [page.file(f"{n}.pdf", b"%PDF-") for n in range(10_000)])
    with open_pdf(path) as pdf:
        assert len(pdf.attached.files) == 1000
        assert pdf.attached.note == "9,000 more attached files are left out."
        assert [page.state for page in pdf.pages()] == ["text"]


def test_pages_on_which_files_are_not_looked_for_in_time_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "SEARCH_SECONDS", 0.0)

    def draw(page: Sheets) -> Sequence[int]:
        page.turn_page()
        page.note("FileAttachment", (72, 100, 90, 118), entries=b"/FS %d 0 R" % page.file("b.txt", b"b"))
        return [page.file("a.txt", b"a")]

    with made(tmp_path / "a.pdf", draw).open("rb") as file:
        files = embedded.EmbeddedFiles(file.fileno())
        assert [[one.name for one in files.listed()[0]], files.not_searched] == [["a.txt"], 2]
    frame = {"files": [], "others": 0, "not_searched": 2, "is_portfolio": False}
    assert document._attachments(frame).note == "Files that are attached to pages were not looked for from page 2 on."


def test_a_tree_of_names_that_goes_round_in_circles_has_each_file_once(tmp_path: Path) -> None:
    page = Sheets()
    page.put(72, 60, "A page to be read.")
    above, below, file = page.add(b""), page.add(b""), page.file("a.txt", b"abc")
    page.objects[above - 1] = b"<</Kids[%d 0 R %d 0 R 7 null]>>" % (below, above)
    page.objects[below - 1] = b"<</Kids[%d 0 R]/Names[(x)%d 0 R(y)%d 0 R(z)7(q)]>>" % (above, file, file)
    page.save(tmp_path / "a.pdf", b"/Names<</EmbeddedFiles %d 0 R>>" % above)
    assert [file.name for file in attachments(tmp_path / "a.pdf")] == ["a.txt"]


def test_a_list_that_takes_too_long_is_an_error_and_the_pages_are_read(tmp_path: Path) -> None:
    page = Sheets()
    page.put(72, 60, "A page to be read.")
    one, other, file = page.add(b""), page.add(b""), page.file("a.txt", b"abc")
    page.objects[one - 1], page.objects[other - 1] = b"%d 0 R" % other, b"%d 0 R" % one
    page.save(tmp_path / "a.pdf", b"/Names<</EmbeddedFiles<</Names[(a)%d 0 R(b)%d 0 R]>>>>" % (file, one))
    with open_pdf(tmp_path / "a.pdf", Limits(page_seconds=2)) as pdf:
        with pytest.raises(PdfError) as refused:
            _ = pdf.attached.files
        assert refused.value.state == "timed out"
        assert [page.state for page in pdf.pages()] == ["text"]


def bomb(page: Sheets, times: int = 1) -> int:
    """4 GB of zeros in 4 MB, or in less by more compression; its specification."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = b"\x78\xda" + block * 4096 + packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    filters = b"/FlateDecode" * times
    stream = page.add(b"<</Type/EmbeddedFile/Filter[%s]/Length %d>>stream\n%s\nendstream" % (filters, len(data), data))
    return page.add(b"<</Type/Filespec/F(bomb.pdf)/EF<</F %d 0 R>>>>" % stream)


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_that_unpacks_to_more_than_the_limit_is_too_large_and_leaves_nothing(tmp_path: Path, times: int) -> None:
    path = made(tmp_path / "a.pdf", lambda page: [bomb(page, times), page.file("b.txt", b"whole")])
    assert [file.name for file in attachments(path)] == ["bomb.pdf", "b.txt"]
    limits = replace(Limits(), bytes=16 << 20, memory_bytes=600 << 20)
    with pytest.raises(PdfError) as refused:
        taken_out(path, 0, limits)
    assert refused.value.state == "too large"
    assert not path.with_suffix(".out").exists()
    assert taken_out(path, 1, limits) == b"whole"


def test_a_file_that_breaks_off_or_that_is_not_there_is_told(tmp_path: Path) -> None:
    data = zlib.compress(random.Random(1).randbytes(10_000))[:5000]

    def draw(page: Sheets) -> Sequence[int]:
        stream = page.add(b"<</Type/EmbeddedFile/Filter/FlateDecode/Length 5000>>stream\n%s\nendstream" % data)
        return [page.add(b"<</Type/Filespec/F(half.bin)/EF<</F %d 0 R>>>>" % stream)]

    path = made(tmp_path / "a.pdf", draw)
    for index, reason in ((0, "breaks off"), (1, "holds no file number 2")):
        with pytest.raises(PdfError, match=reason) as refused:
            taken_out(path, index)
        assert refused.value.state == "damaged"
        assert not path.with_suffix(".out").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"files": 7},
        {"files": [["a.txt", "many", False]]},
        {"files": [["a.txt"]]},
        {"others": None},
        {"is_portfolio": True, "not_searched": "x"},
    ],
)
def test_a_child_that_gives_another_list_than_it_may_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    answer = document._Child.answer

    def other(child: document._Child, seconds: float, what: str) -> bytes:
        frame = json.loads(answer(child, seconds, what))
        return json.dumps({**frame, **wrong} if "files" in frame else frame).encode()

    monkeypatch.setattr(document._Child, "answer", other)
    with pytest.raises(PdfError) as refused:
        attachments(made(tmp_path / "a.pdf", lambda page: [page.file("a.txt", b"abc")]))
    assert refused.value.state == "damaged"


# States


@pytest.mark.parametrize("text", [COVER, ""], ids=["Adobe's notice", "no text"])
def test_a_portfolio_in_which_there_is_a_pdf_is_read_without_the_words_of_its_cover(tmp_path: Path, text: str) -> None:
    def draw(page: Sheets) -> Sequence[int]:
        return [page.file("a.txt", b"abc"), page.file("b.pdf", inner(tmp_path))]

    with open_pdf(made(tmp_path / "a.pdf", draw, b"/Collection<<>>", text)) as pdf:
        assert [(page.state, page.paragraphs) for page in pdf.pages()] == [("blank", ())]
        assert [pdf.attached.is_portfolio, *(file.name for file in pdf.attached.files)] == [True, "a.txt", "b.pdf"]


def test_a_portfolio_without_a_pdf_and_without_words_of_its_own_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "a.pdf", lambda page: [page.file("a.xls", b"abc")], b"/Collection<<>>", COVER)
    with open_pdf(path) as pdf, pytest.raises(PdfError, match="a cover around attached files") as refused:
        list(pdf.pages())
    assert refused.value.state == "portfolio"
    assert "Save the files" in refused.value.remedy


@pytest.mark.parametrize(
    ("catalog", "text"),
    [
        (b"", COVER),
        (b"/Collection<<>>", "The lease of the boathouse, with its annexes."),
        (b"/Collection<<>>", f"{COVER} " * 12),
    ],
    ids=["no portfolio", "a cover with words of its own", "many words"],
)
def test_any_other_page_around_files_keeps_its_words(tmp_path: Path, catalog: bytes, text: str) -> None:
    with open_pdf(made(tmp_path / "a.pdf", lambda page: [page.file("a.xls", b"abc")], catalog, text)) as pdf:
        assert [page.state for page in pdf.pages()] == ["text"]


def xfa(path: Path, text: str, *, needs_rendering: bool, fields: bool = False, pages: int = 1) -> Path:
    page = Sheets()
    for number in range(pages):
        if number:
            page.turn_page()
        page.put(72, 60, text)
    if fields:
        page.value("a", (72, 90, 300, 110), "A value")
    form = b"/XFA %d 0 R" % page.add(pdfs.stream(b"<xdp/>"))
    return page.save(path, b"/NeedsRendering true" if needs_rendering else b"", form)


@pytest.mark.parametrize(
    ("text", "needs_rendering"), [(PLEASE_WAIT, True), (PLEASE_WAIT, False), ("Bitte warten", True)]
)
def test_a_form_that_needs_another_viewer_is_refused_with_a_remedy(
    tmp_path: Path, text: str, needs_rendering: bool
) -> None:
    with pytest.raises(PdfError, match="XFA form") as refused:
        open_pdf(xfa(tmp_path / "a.pdf", text, needs_rendering=needs_rendering))
    assert refused.value.state == "xfa form"
    assert "print it to a new PDF" in refused.value.remedy


@pytest.mark.parametrize(("needs_rendering", "fields", "pages"), [(False, False, 1), (True, True, 1), (True, False, 2)])
def test_a_form_that_has_fields_or_words_of_its_own_is_read(
    tmp_path: Path, needs_rendering: bool, fields: bool, pages: int
) -> None:
    path = xfa(tmp_path / "a.pdf", "Claim for damage", needs_rendering=needs_rendering, fields=fields, pages=pages)
    with open_pdf(path) as pdf:
        texts = [paragraph.text for page in pdf.pages() for paragraph in page.paragraphs]
    assert texts[0] == "Claim for damage"
    assert ("A value" in texts) == fields
