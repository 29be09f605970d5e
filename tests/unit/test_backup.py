"""A library as one file, and a library from it."""

from __future__ import annotations

import fcntl
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest

from runtime.local.backup import SUMS, backup, restore
from runtime.local.folder import PART
from runtime.local.home import Home
from runtime.local.sqlite import OpenedByNewer
from runtime.ports import Entry, PlumblineError
from runtime.settings import Settings


def opened(folder: Path) -> Home:
    return Home(Settings.read({"PLUMBLINE_HOME": str(folder)}))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A library with a document, a former version, a conversation, and somebody at work."""
    home = opened(tmp_path / "home")
    for text in (b"first", b"second"):
        (tmp_path / "a.pdf").write_bytes(text)
        home.upload("a.pdf", tmp_path / "a.pdf")
    home.ledger.lease("a.pdf", "somebody", 1000)
    home.ledger.save(Entry("a.pdf", "ready", version="v"), "somebody")
    home.conversations.create("me", "About kilns")
    return home


def test_a_restored_library_is_the_same_but_for_who_was_at_work(home: Home, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    size = backup(tmp_path / "home", tmp_path / "b.tar", lambda *at: seen.append(at))
    assert size == (tmp_path / "b.tar").stat().st_size
    assert seen[-1][0] == seen[-1][1]
    restore(tmp_path / "b.tar", tmp_path / "new" / "home")
    again = opened(tmp_path / "new" / "home")
    assert again.path("a.pdf").read_bytes() == b"second"
    assert again.ledger.get("a.pdf") == home.ledger.get("a.pdf")
    assert [one.title for one in again.conversations.find("me")] == ["About kilns"]
    former = [path.name for path in (tmp_path / "new" / "home" / "versions").rglob("*.pdf") if path.is_file()]
    assert former == [path.name for path in (tmp_path / "home" / "versions").rglob("*.pdf") if path.is_file()] != []
    assert again.ledger.lease("a.pdf", "another", 60)
    assert not home.ledger.lease("a.pdf", "another", 60)
    assert not list(tmp_path.glob(".part-*"))
    ours, theirs = home.path("a.pdf").stat(), again.path("a.pdf").stat()
    assert ours.st_mtime_ns == theirs.st_mtime_ns


def test_documents_on_another_disk_are_in_the_backup(home: Home, tmp_path: Path) -> None:
    (tmp_path / "home" / "documents").rename(tmp_path / "disk")
    (tmp_path / "home" / "documents").symlink_to(tmp_path / "disk")
    backup(tmp_path / "home", tmp_path / "b.tar")
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "lost+found").mkdir()
    restore(tmp_path / "b.tar", tmp_path / "mounted")
    assert opened(tmp_path / "mounted").path("a.pdf").read_bytes() == b"second"


def test_a_backup_is_made_while_others_write(home: Home, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        n = 0
        while not done.is_set():
            n += 1
            home.conversations.create("me", f"Number {n}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            backup(tmp_path / "home", tmp_path / f"{n}.tar")
    finally:
        done.set()
        writer.join()
    restore(tmp_path / "2.tar", tmp_path / "restored")
    titles = {one.title for one in opened(tmp_path / "restored").conversations.find("me")} - {"About kilns"}
    assert titles == {f"Number {n}" for n in range(1, len(titles) + 1)}


def test_neither_a_file_nor_a_library_is_overwritten(home: Home, tmp_path: Path) -> None:
    backup(tmp_path / "home", tmp_path / "b.tar")
    before = (tmp_path / "b.tar").read_bytes()
    with pytest.raises(PlumblineError, match="exists"):
        backup(tmp_path / "home", tmp_path / "b.tar")
    with pytest.raises(PlumblineError, match="not empty"):
        restore(tmp_path / "b.tar", tmp_path / "home")
    with pytest.raises(PlumblineError, match="within the library"):
        backup(tmp_path / "home", tmp_path / "home" / "b.tar")
    with pytest.raises(PlumblineError, match="no library"):
        backup(tmp_path / "nowhere", tmp_path / "c.tar")
    assert (tmp_path / "b.tar").read_bytes() == before


def test_what_is_damaged_or_no_backup_is_not_restored(home: Home, tmp_path: Path) -> None:
    backup(tmp_path / "home", tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    at = whole.index(b"second")
    cases = {
        "changed": whole[:at] + b"Second" + whole[at + 6 :],
        "cut": whole[: len(whole) // 2],
        "no end": whole[: whole.rindex(SUMS.encode()) // 512 * 512] + bytes(1024),
        "empty": b"",
        "other": b"%PDF-1.7 and so on",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PlumblineError):
            restore(tmp_path / name, tmp_path / "restored")
        assert not (tmp_path / "restored").exists()
    assert not list(tmp_path.glob(".part-*"))


def test_what_a_killed_backup_or_restore_left_is_no_obstacle_and_goes(home: Home, tmp_path: Path) -> None:
    left = tmp_path / f"{PART}x-b.tar"
    left.write_bytes(b"half")
    with (tmp_path / f"{PART}y-b.tar").open("wb") as other:  # by a process that is at it
        fcntl.flock(other, fcntl.LOCK_EX)
        backup(tmp_path / "home", tmp_path / "b.tar")
        assert [path.name for path in tmp_path.glob(f"{PART}*")] == [f"{PART}y-b.tar"]
    (tmp_path / "new" / f"{PART}x" / "documents").mkdir(parents=True)
    restore(tmp_path / "b.tar", tmp_path / "new")
    assert opened(tmp_path / "new").path("a.pdf").read_bytes() == b"second"
    assert not list((tmp_path / "new").glob(f"{PART}*"))


@pytest.mark.parametrize("name", ["../out.pdf", "/tmp/out.pdf"])
def test_a_backup_can_not_write_elsewhere(name: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.add(tmp_path / "x", arcname="x")
        info = tar.gettarinfo(tmp_path / "x")
        info.name = name
        with (tmp_path / "x").open("rb") as file:
            tar.addfile(info, file)
    with pytest.raises(PlumblineError, match="no backup of a library"):
        restore(tmp_path / "b.tar", tmp_path / "restored")


def test_a_database_of_a_later_version_is_refused_by_name_also_by_those_who_have_it_open(
    home: Home, tmp_path: Path
) -> None:
    with sqlite3.connect(home.database.path) as connection:
        connection.execute("ALTER TABLE origins ADD COLUMN more NOT NULL DEFAULT 0")
        connection.execute("PRAGMA user_version = 1000")
    connection.close()
    for use in (
        lambda: opened(tmp_path / "home"),
        lambda: home.add([tmp_path]),
        lambda: home.upload("b.pdf", tmp_path / "a.pdf"),
        home.ledger.entries,
    ):
        with pytest.raises(OpenedByNewer, match=r"newer version.*plumbline\.db is of version 1000.*Restart"):
            use()


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_library_that_is_gone_while_it_is_open_is_not_made_anew(left: str, home: Home, tmp_path: Path) -> None:
    (tmp_path / "home").rename(tmp_path / "away")
    if left == "an empty folder":  # where its disk is mounted otherwise
        (tmp_path / "home").mkdir()
    for use in (home.ledger.entries, lambda: home.ledger.lease("a.pdf", "me", 1), lambda: home.add([tmp_path])):
        with pytest.raises(PlumblineError, match=r"plumbline\.db is no longer there.*connect it"):
            use()
    assert not (tmp_path / "home").exists() or not any((tmp_path / "home").iterdir())
    if left == "an empty folder":
        (tmp_path / "home").rmdir()
    (tmp_path / "away").rename(tmp_path / "home")
    assert [entry.document for entry in home.ledger.entries()] == ["a.pdf"]
