"""Ranks the units of a search result by how well they answer the question.

A unit's score combines the question's words that it and its headings contain, weighted by their rarity in the search
result; its vector; whether it has the kind of answer asked for; and its passage's score. Punctuation does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
import numpy.typing as npt

from runtime.answer.kinds import Kind, holds_kind, kind_asked
from runtime.answer.units import Unit, units_of
from runtime.passages import HEADING_PATH
from runtime.ports import Embedder, Passage, Source
from runtime.search.coverage import WeightedTerms
from runtime.search.fusion import Ranked
from runtime.search.language import ENGLISH, language_of
from runtime.search.remembered import Remembered
from runtime.search.searcher import FOREIGN_WEIGHT, SearchResult
from runtime.search.words import folded

PASSAGES = 12
"""How many of the best passages have their units ranked."""

FROM_PASSAGE = 0.5
"""Weight of the passage's score, against 1 each for the words, the vector, and the kind of answer."""

THRESHOLD = 0.8
"""What a unit must reach: the share of the question's words plus its similarity in meaning, each at most 1."""

PER_DEVIATION = 0.1
"""Relative increase of the threshold per standard deviation that the library's evidence is below its limit."""

ALIKE = (0.3, 0.8)
"""Cosines between two words' vectors at which their similarity begins to count, and counts in full."""

_LETTERS = re.compile(r"[^\W\d_]{3,}")

Numbers = npt.NDArray[np.float64]


class Ranking:
    """The units of a question's search result, best first. `kind` is the kind of answer that is asked for."""

    def __init__(
        self, question: str, found: SearchResult, embedder: Embedder | Remembered, more: Sequence[Passage] = ()
    ) -> None:
        self.kind: Kind | None = kind_asked(question)
        self.units: list[Unit] = []
        self.passages: list[Passage] = []
        """The passage of each unit."""
        self.threshold, self.foreign = inf, found.foreign
        """The `coverage` that a unit must reach; whether the embedding model does not know the question's language."""
        hits = [*found.ranked[:PASSAGES], *(Ranked(passage, 0.0, None) for passage in more)]
        passages = [hit.passage for hit in hits]
        units = _units(passages)
        if not units or not found.terms.spelled or found.chance is None:
            return
        self._spelled, self._embedder = found.terms.spelled, embedder
        asked_for = 1 + PER_DEVIATION * max(found.shortfall, 0.0) if found.shortfall > -inf else 0.0
        self.threshold = asked_for * (FOREIGN_WEIGHT if found.foreign else 1.0) * THRESHOLD
        self._sought = WeightedTerms.among(
            found.terms, [folded(passage.text) for passage in passages], found.chance.passages
        )
        words = self._words(units, passages)
        vectors = embedder.embed([HEADING_PATH.join([*unit.above[-1:], unit.shown]) for unit in units])
        nearness = vectors.astype(np.float64) @ found.vector
        scores = (
            _standardized(words @ self._sought.weights)
            + (FOREIGN_WEIGHT if found.foreign else 1.0) * _standardized(nearness)
            + FROM_PASSAGE * _standardized(np.array([hits[unit.source].score for unit in units]))
            + np.array([holds_kind(unit.text, self.kind) for unit in units])
        )
        order = np.argsort(-scores, kind="stable")
        self.units = [units[n] for n in order]
        self.passages = [passages[unit.source] for unit in self.units]
        self._matches, self._vectors, self._by_chance = words[order], vectors[order], found.chance.cosine[0]
        self._nearness = self._above_chance(nearness[order])

    def within(self, sources: Sequence[Source]) -> dict[int, Unit]:
        """The units on the sources' pages, by their rank, each with its source's number."""
        numbers = {(one.document, one.version, one.page): one.number for one in sources}
        pages = ((passage.document, passage.version, passage.page) for passage in self.passages)
        return {
            n: replace(unit, source=numbers[page])
            for n, (unit, page) in enumerate(zip(self.units, pages, strict=True))
            if page in numbers
        }

    def covers_question(self, count: int) -> bool:
        """Whether one of the best `count` units covers enough of the question."""
        return bool(self.units) and self.coverage(range(count)).max() >= self.threshold

    def coverage(self, numbers: Sequence[int]) -> Numbers:
        """How much of the question each of these units covers, counting similar words too, of shape (numbers,)."""
        numbers = [n for n in numbers if n < len(self.units)]
        units = [self.units[n] for n in numbers]
        similarity = _word_similarity(self._spelled, units, self._embedder) if not self.foreign else 0.0
        return self._share(np.maximum(self._matches[numbers], similarity)) + self._nearness[numbers]

    def own_coverage(self, count: int) -> Numbers:
        """The coverage of the best `count` units without their headings and similar words."""
        own = np.array([self._sought.found(folded(unit.shown)) for unit in self.units[:count]])
        return self._share(own) + self._nearness[:count]

    def similarity(self, texts: Sequence[str]) -> Numbers:
        """How similar in meaning each text is to each unit, above chance level, of shape (texts, units)."""
        if not texts or not self.units:
            return np.zeros((len(texts), len(self.units)))
        cosines = self._embedder.embed(texts).astype(np.float64) @ self._vectors.T
        return self._above_chance(cosines)

    def _above_chance(self, cosines: Numbers) -> Numbers:
        above: Numbers = np.clip((cosines - self._by_chance) / (1 - self._by_chance), 0, 1) * (not self.foreign)
        return above

    def _share(self, found: Numbers) -> Numbers:
        share: Numbers = found @ self._sought.weights / max(sum(self._sought.weights), np.finfo(float).tiny)
        return share

    def _words(self, units: Sequence[Unit], passages: Sequence[Passage]) -> Numbers:
        """How much of each of the question's words each unit contains, of shape (units, words), including its headings
        and its document's names; these are the same for all units of a document, and do not affect their order."""
        rows = []
        for unit in units:
            passage = passages[unit.source]
            names = [*unit.above, passage.heading, passage.title, passage.document]
            rows.append(self._sought.found(folded(" ".join([unit.shown, *names]))))
        return np.array(rows)


