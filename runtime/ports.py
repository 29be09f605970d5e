"""The ports: what the use cases ask of the world, and the values that pass through them.

`runtime/local/` implements each port on one machine, `runtime/aws/` on AWS. A port has the methods that the use
cases call and no more; every adapter of it passes the same contract suite in `tests/contracts/`.
"""

from __future__ import annotations

from collections.abc import Generator as Stream
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from runtime.reading.document import Limits, Page

Vectors = npt.NDArray[np.float32]


class PlumblineError(Exception):
    """An error that says what happened, to what, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}".strip()


class LeaseLost(PlumblineError):
    """Another worker holds the document's lease, so this one must not write about it."""


class NotFound(PlumblineError):
    """The named thing is not there, or belongs to somebody else."""


# --- documents ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A PDF in the library: its key (a relative path with `/`), its size in bytes, a tag that changes when its bytes
    are written anew, and `version_id`, by which its store gives these bytes also when they have been replaced: S3's
    VersionId, '' where the store goes by their SHA-256, and in a listing."""

    key: str
    size: int
    tag: str
    version_id: str = ""


def checked_key(key: str) -> PurePosixPath:
    """The key as a relative path; PlumblineError where it would leave the library."""
    path = PurePosixPath(key)
    if not path.parts or key.startswith("/") or ".." in path.parts or "\0" in key:
        raise PlumblineError(f"{key!r} is not a valid document name.", "Use a relative path without '..'.")
    return path


class Documents(Protocol):
    """The PDFs of the library, by key; and for as long as the store keeps them, the bytes that were replaced."""

    def stored(self) -> Iterator[StoredDocument]:
        """Every document, ordered by key."""

    def find(self, key: str) -> StoredDocument | None:
        """The document as it is now, None when there is none."""

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Copy one consistent version of the document to `target`, and say which; None when there is none."""

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Copy to `target` the bytes whose SHA-256 is `version`, present or former; False when they are not kept.
        `version_id` is the store's name for them, '' where it is not known."""

    def put(self, key: str, source: Path) -> None:
        """Store the file under `key`, replacing what was there at once, never in part. What was there becomes a former
        version."""

    def delete(self, key: str) -> None:
        """Remove the document and its former versions; nothing happens when there is none."""

    def forget(self, key: str) -> None:
        """Remove the former versions of a document that is gone; nothing happens while it is there."""


# --- reading --------------------------------------------------------------------------------------------


class OpenDocument(Protocol):
    """What is read of a document: `runtime.reading.document.PdfDocument` says more of it."""

    page_count: int
    title: str

    def pages(self, first: int = 1) -> Iterator[Page]:
        """The pages from `first` on."""


class DocumentReader(Protocol):
    """Reads documents of one media type; `runtime.reading.readers` has those that there are."""

    def __call__(self, path: Path, limits: Limits) -> AbstractContextManager[OpenDocument]:
        """Open the document for as long as the `with` lasts; PdfError where it can't be read."""


# --- ledger ---------------------------------------------------------------------------------------------

