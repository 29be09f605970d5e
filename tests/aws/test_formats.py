"""What DynamoDB keeps says its format: what earlier versions have stored is read, what later ones have is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from runtime.aws.clients import client
from runtime.aws.dynamodb import DynamoConversations, DynamoLedger, DynamoResults
from runtime.aws.items import typed
from runtime.aws.meter import PageMeter
from runtime.formats import NewerFormat
from runtime.names import CONVERSATION_FORMAT, LEDGER_FORMAT, LEDGER_KEY, LEDGER_SUMMARY, RESULT_FORMAT
from runtime.ports import Entry, Message, Run
from tests.aws import made

pytestmark = pytest.mark.xdist_group("servers")

AT = "2026-01-01T00:00:00+00:00"


def items(url: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client("dynamodb", url).scan(TableName=table)["Items"]
    return found


def stamped(url: str, table: str, key: dict[str, Any], number: int | None) -> dict[str, Any]:
    """Give an item another format, or none; the item as it is then."""
    dynamodb = client("dynamodb", url)
    change = "REMOVE #f" if number is None else "SET #f = :f"
    values = {} if number is None else {"ExpressionAttributeValues": typed({":f": number})}
    got = dynamodb.update_item(
        TableName=table,
        Key=typed(key),
        UpdateExpression=change,
        ExpressionAttributeNames={"#f": "format"},
        ReturnValues="ALL_NEW",
        **values,
    )
    kept: dict[str, Any] = got["Attributes"]
    return kept


def refused(call: Callable[[], object], table: str, item: str, known: int) -> None:
    with pytest.raises(NewerFormat) as raised:
        call()
    assert raised.value.reason == (
        f"The item {item!r} of the table {table} has format {known + 1}; this version of Plumbline reads formats up to "
        f"{known}."
    )
    assert "Update Plumbline" in raised.value.remedy


def test_an_entry_of_an_earlier_version_is_read_and_of_this_format_from_its_next_write(ministack: str) -> None:
    table = made.ledger_table(ministack)
    ledger = DynamoLedger(client("dynamodb", ministack), table)
    older = {"document": "a.pdf", "state": "ready", "version": "v1", "pages": 3, "updated": 1.5}
    client("dynamodb", ministack).put_item(TableName=table, Item=typed(older))
    assert ledger.get("a.pdf") == Entry("a.pdf", "ready", version="v1", pages=3, updated=1.5)
    assert ledger.lease("a.pdf", "me", 60)
    assert "format" not in items(ministack, table)[0]
    ledger.save(Entry("a.pdf", "reading"), "me")
    assert items(ministack, table)[0]["format"] == {"N": str(LEDGER_FORMAT)}


def test_an_entry_of_a_later_version_is_refused_by_name_and_stays_as_it_is(ministack: str) -> None:
    table = made.ledger_table(ministack)
    ledger = DynamoLedger(client("dynamodb", ministack), table)
    assert ledger.lease("a.pdf", "me", 60)
    ledger.save(Entry("a.pdf", "ready"), "me")
    newer = stamped(ministack, table, {"document": "a.pdf"}, LEDGER_FORMAT + 1)
    for call in (
        lambda: ledger.get("a.pdf"),
        ledger.entries,
        ledger.summaries,
        lambda: ledger.lease("a.pdf", "me", 60),
        lambda: ledger.lease("a.pdf", "another", 60),
        lambda: ledger.save(Entry("a.pdf", "reading"), "me"),
        lambda: ledger.remove("a.pdf", "me"),
        lambda: ledger.release("a.pdf", "me"),
    ):
        refused(call, table, "a.pdf", LEDGER_FORMAT)
    assert ledger.upgrade() == 0
    assert [item for item in items(ministack, table) if item["document"] == {"S": "a.pdf"}] == [newer]


def test_the_count_of_recognized_pages_is_refused_where_it_is_newer(ministack: str) -> None:
    table = made.ledger_table(ministack)
    meter = PageMeter(client("dynamodb", ministack), table, 5)
    meter.take()
    (item,) = items(ministack, table)
    assert item["format"] == {"N": str(LEDGER_FORMAT)}
    key = item[LEDGER_KEY]["S"]
    stamped(ministack, table, {LEDGER_KEY: key}, None)  # as an earlier version counted
    meter.take()
    newer = stamped(ministack, table, {LEDGER_KEY: key}, LEDGER_FORMAT + 1)
    refused(meter.take, table, key, LEDGER_FORMAT)
    refused(meter.has_room, table, key, LEDGER_FORMAT)
    assert items(ministack, table) == [newer]
    assert newer["pages"] == {"N": "2"}


def test_a_conversation_of_an_earlier_version_goes_on_and_one_of_a_later_version_is_refused(ministack: str) -> None:
    table = made.conversation_table(ministack)
    conversations = DynamoConversations(client("dynamodb", ministack), table)
    talk = conversations.create("ann", "Boilers")
    conversations.append("ann", talk.id, [Message("1", "user", "text", AT)])
    keys = [{name: item[name]["S"] for name in ("reader", "piece")} for item in items(ministack, table)]
    assert [stamped(ministack, table, key, None).get("format") for key in keys] == [None, None]
    conversations.append("ann", talk.id, [Message("2", "user", "text", AT)])
    conversations.feedback("ann", talk.id, "1", 1, "")
    conversations.rename("ann", talk.id, "Kettles")
    assert [(message.id, message.vote) for message in conversations.messages("ann", talk.id)] == [("1", 1), ("2", 0)]
    assert [found.title for found in conversations.find("ann")] == ["Kettles"]

    last = f"m#{talk.id}#00000001"
    stamped(ministack, table, {"reader": "ann", "piece": last}, CONVERSATION_FORMAT + 1)
    refused(lambda: conversations.messages("ann", talk.id), table, last, CONVERSATION_FORMAT)
    refused(lambda: conversations.feedback("ann", talk.id, "2", 1, ""), table, last, CONVERSATION_FORMAT)
    whole = f"c#{talk.id}"
    stamped(ministack, table, {"reader": "ann", "piece": whole}, CONVERSATION_FORMAT + 1)
    before = items(ministack, table)
    for call in (
        lambda: conversations.find("ann"),
        lambda: conversations.messages("ann", talk.id),
        lambda: conversations.append("ann", talk.id, [Message("3", "user", "text", AT)]),
        lambda: conversations.rename("ann", talk.id, "Boilers"),
        lambda: conversations.delete("ann", talk.id),
    ):
        refused(call, table, whole, CONVERSATION_FORMAT)
    assert items(ministack, table) == before


def test_a_result_of_a_later_version_is_neither_read_nor_overwritten(ministack: str) -> None:
    table, centers = made.run_table(ministack), made.centroid_table(ministack)
    results = DynamoResults(client("dynamodb", ministack))
    two = np.eye(2, dtype=np.float32)
    results.save(table, Run("BASELINE", 10, {"score": 1}), (centers, two))
    for name in (table, centers):
        assert {item["format"]["N"] for item in items(ministack, name)} == {str(RESULT_FORMAT)}
    stamped(ministack, table, {"jobtype": "BASELINE", "jobdate": 10}, None)  # as an earlier version stored it
    assert results.runs(table, "BASELINE") == [Run("BASELINE", 10, {"score": 1})]
    results.save(table, Run("BASELINE", 10, {"score": 2}), (centers, two))
    newer = stamped(ministack, table, {"jobtype": "BASELINE", "jobdate": 10}, RESULT_FORMAT + 1)
    refused(lambda: results.runs(table, "BASELINE"), table, "BASELINE, 10", RESULT_FORMAT)
    refused(lambda: results.save(table, Run("BASELINE", 10, {})), table, "BASELINE, 10", RESULT_FORMAT)
    assert items(ministack, table) == [newer]
    stamped(ministack, centers, {"jobtypedate": "BASELINE#10", "centroid": 1}, RESULT_FORMAT + 1)
    refused(lambda: results.centers(centers, "BASELINE", 10), centers, "BASELINE#10, 1", RESULT_FORMAT)


def test_every_field_of_an_entry_is_in_the_index_or_left_out_of_it_on_purpose() -> None:
    left_out = {"index", "reading", "tag", "carry", "version_ids", "left"}
    keys = {"document", "updated"}
    assert {field.name for field in fields(Entry)} == left_out | keys | (set(LEDGER_SUMMARY) - {"format"})
    assert len(LEDGER_SUMMARY) <= 20
