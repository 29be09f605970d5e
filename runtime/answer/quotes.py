"""An answer without a language model of note: the units of the sources that hold most of what is asked.

A unit counts by how much of the question's words it has with its headings, each by its rarity in what was found; by its
vector; by the kind of thing asked for; and by the passage that it stands in. How it is punctuated
does not matter. `make bench-answers` says how often the first one, and any of the three, holds the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from runtime.answer.kinds import holds_kind, kind_asked
from runtime.answer.sources import distinct
from runtime.answer.units import Unit, units_of
from runtime.passages import HEADING_PATH
from runtime.ports import Embedder, Passage
from runtime.search.coverage import Sought
from runtime.search.language import ENGLISH, language_of
from runtime.search.searcher import FOREIGN, Searched
from runtime.search.words import folded

QUOTES = 3
"""Quotes shown at most."""

PASSAGES = 12
"""The best passages, whose units may be quoted."""

FROM_PASSAGE = 0.5
"""Weight of the passage's own score, against 1 for the words, for the vector, and for the kind of thing."""

ENOUGH = 0.8
"""What a unit must hold of a question: the share of its words and how near it is in meaning, each at most 1."""

FURTHER = 0.5
"""The share of that which a quote behind the first must hold by itself, its headings aside."""

ALIKE = (0.3, 0.8)
"""Cosines between two words' vectors from which they have something, and everything, in common."""

_LETTERS = re.compile(r"[^\W\d_]{3,}")

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quote:
    """A unit of a passage, quoted."""

    unit: Unit
    passage: Passage


def quotes(question: str, found: Searched, embedder: Embedder) -> list[Quote]:
    """The units that answer the question, the best first; none where none of them holds enough of it."""
    hits = distinct(found.ranked)[:PASSAGES]
    passages = [hit.passage for hit in hits]
    units = _units(passages)
    if not units or not found.asked.spelled or found.chance is None:
        return []
    kind = kind_asked(question)
    sought = Sought.among(found.asked, [folded(passage.text) for passage in passages], found.chance.passages)
    words = _words(units, passages, sought)
    texts = [HEADING_PATH.join([*unit.above[-1:], unit.shown]) for unit in units]
    near = embedder.embed(texts).astype(np.float64) @ found.vector
    scores = (
        _standardized(words @ sought.weights)
        + (FOREIGN if found.foreign else 1.0) * _standardized(near)
        + FROM_PASSAGE * _standardized(np.array([hits[unit.source].score for unit in units]))
        + np.array([holds_kind(unit.text, kind) for unit in units])
    )
    best = np.argsort(-scores, kind="stable")[:QUOTES]
    if not any(holds_kind(units[n].text, kind) for n in best) and kind in ("money", "time", "number"):
        return []
    likeness = _likeness(found.asked.spelled, [units[n] for n in best], embedder) if not found.foreign else 0.0
    total = max(sum(sought.weights), np.finfo(float).tiny)
    held = np.maximum(words[best], likeness) @ sought.weights / total
    by_chance = found.chance.cosine[0]
    nearness = np.zeros(len(best)) if found.foreign else np.clip((near[best] - by_chance) / (1 - by_chance), 0, 1)
    enough = (FOREIGN if found.foreign else 1.0) * ENOUGH
    if (held + nearness).max() < enough:
        return []
    own = np.array([sought.found(folded(units[n].shown)) for n in best]) @ sought.weights / total
    further = best[1:][(own + nearness)[1:] >= FURTHER * enough]
    return [Quote(units[n], passages[units[n].source]) for n in (best[0], *further)]


def _units(passages: Sequence[Passage]) -> list[Unit]:
    """What may be quoted: each text once, no headings, no heads of tables, no questions."""
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


def _words(units: Sequence[Unit], passages: Sequence[Passage], sought: Sought) -> Numbers:
    """How much of each of the question's words each unit has, of shape (units, words), with its headings and its
    document's names: what all of a document's units have tells none of them from the others."""
    rows = []
    for unit in units:
        passage = passages[unit.source]
        rows.append(
            sought.found(folded(" ".join([unit.shown, *unit.above, passage.heading, passage.title, passage.document])))
        )
    return np.array(rows)


def _likeness(asked: Sequence[str], units: Sequence[Unit], embedder: Embedder) -> Numbers:
    """How much each of the question's words has in common with the nearest word of each unit, of shape (units, words):
    so a motorcycle is a motorbike."""
    told = [list(dict.fromkeys(_LETTERS.findall(f"{' '.join(unit.above)} {unit.shown}".casefold()))) for unit in units]
    distinct = list(dict.fromkeys([*asked, *(word for words in told for word in words)]))
    vectors = dict(zip(distinct, embedder.embed(distinct).astype(np.float64), strict=True))
    own = np.array([vectors[word] for word in asked])
    none = np.zeros(len(asked))
    near = [(own @ np.array([vectors[word] for word in words]).T).max(axis=1) if words else none for words in told]
    likeness: Numbers = np.clip((np.array(near) - ALIKE[0]) / (ALIKE[1] - ALIKE[0]), 0, 1)
    return likeness


def _standardized(values: Numbers) -> Numbers:
    standardized: Numbers = (values - values.mean()) / (values.std() or 1.0)
    return standardized
