"""The page is told to stop while it is used: a real process, signals as a container's or a terminal's, and a model
server that answers when the test lets it."""

from __future__ import annotations

import json
import re
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
from playwright.sync_api import Browser, expect

from runtime.local.home import Home
from runtime.ports import Message
from runtime.settings import Settings
from tests import pdfs
from tests.aws.listening import listening
from tests.aws.stack import until
from tests.journeys.test_chat_page import PATIENCE, ROOT, WIDE, ask, keep
from ui.gate import LOCAL

STOP_SECONDS = 60
"""What the page is given, as in a stack: far more than a test takes."""

SHORT_SECONDS = 12
"""Four seconds for answers, and the room to store them."""

FIRST, REST = "The kiln is fired ", "at 940 degrees for eleven hours."
QUESTION = "How hot is the kiln?"


@dataclass
class Model:
    """A server of OpenAI's protocol: the first words at once, the rest when it may go on; or words without end."""

    url: str = ""
    go_on: threading.Event = field(default_factory=threading.Event)
    endless: bool = False


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.say(FIRST)
            try:
                while made.endless and not made.go_on.wait(0.05):
                    self.say("and on ")
            except OSError:  # the page has closed the stream
                return
            if made.go_on.wait(120):
                self.say(REST)

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

    def ask(self, question: str, session: str) -> None:
        self.send("begin", [question, None, []], session, "run/predict")
        self.send("answer", [], session)

    def send(self, name: str, data: list[Any], session: str, to: str = "queue/join") -> None:
        known = httpx.get(f"{self.url}/config", timeout=30).json()["dependencies"]
        (number,) = [one["id"] for one in known if one["api_name"] == name]
        body = {"data": data, "fn_index": number, "session_hash": session}
        assert httpx.post(f"{self.url}/gradio_api/{to}", json=body, timeout=30).status_code == 200

    def told(self, session: str) -> Generator[dict[str, Any], None, None]:
        """What an open page is told, until its event is over."""
        listen = f"{self.url}/gradio_api/queue/data?session_hash={session}"
        with httpx.stream("GET", listen, timeout=60) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def asked(self) -> Generator[dict[str, Any], None, None]:
        """A question whose answer has begun: what is told from then on."""
        session = uuid.uuid4().hex
        self.ask(QUESTION, session)
        told = self.told(session)
        while FIRST.strip() not in json.dumps(next(told)):
            pass
        return told

    def ends(self, sent: signal.Signals, seconds: float) -> tuple[int, float]:
        """Its exit code after a signal, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(sent)
        return self.process.wait(timeout=seconds), time.monotonic() - began

    def kept(self) -> Message:
        """The answer as it was stored."""
        conversations = Home(Settings.read({"PLUMBLINE_HOME": str(self.folder / "home")})).conversations
        (conversation,) = conversations.find(LOCAL)
        question, answer = conversations.messages(LOCAL, conversation.id)
        assert question.text == QUESTION
        return answer

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def stop_seconds() -> int:
    return STOP_SECONDS


@pytest.fixture
def page(model: Model, stop_seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page over a library of one document."""
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home"), "PLUMBLINE_THREADS": "1"}))
    home.add([pdfs.paragraphs(tmp_path / "kiln.pdf", ["The kiln is fired at 940 degrees for eleven hours."])])
    home.ingestor().reconcile("kiln.pdf")
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
    assert process.stdout is not None
    found = re.search(r"Plumbline is ready at (http://127\.0\.0\.1:\d+)", process.stdout.readline())
    assert found, (tmp_path / "log").read_text()
    yield Page(process, found.group(1), tmp_path)
    process.kill()
    process.wait()


def test_an_answer_is_finished_and_stored_while_a_new_question_is_told_to_come_back(model: Model, page: Page) -> None:
    assert httpx.get(f"{page.url}/readyz", timeout=30).status_code == 200
    told = page.asked()
    page.process.send_signal(signal.SIGTERM)
    ready = until(lambda: (got := httpx.get(f"{page.url}/readyz", timeout=30)).status_code == 503 and got.json())
    assert {name for name, state in ready.items() if state != "ok"} == {"page"}
    assert httpx.get(f"{page.url}/healthz", timeout=30).text == "ok"

    other = uuid.uuid4().hex
    page.ask("And how long?", other)
    refused = json.dumps(list(page.told(other)))
    assert "takes no new question. Ask again in a minute." in refused

    model.go_on.set()
    whole = list(told)
    assert "940 degrees for eleven hours" in json.dumps(whole)
    (completed,) = [message for message in whole if message["msg"] == "process_completed"]
    assert completed["success"] is True
    assert page.process.wait(timeout=STOP_SECONDS) == 0
    answer = page.kept()
    assert (answer.state, answer.text) == ("done", FIRST + REST.replace("hours.", "hours [1]."))
    assert "Traceback" not in page.log()


