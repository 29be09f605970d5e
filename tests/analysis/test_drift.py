from __future__ import annotations

import numpy as np
import pytest

from analysis.clusters import choose, cluster
from analysis.drift import NotEnoughData, Verdict, judge
from tests.analysis import samples

SEEDS = 200


def verdict(
    seed: int, *, new: float = 0.0, noise: float = 2.0, group: int = 1, count: int = 2000, dimension: int = 384
) -> Verdict:
    """Of a baseline and a snapshot of 20 topics, a share of the snapshot about two others."""
    rng = np.random.default_rng(seed)
    topics, others = samples.topics(rng, 20, dimension), samples.topics(rng, 2, dimension)
    before = samples.around(rng, topics, count, noise, group)
    changed = int(count * new) // group * group
    now = np.concatenate(
        [samples.around(rng, topics, count - changed, noise, group), samples.around(rng, others, changed, noise, group)]
    )
    baseline = samples.rows(before, group, "before")
    return judge(baseline, samples.rows(now, group, "now"), cluster(baseline, 20, seed), seed)[0]


@pytest.mark.parametrize("group", [1, 20])
def test_false_alarms_stay_at_five_percent(group: int) -> None:
    found = [verdict(seed, group=group, count=600, dimension=64) for seed in range(SEEDS)]
    # Three standard errors of a share of .05 over 200 seeds are .046.
    assert np.mean([one.p <= 0.05 for one in found]) <= 0.096
    assert np.mean([one.drift for one in found]) <= 0.096


def test_five_percent_of_new_topics_are_found_at_least_as_often_as_by_held_out_ks() -> None:
    # The noise is such that the mean difference alone finds about half, which is where the 75% were measured.
    found = [verdict(seed, new=0.05, noise=3.0) for seed in range(24)]
    assert 0.2 <= np.mean([one.p_values["mean"] <= 0.05 for one in found]) <= 0.8
    assert np.mean([one.drift for one in found]) >= 0.75


def of_documents(seed: int, count: int, new: int = 0) -> Verdict:
    """Of 60 documents of 60 rows and `count` others, which differ as the 60 do but for the `new` ones."""
    rng = np.random.default_rng(seed)
    topics, others = samples.topics(rng, 20, 64), samples.topics(rng, 2, 64)
    baseline = samples.rows(samples.documents(rng, topics, 60, 60), 60, "before")
    now = [samples.documents(rng, topics, count - new, 60), samples.documents(rng, others, new, 60)]
    return judge(baseline, samples.rows(np.concatenate(now), 60, "now"), cluster(baseline, 20, seed), seed)[0]


@pytest.mark.parametrize("count", [4, 10])
def test_a_few_new_documents_are_not_taken_for_drift_for_their_rows_being_alike(count: int) -> None:
    found = [of_documents(seed, count) for seed in range(40)]
    assert not any(one.cut for one in found)
    # Three standard errors of a share of .05 over 40 seeds are .103.
    assert np.mean([one.drift for one in found]) <= 0.153


def test_most_of_a_few_documents_about_something_new_are_found() -> None:
    assert np.mean([of_documents(seed, 5, new=4).drift for seed in range(20)]) >= 0.75


def test_the_data_choose_the_number_of_clusters() -> None:
    rng = np.random.default_rng(0)
    for count in (3, 8, 20):
        assert choose(samples.around(rng, samples.topics(rng, count), 1000, 1.5), 0) == count


def test_new_topics_appear_as_clusters_with_their_passages() -> None:
    rng = np.random.default_rng(1)
    topics, others = samples.topics(rng, 6), samples.topics(rng, 1)
    baseline = samples.rows(samples.around(rng, topics, 900, 1.0), name="known")
    now = np.concatenate([samples.around(rng, topics, 700, 1.0), samples.around(rng, others, 200, 1.0)])
    found, after = judge(baseline, samples.rows(now, name="now"), cluster(baseline, 6, 0), 0)
    assert found.drift
    new = [one for one in found.clusters if one.change == "appeared"]
    assert new
    assert sum(one.share_now for one in new) == pytest.approx(200 / 900, abs=0.01)
    assert sum(after.sizes[one.snapshot] for one in new) == pytest.approx(200, abs=10)
    assert all(int(passage.text.split()[1]) >= 700 for one in new for passage in one.passages)


def test_clusters_that_grew_shrank_and_disappeared_are_told() -> None:
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
