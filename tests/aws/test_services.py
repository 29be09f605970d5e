"""What the adapters of S3, DynamoDB, Firehose, CloudWatch and SQS do when the service fails; by a proxy before it."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from runtime.aws import clients, firehose
from runtime.aws.clients import AwsError, client
from runtime.aws.cloudwatch import CloudWatchMetrics
from runtime.aws.dynamodb import DynamoConversations, DynamoLedger
from runtime.aws.firehose import FirehoseArchive
from runtime.aws.s3 import S3Documents
from runtime.aws.sqs import BadMessage, IngestRequest, Queue
from runtime.evidence import DocumentDeleted, Evidence, VersionNotKept
from runtime.ports import ArchiveRecord, Entry, LeaseLost, Message, NotFound
from runtime.retry import pauses
from runtime.versions import version_of
from tests import pdfs
from tests.aws import made
from tests.aws import proxy as proxies
from tests.aws.proxy import HALF, HANG, RESET, Answer, Proxy

pytestmark = pytest.mark.xdist_group("servers")

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
THROTTLED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
CONDITION = b'{"__type": "ConditionalCheckFailedException", "message": "The conditional request failed"}'


@pytest.fixture
def proxy(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for retry in ("firehose.RETRY", "s3.RETRY", "dynamodb.RETRY", "dynamodb.APPEND_RETRY"):
        monkeypatch.setattr(f"runtime.aws.{retry}.wait", pauses(0.01, 0.1))
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff._MAX_BACKOFF", 0.05, raising=False)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0.01)
    with proxies.before(ministack) as proxy:
        yield proxy


def records(count: int, size: int = 4) -> list[ArchiveRecord]:
    vector = np.ones(size, np.float32)
    return [
        ArchiveRecord(f"p{n}", "passage", "a.pdf", 1, f"Text {n}", "model", "2026-01-01T00:00:00+00:00", vector)
        for n in range(count)
    ]


def archive(proxy: Proxy) -> FirehoseArchive:
    return FirehoseArchive(client("firehose", proxy.url), "passages", "prompts")


def taken_by(proxy: Proxy, refuse: int) -> list[list[str]]:
    """Make Firehose refuse every `refuse`th record of a request; the ids that it took, by request."""
    taken: list[list[str]] = []

    def some(path: str, body: bytes) -> Answer:
        ids = [json.loads(base64.b64decode(one["Data"]))["id"] for one in json.loads(body)["Records"]]
        refused = [bool(refuse) and n % refuse == 0 for n in range(len(ids))]
        taken.append([id_ for id_, no in zip(ids, refused, strict=True) if not no])
        error = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        replies = [error if no else {"RecordId": "r"} for no in refused]
        return 200, json.dumps({"FailedPutCount": sum(refused), "RequestResponses": replies}).encode()

    proxy.fault = some
    return taken


def test_a_third_of_the_records_refused_each_time_is_sent_again_until_all_are_taken(proxy: Proxy) -> None:
    taken = taken_by(proxy, 3)
    proxy_fault = proxy.fault

    def until_few(path: str, body: bytes) -> object:
        if len(json.loads(body)["Records"]) > 2:
            return proxy_fault(path, body)
        taken.append([json.loads(base64.b64decode(one["Data"]))["id"] for one in json.loads(body)["Records"]])
        replies = [{"RecordId": "r"} for _ in taken[-1]]
        return 200, json.dumps({"FailedPutCount": 0, "RequestResponses": replies}).encode()

    proxy.fault = until_few  # type: ignore[assignment]
    archive(proxy).write(records(90))
    everything = [id_ for request in taken for id_ in request]
    assert sorted(everything) == sorted(f"p{n}" for n in range(90))
    assert len(taken) > 3


def test_records_that_firehose_never_takes_are_an_error_that_counts_them(proxy: Proxy) -> None:
    taken_by(proxy, 1)
    with pytest.raises(AwsError, match=r"passages did not accept 5 records.*ServiceUnavailableException"):
        archive(proxy).write(records(5))
    assert len(proxy.seen) == firehose.ATTEMPTS


def test_a_request_has_at_most_500_records_and_4_mib(proxy: Proxy) -> None:
    taken = taken_by(proxy, 0)
    archive(proxy).write(records(1203))
    assert [len(request) for request in taken] == [500, 500, 203]
    taken.clear()
    proxy.seen.clear()
    archive(proxy).write(records(20, size=100_000))
    sizes = [sum(len(base64.b64decode(one["Data"])) for one in json.loads(body)["Records"]) for _, body in proxy.seen]
    assert max(sizes) <= 4 << 20
    assert len(sizes) > 1
    assert sum(map(len, taken)) == 20


@pytest.mark.parametrize(
    "fault", [(503, SLOW_DOWN), RESET, HALF, HANG], ids=["busy", "reset", "half a copy", "no answer"]
)
def test_a_copy_survives_what_the_network_does(
    proxy: Proxy, ministack: str, tmp_path: Path, fault: Answer | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == HANG:  # of the others none is waited for, and a busy machine may take a second for what it answers
        monkeypatch.setattr(clients, "READ_SECONDS", 3.0)
    bucket = made.bucket(ministack)
    content = np.random.default_rng(0).bytes(3_000_000)
    (tmp_path / "source").write_bytes(content)
    S3Documents(client("s3", ministack), bucket).put("a.pdf", tmp_path / "source")
    left = iter(range(2))
    proxy.fault = lambda path, body: fault if next(left, None) is not None else None
    documents = S3Documents(client("s3", proxy.url), bucket)
    assert documents.fetch("a.pdf", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert len(proxy.seen) == 3


def test_a_copy_that_breaks_each_time_is_an_error_and_one_that_is_refused_is_not_asked_for_again(
    proxy: Proxy, ministack: str, tmp_path: Path
) -> None:
    bucket = made.bucket(ministack)
    (tmp_path / "source").write_bytes(b"%PDF-1.7" * 1000)
    S3Documents(client("s3", ministack), bucket).put("a.pdf", tmp_path / "source")
    documents = S3Documents(client("s3", proxy.url), bucket)
    proxy.fault = lambda path, body: HALF
    with pytest.raises(AwsError, match=r"Copying 'a\.pdf' failed"):
        documents.fetch("a.pdf", tmp_path / "copy")
    assert len(proxy.seen) == 4
    proxy.seen.clear()
    proxy.fault = lambda path, body: RESET
    with pytest.raises(AwsError, match=r"Copying 'a\.pdf' failed"):
        documents.fetch("a.pdf", tmp_path / "copy")
    assert len(proxy.seen) == clients.ATTEMPTS


def test_a_service_that_stays_busy_or_refuses_is_an_error_that_says_what_was_done(proxy: Proxy, tmp_path: Path) -> None:
    documents = S3Documents(client("s3", proxy.url), "bucket")
    proxy.fault = lambda path, body: (503, SLOW_DOWN)
    with pytest.raises(AwsError, match=r"Copying 'a.pdf' failed: .*SlowDown"):
        documents.fetch("a.pdf", tmp_path / "copy")
    assert len(proxy.seen) == clients.ATTEMPTS
    proxy.fault = lambda path, body: (403, b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>")
    with pytest.raises(AwsError, match="AccessDenied") as refused:
        documents.fetch("a.pdf", tmp_path / "copy")
    assert "role" in refused.value.remedy


def test_a_file_that_can_not_be_stored_is_an_error_that_says_so(proxy: Proxy, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"%PDF-1.7")
    with pytest.raises(AwsError, match=r"Storing 'a.pdf' failed: .*NoSuchBucket"):
        S3Documents(client("s3", proxy.url), "no-such-bucket").put("a.pdf", tmp_path / "source")


def test_a_ledger_survives_throttling_and_resets(proxy: Proxy, ministack: str) -> None:
    table = made.ledger_table(ministack)
    ledger = DynamoLedger(client("dynamodb", proxy.url), table)
    faults: list[Answer | bytes | str | None] = [(503, b"{}"), RESET, (400, THROTTLED)]
    proxy.fault = lambda path, body: faults.pop() if faults else None
    assert ledger.lease("a.pdf", "me", 60)
    ledger.save(Entry("a.pdf", "reading"), "me")
    assert ledger.get("a.pdf") == Entry("a.pdf", "reading")
    assert len(proxy.seen) == 6


def test_a_condition_that_fails_is_a_lost_lease_and_nothing_is_written(proxy: Proxy, ministack: str) -> None:
    table = made.ledger_table(ministack)
    ledger = DynamoLedger(client("dynamodb", proxy.url), table)
    assert ledger.lease("a.pdf", "me", 60)
    proxy.fault = lambda path, body: (400, CONDITION) if b"lease_owner" in body else None
    assert not ledger.lease("a.pdf", "me", 60)
    with pytest.raises(LeaseLost):
        ledger.save(Entry("a.pdf", "reading"), "me")
    with pytest.raises(LeaseLost):
        ledger.remove("a.pdf", "me")
    assert ledger.get("a.pdf") is None


def test_messages_of_several_writers_at_once_are_all_kept_in_order(ministack: str) -> None:
    conversations = DynamoConversations(client("dynamodb", ministack), made.conversation_table(ministack))
    talk = conversations.create("ann", "Boilers")

    def write(writer: int) -> None:
        for n in range(3):
            name = f"{writer}-{n}"
            both = [Message(f"{name}-{kind}", "user", name, "2026-01-01T00:00:00+00:00") for kind in "qa"]
            conversations.append("ann", talk.id, both)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [message.id for message in conversations.messages("ann", talk.id)]
    assert len(set(ids)) == len(ids) == 18
    assert all(a[:-1] == b[:-1] for a, b in zip(ids[::2], ids[1::2], strict=True))


def test_a_writer_whom_others_always_precede_is_told_so(proxy: Proxy, ministack: str) -> None:
    conversations = DynamoConversations(client("dynamodb", proxy.url), made.conversation_table(ministack))
    talk = conversations.create("ann", "Boilers")
    message = Message("1", "user", "text", "2026-01-01T00:00:00+00:00")
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    canceled = json.dumps({"__type": "TransactionCanceledException", "CancellationReasons": reasons}).encode()
    proxy.fault = lambda path, body: (400, canceled) if "TransactWriteItems" in path else None
    with pytest.raises(AwsError, match="Others keep writing"):
        conversations.append("ann", talk.id, [message])
    assert proxy.times("TransactWriteItems") == 10
    proxy.fault = lambda path, body: None
    conversations.append("ann", talk.id, [message])
    assert [kept.id for kept in conversations.messages("ann", talk.id)] == ["1"]


def test_messages_that_the_service_leaves_undeleted_are_sent_again_and_only_those(proxy: Proxy, ministack: str) -> None:
    conversations = DynamoConversations(client("dynamodb", proxy.url), made.conversation_table(ministack))
    talk = conversations.create("ann", "Boilers")
    for n in range(3):
        conversations.append("ann", talk.id, [Message(str(n), "user", "text", "2026-01-01T00:00:00+00:00")])
    sent: list[int] = []

    def leave_one(path: str, body: bytes) -> Answer | None:
        if "BatchWriteItem" not in path:
            return None
        ((table, requests),) = json.loads(body)["RequestItems"].items()
        sent.append(len(requests))
        return 200, json.dumps({"UnprocessedItems": {table: requests[:1]}}).encode()

    proxy.fault = leave_one
    with pytest.raises(AwsError, match="too busy to change the conversation"):
        conversations.delete("ann", talk.id)
    assert sent == [3, 1, 1, 1, 1, 1, 1, 1]
    assert [found.id for found in conversations.find("ann")] == [talk.id]


def test_a_conversation_larger_than_a_page_of_the_service_comes_whole(ministack: str) -> None:
    conversations = DynamoConversations(client("dynamodb", ministack), made.conversation_table(ministack))
    talk = conversations.create("ann", "Long")
    text = "word " * 30_000  # 1 MB, the size of a page, is 4 of these with their words
    for n in range(8):
        conversations.append("ann", talk.id, [Message(str(n), "user", f"{text}{n}", "2026-01-01T00:00:00+00:00")])
    assert [message.id for message in conversations.messages("ann", talk.id)] == list("01234567")
    assert [found.id for found in conversations.find("ann", "WORD 7")] == [talk.id]
    for n in range(30):
        conversations.create("ann", f"Talk {n}")
    assert [found.title for found in conversations.find("ann", limit=3)] == ["Talk 29", "Talk 28", "Talk 27"]
    conversations.delete("ann", talk.id)
    left = client("dynamodb", ministack).scan(TableName=conversations._table)["Items"]
    assert len(left) == 30


def test_what_has_expired_is_not_shown(ministack: str) -> None:
    table = made.conversation_table(ministack)
    dynamodb = client("dynamodb", ministack)
    conversations = DynamoConversations(dynamodb, table, days=30)
    talk = conversations.create("ann", "Old")
    conversations.append("ann", talk.id, [Message("1", "user", "text", "2026-01-01T00:00:00+00:00")])
    items = dynamodb.scan(TableName=table)["Items"]
    assert len([item for item in items if int(item["expires"]["N"]) > 29 * 86_400]) == 2
    for item in items:
        dynamodb.put_item(TableName=table, Item={**item, "expires": {"N": "1000"}})
    assert conversations.find("ann") == []
    with pytest.raises(NotFound):
        conversations.messages("ann", talk.id)


def test_metrics_are_one_request_per_question_and_no_answer_waits_for_them(
    proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    held = threading.Event()

    def hold(path: str, body: bytes) -> Answer:
        held.wait(30)
        return 400, b'{"__type": "InvalidParameterValueException", "message": "no"}'

    proxy.fault = hold
    metrics = CloudWatchMetrics(client("cloudwatch", proxy.url))
    metrics.put({"similarity": [0.5, 0.4], "latency": [1.0], "no_answer": [0.0]}, at=1_800_000_000.0)
    assert not held.is_set()  # it came back while the service still held the request
    held.set()
    with caplog.at_level(logging.ERROR):
        metrics._sender.shutdown(wait=True)
    assert len(proxy.seen) == 1
    assert "metrics could not be sent" in caplog.text


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", "{}", '{"key": 3}', '{"detail": {"object": {"key": "other/a"}}}']
)
def test_a_message_that_names_no_document_is_refused_with_its_beginning(body: str) -> None:
    with pytest.raises(BadMessage, match="names no document"):
        IngestRequest.read(body)


def test_a_message_is_ours_or_an_event_of_the_bucket() -> None:
    event = {"detail": {"object": {"key": "datasync/ingest/a b/ü.pdf"}}}
    assert IngestRequest.read(json.dumps(event)) == IngestRequest("a b/ü.pdf")
    assert IngestRequest.read('{"key": "a.pdf", "again": true}') == IngestRequest("a.pdf", force=True)
    assert IngestRequest.read(json.dumps({"detail": {"object": {"key": "datasync/ingest/folder/"}}})).is_folder


def test_messages_that_a_queue_did_not_accept_are_an_error(proxy: Proxy) -> None:
    failed = {
        "Successful": [],
        "Failed": [{"Id": "0", "Code": "InternalError", "Message": "busy", "SenderFault": False}],
    }
    proxy.fault = lambda path, body: (200, json.dumps(failed).encode())
    with pytest.raises(AwsError, match=r"1 of 2 messages: busy"):
        Queue(client("sqs", proxy.url), f"{proxy.url}/0/q", f"{proxy.url}/0/d").send(["a.pdf", "b.pdf"])


def test_a_picture_is_of_the_version_whose_name_the_ledger_has_and_of_what_is_there_where_it_has_none(
    ministack: str, tmp_path: Path
) -> None:
    s3, bucket = client("s3", ministack), made.bucket(ministack, versioned=True)
    documents, ledger = (
        S3Documents(s3, bucket),
        DynamoLedger(client("dynamodb", ministack), made.ledger_table(ministack)),
    )
    assert ledger.lease("a.pdf", "me", 600)
    versions, version_ids = [], []
    for text in ("The kiln is hot.", "The kiln is cold."):
        documents.put("a.pdf", pdfs.paragraphs(tmp_path / "a.pdf", [text]))
        found = documents.fetch("a.pdf", tmp_path / "copy.pdf")
        assert found is not None
        versions.append(version_of(tmp_path / "copy.pdf"))
        version_ids.append([versions[-1], found.version_id])
    entry = Entry("a.pdf", "ready", version=versions[1], pages=1, version_ids=version_ids)
    ledger.save(entry, "me")
    hot, cold = (Evidence(documents, ledger).picture("a.pdf", version, 1, 300) for version in versions)
    assert hot != cold

    ledger.save(
        Entry("a.pdf", "ready", version=versions[1], pages=1), "me"
    )  # as an earlier version of Plumbline wrote it
    older = Evidence(documents, ledger)
    assert older.picture("a.pdf", versions[1], 1, 300) == cold
    with pytest.raises(VersionNotKept):
        older.picture("a.pdf", versions[0], 1, 300)

    ledger.save(entry, "me")
    documents.delete("a.pdf")
    with pytest.raises(DocumentDeleted):
        Evidence(documents, ledger).picture("a.pdf", versions[0], 1, 300)
    left = s3.list_object_versions(Bucket=bucket)
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])


def test_the_delete_marker_of_a_deleted_object_is_removed_last_and_other_objects_stay(
    ministack: str, tmp_path: Path
) -> None:
    s3, bucket = client("s3", ministack), made.bucket(ministack, versioned=True)
    documents = S3Documents(s3, bucket)
    for key in ("a", "a.pdf", "a", "b"):
        (tmp_path / "source").write_bytes(key.encode())
        documents.put(key, tmp_path / "source")
    marker = s3.delete_object(Bucket=bucket, Key="datasync/ingest/a")["VersionId"]  # as DataSync does
    with proxies.before(ministack) as proxy:
        S3Documents(client("s3", proxy.url), bucket).forget("a")
        removed = [path for path in proxy.paths if "versionId=" in path]
    assert [marker in path for path in removed] == [False, False, True]
    markers = s3.list_object_versions(Bucket=bucket).get("DeleteMarkers", [])
    assert markers == []
    assert [one.key for one in documents.stored()] == ["a.pdf", "b"]
    assert documents.find("a") is None


@pytest.mark.parametrize("key", ["Größe #1 & 100%.pdf", "a+b/ü, (1)=~!*'.pdf", "50%20off?.pdf"])
def test_a_key_of_any_characters_is_signed_as_s3_reads_it(
    proxy: Proxy, ministack: str, key: str, tmp_path: Path
) -> None:
    """The check of all requests' signatures (tests/aws/record.py) fails this test otherwise."""
    documents = S3Documents(client("s3", proxy.url), made.bucket(ministack, versioned=True))
    (tmp_path / "source").write_bytes(b"text")
    documents.put(key, tmp_path / "source")
    assert [one.key for one in documents.stored()] == [key]
    found = documents.fetch(key, tmp_path / "copy")
    assert found is not None
    assert documents.fetch_version(key, version_of(tmp_path / "copy"), found.version_id, tmp_path / "copy")
    documents.delete(key)
    assert documents.find(key) is None
    assert {signed.partition("Credential=")[2].split("/")[3] for signed in proxy.signed} == {"s3"}
