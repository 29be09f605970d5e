"""Whether a snapshot of embeddings has drifted from a baseline: tests, effect sizes, and which clusters changed.

Whether the snapshot's rows lie farther from the baseline is measured by centers fitted on other rows than those
measured: the baseline's groups are split in half, and each half, with half of the snapshot, is measured by the other
half's centers. Groups are compared, not rows, since the rows of a document are close to one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.clusters import CHOOSING_ROWS, Clustering, cluster, initial_centers, match, nearest_rows
from analysis.rows import Row, Rows
from analysis.statistics import (
    BINS,
    Indices,
    Numbers,
    PermutationResult,
    auc,
    blocks_of,
    counts_by_bin,
    permutation_test,
)
from runtime.ports import PlumblineError, Vectors
from runtime.verdicts import LEVEL, is_drift

MIN_ROWS = 200
"""Rows that baseline and snapshot each need for a verdict."""

MIN_GROUPS = 20
"""Of the baseline, so that each half shows what documents are like."""

MIN_ASSIGNMENTS = 200
"""Ways to assign the groups to the two samples, so that chance alone gives p <= .05 as often as it should. With fewer,
or too few groups in the baseline, groups are cut into stretches."""

STRETCH = 20
"""Consecutive rows of a document that count as one unit where there are too few documents. A verdict by them is a hint:
it takes differences among documents for drift."""

MIN_STRETCHES = 10
"""Of each sample, if it is cut."""

CENTERS = 24
"""Centers per half for measuring distances: more than the reported clusters, so that they follow the rows closely and
what lies next to a wide cluster counts as far."""

FAR = 0.99
"""The quantile of the baseline's distances beyond which a row is far."""

SPLIT_ROWS = 5_000
"""Random rows of a half on which its centers are initialised."""

NEW_ROWS = 10
"""Least far rows of a new cluster."""

MAX_NEW_CLUSTERS = 6
"""Most new clusters that are looked for."""

GONE = 0.1
"""A cluster below this fraction of its former share has disappeared."""

NEW = 0.2
"""A cluster whose former share is below this fraction of its present one is new, if there is drift and its rows are
far. Higher than GONE, since the center of what is new is also the nearest one of some old rows."""

PERHAPS_NEW = 0.4
"""The same for the CENTERS among whose rows new clusters are looked for; looser, since part of what is new may be
like the baseline."""

NEW_FARTHER = 0.75
"""Rows of a new cluster lie farther out than this share of the baseline's rows on average; without drift it is a half.
In many dimensions a few rows may lie apart by chance, but not far out."""

FARTHEST, FARTHEST_SOUGHT = 4, 200
"""Passages that show what made a verdict, and the rows among which they are chosen."""

Change = Literal["same", "grew", "shrank", "appeared", "disappeared"]


