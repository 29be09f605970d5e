"""What the processes of `tests.survival` do: this module is loaded before they are forked, and starts no thread."""

from __future__ import annotations

import asyncio  # noqa: F401 - this and the next two take half of a process's start
import gzip
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.dataset  # noqa: F401
import pydantic  # noqa: F401

import runtime.__main__ as command
import runtime.ingest
import runtime.local.rapidocr
import runtime.local.sqlite
from runtime.library import open_home
from runtime.local import home as homes
from runtime.local.folder import PART
from runtime.ports import PlumblineError
from runtime.repair import repair
from runtime.settings import Settings
from tests.contracts.memory import MemoryEmbedder

runtime.ingest.LEASE_SECONDS = 3.0
runtime.ingest.BUSY_SECONDS = 0.1
command.WAIT_SECONDS = 0.1


class Home(homes.Home):
    """A home with a small embedder."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.embedder = MemoryEmbedder()


def main(what: str, home: Path, folder: Path, arguments: list[str]) -> int:
    """Run one process; its exit code."""
    homes.Home = Home  # type: ignore[misc]
    os.environ |= {"PLUMBLINE_HOME": str(home), "PLUMBLINE_OCR": "none", "PLUMBLINE_THREADS": "1"}
    own = {"page": _page, "upload": _upload, "check": _check}
    if what in own:
        return own[what](home, folder, arguments)
    commands = {
        "ingest": ["ingest", str(folder)],
        "settle": ["ingest", str(folder)],
        "delete": ["delete", *arguments],
        "reindex": ["reindex"],
        "repair": ["repair"],
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.argv = ["runtime", *commands[what]]
    if what == "settle":
        _settle_rest()
    command.main()
    return 0


def _settle_rest() -> None:
    """What uploads and earlier deletions left, as the page does at its start."""
    from runtime.local.worker import Worker

    home = open_home()
    worker = Worker(home, 5)
    worker.look()
    worker.run()


def _page(home: Path, folder: Path, arguments: list[str]) -> int:
    """The page's worker over the folder, until it is told to stop."""
    from runtime.local.worker import Worker

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        worker = Worker(open_home())
    except (PlumblineError, OSError) as error:  # the disk is full
        print(error)
        return 1
    worker.start([folder])
    stopping.wait(1.5)
    worker.stop()
    return 0


def _upload(home: Path, folder: Path, arguments: list[str]) -> int:
    (file,) = map(Path, arguments)
    open_home().upload(file.name, file)
    return 0


def _check(home: Path, folder: Path, arguments: list[str]) -> int:
    """Write down what there is."""
    from runtime.versions import version_of

    library = open_home()
    index = library.index()
    entries = library.ledger.entries()
    searcher = library.answerer().searcher
    wrong: list[str] = []
    stored = {one.key: version_of(library.path(one.key)) for one in library.documents.stored()}
    texts = index._table.search().select(["id", "document", "text"]).limit(None).to_arrow().to_pylist()  # type: ignore[attr-defined]
    words = {(row["document"], word) for row in texts for word in row["text"].split() if len(word.rstrip(".")) == 11}
    for document, word in words:
        (found,) = searcher.search([word.rstrip(".")], 1)
        if not found.ranked or found.ranked[0].passage.document != document:
            wrong.append(f"{word} of {document}")
    with library.database.reading() as t:
        leases = sum(
            not library.database.processes.has_died(row["owner"]) for row in t.execute("SELECT owner FROM leases")
        )
    found_: dict[str, Any] = {
        "stored": stored,
        "ledger": {entry.document: [entry.state, entry.version] for entry in entries},
        "index": [[document, version, count] for (document, version), count in index.counts().items()],
        "passages": {entry.document: entry.passages for entry in entries},
        "unarchived": len({row["id"] for row in texts} - _archived(home)),
        "parts": [str(path) for path in home.rglob(f"{PART}*")],
        "leases": leases,
        "working": [asdict(one) for one in library.workers.others()],
        "findings": [
            asdict(one) for one in repair(library.documents, library.ledger, library.index(), library.ingestor())
        ],
        "wrong": wrong,
    }
    (home.parent / "found.json").write_text(json.dumps(found_))
    return 0


def _archived(home: Path) -> set[str]:
    lines = (
        line for path in (home / "archive").rglob("*.gz") for line in gzip.decompress(path.read_bytes()).splitlines()
    )
    return {json.loads(line)["id"] for line in lines}
