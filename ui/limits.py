"""How much one reader may take, so that the others have theirs."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0

QUESTIONS_A_MINUTE = 20
"""Of one reader: more than anybody reads the answers to, few enough that one can't keep the model from the others."""

REQUESTS_A_MINUTE = 1_200
"""Of one reader: some pages opened at once, each of which is a hundred files, and asks on as long as it is open."""

BODY_BYTES = 1 << 20
"""Of a request that is no upload: a question, and the names of the documents that it is asked of."""

UPLOAD_FILES = 100
UPLOAD_BYTES = 4 << 30
"""Of one upload: how many files, and all together. One file may have what the reader of PDFs takes."""

READERS_KEPT = 20_000
"""Readers whose recent requests are remembered; who asked longest ago is forgotten first."""


class Rate:
    """At most `most` things a minute from each reader: a token bucket, so that a pause is made up for at once."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, user: str) -> float:
        """Take one; the seconds until there is one where there is none."""
        now = self._clock()
        with self._lock:
            left, at = self._buckets.get(user, (float(self._most), now))
            left = min(self._most, left + (now - at) * self._most / MINUTE)
            taken = left >= 1
            self._buckets[user] = (left - taken, now)
            self._buckets.move_to_end(user)
            while len(self._buckets) > READERS_KEPT:
                self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - left) * MINUTE / self._most
