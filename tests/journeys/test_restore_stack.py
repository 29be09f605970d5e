"""What docs/operate.md says of restoring a stack, step by step: a file in the bucket, items of a table, a whole table,
and the index are lost, and come back by the calls and commands that it names.

The emulator has no past: what it restores a table to is the moment of the call, which is made before the loss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from runtime.aws.clients import client
from runtime.aws.dynamodb import DynamoConversations
from runtime.aws.restore import Restored, restore_table
from runtime.names import INGEST_PREFIX
from runtime.ports import Entry, Message, PlumblineError
from tests import pdfs
from tests.aws import made
from tests.aws import proxy as proxies
from tests.aws import stack as stacks
from tests.aws.made import search_client
from tests.aws.models import Models
from tests.aws.record import RECORD
from tests.aws.stack import Stack, until

pytestmark = pytest.mark.xdist_group("servers")

KETTLE, LAMP = "The kettle of the kitchen holds two litres of water.", "The lamp of the harbour burns whale oil."
AT = "2026-01-01T00:00:00+00:00"
NOTHING = {"queued": 0, "failed": 0, "held": 0, "moved": False}
"""What the hourly check does where nothing is left to do."""


@pytest.fixture(scope="module")
def deployed(ministack: str, models_server: Models, opensearch: str) -> tuple[Stack, dict[str, str]]:
    """A stack with its functions, whose bucket keeps versions."""
    search_client(opensearch).indices.delete(index="passages-*")
    stack = stacks.resources(ministack, models_server.url, opensearch)
    versioning = {"Status": "Enabled"}
    client("s3", ministack).put_bucket_versioning(Bucket=stack.bucket, VersioningConfiguration=versioning)
    return stack, stacks.deployed(stack)


@pytest.fixture
def stack(deployed: tuple[Stack, dict[str, str]], models: Models) -> Iterator[Stack]:
    """The same, without a message that another test left."""
    stack, _ = deployed
    yield stack
    until(lambda: not stack.waiting(stack.queue))


@pytest.fixture
def hourly(deployed: tuple[Stack, dict[str, str]]) -> Any:
    """Makes the hourly check."""
    stack, functions = deployed
    return lambda: stack.invoke(functions["reconcile_all"], {})


def put(stack: Stack, folder: Path, name: str, text: str) -> Entry:
    """A document in the bucket; its entry once it is read."""
    before = stack.ledger.get(name)
    stack.put(name, pdfs.paragraphs(folder / "made.pdf", [text], name))
    return is_read(stack, name, before.version if before else "")


def is_read(stack: Stack, name: str, former: str = "") -> Entry:
    def there() -> Entry | None:
        entry = stack.ledger.get(name)
        return entry if entry and entry.state == "ready" and entry.version != former else None

    entry: Entry = until(there)
    return entry


def found(stack: Stack, question: str) -> list[str]:
    """The texts that a search finds, best first."""
    (said,) = stack.run("search", question)
    return [hit["text"].replace("\n", " ") for hit in said["hits"]]


def versions(stack: Stack, key: str) -> list[str]:
    """`aws s3api list-object-versions`: the ids of a file's versions, newest first."""
    listed = client("s3", stack.url).list_object_versions(Bucket=stack.bucket, Prefix=INGEST_PREFIX + key)
    return [one["VersionId"] for one in listed["Versions"]]


def copied_back(stack: Stack, key: str, version: str) -> None:
    """`aws s3api copy-object`."""
    source = {"Bucket": stack.bucket, "Key": INGEST_PREFIX + key, "VersionId": version}
    client("s3", stack.url).copy_object(Bucket=stack.bucket, Key=INGEST_PREFIX + key, CopySource=source)


def presigned(stack: Stack, key: str) -> str:
    """`aws s3 presign`, as a user whom the emulator knows."""
    iam, user = client("iam", stack.url), made.new_name("operator")
    iam.create_user(UserName=user)
    made_key = iam.create_access_key(UserName=user)["AccessKey"]
    RECORD.secrets[made_key["AccessKeyId"]] = made_key["SecretAccessKey"]
    operator = boto3.Session(made_key["AccessKeyId"], made_key["SecretAccessKey"]).client("s3", endpoint_url=stack.url)
    where = {"Bucket": stack.bucket, "Key": INGEST_PREFIX + key}
    return str(operator.generate_presigned_url("get_object", where))


def restored(stack: Stack, table: str) -> str:
    """`aws dynamodb restore-table-to-point-in-time` and `wait table-exists`: the name of the new table."""
    dynamodb, name = client("dynamodb", stack.url), made.new_name("restored")
    dynamodb.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=name, UseLatestRestorableTime=True)
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    return name


def emptied(stack: Stack, table: str, *, keep: str = "") -> None:
    """Lose a table's items."""
    dynamodb = client("dynamodb", stack.url)
    keys = [key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if not keep or item[keys[0]] != {"S": keep}:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})


def test_an_overwritten_file_comes_back_from_its_version(stack: Stack, tmp_path: Path, hourly: Any) -> None:
    first = put(stack, tmp_path, "overwritten.pdf", KETTLE)
    right = (tmp_path / "made.pdf").read_bytes()
    put(stack, tmp_path, "overwritten.pdf", LAMP)
    copied_back(stack, "overwritten.pdf", versions(stack, "overwritten.pdf")[1])
    until(lambda: is_read(stack, "overwritten.pdf").version == first.version)
    assert found(stack, "What does the kettle hold?")[0] == KETTLE
    assert hourly() == NOTHING
    # What the jump host then puts into the file system.
    assert httpx.get(presigned(stack, "overwritten.pdf")).content == right


