"""An OpenAI-compatible chat server whose answers take as long as a test wants."""

from __future__ import annotations

import asyncio
import json
import math
import multiprocessing
import socket
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

BETWEEN = 0.1
"""Seconds between the words of an answer."""

POLL = 0.01
BROKEN = "out of memory"


def word(number: int) -> str:
    """A word of an answer, without figures."""
    return "word" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Slow:
    """Answers any number of concurrent requests: the first of `pieces` words after `thinks` seconds, the others each
    `between` seconds later. The first has the line that the prompt says may answer, so that the sources prove it."""

    def __init__(self, thinks: float, pieces: int, between: float = BETWEEN) -> None:
        self.thinks = thinks
        self._pieces = pieces
        self._between = between
        self.allowed: defaultdict[str, float] = defaultdict(lambda: math.inf)
        """How many words of an answer may be sent for now, by the first word of its question."""
        self.asked = 0
        self.running = 0
        self.most = 0
        self._together = 0
        self._gathered = asyncio.Event()
        self._gathered.set()
        self.left = 0
        """How many clients left before their answer's end."""
        self.broken = False
        """Whether an answer ends with an error halfway."""

    async def chat(self, request: Request) -> StreamingResponse:
        turns = (await request.json())["messages"]
        prompt, _, question = turns[-1]["content"].rpartition("Question: ")
        line = prompt.partition("may answer the question:\n- ")[2].partition("\n")[0]
        return StreamingResponse(self._stream(question.split()[0], line), media_type="text/event-stream")

    async def _stream(self, first: str, line: str) -> AsyncIterator[str]:
        self.asked += 1
        self.running += 1
        self.most = max(self.most, self.running)
        if self.running >= self._together:
            self._gathered.set()
        await self._gathered.wait()
        began, thinks = time.monotonic(), self.thinks
        done = False
        try:
            for number in range(self._pieces):
                if self.broken and number == self._pieces // 2:
                    yield f"data: {json.dumps({'error': BROKEN})}\n\n"
                    break
                due = began + thinks + number * self._between
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                while number >= self.allowed[first.rstrip(",")]:
                    await asyncio.sleep(POLL)
                said = f"{line} {first} was asked for;".lstrip() if number == 0 else f" {word(number)}"
                yield f"data: {json.dumps({'choices': [{'delta': {'content': said}}]})}\n\n"
            done = True
            yield "data: [DONE]\n\n"
        finally:
            self.running -= 1
            self.left += not done

    async def together(self, request: Request) -> JSONResponse:
        """Make the next answers wait for each other, until this many have been requested."""
        self._together = request.path_params["count"]
        self._gathered.clear()
        return JSONResponse({})

    async def allow(self, request: Request) -> JSONResponse:
        """Make answers pause after this many words, if their question begins with this word."""
        self.allowed[request.path_params["first"]] = request.path_params["count"]
        return JSONResponse({})

    async def state(self, _: Request) -> JSONResponse:
        return JSONResponse({"asked": self.asked, "running": self.running, "most": self.most, "left": self.left})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/together/{count:int}", self.together, methods=["POST"]),
                Route("/allowed/{first}/{count:int}", self.allow, methods=["POST"]),
                Route("/state", self.state),
            ]
        )


@contextmanager
def beside(model: Slow, port: int = 0) -> Iterator[str]:
    """The server in a thread of the test, which may break and repair it meanwhile: its URL. Its port is free again at
    the end."""
    listener = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(model.app(), log_config=None, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True  # do not wait for answers that are still growing
        thread.join()
        listener.close()


def _main(listener: socket.socket, thinks: float, pieces: int, between: float) -> None:
    config = uvicorn.Config(Slow(thinks, pieces, between).app(), log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def generator(thinks: float, pieces: int = 20, between: float = BETWEEN) -> Iterator[str]:
    """The server in a process of its own: its URL, to which /v1 and /state are appended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    process = multiprocessing.get_context("fork").Process(target=_main, args=(listener, thinks, pieces, between))
    process.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.join(timeout=30)
        listener.close()
