"""A library of one machine keeps what it has, whatever happens to the processes at work on it. `make soak` plays a
thousand sequences; these are the first twenty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survival import FAULTS, FILES, PROCESSES, acts_of, survives

SEQUENCES = range(20)


@pytest.mark.parametrize("seed", SEQUENCES)
def test_nothing_is_lost_doubled_stuck_or_left_over(seed: int, tmp_path: Path) -> None:
    survives(seed, tmp_path)


def test_the_sequences_have_each_kind_of_act() -> None:
    assert {act.what for seed in SEQUENCES for act in acts_of(seed)} == {*PROCESSES, *FILES, *FAULTS}
