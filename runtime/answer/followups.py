"""Follow-up questions: searched alone or with the previous question, whichever the library knows more about."""

from __future__ import annotations

import re

from runtime.question import MAX_QUESTION
from runtime.search.coverage import WeightedTerms
from runtime.search.searcher import SearchResult
from runtime.search.words import folded

MIN_CONTENT_WORDS = 2
"""Content words below which a question says hardly anything by itself."""

_GOES_ON = re.compile(
    r"^\W*(?:and|but|or|so|what about|how about|why|also|then|und|aber|oder|also|dann|was ist mit|wie ist es mit|warum"
    r"|wieso|weshalb|auch)\b"
    r"|\b(?:gilt|ist|geht|kann|darf|muss|heißt|bedeutet) das\b|\bauch für\b"
    r"|\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her|his|there"
    r"|er|sie|ihn|ihm|ihr|ihre[nmrs]?|sein|seine[nmrs]?|es|dies|diese[nmrs]?|dort|dafür|damit|davon|darin|dazu|dabei)\b",
    re.IGNORECASE,
)


def goes_on(question: str) -> bool:
    """Whether a question's words continue the previous one, or refer back to it. In English and German."""
    return _GOES_ON.search(question) is not None


def join_questions(previous: str, question: str) -> str:
    """The question, preceded by the end of the previous one, which may include its own predecessor."""
    room = MAX_QUESTION - len(question) - 1
    return f"{previous[max(0, len(previous) - room) :]} {question}".strip() if room > 0 else question


def follows(question: str, alone: SearchResult, with_before: SearchResult) -> bool:
    """Whether a question is better read together with the previous one: if its words refer to that and hardly say
    anything by themselves; or if they refer to that, or by themselves find nothing above chance, and the search with
    the previous question finds as much of them. So a new subject is not dragged back to the old one."""
    if not alone.ranked or not with_before.ranked:
        return not alone.ranked
    own, both = _coverage(alone, with_before)
    short = alone.terms.content_words < MIN_CONTENT_WORDS
    if goes_on(question):
        return short or both >= own
    return (short or alone.is_below_chance) and both >= own


def _coverage(alone: SearchResult, with_before: SearchResult) -> list[float]:
    """How much of the question's words the best passage of either search contains, weighted by rarity."""
    best = [found.ranked[0].passage for found in (alone, with_before)]
    texts = [folded(f"{one.text} {one.heading} {one.title} {one.document}") for one in best]
    sought = WeightedTerms.among(alone.terms, texts, alone.chance.passages if alone.chance else len(texts))
    return [sought.share(sought.found(text)) for text in texts]
