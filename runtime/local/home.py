"""One machine's library: a folder, and the ports opened over it."""

from __future__ import annotations

import filecmp
import logging
import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from pathlib import Path, PurePosixPath

from runtime.analyses import Analyses
from runtime.answer.answerer import Answerer
from runtime.attached import AttachedDocuments
from runtime.evidence import Evidence
from runtime.ingest import Ingestor, open_index, searched_index
from runtime.local.analyses import LocalAnalyses
from runtime.local.folder import FolderArchive, FolderDocuments, FolderFiles
from runtime.local.former import FormerVersions
from runtime.local.minilm import MiniLm
from runtime.local.model_choice import AnsweringModel
from runtime.local.priority import Questions
from runtime.local.rapidocr import RapidOcr
from runtime.local.sources import Sources, as_key
from runtime.local.sqlite import (
    Database,
    SqliteConversations,
    SqliteLedger,
    SqliteMetrics,
    SqliteRecognizedPages,
    SqliteResults,
    SqliteWorkers,
    copy_to,
)
from runtime.lookup import is_known, unknown_document
from runtime.ports import (
    Archive,
    Embedder,
    Generator,
    Ledger,
    PassageIndex,
    PassageIndexes,
    PlumblineError,
    Recognition,
)
from runtime.reading.document import is_pdf
from runtime.search.searcher import Searchers
from runtime.settings import Settings

LOG = logging.getLogger(__name__)

NAME_BYTES = 255
"""How long a file's name may be in nearly all file systems."""