class NotEnoughData(PlumblineError):
    """There is too little data for the analysis. Nothing is stored; the next run includes these records."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not enough data. {reason}", "Nothing was stored; the next run includes these records.")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster at both times: its number in each clustering, None if absent; the share of rows nearest to its center,
    far ones left out; and the passages now nearest to the center."""

    change: Change
    baseline: int | None
    snapshot: int | None
    share_before: float
    share_now: float
    p: float  # of the change in share, corrected for the number of clusters; of the drift, if it is new
    passages: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether there is drift, and the evidence."""

    drift: bool
    p: float
    p_values: dict[str, float]
    auc: float  # of distance: above .5 if the snapshot lies farther out
    direction_auc: float  # of the direction between the means, fitted on one half and measured on the other
    far: float  # share of the snapshot beyond the baseline's FAR quantile
    units: tuple[int, int]  # number of permuted units in baseline and snapshot
    cut: bool  # whether the units are stretches of groups
    limit: float  # the baseline's FAR quantile of distances
    clusters: Sequence[Cluster]
    distances: tuple[Numbers, Numbers]
    evidence: Mapping[str, Sequence[Row]]  # the snapshot's rows that lie farthest out, and farthest in that direction


def judge(baseline: Rows, snapshot: Rows, before: Clustering, seed: int) -> tuple[Verdict, Clustering]:
    """The verdict on a snapshot, and the snapshot's own clusters. `before` is the baseline's clustering.

    NotEnoughData if baseline or snapshot have too few records.
    """
    groups = [len(np.unique(rows.groups)) for rows in (baseline, snapshot)]
    few = groups[0] < MIN_GROUPS or comb(sum(groups), min(2, groups[1])) < MIN_ASSIGNMENTS
    units = [_units(rows, cut=few) for rows in (baseline, snapshot)]
    counts = (int(units[0].max()) + 1, int(units[1].max()) + 1)
    _check(baseline, snapshot, counts if few else None)
    # Halves by document if there are enough: a new document is then measured like a held-out one.
    halves = (
        _halves(baseline.groups if groups[0] >= MIN_GROUPS else units[0], seed),
        _halves(units[1] if groups[1] > 1 else _units(snapshot, cut=True), seed),
    )
    k = len(before.centers)
    fitted = [_fitted(baseline, halves[0] == half, CENTERS, seed) for half in (1, 0)]
    measured = (baseline.nearest(fitted, halves[0])[1], snapshot.nearest(fitted, halves[1])[1])
    limit = float(np.quantile(measured[0], FAR))
    far = (measured[0] > limit, measured[1] > limit)
    # A row's part is its baseline cluster, or the part of the far rows.
    now_in = snapshot.nearest([before.centers])[0]
    parts = (np.where(far[0], k, before.labels), np.where(far[1], k, now_in))
    tested = _tested((baseline, snapshot), units, measured, parts, k + 1, seed)
    share = float(far[1].mean())
    distance_auc, (direction_auc, along) = auc(*measured), _direction((baseline, snapshot), halves)
    drift = is_drift(tested.p, share, distance_auc, direction_auc)
    # For each of the snapshot's rows, the share of the baseline's rows that lie nearer.
    farther = np.searchsorted(np.sort(measured[0]), measured[1]) / len(baseline)
    after = cluster(snapshot, k, seed)
    if drift:
        new = _new_centers(baseline, snapshot, farther, seed)
        after = cluster(snapshot, None, seed, fixed=np.concatenate([after.centers, new]))
    return (
        Verdict(
            drift=drift,
            p=tested.p,
            p_values=tested.p_values,
            auc=distance_auc,
            direction_auc=direction_auc,
            far=share,
            units=counts,
            cut=few,
            limit=limit,
            clusters=_changes((baseline, snapshot), before, after, parts, tested, farther if drift else None),
            distances=measured,
            evidence={name: _farthest(snapshot, own) for name, own in (("far", measured[1]), ("direction", along))},
        ),
        after,
    )


def _check(baseline: Rows, snapshot: Rows, stretches: tuple[int, int] | None) -> None:
    for number, (name, rows) in enumerate((("baseline", baseline), ("snapshot", snapshot))):
        if len(rows) < MIN_ROWS:
            raise NotEnoughData(f"The {name} has {len(rows)} records; {MIN_ROWS} are needed.")
        if stretches and stretches[number] < MIN_STRETCHES:
            raise NotEnoughData(
                f"The {name} has {stretches[number]} stretches of {STRETCH} records; {MIN_STRETCHES} are needed."
            )


def _units(rows: Rows, *, cut: bool) -> Indices:
    """The number of each row's group, or of its stretch of one."""
    if not cut:
        return rows.groups
    stretches = rows.groups * (1 << 32) + rows.order() // STRETCH
    numbers: Indices = np.unique(stretches, return_inverse=True)[1]
    return numbers


def _halves(units: Indices, seed: int) -> Indices:
    """The half (0 or 1) of each row's unit. Both halves have equally many units."""
    count = int(units.max()) + 1
    half = np.empty(count, np.int64)
    half[np.random.default_rng(seed).permutation(count)] = np.arange(count) % 2
    return half[units]


def _fitted(rows: Rows, chosen: npt.NDArray[np.bool_], k: int, seed: int) -> Vectors:
    """Centers fitted on the chosen rows only."""
    there = np.flatnonzero(chosen)
    picked = np.random.default_rng(seed).permutation(there)[:SPLIT_ROWS]
    sample = rows.vectors(picked)
    return rows.refined(initial_centers(sample, k, seed), chosen)


def _tested(
    both: tuple[Rows, Rows],
    units: Sequence[Indices],
    measured: tuple[Numbers, Numbers],
    parts: tuple[Indices, Indices],
    count: int,
    seed: int,
) -> PermutationResult:
    """The permutation test, over sums by block."""
    edges = np.unique(np.quantile(np.concatenate(measured), np.linspace(0, 1, BINS + 1)[1:-1]))
    tables: list[list[Numbers]] = []
    for rows, own, distances, part in zip(both, units, measured, parts, strict=True):
        blocks = blocks_of(own, seed)
        sizes = np.bincount(blocks)
        by_part = np.bincount(blocks * count + part, minlength=len(sizes) * count).reshape(len(sizes), count)
        by_bin = counts_by_bin(distances, edges, blocks, len(sizes))
        tables.append([sizes.astype(float), by_bin, rows.sums(blocks, len(sizes)), by_part.astype(float)])
    second = np.repeat([False, True], [len(table[0]) for table in tables])
    rows_of, bins, sums, shares = (np.concatenate([table[n] for table in tables]) for n in range(4))
    return permutation_test(rows_of, bins, sums, shares, second, seed)


