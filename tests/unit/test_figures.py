"""Figures and names of a text: the same in every notation and unit, and others are others."""

from __future__ import annotations

import pytest

from runtime.answer.figures import figures_of, names_of, without_figures


def holds(text: str, claim: str) -> list[bool]:
    """For each figure of a claim, whether a text has it."""
    there = figures_of(text)
    return [figure.is_among(there) for figure in figures_of(claim)]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("It costs £20.", "20 pounds"),
        ("It costs 1.500,00 EUR.", "€1,500"),
        ("It costs 1,500.00 dollars.", "$1500"),
        ("3 million people", "3,000,000"),
        ("£3m", "three million pounds"),
        ("in 14 days", "two weeks"),
        ("nach zwei Wochen", "14 Tage"),
        ("a 24-month warranty", "two years"),
        ("Frist: drei Monate", "3 months"),
        ("einundzwanzig Tage", "21 days"),
        ("one hundred and twenty seats", "120 seats"),
        ("1.4 kg", "1,400 g"),
        ("5 %", "five per cent"),
        ("14.30 Uhr", "2:30 pm"),
        ("open 9–17", "from 9 am"),
        ("9.30 am", "9:30"),
        ("on 3 March 2025", "March 3"),
        ("am 3.3.2025", "3 March 2025"),
        ("on 2025-03-03", "3rd of March"),
        ("on 04/03/2025", "3 April"),
        ("der 1. Mai 2024", "May 1, 2024"),
        ("order PPR-9087", "PPR9087"),
        ("Sizes | 40", "£40"),
        ("p ≤ .05", "0.05"),
    ],
)
def test_a_figure_is_the_same_in_words_in_digits_in_either_notation_and_in_any_unit(text: str, claim: str) -> None:
    assert holds(text, claim) == [True] * len(figures_of(claim)) != []


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("It costs £20.", "£30"),
        ("It costs £20.", "20 dollars"),
        ("5 years", "5 months"),
        ("14 days", "14 weeks"),
        ("1.500 EUR", "150 EUR"),
        ("2:30 pm", "2:30 am"),
        ("3 March 2025", "4 March"),
        ("3 March 2025", "3 March 2024"),
        ("3 March", "3 March 2025"),
        ("version 2.1.4", "version 2.1.5"),
        ("PPR-9087", "PPR-9088"),
        ("5 %", "5 km"),
        ("temperature of 5 degrees", "-5 degrees"),
        ("", "7"),
        ("p ≤ .05", "5"),
    ],
)
def test_another_figure_is_another(text: str, claim: str) -> None:
    assert holds(text, claim) == [False] * len(figures_of(claim)) != []


@pytest.mark.parametrize(
    ("sentence", "language", "names"),
    [
        ("The landlord is Mrs Anna Brown of Kent.", "en", ["Mrs Anna Brown", "Kent"]),
        ("Peter's dog is Rex.", "en", ["Rex"]),
        ("- **Fees:** The fee is low. It is paid to Ms Low", "en", ["Ms Low"]),
        ("| Kayak | Tern |", "en", []),
        ("Die Vermieterin ist Frau Anna Schmidt, und die Kaution beträgt zwei Mieten.", "de", ["Frau Anna Schmidt"]),
        ("Die Frist zur Kündigung endet im Mai.", "de", []),
    ],
)
def test_names_are_what_has_a_capital_within_a_sentence(sentence: str, language: str, names: list[str]) -> None:
    assert names_of(sentence, language) == names


def test_words_are_left_without_figures_and_their_units() -> None:
    assert without_figures("A kayak costs twenty pounds a day, £42 for 3 days.") == "A kayak costs a day, for"


def test_a_million_characters_without_a_space_and_only_numbers_take_no_time_and_are_no_figures_of_others() -> None:
    for text in ("x" * 1_000_000, "7" * 100_000, "1 " * 20_000, "£" * 100_000, "1.2." * 20_000, "a-" * 100_000):
        assert not any(holds(text, "42 pounds"))
