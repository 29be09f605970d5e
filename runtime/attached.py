"""PDFs attached to documents, as documents of their own: `outer.pdf/inner.pdf`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from runtime.ports import Documents, Entry, Ledger, PlumblineError, StoredDocument, checked_key
from runtime.reading.document import Attachments, Limits, PdfError, is_pdf, list_attachments, read_attachment
from runtime.versions import version_of

MAX_ATTACHED = 1000
"""Maximum PDFs attached to one document that are read."""

MAX_NAME_BYTES = 100_000
"""Maximum bytes of the names of one document's attached files in the ledger: a DynamoDB item has room for 400 KB."""

MAX_KEY_BYTES = 900
"""Maximum bytes of an attached document's key: S3 has room for 1,024 with a prefix."""

UNDER_WAY = ("waiting", "reading", "failed")
"""States of documents of whose attached files the ledger may not know yet."""


class AttachedDocuments:
    """The Documents port over another one, with what is attached to its documents. An attached document has the tag of
    the stored one that it is in, and comes and goes with it; it is taken out of it each time that it is needed."""

    def __init__(self, documents: Documents, ledger: Ledger, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._documents = documents
        self._ledger = ledger
        self._limits = limits

    def stored(self) -> Iterator[StoredDocument]:
        """Every document, and those attached that the ledger knows of."""
        entries = {entry.document: entry for entry in self._ledger.entries()}
        found = {one.key: one for one in self._documents.stored()}
        for one in list(found.values()):
            for key in _below(one.key, entries):
                found.setdefault(key, replace(one, key=key, version_id=""))
        yield from sorted(found.values(), key=lambda one: one.key)

    def find(self, key: str) -> StoredDocument | None:
        """The current document; of an attached one, whether it may be in the document that it is said to be in."""
        found, path = self._find(key)
        return replace(found, key=key, version_id="") if found and path else found

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Copy the document to `target`; PdfError if it can't be taken out of the one that it is in."""
        outer, path = self._find(key)
        if not path:
            return self._documents.fetch(key, target)
        with _beside(target) as copy:
            fetched = outer and self._documents.fetch(outer.key, copy)
            version = version_of(copy) if fetched else ""
            if outer is None or fetched is None or not _take_out(copy, outer.key, path, target, self._limits):
                return None
            return replace(fetched, key=key, version_id=f"{version}:{fetched.version_id}")

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Copy these bytes, current or former. The store's name for an attached document's is the version of the stored
        one that it was in, a colon, and the store's name for that."""
        outer, path = self._find(key)
        if not path:
            return self._documents.fetch_version(key, version, version_id, target)
        if outer is None:
            return False
        former, _, former_id = version_id.partition(":")
        with _beside(target) as copy:
            found = bool(former) and self._documents.fetch_version(outer.key, former, former_id, copy)
            if not found and self._documents.fetch(outer.key, copy) is None:
                return False
            return _take_out(copy, outer.key, path, target, self._limits) and version_of(target) == version

    def put(self, key: str, source: Path) -> None:
        """Store the file."""
        self._check_own(key, "can't be replaced by itself", "Replace")
        self._documents.put(key, source)

    def delete(self, key: str) -> None:
        """Remove the document, and with it those attached."""
        self._check_own(key, "can't be removed by itself", "Remove")
        self._documents.delete(key)

    def forget(self, key: str) -> None:
        """Remove the former versions of a deleted document, and with them those attached."""
        if not self._find(key)[1]:
            self._documents.forget(key)

    def _find(self, key: str) -> tuple[StoredDocument | None, list[str]]:
        """A document in the store, and the path of names from it to an attached one: without the document, if the
        ledger knows that this one is not attached to it."""
        name = checked_key(key)
        if found := self._documents.find(key):
            return found, []
        for outer in name.parents:
            if is_pdf(outer.name) and (found := self._documents.find(outer.as_posix())):
                return (found if self._may_hold(name, found.tag) else None), list(name.parts[len(outer.parts) :])
        return None, []

    def _may_hold(self, name: PurePosixPath, tag: str) -> bool:
        """Whether a document may be attached to the one that its name says."""
        entry = self._ledger.get(name.parent.as_posix())
        return entry is None or entry.tag != tag or entry.state in UNDER_WAY or name.name in entry.attachments

    def _check_own(self, key: str, what: str, verb: str) -> None:
        outer, path = self._find(key)
        if outer and path:
            raise PlumblineError(f"{key} is attached to {outer.key}, and {what}.", f"{verb} {outer.key}.")


def _below(key: str, entries: Mapping[str, Entry]) -> Iterator[str]:
    for attached in attached_keys(entries.get(key)):
        yield attached
        yield from _below(attached, entries)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Where to put a copy for a while, on the same disk as `target`."""
    with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
        yield Path(folder) / "outer.pdf"


def _take_out(outer: Path, key: str, path: list[str], target: Path, limits: Limits) -> bool:
    """Write the attached file at the end of a path of names to `target`, and remove `outer`, which is a copy of `key`;
    False if there is none."""
    inner = outer.with_name(f"inner-{len(path)}.pdf") if len(path) > 1 else target
    try:
        files = list_attachments(outer, limits).files
        index = next((n for n, file in enumerate(files) if file.is_pdf and file.name == path[0]), None)
        if index is None:
            return False
        read_attachment(outer, index, inner, limits)
    except PdfError as error:
        raise PdfError(error.state, error.reason.replace(outer.name, PurePosixPath(key).name)) from error
    outer.unlink()
    return len(path) == 1 or _take_out(inner, f"{key}/{path[0]}", path[1:], target, limits)


def attached_keys(entry: Entry | None) -> list[str]:
    """The keys of the documents attached to one."""
    return [f"{entry.document}/{name}" for name in entry.attachments if is_pdf(name)] if entry else []


def room_for_attached(document: str, ledger: Ledger) -> int:
    """How many PDFs attached to a document are read: of those attached to an attached one, its share of half as many
    as are read of the document that it is in. So there is an end to attachments of attachments."""
    outer = PurePosixPath(document).parent
    siblings = attached_keys(ledger.get(outer.as_posix())) if is_pdf(outer.name) else []
    if document not in siblings:
        return MAX_ATTACHED
    return room_for_attached(outer.as_posix(), ledger) // (2 * len(siblings))


def named_in_ledger(document: str, found: Attachments, room: int) -> tuple[dict[str, int], int]:
    """The sizes of a document's attached files by name, and how many files are left out: the PDFs for which there is no
    room, or whose keys would be too long, and those whose names would be too long together."""
    named: dict[str, int] = {}
    space = MAX_NAME_BYTES
    for file in found.files:
        space -= len(file.name.encode())
        room -= file.is_pdf
        is_read = room >= 0 and len(f"{document}/{file.name}".encode()) <= MAX_KEY_BYTES
        if space >= 0 and (is_read or not file.is_pdf):
            named[file.name] = file.size
    return named, len(found.files) - len(named) + found.left_out
