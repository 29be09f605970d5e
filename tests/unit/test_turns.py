"""Who is next where only a few may be at work at once."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from runtime.turns import Turns, Urgency
from tests.unit.library import until

LONG = 30.0
"""Seconds, within which all happens that does not hang."""


def test_the_most_urgent_is_next_and_of_equally_urgent_ones_the_latest() -> None:
    turns, done = Turns(1), []
    assert turns.acquire(Urgency.NOW, 0)

    def wait(name: str, urgency: Urgency) -> None:
        assert turns.acquire(urgency, LONG)
        done.append(name)
        turns.release()

    with ThreadPoolExecutor(5) as pool:
        waiting: list[Future[None]] = []
        for number, (name, urgency) in enumerate(
            [
                ("words", Urgency.LATER),
                ("page 1", Urgency.NOW),
                ("sizes", Urgency.FIRST),
                ("page 2", Urgency.NOW),
                ("other words", Urgency.LATER),
            ],
            1,
        ):
            waiting.append(pool.submit(wait, name, urgency))
            until(lambda number=number: len(turns._waiting) == number)  # type: ignore[misc]
        turns.release()
        for one in waiting:
            one.result(LONG)
    assert done == ["sizes", "page 2", "page 1", "other words", "words"]


def test_whoever_waited_too_long_takes_no_turn_from_the_others() -> None:
    turns = Turns(2)
    assert turns.acquire(Urgency.LATER, 0)
    assert turns.acquire(Urgency.LATER, 0)
    assert not turns.acquire(Urgency.FIRST, 0.001)
    turns.release()
    assert turns.acquire(Urgency.LATER, 0)
    assert not turns.acquire(Urgency.LATER, 0)


def test_no_more_than_are_allowed_have_a_turn_at_once_and_none_is_lost() -> None:
    turns, running, most = Turns(3), 0, 0
    lock = threading.Lock()

    def work(number: int) -> None:
        nonlocal running, most
        for _ in range(50):
            if not turns.acquire(Urgency(number % 3), 0.0005 if number % 4 == 0 else LONG):
                continue
            with lock:
                running += 1
                most = max(most, running)
            with lock:
                running -= 1
            turns.release()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert most <= 3
    assert [turns.acquire(Urgency.NOW, 0) for _ in range(4)] == [True, True, True, False]
