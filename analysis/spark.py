"""Rows on a Spark cluster, for an archive that does not fit in one machine's memory.

The executors hold vectors and texts in blocks, one per file. The driver holds each row's group and the numbers of the
analysis, about 100 bytes per row, and each group's name.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zipimport import zipimporter

import numpy as np
import numpy.typing as npt
import polars as pl

from analysis.archive import (
    NAMELESS,
    ArchiveError,
    Damage,
    Source,
    check_consistent,
    files_of,
    model_name,
    names_within,
    no_records,
    parsed_file,
    vectors_of,
    within,
)
from analysis.rows import MAX_ITERATIONS, TOLERANCE, Row, add_sums, most_similar, nearest_centers, rows_of
from analysis.statistics import Indices, Numbers
from runtime.formats import NewerFormat
from runtime.ports import PlumblineError, Vectors

T = TypeVar("T")

FILES_A_CORE = 4
"""Partitions per core, so that a slow file holds up little."""

ID_BYTES = 16
"""Of a record's hashed id, by which duplicates are found."""


if "pyspark.worker" in sys.modules:
    # A Spark worker collects garbage after each task and rereads the zips it imports from before each: with some
    # thousand rows that takes ten times as long as the tasks. So what is imported by now, or will be for the clusters,
    # is frozen, and the zips are read only when something else is imported.
    import pyspark.mllib.linalg  # noqa: F401

    gc.collect()
    gc.freeze()
    for path in [path for path, finder in sys.path_importer_cache.items() if isinstance(finder, zipimporter)]:
        del sys.path_importer_cache[path]


