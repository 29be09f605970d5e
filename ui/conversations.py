"""The reader's conversations: the list, renaming, exporting, and deleting with an undo."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from runtime.ports import Conversation, Conversations, NotFound, PlumblineError
from ui import export
from ui.gate import Reader
from ui.texts import Spoken, Texts

if TYPE_CHECKING:
    from ui.site import Site

ROWS = 60
"""Conversations that are sent at once; more when somebody scrolls down to them."""

UNDO_SECONDS = 10.0
"""How long a conversation that was deleted can be had back."""

GRACE_SECONDS = 1.0
"""What an undo may take on its way."""

TITLE_LENGTH = 120
READERS_KEPT = 5_000
"""Readers whose unread conversations are known; the least recent are dropped first."""

UNREAD_KEPT = 200

log = logging.getLogger("plumbline.conversations")


class Unread:
    """Which conversations have an answer that came while none of their reader's pages showed them. Thread-safe."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, user: str, conversation: str) -> None:
        """Mark one as unread."""
        with self._lock:
            own = self._of.setdefault(user, OrderedDict())
            self._of.move_to_end(user)
            own[conversation] = None
            while len(own) > UNREAD_KEPT:
                own.popitem(last=False)
            while len(self._of) > READERS_KEPT:
                self._of.popitem(last=False)

    def read(self, user: str, conversation: str) -> None:
        """Mark one as read."""
        with self._lock:
            self._of.get(user, OrderedDict()).pop(conversation, None)

    def has(self, user: str, conversation: str) -> bool:
        """Whether it is unread."""
        with self._lock:
            return conversation in self._of.get(user, ())


class Deletions:
    """Conversations that were deleted and can still be had back: hidden, and removed when their time has come."""

    def __init__(self, conversations: Callable[[], Conversations], failed: Callable[[str, str], None]) -> None:
        self._conversations = conversations
        self._failed = failed
        self._timers: dict[tuple[str, str], threading.Timer | None] = {}
        """None for one that is being removed, and can no longer be had back."""
        self._lock = threading.Lock()

    def begin(self, user: str, conversation: str) -> None:
        """Hide a conversation, and remove it when it can no longer be had back."""
        timer = threading.Timer(UNDO_SECONDS + GRACE_SECONDS, self._finish, (user, conversation))
        timer.daemon = True
        with self._lock:
            if (user, conversation) in self._timers:
                return
            self._timers[user, conversation] = timer
        timer.start()

    def undo(self, user: str, conversation: str) -> bool:
        """Have it back; False if it is too late."""
        with self._lock:
            timer = self._timers.get((user, conversation))
            if timer is None:
                return False
            del self._timers[user, conversation]
        timer.cancel()
        return True

    def hides(self, user: str, conversation: str) -> bool:
        """Whether it is being deleted."""
        return (user, conversation) in self._timers

    def close(self) -> None:
        """Remove at once what is hidden: the server closes."""
        for user, conversation in list(self._timers):
            self._finish(user, conversation)

    def _finish(self, user: str, conversation: str) -> None:
        with self._lock:
            timer = self._timers.get((user, conversation))
            if timer is None:
                return
            self._timers[user, conversation] = None
        timer.cancel()
        try:
            self._conversations().delete(user, conversation)
        except NotFound:
            pass
        except (PlumblineError, OSError) as error:
            log.error("A conversation was not deleted: %s", error)
            self._timers.pop((user, conversation), None)
            self._failed(user, conversation)
            return
        self._timers.pop((user, conversation), None)


# --- the list ---


def row(site: Site, user: str, conversation: Conversation) -> dict[str, Any]:
    """A conversation as the list shows it."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "updated": conversation.updated,
        "answering": site.answers.of(conversation.id) is not None,
        "unread": site.unread.has(user, conversation.id),
    }


def rows(site: Site, user: str, contains: str = "", start: int = 0) -> dict[str, Any]:
    """A part of the list, newest first, and whether there are more."""
    found = site.library.conversations.find(user, contains.strip(), start + ROWS + 1)
    part = found[start : start + ROWS]
    shown = [row(site, user, one) for one in part if not site.deletions.hides(user, one.id)]
    return {"rows": shown, "next": start + len(part), "more": len(found) > start + ROWS}


def changed(
    site: Site, user: str, conversation: str, *, new: Conversation | None = None, title: str | None = None
) -> None:
    """Tell the reader's pages what has become of a conversation."""
    told: dict[str, Any] = {
        "id": conversation,
        "answering": site.answers.of(conversation) is not None,
        "unread": site.unread.has(user, conversation),
    }
    if new:
        told |= {"title": new.title, "updated": new.updated}
    if title is not None:
        told["title"] = title
    site.hub.publish({"type": "conversations", "changed": told}, user=user)


class Title(BaseModel):
    """A conversation's new title."""

    title: Annotated[str, Field(min_length=1, max_length=1000)]


def routes(site: Site) -> APIRouter:
    """`/conversations`, and what is done with one of them."""
    router = APIRouter()

    def kept() -> Conversations:
        return site.library.conversations

    def check(user: str, conversation: str, texts: Texts) -> None:
        if site.deletions.hides(user, conversation):
            raise NotFound(texts("conversation.gone"), "")

    @router.get("/conversations")
    def listed(
        reader: Reader,
        q: Annotated[str, Query(max_length=200)] = "",
        start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> dict[str, Any]:
        return rows(site, reader.user, q, start)

    @router.post("/conversation/{conversation}/rename", status_code=204)
    def rename(conversation: str, given: Title, reader: Reader, texts: Spoken) -> None:
        check(reader.user, conversation, texts)
        title = " ".join(given.title.split())[:TITLE_LENGTH]
        if title:
            kept().rename(reader.user, conversation, title)
            changed(site, reader.user, conversation, title=title)

    @router.post("/conversation/{conversation}/delete", status_code=204)
    def delete(conversation: str, reader: Reader) -> None:
        kept().messages(reader.user, conversation)  # raises for another reader's
        site.answers.stop(conversation)
        site.deletions.begin(reader.user, conversation)
        site.hub.publish({"type": "conversations", "gone": conversation}, user=reader.user)

    @router.post("/conversation/{conversation}/restore")
    def restore(conversation: str, reader: Reader, texts: Spoken) -> dict[str, Any]:
        if not site.deletions.undo(reader.user, conversation):
            raise NotFound(texts("conversation.too_late"), "")
        site.hub.publish({"type": "conversations", "back": conversation}, user=reader.user)
        return {"conversation": conversation}

    @router.get("/conversation/{conversation}.md")
    def exported(conversation: str, reader: Reader, texts: Spoken) -> Response:
        check(reader.user, conversation, texts)
        found = kept().get(reader.user, conversation)
        written = export.markdown(found, kept().messages(reader.user, conversation), texts)
        named = export.disposition(export.file_name(found, texts))
        headers = {"Content-Disposition": named, "Cache-Control": "private, no-store"}
        return Response(written, media_type="text/markdown; charset=utf-8", headers=headers)

    return router
