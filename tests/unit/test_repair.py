"""What a repair finds, and what it leaves: index, ledger and documents agree."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.local.home import Home
from runtime.local.sqlite import DatabaseDamaged, rebuild
from runtime.ports import Entry
from runtime.repair import Finding, repair
from runtime.search.words import terms_of
from runtime.settings import Settings
from tests.unit.library import Library, pages

pytestmark = pytest.mark.usefixtures("small_windows", "copies_in_memory")

A, B, C = "a.pdf", "b.pdf", "c.pdf"


@pytest.fixture
def library() -> Library:
    """Three documents that are searchable."""
    library = Library()
    for number, key in enumerate((A, B, C), 3):
        library.put(key, *pages(number, key))
    library.settle()
    return library


def found(library: Library, *, remove: bool = False) -> list[Finding]:
    library.leases_run_out()
    return list(repair(library.documents, library.ledger, library.index, library.ingestor(), remove=remove))


def save(library: Library, entry: Entry) -> None:
    library.ledger.lease(entry.document, "test", 60)
    library.ledger.save(entry, "test")
    library.ledger.release(entry.document, "test")


def test_where_all_agree_nothing_is_found_and_nothing_done(library: Library) -> None:
    before = library.index.passages()
    assert found(library) == []
    assert library.index.passages() == before


def test_passages_that_the_index_lost_are_made_again(library: Library) -> None:
    whole = library.index.counts()
    library.index.delete(A)
    assert [(one.document, one.mended) for one in found(library)] == [(A, True)]
    assert library.index.counts() == whole
    assert found(library) == []
    library.check()


def test_passages_of_no_document_and_of_no_current_version_go(library: Library) -> None:
    (some, *_) = [one for one in library.index.passages() if one.document == A]
    stray = [replace(some, id="1", document="gone.pdf"), replace(some, id="2", version="w")]
    library.index.write(stray, library.embedder.embed(["x", "y"]), [terms_of([one], "en")[0] for one in stray])
    library.index.refresh()
    problems = {one.document: one.problem for one in found(library)}
    assert problems == {
        "gone.pdf": "The index had passages of it, though it is not in the library.",
        A: "The index had passages of a former version.",
    }
    assert found(library) == []
    library.check()


def test_a_ledger_that_was_lost_is_made_again_and_doubles_nothing(library: Library) -> None:
    whole = library.index.counts()
    for key in (A, B, C):
        library.ledger.lease(key, "test", 60)
        library.ledger.remove(key, "test")
        library.ledger.release(key, "test")
    assert {one.document for one in found(library)} == {A, B, C}
    assert library.index.counts() == whole
    library.check()


def test_bytes_that_changed_without_a_trace_are_read(library: Library) -> None:
    entry = library.entry(A)
    library.put(A, *pages(7, "other"))
    stored = library.documents.find(A)
    assert stored is not None
    save(library, replace(entry, tag=stored.tag))
    assert [(one.document, one.problem) for one in found(library)] == [(A, "Its bytes are not those that were read.")]
    assert library.entry(A).passages == 7
    library.check()


def test_many_files_that_are_gone_are_named_and_stay_until_it_is_confirmed(library: Library) -> None:
    more = [f"{n:02}.pdf" for n in range(12)]
    for key in more:
        library.put(key, *pages(1, key))
    library.settle()
    for key in more:
        library.delete(key)
    before = library.index.counts()
    assert [(one.document, one.mended) for one in found(library)] == [(key, False) for key in more]
    assert library.index.counts() == before
    assert [(one.document, one.mended) for one in found(library, remove=True)] == [(key, True) for key in more]
    assert {document for document, _ in library.index.counts()} == {A, B, C}


# --- the database ---------------------------------------------------------------------------------------


def opened(folder: Path) -> Home:
    return Home(Settings.read({"PLUMBLINE_HOME": str(folder)}))


def full(folder: Path) -> Home:
    """A library with many rows in its database."""
    home = opened(folder)
    for n in range(300):
        key = f"{n:03}.pdf"
        home.ledger.lease(key, "test", 60)
        home.ledger.save(Entry(key, "ready", title=str(n) * 50), "test")
    for n in range(100):
        home.conversations.create("me", f"Number {n}")
    home.database._open.close()
    with sqlite3.connect(home.database.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return home


def test_of_a_database_that_is_damaged_what_can_be_read_is_saved(tmp_path: Path) -> None:
    path = full(tmp_path).database.path
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = random.Random(1).randbytes(4096)
    path.write_bytes(content)
    aside, saved = rebuild(path)
    assert aside.read_bytes() == bytes(content)
    assert saved["ledger"] + saved.get("conversations", 0) > 200
    home = opened(tmp_path)
    assert len(home.ledger.entries()) == saved["ledger"]
    assert len(home.conversations.find("me")) == saved.get("conversations", 0)


@pytest.mark.parametrize("content", [b"not a database at all, but text" * 200, random.Random(2).randbytes(8192)])
def test_what_is_no_database_is_said_to_be_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "plumbline.db").write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="repair"):
        opened(tmp_path)
    _, saved = rebuild(tmp_path / "plumbline.db")
    assert saved == {}
    assert opened(tmp_path).ledger.entries() == []
