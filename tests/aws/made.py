"""Resources on the emulator as the stack makes them, empty and with names of their own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.credentials import Credentials
from opensearchpy import OpenSearch

from runtime.aws.clients import client
from runtime.aws.dynamodb import DynamoResults
from runtime.aws.firehose import FirehoseArchive
from runtime.aws.opensearch import connect
from runtime.names import (
    CONVERSATION_KEYS,
    CONVERSATIONS_BY_TIME,
    EMBEDDING_ARCHIVE_PREFIX,
    EXPIRES,
    LEDGER_BY_CHANGE,
    LEDGER_CHANGED,
    LEDGER_KEY,
    LEDGER_LISTED,
    LEDGER_SUMMARY,
    PROMPT_ARCHIVE_PREFIX,
)

KEYS = Credentials("testing", "testing")
"""The credentials of the tests."""

RUNS = {"jobtype": "S", "jobdate": "N"}
CENTROIDS = {"jobtypedate": "S", "centroid": "N"}


def new_name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def search_client(url: str, **options: Any) -> OpenSearch:
    """A client of a domain."""
    return connect(url, KEYS, "eu-central-1", **options)


def bucket(url: str, *, versioned: bool = False) -> str:
    made, s3 = new_name("bucket"), client("s3", url)
    s3.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    if versioned:
        s3.put_bucket_versioning(Bucket=made, VersioningConfiguration={"Status": "Enabled"})
    return made


def _table(url: str, keys: Mapping[str, str], name: str = "", **more: object) -> str:
    """A table by its keys' names and types, the partition's first."""
    made = name or new_name("table")
    indexed = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
    attributes = [{"AttributeName": key, "AttributeType": kind} for key, kind in keys.items()]
    client("dynamodb", url).create_table(
        TableName=made,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=indexed,
        **{"AttributeDefinitions": attributes, **more},
    )
    return made


def ledger_table(url: str) -> str:
    made = older_ledger_table(url)
    kinds = {LEDGER_KEY: "S", LEDGER_LISTED: "S", LEDGER_CHANGED: "N"}
    by_change = {
        "IndexName": LEDGER_BY_CHANGE,
        "KeySchema": [
            {"AttributeName": LEDGER_LISTED, "KeyType": "HASH"},
            {"AttributeName": LEDGER_CHANGED, "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(LEDGER_SUMMARY)},
    }
    client("dynamodb", url).update_table(
        TableName=made,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()],
        GlobalSecondaryIndexUpdates=[{"Create": by_change}],
    )
    return made


def older_ledger_table(url: str) -> str:
    """As it was before it had an index."""
    return _table(url, {LEDGER_KEY: "S"})


def conversation_table(url: str) -> str:
    owner, item = CONVERSATION_KEYS
    by_time = {
        "IndexName": CONVERSATIONS_BY_TIME,
        "KeySchema": [
            {"AttributeName": owner, "KeyType": "HASH"},
            {"AttributeName": "updated", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    attributes = [{"AttributeName": one, "AttributeType": "S"} for one in (owner, item, "updated")]
    made = _table(url, {owner: "S", item: "S"}, AttributeDefinitions=attributes, LocalSecondaryIndexes=[by_time])
    client("dynamodb", url).update_time_to_live(
        TableName=made, TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES}
    )
    return made


def run_table(url: str) -> str:
    return _table(url, RUNS)


def centroid_table(url: str) -> str:
    return _table(url, CENTROIDS)


def results(url: str) -> DynamoResults:
    """The results over empty tables by the names that the contract suite uses."""
    dynamodb = client("dynamodb", url)
    there = dynamodb.list_tables()["TableNames"]
    for table, keys in (*((name, RUNS) for name in ("drift", "distance", "none")), ("centroids", CENTROIDS)):
        if table in there:
            dynamodb.delete_table(TableName=table)
        _table(url, keys, name=table)
    return DynamoResults(dynamodb)


def stream(url: str, into: str, prefix: str) -> str:
    """A Firehose stream that delivers into a bucket below a prefix."""
    made = new_name("stream")
    client("firehose", url).create_delivery_stream(
        DeliveryStreamName=made,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
            "BucketARN": f"arn:aws:s3:::{into}",
            "Prefix": prefix,
            "CompressionFormat": "GZIP",
        },
    )
    return made


def queues(url: str, tries: int = 5, hidden: int = 60) -> tuple[str, str]:
    """A queue and its dead-letter queue, by URL; a message is tried so often, hidden so many seconds meanwhile."""
    sqs = client("sqs", url)
    dead = sqs.create_queue(QueueName=new_name("dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": tries})
    attributes = {"RedrivePolicy": policy, "VisibilityTimeout": str(hidden)}
    return sqs.create_queue(QueueName=new_name("queue"), Attributes=attributes)["QueueUrl"], dead


class KeptByFirehose(FirehoseArchive):
    """The archive of two streams, and the names and contents of what they delivered."""

    def __init__(self, url: str) -> None:
        self._bucket = bucket(url)
        self._s3 = client("s3", url)
        prefixes = (EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX)
        super().__init__(client("firehose", url), *(stream(url, self._bucket, prefix) for prefix in prefixes))

    def files(self) -> dict[str, bytes]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        return {key: self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read() for key in keys}
