"""The PassageIndex on one machine: LanceDB, exact k-NN and its own full-text search."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from runtime.local.lazy import import_lazily

# Set before the import, which reads it: the library's own search warns about a coming default at each query.
os.environ.setdefault("LANCE_LOG", "error")
os.environ.setdefault("LANCEDB_LOG", "error")

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
from lancedb.index import FTS, Bitmap, BTree, IvfPq
from lancedb.query import BooleanQuery, FullTextOperator, MatchQuery, Occur, PhraseQuery

from runtime.formats import check_format
from runtime.local.lance_files import (
    BUILDING,
    CHANGING,
    DERIVED,
    REPAIR,
    FolderLock,
    Sums,
    bytes_below,
    explained,
    is_conflict,
    is_of_the_store,
    lost_its_versions,
    replace_text,
    text_of,
)
from runtime.ports import Found, Hit, IndexDamaged, PageBox, Passage, PlumblineError, Query, Terms, Vectors
from runtime.records import confidence_json, confidence_of

LOG = logging.getLogger(__name__)

T = TypeVar("T")

DROPPED = ".dropped"
"""The end of the name of a table that is being removed."""

FORMAT = 1
"""The format of a table: its columns and what they mean. Kept in the schema's metadata; older tables have none."""

FORMAT_KEY = b"plumbline.format"

RENEWED = 200
"""Versions of a table after which it is opened over a new connection: some 50 open files."""

EXACT_ROWS = 200_000
"""Up to this many passages k-NN is exact: 10 ms at 10,000, growing linearly. Beyond, an approximate index (IVF-PQ,
refined with the exact vectors) is built when passages are written."""

REFINE = 30
"""Candidates of the approximate index that are compared exactly, per hit. Of 250,000 passages it then finds 97% of the
nearest 100 (10: 92%, 100: 99%), in 1.5 times the time of 10; what it loses is lost to the compression of the vectors,
and not to the number of partitions (`make bench-library`)."""

NICENESS = 5
"""By how much less of the processor the builder of the approximate index gets than questions."""

BUILDER = (
    "import sys; from pathlib import Path; from runtime.local.lance import build_vectors; "
    "build_vectors(Path(sys.argv[1]), sys.argv[2])"
)
"""What builds it: a process of its own, for in this one its tasks of seconds would keep those of questions waiting."""

MERGE_EVERY, ROWS_PER_WRITE = 20, 5_000
"""A table is compacted when it has that many files of rows, or one for so many rows if that is more: a compaction
takes 0.1 ms of processor a passage of the whole table, an ingestion 50 ms a passage that it embeds. So compaction
stays below a tenth of ingestion, however large the library."""

SETTLED_ROWS, UNSETTLED_SHARE = 20_000, 0.005
"""Keyword scores of passages in the index rest on its own counts, which lack the passages that are not in it yet, and
have those that were deleted; of two documents, the second one's scores are a quarter higher. Up to so many passages an
index is therefore always compacted when ingestion ends (2 s), beyond if so large a share is not in it."""

ROWS_PER_READ = 1_000
"""Rows that are read at a time where all are."""

UNIT_TOLERANCE = 0.01
"""By how much the length of a vector may differ from 1."""

SPARE_BYTES = 1 << 20
"""What former versions of a table may use beside half of its size, before they are removed. A replacement of a document
of 40 passages leaves 0.16 MB, so the tiniest library is compacted at every sixth, not at each."""

ATTEMPTS = 5
"""How often a reading is repeated that lost its version's files to a compaction, or a commit that met another one."""

COLUMNS = ("id", "document", "version", "ordinal", "page", "label", "title", "heading", "text", "boxes", "confidence")

SEARCHED = {"words": "own", "page_words": "page", "about": "about"}
"""The columns of keyword search, and the terms in each."""

LUCENE_FACTOR = 2.2
"""BM25 here has a factor of k1 + 1, which Lucene dropped in version 8; it does not affect the order."""

ADDED_COLUMNS = ("label", "confidence", "page_words", "about", "language")
"""Columns that tables of earlier versions may lack; then they are not written, and read as empty."""


