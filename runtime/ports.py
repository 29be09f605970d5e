"""The ports: what the use cases need from the outside, and the values that cross them.

`runtime/local/` implements each port on one machine, `runtime/aws/` on AWS. A port has only the methods that
the use cases call; all its adapters pass the same contract suite in `tests/contracts/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Stream
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from runtime.reading.document import Attachments, Limits, Page

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
    """It does not exist, or belongs to somebody else."""


class IndexDamaged(PlumblineError):
    """The index can't be read: files of it are missing or broken."""


class RecognitionLimit(PlumblineError):
    """As many pages were recognized this month as its limit allows."""


# --- documents ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A PDF in the library: its key (a relative path with `/`), its size in bytes, a tag that changes whenever its
    bytes are written, and `version_id`, by which the store still finds these bytes once they have been replaced: S3's
    VersionId, '' in a listing and where the store finds them by SHA-256."""

    key: str
    size: int
    tag: str
    version_id: str = ""


def checked_key(key: str) -> PurePosixPath:
    """The key as a relative path; PlumblineError if it points outside the library."""
    path = PurePosixPath(key)
    if not path.parts or key.startswith("/") or ".." in path.parts or "\0" in key:
        raise PlumblineError(f"{key!r} is not a valid document name.", "Use a relative path without '..'.")
    return path


class Documents(Protocol):
    """The PDFs of the library by key, and their former versions for as long as the store keeps them."""

    def stored(self) -> Iterator[StoredDocument]:
        """Every document, ordered by key."""

    def find(self, key: str) -> StoredDocument | None:
        """The current document, or None."""

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Copy one consistent version of the document to `target` and return which; None if there is none."""

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Copy the bytes whose SHA-256 is `version`, current or former, to `target`; False if they are not kept.
        `version_id` is the store's name for them, '' if unknown."""

    def put(self, key: str, source: Path) -> None:
        """Store the file under `key`, atomically. What it replaces becomes a former version."""

    def delete(self, key: str) -> None:
        """Remove the document and its former versions; does nothing if there is none."""

    def forget(self, key: str) -> None:
        """Remove the former versions of a deleted document; does nothing while it exists."""


# --- reading --------------------------------------------------------------------------------------------


class OpenDocument(Protocol):
    """An open document: see `runtime.reading.document.PdfDocument`."""

    page_count: int
    title: str

    @property
    def attached(self) -> Attachments:
        """The files attached to it; PdfError if they can't be listed."""

    def pages(self, first: int = 1) -> Iterator[Page]:
        """The pages from `first` on."""


class DocumentReader(Protocol):
    """Reads documents of one media type; see `runtime.reading.readers`."""

    def __call__(self, path: Path, limits: Limits) -> AbstractContextManager[OpenDocument]:
        """A context manager that opens the document; PdfError if it can't be read."""


# --- ledger ---------------------------------------------------------------------------------------------

