"""Questions that follow another: read alone or with the question before, whichever the library knows more about."""

from __future__ import annotations

import re

from runtime.search.coverage import Sought
from runtime.search.searcher import Searched
from runtime.search.words import folded

BEST = 3
"""Of the passages found, those that are looked at."""

TELLING = 2
"""Words below which a question says hardly anything alone."""

_GOES_ON = re.compile(
    r"^\W*(?:and|but|or|so|what about|how about|why|also|then|und|aber|oder|also|dann|was ist mit|wie ist es mit|warum"
    r"|wieso|weshalb|auch)\b"
    r"|\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her|his|there"
    r"|er|sie|ihn|ihm|ihr|ihre[nmrs]?|sein|seine[nmrs]?|es|dies|diese[nmrs]?|dort|dafür|damit|davon|darin|dazu|dabei)\b",
    re.IGNORECASE,
)


def goes_on(question: str) -> bool:
    """Whether a question by its words goes on from the one before it, or points back to it. English and German."""
    return _GOES_ON.search(question) is not None


def together(before: str, question: str) -> str:
    """A question with the one before it."""
    return f"{before} {question}"


def follows(question: str, alone: Searched, with_before: Searched) -> bool:
    """Whether what was found with the question before is the better answer to a question than what was found alone:
    where it holds as much of the question's own words, and these go on from the one before, or say nothing alone."""
    if not alone.ranked or not with_before.ranked:
        return not alone.ranked
    own, both = (_holds(alone, found) for found in (alone, with_before))
    if goes_on(question) or alone.asked.telling < TELLING:
        return both >= own
    return alone.says_nothing and both >= own


def _holds(question: Searched, found: Searched) -> float:
    """How much of a question's words the best of what was found holds, each by its rarity."""
    passages = [hit.passage for hit in (*question.ranked[:BEST], *found.ranked[:BEST])]
    texts = [folded(f"{p.text} {p.heading} {p.title} {p.document}") for p in passages]
    sought = Sought.among(question.asked, texts, question.chance.passages if question.chance else len(texts))
    return max(sought.share(sought.found(text)) for text in texts[len(question.ranked[:BEST]) :])