def test_a_deleted_file_comes_back_from_its_version(stack: Stack, tmp_path: Path, hourly: Any) -> None:
    entry = put(stack, tmp_path, "deleted.pdf", LAMP)
    stack.delete("deleted.pdf")
    copied_back(stack, "deleted.pdf", versions(stack, "deleted.pdf")[0])
    assert hourly() == NOTHING
    assert stack.ledger.get("deleted.pdf") == entry


def test_lost_entries_come_back_and_nothing_is_read_again(stack: Stack, tmp_path: Path, hourly: Any) -> None:
    table, dynamodb = stack.environment["PLUMBLINE_LEDGER_TABLE"], client("dynamodb", stack.url)
    for name in ("lost.pdf", "newer.pdf"):
        put(stack, tmp_path, name, f"{KETTLE} It is {name}.")
    older = {"TableName": table, "Key": {"document": {"S": "lost.pdf"}}}
    names = {"#format": "format"}
    dynamodb.update_item(**older, UpdateExpression="REMOVE #format, listed", ExpressionAttributeNames=names)
    copy = restored(stack, table)
    before = stack.ledger.entries()
    emptied(stack, table, keep="newer.pdf")
    newer = put(stack, tmp_path, "newer.pdf", LAMP)  # after the moment that the copy is from
    (done,) = stack.run("restore-table", "ledger", copy)
    assert done["upgraded"] == 1
    (again,) = stack.run("restore-table", "ledger", copy)
    assert (again["copied"], again["there"]) == (0, done["copied"] + done["there"])
    assert stack.ledger.entries() == [newer if one.document == "newer.pdf" else one for one in before]
    assert [entry.document for entry in stack.ledger.summaries()] == [entry.document for entry in before]
    assert hourly() == NOTHING
    assert [finding for finding in stack.run("repair") if finding["document"] in ("lost.pdf", "newer.pdf")] == []


def test_lost_conversations_come_back_beside_those_begun_since(stack: Stack) -> None:
    table = stack.environment["PLUMBLINE_CONVERSATION_TABLE"]
    conversations = DynamoConversations(client("dynamodb", stack.url), table)
    talk = conversations.create("ann", "Kettles")
    conversations.append("ann", talk.id, [Message(str(n), "user", KETTLE, AT) for n in range(3)])
    kept = conversations.messages("ann", talk.id)
    copy = restored(stack, table)
    emptied(stack, table)
    since = conversations.create("ann", "Lamps")
    assert stack.run("restore-table", "conversation", copy) == [{"copied": 4, "there": 0, "upgraded": 0}]
    assert conversations.messages("ann", talk.id) == kept
    assert {one.title for one in conversations.find("ann")} == {"Kettles", since.title}


def test_a_deleted_table_comes_back_through_a_new_one(stack: Stack) -> None:
    """AWS keeps a backup of a deleted table by itself; the emulator does not, so it is made before."""
    table, dynamodb = made.run_table(stack.url), client("dynamodb", stack.url)
    item = {"jobtype": {"S": "BASELINE"}, "jobdate": {"N": "10"}, "score": {"N": "0.5"}}
    dynamodb.put_item(TableName=table, Item=item)
    backup = dynamodb.create_backup(TableName=table, BackupName=made.new_name("backup"))["BackupDetails"]["BackupArn"]
    dynamodb.delete_table(TableName=table)
    new, copy = made.run_table(stack.url), made.new_name("restored")  # the first as `pulumi up --refresh` makes it
    dynamodb.restore_table_from_backup(TargetTableName=copy, BackupArn=backup)
    dynamodb.get_waiter("table_exists").wait(TableName=copy)
    variables = {**stack.environment, "PLUMBLINE_DRIFT_TABLE": new}
    changed = Stack(stack.url, variables, stack.bucket, stack.queue, stack.dead)
    assert changed.run("restore-table", "drift", copy) == [{"copied": 1, "there": 0, "upgraded": 0}]
    assert dynamodb.scan(TableName=new)["Items"] == [item]


def test_a_lost_index_is_filled_by_repair(stack: Stack, tmp_path: Path, hourly: Any) -> None:
    for name, text in (("kettle.pdf", KETTLE), ("lamp.pdf", LAMP)):
        put(stack, tmp_path, name, f"{text} It is {name}.")
    search_client(stack.environment["PLUMBLINE_OPENSEARCH_ENDPOINT"]).indices.delete(index="passages-*")
    assert hourly() == NOTHING  # by the ledger nothing is left to do
    mended = {finding["document"] for finding in stack.run("repair") if finding["mended"]}
    assert mended >= {"kettle.pdf", "lamp.pdf"}
    assert found(stack, "Which oil does the lamp of the harbour burn?")[0].startswith(LAMP)
    assert stack.run("repair") == []
    assert hourly() == NOTHING


def test_a_table_of_another_kind_or_not_yet_restored_is_refused(ministack: str) -> None:
    runs, conversations = made.run_table(ministack), made.conversation_table(ministack)
    with pytest.raises(PlumblineError, match=f"items of {runs} have the keys jobtype, jobdate"):
        restore_table(client("dynamodb", ministack), runs, conversations)
    another = made.run_table(ministack)
    with proxies.before(ministack) as proxy:
        described = client("dynamodb", ministack).describe_table(TableName=another)["Table"]
        creating = {"KeySchema": described["KeySchema"], "TableStatus": "CREATING"}

        def not_yet(path: str, body: bytes) -> proxies.Answer | None:
            return (200, json.dumps({"Table": creating}).encode()) if another.encode() in body else None

        proxy.fault = not_yet
        with pytest.raises(PlumblineError, match=f"{another} is not ready yet: CREATING") as raised:
            restore_table(client("dynamodb", proxy.url), another, runs)
    assert "wait table-exists" in raised.value.remedy
    assert restore_table(client("dynamodb", ministack), another, runs) == Restored(0, 0)
