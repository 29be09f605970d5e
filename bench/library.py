"""Large libraries on one machine: what search, changes and the approximate index cost, and its recall.

The passages are those of a library on this machine, as often as needed. Each copy's vector is a real passage's, moved
in a random direction as far as one of that passage's ten nearest neighbours is from it. What is built and measured
stays in build/bench-library/ROWS, so that an interrupted run resumes: each step is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import lancedb
import numpy as np

from runtime.ingest import unfinished
from runtime.local import lance
from runtime.local.home import Home
from runtime.local.lance import LanceIndex, LanceIndexes
from runtime.local.lance_files import bytes_below
from runtime.passages import passage_id
from runtime.ports import Entry, Passage, Query, Terms, Vectors
from runtime.settings import Settings, home_of
from ui.documents import Documents
from ui.shelf import Wanted
from ui.site import Site

ROOT = Path(__file__).parents[1]
NAME = "passages-large"
SMALL = 20_000
BATCH = 5_000
"""Rows of a write that fills the library."""

DOCUMENT = 100
"""Passages of a document, at most: the real documents are cut into so long ones."""

NEIGHBOURS = 10
QUESTIONS = 100
TURNS = 20
"""Repetitions of what takes milliseconds."""

SEARCHED = 100
"""Hits of each search, as the product asks for."""

STEPS = ("fill", "words", "exact", "vectors", "approximate", "changes", "lists")
VARIANTS = ((1, 30), (5, 30), (80, 30), (80, 10), (80, 100))
"""Partitions of the approximate index that are looked through, and candidates compared exactly per hit, to compare with
the product's: as many partitions as LanceDB chooses, and `lance.REFINE`."""


