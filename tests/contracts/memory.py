"""Adapters in memory: small ones of the ports that the use cases work with, for tests of those. They keep to the same
contract suites as the real ones, and where the real ones are late (a write that no search finds yet), so are they."""

from __future__ import annotations

import gzip
import hashlib
import math
import re
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Stream
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from runtime.asked import notes_on
from runtime.names import EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX
from runtime.ports import (
    ArchiveRecord,
    Conversation,
    Ending,
    Entry,
    Found,
    Hit,
    LeaseLost,
    Message,
    NotAnswered,
    NotFound,
    Passage,
    PlumblineError,
    Query,
    Run,
    StoredDocument,
    Terms,
    Turn,
    UnansweredQuestion,
    Vectors,
    checked_key,
)
from runtime.records import archive_line

DIMENSION = 64
"""Of the vectors: two texts without a word in common have a cosine of 0, give or take 1 / sqrt(64)."""

TOKEN = re.compile(r"\w{1,6}|[^\w\s]")
WORD = re.compile(r"\w+")
PIECE = re.compile(r"\S+\s*")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
SOURCE_NUMBER = re.compile(r"\[(\d+)\] [^:]*: ")

K1, B = 1.2, 0.75
"""BM25's saturation and length normalization (Robertson and Zaragoza, 2009), as in Lucene."""


def words_of(text: str) -> list[str]:
    """The words, without regard to case."""
    return WORD.findall(text.casefold())


# --- documents and files --------------------------------------------------------------------------------


class MemoryDocuments:
    """The Documents port. A document's tag is the number of the write that stored it, and so is its version's name."""

    def __init__(self) -> None:
        self._stored: dict[str, tuple[StoredDocument, bytes]] = {}
        self._former: dict[str, list[bytes]] = {}
        self._writes = 0
        self._lock = threading.Lock()

    def stored(self) -> Iterator[StoredDocument]:
        """Every document, as they were when this was called."""
        with self._lock:
            found = [replace(stored, version_id="") for stored, _ in self._stored.values()]
        yield from sorted(found, key=lambda stored: stored.key)

    def find(self, key: str) -> StoredDocument | None:
        """The document as it is now."""
        checked_key(key)
        with self._lock:
            return self._stored[key][0] if key in self._stored else None

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Write the document's bytes to a file."""
        checked_key(key)
        with self._lock:
            if key not in self._stored:
                return None
            stored, content = self._stored[key]
        target.write_bytes(content)
        return stored

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Write the bytes of a version to a file."""
        checked_key(key)
        with self._lock:
            kept = [*self._former.get(key, ()), *([self._stored[key][1]] if key in self._stored else ())]
        for content in kept:
            if hashlib.sha256(content).hexdigest() == version:
                target.write_bytes(content)
                return True
        return False

    def put(self, key: str, source: Path) -> None:
        """Keep the file's bytes, and those before them."""
        checked_key(key)
        content = source.read_bytes()
        with self._lock:
            if key in self._stored:
                self._former.setdefault(key, []).append(self._stored[key][1])
            self._writes += 1
            self._stored[key] = StoredDocument(key, len(content), str(self._writes), f"write {self._writes}"), content

    def delete(self, key: str) -> None:
        """Forget the document and its former versions."""
        with self._lock:
            self._stored.pop(key, None)
            self._former.pop(key, None)

    def forget(self, key: str) -> None:
        """Forget the former versions of a document that is gone."""
        with self._lock:
            if key not in self._stored:
                self._former.pop(key, None)


class MemoryFiles:
    """The Files port."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def names(self) -> list[str]:
        """Every file."""
        return sorted(self._files)

    def content(self, name: str) -> bytes:
        """A file's bytes."""
        if name not in self._files:
            raise NotFound(f"There is no file {name}.", "Check the name.")
        return self._files[name]

    def put(self, name: str, content: bytes, kind: str) -> None:
        """Keep a file."""
        self._files[name] = content


# --- ledger ---------------------------------------------------------------------------------------------


