"""Both searches in one ranking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.ports import Found, Hit, Passage
from runtime.search.chance import Chance
from runtime.search.fusion import fuse

SCALE = Chance(100, (0.2, 0.1), (2.0, 0.5), (0.4, 0.1), (0.0, 1.0))


def hits(scores: dict[str, float]) -> list[Hit]:
    made = [Hit(Passage(name, f"{name}.pdf", "v", 0, 1, "", "", name), score) for name, score in scores.items()]
    return sorted(made, key=lambda hit: -hit.score)


SCORES = st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0.01, 0.9), min_size=1)


@given(SCORES, SCORES)
def test_a_passage_that_both_searches_put_first_is_first(nearest: dict[str, float], keyword: dict[str, float]) -> None:
    ranked = fuse(Found(hits({**nearest, "x": 0.95}), hits({**keyword, "x": 0.95})), SCALE)
    assert ranked[0].passage.id == "x"
    assert {one.passage.id for one in ranked} == {*nearest, *keyword, "x"}
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_both_scores_count_in_standard_deviations_above_chance() -> None:
    ranked = fuse(Found(hits({"a": 0.3, "b": 0.1}), hits({"a": 1.0, "b": 5.0, "c": 3.0})), SCALE)
    assert {one.passage.id: one.score for one in ranked} == pytest.approx({"a": 1 - 2, "b": -1 + 6, "c": -1 + 2})
    assert {one.passage.id: one.similarity for one in ranked} == {"a": 0.3, "b": 0.1, "c": None}


@pytest.mark.parametrize("others", [1, 10, 100])
def test_a_passage_that_alone_has_a_rare_word_is_not_outvoted_by_others_that_resemble_the_question(others: int) -> None:
    alike = {f"{n:03}": 0.6 - n / 10_000 for n in range(others)}
    near = hits({**alike, "rare": 0.1} if others < 100 else alike)
    ranked = fuse(Found(near, hits({**dict.fromkeys(alike, 1.0), "rare": 6.0})), SCALE)
    assert ranked[0].passage.id == "rare"


def test_what_a_full_list_lacks_has_at_most_its_least_and_what_a_short_one_lacks_has_none_of_the_words() -> None:
    full = fuse(Found(hits({"a": 0.5, "b": 0.4}), hits({"a": 2.0, "c": 1.0})), SCALE)
    short = fuse(Found(hits({"a": 0.5, "b": 0.4}), hits({"c": 1.0})), SCALE)
    assert {one.passage.id: one.score for one in full} == pytest.approx({"a": 3, "b": 2 - 2, "c": 2 - 2})
    assert {one.passage.id: one.score for one in short} == pytest.approx({"a": 3 - 4, "b": 2 - 4, "c": 2 - 2})


def test_passages_that_are_all_alike_are_in_the_order_of_their_documents() -> None:
    places = (("9", "a.pdf", 1), ("8", "a.pdf", 0), ("7", "b.pdf", 0))
    same = [Hit(Passage(id_, document, "v", n, 1, "", "", "x"), 0.5) for id_, document, n in places]
    assert [one.passage.id for one in fuse(Found(same, same), SCALE)] == ["8", "9", "7"]
    assert fuse(Found([], []), SCALE) == []
    assert fuse(Found([], same[:1]), SCALE)[0].similarity is None


def test_the_vectors_weight_can_be_less() -> None:
    found = Found(hits({"a": 0.5, "b": 0.2}), hits({"b": 2.8, "a": 2.0}))
    assert fuse(found, SCALE, nearest_weight=0.5)[0].passage.id == "b"
    assert fuse(found, SCALE)[0].passage.id == "a"
