"""Brings items of a table back from one that AWS restored from a point in time or a backup."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from runtime.aws.clients import aws_errors, code_of
from runtime.aws.items import CONDITION, Item
from runtime.names import OUTPUT_OF
from runtime.ports import PlumblineError

TABLES = {
    name.removeprefix("PLUMBLINE_").removesuffix("_TABLE").replace("_", "-").lower(): name
    for name in OUTPUT_OF
    if name.endswith("_TABLE")
}
"""What each table of a stack is called here, and the variable that names it."""

AT_ONCE = 16
"""Items written at once."""


@dataclass(frozen=True, slots=True)
class Restored:
    """How many items were copied, and how many were there and stayed as they are."""

    copied: int
    there: int


def restore_table(client: Any, source: str, table: str) -> Restored:
    """Copy the items of `source` that `table` lacks, so that nothing written since is lost; safe to repeat, and while
    the stack works. PlumblineError if `source` is not ready, or is of another kind."""
    with aws_errors(f"Restoring {table}"):
        keys, _ = _described(client, table)
        of_source, status = _described(client, source)
        if of_source != keys:
            raise PlumblineError(
                f"The items of {source} have the keys {', '.join(of_source)}; those of {table} have {', '.join(keys)}.",
                "Name the table that was restored from this one.",
            )
        if status != "ACTIVE":
            raise PlumblineError(
                f"{source} is not ready yet: {status}.",
                f"Run `aws dynamodb wait table-exists --table-name {source}`, then the same command again.",
            )
        with ThreadPoolExecutor(AT_ONCE) as pool:
            copied = there = 0
            for page in _pages(client, source):
                done = list(pool.map(lambda item: _copied(client, table, keys[0], item), page))
                copied, there = copied + sum(done), there + len(done) - sum(done)
    return Restored(copied, there)


def _described(client: Any, table: str) -> tuple[list[str], str]:
    """The names of a table's keys, the partition's first, and its status."""
    found = client.describe_table(TableName=table)["Table"]
    keys = sorted(found["KeySchema"], key=lambda key: key["KeyType"] != "HASH")
    return [key["AttributeName"] for key in keys], found["TableStatus"]


def _pages(client: Any, table: str) -> Iterator[list[Item]]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield page["Items"]


def _copied(client: Any, table: str, key: str, item: Item) -> bool:
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": key},
        )
    except Exception as error:
        if code_of(error) == CONDITION:
            return False
        raise
    return True
