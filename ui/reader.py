"""The pages of documents beside an answer: sizes, pictures, words, crops, and the PDF itself."""

from __future__ import annotations

from fastapi import APIRouter

from ui.site import Site


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    return APIRouter()