State = Literal[
    "waiting",  # known and not begun, or put aside in the middle
    "reading",  # pages are being read, embedded and indexed
    "ready",  # searchable
    "failed",  # something outside the document went wrong; the next reconcile resumes
    "encrypted",
    "damaged",
    "too large",
    "timed out",
    "no text",
    "not a pdf",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one document.

    `version` is the SHA-256 (hex) of the bytes that are searchable now, '' when none are; `reading` that of
    the bytes being read, and `tag` the library's for them. `next_page` (1-based) and `carry` are where a reading
    resumes.
    `readers` counts pages by the reader that read them, `skipped` those without usable text by page state.
    `updated` is in seconds since the epoch. `doubts` has what was left out, or is doubtful, by its kind
    (`runtime.reading.doubt.Kind`): `count`, and a `page` that has some. `language` is the document's by ISO 639-1.
    `version_ids` are the last versions that were read, each with the name that the store has for its bytes, the newest
    last; none where the store goes by their SHA-256.
    """

    document: str
    state: State = "waiting"
    size: int = 0
    title: str = ""
    version: str = ""
    index: str = ""
    reading: str = ""
    tag: str = ""
    next_page: int = 1
    carry: str = ""
    pages: int = 0
    passages: int = 0
    readers: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    remedy: str = ""
    updated: float = 0.0
    doubts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    language: str = ""
    version_ids: Sequence[Sequence[str]] = field(default_factory=list)

    def version_id(self, version: str) -> str:
        """The store's name for the bytes of a version, '' where it is not known."""
        return next((version_id for known, version_id in self.version_ids if known == version), "")


class Ledger(Protocol):
    """Each document's version, state and progress. A writer holds the document's lease."""

    def lease(self, document: str, owner: str, seconds: float) -> bool:
        """Take or renew the document's lease; False while another owner's has not run out."""

    def release(self, document: str, owner: str) -> None:
        """Give the lease back; nothing happens when `owner` does not hold it."""

    def get(self, document: str) -> Entry | None:
        """The document's entry, or None."""

    def entries(self) -> list[Entry]:
        """Every entry, ordered by document."""

    def save(self, entry: Entry, owner: str) -> None:
        """Store the entry whole; LeaseLost when `owner` no longer holds the lease."""

    def remove(self, document: str, owner: str) -> None:
        """Forget the document; LeaseLost when `owner` no longer holds the lease."""


# --- passages and their index ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageBox:
    """A rectangle on a page, in points from the page's top left corner as a viewer shows it."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def page_numbers(first: int, label: str, last: int = 0) -> str:
    """Pages as people are told of them: their places in the file, and beside them what the file calls them: 14 (iv)."""
    numbers = f"{first}–{last}" if last > first else f"{first}"
    return f"{numbers} ({label})" if label else numbers


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one version of one document, sized for the embedder.

    `page` (1-based) is where it stands, and `label` what the file calls that page, such as iv, '' where that is its
    number; `ordinal` counts from 0 through the document; `title` and `heading` are its document's and section's, ''
    where none is plain; `boxes` cover its text on its page. `own` is what of the text stands on the page, '' where that
    is all of it: a table's head, and the other half of a sentence that runs over the page's end, may stand on another.
    It is for whoever writes the passage to an index, which does not keep it.
    """

    id: str
    document: str
    version: str
    ordinal: int
    page: int
    title: str
    heading: str
    text: str
    boxes: tuple[PageBox, ...] = ()
    label: str = ""
    own: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """What keyword search finds a passage by: words as `runtime.search.words` makes them in `language` (ISO 639-1),
    parted by spaces, of the passage's own text, of all its page's, and of its document's name and title."""

    own: str
    page: str
    about: str
    language: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question's words, made and parted as those of `Terms`, and its embedding of shape (dimension,), of length 1.
    Where there are `phrases`, keyword search finds only what has one of them whole: all its parts in the passage's own
    terms, each as it stands."""

    words: str
    vector: Vectors
    phrases: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; `score` is the cosine to the query, -1 to 1, or keyword search's, above 0: BM25 as
    Lucene gives it, which is as large for a word as it is rare."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What each of the two searches found for one query, best first: the nearest, and the best by keyword."""

    nearest: Sequence[Hit]
    keyword: Sequence[Hit]


class PassageIndex(Protocol):
    """One index of passages, for one embedding model. It never holds vectors of two models."""

    name: str

    def write(self, passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms]) -> None:
        """Add or overwrite by id, all or an error; searchable after the next `refresh`."""

    def refresh(self) -> None:
        """Return when all that was written is searchable by both searches."""

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """For each query the `size` nearest, and the `size` best by keyword, in `documents` if given: by the sum of
        BM25 over the three kinds of terms."""

    def languages(self) -> frozenset[str]:
        """Those of the terms that are searchable."""

    def size(self) -> int:
        """How many passages are searchable."""

    def read_note(self) -> str:
        """What was noted beside the index, '' where nothing was."""

    def write_note(self, text: str) -> None:
        """Note something beside the index, in place of what was noted before."""

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages up to `reach` ordinals before or after each, theirs included, by document and ordinal."""

    def delete(self, document: str, keep: str = "") -> None:
        """Remove the document's passages but those of the version `keep`."""

    def count(self, document: str, version: str) -> int:
        """How many passages of this version are there."""


