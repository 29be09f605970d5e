"""Whether the page can answer a question: what that takes is looked at, for those who run it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from runtime.ports import Conversations, Embedder, Generator, Ledger, PassageIndexes

log = logging.getLogger("plumbline.ready")

CHECK_SECONDS = 3.0
"""How long a look may take."""

KEPT_SECONDS = 10.0
"""How long what was found is told again: whoever asks, and however often, costs no more than a look in this time."""

POLL_SECONDS = 0.02
NOBODY = "nobody"
"""A document and a reader that are looked up, and need not be there."""

OK = "ok"
FAILED = "It does not work as it should; see the log for why."
SLOW = f"It did not answer within {CHECK_SECONDS:g} seconds."
STOPPING = "It is restarting and takes no new questions."
NO_INDEX = "There are documents but no index to search."


class Checked(Protocol):
    """What a question needs of a library."""

    @property
    def conversations(self) -> Conversations:
        """Where it is kept."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Which documents there are."""
        ...

    @property
    def indexes(self) -> PassageIndexes:
        """Where it is searched."""
        ...

    @property
    def embedder(self) -> Embedder:
        """What it is searched by."""
        ...

    @property
    def generator(self) -> Generator | None:
        """What answers it; None where the documents are quoted."""
        ...


def checks(library: Checked) -> dict[str, Callable[[], str]]:
    """A look at each thing that a question needs: OK, what is wrong, or an error where it can't be reached."""

    def documents() -> str:
        library.ledger.get(NOBODY)
        return OK

    def conversations() -> str:
        library.conversations.find(NOBODY, limit=1)
        return OK

    def index() -> str:
        if library.indexes.live() or not any(entry.version for entry in library.ledger.entries()):
            return OK
        return NO_INDEX

    def embeddings() -> str:
        library.embedder.check()
        return OK

    def answers() -> str:
        if library.generator:
            library.generator.check()
        return OK

    return {look.__name__: look for look in (documents, conversations, index, embeddings, answers)}


class Readiness:
    """What was found when it was last looked. Each look has a thread of its own, which is given up when it takes too
    long; there is no second one of the same kind before it has ended."""

    def __init__(self, looks: Mapping[str, Callable[[], str]]) -> None:
        self._looks = looks
        self._threads: dict[str, threading.Thread] = {}
        self._found: dict[str, str] = {}
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def report(self) -> dict[str, str]:
        """What was found, by name: OK, or what is wrong in words that tell nothing of where things are."""
        async with self._lock:  # many ask at once
            if time.monotonic() >= self._until:
                await self._look()
                self._until = time.monotonic() + KEPT_SECONDS
            return dict(self._found)

    async def _look(self) -> None:
        for name in self._looks:
            if name not in self._threads or not self._threads[name].is_alive():
                self._found[name] = SLOW
                # A daemon, since nobody waits for a look that hangs when the page closes.
                self._threads[name] = threading.Thread(target=self._run, args=(name,), daemon=True)
                self._threads[name].start()
        deadline = time.monotonic() + CHECK_SECONDS
        while time.monotonic() < deadline and any(thread.is_alive() for thread in self._threads.values()):
            await asyncio.sleep(POLL_SECONDS)

    def _run(self, name: str) -> None:
        try:
            self._found[name] = self._looks[name]()
        except Exception as error:  # whatever it is, the page is not ready
            self._found[name] = FAILED
            log.error("The page is not ready: %s: %s: %s", name, type(error).__name__, error)
