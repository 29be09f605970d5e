"""Two checks for whatever monitors the server, which does not sign in."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from ui.gate import HEALTH, READY
from ui.ready import OK, STOPPING
from ui.site import Site


def routes(site: Site) -> APIRouter:
    """`/healthz`: it runs; `/readyz`: which parts that a question needs are available."""
    router = APIRouter()

    @router.get(HEALTH)
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @router.get(READY)
    async def readyz() -> JSONResponse:
        found = {"page": STOPPING if site.answers.closing else OK, **await site.status.report()}
        return JSONResponse(found, 200 if set(found.values()) == {OK} else 503, {"Cache-Control": "no-store"})

    return router
