"""Ingesting, searching and starting: each figure is a ratio of two things measured in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.worker import Worker
from runtime.ports import Vectors
from runtime.settings import Settings
from tests import pdfs

ROOT = Path(__file__).parents[1]
NAMES = ("R-FAQ", "R-data", "R-ints", "R-lang", "R-intro", "R-admin", "R-exts")
R_MANUALS = [Path("/usr/share/R/doc/manual", f"{name}.pdf") for name in NAMES]
SMALL, LARGE = 300, 3_000
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""Runs a command and prints its memory peak: a small process of its own, for a child starts with its parent's peak."""

FILES, MORE_FILES = 3_000, 200
SEARCHED = "Which kiln is fired at night?"

QUESTIONS = 1_000
SECOND = 2_200
"""Pages of a second book, so that the search has over 10,000 passages to look through."""


def figures() -> list[dict[str, Any]]:
    """The table of `make bench-ingest`."""
    missing = [path for path in R_MANUALS if not path.exists()]
    if missing:
        sys.exit(f"{missing[0]} is missing: install Debian's r-doc-pdf.")
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        return [*ingestion(folder), *small_files(folder), *memory(folder), *search_speed(folder), *start(folder)]


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Timed(MiniLm):
    """The embedder, recording the calls it gets."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.calls: list[list[str]] = []

    def _embed(self, texts: Sequence[str], step: Callable[[], AbstractContextManager[None]] = nullcontext) -> Vectors:
        self.calls.append(list(texts))
        return super()._embed(texts, step)


def ingestion(folder: Path) -> list[dict[str, Any]]:
    """The whole ingestion of the R manuals compared with the embedder alone on exactly the same calls."""
    embedder = _Timed(2)
    embedder.embed(["to load it"])
    embedder.calls.clear()
    home = _home(folder / "manuals", embedder)
    keys = home.add(R_MANUALS).keys
    _progress("ingesting the R manuals")
    ingestor = home.ingestor()
    began = time.perf_counter()
    for key in keys:
        ingestor.reconcile(key)
    whole = time.perf_counter() - began
    calls = list(embedder.calls)
    _progress("only embedding the same passages")
    began = time.perf_counter()
    for texts in calls:
        MiniLm._embed(embedder, texts)
    alone = time.perf_counter() - began
    passages = sum(map(len, calls))
    return [
        _row("ingestion: passages", passages, "passages"),
        _row("ingestion: whole", passages / whole, "passages/s"),
        _row("ingestion: the embedder alone", passages / alone, "passages/s"),
        _row(
            "ingestion: whole against the embedder alone", whole / alone, "times", "at most 1.3", whole / alone <= 1.3
        ),
    ]


def small_files(folder: Path) -> list[dict[str, Any]]:
    """Thousands of one-page documents, as the page reads a folder: compared with the embedder alone on the same calls.
    Then some more, while searches are made and questions asked: how much later these answer than afterwards."""
    papers, more = folder / "papers", folder / "more"
    for number in range(FILES + MORE_FILES):
        path = (papers if number < FILES else more) / f"{number:04}.pdf"
        path.parent.mkdir(exist_ok=True)
        pdfs.paragraphs(path, [pdfs.sentence(number * 100 + n) for n in range(12)])
    embedder = _Timed(2)
    embedder.embed(["to load it"])
    embedder.calls.clear()
    home = _home(folder / "small", embedder)
    _progress(f"ingesting {FILES:,} documents of one page")
    began = time.perf_counter()
    _read(home, papers)
    whole = time.perf_counter() - began
    calls = list(embedder.calls)
    began = time.perf_counter()
    for texts in calls:
        MiniLm._embed(embedder, texts)
    ratio = whole / (time.perf_counter() - began)
    _progress(f"asking while {MORE_FILES} more are ingested")
    reading = threading.Thread(target=_read, args=(home, more))
    reading.start()
    busy = _waits(home, lambda: not reading.is_alive())
    count = iter(range(len(busy)))
    search, words = np.median(busy, axis=0) / np.median(_waits(home, lambda: next(count, None) is None), axis=0)
    return [
        _row("small files: whole", FILES / whole, "documents/s"),
        _row("small files: whole against the embedder alone", ratio, "times", "at most 1.5", ratio <= 1.5),
        _row("small files: a search meanwhile against one afterwards", search, "times", "at most 1.5", search <= 1.5),
        _row("small files: an answer's first word, likewise", words, "times", "at most 2", words <= 2),
    ]


def _read(home: Home, folder: Path) -> None:
    worker = Worker(home)
    worker.add_folders([folder])
    worker.run()


def _waits(home: Home, is_done: Callable[[], bool]) -> list[tuple[float, float]]:
    """The seconds of a search and those up to an answer's first word, again and again, until it is done."""
    answerer, seconds = home.answerer(), []
    while not is_done():
        began = time.perf_counter()
        answerer.searcher.search([SEARCHED], 5)
        found = time.perf_counter()
        threading.Event().wait(1.0)
        asked = time.perf_counter()
        next(answer for answer in answerer.answer(SEARCHED) if answer.text)
        seconds.append((found - began, time.perf_counter() - asked))
        threading.Event().wait(1.0)
    return seconds


