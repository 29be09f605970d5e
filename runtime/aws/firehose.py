"""The Archive port: Firehose, which delivers to S3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from runtime.aws.clients import Busy, aws_errors
from runtime.ports import ArchiveRecord
from runtime.records import archive_line
from runtime.retry import retrying

BATCH_RECORDS = 500
BATCH_BYTES = 4 << 20
"""Firehose's quotas for one PutRecordBatch."""

ATTEMPTS = 8
"""Attempts of a batch while some records are rejected."""

RETRY = retrying(Busy, first=0.2, longest=10.0, attempts=ATTEMPTS)


class FirehoseArchive:
    """One stream for passages, one for prompts."""

    def __init__(self, client: Any, passages: str, prompts: str) -> None:
        self._client = client
        self._streams = {"passage": passages, "prompt": prompts}

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Keep the records; only those that Firehose rejects are sent again."""
        for kind, stream in self._streams.items():
            for batch in _batches([archive_line(record) for record in records if record.kind == kind]):
                RETRY(self._put, stream, batch)

    def supersede(self, document: str, version: str) -> None:
        """Nothing: Firehose's files mix documents, and expire by the bucket's rules."""

    def _put(self, stream: str, left: list[bytes]) -> None:
        """Send what is left; Busy if some is rejected, which then is what is left."""
        with aws_errors(f"Writing to the Firehose stream {stream}"):
            answer = self._client.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": line} for line in left])
        if not answer["FailedPutCount"]:
            return
        replies = answer["RequestResponses"]
        why = next(reply["ErrorCode"] for reply in replies if "ErrorCode" in reply)
        left[:] = [line for line, reply in zip(left, replies, strict=True) if "ErrorCode" in reply]
        raise Busy(
            f"The Firehose stream {stream} did not accept {len(left)} records in {ATTEMPTS} attempts: {why}.",
            "Request a higher quota for this stream, or ingest less at once; the next try resumes.",
        )


def _batches(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == BATCH_RECORDS or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch
