"""The queue of documents to reconcile, and its dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.aws.clients import AwsError, aws_errors
from runtime.names import INGEST_PREFIX
from runtime.ports import Entry, PlumblineError

AT_ONCE = 10
"""Maximum messages per request."""

WAIT_SECONDS = 2
HIDDEN_SECONDS = 60
"""How long a dead letter stays hidden from others while it is moved."""


class BadMessage(PlumblineError):
    """A message that names no document."""


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """A request to reconcile a document; `force` reads it again though it is unchanged, unless it is ready, `remove`
    removes it if its file is gone."""

    key: str
    force: bool = False
    remove: bool = False

    @classmethod
    def read(cls, body: str) -> IngestRequest:
        """Parse one of our messages, or an S3 event from EventBridge; BadMessage otherwise."""
        try:
            message = json.loads(body)
            if "detail" in message:
                key = message["detail"]["object"]["key"]
                if isinstance(key, str) and key.startswith(INGEST_PREFIX) and key != INGEST_PREFIX:
                    return cls(key.removeprefix(INGEST_PREFIX))
            elif isinstance(message["key"], str):
                return cls(message["key"], message.get("again") is True, message.get("remove") is True)
        except (ValueError, KeyError, TypeError) as error:
            raise _bad(body) from error
        raise _bad(body)

    @property
    def is_folder(self) -> bool:
        """Whether it is only a folder marker, as DataSync creates them."""
        return self.key.endswith("/")


@dataclass(frozen=True, slots=True)
class Redriven:
    """The result of a redrive: the documents to be reconciled again, and the messages that name none and stay."""

    keys: list[str]
    unreadable: list[str]


class Queue:
    """Our own messages are `{"key": DOCUMENT, "again": BOOL, "remove": BOOL}`."""

    def __init__(self, client: Any, url: str, dead_letter_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def send(self, keys: Sequence[str], *, force: bool = False, remove: bool = False, delay: int = 0) -> None:
        """Queue documents to be reconciled, after `delay` seconds."""
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            bodies = [json.dumps({"key": key, "again": force, "remove": remove}, ensure_ascii=False) for key in some]
            entries = [{"Id": str(n), "MessageBody": body, "DelaySeconds": delay} for n, body in enumerate(bodies)]
            with aws_errors("Sending to the queue of documents"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if failed := answer.get("Failed"):
                raise AwsError(
                    f"The queue did not accept {len(failed)} of {len(some)} messages: {failed[0].get('Message')}.",
                    "Try again: sending a message twice does no harm.",
                )

    def is_empty(self) -> bool:
        """Whether no message is waiting, delayed, or being worked on, as far as SQS knows."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        with aws_errors("Looking at the queue of documents"):
            answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return not any(int(answer["Attributes"][name]) for name in names)

    def send_dead_letter(self, entry: Entry) -> None:
        """Report a document that can't be read to the operator, with the reason."""
        body = {"key": entry.document, "state": entry.state, "reason": entry.reason, "remedy": entry.remedy}
        with aws_errors("Sending to the dead-letter queue"):
            self._client.send_message(QueueUrl=self._dead_letter_url, MessageBody=json.dumps(body, ensure_ascii=False))

    def redrive(self) -> Redriven:
        """Move the dead letters back: each document is read again though it is unchanged, unless it is ready.

        A letter is removed once its document is in the queue; if the process is killed in between, it is moved once
        more, which does no harm.
        """
        done = Redriven([], [])
        for letter in self._dead_letters():
            try:
                request = IngestRequest.read(letter["Body"])
            except BadMessage:
                done.unreadable.append(letter["Body"])
                continue
            if request.key not in done.keys:
                self.send([request.key], force=True)
                done.keys.append(request.key)
            with aws_errors("Removing a dead letter"):
                self._client.delete_message(QueueUrl=self._dead_letter_url, ReceiptHandle=letter["ReceiptHandle"])
        return done

    def _dead_letters(self) -> Iterator[dict[str, Any]]:
        """The dead letters, each once."""
        while True:
            with aws_errors("Reading the dead-letter queue"):
                answer = self._client.receive_message(
                    QueueUrl=self._dead_letter_url,
                    MaxNumberOfMessages=AT_ONCE,
                    WaitTimeSeconds=WAIT_SECONDS,
                    VisibilityTimeout=HIDDEN_SECONDS,
                )
            if not (letters := answer.get("Messages", [])):
                return
            yield from letters


def _bad(body: str) -> BadMessage:
    return BadMessage(f"The message {body[:200]!r} names no document.", "Check what sends to the queue.")
