"""Whether the invisible text of a scan is told from rubbish."""

from __future__ import annotations

import random

import pytest

from runtime.reading.layer import is_rubbish
from tests.pdfs import sentence
from tests.scans import rubbish

ENGLISH = " ".join(sentence(n) for n in range(40))
GERMAN = (
    "Der Landkreis hat jedes Dach vor dem Winter zu reparieren und zahlt neunzig Kronen für jede Palette Schiefer, die "
    "zu spät kommt, obwohl niemand gefragt hat, ob die Angestellten des Hafenamts über Rechnungen und Tage Buch führen."
)
POLISH = (
    "Gmina musi naprawić każdy dach przed zimą i płaci dziewięćdziesiąt koron za każdą paletę łupka, która dotrze z "
    "opóźnieniem, chociaż nikt nie pytał, czy urzędnicy portu prowadzą rejestr faktur i dat. Zawory i ciśnienie są "
    "sprawdzane w poniedziałki, a łożyska turbiny są oliwione co tydzień przed użyciem."
)
CODE = " ".join(f"ColumnVector& insert_row_{n} (const RowVector& rowVec, int nRow{n});" for n in range(30))
NUMBERS = " ".join(f"KRZ-{n} {n * 37:,} {n / 7:.2f} 20{n % 30:02}-04-01" for n in range(100, 160))


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, POLISH, CODE, NUMBERS, "Page 7 | ~~", ""])
def test_text_is_no_rubbish(text: str) -> None:
    assert not is_rubbish(text, 0.0)


def misread(text: str, share: float, signs: str) -> str:
    r = random.Random(1)
    return "".join(r.choice(signs) if c != " " and r.random() < share else c for c in text)


def test_text_some_of_whose_letters_were_misread_is_still_of_use() -> None:
    assert not is_rubbish(misread(ENGLISH, 0.05, "|l1I.,rnmco0"), 0.0)


@pytest.mark.parametrize("signs", ["|l1I.,;:~_-()itfrnmco0", "etaoinshrdlucmfwypvbgkjqxz"])
def test_text_nearly_half_of_whose_letters_were_misread_is_rubbish(signs: str) -> None:
    assert is_rubbish(misread(ENGLISH, 0.45, signs), 0.0)


def test_dots_and_strokes_are_rubbish() -> None:
    r = random.Random(1)
    assert is_rubbish(" ".join("".join(r.choices("aeilnosrt", k=r.choice([1, 1, 2, 2, 3]))) for _ in range(200)), 0.0)
    assert is_rubbish(" ".join(rubbish(150)), 0.0)


def test_a_font_without_unicode_is_rubbish() -> None:
    assert is_rubbish(ENGLISH, 0.5)


def test_a_long_number_takes_no_time() -> None:
    assert is_rubbish(ENGLISH[:100] + " " + misread(ENGLISH, 0.5, "xqz") + " " + "1" * 200_000 + "x", 0.0)
