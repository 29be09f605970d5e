"""The PassageIndex port on OpenSearch: k-NN with the Lucene engine and BM25, in one round trip."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import numpy as np
import orjson
from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection
from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import (
    NotFoundError,
    OpenSearchException,
    RequestError,
    SerializationError,
    TransportError,
)
from opensearchpy.serializer import JSONSerializer
from urllib3.connection import HTTPConnection, HTTPSConnection

from runtime.formats import FIRST, check_format
from runtime.names import INDEX_FORMAT
from runtime.ports import Found, Hit, PageBox, Passage, PlumblineError, Query, Terms, Vectors
from runtime.records import confidence_json, confidence_of
from runtime.retry import retrying

ALIAS = "passages-live"
"""The alias of the live index."""

REQUEST_BYTES = 5 << 20
"""Maximum size of a request for many passages or questions. OpenSearch recommends 5 to 15 MB for bulk requests, and a
domain of small instances refuses more than 10 MiB:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/limits.html#network-limits"""

BULK_PASSAGES = 500
"""Maximum number of passages of a bulk request."""

WRITERS = 4
"""Concurrent bulk requests."""

ATTEMPTS = 6
"""Attempts of a call, and of a bulk request some of whose passages met a busy node."""

BUSY = frozenset({429, 502, 503, 504})
"""Status codes worth a retry."""

SEARCHABLE_SECONDS = 60.0
"""How long `refresh` waits for the index's own refreshes, which come every second."""

MAX_AROUND = 10_000
BUCKETS = 1000
"""Documents per page of a listing."""

LANGUAGES = 200
LOCAL = "127.0.0.1"

SEARCHED = {"words": "own", "page_words": "page", "about": "about"}
"""The fields of keyword search, and the terms in each. Indexes of earlier versions have only the first."""

TEXT = ("id", "document", "version", "ordinal", "page", "label", "title", "heading", "text", "boxes", "confidence")

T = TypeVar("T")


class OpenSearchError(PlumblineError):
    """A request to OpenSearch failed."""


class Incomplete(OpenSearchError):
    """OpenSearch has not done all of a request yet."""


class _Serializer(JSONSerializer):
    """The client's own serializer, but faster at parsing responses: those of searches are hundreds of kB."""

    def loads(self, s: str) -> Any:
        """Parse a response; SerializationError if it is not JSON."""
        try:
            return orjson.loads(s)
        except ValueError as error:
            raise SerializationError(s, error) from error


def connect(
    endpoint: str,
    credentials: Any,
    region: str,
    service: str = "es",
    connections: int = 10,
    seconds: float = 30.0,
    tunnel: int = 0,
) -> OpenSearch:
    """A client of the domain at `endpoint` (https://…), to be created once: it keeps `connections` open.

    Requests are signed (SigV4) with botocore's `credentials` for `service`: 'es' for a domain, 'aoss' for OpenSearch
    Serverless. With a `tunnel` all connections go to that local port; certificate and signature are still the
    endpoint's.
    """
    return OpenSearch(
        hosts=[endpoint],
        http_auth=Urllib3AWSV4SignerAuth(credentials, region, service),
        connection_class=_tunnelled(tunnel) if tunnel else Urllib3HttpConnection,
        pool_maxsize=connections,
        timeout=seconds,
        max_retries=0,  # `_with_retries` does
        http_compress=False,  # within one network, compression takes longer than it saves
        serializer=_Serializer(),
        verify_certs=True,
    )


def _tunnelled(port: int) -> type[Urllib3HttpConnection]:
    """Connections to a local port instead of the endpoint."""

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return socket.create_connection((LOCAL, port), self.timeout)

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return socket.create_connection((LOCAL, port), self.timeout)

    class Tunnelled(Urllib3HttpConnection):
        def _create_urllib3_pool(self) -> None:
            super()._create_urllib3_pool()
            self.pool.ConnectionCls = Secure if self.use_ssl else Plain

    return Tunnelled


def _with_retries(what: str, call: Callable[[], T]) -> T:
    """The call's result, with retries while OpenSearch is busy or unreachable; OpenSearchError if they run out."""
    try:
        return RETRY(call)
    except TransportError as error:
        if not _may_recover(error):
            raise OpenSearchError(f"OpenSearch refused to {what}: {_reason(error)}.", _remedy(error)) from error
        how = "is out of reach" if isinstance(error, Unreachable) else f"is still busy (status {error.status_code})"
        raise OpenSearchError(
            f"OpenSearch {how}; {ATTEMPTS} attempts to {what} failed: {_reason(error)}.",
            "Check the domain's health and its security group; nothing is lost, and the next try resumes.",
        ) from error
    except OpenSearchException as error:
        raise OpenSearchError(
            f"OpenSearch gave an unusable response when asked to {what}: {error}.", "Try again."
        ) from error


