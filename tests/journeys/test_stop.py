"""The page is told to stop while it is used: a real process, signals as a container's or a terminal's, and a model
server that answers when the test lets it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.ports import Message
from runtime.settings import Settings
from tests.aws.stack import until
from tests.browsing import NARROW, Visitors, keep, visit
from tests.listening import listening
from tests.servers import ROOT
from tests.sites import PROVEN, READY, library
from ui.gate import LOCAL

pytestmark = pytest.mark.xdist_group("stop")

STOP_SECONDS = 900
"""What the page is given in full: whatever waits for it without need does so for longer than the test."""

SHORT_SECONDS = 12
"""Four seconds for answers, and the room to store them."""

SLOW_SECONDS = 180
"""How long any machine may take for what waits for nothing."""

FIRST, REST = "The kiln is fired ", "at 940 degrees for eleven hours."
QUESTION, ENDLESS = "How hot is the kiln?", "For how long is the kiln fired, in words without end?"


@dataclass
class Model:
    """A server of OpenAI's protocol: the first words at once, the rest when it may go on; words without end where they
    are asked for."""

    url: str = ""
    go_on: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endless = ENDLESS in self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.say(FIRST)
            try:
                while endless and not made.go_on.wait(0.05):
                    self.say("and on ")
            except OSError:  # the page has closed the stream
                return
            if made.go_on.wait(STOP_SECONDS):
                self.say(REST)
                self.wfile.write(b"data: [DONE]\n\n")

        def say(self, text: str) -> None:
            self.wfile.write(f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as url:
        made.url = f"{url}/v1"
        yield made
        made.go_on.set()


@dataclass
class Page:
    """A page in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def asked(self, question: str = QUESTION) -> Generator[dict[str, Any], None, None]:
        """Ask a question and wait until its answer has begun; the events from then on."""
        events = self.events(question)
        text = ""
        while FIRST.strip() not in text:
            event = next(events)
            text += event.get("text", "")
        return events

    def ask(self, question: str, name: str = "") -> httpx.Response:
        body = {"page": name or uuid.uuid4().hex, "question": question}
        return httpx.post(f"{self.url}/ask", json=body, headers=PROVEN, timeout=30)

    def events(self, question: str) -> Generator[dict[str, Any], None, None]:
        """The events that an open page gets which asks, until the server closes."""
        name = uuid.uuid4().hex
        with httpx.stream("GET", f"{self.url}/events?page={name}", timeout=SLOW_SECONDS) as stream:
            events = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
            assert next(events)["type"] == "hello"
            assert self.ask(question, name).status_code == 200
            yield from events

    def ends(self, sent: signal.Signals) -> tuple[int, float]:
        """Its exit code after a signal, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(sent)
        return self.process.wait(timeout=SLOW_SECONDS), time.monotonic() - began

    def kept(self) -> list[tuple[str, Message]]:
        """Each question with its answer as it was stored."""
        conversations = Home(Settings.read({"PLUMBLINE_HOME": str(self.folder / "home")})).conversations
        found = (conversations.messages(LOCAL, one.id) for one in conversations.find(LOCAL))
        return [(question.text, answer) for question, answer in found]

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def stop_seconds() -> int:
    return STOP_SECONDS


@pytest.fixture(scope="module")
def library_of_one(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Path:
    """The folder of a library of one document."""
    return library(tmp_path_factory.mktemp("library"), minilm).settings.home


@pytest.fixture
def page(
    model: Model, stop_seconds: int, library_of_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    """A page over a library of one document."""
    shutil.copytree(library_of_one, tmp_path / "home")
    for name, value in {
        "PLUMBLINE_HOME": str(tmp_path / "home"),
        "PLUMBLINE_THREADS": "1",
        "PLUMBLINE_GENERATOR_URL": model.url,
        "PLUMBLINE_GENERATOR_MODEL": "slow",
        "PLUMBLINE_STOP_SECONDS": str(stop_seconds),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DISPLAY", raising=False)
    command = [sys.executable, "-m", "ui", "--port", "0"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        found = READY.search(process.stdout.readline())
        assert found, (tmp_path / "log").read_text()
        yield Page(process, found.group(1), tmp_path)
    finally:
        process.kill()
        process.wait()


def test_answers_are_finished_and_stored_while_new_questions_are_turned_away_and_open_pages_hold_nothing_up(
    browser: Visitors, model: Model, page: Page
) -> None:
    until(lambda: httpx.get(f"{page.url}/readyz", timeout=30).status_code == 200)
    messages = page.asked()
    answering, other = (visit(browser, page.url, "1 document") for _ in range(2))
    answering.locator("#question textarea").fill(QUESTION)
    answering.keyboard.press("Enter")
    expect(answering.locator(".answer")).to_contain_text(FIRST.strip())
    other.locator("#question textarea").fill("And how long?")

    page.process.send_signal(signal.SIGTERM)
    ready = until(lambda: (got := httpx.get(f"{page.url}/readyz", timeout=30)).status_code == 503 and got.json())
    assert {name for name, state in ready.items() if state != "ok"} == {"page"}
    assert httpx.get(f"{page.url}/healthz", timeout=30).text == "ok"
    refused = page.ask("And how long?")
    assert (refused.status_code, refused.json()["remedy"]) == (503, "Ask again in a minute.")
    assert "takes no new questions." in refused.json()["error"]
    other.keyboard.press("Enter")
    expect(other.get_by_text("takes no new question")).to_be_visible()
    expect(other.locator("#stop")).to_be_hidden()
    keep(other, "stopping-wide")
    other.set_viewport_size(NARROW)
    keep(other, "stopping-narrow")
    assert other.locator("#question textarea").input_value() == "And how long?"

    model.go_on.set()
    whole = list(messages)
    assert "940 degrees for eleven hours" in json.dumps(whole)
    ends = [event for event in whole if event["type"] == "turn" and not event["pending"]]
    assert [event["turn"]["versions"][-1]["state"] for event in ends] == ["done"]
    expect(answering.locator(".answer")).to_contain_text("940 degrees for eleven hours")
    expect(answering.locator("#stop")).to_be_hidden()
    assert page.process.wait(timeout=SLOW_SECONDS) == 0
    said = FIRST + REST.replace("hours.", "hours [1].")
    assert [(question, one.state, one.text) for question, one in page.kept()] == [(QUESTION, "done", said)] * 2
    assert "Traceback" not in page.log()


@pytest.mark.parametrize("stop_seconds", [SHORT_SECONDS])
def test_endless_answers_are_stored_as_stopped_before_the_time_is_up(model: Model, page: Page) -> None:
    silent, endless = page.asked(), page.asked(ENDLESS)
    code, seconds = page.ends(signal.SIGTERM)
    assert code == 0
    assert 3 < seconds < SHORT_SECONDS
    kept = dict(page.kept())
    assert set(kept) == {QUESTION, ENDLESS}
    for answer in kept.values():
        assert answer.state == "stopped"
        assert answer.text.startswith(FIRST.strip())
    # Who saw words until then is told of the end, too.
    ends = [event for event in endless if event["type"] == "turn" and not event["pending"]]
    assert [event["turn"]["versions"][-1]["state"] for event in ends] == ["stopped"]
    silent.close()
    assert "Traceback" not in page.log()


def test_ctrl_c_ends_at_once_and_keeps_what_was_written(model: Model, page: Page) -> None:
    messages = page.asked()
    code, _ = page.ends(signal.SIGINT)
    assert code in (-signal.SIGINT, 130)
    assert [one.state for _, one in page.kept()] == ["stopped"]
    messages.close()
    assert "Traceback" not in page.log()


def test_a_second_ctrl_c_waits_for_nothing(model: Model, page: Page) -> None:
    messages = page.asked()
    page.process.send_signal(signal.SIGTERM)
    until(lambda: httpx.get(f"{page.url}/readyz", timeout=30).status_code == 503)
    code, _ = page.ends(signal.SIGINT)
    assert code in (-signal.SIGINT, 130)
    assert [one.state for _, one in page.kept()] == ["stopped"]
    messages.close()
