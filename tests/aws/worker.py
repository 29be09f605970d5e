"""A stand-in for Lambda's poller: takes messages from the queue and calls the handler, until it is killed.

A test kills it at any moment. Its leases and waits are short, so that what was killed comes again soon.
"""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"

from runtime import handlers, ingest
from runtime.aws.clients import client

LEASE_SECONDS = 3.0
TIME_LIMIT_MS = 60_000


class Context:
    """What the handler asks of Lambda's context."""

    function_name = "reconcile"
    memory_limit_in_mb = 3008
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:reconcile"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return TIME_LIMIT_MS


def event_of(message: dict[str, Any]) -> dict[str, Any]:
    """Lambda's event for one message."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": message["Attributes"]["ApproximateReceiveCount"]},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:queue",
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def main() -> None:
    """Serve the queue."""
    ingest.LEASE_SECONDS = LEASE_SECONDS
    handlers.BUSY_SECONDS = 1
    sqs, queue = client("sqs"), os.environ["PLUMBLINE_QUEUE_URL"]
    print("ready", flush=True)
    while True:
        got = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in got.get("Messages", []):
            try:
                failed = handlers.reconcile(event_of(message), Context())["batchItemFailures"]
            except Exception as error:
                print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr, flush=True)
                continue
            if not failed:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    main()
