"""A model server that is not what it should be: bounded, and told as what it is. Each answers over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from runtime.local import openai
from runtime.local.openai import OpenAiChat
from runtime.ports import NotAnswered, Turn
from tests.listening import listening

TURNS = [Turn("user", "How hot is the kiln?")]


def event(text: str = "", reason: str | None = None, **more: Any) -> bytes:
    choice = {"delta": {"content": text}, "finish_reason": reason}
    return b"data: " + json.dumps({"id": "a", "choices": [choice], **more}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
WORD = event("Hot. ")


@contextmanager
def server(status: int, kind: str, parts: Iterator[bytes], seen: list[Any] | None = None) -> Iterator[str]:
    """A server that answers each request so, by its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if seen is not None:
                seen.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            try:
                for part in parts:
                    self.wfile.write(part)
            except OSError:  # the client has gone, as it should
                pass

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as url:
        yield f"{url}/v1"


def answered(url: str) -> tuple[str, Any]:
    """What is written, and how it ended."""
    written, stream = "", OpenAiChat(url, "any").stream(TURNS, 40)
    try:
        while True:
            written += next(stream)
    except StopIteration as stopped:
        return written, stopped.value
    except NotAnswered as error:
        return written, error


def test_how_an_answer_ended_and_its_tokens_are_read() -> None:
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}\n\n'
    seen: list[Any] = []
    for reason, told in (("stop", "stop"), ("length", "length"), ("content_filter", "filter")):
        with server(200, "text/event-stream", iter([WORD, event(reason=reason), usage, DONE]), seen) as url:
            written, ending = answered(url)
        assert (written, ending.reason, ending.prompt_tokens, ending.tokens) == ("Hot. ", told, 9, 2)
    assert seen[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("status", "kind", "parts", "written", "what", "said"),
    [
        (200, "text/html; charset=utf-8", [b"<html>Sign in</html>"], "", "broken off", "web page"),
        (200, "text/plain", [b"hello\n"], "", "broken off", "did not stream"),
        (200, "text/event-stream", [WORD], "Hot. ", "broken off", "in the middle"),
        (200, "text/event-stream", [WORD, b"data: {oops\n\n"], "Hot. ", "broken off", "invalid JSON"),
        (200, "text/event-stream", [WORD, b"data: 7\n\n"], "Hot. ", "broken off", "instead of"),
        (200, "text/event-stream", [WORD, event("Cold.", id="b")], "Hot. ", "broken off", "two answers"),
        (200, "text/event-stream", [WORD, b'data: {"error": "out of memory"}\n\n'], "Hot. ", "broken off", "memory"),
        (
            400,
            "application/json",
            [b'{"error": {"message": "This model\'s maximum context length is 4096 tokens."}}'],
            "",
            "too long",
            "4096",
        ),
        (500, "application/json", [b'{"error": "no"}'], "", "broken off", "500"),
    ],
)
def test_a_server_that_does_not_answer_is_reported_as_what_it_did(
    status: int, kind: str, parts: list[bytes], written: str, what: str, said: str
) -> None:
    with server(status, kind, iter(parts)) as url:
        wrote, error = answered(url)
        assert url in error.reason
    assert (wrote, error.kind) == (written, what)
    assert said in error.reason
    assert error.remedy


def test_a_server_that_never_ends_and_never_says_anything_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(part: bytes) -> Iterator[bytes]:
        while True:
            yield part

    with server(200, "text/event-stream", forever(b"x" * 65_536)) as url:
        assert "endless line" in answered(url)[1].reason
    monkeypatch.setattr(openai, "ANSWER_SECONDS", 0.0)
    with server(200, "text/event-stream", forever(b": still there\n\n")) as url:
        assert answered(url)[1].kind == "cut off"


def test_a_server_that_says_nothing_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = threading.Event()

    def silent() -> Iterator[bytes]:
        heard.wait(30)
        yield DONE

    monkeypatch.setattr(openai, "READ_SECONDS", 0.05)
    with server(200, "text/event-stream", silent()) as url:
        error = answered(url)[1]
        heard.set()
    assert (error.kind, "sent nothing" in error.reason) == ("broken off", True)
