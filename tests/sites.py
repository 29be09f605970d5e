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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.model_choice import AnsweringModel
from runtime.local.worker import Worker
from runtime.ports import Ending, Entry, Generator, Turn
from runtime.settings import Settings
from tests import pdfs
from tests.servers import ROOT
from tests.signing import Signing
from ui.app import serve
from ui.gate import Authenticator, ThisMachine

PROVEN = {"x-plumbline": "1"}
"""What the page's script adds to whatever changes something."""

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
        app.state.site.close()
        server.should_exit = True
        thread.join(timeout=30)


@dataclass
class Site:
    """A page behind a door."""

    url: str
    app: FastAPI
    home: Home
    signs: Signing = field(default_factory=Signing)

    def get(self, path: str = "/scope", **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """What the page's script sends."""
        return httpx.post(self.url + path, json=body, headers={**PROVEN, **headers}, timeout=60)

    def lists(self, documents: int) -> None:
        """Have the ledger list so many documents, of which there are no files."""
        with self.home.database.transaction() as t:
            for n in range(documents):
                entry = Entry(f"Report {n:05}.pdf", "ready", title=f"About {n}", version=f"v{n}", added=n + 1.0)
                t.execute("REPLACE INTO ledger VALUES (?, ?)", (entry.document, json.dumps(asdict(entry))))

    def listened(self, path: str, headers: dict[str, str]) -> int:
        """The status of a stream, without waiting for its end."""
        with httpx.stream("GET", self.url + path, headers=headers, timeout=30) as stream:
            return stream.status_code

    def state(self, conversation: str = "", **headers: str) -> dict[str, Any]:
        """What a page shows that is opened with a conversation."""
        found = self.get(f"/state?page={uuid.uuid4().hex}&c={conversation}", **headers)
        assert found.status_code == 200, found.text
        return dict(found.json())

    def ask(self, question: str, headers: dict[str, str], conversation: str = "", **more: Any) -> dict[str, Any]:
        """The event that ends the answer, or the error: asked as the page does, with its stream open."""
        page = uuid.uuid4().hex
        with httpx.stream("GET", f"{self.url}/events?page={page}", headers=headers, timeout=60) as stream:
            events = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
            assert next(events)["type"] == "hello"
            body = {"page": page, "question": question, "conversation": conversation, **more}
            asked = self.post("/ask", body, **headers)
            if asked.status_code != 200:
                return dict(asked.json())
            return next(event for event in events if event["type"] == "turn" and not event["pending"])


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
