"""PDFs that the tests write themselves: ordinary ones with ReportLab, odd and hostile ones by hand."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
MARGIN = 72

SUBJECTS = "lathe valve turbine ledger orchard glacier harbour telescope violin kiln reactor compass".split()
VERBS = "measures adjusts repels follows encloses supports divides records lifts cools".split()
THINGS = "pressure rainfall velvet granite salinity torque moonlight barley copper amber".split()


def sentence(number: int) -> str:
    """A sentence that is different for each number."""
    r = random.Random(number)
    return (
        f"The {r.choice(SUBJECTS)} numbered {number} {r.choice(VERBS)} the {r.choice(THINGS)} "
        f"before the {r.choice(SUBJECTS)} {r.choice(VERBS)} any {r.choice(THINGS)}."
    )


def canvas(path: Path, **options: object) -> Canvas:
    return Canvas(str(path), pagesize=A4, invariant=1, **options)


def wrapped(text: str, columns: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > columns:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


PITCH = 13.75
"""Points between lines of 11-point text."""


def draw(
    page: Canvas, lines: Sequence[str], left: float = MARGIN, top: float = HEIGHT - MARGIN, size: float = 11
) -> float:
    """Draw lines downwards; return where the next would be."""
    page.setFont("Helvetica", size)
    for line in lines:
        page.drawString(left, top, line)
        top -= size * PITCH / 11
    return top


def paragraphs(path: Path, texts: Sequence[str], title: str = "") -> Path:
    """One page, or as many as needed; each text is a wrapped paragraph with a gap after it."""
    page = canvas(path)
    page.setTitle(title)
    top = HEIGHT - MARGIN
    for text in texts:
        lines = wrapped(text, 80)
        if top < len(lines) * PITCH:
            page.showPage()
            top = HEIGHT - MARGIN
        top = draw(page, lines, top=top) - 10
    page.showPage()
    page.save()
    return path


def book(
    path: Path,
    pages: int,
    *,
    title: str = "The Book of Instruments",
    seed: int = 0,
    running: bool = True,
    preface: int = 0,
) -> Path:
    """Pages of distinct prose, a heading every third page, an outline, a running header and page numbers. Where the
    first are a preface, the file calls them i, ii and so on, and counts the others from 1."""
    page = canvas(path)
    page.setTitle(title)
    if preface:
        page.addPageLabel(0, "ROMAN_LOWER")
        page.addPageLabel(preface, "ARABIC")
    for number in range(1, pages + 1):
        if running:
            draw(page, [f"{title} - a running header"], top=HEIGHT - 40, size=9)
            draw(page, [str(number)], left=WIDTH / 2, top=30, size=9)
        top = HEIGHT - MARGIN
        if number % 3 == 1:
            name = f"Chapter {number // 3 + 1} On {SUBJECTS[number % len(SUBJECTS)]}s"
            page.bookmarkPage(f"p{number}")
            page.addOutlineEntry(name, f"p{number}", 0)
            page.setFont("Helvetica-Bold", 18)
            page.drawString(MARGIN, top, name)
            top -= 34
        for paragraph in range(4):
            text = " ".join(sentence(seed + number * 100 + paragraph * 10 + i) for i in range(4))
            top = draw(page, wrapped(text, 80), top=top) - 10
        page.showPage()
    page.save()
    return path


def long(path: Path, pages: int) -> Path:
    """Pages with one sentence each."""
    page = canvas(path)
    page.setTitle("A Long Register")
    for number in range(1, pages + 1):
        draw(page, [sentence(number * 100)])
        page.showPage()
    page.save()
    return path


def labelled(path: Path, texts: Sequence[str]) -> Path:
    """A page for each text: the file calls the first two i and ii, the last A-3, and counts those between from 1."""
    page = canvas(path)
    page.addPageLabel(0, "ROMAN_LOWER")
    page.addPageLabel(2, "ARABIC")
    page.addPageLabel(len(texts) - 1, "ARABIC", 3, "A-")
    for text in texts:
        draw(page, wrapped(text, 80))
        page.showPage()
    page.save()
    return path


def named(path: Path, name: str) -> Path:
    """A page that the file calls by this name."""
    page = canvas(path)
    page.addPageLabel(0, prefix=name)
    draw(page, [sentence(1)])
    page.showPage()
    page.save()
    return path


def two_columns(path: Path, left: Sequence[str], right: Sequence[str], *, by_row: bool) -> Path:
    """A page of two columns of lines, drawn column by column or row by row."""
    page = canvas(path)
    page.setFont("Helvetica", 11)
    cells = [(72, i, text) for i, text in enumerate(left)] + [(320, i, text) for i, text in enumerate(right)]
    for x, row, text in sorted(cells, key=lambda cell: cell[1]) if by_row else cells:
        page.drawString(x, HEIGHT - MARGIN - 14 * row, text)
    page.showPage()
    page.save()
    return path


def picture(path: Path, *, pages: int = 1) -> Path:
    """Pages that are a photograph of text."""
    image = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(image).text((20, 80), "This is a picture of text.", fill="black")
    page = canvas(path)
    for _ in range(pages):
        page.drawImage(ImageReader(image), 72, 500, 400, 130)
        page.showPage()
    page.save()
    return path


def scanned(path: Path, lines: Sequence[str], then: Sequence[str] = ()) -> Path:
    """A page that is a scan of these lines and, below a gap, of others."""
    image = Image.new("L", (1240, 1754), 255)
    font, paper = ImageFont.load_default(28), ImageDraw.Draw(image)
    for number, line in enumerate([*lines, "", "", *then]):
        paper.text((120, 150 + 42 * number), line, fill=0, font=font)
    page = canvas(path)
    page.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    page.showPage()
    page.save()
    return path


def joined(path: Path, parts: Sequence[Path]) -> Path:
    """The pages of several files."""
    whole = pypdfium2.PdfDocument.new()
    for part in parts:
        whole.import_pages(pypdfium2.PdfDocument(part))
    whole.save(path)
    return path


def blank(path: Path) -> Path:
    page = canvas(path)
    page.showPage()
    page.save()
    return path


def encrypted(path: Path, text: str, *, user: str) -> Path:
    """A file with an owner password; `user` '' makes it readable for everyone."""
    page = canvas(path, encrypt=StandardEncryption(user, ownerPassword="owner", strength=128))
    draw(page, wrapped(text, 80))
    page.showPage()
    page.save()
    return path


def rotated(path: Path, text: str) -> Path:
    """A page that viewers rotate by 90 degrees, drawn so that the text is then upright."""
    page = canvas(path)
    page.setPageRotation(90)
    page.rotate(90)
    draw(page, wrapped(text, 80), left=72, top=-72)
    page.showPage()
    page.save()
    return path


def in_form(path: Path, text: str) -> Path:
    """Text inside a Form XObject."""
    page = canvas(path)
    page.beginForm("form")
    draw(page, wrapped(text, 80))
    page.endForm()
    page.doForm("form")
    page.showPage()
    page.save()
    return path


def raw(path: Path, objects: Sequence[bytes]) -> Path:
    """A file of numbered objects, the first its catalogue."""
    out = BytesIO()
    out.write(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, entries))
    out.write(b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    path.write_bytes(out.getvalue())
    return path


FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def raw_page(path: Path, stream: bytes, filters: bytes = b"", font: bytes = FONT) -> Path:
    return raw(
        path,
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            b"<</Length %d%s>>stream\n%s\nendstream" % (len(stream), filters, stream),
            font,
        ],
    )


def sized(path: Path, pages: Sequence[bytes], text: str = "") -> Path:
    """A page for each of these entries of its dictionary, such as /MediaBox, with a text at 100, 600."""
    parents = b"<</Type/Pages/Kids[%s]/Count %d>>" % (
        b" ".join(b"%d 0 R" % (5 + n) for n in range(len(pages))),
        len(pages),
    )
    page = b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>>>%s>>"
    content = stream(b"BT /F1 20 Tf 100 600 Td (%s) Tj ET" % text.encode())
    return raw(path, [b"<</Type/Catalog/Pages 2 0 R>>", parents, content, FONT, *(page % one for one in pages)])


def among(
    path: Path,
    content: bytes,
    *,
    size: tuple[int, int] = (612, 792),
    resources: bytes = b"",
    others: Sequence[bytes] = (),
    font: bytes = b"Helvetica",
) -> Path:
    """A page between two of ordinary text. `others` are the objects from number 9 on, to which `resources` refer;
    the font is number 8."""
    text = b"BT /F1 11 Tf 72 720 Td (A page to be read.) Tj ET"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R/Resources<</Font<</F1 8 0 R>>%s>>>>"
    return raw(
        path,
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 4 0 R 5 0 R]/Count 3>>",
            page % (612, 792, 6, b""),
            page % (*size, 7, resources),
            page % (612, 792, 6, b""),
            stream(text),
            stream(content),
            b"<</Type/Font/Subtype/Type1/BaseFont/%s>>" % font,
            *others,
        ],
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream, with entries of its dictionary."""
    data = zlib.compress(content, 1)
    return b"<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def shifted(path: Path, text: str) -> Path:
    """Text whose letters come out three further on in the alphabet: a font without a Unicode map."""
    moved = "".join(chr((ord(c) - 97 + 3) % 26 + 97) if "a" <= c <= "z" else c for c in text.lower())
    lines = b"".join(b"(%s) Tj 0 -14 Td\n" % line.encode() for line in wrapped(moved, 80))
    return raw_page(path, b"BT /F1 11 Tf 72 720 Td\n" + lines + b"ET")


