"""Reads the archives of passages and prompts: files of JSON lines in a folder or on S3, gzipped or not."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from runtime.formats import FIRST, check_format
from runtime.local.folder import FolderFiles
from runtime.names import ARCHIVE_FORMAT
from runtime.ports import Files, PlumblineError, Vectors

MAX_ROWS = 200_000
"""Rows held in memory by default: 300 MB of vectors of 384 numbers."""

SEED = 20_260_107
"""The seed of every random choice in the analyses."""

SHOWN_CHARACTERS = 400
"""Characters of a passage's text that are kept, since reports show no more."""

READ_AT_ONCE = 4
"""Files fetched and unpacked ahead of the current one."""

MAX_DELIVERY_DELAY = timedelta(days=1)
"""How long after its own time a record may be delivered: Firehose retries for 24 hours."""

GZIP = b"\x1f\x8b"
HOUR_OF = re.compile(r"(\d{4})/(\d\d)/(\d\d)/(\d\d)/(?:[^/]+/)?[^/]*$")
"""The hour of a file; a folder's files of passages are below it by document."""

FIELDS: dict[str, pl.DataType] = {
    "id": pl.String(),
    "kind": pl.String(),
    "doc_id": pl.String(),
    "page": pl.Int64(),
    "text": pl.String(),
    "model": pl.String(),
    "at": pl.String(),
}
SCHEMA = pl.Schema({**FIELDS, "format": pl.Int64(), "embedding": pl.List(pl.Float32)})
NAMELESS = "(no model named)"


class ArchiveError(PlumblineError):
    """The archive can't be analysed."""


class NoRecords(ArchiveError):
    """There are no records from that period."""


class TooManyRecords(ArchiveError):
    """The archive has more records than `max_rows`."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What could not be read in a file."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """What was read from an archive."""

    model: str
    files: int
    repeated: int  # records left out as duplicates by id
    share: float  # of the groups kept, sampled by a hash of their names
    damaged: tuple[Damage, ...]
    last: datetime  # when the latest record was made


@dataclass(frozen=True, slots=True)
class Archived(Source):
    """Records of one model. Row i of `records` and of `vectors`, of shape (n, dimension), is one record.

    `records` has the columns id, kind, group, page, text and at (UTC). The rows of a group are related: a
    document's passages, a conversation's prompts, or a file's rows if they are bare vectors.
    """

    records: pl.DataFrame
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.vectors)


def files_of(path: str) -> Files:
    """The files below `path`, a folder or s3://BUCKET/PREFIX."""
    if path.startswith("s3://"):
        from runtime.aws.s3 import S3Files  # one machine has no boto3

        return S3Files(path)
    if Path(path).is_file():
        raise ArchiveError(f"{path} is a file.", "Name the folder it is in.")
    return FolderFiles(Path(path))


