"""The ranking of sources that a test writes, for checking a model's answer against them."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.answer.claims import CheckedAnswer, check
from runtime.answer.ranking import Ranking
from runtime.ports import Passage, Source
from runtime.search.chance import Chance
from runtime.search.fusion import Ranked
from runtime.search.searcher import SearchResult
from runtime.search.words import question_terms
from tests.contracts.memory import MemoryEmbedder

CHANCE = Chance(10, (0.3, 0.1), (1.0, 1.0), (0.2, 0.1), (0.0, 1.0))
ANYTHING = "What do the documents say?"


def checked(written: str, sources: Sequence[Source], question: str = ANYTHING) -> CheckedAnswer:
    """The checked form of an answer that a model wrote from these sources, all of which were found for the question."""
    embedder = MemoryEmbedder()
    passages = [
        Passage(f"{one.number}", one.document, one.version, n, one.page, one.title, one.heading, one.text)
        for n, one in enumerate(sources)
    ]
    ranked = [Ranked(passage, 1.0 - n, 0.5) for n, passage in enumerate(passages)]
    vector = embedder.embed([question], questions=True)[0]
    found = SearchResult(question_terms(question, ["en", "de"]), vector, ranked, CHANCE, -1.0, foreign=False)
    return check(written, question, Ranking(question, found, embedder), sources)
