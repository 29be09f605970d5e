"""What all areas of the page share: the library, the open pages, and the answers in progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.library import Library
from ui.answers import Answers
from ui.conversations import Deletions, Unread
from ui.hub import Hub
from ui.status import Status

if TYPE_CHECKING:
    from runtime.local.worker import Worker


class Site:
    """The page over one library.

    With a `worker`, documents are uploaded and deleted on the page; a stack's come from its file system. Where people
    sign in, they sign out at `sign_out`, and only operators see the library, the watch and the models.
    """

    def __init__(self, library: Library, worker: Worker | None, sign_out: str = "") -> None:
        self.library = library
        self.worker = worker
        self.sign_out = sign_out
        self.hub = Hub()
        self.answers = Answers()
        self.unread = Unread()
        self.deletions = Deletions(lambda: library.conversations, self._not_deleted)
        self.status = Status(library, worker, self.hub)
        self.closing: list[Callable[[], None]] = []
        """What the areas do when the page closes."""

    def _not_deleted(self, user: str, conversation: str) -> None:
        self.hub.publish({"type": "conversations", "back": conversation, "failed": True}, user=user)

    def close(self) -> None:
        """Finish what must not wait for the next start; open pages are told."""
        for close in self.closing:
            close()
        self.deletions.close()
        self.hub.close()

    @property
    def takes_documents(self) -> bool:
        """Whether documents are uploaded and deleted on the page."""
        return self.worker is not None