def _may_recover(error: BaseException) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, TransportError) and error.status_code in BUSY)


RETRY = retrying(_may_recover, first=0.2, longest=10.0, attempts=ATTEMPTS)
BULK_RETRY = retrying(Incomplete, first=0.2, longest=10.0, attempts=ATTEMPTS)
REFRESH_RETRY = retrying(Incomplete, first=0.05, longest=0.2, seconds=SEARCHABLE_SECONDS)


def _reason(error: TransportError) -> str:
    info = error.info
    if isinstance(info, Mapping) and isinstance(info.get("error"), Mapping):
        return f"{error.status_code} {info['error'].get('reason', '')}"[:300].strip()
    return f"{error.status_code} {error.error}"[:300]


def _remedy(error: TransportError) -> str:
    if error.status_code in (401, 403):
        return (
            "Allow this role es:ESHttpGet and es:ESHttpPost on the domain; to write, also ESHttpPut and ESHttpDelete."
        )
    if error.status_code == 404:
        return "Ingest a document first, which creates the index. If there was one, it has since been removed."
    return "Check the domain's logs."


def index_body(name: str, dimension: int, model: str) -> dict[str, Any]:
    """Settings and mapping of an index for this model's vectors, of this length, and its write alias. Fields that are
    only searched are left out of the stored source."""
    terms: dict[str, Any] = {"type": "text", "analyzer": "whitespace"}  # already tokenized
    keyword: dict[str, Any] = {"type": "keyword"}
    return {
        "aliases": {_write_alias(name): {}},
        "settings": {
            "index": {
                "knn": True,
                "number_of_shards": 1,  # enough for some 10 million passages
                "auto_expand_replicas": "0-1",  # one if there is a second node
                "refresh_interval": "1s",  # explicit, since by default an idle index is not refreshed
            }
        },
        "mappings": {
            "_meta": {"model": model, "format": INDEX_FORMAT},
            "dynamic": "strict",
            "_source": {"excludes": ["vector", *SEARCHED]},
            "properties": {
                "id": keyword,
                "document": keyword,
                "version": keyword,
                "ordinal": {"type": "integer"},
                "page": {"type": "integer"},
                "label": {"type": "keyword", "index": False, "doc_values": False},
                "title": {"type": "keyword", "index": False, "doc_values": False},
                "heading": {"type": "keyword", "index": False, "doc_values": False},
                "text": {"type": "keyword", "index": False, "doc_values": False},
                "boxes": {"type": "keyword", "index": False, "doc_values": False},
                "confidence": {"type": "keyword", "index": False, "doc_values": False},
                "batch": keyword,  # of one writer, from one refresh to the next
                **dict.fromkeys(SEARCHED, terms),
                "language": keyword,
                "vector": {
                    "type": "knn_vector",
                    "dimension": dimension,
                    "space_type": "cosinesimil",
                    "method": {
                        "name": "hnsw",
                        "engine": "lucene",
                        "parameters": {"m": 16, "ef_construction": 128},
                    },
                },
            },
        },
    }


def _write_alias(name: str) -> str:
    """The alias to write to an index by: unlike a write by name, it does not create an index that has been removed."""
    return f"{name}.written"


