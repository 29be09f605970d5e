"""Fuses both searches into one ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.ports import Found, Passage
from runtime.search.chance import Chance


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage ranked by fusion: `score` is the fused score, `similarity` the cosine to the question, None if it was
    found by keyword only."""

    passage: Passage
    score: float
    similarity: float | None


def fuse(found: Found, scale: Chance, nearest_weight: float = 1.0) -> list[Ranked]:
    """Fuse both searches into one ranking, best first.

    A passage's score is the sum of its scores in both searches, each in standard deviations above the library's chance
    level (a convex combination, which a few questions are enough to calibrate; Bruch, Gai and Ingber, An analysis of
    fusion functions for hybrid retrieval, 2023). A word that only one passage has is far above chance, and no
    similarity to the question outvotes it. A passage found by only one search gets the lowest score of the other; ties
    are in document order.
    """
    passages = {hit.passage.id: hit.passage for hit in (*found.nearest, *found.keyword)}
    cosines = {hit.passage.id: hit.score for hit in found.nearest}
    keyword = {hit.passage.id: hit.score for hit in found.keyword}
    farthest = min(cosines.values(), default=-1.0)
    # A keyword search with fewer hits than the other has found all that match: the rest has none of the words.
    least = min(keyword.values()) if 0 < len(cosines) <= len(keyword) else 0.0
    ranked = []
    for id_, passage in passages.items():
        near, by_words = scale.above(cosines.get(id_, farthest), keyword.get(id_, least))
        ranked.append(Ranked(passage, nearest_weight * near + by_words, cosines.get(id_)))
    return sorted(ranked, key=lambda one: (-one.score, one.passage.document, one.passage.ordinal, one.passage.id))


def distinct(ranked: Sequence[Ranked]) -> list[Ranked]:
    """The hits without copies of a document under other names than that of its best hit: the same bytes are searched
    once."""
    names: dict[str, str] = {}
    places: dict[tuple[str, int, str], Ranked] = {}
    for hit in ranked:
        name = names.setdefault(hit.passage.version, hit.passage.document)
        place = hit.passage.version, hit.passage.ordinal, hit.passage.text
        if place not in places or (hit.passage.document == name != places[place].passage.document):
            places[place] = hit
    return list(places.values())
