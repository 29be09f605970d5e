"""The deployed ingestion on one machine: a file in the bucket, its event, the queue, the function from its built zip,
a real OpenSearch; asked and mended from the command line."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.aws.clients import client
from runtime.aws.cloud import Cloud
from runtime.aws.settings import CloudSettings
from runtime.aws.sqs import Queue
from runtime.ingest import switch_to
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX
from runtime.ports import Entry
from tests import pdfs
from tests.aws import stack as stacks
from tests.aws.made import search_client
from tests.aws.models import Models, Refused
from tests.aws.stack import Stack, until

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def stack(ministack: str, models: Models, opensearch: str) -> Iterator[Stack]:
    search_client(opensearch).indices.delete(index="passages-*")
    yield stacks.resources(ministack, models.url, opensearch)


def documents(stack: Stack) -> dict[str, Entry]:
    return {entry.document: entry for entry in stack.ledger.entries()}


def reached(stack: Stack, document: str, state: str, pages: int | None = None) -> Entry:
    """The document's entry once it is in this state."""

    def there() -> Entry | None:
        entry = stack.ledger.get(document)
        return entry if entry and entry.state == state and pages in (None, entry.pages) else None

    try:
        entry: Entry = until(there)
    except AssertionError as late:
        raise AssertionError(f"{late}: {stack.ledger.get(document)}") from late
    return entry


def test_a_file_goes_from_the_bucket_to_an_answer_and_the_index_follows_it(stack: Stack, tmp_path: Path) -> None:
    stack.environment["PLUMBLINE_EMBEDDINGS_MODEL"] = "tei-minilm"
    functions = stacks.deployed(stack)
    assert stack.invoke(functions["ensure_index"], {})["dimension"] == 384

    stack.put("reports/book one.pdf", pdfs.book(tmp_path / "one.pdf", 6))
    entry = reached(stack, "reports/book one.pdf", "ready")
    ((listed,),) = stack.run("documents")
    assert (listed["document"], listed["pages"], listed["readers"]) == (entry.document, 6, {"pdfium": 6})

    said = pdfs.sentence(2 * 100)
    (answer,) = stack.run("ask", said)
    assert answer["state"] == "done"
    assert answer["sources"][0]["document"] == "reports/book one.pdf"
    assert answer["sources"][0]["page"] <= 2 <= answer["sources"][0]["last_page"]
    assert "[1]" in answer["answer"]
    stack.run("ask", said, "--document", "book one.pdf", code=1)
    asked = client("s3", stack.url).list_objects_v2(Bucket=stack.bucket, Prefix=PROMPT_ARCHIVE_PREFIX)
    assert asked["KeyCount"] == 1
    hits = stack.run("search", said)[0]["hits"]
    assert said in hits[0]["text"].replace("\n", " ")
    archived = client("s3", stack.url).list_objects_v2(Bucket=stack.bucket, Prefix=EMBEDDING_ARCHIVE_PREFIX)
    assert archived["KeyCount"] == entry.passages  # the emulator delivers an object a record

    stack.put("reports/book one.pdf", pdfs.book(tmp_path / "two.pdf", 3, seed=500_000))
    reached(stack, "reports/book one.pdf", "ready", pages=3)
    assert pdfs.sentence(500_100) in stack.run("search", pdfs.sentence(500_100))[0]["hits"][0]["text"].replace(
        "\n", " "
    )
    assert said not in json.dumps(stack.run("search", said)[0]["hits"])

    stack.delete("reports/book one.pdf")
    assert documents(stack)  # an event does not remove it

    def is_removed() -> bool:
        stack.invoke(functions["reconcile_all"], {})
        return not documents(stack)

    until(is_removed)
    assert stack.run("search", said)[0]["hits"] == []


def test_a_broken_file_is_detected_named_and_redriven(stack: Stack, tmp_path: Path) -> None:
    functions = stacks.deployed(stack)
    stack.put("broken.pdf", pdfs.damaged(tmp_path / "broken.pdf"))
    reached(stack, "broken.pdf", "damaged")
    ((listed,),) = stack.run("documents")
    assert "broken.pdf" in listed["reason"]
    assert listed["remedy"]
    until(lambda: stack.waiting(stack.dead) == 1)
    client("sqs", stack.url).send_message(QueueUrl=stack.dead, MessageBody="no document")

    stack.put("broken.pdf", pdfs.book(tmp_path / "whole.pdf", 2))
    (done,) = stack.run("redrive", code=3)
    assert done == {"documents": ["broken.pdf"], "unreadable": ["no document"]}
    reached(stack, "broken.pdf", "ready")
    until(lambda: not stack.waiting(stack.queue))
    assert stack.waiting(stack.dead) == 1

    said = len(stack.said(functions["reconcile"]))
    Queue(client("sqs", stack.url), stack.queue, stack.dead).send(["broken.pdf"], force=True)  # one that comes late
    late = until(lambda: [line for line in stack.said(functions["reconcile"])[said:] if "entry_state" in line])
    assert [(line["message"], line["entry_state"]) for line in late] == [("unchanged", "ready")]


