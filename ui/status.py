"""Whether the page can answer, what the library holds, and what is being read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from runtime.library import Library
from runtime.ports import Entry, PlumblineError
from ui.hub import Hub, OpenPage
from ui.ready import OK, Readiness, checks
from ui.suggestions import Suggestions
from ui.texts import Texts

if TYPE_CHECKING:
    from runtime.local.worker import Worker

LOOK_SECONDS = 1.0
"""How often this machine's worker is asked whether it reads, which costs nothing, and while it does, the list of
documents is read."""

IDLE_SECONDS = 20.0
"""How often the list of documents is read otherwise, for all open pages together: a stack's requests are billed."""

READ_SHARE = 10
"""A list that takes long to read is read at most for this part of the time."""

CHECK_SECONDS = 60.0
"""How often it is checked what is unavailable."""

log = logging.getLogger("plumbline.status")


@dataclass(frozen=True)
class Holdings:
    """What the library holds: `entries` as last read, the document being read with its progress, and those waiting."""

    entries: Sequence[Entry] = ()
    reading: Entry | None = None
    waiting: Sequence[str] = ()
    problem: str = ""
    """With the documents, for operators."""

    @cached_property
    def languages(self) -> dict[str, str]:
        """The documents' languages (ISO 639-1)."""
        return {entry.document: entry.language for entry in self.entries if entry.language}

    @cached_property
    def searchable(self) -> list[str]:
        """The documents that can be asked."""
        return [entry.document for entry in self.entries if entry.version]


@dataclass
class Status:
    """Looks after the library while pages are open, and tells them what has changed."""

    library: Library
    worker: Worker | None
    hub: Hub
    holdings: Holdings | None = None
    """As last read; None before that, and while the library can't be reached."""
    unreachable: str = ""
    """Why the list of documents could not be read, for operators."""
    unanswered: bool = False
    """Whether the last question could not be answered."""
    listeners: list[Callable[[Holdings], None]] = field(default_factory=list)
    """Called with what the library holds each time that it was read, by the event loop: they must not wait."""

    def __post_init__(self) -> None:
        self._suggestions = Suggestions(self.library.answerer, self.publish)
        self._readiness = Readiness(checks(self.library))
        self._found: dict[str, str] = {}

    # --- what is there ---

    async def report(self) -> dict[str, str]:
        """What each part that a question needs says of itself; at most some seconds old."""
        self._found = await self._readiness.report()
        return self._found

    def look(self) -> Holdings | None:
        """Read the list of documents; None if it can't be reached."""
        worker = self.worker
        try:
            entries = self.library.ledger.summaries()
        except (PlumblineError, OSError) as error:
            log.warning("The documents could not be listed: %s", error)
            self.holdings, self.unreachable = None, str(error)
            return None
        if worker:
            waiting, reading, problem = worker.waiting, worker.reading, worker.problem
        else:
            waiting = [entry.document for entry in entries if entry.state in ("waiting", "reading")]
            reading, problem = None, ""
        self.holdings, self.unreachable = Holdings(entries, reading, waiting, problem), ""
        return self.holdings

    def described(self, texts: Texts, *, operator: bool) -> dict[str, Any]:
        """The status as a page shows it: its kind, in a word or two, and in sentences."""
        held = self.holdings
        lacking = [texts(f"unavailable.{part}") for part, state in self._found.items() if state != OK]
        if held is None:
            why = [self.unreachable] if operator and self.unreachable else []
            return self._described("trouble", texts("status.trouble"), [texts("status.unreachable"), *why])
        searchable, waiting, known = len(held.searchable), len(held.waiting), len(held.entries)
        lines = lacking + self._lines(held, texts, operator=operator)
        if self.unanswered:
            lines.append(texts("status.unanswered"))
        kind = "trouble" if lacking else "reading" if waiting else "ready" if searchable else "empty"
        words = {
            "trouble": texts("status.trouble"),
            "reading": texts("status.to_go", count=waiting),
            "ready": texts("status.ready"),
            "empty": texts("status.nothing" if not known else "status.none_readable"),
        }
        return self._described(kind, words[kind], lines, held)

    def _described(self, kind: str, word: str, lines: list[str], held: Holdings | None = None) -> dict[str, Any]:
        searchable = len(held.searchable) if held else 0
        return {
            "kind": kind,
            "word": word,
            "lines": lines,
            "searchable": searchable,
            "waiting": len(held.waiting) if held else 0,
            "suggestions": self._suggestions.about(held.entries) if held and searchable else [],
        }

    def _lines(self, held: Holdings, texts: Texts, *, operator: bool) -> list[str]:
        searchable, waiting = len(held.searchable), len(held.waiting)
        generator = self.library.generator
        can_add = operator and self.worker is not None
        lines = []
        if waiting:
            lines.append(texts("status.reading", documents=count_of(waiting, texts), searchable=searchable))
        if searchable:
            key = "status.writes" if generator else "status.quotes"
            model = generator.model if generator else ""
            lines.append(texts(key, documents=count_of(searchable, texts), model=model))
        elif held.entries and not waiting:
            lines.append(f"{texts('status.unread')} {texts('status.unread_why' if can_add else 'status.unread_tell')}")
        elif not waiting:
            lines.append(f"{texts('status.empty')} {texts('status.empty_add' if can_add else 'status.empty_wait')}")
        known = self.library.embedder.languages
        others = sorted({entry.language for entry in held.entries if entry.version} - {*known, ""})
        if known and others:
            own, rest = (", ".join(texts.language_name(one) for one in some) for some in (sorted(known), others))
            lines.append(texts("status.languages", known=own, others=rest))
        if held.problem and operator:
            lines.append(held.problem)
        return lines

    # --- while pages are open ---

    def publish(self) -> None:
        """Tell the pages whose status has changed."""
        described_to = cache(lambda texts, operator: self.described(texts, operator=operator))

        def news(page: OpenPage) -> dict[str, Any] | None:
            described = described_to(page.texts, page.operator)
            if described == page.status:
                return None
            page.status = described
            return {"type": "status", "status": described}

        self.hub.publish(news)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look after the library until the end."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        look_at = check_at = 0.0
        was_busy = False
        seen: set[OpenPage] = set()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            pages = set(self.hub.pages())
            if not pages:
                continue
            if not pages <= seen:  # whoever opens the page is to know at once what is unavailable
                check_at = 0.0
            seen = pages
            busy = self.worker is not None and (self.worker.reading is not None or bool(self.worker.waiting))
            if now >= check_at:
                before = self._found
                if await self.report() != before:
                    self.publish()
                check_at = time.monotonic() + CHECK_SECONDS
            if now >= look_at or (was_busy and not busy):
                began = time.monotonic()
                held = await asyncio.to_thread(self.look)
                took = time.monotonic() - began
                look_at = time.monotonic() + max(LOOK_SECONDS / 2 if busy else IDLE_SECONDS, READ_SHARE * took)
                for listener in self.listeners if held else ():
                    listener(held)  # type: ignore[arg-type]
                self.publish()
            elif busy and not was_busy:
                look_at = 0.0
            was_busy = busy


def count_of(count: int, texts: Texts) -> str:
    """So many documents."""
    return texts("status.one") if count == 1 else texts("status.many", count=texts.number(count, ","))