class PassageIndexes(Protocol):
    """The indexes by name, and which of them is live."""

    def live(self) -> str:
        """The live index's name, '' before there is one."""

    def open(self, name: str, dimension: int) -> PassageIndex:
        """The index of that name, made when missing. Safe to call from several processes at once."""

    def point(self, name: str) -> None:
        """Make this index the live one, at once for every new search."""

    def drop(self, name: str) -> None:
        """Remove an index that is not live; nothing happens when there is none."""


# --- models ---------------------------------------------------------------------------------------------


class Embedder(Protocol):
    """Text to vectors of unit length."""

    model: str
    max_tokens: int  # of one text, its special tokens left out
    parallel: int  # calls to embed that are worth making at once
    languages: frozenset[str]  # that it knows, by ISO 639-1; none where it is not known to be bound to some

    @property
    def dimension(self) -> int:
        """The length of the model's vectors."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Each text's length in this model's tokens, special tokens left out."""

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """Vectors of shape (len(texts), dimension), float32, unit length, in the order given.

        Some models embed what is searched for in another way than what is searched.
        """

    def check(self) -> None:
        """PlumblineError where the model is not there, as far as can be told without asking it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message to or from the generator."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a model's answer ended: by itself, at its limit of tokens, or withheld by a content filter; and how many
    tokens it read and wrote, None where its server does not say."""

    reason: Literal["stop", "length", "filter"] = "stop"
    prompt_tokens: int | None = None
    tokens: int | None = None


Unanswered = Literal["empty", "filtered", "cut off", "broken off", "too long"]
"""What a model did that is no answer: it wrote nothing, its filter withheld it, it was at its limit of tokens before it
had ended, its server failed or said what is no answer, or it takes no prompt of this length."""


