"""The documents as the library lists them: found by words, filtered by state, sorted, and page by page."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from runtime.attached import attached_keys
from runtime.lookup import twins
from runtime.ports import Entry
from runtime.reading.doubt import ROUTINE

ROWS = 50
"""Documents on a page of the list."""

NameKey = tuple[tuple[str, int], ...]

Group = Literal["reading", "ready", "partial", "problem"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""The groups of states: being read or waiting for it; read; read, but something was left out or is doubtful; not
readable, or failed."""

Order = Literal["name", "state", "pages", "added", "cited"]
ORDERS: tuple[Order, ...] = get_args(Order)

_PARTS = re.compile(r"([^0-9]*)([0-9]{0,18})")

UNDER_WAY = ("waiting", "reading", "recognizing")


@dataclass(frozen=True, slots=True)
class Row:
    """A document in the list. `cited` is when an answer last cited it, in seconds since the epoch, 0 for never; `twin`
    is another document with the same bytes, '' if there is none; an `attached` one comes and goes with the document it
    is attached to; one that is `queued` waits for a worker of this machine. It is found by `words`, and sorted by `key`
    among names."""

    entry: Entry
    cited: float = 0.0
    twin: str = ""
    attached: bool = False
    queued: bool = False
    words: str = field(default="", repr=False)
    key: NameKey = field(default=(), repr=False)

    @property
    def document(self) -> str:
        """Its key."""
        return self.entry.document

    @property
    def state(self) -> str:
        """Its state as it is shown: whatever it was before, one that waits to be read is waiting."""
        return "waiting" if self.queued and self.entry.state not in UNDER_WAY else self.entry.state

    @property
    def group(self) -> Group:
        """The group of its state."""
        if self.state in UNDER_WAY:
            return "reading"
        if self.state == "failed" or self.entry.is_refused or not (self.entry.version or self.state == "portfolio"):
            return "problem"
        return "partial" if self.doubts or self.skipped or self.entry.reason else "ready"

    @property
    def skipped(self) -> Mapping[str, int]:
        """Pages without usable text, by why; blank ones have none to use."""
        return {kind: count for kind, count in self.entry.skipped.items() if kind != "blank"}

    @property
    def doubts(self) -> Mapping[str, Mapping[str, int]]:
        """What was left out or is doubtful, apart from what always is, such as page numbers."""
        return {kind: found for kind, found in self.entry.doubts.items() if kind not in ROUTINE}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is to be seen: documents with all of these words in their name or title, of one group or of all,
    in an order."""

    words: str = ""
    group: Group | None = None
    order: Order = "added"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list, counted from 1: of `total` documents, which are those of `counts` by group if none is wanted
    in particular."""

    rows: Sequence[Row]
    page: int
    pages: int
    total: int
    counts: Mapping[Group, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """The progress over all documents since there was last nothing to read: `done` of `total` have been read."""

    done: int = 0
    total: int = 0

    @property
    def left(self) -> int:
        """Those to go."""
        return self.total - self.done


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed in the list since the last look: the documents that are being read, each with its state and how
    many pages of how many are done; and whether documents came, went, or changed otherwise."""

    progress: Sequence[tuple[str, str, int, int]]
    listed: bool


class Shelf:
    """All documents, as of the last look at the ledger. Thread-safe. 10,000 take a tenth of a second at first and a few
    hundredths later, since only what has changed is made anew."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._removed: set[str] = set()
        self._batch: set[str] = set()
        self._progress: dict[str, tuple[str, str, int, int]] = {}
        self._lock = threading.Lock()
        self.reading = Reading()

    def take(
        self,
        entries: Iterable[Entry],
        being_read: Iterable[Entry],
        waiting: Collection[str],
        cited: Mapping[str, float],
    ) -> Change:
        """Take in the ledger's entries, with what this machine's worker knows better, and say what has changed."""
        with self._lock:
            known = {entry.document: entry for entry in entries}
            self._removed &= {*known, *waiting}
            for entry in being_read:
                known[entry.document] = entry
            queued = {document for document in waiting if document not in self._removed}
            for document in queued:
                known.setdefault(document, Entry(document))
            for document in self._removed:
                known.pop(document, None)
            before, self._rows = self._rows, self._made(known, queued, cited)
            self._count(queued)
            return self._changed(before)

    def _made(self, known: Mapping[str, Entry], queued: Collection[str], cited: Mapping[str, float]) -> dict[str, Row]:
        same = twins(known.values())
        attached = {key for entry in known.values() if entry.attachments for key in attached_keys(entry)}
        made = {}
        for document, entry in known.items():
            at, twin = cited.get(document, 0.0), same.get(document, "")
            row = self._rows.get(document)
            is_attached, is_queued = document in attached, document in queued
            if row is None or row.entry is not entry:
                row = Row(
                    entry, at, twin, is_attached, is_queued, folded(f"{document} {entry.title}"), natural(document)
                )
            elif (row.cited, row.twin, row.attached, row.queued) != (at, twin, is_attached, is_queued):
                row = replace(row, cited=at, twin=twin, attached=is_attached, queued=is_queued)
            made[document] = row
        return made

    def _count(self, queued: Collection[str]) -> None:
        left = {*queued, *(document for document, row in self._rows.items() if row.group == "reading")}
        self._batch = {document for document in self._batch | left if document in self._rows} if left else set()
        self.reading = Reading(len(self._batch - left), len(self._batch))

    def _changed(self, before: Mapping[str, Row]) -> Change:
        progress = {
            document: (document, row.state, *row.entry.progress)
            for document, row in self._rows.items()
            if row.state in ("reading", "recognizing")
        }
        moved = [one for document, one in progress.items() if self._progress.get(document) != one]
        self._progress = progress
        listed = before.keys() != self._rows.keys() or any(
            _looks(row) != _looks(before[document])
            for document, row in self._rows.items()
            if row is not before[document]
        )
        return Change(moved, listed)

    def remove(self, documents: Collection[str]) -> None:
        """List these no longer, while they are being removed."""
        with self._lock:
            self._removed.update(documents)
            self._rows = {document: row for document, row in self._rows.items() if document not in self._removed}

    def came(self, document: str) -> None:
        """A document of this name is stored (again)."""
        with self._lock:
            self._removed.discard(document)

    def row(self, document: str) -> Row | None:
        """A document's row."""
        return self._rows.get(document)

    def find(self, wanted: Wanted) -> list[Row]:
        """All documents that are wanted, in order."""
        words = folded(wanted.words).split()
        found = [
            row
            for row in self._rows.values()
            if (wanted.group is None or row.group == wanted.group) and all(word in row.words for word in words)
        ]
        found.sort(key=lambda row: row.key)
        if wanted.order != "name":
            found.sort(key=_KEYS[wanted.order], reverse=wanted.descending)
        elif wanted.descending:
            found.reverse()
        return found

    def page(self, wanted: Wanted, number: int) -> Listing:
        """A page of what is wanted; the last one if there are fewer."""
        every = self.find(replace(wanted, group=None))
        counts: dict[Group, int] = dict.fromkeys(GROUPS, 0)
        for row in every:
            counts[row.group] += 1
        found = [row for row in every if wanted.group in (None, row.group)]
        pages = max(1, -(-len(found) // ROWS))
        number = min(max(1, number), pages)
        return Listing(found[(number - 1) * ROWS : number * ROWS], number, pages, len(found), counts)

    def __len__(self) -> int:
        return len(self._rows)

    def readable(self) -> int:
        """How many documents can be asked."""
        return sum(row.entry.version != "" for row in self._rows.values())

    def with_bytes(self, version: str) -> str:
        """A document with these bytes, read or being read; '' if there is none."""
        return next(
            (document for document, row in self._rows.items() if version in (row.entry.version, row.entry.reading)), ""
        )


def folded(text: str) -> str:
    """A text as it is searched: without regard to case and to how letters are composed."""
    return unicodedata.normalize("NFKC", text).casefold()


def natural(name: str) -> NameKey:
    """A key that sorts names as people do: chapter 2 before chapter 10."""
    return tuple((text, int(digits) if digits else -1) for text, digits in _PARTS.findall(folded(name)))


_KEYS: Mapping[Order, Callable[[Row], float]] = {
    "state": lambda row: GROUPS.index(row.group),
    "pages": lambda row: row.entry.pages,
    "added": lambda row: row.entry.added or row.entry.updated or float("inf"),
    "cited": lambda row: row.cited,
}


def _looks(row: Row) -> tuple[object, ...]:
    """What of a row is seen, apart from its progress."""
    entry = row.entry
    return (
        *(row.state, row.group, row.twin, row.attached, row.cited, entry.title, entry.version, entry.reason),
        *(entry.doubts, entry.skipped, entry.pages if row.group != "reading" else 0),
    )
