"""The pages of documents beside an answer: their sizes, pictures and words, the part around a cited text, places of a
text sought in them, and the PDF itself.

All of it is of one version of a document, so that a citation leads to the very bytes that were cited. The version is
part of each address, and what depends on nothing else may be kept by a browser.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.concurrency import run_in_threadpool

from runtime.evidence import (
    PICTURE_TYPE,
    PICTURE_WIDTHS,
    DocumentDeleted,
    NoSuchPage,
    TooManyAtOnce,
    VersionNotKept,
)
from runtime.ports import NotFound, PlumblineError
from runtime.reading.document import LARGEST_PAGE, Box, PdfError, check
from runtime.versions import is_version
from ui.errors import BadRequest
from ui.markdown import printable
from ui.site import Site
from ui.texts import Spoken, Texts

CROP_WIDTHS = (480, 900)
"""Pixels: a card beside a citation, on an ordinary screen and on one of high density."""

MAX_BOXES = 200
"""Boxes of a cited text around which a page is cropped."""

MAX_NAME = 1024
"""Characters of a document's name: as many as S3 allows bytes."""

MAX_SOUGHT = 200
"""Characters of a text to find."""

KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
"""Of what a version and the address alone decide. Not for longer than a day: a document may be deleted, and drawn
better by a later release."""

ASKED_AGAIN = {"Cache-Control": "private, no-cache"}
"""Of what may change although the version does not."""

Name = Annotated[str, Query(max_length=MAX_NAME)]
Found = dict[str, Any]


def shown_name(document: str) -> str:
    """A document's name for display: without its folders, and without characters that can't be seen."""
    return printable(PurePosixPath(document).name)


def routes(site: Site) -> APIRouter:
    """The area's routes."""
    router = APIRouter(prefix="/document")
    library = site.library

    @router.get("/sheets")
    def sheets(request: Request, texts: Spoken, document: Name, version: str = "") -> Response:
        """The version, the document's name and title, the sizes of all pages as runs of a count, a width and a height
        in points, and whether there is a newer version."""
        with in_words(texts):
            found = library.evidence.sheets(document, version)
            entry = library.ledger.get(document)
        current = (entry.version or entry.reading) if entry else ""
        return _json(
            request,
            {
                "document": document,
                "version": version or current,
                "name": shown_name(document),
                "title": entry.title if entry and current == (version or current) else "",
                "pages": found.pages,
                "runs": found.runs,
                "note": found.note,
                "older": bool(version and current and version != current),
            },
        )

    @router.get("/page/{number}")
    def picture(request: Request, texts: Spoken, number: int, document: Name, version: str, width: int) -> Response:
        """A page as a picture of one of PICTURE_WIDTHS."""
        _check(version, width, PICTURE_WIDTHS, texts)
        with in_words(texts):
            drawn = library.evidence.picture(document, version, number, width)
        return _kept(request, drawn, PICTURE_TYPE, KEPT)

    @router.get("/crop")
    def crop(
        request: Request, texts: Spoken, document: Name, version: str, page: int, boxes: str, width: int
    ) -> Response:
        """The part of a page around a text, which has a box per line."""
        _check(version, width, CROP_WIDTHS, texts)
        marked = _boxes(boxes, texts)
        with in_words(texts):
            drawn = library.evidence.crop(document, version, page, marked, width)
        return _kept(request, drawn, PICTURE_TYPE, KEPT)

    @router.get("/words/{number}")
    def words(request: Request, texts: Spoken, number: int, document: Name, version: str) -> Response:
        """A page's words in lines: see `lines_of`. What is recognized in pictures may come later."""
        _check_version(version, texts)
        with in_words(texts):
            found = library.evidence.words(document, version, number)
        return _json(request, {"lines": lines_of(found)})

    @router.get("/find")
    def find(
        texts: Spoken,
        document: Name,
        version: str,
        text: Annotated[str, Query(max_length=MAX_SOUGHT)],
        page: int = 1,
    ) -> Found:
        """Places of a text from a page on, and at which page to go on, 0 at the end."""
        _check_version(version, texts)
        with in_words(texts):
            sought = library.evidence.find(document, version, text, page)
        places = [{"page": place.page, "boxes": [_rounded(box) for box in place.boxes]} for place in sought.places]
        return {"places": places, "next": sought.next_page}

    @router.get("/file")
    async def file(texts: Spoken, document: Name, version: str, save: bool = False) -> Response:
        """The PDF itself, to be opened by the browser's own viewer or saved. What is no PDF is only ever saved."""
        _check_version(version, texts)
        with in_words(texts):
            path, is_pdf = await run_in_threadpool(_opened, site, document, version)
        headers = {**KEPT, "Content-Disposition": disposition(PurePosixPath(document).name, inline=is_pdf and not save)}
        return FileResponse(
            path, media_type="application/pdf" if is_pdf else "application/octet-stream", headers=headers
        )

    return router


