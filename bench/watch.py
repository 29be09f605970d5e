"""Time and memory of the drift verdict and of the archive's reader, and of Evidently and pandas on the same data.

Each measurement runs in a process of its own, `python -m bench.watch COMMAND ARGUMENTS ...`, which prints JSON; those
of the peers run `bench/peers.py` in an environment of their own. What is compared runs in turns.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.archive import SEED, read_archive
from analysis.clusters import cluster
from analysis.drift import judge
from analysis.rows import MemoryRows
from analysis.watch import Reading, baseline, snapshot
from runtime.local.sqlite import Database, SqliteResults
from runtime.ports import ArchiveRecord
from runtime.records import archive_line
from tests.analysis import samples
from tools.install import place

ROOT = Path(__file__).parents[1]

DIMENSION = 384
TOPICS = 20
GROUP = 20
"""Near-duplicate rows that come together, like those of a document."""

NOISE = 2.0
"""The length of the noise added to a topic of length 1: clusters overlap, and k-means has work to do."""

FEW, MANY = 10_000, 100_000
"""Rows in the baseline and in the snapshot, each."""

TURNS = 3
"""Repetitions of each measurement; the shortest time counts, as the one least disturbed by other programs."""

SMALL, COMPARED = 2_000, 10_000
"""Rows of each sample at which Evidently is compared. Its MMD holds a matrix of all pairs, temporarily twice: 2.3 GB at
10,000 rows, 7.9 GB at 20,000."""

PAIRS, PAIR_ROWS = 100, 1_000
"""Pairs of samples for counting false alarms and power: a share of .05 has a standard error of .022."""

FAINT = 3.0
"""The noise at which 5% of new topics are to be found: with less, every row about them would be obvious."""

NEW = 0.05
"""The share of the snapshot about topics that the baseline does not have."""

SETS = (("no drift, independent rows", 1, 0.0), ("no drift, rows in groups", GROUP, 0.0), ("5% new topics", 1, NEW))

FILE = 5_000
"""Records per file: Firehose delivers after 300 s or 64 MiB, which is up to 9,500 of them."""

READ_FILES = 10
"""Files of the archive that are read in turns with pandas."""

PASSAGE = "Each passage has about as many words as one of a real document. " * 20
BEFORE, NOW = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
"""The days of the archive's baseline and snapshot, with one file per hour."""

MOST_SECONDS, MOST_MIB = 15, 1536