def test_what_keeps_failing_reaches_the_dead_letters_the_ledger_says_why_and_it_is_done_after_the_fix(
    ministack: str, models: Models, opensearch: str, tmp_path: Path
) -> None:
    search_client(opensearch).indices.delete(index="passages-*")
    stack = stacks.resources(ministack, models.url, opensearch, tries=2, hidden=5)
    stacks.deployed(stack)

    def gone(name: str, body: object) -> None:
        raise Refused(400, "ValidationError", f"Endpoint {name} of account 123456789012 not found.")

    models.fault = gone
    stack.put("a.pdf", pdfs.book(tmp_path / "a.pdf", 2))
    until(lambda: stack.waiting(stack.dead) == 1)
    entry = reached(stack, "a.pdf", "failed")
    assert "tei-words" in entry.reason
    assert "not found" in entry.reason
    assert entry.remedy
    models.fault = lambda name, body: None
    assert stack.run("redrive") == [{"documents": ["a.pdf"], "unreadable": []}]
    assert reached(stack, "a.pdf", "ready").pages == 2
    assert stack.waiting(stack.dead) == 0


def test_a_scan_whose_event_was_missed_is_found_by_the_scheduled_check_and_read(stack: Stack, tmp_path: Path) -> None:
    stack.put("missed.pdf", pdfs.scanned(tmp_path / "one.pdf", ["The kettle holds two litres of water."]))
    functions = stacks.deployed(stack)
    assert documents(stack) == {}
    assert stack.invoke(functions["reconcile_all"], {})["queued"] == 1
    assert reached(stack, "missed.pdf", "ready").readers == {"textract": 1}
    assert stack.invoke(functions["reconcile_all"], {}) == {"queued": 0, "failed": 0, "held": 0, "moved": False}


def test_a_long_document_is_read_through_several_short_calls(stack: Stack, models: Models, tmp_path: Path) -> None:
    def slow(name: str, body: object) -> None:
        threading.Event().wait(4)  # so that the fastest processor has it not done within a call

    models.fault = slow
    read_through_calls(stack, 640, tmp_path)


def read_through_calls(stack: Stack, pages: int, folder: Path) -> None:
    """A document of so many pages is read through calls of 25 seconds, and each of its pages is in the index."""
    functions = stacks.deployed(stack, seconds=25)
    stack.invoke(functions["ensure_index"], {})
    stack.put("long.pdf", pdfs.long(folder / "long.pdf", pages))

    def ready() -> Entry | None:
        entry = stack.ledger.get("long.pdf") or Entry("long.pdf")
        assert entry.state in ("waiting", "reading", "ready"), entry
        assert "died without an error" not in entry.reason
        return entry if entry.state == "ready" else None

    entry = until(ready, 400)
    said = [message for message in stack.said(functions["reconcile"]) if message.get("document") == "long.pdf"]
    outcomes = [message["message"] for message in said if "entry_state" in message]
    assert outcomes == ["paused"] * (len(outcomes) - 1) + ["ingested"]
    assert len(outcomes) > 1
    assert (entry.pages, entry.readers) == (pages, {"pdfium": pages})
    indexed = search_client(stack.environment["PLUMBLINE_OPENSEARCH_ENDPOINT"])
    by_page = {"size": 0, "track_total_hits": True, "aggs": {"pages": {"terms": {"field": "page", "size": 2 * pages}}}}
    found = indexed.search(index="passages-live", body=by_page)
    assert found["hits"]["total"]["value"] == entry.passages
    assert {bucket["key"] for bucket in found["aggregations"]["pages"]["buckets"]} == set(range(1, pages + 1))
    assert stack.waiting(stack.dead) == 0


def test_a_new_models_index_is_filled_without_the_former_model_and_answers_by_it_until_then(
    stack: Stack, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role of those who read documents may call the new model alone."""

    def cloud(model: str) -> Cloud:
        for name, value in {**stack.environment, "PLUMBLINE_EMBEDDINGS_MODEL": model}.items():
            monkeypatch.setenv(name, value)
        return Cloud(CloudSettings.read(os.environ))

    stack.put("kettle.pdf", pdfs.paragraphs(tmp_path / "kettle.pdf", ["The kettle holds two litres."], "The Kettle"))
    assert cloud("tei-words").ingestor().reconcile("kettle.pdf").result == "ingested"
    models.seen.clear()
    other = cloud("jumpstart-words")
    assert other.ingestor().reconcile("kettle.pdf").result == "ingested"
    assert {name for name, _ in models.seen} == {"jumpstart-words"}
    models.seen.clear()
    assert other.answerer().searcher.search(["How much does the kettle hold?"], 3)[0].ranked
    assert {name for name, _ in models.seen} == {"tei-words"}
    assert switch_to(other.indexes, other.index())
    models.seen.clear()
    assert other.answerer().searcher.search(["How much does the kettle hold?"], 3)[0].ranked
    assert {name for name, _ in models.seen} == {"jumpstart-words"}
