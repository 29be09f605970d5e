"""An answer that is being written: what is stored and told of it, however it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Sequence

import pytest

from runtime.answer.answerer import Answer
from runtime.ports import Message, PlumblineError
from tests.aws.stack import until
from ui.answers import Answers, Asked, PendingAnswer, message
from ui.turns import Version

BROKEN = PlumblineError("The archive is full.", "Make room.")


def states(*texts: str, end: str = "done", error: Exception | None = None) -> Generator[Answer, None, None]:
    for text in texts:
        yield Answer("", text, (), "writing")
    if end:
        yield Answer("", texts[-1], (), "done")
    if error:
        raise error


def pending(
    stream: Generator[Answer, None, None],
    store: Callable[[Sequence[Message]], None] = lambda _: None,
    conversation: str = "c",
    ended: Callable[[PendingAnswer], None] = lambda _: None,
) -> PendingAnswer:
    return PendingAnswer(Asked("ann", conversation, message("user", "How hot?")), stream, store, ended)


def written(stream: Generator[Answer, None, None]) -> tuple[PendingAnswer, list[Message]]:
    stored: list[Message] = []
    writing = pending(stream, stored.extend)
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


def test_an_unexpected_error_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "plumbline.answers"):
        writing, stored = written(states("940", end="", error=ZeroDivisionError("at place 7")))
    assert (stored[1].state, writing.problem) == ("failed", "")
    assert "at place 7" in caplog.text


def test_a_failure_to_store_is_reported() -> None:
    def full(_: Sequence[Message]) -> None:
        raise BROKEN

    writing = pending(states("940"), full)
    writing.run()
    assert writing.error is BROKEN


@pytest.mark.parametrize("error", [BROKEN, ZeroDivisionError("at place 7")])
def test_a_failing_store_is_reported_and_not_retried_since_it_may_have_stored(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[Sequence[Message]] = []

    def fails(messages: Sequence[Message]) -> None:
        tried.append(messages)
        raise error

    with caplog.at_level(logging.ERROR, "plumbline.answers"):
        writing = pending(states("940"), fails)
        writing.run()
        writing.end()
    assert len(tried) == 1
    assert isinstance(writing.error, PlumblineError)
    assert str(error) in caplog.text


def test_a_whole_answer_does_not_wait_for_what_comes_behind_it() -> None:
    archived, answers, stored = threading.Event(), Answers(), []  # type: tuple[threading.Event, Answers, list[Message]]

    def stream() -> Generator[Answer, None, None]:
        try:
            yield Answer("", "one", (), "done")
        finally:
            assert archived.wait(30)

    writing = pending(stream(), stored.extend)
    answers.write(writing)
    until(lambda: writing.over)
    assert [one.text for one in stored] == ["How hot?", "one"]
    assert (answers.of("c"), answers.running) == (None, 1)  # who closes the page waits for it
    archived.set()
    until(lambda: not answers.running)


def test_one_answer_at_a_time_is_written_in_a_conversation_and_none_when_the_page_closes() -> None:
    go_on, answers = threading.Event(), Answers()

    def stream() -> Generator[Answer, None, None]:
        assert go_on.wait(30)
        yield Answer("", "one", (), "done")

    def write(conversation: str) -> bool:
        return answers.write(pending(stream(), conversation=conversation))

    assert [write("c"), write("c"), write("another")] == [True, False, True]
    go_on.set()
    until(lambda: not answers.running)
    assert write("c")
    answers.close(30)
    assert not write("a third")


def test_whoever_follows_is_told_of_each_growth_and_of_the_end() -> None:
    told: list[tuple[str, bool]] = []
    writing = pending(states("one", "one two"))
    writing.follow(lambda: told.append((writing.answer.text, writing.over)))
    writing.run()
    assert told[:2] == [("one", False), ("one two", False)]
    assert told[-1] == ("one two", True)
    writing.unfollow(lambda: None)  # who does not follow may leave


def test_its_end_is_told_once_and_after_it_was_stored() -> None:
    stored: list[Message] = []
    ends: list[int] = []
    writing = pending(states("one"), stored.extend, ended=lambda one: ends.append(len(stored)))
    writing.run()
    writing.end()
    assert ends == [2]


def test_a_question_that_is_kept_is_not_stored_again_and_the_answer_says_what_it_replaces() -> None:
    stored: list[Message] = []
    question, former = message("user", "How hot?"), message("assistant", "Cold.")
    earlier = (Version(question, former),)
    asked = Asked("ann", "c", question, earlier, replaces=former.id, is_kept=True)
    PendingAnswer(asked, states("940"), stored.extend, lambda _: None).run()
    assert [(one.role, one.text, one.replaces) for one in stored] == [("assistant", "940", former.id)]
    assert asked.turn == question.id


@pytest.mark.parametrize("conversation", [None, "c"])
def test_one_that_is_stopped_goes_no_further_and_its_stream_is_closed(conversation: str | None) -> None:
    closed = threading.Event()

    def endless() -> Generator[Answer, None, None]:
        try:
            while True:
                yield Answer("", "and on", (), "writing")
        finally:
            closed.set()

    answers, stored = Answers(), []  # type: tuple[Answers, list[Message]]
    writing = pending(endless(), stored.extend)
    answers.write(writing)
    until(lambda: writing.answer.text != "")
    answers.stop("another")
    assert answers.running == 1
    answers.stop(conversation)
    until(lambda: not answers.running)
    assert (stored[1].text, stored[1].state) == ("and on", "stopped")
    assert closed.wait(30)


def test_one_that_is_stopped_while_the_model_thinks_is_over_at_once_and_stays_as_it_is_stored() -> None:
    thinks, answers, stored = threading.Event(), Answers(), []  # type: tuple[threading.Event, Answers, list[Message]]

    def thinking() -> Generator[Answer, None, None]:
        yield Answer("", "Well,", (), "writing")
        assert thinks.wait(30)
        raise BROKEN

    writing = pending(thinking(), stored.extend)
    answers.write(writing)
    until(lambda: writing.answer.text != "")
    answers.stop("c")
    until(lambda: writing.over)
    assert answers.of("c") is None
    until(lambda: not answers.running)  # who closes the page does not wait for the model
    assert not thinks.is_set()
    thinks.set()
    until(lambda: writing.problem != "")
    assert (writing.answer, writing.answer.text, writing.answer.state) == (stored[1], "Well,", "stopped")
