"""The event streams of open pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ui import hub as hubs
from ui.errors import Busy
from ui.gate import Identity
from ui.hub import KEPT_EVENTS, PAGES_OF_ONE, Hub
from ui.texts import ENGLISH

ANN, OLGA = Identity("ann", operator=False), Identity("olga", operator=True)
HELLO = {"type": "hello"}


def run(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


def read(written: bytes) -> list[dict[str, Any]]:
    return [json.loads(part[6:]) for part in written.decode().split("\n\n") if part.startswith("data: ")]


async def events(stream: AsyncIterator[bytes]) -> list[dict[str, Any]]:
    return read(await anext(stream))


def test_each_page_is_told_what_is_for_it() -> None:
    async def test() -> None:
        hub = Hub()
        ann, olga = await hub.stream("a", ANN, ENGLISH, HELLO), await hub.stream("o", OLGA, ENGLISH, HELLO)
        assert await events(ann) == await events(olga) == [HELLO]
        await asyncio.to_thread(hub.publish, {"type": "one"}, user="ann")
        hub.publish({"type": "two"}, operators=True)
        hub.publish(lambda page: {"type": page.name} if page.name == "a" else None)
        hub.publish({"type": "three"}, but="a")
        assert await events(ann) == [{"type": "one"}, {"type": "a"}]
        assert await events(olga) == [{"type": "two"}, {"type": "three"}]

    run(test())


def test_a_page_that_does_not_read_is_told_to_ask_for_its_state_anew() -> None:
    async def test() -> None:
        hub = Hub()
        stream = await hub.stream("a", ANN, ENGLISH, HELLO)
        for n in range(KEPT_EVENTS + 5):
            hub.publish({"type": "event", "n": n})
        assert await events(stream) == [{"type": "lost"}]
        hub.publish({"type": "after"})
        assert await events(stream) == [{"type": "after"}]

    run(test())


def test_a_page_that_comes_back_replaces_itself_and_one_reader_has_so_many_at_most() -> None:
    async def test() -> None:
        hub = Hub()
        first = await hub.stream("a", ANN, ENGLISH, HELLO)
        await events(first)
        again = await hub.stream("a", ANN, ENGLISH, HELLO)
        with pytest.raises(StopAsyncIteration):
            while True:
                await anext(first)
        assert await events(again) == [HELLO]
        assert len(hub.pages("ann")) == 1
        for n in range(PAGES_OF_ONE - 1):
            await hub.stream(f"a{n}", ANN, ENGLISH, HELLO)
        with pytest.raises(Busy):
            await hub.stream("one more", ANN, ENGLISH, HELLO)
        await hub.stream("o", OLGA, ENGLISH, HELLO)

    run(test())


def test_an_idle_stream_says_now_and_then_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "HEARTBEAT_SECONDS", 0.01)

    async def test() -> None:
        stream = await Hub().stream("a", ANN, ENGLISH, HELLO)
        await events(stream)
        assert await anext(stream) == b":\n\n"

    run(test())


def test_all_streams_end_when_the_server_closes_and_none_begins() -> None:
    async def test() -> None:
        hub = Hub()
        stream = await hub.stream("a", ANN, ENGLISH, HELLO)
        await events(stream)
        await asyncio.to_thread(hub.close)
        assert [event for written in [one async for one in stream] for event in read(written)] == [{"type": "closing"}]
        assert hub.pages() == []
        with pytest.raises(Busy):
            await hub.stream("b", ANN, ENGLISH, HELLO)

    run(test())


def test_a_page_that_leaves_is_forgotten() -> None:
    async def test() -> None:
        hub = Hub()
        stream = await hub.stream("a", ANN, ENGLISH, HELLO)
        await events(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        assert hub.pages() == []

    run(test())
