"""The gate before the page: identifies each reader before anything is answered, and refuses other sites' requests."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.ports import PlumblineError
from runtime.reach import is_this_machine
from ui.limits import BODY_BYTES, REQUESTS_A_MINUTE, UPLOAD_BYTES, Rate
from ui.texts import Texts, texts_of
from ui.words import TEXTS

log = logging.getLogger("plumbline.gate")

HEALTH = "/healthz"
READY = "/readyz"
"""Answered to anyone, since whatever monitors a server does not sign in: the first says that it runs, the second which
parts that a question needs are available, with fixed names and texts."""

LOCAL = "local"
"""The only reader of a machine's own library."""

READS = ("GET", "HEAD", "OPTIONS")
UPLOAD = "/upload"

PROOF = "x-plumbline"
"""A header that the page's own scripts send with whatever changes something: another site's form can't."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The reader that a request is from, and whether they operate the library."""

    user: str
    operator: bool


class Refused(Exception):
    """A request that is refused. The reason is logged, not sent."""

    def __init__(self, reason: str, status: int = 401, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.headers = headers or {}


class OperatorsOnly(PlumblineError):
    """A reader asked for what only operators may do."""


class Authenticator(Protocol):
    """A way to identify readers."""

    sign_out: str
    """The address that completes signing out, '' where nobody signs in."""

    async def identify(self, headers: Headers) -> Identity:
        """Who sent these headers; Refused without proof."""


class ThisMachine:
    """Whoever can reach this machine's own addresses is its only reader.

    A page elsewhere whose name is made to resolve to this machine (DNS rebinding) is refused: it sends its own name.
    """

    sign_out = ""

    def __init__(self, user: str = LOCAL) -> None:
        self._identity = Identity(user, operator=True)

    async def identify(self, headers: Headers) -> Identity:
        """This machine's reader."""
        if not is_this_machine(urlsplit(f"//{headers.get('host', '')}").hostname or ""):
            raise Refused("The request is for another host.", 403)
        return self._identity


class Password:
    """One password for the only reader of a machine, by HTTP Basic authentication with any user name."""

    sign_out = ""

    def __init__(self, password: str, user: str = LOCAL) -> None:
        self._password = password.encode()
        self._identity = Identity(user, operator=True)

    async def identify(self, headers: Headers) -> Identity:
        """The reader, who knows the password."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        try:
            password = base64.b64decode(given, validate=True).partition(b":")[2] if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            password = b""
        if not hmac.compare_digest(password, self._password):
            challenge = {"WWW-Authenticate": 'Basic realm="Plumbline", charset="UTF-8"'}
            raise Refused("The password is missing or wrong.", headers=challenge)
        return self._identity


class Gate:
    """Passes on a request with the reader's identity in `request.state`, HTTP and WebSocket alike."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator, takes_documents: bool) -> None:
        self._app = app
        self._authenticator = authenticator
        self._takes_documents = takes_documents
        self._rate = Rate(REQUESTS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with a short text."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in (HEALTH, READY)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            _check_origin(scope, headers)
            _check_size(scope, headers)
            identity = await self._authenticator.identify(headers)
            self._check_allowed(scope, identity)
        except Refused as refused:
            _log_refusal(refused.status, refused.reason, scope["path"])
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await _response(refused, texts_of(HTTPConnection(scope)), PROOF in headers)(scope, receive, send)
            return
        scope.setdefault("state", {})["identity"] = identity
        await self._app(scope, receive, send)

    def _check_allowed(self, scope: Scope, identity: Identity) -> None:
        """Refuse what Gradio itself would let anyone do, and as often as they like."""
        if wait := self._rate.wait(identity.user):
            raise Refused("Too many requests from this reader.", 429, {"Retry-After": str(ceil(wait))})
        if scope["path"].rstrip("/").endswith(UPLOAD) and not (self._takes_documents and identity.operator):
            raise Refused("Only operators may upload, and only where uploads are accepted.", 403)


def reader(request: HTTPConnection) -> Identity:
    """Who sent a request that has passed the gate."""
    found: Identity = request.state.identity
    return found


def operator(request: HTTPConnection) -> Identity:
    """Who sent a request; OperatorsOnly unless they are an operator."""
    found = reader(request)
    if not found.operator:
        _log_refusal(403, "Only operators may do that.", request.url.path)
        raise OperatorsOnly(texts_of(request)("message.operators"), "")
    return found


Reader = Annotated[Identity, Depends(reader)]
Operator = Annotated[Identity, Depends(operator)]
"""Who sent a request, for routes; the second for what only operators may do."""


def reader_of_this_machine(home: Path) -> str:
    """The name under which a stack keeps this machine's conversations: a random one, in a file in `home`."""
    file = home / "reader"
    home.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), file.open("x", encoding="ascii") as new:
        new.write(f"{LOCAL}-{secrets.token_hex(16)}")
    return file.read_text(encoding="ascii").strip()


def _check_origin(scope: Scope, headers: Mapping[str, str]) -> None:
    """Refuse what another site's page makes a browser send, except links to here."""
    reads = scope["type"] == "http" and scope["method"] in READS
    if reads and headers.get("sec-fetch-mode") == "navigate":
        return
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc != headers.get("host")
    ):
        raise Refused("The request comes from another site's page.", 403)
    if not reads and headers.get(PROOF) != "1":
        raise Refused("The request does not come from the page's own script.", 403)


def _check_size(scope: Scope, headers: Mapping[str, str]) -> None:
    """Refuse a body larger than any the page sends, before it is read. The server itself ensures that no body is longer
    than it claims."""
    if scope["type"] != "http" or scope["method"] in READS:
        return
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or not length.isdecimal():
        raise Refused("The request does not state its length.", 411)
    most = UPLOAD_BYTES if scope["path"].rstrip("/").endswith(UPLOAD) else BODY_BYTES
    if int(length) > most:
        raise Refused(f"The request has {length} bytes; the limit is {most}.", 413)


def _log_refusal(status: int, reason: str, path: str) -> None:
    log.warning("%s", json.dumps({"event": "refused", "status": status, "reason": reason, "path": path[:200]}))


def _response(refused: Refused, texts: Texts, asks_for_json: bool) -> Response:
    key = f"refused.{refused.status}"
    text = texts(key if key in TEXTS else "refused.not_allowed")
    headers = {"Cache-Control": "no-store", **refused.headers}
    if asks_for_json:
        return JSONResponse({"error": text, "remedy": ""}, refused.status, headers)
    return PlainTextResponse(f"{text}\n", refused.status, headers)
