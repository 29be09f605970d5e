"""The kind of thing that a question asks for."""

from __future__ import annotations

import pytest

from runtime.answer.kinds import holds_kind, kind_asked


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much does the kayak cost?", "money"),
        ("How much is the deposit?", "money"),
        ("Was kostet die Tageskarte?", "money"),
        ("Wie viel müssen wir dem Maler zahlen?", "money"),
        ("How much salt goes into the dough?", "number"),
        ("How many pages can it have?", "number"),
        ("Wie lange läuft das Band nach?", "number"),
        ("Wie viele Teller fehlen?", "number"),
        ("When is the pool closed?", "time"),
        ("Bis wann muss ich kündigen?", "time"),
        ("An welchem Tag ist die Sauna zu?", "time"),
        ("Why did they move?", "reason"),
        ("Warum wurde abgesagt?", "reason"),
        ("Who is the inspector?", None),
        ("Quanto costa il kayak?", None),
        ("kayak", None),
    ],
)
def test_the_question_word_shows_the_kind(question: str, kind: str | None) -> None:
    assert kind_asked(question) == kind


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Kayak | £42", {"money", "number"}),
        ("Summe: 1.052,00 €", {"money", "number"}),
        ("Life jackets are free.", {"money"}),
        ("It weighs 13 kg.", {"number"}),
        ("Closed on Mondays.", {"time"}),
        ("sechs Wochen vorher", {"number", "time"}),
        ("because of the water", {"reason"}),
        ("A plain sentence.", set()),
    ],
)
def test_a_text_holds_kinds(text: str, kinds: set[str]) -> None:
    assert {kind for kind in ("money", "number", "time", "reason") if holds_kind(text, kind)} == kinds
    assert holds_kind(text, None)
