"""Makes index, ledger and archive match the documents in the library, one at a time."""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from types import TracebackType

import numpy as np

from runtime.attached import attached_keys, named_in_ledger, room_for_attached
from runtime.passages import FORMAT, Chunker, passage_vectors
from runtime.ports import (
    Archive,
    ArchiveRecord,
    DocumentReader,
    Documents,
    Embedder,
    Entry,
    LeaseLost,
    Ledger,
    OpenDocument,
    Passage,
    PassageIndex,
    PassageIndexes,
    PlumblineError,
    Recognition,
    RecognitionLimit,
    RecognizedPages,
    StoredDocument,
    Vectors,
    checked_key,
)
from runtime.reading.document import Limits, Page, PdfError
from runtime.reading.doubt import HIDDEN
from runtime.reading.readers import open_document
from runtime.recognized import PicturePage, Pictures, RecognizedInMemory, numbers_of, ranges_of
from runtime.removals import Removals, removals
from runtime.search.chance import chance
from runtime.search.language import ENGLISH, language_of
from runtime.search.words import terms_of
from runtime.versions import version_of

WINDOW = 64
"""Passages that are embedded and written together, from whole pages: enough to batch by length and keep writes few,
few enough that a killed worker loses little."""

AHEAD = 2
"""Windows read ahead of each one being embedded, so that the model never waits for the reader; bounds memory."""

LEASE_SECONDS = 120.0
"""After so long without a write a worker is presumed dead. Renewed with each window."""

WINDOW_PAGES = 64
"""Pages after which a window is written, whatever they have: so that progress is saved in a document of pictures."""

WINDOW_SECONDS = 20.0
"""Likewise for pages that take long to read: a function ends after some minutes, and goes on from what is saved."""

BATCH = 32
"""Small documents that are committed together: a commit of the index takes 40 ms, whether of one document or of many,
and each one is a version that searches have to open."""

FOLLOW_SECONDS = 20.0
"""How often recognized pages become searchable while others are still being recognized."""

RECOGNIZED_PAGE, MAX_PAGE_PASSAGES = 100_000, 1000
"""Recognized passages are numbered by their page, beyond all of the text's; so many of a page at most."""

BUSY_SECONDS = 2.0
"""Until a document that another worker has is tried again."""

VERSION_IDS = 100
"""Versions of a document whose store ids the ledger keeps: a DynamoDB item has room for 400 KB."""

Progress = Callable[[Entry], None]
ShouldStop = Callable[[], bool]


LOG = logging.getLogger(__name__)

RETRY = "Fix that and ingest again; it resumes."

_GENERATION = re.compile(r"\.r(\d+)$")
"""Suffix of a rebuilt index of the same model and format."""

_FORMAT = re.compile(r"-f\d+(?:\.r\d+)?$")
"""Suffix of an index's name: the format of its passages, and its generation."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a reconcile: 'ingested', 'unchanged', 'deleted', 'missing' (its file is gone, and it was not to be
    removed), 'busy' (another worker has the document), 'paused' (it was told to stop, and the next call resumes),
    'limited' (it has no text but in pictures, and no more of these may be recognized now) or 'refused' (the entry says
    why); the ledger's entry afterwards, None for a deleted document; and the attached documents to reconcile next, also
    those that are gone."""

    document: str
    result: str
    entry: Entry | None
    attached: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is read and embedded, to be committed with others: see `Ingestor.prepare`. Its lease is `held`
    until then, but for LEASE_SECONDS at most."""

    entry: Entry
    version: str
    passages: Sequence[Passage]
    vectors: Vectors
    about: Vectors
    progress: Progress
    held: ExitStack = field(default_factory=ExitStack)
    attached: Sequence[str] = ()


@dataclass(slots=True)
class _Window:
    """The passages of some whole pages, and where reading resumes after them."""

    next_page: int
    passages: list[Passage] = field(default_factory=list)
    pages: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By reader, state and, of pages whose pictures were recognized, the state without them."""
    planned: list[PicturePage] = field(default_factory=list)
    """Pages whose pictures are to be recognized."""
    recognized: int = 0
    """The page whose pictures the passages are from, 0 for text."""
    doubts: list[tuple[str, int, int]] = field(default_factory=list)
    """Kind, count, page."""
    carry: str = ""


def index_name(embedder: Embedder) -> str:
    """An index's name says whose vectors it holds, and how its passages were cut."""
    model = re.sub(r"[^a-z0-9.]+", "-", embedder.model.casefold()).strip("-.")
    return f"passages-{model}-{embedder.dimension}-f{FORMAT}"


def open_index(indexes: PassageIndexes, embedder: Embedder) -> PassageIndex:
    """The live index, created at first use. PlumblineError if it is another model's."""
    expected, live = index_name(embedder), indexes.live()
    if live and _GENERATION.sub("", live) != expected:
        raise PlumblineError(
            f"The library's index is {live}; this version needs {expected}.",
            "Run `python -m runtime reindex`: the documents stay, and the new index takes over once it is complete.",
        )
    index = indexes.open(live or expected, embedder.dimension)
    if not live:
        indexes.point(expected)
    return index


