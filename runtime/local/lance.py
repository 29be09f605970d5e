"""The PassageIndex on one machine: LanceDB, exact k-NN and its own full-text search."""

from __future__ import annotations

import ctypes
import json
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from runtime.local.lazy import import_lazily

# Set before the import, which reads it: the library's own search warns about a coming default at each query.
os.environ.setdefault("LANCE_LOG", "error")

if hasattr(ctypes.CDLL(None), "mallopt"):
    # glibc gives every few threads an allocation arena of their own, which keeps freed memory. With the library's many
    # threads, 3,000 pages then peak at 1.2 times the memory of 300; with two arenas at 1.1 times.
    M_ARENA_MAX = -8
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

if "lancedb" not in sys.modules:
    # The client of a remote catalogue, which is not used here, takes 0.4 s of LanceDB's import.
    import_lazily("lance_namespace_urllib3_client")

import lancedb
import numpy as np
import orjson
import pyarrow as pa
from lancedb.index import FTS, BTree, IvfPq
from lancedb.query import BooleanQuery, FullTextOperator, MatchQuery, Occur, PhraseQuery

from runtime.ports import Found, Hit, PageBox, Passage, PlumblineError, Query, Terms, Vectors
from runtime.records import confidence_json, confidence_of

EXACT_ROWS = 200_000
"""Up to this many passages k-NN is exact: 10 ms at 10,000, growing linearly. Beyond, an approximate index (IVF-PQ,
refined with the exact vectors) is built when passages are written."""

REFINE = 10
"""Candidates of the approximate index that are compared exactly, per hit."""

MERGE_EVERY = 20
"""Writes after which `refresh` compacts small files and the full-text index."""

COLUMNS = ("id", "document", "version", "ordinal", "page", "label", "title", "heading", "text", "boxes", "confidence")

SEARCHED = {"words": "own", "page_words": "page", "about": "about"}
"""The columns of keyword search, and the terms in each."""

LUCENE_FACTOR = 2.2
"""BM25 here has a factor of k1 + 1, which Lucene dropped in version 8; it does not affect the order."""

ADDED_COLUMNS = ("label", "confidence", "page_words", "about", "language")
"""Columns that tables of earlier versions may lack; then they are not written, and read as empty."""


class LanceIndexes:
    """The PassageIndexes port: a LanceDB folder with one table per index, and a file that names the live one."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        self._threads = threads
        folder.mkdir(parents=True, exist_ok=True)
        self._database = lancedb.connect(str(folder))

    def live(self) -> str:
        """The live index's name."""
        try:
            return self._pointer.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def open(self, name: str, dimension: int) -> LanceIndex:
        """The index, created if missing."""
        schema = _schema(dimension)
        try:
            table = self._database.create_table(name, schema=schema, exist_ok=True)
        except ValueError as error:
            table = self._database.open_table(name)
            missing = {column for column in ADDED_COLUMNS if column not in table.schema.names}
            if table.schema != pa.schema([column for column in schema if column.name not in missing]):
                raise PlumblineError(
                    f"The index {name} was not built for vectors of length {dimension}: {error}.",
                    "Run `python -m runtime reindex`, which builds a new index beside it.",
                ) from error
        return LanceIndex(name, table, self._threads, self._folder / f"{name}.json")

    def point(self, name: str) -> None:
        """Make an index the live one."""
        _replace(self._pointer, name)

    def drop(self, name: str) -> None:
        """Remove an index that is not live."""
        if name != self.live():
            self._database.drop_table(name, ignore_missing=True)
            (self._folder / f"{name}.json").unlink(missing_ok=True)

    @property
    def _pointer(self) -> Path:
        return self._folder / "live"


