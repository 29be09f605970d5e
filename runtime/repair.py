"""Verifies index against ledger against documents, and mends what differs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime.ingest import Ingestor, Outcome
from runtime.ports import Documents, Entry, Ledger, PassageIndex, PlumblineError
from runtime.reading.document import PdfError
from runtime.removals import removals
from runtime.versions import version_of

READ = ("ready", "recognizing")
"""States of documents whose passages the index must have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was wrong with a document, and whether it was mended; if not, why."""

    document: str
    problem: str
    mended: bool = True
    why: str = ""


def repair(
    documents: Documents,
    ledger: Ledger,
    index: PassageIndex,
    ingestor: Ingestor,
    follow: Callable[[str, int, int], None] = lambda *_: None,
    *,
    remove: bool = False,
) -> Iterator[Finding]:
    """Mend what differs, document by document. Documents whose files are gone are removed like elsewhere: if they are
    many, only if told to `remove` them. `follow` is called with the document being verified, its number and how many
    there are. What fails keeps no other from being verified."""
    index.refresh()
    indexed: dict[str, dict[str, int]] = {}
    for (document, version), count in index.counts().items():
        indexed.setdefault(document, {})[version] = count
    # Read after the index: what is ingested meanwhile is known to these.
    stored = {one.key for one in documents.stored()}
    entries = {entry.document: entry for entry in ledger.entries()}
    gone = removals(entries, stored, confirmed=remove)
    for document in gone.held:
        yield Finding(document, "Its file is gone.", mended=False, why="Many are: give --remove to remove them.")
    for document in sorted(indexed.keys() - entries.keys() - stored):
        index.delete(document)
        yield Finding(document, "The index had passages of it, though it is not in the library.")
    known = sorted({*stored, *gone.now})
    for number, document in enumerate(known, 1):
        follow(document, number, len(known))
        try:
            problem = _problem(documents, entries.get(document), index.name, indexed.get(document, {}), document)
            if document in gone.now:
                problem = "Its file is gone."
            outcome = _mended(ingestor, document) if problem else ingestor.reconcile(document)
        except (PlumblineError, OSError) as error:
            yield Finding(document, problem or "It is not read.", mended=False, why=str(error))
            continue
        if outcome.result == "busy":
            why = "Another process is reading it; run the same command again."
            yield Finding(document, problem or "It is being read.", mended=not problem, why=why if problem else "")
        elif problem or outcome.result not in ("unchanged", "limited"):
            yield Finding(document, problem or "It was not read, or its file had changed.")


def _problem(documents: Documents, entry: Entry | None, index: str, versions: dict[str, int], document: str) -> str:
    """What is wrong with a document that is said to be searchable, '' for nothing."""
    if entry is None or entry.index != index or entry.state not in READ or entry.reading:
        return ""  # it is read anyway
    if versions.get(entry.version, 0) != entry.passages:
        return f"The index had {versions.get(entry.version, 0)} of its {entry.passages} passages."
    if versions.keys() - {entry.version}:
        return "The index had passages of a former version."
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        copy = Path(folder) / "document.pdf"
        try:
            found = documents.fetch(document, copy)
        except PdfError:  # of an attached one, which says so when it is read
            return ""
        if found is not None and found.tag == entry.tag and version_of(copy) != entry.version:
            return "Its bytes are not those that were read."
    return ""


def _mended(ingestor: Ingestor, document: str) -> Outcome:
    """The document, read again from the start; twice, since what is there in excess is found at the end of the first
    time, and removed for the second."""
    try:
        return ingestor.reconcile(document, force=True)
    except PlumblineError:
        return ingestor.reconcile(document, force=True)
