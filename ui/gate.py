"""The gate before the page: identifies each reader before anything is answered, and refuses other sites' requests."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import gradio as gr
from gradio import processing_utils
from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.reach import is_this_machine
from ui.limits import BODY_BYTES, REQUESTS_A_MINUTE, UPLOAD_BYTES, Rate
from ui.texts import ENGLISH, TEXTS, Texts, texts_of

log = logging.getLogger("plumbline.gate")

HEALTH = "/healthz"
READY = "/readyz"
"""Answered to anyone, since whatever monitors a server does not sign in: the first says that it runs, the second which
parts that a question needs are available, with fixed names and texts."""

LOCAL = "local"
"""The only reader of a machine's own library."""

SESSIONS_KEPT = 20_000
"""Open pages whose reader is remembered; the least recently used are dropped first."""

READS = ("GET", "HEAD", "OPTIONS")
UPLOAD = "/upload"
HEARTBEAT = "/heartbeat/"

_USED = re.compile(
    r"/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|assets/.+|static/.+)?"
    r"|/gradio_api/(info|startup-events|run/predict|queue/(join|data)|cancel|upload|upload_progress|heartbeat/\w+)/?"
)
"""Gradio's own paths that its page requests. The others include files by path, and a proxy to other servers."""


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


class Sessions:
    """Which reader each open page belongs to: the first to use its session hash. Gradio gives a page's answers, and its
    state between them, to whoever knows that hash."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, str] = OrderedDict()

    def belongs_to(self, session: str, user: str) -> bool:
        """Whether the page is this reader's; an unknown one becomes theirs."""
        owner = self._users.setdefault(session, user)
        self._users.move_to_end(session)
        while len(self._users) > SESSIONS_KEPT:
            self._users.popitem(last=False)
        return owner == user


class Gate:
    """Passes on a request with the reader's identity in `request.state`, HTTP and WebSocket alike."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator, takes_documents: bool) -> None:
        self._app = app
        self._authenticator = authenticator
        self._takes_documents = takes_documents
        self._sessions = Sessions()
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
                await _response(refused, texts_of(HTTPConnection(scope)))(scope, receive, send)
            return
        scope.setdefault("state", {}).update(identity=identity, sessions=self._sessions)
        await self._app(scope, receive, send)

    def _check_allowed(self, scope: Scope, identity: Identity) -> None:
        """Refuse what Gradio itself would let anyone do, and as often as they like."""
        if wait := self._rate.wait(identity.user):
            raise Refused("Too many requests from this reader.", 429, {"Retry-After": str(ceil(wait))})
        path = scope["path"].rstrip("/")
        if path.endswith(UPLOAD) and not (self._takes_documents and identity.operator):
            raise Refused("Only operators may upload, and only where uploads are accepted.", 403)
        named = QueryParams(scope.get("query_string", b"")).getlist("session_hash")
        if HEARTBEAT in path:
            named.append(path.rpartition("/")[2])
        if not all(self._sessions.belongs_to(session, identity.user) for session in named):
            raise Refused("The open page belongs to another reader.", 403)


class PageOnly:
    """Only those of Gradio's own paths that its page needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404."""
        if scope["type"] == "http" and not _USED.fullmatch(scope["path"]):
            await PlainTextResponse("Not found.\n", 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def forbid_downloads() -> None:
    """Have Gradio refuse a URL in place of a file, which it would fetch for whoever sends an event."""
    processing_utils.async_ssrf_protected_download = _refused_download


async def _refused_download(url: str, cache_dir: str) -> str:
    raise gr.Error("The page accepts only files.", print_exception=False)


def identity_of(request: gr.Request) -> Identity:
    """Who sent an event of the page."""
    found: Identity = request.state.identity
    if request.session_hash and not request.state.sessions.belongs_to(request.session_hash, found.user):
        raise _error("message.another", request)
    return found


def require_operator(request: gr.Request) -> Identity:
    """Who sent an event; an error unless they are an operator."""
    found = identity_of(request)
    if not found.operator:
        raise _error("message.operators", request)
    return found


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


def _error(key: str, request: gr.Request) -> gr.Error:
    _log_refusal(403, ENGLISH(key), str(request.url.path))
    return gr.Error(texts_of(request)(key), print_exception=False)


def _log_refusal(status: int, reason: str, path: str) -> None:
    log.warning("%s", json.dumps({"event": "refused", "status": status, "reason": reason, "path": path[:200]}))


def _response(refused: Refused, texts: Texts) -> Response:
    key = f"refused.{refused.status}"
    text = texts(key if key in TEXTS else "refused.not_allowed")
    return PlainTextResponse(f"{text}\n", refused.status, {"Cache-Control": "no-store", **refused.headers})
