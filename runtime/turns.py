"""Turns at something of which only a few may be under way at once: the most urgent of those who wait is next, and of
equally urgent ones the latest."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from threading import Event, Lock


class Urgency(IntEnum):
    """How much depends on a turn: LATER for what is not seen, NOW for what somebody looks at, FIRST for that without
    which nothing can be shown, or which is not asked for again."""

    LATER = 0
    NOW = 1
    FIRST = 2


@dataclass(eq=False, slots=True)
class _Waiting:
    urgency: Urgency
    is_next: Event = field(default_factory=Event)


class Turns:
    """At most `at_once` turns at a time. Thread-safe.

    The latest of equally urgent ones is next because whoever scrolls through pages looks at the last of them, and no
    longer at those before it.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[_Waiting] = []
        self._lock = Lock()

    def acquire(self, urgency: Urgency, seconds: float) -> bool:
        """Wait for a turn for at most so many seconds; False if it did not come. `release` ends it."""
        with self._lock:
            if self._free:  # then nobody is waiting
                self._free -= 1
                return True
            mine = _Waiting(urgency)
            self._waiting.append(mine)
        if mine.is_next.wait(seconds):
            return True
        with self._lock:
            if mine.is_next.is_set():  # just now
                return True
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """End a turn, and give it to the next one."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            following = max(reversed(self._waiting), key=lambda one: one.urgency)
            self._waiting.remove(following)
            following.is_next.set()
