"""Fifty readers at once, again and again, of one page."""

from __future__ import annotations

import pytest

from tests.journeys.test_many_readers import Crowd, fifty_ask
from tests.journeys.test_many_readers import crowd as crowd
from tests.soak.seeds import SEEDS

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("readers")]


@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_ask_at_once_and_each_gets_the_answer_to_their_own_question(seed: int, crowd: Crowd) -> None:
    fifty_ask(crowd, f"round-{seed}")