def _direction(both: tuple[Rows, Rows], halves: tuple[Indices, Indices]) -> tuple[float, Numbers]:
    """How well the direction between the means of one half separates baseline from snapshot in the other, and how far
    each of the snapshot's rows lies in it."""
    sums = [rows.sums(half, 2) for rows, half in zip(both, halves, strict=True)]
    means = [own / np.bincount(half, minlength=2)[:, None] for own, half in zip(sums, halves, strict=True)]
    directions = (means[1] - means[0])[::-1]  # each half is measured by the other's direction
    scores = [rows.projected(directions, half) for rows, half in zip(both, halves, strict=True)]
    found = [auc(scores[0][halves[0] == half], scores[1][halves[1] == half]) for half in (0, 1)]
    return float(np.mean(found)), scores[1]


def _farthest(rows: Rows, far: Numbers) -> list[Row]:
    """The records that lie farthest, each text once, and one of each group as long as there are groups."""
    order = np.argsort(-far, kind="stable")[:FARTHEST_SOUGHT]
    _, firsts = np.unique(rows.groups[order], return_index=True)
    firsts.sort()
    others = np.setdiff1d(np.arange(len(order)), firsts)
    found: dict[str, Row] = {}
    for row in rows.records(order[np.concatenate([firsts, others])]):
        found.setdefault(row.text, row)
    return list(found.values())[:FARTHEST]


def _new_centers(baseline: Rows, snapshot: Rows, farther: Numbers, seed: int) -> Vectors:
    """Centers of what is new in the snapshot, fitted only on its rows near new CENTERS, so that none moves to
    old ones."""
    centers = _fitted(snapshot, np.ones(len(snapshot), np.bool_), CENTERS, seed)
    nearest = snapshot.nearest([centers])[0]
    new = _shares_if_new(baseline, centers, nearest, farther, PERHAPS_NEW)
    rows = np.flatnonzero(np.isin(nearest, list(new)))
    count = min(MAX_NEW_CLUSTERS, len(rows) // (2 * NEW_ROWS) or 1)
    if len(rows) < NEW_ROWS:
        return centers[:0]
    sample = snapshot.vectors(np.random.default_rng(seed).permutation(rows)[:CHOOSING_ROWS])
    found = initial_centers(sample, count, seed)
    sizes = np.bincount(((sample @ found.T) - (found**2).sum(axis=1) / 2).argmax(axis=1), minlength=count)
    large: Vectors = found[sizes >= min(NEW_ROWS, sizes.max())]  # rows of the others go to the nearest of these
    return large


def _shares_if_new(
    baseline: Rows, centers: Vectors, nearest: Indices, farther: Numbers, below: float
) -> dict[int, tuple[float, float]]:
    """The shares of baseline and snapshot at each new center: the baseline's is less than `below` times the snapshot's,
    whose rows there lie far out. `nearest` are the centers of the snapshot's rows, of shape (n,)."""
    then, now = (_shares(own, len(centers)) for own in (baseline.nearest([centers])[0], nearest))
    return {
        number: (float(then[number]), float(now[number]))
        for number in np.unique(nearest).tolist()
        if then[number] < below * now[number] and farther[nearest == number].mean() >= NEW_FARTHER
    }


def _shares(labels: Indices, count: int) -> Numbers:
    return np.bincount(labels, minlength=count) / len(labels)


def _changes(
    both: tuple[Rows, Rows],
    before: Clustering,
    after: Clustering,
    parts: tuple[Indices, Indices],
    tested: PermutationResult,
    farther: Numbers | None,
) -> list[Cluster]:
    """What became of the baseline's clusters and, if there is drift and `farther` is given, the new ones; the most
    changed first."""
    baseline, snapshot = both
    k = len(before.centers)
    shares = [_shares(own, k + 1) for own in parts]
    own_rows = [np.flatnonzero(after.labels == number) for number in range(len(after.centers))]
    new: dict[int, tuple[float, float]] = {}
    if farther is not None:
        new = _shares_if_new(baseline, after.centers, after.labels, farther, NEW)
    new = {number: pair for number, pair in new.items() if len(own_rows[number]) >= NEW_ROWS}
    matched = {of: number for number, of in match(before.centers, after.centers).items() if number not in new}
    found = [
        Cluster(
            "appeared", None, number, *both_shares, tested.p, nearest_rows(snapshot, own_rows[number], after.distances)
        )
        for number, both_shares in new.items()
    ]
    for number in range(k):
        share_before, share_now, p = float(shares[0][number]), float(shares[1][number]), float(tested.parts[number])
        change: Change = "same"
        if p <= LEVEL:
            gone = share_now < GONE * share_before
            change = "grew" if share_now > share_before else "disappeared" if gone else "shrank"
        rows = own_rows[matched[number]] if number in matched else np.flatnonzero(parts[1] == number)
        passages = nearest_rows(snapshot, rows, after.distances)
        found.append(Cluster(change, number, matched.get(number), share_before, share_now, p, passages))
    return sorted(
        found, key=lambda one: (one.change == "same", one.change != "appeared", -abs(one.share_now - one.share_before))
    )
