"""A library in memory for the tests of the use cases: whoever works on it can be killed at any call of a port, and what
it then holds can be compared with what it should."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from runtime.ingest import LEASE_SECONDS, Ingestor, Outcome, open_index, unfinished
from runtime.ports import Entry, Passage, PlumblineError, Recognition
from runtime.recognized import RecognizedInMemory
from tests.contracts.memory import MemoryArchive, MemoryDocuments, MemoryEmbedder, MemoryIndexes, MemoryLedger
from tests.contracts.plain import Plain, open_plain

Moment = Literal["before", "during", "after"]
"""When a call is struck: not yet begun, half of what it writes being written, or done and nobody told."""

STRUCK: dict[Moment, str | tuple[str, ...]] = {
    "before": "",
    "during": ".write",
    "after": (".write", ".refresh", ".delete", ".lease", ".save", ".remove", ".release"),
}
"""What the calls' names end with that each moment makes a difference to."""

FULL = PlumblineError("The disk is full.", "Make room.")

P = TypeVar("P")


def pages(number: int, subject: str = "kiln") -> list[str]:
    """Pages of a sentence each."""
    return [f"On page {page} the {subject} is {page * 7} degrees hot." for page in range(1, number + 1)]


class Killed(BaseException):
    """The worker's process is no more."""