class Home:
    """Everything below `settings.home`. Ports and models are opened at first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.is_read_only = settings.home.exists() and not os.access(settings.home, os.W_OK)
        own = self._scratch_folder() if self.is_read_only else settings.home
        self.database = Database(own / "plumbline.db")
        former = FormerVersions(settings.home / "versions", settings.versions_mib << 20)
        self.ledger: Ledger = SqliteLedger(self.database)
        self._folder = FolderDocuments(settings.home / "documents", former, is_new=not self.ledger.entries())
        self.archive: Archive = FolderArchive(own / "archive")
        self.reports = FolderFiles(settings.home / "reports")
        self.documents = AttachedDocuments(self._folder, self.ledger)
        self.conversations = SqliteConversations(self.database)
        self.recognized = SqliteRecognizedPages(self.database)
        self.results = SqliteResults(self.database)
        self.metrics = SqliteMetrics(self.database)
        self.workers = SqliteWorkers(self.database)
        self._questions = Questions()
        self.embedder: Embedder = MiniLm(settings.threads, self._questions)
        self.answering = AnsweringModel(settings, self._questions)
        self.sources = Sources(
            settings.home, self.database, self._folder, self.ledger, self.remove, self.check_writable
        )
        self.add = self.sources.add
        self._evidence_folder = own / "evidence"
        self._searchers = Searchers()

    def _scratch_folder(self) -> Path:
        """A folder for what is written while the library can't be: a copy of the database, archived questions, drawn
        pages. It goes with the process."""
        self._scratch = tempfile.TemporaryDirectory(prefix="plumbline-")
        folder = Path(self._scratch.name)
        copy_to(folder, self.settings.home / "plumbline.db")
        return folder

    def check_writable(self) -> None:
        """PlumblineError if the library is on a disk that can only be read."""
        if self.is_read_only:
            raise PlumblineError(
                f"The library in {self.settings.home} can be asked, but not changed: its disk is read-only.",
                "Make the folder writable, or set PLUMBLINE_HOME to a copy of it.",
            )

    @property
    def background_embedder(self) -> Embedder:
        """The embedder for what is read in the background, which gives way to questions."""
        return self.embedder.in_background() if isinstance(self.embedder, MiniLm) else self.embedder

    @property
    def generator(self) -> Generator | None:
        """The model that the next question is put to, see `answering`; None to quote the documents."""
        return self.answering.generator

    @cached_property
    def recognition(self) -> Recognition:
        """What recognizes the text of pictures, or why nothing does; a missing package is also logged."""
        if not self.settings.ocr:
            return Recognition(None, "Pictures are not read: PLUMBLINE_OCR is none.", "Unset it to read them.")
        try:
            return Recognition(RapidOcr(self.settings.threads))
        except PlumblineError as error:  # everything but pictures can still be read
            LOG.warning("%s", error)
            return Recognition(None, error.reason, error.remedy)

    @cached_property
    def analyses(self) -> Analyses:
        """The analyses of the library and its questions."""
        return LocalAnalyses(self.settings.home)

    @cached_property
    def evidence(self) -> Evidence:
        """Images of the documents' pages, and the places of texts on them."""
        return Evidence(self.documents, self.ledger, self._evidence_folder, self.recognized)

    @cached_property
    def indexes(self) -> PassageIndexes:
        """The indexes of passages."""
        from runtime.local.lance import LanceIndexes  # takes a second to import, and most commands don't need it

        return LanceIndexes(self.settings.home / "index", self.settings.threads, self._questions.wait)

    @property
    def has_index(self) -> bool:
        """Whether there is an index, without loading what reads it."""
        return (self.settings.home / "index" / "live").exists()

    def index(self) -> PassageIndex:
        """The index to write documents to, which is the live one."""
        return open_index(self.indexes, self.embedder)

    def ingestor(self) -> Ingestor:
        """An ingestor for one thread."""
        self.check_writable()
        ports = (self.documents, self.ledger, self.index(), self.background_embedder, self.archive)
        return Ingestor(
            *ports, recognition=self.recognition, recognized=self.recognized, on_forget=self.evidence.forget
        )

    def answerer(self) -> Answerer:
        """Searches the live index and answers from it."""
        index = searched_index(self.indexes, self.embedder)
        searcher = self._searchers.over(index, self.embedder, self.settings.refused)
        return Answerer(searcher, self.embedder, self.generator, self.archive, self.metrics, self.evidence)

    def path(self, key: str) -> Path:
        """Where a document is that is not attached to another."""
        return self._folder.path(key)

    def upload(self, name: str, file: Path, *, keep_both: bool = False) -> str:
        """Store an uploaded file under its name; if there is a document of that name, as its new version, or under a
        name of its own to `keep_both`. Returns the key."""
        self.check_writable()
        key = _upload_key(name)
        if not (keep_both or self.path(key).is_dir()):
            self.documents.put(key, file)
            self.sources.uploaded(key)
            return key
        key = self.sources.claim(_numbered(key))
        try:
            self.documents.put(key, file)
        except BaseException:
            self.sources.forget(key)
            raise
        return key

    def has_other(self, name: str, file: Path) -> bool:
        """Whether an uploaded file's name is that of a document with other bytes."""
        there = self.path(_upload_key(name))
        return there.is_file() and not filecmp.cmp(file, there, shallow=False)

    def accept_documents_folder(self) -> None:
        """Take the folder of documents as it is, even if it is empty or missing. Documents whose files are still where
        they came from are copied again."""
        self._folder.mark()
        self.sources.copy_again()

    def _has_attached(self, key: str) -> bool:
        return is_pdf(key) and any(entry.document.startswith(f"{key}/") for entry in self.ledger.entries())

    def remove(self, key: str) -> None:
        """Remove a document from the library, with its former versions and images; UnknownDocument if there is none.
        Its passages are removed when it is next reconciled."""
        self.check_writable()
        if not (is_known(self.ledger, key) or self.path(key).is_file() or self._has_attached(key)):
            raise unknown_document(self.ledger, key, "python -m runtime documents")
        self.documents.delete(key)
        self.evidence.forget(key)
        self.sources.forget(key)


def _upload_key(name: str) -> str:
    return _fitting(as_key(Path(name).name.strip()) or "document.pdf", "")


def _numbered(key: str) -> Iterator[str]:
    """The name, then `name (2).pdf`, and so on."""
    yield key
    for number in count(2):
        yield _fitting(key, f" ({number})")


def _fitting(key: str, mark: str) -> str:
    """The name with a mark at the end of its stem, which is cut if the whole is too long for a file system."""
    ending = f"{mark}{PurePosixPath(key).suffix if is_pdf(key) else ''}"
    stem = key.removesuffix(ending.removeprefix(mark))
    return stem.encode()[: NAME_BYTES - len(ending.encode())].decode(errors="ignore") + ending