def scattered_boxes(path: Path) -> Path:
    """2,000 words at random places: 14 kB on which pdfminer.six's default grouping takes minutes."""
    r = random.Random(1)
    words = [
        f"BT /F1 6 Tf {r.randrange(10, 590)} {r.randrange(10, 780)} Td ({r.choice(SUBJECTS)}) Tj ET"
        for _ in range(2000)
    ]
    return raw_page(path, zlib.compress("\n".join(words).encode(), 9), b"/Filter/FlateDecode")


def flate_bomb(path: Path) -> Path:
    """2 GB of spaces in under 3 kB, through nested compression."""
    # One block of a megabyte, repeated: compressing them all would take ten seconds.
    packer, times, size = zlib.compressobj(9, wbits=-15), 2048, 1 << 20
    block = packer.compress(b" " * size) + packer.flush(zlib.Z_FULL_FLUSH)
    count, modulus = times * size, 65521
    low, high = 1 + 32 * count, count + 32 * count * (count + 1) // 2  # Adler-32 of that many spaces (RFC 1950)
    checksum = (high % modulus << 16) + low % modulus
    data = b"\x78\xda" + block * times + packer.flush() + checksum.to_bytes(4)
    data = zlib.compress(zlib.compress(data, 9), 9)
    return raw_page(path, data, b"/Filter[/FlateDecode/FlateDecode/FlateDecode]")


def truncated_flate(path: Path) -> Path:
    """Half of a compressed stream of 3 MB."""
    data = zlib.compress(random.Random(2).randbytes(3_000_000))
    return raw_page(path, data[: len(data) // 2], b"/Filter/FlateDecode")


def damaged(path: Path) -> Path:
    """The beginning of a PDF, followed by nonsense."""
    path.write_bytes(b"%PDF-1.7\n" + random.Random(3).randbytes(5_000))
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "2,000 scattered boxes": scattered_boxes,
    "a bomb of nested compression": flate_bomb,
    "a truncated compressed stream": truncated_flate,
}
