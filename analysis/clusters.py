"""Clusters of embeddings: how many there are, where they lie, and how those of two times match."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances, silhouette_score
from threadpoolctl import ThreadpoolController

from analysis.rows import Row, Rows
from analysis.statistics import Indices, Numbers
from runtime.ports import Vectors

CANDIDATES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24)
"""Numbers of clusters that are tried."""

CHOOSING_ROWS = 2_000
"""Random rows on which the number of clusters is chosen and silhouettes are measured."""

STARTING_ROWS = 20_000
"""Random rows on which the clusters are initialised."""

STARTS = 3
"""k-means++ starts while the number of clusters is chosen; the best is taken."""

FINAL_STARTS = 10
"""The same for the clusters that are reported."""

COMPONENTS = 10
"""Principal components whose share of the variance is reported."""

NEAREST = 3
"""Passages shown per cluster."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """k-means of some rows: centers of shape (k, dimension), sizes (k,), labels and distances to them (n,).

    `variance` is the share of each principal component, `axes` the first two of them, of shape (2, dimension), from
    `mean`. `score` is the mean silhouette (Rousseeuw 1987) of a sample of the rows, 0 with a single cluster.
    """

    centers: Vectors
    sizes: Indices
    inertia: float
    score: float
    variance: Numbers
    mean: Numbers
    axes: Numbers
    labels: Indices
    distances: Numbers


def cluster(rows: Rows, count: int | None, seed: int, *, fixed: Vectors | None = None) -> Clustering:
    """k-means with `count` clusters, or with a number chosen from the data.

    `fixed` are given centers, which are not moved.
    """
    sample = rows.vectors(_random_rows(len(rows), STARTING_ROWS, seed))
    chosen = sample[:CHOOSING_ROWS]
    centers = fixed
    if centers is None:
        centers = rows.refined(initial_centers(sample, count or choose_k(chosen, seed), seed, FINAL_STARTS))
    labels, distances = rows.nearest([centers])
    mean, covariance = rows.moments()
    values, axes = np.linalg.eigh(covariance)
    share = np.clip(values[::-1], 0, None) / max(float(values.sum()), np.finfo(float).tiny)
    place = np.argmax(np.abs(axes[:, ::-1][:, :2]), axis=0)
    first = axes[:, ::-1][:, :2].T * np.sign(axes[:, ::-1][place, [0, 1]])[:, None]  # the same sign on every machine
    return Clustering(
        centers,
        np.bincount(labels, minlength=len(centers)),
        float((distances**2).sum()),
        _silhouette(chosen, centers, pairwise_distances(chosen)),
        share[:COMPONENTS],
        mean,
        first,
        labels,
        distances,
    )


def initial_centers(sample: Vectors, count: int, seed: int, starts: int = STARTS) -> Vectors:
    """The best of several k-means++ starts on a sample (Arthur and Vassilvitskii 2007); fewer with equal rows."""
    return _fitted(sample, min(count, _distinct(sample)), seed, starts)


def choose_k(sample: Vectors, seed: int) -> int:
    """The candidate whose clusters have the greatest mean silhouette."""
    distinct = _distinct(sample)
    apart = pairwise_distances(sample)  # computed once for all candidates
    scored = [(_silhouette(sample, _fitted(sample, k, seed, STARTS), apart), -k) for k in CANDIDATES if k < distinct]
    return -max(scored)[1] if scored else 1


def _fitted(sample: Vectors, count: int, seed: int, starts: int) -> Vectors:
    # Its steps are short: two threads gain nothing, and lose much when they spin waiting for a busy core.
    with _threads().limit(limits=1):
        fitted = KMeans(count, n_init=starts, random_state=seed).fit(sample)
    centers: Vectors = fitted.cluster_centers_.astype(np.float32)
    return centers


@cache
def _threads() -> ThreadpoolController:
    """The thread pools of the libraries imported above; finding them takes milliseconds, as long as some fits."""
    return ThreadpoolController()


def _distinct(sample: Vectors) -> int:
    return len(np.unique(sample, axis=0))


def match(first: Vectors, second: Vectors) -> dict[int, int]:
    """Matches each center of `second` with one of `first`: the assignment of least total distance (Kuhn 1955)."""
    distances = np.linalg.norm(second[:, None, :] - first[None, :, :], axis=2)
    return {int(row): int(column) for row, column in zip(*linear_sum_assignment(distances), strict=True)}


def nearest_rows(rows: Rows, chosen: Indices, distances: Numbers) -> list[Row]:
    """The records of the chosen rows nearest to their center, each text once."""
    order = chosen[np.argsort(distances[chosen], kind="stable")][: 10 * NEAREST]
    found: dict[str, Row] = {}
    for row in rows.records(order):
        found.setdefault(row.text, row)
    return list(found.values())[:NEAREST]


def _silhouette(sample: Vectors, centers: Vectors, apart: Vectors) -> float:
    """The mean silhouette of a sample's clusters. `apart` are the distances between its rows, of shape (n, n)."""
    labels = ((sample @ centers.T) - (centers**2).sum(axis=1) / 2).argmax(axis=1)
    if not 1 < len(np.unique(labels)) < len(sample):
        return 0.0
    return float(silhouette_score(apart, labels, metric="precomputed"))


def _random_rows(count: int, size: int, seed: int) -> Indices:
    """Random rows in random order."""
    return np.random.default_rng(seed).permutation(count)[:size]
