"""Finding the right page in eleven long manuals that share one index, with parts taken away one at a time.

The questions are in bench/questions/manuals.jsonl. Defaults are chosen on the half marked 'tuning'; the goals are
measured on the half marked 'held-out', which no choice has seen.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from analysis.evaluate import DEPTH, Figure, Judged, read_questions
from analysis.evaluate import figures as measured
from runtime import passages as cutting
from runtime.answer import CANDIDATES, RANK_CONSTANT, fuse
from runtime.ingest import document_title
from runtime.local.lance import LanceIndexes
from runtime.local.minilm import MiniLm
from runtime.passages import Chunker, embedded_text
from runtime.ports import Found, Passage, Query, Vectors
from runtime.reading.document import Page, open_pdf
from runtime.reading.repeats import Repeats

MANUALS = (
    *(
        Path("/usr/share/R/doc/manual", f"{name}.pdf")
        for name in ("R-FAQ", "R-admin", "R-data", "R-exts", "R-intro", "R-ints", "R-lang", "refman")
    ),
    *(Path("/usr/share/doc/octave", name) for name in ("octave.pdf", "liboctave.pdf")),
    Path("/usr/share/doc/gnuplot/gnuplot.pdf"),
)
PACKAGES = "r-doc-pdf octave-doc gnuplot-doc"
QUESTIONS = Path(__file__).parent / "questions" / "manuals.jsonl"
UNANSWERABLE = Path(__file__).parent / "questions" / "unanswerable.jsonl"
CACHE = Path("build/bench-vectors.db")
PLAIN_WORDS = 200


class CachedMiniLm(MiniLm):
    """The embedder, with vectors kept by text between runs: parts are taken away without embedding all again."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(CACHE)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL)")

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """As MiniLm.embed."""
        keys = [hashlib.sha256(f"{self.model}\n{text}".encode()).hexdigest() for text in texts]
        select = "SELECT vector FROM vectors WHERE text = ?"
        found = [self._kept.execute(select, (key,)).fetchone() for key in keys]
        new = [i for i, row in enumerate(found) if row is None]
        if new:
            made = super().embed([texts[i] for i in new])
            with self._kept:
                rows = [(keys[i], vector.tobytes()) for i, vector in zip(new, made, strict=True)]
                self._kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            return self.embed(texts)
        return np.stack([np.frombuffer(row[0], np.float32) for row in found])


