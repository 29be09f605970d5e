"""Prints what an engine says of archives, as JSON: `measure.py memory|spark BASELINE SNAPSHOT BROKEN ...`."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from analysis.archive import read_archive
from analysis.clusters import cluster
from analysis.drift import judge
from analysis.rows import MemoryRows, Rows
from runtime.ports import PlumblineError

SEED = 5


def rows(engine: str, path: str) -> Rows:
    if engine == "memory":
        return MemoryRows(read_archive(path))
    from analysis.spark import read_rows

    return read_rows(path)


def described(of: Rows) -> dict[str, Any]:
    """Everything that an analysis asks of rows."""
    some = np.random.default_rng(SEED).permutation(len(of))[:7]
    which = np.arange(len(of)) % 2
    vectors = of.vectors(some)
    mean, covariance = of.moments()
    labels, distances = of.nearest([vectors[:3], vectors[3:]], which)
    similar, products = of.most_similar(vectors)
    source = of.source
    return {
        "rows": len(of),
        "dimension": of.dimension,
        "source": [source.model, source.files, source.repeated, source.share, source.last.isoformat()],
        "damaged": [f"{one.file}: {one.reason}" for one in source.damaged],
        "groups": of.groups.tolist(),
        "order": of.order().tolist(),
        "records": [[row.id, row.group, row.page, row.text, row.at] for row in of.records(some)],
        "vectors": vectors.tolist(),
        "mean": mean.tolist(),
        "covariance": covariance.tolist(),
        "labels": labels.tolist(),
        "distances": distances.tolist(),
        "refined": of.refined(vectors).tolist(),
        "refined of half": of.refined(vectors, which == 1).tolist(),
        "projected": of.projected(vectors[:2].astype(float), which).tolist(),
        "sums": of.sums(which, 2).tolist(),
        "similar": similar.tolist(),
        "products": products.tolist(),
    }


def verdict(before: Rows, now: Rows) -> dict[str, Any]:
    found = cluster(before, None, SEED)
    said, after = judge(before, now, found, SEED)
    return {
        "drift": said.drift,
        "p": [said.p, *said.p_values.values()],
        "effects": [said.auc, said.direction_auc, said.far, said.limit],
        "centers": [*found.centers.tolist(), *after.centers.tolist()],
        "sizes": [*found.sizes.tolist(), *after.sizes.tolist()],
        "variance": found.variance.tolist(),
        "scores": [found.inertia, found.score],
        "changes": [[one.change, one.baseline, one.snapshot] for one in said.clusters],
        "passages": [[row.id for row in one.passages] for one in said.clusters],
    }


def measured(engine: str, baseline: str, snapshot: str, *broken: str) -> dict[str, Any]:
    """What an engine says of all the archives."""
    before, now = rows(engine, baseline), rows(engine, snapshot)
    errors = []
    for path in broken:
        try:
            rows(engine, path)
            errors.append("")
        except PlumblineError as error:
            errors.append(str(error))
    return {"rows": described(before), "verdict": verdict(before, now), "errors": errors}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(*sys.argv[1:])) + "\n")
