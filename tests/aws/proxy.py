"""A proxy before a real server, which fails when a test says so."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import httpx

from tests.listening import listening

Answer = tuple[int, bytes]
Fault = Callable[[str, bytes], Answer | bytes | str | None]
"""Of a request's path and body: an answer in the server's place, another body for the server, or None. RESET closes
the connection without an answer, HALF in the middle of the server's, and HANG answers nothing until the test ends."""

RESET = "reset"
HALF = "half"
HANG = "hang"

OUR_OWN = {"host", "connection", "content-length", "transfer-encoding", "expect", "accept-encoding", "date", "server"}
"""Headers that belong to one connection."""


@dataclass(frozen=True)
class Request:
    """One that came; the names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Proxy:
    """Where the proxy listens, what it does to requests, and the requests that came: whole; their paths (for JSON
    services with their operation) and bodies; and their signatures."""

    def __init__(self) -> None:
        self.url = ""
        self.fault: Fault = lambda path, body: None
        self.requests: list[Request] = []
        self.seen: list[tuple[str, bytes]] = []
        self.signed: list[str] = []

    @property
    def paths(self) -> list[str]:
        """The paths of the requests that came."""
        return [path for path, _ in self.seen]

    def times(self, path_part: str) -> int:
        """How many requests came for paths that hold this."""
        return sum(path_part in path for path, _ in self.seen)


@contextmanager
def before(server: str) -> Iterator[Proxy]:
    """A proxy before `server`, on a free port of 127.0.0.1."""
    proxy = Proxy()
    over = threading.Event()
    client = httpx.Client(base_url=server, timeout=60, headers={"Accept-Encoding": "identity"})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.signed.append(self.headers.get("Authorization", ""))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            named = {name.lower(): value for name, value in self.headers.items()}
            proxy.requests.append(Request(self.command, self.path, named, body))
            path = self.path + self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            proxy.seen.append((path, body))
            wanted = proxy.fault(path, body)
            if wanted == HANG:
                over.wait()
            if wanted in (RESET, HANG):
                self.hang_up()
                return
            headers = {"Content-Type": "application/json"}
            if isinstance(wanted, tuple):
                status, content = wanted
            else:
                asked = {name: value for name, value in self.headers.items() if name.lower() not in OUR_OWN}
                sent = wanted if isinstance(wanted, bytes) else raw
                reply = client.request(self.command, self.path, content=sent, headers=asked)
                status, content = reply.status_code, reply.content
                headers = {name: value for name, value in reply.headers.items() if name.lower() not in OUR_OWN}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            length = reply.headers.get("Content-Length", 0) if self.command == "HEAD" else len(content)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content[: len(content) // 2] if wanted == HALF else content)
            if wanted == HALF:
                self.wfile.flush()
                self.hang_up()

        def hang_up(self) -> None:
            with contextlib.suppress(OSError):  # the other side may have done so
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with listening(Handler) as proxy.url:
        try:
            yield proxy
        finally:
            over.set()
            client.close()