def figures() -> list[dict[str, Any]]:
    """The table of `make bench-watch`."""
    subprocess.run([sys.executable, "-m", "tools.install", "peers"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(prefix="bench-watch-") as name:
        folder = Path(name)
        return [*verdict(folder), *evidently(folder), *alarms(folder), *archive(folder)]


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _ours(*command: object, threads: int = 0) -> Any:
    """What a command of this module prints. This process stays small, since a child's peak starts with its parent's."""
    return _printed([sys.executable, "-m", "bench.watch"], command, threads)


def _theirs(*command: object, threads: int = 0) -> Any:
    return _printed([place("peers") / "bin" / "python", ROOT / "bench/peers.py"], command, threads)


def _printed(program: Sequence[object], command: Sequence[object], threads: int) -> Any:
    limit = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if threads}
    arguments = [str(part) for part in (*program, *command)]
    done = subprocess.run(arguments, cwd=ROOT, env={**os.environ, **limit}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


# --- the whole verdict ----------------------------------------------------------------------------------


def verdict(folder: Path) -> list[dict[str, Any]]:
    """The verdict over rows in memory, in two sizes."""
    least, peaks = {}, {}
    for rows in (FEW, MANY):
        _progress(f"judging {rows:,} rows against {rows:,}")
        _ours("sample", folder / f"before-{rows}.npy", rows, 1)
        _ours("sample", folder / f"now-{rows}.npy", rows, 2)
        found = _ours("judge", folder / f"before-{rows}.npy", folder / f"now-{rows}.npy", TURNS)
        least[rows], peaks[rows] = min(found["seconds"]), found["peak"]
    seconds, mib, ratio = least[MANY], peaks[MANY], least[MANY] / least[FEW]
    size = f"{MANY:,} x {DIMENSION} twice"
    return [
        _row(f"verdict: {size}", seconds, "s", f"under {MOST_SECONDS}", seconds < MOST_SECONDS),
        _row(f"verdict: {size}, peak memory", mib, "MiB", f"under {MOST_MIB}", mib < MOST_MIB),
        _row(f"verdict: {FEW:,} x {DIMENSION} twice", least[FEW], "s"),
        _row("verdict: time at 10 times the rows", ratio, "times", "at most 12", ratio <= 12),
    ]


def _sample(path: str, rows: str, seed: str) -> None:
    """Unit vectors around topics that are the same for all seeds, in near-duplicate groups, in pieces."""
    topics = samples.topics(np.random.default_rng(0), TOPICS, DIMENSION)
    random = np.random.default_rng(int(seed))
    pieces = range(0, int(rows), 10_000)
    made = [samples.around(random, topics, min(10_000, int(rows) - at), NOISE, GROUP) for at in pieces]
    np.save(path, np.concatenate(made))


def _judge(before: str, now: str, turns: str) -> dict[str, Any]:
    """Seconds of each verdict once the baseline's centers are known, as in `analysis.watch.snapshot`."""
    known = samples.archived(np.load(before), GROUP, "before")
    new = samples.archived(np.load(now), GROUP, "now")
    centers = cluster(MemoryRows(known), None, SEED).centers
    seconds = []
    for _ in range(int(turns)):
        began = time.perf_counter()
        rows = MemoryRows(known)
        found, _ = judge(rows, MemoryRows(new), cluster(rows, len(centers), SEED, fixed=centers), SEED)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "peak": _peak(), "drift": found.drift}


def _peak() -> float:
    """This process's peak memory, in MiB."""
    # ru_maxrss: kB on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20


# --- Evidently ------------------------------------------------------------------------------------------


def evidently(folder: Path) -> list[dict[str, Any]]:
    """The same two samples judged by Plumbline, and by Evidently's default method and its MMD."""
    made = []
    for rows in (SMALL, COMPARED):
        both = [folder / f"{name}-{rows}.npy" for name in ("before", "now")]
        for seed, path in enumerate(both, 1):
            if not path.exists():
                _ours("sample", path, rows, seed)
        ours, theirs = [], []
        for turn in range(TURNS):
            _progress(f"judging {rows:,} rows by both tools: turn {turn + 1} of {TURNS}")
            theirs.append(_theirs("drift", *both))
            ours.append(min(_ours("judge", *both, 2)["seconds"]))
        model, mmd = (min(turn[name]["seconds"] for turn in theirs) for name in ("model", "mmd"))
        ratio = (model + mmd) / min(ours)
        goal = ("at least 3", ratio >= 3) if rows == COMPARED else ("", True)
        made += [
            _row(f"Evidently, {rows:,} rows twice: default method", model, "s"),
            _row(f"Evidently, {rows:,} rows twice: MMD", mmd, "s"),
            _row(f"Plumbline, {rows:,} rows twice: verdict", min(ours), "s"),
            _row(f"Plumbline against Evidently, {rows:,} rows: times as fast", ratio, "times", *goal),
        ]
    return made


def alarms(folder: Path) -> list[dict[str, Any]]:
    """How often each tool finds drift where there is none and where there is some, on the same pairs."""
    _progress(f"counting false alarms and power over {len(SETS)} times {PAIRS} pairs of samples")
    half = PAIRS // 2
    with ThreadPoolExecutor(2) as pool:
        paths = [folder / f"pairs-{number}.npy" for number in range(len(SETS))]
        list(pool.map(lambda made: _ours("pairs", made[1], *made[0][1:]), zip(SETS, paths, strict=True)))
        jobs: list[tuple[Callable[..., Any], Path, int, int]] = [
            *((_theirs, path, first, first + half) for path in paths for first in (0, half)),
            *((_ours, path, first, first + half) for path in paths for first in (0, half)),
        ]
        counts = list(pool.map(lambda job: job[0]("verdicts", *job[1:], threads=1), jobs))
    found: dict[tuple[str, Path], int] = {}
    for job, counted in zip(jobs, counts, strict=True):
        for method, count in counted.items():
            key = (f"{'Plumbline' if job[0] is _ours else 'Evidently'}: {method}", job[1])
            found[key] = found.get(key, 0) + count
    methods = sorted({method for method, _ in found}, reverse=True)
    return [
        _row(f"table: pairs of samples of {PAIR_ROWS:,} x {DIMENSION}, each line", PAIRS, "pairs"),
        *(
            _row(f"{name}: {method}", found[method, path] / PAIRS, "share")
            for (name, _, _), path in zip(SETS, paths, strict=True)
            for method in methods
        ),
    ]


def _pairs(path: str, group: str, new: str) -> None:
    """Pairs of samples, of shape (pairs, 2, rows, dimension); each pair has topics of its own."""
    made = np.empty((PAIRS, 2, PAIR_ROWS, DIMENSION), np.float32)
    changed, noise = int(PAIR_ROWS * float(new)), FAINT if float(new) else NOISE
    for seed, pair in enumerate(made):
        random = np.random.default_rng(seed)
        topics, others = (samples.topics(random, count, DIMENSION) for count in (TOPICS, 2))
        pair[0] = samples.around(random, topics, PAIR_ROWS, noise, int(group))
        pair[1, changed:] = samples.around(random, topics, PAIR_ROWS - changed, noise, int(group))
        pair[1, :changed] = samples.around(random, others, changed, noise, int(group))
    np.save(path, made)


def _verdicts(path: str, first: str, last: str) -> dict[str, int]:
    """How many of the pairs have drift, with as many clusters as there are topics (`--clusters`). The rows' documents
    show which come in groups."""
    group = dict(zip([f"pairs-{number}.npy" for number in range(len(SETS))], SETS, strict=True))[Path(path).name][1]
    count = 0
    for seed, pair in enumerate(np.load(path, mmap_mode="r")[int(first) : int(last)], int(first)):
        known, new = (samples.rows(np.array(vectors), group) for vectors in pair)
        count += judge(known, new, cluster(known, TOPICS, seed), seed)[0].drift
    return {"verdict": count}


# --- the archive ----------------------------------------------------------------------------------------


def archive(folder: Path) -> list[dict[str, Any]]:
    """Reading in turns with pandas, and a whole snapshot including the reading, at 10 times the records."""
    large, small, part = (folder / name for name in ("large", "small", "part"))
    files = MANY // FILE
    _progress(f"writing an archive of {2 * MANY:,} records")
    with ThreadPoolExecutor(2) as pool:  # each a process
        list(pool.map(lambda day: _ours("write", large, day.timestamp(), files), (BEFORE, NOW)))
    for day in (BEFORE, NOW):
        for number, path in enumerate(sorted((large / f"{day:%Y/%m/%d}").rglob("*.gz"))):
            for into, count in ((small, FEW // FILE), (part, READ_FILES if day is BEFORE else 0)):
                if number < count:
                    (into / path.relative_to(large)).parent.mkdir(parents=True)
                    os.link(path, into / path.relative_to(large))
    return [*_reading(part), *_through(small, large)]


def _reading(part: Path) -> list[dict[str, Any]]:
    times: dict[str, list[float]] = {"ours": [], "pandas": [], "json": []}
    for turn in range(TURNS):
        _progress(f"reading {READ_FILES * FILE:,} records each way: turn {turn + 1} of {TURNS}")
        found = {"ours": _ours("read", part), **_theirs("read", part)}
        assert all(one["shape"] == [READ_FILES * FILE, DIMENSION] for one in found.values())
        assert np.ptp([one["sum"] for one in found.values()]) < 1e-2, found
        for way, one in found.items():
            times[way].append(one["seconds"])
    least = {way: READ_FILES * FILE / min(own) for way, own in times.items()}
    ratio = least["ours"] / max(least["pandas"], least["json"])
    return [
        _row("archive: records read by each", READ_FILES * FILE, "records"),
        _row("archive: gzip.open and pandas.read_json", least["pandas"], "records/s"),
        _row("archive: gzip.open and json.loads", least["json"], "records/s"),
        _row("archive: this reader", least["ours"], "records/s"),
        _row("archive: this reader against the faster", ratio, "times", "at least 2", ratio >= 2),
    ]


def _through(small: Path, large: Path) -> list[dict[str, Any]]:
    seconds, peaks = {}, {}
    for rows, path in ((FEW, small), (MANY, large)):
        _progress(f"a snapshot from an archive of {2 * rows:,} records")
        found = _ours("snapshot", path, path.with_suffix(".db"), FEW)
        seconds[rows], peaks[rows] = found["seconds"], found["peak"]
    name = f"snapshot from gzip, --max_rows {FEW:,}"
    ratio, more = seconds[MANY] / seconds[FEW], peaks[MANY] / peaks[FEW]
    return [
        _row(f"{name}: {FEW:,} records twice", seconds[FEW], "s"),
        _row(f"{name}: {MANY:,} records twice", seconds[MANY], "s"),
        _row(f"{name}: 10 times the records", ratio, "times", "at most 12", ratio <= 12),
        _row(f"{name}: peak memory", peaks[MANY], "MiB", f"under {MOST_MIB}", peaks[MANY] < MOST_MIB),
        _row(f"{name}: peak at 10 times the records", more, "times"),
    ]


def _write(folder: str, day: str, files: str) -> None:
    """Write a day's files, as Firehose delivers them."""
    start = float(day)
    topics = samples.topics(np.random.default_rng(0), TOPICS, DIMENSION)
    for hour in range(int(files)):
        at = datetime.fromtimestamp(start + 3600 * hour + 60, UTC)
        vectors = samples.around(np.random.default_rng([int(start), hour]), topics, FILE, NOISE, GROUP)
        lines = []
        for number, vector in enumerate(vectors):
            document = f"{at:%m}-{hour}-{number // GROUP}.pdf"
            name = hashlib.sha256(f"{document} {number}".encode()).hexdigest()[:32]
            page, text = number % GROUP + 1, f"{number} {PASSAGE}"
            lines.append(
                archive_line(ArchiveRecord(name, "passage", document, page, text, "a model", at.isoformat(), vector))
            )
        path = Path(folder, f"{at:%Y/%m/%d/%H}", f"passages-1-{at:%Y-%m-%d-%H-%M-%S}.gz")
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(b"".join(lines), compresslevel=1, mtime=0))


def _read(folder: str) -> dict[str, Any]:
    began = time.perf_counter()
    found = read_archive(folder).vectors
    return {"seconds": time.perf_counter() - began, "shape": found.shape, "sum": float(found.sum(dtype=float))}


def _snapshot(folder: str, database: str, max_rows: str) -> dict[str, Any]:
    """The later day of an archive compared with the earlier day's stored baseline: seconds and peak memory."""
    results = SqliteResults(Database(Path(database)))
    tables = ("runs", "centers")
    day = datetime(BEFORE.year, BEFORE.month, BEFORE.day, 23, 59, tzinfo=UTC)
    known = baseline(Reading(folder, "", int(max_rows), SEED, None, day), None, lambda said: None)
    results.save(tables[0], known.run, (tables[1], known.clustering.centers))
    began = time.perf_counter()
    found = snapshot(Reading(folder, "", int(max_rows), SEED), results, tables, lambda said: None)
    assert found.verdict is not None
    return {"seconds": time.perf_counter() - began, "peak": _peak(), "drift": found.verdict.drift}


COMMANDS: dict[str, Callable[..., Any]] = {
    "sample": _sample,
    "judge": _judge,
    "pairs": _pairs,
    "verdicts": _verdicts,
    "write": _write,
    "read": _read,
    "snapshot": _snapshot,
}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
