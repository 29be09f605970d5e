"""The event streams of open pages: Server-Sent Events, one stream for each page."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from ui.errors import Busy
from ui.gate import Identity
from ui.texts import Texts

Event = Mapping[str, Any]
"""What a page is told: its `type`, and whatever belongs to that."""

HEARTBEAT_SECONDS = 20.0
"""How often an idle stream says that it is there: less than load balancers wait."""

EVENT_SECONDS = 0.1
"""The least time between two writes to a page: more are not seen."""

WRITES_A_SECOND = 400
"""To all pages together: each takes some 0.3 ms of a core. With more pages each is written to less often."""

KEPT_EVENTS = 200
"""Events that wait for a page which does not read; more, and it is told to ask for its state anew."""

PAGES = 2_000
PAGES_OF_ONE = 60
"""Streams at once, of all readers and of one."""


class Live(Protocol):
    """Something that changes all the time, of which a page gets the differences when it is ready for them."""

    def news(self) -> Iterable[Event]:
        """What has changed since the last time."""
        ...


class OpenPage:
    """One open page: who reads it, what it shows, and what it has yet to be told."""

    def __init__(self, name: str, identity: Identity, texts: Texts, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.user = identity.user
        self.operator = identity.operator
        self.texts = texts
        self.conversation: str | None = None
        self.live: Live | None = None
        self.status: Mapping[str, Any] = {}
        """As it was last told."""
        self._loop = loop
        self._events: list[Event] = []
        self._changing = threading.Lock()
        self._woken = asyncio.Event()
        self._lost = False
        self._ending = False

    def put(self, event: Event) -> None:
        """Tell the page something. Called by any thread."""
        with self._changing:
            if len(self._events) >= KEPT_EVENTS:
                self._lost = True
                self._events.clear()
            self._events.append(event)
        self.wake()

    def wake(self) -> None:
        """Have the page look for news. Called by any thread."""
        if not self._woken.is_set():
            with suppress(RuntimeError):  # the server has closed
                self._loop.call_soon_threadsafe(self._woken.set)

    def end(self) -> None:
        """End the page's stream. Called by any thread."""
        self._ending = True
        self.wake()

    async def stream(self, pause: Callable[[], float]) -> AsyncIterator[bytes]:
        """What the page is told, until it is ended; a comment for each time that it was woken for nothing."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            yield self._written()
            if self._ending and not self._events:
                return
            if not self._ending:
                await asyncio.sleep(pause())

    def _written(self) -> bytes:
        with self._changing:
            events, self._events = self._events, []
            if self._lost:
                self._lost, events = False, [{"type": "lost"}]
        if self.live:
            events += self.live.news()
        return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events) or b":\n\n"


class Hub:
    """All open pages. Thread-safe."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], OpenPage] = {}
        self._lock = threading.Lock()
        self._closed = False

    def page(self, user: str, name: str) -> OpenPage | None:
        """A reader's open page."""
        return self._pages.get((user, name))

    def pages(self, user: str | None = None) -> list[OpenPage]:
        """A reader's open pages, or everybody's."""
        with self._lock:
            return [page for page in self._pages.values() if user in (None, page.user)]

    def publish(
        self,
        event: Event | Callable[[OpenPage], Event | None],
        *,
        user: str | None = None,
        operators: bool = False,
        but: str = "",
    ) -> None:
        """Tell all pages of a user, of operators or of everybody, but not the page of the name `but`. A function says
        what each page is told, None for nothing."""
        for page in self.pages(user):
            if (operators and not page.operator) or (but and page.name == but):
                continue
            told = event(page) if callable(event) else event
            if told is not None:
                page.put(told)

    async def stream(self, name: str, identity: Identity, texts: Texts, hello: Event) -> AsyncIterator[bytes]:
        """The stream of a page, which begins with `hello`; Busy if there are too many."""
        page = OpenPage(name, identity, texts, asyncio.get_running_loop())
        key = identity.user, name
        with self._lock:
            full = (
                len(self._pages) >= PAGES or sum(one.user == page.user for one in self._pages.values()) >= PAGES_OF_ONE
            )
            if (full and key not in self._pages) or self._closed:
                raise Busy(texts("page.too_many"), texts("page.too_many_remedy"))
            before, self._pages[key] = self._pages.get(key), page
        if before:
            before.end()
        page.put(hello)
        return self._streamed(key, page)

    async def _streamed(self, key: tuple[str, str], page: OpenPage) -> AsyncIterator[bytes]:
        beating = asyncio.create_task(self._beat(page))
        try:
            async for written in page.stream(self._pause):
                yield written
        finally:
            beating.cancel()
            with self._lock:
                if self._pages.get(key) is page:
                    del self._pages[key]
            page.live = None

    @staticmethod
    async def _beat(page: OpenPage) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            page.wake()

    def _pause(self) -> float:
        return max(EVENT_SECONDS, sum(page.live is not None for page in self._pages.values()) / WRITES_A_SECOND)

    def close(self) -> None:
        """End all streams: the server closes. Their pages come back."""
        self._closed = True
        for page in self.pages():
            page.put({"type": "closing"})
            page.end()
