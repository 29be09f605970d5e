"""The list of a stack's documents: read once, page by page, then followed by what changes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.aws.clients import client
from runtime.aws.dynamodb import DynamoLedger
from runtime.aws.items import typed
from runtime.names import LEDGER_FORMAT, LEDGER_KEY
from runtime.ports import Entry
from tests.aws import made
from tests.aws import proxy as proxies
from ui.documents import Documents
from ui.shelf import Wanted
from ui.site import Site

pytestmark = pytest.mark.xdist_group("servers")


def ledger_of(url: str, table: str) -> DynamoLedger:
    return DynamoLedger(client("dynamodb", url), table)


def saved(ledger: DynamoLedger, *entries: Entry) -> None:
    for entry in entries:
        assert ledger.lease(entry.document, "me", 60)
        ledger.save(entry, "me")
        ledger.release(entry.document, "me")


def older(url: str, table: str, name: str, **values: Any) -> None:
    """An entry as versions stored it that had no index."""
    item = {"document": name, "state": "ready", "updated": 1000.0, "version": "v1", **values}
    client("dynamodb", url).put_item(TableName=table, Item=typed(item))


def names(ledger: DynamoLedger) -> list[str]:
    return [entry.document for entry in ledger.summaries()]


def calls(proxy: proxies.Proxy) -> list[str]:
    """What was asked of DynamoDB since the last call."""
    asked = [path.strip("/") for path in proxy.paths]
    proxy.seen.clear()
    return asked


def test_a_list_that_nothing_changes_costs_one_query_and_never_a_scan(ministack: str) -> None:
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    saved(worker, *(Entry(f"{n:03d}.pdf", "ready", updated=1000.0 * n, carry="x" * 10_000) for n in range(300)))
    with proxies.before(ministack) as proxy:
        page = ledger_of(proxy.url, table)
        assert names(page) == [f"{n:03d}.pdf" for n in range(300)]
        assert set(calls(proxy)) == {"GetItem", "Query"}
        assert names(page) == [f"{n:03d}.pdf" for n in range(300)]
        assert calls(proxy) == ["Query"]
        saved(worker, Entry("150.pdf", "failed", reason="why", updated=400_000.0), Entry("new.pdf", updated=400_001.0))
        found = {entry.document: entry for entry in page.summaries()}
        assert calls(proxy) == ["Query"]
        assert (found["150.pdf"].state, found["150.pdf"].reason, len(found)) == ("failed", "why", 301)


def test_what_is_long_is_not_in_the_list(ministack: str) -> None:
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    long = "a part of a sentence that crosses pages "
    saved(worker, Entry("a.pdf", "reading", carry=long * 9000, version_ids=[["v", long]], updated=1.0))
    (summary,) = worker.summaries()
    assert (summary.carry, summary.version_ids) == ("", [])
    got = client("dynamodb", ministack).query(
        TableName=table,
        IndexName="by-change",
        KeyConditionExpression="listed = :listed",
        ExpressionAttributeValues=typed({":listed": "document"}),
    )
    assert len(json.dumps(got["Items"])) < 2000
    assert long not in json.dumps(got["Items"])


def test_a_list_longer_than_a_page_of_the_service_comes_whole(ministack: str) -> None:
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    saved(worker, *(Entry(f"{n:02d}.pdf", "damaged", reason="r" * 60_000, updated=float(n)) for n in range(40)))
    with proxies.before(ministack) as proxy:
        assert len(names(ledger_of(proxy.url, table))) == 40
        assert calls(proxy).count("Query") > 2


def test_a_removal_is_seen_by_every_process_that_keeps_the_list(ministack: str) -> None:
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    saved(worker, *(Entry(name, "ready", updated=1e9) for name in ("a.pdf", "b.pdf")))
    with proxies.before(ministack) as proxy:
        page, another = ledger_of(proxy.url, table), ledger_of(ministack, table)
        assert names(page) == names(another) == ["a.pdf", "b.pdf"]
        assert worker.lease("a.pdf", "me", 60)
        worker.remove("a.pdf", "me")
        assert names(page) == names(another) == ["b.pdf"]
        calls(proxy)
        assert names(page) == ["b.pdf"]
        assert calls(proxy) == ["Query"]


def test_documents_of_earlier_versions_are_listed_before_while_and_after_they_are_upgraded(ministack: str) -> None:
    table = made.ledger_table(ministack)
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        older(ministack, table, name)
    client("dynamodb", ministack).put_item(  # a worker's lease alone is no document
        TableName=table, Item=typed({"document": "leased.pdf", "lease_owner": "another", "lease_until": 1e12})
    )
    worker = ledger_of(ministack, table)
    saved(worker, Entry("b.pdf", "reading", updated=2000.0))
    with proxies.before(ministack) as proxy:
        before = ledger_of(proxy.url, table)
        assert names(before) == ["a.pdf", "b.pdf", "c.pdf"]
        assert "Scan" in calls(proxy)
        saved(worker, Entry("d.pdf", updated=3000.0))
        assert names(before) == ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]
        assert calls(proxy) == ["Query"]
        entries = worker.entries()
        assert worker.upgrade() == 2
        assert worker.upgrade() == 0
        assert worker.entries() == entries
        after = ledger_of(proxy.url, table)
        assert names(before) == names(after) == ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]
        assert "Scan" not in calls(proxy)
    found = client("dynamodb", ministack).scan(TableName=table)["Items"]
    kept = {item["document"]["S"]: item.get("format", {}).get("N") for item in found}
    assert kept.pop("leased.pdf") is None
    assert set(kept.values()) == {str(LEDGER_FORMAT)}


def test_what_a_worker_of_an_earlier_version_does_during_a_deployment_is_listed(ministack: str) -> None:
    """It sets the fields that it knows, and nothing else."""
    table = made.ledger_table(ministack)
    dynamodb, worker = client("dynamodb", ministack), ledger_of(ministack, table)
    older(ministack, table, "a.pdf")
    worker.upgrade()
    page = ledger_of(ministack, table)
    assert names(page) == ["a.pdf"]
    dynamodb.update_item(
        TableName=table,
        Key=typed({LEDGER_KEY: "a.pdf"}),
        UpdateExpression="SET #state = :state, updated = :updated",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues=typed({":state": "failed", ":updated": 5000.0}),
    )
    assert [entry.state for entry in page.summaries()] == ["failed"]
    older(ministack, table, "b.pdf")
    assert worker.upgrade() == 1
    assert names(ledger_of(ministack, table)) == ["a.pdf", "b.pdf"]


def test_a_table_without_the_index_is_read_whole(ministack: str) -> None:
    table = made.older_ledger_table(ministack)
    older(ministack, table, "a.pdf")
    ledger = ledger_of(ministack, table)
    assert names(ledger) == names(ledger) == ["a.pdf"]
    ledger.upgrade()
    assert names(ledger_of(ministack, table)) == ["a.pdf"]


def test_everything_is_read_again_in_time(ministack: str) -> None:
    """For what an index that lags, or a worker whose clock is wrong, has hidden."""
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    saved(worker, Entry("future.pdf", "ready", updated=1e12))
    page = ledger_of(ministack, table)
    assert names(page) == ["future.pdf"]
    saved(worker, Entry("now.pdf", "ready", updated=1e9))
    assert names(page) == ["future.pdf"]
    page._listing._again_at = 0.0
    assert names(page) == ["future.pdf", "now.pdf"]


def test_the_library_asks_for_what_has_changed_alone(ministack: str) -> None:
    table = made.ledger_table(ministack)
    worker = ledger_of(ministack, table)
    worker.upgrade()
    saved(worker, *(Entry(f"{name}.pdf", "ready", version=name, updated=1e9) for name in "ab"))
    with proxies.before(ministack) as proxy:
        cited = SimpleNamespace(last_cited=dict)
        library: Any = SimpleNamespace(ledger=ledger_of(proxy.url, table), conversations=cited, answerer=None)
        documents = Documents(Site(library, None))
        documents.refresh()
        assert sorted(row.document for row in documents.shelf.find(Wanted())) == ["a.pdf", "b.pdf"]
        calls(proxy)
        saved(worker, Entry("a.pdf", "damaged", reason="It is torn.", updated=1e9 + 1))
        documents._looked = 0.0
        documents.refresh()
        assert documents.shelf.page(Wanted(), 1).counts["problem"] == 1
        assert calls(proxy) == ["Query"]
