"""The library: its documents, uploads, what is being read, and deletion."""

from __future__ import annotations

from fastapi import APIRouter

from ui.site import Site


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    return APIRouter()