def _units(passages: Sequence[Passage]) -> list[Unit]:
    """The units that may be quoted: each text once; no headings, no table headers, no questions."""
    languages: dict[str, str] = {}
    found: dict[str, Unit] = {}
    for number, passage in enumerate(passages):
        if passage.document not in languages:
            languages[passage.document] = language_of(passage.text) or ENGLISH
        units = units_of(number, passage.text, passage.heading, languages[passage.document])
        heads = {unit.head for unit in units}
        for unit in units:
            if not (unit.is_heading or unit.text.rstrip().endswith("?") or unit.cells in heads):
                found.setdefault(unit.shown, unit)
    return list(found.values())


def _word_similarity(asked: Sequence[str], units: Sequence[Unit], embedder: Embedder | Remembered) -> Numbers:
    """The similarity of each of the question's words to the nearest word of each unit, of shape (units, words): so that
    a motorcycle is a motorbike."""
    words_of_units = [
        list(dict.fromkeys(_LETTERS.findall(f"{' '.join(unit.above)} {unit.shown}".casefold()))) for unit in units
    ]
    vocabulary = list(dict.fromkeys([*asked, *(word for words in words_of_units for word in words)]))
    vectors = dict(zip(vocabulary, embedder.embed(vocabulary).astype(np.float64), strict=True))
    own = np.array([vectors[word] for word in asked])
    none = np.zeros(len(asked))
    near = [
        (own @ np.array([vectors[word] for word in words]).T).max(axis=1) if words else none for words in words_of_units
    ]
    similarity: Numbers = np.clip((np.array(near) - ALIKE[0]) / (ALIKE[1] - ALIKE[0]), 0, 1)
    return similarity


def _standardized(values: Numbers) -> Numbers:
    standardized: Numbers = (values - values.mean()) / (values.std() or 1.0)
    return standardized
