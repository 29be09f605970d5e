"""The policy of retries."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from tenacity import Retrying

from runtime.retry import pause, retrying


class Clock:
    """A clock that only pauses move, and the pauses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("tenacity.time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr("tenacity.nap.time", made)
    return made


def failing(times: int, error: Exception) -> Callable[[], int]:
    """A function that fails this many times; then its result is how often it was called."""
    calls = 0

    def call() -> int:
        nonlocal calls
        calls += 1
        if calls <= times:
            raise error
        return calls

    return call


def pauses_of(retry: Retrying, clock: Clock, times: int) -> list[float]:
    clock.pauses.clear()
    assert retry(failing(times, OSError())) == times + 1
    return list(clock.pauses)


def test_pauses_double_up_to_the_longest_and_up_to_half_of_each_is_random(clock: Clock) -> None:
    retry = retrying(OSError, first=0.5, longest=3.0, attempts=7)
    runs = [pauses_of(retry, clock, 6) for _ in range(200)]
    for most, seen in zip([0.5, 1.0, 2.0, 3.0, 3.0, 3.0], zip(*runs, strict=True), strict=True):
        assert most / 2 <= min(seen) < 0.6 * most < 0.9 * most < max(seen) <= most


def test_after_the_last_attempt_the_last_error_itself_is_raised(clock: Clock) -> None:
    error = OSError("The disk is full.")
    with pytest.raises(OSError, match="The disk is full") as raised:
        retrying(OSError, first=1.0, longest=8.0, attempts=4)(failing(9, error))
    assert raised.value is error
    assert len(clock.pauses) == 3


def test_another_error_is_raised_at_once(clock: Clock) -> None:
    with pytest.raises(ValueError, match="bad"):
        retrying(OSError, first=1.0, longest=8.0, attempts=4)(failing(1, ValueError("bad")))
    assert clock.pauses == []


def test_a_predicate_tells_which_errors_may_pass(clock: Clock) -> None:
    retry = retrying(lambda error: "busy" in str(error), first=1.0, longest=8.0, attempts=4)
    assert retry(failing(2, ValueError("busy"))) == 3
    with pytest.raises(ValueError, match="refused"):
        retry(failing(2, ValueError("refused")))
    assert len(clock.pauses) == 2


def test_attempts_end_when_the_time_is_up(clock: Clock) -> None:
    with pytest.raises(OSError, match="slow"):
        retrying(OSError, first=1.0, longest=4.0, seconds=60.0)(failing(999, OSError("slow")))
    assert 60.0 <= sum(clock.pauses) < 64.0


def test_a_stop_signal_ends_a_pause_and_nothing_is_called_again(clock: Clock) -> None:
    stopping = threading.Event()
    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1
        stopping.set()
        raise OSError

    def wait(seconds: float) -> None:
        if stopping.wait(seconds):
            raise InterruptedError("stopped")

    with pytest.raises(InterruptedError, match="stopped"):
        retrying(OSError, first=60.0, longest=600.0).copy(sleep=wait)(call)
    assert calls == 1
    assert clock.pauses == []


def test_a_pause_never_ends_in_an_overflow(clock: Clock) -> None:
    assert max(pauses_of(retrying(OSError, first=1.0, longest=4.0), clock, 3000)) <= 4.0


def test_a_loop_pauses_longer_after_each_failure_up_to_a_limit() -> None:
    for failures, most in ((1, 1.0), (2, 2.0), (5, 16.0), (20, 600.0), (5000, 600.0)):
        waits = [pause(failures, 1.0, 600.0) for _ in range(20)]
        assert most / 2 <= min(waits) < max(waits) <= most
