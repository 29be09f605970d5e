"""Answers without a language model: the units of the sources that cover most of the question.

`make bench-answers` measures how often the first one, and any of the three, contains the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.answer.kinds import FIGURES, holds_kind
from runtime.answer.ranking import Ranking
from runtime.answer.units import Unit
from runtime.ports import Passage

QUOTES = 3
"""Maximum number of quotes."""

FURTHER = 0.5
"""The share of the threshold that a quote after the first must reach by itself, without its headings."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A unit of a passage, quoted."""

    unit: Unit
    passage: Passage


def quotes(ranking: Ranking) -> list[Quote]:
    """The units that answer the question, best first; none if no unit covers enough of it."""
    best = ranking.units[:QUOTES]
    if not best:
        return []
    if ranking.kind in FIGURES and not any(holds_kind(unit.text, ranking.kind) for unit in best):
        return []
    if not ranking.covers_question(QUOTES):
        return []
    own = ranking.own_coverage(QUOTES)
    further = [n for n in range(1, len(best)) if own[n] >= FURTHER * ranking.threshold]
    return [Quote(best[n], ranking.passages[n]) for n in (0, *further)]