def memory(folder: Path) -> list[dict[str, Any]]:
    """Peak memory of `python -m runtime ingest` or its reader, whichever is larger, for a short and a long book."""
    peaks = {}
    for pages in (SMALL, LARGE):
        _progress(f"ingesting {pages:,} pages")
        book = pdfs.book(folder / f"{pages}.pdf", pages)
        environment = {**os.environ, "PLUMBLINE_HOME": str(folder / f"home-{pages}")}
        command = [sys.executable, "-c", PEAK, sys.executable, "-m", "runtime", "ingest", str(book), "--json"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        # ru_maxrss: kB on Linux, bytes on macOS.
        peaks[pages] = int(done.stdout) * (1 if sys.platform == "darwin" else 1024) / 2**20
    ratio = peaks[LARGE] / peaks[SMALL]
    return [
        _row(f"memory: {SMALL} pages", peaks[SMALL], "MiB"),
        _row(f"memory: {LARGE:,} pages", peaks[LARGE], "MiB", "below 1536", peaks[LARGE] < 1536),
        _row(f"memory: {LARGE:,} pages against {SMALL}", ratio, "times", "below 1.2", ratio < 1.2),
    ]


def search_speed(folder: Path) -> list[dict[str, Any]]:
    """`search --questions` over the library of the long book, in a new process, including its start."""
    home = folder / f"home-{LARGE}"
    library = _home(home, MiniLm(2))
    _progress("ingesting a second book for the search")
    library.add([pdfs.book(folder / "second.pdf", SECOND, seed=10**6)])
    library.ingestor().reconcile("second.pdf")
    passages = sum(entry.passages for entry in library.ledger.entries())
    file = folder / "questions.jsonl"
    questions = [
        f"Which {pdfs.SUBJECTS[n % 12]} {pdfs.VERBS[n % 10]} the {pdfs.THINGS[n % 9]} number {n}?"
        for n in range(QUESTIONS)
    ]
    file.write_text("".join(json.dumps({"question": question}) + "\n" for question in questions), encoding="utf-8")
    _progress(f"asking {QUESTIONS:,} questions over {passages:,} passages")
    environment = {**os.environ, "PLUMBLINE_HOME": str(home)}
    command = [sys.executable, "-m", "runtime", "search", "--questions", str(file), "--top", "5", "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    answered = len(done.stdout.splitlines())
    rate = answered / seconds
    return [
        _row("search: passages in the library", passages, "passages", "at least 10,000", passages >= 10_000),
        _row("search: questions answered", rate, "questions/s", "at least 50", rate >= 50 and answered == QUESTIONS),
    ]


def start(folder: Path) -> list[dict[str, Any]]:
    """From `python -m ui` to a page that responds."""
    _progress("starting the chat page")
    environment = {**os.environ, "PLUMBLINE_HOME": str(folder / "page")}
    environment.pop("DISPLAY", None)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "--port", "0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        if "ready" not in line:
            sys.exit(f"The chat page did not start: {line}")
    finally:
        process.terminate()
        process.wait()
    return [_row("start: from python -m ui to a responding page", seconds, "s", "below 10", seconds < 10)]


def _home(folder: Path, embedder: MiniLm) -> Home:
    home = Home(Settings.read({"PLUMBLINE_HOME": str(folder)}))
    home.embedder = embedder
    return home