class OpenSearchIndexes:
    """The PassageIndexes port: indexes by name, and an alias for the live one. New indexes record `model`, so that
    questions can be embedded as the passages were, and their format, so that an earlier version refuses them."""

    def __init__(self, client: OpenSearch, model: str = "") -> None:
        self._client = client
        self._model = model

    def live(self) -> str:
        """The live index's name, '' before there is one."""
        try:
            names = _with_retries("look up the live index", lambda: self._client.indices.get_alias(name=ALIAS))
        except OpenSearchError as error:
            if isinstance(error.__cause__, NotFoundError):
                return ""
            raise
        return str(next(iter(names), ""))

    def open(self, name: str, dimension: int) -> OpenSearchIndex:
        """The index, created if missing, and only once by concurrent callers. OpenSearchError if it has another
        dimension."""
        existing = self._dimension(name)
        if existing is None:
            self._make(name, dimension)
            existing = self._dimension(name)
        if existing != dimension:
            raise OpenSearchError(
                f"The index {name} holds vectors of length {existing}, but the model's have length {dimension}.",
                "Run reindex, which builds a new index beside it.",
            )
        return OpenSearchIndex(name, self._client)

    def found(self, name: str) -> OpenSearchIndex:
        """An existing index."""
        return OpenSearchIndex(name, self._client)

    def model_of(self, name: str) -> str:
        """The model of an index's vectors, '' if the index does not say or does not exist."""
        return str((self._mapping(name) or {}).get("_meta", {}).get("model", ""))

    def _dimension(self, name: str) -> int | None:
        """The length of an index's vectors, None if there is no such index."""
        mapping = self._mapping(name)
        if mapping is None:
            return None
        return int(mapping.get("properties", {}).get("vector", {}).get("dimension", 0))

    def _mapping(self, name: str) -> dict[str, Any] | None:
        try:
            found = _with_retries(f"read the mapping of {name}", lambda: self._client.indices.get_mapping(index=name))
        except OpenSearchError as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise
        mapping = dict(found[name]["mappings"])
        check_format(f"The index {name}", int(mapping.get("_meta", {}).get("format", FIRST)), INDEX_FORMAT)
        return mapping

    def _make(self, name: str, dimension: int) -> None:
        body = index_body(name, dimension, self._model)
        try:
            _with_retries(f"create the index {name}", lambda: self._client.indices.create(index=name, body=body))
        except OpenSearchError as error:
            cause = error.__cause__
            if not (isinstance(cause, RequestError) and cause.error == "resource_already_exists_exception"):
                raise

    def point(self, name: str) -> None:
        """Make an index the live one, atomically."""
        actions = [
            {"remove": {"index": "*", "alias": ALIAS, "must_exist": False}},
            {"add": {"index": name, "alias": ALIAS}},
        ]
        body = {"actions": actions}
        _with_retries(f"make {name} the live index", lambda: self._client.indices.update_aliases(body=body))

    def drop(self, name: str) -> None:
        """Remove an index that is not live."""
        if name != self.live():
            _with_retries(f"remove {name}", lambda: self._client.indices.delete(index=name, ignore_unavailable=True))


