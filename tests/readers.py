"""Readers of the chat page without a browser: they talk to Gradio's queue as the page does."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

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
    events: dict[str, int]
    """The page's handlers by their names."""
    session: str = field(default_factory=lambda: uuid.uuid4().hex)

    async def send(self, name: str, data: list[Any]) -> httpx.Response:
        """Put an event into the page's queue."""
        body = {"data": data, "fn_index": self.events[name], "session_hash": self.session}
        return await self.client.post("/gradio_api/queue/join", json=body, headers=self.headers, timeout=SECONDS)

    async def messages(self) -> AsyncIterator[tuple[dict[str, Any], str]]:
        """The page's messages, each parsed and as its raw line, to the end of the event that was sent."""
        listen = f"/gradio_api/queue/data?session_hash={self.session}"
        async with self.client.stream("GET", listen, headers=self.headers, timeout=SECONDS) as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    message = json.loads(line.removeprefix("data: "))
                    yield message, line
                    if message["msg"] == "process_completed":
                        return

    async def open(self) -> None:
        """List the conversations, as a page does when it is opened."""
        (await self.send("list_conversations", [""])).raise_for_status()
        async for message, line in self.messages():
            assert message["msg"] != "process_completed" or message["success"], line

    async def begin(self, question: str, conversation: str | None = None) -> None:
        """Ask as the page does: in two events, the second of which brings the answer."""
        body = {"data": [question, conversation, []], "fn_index": self.events["begin"], "session_hash": self.session}
        direct = await self.client.post("/gradio_api/run/predict", json=body, headers=self.headers, timeout=SECONDS)
        direct.raise_for_status()
        (await self.send("answer", [])).raise_for_status()

    async def ask(self, question: str, conversation: str | None = None) -> Answered:
        """Ask, and read the answer to its end; AssertionError if there is none."""
        began = time.monotonic()
        await self.begin(question, conversation)
        first, said = 0.0, ""
        async for message, line in self.messages():
            if message["msg"] == "process_completed":
                assert message["success"], line
            if not first and "was asked for" in line:
                first = time.monotonic() - began
            if message["msg"] in ("process_generating", "process_completed"):
                said += line
        assert first, said[-2000:]
        return Answered(first, time.monotonic() - began, said)


async def handlers(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, int]:
    """The page's handlers by their names."""
    config = (await client.get("/config", headers=headers, timeout=SECONDS)).raise_for_status().json()
    return {one["api_name"]: one["id"] for one in config["dependencies"] if one["api_name"]}
