"""The handbook's PDFs: what their readers, human and machine, find in them."""

from __future__ import annotations

import ctypes
import io
import os
import re
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw
import pytest
from PIL import Image

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "markdown"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "pdfs"


Run = subprocess.CompletedProcess[str]


def build_process(source: Path, out: Path, **environment: str) -> Run:
    """Runs the builder as `make` does, in a process of its own."""
    return subprocess.run(
        [sys.executable, str(DOCS / "build.py"), str(out), str(source)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


@cache
def builder() -> dict[str, Any]:
    """What docs/build.py defines."""
    return runpy.run_path(str(DOCS / "build.py"))


def build(source: Path, out: Path) -> Run:
    """Runs the builder in this process."""
    arguments, said, wrong = [str(out), str(source)], io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(wrong):
        code: int = builder()["main"](arguments)
    return Run(arguments, code, said.getvalue(), wrong.getvalue())


def built(source: Path, out: Path, markdown: str) -> pypdfium2.PdfDocument:
    """The PDF of one page of Markdown."""
    (source / "page.md").write_text(markdown, encoding="utf-8")
    run = build(source, out)
    assert run.returncode == 0, run.stderr
    return pypdfium2.PdfDocument((out / "page.pdf").read_bytes())


def texts(pdf: pypdfium2.PdfDocument) -> list[str]:
    """Each page's text layer, lines apart by a newline, its footer taken off."""
    return [page.get_textpage().get_text_range().replace("\r\n", "\n").rsplit("\n", 1)[0] for page in pdf]


def words(pdf: pypdfium2.PdfDocument) -> str:
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in pdf))


def assert_in_order(text: str, parts: list[str]) -> None:
    position = 0
    for part in parts:
        found = text.find(part, position)
        assert found >= 0, f"{part!r} is not in the text after {text[max(0, position - 60) : position]!r}"
        position = found + len(part)


EVERYTHING = """\
# The *whole* language of `docs`

First paragraph with **bold**, *sloping* and ***both***, `code` and a
soft break.

> A quotation.
>
> - quoted item

## A section

1. one
2. two
   - inner
     1. deepest

   ```
   listed code
   ```
3. three

| left | right |
| --- | --: |
| cell `a` | 1 |
| **cell b** | 2 |

### Below it

```python
def plumb(line: str) -> None:
    drop(line)

        indented = True
```

#### Fourth

---

Last paragraph.
"""


def test_text_layer_holds_everything_in_reading_order(source: Path, out: Path) -> None:
    pdf = built(source, out, EVERYTHING)
    assert_in_order(
        words(pdf),
        [
            "The whole language of docs",
            "First paragraph with bold, sloping and both, code and a soft break.",
            "A quotation.",
            "• quoted item",
            "A section",
            "1. one 2. two • inner 1. deepest",
            "listed code",
            "3. three",
            "left right",
            "cell a 1",
            "cell b 2",
            "Below it",
            "def plumb(line: str) -> None: drop(line) indented = True",
            "Fourth",
            "Last paragraph.",
            "The whole language of docs 1",
        ],
    )


def test_headings_are_the_outline(source: Path, out: Path) -> None:
    pdf = built(source, out, EVERYTHING + "\n# Another part\n\n### Two levels below\n\nText.\n")
    assert [(entry.level, entry.get_title()) for entry in pdf.get_toc()] == [
        (0, "The whole language of docs"),
        (1, "A section"),
        (2, "Below it"),
        (3, "Fourth"),
        (0, "Another part"),
        (1, "Two levels below"),
    ]


def test_outline_entries_lead_to_their_pages(source: Path, out: Path) -> None:
    filler = "\n\n".join(f"Paragraph {number}. " + "word " * 60 for number in range(30))
    pdf = built(source, out, f"# Title\n\n{filler}\n\n## The end\n\nLast words.\n")
    pages = texts(pdf)
    entry = list(pdf.get_toc())[-1]
    destination = entry.get_dest()
    assert destination is not None
    assert destination.get_index() == len(pages) - 1
    assert "The end\nLast words." in pages[-1]


def test_metadata_names_title_author_and_subject(source: Path, out: Path) -> None:
    metadata = built(source, out, "# Übersicht → *alles*\n\nText.\n").get_metadata_dict()
    assert metadata["Title"] == "Übersicht → alles"
    assert metadata["Author"] == "Plumbline"
    assert metadata["Subject"] == "The Plumbline handbook"