class Connection:
    """The connection that the tables of a folder share, and its number.

    LanceDB keeps files open that it has read of an index, also when later versions of the table have replaced them; a
    new connection starts with none. Thread-safe.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._first: dict[str, int] = {}
        """The first version of each table that was used over this connection."""
        self.database = lancedb.connect(str(folder))
        self.number = 0

    def used(self, name: str, version: int) -> None:
        """Note that a version of a table is used; many versions after the first, connect anew."""
        with self._lock:
            if version - self._first.setdefault(name, version) >= RENEWED:
                self.database = lancedb.connect(str(self._folder))
                self.number += 1
                self._first = {name: version}


class LanceIndexes:
    """The PassageIndexes port: a LanceDB folder with one table per index, and a file that names the live one.

    Any number of processes may use one folder. Changes wait for each other by a lock, and, by `give_way`, for what is
    more urgent in this process; reading waits for nothing.
    """

    def __init__(self, folder: Path, threads: int, give_way: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._threads = threads
        self._give_way = give_way
        with _explaining("", folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = Connection(folder)
        self._changing = FolderLock(folder / CHANGING)
        self._building = FolderLock(folder / BUILDING)

    def live(self) -> str:
        """The live index's name."""
        with _explaining("", self._folder), suppress(UnicodeDecodeError):
            return text_of(self._pointer)
        return ""  # damaged, which is as good as gone

    def open(self, name: str, dimension: int) -> LanceIndex:
        """The index, created if missing."""
        path = self._folder / f"{name}.lance"
        with _explaining(name, path if path.exists() else self._folder):
            try:
                table = self._opened(name)
            except Exception as error:  # another process may have dropped it between its list of versions and one
                if not is_of_the_store(error):
                    raise
                table = None
            if table is None:
                with self._changing.held(name):
                    table = self._opened(name) or self._created(name, dimension)
        _check_schema(table.schema, name, dimension)
        notes = self._folder / f"{name}.json"
        locks = self._changing, self._building
        return LanceIndex(name, table, self._connection, self._threads, path, notes, *locks, self._give_way)

    def point(self, name: str) -> None:
        """Make an index the live one."""
        with _explaining(name, self._folder), self._changing.held(name):
            replace_text(self._pointer, name)

    def drop(self, name: str) -> None:
        """Remove an index that is not live."""
        with _explaining(name, self._folder), self._changing.held(name):
            if name == self.live():
                return
            # Renamed first: were it killed while removing files, half a table would be left under this name.
            with suppress(FileNotFoundError):
                (self._folder / f"{name}.lance").rename(self._folder / f"{uuid.uuid4().hex}{DROPPED}")
            (self._folder / f"{name}.json").unlink(missing_ok=True)
            for dropped in self._folder.glob(f"*{DROPPED}"):
                shutil.rmtree(dropped)

    def _opened(self, name: str) -> Any:
        """The table, or None if there is none."""
        try:
            return self._connection.database.open_table(name)
        except ValueError as error:
            if "was not found" not in str(error):
                raise
            if name == self.live() or lost_its_versions(self._folder / f"{name}.lance"):
                raise IndexDamaged(f"Of the index {name} in {self._folder}, files are missing.", REPAIR) from error
            return None

    def _created(self, name: str, dimension: int) -> Any:
        shutil.rmtree(self._folder / f"{name}.lance", ignore_errors=True)  # of a process killed while creating it
        return self._connection.database.create_table(name, schema=_schema(dimension))

    @property
    def _pointer(self) -> Path:
        return self._folder / "live"


