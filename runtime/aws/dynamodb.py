"""The ledger, conversations and results on DynamoDB: three ports, each over its own tables."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np

from runtime.asked import Notes, notes_on, question_json, question_of
from runtime.aws.clients import Busy, aws_errors
from runtime.aws.items import FORMAT, NOT_NEWER, SAY_WHY, Item, condition_failed, plain, typed
from runtime.aws.listing import FIELDS, LISTED, Listing, entry_of
from runtime.names import (
    CONVERSATION_FORMAT,
    CONVERSATION_KEYS,
    CONVERSATIONS_BY_TIME,
    EXPIRES,
    LEDGER_CHANGED,
    LEDGER_FORMAT,
    LEDGER_KEY,
    LEDGER_LISTED,
    RESULT_FORMAT,
    job_type_date,
)
from runtime.ports import (
    Conversation,
    Entry,
    LeaseLost,
    Message,
    NotFound,
    PlumblineError,
    Run,
    UnansweredQuestion,
    Vectors,
)
from runtime.records import message_json, message_of
from runtime.retry import retrying

READER, PIECE = CONVERSATION_KEYS
CITED, UNANSWERED = "/cited", "/unanswered"
"""The partitions of the conversations' table, besides those of its readers, whose names do not begin with a slash: the
documents by when they were last cited, and all readers' questions without an answer, as `CONVERSATION#MESSAGE`."""

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400

RETRY = retrying(Busy, first=0.05, longest=5.0, attempts=8)
"""Of an incomplete removal."""

APPEND_RETRY = retrying(Busy, first=0.02, longest=0.5, attempts=10)
"""Of a write to a conversation that others write to concurrently: they take milliseconds."""

TRANSACTION = 100
"""Maximum items per transaction."""

DELETE_AT_ONCE = 25
"""Maximum items per BatchWriteItem."""

STAMP = {FORMAT: CONVERSATION_FORMAT}
UPGRADES_AT_ONCE = 8
"""Items brought to this format at once: 10,000 take some 10 seconds."""


class DynamoLedger:
    """The Ledger port. A document's entry and its lease are one item, so that a write and its check are atomic.

    Each write of an entry says its format; an item that only has a lease says none. An item of an earlier format is
    read as it is, with its missing fields empty, and is of this format from its next write, or from `upgrade`.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._listing = Listing(client, table)

    def lease(self, document: str, owner: str, seconds: float) -> bool:
        """Acquire or renew the lease."""
        now = time.time()
        return self._update(
            document,
            "SET lease_owner = :owner, lease_until = :until",
            "(attribute_not_exists(lease_owner) OR lease_owner = :owner OR lease_until <= :now)",
            {":owner": owner, ":until": now + seconds, ":now": now},
        )

    def release(self, document: str, owner: str) -> None:
        """Release the lease; an item with nothing else is removed."""
        self._update(document, "REMOVE lease_owner, lease_until", "lease_owner = :owner", {":owner": owner})
        self._delete(document, "attribute_not_exists(lease_owner) AND attribute_not_exists(#state)", {}, state="state")

    def get(self, document: str) -> Entry | None:
        """The document's entry."""
        with aws_errors(f"Reading the ledger's entry of {document!r}"):
            got = self._client.get_item(TableName=self._table, Key=self._key(document), ConsistentRead=True)
        return entry_of(self._plain(got.get("Item", {})))

    def entries(self) -> list[Entry]:
        """Every entry by document."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        with aws_errors("Reading the ledger"):
            entries = [entry_of(self._plain(item)) for page in pages for item in page["Items"]]
        return sorted((entry for entry in entries if entry), key=lambda entry: entry.document)

    def summaries(self) -> list[Entry]:
        """Every entry by document, from what the last call knew and what has changed since."""
        return self._listing.entries()

    def save(self, entry: Entry, owner: str) -> None:
        """Store the entry; only for the lease's owner."""
        values = {name: getattr(entry, name) for name in FIELDS if name != LEDGER_KEY}
        values |= {LEDGER_LISTED: LISTED, FORMAT: LEDGER_FORMAT}
        sets = ", ".join(f"#{name} = :{name}" for name in values)
        held = self._update(
            entry.document,
            f"SET {sets}",
            "lease_owner = :lease_owner",
            {**{f":{name}": value for name, value in values.items()}, ":lease_owner": owner},
            **{name: name for name in values},
        )
        if not held:
            raise _lease_lost(entry.document)

    def remove(self, document: str, owner: str) -> None:
        """Forget the document and the lease; only for its owner."""
        if not self._delete(document, "lease_owner = :owner", {":owner": owner}):
            raise _lease_lost(document)
        self._listing.note_removal()

    def upgrade(self) -> int:
        """Bring what is of an earlier format to this one; how many items that were.

        DynamoDB has no transaction over a table: each item is written by itself, and can be read before and after. One
        that a worker writes meanwhile is of this format by that. Lists read the whole table until all are done.
        """
        older = f"attribute_exists(#state) AND (attribute_not_exists(#{FORMAT}) OR #{FORMAT} < :{FORMAT})"
        names = {f"#{name}": name for name in ("state", FORMAT)}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=older,
            ProjectionExpression=LEDGER_KEY,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=typed({f":{FORMAT}": LEDGER_FORMAT}),
            ConsistentRead=True,
        )
        with aws_errors("Bringing the ledger to the current format"), ThreadPoolExecutor(UPGRADES_AT_ONCE) as pool:
            keys = [{LEDGER_KEY: item[LEDGER_KEY]} for page in pages for item in page["Items"]]
            done = sum(pool.map(lambda key: self._upgrade(key, older, names), keys))
            self._listing.note_complete()
        return done

    def _upgrade(self, key: Item, older: str, names: Mapping[str, str]) -> bool:
        """Whether the item was of an earlier format until now. Its time of change is set if it has none."""
        changes = {LEDGER_LISTED: LISTED, FORMAT: LEDGER_FORMAT}
        sets = [f"#{name} = :{name}" for name in changes]
        sets.append(f"#{LEDGER_CHANGED} = if_not_exists(#{LEDGER_CHANGED}, :never)")
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=f"SET {', '.join(sets)}",
                ConditionExpression=older,
                ExpressionAttributeNames={**names, **{f"#{name}": name for name in (LEDGER_LISTED, LEDGER_CHANGED)}},
                ExpressionAttributeValues=typed({**{f":{name}": one for name, one in changes.items()}, ":never": 0}),
            )
        except Exception as error:
            if condition_failed(error, self._table, LEDGER_FORMAT):
                return False
            raise
        return True

    def _update(self, document: str, update: str, condition: str, values: Item, **names: str) -> bool:
        """Whether the condition held and the item was written."""
        return self._write(document, self._client.update_item, condition, values, names, UpdateExpression=update)

    def _delete(self, document: str, condition: str, values: Item, **names: str) -> bool:
        return self._write(document, self._client.delete_item, condition, values, names)

    def _write(
        self, document: str, call: Any, condition: str, values: Item, names: Mapping[str, str], **more: Any
    ) -> bool:
        with aws_errors(f"Writing the ledger's entry of {document!r}"):
            try:
                call(
                    TableName=self._table,
                    Key=self._key(document),
                    ConditionExpression=f"{condition} AND {NOT_NEWER}",
                    ExpressionAttributeNames={f"#{name}": name for name in {**names, FORMAT: FORMAT}},
                    ExpressionAttributeValues=typed({**values, f":{FORMAT}": LEDGER_FORMAT}),
                    **SAY_WHY,
                    **more,
                )
            except Exception as error:
                if condition_failed(error, self._table, LEDGER_FORMAT):
                    return False
                raise
        return True

    def _plain(self, item: Mapping[str, Any]) -> Item:
        return plain(item, self._table, LEDGER_FORMAT)

    @staticmethod
    def _key(document: str) -> Item:
        return typed({LEDGER_KEY: document})


