"""Text as keyword search compares it, of documents and of questions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.ports import Passage
from runtime.search.language import language_of
from runtime.search.words import COMMON, LONGEST_WORD, MAX_WORDS, _common, contains, question_terms, terms_of, words_of


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The valves' seals, sealed", "the valv seal seal"),
        ("en", "PPR-9087 costs 1,750.50 for 3.5 m²", "ppr 9087 cost 1750.50 for 3.5 m2"),
        ("de", "1.750 oder 1\u202f750 oder 1750", "1750 oder 1750 oder 1750"),
        ("en", "250³ H₂O ﬁle ＡＢＣ", "250 3 h2o file abc"),
        ("de", "Müller Mueller größere Größe", "mull mull gross gross"),
        ("fr", "un café, des cafés", "un caf de caf"),
        ("da", "Smørrebrød", "smorrebrod"),
        ("ja", "水道の料金", "水 道 の 料 金 水道 道の の料 料金"),
        ("ko", "한국어 책", "한 국 어 한국 국어 책"),
        ("zh", "A型泵", "a 型 泵 型泵"),
        ("th", "สวัสดี ชาวโลก", "สวัสดี ชาวโลก"),
        ("xx", "Unknown endings", "unknown endings"),
        ("en", "!?… — *", ""),
    ],
)
def test_text_as_words(language: str, text: str, words: str) -> None:
    assert " ".join(words_of(text, language)) == words


def test_a_key_stays_whole_and_a_run_that_nobody_types_is_cut() -> None:
    key = "3f786850e387550fdab836ed7e6dc881de23001b" + "a" * 24
    assert list(words_of(f"key {key}")) == ["key", key]
    assert [len(word) for word in words_of("x" * 100_000)] == [LONGEST_WORD]


@settings(deadline=None)  # the first of each language loads its list
@given(st.text(max_size=200), st.sampled_from(["en", "de", "ja", "tr", "xx"]))
def test_words_have_no_spaces_and_a_question_has_the_words_of_its_text(text: str, language: str) -> None:
    words = list(words_of(text, language))
    assert all(word and not any(c.isspace() for c in word) for word in words)
    assert set(question_terms(text, [language]).words.split()) <= set(words)


def test_a_question_is_asked_without_the_words_that_any_question_has() -> None:
    assert question_terms("What do the pumps weigh?", ["en"]).words == "pump weigh"
    assert question_terms("Was wiegen die Pumpen und wo?", ["de"]).words == "wieg pump"
    assert question_terms("What is it?", ["en"]).words == "what is it"
    assert len(_common("en")) == len(_common("de")) == COMMON


def test_a_question_is_asked_in_every_language_of_the_library_without_the_common_words_of_its_own() -> None:
    german = question_terms("Was ist die Messung der Pumpen?", ["de", "en"])
    assert (german.language, set(german.words.split())) == ("de", {"messung", "pump", "pumpen"})
    english = question_terms("When was the war?", ["de", "en"])
    assert (english.language, english.words) == ("en", "war")


@pytest.mark.parametrize("question", ["", "?!", "a", "*", '"', "x " * 10_000, "水"])
def test_any_question_gives_words_within_bounds(question: str) -> None:
    assert len(question_terms(question, []).words.split()) <= MAX_WORDS
    assert len(question_terms(" ".join(f"w{n}" for n in range(10_000)), ["en"]).words.split()) == MAX_WORDS


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ('Where is "Bolt M6" used?', ("Bolt M6",)),
        ("Wo wird „Bolt M6“ oder “Nut 7” benutzt?", ("Bolt M6", "Nut 7")),
        ("Où est « Bolt M6 » ?", ("Bolt M6",)),
        ('An " alone, and "?!".', ("alone, and",)),
        ("Don't and won't", ()),
    ],
)
def test_what_stands_in_quotation_marks_is_to_be_taken_to_the_letter(question: str, quoted: tuple[str, ...]) -> None:
    assert question_terms(question, ["en"]).quoted == quoted


def test_a_text_holds_what_was_quoted_to_the_letter_but_for_case_and_spaces() -> None:
    assert contains("A bolt\n m6 is used.", "Bolt M6")
    assert not contains("Bolts M6 are used.", "Bolt M6")
    assert not contains("A bolt M60 is used.", "Bolt M6")
    assert contains("See (a+b)* there.", "(a+b)*")


def test_a_passage_is_found_by_its_own_words_its_pages_and_its_documents() -> None:
    passages = [
        Passage(
            "1",
            "2025/Pump_list.pdf",
            "v",
            0,
            1,
            "Pumps (Pump list)",
            "Prices",
            "[Name | Price]\nA7 | 30",
            own="A7 | 30",
        ),
        Passage("2", "2025/Pump_list.pdf", "v", 1, 1, "Pumps (Pump list)", "Prices", "Seals"),
        Passage("3", "2025/Pump_list.pdf", "v", 2, 2, "Pumps (Pump list)", "Prices", "Screws"),
    ]
    first, second, third = terms_of(passages, "en")
    assert [one.own for one in (first, second, third)] == ["a7 30", "seal", "screw"]
    assert [one.page for one in (first, second, third)] == ["a7 30 seal", "a7 30 seal", "screw"]
    assert {one.about for one in (first, second, third)} == {"2025 pump list pump pump list"}
    assert {one.language for one in (first, second, third)} == {"en"}
    assert terms_of([], "en") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The committee approved the budget of the harbour for the coming year.", "en"),
        ("Der Ausschuss hat den Haushalt des Hafens für das kommende Jahr gebilligt.", "de"),
        ("委員会は来年の港の予算を承認しました。", "ja"),
        ("PPR-9087", ""),
        ("", ""),
    ],
)
def test_a_texts_language_is_detected_where_it_is_clear(text: str, language: str) -> None:
    assert language_of(text) == language
