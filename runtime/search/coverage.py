"""How much of a question's words a text has, each by its rarity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.ports import Found
from runtime.search.words import QuestionTerms, folded, is_cjk

SEEN = 10
"""Of each search's hits, those whose words are looked at."""

WITHIN = 0.6
BEGINNING = 0.5
"""What a word counts that stands within a longer one, as in German compounds, and one whose first part begins a word of
the text; a word of the text that begins with it counts whole, since its ending may be another."""

MIN_WITHIN = 4
FIRST_PART = 0.7
"""Characters of a word that is looked for within others, and the share of it that is its first part."""


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """A question's words, in the forms that they have in the languages of a library, and their weights."""

    forms: Sequence[frozenset[str]]
    weights: Sequence[float]

    @classmethod
    def among(cls, terms: QuestionTerms, texts: Sequence[str], size: int) -> WeightedTerms:
        """Weighed by how few of the texts have each word (folded ones, the best of `size` that there are): a word that
        none has weighs most, for then nothing here is about it."""
        counts = [sum(any(_begins(form, text) for form in forms) for text in texts) for forms in terms.forms]
        return cls(terms.forms, [math.log1p(size / (count + 0.5)) for count in counts])

    def found(self, text: str) -> list[float]:
        """Of each word, how much of it a folded text has, from 0 to 1."""
        return [max(_likeness(form, text) for form in forms) for forms in self.forms]

    def share(self, found: Sequence[float]) -> float:
        """Of all words' weight, the share that was found."""
        total = sum(self.weights)
        return sum(w * one for w, one in zip(self.weights, found, strict=True)) / total if total else 0.0


def _begins(form: str, text: str) -> bool:
    return (form if is_cjk(form) else f" {form} " if form[0].isdigit() else f" {form}") in text


def _likeness(form: str, text: str) -> float:
    if _begins(form, text):
        return 1.0
    if len(form) < MIN_WITHIN or form[0].isdigit() or is_cjk(form):
        return 0.0
    if form in text:
        return WITHIN
    first = form[: math.ceil(FIRST_PART * len(form))]
    return BEGINNING if len(first) >= MIN_WITHIN and f" {first}" in text else 0.0


def coverage(terms: QuestionTerms, found: Found, size: int) -> float:
    """How much of the question the passage has that has most of it, with its headings and its document's names, among
    the best of both searches; from 0 to 1. `size` is how many passages there are."""
    passages = {hit.passage.id: hit.passage for hit in (*found.nearest[:SEEN], *found.keyword[:SEEN])}
    texts = [folded(f"{one.text} {one.heading} {one.title} {one.document}") for one in passages.values()]
    sought = WeightedTerms.among(terms, texts, size)
    return max((sought.share(sought.found(text)) for text in texts), default=0.0)
