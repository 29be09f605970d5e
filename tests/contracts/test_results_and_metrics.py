from __future__ import annotations

import time
import uuid

import numpy as np

from runtime.ports import Metrics, Results, Run


def test_runs_come_back_by_type_oldest_first(results: Results) -> None:
    for date in (30, 10, 20):
        results.save("drift", Run("SNAPSHOT", date, {"score": date / 7, "sizes": [1, 2], "note": "ü"}))
    results.save("drift", Run("BASELINE", 5, {}))
    results.save("distance", Run("SNAPSHOT", 1, {}))
    assert [run.jobdate for run in results.runs("drift", "SNAPSHOT")] == [10, 20, 30]
    assert results.runs("drift", "SNAPSHOT")[0] == Run("SNAPSHOT", 10, {"score": 10 / 7, "sizes": [1, 2], "note": "ü"})
    assert results.runs("none", "SNAPSHOT") == []


def test_the_same_run_again_overwrites(results: Results) -> None:
    for score in (1, 2):
        results.save("drift", Run("SNAPSHOT", 10, {"score": score}))
    assert [run.values for run in results.runs("drift", "SNAPSHOT")] == [{"score": 2}]


def test_a_runs_centers_are_stored_with_it_and_overwritten_with_it(results: Results) -> None:
    first = np.random.default_rng(0).normal(size=(3, 384)).astype(np.float32)
    results.save("drift", Run("BASELINE", 10, {"score": 1}), ("centroids", first))
    np.testing.assert_array_equal(results.centers("centroids", "BASELINE", 10), first)
    results.save("drift", Run("BASELINE", 10, {"score": 2}), ("centroids", first[:2] / np.float32(3)))
    np.testing.assert_array_equal(results.centers("centroids", "BASELINE", 10), first[:2] / 3)
    assert len(results.centers("centroids", "BASELINE", 11)) == 0


def test_a_metric_is_a_series_in_time(metrics: Metrics) -> None:
    name = f"similarity-{uuid.uuid4().hex[:8]}"
    minute = 60.0 * (time.time() // 60) - 600
    metrics.put({name: [0.5, 0.25], "latency": [1.0]}, at=minute + 61)
    metrics.put({name: [0.75]}, at=minute + 1)
    metrics.put({name: []}, at=minute + 1)
    assert metrics.series(name, since=minute - 60, step=60) == [(minute, 0.75), (minute + 60, 0.375)]
    assert metrics.series(name, since=minute + 61, step=60) == [(minute + 60, 0.375)]
    assert metrics.series("nothing", since=minute, step=60) == []


def test_a_mean_of_a_longer_time_is_that_of_all_its_values(metrics: Metrics) -> None:
    name = f"latency-{uuid.uuid4().hex[:8]}"
    hour = 3600.0 * (time.time() // 3600) - 7200
    metrics.put({name: [1.0, 2.0, 3.0]}, at=hour + 60)
    metrics.put({name: [6.0]}, at=hour + 1800)
    metrics.put({name: [9.0]}, at=hour + 3600)
    assert metrics.series(name, since=hour + 1800, step=3600) == [(hour, 3.0), (hour + 3600, 9.0)]
