"""Both searches in one ranking."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.ports import Found, Passage
from runtime.search.chance import Chance


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its place after fusion: `score` is the fused score, `similarity` the cosine to the question, None
    where it was found by its words alone."""

    passage: Passage
    score: float
    similarity: float | None


def fuse(found: Found, scale: Chance, nearest_weight: float = 1.0) -> list[Ranked]:
    """Both searches in one ranking, best first.

    A passage's score is the sum of both searches', each in standard deviations above what chance finds in the library
    (a convex combination of scores, which a few questions are enough to set; Bruch, Gai and Ingber, An analysis of
    fusion functions for hybrid retrieval, 2023). A word that one passage alone has is far above chance, and no
    likeness to the question outvotes it. What only one search found has in the other the least that was found there;
    equal ones are in the order of their document.
    """
    passages = {hit.passage.id: hit.passage for hit in (*found.nearest, *found.keyword)}
    cosines = {hit.passage.id: hit.score for hit in found.nearest}
    keyword = {hit.passage.id: hit.score for hit in found.keyword}
    farthest = min(cosines.values(), default=-1.0)
    # A keyword search that found fewer than the other found all there is: the rest has none of the words.
    least = min(keyword.values()) if 0 < len(cosines) <= len(keyword) else 0.0
    ranked = []
    for id_, passage in passages.items():
        near, by_words = scale.above(cosines.get(id_, farthest), keyword.get(id_, least))
        ranked.append(Ranked(passage, nearest_weight * near + by_words, cosines.get(id_)))
    return sorted(ranked, key=lambda one: (-one.score, one.passage.document, one.passage.ordinal, one.passage.id))