class LanceIndex:
    """The PassageIndex port over one LanceDB table."""

    def __init__(self, name: str, table: Any, threads: int, notes: Path) -> None:
        self.name = name
        self._table = table
        self._notes = notes
        self._columns = [column for column in COLUMNS if column in table.schema.names]
        self._searched = [column for column in SEARCHED if column in table.schema.names]
        # Queries are mostly I/O-bound.
        self._pool = ThreadPoolExecutor(max_workers=2 * max(2, threads), thread_name_prefix="lance")
        self._writes = 0
        self._lock = threading.Lock()

    def write(self, passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms]) -> None:
        """Add or overwrite by id, in one commit of the table."""
        columns: dict[str, Any] = {column: [_stored(p, column) for p in passages] for column in self._columns}
        columns |= {column: [getattr(one, SEARCHED[column]) for one in terms] for column in self._searched}
        if "language" in self._table.schema.names:
            columns["language"] = [one.language for one in terms]
        columns["vector"] = pa.FixedSizeListArray.from_arrays(
            pa.array(np.ascontiguousarray(vectors, np.float32).ravel()), vectors.shape[1]
        )
        rows = pa.table(columns).cast(self._table.schema.empty_table().select(list(columns)).schema)
        merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(rows)
        self._writes += 1

    def refresh(self) -> None:
        """Update the indexes; rows that are not indexed yet are searched too, only slower."""
        with self._lock:
            indexed = {column for index in self._table.list_indices() for column in index.columns}
            if "words" not in indexed:
                for column in self._searched:
                    self._table.create_index(column, config=_terms_index(places=column == "words"))
                self._table.create_index("document", config=BTree())
                self._table.create_index("id", config=BTree())
            if "vector" not in indexed and self._table.count_rows() > EXACT_ROWS:
                self._table.create_index("vector", config=IvfPq(distance_type="cosine"))
            if self._writes >= MERGE_EVERY:
                # Old versions of the table are kept for an hour, for readers in other processes.
                self._table.optimize(cleanup_older_than=timedelta(hours=1))
                self._writes = 0

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """Both searches for each query, several at once."""
        if not queries or (documents is not None and not documents):
            return [Found([], []) for _ in queries]
        self._table.checkout_latest()
        where = None if documents is None else f"document IN ({_quoted(documents)})"
        keyword = self._pool.map(lambda query: self._by_words(query, size, where), queries)
        nearest = self._by_vector(queries, size, where)
        return [Found(near, words) for near, words in zip(nearest, keyword, strict=True)]

    def _by_vector(self, queries: Sequence[Query], size: int, where: str | None) -> list[list[Hit]]:
        """The nearest to each query; all queries in one pass over the vectors."""
        vectors = np.stack([query.vector for query in queries])
        search = self._table.search(vectors, vector_column_name="vector").distance_type("cosine").limit(size)
        search = search.refine_factor(REFINE)  # for an approximate index; without one the search is exact
        if where is not None:
            search = search.where(where, prefilter=True)
        found: list[list[Hit]] = [[] for _ in queries]
        for row in search.select([*self._columns, "_distance"]).to_arrow().to_pylist():
            found[row.get("query_index", 0)].append(Hit(_passage(row), 1.0 - row["_distance"]))
        return [sorted(hits, key=lambda hit: -hit.score) for hits in found]

    def _by_words(self, query: Query, size: int, where: str | None) -> list[Hit]:
        """The best by the sum of BM25 over the columns."""
        each = [MatchQuery(query.words, column, operator=FullTextOperator.OR) for column in self._searched]
        clauses: list[Any] = [(Occur.SHOULD, one) for one in each]
        if query.phrases and len(self._searched) > 1:  # earlier tables have no word positions
            whole = [
                BooleanQuery([(Occur.MUST, PhraseQuery(part, "words")) for part in phrase]) for phrase in query.phrases
            ]
            clauses.append((Occur.MUST, BooleanQuery([(Occur.SHOULD, one) for one in whole])))
        search = self._table.search(BooleanQuery(clauses), query_type="fts").limit(size)
        if where is not None:
            search = search.where(where, prefilter=True)
        rows = search.select([*self._columns, "_score"]).to_arrow().to_pylist()
        return [Hit(_passage(row), row["_score"] / LUCENE_FACTOR) for row in rows]

    def languages(self) -> frozenset[str]:
        """The languages of the terms."""
        self._table.checkout_latest()
        if "language" not in self._table.schema.names:
            return frozenset()
        rows = self._table.search().select(["language"]).limit(None).to_arrow()
        return frozenset(rows["language"].unique().to_pylist())

    def size(self) -> int:
        """The number of rows."""
        self._table.checkout_latest()
        rows: int = self._table.count_rows()
        return rows

    def read_note(self) -> str:
        """The text of a file beside the table."""
        try:
            return self._notes.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def write_note(self, text: str) -> None:
        """Write a file beside the table."""
        _replace(self._notes, text)

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages and their neighbours, by document and ordinal."""
        if not passages:
            return []
        each = (
            f"(document = {_quoted([p.document])} AND version = {_quoted([p.version])} "
            f"AND ordinal BETWEEN {p.ordinal - reach} AND {p.ordinal + reach})"
            for p in passages
        )
        rows = self._table.search().where(" OR ".join(each)).select(self._columns).limit(None).to_list()
        return sorted((_passage(row) for row in rows), key=lambda p: (p.document, p.version, p.ordinal))

    def delete(self, document: str, keep: str = "") -> None:
        """Remove a document's passages."""
        self._table.delete(f"document = {_quoted([document])} AND version <> {_quoted([keep])}")

    def count(self, document: str, version: str) -> int:
        """Passages of one version."""
        self._table.checkout_latest()
        count: int = self._table.count_rows(f"document = {_quoted([document])} AND version = {_quoted([version])}")
        return count

    def counts(self) -> dict[tuple[str, str], int]:
        """Passages of each version."""
        self._table.checkout_latest()
        rows = self._table.search().select(["document", "version"]).limit(None).to_arrow()
        each = rows.group_by(["document", "version"]).aggregate([([], "count_all")]).to_pylist()
        return {(row["document"], row["version"]): row["count_all"] for row in each}


def _schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            *((column, pa.string()) for column in COLUMNS if column not in ("ordinal", "page")),
            ("ordinal", pa.int32()),
            ("page", pa.int32()),
            *((column, pa.string()) for column in (*SEARCHED, "language")),
            ("vector", pa.list_(pa.float32(), dimension)),
        ]
    )


def _terms_index(*, places: bool) -> FTS:
    """The full-text index of terms, which need no analysis; with their positions, for phrases."""
    return FTS(
        with_position=places,
        base_tokenizer="whitespace",
        max_token_length=None,
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
    )


def _replace(file: Path, text: str) -> None:
    """Write a file atomically."""
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)


def _quoted(values: Iterable[str]) -> str:
    """Values as SQL strings, with quotes doubled."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _stored(passage: Passage, column: str) -> object:
    if column == "boxes":
        return json.dumps([[b.page, b.left, b.top, b.right, b.bottom] for b in passage.boxes])
    if column == "confidence":
        return confidence_json(passage.confidence)
    value: object = getattr(passage, column)
    return value


def _passage(row: dict[str, Any]) -> Passage:
    values = {column: row[column] for column in COLUMNS if column in row}
    values["boxes"] = tuple([PageBox(*box) for box in orjson.loads(row["boxes"])])
    values["confidence"] = confidence_of(row.get("confidence"))
    return Passage(**values)
