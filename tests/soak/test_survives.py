"""What happens to a library of one machine, by seed: `make soak SEEDS=0-999 TESTS=tests/soak/test_survives.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.seeds import SEEDS
from tests.survival import survives

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_doubled_stuck_or_left_over(seed: int, tmp_path: Path) -> None:
    survives(seed, tmp_path)
