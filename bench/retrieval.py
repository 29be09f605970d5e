"""Finding the right page, in libraries of real documents and in synthetic ones that show what must always be right.

The manuals of R, Octave and gnuplot share one index; `--library FOLDER` adds folders of PDFs that contain
`questions.jsonl` and optionally `unanswerable.jsonl`, such as those in bench/questions/reports beside the documents
that its `sources.jsonl` names. Each is compared, question by question, with what the former search found for the same
questions (bench/questions/before.json). `--bge FOLDER` measures the libraries with a second embedding model as well:
bge-small-en-v1.5 in ONNX.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from analysis.evaluate import DEPTH, RESAMPLES, SEED, Judged, names_document, ranks, read_questions
from runtime.aws.opensearch import OpenSearchIndexes
from runtime.ingest import document_title
from runtime.local.lance import LanceIndexes
from runtime.local.minilm import MiniLm
from runtime.passages import Chunker, passage_vectors
from runtime.ports import Embedder, Found, Passage, PassageIndex, PassageIndexes, Query, Terms, Vectors
from runtime.reading.document import Page, PdfError, open_pdf
from runtime.search.chance import Chance, chance
from runtime.search.fusion import fuse
from runtime.search.language import ENGLISH, language_of
from runtime.search.searcher import CANDIDATES, Searcher
from runtime.search.words import question_terms, terms_of
from tests import servers
from tests.aws.made import search_client

MANUALS = (
    *(
        Path("/usr/share/R/doc/manual", f"{name}.pdf")
        for name in ("R-FAQ", "R-admin", "R-data", "R-exts", "R-intro", "R-ints", "R-lang", "refman")
    ),
    *(Path("/usr/share/doc/octave", name) for name in ("octave.pdf", "liboctave.pdf")),
    Path("/usr/share/doc/gnuplot/gnuplot.pdf"),
)
PACKAGES = "r-doc-pdf octave-doc gnuplot-doc"
QUESTIONS = Path(__file__).parent / "questions"
CACHE = Path("build/bench-vectors.db")
BATCH = 512
RANK_CONSTANT = 60
"""k of reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009)."""

SOME = 10
"""One in this many of the questions about other matters is asked within a single document."""

FEWER_TOKENS = 0.85
"""The most tokens that may be embedded, relative to before."""

MANY_WORDS, MANY_PARTS, ASKED_WORDS, ASKED_PARTS = 1000, 3000, 100, 50


class Cached(MiniLm):
    """An embedder with vectors cached by text between runs, so that a variant does not embed everything again."""

    prompt = ""
    """Precedes a question."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(CACHE)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB NOT NULL)")
        self.tokens = 0

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """As MiniLm.embed; `tokens` counts the tokens of all texts, cached ones too."""
        self.tokens += sum(self.count(texts))
        prefix = self.prompt if questions else ""
        texts = [f"{prefix}{text}" for text in texts]
        keys = [hashlib.sha256(f"{self.model}\n{text}".encode()).hexdigest() for text in texts]
        select = "SELECT vector FROM vectors WHERE text = ?"
        found = [self._kept.execute(select, (key,)).fetchone() for key in keys]
        if new := [i for i, row in enumerate(found) if row is None]:
            made = super().embed([texts[i] for i in new])
            with self._kept:
                rows = [(keys[i], vector.tobytes()) for i, vector in zip(new, made, strict=True)]
                self._kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            for i, vector in zip(new, made, strict=True):
                found[i] = (vector.tobytes(),)
        return np.stack([np.frombuffer(row[0], np.float32) for row in found])


class BgeSmall(Cached):
    """bge-small-en-v1.5 (Xiao and others, C-Pack, 2023), int8: the first token's vector, of unit length, from a folder
    with `model.onnx` and `tokenizer.json`."""

    model = "bge-small-en-v1.5-int8"
    max_tokens = 510
    prompt = "Represent this sentence for searching relevant passages: "

    def __init__(self, folder: Path, threads: int) -> None:
        super().__init__(threads)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_tokens + 2)
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

    def _pooled(self, states: Vectors, mask: Vectors) -> Vectors:
        return states[:, 0]


@dataclass(frozen=True, slots=True)
class Library:
    """Documents with questions: those whose page is known, and others that the documents do not answer."""

    name: str
    documents: Sequence[Path]
    judged: Sequence[Judged]
    unanswerable: Sequence[str]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to rank what the searches found; the first variant is the product's own."""

    name: str
    ranking: Callable[[Found, Chance], list[Passage]]
    titles: bool = True