@pytest.mark.parametrize("around", ["{}", "**{}**", "*{}*", "***{}***", "`{}`", "```\n{}\n```", "| {} |\n| --- |"])
def test_unicode_comes_back_out_as_it_went_in(source: Path, out: Path, around: str) -> None:
    characters = "→←↔≥≤≠≈×÷±–—“”‘’…é ü ß Å ø ñ € £ § µ σ λ Δ ∞ √ ½ ² ° ✓ ├ └ │ ─ • · < > & Δ"
    pdf = built(source, out, "# Title\n\n" + around.format(characters))
    assert re.sub(r"\s", "", characters) in re.sub(r"\s", "", words(pdf))


def test_header_row_is_repeated_on_each_page(source: Path, out: Path) -> None:
    rows = "".join(f"| row {number} | {'some words ' * 12}{number} |\n" for number in range(60))
    pages = texts(built(source, out, f"# Title\n\n| name | meaning |\n| --- | --- |\n{rows}"))
    assert len(pages) > 2
    assert all(page.startswith("name meaning") for page in pages[1:])
    text = "\n".join(pages)
    assert_in_order(text, [f"row {number} some words" for number in range(60)])


@pytest.mark.parametrize("cell", ["`a_name_that_is_long/with/no_space_to_break_at.py`", "many short words " * 9])
def test_cells_wrap_inside_the_page(source: Path, out: Path, cell: str) -> None:
    wide = "| " + " | ".join([cell] * 5) + " |"
    pdf = built(source, out, f"# Title\n\n| a | b | c | d | e |\n|---|---|---|---|---|\n{wide}\n")
    width = pdf[0].get_width()
    text = pdf[0].get_textpage()
    boxes = [text.get_charbox(index) for index in range(text.count_chars())]
    assert min(box[0] for box in boxes) > 70
    assert max(box[2] for box in boxes) < width - 70


def test_long_lines_of_code_wrap_and_lose_nothing(source: Path, out: Path) -> None:
    command = "python -m runtime search --questions a.jsonl --top 10 --json " + "--filter name=value " * 8
    address = "https://example.org/" + "path/" * 40
    pdf = built(source, out, f"# Title\n\n```\n{command}\n    {address}\n```\n")
    text = pdf[0].get_textpage()
    assert max(text.get_charbox(index)[2] for index in range(text.count_chars())) < pdf[0].get_width() - 70
    assert re.sub(r"\s", "", command + address) in re.sub(r"\s", "", texts(pdf)[0])


def test_a_long_listing_breaks_over_pages_and_keeps_its_indents(source: Path, out: Path) -> None:
    listing = "\n".join(f"{'    ' * (number % 3)}line {number};" for number in range(150))
    pages = texts(built(source, out, f"# Title\n\n```\n{listing}\n```\n"))
    assert len(pages) > 2
    assert re.findall(r"line \d+;", "\n".join(pages)) == re.findall(r"line \d+;", listing)
    assert "        line 5;" in pages[0] or re.search(r"^\s+line 5;", pages[0], re.MULTILINE)


def test_a_long_quotation_with_a_table_and_code_breaks_over_pages(source: Path, out: Path) -> None:
    inside = "\n\n".join(f"Quoted {number}. " + "word " * 90 for number in range(20))
    inside += "\n\n| a | b |\n|---|---|\n| c | d |\n\n```\ncode in it\n```\n\n## Heading in it\n\n* item in it"
    quotation = "\n".join(f"> {line}" for line in inside.split("\n"))
    pdf = built(source, out, f"# Title\n\n{quotation}\n\nAfter it.\n")
    assert len(pdf) > 2
    assert_in_order(
        words(pdf), [*(f"Quoted {n}." for n in range(20)), "a b c d", "code in it", "item in it", "After it."]
    )


def test_a_heading_never_ends_a_page(source: Path, out: Path) -> None:
    blocks = [
        "Text.",
        "| a | b |\n|---|---|\n" + "| c | d |\n" * 4,
        "```\n" + "code\n" * 8 + "```",
        "![Picture](picture.png)",
        "- item\n- item",
    ]
    Image.new("RGB", (600, 500), "#0e6377").save(source / "picture.png")
    parts = [
        f"## Section {number}\n\n### Part {number}\n\n{blocks[number % 5]}\n\n" + "Filler. " * (number * 7 % 60)
        for number in range(60)
    ]
    for page in texts(built(source, out, "# Title\n\n" + "\n\n".join(parts))):
        last = page.rstrip().rsplit("\n", 1)[-1]
        assert not re.match(r"(Section|Part) \d+$", last)


