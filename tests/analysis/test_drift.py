"""The verdict on drift. `make soak` counts false alarms and power over more seeds and larger samples.

The seeds are fixed, so a machine always counts the same; what is said of chances holds for the choice of the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import binom

from analysis.clusters import choose_k, cluster
from analysis.drift import NotEnoughData, Verdict, judge
from runtime.verdicts import LEVEL
from tests.analysis import samples


def verdict(
    seed: int, *, topics: int, count: int, dimension: int, new: float = 0.0, noise: float = 2.0, group: int = 1
) -> Verdict:
    """Of a baseline and a snapshot of as many topics and rows, a share of the snapshot about two others."""
    rng = np.random.default_rng(seed)
    known, others = samples.topics(rng, topics, dimension), samples.topics(rng, 2, dimension)
    before = samples.around(rng, known, count, noise, group)
    changed = int(count * new) // group * group
    now = [
        samples.around(rng, known, count - changed, noise, group),
        samples.around(rng, others, changed, noise, group),
    ]
    baseline = samples.rows(before, group, "before")
    return judge(baseline, samples.rows(np.concatenate(now), group, "now"), cluster(baseline, topics, seed), seed)[0]


def of_documents(seed: int, count: int, new: int = 0, *, known: int, rows: int, topics: int, dimension: int) -> Verdict:
    """Of `known` documents and `count` others, which differ as the known ones do but for the `new` ones."""
    rng = np.random.default_rng(seed)
    old, others = samples.topics(rng, topics, dimension), samples.topics(rng, 2, dimension)
    baseline = samples.rows(samples.documents(rng, old, known, rows), rows, "before")
    now = [samples.documents(rng, old, count - new, rows), samples.documents(rng, others, new, rows)]
    return judge(baseline, samples.rows(np.concatenate(now), rows, "now"), cluster(baseline, topics, seed), seed)[0]


def assert_few_false_alarms(found: Sequence[Verdict], doubt: float = 1e-3, share: float = LEVEL) -> None:
    """Of verdicts where nothing has drifted: one whose false alarms are that share has more than are allowed with a
    chance of `doubt`."""
    most = binom.isf(doubt, len(found), share)
    assert sum(one.p <= LEVEL for one in found) <= most
    assert sum(one.drift for one in found) <= most


@pytest.mark.parametrize(("group", "count"), [(1, 300), (20, 400)])
def test_false_alarms_stay_at_five_percent(group: int, count: int) -> None:
    # 12 of 90 are allowed. If one in four were a false alarm, there would be more with a chance of 99.5%.
    assert_few_false_alarms([verdict(seed, topics=8, count=count, dimension=32, group=group) for seed in range(90)])


def test_a_tenth_about_new_topics_is_found_where_the_mean_difference_alone_often_misses_it() -> None:
    found = [verdict(seed, topics=8, count=400, dimension=128, new=0.1, noise=2.5) for seed in range(40)]
    assert np.mean([one.p_values["mean"] <= LEVEL for one in found]) <= 0.65
    # About .94 are found. If .55 were, as many as 30 of 40 would be with a chance of 1%; if .9 were, fewer than 30
    # would be with one of .2%.
    assert np.mean([one.drift for one in found]) >= 0.75


def test_a_difference_that_is_certain_but_slight_is_no_drift() -> None:
    # Unit normals shifted by .08: a ROC AUC of .52 along the shift, of which .05 above .5 would be of interest.
    rng = np.random.default_rng(5)
    before, now = (rng.normal(size=(8_000, 8)).astype(np.float32) for _ in range(2))
    baseline = samples.rows(before, name="before")
    found, _ = judge(baseline, samples.rows(now + 0.08 * np.eye(8, dtype=np.float32)[0]), cluster(baseline, 4, 0), 0)
    assert found.p <= 0.01
    assert not found.drift


@pytest.mark.parametrize("count", [4, 10])
def test_a_few_new_documents_are_not_taken_for_drift_for_their_rows_being_alike(count: int) -> None:
    found = [of_documents(seed, count, known=30, rows=50, topics=8, dimension=32) for seed in range(50)]
    assert not any(one.cut for one in found)
    # 8 of 50 are allowed. If one in three were a false alarm, there would be more with a chance of 99%.
    assert_few_false_alarms(found)


def test_most_of_a_few_documents_about_something_new_are_found() -> None:
    found = [of_documents(seed, 5, 4, known=30, rows=50, topics=8, dimension=32) for seed in range(20)]
    assert np.mean([one.drift for one in found]) >= 0.75


def test_the_data_choose_the_number_of_clusters() -> None:
    rng = np.random.default_rng(0)
    for count in (3, 8, 20):
        assert choose_k(samples.around(rng, samples.topics(rng, count), 1000, 1.5), 0) == count


@pytest.mark.parametrize("count", [200, 40])
def test_new_topics_appear_as_clusters_with_their_passages(count: int) -> None:
    rng = np.random.default_rng(1)
    topics, others = samples.topics(rng, 6), samples.topics(rng, 1)
    baseline = samples.rows(samples.around(rng, topics, 900, 1.0), name="known")
    known = 900 - count
    now = np.concatenate([samples.around(rng, topics, known, 1.0), samples.around(rng, others, count, 1.0)])
    found, after = judge(baseline, samples.rows(now, name="now"), cluster(baseline, 6, 0), 0)
    assert found.drift
    new = [one for one in found.clusters if one.change == "appeared"]
    assert new
    assert sum(one.share_now for one in new) == pytest.approx(count / 900, abs=0.01)
    assert sum(after.sizes[one.snapshot] for one in new) == pytest.approx(count, abs=10)
    assert all(int(passage.text.split()[1]) >= known for one in new for passage in one.passages)


def test_clusters_that_grew_shrank_and_disappeared_are_reported() -> None:
    rng = np.random.default_rng(2)
    topics = samples.topics(rng, 4)
    drawn = [samples.around(rng, topics[n : n + 1], 300, 1.0) for n in range(4)]
    baseline = samples.rows(np.concatenate(drawn), name="before")
    before = cluster(baseline, 4, 0)
    parts = [samples.around(rng, topics[n : n + 1], count, 1.0) for n, count in enumerate((300, 600, 100, 0)) if count]
    found, _ = judge(baseline, samples.rows(np.concatenate(parts), name="now"), before, 0)
    home = [int(np.bincount(before.labels[300 * n : 300 * n + 300]).argmax()) for n in range(4)]
    change = {one.baseline: one.change for one in found.clusters}
    assert found.drift
    assert [change[number] for number in home] == ["grew", "grew", "shrank", "disappeared"]


def test_the_same_documents_under_other_names_are_no_drift() -> None:
    rng = np.random.default_rng(3)
    vectors = samples.around(rng, samples.topics(rng, 10), 1500, 2.0, 250)  # six documents
    baseline = samples.rows(vectors, 250, "before")
    found, _ = judge(baseline, samples.rows(vectors, 250, "again"), cluster(baseline, 10, 0), 0)
    assert found.cut
    assert not found.drift


def test_too_little_is_not_judged() -> None:
    rng = np.random.default_rng(4)
    many = samples.rows(samples.around(rng, samples.topics(rng, 5), 400, 1.0))
    before = cluster(many, 5, 0)
    few = samples.rows(samples.around(rng, samples.topics(rng, 5), 199, 1.0))
    with pytest.raises(NotEnoughData, match="The snapshot has 199 records; 200 are needed"):
        judge(many, few, before, 0)


def test_rows_that_are_all_the_same_are_one_cluster() -> None:
    same = samples.rows(np.full((300, 8), 0.5, np.float32))
    found = cluster(same, None, 0)
    assert (found.sizes.tolist(), found.inertia, found.score) == ([300], 0.0, 0.0)
    judged, _ = judge(same, samples.rows(np.full((300, 8), 0.5, np.float32), name="now"), found, 0)
    assert not judged.drift
