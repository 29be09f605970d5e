"""The library: its documents, uploads, what is being read, downloads and deletion; for operators."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from runtime.ports import NotFound, PlumblineError
from runtime.reading.document import REMEDIES, Limits, PdfError, is_pdf
from runtime.uploads import Choice, Upload, UploadGone
from ui.downloads import Downloads, single, zipped
from ui.errors import BadRequest, Busy
from ui.export import disposition
from ui.gate import Operator
from ui.limits import DOCUMENTS_AT_ONCE
from ui.render import render
from ui.shelf import GROUPS, ORDERS, Group, Order, Row, Shelf, Wanted, folded
from ui.site import Site
from ui.status import Holdings
from ui.texts import Spoken, Texts

if TYPE_CHECKING:  # a stack's page, which takes no uploads, does not have it
    from runtime.local.uploads import Incoming, Uploads

FRESH_SECONDS, STACK_FRESH_SECONDS = 0.3, 5.0
"""The age up to which the list of documents is shown as it was read: a stack's requests are billed."""

CITED_SECONDS = 20.0
"""How often it is asked when documents were last cited."""

WRITE_BYTES = 1 << 20
"""An uploaded file is written to disk in pieces of this size."""

log = logging.getLogger("plumbline.documents")


class Named(BaseModel):
    """Documents that a request is about."""

    documents: list[str] = Field(min_length=1)


class Decided(BaseModel):
    """What to do with an uploaded file."""

    id: str
    choice: Choice


class Elsewhere(Busy):
    """The documents can't be changed here."""


