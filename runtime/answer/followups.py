"""Questions that follow another: read alone or with the question before, whichever the library knows more about."""

from __future__ import annotations

import re

from runtime.question import MAX_QUESTION
from runtime.search.coverage import WeightedTerms
from runtime.search.searcher import SearchResult
from runtime.search.words import folded

MIN_CONTENT_WORDS = 2
"""Words below which a question says hardly anything alone."""

_GOES_ON = re.compile(
    r"^\W*(?:and|but|or|so|what about|how about|why|also|then|und|aber|oder|also|dann|was ist mit|wie ist es mit|warum"
    r"|wieso|weshalb|auch)\b"
    r"|\b(?:gilt|ist|geht|kann|darf|muss|heißt|bedeutet) das\b|\bauch für\b"
    r"|\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her|his|there"
    r"|er|sie|ihn|ihm|ihr|ihre[nmrs]?|sein|seine[nmrs]?|es|dies|diese[nmrs]?|dort|dafür|damit|davon|darin|dazu|dabei)\b",
    re.IGNORECASE,
)


def goes_on(question: str) -> bool:
    """Whether a question by its words goes on from the one before it, or points back to it. English and German."""
    return _GOES_ON.search(question) is not None


def join_questions(previous: str, question: str) -> str:
    """A question with the end of the one before it, which may have one before it in turn."""
    room = MAX_QUESTION - len(question) - 1
    return f"{previous[max(0, len(previous) - room) :]} {question}".strip() if room > 0 else question


def follows(question: str, alone: SearchResult, with_before: SearchResult) -> bool:
    """Whether a question is better read with the one before: where its words go on from that and hardly say anything
    alone; and where they go on, or the library says nothing about them alone, if what was found with the question
    before holds as much of them. So a new subject is not dragged back to the former one."""
    if not alone.ranked or not with_before.ranked:
        return not alone.ranked
    own, both = _held(alone, with_before)
    short = alone.terms.content_words < MIN_CONTENT_WORDS
    if goes_on(question):
        return short or both >= own
    return (short or alone.is_below_chance) and both >= own


def _held(alone: SearchResult, with_before: SearchResult) -> list[float]:
    """How much of a question's words each one's best passage holds, each by its rarity among both."""
    best = [found.ranked[0].passage for found in (alone, with_before)]
    texts = [folded(f"{one.text} {one.heading} {one.title} {one.document}") for one in best]
    sought = WeightedTerms.among(alone.terms, texts, alone.chance.passages if alone.chance else len(texts))
    return [sought.share(sought.found(text)) for text in texts]
