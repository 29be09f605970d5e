"""Counts the pages that are sent to Textract, and stops at the month's limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from runtime.aws.clients import aws_errors
from runtime.aws.items import FORMAT, NOT_NEWER, SAY_WHY, condition_failed, plain, typed
from runtime.names import LEDGER_FORMAT, LEDGER_KEY
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
                    UpdateExpression=f"SET #{FORMAT} = :{FORMAT} ADD #pages :one",
                    ConditionExpression=f"(attribute_not_exists(#pages) OR #pages < :limit) AND {NOT_NEWER}",
                    ExpressionAttributeNames={f"#{name}": name for name in ("pages", FORMAT)},
                    ExpressionAttributeValues=typed({":one": 1, ":limit": self._limit, f":{FORMAT}": LEDGER_FORMAT}),
                    **SAY_WHY,
                )
            except Exception as error:
                if not condition_failed(error, self._table, LEDGER_FORMAT):
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
        return bool(plain(item, self._table, LEDGER_FORMAT).get("pages", 0) < self._limit)

    def _key(self) -> dict[str, dict[str, str]]:
        return {LEDGER_KEY: {"S": KEY.format(month=f"{self._now():%Y-%m}")}}
