"""How much of a question's words a text has."""

from __future__ import annotations

import pytest

from runtime.ports import Found, Hit, Passage
from runtime.search.coverage import BEGINNING, WITHIN, WeightedTerms, coverage
from runtime.search.words import folded, question_terms


def sought(question: str, *texts: str, languages: str = "en") -> WeightedTerms:
    return WeightedTerms.among(question_terms(question, languages.split()), [folded(text) for text in texts], 100)


@pytest.mark.parametrize(
    ("question", "text", "languages", "found"),
    [
        ("kilns", "The KILN is hot.", "en", 1.0),
        ("fired", "It fires at night.", "en", 1.0),
        ("oven", "the woven rug", "en", WITHIN),
        ("Beitrag", "Der Jahresbeitrag ist fällig.", "de", WITHIN),
        ("kestrelin", "Kestrels: 31", "en", BEGINNING),
        ("Größe", "die GRÖSSE", "de", 1.0),
        ("Größe", "the grosser part", "en de", 1.0),
        ("café", "Cafe Central", "en", 1.0),
        ("1580", "£1,580 a month", "en", 1.0),
        ("1580", "£15,800 a month", "en", 0.0),
        ("580", "£1,580 a month", "en", 0.0),
        ("PPR-9087", "part PPR-9088", "en", 0.5),
        ("水道", "水道の料金", "ja", 1.0),
        ("art", "the cartons", "en", 0.0),
        ("kiln", "", "en", 0.0),
    ],
)
def test_a_word_is_found_whole_within_a_longer_one_or_by_its_first_part(
    question: str, text: str, languages: str, found: float
) -> None:
    here = sought(question, languages=languages).found(folded(text))
    assert sum(here) / len(here) == found


def test_words_count_by_their_rarity_and_one_that_nothing_has_counts_most() -> None:
    texts = ["the glaze is red", "the glaze is blue", "the glaze dries", "a kiln"]
    one = sought("glaze kiln sourdough", *texts)
    glaze, kiln, sourdough = one.weights
    assert glaze < kiln < sourdough
    assert one.share(one.found(folded("glaze"))) == pytest.approx(glaze / (glaze + kiln + sourdough))
    assert one.share(one.found(folded("the kiln, the glaze"))) < 1
    assert sought("kiln", "a kiln").share([1.0]) == 1.0


def test_a_question_is_covered_by_the_passage_that_has_most_of_it_with_its_headings_and_its_document() -> None:
    def passage(id_: str, text: str, heading: str = "") -> Hit:
        return Hit(Passage(id_, "kilns.pdf", "v", 0, 1, "The Kestrel kiln", heading, text), 1.0)

    question = question_terms("When is the Kestrel fired?", ["en"])
    found = Found([passage("1", "It is fired at night.")], [passage("2", "Nothing.", "Firing")])
    assert coverage(question, found, 100) == 1.0
    assert coverage(question_terms("kestrel sourdough", ["en"]), found, 100) < 0.5
    assert coverage(question, Found([], []), 100) == 0.0