class MemoryLedger:
    """The Ledger port, by the clock given."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._leases: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def lease(self, document: str, owner: str, seconds: float) -> bool:
        """Take or renew the lease."""
        with self._lock:
            holder, until = self._leases.get(document, (owner, 0.0))
            if holder != owner and self._clock() < until:
                return False
            self._leases[document] = owner, self._clock() + seconds
            return True

    def release(self, document: str, owner: str) -> None:
        """Give the lease back."""
        with self._lock:
            if self._holds(document, owner):
                del self._leases[document]

    def get(self, document: str) -> Entry | None:
        """The document's entry."""
        return self._entries.get(document)

    def entries(self) -> list[Entry]:
        """Every entry by document."""
        with self._lock:
            return [self._entries[document] for document in sorted(self._entries)]

    def summaries(self) -> list[Entry]:
        """Every entry by document."""
        return self.entries()

    def save(self, entry: Entry, owner: str) -> None:
        """Keep the entry, as the lease's owner only."""
        with self._lock:
            self._check(entry.document, owner)
            self._entries[entry.document] = entry

    def remove(self, document: str, owner: str) -> None:
        """Forget the document, as the lease's owner only."""
        with self._lock:
            self._check(document, owner)
            self._entries.pop(document, None)

    def _holds(self, document: str, owner: str) -> bool:
        return self._leases.get(document, ("", 0.0))[0] == owner

    def _check(self, document: str, owner: str) -> None:
        if not self._holds(document, owner):
            raise LeaseLost(f"{document!r} was taken over by another worker.", "The other worker goes on with it.")


# --- passages and their index ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Indexed:
    """A passage, its vector, its language, and how often each word is in each kind of its terms."""

    passage: Passage
    vector: Vectors
    language: str
    own: str
    words: tuple[Counter[str], Counter[str], Counter[str]]


class MemoryIndex:
    """The PassageIndex port: exact k-NN, and BM25. As on OpenSearch, a write shows after `refresh` or
    `delete`, and nothing reads it before."""

    def __init__(self, name: str, dimension: int) -> None:
        self.name = name
        self.dimension = dimension
        self._written: dict[str, Indexed] = {}
        self._shown: dict[str, Indexed] = {}
        self._noted = ""
        self._lock = threading.Lock()

    def write(self, passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms]) -> None:
        """Add or overwrite by id."""
        made = {
            p.id: Indexed(
                replace(p, own=""),
                vector,
                own.language,
                f" {own.own} ",
                (Counter(own.own.split()), Counter(own.page.split()), Counter(own.about.split())),
            )
            for p, vector, own in zip(passages, vectors, terms, strict=True)
        }
        with self._lock:
            self._written.update(made)

    def refresh(self) -> None:
        """Show what was written."""
        with self._lock:
            self._show()

    def settle(self) -> None:
        """Scores are computed anew for each search."""

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """Both searches for each query."""
        rows = [row for row in self._rows() if documents is None or row.passage.document in documents]
        return [Found(_nearest(rows, query, size), _by_words(rows, query, size)) for query in queries]

    def languages(self) -> frozenset[str]:
        """Those of the terms."""
        return frozenset(row.language for row in self._rows())

    def size(self) -> int:
        """All that shows."""
        return len(self._rows())

    def read_note(self) -> str:
        """What was noted."""
        return self._noted

    def write_note(self, text: str) -> None:
        """Note something."""
        self._noted = text

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages and their neighbours."""
        near = (row.passage for row in self._rows() if any(_is_near(row.passage, one, reach) for one in passages))
        return sorted(near, key=lambda p: (p.document, p.version, p.ordinal))

    def delete(self, document: str, keep: str = "") -> None:
        """Remove a document's passages, those included that do not show yet."""
        with self._lock:
            self._show()
            self._shown = {
                id_: row
                for id_, row in self._shown.items()
                if row.passage.document != document or row.passage.version == keep
            }

    def count(self, document: str, version: str) -> int:
        """Passages of one version."""
        return self.counts().get((document, version), 0)

    def verify(self) -> bool:
        """Memory is whole."""
        return False

    def counts(self) -> dict[tuple[str, str], int]:
        """Passages of each version."""
        return dict(Counter((row.passage.document, row.passage.version) for row in self._rows()))

    def passages(self) -> list[Passage]:
        """All that is searchable, for a test to look at."""
        return [row.passage for row in self._rows()]

    def _rows(self) -> list[Indexed]:
        with self._lock:
            return list(self._shown.values())

    def _show(self) -> None:
        self._shown |= self._written
        self._written = {}


def _nearest(rows: Sequence[Indexed], query: Query, size: int) -> list[Hit]:
    hits = [Hit(row.passage, float(row.vector @ query.vector)) for row in rows]
    return sorted(hits, key=lambda hit: -hit.score)[:size]


def _by_words(rows: Sequence[Indexed], query: Query, size: int) -> list[Hit]:
    """The best by the sum of BM25 over the kinds of terms."""
    scores: dict[int, float] = defaultdict(float)
    for kind in range(3):
        mean = sum(row.words[kind].total() for row in rows) / max(1, len(rows))
        for word in set(query.words.split()):
            having = [number for number, row in enumerate(rows) if word in row.words[kind]]
            rarity = math.log(1 + (len(rows) - len(having) + 0.5) / (len(having) + 0.5))
            for number in having:
                count, length = rows[number].words[kind][word], rows[number].words[kind].total()
                scores[number] += rarity * count / (count + K1 * (1 - B + B * length / mean))
    if query.phrases:
        whole = {n for n, row in enumerate(rows) for p in query.phrases if all(f" {part} " in row.own for part in p)}
        scores = {number: score for number, score in scores.items() if number in whole}
    best = sorted(scores, key=lambda number: -scores[number])[:size]
    return [Hit(rows[number].passage, scores[number]) for number in best]


def _is_near(passage: Passage, other: Passage, reach: int) -> bool:
    same = (passage.document, passage.version) == (other.document, other.version)
    return same and abs(passage.ordinal - other.ordinal) <= reach


class MemoryIndexes:
    """The PassageIndexes port."""

    def __init__(self) -> None:
        self._indexes: dict[str, MemoryIndex] = {}
        self._live = ""
        self._lock = threading.Lock()

    def live(self) -> str:
        """The live index's name."""
        return self._live

    def open(self, name: str, dimension: int) -> MemoryIndex:
        """The index, made when missing."""
        with self._lock:
            index = self._indexes.setdefault(name, MemoryIndex(name, dimension))
        if index.dimension != dimension:
            raise PlumblineError(
                f"The index {name} holds vectors of length {index.dimension}, and the model makes {dimension}.",
                "Build a new index beside it.",
            )
        return index

    def point(self, name: str) -> None:
        """Make an index the live one."""
        self._live = name

    def drop(self, name: str) -> None:
        """Remove an index that is not live."""
        with self._lock:
            if name != self._live:
                self._indexes.pop(name, None)


# --- models ---------------------------------------------------------------------------------------------


class MemoryEmbedder:
    """A bag of words: each word is a direction by its hash (Weinberger et al., Feature Hashing, 2009), the longer the
    heavier, so that texts are near by the words that they share. It knows no synonyms."""

    max_tokens = 254
    parallel = 1
    languages: frozenset[str] = frozenset()
    dimension = DIMENSION

    def __init__(self, model: str = "words") -> None:
        self.model = model

    def count(self, texts: Sequence[str]) -> list[int]:
        """Each text's pieces of words, of six letters at most, and marks."""
        return [len(TOKEN.findall(text)) for text in texts]

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """Vectors of shape (len(texts), 64)."""
        sums = [sum((_direction(word) for word in words_of(text)), np.zeros(DIMENSION)) for text in texts]
        sums = [total if total.any() else _direction("") for total in sums]
        made = np.array(sums, np.float32).reshape(-1, DIMENSION)
        unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit

    def check(self) -> None:
        """There is nothing that could be missing."""


@lru_cache(maxsize=10_000)
def _direction(word: str) -> Vectors:
    """The word's direction, its length the word's."""
    drawn = np.frombuffer(hashlib.shake_256(word.encode()).digest(DIMENSION), np.int8) + np.float32(0.5)
    return (1 + len(word)) * drawn / np.float32(np.linalg.norm(drawn))


class MemoryGenerator:
    """Says the sentence of its prompt that has most words of the question, which is the prompt's last line; the
    question itself where there is no other. A word is a piece, and a token."""

    model = "repeats the nearest sentence"
    source_tokens = 700

    def __init__(self, *, context_tokens: int = 4096) -> None:
        self.running = 0
        self._context_tokens = context_tokens
        self._lock = threading.Lock()

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """The sentence, word after word."""
        length = sum(len(turn.text.split()) for turn in turns)
        if length > self._context_tokens:
            raise NotAnswered("too long", f"The prompt has {length:,} words.", "Ask a shorter question.")
        *above, question = turns[-1].text.splitlines() or [""]
        wanted = set(words_of(question))
        sentences = list(_sentences(above)) or [question]
        with self._lock:
            self.running += 1
        try:
            nearest = max(sentences, key=lambda one: len(wanted & set(words_of(one))))
            pieces = PIECE.findall(nearest)
            yield from pieces[:max_tokens]
            return Ending("length" if len(pieces) > max_tokens else "stop", length, min(len(pieces), max_tokens))
        finally:
            with self._lock:
                self.running -= 1

    def check(self) -> None:
        """There is nothing that could be missing."""


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    """The lines' sentences, those of a numbered source with its number before the full stop."""
    number = ""
    for line in lines:
        begins = SOURCE_NUMBER.match(line)
        if begins:
            number, line = f" [{begins[1]}]", line[begins.end() :]
        for sentence in SENTENCE_END.split(line.strip()):
            if sentence:
                yield sentence[:-1] + number + sentence[-1] if sentence[-1] in ".!?" else sentence


# --- archive --------------------------------------------------------------------------------------------


class MemoryArchive:
    """The Archive port: its records, in the order in which they came, and as the files that Firehose would write."""

    def __init__(self) -> None:
        self.records: list[ArchiveRecord] = []
        self._lock = threading.Lock()

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Keep the records."""
        with self._lock:
            self.records += records

    def supersede(self, document: str, version: str) -> None:
        """Nothing is removed."""

    def files(self) -> dict[str, bytes]:
        """The files' contents by name: one a kind and an hour."""
        lines: dict[str, bytes] = defaultdict(bytes)
        for record in self.records:
            prefix = EMBEDDING_ARCHIVE_PREFIX if record.kind == "passage" else PROMPT_ARCHIVE_PREFIX
            lines[f"{prefix}{datetime.fromisoformat(record.at):%Y/%m/%d/%H}/all.gz"] += archive_line(record)
        return {name: gzip.compress(content) for name, content in lines.items()}


# --- conversations --------------------------------------------------------------------------------------


class MemoryConversations:
    """The Conversations port: each user's, the one that was written to last at the end."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, tuple[Conversation, list[Message]]]] = defaultdict(dict)
        self._cited: dict[str, float] = {}
        self._unanswered: list[tuple[str, UnansweredQuestion]] = []
        self._lock = threading.Lock()

    def create(self, user: str, title: str) -> Conversation:
        """A new conversation."""
        now = _now()
        made = Conversation(uuid.uuid4().hex, title, now, now)
        with self._lock:
            self._of[user][made.id] = made, []
        return made

    def find(self, user: str, contains: str = "", limit: int | None = None) -> list[Conversation]:
        """The user's newest conversations."""
        part = contains.casefold()
        with self._lock:
            found = [
                conversation
                for conversation, messages in reversed(self._of[user].values())
                if any(part in text.casefold() for text in (conversation.title, *(m.text for m in messages)))
            ]
        return found[:limit]

    def get(self, user: str, conversation: str) -> Conversation:
        """One conversation."""
        with self._lock:
            return self._get(user, conversation)[0]

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Change the title."""
        with self._lock:
            there, messages = self._get(user, conversation)
            self._of[user][conversation] = replace(there, title=title), messages

    def delete(self, user: str, conversation: str) -> None:
        """Remove the conversation."""
        with self._lock:
            self._get(user, conversation)
            del self._of[user][conversation]

    def messages(self, user: str, conversation: str) -> list[Message]:
        """The messages."""
        with self._lock:
            return list(self._get(user, conversation)[1])

    def append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Add messages; PlumblineError where one's id is there already."""
        with self._lock:
            there, before = self._get(user, conversation)
            after = [*before, *messages]
            if len({message.id for message in after}) < len(after):
                raise PlumblineError("A message with this id is there already.", "Give each an id of its own.")
            del self._of[user][conversation]
            self._of[user][conversation] = replace(there, updated=_now()), after
            notes = notes_on(messages)
            self._cited |= dict.fromkeys(notes.cited, time.time())
            self._unanswered = [one for one in self._unanswered if one[1].message not in notes.replaced]
            self._unanswered += [(conversation, one) for one in notes.unanswered]

    def feedback(self, user: str, conversation: str, message: str, vote: int, comment: str) -> None:
        """Keep a vote and a comment."""
        with self._lock:
            _, messages = self._get(user, conversation)
            at = next((number for number, one in enumerate(messages) if one.id == message), None)
            if at is None:
                raise _not_found("message", message)
            messages[at] = replace(messages[at], vote=vote, comment=comment)

    def last_cited(self) -> dict[str, float]:
        """When each document was last cited."""
        return dict(self._cited)

    def unanswered(self, user: str, limit: int) -> list[UnansweredQuestion]:
        """The newest questions without an answer, of conversations that are there."""
        with self._lock:
            owners = {conversation: owner for owner, own in self._of.items() for conversation in own}
            found = [
                replace(one, conversation=conversation if owners[conversation] == user else "")
                for conversation, one in self._unanswered
                if conversation in owners
            ]
        return sorted(found, key=lambda one: one.at, reverse=True)[:limit]

    def _get(self, user: str, conversation: str) -> tuple[Conversation, list[Message]]:
        if conversation not in self._of[user]:
            raise _not_found("conversation", conversation)
        return self._of[user][conversation]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _not_found(kind: str, name: str) -> NotFound:
    return NotFound(f"There is no {kind} {name!r} of yours.", "It may have been deleted.")


# --- results and metrics --------------------------------------------------------------------------------


class MemoryResults:
    """The Results port."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, int], Run] = {}
        self._centers: dict[tuple[str, str, int], Vectors] = {}

    def save(self, table: str, run: Run, centers: tuple[str, Vectors] | None = None) -> None:
        """Keep a run with its centers."""
        self._runs[table, run.jobtype, run.jobdate] = run
        if centers:
            self._centers[centers[0], run.jobtype, run.jobdate] = centers[1].copy()

    def runs(self, table: str, jobtype: str) -> list[Run]:
        """The runs of one type, oldest first."""
        found = [run for (of, type_, _), run in self._runs.items() if (of, type_) == (table, jobtype)]
        return sorted(found, key=lambda run: run.jobdate)

    def centers(self, table: str, jobtype: str, jobdate: int) -> Vectors:
        """A run's centers."""
        return self._centers.get((table, jobtype, jobdate), np.zeros((0, 0), np.float32))


class MemoryMetrics:
    """The Metrics port."""

    def __init__(self) -> None:
        self._values: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._lock = threading.Lock()

    def put(self, values: Mapping[str, Sequence[float]], at: float) -> None:
        """Keep values at a time."""
        with self._lock:
            for name, several in values.items():
                self._values[name] += [(at, value) for value in several]

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        """Each step's mean since a time."""
        steps: dict[float, list[float]] = defaultdict(list)
        with self._lock:
            for at, value in self._values[name]:
                if at >= since - since % step:
                    steps[at - at % step].append(value)
        return [(began, sum(values) / len(values)) for began, values in sorted(steps.items())]
