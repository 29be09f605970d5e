"""Random acts on a library while its workers are killed, by seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.aws.cloud import Cloud
from tests.journeys.test_nothing_lost import acts_of, agree_after
from tests.journeys.test_nothing_lost import cloud as cloud
from tests.soak.seeds import SEEDS

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("servers")]


@pytest.mark.parametrize("seed", SEEDS)
def test_index_ledger_and_bucket_agree_in_the_end(seed: int, cloud: Cloud, tmp_path: Path, ministack: str) -> None:
    agree_after([acts_of(seed)], cloud, tmp_path, ministack)
