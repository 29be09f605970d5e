"""Which documents can be searched by themselves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ui.gate import Reader
from ui.markdown import printable
from ui.site import Site

SHOWN = 100


def routes(site: Site) -> APIRouter:
    """`/scope`: the searchable documents whose names or titles contain something."""
    router = APIRouter()

    @router.get("/scope")
    def scope(reader: Reader, q: Annotated[str, Query(max_length=200)] = "") -> dict[str, Any]:
        held = site.status.holdings or site.status.look()
        entries = [entry for entry in held.entries if entry.version] if held else []
        part = q.strip().casefold()
        found = [one for one in entries if part in one.document.casefold() or part in one.title.casefold()]
        shown = [
            {"document": one.document, "name": printable(one.document), "title": printable(one.title)}
            for one in found[:SHOWN]
        ]
        return {"documents": shown, "found": len(found), "searchable": len(entries)}

    return router
