"""Model servers as they are on a person's machine: each speaks the JSON of Ollama, LM Studio or another, over a real
socket, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import listening

Ask = Callable[[dict[str, Any], dict[str, str]], "Reply"]
"""Answers a question, by its body and its headers, the headers' names in lower case."""


@dataclass(frozen=True)
class Reply:
    """A response to a request."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def as_json(content: object, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(content).encode(), status, {"Content-Type": "application/json", **headers})


def written(*texts: str) -> Reply:
    """An answer in OpenAI's protocol, a piece for each text."""
    events = [{"choices": [{"delta": {"content": text}}]} for text in texts]
    ended = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    lines = [f"data: {json.dumps(event)}\n\n" for event in (*events, ended)]
    return Reply("".join([*lines, "data: [DONE]\n\n"]).encode(), headers={"Content-Type": "text/event-stream"})


@dataclass
class Server:
    """What answers: a reply for each path that is read, and a function for questions."""

    pages: dict[str, Reply]
    ask: Ask = lambda body, _: written(f"{body['model']} says that ", "the sky is blue.")
    seen: list[str] = field(default_factory=list)
    """The method and path of each request."""
    keys: list[str] = field(default_factory=list)
    """Every key that was sent."""


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """The server on a free port of this machine: its address, without /v1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(server.pages.get(self.path, as_json({"error": "Not found"}, 404)))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/v1/chat/completions"
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(server.ask(body, headers) if known else Reply(b"404 page not found", 404))

        def _send(self, reply: Reply) -> None:
            server.seen.append(f"{self.command} {self.path}")
            if key := self.headers.get("Authorization"):
                server.keys.append(key.removeprefix("Bearer "))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as url:
        yield url


def ollama(**capabilities: list[str] | None) -> Server:
    """Ollama, with models of these names and capabilities; None for a version that does not list them."""
    models = [
        {
            "name": f"{name}:latest",
            "model": f"{name}:latest",
            "size": 1_000_000,
            "details": {"family": "nomic-bert" if name.startswith("embed") else "qwen2", "format": "gguf"},
            **({} if can is None else {"capabilities": can}),
        }
        for name, can in capabilities.items()
    ]
    names = [str(one["name"]) for one in models]

    def ask(body: dict[str, Any], _: dict[str, str]) -> Reply:
        model = str(body["model"])
        if model not in names:
            return as_json({"error": {"message": f"model '{model}' not found", "type": "not_found_error"}}, 404)
        if "completion" not in (capabilities[model.partition(":")[0]] or ["completion"]):
            return as_json({"error": {"message": f'"{model}" does not support chat', "type": "api_error"}}, 400)
        return written(f"{model} says that ", "the sky is blue.")

    listed = {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "library"} for name in names]}
    return Server({"/api/tags": as_json({"models": models}), "/v1/models": as_json(listed)}, ask)


def lm_studio(**types: str) -> Server:
    """LM Studio, with models of these names and types."""
    models = [{"id": name, "object": "model", "type": kind, "state": "not-loaded"} for name, kind in types.items()]
    plain = [{"id": name, "object": "model", "owned_by": "organization_owner"} for name in types]
    return Server({"/api/v0/models": as_json({"data": models}), "/v1/models": as_json({"data": plain})})


@contextmanager
def port_that(speaks: Callable[[socket.socket], None]) -> Iterator[str]:
    """A port on which something other than HTTP happens with each connection, in a thread of its own: its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # the test is over
                    return
                threading.Thread(target=spoken, args=(connection,), daemon=True).start()

        def spoken(connection: socket.socket) -> None:
            with connection, suppress(OSError):  # the other side has gone
                speaks(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
