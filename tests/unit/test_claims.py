"""What each claim of an answer stands on, and what is not found, over a price list, a lease and a German invoice."""

from __future__ import annotations

import pytest

from runtime.answer.claims import NOT_FOUND
from runtime.ports import Source
from tests.ranked import checked

QUESTION = "What does a kayak cost for a day?"
BOATS = (
    "Boat | Day | Half day\nKayak | £20 | £12\nCanoe | £30 | £18\n"
    "Open from 1 April, 9:30 to 18:00.\nNo dogs are allowed in boats.\nAsk for Mrs Anna Brown."
)
LEASE = "The deposit is 1.500,00 EUR. Notice must be given three months before the end of the year. Pets need consent."
RECHNUNG = (
    "Wände streichen | 473,60 €\nNoch zu zahlen | 2.746,28 €\nBitte überweisen Sie den Betrag bis zum 1. Juli 2025."
)
SOURCES = [
    Source(1, "boats.pdf", "v", 1, 1, "Boat hire", "", BOATS, 0.5),
    Source(2, "lease.pdf", "v", 3, 3, "Lease", "", LEASE, 0.5),
    Source(3, "rechnung.pdf", "v", 1, 1, "Rechnung", "", RECHNUNG, 0.5),
]


def told(written: str, question: str = QUESTION) -> str:
    return checked(written, SOURCES, question).text


@pytest.mark.parametrize(
    ("written", "cites"),
    [
        ("A kayak costs £20 a day.", 1),
        ("A kayak costs twenty pounds a day.", 1),
        ("A canoe is £18 for half a day [2].", 1),  # the model cites another
        ("The deposit is €1,500.", 2),
        ("Notice is 3 months before the year ends [2].", 2),
        ("You must ask for consent before you keep pets [2].", 2),
        ("Dogs are not allowed in boats.", 1),
        ("Es sind noch 2.746,28 € zu zahlen.", 3),
        ("Überweisen Sie den Betrag bis 1.7.2025.", 3),
        ("You can come from 9.30 am on 1 April.", 1),
        ("Ask for Anna Brown.", 1),
    ],
)
def test_a_claim_cites_the_page_of_the_unit_that_holds_it(written: str, cites: int) -> None:
    assert told(written) == written[: len(written.split(" [")[0].rstrip("."))] + f" [{cites}]."


@pytest.mark.parametrize(
    "written",
    [
        "A kayak costs £9,999 a day [1].",
        "A kayak costs £30 a day [1].",  # a canoe does
        "A kayak costs 20 euros a day [1].",
        "Notice must be given three weeks before the end of the year [2].",
        "Notice must be given ninety days before the end of the year [2].",
        "The betrag is due on 2 July 2025 [3].",
        "Ask for Mrs Jane Smith [1].",
        "The deposit is 1.500,00 EUR under clause 7b [2].",
        "Die Frist beträgt vier Monate [2].",
    ],
)
def test_figures_and_names_that_no_source_holds_or_something_else_has_are_marked_and_cite_nothing(written: str) -> None:
    said = told(written, "What does it cost, and when?")
    assert NOT_FOUND in said
    assert "[1]" not in said.replace(NOT_FOUND, "") and "[2]" not in said and "[3]" not in said


@pytest.mark.parametrize("written", ["Dogs are allowed in boats [1].", "The deposit is not 1.500,00 EUR [2]."])
def test_what_a_source_denies_is_not_called_proven(written: str) -> None:
    assert "[" not in told(written)


def test_a_short_answer_is_understood_by_its_question() -> None:
    assert told("£20.", "How much is a kayak for a day?") == "£20 [1]."
    assert told("No.", "Are dogs allowed in boats?") == "No [1]."


def test_each_claim_of_a_sentence_has_its_own_citation() -> None:
    assert (
        told("The deposit is €1,500 [1] and a kayak is £20 [2].") == "The deposit is €1,500 [2] and a kayak is £20 [1]."
    )


def test_lists_and_tables_are_claims_line_by_line_and_code_and_heads_are_none() -> None:
    table, code = "| Boat | Price |\n|---|---|\n| Kayak | £20", "```\nv = x[1]\n```"
    said = told(f"Prices:\n- Kayak: £20\n- Canoe: £31\n\n{table} |\n{code}")
    assert said == f"Prices:\n- Kayak: £20 [1]\n- Canoe: £31 [?]\n\n{table} [1] |\n{code}"


def test_a_repeated_claim_is_shown_once() -> None:
    assert told("A kayak costs £20. A kayak costs £20.") == "A kayak costs £20 [1]."


def test_proofs_are_the_units_by_source() -> None:
    found = checked("A kayak costs £20 a day. The deposit is €1,500.", SOURCES)
    assert [[unit.shown for unit in units] for units in found.proofs] == [
        ["Boat: Kayak | Day: £20 | Half day: £12"],
        ["The deposit is 1.500,00 EUR."],
    ]
    assert (found.claims, found.not_found, found.refuses) == (2, 0, False)
