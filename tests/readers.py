"""Readers of the chat page without a browser: they talk to the page's server as its script does."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.sites import PROVEN

SECONDS = 120.0


@dataclass
class Answered:
    """How an answer arrived: seconds from the question to its first word and to its end, and what was shown."""

    first: float
    whole: float
    text: str


@dataclass
class Reader:
    """Somebody's open page."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    conversation: str = ""
    page: str = field(default_factory=lambda: uuid.uuid4().hex)
    _stream: AbstractAsyncContextManager[httpx.Response] | None = None
    _lines: AsyncIterator[str] | None = None

    async def open(self) -> None:
        """Ask for the state, and listen, as a page does when it is opened."""
        address = f"/state?page={self.page}&c={self.conversation}"
        (await self.client.get(address, headers=self.headers, timeout=SECONDS)).raise_for_status()
        self._stream = self.client.stream("GET", f"/events?page={self.page}", headers=self.headers, timeout=SECONDS)
        self._lines = (await self._stream.__aenter__()).raise_for_status().aiter_lines()
        while not (await anext(self._lines)).startswith("data: "):
            pass

    async def leave(self) -> None:
        """Close the page."""
        if self._stream:
            await self._stream.__aexit__(None, None, None)
        self._stream = self._lines = None

    async def begin(self, question: str, conversation: str = "") -> httpx.Response:
        """Ask; the answer comes by events."""
        body = {"page": self.page, "question": question, "conversation": conversation}
        return await self.client.post("/ask", json=body, headers={**PROVEN, **self.headers}, timeout=SECONDS)

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """The page's events, to the end of an answer."""
        assert self._lines is not None
        async for line in self._lines:
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                yield event
                if event["type"] == "turn" and not event["pending"]:
                    return

    async def ask(self, question: str, conversation: str = "") -> Answered:
        """Ask, and read the answer to its end; AssertionError if there is none."""
        if self._lines is None:
            await self.open()
        began = time.monotonic()
        (await self.begin(question, conversation)).raise_for_status()
        first, text, said = 0.0, "", ""
        async for event in self.events():
            if event["type"] == "answer":
                text = text[: event["at"]] + event["text"]
            elif event["type"] == "turn" and not event["pending"]:
                said = text = event["turn"]["versions"][-1]["text"]
            if not first and "was asked for" in text:
                first = time.monotonic() - began
        whole = time.monotonic() - began
        await self.leave()
        assert first, said[-2000:]
        return Answered(first, whole, said)
