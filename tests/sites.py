"""The chat page as the tests reach it: in this process behind any door, or in a process of its own, as `make chat` runs
it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.model_choice import AnsweringModel
from runtime.local.worker import Worker
from runtime.ports import Ending, Generator, Turn
from runtime.settings import Settings
from tests import pdfs
from tests.servers import ROOT
from tests.signing import Signing
from ui.app import serve
from ui.gate import Authenticator, ThisMachine

READY = re.compile(r"Plumbline is ready at (http://127\.0\.0\.1:\d+)")


class Echo:
    """A generator that answers with the question."""

    model, source_tokens = "echo", 500

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        last: Turn = turns[-1]
        yield f"The kiln is fired at 940 degrees. {last.text[-20:]}"
        return Ending()

    def check(self) -> None:
        pass


class Given(AnsweringModel):
    """Answers with a generator of the test's, whatever is chosen."""

    def __init__(self, settings: Settings, generator: Generator | None) -> None:
        super().__init__(settings)
        self._given = generator

    @property
    def generator(self) -> Generator | None:
        return self._given


def home_in(folder: Path, embedder: MiniLm, generator: Generator | None) -> Home:
    """The library in `folder`/home, with models that are already loaded."""
    home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home"), "PLUMBLINE_THREADS": "1"}))
    home.embedder = embedder
    home.answering = Given(home.settings, generator)
    return home


def library(folder: Path, embedder: MiniLm, generator: Generator | None = None) -> Home:
    """A library with one document."""
    home = home_in(folder, embedder, generator or Echo())
    home.add([pdfs.paragraphs(folder / "kiln.pdf", ["The kiln is fired at 940 degrees for eleven hours."])])
    home.ingestor().reconcile("kiln.pdf")
    return home


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a real server in this process: its URL. The server's log is left to the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)


@dataclass
class Site:
    """A page behind a door."""

    url: str
    app: FastAPI
    home: Home
    signs: Signing = field(default_factory=Signing)

    def get(self, path: str = "/config", **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def listened(self, path: str, headers: dict[str, str]) -> int:
        """The status of a stream, without waiting for its end."""
        with httpx.stream("GET", self.url + path, headers=headers, timeout=30) as stream:
            return stream.status_code

    def event(self, name: str, data: list[Any], headers: dict[str, str], session: str = "") -> dict[str, Any]:
        """A handler's response, called through Gradio's own API."""
        session = session or uuid.uuid4().hex
        self.send(name, data, headers, session)
        return self.next_message(headers, session)

    def ask(self, question: str, headers: dict[str, str], session: str = "", conversation: str = "") -> dict[str, Any]:
        """The answer, asked as the page does: with two events, the first not through the queue."""
        session = session or uuid.uuid4().hex
        self.send("begin", [question, conversation or None, []], headers, session, "run/predict")
        return self.event("answer", [], headers, session)

    def send(self, name: str, data: list[Any], headers: dict[str, str], session: str, to: str = "queue/join") -> str:
        known = self.get(**headers).json()["dependencies"]
        (number,) = [one["id"] for one in known if one["api_name"] == name]
        body = {"data": data, "fn_index": number, "session_hash": session}
        sent = httpx.post(f"{self.url}/gradio_api/{to}", json=body, headers=headers, timeout=60)
        assert sent.status_code == 200, sent.text
        return sent.text

    def next_message(self, headers: dict[str, str], session: str) -> dict[str, Any]:
        """The next message to an open page."""
        listen = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with httpx.stream("GET", listen, headers=headers, timeout=60) as stream:
            assert stream.status_code == 200
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed":
                    return dict(message)
        raise AssertionError("The stream ended before the event did.")


@contextmanager
def behind(
    home: Home,
    door: Authenticator,
    signs: Signing | None = None,
    *,
    worker: bool = True,
    documents: Sequence[Path] = (),
) -> Iterator[Site]:
    """The page over a library, in this process; a worker ingests the documents."""
    made = Worker(home) if worker else None
    if made:
        made.start(documents)
    app = serve(home, made, door)
    with served(app) as url:
        yield Site(url, app, home, signs or Signing())


@contextmanager
def on_this_machine(home: Home, *documents: Path) -> Iterator[Site]:
    """The page over a library whose only reader needs no name, in this process."""
    with behind(home, ThisMachine(), documents=documents) as site:
        yield site


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """The page over the library in `folder`/home, in a process of its own: its address."""
    environment = {**os.environ, "PLUMBLINE_HOME": str(folder / "home"), "PLUMBLINE_THREADS": "1"}
    environment.pop("DISPLAY", None)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ui", "--port", "0", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert server.stdout is not None
    line = server.stdout.readline()
    found = READY.search(line)
    assert found, line + (folder / "log").read_text()
    try:
        yield found.group(1)
    finally:
        server.send_signal(signal.SIGINT)
        ended = server.wait(timeout=60)
    assert ended in (0, -signal.SIGINT, 130)
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said
