"""How much of a question's words a text contains, weighted by rarity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.ports import Found
from runtime.search.words import QuestionTerms, folded, is_cjk

SEEN = 10
"""How many hits of each search are examined."""

WITHIN = 0.6
BEGINNING = 0.5
"""Scores of a word found within a longer one, as in German compounds, and of one whose first part begins a word of the
text. One that begins a word of the text counts in full, since the rest may be an ending."""

MIN_WITHIN = 4
FIRST_PART = 0.7
"""Minimum characters of a word that is looked for within others, and the share of it that is its first part."""


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """A question's words, in their forms in the library's languages, with weights."""

    forms: Sequence[frozenset[str]]
    weights: Sequence[float]

    @classmethod
    def among(cls, terms: QuestionTerms, texts: Sequence[str], size: int) -> WeightedTerms:
        """Weight each word by how few of the texts contain it (folded texts, the best of `size` passages): a word that
        none contains weighs most, since then nothing here is about it."""
        counts = [sum(any(_begins(form, text) for form in forms) for text in texts) for forms in terms.forms]
        return cls(terms.forms, [math.log1p(size / (count + 0.5)) for count in counts])

    def found(self, text: str) -> list[float]:
        """How well each word matches a folded text, from 0 to 1."""
        return [max(_match(form, text) for form in forms) for forms in self.forms]

    def share(self, found: Sequence[float]) -> float:
        """The share of the total weight that was found."""
        total = sum(self.weights)
        return sum(w * one for w, one in zip(self.weights, found, strict=True)) / total if total else 0.0


def _begins(form: str, text: str) -> bool:
    return (form if is_cjk(form) else f" {form} " if form[0].isdigit() else f" {form}") in text


def _match(form: str, text: str) -> float:
    if _begins(form, text):
        return 1.0
    if len(form) < MIN_WITHIN or form[0].isdigit() or is_cjk(form):
        return 0.0
    if form in text:
        return WITHIN
    first = form[: math.ceil(FIRST_PART * len(form))]
    return BEGINNING if len(first) >= MIN_WITHIN and f" {first}" in text else 0.0


def coverage(terms: QuestionTerms, found: Found, size: int) -> float:
    """How much of the question one passage contains at most, including its headings and its document's names, among the
    best hits of both searches; from 0 to 1. `size` is the number of passages in the library."""
    passages = {hit.passage.id: hit.passage for hit in (*found.nearest[:SEEN], *found.keyword[:SEEN])}
    texts = [folded(f"{one.text} {one.heading} {one.title} {one.document}") for one in passages.values()]
    sought = WeightedTerms.among(terms, texts, size)
    return max((sought.share(sought.found(text)) for text in texts), default=0.0)
