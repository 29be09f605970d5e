"""The AWS adapters compared with the bare services (a real OpenSearch on this machine), and the Lambda package."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import urllib3
from opensearchpy.helpers import parallel_bulk

from components import package
from runtime.aws.opensearch import OpenSearchIndex, OpenSearchIndexes, _stored
from runtime.passages import passage_id
from runtime.ports import Passage, Query, Terms, Vectors
from runtime.search.searcher import CANDIDATES
from runtime.search.words import terms_of
from tests import servers
from tests.aws.made import search_client
from tests.aws.stack import HERE, MACHINE

PASSAGES = 100_000
COMPARED = 10_000
"""Passages written in each of the two ways, twice, in turns."""

WINDOW = 500
DIMENSION = 384
TOPICS = 500
WORDS = 20_000
QUESTIONS = 300
IMPORTS = 9


def figures() -> list[dict[str, Any]]:
    """The table of `make bench-aws`."""
    try:
        with servers.opensearch() as url:
            return [*packed(), *writing(url), *searching(url)]
    except servers.Missing as what:
        sys.exit(f"{what} is missing")


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


def _made(count: int, seed: int) -> tuple[list[Passage], Vectors]:
    """Passages of 120 words with the frequencies of natural language, and vectors around topics."""
    random = np.random.default_rng(seed)
    topics = np.random.default_rng(0).standard_normal((TOPICS, DIMENSION))
    made = topics[random.integers(TOPICS, size=count)] + 0.8 * random.standard_normal((count, DIMENSION))
    vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    words = np.minimum(random.zipf(1.3, size=(count, 120)), WORDS)
    passages = []
    for n, row in enumerate(words):
        document = f"document-{seed}-{n // 500}.pdf"
        text = " ".join(f"w{word}" for word in row)
        passages.append(Passage(passage_id(document, "v", 1, n), document, "v", n, 1 + n // 2, "Title", "", text))
    return passages, vectors


def _terms(passages: Sequence[Passage]) -> list[Terms]:
    return [one for n in range(0, len(passages), 500) for one in terms_of(passages[n : n + 500], "")]


def packed() -> list[dict[str, Any]]:
    """The package's size, and how long a new process takes to import it with nothing precompiled, as on Lambda."""
    layer, function = package.layer(package.PACKAGES, MACHINE, HERE), package.function(package.PACKAGES)
    unpacked = (package.unpacked_bytes(layer) + package.unpacked_bytes(function)) / (1 << 20)
    script = "import sys, time; sys.path[:0] = sys.argv[1:]; sys.dont_write_bytecode = True\n"
    script += "began = time.perf_counter(); import runtime.handlers; print(time.perf_counter() - began)"
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for zipped in (layer, function):
            with zipfile.ZipFile(zipped) as opened:
                opened.extractall(folder)
        for _ in range(IMPORTS):
            command = [sys.executable, "-I", "-S", "-c", script, folder, f"{folder}/python"]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env={"AWS_REGION": "none"})
            seconds.append(float(done.stdout))
    middle, most = float(np.median(seconds)), max(seconds)
    return [
        _row("Lambda: layer and function unpacked", unpacked, "MiB", "under 143", unpacked < 143),  # 150 MB
        _row("Lambda: layer as a zip", layer.stat().st_size / (1 << 20), "MiB"),
        _row("Lambda: cold import, median", middle, "s", "under 1.5", middle < 1.5),
        _row("Lambda: cold import, longest", most, "s"),
    ]


def writing(url: str) -> list[dict[str, Any]]:
    """The adapter's writes compared with opensearch-py's parallel_bulk of the same documents, each in a new index."""
    client = search_client(url)
    indexes = OpenSearchIndexes(client)
    seconds = {"ours": 0.0, "theirs": 0.0}
    for turn in range(2):
        passages, vectors = _made(COMPARED, turn)
        for way in ("ours", "theirs") if turn == 0 else ("theirs", "ours"):
            print(f"writing {COMPARED:,} passages: {way}", file=sys.stderr)
            index = indexes.open(f"passages-{way}-{turn}", DIMENSION)
            began = time.perf_counter()
            if way == "ours":
                index.write(passages, vectors, _terms(passages))
            else:
                documents = (
                    {"_index": index.name, "_id": p.id, "_source": {**_stored(p, v, t, ""), "vector": v.tolist()}}
                    for p, v, t in zip(passages, vectors, _terms(passages), strict=True)
                )
                for ok, item in parallel_bulk(client, documents, chunk_size=WINDOW):
                    assert ok, item
            client.indices.refresh(index=index.name)
            seconds[way] += time.perf_counter() - began
            assert index.count(passages[0].document, "v") == 500
            indexes.drop(index.name)
    ratio = seconds["theirs"] / seconds["ours"]
    return [
        _row("bulk: parallel_bulk of opensearch-py", 2 * COMPARED / seconds["theirs"], "passages/s"),
        _row("bulk: this adapter", 2 * COMPARED / seconds["ours"], "passages/s"),
        _row("bulk: this adapter against parallel_bulk", ratio, "times", "at least 0.8", ratio >= 0.8),
    ]


def searching(url: str) -> list[dict[str, Any]]:
    """The adapter's search compared, in turns, with the same _msearch sent by hand and its response merely parsed."""
    index = OpenSearchIndexes(search_client(url)).open("passages-many", DIMENSION)
    for seed in range(10, 10 + PASSAGES // COMPARED):
        print(f"writing passages from {(seed - 10) * COMPARED:,}", file=sys.stderr)
        passages, vectors = _made(COMPARED, seed)
        index.write(passages, vectors, _terms(passages))
    index.refresh()
    asked, near = _made(QUESTIONS, 99)
    queries = [Query(" ".join(p.text.split()[:8]), v) for p, v in zip(asked, near, strict=True)]
    pool = urllib3.PoolManager(maxsize=1)
    address = f"{url}/{index.name}/_msearch"
    by_hand: list[float] = []
    ours: list[float] = []
    for number, query in enumerate([*queries[:30], *queries]):  # the first 30 to warm up
        body = b"".join(OpenSearchIndex._lines(query, CANDIDATES, None))
        for way in (by_hand, ours) if number % 2 else (ours, by_hand):  # the second of the two finds warm caches
            began = time.perf_counter()
            if way is ours:
                (found,) = index.search([query], CANDIDATES)
                assert len(found.nearest) == CANDIDATES
            else:
                reply = pool.request("POST", address, body=body, headers={"Content-Type": "application/x-ndjson"})
                assert len(json.loads(reply.data)["responses"]) == 2
            if number >= 30:
                way.append(time.perf_counter() - began)
    bare, own = (1000 * float(np.percentile(times, 95)) for times in (by_hand, ours))
    return [
        _row("search: passages in the index", PASSAGES, "passages"),
        _row("search: p95 of a bare _msearch", bare, "ms"),
        _row("search: p95 of this adapter", own, "ms"),
        _row("search: p95 of this adapter against it", own / bare, "times", "at most 1.2", own <= 1.2 * bare),
    ]
