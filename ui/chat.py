"""The chat: the state of a page, questions and their answers, votes."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter

from ui.events import PageName
from ui.gate import Reader
from ui.site import Site
from ui.texts import Spoken


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    router = APIRouter()

    @router.get("/state")
    async def state(page: PageName, reader: Reader, texts: Spoken, c: str = "") -> dict[str, Any]:
        if site.status.holdings is None:
            await asyncio.to_thread(site.status.look)
        return {
            "user": reader.user,
            "operator": reader.operator,
            "takesDocuments": site.takes_documents and reader.operator,
            "signOut": bool(site.sign_out),
            "status": site.status.described(texts, operator=reader.operator),
        }

    return router
