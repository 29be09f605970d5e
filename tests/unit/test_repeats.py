"""What pages repeat or what says nothing is left out, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from runtime.reading.document import Box, Page, Paragraph
from runtime.reading.repeats import Repeats

HEAD, BODY, FOOT = Box(72, 30, 300, 42), Box(72, 200, 500, 300), Box(72, 800, 300, 812)


def page(number: int, *paragraphs: tuple[str, Box] | tuple[str, Box, int]) -> Page:
    made = (Paragraph(text, (box,), *level) for text, box, *level in ((*one, 0)[:3] for one in paragraphs))
    return Page(number, 595, 842, tuple(made), "pdfium", "text", of=80)


def kept(pages: Sequence[Page]) -> list[list[str]]:
    repeats = Repeats({})
    return [[paragraph.text for paragraph in repeats.kept(one)] for one in pages]


def test_a_head_that_repeats_to_the_letter_stays_on_its_first_page() -> None:
    pages = [page(n, ("The Mill", HEAD), (f"Text of page {n}.", BODY)) for n in (1, 2, 3)]
    assert kept(pages) == [["The Mill", "Text of page 1."], ["Text of page 2."], ["Text of page 3."]]


def test_a_head_whose_number_differs_is_content() -> None:
    pages = [page(n, (f"Invoice no. {2000 + n}", HEAD), ("Please pay.", BODY)) for n in (1, 2)]
    assert kept(pages) == [["Invoice no. 2001", "Please pay."], ["Invoice no. 2002", "Please pay."]]


@pytest.mark.parametrize("form", ["{}", "- {} -", "Page {}", "Seite {} von 20", "[{}]"])
def test_a_page_number_alone_goes(form: str) -> None:
    pages = [page(n, ("Text.", BODY), (form.format(n), FOOT)) for n in (1, 2)]
    assert kept(pages) == [["Text."], ["Text."]]


def test_a_number_at_the_foot_is_a_page_number_once_it_has_counted_on() -> None:
    pages = [page(n, ("Text.", BODY), (str(216 + n), FOOT)) for n in (1, 2, 3)]
    assert kept(pages) == [["Text.", "217"], ["Text."], ["Text."]]


def test_a_sum_at_the_foot_is_not_a_page_number() -> None:
    pages = [page(n, ("Text.", BODY), (total, FOOT)) for n, total in ((1, "6003"), (2, "6116"))]
    assert kept(pages) == [["Text.", "6003"], ["Text.", "6116"]]


def test_what_repeats_in_the_middle_of_pages_stays() -> None:
    pages = [page(n, ("Fold here.", BODY)) for n in (1, 2)]
    assert kept(pages) == [["Fold here."], ["Fold here."]]


def test_contents_go_under_their_title_alone() -> None:
    entries = "1 Setting up … 1 2 Descaling … 2 3 Winter … 3"
    assert kept([page(1, ("Contents", BODY, 1), (entries, BODY))]) == [["Contents"]]
    assert kept([page(1, ("Spare parts", BODY, 1), (entries, BODY))]) == [["Spare parts", entries]]


def test_prices_under_a_title_of_contents_stay() -> None:
    prices = "Tea … 3 Coffee … 2 Cake … 4"
    assert kept([page(1, ("Contents", BODY, 1), (prices, BODY))]) == [["Contents", prices]]


def test_an_index_goes_under_its_title_alone() -> None:
    entries = "apply, 12 array, 13, 45 attach, 67 axis, 1 barplot, 22 boxplot, 23 by, 5 c, 9 call, 12"
    assert kept([page(70, ("Index", BODY, 1), (entries, BODY))]) == [["Index"]]
    assert kept([page(70, ("House telephone", BODY, 1), (entries, BODY))]) == [["House telephone", entries]]


def test_a_name_beside_the_pages_number_is_no_number_although_it_could_be_a_roman_one() -> None:
    pages = [page(n, (f"{n}\t{name}", HEAD), ("Text.", BODY)) for n, name in ((40, "a"), (41, "c"), (42, "d"))]
    assert kept(pages) == [[f"{n}\t{name}", "Text."] for n, name in ((40, "a"), (41, "c"), (42, "d"))]


def test_letters_over_an_indexs_parts_go_with_it_and_another_heading_ends_it() -> None:
    first = page(70, ("Index", BODY, 1), ("A", BODY, 2), ("apply, 12", BODY), ("array, 13", BODY))
    second = page(71, ("B", BODY, 2), ("barplot, 22", BODY), ("Notes", BODY, 1), ("c, 9", BODY))
    assert kept([first, second]) == [["Index"], ["Notes", "c, 9"]]


def test_the_state_after_a_page_is_all_that_the_next_one_needs() -> None:
    pages = [page(n, ("The Mill", HEAD), (f"Text of page {n}.", BODY), (str(40 + n), FOOT)) for n in range(1, 6)]
    whole = kept(pages)
    for stop in range(1, 5):
        before = Repeats({})
        first = [[p.text for p in before.kept(one)] for one in pages[:stop]]
        after = Repeats(json.loads(json.dumps(before.state)))
        assert first + [[p.text for p in after.kept(one)] for one in pages[stop:]] == whole
