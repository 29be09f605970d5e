"""The answers being written: each is stored once, when it ends or, as far as it got, when the page must close."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from runtime.answer.answerer import Answer
from runtime.ports import Message, NotAnswered, PlumblineError
from ui.errors import Closing
from ui.texts import Texts
from ui.turns import Version

Stream = Generator[Answer, None, None]
Store = Callable[[Sequence[Message]], None]

log = logging.getLogger("plumbline.answers")

ANSWERS_AT_ONCE = 64
"""Written at the same time, each in a thread of its own; others wait their turn."""

LINGER_SECONDS = 0.5
"""How long a closing page stays up after its last answer, which is on its way to browsers."""


def message(role: Any, text: str) -> Message:
    """A new message of a conversation."""
    return Message(uuid.uuid4().hex, role, text, datetime.now(UTC).isoformat(timespec="milliseconds"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and where its answer belongs: a new turn of a conversation, or a further version of the turn whose
    `earlier` versions these are. A question that `is_kept` is stored already. `searched` counts the documents."""

    user: str
    conversation: str
    question: Message
    earlier: tuple[Version, ...] = ()
    replaces: str = ""
    is_kept: bool = False
    searched: int = 0

    @property
    def turn(self) -> str:
        """The turn's id."""
        return self.earlier[0].question.id if self.earlier else self.question.id


class PendingAnswer:
    """One answer, written and stored by its own thread, whoever watches it.

    `answer` is the answer so far; `problem` says why it was interrupted, and `error` why it could not be stored. It is
    `over` when all is done, and `ended` is called then.
    """

    def __init__(self, asked: Asked, stream: Stream, store: Store, ended: Callable[[PendingAnswer], None]) -> None:
        self.asked = asked
        self.answer = replace(message("assistant", ""), state="stopped", replaces=asked.replaces)
        self.problem = ""
        self.error: PlumblineError | OSError | None = None
        self._stream = stream
        self._store = store
        self._ended = ended
        self.over = False
        self._followers: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._kept = False
        """Whether storing was attempted: a store that reports a failure may still have stored it."""

    @property
    def conversation(self) -> str:
        """The conversation it belongs to."""
        return self.asked.conversation

    def run(self) -> None:
        """Write it to its end, or until it is stopped, and store it."""
        try:
            with closing(self._stream) as stream:
                for state in stream:
                    if self.over:
                        break
                    self._grow(state)
                    if self.answer.state != "stopped":  # a whole answer does not wait for what follows it
                        self.end()
        except (PlumblineError, OSError) as error:
            log.warning("A question was not answered: %s", error)
            self._break_off(str(error), error.kind if isinstance(error, NotAnswered) else "")
        except Exception:
            log.exception("A question was not answered.")
            self._break_off("")
        self.end()

    def end(self) -> None:
        """End it where it is and store it, without waiting for a silent model."""
        first = False
        try:
            with self._lock:
                first, self._kept = not self._kept, True
                if first:
                    self._store([self.answer] if self.asked.is_kept else [self.asked.question, self.answer])
        except (PlumblineError, OSError) as error:
            log.error("An answer was not stored: %s", error)
            self.error = error
        except Exception:
            log.exception("An answer was not stored.")
            self.error = PlumblineError("The answer could not be stored.", "See the page's log for why.")
        finally:
            self.over = True
            self._wake()
            if first:
                self._ended(self)

    def follow(self, notify: Callable[[], None]) -> None:
        """Call this whenever the answer has grown or ended, in any thread."""
        self._followers.append(notify)

    def unfollow(self, notify: Callable[[], None]) -> None:
        """No longer call this."""
        with suppress(ValueError):
            self._followers.remove(notify)

    def _wake(self) -> None:
        for notify in list(self._followers):
            notify()

    def _grow(self, state: Answer) -> None:
        ended = state.state if state.state in ("done", "refused") else ""
        before = self.answer
        self._update(
            text=state.text,
            sources=state.sources,
            citations=state.citations,
            asked=state.question if state.follows else "",
            tokens=state.tokens,
            seconds=state.seconds,
            state=ended or self.answer.state,
        )
        if not ended and self.answer != before:  # its end is reported once it is stored
            self._wake()

    def _break_off(self, problem: str, unanswered: str = "") -> None:
        """A whole answer stays whole, whatever goes wrong after it."""
        self.problem = problem
        if self.answer.state == "stopped":
            self._update(state="failed", unanswered=unanswered)

    def _update(self, **what: Any) -> None:
        """Change the answer, unless it has been stored."""
        with self._lock:
            if not self._kept:
                self.answer = replace(self.answer, **what)


class Answers:
    """The answers in progress on a page, which closing it waits for."""

    def __init__(self) -> None:
        self._pending: set[PendingAnswer] = set()
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(ANSWERS_AT_ONCE)
        self._until = math.inf
        self._quiet_since = math.inf

    def write(self, pending: PendingAnswer) -> bool:
        """Start writing an answer; False if the page is closing, or the conversation has another in progress."""
        with self._lock:
            if self.closing or self.of(pending.conversation):
                return False
            self._pending.add(pending)
        # A daemon: closing waits as long as there is time, but not for a model that has gone silent.
        threading.Thread(target=self._run, args=(pending,), name="answer", daemon=True).start()
        return True

    def _run(self, pending: PendingAnswer) -> None:
        try:
            with self._turns:
                pending.run()
        finally:
            self._ended(pending)

    def _ended(self, pending: PendingAnswer) -> None:
        self._pending.discard(pending)
        self._quiet_since = time.monotonic()

    def of(self, conversation: str) -> PendingAnswer | None:
        """The answer in progress in a conversation."""
        return next((one for one in list(self._pending) if one.conversation == conversation and not one.over), None)

    def stop(self, conversation: str | None = None) -> None:
        """End the answer of a conversation, or all of them, where they are. Each is stored by a new thread: the caller
        may be the event loop, and the writing thread may be waiting for the model."""
        for pending in list(self._pending):
            if conversation in (None, pending.conversation):
                threading.Thread(target=self._end, args=(pending,), name="stop", daemon=True).start()

    def _end(self, pending: PendingAnswer) -> None:
        try:
            pending.end()
        finally:
            self._ended(pending)

    @property
    def running(self) -> int:
        """How many answers are in progress."""
        return len(self._pending)

    @property
    def closing(self) -> bool:
        """Whether the page is closing."""
        return self._until < math.inf

    def check_open(self, texts: Texts) -> None:
        """Raise Closing if the page takes no new questions."""
        if self.closing:
            raise Closing(texts("ask.closing"), texts("ask.closing_remedy"))

    def close(self, seconds: float) -> None:
        """Take no new questions, and give the answers this long. Called by a signal handler, so it takes no lock."""
        now = time.monotonic()
        if not self.closing:
            self._quiet_since = now
        self._until = min(self._until, now + seconds)

    @property
    def over(self) -> bool:
        """Whether a closing page may end: no answer is in progress, or the time is up."""
        now = time.monotonic()
        return now >= self._until or (not self.running and now >= self._quiet_since + LINGER_SECONDS)
