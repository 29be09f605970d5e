"""The stream of events of an open page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from ui.gate import Reader
from ui.site import Site
from ui.static_files import version
from ui.texts import Spoken

PageName = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$")]
"""What an open page calls itself: random, and made anew by each load."""


def routes(site: Site) -> APIRouter:
    """`/events`: the events for one page, as long as it is open."""
    router = APIRouter()

    @router.get("/events")
    async def events(page: PageName, reader: Reader, texts: Spoken) -> StreamingResponse:
        stream = await site.hub.stream(page, reader, texts, {"type": "hello", "version": version()})
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    return router