@pytest.mark.parametrize("stop_seconds", [SHORT_SECONDS])
@pytest.mark.parametrize("endless", [False, True])
def test_an_answer_without_end_is_stored_as_stopped_before_the_time_is_up(
    model: Model, page: Page, endless: bool
) -> None:
    model.endless = endless
    told = page.asked()
    code, seconds = page.ends(signal.SIGTERM, STOP_SECONDS)
    assert code == 0
    assert 3 < seconds < SHORT_SECONDS
    answer = page.kept()
    assert answer.state == "stopped"
    assert answer.text.startswith(FIRST.strip())
    if endless:  # then its reader is told, too
        assert [message["success"] for message in told if message["msg"] == "process_completed"] == [True]
    assert "Traceback" not in page.log()


def test_an_open_page_holds_nothing_up(browser: Browser, model: Model, page: Page) -> None:
    model.go_on.set()
    tab = browser.new_context(viewport=WIDE).new_page()
    tab.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    tab.goto(page.url)
    ask(tab, QUESTION)
    code, seconds = page.ends(signal.SIGTERM, STOP_SECONDS)
    assert code == 0
    assert seconds < 8
    tab.context.close()
    assert "Traceback" not in page.log()


def test_a_reader_whose_page_closes_sees_the_answer_to_its_end_and_why_no_other_begins(
    browser: Browser, model: Model, page: Page
) -> None:
    tabs = [browser.new_context(viewport=WIDE).new_page() for _ in range(2)]
    expect.set_options(timeout=PATIENCE)
    for tab in tabs:
        tab.set_default_timeout(PATIENCE)
        tab.goto(page.url)
        expect(tab.locator("#status")).to_contain_text("1 document")
    answering, other = tabs
    answering.locator("#question textarea").fill(QUESTION)
    answering.keyboard.press("Enter")
    expect(answering.locator("#chat .bot")).to_contain_text(FIRST.strip())
    other.locator("#question textarea").fill("And how long?")
    page.process.send_signal(signal.SIGTERM)
    until(lambda: httpx.get(f"{page.url}/readyz", timeout=30).status_code == 503)
    other.keyboard.press("Enter")
    expect(other.get_by_text("takes no new question")).to_be_visible()
    expect(other.locator("#stop")).to_be_hidden()
    keep(other, "stopping-wide")
    other.set_viewport_size({"width": 390, "height": 844})
    keep(other, "stopping-narrow")
    assert other.locator("#question textarea").input_value() == "And how long?"
    model.go_on.set()
    expect(answering.locator("#chat .bot")).to_contain_text("940 degrees for eleven hours")
    expect(answering.locator("#stop")).to_be_hidden()
    assert page.process.wait(timeout=STOP_SECONDS) == 0
    for tab in tabs:
        tab.context.close()


def test_ctrl_c_ends_at_once_and_keeps_what_was_written(model: Model, page: Page) -> None:
    told = page.asked()
    code, seconds = page.ends(signal.SIGINT, STOP_SECONDS)
    assert code in (-signal.SIGINT, 130)
    assert seconds < 8
    assert page.kept().state == "stopped"
    told.close()
    assert "Traceback" not in page.log()


def test_a_second_ctrl_c_waits_for_nothing(model: Model, page: Page) -> None:
    told = page.asked()
    page.process.send_signal(signal.SIGTERM)
    until(lambda: httpx.get(f"{page.url}/readyz", timeout=30).status_code == 503)
    code, seconds = page.ends(signal.SIGINT, STOP_SECONDS)
    assert code in (-signal.SIGINT, 130)
    assert seconds < 8
    assert page.kept().state == "stopped"
    told.close()
