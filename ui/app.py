"""Puts the page together: the routes of its areas and the shell, behind a gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from runtime.library import Library
from ui import (
    chat,
    conversations,
    documents,
    errors,
    events,
    gradio_inside,
    health,
    models,
    reader,
    scope,
    session,
    shell,
    static_files,
    watch,
)
from ui.gate import Authenticator, Gate
from ui.headers import SecurityHeaders
from ui.site import Site

if TYPE_CHECKING:
    from runtime.local.worker import Worker

AREAS = (static_files, session, health, events, chat, conversations, scope, reader, documents, watch, models)
"""The modules with routes."""


def serve(library: Library, worker: Worker | None, authenticator: Authenticator) -> FastAPI:
    """The page over a library as one ASGI application; a `worker` takes in documents, and is stopped at the end."""
    site = Site(library, worker, authenticator.sign_out)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async with site.status.watching():
            yield
        if worker:
            worker.stop()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    errors.handle(app)
    for area in AREAS:
        app.include_router(area.routes(site))
    gradio_inside.mount(app, shell.build(), static_files.head())
    app.add_middleware(Gate, authenticator=authenticator, takes_documents=site.takes_documents)
    app.add_middleware(SecurityHeaders, encrypted=bool(authenticator.sign_out))
    return app
