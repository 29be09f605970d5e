"""A report of a snapshot that has drifted, whose values tests change."""

from __future__ import annotations

from typing import Any

from runtime.ports import Run
from runtime.reports import Report

PASSAGE = {"id": "p", "group": "<a>.pdf", "page": 3, "text": "<script>alert(1)</script> & more", "at": "2026-11-08"}
CLUSTER = {
    "change": "same",
    "baseline": 0,
    "snapshot": 0,
    "share_before": 0.5,
    "share_now": 0.5,
    "p": 0.4,
    "passages": [PASSAGE],
}
VALUES: dict[str, Any] = {
    "since": "2026-11-01T10:00:00+00:00",
    "until": "2026-11-08T10:00:00+00:00",
    "rows": 600,
    "groups": 30,
    "share": 1.0,
    "seed": 0,
    "model": "m",
    "data_path": "archive",
    "damaged": [],
    "damaged_files": 0,
    "clustersizes": [300, 300],
    "drift": True,
    "alarm": False,
    "streak": 1,
    "cut": False,
    "p": 0.001,
    "p_ks": 0.5,
    "p_mean": 0.001,
    "p_far": 0.6,
    "far": 0.01,
    "auc": 0.51,
    "direction_auc": 0.61,
    "units": [30, 30],
    "clusters": [CLUSTER],
    "evidence": {"far": [PASSAGE], "direction": [{**PASSAGE, "text": "What it is about"}]},
}
FIGURES = {
    "map": {"before": [[0.0, 1.0]], "now": [[1.0, 0.0]], "rings": [[0.5, 0.5, None]]},
    "distances": {"edges": [0.0, 0.5, 1.0], "before": [0.9, 0.1], "now": [0.8, 0.2], "limit": 0.9},
}
HISTORY = [{"until": "2026-11-08T10:00:00+00:00", "far": 0.01, "drift": True}]


def snapshot(**values: Any) -> Report:
    return Report("drift-documents", Run("SNAPSHOT", 1_800_000_000, {**VALUES, **values}), HISTORY, FIGURES)
