"""Who the reader is, and how they sign out."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import RedirectResponse, Response

from ui.site import Site

SIGN_OUT = "/sign-out"
SESSION_COOKIES = [f"AWSELBAuthSessionCookie-{part}" for part in range(4)]
"""The cookies in which the load balancer keeps a sign-in, four at most."""


def routes(site: Site) -> APIRouter:
    """`/sign-out`, where people sign in."""
    router = APIRouter()

    @router.get(SIGN_OUT)
    def sign_out() -> Response:
        if not site.sign_out:
            raise HTTPException(404, "This page has no sign-in.")
        return signed_out(site.sign_out)

    return router


def signed_out(address: str) -> Response:
    """End the load balancer's session, and redirect to where the user pool's ends."""
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    for name in SESSION_COOKIES:
        response.delete_cookie(name, secure=True, httponly=True, samesite="none")
    return response
