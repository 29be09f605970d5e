"""Search over one index: a question's words and vector, both searches, one ranking, and how much that says."""

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
from runtime.search.fusion import Ranked, fuse
from runtime.search.words import QuestionTerms, contains, is_in_language, question_terms

CANDIDATES = 100
"""Hits that each of the two searches gives to the fusion; by `make bench-retrieval`, see docs/ask.md."""

FOREIGN_WEIGHT = 0.5
"""Weight of the vectors, against 1 for the words, for a question in a language that the embedding model does not
know."""

SELECTIONS = 256
"""Choices of documents whose scale of chance is kept."""

KNOWN_SECONDS = 60.0
"""How long what is known of the index, its languages and its scale of chance, is not looked up again."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found for a question: its words and vector, the passages, best first, the scale of chance (None in an
    empty library), how far what they say is short of what is asked for above chance (in standard deviations, 0 or less
    where it is enough), and whether the question is in a language that the embedding model does not know."""

    terms: QuestionTerms
    vector: Vectors
    ranked: Sequence[Ranked]
    chance: Chance | None
    shortfall: float
    foreign: bool

    @property
    def is_below_chance(self) -> bool:
        """Whether the library says no more about the question than what is found by chance."""
        return self.shortfall > 0


@dataclass(frozen=True, slots=True)
class _IndexState:
    """What is known of the index, and until when (by the monotonic clock); and the scale of some of its documents, by
    their names in order."""

    languages: frozenset[str]
    chance: Chance | None
    until: float
    among: Callable[[tuple[str, ...]], Chance]


class Searcher:
    """Search over one index. `refused` is the share of questions about other matters that are to be told as such. Safe
    to use from several threads."""

    def __init__(self, index: PassageIndex, embedder: Embedder, refused: float = REFUSED) -> None:
        self.index = index
        self._embedder = embedder
        self._limit = limit(refused)
        self._known: _IndexState | None = None
        self._state_lock = threading.Lock()

    def search(self, questions: Sequence[str], size: int, documents: Sequence[str] | None = None) -> list[SearchResult]:
        """The `size` best passages at least for each question, in `documents` (all when None)."""
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
        ranked = fuse(found, scale, FOREIGN_WEIGHT if foreign else 1.0)
        if one.quoted:
            ranked.sort(key=lambda hit: not all(contains(hit.passage.text, quoted) for quoted in one.quoted))
        return SearchResult(one, query.vector, ranked, scale, scale.shortfall(one, found, self._limit), foreign)

    def _with_quoted(self, one: QuestionTerms, query: Query, found: Found, documents: Sequence[str] | None) -> Found:
        """With the best of those that hold what was quoted: among all of the question's words it may be lost."""
        if not one.quoted:
            return found
        (holding,) = self.index.search([replace(query, phrases=one.phrases)], CANDIDATES, documents)
        keyword = {hit.passage.id: hit for hit in (*found.keyword, *holding.keyword)}
        return Found(found.nearest, sorted(keyword.values(), key=lambda hit: -hit.score))

    def _index_state(self) -> _IndexState:
        with self._state_lock:  # many ask at once, and one look does for all
            known = self._known
            if known is None or time.monotonic() > known.until:
                scale = stored_chance(self.index) or chance(self.index, self._embedder)
                # An empty library may have a document any moment.
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
    """The searcher over an index, kept from one question to the next, since it knows what it has looked up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Searcher | None = None

    def over(self, index: PassageIndex, embedder: Embedder, refused: float) -> Searcher:
        """The searcher over this index."""
        with self._lock:
            if self._kept is None or self._kept.index.name != index.name:
                self._kept = Searcher(index, embedder, refused)
            return self._kept