class OpenSearchIndex:
    """The PassageIndex port over one OpenSearch index."""

    def __init__(self, name: str, client: OpenSearch) -> None:
        self.name = name
        self._client = client
        self._batch = uuid.uuid4().hex
        self._unseen: set[str] = set()

    def write(self, passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms]) -> None:
        """Add or overwrite by id. Each item's own result is checked: items that met a busy node are retried, and
        OpenSearchError names the first one refused."""
        with ThreadPoolExecutor(WRITERS, thread_name_prefix="bulk") as pool:
            bulks = _bulks(passages, vectors, terms, self._batch)
            for done in [pool.submit(BULK_RETRY, self._bulk, lines) for lines in bulks]:
                done.result()
        self._unseen.update(passage.id for passage in passages)

    def _bulk(self, left: dict[str, bytes]) -> None:
        """Send what is left; Incomplete if some of it met a busy node, which then is what is left."""
        answer = _with_retries("write passages", partial(self._write, b"".join(left.values())))
        if not answer["errors"]:
            return
        failed = {item["index"]["_id"]: item["index"] for item in answer["items"] if item["index"]["status"] >= 300}
        refused = [item for item in failed.values() if item["status"] not in BUSY]
        if refused:
            raise OpenSearchError(
                f"OpenSearch refused {len(refused)} of {len(left)} passages; the first, {refused[0]['_id']}, with "
                f"status {refused[0]['status']}: {str(refused[0].get('error', {}).get('reason'))[:300]}.",
                "Check the domain's logs, then ingest again, which resumes.",
            )
        for done in left.keys() - failed.keys():
            del left[done]
        raise Incomplete(
            f"OpenSearch is still too busy to take {len(left)} passages.",
            "Give the domain more or larger data nodes, then ingest again, which resumes.",
        )

    def _write(self, body: bytes) -> dict[str, Any]:
        params = {"require_alias": "true"}
        answer: dict[str, Any] = self._client.bulk(body=body, index=_write_alias(self.name), params=params)
        return answer

    def refresh(self) -> None:
        """Wait until the index's own refreshes have made everything written here searchable."""
        if self._unseen:
            REFRESH_RETRY(self._check_searchable)
            self._begin_batch()

    def settle(self) -> None:
        """OpenSearch counts deleted passages until it merges their segments, which it does by itself."""

    def _check_searchable(self) -> None:
        if missing := len(self._unseen) - self._count({"query": {"term": {"batch": self._batch}}}):
            raise Incomplete(
                f"{missing} passages are not searchable {SEARCHABLE_SECONDS:g} s after they were written.",
                "Ingest again, which resumes.",
            )

    def _begin_batch(self) -> None:
        """Distinguish what is written from here on from earlier writes, even of the same ids."""
        self._batch = uuid.uuid4().hex
        self._unseen = set()

    def _count(self, body: dict[str, Any]) -> int:
        return int(_with_retries("count passages", lambda: self._client.count(index=self.name, body=body))["count"])

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """Both searches for all queries in one round trip, or several if a domain would refuse it as too large."""
        if not queries or (documents is not None and not documents):
            return [Found([], []) for _ in queries]
        where = None if documents is None else {"terms": {"document": list(documents)}}
        hits: list[list[dict[str, Any]]] = []
        for body in _joined(b"".join(self._lines(query, size, where)) for query in queries):
            answer = _with_retries("search", partial(self._client.msearch, body=body, index=self.name))
            hits += [_hits(part) for part in answer["responses"]]
        return [
            Found(
                [Hit(_passage(hit["_source"]), 2.0 * hit["_score"] - 1.0) for hit in nearest],
                [Hit(_passage(hit["_source"]), hit["_score"]) for hit in keyword],
            )
            for nearest, keyword in zip(hits[::2], hits[1::2], strict=True)
        ]

    def languages(self) -> frozenset[str]:
        """The languages of the terms."""
        body = {"size": 0, "aggs": {"languages": {"terms": {"field": "language", "size": LANGUAGES}}}}
        found = _with_retries("list the languages", lambda: self._client.search(index=self.name, body=body))
        return frozenset(bucket["key"] for bucket in found["aggregations"]["languages"]["buckets"])

    def size(self) -> int:
        """The number of searchable passages."""
        return self._count({"query": {"match_all": {}}})

    def read_note(self) -> str:
        """The note in the index's mapping."""
        return str(self._meta().get("noted", ""))

    def write_note(self, text: str) -> None:
        """Store the note in the index's mapping."""
        body = {"_meta": {**self._meta(), "noted": text}}
        _with_retries("store a note", lambda: self._client.indices.put_mapping(index=self.name, body=body))

    def _meta(self) -> dict[str, Any]:
        found = _with_retries("read notes", lambda: self._client.indices.get_mapping(index=self.name))
        return dict(found[self.name]["mappings"].get("_meta", {}))

    @staticmethod
    def _lines(query: Query, size: int, where: dict[str, Any] | None) -> Iterator[bytes]:
        near: dict[str, Any] = {"vector": np.ascontiguousarray(query.vector), "k": size}
        each = [{"match": {field: {"query": query.words}}} for field in SEARCHED]
        words: dict[str, Any] = {"bool": {"should": each, "minimum_should_match": 1}}
        if query.phrases:
            whole = [
                {"bool": {"must": [{"match_phrase": {"words": part}} for part in phrase]}} for phrase in query.phrases
            ]
            words["bool"]["must"] = [{"bool": {"should": whole, "minimum_should_match": 1}}]
        if where is not None:
            near["filter"] = where
            words["bool"]["filter"] = [where]
        for body in (
            {"size": size, "query": {"knn": {"vector": near}}, "_source": list(TEXT)},
            {"size": size, "query": words, "_source": list(TEXT)},
        ):
            yield b"{}\n" + orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages and their neighbours, by document and ordinal."""
        if not passages:
            return []
        each = [
            {
                "bool": {
                    "filter": [
                        {"term": {"document": p.document}},
                        {"term": {"version": p.version}},
                        {"range": {"ordinal": {"gte": p.ordinal - reach, "lte": p.ordinal + reach}}},
                    ]
                }
            }
            for p in passages
        ]
        body = {"size": MAX_AROUND, "query": {"bool": {"should": each}}, "_source": list(TEXT)}
        found = _with_retries("read neighbours", lambda: self._client.search(index=self.name, body=body))
        return sorted(
            (_passage(hit["_source"]) for hit in _hits(found)), key=lambda p: (p.document, p.version, p.ordinal)
        )

    def delete(self, document: str, keep: str = "") -> None:
        """Remove a document's passages, including those that are not searchable yet."""
        query = {"bool": {"filter": [{"term": {"document": document}}], "must_not": [{"term": {"version": keep}}]}}
        _with_retries("refresh the index", lambda: self._client.indices.refresh(index=self.name))
        done = _with_retries(
            f"remove passages of {document!r}",
            lambda: self._client.delete_by_query(
                index=self.name, body={"query": query}, params={"refresh": "true", "conflicts": "proceed"}
            ),
        )
        if done["failures"] or done["version_conflicts"]:
            raise OpenSearchError(
                f"{len(done['failures']) + done['version_conflicts']} passages of {document!r} could not be removed.",
                "Ingest again, which resumes.",
            )
        self._begin_batch()  # the refreshes before and after have made everything searchable

    def count(self, document: str, version: str) -> int:
        """Passages of one version."""
        query = {"bool": {"filter": [{"term": {"document": document}}, {"term": {"version": version}}]}}
        return self._count({"query": query})

    def counts(self) -> dict[tuple[str, str], int]:
        """Passages of each version, page by page."""
        sources = [{name: {"terms": {"field": name}}} for name in ("document", "version")]
        counts: dict[tuple[str, str], int] = {}
        after: dict[str, Any] = {}
        while True:
            body = {"size": 0, "aggs": {"each": {"composite": {"size": BUCKETS, "sources": sources, **after}}}}
            found = _with_retries(
                "count the passages of each document", partial(self._client.search, index=self.name, body=body)
            )["aggregations"]["each"]
            counts |= {(one["key"]["document"], one["key"]["version"]): one["doc_count"] for one in found["buckets"]}
            if "after_key" not in found:
                return counts
            after = {"after": found["after_key"]}

    def verify(self) -> bool:
        """Nothing to do: OpenSearch has checksums of its own, and a shard of which one is wrong answers no more."""
        return False


