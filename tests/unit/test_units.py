"""What can be quoted or cited of a source: sentences, list items, rows, and labels with their values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.answer.units import LONGEST, units_of


def shown(text: str, heading: str = "", language: str = "en") -> list[str]:
    return [unit.shown for unit in units_of(0, text, heading, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("It is hot. It is fired at 940.5 degrees, see Fig. 3. Dr. Kiln says so.", "en", 3),
        ("Am 3. März kam Dr. Ofen, z. B. mit dem Zug. Er ging um 5 Uhr.", "de", 2),
        ("今天天气很好。我们去公园吧！你来吗？", "zh", 3),
        ("هذا كتاب. هل تفهم؟", "ar", 2),
        ("Kayak per day £45\nCanoe per day £60", "en", 2),
        ("Call: 0123 456 789", "en", 1),
        ("", "en", 0),
        (" \n…\n", "en", 0),
    ],
)
def test_sentences_and_lines_are_units_whatever_ends_them(text: str, language: str, expected: int) -> None:
    assert len(shown(text, language=language)) == expected


def test_a_row_has_the_names_of_its_columns_and_a_label_its_value() -> None:
    text = "Boats\nBoat | Hour | Day\nKayak | £11 | £42\nPedal boat | £19 | –\nHours\nOpen: | daily\nClosed: | in May"
    boats = units_of(0, text, "Price list › Boats", "en")
    assert [unit.shown for unit in boats] == [
        "Boats",
        "Boat | Hour | Day",
        "Boat: Kayak | Hour: £11 | Day: £42",
        "Boat: Pedal boat | Hour: £19 | Day: –",
        "Hours",
        "Open: | daily",
        "Closed: | in May",
    ]
    assert [unit.is_heading for unit in boats] == [True, *[False] * 6]
    assert boats[2].head == ("Boat", "Hour", "Day")
    assert boats[2].above == ("Boats",)


def test_a_repeated_head_names_the_columns_and_is_not_a_unit() -> None:
    assert shown("[Boat | Day]\nKayak | £42\nTern | £118") == ["Boat: Kayak | Day: £42", "Boat: Tern | Day: £118"]


def test_what_stands_in_brackets_and_is_no_head_is_a_unit() -> None:
    assert shown("[The kiln is closed on Sunday]\n[1] It is hot.") == [
        "[The kiln is closed on Sunday]",
        "[1] It is hot.",
    ]


def test_a_cell_that_goes_on_below_is_one_with_its_row() -> None:
    assert shown("First aid box: | Hall 2, beside the door to the\n | store") == [
        "First aid box: | Hall 2, beside the door to the store"
    ]
    assert shown("Rye | 10 kg\n | 12 kg") == ["Rye | 10 kg", "12 kg"]


def test_an_item_is_one_unit_under_the_line_that_leads_in_to_it() -> None:
    units = units_of(0, "Bring these:\n• A towel. It may be lent.\n2. A cap.\nNothing else.", "", "en")
    assert [unit.text for unit in units] == ["Bring these:", "• A towel. It may be lent.", "2. A cap.", "Nothing else."]
    assert units[1].above == ("Bring these:",)


def test_a_sentence_that_runs_over_a_page_end_is_shown_whole() -> None:
    assert shown("[page 3: The kiln is] fired at night.") == ["The kiln is fired at night."]
    assert shown("It is fired [page 5: at night.]") == ["It is fired at night."]


def test_a_long_sentence_is_split_between_clauses_else_words_else_anywhere() -> None:
    clauses = "The kiln is hot; " * 40
    for text in (clauses, "word " * 200, "x" * 1000):
        units = units_of(0, text, "", "en")
        assert max(len(unit.text) for unit in units) <= LONGEST
        assert "".join(unit.text for unit in units).replace(" ", "") == text.replace(" ", "")
    assert all(unit.endswith(";") for unit in shown(clauses))


def test_a_million_characters_without_a_space_and_only_numbers_are_parted_too() -> None:
    assert sum(len(unit.text) for unit in units_of(0, "x" * 1_000_000, "", "en")) == 1_000_000
    assert shown("1 2 3 4 5")


@given(st.text(st.sampled_from("ab .!|:1\n•"), max_size=200))
def test_no_letter_is_lost_or_duplicated(text: str) -> None:
    assert letters("".join(unit.text for unit in units_of(0, text, "", "en"))) == letters(text)


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
