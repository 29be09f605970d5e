"""What the OpenSearch adapter does when the service is busy, gone, or refuses; on a real server behind a proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from botocore.credentials import Credentials

from runtime.aws import opensearch as adapter
from runtime.aws.opensearch import OpenSearchError, OpenSearchIndex, OpenSearchIndexes, connect
from runtime.formats import NewerFormat
from runtime.names import INDEX_FORMAT
from runtime.passages import passage_id
from runtime.ports import Passage, Query, Vectors
from runtime.retry import pauses
from runtime.search.chance import FEW_QUESTIONS
from runtime.search.words import terms_of
from tests.aws import proxy as proxies
from tests.aws.door import DOMAIN_BYTES
from tests.aws.made import search_client
from tests.aws.proxy import HALF, HANG, RESET, Answer, Proxy
from tests.aws.record import RECORD
from ui.chat import MAX_DOCUMENTS

pytestmark = pytest.mark.xdist_group("servers")

NAME = "passages-faults-8"
COUNT = 40
PASSAGES = [
    Passage(passage_id("a.pdf", "v", 1, n), "a.pdf", "v", n, 1, "", "", f"Valve number {n}.") for n in range(COUNT)
]
TERMS = terms_of(PASSAGES, "en")


def vectors(count: int = COUNT) -> Vectors:
    made = np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


@pytest.fixture
def proxy(opensearch: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for retry in (adapter.RETRY, adapter.BULK_RETRY):
        monkeypatch.setattr(retry, "wait", pauses(0.01, 1.0))
    search_client(opensearch).indices.delete(index="passages-*")
    with proxies.before(opensearch) as made:
        yield made


@pytest.fixture
def index(proxy: Proxy) -> OpenSearchIndex:
    return OpenSearchIndexes(search_client(proxy.url)).open(NAME, 8)


def ids_of(body: bytes) -> list[str]:
    return [json.loads(line)["index"]["_id"] for line in body.splitlines()[::2]]


def test_passages_that_meet_a_busy_node_are_sent_again_and_only_those(proxy: Proxy, index: OpenSearchIndex) -> None:
    bulks: list[list[str]] = []

    def some_busy(path: str, body: bytes) -> Answer | None:
        if "_bulk" not in path:
            return None
        bulks.append(ids_of(body))
        if len(bulks) > 1:
            return None
        items = [
            {"index": {"_id": id_, "status": 429, "error": {"reason": "queue is full"}}}
            if n % 2 == 0
            else {"index": {"_id": id_, "status": 201}}
            for n, id_ in enumerate(bulks[0])
        ]
        return 200, json.dumps({"errors": True, "items": items}).encode()

    proxy.fault = some_busy
    index.write(PASSAGES, vectors(), TERMS)
    assert bulks[0] == [passage.id for passage in PASSAGES]
    assert bulks[1] == bulks[0][::2]


def test_a_busy_or_broken_service_costs_waiting_and_loses_nothing(proxy: Proxy, index: OpenSearchIndex) -> None:
    answers = iter([429, 503, 502, 504])

    def busy(path: str, body: bytes) -> Answer | None:
        status = next(answers, 0) if "_bulk" in path else 0
        return (status, b'{"error": {"reason": "busy"}}') if status else None

    proxy.fault = busy
    index.write(PASSAGES, vectors(), TERMS)
    index.refresh()
    assert proxy.times("_bulk") == 5
    assert index.count("a.pdf", "v") == COUNT


@pytest.mark.parametrize("fault", [RESET, HALF, HANG])
def test_what_the_network_does_costs_waiting_and_loses_nothing(
    proxy: Proxy, index: OpenSearchIndex, fault: str
) -> None:
    hurried = OpenSearchIndex(NAME, search_client(proxy.url, seconds=1.0))
    left = iter([fault, fault])
    proxy.fault = lambda path, body: next(left, None) if "_bulk" in path else None
    hurried.write(PASSAGES, vectors(), TERMS)
    hurried.refresh()
    assert proxy.times("_bulk") == 3
    assert hurried.count("a.pdf", "v") == COUNT


def test_a_service_that_stays_busy_is_an_error_that_says_so(proxy: Proxy, index: OpenSearchIndex) -> None:
    proxy.fault = lambda path, body: (429, b"{}") if "_bulk" in path else None
    with pytest.raises(OpenSearchError, match="is still busy") as refused:
        index.write(PASSAGES, vectors(), TERMS)
    assert proxy.times("_bulk") == adapter.ATTEMPTS
    assert "domain" in refused.value.remedy
    proxy.fault = lambda path, body: None
    index.write(PASSAGES, vectors(), TERMS)
    index.refresh()
    assert index.count("a.pdf", "v") == COUNT


def test_a_passage_that_is_refused_is_named(index: OpenSearchIndex) -> None:
    wrong = replace(PASSAGES[3], page="first")  # type: ignore[arg-type]
    with pytest.raises(OpenSearchError, match=f"refused 1 of {COUNT} passages; the first, {wrong.id}"):
        index.write([*PASSAGES[:3], wrong, *PASSAGES[4:]], vectors(), TERMS)


def test_half_an_answer_is_not_taken_for_a_whole(proxy: Proxy, index: OpenSearchIndex) -> None:
    shards = {"total": 2, "successful": 1, "failed": 1}
    part = {"timed_out": False, "_shards": shards, "hits": {"hits": []}, "status": 200}
    answer = json.dumps({"responses": [part, part]}).encode()
    proxy.fault = lambda path, body: (200, answer) if "_msearch" in path else None
    with pytest.raises(OpenSearchError, match="could not search"):
        index.search([Query("valve", vectors()[0])], 3)


def test_both_searches_of_all_questions_are_one_round_trip(proxy: Proxy, index: OpenSearchIndex) -> None:
    index.write(PASSAGES, vectors(), TERMS)
    index.refresh()
    before = len(proxy.seen)
    found = index.search([Query("valv", vector) for vector in vectors()[:5]], 3)
    assert len(proxy.seen) == before + 1
    assert [one.nearest[0].passage for one in found] == PASSAGES[:5]
    assert all(len(one.keyword) == 3 for one in found)


def test_a_question_to_many_documents_is_no_larger_than_a_small_domain_takes(
    proxy: Proxy, index: OpenSearchIndex
) -> None:
    """As many documents as a reader can choose, with long names, and the questions that chance is measured by."""
    index.write(PASSAGES, vectors(), TERMS)
    index.refresh()
    proxy.seen.clear()
    documents = ["a.pdf", *(f"{n:04}-{'ü' * 60}.pdf" for n in range(MAX_DOCUMENTS - 1))]
    queries = [Query("valv", vectors()[n % COUNT]) for n in range(len(FEW_QUESTIONS))]
    found = index.search(queries, 3, documents)
    sizes = [len(body) for _, body in proxy.seen]
    assert sum(sizes) > DOMAIN_BYTES > max(sizes)
    assert [one.nearest[0].passage for one in found] == [PASSAGES[n % COUNT] for n in range(len(queries))]


def test_a_service_out_of_reach_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter.RETRY, "wait", pauses(0.01, 1.0))
    with pytest.raises(OpenSearchError, match="out of reach"):
        OpenSearchIndexes(search_client("http://127.0.0.1:9")).live()


def test_callers_that_race_make_an_index_once(proxy: Proxy) -> None:
    client = search_client(proxy.url)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: OpenSearchIndexes(client).open(NAME, 8).name, range(8)))
    assert made == [NAME] * 8
    assert 1 <= proxy.paths.count(f"/{NAME}") <= 8
    proxy.seen.clear()
    OpenSearchIndexes(client).open(NAME, 8)
    assert proxy.paths == [f"/{NAME}/_mapping"]


def test_a_version_that_no_search_finds_yet_is_deleted_too(index: OpenSearchIndex) -> None:
    index.write(PASSAGES, vectors(), TERMS)
    index.delete("a.pdf")
    index.refresh()
    assert index.count("a.pdf", "v") == 0


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_requests_are_signed_for_their_service(proxy: Proxy, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECORD.secrets, "AKID", "the secret")  # by which the door verifies them
    client = connect(proxy.url, Credentials("AKID", "the secret"), "eu-central-1", service)
    OpenSearchIndexes(client).live()
    assert proxy.signed
    assert all(f"/eu-central-1/{service}/aws4_request" in signature for signature in proxy.signed)
    assert not any("secret" in signature for signature in proxy.signed)


def test_an_index_says_its_format_and_one_of_a_later_version_is_refused_by_name(opensearch: str, index: object) -> None:
    client = search_client(opensearch)
    meta = client.indices.get_mapping(index=NAME)[NAME]["mappings"]["_meta"]
    assert meta["format"] == INDEX_FORMAT
    indexes = OpenSearchIndexes(client, "a model")
    for kept, is_known in (({}, True), ({"format": INDEX_FORMAT}, True), ({"format": INDEX_FORMAT + 1}, False)):
        client.indices.put_mapping(index=NAME, body={"_meta": kept})
        if is_known:
            assert indexes.open(NAME, 8).size() == 0
            continue
        for use in (lambda: indexes.open(NAME, 8), lambda: indexes.model_of(NAME)):
            with pytest.raises(NewerFormat, match=f"The index {NAME} has format {INDEX_FORMAT + 1}"):
                use()