def figures(options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The table of `make bench-library`."""
    parser = argparse.ArgumentParser(prog="make bench-library OPTIONS=...")
    parser.add_argument("--rows", type=int, default=SMALL, help="passages in the library")
    parser.add_argument("--home", type=Path, default=home_of(os.environ), help="the home whose passages are copied")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench-library", help="where it is built")
    chosen = parser.parse_args(options)
    folder = chosen.folder / str(chosen.rows)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for step in STEPS:
        done = folder / f"{step}.json"
        if not done.exists():
            print(f"{step}, {chosen.rows:,} passages", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "bench.library", step, str(folder), str(chosen.rows), str(chosen.home)]
            subprocess.run(command, cwd=ROOT, check=True)
        rows += json.loads(done.read_text(encoding="utf-8"))
    return rows


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a large library is built, of how many passages, and from which home."""

    folder: Path
    rows: int
    home: Path


class Samples:
    """Passages like those of a library, any number of them, each always the same."""

    def __init__(self, home: Path) -> None:
        name = LanceIndexes(home / "index", 1).live()
        if not name:
            sys.exit(f"{home} has no documents: ingest some, or name another home by --home.")
        table = lancedb.connect(str(home / "index")).open_table(name).to_arrow().sort_by("id")
        self.vectors: Vectors = np.stack(table["vector"].to_numpy(zero_copy_only=False)).astype(np.float32)
        self.real = table.drop_columns(["vector"]).to_pylist()

    @cached_property
    def _distances(self) -> Vectors:
        """Of each passage's nearest neighbours, of shape (passages, NEIGHBOURS)."""
        pieces = []
        for at in range(0, len(self.vectors), 1_000):
            cosines = self.vectors[at : at + 1_000] @ self.vectors.T
            near = -np.partition(-cosines, NEIGHBOURS + 1, axis=1)[:, : NEIGHBOURS + 1]
            pieces.append(np.sqrt(np.maximum(2 - 2 * np.sort(near, axis=1)[:, :NEIGHBOURS], 0)))
        return np.concatenate(pieces)

    def around(self, numbers: np.ndarray[Any, np.dtype[np.int64]], seed: int) -> Vectors:
        """A vector for each number, near the vector of that passage."""
        random = np.random.default_rng([seed, int(numbers[0])])
        moved = random.standard_normal((len(numbers), self.vectors.shape[1])).astype(np.float32)
        far = self._distances[numbers, random.integers(NEIGHBOURS, size=len(numbers))]
        moved *= (far / np.linalg.norm(moved, axis=1))[:, None]
        moved += self.vectors[numbers]
        unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def batch(self, start: int, size: int) -> tuple[list[Passage], Vectors, list[Terms]]:
        """Passages from `start` on, their vectors and terms."""
        numbers = np.arange(start, start + size) % len(self.real)
        passages, terms = [], []
        for number, at in zip(numbers.tolist(), range(start, start + size), strict=True):
            row = self.real[number]
            document = f"{at // DOCUMENT}/{row['document']}"
            key = passage_id(document, row["version"], row["page"], row["ordinal"])
            values = {name: row[name] for name in ("version", "ordinal", "page", "title", "heading", "text")}
            passages.append(Passage(id=key, document=document, **values))
            terms.append(Terms(row["words"], row["page_words"], row["about"], row["language"]))
        return passages, self.around(numbers, 1), terms

    def queries(self) -> list[Query]:
        """Questions near passages, with a few of their words."""
        random = np.random.default_rng(7)
        numbers = random.choice(len(self.real), QUESTIONS)
        vectors = self.around(numbers, 2)
        words = [" ".join(random.permutation(self.real[number]["words"].split())[:6]) for number in numbers.tolist()]
        return [Query(text, vector) for text, vector in zip(words, vectors, strict=True)]


def _open(place: Place, dimension: int) -> LanceIndex:
    return LanceIndexes(place.folder / "index", 2).open(NAME, dimension)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds that it takes, and of processor in this process."""
    start, used = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - start, time.process_time() - used


def _typical(act: Callable[[], object], turns: int = TURNS) -> float:
    """Its median, in milliseconds."""
    return float(np.median([_timed(act)[0] for _ in range(turns)])) * 1000


# --- the steps ------------------------------------------------------------------------------------------


def fill(place: Place) -> Iterator[dict[str, Any]]:
    """Write all passages; the approximate index is built later, whatever their number."""
    samples = Samples(place.home)
    index = _open(place, samples.vectors.shape[1])
    written, seconds = index.size(), 0.0
    for start in range(written, place.rows, BATCH):
        batch = samples.batch(start, min(BATCH, place.rows - start))
        seconds, used = _timed(lambda made=batch: index.write(*made))  # type: ignore[misc]
        print(f"  {start + BATCH:,}: {seconds:.2f} s, {used:.2f} s of processor", file=sys.stderr, flush=True)
    yield _row(f"write of {BATCH:,}, the last", seconds, "s")


def words(place: Place) -> Iterator[dict[str, Any]]:
    """Index the columns of words, and compact."""
    index = _open(place, Samples(place.home).vectors.shape[1])
    query = Samples(place.home).queries()[0]
    yield _row("question, nothing indexed", _typical(lambda: index.search([query], SEARCHED), 3), "ms")
    seconds, used = _timed(lambda: index._commit(index._index_columns))
    yield _row("keyword index", seconds, "s")
    yield _row("keyword index, processor", used, "s")
    seconds, used = _timed(lambda: index._commit(index._tidy))
    yield _row("first compaction", seconds, "s")
    yield _row("first compaction, processor", used, "s")
    yield _row("memory peak, keyword index", _peak(), "MiB")


def exact(place: Place) -> Iterator[dict[str, Any]]:
    """Exact search, and the right answers."""
    samples = Samples(place.home)
    index = _open(place, samples.vectors.shape[1])
    queries = samples.queries()
    yield from _questions(index, queries, "exact")
    truth = []
    for at in range(0, QUESTIONS, 10):
        vectors = np.stack([query.vector for query in queries[at : at + 10]])
        search = index._table.search(vectors, vector_column_name="vector").distance_type("cosine")
        found = search.bypass_vector_index().limit(SEARCHED).select(["id", "_distance"]).to_list()
        for number in range(10):
            hits = sorted((r for r in found if r["query_index"] == number), key=lambda r: float(r["_distance"]))
            truth.append([row["id"] for row in hits])
    (place.folder / "truth").write_text(json.dumps(truth), encoding="utf-8")


def _questions(index: LanceIndex, queries: Sequence[Query], kind: str) -> Iterator[dict[str, Any]]:
    index.search(queries[:1], SEARCHED)
    each = [_timed(lambda one=query: index.search([one], SEARCHED))[0] * 1000 for query in queries[:TURNS]]  # type: ignore[misc]
    yield _row(f"question, {kind}, median", float(np.median(each)), "ms")
    yield _row(f"question, {kind}, longest of {TURNS}", max(each), "ms")
    near = [_timed(lambda one=query: index._by_vector([one], SEARCHED, None))[0] * 1000 for query in queries[:TURNS]]  # type: ignore[misc]
    yield _row(f"nearest alone, {kind}, median", float(np.median(near)), "ms")
    only = [index._table.search().select(["document"]).limit(1).to_list()[0]["document"]]
    yield _row(f"question to one document, {kind}", _typical(lambda: index.search(queries[:1], SEARCHED, only)), "ms")
    yield _row(f"memory peak, {kind}", _peak(), "MiB")


def vectors(place: Place) -> Iterator[dict[str, Any]]:
    """Build the approximate index, while questions are asked in this process and a passage is written."""
    samples = Samples(place.home)
    index, other = (_open(place, samples.vectors.shape[1]) for _ in range(2))
    queries = samples.queries()
    other.search(queries[:1], SEARCHED)
    lance.EXACT_ROWS = 0
    waits: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            waits.append(_timed(lambda: other.search([queries[len(waits) % QUESTIONS]], SEARCHED))[0] * 1000)

    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(ask)
        built = pool.submit(lambda: _timed(index._build))
        written = _timed(lambda: other.write(*samples.batch(0, 20)))[0]
        seconds, _ = built.result()
        done.set()
        asked.result()
    yield _row("approximate index", seconds, "s")
    yield _row("approximate index, processor", _children_seconds(), "s")
    yield _row("write of 20 meanwhile", written, "s")
    yield _row("questions meanwhile", len(waits), "")
    yield _row("question meanwhile, median", float(np.median(waits)), "ms")
    yield _row("question meanwhile, longest", max(waits), "ms")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield _row("memory peak, approximate index", peak, "MiB")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def approximate(place: Place) -> Iterator[dict[str, Any]]:
    """Search with the approximate index, and its recall."""
    samples = Samples(place.home)
    index = _open(place, samples.vectors.shape[1])
    queries = samples.queries()
    yield from _questions(index, queries, "approximate")
    truth = json.loads((place.folder / "truth").read_text(encoding="utf-8"))
    for size in (10, SEARCHED):
        found = [[hit.passage.id for hit in index._by_vector([query], size, None)[0]] for query in queries]
        yield _row(f"recall@{size}", _recall(found, truth, size), "")
    for probes, refine in VARIANTS:
        start = time.perf_counter()
        found = [_probed(index, query, probes, refine) for query in queries]
        each = (time.perf_counter() - start) / len(queries) * 1000
        what = f"{probes} partitions, {refine} candidates a hit"
        yield _row(f"recall@{SEARCHED}, {what}", _recall(found, truth, SEARCHED), "")
        yield _row(f"nearest alone, {what}", each, "ms")


def _probed(index: LanceIndex, query: Query, probes: int, refine: int) -> list[str]:
    search = index._table.search(query.vector, vector_column_name="vector").distance_type("cosine").limit(SEARCHED)
    rows = search.nprobes(probes).refine_factor(refine).select(["id", "_distance"]).to_list()
    return [row["id"] for row in rows]


def _recall(found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]], size: int) -> float:
    kept = [len(set(one[:size]) & set(right[:size])) / size for one, right in zip(found, truth, strict=True)]
    return float(np.mean(kept))


def changes(place: Place) -> Iterator[dict[str, Any]]:
    """What a small document costs in a large library, and the look-ups of the pages that list documents."""
    samples = Samples(place.home)
    index = _open(place, samples.vectors.shape[1])
    document = f"0/{samples.real[0]['document']}"
    version = samples.real[0]["version"]
    yield _row("open", _typical(lambda: _open(place, samples.vectors.shape[1]), 5), "ms")
    yield _row("size", _typical(index.size), "ms")
    yield _row("count", _typical(lambda: index.count(document, version)), "ms")
    yield _row("languages", _typical(index.languages), "ms")
    passages, near, terms = samples.batch(place.rows, 20)
    yield _row("write of 20", _typical(lambda: index.write(passages, near, terms), 5), "ms")
    query = samples.queries()[0]
    yield _row("question, 20 rows not indexed", _typical(lambda: index.search([query], SEARCHED)), "ms")
    yield _row("refresh", _typical(index.refresh, 5), "ms")
    yield _row("delete", _timed(lambda: index.delete(passages[0].document))[0] * 1000, "ms")
    for start in range(place.rows, place.rows + place.rows // 16, BATCH):
        index.write(*samples.batch(start, BATCH))
    yield _row("question, a 17th not indexed", _typical(lambda: index.search([query], SEARCHED), 5), "ms")
    seconds, used = _timed(lambda: index._table.optimize(cleanup_older_than=timedelta(milliseconds=1)))
    yield _row("compaction", seconds, "s")
    yield _row("compaction, processor", used, "s")
    used_bytes = bytes_below(place.folder / "index") / (1 << 20)
    yield _row("on disk", used_bytes, "MiB")
    yield _row("memory peak, changes", _peak(), "MiB")


def lists(place: Place) -> Iterator[dict[str, Any]]:
    """A library of as many documents, to list them: all are read, so nothing of it is embedded."""
    count = place.rows // DOCUMENT
    home = Home(Settings.read({"PLUMBLINE_HOME": str(place.folder / "home")}))
    index = home.index().name
    papers = place.folder / "papers"
    papers.mkdir(exist_ok=True)
    for number in range(count):
        (papers / f"{number:05}.pdf").write_bytes(b"%PDF-1.7 " + str(number).encode())
    seconds, _ = _timed(lambda: home.add([papers], lambda *_: None))
    yield _row(f"adding {count:,} documents, without reading them", seconds, "s")
    for stored in home.documents.stored():
        read = Entry(
            stored.key,
            "ready",
            stored.size,
            f"Title of {stored.key}",
            version=stored.tag,
            index=index,
            tag=stored.tag,
            pages=20,
            passages=DOCUMENT,
            readers={"pdfium": 20},
            doubts={"repeated": {"count": 19, "page": 2}},
            language="en",
        )
        home.ledger.lease(read.document, "bench", 60)
        home.ledger.save(read, "bench")
        home.ledger.release(read.document, "bench")
    yield _row("list of documents", _typical(home.ledger.entries, 5), "ms")
    home.ledger.summaries()
    yield _row("list of documents, of which none has changed", _typical(home.ledger.summaries, 5), "ms")
    yield _row("one document", _typical(lambda: home.ledger.get("00007.pdf")), "ms")
    work = partial(unfinished, home.documents, home.ledger, index, home.recognition)
    yield _row("looking for what is unfinished", _typical(work, 5), "ms")
    began = time.perf_counter()
    listed = Documents(Site(home, None))
    listed.refresh()
    yield _row("the page's list of documents, first", 1000 * (time.perf_counter() - began), "ms")
    yield _row("a page of 50 of them", _typical(lambda: listed.shelf.page(Wanted(), 1), 5), "ms")
    yield _row("those with a word", _typical(lambda: listed.shelf.page(Wanted(words="0007"), 1), 5), "ms")
    environment = {**os.environ, "PLUMBLINE_HOME": str(place.folder / "home")}
    for arguments in (["documents", "--json"], ["ingest", str(papers)]):
        command = [sys.executable, "-m", "runtime", *arguments]
        run = partial(subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, check=True)
        yield _row(f"the command {arguments[0]}", _timed(run)[0], "s")


if __name__ == "__main__":
    step, place = sys.argv[1], Place(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    steps = {one.__name__: one for one in (fill, words, exact, vectors, approximate, changes, lists)}
    measured = list(steps[step](place))
    for row in measured:
        print(f"  {row['figure']}: {row['value']} {row['unit']}", file=sys.stderr, flush=True)
    (place.folder / f"{step}.json").write_text(json.dumps(measured), encoding="utf-8")
