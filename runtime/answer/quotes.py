"""An answer without a language model of note: the units of the sources that hold most of what is asked.

`make bench-answers` says how often the first one, and any of the three, holds the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.answer.kinds import FIGURES, holds_kind
from runtime.answer.ranking import Ranking
from runtime.answer.units import Unit
from runtime.ports import Passage

QUOTES = 3
"""Quotes shown at most."""

FURTHER = 0.5
"""The share of what a quote must hold that one behind the first must hold by itself, its headings aside."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A unit of a passage, quoted."""

    unit: Unit
    passage: Passage


def quotes(ranking: Ranking) -> list[Quote]:
    """The units that answer the question, the best first; none where none of them holds enough of it."""
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
