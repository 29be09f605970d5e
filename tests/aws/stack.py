"""The ingestion of a stack on the emulator: bucket, events, queue, and the function from the zips that are deployed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components import package
from runtime.aws.clients import client
from runtime.aws.dynamodb import DynamoLedger
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, INGEST_PREFIX, PROMPT_ARCHIVE_PREFIX
from tests.aws import made
from tests.servers import ROOT

SECONDS = 300
"""Of a wait for what a deployed system does by itself."""

ROLE = "arn:aws:iam::000000000000:role/function"
MACHINE: package.Architecture = "x86_64" if os.uname().machine == "x86_64" else "arm64"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that runs the emulator's functions."""


@dataclass(frozen=True)
class Stack:
    """The environment that the outputs give, and what a test puts its files into."""

    url: str
    environment: dict[str, str]
    bucket: str
    queue: str
    dead: str

    @property
    def ledger(self) -> DynamoLedger:
        return DynamoLedger(client("dynamodb", self.url), self.environment["PLUMBLINE_LEDGER_TABLE"])

    def put(self, key: str, path: Path) -> None:
        client("s3", self.url).put_object(Bucket=self.bucket, Key=INGEST_PREFIX + key, Body=path.read_bytes())

    def delete(self, key: str) -> None:
        client("s3", self.url).delete_object(Bucket=self.bucket, Key=INGEST_PREFIX + key)

    def waiting(self, queue: str) -> int:
        """Messages of a queue, seen and unseen."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        got = client("sqs", self.url).get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(got[name]) for name in names)

    def said(self, function: str) -> list[dict[str, Any]]:
        """The JSON lines that a function has logged, oldest first."""
        pages = (
            client("logs", self.url).get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        )
        events = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
        lines = [line for event in events for line in event["message"].splitlines()]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def run(self, *arguments: str, code: int = 0) -> list[Any]:
        """The JSON lines that a command prints against the stack."""
        done = subprocess.run(
            [sys.executable, "-m", "runtime", *arguments, "--json"],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def invoke(self, function: str, event: object) -> Any:
        answer = client("lambda", self.url).invoke(FunctionName=function, Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())


def resources(url: str, models_url: str, opensearch_url: str, tries: int = 5, hidden: int = 60) -> Stack:
    """All but the functions."""
    bucket = made.bucket(url)
    queue, dead = made.queues(url, tries, hidden)
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": models_url,
        "AWS_ENDPOINT_URL_TEXTRACT": models_url,
        "PLUMBLINE_BUCKET": bucket,
        "PLUMBLINE_LEDGER_TABLE": made.ledger_table(url),
        "PLUMBLINE_CONVERSATION_TABLE": made.conversation_table(url),
        "PLUMBLINE_QUEUE_URL": queue,
        "PLUMBLINE_DEAD_LETTER_QUEUE_URL": dead,
        "PLUMBLINE_OPENSEARCH_ENDPOINT": opensearch_url,
        "PLUMBLINE_EMBEDDINGS_STREAM": made.stream(url, bucket, EMBEDDING_ARCHIVE_PREFIX),
        "PLUMBLINE_PROMPTS_STREAM": made.stream(url, bucket, PROMPT_ARCHIVE_PREFIX),
        "PLUMBLINE_DRIFT_TABLE": made.run_table(url),
        "PLUMBLINE_PROMPT_DRIFT_TABLE": made.run_table(url),
        "PLUMBLINE_CENTROID_TABLE": made.centroid_table(url),
        "PLUMBLINE_PROMPT_CENTROID_TABLE": made.centroid_table(url),
        "PLUMBLINE_DISTANCE_TABLE": made.run_table(url),
        "PLUMBLINE_EMBEDDINGS_MODEL": "tei-words",
        "PLUMBLINE_TEXT_MODEL": "messages-words",
        **{name: os.environ[name] for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
    }
    return Stack(url, environment, bucket, queue, dead)


def deployed(stack: Stack, seconds: int = 60) -> dict[str, str]:
    """The functions by handler, with the queue before `reconcile` and the bucket's events before the queue."""
    url = stack.url
    layer = package.layer(package.PACKAGES, MACHINE, HERE)
    code = package.function(package.PACKAGES)
    lambdas = client("lambda", url)
    client("s3", url).upload_file(str(layer), stack.bucket, layer.name)
    stored = {"S3Bucket": stack.bucket, "S3Key": layer.name}
    published = lambdas.publish_layer_version(LayerName=made.new_name("layer"), Content=stored)
    functions = {}
    for handler in ("reconcile", "reconcile_all", "ensure_index"):
        functions[handler] = made.new_name(handler)
        lambdas.create_function(
            FunctionName=functions[handler],
            Runtime=f"python{HERE}",
            Handler=f"runtime.handlers.{handler}",
            Role=ROLE,
            Code={"ZipFile": code.read_bytes()},
            Layers=[published["LayerVersionArn"]],
            Timeout=seconds,
            MemorySize=3008,
            Environment={"Variables": stack.environment},
        )
    sqs = client("sqs", url)
    arn = sqs.get_queue_attributes(QueueUrl=stack.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lambdas.create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=functions["reconcile"],
        BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )
    client("s3", url).put_bucket_notification_configuration(
        Bucket=stack.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    rule = made.new_name("rule")
    events = client("events", url)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [stack.bucket]}, "object": {"key": [{"prefix": INGEST_PREFIX}]}},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    return functions


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.25)
    return value
