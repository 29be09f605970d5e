"""The chance level of a library: it normalizes the scores of both searches so that they can be added, and tells a
question that the library has nothing about before a model is asked.

Questions about all kinds of other subjects show what this embedding model finds by chance in this library: the cosine
of the nearest passage, the keyword score of the best one, and how much of a question's words, weighted by rarity, one
passage contains. Scores are then in standard deviations above that. So no labels are needed, and the cosines of
different models are comparable.
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
"""Questions per search request."""

FEW_QUESTIONS = QUESTIONS[::5]
"""The questions that measure the chance level of some documents."""

GROWN = 1.25
"""The chance level is measured anew once the number of passages has grown or shrunk by this factor."""

NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation. Both that and the median are
robust if the library has something about a tenth of these questions."""

MIN_KEYWORD = 0.2
"""Minimum standard deviation of the keyword score, as a share of the weight of a word that only one passage has: in a
library in another language these questions find next to nothing by keyword. In English libraries it is a quarter."""

MIN_COVERED = 0.05
"""Minimum standard deviation of the share of a question's words in a passage, for the same reason. In English libraries
it is three times as much."""

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chance:
    """What off-topic questions find in a library of `passages`: median and standard deviation of the best cosine, of
    the best keyword score, of the share of the question's words in one passage, and of the sum of their z-scores, in
    which meaning counts as much as both figures of the words."""

    passages: int
    cosine: tuple[float, float]
    keyword: tuple[float, float]
    covered: tuple[float, float]
    evidence: tuple[float, float]

    def above(self, cosine: float, keyword: float) -> tuple[float, float]:
        """Both scores in standard deviations above chance."""
        return _z_score(cosine, self.cosine), _z_score(keyword, self.keyword)

    def shortfall(self, question: QuestionTerms, found: Found, least: float) -> float:
        """By how much the evidence of the best hits is below `least`, in standard deviations, 0 or less if it is not;
        the question's words are only looked for if they matter."""
        short = least - self._above(found, 0.0)
        return short if short <= 0 else least - self._above(found, coverage(question, found, self.passages))

    def _above(self, found: Found, share: float) -> float:
        cosine, keyword = self.above(*_best(found))
        return _z_score(_sum(cosine, keyword, _z_score(share, self.covered)), self.evidence)

    def fits(self, passages: int) -> bool:
        """Whether this still holds for a library of so many passages."""
        return self.passages <= GROWN * passages and passages <= GROWN * self.passages


def limit(refused: float) -> float:
    """The evidence below which a question is refused, so that this share of off-topic questions is: none for 0, every
    question for 1."""
    return NormalDist().inv_cdf(refused) if 0 < refused < 1 else float("inf") * (1 if refused else -1)


def chance(index: PassageIndex, embedder: Embedder) -> Chance | None:
    """The library's chance level, as stored with its index; measured and stored if there is none, or the library has
    outgrown it. None for an empty library."""
    passages = index.size()
    known = stored_chance(index)
    if known and known.fits(passages):
        return known
    if not passages:
        return None
    made = _measured(index, QUESTIONS, embedder.embed(QUESTIONS, questions=True), passages)
    try:
        index.write_note(json.dumps({"chance": asdict(made)}))
    except PlumblineError as error:  # without write access it is measured for this process only
        LOG.warning("The chance level of the library could not be stored: %s", error)
    return made


def chance_among(index: PassageIndex, vectors: Vectors, documents: Sequence[str]) -> Chance:
    """The chance level of these documents only: among a few pages chance finds less than in a whole library. `vectors`
    are those of FEW_QUESTIONS, since somebody is waiting; by `make bench-retrieval` as many are refused as with all."""
    return _measured(index, FEW_QUESTIONS, vectors, index.size(), documents)


def stored_chance(index: PassageIndex) -> Chance | None:
    """The chance level stored with the index, or None."""
    values = json.loads(index.read_note() or "{}").get("chance", {})
    if "evidence" not in values:  # of an earlier version, or none
        return None
    spreads = {name: tuple(values[name]) for name in ("cosine", "keyword", "covered", "evidence")}
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
    sums = [_sum(_z_score(a, cosine), _z_score(b, keyword), _z_score(c, share)) for a, b, c in best]
    return Chance(passages, cosine, keyword, share, _spread(np.array(sums)))


def _sum(cosine: float, keyword: float, covered: float) -> float:
    """The evidence of both searches, each counting twice: that of the words is in two figures. By
    `make bench-retrieval` that parts questions about other matters best, with either model."""
    return 2 * cosine + keyword + covered


def _best(found: Found) -> tuple[float, float]:
    """The best cosine and the best keyword score; the lowest possible if nothing was found."""
    return (
        found.nearest[0].score if found.nearest else -1.0,
        found.keyword[0].score if found.keyword else 0.0,
    )


def _z_score(value: float, spread: tuple[float, float]) -> float:
    return (value - spread[0]) / spread[1]


def _spread(values: npt.NDArray[np.float64], least: float = 0.0) -> tuple[float, float]:
    """Median and standard deviation, the latter at least `least`. It is from the median absolute deviation, or from all
    values if half of them are equal."""
    median = float(np.median(values))
    deviation = NORMAL * float(np.median(np.abs(values - median))) or float(values.std())
    return median, max(deviation, least) or 1.0
