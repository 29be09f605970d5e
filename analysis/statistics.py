"""Two samples told apart: tests by permutation of whole blocks of rows, and sizes of effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

PERMUTATIONS = 999
"""So the least p-value is .001."""

AT_ONCE = 100
"""Permutations that are computed together."""

BINS = 1024
"""Of the pooled sample's quantiles, at which distribution functions are compared."""

MAX_BLOCKS = 2_000
"""Of a sample. Where there are more groups, several picked at random make a block: that is exchangeable as well, and
the tests' cost no longer grows with the rows."""


def auc(first: Numbers, second: Numbers) -> float:
    """The area under the ROC curve of telling `second` from `first` by their values: the probability that one of
    `second` is the greater, ties counted half (Mann and Whitney 1947). .5 where they don't differ."""
    ranks = rankdata(np.concatenate([first, second]))
    above = ranks[len(first) :].sum() - len(second) * (len(second) + 1) / 2
    return float(above / (len(first) * len(second)))


def blocks_of(groups: Indices, seed: int) -> Indices:
    """The block of each row, numbered from 0, of shape (n,): its group, or where there are more than MAX_BLOCKS groups
    one of as many blocks."""
    _, numbers = np.unique(groups, return_inverse=True)
    count = int(numbers.max()) + 1
    if count <= MAX_BLOCKS:
        return numbers
    return (np.random.default_rng(seed).permutation(count) % MAX_BLOCKS)[numbers]


def counts_by_bin(values: Numbers, edges: Numbers, blocks: Indices, count: int) -> Numbers:
    """How many of each block's values lie between the edges, of shape (count, len(edges) + 1)."""
    bins = np.searchsorted(edges, values, side="right")
    width = len(edges) + 1
    return np.bincount(blocks * width + bins, minlength=count * width).reshape(count, width).astype(float)


@dataclass(frozen=True, slots=True)
class PermutationResult:
    """What a permutation test found: each statistic's own p-value, that of all of them together, and for each column
    of `parts` the p-value of its share's change, corrected for their number."""

    p_values: dict[str, float]
    p: float
    parts: Numbers


def permutation_test(
    rows: Numbers, bins: Numbers, sums: Numbers, parts: Numbers, second: npt.NDArray[np.bool_], seed: int
) -> PermutationResult:
    """Test whether the blocks of two samples are of one kind, by giving the blocks to the samples at random.

    Each block is a row: how many rows it has, of shape (blocks,), its counts by bin of a value, the sum of its
    vectors, and its rows by part (cluster), the last part those that lie far; `second` tells the second sample's. The
    statistics are Kolmogorov and Smirnov's one-sided one, by how much at most the first sample's distribution function
    of the value is above the second's (`ks`: the second's values are greater), the length of the difference of the mean
    vectors (`mean`), and the difference of the shares of far rows (`far`). Together they are
    tested by the least of their p-values, of which the same permutations give the distribution (Westfall and Young
    1993): that keeps the level whatever their dependence.
    """
    features = np.concatenate([np.cumsum(bins, axis=1)[:, :-1], sums, parts], axis=1).astype(np.float32)
    total, whole = features.sum(axis=0, dtype=float), float(rows.sum())
    cuts = np.cumsum([bins.shape[1] - 1, sums.shape[1]])
    rng = np.random.default_rng(seed)

    def statistics(chosen: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers]:
        """Of assignments of shape (m, blocks): ks and mean of shape (m,), and the parts' changes (m, parts)."""
        taken = chosen.astype(np.float32)
        size = (taken @ rows.astype(np.float32)).astype(float)[:, None]
        inside = (taken @ features).astype(float)
        difference = inside / size - (total - inside) / (whole - size)
        ks, mean, shares = np.split(difference, cuts, axis=1)
        return (-ks).max(axis=1), np.linalg.norm(mean, axis=1), np.abs(shares)

    made = [statistics(second[None, :])]
    for start in range(0, PERMUTATIONS, AT_ONCE):
        count = min(AT_ONCE, PERMUTATIONS - start)
        made.append(statistics(rng.permuted(np.tile(second, (count, 1)), axis=1)))
    ks, mean, shares = (np.concatenate(own) for own in zip(*made, strict=True))
    own = np.stack([_p_values(ks), _p_values(mean), _p_values(shares[:, -1])])
    least = own.min(axis=0)
    widest = shares[1:].max(axis=1)
    return PermutationResult(
        {name: float(p) for name, p in zip(("ks", "mean", "far"), own[:, 0], strict=True)},
        float((least <= least[0]).mean()),
        np.array([(1 + (widest >= share - 1e-12).sum()) / (PERMUTATIONS + 1) for share in shares[0]]),
    )


def _p_values(values: Numbers) -> Numbers:
    """Of each value among all of them, the seen one first: the share that is as great or greater."""
    # What differs by rounding alone is equal.
    ranks = rankdata(np.round(values, 9), method="min")
    shares: Numbers = 1 - (ranks - 1) / len(values)
    return shares
