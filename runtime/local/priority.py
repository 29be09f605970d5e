"""Questions first: what is read in the background waits while a question is being answered up to its first word."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 0.3
"""The steps of a question come closer together than this; after so long without one, no question is open."""

LONGEST_WAIT = 10.0
"""Seconds after which a step of the background is taken anyway, so that it goes on under many questions."""


class Questions:
    """Knows whether a question is being answered in this process. Thread-safe."""

    def __init__(self) -> None:
        self._open = 0
        self._last = -QUIET_SECONDS
        self._changed = threading.Condition()
        self._background = threading.Lock()

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step on the way to a question's first word."""
        with self._changed:
            self._open += 1
        try:
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._last = time.monotonic()
                self._changed.notify_all()

    @contextmanager
    def background_step(self) -> Iterator[None]:
        """A step in the background, one at a time, when no question is open."""
        with self._background:
            self.wait()
            yield

    def wait(self) -> None:
        """Wait until no question is open, but not for ever."""
        until = time.monotonic() + LONGEST_WAIT
        with self._changed:
            while (now := time.monotonic()) < until and (self._open or now < self._last + QUIET_SECONDS):
                self._changed.wait(until - now if self._open else self._last + QUIET_SECONDS - now)
