from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from runtime.passages import passage_id
from runtime.ports import PageBox, Passage, PassageIndex, PassageIndexes, PlumblineError, Query, Terms, Vectors
from runtime.search.words import terms_of
from tests.contracts import older

WORDS = ["apple", "banana", "cherry", "damson", "elderberry"]


def passage(document: str, ordinal: int, text: str, version: str = "v1") -> Passage:
    return Passage(
        passage_id(document, version, 1 + ordinal // 2, ordinal),
        document,
        version,
        ordinal,
        1 + ordinal // 2,
        "A Title",
        "A heading",
        text,
        (PageBox(1, 1.5, 2, 3, 4),),
        "iv" if ordinal < 2 else "",
    )


def vectors(count: int, seed: int = 0) -> Vectors:
    made = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def terms(passages: Sequence[Passage], language: str = "en") -> list[Terms]:
    return [one for passage in passages for one in terms_of([passage], language)]


FRUITS = [
    passage(document, n, f"The {word} grows in {document}.")
    for document in ("north's.pdf", "süd.pdf")
    for n, word in enumerate(WORDS)
]
NEAR = vectors(len(FRUITS))


@pytest.fixture
def index(indexes: PassageIndexes) -> PassageIndex:
    made = indexes.open("passages-test-8", 8)
    made.write(FRUITS, NEAR, terms(FRUITS))
    made.refresh()
    return made


def test_the_nearest_are_by_cosine_and_exact(index: PassageIndex) -> None:
    (found,) = index.search([Query("nothing of it", NEAR[3])], 4)
    order = np.argsort(-(NEAR @ NEAR[3]))[:4]
    assert [hit.passage for hit in found.nearest] == [FRUITS[i] for i in order]
    assert [hit.score for hit in found.nearest] == pytest.approx((NEAR @ NEAR[3])[order].tolist(), abs=1e-5)


def test_passages_are_counted_by_document_and_version(index: PassageIndex) -> None:
    assert index.counts() == {("north's.pdf", "v1"): 5, ("süd.pdf", "v1"): 5}
    newer = [replace(passage("süd.pdf", 0, "The apple grows."), version="v2", id="another")]
    index.write(newer, vectors(1), terms(newer))
    index.refresh()
    index.delete("north's.pdf")
    assert index.counts() == {("süd.pdf", "v1"): 5, ("süd.pdf", "v2"): 1}


def test_what_is_whole_is_verified_and_left_as_it_is(index: PassageIndex) -> None:
    before = index.search([Query("appl", NEAR[0])], 20)
    assert index.verify() is False
    assert index.search([Query("appl", NEAR[0])], 20) == before


def test_keywords_find_their_passages_and_no_others(index: PassageIndex) -> None:
    (found,) = index.search([Query("cherri melon", NEAR[0])], 10)
    assert {hit.passage.text for hit in found.keyword} == {
        "The cherry grows in north's.pdf.",
        "The cherry grows in süd.pdf.",
    }
    assert all(hit.score > 0 for hit in found.keyword)


def test_keywords_count_by_how_rare_they_are_and_in_every_kind_of_terms(indexes: PassageIndexes) -> None:
    index = indexes.open("passages-rare-8", 8)
    passages = [passage(f"{n}.pdf", 0, f"text {n}") for n in range(20)]
    rare = [Terms("common", "common", "name", "en") for _ in passages]
    rare[3] = Terms("rare", "rare common", "name", "en")
    rare[4] = Terms("common", "rare common", "name", "en")
    rare[5] = Terms("common", "common", "other rare", "en")
    index.write(passages, vectors(20), rare)
    index.refresh()
    (found,) = index.search([Query("rare common common", NEAR[0])], 20)
    assert found.keyword[0].passage == passages[3]
    assert {hit.passage.document for hit in found.keyword[1:3]} == {"4.pdf", "5.pdf"}
    assert [hit.score for hit in found.keyword] == sorted((hit.score for hit in found.keyword), reverse=True)


@pytest.mark.parametrize(
    ("phrases", "found"),
    [
        ((("banana grow in",),), 2),
        ((("grow banana",),), 0),
        ((("banana grow", "in north"),), 1),
        ((("banana grow", "in sud"), ("nothing",), ("the cherri",)), 3),
    ],
)
def test_of_phrases_one_is_whole_in_what_keyword_search_finds(
    index: PassageIndex, phrases: tuple[tuple[str, ...], ...], found: int
) -> None:
    (one,) = index.search([Query("grow", NEAR[0], phrases)], 10)
    assert len(one.keyword) == found
    assert len(one.nearest) == 10


def test_a_word_of_one_passage_is_worth_the_same_in_each_store(index: PassageIndex) -> None:
    late = passage("late.pdf", 0, "fig")
    index.write([late], vectors(1, seed=9), [Terms("fig", "fig", "late", "en")])
    index.refresh()
    (found,) = index.search([Query("fig", NEAR[0])], 1)
    shorter = 1.2 * (0.25 + 0.75 * 11 / ((10 * 6 + 1) * 1))
    rarity = np.log(1 + (11 - 1 + 0.5) / 1.5)
    assert found.keyword[0].score == pytest.approx(2 * rarity / (1 + shorter), rel=0.05)


def test_a_key_of_64_characters_is_a_word(index: PassageIndex) -> None:
    key = "3f786850e387550fdab836ed7e6dc881de23001b" + "a" * 24
    late = passage("keys.pdf", 0, f"The key is {key}.")
    index.write([late], vectors(1, seed=9), terms([late]))
    index.refresh()
    (found,) = index.search([Query(key, NEAR[0])], 5)
    assert [hit.passage for hit in found.keyword] == [late]


def test_the_languages_of_the_terms_and_the_size_are_known(index: PassageIndex) -> None:
    assert (index.languages(), index.size()) == (frozenset({"en"}), 10)
    late = passage("spät.pdf", 0, "Die Feige kam spät.")
    index.write([late], vectors(1, seed=9), terms([late], "de"))
    index.refresh()
    assert (index.languages(), index.size()) == (frozenset({"en", "de"}), 11)


def test_what_is_noted_beside_an_index_stays_and_goes_with_it(indexes: PassageIndexes, index: PassageIndex) -> None:
    assert index.read_note() == ""
    index.write_note('{"a": 1}')
    index.write_note('{"a": 2, "ü": "ß"}')
    assert indexes.open(index.name, 8).read_note() == index.read_note() == '{"a": 2, "ü": "ß"}'
    indexes.drop(index.name)
    assert indexes.open(index.name, 8).read_note() == ""


def test_several_questions_are_answered_in_their_order(index: PassageIndex) -> None:
    found = index.search([Query(word, NEAR[n]) for n, word in enumerate(WORDS)], 1)
    assert [one.nearest[0].passage for one in found] == FRUITS[:5]
    assert index.search([], 1) == []


@pytest.mark.parametrize("only", [["süd.pdf"], ["north's.pdf"], []])
def test_a_filter_holds_for_both_searches(index: PassageIndex, only: list[str]) -> None:
    (found,) = index.search([Query("appl banana", NEAR[0])], 10, only)
    for hits, expected in ((found.nearest, 5), (found.keyword, 2)):
        assert len(hits) == (expected if only else 0)
        assert {hit.passage.document for hit in hits} == set(only)


@pytest.mark.parametrize("text", ['"unclosed', "a AND (b OR", "*:*", "document:x", "'; DROP TABLE", "~^\\", ""])
def test_a_question_is_words_and_never_a_query_language(index: PassageIndex, text: str) -> None:
    (found,) = index.search([Query(text, NEAR[0])], 3)
    assert len(found.nearest) == 3


def test_writing_the_same_passages_again_duplicates_nothing(index: PassageIndex) -> None:
    index.write(FRUITS, NEAR, terms(FRUITS))
    again = replace(FRUITS[0], text="The quince grows here.")
    index.write([again], NEAR[:1], terms([again]))
    index.refresh()
    assert index.count("north's.pdf", "v1") == 5
    (found,) = index.search([Query("quinc", NEAR[0])], 5)
    assert [hit.passage.text for hit in found.keyword] == ["The quince grows here."]


def test_what_was_written_is_searchable_after_a_refresh(index: PassageIndex) -> None:
    late = passage("late.pdf", 0, "A fig came late.")
    index.write([late], vectors(1, seed=9), terms([late]))
    index.refresh()
    (found,) = index.search([Query("fig", vectors(1, seed=9)[0])], 1)
    assert found.nearest[0].passage == found.keyword[0].passage == late


def test_deleting_keeps_the_version_that_is_named(index: PassageIndex) -> None:
    new = [passage("north's.pdf", 0, "The new edition has a plum.", "v2")]
    index.write(new, vectors(1, seed=5), terms(new))
    index.delete("north's.pdf", keep="v2")
    assert (index.count("north's.pdf", "v1"), index.count("north's.pdf", "v2")) == (0, 1)
    assert index.count("süd.pdf", "v1") == 5
    index.delete("north's.pdf")
    assert index.count("north's.pdf", "v2") == 0


def test_around_gives_neighbours_of_the_same_version_in_order(index: PassageIndex) -> None:
    other = passage("north's.pdf", 2, "Another version.", "v2")
    index.write([other], vectors(1, seed=5), terms([other]))
    assert index.around([FRUITS[2], FRUITS[9]], 1) == [*FRUITS[1:4], *FRUITS[8:10]]
    assert index.around([], 1) == []


def test_what_the_file_calls_a_page_comes_back_with_its_passages(index: PassageIndex) -> None:
    labels = {one.id: one.label for one in FRUITS}
    (found,) = index.search([Query("appl banana cherri", NEAR[0])], 10)
    for passages in ([h.passage for h in found.nearest], [h.passage for h in found.keyword], index.around(FRUITS, 0)):
        assert {one.label for one in passages} == {"iv", ""}
        assert all(one.label == labels[one.id] for one in passages)


def test_an_index_that_was_made_before_pages_had_labels_answers_as_ever(older_index: PassageIndex) -> None:
    one = older.PASSAGE
    (found,) = older_index.search([Query("medlar", older.VECTOR)], 1)
    assert [hit.passage for hit in (*found.nearest, *found.keyword)] == [one, one]
    assert older_index.around([one], 1) == [one]
    assert (one.label, older_index.count(one.document, one.version)) == ("", 1)
    older_index.delete(one.document)
    assert older_index.count(one.document, one.version) == 0


def test_one_index_is_live_and_others_can_be_dropped(indexes: PassageIndexes, index: PassageIndex) -> None:
    assert indexes.live() == ""
    indexes.point(index.name)
    other = indexes.open("passages-other-8", 8)
    other.write(FRUITS[:1], NEAR[:1], terms(FRUITS[:1]))
    indexes.drop("passages-other-8")
    indexes.drop(index.name)
    assert indexes.live() == index.name
    assert indexes.open(index.name, 8).count("süd.pdf", "v1") == 5
    assert indexes.open("passages-other-8", 8).count("north's.pdf", "v1") == 0


def test_an_index_of_another_dimension_is_refused(indexes: PassageIndexes, index: PassageIndex) -> None:
    with pytest.raises(PlumblineError):
        indexes.open(index.name, 16)