class Documents:
    """The list of documents, and what is done with them, for one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._looked = 0.0
        self._cited: Mapping[str, float] = {}
        self._cited_at = 0.0
        self._taking: asyncio.Future[Any] | None = None
        self.shelf = Shelf()
        self.downloads = Downloads()
        self._uploads = site.worker.uploads(self.shelf.with_bytes) if site.worker else None
        site.status.listeners.append(self._listen)
        if self._uploads:
            site.closing.append(self._uploads.close)

    # --- the list ---

    def _listen(self, held: Holdings) -> None:
        """Take in what the library holds and tell the operators' pages, without keeping the event loop."""
        if any(page.operator for page in self._site.hub.pages()) and (self._taking is None or self._taking.done()):
            self._taking = asyncio.get_running_loop().run_in_executor(None, self._take, held)

    def _take(self, held: Holdings) -> None:
        worker = self._site.worker
        if time.monotonic() - self._cited_at > CITED_SECONDS:
            try:
                self._cited, self._cited_at = self._site.library.conversations.last_cited(), time.monotonic()
            except (PlumblineError, OSError) as error:  # the list goes without
                log.warning("It could not be told when documents were last cited: %s", error)
        change = self.shelf.take(held.entries, worker.being_read if worker else (), held.waiting, self._cited)
        self._looked = time.monotonic()
        if change.progress or change.listed:
            self._site.hub.publish(
                {
                    "type": "documents",
                    "progress": [
                        {"document": document, "state": state, "done": done, "pages": pages}
                        for document, state, done, pages in change.progress
                    ],
                    "listed": change.listed,
                    "reading": self.reading(),
                },
                operators=True,
            )

    def refresh(self) -> None:
        """Read the list anew, unless it was just read; PlumblineError if it can't be."""
        fresh = FRESH_SECONDS if self._site.worker else STACK_FRESH_SECONDS
        if time.monotonic() - self._looked < fresh:
            return
        held = self._site.status.look()
        if held is None:
            raise PlumblineError(self._site.status.unreachable, "")
        self._take(held)

    def reading(self) -> dict[str, int]:
        """The progress over all documents."""
        reading = self.shelf.reading
        return {
            "done": reading.done,
            "total": reading.total,
            "readable": self.shelf.readable(),
            "known": len(self.shelf),
        }

    def page(self, wanted: Wanted, number: int, texts: Texts) -> dict[str, Any]:
        """A page of the list as the browser shows it."""
        self.refresh()
        listing = self.shelf.page(wanted, number)
        held = self._site.status.holdings
        return {
            "rows": render("library-rows.html", texts, rows=[shown(row, texts) for row in listing.rows]),
            "documents": [row.document for row in listing.rows],
            "page": listing.page,
            "pages": listing.pages,
            "total": listing.total,
            "counts": listing.counts,
            "reading": self.reading(),
            "problem": held.problem if held else "",
        }

    # --- what is done with them ---

    def named(self, named: Named, texts: Texts) -> list[str]:
        """The documents that a request is about."""
        documents = list(dict.fromkeys(named.documents))
        if len(documents) > DOCUMENTS_AT_ONCE:
            said = texts("library.too_many", count=len(documents), most=DOCUMENTS_AT_ONCE)
            raise BadRequest(said, texts("library.too_many_remedy"))
        return documents

    def delete(self, documents: Sequence[str], texts: Texts) -> dict[str, Any]:
        """Remove documents; those that could not be, with why, are in `failed`."""
        worker = self._site.worker
        if worker is None:
            raise elsewhere(texts)
        removed, failed = [], []
        for document in documents:
            try:
                worker.remove(document)
            except NotFound:
                removed.append(document)  # by somebody else
            except (PlumblineError, OSError) as error:
                failed.append(str(error))
            else:
                removed.append(document)
        self.shelf.remove(removed)
        self.uploads(texts).forget(removed)
        return {"removed": removed, "failed": failed}

    def read_again(self, documents: Sequence[str], texts: Texts) -> int:
        """Have documents read again; how many."""
        worker = self._site.worker
        if worker is None:
            raise elsewhere(texts)
        known = [document for document in documents if self.shelf.row(document)]
        worker.add(known, force=True)
        self._looked = 0.0
        return len(known)

    # --- uploads ---

    def uploads(self, texts: Texts) -> Uploads:
        """What takes in uploaded files."""
        if self._uploads is None:
            raise elsewhere(texts)
        return self._uploads

    async def upload(self, name: str, user: str, request: Request, texts: Texts) -> dict[str, Any]:
        """Take in a file that is sent; what became of it."""
        uploads = self.uploads(texts)
        try:
            incoming = await asyncio.to_thread(uploads.begin, name, user)
            await _receive(request, incoming)
            done = await asyncio.to_thread(uploads.finish, incoming)
        except PdfError as error:
            return {"result": "refused", "state": error.state, "limit": Limits().bytes >> 30}
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise PlumblineError(texts("upload.no_room"), texts("upload.no_room_remedy")) from error
            raise
        return self._told(done)

    def decide(self, user: str, decided: Decided, texts: Texts) -> dict[str, Any]:
        """What became of a file that was decided about."""
        try:
            document = self.uploads(texts).decide(user, decided.id, decided.choice)
        except UploadGone as error:
            raise UploadGone(texts("upload.gone"), texts("upload.gone_remedy")) from error
        return self._told(Upload("stored", document)) if document else {"result": "skipped"}

    def _told(self, upload: Upload) -> dict[str, Any]:
        if upload.result == "stored":
            self.shelf.came(upload.document)
            self._looked = 0.0
        return {"result": upload.result, "document": upload.document, "id": upload.id}


async def _receive(request: Request, incoming: Incoming) -> None:
    """Write down what is sent; nothing stays if it breaks off."""
    waiting = bytearray()
    try:
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= WRITE_BYTES:
                written, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(incoming.write, written)
        if waiting:
            await asyncio.to_thread(incoming.write, bytes(waiting))
    except BaseException:
        incoming.close()
        raise


def elsewhere(texts: Texts) -> Elsewhere:
    """The error for changing a stack's documents."""
    return Elsewhere(texts("library.elsewhere_error"), texts("library.elsewhere_remedy"))


def shown(row: Row, texts: Texts) -> dict[str, Any]:
    """A row as the template shows it."""
    entry, state = row.entry, row.state
    done, pages = entry.progress
    notes = []
    if entry.reason:
        says_itself = state in REMEDIES and texts.language != "en"
        remedy = texts(f"remedy.{state}") if state in REMEDIES else entry.remedy
        notes.append({"text": "" if says_itself else entry.reason, "remedy": remedy})
    if row.skipped:
        kinds = ", ".join(f"{texts.number(n, ',')} {texts(f'skipped.{kind}')}" for kind, n in row.skipped.items())
        notes.append({"text": texts("library.unreadable_pages", kinds=kinds)})
    if others := [name for name in entry.attachments if not is_pdf(name)]:
        notes.append({"text": texts("library.not_read", names=", ".join(others))})
    if row.twin:
        notes.append({"text": texts("library.twin", document=row.twin)})
    return {
        "document": entry.document,
        "name": printable(entry.document),
        "title": "" if plain(entry.title) == plain(PurePosixPath(entry.document).stem) else entry.title,
        "group": row.group,
        "state": state,
        "done": done,
        "of": pages,
        "pages": texts.number(entry.pages, ",") if entry.pages else "",
        "readable": entry.version != "",
        "added": iso(entry.added or entry.updated),
        "cited": iso(row.cited),
        "attached": row.attached,
        "notes": notes,
        "doubts": [
            {
                "text": texts(f"doubts.{kind}", count=texts.number(found["count"], ","), page=found["page"]),
                "page": found["page"],
            }
            for kind, found in sorted(row.doubts.items())
        ],
    }


