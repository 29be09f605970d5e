"""Whether the page can answer a question: checks what that takes, for those who run it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping

from runtime.library import Library

log = logging.getLogger("plumbline.ready")

CHECK_SECONDS = 3.0
"""How long a check may take."""

KEPT_SECONDS = 10.0
"""How long a result is reused: however often anyone asks, it costs at most one check in this time."""

POLL_SECONDS = 0.02
NOBODY = "nobody"
"""A document and a reader to look up, which need not exist."""

OK = "ok"
FAILED = "It does not work as it should; see the log for why."
SLOW = f"It did not answer within {CHECK_SECONDS:g} seconds."
STOPPING = "It is restarting and takes no new questions."
NO_INDEX = "There are documents but no index to search."


def checks(library: Library) -> dict[str, Callable[[], str]]:
    """A check of each part that a question needs: OK, what is wrong, or an error if it can't be reached."""

    def documents() -> str:
        library.ledger.get(NOBODY)
        return OK

    def conversations() -> str:
        library.conversations.find(NOBODY, limit=1)
        return OK

    def index() -> str:
        if library.indexes.live() or not any(entry.version for entry in library.ledger.summaries()):
            return OK
        return NO_INDEX

    def embeddings() -> str:
        library.embedder.check()
        return OK

    def answers() -> str:
        if library.generator:
            library.generator.check()
        return OK

    return {check.__name__: check for check in (documents, conversations, index, embeddings, answers)}


class Readiness:
    """The results of the last checks. Each check has a thread of its own, which is abandoned if it takes too long; no
    second one of its kind starts before it has ended."""

    def __init__(self, checks: Mapping[str, Callable[[], str]]) -> None:
        self._checks = checks
        self._threads: dict[str, threading.Thread] = {}
        self._found: dict[str, str] = {}
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def report(self) -> dict[str, str]:
        """The results by name: OK, or what is wrong, without revealing where things are."""
        async with self._lock:  # many ask at once
            if time.monotonic() >= self._until:
                await self._run_checks()
                self._until = time.monotonic() + KEPT_SECONDS
            return dict(self._found)

    async def _run_checks(self) -> None:
        for name in self._checks:
            if name not in self._threads or not self._threads[name].is_alive():
                self._found[name] = SLOW
                # A daemon, so that closing the page does not wait for a check that hangs.
                self._threads[name] = threading.Thread(target=self._run, args=(name,), daemon=True)
                self._threads[name].start()
        deadline = time.monotonic() + CHECK_SECONDS
        while time.monotonic() < deadline and any(thread.is_alive() for thread in self._threads.values()):
            await asyncio.sleep(POLL_SECONDS)

    def _run(self, name: str) -> None:
        try:
            self._found[name] = self._checks[name]()
        except Exception as error:  # whatever it is, the page is not ready
            self._found[name] = FAILED
            log.error("The page is not ready: %s: %s: %s", name, type(error).__name__, error)