State = Literal[
    "waiting",  # known but not started, or paused
    "reading",  # pages are being read, embedded and indexed
    "recognizing",  # searchable as far as it has text; its pictures are being recognized
    "ready",  # searchable
    "failed",  # by something other than the document; the next reconcile resumes
    "encrypted",
    "damaged",
    "too large",
    "timed out",
    "no text",
    "xfa form",
    "portfolio",  # a cover around attached files; unless it is refused, those that are PDFs are documents
    "not a pdf",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one document.

    `version` is the SHA-256 (hex) of the bytes that are searchable now, '' if none are; `reading` is the SHA-256 of the
    bytes being read, and `tag` their tag in the library. Reading resumes at `next_page` (1-based) with `carry`.
    `readers` counts pages by the reader that read them, `skipped` pages without usable text by page state. `updated` is
    in seconds since the epoch, and so is `added`, when it was first seen, 0 in entries of earlier versions. `doubts`
    has what was left out or is doubtful, by `runtime.reading.doubt.Kind`: a `count`, and the first `page` with some.
    `language` is ISO 639-1. `version_ids` pairs the last versions read, newest last, with the store's names for them;
    empty if the store finds them by SHA-256. `pictures` counts pages with pictures to recognize, `unrecognized` those
    that are left, and `left` has these as ranges of a first and a last page. Once `text_done`, `carry` is that of
    recognition. `attachments` has the sizes of attached files in bytes by name: those whose names end in .pdf are
    documents of their own, `document/name`.
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
    pictures: int = 0
    unrecognized: int = 0
    left: Sequence[Sequence[int]] = field(default_factory=list)
    text_done: bool = False
    attachments: Mapping[str, int] = field(default_factory=dict)
    added: float = 0.0

    @property
    def is_refused(self) -> bool:
        """Whether the document can't be read, for a reason of its own."""
        under_way = ("waiting", "reading", "recognizing", "failed")
        return self.state != "ready" and self.state not in under_way and self.remedy != ""

    @property
    def progress(self) -> tuple[int, int]:
        """How many pages of how many are read; once the text is, of those with pictures."""
        if self.text_done:
            return self.pictures - self.unrecognized, self.pictures
        return self.next_page - 1, self.pages

    def version_id(self, version: str) -> str:
        """The store's name for the bytes of a version, '' if unknown."""
        return next((version_id for known, version_id in self.version_ids if known == version), "")


class RecognizedPages(Protocol):
    """What was recognized in documents' pictures, by version and page: recognition costs more than all the rest of
    reading, so it is done once for the same bytes."""

    def pages(self, document: str, version: str) -> set[int]:
        """The pages that are stored."""

    def get(self, document: str, version: str, page: int) -> bytes | None:
        """What was stored for a page."""

    def put(self, document: str, version: str, page: int, recognized: bytes) -> None:
        """Store what was recognized on a page."""

    def delete(self, document: str, keep: str = "") -> None:
        """Remove the document's pages, except those of the version `keep`."""


class Ledger(Protocol):
    """Each document's version, state and progress. A writer holds the document's lease."""

    def lease(self, document: str, owner: str, seconds: float) -> bool:
        """Acquire or renew the document's lease; False while another owner's has not expired."""

    def release(self, document: str, owner: str) -> None:
        """Release the lease; does nothing if `owner` does not hold it."""

    def get(self, document: str) -> Entry | None:
        """The document's entry, or None."""

    def entries(self) -> list[Entry]:
        """Every entry, ordered by document."""

    def summaries(self) -> list[Entry]:
        """Every entry, ordered by document, for a list that is shown and asked for again and again: perhaps without
        `carry`, `left`, `version_ids` and what else only reading needs, and some seconds old."""

    def save(self, entry: Entry, owner: str) -> None:
        """Store the whole entry; LeaseLost if `owner` no longer holds the lease."""

    def remove(self, document: str, owner: str) -> None:
        """Forget the document; LeaseLost if `owner` no longer holds the lease."""


# --- passages and their index ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageBox:
    """A rectangle on a page, in points from the top left corner of the page as displayed."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


def page_numbers(first: int, label: str, last: int = 0) -> str:
    """Page numbers for display: the position in the file, then the file's own label: 14 (iv)."""
    numbers = f"{first}–{last}" if last > first else f"{first}"
    return f"{numbers} ({label})" if label else numbers


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure text is that was recognized in a picture: the mean confidence of its words, from 0 to 1, and the words
    that are doubtful."""

    mean: float
    doubtful: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """The mean for display. Recognition is never quite sure."""
        return min(99, int(100 * self.mean))


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one version of one document, sized for the embedder.

    `page` is 1-based, and `label` is the file's own name for it, such as iv, '' if that is its number; `ordinal` counts
    passages from 0 through the document; `title` and `heading` are those of the document and the section, '' if
    unclear; `boxes` cover the text on the page. `own` is the part of the text that is on this page, '' if all of it is:
    a table's header, or the other half of a sentence that crosses pages, may come from another page. It is needed to
    index the passage, and not stored in the index. `confidence` is None for the document's own text.
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
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The words that keyword search matches, as `runtime.search.words` makes them in `language` (ISO 639-1), separated
    by spaces: those of the passage's own text, of its whole page, and of its document's name and title."""

    own: str
    page: str
    about: str
    language: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question's words, made and separated as in `Terms`, and its embedding of shape (dimension,), unit length.
    If there are `phrases`, keyword search finds only passages that contain one of them: each of its parts verbatim in
    the passage's own terms."""

    words: str
    vector: Vectors
    phrases: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found by a search; `score` is its cosine to the query, -1 to 1, or its BM25 score as in Lucene,
    above 0: the rarer a word, the larger."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of both searches for one query, best first: the nearest neighbours, and the best by keyword."""

    nearest: Sequence[Hit]
    keyword: Sequence[Hit]


class PassageIndex(Protocol):
    """One index of passages, with the vectors of one embedding model."""

    name: str

    def write(self, passages: Sequence[Passage], vectors: Vectors, terms: Sequence[Terms]) -> None:
        """Add or overwrite by id, all of them or an error; searchable after the next `refresh`."""

    def refresh(self) -> None:
        """Return once everything written is searchable by both searches."""

    def settle(self) -> None:
        """Nothing more is being written: make keyword scores those of an index that is built anew, where that does not
        take longer than it is worth."""

    def search(self, queries: Sequence[Query], size: int, documents: Sequence[str] | None = None) -> list[Found]:
        """For each query the `size` nearest and the `size` best by keyword, in `documents` if given. A keyword score is
        the sum of BM25 over the three kinds of terms."""

    def languages(self) -> frozenset[str]:
        """The languages of the searchable terms."""

    def size(self) -> int:
        """How many passages are searchable."""

    def read_note(self) -> str:
        """The note stored with the index, '' if there is none."""

    def write_note(self, text: str) -> None:
        """Store a note with the index, replacing the one before."""

    def around(self, passages: Sequence[Passage], reach: int) -> list[Passage]:
        """The passages and their neighbours up to `reach` ordinals away, by document and ordinal."""

    def delete(self, document: str, keep: str = "") -> None:
        """Remove the document's passages, except those of the version `keep`."""

    def count(self, document: str, version: str) -> int:
        """How many passages the index has of this version."""

    def counts(self) -> dict[tuple[str, str], int]:
        """How many passages the index has of each document and version."""

    def verify(self) -> bool:
        """Read everything; IndexDamaged if something can't be read, or is not what was written. What is derived from
        the passages, such as the index of words, is built anew unless it is known to be whole; whether it was."""


class PassageIndexes(Protocol):
    """The indexes by name, one of which is live."""

    def live(self) -> str:
        """The live index's name, '' before there is one."""

    def open(self, name: str, dimension: int) -> PassageIndex:
        """The index of that name, created if missing. Safe to call from several processes at once."""

    def point(self, name: str) -> None:
        """Make this index the live one, at once and for every new search."""

    def drop(self, name: str) -> None:
        """Remove an index that is not live; does nothing if there is none."""


# --- models ---------------------------------------------------------------------------------------------


class Embedder(Protocol):
    """Text to vectors of unit length."""

    model: str
    max_tokens: int  # of one text, without special tokens
    parallel: int  # useful number of concurrent calls to embed
    languages: frozenset[str]  # that it supports, by ISO 639-1; empty if not known to be limited

    @property
    def dimension(self) -> int:
        """The length of the model's vectors."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Each text's length in this model's tokens, without special tokens."""

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """Vectors of shape (len(texts), dimension), float32, unit length, in the order given.

        Some models embed questions differently from passages.
        """

    def check(self) -> None:
        """PlumblineError if the model is not available, as far as can be checked without calling it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message to or from the generator."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How a model's answer ended: by itself, at its token limit, or withheld by a content filter; and how many tokens
    were read and written, None if its server does not report them."""

    reason: Literal["stop", "length", "filter"] = "stop"
    prompt_tokens: int | None = None
    tokens: int | None = None


Unanswered = Literal["empty", "filtered", "cut off", "broken off", "too long"]
"""Why there is no answer: the model wrote nothing, its filter withheld it, it reached its token limit first, its server
failed or did not send an answer, or the prompt is too long."""


class NotAnswered(PlumblineError):
    """A model did not answer, or not completely; `kind` says why."""

    def __init__(self, kind: Unanswered, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.args = (kind, reason, remedy)
        self.kind = kind


class Generator(Protocol):
    """A language model that streams its answers."""

    model: str
    source_tokens: int  # of the sources in a prompt, approximately

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Yield pieces of the answer as they are generated; return how it ended.

        Closing it stops the model. NotAnswered if the model's server fails, even halfway, and 'too long' if the prompt
        exceeds the model's context.
        """

    def check(self) -> None:
        """PlumblineError if the model is not available, as far as can be checked without calling it."""


# --- pages that are pictures ----------------------------------------------------------------------------

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class PictureWord:
    """A word recognized in a picture. `corners` are (x, y) in pixels from the picture's top left: the upper left corner
    of the word as it is read, then clockwise, so that its text runs from the first corner to the second, in whatever
    direction that is in the picture. `sure` is the recognizer's confidence, 0 to 1."""

    text: str
    corners: Corners
    sure: float


@dataclass(frozen=True, slots=True)
class PictureLine:
    """Words on one baseline, in reading order; at least one."""

    words: tuple[PictureWord, ...]


class PictureRefused(PlumblineError):
    """The recognizer can't read this picture; it can read others."""


class Ocr(Protocol):
    """Recognizes text in pictures of pages, whichever way up they are."""

    name: str  # as a reader in the ledger
    parallel: int  # useful number of concurrent calls

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines of text in a PNG picture, in no particular order. PictureRefused if only this picture can't be
        read; any other PlumblineError is the recognizer's own: not installed, not permitted, throttled."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What recognizes the text of pictures; None if nothing does, and then why, and what to do about it. `has_room`
    tells whether its limit allows more."""

    ocr: Ocr | None
    reason: str = ""
    remedy: str = ""
    has_room: Callable[[], bool] = lambda: True

    def can_go_on(self) -> bool:
        """Whether more can be recognized now."""
        return self.ocr is not None and self.has_room()


# --- archive --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """An embedded passage or prompt, as the analyses read it. `at` is ISO 8601 in UTC; `doc_id` is a passage's document
    or a prompt's conversation. `version` is that of the document, which is not part of the stored record."""

    id: str
    kind: Literal["passage", "prompt"]
    doc_id: str
    page: int
    text: str
    model: str
    at: str
    embedding: Vectors
    version: str = ""


class Archive(Protocol):
    """Keeps the embeddings of passages and prompts for the analyses."""

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Keep the records, all of them or an error. Duplicates are allowed: readers go by id."""

    def supersede(self, document: str, version: str) -> None:
        """This version has replaced all others. An archive that can remove records removes those of versions that were
        read less than a day before: they were hardly ever searchable, and would only make it grow."""


# --- conversations --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered source of an answer: a place in a document that it may cite as [number].

    `label` is the file's own name for the pages, such as iv, iv–v or A-3 – A-4, '' if those are their numbers.
    `last_page` differs from `page` only in answers by earlier versions. `similarity` is the best cosine of its
    passages, None if they were found by keyword only. `confidence` is None unless some of it was read from
    a picture.
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
    confidence: Confidence | None = None

    @property
    def pages(self) -> str:
        """The page numbers for display: 14 (iv), 14–15 (iv–v)."""
        return page_numbers(self.page, self.label, self.last_page)


@dataclass(frozen=True, slots=True)
class Citation:
    """The evidence of one citation: the source's number, the sentence, row or item that proves the claim, as displayed,
    and its place on the source's page; if it was read from a picture, the words in it that are `doubtful`."""

    source: int
    text: str
    boxes: tuple[PageBox, ...] = ()
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A stored question or answer of a conversation. `vote` is 1, -1 or 0 for none.

    `citations` are those of the text, in order. `asked` is the question as it was searched for, '' if unchanged.
    `unanswered` says why if `state` is 'failed' ('' if unknown); `tokens` and `seconds` are what the answer took, None
    if unknown. `replaces` is the id of the message of which it is a further version, '' if of none: an answer that was
    asked for again, or a question that was changed.
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
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one user. Times are ISO 8601 in UTC."""

    id: str
    title: str
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question to which there was no answer: `state` says whether it was refused, since the library has nothing about
    it, or whether answering failed. `document`, `version` and `page` are those of the nearest page, '' and 0 if nothing
    was found. `message` is the id of the stored refusal, `conversation` '' unless the question is the reader's own."""

    message: str
    question: str
    at: str
    state: Literal["refused", "failed"]
    document: str = ""
    version: str = ""
    page: int = 0
    conversation: str = ""


class Conversations(Protocol):
    """Conversations and feedback. Every method sees only what is `user`'s, except for the two at the end, which do not
    say whose it is."""

    def create(self, user: str, title: str) -> Conversation:
        """A new, empty conversation."""

    def find(self, user: str, contains: str = "", limit: int | None = None) -> list[Conversation]:
        """The user's newest conversations, newest first, with `contains` in their title or messages."""

    def get(self, user: str, conversation: str) -> Conversation:
        """One conversation; NotFound if it is not the user's."""

    def rename(self, user: str, conversation: str, title: str) -> None:
        """Change the title; NotFound if it is not the user's."""

    def delete(self, user: str, conversation: str) -> None:
        """Remove it with its messages; NotFound if it is not the user's."""

    def messages(self, user: str, conversation: str) -> list[Message]:
        """Its messages, oldest first; NotFound if it is not the user's."""

    def append(self, user: str, conversation: str, messages: Sequence[Message]) -> None:
        """Add messages, all or none; NotFound if it is not the user's."""

    def feedback(self, user: str, conversation: str, message: str, vote: int, comment: str) -> None:
        """Store the vote and comment on a message; NotFound if it is not the user's."""

    def last_cited(self) -> Mapping[str, float]:
        """When an answer to anybody last cited each document, in seconds since the epoch."""

    def unanswered(self, user: str, limit: int) -> list[UnansweredQuestion]:
        """The newest questions of all readers that were not answered, newest first, without those of conversations that
        were deleted. Only the user's own name their conversation."""


# --- files that analyses read and write ------------------------------------------------------------------


class Files(Protocol):
    """Files by name in one place: archives and reports."""

    def names(self) -> list[str]:
        """Every file, in order."""

    def content(self, name: str) -> bytes:
        """A file's bytes; NotFound if there is none."""

    def put(self, name: str, content: bytes, kind: str) -> None:
        """Store a file atomically; `kind` is its content type."""


# --- results and metrics --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run of an analysis: `values` by name, JSON types only; `jobdate` in seconds since the epoch."""

    jobtype: str
    jobdate: int
    values: Mapping[str, Any]


class Results(Protocol):
    """The results of the analyses, one table per kind of analysis, and their cluster centers in further tables."""

    def save(self, table: str, run: Run, centers: tuple[str, Vectors] | None = None) -> None:
        """Store the run, and its centers of shape (k, dimension) in the table named with them, all or nothing. A run of
        the same job type and date is overwritten."""

    def runs(self, table: str, jobtype: str) -> list[Run]:
        """The stored runs of one type, oldest first."""

    def centers(self, table: str, jobtype: str, jobdate: int) -> Vectors:
        """A run's centers, of shape (k, dimension); k is 0 if none are stored."""


class Metrics(Protocol):
    """Metrics over time."""

    def put(self, values: Mapping[str, Sequence[float]], at: float) -> None:
        """Store values by metric name; `at` is in seconds since the epoch."""

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        """(time, mean) of one metric for each interval of `step` seconds with values, oldest first.

        Intervals are whole minutes, counted from the epoch; the first is the one that contains `since`.
        """
