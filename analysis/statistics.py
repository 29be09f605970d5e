"""Comparison of two samples: permutation tests over blocks of rows, and effect sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

PERMUTATIONS = 999
"""Gives a least p-value of .001."""

AT_ONCE = 100
"""Permutations computed at once."""

BINS = 1024
"""Quantile bins of the pooled sample at which distribution functions are compared."""

MAX_BLOCKS = 2_000
"""Per sample. If there are more groups, blocks of several random ones are made: these are exchangeable too, and the
cost of the tests no longer grows with the rows."""


def auc(first: Numbers, second: Numbers) -> float:
    """The area under the ROC curve of separating `second` from `first` by value: the probability that a value of
    `second` is the greater, ties counted half (Mann and Whitney 1947). .5 if they don't differ."""
    ranks = rankdata(np.concatenate([first, second]))
    above = ranks[len(first) :].sum() - len(second) * (len(second) + 1) / 2
    return float(above / (len(first) * len(second)))


def blocks_of(groups: Indices, seed: int) -> Indices:
    """The block of each row, numbered from 0, of shape (n,): its group, or one of MAX_BLOCKS if there are
    more groups."""
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
    """The result of a permutation test: each statistic's p-value, the combined one, and for each column of `parts` the
    p-value of its change in share, corrected for their number."""

    p_values: dict[str, float]
    p: float
    parts: Numbers


def permutation_test(
    rows: Numbers, bins: Numbers, sums: Numbers, parts: Numbers, second: npt.NDArray[np.bool_], seed: int
) -> PermutationResult:
    """Test whether the blocks of two samples have the same distribution, by assigning blocks to samples at random.

    For each block: its number of rows, of shape (blocks,), its counts by bin of a value, the sum of its vectors, and
    its rows by part (cluster), the last part being the far rows; `second` marks the second sample. The statistics are
    the one-sided Kolmogorov-Smirnov one, the greatest excess of the first sample's distribution function of the value
    over the second's (`ks`: the second's values are greater), the length of the difference of the mean vectors
    (`mean`), and the difference of the shares of far rows (`far`). The combined test takes the least of their p-values,
    whose distribution comes from the same permutations (Westfall and Young 1993): that keeps the level whatever their
    dependence.
    """
    features = np.concatenate([np.cumsum(bins, axis=1)[:, :-1], sums, parts], axis=1).astype(np.float32)
    total, whole = features.sum(axis=0, dtype=float), float(rows.sum())
    cuts = np.cumsum([bins.shape[1] - 1, sums.shape[1]])
    rng = np.random.default_rng(seed)

    def statistics(chosen: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers]:
        """For assignments of shape (m, blocks): ks and mean of shape (m,), and the parts' changes (m, parts)."""
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
    """For each value, the observed one first, the share of values that are as great or greater."""
    # Values that differ only by rounding are equal.
    ranks = rankdata(np.round(values, 9), method="min")
    shares: Numbers = 1 - (ranks - 1) / len(values)
    return shares
