"""Embeddings with known truth: topics on the unit sphere, rows alone or in near-duplicate groups."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from analysis.archive import Archived
from analysis.rows import MemoryRows
from runtime.ports import Vectors

WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def topics(rng: np.random.Generator, count: int, dimension: int = 384) -> Vectors:
    """Centers of length 1 in random directions."""
    drawn = rng.normal(size=(count, dimension))
    unit: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit


def around(rng: np.random.Generator, centers: Vectors, rows: int, noise: float, group: int = 1) -> Vectors:
    """Unit vectors around centers picked at random, `noise` the length of what is added to a center; in groups of
    `group` rows that differ by .3 of it."""
    shape = (rows // group, centers.shape[1])
    scale = noise / np.sqrt(centers.shape[1])
    made = centers[rng.choice(len(centers), size=shape[0])] + rng.normal(size=shape) * scale
    if group > 1:
        made = np.repeat(made, group, axis=0)
        made = made + 0.3 * scale * rng.normal(size=made.shape)
    unit: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit


def documents(rng: np.random.Generator, centers: Vectors, count: int, rows: int) -> Vectors:
    """Documents of `rows` rows each, whose own centers lie about a topic's at .7 of its length, and their rows at 1."""
    scale = 1 / np.sqrt(centers.shape[1])
    own = centers[rng.choice(len(centers), size=count)] + 0.7 * scale * rng.normal(size=(count, centers.shape[1]))
    made = np.repeat(own, rows, axis=0) + scale * rng.normal(size=(count * rows, centers.shape[1]))
    unit: Vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    return unit


def archived(vectors: Vectors, group: int = 1, name: str = "g") -> Archived:
    """Vectors as the archive reader gives them, `group` rows to a group."""
    count = len(vectors)
    records = pl.DataFrame(
        {
            "id": [f"{name}-{row}" for row in range(count)],
            "kind": ["passage"] * count,
            "group": [f"{name}-{row // group:06d}" for row in range(count)],
            "page": [row % group + 1 for row in range(count)],
            "text": [f"passage {row} of {name}" for row in range(count)],
            "at": [WHEN] * count,
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )
    return Archived("a model", 1, 0, 1.0, (), WHEN, records, vectors)


def rows(vectors: Vectors, group: int = 1, name: str = "g") -> MemoryRows:
    return MemoryRows(archived(vectors, group, name))
