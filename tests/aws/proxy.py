"""A proxy before a real server, which fails when a test says so."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler

from tests.listening import listening

Answer = tuple[int, bytes]
Fault = Callable[[str, bytes], Answer | bytes | str | None]
"""Of a request's path and body: an answer in the server's place, another body for the server, or None. RESET closes
the connection without an answer, HALF in the middle of the server's, and HANG answers nothing until the test ends."""

RESET = "reset"
HALF = "half"
HANG = "hang"

OUR_OWN = {"connection", "transfer-encoding", "expect"}
"""Headers that belong to one connection. The host is the one that the client has signed."""

SECONDS = 300
"""How long a server may take for one answer, such as a function's."""


def target_of(handler: BaseHTTPRequestHandler) -> str:
    """The path and query as they were sent; `handler.path` lacks slashes."""
    return handler.requestline.split(" ")[1]


def forward(handler: BaseHTTPRequestHandler, server: str, body: bytes) -> tuple[int, Message, bytes]:
    """The server's answer to the same request, with its headers as they are and this body."""
    connection = HTTPConnection(server.removeprefix("http://"), timeout=SECONDS)
    with contextlib.closing(connection):
        connection.putrequest(handler.command, target_of(handler), skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in OUR_OWN | {"content-length"}:
                connection.putheader(name, value)
        if body or "Content-Length" in handler.headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()


def answer(
    handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str] | Message, content: bytes, sent: int = -1
) -> None:
    """Answer so, with the first `sent` bytes of the content if that is not negative."""
    handler.send_response_only(status)
    length = headers.get("Content-Length") if handler.command == "HEAD" else len(content)
    for name, value in headers.items():
        if name.lower() not in OUR_OWN | {"content-length"}:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(length or 0))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(content if sent < 0 else content[:sent])


class Proxy:
    """Where the proxy listens, what it does to requests, and the paths (for JSON services with their operation), bodies
    and signatures that came."""

    def __init__(self) -> None:
        self.url = ""
        self.fault: Fault = lambda path, body: None
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

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.signed.append(self.headers.get("Authorization", ""))
            body = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
            path = self.path + self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            proxy.seen.append((path, body))
            wanted = proxy.fault(path, body)
            if wanted == HANG:
                over.wait()
            if wanted in (RESET, HANG):
                self.hang_up()
                return
            if isinstance(wanted, tuple):
                status, content = wanted
                answer(self, status, {"Content-Type": "application/json"}, content)
                return
            status, headers, content = forward(self, server, wanted if isinstance(wanted, bytes) else raw)
            answer(self, status, headers, content, len(content) // 2 if wanted == HALF else -1)
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
