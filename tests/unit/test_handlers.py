"""How long a call of a function goes on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from runtime import handlers


@pytest.mark.parametrize(
    ("step", "steps"),
    [pytest.param(1.0, 50, id="quick"), pytest.param(13.0, 3, id="slow"), pytest.param(40.0, 1, id="too slow")],
)
def test_a_call_of_a_minute_begins_nothing_that_it_may_not_end(
    step: float, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(handlers, "time", SimpleNamespace(monotonic=lambda: now))
    is_up, done = handlers.TimeIsUp(60.0), 0
    while True:
        now += step
        done += 1
        if is_up():
            break
    assert done == steps
