"""The answers that are being written: each is stored once, at its end or as far as it came when the page must close."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from runtime.ports import Message, PlumblineError
from ui.texts import Texts

log = logging.getLogger("plumbline.answers")

LINGER_SECONDS = 0.5
"""How long a page that closes goes on after its last answer: a browser that has it sends what comes behind it."""


class Closing(PlumblineError):
    """The page is being closed, and takes no new question."""


class Writing:
    """One answer that is being written, with its question; `answer` is as far as it came."""

    def __init__(
        self, conversation: str, question: Message, answer: Message, store: Callable[[Sequence[Message]], None]
    ) -> None:
        self.conversation = conversation
        self.answer = answer
        self.stopped = threading.Event()
        self._question = question
        self._store = store
        self._lock = threading.Lock()
        self._kept = False

    def keep(self) -> None:
        """Store question and answer, where that has not been done."""
        with self._lock:
            if not self._kept:
                self._store([self._question, self.answer])
                self._kept = True


class Answers:
    """Those of one page. They are begun and ended in threads of their own; whoever closes the page waits for them."""

    def __init__(self) -> None:
        self._writing: set[Writing] = set()
        self._until = math.inf
        self._quiet_since = math.inf

    def begin(
        self, conversation: str, question: Message, answer: Message, store: Callable[[Sequence[Message]], None]
    ) -> Writing:
        """An answer that is being written from now on; `end` must follow."""
        writing = Writing(conversation, question, answer, store)
        self._writing.add(writing)
        return writing

    def end(self, writing: Writing, answer: Message) -> None:
        """Store the answer as it is now."""
        writing.answer = answer
        try:
            writing.keep()
        finally:
            self._writing.discard(writing)
            self._quiet_since = time.monotonic()

    def stop(self, conversation: str | None = None) -> None:
        """Have the answers of a conversation end where they are, or all of them."""
        for writing in list(self._writing):
            if conversation in (None, writing.conversation):
                writing.stopped.set()

    @property
    def running(self) -> int:
        """How many are being written."""
        return len(self._writing)

    @property
    def closing(self) -> bool:
        """Whether the page is being closed."""
        return self._until < math.inf

    def expect_open(self, say: Texts) -> None:
        """Closing where the page takes no new question."""
        if self.closing:
            raise Closing(say("ask.closing"), say("ask.closing_remedy"))

    def close(self, seconds: float) -> None:
        """Take no new question, and give the answers so long. Called by a signal's handler, so without any lock."""
        now = time.monotonic()
        if not self.closing:
            self._quiet_since = now
        self._until = min(self._until, now + seconds)

    @property
    def over(self) -> bool:
        """Whether a page that is being closed may end: nothing is written any more, or the time is up."""
        now = time.monotonic()
        return now >= self._until or (not self.running and now >= self._quiet_since + LINGER_SECONDS)

    def keep(self) -> None:
        """Store those that are still being written, as far as they came."""
        for writing in list(self._writing):
            try:
                writing.keep()
            except PlumblineError as error:
                log.error("An answer could not be stored: %s", error)
