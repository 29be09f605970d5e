"""Reading: pages per second, facts and characters, for our reader and for five others in an environment of their own.

Each reader runs in processes of its own: `bench/readers.py` for the others, `python -m bench.reading` for ours, which
waits for its child. Timed runs take turns, all on one core.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from bench import scans
from bench.coverage import OURS, Coverage, cover, unread
from bench.retrieval import MANUALS, PACKAGES
from runtime.local.minilm import MiniLm
from runtime.passages import Chunker
from runtime.reading.document import PdfError, open_pdf
from tools.install import place

ROOT = Path(__file__).parents[1]
PLAIN = "pdfminer.six"
OTHERS = (PLAIN, "PDFium", "pypdf", "pdf_oxide", "docling-parse")

ROUNDS = 3
"""Timed runs of each reader over the documents; the median of the rounds' ratios counts."""

TIMES = 10.0
"""The goal: how many times as fast as plain pdfminer.six our reader is to be, with everything else that it does."""

MOST_LOST, MOST_REPEATED = 1.0, 10.0
"""Percent of the visible characters that may be missing from the passages (not counting what may be left out), and of
the passages' text that may repeat, with a mark, what another one says."""

NOISE = 0.1
"""Percent of a document's characters: composed, joined or divided characters make counts differ by this much."""

SHOWN = 5
"""Pages and characters that are named for a document that misses its goal."""

USUAL = frozenset({"page number", "repeated"})
"""Kinds that are left out on pages of any sort. For other kinds the pages are named, since no figure can show that a
table was mistaken for an index."""

BESIDE_TEXT = ("form-fields", "form-buttons", "annotation")
"""Kinds of facts that are in forms and notes, and not in the page's own text."""


