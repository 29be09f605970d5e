"""No document is ever lost or doubled: whatever is put, replaced, deleted and renamed, however its events come, and
whenever a worker is killed, in the end index, ledger and bucket say the same."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runtime.aws.clients import client
from runtime.aws.cloud import Cloud
from runtime.aws.settings import CloudSettings
from runtime.ingest import unfinished
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, INGEST_PREFIX
from tests import pdfs
from tests.aws import stack as stacks
from tests.aws.made import search_client
from tests.aws.models import Models
from tests.aws.stack import Stack
from tests.servers import ROOT

pytestmark = pytest.mark.xdist_group("servers")

NAMES = ["a.pdf", "b.pdf", "c/d.pdf"]
WORKERS = 2
HIDDEN_SECONDS = 4
SETTLE_SECONDS = 120


@dataclass(frozen=True)
class Act:
    """One step: what is done to which file, and what becomes of its event."""

    what: str
    name: str
    other: str
    pages: int
    event: str
    after: float  # seconds until the next step


def acts_of(seed: int) -> list[Act]:
    """Any acts in any order, the same for the same seed."""
    r = random.Random(seed)
    return [
        Act(
            what=r.choice(["put", "put", "put", "delete", "rename", "kill", "kill", "damage"]),
            name=r.choice(NAMES),
            other=r.choice(NAMES),
            pages=r.randint(1, 25),
            event=r.choice(["sent", "sent", "twice", "lost", "late"]),
            after=r.uniform(0, 1.2),
        )
        for _ in range(r.randint(6, 14))
    ]


EACH = [
    [
        Act("put", "a.pdf", "", 8, "sent", 0),
        Act("put", "b.pdf", "", 25, "twice", 0.4),
        Act("kill", "", "", 0, "", 0),
        Act("rename", "b.pdf", "c/d.pdf", 0, "sent", 0),
        Act("kill", "", "", 0, "", 0),
        Act("put", "b.pdf", "", 4, "lost", 0),
    ],
    [
        Act("put", "a.pdf", "", 3, "late", 0),
        Act("damage", "a.pdf", "", 0, "lost", 0),
        Act("delete", "c/d.pdf", "", 0, "lost", 0),
        Act("put", "b.pdf", "", 6, "sent", 0),
        Act("kill", "", "", 0, "", 0),
    ],
]
"""Each kind of act and of event, in two rounds: the second changes what the library has. `make soak` has others by
seed."""


@dataclass
class Library:
    """The bucket as it should be, its workers, and the events on their way."""

    stack: Stack
    folder: Path
    content: dict[str, Path] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    made: int = 0
    kills: int = 0

    def work(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.aws.worker"],
            cwd=ROOT,
            env={**os.environ, **self.stack.environment},
            stdout=subprocess.PIPE,
            stderr=(self.folder / "errors").open("a"),
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        self.workers.append(process)

    def kill(self) -> None:
        worker = self.workers.pop(0)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()
        self.kills += 1

    def act(self, act: Act) -> None:
        if act.what == "kill":
            self.kill()
            self.work()
        elif act.what in ("put", "damage"):
            self.made += 1
            path = self.folder / f"{self.made}.pdf"
            if act.what == "put":
                pdfs.book(path, act.pages, seed=self.made * 10_000)
            else:
                path.write_bytes(b"%PDF-1.7\n" + random.Random(self.made).randbytes(2_000))
            self.store(act.name, path, act)
        elif act.what == "delete":
            self.remove(act.name, act)
        elif act.what == "rename" and act.name in self.content and act.name != act.other:
            self.store(act.other, self.content[act.name], act)
            self.remove(act.name, act)
        threading.Event().wait(act.after)

    def store(self, name: str, path: Path, act: Act) -> None:
        self.stack.put(name, path)
        self.content[name] = path
        self.tell(name, act.event)

    def remove(self, name: str, act: Act) -> None:
        self.stack.delete(name)
        self.content.pop(name, None)
        self.tell(name, act.event)

    def tell(self, name: str, event: str) -> None:
        body = json.dumps({"source": "aws.s3", "detail": {"object": {"key": INGEST_PREFIX + name}}})
        if event == "late":
            self.late.append(body)
        for _ in range({"sent": 1, "twice": 2}.get(event, 0)):
            self.send(body)

    def send(self, body: str) -> None:
        client("sqs", self.stack.url).send_message(QueueUrl=self.stack.queue, MessageBody=body)

    def settle(self, cloud: Cloud) -> None:
        """Late events come in another order; then what the scheduled look finds, until it finds nothing."""
        for body in reversed(self.late):
            self.send(body)
        self.late.clear()
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            while self.stack.waiting(self.stack.queue):
                assert time.monotonic() < deadline, (self.folder / "errors").read_text()[-3000:]
                threading.Event().wait(0.2)
            left = unfinished(cloud.documents, cloud.ledger, cloud.index().name)
            assert not left.gone.held
            if not (left.waiting or left.failed or left.gone.now):
                return
            cloud.queue.send(left.waiting + left.failed)
            cloud.queue.send(left.gone.now, remove=True)


@pytest.fixture
def cloud(ministack: str, models: Models, opensearch: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    search_client(opensearch).indices.delete(index="passages-*")
    stack = stacks.resources(ministack, models.url, opensearch, tries=1000, hidden=HIDDEN_SECONDS)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    cloud = Cloud(CloudSettings.read(os.environ))
    cloud.index()
    yield cloud


def check(library: Library, cloud: Cloud) -> None:
    """Index, ledger, archive and bucket say the same."""
    indexed: Counter[tuple[str, str]] = Counter()
    ids: set[str] = set()
    client_ = search_client(library.stack.environment["PLUMBLINE_OPENSEARCH_ENDPOINT"])
    client_.indices.refresh(index="passages-live")
    found = client_.search(index="passages-live", body={"size": 10_000, "_source": ["document", "version"]})
    for hit in found["hits"]["hits"]:
        indexed[hit["_source"]["document"], hit["_source"]["version"]] += 1
        ids.add(hit["_id"])
    entries = {entry.document: entry for entry in cloud.ledger.entries()}
    assert set(entries) == set(library.content)
    expected: dict[tuple[str, str], int] = {}
    for name, path in library.content.items():
        version = hashlib.sha256(path.read_bytes()).hexdigest()
        entry = entries[name]
        if entry.state == "ready":
            assert entry.version == version
            expected[name, version] = entry.passages
            assert sum(entry.readers.values()) == entry.pages
        else:
            assert (entry.state, entry.reading) == ("damaged", version)
            if entry.version:  # the one before it stays searchable
                expected[name, entry.version] = indexed[name, entry.version]
                assert indexed[name, entry.version] > 0
    assert dict(indexed) == expected
    s3 = client("s3", library.stack.url)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=library.stack.bucket, Prefix=EMBEDDING_ARCHIVE_PREFIX)
    keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
    archived = {json.loads(s3.get_object(Bucket=library.stack.bucket, Key=key)["Body"].read())["id"] for key in keys}
    assert ids <= archived


def test_index_ledger_and_bucket_agree_in_the_end(cloud: Cloud, tmp_path: Path, ministack: str) -> None:
    agree_after(EACH, cloud, tmp_path, ministack)


def agree_after(rounds: list[list[Act]], cloud: Cloud, folder: Path, url: str) -> None:
    """Do these to a stack's library of which workers are killed meanwhile, and look after each round whether all is as
    it should be."""
    environment = dict(os.environ)
    names = ("BUCKET", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL")
    bucket, queue, dead = (environment[f"PLUMBLINE_{name}"] for name in names)
    library = Library(Stack(url, environment, bucket, queue, dead), folder)
    try:
        for _ in range(WORKERS):
            library.work()
        for acts in rounds:
            for act in acts:
                library.act(act)
            library.settle(cloud)
            check(library, cloud)
            assert library.stack.waiting(library.stack.queue) == 0
    finally:
        while library.workers:
            library.kill()
