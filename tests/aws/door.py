"""The door before a server that stands for AWS: every request is recorded and checked, and one that is too large is
refused as AWS refuses it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.aws.proxy import answer, forward, target_of
from tests.aws.wire import Request
from tests.listening import listening

DOMAIN_BYTES = 10 << 20
"""The largest request to a domain of small instances, such as t3.small.search:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits"""


@contextmanager
def before(server: str, check: Callable[[Request], None], most: int | None = None) -> Iterator[str]:
    """A door before `server`: its URL. It lets in bodies of `most` bytes."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            check(Request(self.command, target_of(self), self.headers, body))
            if most is not None and len(body) > most:
                # As GitLab's documentation quotes the service's answer.
                said = json.dumps({"Message": f"Request size exceeded {most} bytes"}).encode()
                answer(self, 413, {"Content-Type": "application/json"}, said)
                return
            answer(self, *forward(self, server, body))

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_one  # noqa: N815 - the library's names

        def handle(self) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # tests kill processes that have asked
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with listening(Handler) as url:
        yield url