class NoSpark(PlumblineError):
    """PySpark is not installed here."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive records, the first of which is row `start`."""

    start: int
    records: pl.DataFrame  # with the columns of `Archived.records`
    vectors: Vectors

    def chosen(self, rows: Indices) -> tuple[Indices, Indices]:
        """Which of the sorted rows are in this block: their positions among the rows, and in the block."""
        first, last = np.searchsorted(rows, [self.start, self.start + len(self.vectors)])
        return np.arange(first, last), rows[first:last] - self.start

    def of(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This block's part of the values of all rows."""
        return values[self.start : self.start + len(self.vectors)]


def read_rows(path: str, *, since: datetime | None = None, until: datetime | None = None, model: str = "") -> SparkRows:
    """All records made after `since` and not after `until`, each id once, in the order of `read_archive` and with its
    errors."""
    context = _context()
    names = names_within(files_of(path), since, until)
    parts = max(1, min(len(names), FILES_A_CORE * context.defaultParallelism))

    def parsed(numbered: tuple[int, str]) -> tuple[int, tuple[pl.DataFrame, Counter[str], list[Damage]] | NewerFormat]:
        number, name = numbered
        try:
            frame, damaged = parsed_file(files_of(path), name)
        except NewerFormat as error:
            return number, error  # raised by the driver: here it would become a Spark error and be retried
        frame = frame.filter(within(since, until))
        models = Counter({model_name(one): count for one, count in frame.group_by("model").len().rows()})
        return number, (frame.filter(pl.col("model") == model) if model else frame, models, damaged)

    def summed(numbered: tuple[int, tuple[pl.DataFrame, Counter[str], list[Damage]] | NewerFormat]) -> Any:
        number, content = numbered
        if isinstance(content, NewerFormat):
            return numbered
        frame, models, damaged = content
        return number, models, Counter(frame["embedding"].list.len().to_list()), damaged, frame["at"].max()

    files = context.parallelize(list(enumerate(names)), parts).map(parsed).persist(_kept_level())
    sums = sorted(files.map(summed).collect(), key=lambda one: one[0])
    for newer in (one[1] for one in sums if isinstance(one[1], NewerFormat)):
        raise newer
    models: Counter[str] = sum((one[1] for one in sums), Counter())
    lengths: Counter[int] = sum((one[2] for one in sums), Counter())
    damaged = [damage for one in sums for damage in one[3]]
    check_consistent(path, model, models, lengths)
    if not lengths:
        raise no_records(path, model, models, len(names), damaged)

    def ids(numbered: tuple[int, tuple[pl.DataFrame, Any, Any]]) -> Iterator[tuple[bytes, tuple[int, int]]]:
        number, (frame, _, _) = numbered
        for line, id_ in enumerate(frame["id"]):
            yield hashlib.blake2b(id_.encode(), digest_size=ID_BYTES).digest(), (number, line)

    def whole(found: tuple[int, tuple[tuple[pl.DataFrame, Any, Any], Any]]) -> tuple[int, Any]:
        number, ((frame, _, _), lines) = found
        frame = frame[np.sort(np.fromiter(lines, np.int64))]
        try:
            return number, (frame.drop("model", "embedding"), vectors_of(names[number], frame))
        except ArchiveError as error:
            return number, error  # raised by the driver, as above

    # Of records with the same id the first is kept, as in memory.
    first = files.flatMap(ids).reduceByKey(min, parts).values().groupByKey(parts)
    kept = files.join(first, parts).map(whole).persist(_kept_level())
    found = dict(kept.mapValues(lambda own: own if isinstance(own, ArchiveError) else len(own[1])).collect())
    files.unpersist()
    for error in (one for _, one in sorted(found.items()) if isinstance(one, ArchiveError)):
        raise error
    counts: dict[int, int] = found
    numbers = sorted(counts)
    starts = dict(zip(numbers, np.cumsum([0, *(counts[number] for number in numbers)])[:-1].tolist(), strict=True))
    blocks = kept.map(lambda own: Block(starts[own[0]], *own[1]))
    source = Source(
        model or next((name for name in models if name != NAMELESS), ""),
        len(names),
        lengths.total() - sum(counts.values()),
        1.0,
        tuple(damaged),
        max(one[4] for one in sums if one[4] is not None),
    )
    return SparkRows(blocks, sum(counts.values()), next(iter(lengths)), source)


class SparkRows:
    """Rows on a cluster, with MLlib and NumPy."""

    def __init__(self, blocks: Any, count: int, dimension: int, source: Source) -> None:
        """`blocks` is a persisted RDD of Block."""
        self._blocks = blocks
        self._count = count
        self._context = blocks.context
        self.dimension = dimension
        self.source = source
        self._moments: tuple[Numbers, Numbers] | None = None
        names = sorted(blocks.flatMap(lambda block: block.records["group"].unique().to_list()).distinct().collect())
        numbers = self._context.broadcast({name: number for number, name in enumerate(names)})
        self.groups = self._rowwise(lambda block: np.array([numbers.value[name] for name in block.records["group"]]))
        numbers.unpersist()

    def __len__(self) -> int:
        return self._count

    def order(self) -> Indices:
        """Each row's position in its group."""
        at = self._rowwise(lambda block: block.records["at"].to_physical().to_numpy())
        page = self._rowwise(lambda block: block.records["page"].to_numpy())
        order = np.lexsort((at, page, self.groups))  # stable: ties stay in row order
        grouped = self.groups[order]
        first = np.flatnonzero(np.diff(grouped, prepend=-1))
        placed = np.empty(self._count, np.int64)
        placed[order] = np.arange(self._count) - np.repeat(first, np.diff(first, append=self._count))
        return placed

    def vectors(self, rows: Indices) -> Vectors:
        """Some vectors."""
        out = np.empty((len(rows), self.dimension), np.float32)
        for places, own in self._picked(rows, lambda block, here: block.vectors[here]):
            out[places] = own
        return out

    def records(self, rows: Indices) -> list[Row]:
        """Some records."""
        out: dict[int, Row] = {}
        for places, own in self._picked(rows, lambda block, here: rows_of(block.records[here])):
            out.update(zip(places.tolist(), own, strict=True))
        return [out[place] for place in range(len(rows))]

    def moments(self) -> tuple[Numbers, Numbers]:
        """Mean and covariance."""
        if self._moments is None:
            self._moments = self._mean_and_covariance()
        return self._moments

    def _mean_and_covariance(self) -> tuple[Numbers, Numbers]:
        mean = self._summed(lambda block: block.vectors.sum(axis=0, dtype=np.float64)) / self._count
        near = mean.astype(np.float32)

        def product(block: Block) -> Numbers:
            part = block.vectors - near
            squared: Numbers = (part.T @ part).astype(np.float64)
            return squared

        return mean, self._summed(product) / max(1, self._count - 1)

    def refined(self, centers: Vectors, chosen: npt.NDArray[np.bool_] | None = None) -> Vectors:
        """Lloyd's iterations, with MLlib."""
        from pyspark.mllib.clustering import KMeans, KMeansModel
        from pyspark.mllib.linalg import DenseVector

        mask = self._context.broadcast(chosen)

        def dense(block: Block) -> Iterator[Any]:
            own = block.vectors if mask.value is None else block.vectors[block.of(mask.value)]
            return (DenseVector(row) for row in own.astype(np.float64))

        rows = self._blocks.flatMap(dense).persist(_kept_level())
        # MLlib stops when each center moves less than a distance, scikit-learn when all of them together do.
        variance = float(np.trace(self.moments()[1])) / self.dimension
        fitted = KMeans.train(
            rows,
            len(centers),
            maxIterations=MAX_ITERATIONS,
            epsilon=float(np.sqrt(TOLERANCE * variance / len(centers))),
            initialModel=KMeansModel([DenseVector(center) for center in centers.astype(np.float64)]),
        )
        rows.unpersist()
        mask.unpersist()
        return np.array(fitted.clusterCenters, np.float32)

    def nearest(self, centers: Sequence[Vectors], which: Indices | None = None) -> tuple[Indices, Numbers]:
        """Nearest centers and distances."""
        given = self._context.broadcast((list(centers), which))

        def near(block: Block) -> npt.NDArray[np.float64]:
            sets, whose = given.value
            own = np.zeros(len(block.vectors), np.int64) if whose is None else block.of(whose)
            out = np.empty((len(block.vectors), 2))
            for number, one in enumerate(sets):
                there = own == number
                out[there] = np.stack(nearest_centers(block.vectors[there], one), axis=1)
            return out

        found = self._rowwise(near)
        given.unpersist()
        return found[:, 0].astype(np.int64), found[:, 1]

    def projected(self, directions: Numbers, which: Indices) -> Numbers:
        """Inner products."""
        given = self._context.broadcast((directions.astype(np.float32), which))

        def product(block: Block) -> Numbers:
            along, whose = given.value
            products: Numbers = (block.vectors @ along.T)[np.arange(len(block.vectors)), block.of(whose)].astype(float)
            return products

        found = self._rowwise(product)
        given.unpersist()
        return found

    def sums(self, blocks: Indices, count: int) -> Numbers:
        """Sums by block."""
        given = self._context.broadcast(blocks)
        shape = (count, self.dimension)

        def added(own: Iterator[Block]) -> Iterator[Numbers]:
            out = np.zeros(shape)
            for block in own:
                add_sums(out, block.of(given.value), block.vectors)
            yield out

        found: Numbers = self._blocks.mapPartitions(added).treeReduce(np.add)
        given.unpersist()
        return found

    def most_similar(self, vectors: Vectors) -> tuple[Indices, Numbers]:
        """Greatest inner products."""
        given = self._context.broadcast(vectors)

        def best(block: Block) -> tuple[Indices, Numbers]:
            found, products = most_similar(given.value, block.vectors)
            return block.start + found, products

        found: tuple[Indices, Numbers] = self._blocks.map(best).treeReduce(_better)
        given.unpersist()
        return found

    def _rowwise(self, numbers: Callable[[Block], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """The values of all rows, in their order."""
        found = self._blocks.map(lambda block: (block.start, numbers(block))).collect()
        return np.concatenate([own for _, own in sorted(found, key=lambda one: one[0])])

    def _summed(self, numbers: Callable[[Block], Numbers]) -> Numbers:
        """The sum over all blocks, first added up on the executors."""
        found: Numbers = self._blocks.map(numbers).treeReduce(np.add)
        return found

    def _picked(self, rows: Indices, take: Callable[[Block, Indices], T]) -> list[tuple[Indices, T]]:
        """What is taken from some rows, with their positions among `rows`."""
        order = np.argsort(rows, kind="stable")
        given = self._context.broadcast(rows[order])

        def taken(block: Block) -> Iterator[tuple[Indices, T]]:
            places, here = block.chosen(given.value)
            if len(here):
                yield places, take(block, here)

        found = self._blocks.flatMap(taken).collect()
        given.unpersist()
        return [(order[places], own) for places, own in found]


def _better(first: tuple[Indices, Numbers], second: tuple[Indices, Numbers]) -> tuple[Indices, Numbers]:
    """The greater of two products, the earlier row if equal."""
    take = (second[1] > first[1]) | ((second[1] == first[1]) & (second[0] < first[0]))
    return np.where(take, second[0], first[0]), np.where(take, second[1], first[1])


def _context() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NoSpark(
            "PySpark is not installed here.", "Leave out --spark to sample what does not fit in memory."
        ) from error
    builder = SparkSession.builder.appName("plumbline").config("spark.ui.showConsoleProgress", "false")
    if region := os.environ.get("AWS_REGION"):
        builder = builder.config("spark.executorEnv.AWS_REGION", region)  # the executors read the archive themselves
    return builder.getOrCreate().sparkContext


def _kept_level() -> Any:
    from pyspark import StorageLevel

    return StorageLevel.MEMORY_AND_DISK
