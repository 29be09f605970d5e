"""Ingestion by real processes over real files: killed, and on a full disk. What an ingestor promises whatever happens
at whatever moment is in tests/unit/test_ingestor.py."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from runtime.ingest import document_title
from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.passages import Chunker
from runtime.reading.document import open_pdf
from runtime.settings import Settings
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


def test_an_ingestion_that_is_killed_resumes_and_loses_and_duplicates_nothing(minilm: MiniLm, tmp_path: Path) -> None:
    book, folder = pdfs.book(tmp_path / "book.pdf", 120), tmp_path / "killed"
    environment = {**os.environ, "PLUMBLINE_HOME": str(folder), "PLUMBLINE_THREADS": "1"}
    command = [sys.executable, "-m", "runtime", "ingest", str(book), "--json"]
    r = random.Random(7)
    kills = resumed = 0
    while True:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        # Killed at a moment of its own each time, but never before the ledger has gone forward.
        reached = next_page(folder)
        deadline = time.monotonic() + 120
        while process.poll() is None and next_page(folder) <= reached and time.monotonic() < deadline:
            threading.Event().wait(0.02)
        threading.Event().wait(r.uniform(0, 0.4))
        if process.poll() is not None or kills == 2:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        resumed += 1 < next_page(folder) <= 120
    process.communicate(timeout=240)
    assert process.returncode == 0
    assert kills >= 1
    assert resumed >= 1
    home = Home(Settings.read({"PLUMBLINE_HOME": str(folder)}))
    expected = passages(book, minilm)
    assert texts(home, "book.pdf") == expected
    entry = home.ledger.get("book.pdf")
    assert entry is not None
    assert (entry.state, entry.passages) == ("ready", len(expected))


def passages(book: Path, minilm: MiniLm) -> list[str]:
    """The texts of a book's passages, cut in one go."""
    with open_pdf(book) as pdf:
        pages = list(pdf.pages())
        chunker = Chunker(book.name, "", document_title(book.name, pdf.title, pages[0]), minilm)
    return [passage.text for page in pages for passage in chunker.page(page)]


def next_page(folder: Path) -> int:
    """Where the ledger says that a reading resumes."""
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


def test_a_full_disk_is_reported_and_what_was_there_still_opens(make_home: Callable[[], Home], tmp_path: Path) -> None:
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
    big = pdfs.book(tmp_path / "big.pdf", 60)
    assert big.stat().st_size > 60_000
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