def _by_ranks(found: Found, _: Chance) -> list[Passage]:
    scores: dict[str, float] = {}
    passages = {hit.passage.id: hit.passage for hit in (*found.nearest, *found.keyword)}
    for ranking in (found.nearest, found.keyword):
        for rank, hit in enumerate(ranking, 1):
            scores[hit.passage.id] = scores.get(hit.passage.id, 0.0) + 1 / (RANK_CONSTANT + rank)
    return [passages[id_] for id_ in sorted(scores, key=lambda id_: (-scores[id_], id_))]


def _fused(found: Found, scale: Chance) -> list[Passage]:
    return [hit.passage for hit in fuse(found, scale)]


SHIPPED = "as shipped"
VARIANTS = (
    Variant(SHIPPED, _fused),
    Variant("vector search alone", lambda found, _: [hit.passage for hit in found.nearest]),
    Variant("keyword search alone", lambda found, _: [hit.passage for hit in found.keyword]),
    Variant("reciprocal rank fusion", _by_ranks),
    Variant("vectors without titles", _fused, titles=False),
)


def figures(options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The table of `make bench-retrieval`."""
    parser = argparse.ArgumentParser(prog="python -m bench retrieval", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--library", type=Path, action="append", default=[], metavar="FOLDER", help="PDFs with questions"
    )
    parser.add_argument("--bge", type=Path, metavar="FOLDER", help="bge-small-en-v1.5: model.onnx and tokenizer.json")
    given = parser.parse_args(options)
    if missing := [path for path in MANUALS if not path.is_file()]:
        sys.exit(f"{missing[0]} is missing: install Debian's {PACKAGES}.")
    libraries = [Library("manuals", MANUALS, read_questions(QUESTIONS / "manuals.jsonl"), _asked("unanswerable.jsonl"))]
    for folder in given.library:
        if not (folder / "questions.jsonl").is_file():
            sys.exit(f"There is no questions.jsonl in {folder}; --library names a folder of PDFs that has one.")
        libraries.append(_library(folder))
    embedder = Cached(2)
    folder = Path(tempfile.mkdtemp(prefix="bench-retrieval-"))
    try:
        rows = made_libraries("LanceDB", LanceIndexes(folder / "made", 2), embedder)
        with servers.opensearch() as url:
            rows += made_libraries("OpenSearch", OpenSearchIndexes(search_client(url)), embedder)
        for library in libraries:
            rows += _measured(library, folder / library.name, embedder)
            if given.bge:
                named = replace(library, name=f"{library.name}, bge-small")
                rows += _measured(named, folder / named.name, BgeSmall(given.bge, 2))
    except servers.Missing as what:
        sys.exit(f"{what} is missing")
    finally:
        shutil.rmtree(folder)
    return rows


def _asked(name: str) -> list[str]:
    return [json.loads(line)["question"] for line in (QUESTIONS / name).read_text(encoding="utf-8").splitlines()]


def _library(folder: Path) -> Library:
    unanswerable = folder / "unanswerable.jsonl"
    lines = unanswerable.read_text(encoding="utf-8").splitlines() if unanswerable.is_file() else []
    return Library(
        folder.resolve().name,
        sorted(folder.rglob("*.pdf")),
        read_questions(folder / "questions.jsonl"),
        [json.loads(line)["question"] for line in lines],
    )


# --- libraries of real documents ------------------------------------------------------------------------


def _measured(library: Library, folder: Path, embedder: Cached) -> list[dict[str, Any]]:
    passages = [passage for path in library.documents for passage in _cut(path, embedder)]
    embedder.tokens = 0
    stores = LanceIndexes(folder, 2)
    indexes = {True: _index(stores, "shipped", passages, embedder)}
    tokens = embedder.tokens
    indexes[False] = _index(stores, "without", passages, embedder, titles=False)
    questions = [one.question for one in library.judged]
    rows: list[dict[str, Any]] = []
    shipped: tuple[Sequence[int | None], Sequence[int | None]] = [], []
    scales = {titles: _scale(index, embedder) for titles, index in indexes.items()}
    for variant in VARIANTS:
        found = _search(indexes[variant.titles], questions, embedder)
        ranked = [variant.ranking(one, scales[variant.titles]) for one in found]
        places = [[(p.document, p.page) for p in passages][:DEPTH] for passages in ranked]
        both = ranks(library.judged, places)
        rows += _recalls(library.name, variant.name, *both)
        if variant.name == SHIPPED:
            shipped = both
    rows += _within(library, indexes[True], embedder)
    rows += _against_before(library.name, *shipped, tokens)
    rows += _refusals(library, indexes[True], embedder)
    return rows


def _cut(path: Path, embedder: Embedder) -> list[Passage]:
    """The document's passages, as ingestion makes them; none if it can't be read."""
    print(f"reading {path.name}", file=sys.stderr)
    try:
        with open_pdf(path) as pdf:
            pages = list(pdf.pages())
            title = document_title(path.name, pdf.title, pages[0])
    except PdfError as error:
        print(f"{path.name}: {error.reason}", file=sys.stderr)
        return []
    chunker = Chunker(path.name, "v", title, embedder)
    following: Sequence[Page | None] = [*pages[1:], None]
    return [passage for page, behind in zip(pages, following, strict=True) for passage in chunker.page(page, behind)]


def _index(
    indexes: PassageIndexes, name: str, passages: Sequence[Passage], embedder: Embedder, *, titles: bool = True
) -> PassageIndex:
    """An index of the passages, made as ingestion makes it; optionally without titles in the vectors."""
    index = indexes.open(name, embedder.dimension)
    terms: dict[str, Terms] = {}
    vectors: dict[str, Vectors] = {}
    for of_one in _by_document(passages):
        language = language_of(" ".join(passage.text for passage in of_one)) or ENGLISH
        terms |= {p.id: one for p, one in zip(of_one, terms_of(of_one, language), strict=True)}
        shown = of_one if titles else [replace(passage, title="") for passage in of_one]
        vectors |= {p.id: one for p, one in zip(of_one, passage_vectors(embedder, shown, {})[0], strict=True)}
    for at in range(0, len(passages), BATCH):
        batch = passages[at : at + BATCH]
        index.write(batch, np.stack([vectors[p.id] for p in batch]), [terms[p.id] for p in batch])
    index.refresh()
    return index


def _scale(index: PassageIndex, embedder: Embedder) -> Chance:
    scale = chance(index, embedder)
    assert scale is not None
    return scale


def _by_document(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    documents: dict[str, list[Passage]] = {}
    for passage in passages:
        documents.setdefault(passage.document, []).append(passage)
    yield from documents.values()


def _search(
    index: PassageIndex, questions: Sequence[str], embedder: Embedder, documents: Sequence[str] | None = None
) -> list[Found]:
    vectors, languages = embedder.embed(questions, questions=True), index.languages()
    queries = [
        Query(question_terms(text, languages).words, vector) for text, vector in zip(questions, vectors, strict=True)
    ]
    return index.search(queries, CANDIDATES, documents)


def _recalls(
    library: str, name: str, pages: Sequence[int | None], documents: Sequence[int | None]
) -> Iterator[dict[str, Any]]:
    for level, found, cutoffs in (("page", pages, (1, 5)), ("document", documents, (1,))):
        for cutoff in cutoffs:
            values = _hits(found, cutoff)
            low, high = _interval(values)
            yield _row(f"{library}: {name}: {level} recall@{cutoff}", float(values.mean()), f"{low:.3f} to {high:.3f}")


def _hits(found: Sequence[int | None], cutoff: int) -> npt.NDArray[np.float64]:
    return np.array([rank is not None and rank <= cutoff for rank in found], np.float64)


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The 95% interval of the mean, by a percentile bootstrap over the questions (Efron, 1979)."""
    samples = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[samples].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _within(library: Library, index: PassageIndex, embedder: Embedder) -> Iterator[dict[str, Any]]:
    """Recall when only the right document is searched, and what is refused there."""
    searcher, elsewhere = Searcher(index, embedder), _asked("elsewhere.jsonl")
    known = {passage.name for passage in library.documents}
    found: list[int | None] = []
    refused: dict[str, list[bool]] = {"that can be answered": [], "about other matters": []}
    for number, name in enumerate(sorted({one.document for one in library.judged})):
        of_one = [one for one in library.judged if one.document == name]
        keys = [key for key in known if names_document(name, key)]
        hits = searcher.search([one.question for one in of_one], CANDIDATES, keys)
        places = [[(hit.passage.document, hit.passage.page) for hit in one.ranked][:DEPTH] for one in hits]
        found += ranks(of_one, places)[0]
        refused["that can be answered"] += _refused(searcher, [one.question for one in of_one], keys)
        refused["about other matters"] += _refused(searcher, elsewhere[number % SOME :: SOME], keys)
    within = f"{library.name}: within the right document:"
    for cutoff in (1, 5):
        yield _row(f"{within} page recall@{cutoff}", _hits(found, cutoff).mean())
    for kind, values in refused.items():
        yield _row(f"{within} refused of questions {kind}", float(np.mean(values)))


def _against_before(
    library: str, pages: Sequence[int | None], documents: Sequence[int | None], tokens: int
) -> list[dict[str, Any]]:
    """The gain over the former search, question by question, and the tokens that were embedded for it."""
    before: Mapping[str, Any] = json.loads((QUESTIONS / "before.json").read_text(encoding="utf-8")).get(library, {})
    if len(before.get("pages", ())) != len(pages):
        return []
    rows = []
    for level, own, former, cutoffs in (
        ("page", pages, before["pages"], (1, 5)),
        ("document", documents, before["documents"], (1,)),
    ):
        for cutoff in cutoffs:
            more = _hits(own, cutoff) - _hits(former, cutoff)
            low, high = _interval(more)
            figure = f"{library}: gain over before: {level} recall@{cutoff}"
            goal = "interval not below 0" if level == "page" and cutoff == 5 else ""
            rows.append(_row(figure, float(more.mean()), f"{low:+.3f} to {high:+.3f}", goal, not goal or high >= 0))
    share = tokens / before["tokens"]
    goal = f"at most {FEWER_TOKENS:g}"
    return [*rows, _row(f"{library}: tokens embedded, relative to before", share, "times", goal, share <= FEWER_TOKENS)]


def _refusals(library: Library, index: PassageIndex, embedder: Embedder) -> Iterator[dict[str, Any]]:
    """For each kind of question, the share that is refused before a model is asked."""
    searcher = Searcher(index, embedder)
    for name, questions in (
        ("about other matters", _asked("elsewhere.jsonl")),
        ("that can be answered", [one.question for one in library.judged]),
        ("on the subject without an answer", library.unanswerable),
    ):
        if questions:
            refused = _refused(searcher, questions)
            yield _row(f"{library.name}: refused of questions {name}", float(np.mean(refused)))


def _refused(searcher: Searcher, questions: Sequence[str], documents: Sequence[str] | None = None) -> list[bool]:
    """Whether each question is refused before a model is asked."""
    return [found.is_below_chance for found in searcher.search(questions, CANDIDATES, documents)]


# --- synthetic libraries, in which the right page must always come first ----------------------------------


def made_libraries(store: str, indexes: PassageIndexes, embedder: Embedder) -> list[dict[str, Any]]:
    """Short pages with one unique word each, and sheets that differ by a number."""
    rows = []
    words = [f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES][:MANY_WORDS]
    pages = [
        _page("words.pdf", n, f"Page {n + 1} of the register. Its word is {word}.") for n, word in enumerate(words)
    ]
    index = _index(indexes, "passages-words", pages, embedder)
    step = MANY_WORDS // ASKED_WORDS
    for form in ("Which page has the word {}?", "{}"):
        questions = [form.format(word) for word in words[::step]]
        rows.append(_first(f"{store}: short pages: '{form.format('WORD')}'", index, embedder, questions, pages[::step]))
    sheets = [_page(f"part{n:05}.pdf", 0, _sheet(n)) for n in range(MANY_PARTS)]
    index = _index(indexes, "passages-parts", sheets, embedder)
    step = MANY_PARTS // ASKED_PARTS
    for form in ("What does part {} cost?", "Where is part {} stored?", "{}"):
        questions = [form.format(f"{n:05}") for n in range(7, MANY_PARTS, step)]
        rows.append(_first(f"{store}: part sheets: '{form.format('N')}'", index, embedder, questions, sheets[7::step]))
    return rows


def _first(
    figure: str, index: PassageIndex, embedder: Embedder, questions: Sequence[str], right: Sequence[Passage]
) -> dict[str, Any]:
    found = Searcher(index, embedder).search(questions, 1)
    firsts = sum(one.ranked[0].passage.id == page.id for one, page in zip(found, right, strict=True))
    goal = f"all {len(right)}"
    return _row(figure, firsts, "right page first", goal, firsts == len(right))


def _page(document: str, number: int, text: str) -> Passage:
    return Passage(f"{document} {number}", document, "v", number, number + 1, "", "", text)


def _sheet(number: int) -> str:
    thing = ("relay", "gasket", "bearing", "filter", "sensor", "valve")[number % 6]
    where = ("pump", "drive", "cutter", "press", "cooler")[number % 5]
    return (
        f"Part {number:05} is a {thing} for the {where} of machine {number % 40}. It weighs "
        f"{100 + number * 37 % 900} g. It is stored on shelf {number % 90}. It costs {5 + number * 13 % 700} euros."
    )


SYLLABLES = "ba do fi gu ke lo mi nu pa ro se ti".split()


def _row(figure: str, value: float, unit: str = "", goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(float(value), 4), "unit": unit, "goal": goal, "holds": holds}