class NotAnswered(PlumblineError):
    """A model did not answer, or not to the end; `kind` is what it did instead."""

    def __init__(self, kind: Unanswered, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.args = (kind, reason, remedy)
        self.kind = kind


class Generator(Protocol):
    """A language model that answers in a stream."""

    model: str
    source_tokens: int  # about how many tokens of sources a prompt should carry

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Pieces of the answer as they are made; the value that it returns is how it ended.

        Closing it stops the model. NotAnswered where the model's server fails, also in the middle, and 'too long' where
        the prompt is longer than the model's context.
        """

    def check(self) -> None:
        """PlumblineError where the model is not there, as far as can be told without asking it."""


# --- pages that are pictures ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A line of text in a picture, and its box in shares of the picture's width and height, from its top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Ocr(Protocol):
    """Reads pages that have pictures and no text."""

    name: str  # the reader that the ledger names
    parallel: int  # pictures that are worth reading at once

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines of text in a PNG picture, in reading order."""


# --- archive --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """One embedded passage or prompt, as the analyses read it. `at` is ISO 8601 in UTC; `doc_id` is the document of a
    passage, and the conversation of a prompt."""

    id: str
    kind: Literal["passage", "prompt"]
    doc_id: str
    page: int
    text: str
    model: str
    at: str
    embedding: Vectors


class Archive(Protocol):
    """Where the embeddings of passages and prompts are kept for the analyses."""

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Keep the records, all or an error. The same records again may be kept again: readers go by id."""


# --- conversations --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered source of an answer: the place in a document that the answer may cite as [number].

    `label` is what the file calls its pages, iv or iv–v or A-3 – A-4, '' where those are their numbers. `last_page`
    is another than `page` in answers of earlier versions alone. `similarity` is the best cosine of its passages, None
    where they were found by their words alone.
    """

    number: int
    document: str
    version: str
    page: int
    last_page: int
    title: str
    heading: str
    text: str
    similarity: float | None
    boxes: tuple[PageBox, ...] = ()
    label: str = ""

    @property
    def pages(self) -> str:
        """Its pages as people are told of them: 14 (iv), 14–15 (iv–v)."""
        return page_numbers(self.page, self.label, self.last_page)


@dataclass(frozen=True, slots=True)
class Citation:
    """What one citation of an answer stands on: the source's number, the sentence, row or item of it that proves the
    claim, as people read it, and where that stands on the source's page."""

    source: int
    text: str
    boxes: tuple[PageBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer as the conversation keeps it. `vote` is 1, -1 or 0 for none.

    `citations` are those of the text, in its order. `asked` is the question as it was searched for, '' where that is
    the question itself. `unanswered` is what the model did where `state` is 'failed' ('' where it is not known), and
    `tokens` and `seconds` what the answer took, None where that is not known.
    """

    id: str
    role: Literal["user", "assistant"]
    text: str
    at: str
    sources: tuple[Source, ...] = ()
    state: Literal["done", "refused", "stopped", "failed"] = "done"
    vote: int = 0
    comment: str = ""
    citations: tuple[Citation, ...] = ()
    asked: str = ""
    unanswered: Unanswered | Literal[""] = ""
    tokens: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one user. Times are ISO 8601 in UTC."""

    id: str
    title: str
    created: str
    updated: str


class Conversations(Protocol):
    """Conversations and feedback. Every method sees only what belongs to `user`."""

    def create(self, user: str, title: str) -> Conversation:
        """A new, empty conversation."""

    def find(self, user: str, contains: str = "", limit: int | None = None) -> list[Conversation]:
        """The user's newest conversations, newest first, with `contains` in their title or messages."""

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Change the title; NotFound when it is not the user's."""

    def delete(self, user: str, conversation: str) -> None:
        """Remove it with its messages; NotFound when it is not the user's."""

    def messages(self, user: str, conversation: str) -> list[Message]:
        """Its messages, oldest first; NotFound when it is not the user's."""

    def append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Add messages, all or none; NotFound when it is not the user's."""

    def feedback(self, user: str, conversation: str, message: str, vote: int, comment: str) -> None:
        """Keep the vote and comment on a message; NotFound when it is not the user's."""


# --- files that analyses read and write ------------------------------------------------------------------


class Files(Protocol):
    """Files by name below one place: the archives' and the reports."""

    def names(self) -> list[str]:
        """Every file, in order."""

    def content(self, name: str) -> bytes:
        """A file's bytes; NotFound when there is none."""

    def put(self, name: str, content: bytes, kind: str) -> None:
        """Store a file of a content type, whole or not at all."""


# --- results and metrics --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """One stored run of an analysis: `values` by name, JSON types only; `jobdate` in epoch seconds."""

    jobtype: str
    jobdate: int
    values: Mapping[str, Any]


class Results(Protocol):
    """The analyses' results, one table a kind of analysis, and the centers of their clusters in tables beside."""

    def save(self, table: str, run: Run, centers: tuple[str, Vectors] | None = None) -> None:
        """Store the run, and its centers of shape (k, dimension) in the table named with them, all or nothing; the
        same job type and date again overwrites it."""

    def runs(self, table: str, jobtype: str) -> list[Run]:
        """The stored runs of one type, oldest first."""

    def centers(self, table: str, jobtype: str, jobdate: int) -> Vectors:
        """A run's centers, of shape (k, dimension); k is 0 where none are stored."""


class Metrics(Protocol):
    """Figures over time."""

    def put(self, values: Mapping[str, Sequence[float]], at: float) -> None:
        """Store values by metric name at a time (seconds since the epoch)."""

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        """(time, mean) of one metric for each `step` seconds that have any, oldest first.

        Steps are whole minutes and counted from the epoch; the first is the one that `since` lies in.
        """