def _bulks(
    passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms], batch: str
) -> Iterator[dict[str, bytes]]:
    """Bulk requests: the two lines of each passage, by its id."""
    lines: dict[str, bytes] = {}
    size = 0
    for passage, vector, own in zip(passages, vectors, terms, strict=True):
        action = orjson.dumps({"index": {"_id": passage.id}})
        stored = orjson.dumps(_stored(passage, vector, own, batch), option=orjson.OPT_SERIALIZE_NUMPY)
        pair = b"%s\n%s\n" % (action, stored)
        if lines and (size + len(pair) > REQUEST_BYTES or len(lines) == BULK_PASSAGES):
            yield lines
            lines, size = {}, 0
        lines[passage.id] = pair
        size += len(pair)
    if lines:
        yield lines


def _joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts, as many at a time as a request holds."""
    body = b""
    for part in parts:
        if body and len(body) + len(part) > REQUEST_BYTES:
            yield body
            body = b""
        body += part
    yield body


def _stored(passage: Passage, vector: Vectors, terms: Terms, batch: str) -> dict[str, Any]:
    return {
        **{field: getattr(passage, field) for field in TEXT if field not in ("boxes", "confidence")},
        "confidence": confidence_json(passage.confidence),
        "boxes": orjson.dumps([[b.page, b.left, b.top, b.right, b.bottom] for b in passage.boxes]).decode(),
        "batch": batch,
        **{field: getattr(terms, kind) for field, kind in SEARCHED.items()},
        "language": terms.language,
        "vector": np.ascontiguousarray(vector, np.float32),
    }


def _passage(source: Mapping[str, Any]) -> Passage:
    values = {field: source[field] for field in TEXT if field in source}  # older indexes lack some
    values["boxes"] = tuple([PageBox(*box) for box in orjson.loads(source["boxes"])])
    values["confidence"] = confidence_of(source.get("confidence"))
    return Passage(**values)


def _hits(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The hits; OpenSearchError if the search failed, even on some shards only: partial results look like full ones."""
    if "error" in answer or answer.get("timed_out") or answer["_shards"]["failed"]:
        reason = answer.get("error") or answer.get("_shards")
        raise OpenSearchError(f"OpenSearch could not search: {json.dumps(reason)[:300]}.", "Check the domain's logs.")
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits
