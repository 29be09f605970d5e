"""The ledger, conversations, results and metrics on one machine: four ports over one SQLite file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from runtime.asked import Notes, notes_on, question_json, question_of
from runtime.local.processes import Processes
from runtime.names import job_type_date
from runtime.ports import (
    Conversation,
    Entry,
    LeaseLost,
    Message,
    NotFound,
    PlumblineError,
    Run,
    UnansweredQuestion,
    Vectors,
)
from runtime.records import message_json, message_of
from runtime.retry import retrying

PROCESSES = "processes"
"""The folder beside the database in which the processes at work show that they are alive."""

BUSY_SECONDS = 30.0
"""How long a write waits for another process's write before it gives up."""

NO_ROOM = 1 << 16
"""Fewer free bytes than this are too few for the index of a database's log, without which it can't be read either."""

COPY_SECONDS = 10.0
"""How long a database that others keep changing is copied again and again."""

ENDINGS = ("", "-wal")
"""The files that hold a database: itself, and the log of what is not in it yet."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger (document TEXT PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS leases (document TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS origins (document TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS recognized (
    document TEXT NOT NULL, version TEXT NOT NULL, page INTEGER NOT NULL, recognized BLOB NOT NULL,
    PRIMARY KEY (document, version, page));
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS conversations_by_user ON conversations (user, updated);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL
    REFERENCES conversations (id) ON DELETE CASCADE, text TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_conversation ON messages (conversation, number);
CREATE TABLE IF NOT EXISTS results (
    name TEXT NOT NULL, jobtype TEXT NOT NULL, jobdate INTEGER NOT NULL, run TEXT NOT NULL,
    PRIMARY KEY (name, jobtype, jobdate));
CREATE TABLE IF NOT EXISTS centroids (
    name TEXT NOT NULL, jobtypedate TEXT NOT NULL, centroid INTEGER NOT NULL, center TEXT NOT NULL,
    PRIMARY KEY (name, jobtypedate, centroid));
CREATE TABLE IF NOT EXISTS metrics (name TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL);
CREATE INDEX IF NOT EXISTS metrics_by_name ON metrics (name, at);
"""

MIGRATIONS = (
    SCHEMA,
    """
    ALTER TABLE origins ADD COLUMN device INTEGER;
    CREATE TABLE workers (owner TEXT PRIMARY KEY, doing TEXT NOT NULL);
    """,
    """
    CREATE TABLE cited (document TEXT PRIMARY KEY, at REAL NOT NULL);
    CREATE TABLE unanswered (
        message TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        at TEXT NOT NULL, question TEXT NOT NULL);
    CREATE INDEX unanswered_by_time ON unanswered (at);
    CREATE INDEX unanswered_by_conversation ON unanswered (conversation);
    INSERT INTO cited
        SELECT document, MAX(at) FROM (
            SELECT json_extract(source.value, '$.document') AS document,
                CAST(strftime('%s', json_extract(m.message, '$.at')) AS REAL) AS at
            FROM messages m, json_each(m.message, '$.sources') source, json_each(m.message, '$.citations') citation
            WHERE json_extract(source.value, '$.number') = json_extract(citation.value, '$.source'))
        WHERE at IS NOT NULL GROUP BY document;
    INSERT OR IGNORE INTO unanswered
        SELECT m.id, m.conversation, json_extract(m.message, '$.at'), json_object(
            'question', coalesce(nullif(json_extract(m.message, '$.asked'), ''), substr((
                SELECT q.text FROM messages q WHERE q.conversation = m.conversation AND q.number < m.number
                ORDER BY q.number DESC LIMIT 1), 1, 2000), ''),
            'at', json_extract(m.message, '$.at'), 'state', json_extract(m.message, '$.state'),
            'document', coalesce(json_extract(m.message, '$.sources[0].document'), ''),
            'version', coalesce(json_extract(m.message, '$.sources[0].version'), ''),
            'page', coalesce(json_extract(m.message, '$.sources[0].page'), 0))
        FROM messages m
        WHERE json_extract(m.message, '$.role') = 'assistant'
            AND json_extract(m.message, '$.state') IN ('refused', 'failed')
    """,
)
"""What leads from each version of the schema to the next. The file has the number of its version, 0 if it is new or of
a time before they were numbered."""


class Database:
    """One SQLite file in write-ahead mode. Each transaction has its own connection, so that threads and processes share
    only the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._existing = f"{path.absolute().as_uri()}?mode=rw"
        """So that where its disk is not connected any more, no empty one is made."""
        self._writing = threading.Lock()
        self.processes = Processes(path.parent / PROCESSES)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch()
        self._migrate()
        # While this one is open, no other connection is the last to close, which would have to checkpoint the log.
        self._open = sqlite3.connect(path, check_same_thread=False)
        self._open.execute("SELECT 1 FROM ledger").fetchone()

    def _migrate(self) -> None:
        """Bring the file to this version's schema, in one transaction."""
        with self.reading() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS):
                return
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            for script in MIGRATIONS[version:]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def check(self) -> None:
        """DatabaseDamaged if any page of the file is."""
        with self.reading() as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DatabaseDamaged(f"The database {self.path} is damaged: {found}.", "Run `python -m runtime repair`.")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that commits at its end and rolls back on an error. The threads of a process write in the order
        in which they come: SQLite itself would have them poll, less and less often."""
        with self._writing, self._connection("BEGIN IMMEDIATE") as connection:
            yield connection

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A read-only transaction, concurrent with writers."""
        return self._connection("BEGIN")

    @contextmanager
    def _connection(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self._existing, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            ) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA foreign_keys=ON")
                # A commit is not flushed: where the power fails, the last ones may be undone, and are made again.
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(begin)
                try:
                    self._check_version(connection)
                    yield connection
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if not self.path.exists():
                raise PlumblineError(
                    f"The library's database {self.path} is no longer there.",
                    "If its folder was moved, move it back; if it is on another disk, connect it.",
                ) from error
            is_full = shutil.disk_usage(self.path.parent).free < NO_ROOM
            said = "its disk is full" if is_full else str(error)
            raise PlumblineError(
                f"The database {self.path} could not be used: {said}.",
                "Free disk space, check that the folder is writable, and run the same command again.",
            ) from error
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise DatabaseDamaged(
                f"The database {self.path} is damaged: {error}.",
                "Restore a backup, or run `python -m runtime repair`, which rebuilds it from the documents.",
            ) from error

    def _check_version(self, connection: sqlite3.Connection) -> None:
        """OpenedByNewer if a later version has changed the schema, maybe while this one had it open."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise OpenedByNewer(
                f"The library was opened by a newer version of Plumbline: {self.path} is of version {version}, and "
                f"this one knows up to {len(MIGRATIONS)}.",
                "Restart with the newer version.",
            )


class OpenedByNewer(PlumblineError):
    """A later version of Plumbline has opened the library."""


class DatabaseDamaged(PlumblineError):
    """The file is no SQLite database, or not a whole one."""


class StillChanging(PlumblineError):
    """Others changed a database all the while it was copied."""


def copy_to(folder: Path, database: Path) -> None:
    """Copy a database that can't be written, and so not be opened where it is, since that makes files beside it; again
    if others change it meanwhile. StillChanging if they never stop."""
    retrying(StillChanging, first=0.05, longest=1.0, seconds=COPY_SECONDS)(_copy_to, folder, database)


def _copy_to(folder: Path, database: Path) -> None:
    before = _state(database)
    for ending in ENDINGS:
        copy = folder / f"{database.name}{ending}"
        copy.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{database}{ending}", copy)
    if _state(database) != before:
        raise StillChanging(
            f"The database {database} can only be read here, and others are changing it all the time.",
            "Try again when they are done.",
        )


def _state(database: Path) -> list[tuple[int, int, int] | None]:
    """What changes whenever a database and its log do."""
    found: list[tuple[int, int, int] | None] = []
    for ending in ENDINGS:
        try:
            stat = os.stat(f"{database}{ending}")
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return found


def rebuild(path: Path) -> tuple[Path, dict[str, int]]:
    """Put a new database in the place of a damaged one, with the rows that can still be read. Returns where the damaged
    one is now, and how many rows of each table were saved; what is missing of the ledger is made again by a repair."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d%H%M%S}")
    for ending in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{ending}", f"{aside}{ending}")
    saved: dict[str, int] = {}
    with Database(path).transaction() as t:
        tables = [row["name"] for row in t.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(set(tables) - {"leases", "workers"}, key=lambda name: name == "messages"):
            columns = [row["name"] for row in t.execute(f"PRAGMA table_info({table})")]
            for row in _readable(aside, table):
                own = [name for name in columns if name in row]
                marks = ", ".join("?" * len(own))
                with suppress(sqlite3.IntegrityError):  # twice, or of a conversation that is lost
                    t.execute(
                        f"INSERT INTO {table} ({', '.join(own)}) VALUES ({marks})",
                        [row[name] for name in own],
                    )
                    saved[table] = saved.get(table, 0) + 1
    return aside, saved


def _readable(damaged: Path, table: str) -> Iterator[dict[str, object]]:
    """The rows of a table that can be read: from its beginning up to the damage, and from its end back to it."""
    seen: set[int] = set()
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                rows = connection.execute(f"SELECT rowid AS row_number, * FROM {table} ORDER BY rowid {order}")
                for row in rows:
                    if row["row_number"] in seen:
                        break
                    seen.add(row["row_number"])
                    yield {name: row[name] for name in row.keys() if name != "row_number"}  # noqa: SIM118 - no dict
        except sqlite3.DatabaseError:
            continue


class SqliteLedger:
    """The Ledger port."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listing = threading.Lock()
        self._listed: dict[str, Entry] = {}
        self._last_row = 0

    def lease(self, document: str, owner: str, seconds: float) -> bool:
        """Acquire or renew the lease."""
        now = time.time()
        with self._database.transaction() as t:
            self._database.processes.hold(owner)
            held = t.execute("SELECT owner FROM leases WHERE document = ?", (document,)).fetchone()
            if held is not None and self._database.processes.has_died(held["owner"]):
                t.execute("DELETE FROM leases WHERE document = ?", (document,))
            taken = t.execute(
                "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (document) DO UPDATE "
                "SET owner = excluded.owner, until = excluded.until "
                "WHERE leases.owner = excluded.owner OR leases.until <= ?",
                (document, owner, now + seconds, now),
            )
        if taken.rowcount != 1:
            self._let_go(owner)
        return taken.rowcount == 1

    def release(self, document: str, owner: str) -> None:
        """Release the lease."""
        with self._database.transaction() as t:
            t.execute("DELETE FROM leases WHERE document = ? AND owner = ?", (document, owner))
        self._let_go(owner)

    def _let_go(self, owner: str) -> None:
        """An owner that has no lease any more need not be seen to be alive. In a transaction of its own: were that of
        the last lease undone afterwards, nobody could tell that its owner has died."""
        with self._database.transaction() as t:
            if t.execute("SELECT 1 FROM leases WHERE owner = ?", (owner,)).fetchone() is None:
                self._database.processes.let_go(owner)

    def get(self, document: str) -> Entry | None:
        """The document's entry."""
        with self._database.reading() as t:
            row = t.execute("SELECT entry FROM ledger WHERE document = ?", (document,)).fetchone()
        return Entry(**json.loads(row["entry"])) if row else None

    def entries(self) -> list[Entry]:
        """Every entry by document."""
        with self._database.reading() as t:
            rows = t.execute("SELECT entry FROM ledger ORDER BY document").fetchall()
        return [Entry(**json.loads(row["entry"])) for row in rows]

    def summaries(self) -> list[Entry]:
        """Every entry by document: those that have not changed since the last call as they were then. A row that is
        written is the table's last; where their count shows that others are gone, all are read again."""
        with self._listing:
            with self._database.reading() as t:
                count, last_row = t.execute("SELECT count(*), max(rowid) FROM ledger").fetchone()
                changed = t.execute("SELECT document, entry FROM ledger WHERE rowid >= ?", (self._last_row,)).fetchall()
                listed = {**self._listed, **{row["document"]: Entry(**json.loads(row["entry"])) for row in changed}}
            if len(listed) != count or (last_row or 0) < self._last_row:
                listed = {entry.document: entry for entry in self.entries()}
            self._listed, self._last_row = listed, last_row or 0
            return [listed[document] for document in sorted(listed)]

    def save(self, entry: Entry, owner: str) -> None:
        """Store the entry; only for the lease's owner."""
        with self._database.transaction() as t:
            self._check(t, entry.document, owner)
            t.execute("REPLACE INTO ledger VALUES (?, ?)", (entry.document, json.dumps(asdict(entry))))

    def remove(self, document: str, owner: str) -> None:
        """Forget the document; only for the lease's owner."""
        with self._database.transaction() as t:
            self._check(t, document, owner)
            t.execute("DELETE FROM ledger WHERE document = ?", (document,))

    @staticmethod
    def _check(t: sqlite3.Connection, document: str, owner: str) -> None:
        row = t.execute("SELECT owner FROM leases WHERE document = ?", (document,)).fetchone()
        if row is None or row["owner"] != owner:
            raise LeaseLost(
                f"{document!r} was taken over by another worker while this one was busy.",
                "Nothing is lost: the other worker carries on.",
            )


@dataclass(frozen=True, slots=True)
class Working:
    """What a process that reads documents is doing: the document, the page of how many that it has reached, how many
    documents wait, and its last problem with '' for none."""

    process: str
    document: str = ""
    page: int = 0
    pages: int = 0
    waiting: int = 0
    problem: str = ""


class SqliteWorkers:
    """What the processes of this machine that read documents are doing, for those that are only watching."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, working: Working) -> None:
        """Say what a process is doing now."""
        processes = self._database.processes
        dead = processes.dead()
        with self._database.transaction() as t:
            processes.hold(working.process)
            for owner in dead:
                t.execute("DELETE FROM leases WHERE owner = ?", (owner,))
                t.execute("DELETE FROM workers WHERE owner = ?", (owner,))
            t.execute("REPLACE INTO workers VALUES (?, ?)", (working.process, json.dumps(asdict(working))))
        for owner in dead:  # not before: see `SqliteLedger._let_go`
            processes.forget(owner)

    def leave(self, process: str) -> None:
        """The process does nothing any more."""
        with self._database.transaction() as t:
            t.execute("DELETE FROM workers WHERE owner = ?", (process,))
        self._database.processes.let_go(process)

    def others(self, process: str = "") -> list[Working]:
        """What the processes that are alive are doing, except this one."""
        with self._database.reading() as t:
            rows = t.execute("SELECT owner, doing FROM workers WHERE owner <> ? ORDER BY owner", (process,)).fetchall()
        return [Working(**json.loads(row["doing"])) for row in rows if self._database.processes.is_alive(row["owner"])]


class SqliteRecognizedPages:
    """The RecognizedPages port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pages(self, document: str, version: str) -> set[int]:
        """The pages of a version."""
        with self._database.reading() as t:
            rows = t.execute("SELECT page FROM recognized WHERE document = ? AND version = ?", (document, version))
            return {row["page"] for row in rows}

    def get(self, document: str, version: str, page: int) -> bytes | None:
        """A page's row."""
        key = (document, version, page)
        with self._database.reading() as t:
            row = t.execute(
                "SELECT recognized FROM recognized WHERE document = ? AND version = ? AND page = ?", key
            ).fetchone()
        return row["recognized"] if row else None

    def put(self, document: str, version: str, page: int, recognized: bytes) -> None:
        """Add or replace a page's row."""
        with self._database.transaction() as t:
            t.execute("REPLACE INTO recognized VALUES (?, ?, ?, ?)", (document, version, page, recognized))

    def delete(self, document: str, keep: str = "") -> None:
        """Remove a document's rows."""
        with self._database.transaction() as t:
            t.execute("DELETE FROM recognized WHERE document = ? AND version <> ?", (document, keep))


class SqliteConversations:
    """The Conversations port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, user: str, title: str) -> Conversation:
        """A new conversation."""
        now = _now()
        made = Conversation(id=uuid.uuid4().hex, title=title, created=now, updated=now)
        with self._database.transaction() as t:
            t.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", (made.id, user, title, now, now))
        return made

    def find(self, user: str, contains: str = "", limit: int | None = None) -> list[Conversation]:
        """The user's newest conversations."""
        with self._database.reading() as t:
            rows = t.execute(
                "SELECT id, title, created, updated FROM conversations c WHERE user = :user AND (:part = '' "
                "OR instr(lower(title), lower(:part)) OR EXISTS (SELECT 1 FROM messages m "
                "WHERE m.conversation = c.id AND instr(lower(m.text), lower(:part)))) "
                "ORDER BY updated DESC, rowid DESC LIMIT :limit",
                {"user": user, "part": contains, "limit": -1 if limit is None else limit},
            ).fetchall()
        return [Conversation(**dict(row)) for row in rows]

    def get(self, user: str, conversation: str) -> Conversation:
        """One conversation."""
        with self._database.reading() as t:
            row = t.execute(
                "SELECT id, title, created, updated FROM conversations WHERE id = ? AND user = ?", (conversation, user)
            ).fetchone()
        if row is None:
            raise _not_found("conversation", conversation)
        return Conversation(**dict(row))

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Change the title."""
        with self._database.transaction() as t:
            self._check(t, user, conversation)
            t.execute("UPDATE conversations SET title = ? WHERE id = ?", (title, conversation))

    def delete(self, user: str, conversation: str) -> None:
        """Remove the conversation and its messages."""
        with self._database.transaction() as t:
            self._check(t, user, conversation)
            t.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def messages(self, user: str, conversation: str) -> list[Message]:
        """The messages, oldest first."""
        with self._database.reading() as t:
            self._check(t, user, conversation)
            rows = t.execute(
                "SELECT message FROM messages WHERE conversation = ? ORDER BY number", (conversation,)
            ).fetchall()
        return [message_of(row["message"]) for row in rows]

    def append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Add messages, all or none."""
        with self._database.transaction() as t:
            self._check(t, user, conversation)
            t.executemany(
                "INSERT INTO messages (id, conversation, text, message) VALUES (?, ?, ?, ?)",
                [(m.id, conversation, m.text, message_json(m)) for m in messages],
            )
            self._note(t, conversation, notes_on(messages))
            t.execute("UPDATE conversations SET updated = ? WHERE id = ?", (_now(), conversation))

    def feedback(self, user: str, conversation: str, message: str, vote: int, comment: str) -> None:
        """Store a vote and a comment."""
        with self._database.transaction() as t:
            self._check(t, user, conversation)
            row = t.execute(
                "SELECT message FROM messages WHERE id = ? AND conversation = ?", (message, conversation)
            ).fetchone()
            if row is None:
                raise _not_found("message", message)
            changed = replace(message_of(row["message"]), vote=vote, comment=comment)
            t.execute("UPDATE messages SET message = ? WHERE id = ?", (message_json(changed), message))

    @staticmethod
    def _note(t: sqlite3.Connection, conversation: str, notes: Notes) -> None:
        t.executemany("REPLACE INTO cited VALUES (?, ?)", [(document, time.time()) for document in notes.cited])
        t.executemany("DELETE FROM unanswered WHERE message = ?", [(message,) for message in notes.replaced])
        t.executemany(
            "INSERT INTO unanswered VALUES (?, ?, ?, ?)",
            [(one.message, conversation, one.at, question_json(one)) for one in notes.unanswered],
        )

    def last_cited(self) -> dict[str, float]:
        """When each document was last cited."""
        with self._database.reading() as t:
            return {row["document"]: row["at"] for row in t.execute("SELECT document, at FROM cited")}

    def unanswered(self, user: str, limit: int) -> list[UnansweredQuestion]:
        """The newest questions without an answer."""
        with self._database.reading() as t:
            rows = t.execute(
                "SELECT u.message, u.question, CASE WHEN c.user = ? THEN c.id ELSE '' END AS own FROM unanswered u "
                "JOIN conversations c ON c.id = u.conversation ORDER BY u.at DESC, u.rowid DESC LIMIT ?",
                (user, limit),
            ).fetchall()
        return [question_of(row["message"], row["question"], row["own"]) for row in rows]

    def assign_all(self, user: str) -> None:
        """Assign every conversation to this user: in earlier versions each belonged to a browser."""
        with self._database.transaction() as t:
            t.execute("UPDATE conversations SET user = ?1 WHERE user <> ?1", (user,))

    @staticmethod
    def _check(t: sqlite3.Connection, user: str, conversation: str) -> None:
        owned = t.execute("SELECT 1 FROM conversations WHERE id = ? AND user = ?", (conversation, user)).fetchone()
        if owned is None:
            raise _not_found("conversation", conversation)


class SqliteResults:
    """The Results port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, table: str, run: Run, centers: tuple[str, Vectors] | None = None) -> None:
        """Store a run with its centers, in one transaction."""
        with self._database.transaction() as t:
            t.execute(
                "REPLACE INTO results VALUES (?, ?, ?, ?)",
                (table, run.jobtype, run.jobdate, json.dumps(dict(run.values))),
            )
            if centers:
                name, jobtypedate = centers[0], job_type_date(run.jobtype, run.jobdate)
                t.execute("DELETE FROM centroids WHERE name = ? AND jobtypedate = ?", (name, jobtypedate))
                rows = [(name, jobtypedate, n, json.dumps(c.tolist())) for n, c in enumerate(centers[1])]
                t.executemany("INSERT INTO centroids VALUES (?, ?, ?, ?)", rows)

    def runs(self, table: str, jobtype: str) -> list[Run]:
        """The runs of one type, oldest first."""
        with self._database.reading() as t:
            rows = t.execute(
                "SELECT jobdate, run FROM results WHERE name = ? AND jobtype = ? ORDER BY jobdate",
                (table, jobtype),
            ).fetchall()
        return [Run(jobtype, row["jobdate"], json.loads(row["run"])) for row in rows]

    def centers(self, table: str, jobtype: str, jobdate: int) -> Vectors:
        """A run's centers."""
        with self._database.reading() as t:
            rows = t.execute(
                "SELECT center FROM centroids WHERE name = ? AND jobtypedate = ? ORDER BY centroid",
                (table, job_type_date(jobtype, jobdate)),
            ).fetchall()
        return np.array([json.loads(row["center"]) for row in rows], np.float32)


class SqliteMetrics:
    """The Metrics port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, values: Mapping[str, Sequence[float]], at: float) -> None:
        """Store values."""
        rows = [(name, at, float(value)) for name, several in values.items() for value in several]
        with self._database.transaction() as t:
            t.executemany("INSERT INTO metrics VALUES (?, ?, ?)", rows)

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        """The mean of each interval, oldest first."""
        with self._database.reading() as t:
            rows = t.execute(
                "SELECT ? * CAST(at / ? AS INTEGER) AS began, AVG(value) AS mean FROM metrics "
                "WHERE name = ? AND at >= ? GROUP BY began ORDER BY began",
                (step, step, name, since - since % step),
            ).fetchall()
        return [(float(row["began"]), row["mean"]) for row in rows]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _not_found(kind: str, name: str) -> NotFound:
    return NotFound(f"You have no {kind} {name!r}.", "It may have been deleted: reload the page.")
