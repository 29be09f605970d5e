from __future__ import annotations

import math
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image

from runtime.ports import Ocr, PictureLine
from tests.reading_cases import lines
from tests.scans import DOTS, picture

TEXTS = ["The kettle holds two litres.", "It boils in four minutes."]
LEFT, DOWN, PITCH, SIZE = 80, 120, 20, 14


def page(turned: int = 0) -> Image.Image:
    image = picture(lambda page: lines(page, LEFT, DOWN, TEXTS, PITCH, size=SIZE))
    return image.rotate(turned, expand=True)


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def texts(found: list[PictureLine]) -> list[str]:
    return sorted(" ".join(word.text for word in line.words) for line in found)


def test_the_words_of_each_line_come_in_order_with_their_confidence_and_corners(ocr: Ocr) -> None:
    found = ocr.lines(png(page()))
    assert texts(found) == sorted(TEXTS)
    for line in found:
        assert all(0.8 < word.sure <= 1 for word in line.words)
        assert all(before.corners[1][0] < after.corners[0][0] + 3 for before, after in pairwise(line.words))
        baseline = DOWN + PITCH * TEXTS.index(" ".join(word.text for word in line.words))
        for word in line.words:
            (left, top), (right, _), (end, bottom), (begin, _) = word.corners
            assert abs(left - begin) < 4 and abs(right - end) < 4 and left < right
            assert top < (baseline - 0.4 * SIZE) * DOTS / 72 < bottom < (baseline + 0.6 * SIZE) * DOTS / 72
    kettle = next(word for line in found for word in line.words if word.text == "kettle")
    assert abs(kettle.corners[0][0] * 72 / DOTS - 108) < 4
    assert abs(kettle.corners[1][0] * 72 / DOTS - 144) < 4


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_picture_is_read_and_each_words_first_corner_is_where_it_begins(ocr: Ocr, turned: int) -> None:
    found = ocr.lines(png(page(turned)))
    assert texts(found) == sorted(TEXTS)
    for line in found:
        (x, y), (end_x, end_y) = line.words[0].corners[0], line.words[-1].corners[1]
        direction = math.degrees(math.atan2(y - end_y, end_x - x)) % 360
        assert min(abs(direction - turned), 360 - abs(direction - turned)) < 3


def test_a_picture_in_colours_is_read(ocr: Ocr) -> None:
    image = Image.merge("RGB", [page(), page().point(lambda shade: 255), page()])
    assert texts(ocr.lines(png(image))) == sorted(TEXTS)


def test_a_blank_picture_has_no_lines(ocr: Ocr) -> None:
    assert ocr.lines(png(Image.new("L", (1654, 2339), 255))) == []