def read_archive(
    path: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    model: str = "",
    max_rows: int = MAX_ROWS,
    seed: int = SEED,
    sampled: bool = True,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Archived:
    """The records made after `since` and not after `until`, each id once, at most `max_rows` of them.

    If there are more, whole groups are left out by a hash of their names and `seed`, the same groups whatever the order
    of the files; unless `sampled`, TooManyRecords is raised instead. Raises ArchiveError if there are no records, if
    they are of several models and `model` names none, and if vectors differ in length or hold a value that is not a
    number. Lines and files that can't be read are listed in `damaged`.
    """
    files = files_of(path)
    names = names_within(files, since, until)
    kept = _Collected(max_rows, seed, model, sampled)
    for number, (name, (frame, damage)) in enumerate(_parsed_files(files, names), 1):
        kept.damaged.extend(damage)
        kept.add(name, frame.filter(within(since, until)))
        progress(number, len(names))
    return kept.archived(path, len(names))


def names_within(files: Files, since: datetime | None, until: datetime | None) -> list[str]:
    """The files that may hold records from that period, in order."""
    return [name for name in files.names() if _may_hold(name, since, until)]


def _may_hold(name: str, since: datetime | None, until: datetime | None) -> bool:
    """Whether a file may hold records from that period. It is named by the hour in which it was started, never before
    its records' own."""
    found = HOUR_OF.search(name)
    if not found:
        return True
    try:
        hour = datetime(*(int(part) for part in found.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return True
    return not (since and hour + timedelta(hours=1) <= since) and not (until and hour > until + MAX_DELIVERY_DELAY)


def within(since: datetime | None, until: datetime | None) -> pl.Expr:
    """Selects the records made in that period."""
    chosen = pl.lit(True)
    if since:
        chosen = chosen & (pl.col("at") > since)
    if until:
        chosen = chosen & (pl.col("at") <= until)
    return chosen


def _parsed_files(files: Files, names: Sequence[str]) -> Iterator[tuple[str, tuple[pl.DataFrame, list[Damage]]]]:
    """Each file's records in order, read a few files ahead."""
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        waiting = iter(names)
        ahead = [(name, pool.submit(parsed_file, files, name)) for name in islice(waiting, READ_AT_ONCE)]
        while ahead:
            name, parsed = ahead.pop(0)
            ahead.extend((n, pool.submit(parsed_file, files, n)) for n in islice(waiting, 1))
            yield name, parsed.result()


def parsed_file(files: Files, name: str) -> tuple[pl.DataFrame, list[Damage]]:
    """A file's records, with the columns of `Archived.records`, `model` and `embedding`; and what could not be read.
    NewerFormat if a later version of Plumbline has written some."""
    return _parsed(name, files.content(name))


def _parsed(name: str, content: bytes) -> tuple[pl.DataFrame, list[Damage]]:
    damaged: list[Damage] = []
    frame = _parsed_whole(name, content)
    if frame is None and content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            damaged.append(Damage(name, f"broken gzip: {error}"))
            content = _whole_part(content)
        frame = _parsed_whole(name, content)
    if frame is None:  # line by line, to name the line at fault
        frame, broken = _by_line(name, content)
        damaged.extend(broken)
    texts = [pl.col(name).fill_null("") for name in FIELDS if name not in ("page", "at")]
    frame = frame.with_columns(*texts, pl.col("page").fill_null(0))
    frame = frame.with_columns(pl.col("at").str.to_datetime(time_unit="us", time_zone="UTC", strict=False))
    timeless = frame["at"].null_count()
    if timeless:
        damaged.append(Damage(name, f"{timeless} records without a time"))
        frame = frame.filter(pl.col("at").is_not_null())
    group = pl.when(pl.col("doc_id") == "").then(pl.col("id")).otherwise(pl.col("doc_id")).alias("group")
    text = pl.col("text").str.slice(0, SHOWN_CHARACTERS)
    return frame.select("id", "kind", group, "page", text, "model", "at", "embedding"), damaged


def _parsed_whole(name: str, content: bytes) -> pl.DataFrame | None:
    """A file's records, or None if it is damaged or holds anything else."""
    if not content.startswith(GZIP) and content.lstrip()[:1] != b"{":
        return None
    try:
        # Polars also unpacks gzip, faster than gzip.decompress, and raises OSError if a length or checksum is wrong.
        frame = pl.read_ndjson(BytesIO(content), schema=SCHEMA)
    except (pl.exceptions.PolarsError, OSError):
        return None
    _check(name, frame["format"].max() or FIRST)
    return None if frame["id"].has_nulls() or frame["embedding"].has_nulls() else frame


def _check(name: str, found: Any) -> None:
    check_format(f"A record in the archive's file {name}", int(found), ARCHIVE_FORMAT)


def _whole_part(content: bytes) -> bytes:
    """What can be unpacked from damaged gzip."""
    out = b""
    while content.startswith(GZIP):
        unpacking = zlib.decompressobj(wbits=31)
        try:
            # A piece at a time, to keep what precedes the damage.
            for start in range(0, len(content), 4096):
                out += unpacking.decompress(content[start : start + 4096])
                if unpacking.eof:
                    content = unpacking.unused_data + content[start + 4096 :]
                    break
            else:
                break
        except zlib.error:
            break
    return out


def _by_line(name: str, content: bytes) -> tuple[pl.DataFrame, list[Damage]]:
    """What `_parsed` returns, for a file with other lines too: bare vectors, and torn or foreign ones."""
    rows: list[dict[str, Any]] = []
    broken: list[int] = []
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(name, number, line))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            broken.append(number)
    damaged = []
    if broken:
        last = broken == [len(lines)]
        reason = "invalid last line" if last else f"invalid lines: {len(broken)}, the first is line {broken[0]}"
        damaged.append(Damage(name, reason))
    return pl.DataFrame(rows, schema=SCHEMA), damaged


def _row(name: str, number: int, line: bytes) -> dict[str, Any]:
    """A line as a record; ValueError, TypeError, KeyError, OverflowError or RecursionError if it is not one."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = json.loads(line)  # accepts NaN, which is reported later
    if isinstance(value, list):
        hour = HOUR_OF.search(name)
        at = "{}-{}-{}T{}:00:00+00:00".format(*hour.groups()) if hour else "1970-01-01T00:00:00+00:00"
        value = {"id": f"{name}:{number}", "doc_id": name, "at": at, "embedding": value}
    if isinstance(value, dict):
        _check(name, value.get("format") or FIRST)
    vector = [math.nan if part is None else float(part) for part in value["embedding"]]
    if not vector:
        raise ValueError("no vector")
    texts = {field: str(value.get(field) or "") for field in FIELDS if field != "page"}
    if not texts["id"]:
        raise ValueError("no id")
    page = int(value.get("page") or 0)
    if not 0 <= page < 2**31:
        raise ValueError("no page")
    return {**texts, "page": page, "format": FIRST, "embedding": vector}


def model_name(model: str) -> str:
    """The name of a model in an error message."""
    return model or NAMELESS


def vectors_of(name: str, frame: pl.DataFrame) -> Vectors:
    """The vectors of a file's records, all of the same length, of shape (n, dimension)."""
    vectors = frame["embedding"].list.explode().to_numpy().astype(np.float32).reshape(len(frame), -1)
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ArchiveError(
            f"The vector of record {frame['id'][row]!r} in {name} holds a value that is not a number.",
            "Remove the record from the archive and check the model that made it.",
        )
    return vectors


def check_consistent(path: str, model: str, models: Mapping[str, int], lengths: Mapping[int, int]) -> None:
    """Raise unless the records are of one model, if none was named, and their vectors of one length. Takes counts of
    both."""
    if not model and len(models) > 1:
        listed = ", ".join(f"{model} ({count} records)" for model, count in sorted(models.items()))
        raise ArchiveError(f"{path} holds vectors of several models: {listed}.", "Choose one with --model.")
    if len(lengths) > 1:
        listed = ", ".join(f"{length} ({count} records)" for length, count in sorted(lengths.items()))
        raise ArchiveError(
            f"{path} holds vectors of several lengths from one model: {listed}.",
            "Choose a period with only one, with --since and --until.",
        )


def no_records(path: str, model: str, models: Mapping[str, int], files: int, damaged: Sequence[Damage]) -> ArchiveError:
    """Why there is nothing to analyse: NoRecords if records are merely absent."""
    if model and models:
        return ArchiveError(
            f"{path} has no records of {model}: it has {', '.join(sorted(models))}.", "Choose another model."
        )
    reason = f"{path} has no records from that period in {files} files."
    if damaged:
        first = f"{damaged[0].file}: {damaged[0].reason}"
        return ArchiveError(f"{reason} {len(damaged)} could not be read. {first}.", "Remove or repair them.")
    return NoRecords(reason, "Ingest documents or ask questions first, or choose another period.")


class _Collected:
    """The rows read so far, within the limit."""

    def __init__(self, max_rows: int, seed: int, model: str, sampled: bool) -> None:
        self._max_rows = max_rows
        self._sampled = sampled
        self._seed = seed
        self._model = model
        self._share = 1.0
        self._seen: set[str] = set()
        self._models: dict[str, int] = {}
        self._dimensions: dict[int, int] = {}
        self._frames: list[pl.DataFrame] = []
        self._vectors: list[Vectors] = []
        self._rows = 0
        self._repeated = 0
        self.damaged: list[Damage] = []

    def add(self, name: str, frame: pl.DataFrame) -> None:
        for model, count in frame.group_by("model").len().rows():
            self._models[model_name(model)] = self._models.get(model_name(model), 0) + count
        if self._model:
            frame = frame.filter(pl.col("model") == self._model)
        elif len(self._models) > 1:
            return  # an error by now; only the list of models still matters
        frame = self._sample(self._unseen(frame))
        if frame.is_empty():
            return
        lengths = frame["embedding"].list.len()
        for length, count in lengths.value_counts().rows():
            self._dimensions[length] = self._dimensions.get(length, 0) + count
        if len(self._dimensions) > 1:
            return
        vectors = vectors_of(name, frame)
        self._frames.append(frame.drop("model", "embedding"))
        self._vectors.append(vectors)
        self._rows += len(frame)
        while self._rows > self._max_rows:
            if not self._sampled:
                raise TooManyRecords(f"There are more than {self._max_rows} records.", "Raise --max_rows.")
            self._halve()

    def archived(self, path: str, files: int) -> Archived:
        """All rows, or an error that says why there is nothing to analyse."""
        check_consistent(path, self._model, self._models, self._dimensions)
        if not self._rows:
            if self._share < 1:
                raise ArchiveError(f"No group in {path} fits in {self._max_rows} rows.", "Raise --max_rows.")
            raise no_records(path, self._model, self._models, files, self.damaged)
        vectors = np.empty((self._rows, next(iter(self._dimensions))), np.float32)
        start = 0
        while self._vectors:  # each part is freed as soon as it is copied
            part = self._vectors.pop(0)
            vectors[start : start + len(part)] = part
            start += len(part)
        model = self._model or next((name for name in self._models if name != NAMELESS), "")
        records = pl.concat(self._frames)
        last = records["at"].max()
        assert isinstance(last, datetime)
        return Archived(model, files, self._repeated, self._share, tuple(self.damaged), last, records, vectors)

    def _unseen(self, frame: pl.DataFrame) -> pl.DataFrame:
        before = len(frame)
        frame = frame.unique("id", keep="first", maintain_order=True)
        if self._seen:
            new = [id_ not in self._seen for id_ in frame["id"]]
            frame = frame.filter(pl.Series(new, dtype=pl.Boolean))
        self._repeated += before - len(frame)
        return frame

    def _sample(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._share < 1:
            frame = frame.filter(self._is_sampled(frame["group"]))
        self._seen.update(frame["id"])
        return frame

    def _halve(self) -> None:
        """Leave out about half of the groups."""
        self._share /= 2
        for number, frame in enumerate(self._frames):
            chosen = self._is_sampled(frame["group"])
            self._frames[number] = frame.filter(chosen)
            self._vectors[number] = self._vectors[number][chosen.to_numpy()]
        self._rows = sum(len(frame) for frame in self._frames)
        self._seen = {id_ for frame in self._frames for id_ in frame["id"]}

    def _is_sampled(self, groups: pl.Series) -> pl.Series:
        chosen = {group: share_of(group, self._seed) < self._share for group in groups.unique()}
        return pl.Series([chosen[group] for group in groups], dtype=pl.Boolean)


def share_of(name: str, seed: int) -> float:
    """A name's hash as a number from 0 to 1, the same everywhere."""
    hashed = hashlib.blake2b(f"{seed} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(hashed) / 2**64
