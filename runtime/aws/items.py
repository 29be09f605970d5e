"""DynamoDB's items: their types, their format, and the condition that keeps a newer one from being overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from runtime.aws.clients import code_of
from runtime.formats import FIRST, check_format
from runtime.names import CONVERSATION_KEYS, LEDGER_KEY

Item = dict[str, Any]

FORMAT = "format"
NOT_NEWER = "(attribute_not_exists(#format) OR #format <= :format)"
"""The condition of each write to an item that may exist: a later version of Plumbline has not written it."""

CONDITION = "ConditionalCheckFailedException"
KEYS = (LEDGER_KEY, CONVERSATION_KEYS[1], "jobtype", "jobdate", "jobtypedate", "centroid")
"""What identifies an item in a message."""

SAY_WHY = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
"""Have a write whose condition fails return the item."""

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def typed(values: Mapping[str, Any]) -> Item:
    """Values in DynamoDB's types."""
    return {name: _serializer.serialize(_decimal(value)) for name, value in values.items()}


def plain(item: Mapping[str, Any], table: str, known: int) -> Item:
    """An item's values without its format; NewerFormat if that is later than the last one `known`."""
    values = {name: _number(_deserializer.deserialize(value)) for name, value in item.items()}
    key = ", ".join(str(values[name]) for name in KEYS if name in values)
    check_format(f"The item {key!r} of the table {table}", values.pop(FORMAT, FIRST), known)
    return values


def condition_failed(error: BaseException, table: str, known: int) -> bool:
    """Whether a write's condition did not hold; NewerFormat if that is because the item is newer."""
    if code_of(error) != CONDITION:
        return False
    plain(getattr(error, "response", {}).get("Item", {}), table, known)
    return True


def _decimal(value: Any) -> Any:
    """Floats as decimals that restore them exactly."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _decimal(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_decimal(part) for part in value]
    return value


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _number(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_number(part) for part in value]
    return value
