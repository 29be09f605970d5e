"""Questions come before what is read in the background."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runtime.local import priority
from runtime.local.minilm import MiniLm
from runtime.local.priority import Questions
from tests.unit.library import until


def test_the_background_waits_while_a_question_is_open_and_a_moment_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("runtime.local.priority.time.monotonic", lambda: now[0])
    monkeypatch.setattr(priority, "LONGEST_WAIT", 1000.0)
    questions, passed = Questions(), threading.Event()

    def background() -> None:
        questions.wait()
        passed.set()

    with questions.step():
        thread = threading.Thread(target=background)
        thread.start()
        assert not passed.wait(0.05)
    assert not passed.wait(0.05)  # the next step may come at once
    now[0] += priority.QUIET_SECONDS
    thread.join(10)
    assert passed.is_set()


def test_the_background_goes_on_under_questions_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "LONGEST_WAIT", 0.05)
    questions = Questions()
    background = threading.Thread(target=questions.wait, daemon=True)
    with questions.step():
        background.start()
        background.join(10)
        assert not background.is_alive()


def test_passages_are_embedded_alike_but_only_when_no_question_is_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(priority, "LONGEST_WAIT", 1000.0)
    questions = Questions()
    embedder = MiniLm(1, questions)
    background = embedder.in_background()
    texts = [f"The kiln number {n} is fired." for n in range(9)]
    expected = embedder.embed(texts)
    found: list[object] = []
    with questions.step():
        thread = threading.Thread(target=lambda: found.append(background.embed(texts)))
        thread.start()
        assert embedder.embed(["A question?"]).shape == (1, 384)
        assert not found
    until(lambda: found)
    thread.join()
    assert (found[0] == expected).all()
    assert background.count(texts) == embedder.count(texts)
