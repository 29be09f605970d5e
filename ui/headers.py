"""The security headers of every response, and the changes by which Gradio's page runs under them."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from gradio.routes import templates
from jinja2 import BaseLoader, Environment
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
        mark_scripts()

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


def mark_scripts() -> None:
    """Have Gradio's page put the response's nonce on its scripts."""
    if not isinstance(templates.env.loader, _Marked):
        templates.env.loader = _Marked(templates.env.loader)


class _Marked(BaseLoader):
    """Templates whose scripts carry the nonce. What a request puts into a page is filled in afterwards, so a
    script in it never gets one."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The template, changed."""
        source, name, is_current = self._loader.get_source(environment, template)
        return source.replace("<script", '<script nonce="{{ request.state.nonce }}"'), name, is_current