class DynamoConversations:
    """The Conversations port. Each user's items are one partition, so that no key reaches another user's.

    A conversation is the item `c#ID`, its messages are `m#ID#NUMBER`. With `days` above 0 DynamoDB removes items that
    long after their last write; expired items that it has not removed yet are hidden. An item says the format in which
    it was written as a whole.
    """

    def __init__(self, client: Any, table: str, days: int = 0) -> None:
        self._client = client
        self._table = table
        self._days = days

    def create(self, user: str, title: str) -> Conversation:
        """A new conversation."""
        now = _now()
        made = Conversation(id=uuid.uuid4().hex, title=title, created=now, updated=now)
        item = {"title": title, "created": now, "updated": now, "count": 0, **STAMP, **self._expires()}
        with aws_errors("Storing the conversation"):
            self._client.put_item(TableName=self._table, Item=typed({**_item_key(user, f"c#{made.id}"), **item}))
        return made

    def find(self, user: str, contains: str = "", limit: int | None = None) -> list[Conversation]:
        """The user's newest conversations, read a page at a time until there are enough."""
        part = contains.casefold()
        within = self._with_words(user, part) if part else set()
        found: list[Conversation] = []
        for item in self._query(user, "", IndexName=CONVERSATIONS_BY_TIME, ScanIndexForward=False):
            made = Conversation(item[PIECE][2:], item["title"], item["created"], item["updated"])
            if not part or made.id in within or part in made.title.casefold():
                found.append(made)
                if len(found) == limit:
                    break
        return found

    def get(self, user: str, conversation: str) -> Conversation:
        """One conversation."""
        item = self._check(user, conversation)
        return Conversation(conversation, item["title"], item["created"], item["updated"])

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Change the title."""
        self._change(user, conversation, "SET title = :title", {":title": title})

    def delete(self, user: str, conversation: str) -> None:
        """Remove the conversation: its messages first, so that what is left after a failure can still be seen."""
        self._check(user, conversation)
        keys = [typed(_item_key(user, item[PIECE])) for item in self._query(user, f"m#{conversation}#", keys_only=True)]
        of_all = self._query(UNANSWERED, f"{conversation}#", keys_only=True)
        keys += [typed(_item_key(UNANSWERED, item[PIECE])) for item in of_all]
        with aws_errors("Removing the conversation"):
            for start in range(0, len(keys), DELETE_AT_ONCE):
                RETRY(self._remove, [{"DeleteRequest": {"Key": key}} for key in keys[start : start + DELETE_AT_ONCE]])
            self._client.delete_item(TableName=self._table, Key=typed(_item_key(user, f"c#{conversation}")))

    def _remove(self, left: list[Item]) -> None:
        """Send the removals and other writes that are left; Busy if DynamoDB leaves some undone, which then is what is
        left."""
        answer = self._client.batch_write_item(RequestItems={self._table: left})
        left[:] = answer.get("UnprocessedItems", {}).get(self._table, [])
        if left:
            raise Busy("DynamoDB is too busy to change the conversation.", "Try again.")

    def messages(self, user: str, conversation: str) -> list[Message]:
        """The messages, oldest first."""
        self._check(user, conversation)
        return [message_of(item["message"]) for item in self._query(user, f"m#{conversation}#")]

    def append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Add messages, all or none, in one transaction."""
        if len({message.id for message in messages}) < len(messages):
            raise PlumblineError("The same message was sent twice.", "Reload the page.")
        APPEND_RETRY(self._append, user, conversation, messages)
        try:
            self._note(user, conversation, notes_on(messages))
        except PlumblineError as error:  # the messages are stored: they must not be stored again
            log.warning("%s", error)

    def _note(self, user: str, conversation: str, notes: Notes) -> None:
        """Note what the list of documents and that of questions without an answer show. Not in the transaction, in
        which answers that cite the same document would be in each other's way."""
        puts: list[Item] = [{**_item_key(CITED, document), "at": time.time(), **STAMP} for document in notes.cited]
        puts += [
            {
                **_item_key(UNANSWERED, f"{conversation}#{one.message}"),
                "updated": one.at,
                "asked_by": user,
                "question": question_json(one),
                **STAMP,
                **self._expires(),
            }
            for one in notes.unanswered
        ]
        writes: list[Item] = [{"PutRequest": {"Item": typed(put)}} for put in puts]
        for message in notes.replaced:
            writes.append({"DeleteRequest": {"Key": typed(_item_key(UNANSWERED, f"{conversation}#{message}"))}})
        with aws_errors("Noting what an answer cites"):
            for start in range(0, len(writes), DELETE_AT_ONCE):
                RETRY(self._remove, writes[start : start + DELETE_AT_ONCE])

    def last_cited(self) -> dict[str, float]:
        """When each document was last cited."""
        return {item[PIECE]: item["at"] for item in self._query(CITED, "")}

    def unanswered(self, user: str, limit: int) -> list[UnansweredQuestion]:
        """The newest questions without an answer."""
        newest = self._query(UNANSWERED, "", IndexName=CONVERSATIONS_BY_TIME, ScanIndexForward=False)
        return [
            question_of(message, item["question"], conversation if item["asked_by"] == user else "")
            for item in islice(newest, limit)
            for conversation, _, message in [item[PIECE].partition("#")]
        ]

    def _append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Append the messages; Busy if others were faster."""
        count = int(self._check(user, conversation)["count"])
        values = {":before": count, ":after": count + len(messages), ":now": _now(), f":{FORMAT}": CONVERSATION_FORMAT}
        update: Item = {
            "TableName": self._table,
            "Key": typed(_item_key(user, f"c#{conversation}")),
            "UpdateExpression": "SET #count = :after, updated = :now",
            "ConditionExpression": f"#count = :before AND {NOT_NEWER}",
            "ExpressionAttributeNames": {f"#{name}": name for name in ("count", FORMAT)},
        }
        if self._days:
            update["UpdateExpression"] += ", #expires = :expires"
            update["ExpressionAttributeNames"]["#expires"] = EXPIRES
            values[":expires"] = self._expires()[EXPIRES]
        update["ExpressionAttributeValues"] = typed(values)
        puts = [
            {
                **_item_key(user, f"m#{conversation}#{count + n:08d}"),
                "message": message_json(message),
                "words": message.text.casefold(),
                **STAMP,
                **self._expires(),
            }
            for n, message in enumerate(messages)
        ]
        actions = [{"Update": update}, *({"Put": {"TableName": self._table, "Item": typed(put)}} for put in puts)]
        with aws_errors("Storing the messages"):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except Exception as error:
                reasons = getattr(error, "response", {}).get("CancellationReasons", [])
                if {reason.get("Code") for reason in reasons} & {"ConditionalCheckFailed", "TransactionConflict"}:
                    raise Busy("Others keep writing to this conversation.", "Try again.") from error
                raise

    def feedback(self, user: str, conversation: str, message: str, vote: int, comment: str) -> None:
        """Store a vote and a comment."""
        self._check(user, conversation)
        for item in self._query(user, f"m#{conversation}#"):
            kept = message_of(item["message"])
            if kept.id == message:
                changed = message_json(replace(kept, vote=vote, comment=comment))
                self._set(user, item[PIECE], "SET message = :message", {":message": changed})
                return
        raise _not_found("message", message)

    def _check(self, user: str, conversation: str) -> Item:
        key = typed(_item_key(user, f"c#{conversation}"))
        with aws_errors("Reading the conversation"):
            got = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        item = self._plain(got.get("Item", {}))
        if not item or _expired(item):
            raise _not_found("conversation", conversation)
        return item

    def _change(self, user: str, conversation: str, update: str, values: Item) -> None:
        if not self._set(user, f"c#{conversation}", update, values):
            raise _not_found("conversation", conversation)

    def _set(self, user: str, item: str, update: str, values: Item) -> bool:
        with aws_errors("Changing the conversation"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=typed(_item_key(user, item)),
                    UpdateExpression=update,
                    ConditionExpression=f"attribute_exists({READER}) AND {NOT_NEWER}",
                    ExpressionAttributeNames={f"#{FORMAT}": FORMAT},
                    ExpressionAttributeValues=typed({**values, f":{FORMAT}": CONVERSATION_FORMAT}),
                    **SAY_WHY,
                )
            except Exception as error:
                if condition_failed(error, self._table, CONVERSATION_FORMAT):
                    return False
                raise
        return True

    def _with_words(self, user: str, part: str) -> set[str]:
        """The ids of the user's conversations with a message that contains `part`."""
        items = self._query(user, "m#", FilterExpression="contains(words, :part)", values={":part": part})
        return {item[PIECE].split("#")[1] for item in items}

    def _query(
        self, user: str, begin: str, values: Item | None = None, keys_only: bool = False, **more: Any
    ) -> Iterator[Item]:
        """The user's items whose sort key begins with `begin`, in order, page by page."""
        condition = f"{READER} = :user" + (f" AND begins_with({PIECE}, :begin)" if begin else "")
        values = {":user": user, **({":begin": begin} if begin else {}), **(values or {})}
        if keys_only:
            more |= {"ProjectionExpression": PIECE}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=typed(values),
            ConsistentRead=True,
            **more,
        )
        with aws_errors("Reading conversations"):
            for page in pages:
                yield from (item for item in map(self._plain, page["Items"]) if keys_only or not _expired(item))

    def _plain(self, item: Mapping[str, Any]) -> Item:
        return plain(item, self._table, CONVERSATION_FORMAT)

    def _expires(self) -> Item:
        return {EXPIRES: int(time.time()) + self._days * DAY_SECONDS} if self._days else {}