def plain(name: str) -> str:
    """The letters and digits of a name: a title that was made of the name has the same."""
    return "".join(c for c in folded(name) if c.isalnum())


def printable(name: str) -> str:
    """A name in which signs that can't be seen are shown to be there."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def iso(at: float) -> str:
    """A time as ISO 8601 in UTC, '' for none."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else ""


Words = Annotated[str, Query(max_length=200)]
Name = Annotated[str, Query(min_length=1, max_length=1000)]


def routes(site: Site) -> APIRouter:
    """`/library/…`: the list, and what is done with documents."""
    router = APIRouter(prefix="/library")
    documents = Documents(site)

    @router.get("/documents")
    def listed(
        _: Operator,
        texts: Spoken,
        page: int = 1,
        words: Words = "",
        group: str = "",
        order: str = "added",
        down: bool = True,
    ) -> dict[str, Any]:
        return documents.page(_wanted(words, group, order, down), page, texts)

    @router.get("/names")
    def names(_: Operator, words: Words = "", group: str = "") -> dict[str, Any]:
        """All documents that are found, for a selection of more than a page of them."""
        documents.refresh()
        found = documents.shelf.find(_wanted(words, group, "name", False))
        return {"documents": [row.document for row in found], "readable": [bool(row.entry.version) for row in found]}

    @router.post("/delete")
    def delete(named: Named, _: Operator, texts: Spoken) -> dict[str, Any]:
        return documents.delete(documents.named(named, texts), texts)

    @router.post("/read")
    def read_again(named: Named, _: Operator, texts: Spoken) -> dict[str, Any]:
        return {"count": documents.read_again(documents.named(named, texts), texts)}

    @router.post("/download")
    def announce(named: Named, reader: Operator, texts: Spoken) -> dict[str, Any]:
        name = documents.downloads.announce(reader.user, documents.named(named, texts))
        return {"address": f"/library/download/{name}"}

    @router.get("/download/{name}")
    def download(name: str, reader: Operator, texts: Spoken) -> Response:
        found = documents.downloads.take(reader.user, name)
        if found is None:
            raise NotFound(texts("library.download_gone"), texts("library.download_again"))
        if len(found) == 1:
            sent, kind = single(site.library.documents, found[0]), "application/pdf"
            file = PurePosixPath(found[0]).name
        else:
            sent, kind = zipped(site.library.documents, found, texts("library.zip_missing")), "application/zip"
            file = f"{texts('library.zip')}-{datetime.now(UTC):%Y-%m-%d}.zip"
        headers = {"Content-Disposition": disposition(file), "Cache-Control": "no-store"}
        return StreamingResponse(sent, media_type=kind, headers=headers)

    @router.put("/upload")
    async def upload(name: Name, reader: Operator, texts: Spoken, request: Request) -> dict[str, Any]:
        return await documents.upload(name, reader.user, request, texts)

    @router.post("/decide")
    def decide(decided: Decided, reader: Operator, texts: Spoken) -> dict[str, Any]:
        return documents.decide(reader.user, decided, texts)

    return router


def _wanted(words: str, group: str, order: str, down: bool) -> Wanted:
    """What of the list is to be seen; BadRequest if the page's script would not ask so."""
    groups: dict[str, Group] = {name: name for name in GROUPS}
    orders: dict[str, Order] = {name: name for name in ORDERS}
    if (group and group not in groups) or order not in orders:
        raise BadRequest(f"There is no group {group!r} or no order {order!r}.", "")
    return Wanted(words, groups.get(group), orders[order], down)
