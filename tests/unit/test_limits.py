"""How much one reader may take, by a clock that the test turns."""

from __future__ import annotations

from ui.limits import READERS_KEPT, Rate


def test_a_reader_has_a_limit_per_minute_and_regains_it_over_the_minute() -> None:
    now = [100.0]
    rate = Rate(3, lambda: now[0])
    assert [rate.wait("ann") for _ in range(3)] == [0, 0, 0]
    assert rate.wait("ann") == 20
    assert rate.wait("bob") == 0
    now[0] += 19
    assert 0.9 < rate.wait("ann") < 1.1
    now[0] += 1.01
    assert rate.wait("ann") == 0
    assert rate.wait("ann") > 0


def test_a_pause_saves_up_no_more_than_a_minutes_share() -> None:
    now = [0.0]
    rate = Rate(2, lambda: now[0])
    rate.wait("ann")
    now[0] += 86_400
    assert [rate.wait("ann") == 0 for _ in range(3)] == [True, True, False]


def test_whoever_asked_longest_ago_is_forgotten_first() -> None:
    rate = Rate(1, lambda: 0.0)
    rate.wait("ann")
    for n in range(READERS_KEPT - 1):
        rate.wait(f"reader-{n}")
    assert rate.wait("ann") > 0
    rate.wait("another")
    assert rate.wait("reader-0") == 0
    assert rate.wait("ann") > 0