@dataclass(frozen=True, slots=True)
class Library:
    """Every manual's title and pages, read once."""

    titles: dict[str, str]
    pages: dict[str, list[Page]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to cut and to search; the defaults are the product's own."""

    name: str
    tokens: int = cutting.PASSAGE_TOKENS
    context: bool = True
    listings: bool = False
    plain: bool = False
    ranking: Callable[[Found], list[str]] = lambda found: [hit.passage.id for hit in fuse(found)]


def by_vector(found: Found) -> list[str]:
    """The vector search's ranking alone."""
    return [hit.passage.id for hit in found.nearest]


def by_keyword(found: Found) -> list[str]:
    """The keyword search's ranking alone."""
    return [hit.passage.id for hit in found.keyword]


def by_ranks(found: Found) -> list[str]:
    """Reciprocal ranks of both searches alone, without cosine and document."""
    scores: dict[str, float] = {}
    for ranking in (found.nearest, found.keyword):
        for rank, hit in enumerate(ranking, 1):
            scores[hit.passage.id] = scores.get(hit.passage.id, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def read_library() -> Library:
    """Read the manuals; ends the program with what to install where one is missing."""
    missing = [path for path in MANUALS if not path.exists()]
    if missing:
        sys.exit(f"{missing[0]} is missing: install Debian's {PACKAGES}.")
    titles, pages = {}, {}
    for path in MANUALS:
        with open_pdf(path) as pdf:
            pages[path.name] = list(pdf.pages())
            titles[path.name] = document_title(path.name, pdf.title, pages[path.name][0])
    return Library(titles, pages)


def cut(library: Library, variant: Variant, embedder: MiniLm) -> list[Passage]:
    """The library's passages, cut in the variant's way."""
    made: list[Passage] = []
    with ExitStack() as stack:
        if variant.listings:
            stack.enter_context(mock.patch.object(Repeats, "_without_listing", lambda _, paragraphs: paragraphs))
        for name, pages in library.pages.items():
            if variant.plain:
                made += plain_passages(name, pages)
                continue
            chunker = Chunker(name, "v", library.titles[name], embedder, "", variant.tokens)
            for page in pages:
                made += chunker.page(page)
    if variant.context:
        return made
    return [replace(passage, title="", heading="") for passage in made]


def plain_passages(name: str, pages: Sequence[Page]) -> list[Passage]:
    """200 words, one run after another, over page ends; each on the page of its first word."""
    words = [(word, page.number) for page in pages for p in page.paragraphs for word in p.text.split()]
    runs = [words[i : i + PLAIN_WORDS] for i in range(0, len(words), PLAIN_WORDS)]
    return [
        Passage(f"{name}-{i}", name, "v", i, run[0][1], "", "", " ".join(word for word, _ in run))
        for i, run in enumerate(runs)
    ]


def search(library: Library, variant: Variant, embedder: MiniLm, questions: Sequence[str], folder: Path) -> list[Found]:
    """Index the library in the variant's way, in the product's own index, and search it."""
    passages = cut(library, variant, embedder)
    folder = (
        folder
        / hashlib.sha256(repr((variant.tokens, variant.context, variant.listings, variant.plain)).encode()).hexdigest()[
            :12
        ]
    )
    index = LanceIndexes(folder, 2).open("bench", embedder.dimension)
    if not folder.with_suffix(".done").exists():
        for start in range(0, len(passages), 512):
            batch = passages[start : start + 512]
            index.write(batch, embedder.embed([embedded_text(passage) for passage in batch]))
        index.refresh()
        folder.with_suffix(".done").touch()
    vectors = embedder.embed(questions)
    queries = [Query(text, vector) for text, vector in zip(questions, vectors, strict=True)]
    return index.search(queries, max(DEPTH, CANDIDATES))


def score(questions: Sequence[Judged], found: Sequence[Found], variant: Variant) -> dict[str, Figure]:
    """The figures of a variant over these questions."""
    places = []
    for one in found:
        hits = {hit.passage.id: (hit.passage.document, hit.passage.page) for hit in (*one.nearest, *one.keyword)}
        places.append([hits[id_] for id_ in variant.ranking(one)][:DEPTH])
    return {f"{f.level} {f.measure}": f for f in measured(questions, places)}


FULL = Variant("as shipped")
VARIANTS = (
    FULL,
    Variant("vector search alone", ranking=by_vector),
    Variant("keyword search alone", ranking=by_keyword),
    Variant("reciprocal ranks alone", ranking=by_ranks),
    Variant("without title and headings", context=False),
    Variant("with contents and index pages", listings=True),
    Variant("plain 200 words, vector search alone", plain=True, ranking=by_vector),
    Variant("plain 200 words, keyword search alone", plain=True, ranking=by_keyword),
)


def figures() -> list[dict[str, Any]]:
    """The table: each variant on both halves, the goals on the held-out half."""
    embedder = CachedMiniLm(2)
    library = read_library()
    judged = read_questions(QUESTIONS)
    halves = [json.loads(line)["half"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    unanswerable = [json.loads(line) for line in UNANSWERABLE.read_text(encoding="utf-8").splitlines()]
    rows: list[dict[str, Any]] = []
    held: dict[str, dict[str, Figure]] = {}
    folder = Path(tempfile.mkdtemp(prefix="bench-retrieval-"))
    try:
        for variant in VARIANTS:
            began = time.time()
            found = search(library, variant, embedder, [q.question for q in judged], folder)
            for half in ("tuning", "held-out"):
                chosen = [i for i, own in enumerate(halves) if own == half]
                scores = score([judged[i] for i in chosen], [found[i] for i in chosen], variant)
                held[variant.name] = scores
                for measure in ("page recall@1", "page recall@5", "page MRR", "document recall@1"):
                    rows.append(_row(f"{half}: {variant.name}: {measure}", scores[measure].value))
            print(f"{variant.name}: {time.time() - began:.0f} s", file=sys.stderr)
        found = search(library, FULL, embedder, [q["question"] for q in unanswerable], folder)
        answered = search(library, FULL, embedder, [q.question for q in judged], folder)
        rows += thresholds(answered, found, halves, [q["half"] for q in unanswerable])
    finally:
        shutil.rmtree(folder)
    ours = held["as shipped"]["page recall@5"].value
    goals = (
        (
            "over plain passages by vectors",
            ours - held["plain 200 words, vector search alone"]["page recall@5"].value,
            0.10,
        ),
        ("over keyword search alone", ours - held["keyword search alone"]["page recall@5"].value, 0.10),
        (
            "over plain passages by keywords",
            ours - held["plain 200 words, keyword search alone"]["page recall@5"].value,
            0.10,
        ),
    )
    for name, value, goal in goals:
        rows.append(_row(f"held-out: page recall@5 {name}", value, goal))
    rows.append(_row("held-out: document recall@1", held["as shipped"]["document recall@1"].value, 0.9))
    return rows


def thresholds(
    answered: Sequence[Found], unanswered: Sequence[Found], halves: Sequence[str], other: Sequence[str]
) -> list[dict[str, Any]]:
    """What the product's threshold on the best cosine refuses, of either kind, on the held-out half."""
    from runtime.settings import THRESHOLD

    def refused(found: Sequence[Found], own: Sequence[str]) -> float:
        best = [one.nearest[0].similarity for one, half in zip(found, own, strict=True) if half == "held-out"]
        return float(np.mean([value < THRESHOLD for value in best]))

    return [
        _row(
            f"held-out: refused of questions without an answer, threshold {THRESHOLD}",
            refused(unanswered, other),
        ),
        _row(f"held-out: refused of questions with an answer, threshold {THRESHOLD}", refused(answered, halves)),
    ]


def _row(figure: str, value: float, goal: float | None = None) -> dict[str, Any]:
    return {
        "figure": figure,
        "value": round(value, 4),
        "unit": "share",
        "goal": "" if goal is None else f"at least {goal:g}",
        "holds": goal is None or value >= goal,
    }