def figures(options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The table of `make bench-reading`."""
    parser = argparse.ArgumentParser(prog="python -m bench reading", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "documents", nargs="*", type=Path, help="PDFs to use instead of R's, Octave's and gnuplot's manuals"
    )
    parser.add_argument("--library", type=Path, metavar="FOLDER", help="more documents: all PDFs in this folder")
    parser.add_argument("--cases", type=Path, metavar="FOLDER", help="reading cases: PDFs, facts.jsonl and check.py")
    parser.add_argument("--no-speed", action="store_true", help="skip the timing")
    parser.add_argument("--scans", action="store_true", help="scans of pages, recognized")
    given = parser.parse_args(options)
    manuals = given.documents or list(MANUALS)
    library = sorted(given.library.rglob("*.pdf")) if given.library else []
    if given.library and not library:
        sys.exit(f"There is no PDF in {given.library}; --library names a folder of them.")
    if given.cases and not (given.cases / "check.py").is_file():
        sys.exit(f"There is no check.py in {given.cases}; --cases names a folder of reading cases.")
    if missing := [path for path in manuals if not path.is_file()]:
        sys.exit(f"{missing[0]} is missing: name other documents, or install the Debian packages {PACKAGES}.")
    subprocess.run([sys.executable, "-m", "tools.install", "readers"], cwd=ROOT, check=True)
    rows = [] if given.no_speed else speed(given.documents or [path for path in MANUALS if "R" in path.parts])
    rows += scans.figures(given.documents or [path for path in MANUALS if "R" in path.parts]) if given.scans else []
    rows += facts(given.cases) if given.cases else []
    rows += characters("manuals", manuals)
    rows += characters("library", library) if library else []
    return rows


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True, **more: Any) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds, **more}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _read(reader: str, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """For each file the seconds, the texts of its pages, and why reading ended early. A file that ends the reader's
    process has no texts, and another process continues after it."""
    ours = [sys.executable, "-m", "bench.reading"]
    theirs = [str(place("readers") / "bin" / "python"), "bench/readers.py", reader]
    done: list[dict[str, Any]] = []
    while len(done) < len(paths):
        command = [*(ours if reader == OURS else theirs), *(str(path.resolve()) for path in paths[len(done) :])]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        done += map(json.loads, run.stdout.splitlines())
        if len(done) < len(paths):
            done.append({"seconds": 0.0, "texts": [], "error": f"the process ended with exit code {run.returncode}"})
    for path, one in zip(paths, done, strict=True):
        if one["error"]:
            _progress(f"{reader}, {path.name}: {one['error']}")
    return done


# --- pages a second -------------------------------------------------------------------------------------


def speed(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Pages per second of each reader, and the ratio to plain pdfminer.six in the same round."""
    readers = (*OTHERS, OURS)
    rates: dict[str, list[float]] = defaultdict(list)
    with _one_core():
        for number in range(ROUNDS):
            for reader in readers:
                _progress(f"round {number + 1} of {ROUNDS}: {reader} reads {len(paths)} documents")
                done = _read(reader, paths)
                rates[reader].append(sum(len(one["texts"]) for one in done) / sum(one["seconds"] for one in done))
    rows = [_row(f"speed: {reader}", statistics.median(rates[reader]), "pages/s") for reader in readers]
    for reader in readers:
        times = statistics.median(own / plain for own, plain in zip(rates[reader], rates[PLAIN], strict=True))
        goal = f"at least {TIMES:g}" if reader == OURS else ""
        rows += [_row(f"speed: {reader} against {PLAIN}", times, "times", goal, not goal or times >= TIMES)]
    return rows


@contextmanager
def _one_core() -> Iterator[None]:
    """Pin this process and those it starts to one core, if the system supports it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _time_ours(path: str) -> dict[str, Any]:
    """Time our reader from the start of its only child to the last page's paragraphs."""
    texts, error = [], ""
    began = time.perf_counter()
    try:
        with mock.patch("os.cpu_count", return_value=1), open_pdf(Path(path)) as pdf:
            for page in pdf.pages():
                texts.append("\n".join(paragraph.text for paragraph in page.paragraphs))
    except PdfError as failed:
        error = str(failed)
    return {"seconds": time.perf_counter() - began, "texts": texts, "error": error}


# --- facts ----------------------------------------------------------------------------------------------


def facts(folder: Path) -> list[dict[str, Any]]:
    """How many of the cases' facts each reader's text keeps. A page of the others is one passage, so what is together
    in our passages of 200 tokens is always together in theirs; a second row treats ours the same way."""
    check = _check_module(folder)
    every = check.read_facts(folder)
    paths = [folder / name for name in dict.fromkeys(fact["file"] for fact in every)]
    texts: dict[str, dict[str, list[Any]]] = {f"{OURS}, its passages": {p.name: _passages(check, p) for p in paths}}
    for reader in (OURS, *OTHERS):
        _progress(f"{reader} reads the cases")
        texts[reader] = {
            path.name: [check.Text(number, text) for number, text in enumerate(one["texts"], 1)]
            for path, one in zip(paths, _read(reader, paths), strict=True)
        }
    pictures = sum(bool(fact.get("ocr")) for fact in every)
    rows = [_row("facts: in pictures, which none of them reads", pictures, "facts")]
    for unit, own in (
        ("text", [f for f in every if not _beside(f)]),
        ("forms, notes", [f for f in every if _beside(f)]),
    ):
        own = [fact for fact in own if not fact.get("ocr")]
        for reader, by_file in texts.items():
            failed = [fact for fact in own if check.wrong(fact, by_file[fact["file"]])]
            _progress(f"{reader} loses in {unit}: {', '.join(dict.fromkeys(fact['kind'] for fact in failed))}")
            rows.append(_row(f"facts: {unit}: {reader}", len(own) - len(failed), f"of {len(own)} facts"))
    return rows


def _beside(fact: Mapping[str, Any]) -> bool:
    return fact["kind"] in BESIDE_TEXT


def _check_module(folder: Path) -> Any:
    """The module with the cases' own check."""
    spec = importlib.util.spec_from_file_location("reading_cases_check", folder / "check.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their types
    spec.loader.exec_module(module)
    return module


def _passages(check: Any, path: Path) -> list[Any]:
    """Our passages in the form that the check takes; none if the document can't be read."""
    chunker = Chunker(path.name, "v", "", COUNTER)
    try:
        with open_pdf(path) as pdf:
            made = [passage for page in pdf.pages() for passage in chunker.page(page)]
    except PdfError as error:
        _progress(f"{OURS}, {path.name}: {error}")
        return []
    return [check.Text(passage.page, f"{passage.heading}\n¶\n{passage.text}") for passage in made]


COUNTER = MiniLm(1)
"""Sizes the passages, as in the product."""


# --- characters -----------------------------------------------------------------------------------------


def characters(name: str, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """How many of the visible characters each reader has, and where those that ours lacks went."""
    whole = Coverage()
    documents: list[dict[str, Any]] = []
    doubtful = 0
    for path in paths:
        _progress(f"characters of {path.name}")
        found, pages = _of_document(path)
        whole.add(found)
        doubtful += len(_once_repeated(found))
        lost = 100 * (1 - found.kept)
        worst = [number for characters, number in sorted(pages, reverse=True)[:SHOWN] if characters]
        documents.append(_goal(f"{name}: lost: {path.name}", lost, MOST_LOST, pages=worst))
        if lost > MOST_LOST:
            most = "".join(character for character, _ in found.lost.most_common(SHOWN))
            _progress(f"{path.name} loses most on pages {', '.join(map(str, worst))}; most often lost: {most}")
    doubt = _row(f"{name}: left out as a header or footer, on two pages only", doubtful, "paragraphs")
    return [*_of_readers(name, whole), *_of_passages(name, whole), doubt, *documents]


def _of_document(path: Path) -> tuple[Coverage, list[tuple[int, int]]]:
    """What became of its characters, and how many each page has lost; of a file that we can't read, all are lost."""
    others = {reader: _read(reader, [path])[0]["texts"] for reader in OTHERS}
    whole, pages = Coverage(), []
    odd: dict[str, list[int]] = defaultdict(list)
    try:
        for number, found in cover(path, COUNTER, others, _read("drawn again", [path])[0]["texts"]):
            whole.add(found)
            pages.append((found.lost.total(), number))
            for kind in found.left_out.keys() - USUAL:
                odd[kind].append(number)
    except PdfError as error:
        _progress(f"{OURS}, {path.name}: {error}")
        for number in range(len(pages) + 1, max(map(len, others.values())) + 1):
            found = unread(number, others)
            whole.add(found)
            pages.append((found.lost.total(), number))
    for kind, numbers in odd.items():
        _progress(f"{path.name} leaves out as {kind} on pages {', '.join(map(str, numbers))}")
    for text in _once_repeated(whole):
        _progress(f"{path.name} leaves out as a header or footer, on two pages only: {text[:100]}")
    return whole, pages


def _once_repeated(document: Coverage) -> list[str]:
    """What was left out once: the header of a short chapter, or text repeated at a page's edge by chance."""
    return [text for text, times in document.repeats.items() if times == 1]


def _goal(figure: str, percent: float, most: float, **more: Any) -> dict[str, Any]:
    return _row(figure, percent, "%", f"at most {most:g}", percent <= most, **more)


def _of_readers(name: str, whole: Coverage) -> list[dict[str, Any]]:
    """The share that each reader lacks of the characters that two agree on, and of what any reader has."""
    agreed, union = max(1, whole.agreed.total()), max(1, whole.union.total())
    rows = [_row(f"{name}: visible characters", whole.visible.total(), "characters")]
    for reader in (*OTHERS, OURS):
        share = whole.read[reader] / agreed
        rows.append(_row(f"{name}: not read by {reader}, of what two agree on", 100 - 100 * share, "%"))
    for reader in (*OTHERS, OURS):
        share = whole.read_of_union[reader] / union
        rows.append(_row(f"{name}: not read by {reader}, of what any reader has", 100 - 100 * share, "%"))
    return rows


def _of_passages(name: str, whole: Coverage) -> list[dict[str, Any]]:
    """Where characters are lost, what is left out or hidden by kind, and what the passages repeat."""
    wanted, passages = max(1, whole.wanted), max(1, whole.passages.total())
    rows = [_goal(f"{name}: lost", 100 * (1 - whole.kept), MOST_LOST)]
    for where, lost in (
        ("taken to be hidden, though the picture shows it", whole.mistaken),
        ("on pages taken to be garbled, though two others agree", whole.garbled),
        ("read only by two others", whole.unread),
        ("in our words but in no paragraph", whole.unplaced),
        ("in a paragraph but in no passage", whole.uncut),
    ):
        rows.append(_row(f"{name}: {where}", 100 * lost.total() / wanted, "%"))
    for kind, found in whole.left_out.items():
        rows.append(_row(f"{name}: left out: {kind}", found.total(), "characters"))
    for kind, found in whole.hidden.items():
        rows.append(_row(f"{name}: hidden: {kind}", found.total(), "characters"))
    for kind, found in whole.marked.items():
        rows.append(_row(f"{name}: repeated: {kind}", 100 * found.total() / passages, "%"))
    rows.append(_goal(f"{name}: repeated, marked", 100 * whole.repeated, MOST_REPEATED))
    rows.append(_goal(f"{name}: twice, not marked", 100 * whole.twice.total() / passages, NOISE))
    count = len(whole.unfounded)
    rows.append(_row(f"{name}: left out as repeated, but on no earlier page", count, "paragraphs", "none", not count))
    return rows


if __name__ == "__main__":
    for own_path in sys.argv[1:]:
        print(json.dumps(_time_ours(own_path)), flush=True)
