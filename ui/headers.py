"""The security headers of every response."""

from __future__ import annotations

import secrets

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",  # the page needs nothing but what is named below
        "script-src 'self' 'nonce-{nonce}'",  # the nonce is for the configuration, which Gradio writes into its page
        "style-src 'self' 'unsafe-inline'",  # Gradio's components set inline styles
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
        "frame-src 'none'",  # a report's frame has no URL; a link in it leads nowhere
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TRANSPORT = "max-age=31536000"
"""A year in which browsers use only HTTPS for this host."""


class SecurityHeaders:
    """Sets the headers of every response, errors included. `encrypted` means that browsers connect by HTTPS."""

    def __init__(self, app: ASGIApp, *, encrypted: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, "Strict-Transport-Security": TRANSPORT} if encrypted else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the headers in its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        begun = False

        async def safe(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                out = MutableHeaders(scope=message)
                out.update({**self._headers, "Content-Security-Policy": POLICY.format(nonce=nonce)})
            await send(message)

        try:
            await self._app(scope, receive, safe)
        except Exception:
            if not begun:
                await PlainTextResponse("Something went wrong. Try again.\n", 500)(scope, receive, safe)
            raise