def test_pictures_fit_the_page_and_carry_their_caption(source: Path, out: Path) -> None:
    Image.new("RGB", (3000, 900), "#0e6377").save(source / "wide.png")
    Image.new("RGBA", (300, 4000), (10, 20, 30, 128)).save(source / "tall one.png")
    pdf = built(source, out, "# Title\n\n![A wide picture](wide.png)\n\n- ![A tall one](tall%20one.png)\n")
    pictures = [
        (found.get_bounds(), page.get_size())
        for page in pdf
        for found in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    ]
    assert len(pictures) == 2
    for (left, bottom, right, top), (width, height) in pictures:
        assert 70 < left < right < width - 70
        assert 70 < bottom < top < height - 65
    (left, bottom, right, top), _ = pictures[0]
    assert (right - left) / (top - bottom) == pytest.approx(3000 / 900, rel=0.01)
    assert_in_order(words(pdf), ["A wide picture", "A tall one"])


def web_addresses(page: pypdfium2.PdfPage) -> list[str]:
    """The addresses of the page's live links."""
    position, link = ctypes.c_int(0), pypdfium2.raw.FPDF_LINK()
    found = []
    while pypdfium2.raw.FPDFLink_Enumerate(page, position, link):
        action = pypdfium2.raw.FPDFLink_GetAction(link)
        size = pypdfium2.raw.FPDFAction_GetURIPath(page.pdf, action, None, 0)
        buffer = ctypes.create_string_buffer(size)
        pypdfium2.raw.FPDFAction_GetURIPath(page.pdf, action, buffer, size)
        found.append(buffer.value.decode())
    return found


def test_links_to_the_web_are_live_and_links_to_files_are_words(source: Path, out: Path) -> None:
    (source / "other.md").write_text("# Other\n", encoding="utf-8")
    pdf = built(
        source,
        out,
        "# Title\n\nSee [the site](https://example.org/?a=1&b=2), [the other page](other.md#other), "
        "[the end](#the-end-really).\n\n## The end: really!\n\n",
    )
    # Pdfium cuts no text: a link to a heading of the same page has no address.
    found = [address for address in web_addresses(pdf[0]) if address]
    assert found == ["https://example.org/?a=1&b=2"]
    assert "See the site, the other page, the end." in words(pdf)


