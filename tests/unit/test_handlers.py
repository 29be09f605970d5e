"""How long a call of a function goes on, and what the scheduled one does about files that are gone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from runtime import handlers
from runtime.names import HELD_METRIC, METRIC_NAMESPACE, SERVICE
from runtime.ports import Recognition
from tests.aws.worker import Context
from tests.unit.library import Library, pages


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


@dataclass
class Queue:
    """Keeps what is sent."""

    sent: list[tuple[list[str], bool]] = field(default_factory=list)

    def is_empty(self) -> bool:
        return True

    def send(self, keys: list[str], *, remove: bool = False) -> None:
        self.sent += [(keys, remove)] if keys else []


@pytest.mark.parametrize(("gone", "held"), [(2, 0), (12, 12)])
def test_the_scheduled_look_removes_a_few_and_holds_many_back_with_a_metric(
    gone: int, held: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library, queue = Library(), Queue()
    keys = [f"{n:02}.pdf" for n in range(14)]
    for key in keys:
        library.put(key, *pages(1, key))
    library.settle()
    for key in keys[:gone]:
        library.delete(key)
    monkeypatch.setattr(library.ledger, "upgrade", lambda: 0, raising=False)  # a stack's own
    ports = {name: getattr(library, name) for name in ("documents", "ledger", "embedder", "indexes")}
    cloud = SimpleNamespace(**ports, queue=queue, index=lambda: library.index, recognition=Recognition(None))
    monkeypatch.setattr(handlers, "cloud", lambda: cloud)
    done = handlers.reconcile_all({}, Context())
    assert done == {"queued": gone - held, "failed": 0, "held": held, "moved": False}
    assert queue.sent == ([] if held else [(keys[:gone], True)])
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if HELD_METRIC in line]
    assert [metric[HELD_METRIC] for metric in metrics] == ([[float(held)]] if held else [])
    for metric in metrics:
        assert (metric["service"], metric["_aws"]["CloudWatchMetrics"][0]["Namespace"]) == (SERVICE, METRIC_NAMESPACE)
