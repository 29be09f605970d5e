"""All that the page uses of Gradio's inside. The names are checked when the page starts: they may go in any version."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio import processing_utils, routes
from jinja2 import BaseLoader, Environment
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.ports import PlumblineError

VIEWS = ("/", "/library", "/watch")
"""The page's addresses. One document serves them all; its script shows the view."""

USED = (
    (routes, "templates.env.loader"),
    (routes, "mount_gradio_app"),
    (processing_utils, "async_ssrf_protected_download"),
)
"""What is used of Gradio's modules, besides what its documentation names."""

QUEUE_SECONDS = 3600.0
"""How often Gradio looks for events, of which the page has none. Its default of a millisecond takes 4% of a core."""

_ASSETS = ("/assets/", "/static/")
_FILES = ("/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt", "/gradio_api/startup-events")
"""Gradio's own paths that its page requests. The others run events, include files by path, take uploads, and pass
requests on to other servers."""


class GradioChanged(PlumblineError):
    """The installed version of Gradio lacks what the page needs of its inside."""


def check() -> None:
    """GradioChanged if a name that is used here does not exist."""
    missing = []
    for module, name in USED:
        try:
            attrgetter(name)(module)
        except AttributeError:
            missing.append(f"{module.__name__}.{name}")
    if missing:
        raise GradioChanged(
            f"Gradio {gr.__version__} lacks {', '.join(missing)}, which the page needs.",
            "Install the version of Gradio that requirements/chat.txt names.",
        )


def mount(app: FastAPI, blocks: gr.Blocks, head: str) -> None:
    """Serve the shell at the app's root, behind all routes that the app has so far; `head` is put into its page."""
    check()
    # Gradio aggregates events for an analytics page that is not served here.
    os.environ |= {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(sys.maxsize)}
    _mark_scripts(head)
    processing_utils.async_ssrf_protected_download = _refused_download
    queue = _queue_of(blocks.queue())
    queue.sleep_when_free = queue.progress_update_sleep_when_free = QUEUE_SECONDS
    routes.mount_gradio_app(
        app,
        blocks,
        path="",
        footer_links=[],
        run_history=False,
        show_error=False,
        app_kwargs={"middleware": [Middleware(PageOnly)]},
        theme=gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
        allowed_paths=[],
        ssr_mode=False,
    )


def _queue_of(blocks: gr.Blocks) -> Any:
    queue = getattr(blocks, "_queue", None)
    if not (hasattr(queue, "sleep_when_free") and hasattr(queue, "progress_update_sleep_when_free")):
        raise GradioChanged(f"Gradio {gr.__version__} has another queue.", "Install the version that is locked.")
    return queue


class PageOnly:
    """Only those of Gradio's own paths that its page needs; all the page's addresses give the same document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 404."""
        if scope["type"] == "http":
            path = scope["path"]
            if path in VIEWS:
                scope = {**scope, "path": "/", "raw_path": b"/", "query_string": b""}
            elif not (path.rstrip("/") in _FILES or path.startswith(_ASSETS)) or scope["method"] not in ("GET", "HEAD"):
                await PlainTextResponse("Not found.\n", 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _refused_download(url: str, cache_dir: str) -> str:
    """In place of a file, Gradio would fetch a URL for whoever sends an event."""
    raise gr.Error("The page accepts only files.", print_exception=False)


def _mark_scripts(head: str) -> None:
    """Have Gradio's page put the response's nonce on its scripts, and begin with `head`."""
    loader = routes.templates.env.loader
    routes.templates.env.loader = _Marked(loader.original if isinstance(loader, _Marked) else loader, head)
    if cache := getattr(routes.templates.env, "cache", None):
        cache.clear()


class _Marked(BaseLoader):
    """Templates whose scripts carry the nonce. What a request puts into a page is filled in afterwards, so a
    script in it never gets one."""

    def __init__(self, original: Any, head: str) -> None:
        self.original = original
        self._head = head

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The template, changed."""
        source, name, is_current = self.original.get_source(environment, template)
        whole = source.replace("<head>", f"<head>{self._head}", 1)
        return whole.replace("<script", '<script nonce="{{ request.state.nonce }}"'), name, is_current
