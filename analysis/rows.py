"""The rows of an analysis, and the operations on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.cluster import KMeans

from analysis.archive import Archived, Source
from analysis.statistics import Indices, Numbers
from runtime.ports import Vectors

MAX_ITERATIONS = 30
TOLERANCE = 1e-4
"""Lloyd's iterations end when the sum of squared moves of the centers is below this share of the variance."""

CHUNK = 16_384
"""Rows whose distances are computed at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as a report shows it."""

    id: str
    group: str
    page: int
    text: str
    at: str


class Rows(Protocol):
    """Vectors of one model with their records. Row numbers are the same in all calls."""

    source: Source
    dimension: int
    groups: Indices
    """Each row's group by number, of shape (n,)."""

    def __len__(self) -> int: ...

    def order(self) -> Indices:
        """Each row's position in its group by page and time, from 0, of shape (n,)."""

    def vectors(self, rows: Indices) -> Vectors:
        """The vectors of some rows, in that order."""

    def records(self, rows: Indices) -> list[Row]:
        """The records of some rows, in that order."""

    def moments(self) -> tuple[Numbers, Numbers]:
        """The mean vector, and the covariance matrix (with n - 1)."""

    def refined(self, centers: Vectors, chosen: npt.NDArray[np.bool_] | None = None) -> Vectors:
        """The centers after Lloyd's iterations from these, over the chosen rows."""

    def nearest(self, centers: Sequence[Vectors], which: Indices | None = None) -> tuple[Indices, Numbers]:
        """Each row's nearest center and the Euclidean distance to it; with several sets, `which` selects each row's."""

    def projected(self, directions: Numbers, which: Indices) -> Numbers:
        """Each row's inner product with its direction, given by `which`, of shape (n,)."""

    def sums(self, blocks: Indices, count: int) -> Numbers:
        """The sums of the vectors by block, of shape (count, dimension)."""

    def most_similar(self, vectors: Vectors) -> tuple[Indices, Numbers]:
        """For each vector the row with the greatest inner product, and that product, each of shape (m,)."""


class MemoryRows:
    """Rows in memory, with NumPy and scikit-learn."""

    def __init__(self, archived: Archived) -> None:
        self._records = archived.records
        self._vectors = archived.vectors
        self.dimension = archived.vectors.shape[1]
        self.source: Source = archived
        _, self.groups = np.unique(archived.records["group"].to_numpy(), return_inverse=True)

    def __len__(self) -> int:
        return len(self._vectors)

    def order(self) -> Indices:
        """Each row's position in its group."""
        frame = self._records.select("group", "page", "at").with_row_index("row").sort("group", "page", "at", "row")
        placed = frame.with_columns(pl.int_range(pl.len()).over("group").alias("place")).sort("row")
        return placed["place"].to_numpy().astype(np.int64)

    def vectors(self, rows: Indices) -> Vectors:
        """Some vectors."""
        return self._vectors[rows]

    def records(self, rows: Indices) -> list[Row]:
        """Some records."""
        return rows_of(self._records[rows.tolist()])

    def moments(self) -> tuple[Numbers, Numbers]:
        """Mean and covariance, summed in float64 chunk by chunk."""
        mean = self._vectors.mean(axis=0, dtype=np.float64)
        product = np.zeros((self.dimension, self.dimension))
        for start in range(0, len(self), CHUNK):
            part = self._vectors[start : start + CHUNK] - mean.astype(np.float32)
            product += part.T @ part
        return mean, product / max(1, len(self) - 1)

    def refined(self, centers: Vectors, chosen: npt.NDArray[np.bool_] | None = None) -> Vectors:
        """Lloyd's iterations."""
        rows = self._vectors if chosen is None else self._vectors[chosen]
        fitted = KMeans(len(centers), init=centers, n_init=1, max_iter=MAX_ITERATIONS, tol=TOLERANCE).fit(rows)
        found: Vectors = fitted.cluster_centers_.astype(np.float32)
        return found

    def nearest(self, centers: Sequence[Vectors], which: Indices | None = None) -> tuple[Indices, Numbers]:
        """Nearest centers and distances."""
        labels, distances = np.empty(len(self), np.int64), np.empty(len(self))
        for start in range(0, len(self), CHUNK):
            part = slice(start, start + CHUNK)
            for number, own in enumerate(centers):
                at = np.arange(start, min(start + CHUNK, len(self)))
                if which is not None:
                    at = at[which[part] == number]
                labels[at], distances[at] = nearest_centers(self._vectors[at], own)
        return labels, distances

    def projected(self, directions: Numbers, which: Indices) -> Numbers:
        """Inner products."""
        products = self._vectors @ directions.T.astype(np.float32)
        return products[np.arange(len(self)), which].astype(float)

    def sums(self, blocks: Indices, count: int) -> Numbers:
        """Sums by block."""
        out = np.zeros((count, self.dimension))
        add_sums(out, blocks, self._vectors)
        return out

    def most_similar(self, vectors: Vectors) -> tuple[Indices, Numbers]:
        """Greatest inner products."""
        return most_similar(vectors, self._vectors)


def add_sums(out: Numbers, blocks: Indices, vectors: Vectors) -> None:
    """Add each vector to its block's row of `out`."""
    order = np.argsort(blocks, kind="stable")
    for start in range(0, len(vectors), CHUNK):
        rows = order[start : start + CHUNK]
        there, first = np.unique(blocks[rows], return_index=True)
        out[there] += np.add.reduceat(vectors[rows], first, axis=0, dtype=np.float64)


def rows_of(records: pl.DataFrame) -> list[Row]:
    """Records as a report shows them."""
    chosen = records.select("id", "group", "page", "text", "at").rows()
    return [Row(id_, group, page, text, at.isoformat(timespec="seconds")) for id_, group, page, text, at in chosen]


def most_similar(vectors: Vectors, rows: Vectors) -> tuple[Indices, Numbers]:
    """For each vector the row with the greatest inner product, the first of equal ones, and that product."""
    best, found = np.full(len(vectors), -np.inf), np.zeros(len(vectors), np.int64)
    for start in range(0, len(rows), CHUNK):
        products = vectors @ rows[start : start + CHUNK].T
        here = products.argmax(axis=1)
        value = products[np.arange(len(vectors)), here]
        better = value > best
        best[better], found[better] = value[better], start + here[better]
    return found, best


def nearest_centers(vectors: Vectors, centers: Vectors) -> tuple[Indices, Numbers]:
    """For each vector the nearest center and the Euclidean distance to it, each of shape (n,)."""
    # In float64 once the center is known: the squares of close vectors cancel.
    products = vectors @ centers.T
    labels = (products - (centers**2).sum(axis=1) / 2).argmax(axis=1)
    difference = vectors - centers[labels]
    return labels, np.sqrt(np.einsum("ij,ij->i", difference, difference, dtype=np.float64))
