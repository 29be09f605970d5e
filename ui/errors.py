"""Errors of the page's routes as JSON: what went wrong, and what to do about it."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from runtime.evidence import TooManyAtOnce, VersionNotKept
from runtime.ports import NotFound, PlumblineError
from runtime.question import BadQuestion
from runtime.reading.document import PdfError
from ui.gate import OperatorsOnly
from ui.texts import texts_of

log = logging.getLogger("plumbline.page")


class RateLimited(PlumblineError):
    """The reader asks more than their share."""


class Busy(PlumblineError):
    """What is asked for has to wait for something that is under way."""


class Closing(PlumblineError):
    """The page is closing and takes no new questions."""


class BadRequest(PlumblineError):
    """The request makes no sense, which the page's own script does not send."""


STATUS: dict[type[Exception], int] = {
    BadRequest: 400,
    OperatorsOnly: 403,
    NotFound: 404,
    Busy: 409,
    VersionNotKept: 410,
    BadQuestion: 422,
    PdfError: 422,
    RateLimited: 429,
    Closing: 503,
    TooManyAtOnce: 503,
}
"""The HTTP status of each kind of error; 503 for all others, which may pass."""

EXPECTED = (NotFound, Busy, BadQuestion, RateLimited, Closing, OperatorsOnly)
"""What a reader may do or meet on any day: not logged."""


def handle(app: FastAPI) -> None:
    """Have the app answer errors with `{"error": ..., "remedy": ...}`."""

    def typed(request: Request, error: Exception) -> JSONResponse:
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 503)
        if not isinstance(error, EXPECTED):
            log.warning("%s: %s", request.url.path[:200], error)
        reason = error.reason if isinstance(error, (PlumblineError, PdfError)) else str(error)
        return answer(status, reason, getattr(error, "remedy", ""))

    def invalid(request: Request, error: Exception) -> JSONResponse:
        return answer(400, texts_of(request)("message.bad_request"), "")

    for kind in (PlumblineError, PdfError, OSError):
        app.add_exception_handler(kind, typed)
    app.add_exception_handler(RequestValidationError, invalid)


def answer(status: int, error: str, remedy: str) -> JSONResponse:
    """An error as the page's scripts understand it."""
    return JSONResponse({"error": error, "remedy": remedy}, status, {"Cache-Control": "no-store"})
