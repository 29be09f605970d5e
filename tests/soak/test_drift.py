"""False alarms and power of the verdict on drift: 200 verdicts a seed, over samples of a library's size."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from runtime.verdicts import LEVEL
from tests.analysis.test_drift import assert_few_false_alarms, of_documents, verdict
from tests.soak.seeds import SEEDS

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

DOUBT = 1e-4
"""The chance that a study has more false alarms than it may: there are some dozens of studies."""

SHARES = {1: LEVEL, 20: 0.07}
"""False alarms of samples in groups of so many rows. Of a few dozen groups they are more: see docs/watch.md."""

of_a_library = partial(verdict, topics=20)
of_sixty_documents = partial(of_documents, known=60, rows=60, topics=20, dimension=64)


def drawn(seed: int, count: int) -> range:
    """The generators' seeds of a study: none is another study's."""
    return range(seed * count, (seed + 1) * count)


@pytest.mark.parametrize("group", SHARES)
@pytest.mark.parametrize("seed", SEEDS)
def test_false_alarms_stay_at_the_documented_rate(seed: int, group: int) -> None:
    # Of 200. A share of .2 is more than is allowed with a chance of 99.9% (alone) and 97% (in groups).
    found = [of_a_library(one, count=600, dimension=64, group=group) for one in drawn(seed, 200)]
    assert_few_false_alarms(found, DOUBT, SHARES[group])


@pytest.mark.parametrize("seed", SEEDS)
def test_five_percent_of_new_topics_are_found_at_least_as_often_as_by_held_out_ks(seed: int) -> None:
    # The noise is such that the mean difference alone finds about half, which is where the 75% were measured.
    found = [of_a_library(one, count=2000, dimension=384, new=0.05, noise=3.0) for one in drawn(seed, 24)]
    assert 0.1 <= np.mean([one.p_values["mean"] <= LEVEL for one in found]) <= 0.9
    assert np.mean([one.drift for one in found]) >= 0.75


@pytest.mark.parametrize("count", [4, 10])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_few_new_documents_are_not_taken_for_drift_for_their_rows_being_alike(seed: int, count: int) -> None:
    found = [of_sixty_documents(one, count) for one in drawn(seed, 50)]
    assert not any(one.cut for one in found)
    assert_few_false_alarms(found, DOUBT)


@pytest.mark.parametrize("seed", SEEDS)
def test_most_of_a_few_documents_about_something_new_are_found(seed: int) -> None:
    assert np.mean([of_sixty_documents(one, 5, 4).drift for one in drawn(seed, 20)]) >= 0.75
