"""A DynamoDB table: billed per request, encrypted, restorable to any second of the last 35 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalIndex:
    """An index by a string and a number, with some of the items' other attributes."""

    name: str
    keys: tuple[str, str]
    attributes: Sequence[str]


def table(
    name: str,
    keys: Mapping[str, str],
    parent: pulumi.Resource,
    *,
    protect: bool,
    by_time: tuple[str, str] | None = None,
    by_change: GlobalIndex | None = None,
    expires: str = "",
) -> aws.dynamodb.Table:
    """A table by its keys' names and types, the partition key first. `by_time` is a local index's name and its sort
    key, a string; `by_change` is a global index; `expires` is the attribute with an item's time to live; `protect`
    keeps the table on destroy."""
    hash_key, *range_key = keys
    attributes = [{"name": key, "type": kind} for key, kind in keys.items()]
    indexes = []
    if by_time:
        index, sort_key = by_time
        attributes.append({"name": sort_key, "type": "S"})
        indexes.append(aws.dynamodb.TableLocalSecondaryIndexArgs(name=index, range_key=sort_key, projection_type="ALL"))
    global_indexes: list[aws.dynamodb.TableGlobalSecondaryIndexArgsDict] = []
    if by_change:
        attributes += [{"name": key, "type": kind} for key, kind in zip(by_change.keys, "SN", strict=True)]
        global_indexes.append(
            {  # a dictionary, since the class warns of `hash_key`, whose successor older providers lack
                "name": by_change.name,
                "hash_key": by_change.keys[0],
                "range_key": by_change.keys[1],
                "projection_type": "INCLUDE",
                "non_key_attributes": list(by_change.attributes),
            }
        )
    return aws.dynamodb.Table(
        name,
        billing_mode="PAY_PER_REQUEST",
        hash_key=hash_key,
        range_key=range_key[0] if range_key else None,
        attributes=[aws.dynamodb.TableAttributeArgs(**attribute) for attribute in attributes],
        local_secondary_indexes=indexes,
        global_secondary_indexes=global_indexes,
        ttl=aws.dynamodb.TableTtlArgs(attribute_name=expires, enabled=True) if expires else None,
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
        deletion_protection_enabled=protect,
        opts=pulumi.ResourceOptions(parent=parent, protect=protect),
    )