def searched_index(indexes: PassageIndexes, embedder: Embedder) -> PassageIndex:
    """The live index, to search only: it may have passages cut by an earlier version, until its replacement is
    complete. PlumblineError if it is another model's."""
    live = indexes.live()
    if _FORMAT.sub("", live) == _FORMAT.sub("", index_name(embedder)):
        return indexes.open(live, embedder.dimension)
    return open_index(indexes, embedder)


def building_index(indexes: PassageIndexes, embedder: Embedder) -> PassageIndex:
    """The index to write documents to: the live one if it is this model's, otherwise a second one, which takes over
    when it is complete (`switch_to`)."""
    live, expected = indexes.live(), index_name(embedder)
    if not live or _GENERATION.sub("", live) == expected:
        return open_index(indexes, embedder)
    return indexes.open(expected, embedder.dimension)


def switch_to(indexes: PassageIndexes, complete: PassageIndex) -> bool:
    """Make this index the live one, and remove its predecessor; False if it was live already."""
    former = indexes.live()
    if former == complete.name:
        return False
    indexes.point(complete.name)
    if former:
        indexes.drop(former)
    return True


class Ingestor:
    """Reconciles documents with the index; thread-safe. `former` is the live index if `index` is to replace it:
    deleted documents are removed from both. `on_forget` is called with each deleted document, to remove what was
    derived from it elsewhere."""

    def __init__(
        self,
        documents: Documents,
        ledger: Ledger,
        index: PassageIndex,
        embedder: Embedder,
        archive: Archive,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        recognition: Recognition = Recognition(None),  # noqa: B008 - frozen
        former: PassageIndex | None = None,
        read: DocumentReader = open_document,
        recognized: RecognizedPages | None = None,
        on_forget: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._documents = documents
        self._ledger = ledger
        self._index = index
        self._embedder = embedder
        self._archive = archive
        self._limits = limits
        self._recognition = recognition
        self._former = former
        self._open = read
        self._recognized = recognized or RecognizedInMemory()
        self._on_forget = on_forget
        self._owner = new_owner()

    def reconcile(
        self,
        document: str,
        progress: Progress | None = None,
        force: bool = False,
        should_stop: ShouldStop = lambda: False,
        *,
        remove: bool = True,
    ) -> Outcome:
        """Make index and ledger match the document as it is in the library now.

        Idempotent, and safe to call late or out of order: unchanged bytes cost nothing (unless `force`, which retries
        a refused document), an interrupted reading resumes, and a deleted document's passages are removed, if it is
        known (`remove`) that it did not go by accident. Once
        `should_stop()` is true, it stops after the pages just written. What is wrong with the document is in the
        outcome's entry; any other failure (a full disk, a failing model) is saved in the ledger and raised, and the
        next call resumes.
        """
        done = self.prepare(document, progress, force, should_stop, remove=remove)
        outcome = self.commit([done])[document] if isinstance(done, Prepared) else done
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def prepare(
        self,
        document: str,
        progress: Progress | None = None,
        force: bool = False,
        should_stop: ShouldStop = lambda: False,
        *,
        remove: bool = True,
    ) -> Outcome | Prepared:
        """Like `reconcile`, but a small document that replaces no other is only read and embedded, for `commit`."""
        checked_key(document)
        if not self._ledger.lease(document, self._owner, LEASE_SECONDS):
            return Outcome(document, "busy", self._ledger.get(document))
        with ExitStack() as held:
            held.push(partial(self._end_lease, document))
            entry = self._ledger.get(document) or Entry(document)
            done = self._reconcile(entry, progress or (lambda _: None), force, should_stop, remove)
            if isinstance(done, Outcome) and done.result in ("paused", "missing"):
                return done
            attached = tuple(dict.fromkeys([*attached_keys(entry), *attached_keys(done.entry)]))
            if isinstance(done, Prepared):
                return replace(done, attached=attached, held=held.pop_all())
            return replace(done, attached=attached)

    def commit(self, prepared: Sequence[Prepared]) -> dict[str, Outcome | Exception]:
        """Write prepared documents to the index at once, and make them searchable. By document, its outcome, or the
        error that is saved in the ledger; then the next call of `reconcile` resumes."""
        failure: Exception | None = None
        results: dict[str, Outcome | Exception] = {}
        with ExitStack() as held:
            for one in prepared:
                held.callback(one.held.close)
            try:
                self._write_prepared(prepared)
            except Exception as error:  # all share it
                failure = error
            for one in prepared:
                try:
                    with one.held:
                        if failure:
                            raise failure
                        results[one.entry.document] = self._finish(one)
                except Exception as error:
                    results[one.entry.document] = error
        return results

    def _write_prepared(self, prepared: Sequence[Prepared]) -> None:
        ours = [one for one in prepared if self._ledger.lease(one.entry.document, self._owner, LEASE_SECONDS)]
        if not ours:
            return
        passages = [passage for one in ours for passage in one.passages]
        terms = [term for one in ours for term in terms_of(one.passages, one.entry.language)]
        self._index.write(passages, np.concatenate([one.vectors for one in ours]), terms)
        self._archive.write(self._records(passages, np.concatenate([one.about for one in ours])))
        self._index.refresh()

    def _finish(self, one: Prepared) -> Outcome:
        """Make a document searchable whose passages are written. LeaseLost if another worker has taken it over."""
        document = one.entry.document
        self._renew_lease(document)
        self._check_complete(one.entry, one.version)
        self._index.delete(document, keep=one.version)  # what is left of a reading of other bytes that broke off
        self._recognized.delete(document, keep=one.version)
        entry = self._save(replace(_ready(one.entry, None), version=one.version))
        one.progress(entry)
        return Outcome(document, "ingested", entry, one.attached)

    def _end_lease(self, document: str, _: type | None, error: BaseException | None, __: TracebackType | None) -> None:
        """End a lease, and save in the ledger why the work under it failed, if it did."""
        try:
            if isinstance(error, Exception) and not isinstance(error, LeaseLost):
                _save_failure(self._ledger, document, self._owner, error)
        finally:
            self._ledger.release(document, self._owner)

    @contextmanager
    def _heartbeat(self, document: str) -> Iterator[None]:
        """Renew the lease meanwhile, whatever takes long."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(LEASE_SECONDS / 4):
                try:
                    if not self._ledger.lease(document, self._owner, LEASE_SECONDS):
                        return  # the next write says so
                except Exception as error:
                    LOG.warning("The lease of %r could not be renewed: %s", document, error)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _reconcile(
        self, entry: Entry, progress: Progress, force: bool, should_stop: ShouldStop, remove: bool
    ) -> Outcome | Prepared:
        stored = self._documents.find(entry.document)
        if stored is not None and entry.tag == stored.tag and not force and self._is_done(entry):
            return Outcome(entry.document, "unchanged", entry)
        with self._heartbeat(entry.document), tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
            copy = Path(folder) / "document.pdf"
            return self._bring_up_to_date(entry, stored, copy, progress, force, should_stop, remove)

    def _bring_up_to_date(
        self,
        entry: Entry,
        stored: StoredDocument | None,
        copy: Path,
        progress: Progress,
        force: bool,
        should_stop: ShouldStop,
        remove: bool,
    ) -> Outcome | Prepared:
        document = entry.document
        if stored is not None and stored.size > self._limits.bytes:
            size = f"{document} has {stored.size:,} bytes; the limit is {self._limits.bytes:,}."
            # Its bytes are not read, so their tag stands in for their version.
            entry = replace(entry, reading=stored.tag, tag=stored.tag, size=stored.size, index=self._index.name)
            return self._refuse(replace(entry, pages=0, readers={}, skipped={}, doubts={}), PdfError("too large", size))
        try:
            stored = stored and self._documents.fetch(document, copy)
        except PdfError as error:  # it is attached to a document out of which it can't be taken
            tag = stored.tag if stored else ""
            return self._refuse(replace(entry, tag=tag, reading=tag, index=self._index.name), error)
        if stored is None:
            return self._forget(document) if remove else Outcome(document, "missing", self._ledger.get(document))
        version = version_of(copy)
        entry = replace(entry, tag=stored.tag, version_ids=_with_id(entry, version, stored.version_id))
        if not force and self._is_done(entry) and entry.state != "ready" and entry.reading == version:
            return Outcome(document, "unchanged", self._save(entry))
        complete = entry.version == version and entry.index == self._index.name and not entry.reading
        complete = complete and not (entry.unrecognized and self._recognition.can_go_on())
        if not force and complete:
            if not entry.left:  # else they say why some pictures are
                entry = replace(entry, reason="", remedy="")
            return Outcome(document, "unchanged", self._save(replace(entry, state="ready")))
        return self._ingest(entry, version, copy, progress, should_stop)

    def _is_done(self, entry: Entry) -> bool:
        return _is_done(entry, self._index.name, self._recognition)

    def _forget(self, document: str) -> Outcome:
        """Remove everything known of a deleted document."""
        # Before its passages: were it killed in between, an entry that still calls a version searchable would make the
        # same bytes, put back, look ingested.
        self._save(Entry(document))
        for index in (self._index, self._former):
            if index is not None:
                index.delete(document)
        self._documents.forget(document)
        self._recognized.delete(document)
        self._on_forget(document)
        self._ledger.remove(document, self._owner)
        return Outcome(document, "deleted", None)

    def _ingest(
        self, entry: Entry, version: str, copy: Path, progress: Progress, should_stop: ShouldStop
    ) -> Outcome | Prepared:
        """Read, embed and index `version`, then let it replace the old one: its text first, then its pictures. A small
        one without an old one is left to be committed."""
        entry = self._start(entry, version, copy)
        progress(entry)
        pictures = Pictures(entry.document, version, self._recognized, self._recognition.ocr)
        try:
            if not entry.text_done:
                with self._open(copy, self._limits) as pdf:
                    if entry.next_page == 1:
                        entry = self._list_attachments(replace(entry, pages=pdf.page_count), pdf)
                    entry, windows = self._text_windows(entry, version, pdf)
                    first, rest = list(islice(windows, 2)), windows
                    if len(first) == 1 and self._is_whole(entry, first[0], pictures):
                        vectors, about = passage_vectors(self._embedder, first[0].passages, {})
                        entry = replace(_after(entry, first[0], pictures), text_done=True, carry="")
                        return Prepared(entry, version, first[0].passages, vectors, about, progress)
                    entry = self._read(entry, chain(first, rest), pictures, progress, should_stop)
                if entry.next_page <= entry.pages:
                    return Outcome(entry.document, "paused", self._save(replace(entry, state="waiting")))
                entry = replace(entry, text_done=True, carry="")
            if entry.left and pictures.can_go_on(numbers_of(entry.left)):
                if entry.readers:  # its text can be searched meanwhile
                    entry = self._publish(entry, version)
                entry = self._recognize(entry, pictures, copy, progress, should_stop)
                if entry.left and not pictures.limit and pictures.can_go_on(numbers_of(entry.left)):
                    return Outcome(entry.document, "paused", entry)
            is_cover = not entry.readers and self._is_cover(entry, copy)
            if not entry.readers and not is_cover:
                if pictures.limit:
                    return self._set_aside(entry, pictures.limit)
                raise PdfError("no text", *_without_text(entry, self._recognition))
        except PdfError as error:
            return self._refuse(entry, error)
        entry = self._publish(entry, version)
        self._check_complete(entry, version)
        self._recognized.delete(entry.document, keep=version)
        entry = self._save(_cover(entry) if is_cover else _ready(entry, pictures.limit))
        progress(entry)
        return Outcome(entry.document, "ingested", entry)

    def _start(self, entry: Entry, version: str, copy: Path) -> Entry:
        """The entry of a reading that begins, or resumes where another one of these bytes stopped."""
        stopped = entry.state in ("waiting", "reading", "recognizing", "failed") and entry.reading == version
        pictures_left = entry.text_done and bool(entry.left) and version in (entry.version, entry.reading)
        resumes = (stopped or pictures_left) and entry.index == self._index.name
        died = resumes and entry.state == "reading"
        if not resumes or (entry.next_page == 1 and not entry.text_done):  # also if all pages have to be read again
            entry = replace(entry, next_page=1, carry="", passages=0, pages=0, title="", text_done=False, left=[])
            entry = replace(entry, readers={}, skipped={}, doubts={}, language="", pictures=0, unrecognized=0)
        return self._save(
            replace(
                entry,
                state="recognizing" if entry.text_done else "reading",
                reading=version,
                index=self._index.name,
                size=copy.stat().st_size,
                reason=f"The worker reading it died without an error after page {entry.next_page - 1}." if died else "",
                remedy="It resumes by itself. If this happens again, check the workers' time and memory."
                if died
                else "",
            )
        )

    def _list_attachments(self, entry: Entry, pdf: OpenDocument) -> Entry:
        """The entry with the attached files. Those that can't be listed don't keep the document from being read."""
        try:
            found = pdf.attached
        except PdfError as error:
            LOG.warning("The files attached to %s can't be listed: %s", entry.document, error)
            return replace(entry, doubts={"attachments": {"count": 1, "page": 1}})
        if found.note:
            LOG.warning("%s: %s", entry.document, found.note)
        named, left_out = named_in_ledger(entry.document, found, room_for_attached(entry.document, self._ledger))
        doubts = {"attachments": {"count": left_out, "page": 1}} if left_out else {}
        return replace(entry, attachments=named, doubts=doubts)

    def _is_cover(self, entry: Entry, copy: Path) -> bool:
        """Whether a document without text is a portfolio's cover around documents."""
        if not attached_keys(entry):
            return False
        with self._open(copy, self._limits) as pdf:
            return pdf.attached.is_portfolio

    def _text_windows(self, entry: Entry, version: str, pdf: OpenDocument) -> tuple[Entry, Iterator[_Window]]:
        """The entry with its title, and the windows of the pages' own text that are left. A document without any may
        have some in its pictures."""
        pages = _until_no_text(pdf.pages(entry.next_page))
        if entry.next_page == 1:
            pages, first = _peek(pages)
            entry = replace(entry, title=document_title(entry.document, pdf.title, first))
        chunker = Chunker(entry.document, version, entry.title, self._embedder, entry.carry)
        return entry, _windows(pages, chunker, entry.next_page)

    def _is_whole(self, entry: Entry, window: _Window, pictures: Pictures) -> bool:
        """Whether a window is all there is to read in a document, and to write: no pictures, and nothing to replace."""
        is_all = entry.next_page == 1 and window.next_page > entry.pages and entry.version in ("", pictures.version)
        is_text = bool(window.passages) and any(state == "text" for _, state, _ in window.pages)
        planned = [one.page.number for one in window.planned]
        return is_all and is_text and not (planned and pictures.can_go_on(planned))

    def _recognize(
        self, entry: Entry, pictures: Pictures, copy: Path, progress: Progress, should_stop: ShouldStop
    ) -> Entry:
        """The entry once the text in the pages' pictures is indexed, page by page."""
        plan = pictures.plan()
        missing = [number for number in numbers_of(entry.left) if number not in plan]
        if missing:
            raise self._read_anew(entry, f"Where the pictures of {entry.document!r} are is no longer known.")
        entry = self._save(replace(entry, state="recognizing"))
        progress(entry)
        pages = pictures.pages(copy, [plan[number].page for number in numbers_of(entry.left)], self._limits)
        if not entry.readers and entry.title == document_title(entry.document, "", None):
            pages, first = _peek(pages)
            entry = replace(entry, title=document_title(entry.document, "", first))
        chunker = Chunker(entry.document, pictures.version, entry.title, self._embedder, entry.carry)
        return self._read(entry, _picture_windows(pages, chunker, plan), pictures, progress, should_stop)

    def _publish(self, entry: Entry, version: str) -> Entry:
        """Make the version searchable, and remove others' passages only then, when the ledger says so."""
        self._index.refresh()
        if self._index.count(entry.document, version) < entry.passages:
            self._check_complete(entry, version)
        replaces = entry.version not in ("", version)
        entry = self._save(replace(entry, version=version, reason="", remedy=""))
        self._index.delete(entry.document, keep=version)
        if replaces:
            self._archive.supersede(entry.document, version)
        return entry

    def _set_aside(self, entry: Entry, limit: RecognitionLimit) -> Outcome:
        """The document waits until more pictures may be recognized. Its previous version, if any, stays searchable."""
        reason = f"It has no text but in pictures. {limit.reason}"
        entry = replace(entry, state="no text", reason=reason, remedy=limit.remedy)
        return Outcome(entry.document, "limited", self._save(entry))

    def _refuse(self, entry: Entry, error: PdfError) -> Outcome:
        """The document can't be read. Its previous version, if any, stays searchable."""
        self._renew_lease(entry.document)
        self._index.delete(entry.document, keep=entry.version)
        # A version that only another index has is no longer searchable once this one is live.
        version = entry.version if self._index.count(entry.document, entry.version) else ""
        kept = " The previous version stays searchable." if version else ""
        reason = error.reason.replace("document.pdf", PurePosixPath(entry.document).name)
        refused = replace(
            entry,
            state=error.state,
            version=version,
            reason=reason + kept,
            remedy=error.remedy,
            next_page=1,
            carry="",
            passages=0,
            text_done=False,
        )
        return Outcome(entry.document, "refused", self._save(refused))

    def _check_complete(self, entry: Entry, version: str) -> None:
        """PlumblineError if the index has not the passages that were written, such as some of an earlier reading."""
        indexed = self._index.count(entry.document, version)
        if indexed != entry.passages:
            self._renew_lease(entry.document)
            self._index.delete(entry.document, keep="" if entry.version == version else entry.version)
            raise self._read_anew(
                entry,
                f"{entry.document!r} has {indexed} passages in the index, but {entry.passages} were written.",
            )

    def _read_anew(self, entry: Entry, reason: str) -> PlumblineError:
        """Have the document read from the start; the error that says so."""
        self._save(replace(entry, state="waiting", next_page=1, carry="", passages=0, text_done=False))
        return PlumblineError(reason, "Ingest it again; it is read from the start.")

    def _read(
        self,
        entry: Entry,
        windows: Iterator[_Window],
        pictures: Pictures,
        progress: Progress,
        should_stop: ShouldStop,
    ) -> Entry:
        """Stream windows to the index, until `should_stop()`; the ledger is updated after each."""
        names: dict[str, Vectors] = {}
        pending: deque[tuple[_Window, Future[tuple[Vectors, Vectors]]]] = deque()
        pool = ThreadPoolExecutor(max_workers=self._embedder.parallel, thread_name_prefix="embed")
        try:
            for window in windows:
                pending.append((window, pool.submit(passage_vectors, self._embedder, window.passages, names)))
                while len(pending) > self._embedder.parallel * (1 + AHEAD):
                    entry = self._write(entry, *pending.popleft(), pictures, progress)
                    if should_stop():
                        return entry
            while pending:
                entry = self._write(entry, *pending.popleft(), pictures, progress)
                if should_stop():
                    return entry
        finally:
            pool.shutdown(cancel_futures=True)
        return entry

    def _write(
        self,
        entry: Entry,
        window: _Window,
        future: Future[tuple[Vectors, Vectors]],
        pictures: Pictures,
        progress: Progress,
    ) -> Entry:
        """Write a window to the index, the archive and the ledger."""
        vectors, about = future.result()
        self._renew_lease(entry.document)
        entry = _after(entry, window, pictures)
        if window.passages:
            self._index.write(window.passages, vectors, terms_of(window.passages, entry.language))
            self._archive.write(self._records(window.passages, about))
        entry = self._save(entry)
        if window.recognized:
            entry = self._let_follow(entry, pictures)
        progress(entry)
        return entry

    def _let_follow(self, entry: Entry, pictures: Pictures) -> Entry:
        """Make the pages that are recognized searchable now and then, but for a scan that replaces another document:
        that stays searchable until this one is whole."""
        now = time.monotonic()
        if now < pictures.follow_at or entry.version not in ("", pictures.version):
            return entry
        pictures.follow_at = now + FOLLOW_SECONDS
        return self._publish(entry, pictures.version)

    def _renew_lease(self, document: str) -> None:
        """Renew the lease right before the index changes: another worker may have taken over while this one waited for
        a model, and even be done. LeaseLost if it has the lease."""
        if not self._ledger.lease(document, self._owner, LEASE_SECONDS):
            raise LeaseLost(f"{document!r} was taken over by another worker.", "Nothing is lost.")

    def _records(self, passages: list[Passage], vectors: Vectors) -> list[ArchiveRecord]:
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        return [
            ArchiveRecord(p.id, "passage", p.document, p.page, p.text, self._embedder.model, at, vector, p.version)
            for p, vector in zip(passages, vectors, strict=True)
        ]

    def _save(self, entry: Entry) -> Entry:
        now = time.time()
        entry = replace(entry, updated=now, added=entry.added or entry.updated or now)
        self._ledger.save(entry, self._owner)
        return entry


def record_failure(ledger: Ledger, document: str, error: Exception) -> None:
    """Save in the ledger why a document could not even be started, unless another worker is processing it."""
    owner = new_owner()
    if ledger.lease(document, owner, LEASE_SECONDS):
        try:
            _save_failure(ledger, document, owner, error)
        finally:
            ledger.release(document, owner)


def _save_failure(ledger: Ledger, document: str, owner: str, error: Exception) -> None:
    """Save the error in the ledger, without losing where to resume."""
    if not isinstance(error, PlumblineError):
        error = PlumblineError(f"{type(error).__name__}: {error}", RETRY)
    entry, now = ledger.get(document) or Entry(document), time.time()
    entry = replace(entry, state="failed", updated=now, added=entry.added or entry.updated or now)
    ledger.save(replace(entry, reason=error.reason, remedy=error.remedy), owner)


def new_owner() -> str:
    """A worker's name: people know it by its process id."""
    return f"{os.getpid()}-{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Documents that the ledger does not yet match: those waiting to be read, those that failed for an outside reason,
    which only a retry can change, and those whose files are gone."""

    waiting: list[str]
    failed: list[str]
    gone: Removals


def unfinished(
    documents: Documents,
    ledger: Ledger,
    index: str,
    recognition: Recognition = Recognition(None),  # noqa: B008 - frozen
) -> Unfinished:
    """The documents left to reconcile, because events were missed, the index is new, or pictures can be recognized
    now."""
    once = replace(recognition, has_room=cache(recognition.has_room))
    entries = {entry.document: entry for entry in ledger.entries()}
    stored = {one.key: one.tag for one in documents.stored()}
    waiting, failed = [], []
    for key, tag in stored.items():
        entry = entries.get(key)
        if entry and entry.state == "failed" and entry.tag in ("", tag) and entry.index in ("", index):
            failed.append(key)
        elif not entry or entry.tag != tag or not _is_done(entry, index, once):
            waiting.append(key)
    return Unfinished(sorted(waiting), sorted(failed), removals(entries, stored))


def _with_id(entry: Entry, version: str, version_id: str) -> list[list[str]]:
    """The store's ids of the last versions, including this one, if the store has ids."""
    former = [list(known) for known in entry.version_ids if known[0] != version]
    return [*former, [version, version_id]][-VERSION_IDS:] if version_id else former


def _is_done(entry: Entry, index: str, recognition: Recognition) -> bool:
    """Whether nothing is left to do now for the entry's version."""
    is_read = entry.state not in ("waiting", "reading", "recognizing", "failed") and entry.index == index
    return is_read and not (entry.unrecognized and recognition.can_go_on())


def reindex(
    documents: Documents,
    ledger: Ledger,
    indexes: PassageIndexes,
    embedder: Embedder,
    archive: Archive,
    progress: Progress | None = None,
    recognition: Recognition = Recognition(None),  # noqa: B008 - frozen
    read: DocumentReader = open_document,
    recognized: RecognizedPages | None = None,
    *,
    remove: bool = False,
    wait: Callable[[Sequence[str]], None] = lambda _: time.sleep(BUSY_SECONDS),
) -> str:
    """Build a new index with this embedder beside the live one, and make it live when it is complete.

    Until then questions are answered from the old one. Passes are repeated until one changes nothing, to catch
    documents that change meanwhile; `wait` is called between passes with those that other workers have. An interrupted
    reindex resumes. Returns the new index's name. PlumblineError if so many files are gone that they would not be
    removed at once (unless `remove`), or if documents could not be read for an outside reason: the old index then stays
    in use.
    """
    old, expected = indexes.live(), index_name(embedder)
    name = expected
    if _GENERATION.sub("", old) == expected:
        number = _GENERATION.search(old)
        name = f"{expected}.r{int(number.group(1)) + 1 if number else 1}"
    index = indexes.open(name, embedder.dimension)
    ports = (documents, ledger, index, embedder, archive)
    ingestor = Ingestor(*ports, recognition=recognition, read=read, recognized=recognized)

    def complete() -> None:
        while _pass(unfinished(documents, ledger, name, recognition), ingestor, progress, wait, remove=remove):
            pass

    complete()
    update_chance(index, embedder)
    switch_to(indexes, index)
    complete()  # what another worker still wrote to the former index
    known = {entry.document for entry in ledger.entries()}
    for document in {document for document, _ in index.counts()} - known:  # deleted from the former index alone
        if ledger.get(document) is None and documents.find(document) is None:
            index.delete(document)
    return name


def _pass(
    left: Unfinished,
    ingestor: Ingestor,
    progress: Progress | None,
    wait: Callable[[Sequence[str]], None],
    *,
    remove: bool,
) -> bool:
    """Reconcile what is left; whether there may be more."""
    if left.gone.held and not remove:
        raise PlumblineError(
            f"The files of {len(left.gone.held)} documents are gone, {left.gone.held[0]!r} for one; without these the "
            "new index would not have them.",
            "Bring the files back, or give --remove to remove the documents.",
        )
    done: dict[str, Outcome | Exception] = {}
    prepared: list[Prepared] = []
    for document in sorted([*left.waiting, *left.failed, *left.gone.now, *left.gone.held]):
        try:
            one = ingestor.prepare(document, progress)
            if isinstance(one, Prepared):
                prepared.append(one)
            else:
                done[document] = one
        except Exception as error:  # the others are read all the same, so that what is left is little
            done[document] = error
        if len(prepared) == BATCH:
            done |= ingestor.commit(prepared)
            prepared = []
    done |= ingestor.commit(prepared)
    results = {document: one.result for document, one in done.items() if isinstance(one, Outcome)}
    failed = {document: one for document, one in done.items() if isinstance(one, Exception)}
    for document, cause in failed.items():
        LOG.warning("%s: %s", document, cause)
    if failed:
        document, cause = next(iter(failed.items()))
        others = f" and {len(failed) - 1} others" if len(failed) > 1 else ""
        raise PlumblineError(
            f"The new index is missing {document!r}{others}, which could not be read: {cause}",
            "Fix that and run the same command again; it resumes. Until then the old index stays in use.",
        ) from cause
    if busy := [document for document, result in results.items() if result == "busy"]:
        wait(busy)
    return bool(busy) or not {"ingested", "deleted"}.isdisjoint(results.values())


def update_chance(index: PassageIndex, embedder: Embedder) -> None:
    """Update the index's chance level if the index has outgrown it. Called after ingestion; a failure is retried the
    next time, and with the next question."""
    try:
        index.settle()
        chance(index, embedder)
    except PlumblineError as error:
        LOG.warning("The chance level of the library could not be measured: %s", error)


def document_title(document: str, metadata: str, first: Page | None) -> str:
    """The title a reader would give: the file's own, else the first page's largest heading; followed by the file name
    if that differs, since it often says whose report it is and of which year."""
    stem = PurePosixPath(document).stem
    title = metadata
    if not title and first is not None:
        headings = [p for p in first.paragraphs if p.level and len(p.text) >= 3]
        if headings:
            title = " ".join(min(headings, key=lambda p: p.level).text.split())
    words = " ".join(re.split(r"[\W_]+", stem)).strip() or stem
    if not title or _plain(title) == _plain(words):
        return title or words
    return f"{title} ({words})"


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _peek(pages: Iterator[Page]) -> tuple[Iterator[Page], Page | None]:
    first = next(pages, None)

    def all_pages() -> Iterator[Page]:
        if first is not None:
            yield first
        yield from pages

    return all_pages(), first


def _with_next(pages: Iterator[Page]) -> Iterator[tuple[Page, Page | None]]:
    """Each page with the next one."""
    page = next(pages, None)
    while page is not None:
        following = next(pages, None)
        yield page, following
        page = following


def _windows(pages: Iterator[Page], chunker: Chunker, next_page: int) -> Iterator[_Window]:
    """Passages of whole pages: at least WINDOW, or of WINDOW_PAGES pages or WINDOW_SECONDS, except for the last."""
    window, began = _Window(next_page), time.monotonic()
    for page, following in _with_next(pages):
        window.passages += chunker.page(page, following)
        window.pages[page.reader, page.state, ""] += 1
        if page.pictures:
            window.planned.append(PicturePage(replace(page, paragraphs=(), note=""), chunker.headings))
        if page.note:
            is_read = page.state in ("text", "image")
            LOG.warning("Page %d%s: %s", page.number, "" if is_read else " can't be read", page.note)
            if is_read:
                window.doubts.append(("unrecognized", 1, page.number))
        found = {**page.hidden, **chunker.left_out, **({"garbled": 1} if page.state == "garbled" else {})}
        window.doubts += [(kind, count, page.number) for kind, count in found.items()]
        window.next_page, window.carry = page.number + 1, chunker.carry
        is_long = window.pages.total() >= WINDOW_PAGES or time.monotonic() - began >= WINDOW_SECONDS
        if is_long or len(window.passages) >= WINDOW:
            yield window
            window, began = _Window(window.next_page), time.monotonic()
    if window.pages:
        yield window


def _after(entry: Entry, window: _Window, pictures: Pictures) -> Entry:
    """The entry once a window is written; the window's pictures are added to the plan."""
    if window.passages and not entry.language:
        entry = replace(entry, language=language_of(" ".join(one.text for one in window.passages)) or ENGLISH)
    left = numbers_of(entry.left)
    if window.planned:
        pictures.add_to_plan(window.planned, anew=entry.pictures == 0)
        left += [one.page.number for one in window.planned]
    elif window.recognized:
        left.remove(window.recognized)
    readers, skipped, doubts = Counter(entry.readers), Counter(entry.skipped), dict(entry.doubts)
    for (reader, state, earlier), count in window.pages.items():
        if earlier == "text":  # counted with its own text
            continue
        if earlier:
            skipped[earlier] -= count
        if state == "text":
            readers[reader] += count
        else:
            skipped[state] += count
    for kind, count, page in window.doubts:
        before = doubts.get(kind, {"count": 0, "page": page})
        doubts[kind] = {**before, "count": before["count"] + count}
    doubts = {kind: doubt for kind, doubt in doubts.items() if doubt["count"] > 0}
    return replace(
        entry,
        next_page=window.next_page or entry.next_page,
        carry=window.carry,
        passages=entry.passages + len(window.passages),
        readers=dict(readers),
        skipped=dict(+skipped),
        doubts=doubts,
        pictures=entry.pictures + len(window.planned),
        unrecognized=len(left),
        left=ranges_of(left),
        reason="",
        remedy="",
    )


def _picture_windows(pages: Iterator[Page], chunker: Chunker, plan: Mapping[int, PicturePage]) -> Iterator[_Window]:
    """The passages of each page's pictures, as soon as they are recognized, under the headings that the page's text is
    under. They are numbered by the page, so that they are the same in whatever order pages come."""
    for page in pages:
        own = plan[page.number]
        chunker.ordinal = (RECOGNIZED_PAGE + page.number) * MAX_PAGE_PASSAGES
        chunker.enter(own.headings)
        window = _Window(0, chunker.page(page)[:MAX_PAGE_PASSAGES], recognized=page.number)
        window.pages[page.reader, page.state, own.page.state] += 1
        if own.page.state == "garbled" and page.state == "text":
            window.doubts.append(("garbled", -1, page.number))
        if page.note:
            LOG.warning("The pictures on page %d can't be read: %s", page.number, page.note)
            window.doubts.append(("unrecognized", 1, page.number))
        window.carry = chunker.carry
        yield window


def _until_no_text(pages: Iterator[Page]) -> Iterator[Page]:
    """The pages, without the error at the end that none has text."""
    try:
        yield from pages
    except PdfError as error:
        if error.state != "no text":
            raise


def _without_text(entry: Entry, recognition: Recognition) -> tuple[str, str]:
    """Why a document has no text, and what to do about it if that is known."""
    found = ", ".join(f"{count} {state}" for state, count in entry.skipped.items())
    hidden = sum(doubt["count"] for kind, doubt in entry.doubts.items() if kind in HIDDEN)
    found += f"; {hidden:,} hidden words" if hidden else ""
    reason = f"None of the {entry.pages} pages of document.pdf has readable text ({found})."
    if entry.left and recognition.reason:
        return f"{reason} {recognition.reason}", recognition.remedy
    return reason, ""


def _cover(entry: Entry) -> Entry:
    """The entry of a portfolio whose documents are read."""
    count = len(attached_keys(entry))
    files = "a PDF, which is a document of its own" if count == 1 else f"{count} PDFs, which are documents of their own"
    reason = f"It is a cover around {files}."
    # The version stays in `reading`, as of a refused document: there is nothing else to be done with these bytes.
    return replace(entry, state="portfolio", text_done=False, carry="", next_page=1, reason=reason, remedy="")


def _ready(entry: Entry, limit: RecognitionLimit | None) -> Entry:
    """The entry of a document that is searchable. Pictures that are left are recognized when there is a recognizer, or
    its limit allows."""
    reason, remedy = (limit.reason, limit.remedy) if limit else ("", "")
    entry = replace(entry, state="ready", reading="", next_page=1, reason=reason, remedy=remedy)
    return entry if entry.left else replace(entry, text_done=False, carry="")