class DynamoResults:
    """The Results port: tables by name."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def save(self, table: str, run: Run, centers: tuple[str, Vectors] | None = None) -> None:
        """Store a run with its centers, in one transaction."""
        actions = [_put(table, {**run.values, "jobtype": run.jobtype, "jobdate": run.jobdate})]
        if centers:
            name, jobtypedate = centers[0], job_type_date(run.jobtype, run.jobdate)
            if len(centers[1]) >= TRANSACTION:
                raise PlumblineError(
                    f"A run can't have more than {TRANSACTION - 1} centers.", "Ask for fewer clusters."
                )
            for number, center in enumerate(centers[1].tolist()):
                # Nine significant digits restore any float32 exactly.
                row = {"jobtypedate": jobtypedate, "centroid": number, "center": [float(f"{v:.9g}") for v in center]}
                actions.append(_put(name, row))
            actions += self._surplus_centers(name, jobtypedate, len(centers[1]))
        with aws_errors(f"Storing a run in {table}"):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except Exception as error:
                for reason in getattr(error, "response", {}).get("CancellationReasons", []):
                    plain(reason.get("Item", {}), table, RESULT_FORMAT)  # that is newer
                raise

    def _surplus_centers(self, table: str, jobtypedate: str, count: int) -> list[Item]:
        """Actions that remove the surplus centers of an earlier run of the same type and date."""
        former = len(self._centers(table, jobtypedate))
        keys = [typed({"jobtypedate": jobtypedate, "centroid": number}) for number in range(count, former)]
        return [{"Delete": {"TableName": table, "Key": key}} for key in keys]

    def runs(self, table: str, jobtype: str) -> list[Run]:
        """The runs of one type, oldest first."""
        items = self._partition(table, "jobtype", jobtype)
        return [Run(item.pop("jobtype"), int(item.pop("jobdate")), item) for item in items]

    def centers(self, table: str, jobtype: str, jobdate: int) -> Vectors:
        """A run's centers."""
        items = self._centers(table, job_type_date(jobtype, jobdate))
        return np.array([item["center"] for item in items], np.float32)

    def _centers(self, table: str, jobtypedate: str) -> list[Item]:
        return self._partition(table, "jobtypedate", jobtypedate)

    def _partition(self, table: str, key: str, value: str) -> list[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression=f"{key} = :value",
            ExpressionAttributeValues=typed({":value": value}),
            ConsistentRead=True,
        )
        with aws_errors(f"Reading {table}"):
            return [plain(item, table, RESULT_FORMAT) for page in pages for item in page["Items"]]


def _put(table: str, item: Item) -> Item:
    """An action of a transaction that stores an item, in the place of any that is not newer."""
    return {
        "Put": {
            "TableName": table,
            "Item": typed({**item, FORMAT: RESULT_FORMAT}),
            "ConditionExpression": NOT_NEWER,
            "ExpressionAttributeNames": {f"#{FORMAT}": FORMAT},
            "ExpressionAttributeValues": typed({f":{FORMAT}": RESULT_FORMAT}),
            **SAY_WHY,
        }
    }


def _item_key(user: str, item: str) -> Item:
    return {READER: user, PIECE: item}


def _expired(item: Item) -> bool:
    return EXPIRES in item and item[EXPIRES] <= time.time()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _lease_lost(document: str) -> LeaseLost:
    return LeaseLost(
        f"{document!r} was taken over by another worker while this one was busy.",
        "Nothing is lost: the other worker carries on.",
    )


def _not_found(kind: str, name: str) -> NotFound:
    return NotFound(f"You have no {kind} {name!r}.", "It may have been deleted: reload the page.")