class LanceIndex:
    """The PassageIndex port over one LanceDB table."""

    def __init__(
        self,
        name: str,
        table: Any,
        connection: Connection,
        threads: int,
        folder: Path,
        notes: Path,
        changing: FolderLock,
        building: FolderLock,
        give_way: Callable[[], None],
    ) -> None:
        self.name = name
        self._table = table
        self._connection, self._number = connection, connection.number
        self._folder = folder
        self._notes = notes
        self._changing = changing
        self._building = building
        self._give_way = give_way

        self._sums = Sums(folder)
        self._columns = [column for column in COLUMNS if column in table.schema.names]
        self._searched = [column for column in SEARCHED if column in table.schema.names]
        # Queries are mostly I/O-bound.
        self._pool = ThreadPoolExecutor(max_workers=2 * max(2, threads), thread_name_prefix="lance")
        self._is_indexed, self._builds = False, True

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

        def merge() -> None:
            self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all().execute(rows)

        self._commit(merge)

    def refresh(self) -> None:
        """Update the indexes; rows that are not indexed yet are searched too, only slower."""

        def change() -> None:
            self._index_columns()
            self._tidy()

        self._commit(change)
        self._build()

    def settle(self) -> None:
        """Compact the table, so that the keyword index has each row and no others, if it is small or lacks many."""

        def change() -> None:
            rows = self._table.count_rows()
            found = [index.name for index in self._table.list_indices() if index.columns == ["words"]]
            left = sum(self._table.index_stats(name).num_unindexed_rows for name in found)
            if 0 < rows <= SETTLED_ROWS or left > UNSETTLED_SHARE * rows:
                self._compact_if_free()

        self._commit(change)

    def delete(self, document: str, keep: str = "") -> None:
        """Remove a document's passages."""
        gone = f"document = {_quoted([document])} AND version <> {_quoted([keep])}"
        if not self._read(lambda: self._table.count_rows(gone)):
            return  # a commit would only make another version of the table

        def remove() -> None:
            self._table.delete(gone)
            self._tidy()

        self._commit(remove)

    def _commit(self, change: Callable[[], object]) -> None:
        """Change the latest version of the table while no other process does."""
        self._give_way()
        with _explaining(self.name, self._folder):
            for left in reversed(range(ATTEMPTS)):
                with self._changing.held(self.name):
                    try:
                        self._take_latest()
                        change()
                        with self._building.held_if_free(self.name) as free:
                            if free:  # else there may be files that are not whole yet
                                self._sums.record()
                        return
                    except RuntimeError as error:
                        if not left or not is_conflict(error):
                            raise

    def verify(self) -> bool:
        """Compare files with their checksums and read every row; build the indexes of columns anew unless they are
        known to be whole. A note that can't be read goes."""
        try:
            json.loads(text_of(self._notes) or "{}")
        except ValueError:
            self.write_note("")
        if changed := [name for name in self._sums.changed() if not name.startswith(DERIVED)]:
            raise IndexDamaged(f"The index {self.name} is damaged: {self._folder / changed[0]} has changed.", REPAIR)
        self._read(self._read_all)
        doubtful = [*self._sums.changed(), *self._sums.unknown()]
        if not any(name.startswith(DERIVED) for name in doubtful):
            return False

        def rebuild() -> None:
            for index in self._table.list_indices():
                self._table.drop_index(index.name)
            self._is_indexed = False
            self._index_columns()
            self._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

        self._commit(rebuild)
        self._build()
        return True

    def _read_all(self) -> None:
        """Read every row with all its columns, some at a time; IndexDamaged if a vector is none of unit length."""
        for batch in self._table.search().limit(None).to_batches(batch_size=ROWS_PER_READ):
            vectors = batch["vector"].flatten().to_numpy().reshape(batch.num_rows, -1)
            if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=UNIT_TOLERANCE):
                raise IndexDamaged(f"The index {self.name} is damaged: it has vectors that no model made.", REPAIR)

    def _index_columns(self) -> None:
        """Index the columns that are not indexed yet: of a new table, or an older one."""
        if self._is_indexed:
            return
        indexed = _indexed(self._table)
        wanted: dict[str, Any] = {column: _terms_index(places=column == "words") for column in self._searched}
        wanted |= {"document": BTree(), "id": BTree(), "language": Bitmap()}
        for column, config in wanted.items():
            if column not in indexed and column in self._table.schema.names:
                self._table.create_index(column, config=config)
        self._is_indexed = True

    def _tidy(self) -> None:
        """Compact the table and remove its former versions if it has too many files, or they use too much space.

        Readers of a former version may lose their files; they repeat what they read (`_read`).
        """
        stats = self._table.stats()
        used, unused = stats["total_bytes"], bytes_below(self._folder) - stats["total_bytes"]
        files = stats["fragment_stats"]["num_fragments"]
        if files >= max(MERGE_EVERY, stats["num_rows"] // ROWS_PER_WRITE) or unused > used / 2 + SPARE_BYTES:
            self._compact_if_free()

    def _compact_if_free(self) -> None:
        with self._building.held_if_free(self.name) as free:  # else it would undo the work of the builder
            if free:
                # Nobody else writes, so files that no version has are of processes that were killed.
                self._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    def _build(self) -> None:
        """Build the approximate index if there are enough rows. It takes minutes, so others may write meanwhile; what
        they write is searched exactly until the next compaction."""
        with _explaining(self.name, self._folder):
            rows = self._table.count_rows()
            if rows <= EXACT_ROWS or not self._builds or "vector" in _indexed(self._table):
                return
            with self._building.held_if_free(self.name) as free:
                if not free:
                    return
        LOG.info("The index %s has %s passages: its approximate index is being built.", self.name, f"{rows:,}")
        built = subprocess.run(
            [sys.executable, "-c", BUILDER, str(self._folder.parent), self.name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if built.returncode:
            self._builds = False  # else each document would try it for minutes
            said = (built.stderr.strip().splitlines() or [f"exit code {built.returncode}"])[-1]
            LOG.warning("The approximate index of %s could not be built, so search stays slow: %s", self.name, said)

    def _read(self, read: Callable[[], T]) -> T:
        """What `read` gives, of the latest version of the table. Repeated if that was removed while it was read."""
        with _explaining(self.name, self._folder):
            for _ in range(ATTEMPTS - 1):
                self._take_latest()
                version = self._table.version
                try:
                    return read()
                except BaseException as error:
                    if not is_of_the_store(error):
                        raise
                    self._table.checkout_latest()
                    if self._table.version == version:
                        raise
            self._take_latest()
            return read()

    def _take_latest(self) -> None:
        """Use the latest version of the table, over a new connection after many."""
        self._table.checkout_latest()
        self._connection.used(self.name, self._table.version)
        number = self._connection.number
        if self._number != number:
            self._table = self._connection.database.open_table(self.name)
            self._number = number

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """Both searches for each query, several at once."""
        if not queries or (documents is not None and not documents):
            return [Found([], []) for _ in queries]
        where = None if documents is None else f"document IN ({_quoted(documents)})"
        return self._read(lambda: self._search(queries, size, where))

    def _search(self, queries: Sequence[Query], size: int, where: str | None) -> list[Found]:
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
        return self._read(self._languages)

    def _languages(self) -> frozenset[str]:
        """Found one by one: each look-up of a row in another language reads the index of the column, not the rows."""
        if "language" not in self._table.schema.names:
            return frozenset()
        known: list[str] = []
        while True:
            other = f"language NOT IN ({_quoted(known)})" if known else "language IS NOT NULL"
            rows = self._table.search().where(other).select(["language"]).limit(1).to_arrow()
            if not rows.num_rows:
                return frozenset(known)
            known.append(rows["language"][0].as_py())

    def size(self) -> int:
        """The number of rows."""
        rows: int = self._read(self._table.count_rows)
        return rows

    def read_note(self) -> str:
        """The text of a file beside the table."""
        with _explaining(self.name, self._folder):
            return text_of(self._notes)

    def write_note(self, text: str) -> None:
        """Write a file beside the table."""
        with _explaining(self.name, self._folder):
            replace_text(self._notes, text)

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages and their neighbours, by document and ordinal."""
        if not passages:
            return []
        each = " OR ".join(
            f"(document = {_quoted([p.document])} AND version = {_quoted([p.version])} "
            f"AND ordinal BETWEEN {p.ordinal - reach} AND {p.ordinal + reach})"
            for p in passages
        )
        rows = self._read(lambda: self._table.search().where(each).select(self._columns).limit(None).to_list())
        return sorted((_passage(row) for row in rows), key=lambda p: (p.document, p.version, p.ordinal))

    def count(self, document: str, version: str) -> int:
        """Passages of one version."""
        where = f"document = {_quoted([document])} AND version = {_quoted([version])}"
        count: int = self._read(lambda: self._table.count_rows(where))
        return count

    def counts(self) -> dict[tuple[str, str], int]:
        """Passages of each version."""
        read = self._read(lambda: self._table.search().select(["document", "version"]).limit(None).to_arrow())
        each = read.group_by(["document", "version"]).aggregate([([], "count_all")]).to_pylist()
        return {(row["document"], row["version"]): row["count_all"] for row in each}


def build_vectors(folder: Path, name: str) -> None:
    """Build the approximate index of an index, unless another process does. It has the lock itself, since the process
    that started it may be killed."""
    os.nice(NICENESS)
    with FolderLock(folder / BUILDING).held_if_free(name) as free:
        table = lancedb.connect(str(folder)).open_table(name)
        if free and "vector" not in _indexed(table):
            table.create_index("vector", config=IvfPq(distance_type="cosine"))


@contextmanager
def _explaining(name: str, folder: Path) -> Iterator[None]:
    """Raise what LanceDB and the file system raise as PlumblineErrors."""
    try:
        yield
    except BaseException as error:
        if not is_of_the_store(error):
            raise
        raise explained(error, name, folder) from error


def _check_schema(schema: pa.Schema, name: str, dimension: int) -> None:
    """PlumblineError unless a table has this format, or an earlier one that can be read, and such vectors."""
    check_format(f"The index {name}", int((schema.metadata or {}).get(FORMAT_KEY, b"0")), FORMAT)
    missing = set(ADDED_COLUMNS) - set(schema.names)
    wanted = pa.schema([column for column in _schema(dimension) if column.name not in missing])
    if schema != wanted:
        raise PlumblineError(
            f"The index {name} was not built for vectors of length {dimension}, or has other columns.",
            "Run `python -m runtime reindex`, which builds a new index beside it.",
        )


def _indexed(table: Any) -> set[str]:
    return {column for index in table.list_indices() for column in index.columns}


def _schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            *((column, pa.string()) for column in COLUMNS if column not in ("ordinal", "page")),
            ("ordinal", pa.int32()),
            ("page", pa.int32()),
            *((column, pa.string()) for column in (*SEARCHED, "language")),
            ("vector", pa.list_(pa.float32(), dimension)),
        ],
        metadata={FORMAT_KEY: str(FORMAT).encode()},
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