def _opened(site: Site, document: str, version: str) -> tuple[Path, bool]:
    """A copy of the file, and whether it is a PDF by its content."""
    path = site.library.evidence.file(document, version)
    try:
        with path.open("rb") as opened:
            check(opened, document)
    except PdfError as error:
        return path, error.state not in ("not a pdf", "empty")
    return path, True


def disposition(name: str, *, inline: bool) -> str:
    """The header by which a browser shows a file, or saves it, under this name (RFC 6266), whatever is in it."""
    how = "inline" if inline else "attachment"
    plain = name.encode("utf-8", errors="replace").decode()
    return f"{how}; filename*=UTF-8''{quote(plain, safe='')}"


@contextmanager
def in_words(texts: Texts) -> Iterator[None]:
    """Have errors of evidence say what happened in the reader's language."""
    try:
        yield
    except NoSuchPage as error:
        raise NoSuchPage(texts("reader.no_page"), "") from error
    except DocumentDeleted as error:
        raise DocumentDeleted(texts("reader.deleted"), texts("reader.deleted_remedy")) from error
    except VersionNotKept as error:
        raise VersionNotKept(texts("reader.not_kept"), texts("reader.not_kept_remedy")) from error
    except PdfError as error:
        raise PdfError(error.state, texts("reader.unreadable"), error.reason) from error
    except NotFound:
        raise
    except (PlumblineError, OSError) as error:
        raise TooManyAtOnce(texts("reader.not_now"), texts("reader.not_now_remedy")) from error


def lines_of(words: Iterable[tuple[str, Box]]) -> list[list[list[Any]]]:
    """Words in reading order by line, each with its left, top, right and bottom in tenths of a point: a word begins
    another line where it is lower than the one before it, or further left."""
    lines: list[list[list[Any]]] = []
    before: Box | None = None
    for text, box in words:
        if before is None or not _goes_on(before, box):
            lines.append([])
        lines[-1].append([text, *_rounded(box)])
        before = box
    return lines


def _goes_on(before: Box, box: Box) -> bool:
    """Whether a word is on the line of the one before it: next to it, whichever way the line runs."""
    height = min(before.bottom - before.top, box.bottom - box.top)
    width = min(before.right - before.left, box.right - box.left)
    level = min(before.bottom, box.bottom) - max(before.top, box.top) >= 0.5 * height
    upright = min(before.right, box.right) - max(before.left, box.left) >= 0.5 * width
    return (level and box.right > before.left) or (upright and not level and box.bottom < before.top)


def _rounded(box: Box) -> list[float]:
    return [round(side, 1) for side in (box.left, box.top, box.right, box.bottom)]


def _boxes(given: str, texts: Texts) -> list[Box]:
    """Boxes on a page: `72,100,300,112;72,114,280,126`; BadRequest for anything else."""
    try:
        boxes = [Box(*map(float, box.split(","))) for box in given.split(";", MAX_BOXES)[:MAX_BOXES]]
        if not all(map(_is_sane, boxes)):
            raise ValueError(given)
    except (TypeError, ValueError) as error:
        raise BadRequest(texts("message.bad_request"), "") from error
    return boxes


def _is_sane(box: Box) -> bool:
    """Whether a box can be on a page; what was recognized may extend beyond its edge. NaN is no side."""
    across = -LARGEST_PAGE <= box.left <= box.right <= LARGEST_PAGE
    return across and -LARGEST_PAGE <= box.top <= box.bottom <= LARGEST_PAGE


def _check(version: str, width: int, widths: Sequence[int], texts: Texts) -> None:
    """BadRequest for a width in which nothing is drawn: each is drawn and cached."""
    if width not in widths:
        raise BadRequest(texts("message.bad_request"), "")
    _check_version(version, texts)


def _check_version(version: str, texts: Texts) -> None:
    """BadRequest for what is no version: what a browser keeps is of one version for ever."""
    if not is_version(version):
        raise BadRequest(texts("message.bad_request"), "")


def _json(request: Request, values: Found) -> Response:
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    return _kept(request, content, "application/json", ASKED_AGAIN)


def _kept(request: Request, content: bytes, media_type: str, how: dict[str, str]) -> Response:
    """The content with a tag, or 304 for a browser that has it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**how, "ETag": tag}
    if request.headers.get("if-none-match", "") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
