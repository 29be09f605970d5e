"""Recognized words to paragraphs: a recognizer's uneven and turned boxes come out as even and level lines do."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence

import pytest

from runtime.ports import Corners, PictureLine, PictureWord
from runtime.reading import picture_text
from runtime.reading.document import Box, Paragraph
from runtime.reading.picture_text import recognized_paragraphs, without_known
from tests.pdfs import sentence
from tests.scans import ROWS

SIZE = (595.0, 842.0)
PAGE = Box(0.0, 0.0, *SIZE)
SCALE = 2.0
ADVANCE = 0.5
"""Of a letter's size: how wide it is."""


def corners(left: float, top: float, right: float, bottom: float, turned: float = 0.0) -> Corners:
    """Those of a box in points, in pixels, on a page that is turned clockwise by degrees about its middle."""
    a = math.radians(turned)

    def at(x: float, y: float) -> tuple[float, float]:
        x, y = x - SIZE[0] / 2, y - SIZE[1] / 2
        return (
            SCALE * (x * math.cos(a) - y * math.sin(a) + SIZE[0] / 2),
            SCALE * (x * math.sin(a) + y * math.cos(a) + SIZE[1] / 2),
        )

    return at(left, top), at(right, top), at(right, bottom), at(left, bottom)


def line(
    text: str, left: float, middle: float, size: float = 10.0, turned: float = 0.0, sure: float = 1.0
) -> PictureLine:
    words = []
    for word in text.split():
        right = left + ADVANCE * size * len(word)
        box = corners(left, middle - size / 2, right, middle + size / 2, turned)
        words.append(PictureWord(word, box, sure))
        left = right + ADVANCE * size
    return PictureLine(tuple(words))


def read(lines: Sequence[PictureLine], part: Box = PAGE) -> list[Paragraph]:
    return recognized_paragraphs(lines, part, SCALE, SIZE, 1)


TEXTS = [sentence(n) for n in range(1, 4)]


def uneven(turned: float = 0.0, seed: int = 1) -> list[PictureLine]:
    """A paragraph whose boxes are a tenth larger or smaller than they should be, and a little too high or too low."""
    r = random.Random(seed)
    return [
        line(text, 100, 300 + 14 * n + r.uniform(-0.8, 0.8), 10 * r.uniform(0.9, 1.1), turned)
        for n, text in enumerate(TEXTS)
    ]


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 4, -9, 94])
@pytest.mark.parametrize("seed", range(5))
def test_uneven_lines_are_one_paragraph_whichever_way_they_run(turned: float, seed: int) -> None:
    (paragraph,) = read(uneven(turned, seed))
    assert paragraph.text == " ".join(TEXTS)


@pytest.mark.parametrize("turned", [0, 90, 180, 270, 4, -9])
def test_the_box_of_a_paragraph_is_around_its_words_on_the_page_as_it_is_shown(turned: float) -> None:
    lines = uneven(turned)
    (box,) = read(lines)[0].boxes
    points = [(x / SCALE, y / SCALE) for one in lines for word in one.words for x, y in word.corners]
    assert box.left - 3 <= min(x for x, _ in points) and max(x for x, _ in points) <= box.right + 3
    assert box.top - 3 <= min(y for _, y in points) and max(y for _, y in points) <= box.bottom + 3
    assert box.right - box.left < max(x for x, _ in points) - min(x for x, _ in points) + 40


@pytest.mark.parametrize("turned", [0, 90, 5, -8])
@pytest.mark.parametrize("seed", range(5))
def test_cells_whose_boxes_are_uneven_are_rows_of_a_table(turned: float, seed: int) -> None:
    r = random.Random(seed)
    lines = [
        line(cell, left, 200 + 18 * n + r.uniform(-1.7, 1.7), 10 * r.uniform(0.9, 1.1), turned)
        for n, row in enumerate(ROWS)
        for left, cell in zip((80, 200, 330, 430), row, strict=True)
    ]
    r.shuffle(lines)
    found = read([*lines, *([line(sentence(1), 80, 400, 10, turned)] if turned else [])])
    assert [one.text for one in found if one.kind == "row"] == [" | ".join(row) for row in ROWS[1:]]
    assert {one.head for one in found if one.kind == "row"} == {" | ".join(ROWS[0])}


def test_a_box_of_two_letters_tells_no_direction() -> None:
    tilted = PictureLine((PictureWord("7", ((500.0, 588.0), (524.0, 592.0), (522.0, 612.0), (498.0, 608.0)), 1.0),))
    (paragraph,) = read([line("Sand bags for Tanner Street", 100, 300), tilted])
    assert paragraph.text.split() == ["Sand", "bags", "for", "Tanner", "Street", "7"]


def test_a_part_of_a_page_has_its_boxes_on_the_page() -> None:
    part = Box(200.0, 400.0, 500.0, 600.0)
    found = read([line("In the lower half", 10, 20)], part)
    (box,) = found[0].boxes
    assert abs(box.left - 210) < 1 and abs((box.top + box.bottom) / 2 - 420) < 4


def test_confidence_is_that_of_the_letters_and_doubtful_words_are_named() -> None:
    words = line("fourteen sand bags", 100, 300).words
    unsure = PictureLine((words[0], PictureWord("sand", words[1].corners, 0.4), words[2]))
    (paragraph,) = read([unsure])
    assert paragraph.sure == pytest.approx((8 + 4 * 0.4 + 4) / 16)
    assert paragraph.doubtful == ("sand",)


def test_words_on_words_of_the_page_are_left_out_and_their_neighbours_kept() -> None:
    lines = [line("one two three four", 100, 300)]
    known = [Box(120.0, 294.0, 136.0, 307.0)]  # 'two', drawn a little off
    (kept,) = without_known(lines, known, PAGE, SCALE)
    assert [word.text for word in kept.words] == ["one", "three", "four"]
    assert list(without_known(lines, [Box(90.0, 290.0, 300.0, 310.0)], PAGE, SCALE)) == []


def test_a_picture_of_any_number_of_words_takes_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    r = random.Random(1)
    lines = [line(f"w{n}", r.uniform(0, 590), r.uniform(0, 840), r.uniform(1, 30)) for n in range(60_000)]
    started = time.process_time()
    words = sum(len(one.text.split()) for one in read(lines))
    assert time.process_time() - started < 20
    assert 0 < words <= picture_text.MAX_WORDS


def test_a_long_word_is_not_left_out_for_a_small_one_that_the_page_has_in_its_box() -> None:
    long = line("Buchhaltungsunterlagen", 72, 200, 12)
    inside = Box(long.words[0].corners[0][0] / SCALE + 1, 199, long.words[0].corners[0][0] / SCALE + 4, 204)
    assert list(without_known([long], [inside], Box(0, 0, 595, 842), SCALE)) == [long]
