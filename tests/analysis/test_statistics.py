from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import load_iris

from analysis.clusters import cluster, match
from analysis.rows import nearest_centers
from analysis.statistics import MAX_BLOCKS, auc, blocks_of, counts_by_bin, permutation_test
from analysis.watch import trend
from runtime.ports import Run
from tests.analysis import samples


def test_identical_data_has_an_auc_of_one_half() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    assert auc(values, values) == 0.5
    assert auc(np.zeros(3), np.zeros(5)) == 0.5


@pytest.mark.parametrize("shift", [-0.5, 0.3, 1.0, 2.0])
def test_a_shift_between_unit_normals_has_the_auc_that_theory_gives(shift: float) -> None:
    rng = np.random.default_rng(1)
    found = auc(rng.normal(size=100_000), rng.normal(shift, size=100_000))
    assert found == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.005)


def test_iris_in_three_clusters() -> None:
    # The figures of scikit-learn's KMeans and PCA over iris, as its manual and others give them.
    rows = samples.rows(load_iris().data.astype(np.float32))
    found = cluster(rows, 3, 0)
    assert found.inertia == pytest.approx(78.8514, abs=1e-3)
    assert found.variance[:2] == pytest.approx([0.92462, 0.05307], abs=1e-5)
    assert sorted(found.sizes.tolist()) == [38, 50, 62]
    assert found.score == pytest.approx(0.5528, abs=1e-3)


def distance_run(day: float, median: float) -> Run:
    until = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day)
    return Run("DISTANCE", int(until.timestamp()), {"until": until.isoformat(), "median": median})


def test_a_trend_needs_three_runs_over_a_day_or_more() -> None:
    assert trend([distance_run(hour / 24, 1.0) for hour in range(9)]) == {"runs": 9}
    assert trend([distance_run(0, 1.0), distance_run(5, 1.0), distance_run(5, 1.0)]) == {"runs": 3}
    # One run that is far off does not move a slope of Theil and Sen.
    found = trend([distance_run(day, 5.0 if day == 3 else 1 + 0.02 * day) for day in range(9)])
    assert found["slope"] == pytest.approx(0.02)
    assert found["low"] <= 0.02 <= found["high"]


def test_clusters_are_matched_by_the_best_assignment_and_not_by_number() -> None:
    centers = samples.topics(np.random.default_rng(2), 9, 16)
    order = np.random.default_rng(3).permutation(9)
    assert match(centers, centers[order]) == dict(enumerate(order.tolist()))
    # Both are nearest to the second center, which only one of them can be.
    first, second = np.array([[0], [1]], np.float32), np.array([[0.6], [1]], np.float32)
    assert match(first, second) == {0: 0, 1: 1}


def test_the_nearest_center_is_the_nearest() -> None:
    rng = np.random.default_rng(4)
    vectors, centers = (rng.normal(size=(count, 8)).astype(np.float32) for count in (200, 7))
    distances = np.linalg.norm(vectors[:, None].astype(float) - centers[None], axis=2)
    labels, found = nearest_centers(vectors, centers)
    np.testing.assert_array_equal(labels, distances.argmin(axis=1))
    np.testing.assert_allclose(found, distances.min(axis=1), rtol=1e-5)


def test_many_groups_share_blocks_and_none_is_split() -> None:
    groups = np.repeat(np.arange(3 * MAX_BLOCKS), 2)
    blocks = blocks_of(groups, 0)
    assert set(blocks) == set(range(MAX_BLOCKS))
    assert (blocks[::2] == blocks[1::2]).all()
    np.testing.assert_array_equal(blocks_of(np.array([5, 5, 9]), 0), [0, 0, 1])


def test_values_are_counted_between_edges() -> None:
    found = counts_by_bin(np.array([0.0, 1.0, 1.5, 9.0]), np.array([1.0, 2.0]), np.array([0, 0, 1, 1]), 2)
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 1, 1]])


def permutation_p(seed: int, shift: float) -> float:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(size=60), rng.normal(shift, size=40)])
    second = np.arange(100) >= 60
    edges = np.unique(np.quantile(values, np.linspace(0, 1, 101)[1:-1]))
    bins = counts_by_bin(values, edges, np.arange(100), 100)
    return permutation_test(np.ones(100), bins, values[:, None], np.ones((100, 1)), second, seed).p


def test_the_permutation_tests_false_alarms_stay_at_its_level() -> None:
    alarms = np.mean([permutation_p(seed, 0) <= 0.05 for seed in range(400)])
    assert 0.02 <= alarms <= 0.08  # four standard errors are .044


def test_the_permutation_test_finds_a_shift() -> None:
    assert np.mean([permutation_p(seed, 1.0) <= 0.05 for seed in range(50)]) > 0.95
