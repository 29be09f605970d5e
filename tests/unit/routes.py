"""Routes of the page, asked without a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.testclient import TestClient

from ui import errors
from ui.gate import Identity


def client_of(routes: APIRouter, who: Callable[[], Identity], language: str = "en") -> TestClient:
    """A client of routes, whose gate takes everybody for the reader that `who` says."""
    app = FastAPI()
    errors.handle(app)

    @app.middleware("http")
    async def identify(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        request.state.identity = who()
        return await call_next(request)

    app.include_router(routes)
    return TestClient(app, headers={"accept-language": language})
