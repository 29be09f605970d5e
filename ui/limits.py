"""How much one reader may use, so that the others get their share."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from runtime.reading.document import Limits

MINUTE = 60.0

QUESTIONS_A_MINUTE = 20
"""Per reader: more than anyone can read answers to, few enough that nobody keeps the model from the others."""

REQUESTS_A_MINUTE = 1_200
"""Per reader: several pages opened at once, each of a hundred files and polling for as long as it is open."""

BODY_BYTES = 1 << 20
"""Of a request other than an upload: a question and the names of the documents to search."""

UPLOAD_BYTES = Limits().bytes + BODY_BYTES
"""Of an uploaded file: a little more than the PDF reader takes, so that the page can say which file is too large."""

DOCUMENTS_AT_ONCE = 10_000
"""Documents that one request names, to delete or download them, for instance."""

READERS_KEPT = 20_000
"""Readers whose recent requests are remembered; the least recent are dropped first."""


class Rate:
    """At most `most` events a minute from each reader, as a token bucket: a pause saves up for a burst."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, user: str) -> float:
        """Take a token; 0, or the seconds until there is one."""
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
