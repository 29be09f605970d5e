"""The list of a stack's documents, as its page shows it every few seconds.

A process that shows the list keeps it: 10,000 summaries are some 50 MB. It reads all of them once, page by page, and
then asks the ledger's index by change for what is new since, which costs next to nothing if that is little. So what it
shows, and whatever it counts, is always of all documents, and no counter has to be kept true. A removed document leaves
no trace in the index: a note of the last removal, one item of the ledger, is changed with each, and where it is new all
is read again. So it is every ten minutes, for what an index that lags, or a clock that is wrong, has hidden.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from runtime.aws.clients import aws_errors, code_of
from runtime.aws.items import FORMAT, NOT_NEWER, SAY_WHY, Item, condition_failed, plain, typed
from runtime.names import LEDGER_BY_CHANGE, LEDGER_CHANGED, LEDGER_FORMAT, LEDGER_KEY, LEDGER_LISTED
from runtime.ports import Entry

FIELDS = tuple(field.name for field in fields(Entry))

LISTING = "/listing"
"""The ledger's item with the time of the last removal, and the format that all items have. No document's key begins
with a slash."""

LISTED = "document"
"""The index's first key, the same for each item in it."""

AGAIN_SECONDS = 600.0
SCAN_AGAIN_SECONDS = 60.0
"""After so long everything is read again: from the index, or from the table, while items are missing in the index."""

LAG_SECONDS = 120.0
"""How late a change may appear in the index: eventually consistent, mostly within a second."""


class Listing:
    """Every entry without what only reading needs, as of the last call and what has changed since."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._changed = 0.0  # the latest change seen
        self._removed = 0.0  # the last removal seen
        self._again_at = 0.0

    def entries(self) -> list[Entry]:
        """Every entry by document."""
        with self._lock, aws_errors("Listing the documents"):
            changed = None if time.monotonic() >= self._again_at else self._since(self._changed - LAG_SECONDS) or []
            if changed is None or _removal(changed, self._removed) != self._removed:
                self._read_all()
            else:
                self._take_in(changed)
            return [self._entries[document] for document in sorted(self._entries)]

    def _read_all(self) -> None:
        """Read every entry: from the index if it has all, else from the table."""
        key = typed({LEDGER_KEY: LISTING})
        note = self._plain(self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {}))
        items, again = None, AGAIN_SECONDS
        if note.get("complete", 0) >= LEDGER_FORMAT:
            items = self._since(0)
        if items is None:
            pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
            items, again = [self._plain(item) for page in pages for item in page["Items"]], SCAN_AGAIN_SECONDS
        self._entries, self._changed = {}, 0.0
        self._take_in(items)
        self._removed = note.get(LEDGER_CHANGED, 0.0)
        self._again_at = time.monotonic() + again

    def _since(self, since: float) -> list[Item] | None:
        """What has changed since, in that order: a document that changes meanwhile comes twice, not never. None if the
        table has no index (yet)."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=LEDGER_BY_CHANGE,
            KeyConditionExpression=f"{LEDGER_LISTED} = :listed AND {LEDGER_CHANGED} >= :since",
            ExpressionAttributeValues=typed({":listed": LISTED, ":since": since}),
        )
        try:
            return [self._plain(item) for page in pages for item in page["Items"]]
        except Exception as error:
            if code_of(error) == "ValidationException" and LEDGER_BY_CHANGE in str(error):
                return None
            raise

    def _take_in(self, items: Sequence[Item]) -> None:
        for item in items:
            if entry := entry_of(item):
                self._entries[entry.document] = entry
                self._changed = max(self._changed, entry.updated)

    def _plain(self, item: Mapping[str, Any]) -> Item:
        return plain(item, self._table, LEDGER_FORMAT)

    def note_removal(self) -> None:
        """Have every process that keeps the list read it again, since a document is gone."""
        self._note(f"SET #{LEDGER_CHANGED} = :now")

    def note_complete(self) -> None:
        """Say that the index has every document."""
        self._note(f"SET complete = :{FORMAT}, #{LEDGER_CHANGED} = if_not_exists(#{LEDGER_CHANGED}, :now)")

    def _note(self, change: str) -> None:
        values = {"now": time.time(), LEDGER_LISTED: LISTED, FORMAT: LEDGER_FORMAT}
        with aws_errors("Noting a change of the list of documents"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=typed({LEDGER_KEY: LISTING}),
                    UpdateExpression=f"{change}, #{LEDGER_LISTED} = :{LEDGER_LISTED}, #{FORMAT} = :{FORMAT}",
                    ConditionExpression=NOT_NEWER,
                    ExpressionAttributeNames={f"#{name}": name for name in (LEDGER_CHANGED, LEDGER_LISTED, FORMAT)},
                    ExpressionAttributeValues=typed({f":{name}": value for name, value in values.items()}),
                    **SAY_WHY,
                )
            except Exception as error:
                condition_failed(error, self._table, LEDGER_FORMAT)
                raise


def entry_of(item: Item) -> Entry | None:
    """The entry of an item, None if it is only a lease or a count."""
    return Entry(**{name: item[name] for name in FIELDS if name in item}) if "state" in item else None


def _removal(changed: Sequence[Item], known: float) -> float:
    """The time of the last removal."""
    return next((item[LEDGER_CHANGED] for item in changed if item[LEDGER_KEY] == LISTING), known)