def test_same_markdown_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "a copy in another place"
    elsewhere.mkdir()
    for folder in (source, elsewhere):
        (folder / "page.md").write_text(EVERYTHING + "\n![Picture](picture.png)\n", encoding="utf-8")
        Image.new("RGB", (40, 30), "#0e6377").save(folder / "picture.png")
    build_process(source, tmp_path / "first", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    build_process(elsewhere, tmp_path / "second", PYTHONHASHSEED="2", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1700000000")
    build(source, tmp_path / "third")
    first, second, third = ((tmp_path / name / "page.pdf").read_bytes() for name in ("first", "second", "third"))
    assert first == second == third


def test_an_unchanged_pdf_is_not_written_again(source: Path, out: Path) -> None:
    (source / "same.md").write_text("# Same\n", encoding="utf-8")
    (source / "edited.md").write_text("# Before\n", encoding="utf-8")
    assert build(source, out).stdout.splitlines() == ["written    edited.pdf", "written    same.pdf"]
    before = (out / "same.pdf").stat()
    (source / "edited.md").write_text("# After\n", encoding="utf-8")
    assert build(source, out).stdout.splitlines() == ["written    edited.pdf", "unchanged  same.pdf"]
    after = (out / "same.pdf").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(path.name for path in out.iterdir()) == ["edited.pdf", "same.pdf"]


def test_the_pdf_of_a_deleted_page_is_removed_and_the_users_own_stay(source: Path, out: Path) -> None:
    (source / "kept.md").write_text("# Kept\n", encoding="utf-8")
    (source / "gone.md").write_text("# Gone\n", encoding="utf-8")
    build(source, out)
    (out / "mine.pdf").write_bytes(b"%PDF-1.7 not the handbook's")
    (source / "gone.md").unlink()
    run = build(source, out)
    assert run.stdout.splitlines() == ["unchanged  kept.pdf", "removed    gone.pdf"]
    assert sorted(path.name for path in out.iterdir()) == ["kept.pdf", "mine.pdf"]


def test_a_users_pdf_of_the_same_name_is_not_overwritten(source: Path, out: Path) -> None:
    (source / "page.md").write_text("# Title\n", encoding="utf-8")
    out.mkdir()
    (out / "page.pdf").write_bytes(b"%PDF-1.7 not the handbook's")
    run = build(source, out)
    assert run.returncode == 1
    assert "page.pdf: this PDF is not from the handbook" in run.stderr
    assert (out / "page.pdf").read_bytes() == b"%PDF-1.7 not the handbook's"


@pytest.mark.parametrize(
    ("markdown", "line", "message"),
    [
        ("Two lines\nwith 漢 in it.", 4, "no embedded font has the character '漢' (U+6F22)"),
        ("```\nfine\n\nnot \N{GRINNING FACE} fine\n```", 6, "(U+1F600)"),
        ("| a | b |\n|---|---|\n| c | d |\n| e | 漢 |", 6, "(U+6F22)"),
        ("- item\n\n  1. 漢", 5, "(U+6F22)"),
        ("<div>raw</div>", 3, "HTML cannot be shown: <div>raw</div>"),
        ("| a | b |\n|---|---|\n| c | d |\n| e | <b>f</b> |", 6, "HTML cannot be shown: <b>"),
        ("A <b>bold</b> word.", 3, "HTML cannot be shown: <b>"),
        ("![Picture](nowhere.png)", 3, "picture nowhere.png: "),
        ("![Picture](broken.png)", 3, "picture broken.png: "),
        ("![Picture](cut.png)", 3, "picture cut.png: "),
        ("![Picture](https://example.org/a.png)", 3, "picture https://example.org/a.png: "),
        ("![](fine.png)", 3, "no text in its []"),
        ("Text ![Picture](fine.png) around it.", 3, "a picture must stand alone in its paragraph"),
        ("See [it](missing.md).", 3, "link to missing.md, which does not exist"),
        ("See [it](#missing).", 3, "link to #missing, which does not exist"),
        ("See [it](ftp://example.org/a).", 3, "link to ftp://example.org/a, which does not exist"),
    ],
)
def test_what_cannot_be_shown_is_an_error_that_names_its_line(
    source: Path, out: Path, markdown: str, line: int, message: str
) -> None:
    Image.new("RGB", (400, 300), "#0e6377").save(source / "fine.png")
    whole = (source / "fine.png").read_bytes()
    (source / "cut.png").write_bytes(whole[: len(whole) // 2])
    (source / "broken.png").write_bytes(b"no picture")
    (source / "bad.md").write_text(f"# Title\n\n{markdown}\n", encoding="utf-8")
    (source / "good.md").write_text("# Good\n", encoding="utf-8")
    run = build(source, out)
    assert run.returncode == 1
    assert f"bad.md:{line}: " in run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in out.iterdir()] == ["good.pdf"], "the other pages are built all the same"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"Only text.\n", "no heading"), (b"", "no heading"), (b"# T\xe9\n", "not UTF-8")],
)
def test_a_file_that_is_not_a_page_is_an_error(source: Path, out: Path, content: bytes, message: str) -> None:
    (source / "bad.md").write_bytes(content)
    run = build(source, out)
    assert (run.returncode, run.stdout) == (1, "")
    assert "bad.md" in run.stderr
    assert message in run.stderr


def test_a_folder_without_markdown_is_an_error_and_removes_nothing(source: Path, out: Path) -> None:
    (source / "page.md").write_text("# Title\n", encoding="utf-8")
    build(source, out)
    (source / "page.md").unlink()
    run = build_process(source, out)
    assert run.returncode == 1
    assert "no .md file in this folder" in run.stderr
    assert (out / "page.pdf").exists()


def test_comments_are_left_out(source: Path, out: Path) -> None:
    pdf = built(source, out, "# Title\n\n<!-- a note\nof two lines -->\n\nShown <!-- hidden --> text.\n")
    assert "note" not in words(pdf)
    assert "hidden" not in words(pdf)
    assert "Shown text." in words(pdf)


def test_the_handbook_itself_builds(out: Path) -> None:
    run = build_process(DOCS, out)
    assert run.returncode == 0, run.stderr
    assert sorted(path.stem for path in out.iterdir()) == sorted(path.stem for path in DOCS.glob("*.md"))


def test_no_name_in_the_handbooks_tables_is_broken_or_runs_into_the_next_column(out: Path) -> None:
    build(DOCS, out)
    for page in DOCS.glob("*.md"):
        rows = "".join(re.findall(r"^\|.*$", page.read_text(encoding="utf-8"), re.MULTILINE))
        shown = set(words(pypdfium2.PdfDocument(out / f"{page.stem}.pdf")).split())
        assert set(re.findall(r"\| `(\w+)` \|", rows)) <= shown, page
