"""Watching: verdicts, reports, and questions without an answer; for operators."""

from __future__ import annotations

from fastapi import APIRouter

from ui.site import Site


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    return APIRouter()
