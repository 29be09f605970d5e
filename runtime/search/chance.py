"""What chance finds in a library: the scale by which both searches are added, and by which a question that the library
says nothing about is told before a model is asked.

Questions about all kinds of other matters show what is found by chance, by this embedding model in this library: how
near the nearest passage is, how much keyword search gives the best one, and how much of a question's words, each by its
rarity, one passage has. Scores are then in standard deviations above that. So no labels are needed, and no model's
cosines are taken for another's.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from runtime.ports import Embedder, Found, PassageIndex, PlumblineError, Query, Vectors
from runtime.search.bank import QUESTIONS
from runtime.search.coverage import SEEN, coverage
from runtime.search.words import QuestionTerms, question_terms

BATCH = 64
"""Questions searched at once."""

FEW_QUESTIONS = QUESTIONS[::5]
"""Those that measure what chance finds among some documents."""

GROWN = 1.25
"""Times as many passages, or as few, from which on the scale is made anew."""

NORMAL = 1.4826
"""Of a normal distribution's median absolute deviation, the standard deviation. Neither it nor the median minds that
the library may say something about a tenth of these questions."""

MIN_KEYWORD = 0.2
"""Of the weight of a word that one passage has, the keyword score's standard deviation at least: in a library of
another language than these questions', they find next to nothing by words. In English ones it is a quarter."""

MIN_COVERED = 0.05
"""Of the share of a question's words that a passage has, for the same reason. In English libraries it is three times as
much."""

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chance:
    """What questions about other matters find in a library of `passages`: median and standard deviation of the best
    cosine, of the best keyword score, of how much of the question's words one passage has, and of the sum of these in
    standard deviations above their medians."""

    passages: int
    cosine: tuple[float, float]
    keyword: tuple[float, float]
    covered: tuple[float, float]
    all: tuple[float, float]

    def above(self, cosine: float, keyword: float) -> tuple[float, float]:
        """How far both are above chance, in standard deviations."""
        return _z_score(cosine, self.cosine), _z_score(keyword, self.keyword)

    def evidence(self, question: QuestionTerms, found: Found) -> float:
        """How far the best that was found for a question is above chance, in standard deviations."""
        return self._evidence(found, coverage(question, found, self.passages))

    def shortfall(self, question: QuestionTerms, found: Found, least: float) -> float:
        """How far the evidence is below the `least`, 0 or less where it is not; the question's words are only looked
        for where they matter."""
        short = least - self._evidence(found, 0.0)
        return short if short <= 0 else least - self.evidence(question, found)

    def _evidence(self, found: Found, share: float) -> float:
        return _z_score(sum(self.above(*_best(found))) + _z_score(share, self.covered), self.all)

    def fits(self, passages: int) -> bool:
        """Whether this is still the scale of a library of so many passages."""
        return self.passages <= GROWN * passages and passages <= GROWN * self.passages


def limit(refused: float) -> float:
    """Evidence below which a question is refused, so that of those about other matters this share is. Of 0 none is, of
    1 every one."""
    return NormalDist().inv_cdf(refused) if 0 < refused < 1 else float("inf") * (1 if refused else -1)


def chance(index: PassageIndex, embedder: Embedder) -> Chance | None:
    """The library's scale as it was noted beside its index, made and noted where there is none, or the library has
    grown much since; None for an empty library."""
    passages = index.size()
    known = stored_chance(index)
    if known and known.fits(passages):
        return known
    if not passages:
        return None
    made = _measured(index, QUESTIONS, embedder.embed(QUESTIONS, questions=True), passages)
    try:
        index.write_note(json.dumps({"chance": asdict(made)}))
    except PlumblineError as error:  # who may only search makes it for itself
        LOG.warning("The chance level of the library could not be stored: %s", error)
    return made


def chance_among(index: PassageIndex, vectors: Vectors, documents: Sequence[str]) -> Chance:
    """The scale of these documents alone: among a few pages chance finds less than in a whole library. By the vectors
    of FEW_QUESTIONS, since somebody waits: by `make bench-retrieval` it refuses as many as by all of them."""
    return _measured(index, FEW_QUESTIONS, vectors, index.size(), documents)


def stored_chance(index: PassageIndex) -> Chance | None:
    """The scale that was noted beside the index."""
    values = json.loads(index.read_note() or "{}").get("chance", {})
    if "covered" not in values:  # of an earlier version, or none
        return None
    spreads = {name: tuple(values[name]) for name in ("cosine", "keyword", "covered", "all")}
    return Chance(passages=values["passages"], **spreads)


def _measured(
    index: PassageIndex,
    questions: Sequence[str],
    vectors: Vectors,
    passages: int,
    documents: Sequence[str] | None = None,
) -> Chance:
    languages = index.languages()
    each = [question_terms(text, languages) for text in questions]
    queries = [Query(one.words, vector) for one, vector in zip(each, vectors, strict=True)]
    batches = (queries[at : at + BATCH] for at in range(0, len(queries), BATCH))
    found = [one for batch in batches for one in index.search(batch, SEEN, documents)]
    best = np.array(
        [(*_best(one), coverage(question, one, passages)) for question, one in zip(each, found, strict=True)]
    )
    least = (0.0, MIN_KEYWORD * math.log1p(passages), MIN_COVERED)
    cosine, keyword, share = (_spread(best[:, n], least[n]) for n in range(3))
    every = np.array([_z_score(a, cosine) + _z_score(b, keyword) + _z_score(c, share) for a, b, c in best])
    return Chance(passages, cosine, keyword, share, _spread(every))


def _best(found: Found) -> tuple[float, float]:
    """The best cosine and the best keyword score; the least there can be where nothing was found."""
    return (
        found.nearest[0].score if found.nearest else -1.0,
        found.keyword[0].score if found.keyword else 0.0,
    )


def _z_score(value: float, spread: tuple[float, float]) -> float:
    return (value - spread[0]) / spread[1]


def _spread(values: npt.NDArray[np.float64], least: float = 0.0) -> tuple[float, float]:
    """Median and standard deviation, `least` at least. The latter from the median absolute deviation, or from all
    values where half of them are alike."""
    median = float(np.median(values))
    deviation = NORMAL * float(np.median(np.abs(values - median))) or float(values.std())
    return median, max(deviation, least) or 1.0
