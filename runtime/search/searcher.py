"""Search over one index: a question's words and vector, both searches, one ranking, and how far it is above chance."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import inf

from runtime.names import REFUSED
from runtime.ports import Embedder, Found, PassageIndex, Query, Vectors
from runtime.search.chance import FEW_QUESTIONS, Chance, chance, chance_among, limit, stored_chance
from runtime.search.fusion import Ranked, distinct, fuse
from runtime.search.remembered import Remembered
from runtime.search.words import QuestionTerms, contains, is_in_language, question_terms

CANDIDATES = 100
"""Hits of each search that are fused; by `make bench-retrieval`, see docs/ask.md."""

FOREIGN_WEIGHT = 0.5
"""Weight of the vectors, against 1 for the words, if the embedding model does not know the question's language."""

SELECTIONS = 256
"""Selections of documents whose chance level is cached."""

KNOWN_SECONDS = 60.0
"""How long the state of the index, its languages and its chance level, is cached."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search: the question's terms and vector; the passages, best first; the chance level (None in
    an empty library); by how much the evidence falls short of the limit, in standard deviations (0 or less if it
    does not); and whether the question is in a language that the embedding model does not know."""

    terms: QuestionTerms
    vector: Vectors
    ranked: Sequence[Ranked]
    chance: Chance | None
    shortfall: float
    foreign: bool

    @property
    def is_below_chance(self) -> bool:
        """Whether the library has no more about the question than chance finds."""
        return self.shortfall > 0


@dataclass(frozen=True, slots=True)
class _IndexState:
    """The index's languages and chance level, when they expire (by the monotonic clock), and a function for the chance
    level of some of its documents, by their names in order."""

    languages: frozenset[str]
    chance: Chance | None
    until: float
    among: Callable[[tuple[str, ...]], Chance]


class Searcher:
    """Search over one index. `refused` is the share of off-topic questions to recognize as such. Thread-safe."""

    def __init__(self, index: PassageIndex, embedder: Embedder, refused: float = REFUSED) -> None:
        self.index = index
        self.remembered = Remembered(embedder)
        """The vectors of what is asked about its passages."""
        self._embedder = embedder
        self._limit = limit(refused)
        self._known: _IndexState | None = None
        self._state_lock = threading.Lock()

    def search(self, questions: Sequence[str], size: int, documents: Sequence[str] | None = None) -> list[SearchResult]:
        """At least the `size` best passages for each question, in `documents` (all if None)."""
        if not questions:
            return []
        known = self._index_state()
        vectors = self._embedder.embed(questions, questions=True)
        each = [question_terms(question, known.languages) for question in questions]
        queries = [Query(one.words, vector) for one, vector in zip(each, vectors, strict=True)]
        found = self.index.search(queries, max(size, CANDIDATES), documents)
        scale = known.chance
        if scale and documents:
            scale = known.among(tuple(sorted(set(documents))))
        return [
            self._result(question, one, query, self._with_quoted(one, query, hits, documents), scale)
            for question, one, query, hits in zip(questions, each, queries, found, strict=True)
        ]

    def _result(
        self, question: str, one: QuestionTerms, query: Query, found: Found, scale: Chance | None
    ) -> SearchResult:
        languages = self._embedder.languages
        foreign = bool(languages) and (one.language not in languages or not is_in_language(question, languages))
        if scale is None:
            return SearchResult(one, query.vector, [], None, inf, foreign)
        ranked = distinct(fuse(found, scale, FOREIGN_WEIGHT if foreign else 1.0))
        if one.quoted:
            ranked.sort(key=lambda hit: not all(contains(hit.passage.text, quoted) for quoted in one.quoted))
        return SearchResult(one, query.vector, ranked, scale, scale.shortfall(one, found, self._limit), foreign)

    def _with_quoted(self, one: QuestionTerms, query: Query, found: Found, documents: Sequence[str] | None) -> Found:
        """The hits, with the best that contain what was quoted, which may be lost among the question's other words."""
        if not one.quoted:
            return found
        (holding,) = self.index.search([replace(query, phrases=one.phrases)], CANDIDATES, documents)
        keyword = {hit.passage.id: hit for hit in (*found.keyword, *holding.keyword)}
        return Found(found.nearest, sorted(keyword.values(), key=lambda hit: -hit.score))

    def _index_state(self) -> _IndexState:
        with self._state_lock:  # one lookup serves all concurrent questions
            known = self._known
            if known is None or time.monotonic() > known.until:
                scale = stored_chance(self.index) or chance(self.index, self._embedder)
                # An empty library may get a document any moment.
                until = time.monotonic() + (KNOWN_SECONDS if scale else 0)
                among = lru_cache(SELECTIONS)(self._among)
                known = self._known = _IndexState(self.index.languages(), scale, until, among)
            return known

    def _among(self, documents: Sequence[str]) -> Chance:
        return chance_among(self.index, self._bank, documents)

    @cached_property
    def _bank(self) -> Vectors:
        return self._embedder.embed(FEW_QUESTIONS, questions=True)


class Searchers:
    """Keeps the searcher of an index from one question to the next, since it caches the state of the index."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Searcher | None = None

    def over(self, index: PassageIndex, embedder: Embedder, refused: float) -> Searcher:
        """The searcher of this index."""
        with self._lock:
            if self._kept is None or self._kept.index.name != index.name:
                self._kept = Searcher(index, embedder, refused)
            return self._kept
