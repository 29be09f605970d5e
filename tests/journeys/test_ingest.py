"""Ingestion's promises: nothing lost, nothing doubled, whatever happens in between."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.ingest import reindex
from runtime.local.home import Home
from runtime.ports import Entry, PlumblineError, Query
from tests import pdfs

ROOT = Path(__file__).parents[2]


def searchable(home: Home) -> dict[str, int]:
    """Passages in the index by document, of whatever version."""
    table = home.index()._table  # type: ignore[attr-defined]
    table.checkout_latest()
    counts: dict[str, int] = {}
    for row in table.search().select(["document", "id"]).limit(None).to_list():
        counts[row["document"]] = counts.get(row["document"], 0) + 1
    return counts


def texts(home: Home, document: str) -> list[str]:
    table = home.index()._table  # type: ignore[attr-defined]
    table.checkout_latest()
    rows = table.search().select(["document", "ordinal", "text"]).limit(None).to_list()
    return [row["text"] for row in sorted(rows, key=lambda row: row["ordinal"]) if row["document"] == document]


def test_a_killed_ingestion_resumes_and_loses_and_doubles_nothing(
    make_home: Callable[[], Home], tmp_path: Path
) -> None:
    book = pdfs.book(tmp_path / "book.pdf", 120)
    whole = make_home()
    whole.add([book])
    whole.ingestor().reconcile("book.pdf")
    expected = texts(whole, "book.pdf")

    environment = {**os.environ, "PLUMBLINE_HOME": str(tmp_path / "killed"), "PLUMBLINE_THREADS": "1"}
    command = [sys.executable, "-m", "runtime", "ingest", str(book), "--json"]
    r = random.Random(7)
    kills = resumed = 0
    while True:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        # Killed at a moment of its own each time, but never before the ledger has gone forward.
        reached = _next_page(tmp_path / "killed")
        deadline = time.monotonic() + 120
        while process.poll() is None and _next_page(tmp_path / "killed") <= reached and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        threading.Event().wait(r.uniform(0, 0.4))
        if process.poll() is not None or kills == 3:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        resumed += 1 < _next_page(tmp_path / "killed") <= 120
    process.communicate(timeout=240)
    assert process.returncode == 0
    assert kills >= 1
    assert resumed >= 1
    from runtime.settings import Settings

    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "killed")}))
    assert texts(home, "book.pdf") == expected
    entry = home.ledger.get("book.pdf")
    assert entry is not None
    assert (entry.state, entry.passages) == ("ready", len(expected))


def _next_page(folder: Path) -> int:
    import json
    import sqlite3

    if not (folder / "plumbline.db").exists():
        return 1
    try:
        connection = sqlite3.connect(f"file:{folder / 'plumbline.db'}?mode=ro", uri=True)
        row = connection.execute("SELECT entry FROM ledger").fetchone()
        connection.close()
    except sqlite3.OperationalError:  # its tables are just being made
        return 1
    if row is None:
        return 1
    entry = json.loads(row[0])
    return 10_000 if entry["state"] == "ready" else int(entry["next_page"])


def test_the_new_version_is_searchable_before_the_old_one_goes(home: Home, tmp_path: Path) -> None:
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 30, seed=1))
    home.ingestor().reconcile("a.pdf")
    old = home.ledger.get("a.pdf")
    assert old is not None
    home.documents.put("a.pdf", pdfs.book(tmp_path / "two.pdf", 30, seed=500_000))
    seen: list[tuple[int, int]] = []

    def watch(entry: Entry) -> None:
        index = home.index()
        seen.append((index.count("a.pdf", old.version), index.count("a.pdf", entry.reading or entry.version)))

    outcome = home.ingestor().reconcile("a.pdf", watch)
    assert outcome.did == "ingested"
    assert all(before == old.passages for before, _ in seen[:-1])
    assert outcome.entry is not None
    assert seen[-1] == (0, outcome.entry.passages)


def test_a_version_that_cannot_be_read_leaves_the_one_before_it_searchable(home: Home, tmp_path: Path) -> None:
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 3))
    home.ingestor().reconcile("a.pdf")
    before = searchable(home)
    home.documents.put("a.pdf", pdfs.damaged(tmp_path / "two.pdf"))
    outcome = home.ingestor().reconcile("a.pdf")
    assert outcome.did == "refused"
    assert outcome.entry is not None
    assert outcome.entry.state == "damaged"
    assert "before it stays searchable" in outcome.entry.reason
    assert searchable(home) == before
    assert home.ingestor().reconcile("a.pdf").did == "unchanged"
    home.documents.put("a.pdf", pdfs.book(tmp_path / "three.pdf", 4, seed=9))
    assert home.ingestor().reconcile("a.pdf").did == "ingested"


def test_a_reading_that_resumes_in_a_document_without_text_says_so(home: Home, tmp_path: Path) -> None:
    scan = pdfs.picture(tmp_path / "scan.pdf", pages=3)
    home.documents.put("scan.pdf", scan)
    version = hashlib.sha256(scan.read_bytes()).hexdigest()
    assert home.ledger.lease("scan.pdf", "killed", 60)
    index = home.index().name
    so_far = Entry("scan.pdf", "reading", reading=version, index=index, next_page=3, pages=3, skipped={"image": 2})
    home.ledger.save(so_far, "killed")
    home.ledger.release("scan.pdf", "killed")
    entry = home.ingestor().reconcile("scan.pdf").entry
    assert entry is not None
    assert entry.state == "no text"
    assert "None of the 3 pages of scan.pdf" in entry.reason


def test_a_document_that_another_worker_holds_is_left_to_it(home: Home, tmp_path: Path) -> None:
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 3))
    assert home.ledger.lease("a.pdf", "another worker", 60)
    assert home.ingestor().reconcile("a.pdf").did == "busy"
    assert searchable(home) == {}
    home.ledger.release("a.pdf", "another worker")
    assert home.ingestor().reconcile("a.pdf").did == "ingested"


def test_a_failure_of_the_model_is_in_the_ledger_and_the_next_call_resumes(home: Home, tmp_path: Path) -> None:
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 150))
    embedder = home.embedder
    calls = 0

    class Failing:
        """The embedder, until its third call."""

        def __getattr__(self, name: str) -> object:
            return getattr(embedder, name)

        def embed(self, passages: list[str]) -> object:
            nonlocal calls
            calls += 1
            if calls > 2:
                raise PlumblineError("The endpoint is gone.", "Start it again.")
            return embedder.embed(passages)

    home.embedder = Failing()  # type: ignore[assignment]
    with pytest.raises(PlumblineError):
        home.ingestor().reconcile("a.pdf")
    entry = home.ledger.get("a.pdf")
    assert entry is not None
    assert (entry.state, entry.reason, entry.remedy) == ("failed", "The endpoint is gone.", "Start it again.")
    assert entry.next_page > 1
    home.embedder = embedder
    outcome = home.ingestor().reconcile("a.pdf")
    assert outcome.entry is not None
    assert outcome.entry.state == "ready"
    assert searchable(home) == {"a.pdf": outcome.entry.passages}
    assert sum(outcome.entry.readers.values()) == 150


def test_random_puts_replacements_and_deletions_settle_on_what_is_in_the_library(home: Home, tmp_path: Path) -> None:
    r = random.Random(3)
    library: dict[str, int] = {}
    for step in range(25):
        name = r.choice(["a.pdf", "b.pdf", "c/d.pdf"])
        act = r.choice(["put", "put", "delete", "repeat"])
        if act == "put":
            library[name] = step
            home.documents.put(name, pdfs.book(tmp_path / "x.pdf", 1 + step % 3, seed=step * 10_000))
        elif act == "delete":
            library.pop(name, None)
            home.documents.delete(name)
        for _ in range(r.choice([1, 1, 2])):
            home.ingestor().reconcile(name)
    entries = {entry.document: entry for entry in home.ledger.entries()}
    assert set(entries) == set(library)
    assert searchable(home) == {name: entry.passages for name, entry in entries.items()}
    for name, step in library.items():
        assert pdfs.sentence(step * 10_000 + 100) in " ".join(texts(home, name))


def test_questions_are_answered_from_the_old_index_until_the_new_one_is_complete(home: Home, tmp_path: Path) -> None:
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 6))
    home.ingestor().reconcile("a.pdf")
    old = home.indexes.live()
    query = Query("lathe", home.embedder.embed(["lathe"])[0])
    live: set[str] = set()

    def watch(_: Entry) -> None:
        live.add(home.indexes.live())
        assert home.index().search([query], 1)[0].nearest

    new = reindex(home.documents, home.ledger, home.indexes, home.embedder, home.archive, watch)
    assert live == {old}
    assert home.indexes.live() == new != old
    assert searchable(home) == {"a.pdf": sum(e.passages for e in home.ledger.entries())}


def test_a_full_disk_is_said_and_what_was_there_still_opens(make_home: Callable[[], Home], tmp_path: Path) -> None:
    import resource

    home = make_home()
    home.documents.put("a.pdf", pdfs.book(tmp_path / "one.pdf", 3))
    home.ingestor().reconcile("a.pdf")
    before = searchable(home)
    # No file may grow beyond this size in the child: to it the disk is full.
    script = (
        "import resource, sys; hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1];"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "sys.argv = ['runtime', 'ingest', sys.argv[1]]; from runtime.__main__ import main; main()"
    )
    big = pdfs.book(tmp_path / "big.pdf", 200)
    done = subprocess.run(
        [sys.executable, "-c", script, str(big)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "PLUMBLINE_HOME": str(tmp_path / "home"), "PLUMBLINE_THREADS": "1"},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Error" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert searchable(make_home()) == before
    again = make_home()
    again.add([big])
    again.ingestor().reconcile("big.pdf")
    assert set(searchable(again)) == {"a.pdf", "big.pdf"}
