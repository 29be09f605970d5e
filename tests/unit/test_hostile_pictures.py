"""Pictures made to cost their reader its time or its memory, and broken ones: each page says so, keeps its own words,
and disturbs no other."""

from __future__ import annotations

import random
import time
import zlib
from pathlib import Path

import pytest

from runtime.local.rapidocr import RapidOcr
from runtime.ports import PictureLine
from runtime.reading.document import Box, Page
from runtime.reading.pictures import picture_of
from tests import pdfs
from tests.scans import pages_of, recognized

OWN = b"BT /F1 11 Tf 72 720 Td (The words of the page itself.) Tj ET"
SHOWN = b"q 400 0 0 500 90 200 cm /X Do Q\n"
SECONDS = 15.0
"""Far above what a page here takes, which is two, and below what it took where nothing bounded it."""


class Reader:
    """Recognizes nothing, and counts what it was given."""

    name = "reader"
    parallel = 1

    def __init__(self) -> None:
        self.given = 0

    def lines(self, picture: bytes) -> list[PictureLine]:
        self.given += 1
        return []


def image(width: int, height: int, data: bytes, filters: bytes, bits: int = 8, colours: bytes = b"DeviceGray") -> bytes:
    entries = b"/Width %d/Height %d/BitsPerComponent %d/ColorSpace/%s" % (width, height, bits, colours)
    entries += b"/Filter/%s/Length %d" % (filters, len(data))
    return b"<</Type/XObject/Subtype/Image%s>>stream\n%s\nendstream" % (entries, data)


def same(byte: bytes, size: int) -> bytes:
    """One byte so many times, compressed; one block of a megabyte, as often as it takes."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(byte * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(byte * (size % (1 << 20))) + packer.flush()
    return b"\x78\xda" + block * (size >> 20) + rest + bytes(4)


def bomb(bits: int, colours: bytes, samples: int, byte: bytes = b"\0") -> bytes:
    side = 30_000
    return image(side, side, same(byte, side * side * samples * bits // 8), b"FlateDecode", bits, colours)


NOISE = random.Random(2).randbytes(5000)
BROKEN = {
    "JPEG 2000": image(2000, 2000, b"\0\0\0\x0cjP  \r\n\x87\n" + NOISE, b"JPXDecode"),
    "JBIG2": image(2000, 2000, NOISE, b"JBIG2Decode", 1),
    "JPEG": image(2000, 2000, b"\xff\xd8\xff\xe0" + NOISE, b"DCTDecode"),
}
BOMBS = {
    "of one bit": bomb(1, b"DeviceGray", 1),
    "grey": bomb(8, b"DeviceGray", 1),
    "in colours": bomb(8, b"DeviceRGB", 3),
}


def read(path: Path, reader: Reader | RapidOcr) -> list[Page]:
    """The pages, within the time that they may take."""
    until = time.monotonic() + SECONDS
    pages = recognized(path, pages_of(path), reader)
    assert time.monotonic() < until
    return pages


def text(page: Page) -> str:
    return "\n".join(one.text for one in page.paragraphs)


def between(path: Path, content: bytes, *others: bytes) -> Path:
    """The second of three pages, whose first other object is the picture X."""
    return pdfs.among(path, content, resources=b"/XObject<</X 9 0 R>>", others=others)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_picture_is_told_and_the_words_of_its_page_are_read(tmp_path: Path, kind: str) -> None:
    first, page, last = read(between(tmp_path / "a.pdf", SHOWN + OWN, BROKEN[kind]), reader := Reader())
    assert text(page) == "The words of the page itself."
    assert page.note == "1 of its pictures can't be decoded"
    assert (text(first), text(last), reader.given) == ("A page to be read.", "A page to be read.", 0)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_document_of_one_broken_picture_says_so(tmp_path: Path, kind: str) -> None:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    kids = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    path = pdfs.raw(
        tmp_path / "a.pdf",
        [b"<</Type/Catalog/Pages 2 0 R>>", kids, page, pdfs.stream(SHOWN), BROKEN[kind]],
    )
    (only,) = read(path, Reader())
    assert (only.state, only.note) == ("image", "1 of its pictures can't be decoded")


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("own", [OWN, b""], ids=["words", "no words"])
def test_a_picture_of_30_000_by_30_000_pixels_costs_little_and_takes_no_words(
    tmp_path: Path, kind: str, own: bytes
) -> None:
    first, page, last = read(between(tmp_path / "a.pdf", SHOWN + own, BOMBS[kind]), Reader())
    assert text(page) == ("The words of the page itself." if own else "")
    assert (text(first), text(last)) == ("A page to be read.", "A page to be read.")


def test_a_huge_picture_that_shows_nothing_is_told_and_not_recognized(tmp_path: Path) -> None:
    white = bomb(1, b"DeviceGray", 1, b"\xff")
    _, page, _ = read(between(tmp_path / "a.pdf", SHOWN + OWN, white), reader := Reader())
    assert page.note == "They are empty, or too large to be drawn."
    assert reader.given == 0


def test_10_000_small_pictures_are_few_regions_and_one_picture_to_recognize(tmp_path: Path) -> None:
    r = random.Random(1)
    dots = image(4, 4, zlib.compress(r.randbytes(16)), b"FlateDecode")
    places = [(r.random() * 560, r.random() * 600) for _ in range(10_000)]
    content = b"".join(b"q 4 0 0 4 %.2f %.2f cm /X Do Q\n" % place for place in places)
    _, page, _ = read(between(tmp_path / "a.pdf", content + OWN, dots), reader := Reader())
    assert text(page) == "The words of the page itself."
    assert 1 <= len(page.pictures) <= 8
    assert reader.given == 1


def test_a_page_as_large_as_a_house_is_drawn_in_bounds() -> None:
    page = Page(1, 200_000.0, 100_000.0, (), "none", "image", pictures=(Box(0, 0, 200_000, 100_000),))
    _, (width, height) = picture_of(page)
    assert width * height <= 8_000_000 and width == 2 * height
