"""Counts the pages that are sent to Textract, and stops at the month's limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from runtime.aws.clients import aws_errors, code_of
from runtime.aws.dynamodb import CONDITION
from runtime.names import LEDGER_KEY
from runtime.ports import RecognitionLimit

KEY = "/recognized/{month}"
"""The ledger's item with a month's count. No document's key begins with a slash."""


def _now() -> datetime:
    return datetime.now(UTC)


class PageMeter:
    """At most `limit` pages in a calendar month (UTC, as AWS bills), 0 for no limit: all workers count in one item of
    the ledger's table."""

    def __init__(self, client: Any, table: str, limit: int, now: Callable[[], datetime] = _now) -> None:
        self._client = client
        self._table = table
        self._limit = limit
        self._now = now

    def take(self) -> None:
        """Count a page that is about to be sent; RecognitionLimit if the month has none left.

        A page that Textract then refuses stays counted; a request that is repeated after a lost connection counts once.
        """
        if not self._limit:
            return
        with aws_errors("Counting a page to recognize"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=self._key(),
                    UpdateExpression="ADD #pages :one",
                    ConditionExpression="attribute_not_exists(#pages) OR #pages < :limit",
                    ExpressionAttributeNames={"#pages": "pages"},
                    ExpressionAttributeValues={":one": {"N": "1"}, ":limit": {"N": str(self._limit)}},
                )
            except Exception as error:
                if code_of(error) != CONDITION:
                    raise
                raise RecognitionLimit(
                    f"The month's limit of {self._limit:,} recognized pages is used up.",
                    "It continues next month, or raise plumbline:recognitionPagesPerMonth.",
                ) from error

    def has_room(self) -> bool:
        """Whether the month has pages left."""
        if not self._limit:
            return True
        with aws_errors("Looking up how many pages were recognized"):
            item = self._client.get_item(TableName=self._table, Key=self._key(), ConsistentRead=True).get("Item", {})
        return int(item["pages"]["N"]) < self._limit if item else True

    def _key(self) -> dict[str, dict[str, str]]:
        return {LEDGER_KEY: {"S": KEY.format(month=f"{self._now():%Y-%m}")}}