class Calls:
    """The calls that one worker makes to its ports, in order, and what happens at them."""

    def __init__(self, happens: Callable[[int, str], None] = lambda number, name: None) -> None:
        self.names: list[str] = []
        self.happens = happens
        """Called with a call's number, from 1, and its name, before it is made."""
        self._lock = threading.Lock()

    def make(self, name: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make one call."""
        with self._lock:
            self.names.append(name)
            number = len(self.names)
        self.happens(number, name)
        made = call(*arguments, **options)
        return self.through("index", made) if name == "indexes.open" else made

    def through(self, name: str, port: P) -> P:
        """The port, its calls counted here."""
        return cast(P, _Through(name, port, self))


class _Through:
    def __init__(self, name: str, port: object, calls: Calls) -> None:
        self._name, self._port, self._calls = name, port, calls

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value
        return lambda *arguments, **options: self._calls.make(f"{self._name}.{name}", value, *arguments, **options)


class KilledAt(Calls):
    """Kills the worker at one of the calls that such a moment makes a difference to; after it none is made any more,
    not even to clear up."""

    def __init__(self, at: int, moment: Moment) -> None:
        super().__init__()
        self._left, self._moment = at, moment
        self._dead = False

    def make(self, name: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make one call, or none."""
        with self._lock:
            if self._dead:
                raise Killed
            self.names.append(name)
            self._left -= name.endswith(STRUCK[self._moment])
            struck = self._dead = self._left == 0
        if not struck:
            return call(*arguments, **options)
        if self._moment == "after":
            call(*arguments, **options)
        elif self._moment == "during":
            call(*(argument[: len(argument) // 2] for argument in arguments))
        raise Killed


def until(condition: Callable[[], Any]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        threading.Event().wait(0.002)


def failing_at(at: int) -> Calls:
    """One call fails; those after it succeed."""

    def happens(number: int, name: str) -> None:
        if number == at:
            raise FULL

    return Calls(happens)


def failing_on(name: str) -> Calls:
    """Every call of that name fails."""

    def happens(_: int, called: str) -> None:
        if called == name:
            raise FULL

    return Calls(happens)


class Library:
    """Documents and what is known of them, by a clock that the test moves."""

    def __init__(self, embedder: MemoryEmbedder | None = None) -> None:
        self.now = 0.0
        self.documents = MemoryDocuments()
        self.ledger = MemoryLedger(lambda: self.now)
        self.indexes = MemoryIndexes()
        self.embedder = embedder or MemoryEmbedder()
        self.archive = MemoryArchive()
        self.recognized = RecognizedInMemory()
        self.index = self.indexes.open(open_index(self.indexes, self.embedder).name, self.embedder.dimension)
        self.stored: dict[str, str] = {}
        """The version of each document that is stored, by key."""
        self.versions: dict[str, Plain] = {}
        """Every document that was ever stored, by version."""

    def put(self, key: str, *pages: str, **options: Any) -> str:
        """Store a document of these pages; its version."""
        return self.store(key, Plain(pages, **options))

    def store(self, key: str, document: Plain) -> str:
        """Store a document; its version."""
        version = hashlib.sha256(document.written).hexdigest()
        self.stored[key], self.versions[version] = version, document
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(document.written)
            self.documents.put(key, Path(file.name))
        return version

    def delete(self, key: str) -> None:
        """Take a document out."""
        self.stored.pop(key, None)
        self.documents.delete(key)

    def ingestor(self, calls: Calls | None = None, **options: Any) -> Ingestor:
        """A new worker; its calls to the ports are made through `calls`."""
        calls = calls or Calls()
        ports = {
            name: calls.through(name, options.pop(name, getattr(self, name)))
            for name in ("documents", "ledger", "index", "embedder", "archive")
        }
        if "ocr" in options:
            options["recognition"] = replace(options.get("recognition", Recognition(None)), ocr=options.pop("ocr"))
        return Ingestor(**{"read": open_plain, "recognized": self.recognized, **ports, **options})

    def reconcile(self, key: str, calls: Calls | None = None, **options: Any) -> Outcome | None:
        """What a new worker does about a document; None when it was killed or failed at it."""
        try:
            return self.ingestor(calls, **options).reconcile(key)
        except (Killed, PlumblineError):
            return None

    def entry(self, key: str) -> Entry:
        """What the ledger says of a document."""
        entry = self.ledger.get(key)
        assert entry is not None
        return entry

    def searchable(self, key: str) -> dict[str, int]:
        """How many of a document's passages the live index has, by version."""
        versions = [passage.version for passage in self.index.passages() if passage.document == key]
        return {version: versions.count(version) for version in versions}

    def is_searchable(self, key: str) -> bool:
        """Whether the ledger names a version that is searchable; AssertionError where that is not so in whole."""
        entry = self.ledger.get(key)
        if entry is None or not entry.version:
            return False
        assert self.searchable(key).get(entry.version) == len(passages_of(key, self.versions[entry.version]))
        return True

    def leases_run_out(self) -> None:
        """Wait for longer than a lease."""
        self.now += LEASE_SECONDS + 1

    def settle(self) -> None:
        """Do what the scheduled look does, until nothing is left to be done."""
        self.leases_run_out()
        for _ in range(3):
            left = unfinished(self.documents, self.ledger, self.index.name)
            if not (left.waiting or left.failed or left.gone.now):
                return
            for key in left.waiting + left.failed + left.gone.now:
                self.ingestor().reconcile(key)
        raise AssertionError(f"still to be done: {left}")

    def check(self) -> None:
        """Index, ledger and archive have what is in the library, whole and once, and nobody holds anything."""
        keys = sorted(self.stored)
        entries = self.ledger.entries()
        assert [entry.document for entry in entries] == keys
        expected: dict[str, Passage] = {}
        for entry in entries:
            self._check_entry(entry)
            if entry.version:
                expected |= {
                    passage.id: passage for passage in passages_of(entry.document, self.versions[entry.version])
                }
        self.index.refresh()  # what no search finds yet, one will
        assert {passage.id: passage for passage in self.index.passages()} == expected
        archived = {record.id: record for record in self.archive.records if record.kind == "passage"}
        assert {id_: archived[id_].text for id_ in expected} == {id_: p.text for id_, p in expected.items()}
        for key in keys:
            assert self.ledger.lease(key, "whoever comes next", 0)
            self.ledger.release(key, "whoever comes next")

    def _check_entry(self, entry: Entry) -> None:
        """The entry is that of the document as it is stored."""
        stored, version = self.documents.find(entry.document), self.stored[entry.document]
        refusal = refusal_of(self.versions[version])
        assert stored is not None
        assert (entry.tag, entry.next_page, entry.carry) == (stored.tag, 1, "")
        if refusal:
            assert (entry.state, entry.reading) == (refusal, version)
            assert entry.reason
            assert entry.remedy
            return
        pages, passages = self.versions[version].pages, passages_of(entry.document, self.versions[version])
        assert (entry.state, entry.version, entry.reading) == ("ready", version, "")
        assert (entry.reason, entry.remedy) == ("", "")
        assert (entry.pages, entry.passages) == (len(pages), len(passages))
        assert sum(entry.readers.values()) + sum(entry.skipped.values()) == len(pages)


@lru_cache
def passages_of(key: str, document: Plain) -> list[Passage]:
    """The passages that an ingestion makes which nothing disturbs; none of a document that is refused."""
    alone = Library()
    alone.store(key, document)
    done = alone.ingestor().reconcile(key)
    return alone.index.passages() if done.result == "ingested" else []


@lru_cache
def refusal_of(document: Plain) -> str:
    """The state of a document that can't be read, '' for one that can."""
    alone = Library()
    alone.store("a.pdf", document)
    entry = alone.ingestor().reconcile("a.pdf").entry
    assert entry is not None
    return "" if entry.state == "ready" else entry.state
