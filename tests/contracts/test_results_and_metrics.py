from __future__ import annotations

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


def test_a_metric_is_a_series_in_time(metrics: Metrics) -> None:
    metrics.put({"similarity": [0.5, 0.25], "latency": [1.0]}, at=20.0)
    metrics.put({"similarity": [0.75]}, at=10.0)
    assert metrics.series("similarity", since=0.0) == [(10.0, 0.75), (20.0, 0.5), (20.0, 0.25)]
    assert metrics.series("similarity", since=15.0) == [(20.0, 0.5), (20.0, 0.25)]
    assert metrics.series("nothing", since=0.0) == []
