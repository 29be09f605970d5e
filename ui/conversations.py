"""The reader's conversations: the list, renaming, exporting, and deleting with an undo."""

from __future__ import annotations

from fastapi import APIRouter

from ui.site import Site


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    return APIRouter()
