"""An answer that is being written: what is stored and told of it, however it ends."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Generator, Sequence

import pytest

from runtime.answer import Answer
from runtime.ports import Message, PlumblineError
from tests.aws.stack import until
from ui.answers import Answers, Writing, message

BROKEN = PlumblineError("The archive is full.", "Make room.")


def states(*texts: str, end: str = "done", error: Exception | None = None) -> Generator[Answer, None, None]:
    for text in texts:
        yield Answer("", text, (), "writing")
    if end:
        yield Answer("", texts[-1], (), "done")
    if error:
        raise error


def written(stream: Generator[Answer, None, None]) -> tuple[Writing, list[Message]]:
    stored: list[Message] = []
    writing = Writing("c", message("user", "How hot?"), stream, stored.extend)
    writing.run()
    return writing, stored


def test_a_whole_answer_stays_one_whatever_goes_wrong_behind_it() -> None:
    writing, stored = written(states("940", "940 degrees", error=BROKEN))
    assert [(one.role, one.text) for one in stored] == [("user", "How hot?"), ("assistant", "940 degrees")]
    assert stored[1].state == "done"
    assert writing.problem == str(BROKEN)


def test_an_answer_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    writing, stored = written(states("940", end="", error=BROKEN))
    assert (stored[1].text, stored[1].state, writing.problem) == ("940", "failed", str(BROKEN))


def test_what_goes_wrong_unexpectedly_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "plumbline.answers"):
        writing, stored = written(states("940", end="", error=ZeroDivisionError("at place 7")))
    assert (stored[1].state, writing.problem) == ("failed", "")
    assert "at place 7" in caplog.text


def test_what_can_not_be_stored_is_said() -> None:
    def full(_: Sequence[Message]) -> None:
        raise BROKEN

    writing = Writing("c", message("user", "How hot?"), states("940"), full)
    writing.run()
    assert writing.error is BROKEN


def test_who_follows_late_or_slowly_sees_the_newest_and_its_end_and_nobody_waits() -> None:
    go_on, answers = threading.Event(), Answers()

    def stream() -> Generator[Answer, None, None]:
        yield Answer("", "one", (), "writing")
        assert go_on.wait(30)
        for text in ("one two", "one two three"):
            yield Answer("", text, (), "writing")
        yield Answer("", "one two three", (), "done")

    async def follow() -> list[str]:
        writing = answers.write("c", message("user", "?"), stream(), lambda _: None)
        assert answers.of("c") is writing
        seen = []
        async for answer in writing.follow(lambda: 30.0):
            seen.append(answer.text)
            go_on.set()
        return seen

    assert asyncio.run(asyncio.wait_for(follow(), 20)) == ["one"]
    until(lambda: not answers.running)
    assert answers.of("c") is None


def test_one_that_is_stopped_goes_no_further_and_its_stream_is_closed() -> None:
    closed = threading.Event()

    def endless() -> Generator[Answer, None, None]:
        try:
            while True:
                yield Answer("", "and on", (), "writing")
        finally:
            closed.set()

    answers, stored = Answers(), []  # type: tuple[Answers, list[Message]]
    answers.write("c", message("user", "?"), endless(), stored.extend)
    answers.stop("c")
    until(lambda: len(stored) == 2)
    assert (stored[1].text, stored[1].state) == ("and on", "stopped")
    assert closed.is_set()
