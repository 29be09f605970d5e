"""Files and folders from which documents are added, and what happens when they go."""

from __future__ import annotations

import fcntl
import filecmp
import os
import shutil
import socket
import sqlite3
import threading
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from runtime.local.folder import MARK, PART, DocumentsMissing
from runtime.local.home import Home
from runtime.local.sources import LINK, OTHER_DISK, TOO_MANY
from runtime.ports import Entry, PlumblineError
from runtime.removals import removals
from runtime.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return opened(tmp_path)


def opened(folder: Path) -> Home:
    return Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")}))


def papers(folder: Path, names: Sequence[str]) -> Path:
    """A folder with these files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    return folder


def read(home: Home, keys: Sequence[str]) -> None:
    """The ledger knows these documents."""
    for key in keys:
        home.ledger.lease(key, "test", 60)
        home.ledger.save(Entry(key, "ready", version="v"), "test")
        home.ledger.release(key, "test")


def stored(home: Home) -> list[str]:
    return [one.key for one in home.documents.stored()]


# --- names ----------------------------------------------------------------------------------------------


def test_documents_are_named_by_their_paths_below_the_folder(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "2024/a.pdf", "2025/a.PDF", "notes.txt"])
    seen: list[tuple[str, bool]] = []
    added = home.add([folder], lambda key, is_new: seen.append((key, is_new)))
    assert sorted(added.keys) == stored(home) == ["2024/a.pdf", "2025/a.PDF", "a.pdf"]
    assert added.left_out == 1
    assert sorted(seen) == sorted((key, True) for key in added.keys)
    seen.clear()
    assert sorted(home.add([folder], lambda key, is_new: seen.append((key, is_new))).keys) == sorted(added.keys)
    assert {is_new for _, is_new in seen} == {False}


def test_another_folders_file_of_the_same_name_gets_that_folders_name(home: Home, tmp_path: Path) -> None:
    one, two = papers(tmp_path / "one", ["a.pdf"]), papers(tmp_path / "two", ["a.pdf"])
    third = papers(tmp_path / "x" / "two", ["a.pdf"])
    assert home.add([one]).keys == ["a.pdf"]
    assert home.add([two]).keys == ["two/a.pdf"]
    assert home.add([third]).keys == ["two 2/a.pdf"]
    assert home.add([one, two, third]).keys == ["a.pdf", "two/a.pdf", "two 2/a.pdf"]


def test_a_library_that_lost_its_database_doubles_nothing(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "below/b.pdf"])
    home.add([folder])
    for file in (tmp_path / "home").glob("plumbline.db*"):
        file.unlink()
    assert opened(tmp_path).add([folder]).keys == ["a.pdf", "below/b.pdf"]
    assert stored(opened(tmp_path)) == ["a.pdf", "below/b.pdf"]


def test_a_folder_named_like_a_document_beside_it_keeps_neither_out(home: Home, tmp_path: Path) -> None:
    home.upload("a.pdf", papers(tmp_path / "up", ["a.pdf"]) / "a.pdf")
    folder = papers(tmp_path / "papers", ["a.pdf/b.pdf"])
    added = home.add([folder])
    assert (added.keys, added.skipped) == (["papers/a.pdf/b.pdf"], [])
    assert stored(home) == ["a.pdf", "papers/a.pdf/b.pdf"]


def test_a_name_that_is_not_utf8_is_escaped_and_keeps_no_other_out(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", os.fsdecode(b"caf\xe9.pdf"), "caf%E9.pdf"])
    added = home.add([folder])
    assert sorted(added.keys) == ["a.pdf", "caf%E9.pdf", "papers/caf%E9.pdf"]
    assert (folder / os.fsdecode(b"caf\xe9.pdf")).read_bytes() == b"caf\xe9.pdf"
    assert sorted(home.add([folder]).keys) == sorted(added.keys)
    (folder / os.fsdecode(b"caf\xe9.pdf")).unlink()
    (gone,) = home.add([folder]).removed
    assert home.path("caf%E9.pdf").exists() != home.path("papers/caf%E9.pdf").exists()
    assert not home.path(gone).exists()


def test_the_forms_of_unicode_of_one_name_are_one(home: Home, tmp_path: Path) -> None:
    composed = unicodedata.normalize("NFC", "Prüfung.pdf")
    folder = papers(tmp_path / "papers", [unicodedata.normalize("NFD", composed)])
    assert home.add([folder]).keys == [composed]
    file = papers(tmp_path / "up", ["x.pdf"]) / "x.pdf"
    assert home.upload(unicodedata.normalize("NFD", composed), file) == composed
    assert stored(home) == [composed]


@pytest.mark.parametrize("name", ["a\nb.pdf", 'it\'s "so".pdf', "50%2F50.pdf", "dots....pdf", "x" * 251 + ".pdf"])
def test_odd_names_are_taken_as_they_are(name: str, home: Home, tmp_path: Path) -> None:
    assert home.add([papers(tmp_path / "papers", [name])]).keys == [name]
    assert home.path(name).read_bytes() == name.encode()


# --- what is no file, or can't be read ------------------------------------------------------------------


def test_what_is_no_file_is_named_and_keeps_nothing_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf"])
    os.mkfifo(folder / "pipe.pdf")
    (folder / "folder.pdf").mkdir()
    (folder / "round.pdf").symlink_to("round.pdf")
    (folder / "circle").symlink_to(folder)
    (folder / "nowhere.pdf").symlink_to(tmp_path / "nowhere")
    (folder / "device.pdf").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as made, monkeypatch.context() as context:
        context.chdir(folder)  # a socket's path must be short
        made.bind("socket.pdf")
    added = home.add([folder])
    assert added.keys == ["a.pdf"]
    names = {"pipe.pdf", "round.pdf", "nowhere.pdf", "device.pdf", "socket.pdf"}
    assert {Path(one.path).name for one in added.skipped} == names
    assert all(one.reason for one in added.skipped)


def test_a_link_is_a_document_of_its_own_with_the_bytes_it_points_to(home: Home, tmp_path: Path) -> None:
    versions = papers(tmp_path / "versions", ["v1.pdf", "v2.pdf", "v3.pdf"])
    folder = papers(tmp_path / "papers", ["a.pdf"])
    latest = folder / "latest.pdf"
    for number, given in ((1, [folder]), (2, [latest]), (3, [folder]), (3, [latest])):
        latest.unlink(missing_ok=True)
        latest.symlink_to(versions / f"v{number}.pdf")
        assert "latest.pdf" in home.add(given).keys
        assert stored(home) == ["a.pdf", "latest.pdf"]
        assert home.path("latest.pdf").read_bytes() == f"v{number}.pdf".encode()
    latest.unlink()
    latest.symlink_to("a.pdf")  # a twin
    assert home.add([folder]).keys == ["a.pdf", "latest.pdf"]
    assert home.path("latest.pdf").read_bytes() == b"a.pdf"
    latest.unlink()
    assert home.add([folder]).removed == ["latest.pdf"]


def test_a_link_to_a_folder_is_not_followed_and_named_if_it_leads_out(home: Home, tmp_path: Path) -> None:
    papers(tmp_path / "more", ["m.pdf"])
    folder = papers(tmp_path / "papers", ["a.pdf", "2025/b.pdf"])
    (folder / "current").symlink_to("2025")
    (folder / "up").symlink_to(folder)
    (folder / "more").symlink_to(tmp_path / "more")
    added = home.add([folder])
    assert added.keys == ["2025/b.pdf", "a.pdf"]
    assert [(one.path, one.reason) for one in added.skipped] == [(str(folder / "more"), LINK)]
    assert home.add([folder / "more"]).keys == ["m.pdf"]
    assert home.add([tmp_path / "more"]).keys == ["m.pdf"]


def test_a_file_that_grows_while_it_is_copied_leaves_what_was_there(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "b.pdf"])
    home.add([folder])
    copy = shutil.copyfileobj

    def growing(source: IO[bytes], target: IO[bytes], length: int) -> None:
        copy(source, target, length)
        if str(source.name) == str(folder / "a.pdf"):
            with (folder / "a.pdf").open("ab") as file:
                file.write(b"more")

    papers(folder, ["a.pdf", "b.pdf"])
    (folder / "a.pdf").write_bytes(b"half ")
    monkeypatch.setattr(shutil, "copyfileobj", growing)
    added = home.add([folder])
    assert (added.keys, added.removed) == (["b.pdf"], [])
    assert [(Path(one.path).name, "being written" in one.reason) for one in added.skipped] == [("a.pdf", True)]
    assert home.path("a.pdf").read_bytes() == b"a.pdf"
    monkeypatch.undo()
    assert home.add([folder]).keys == ["a.pdf", "b.pdf"]
    assert home.path("a.pdf").read_bytes() == b"half more"


def test_a_folder_below_that_cannot_be_read_loses_no_documents(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "below/b.pdf"])
    home.add([folder])
    listed = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "below":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    added = home.add([folder])
    assert (added.keys, added.removed) == (["a.pdf"], [])
    assert [(one.path, one.reason) for one in added.skipped] == [(str(folder / "below"), "Permission denied")]


def test_a_copy_that_was_interrupted_is_made_again_under_the_same_name(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf"])
    monkeypatch.setattr(type(home._folder), "put", killed)
    with pytest.raises(KeyboardInterrupt):
        home.add([folder])
    monkeypatch.undo()
    left = home.path("a.pdf").with_name(f"{PART}1")  # of a process that has ended
    left.write_bytes(b"half")
    with left.with_name(f"{PART}2").open("wb") as written:  # by a process that is at it, wherever
        fcntl.flock(written, fcntl.LOCK_EX)
        assert opened(tmp_path).add([folder]).keys == ["a.pdf"]
        assert (left.exists(), Path(written.name).exists()) == (False, True)


def test_a_file_whose_copy_failed_and_that_is_gone_breaks_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "k.pdf", "z.pdf"])
    monkeypatch.setattr(type(home._folder), "put", killed)
    with pytest.raises(KeyboardInterrupt):
        home.add([folder / "k.pdf", folder])
    monkeypatch.undo()
    read(home, [key for key in home.add([folder]).keys if key != "k.pdf"])
    home.path("k.pdf").unlink()
    for name in ("a.pdf", "k.pdf", "z.pdf"):
        (folder / name).unlink()
    seen: list[str] = []
    assert home.add([folder], lambda key, _: seen.append(key)).removed == ["a.pdf", "k.pdf", "z.pdf"] == seen
    papers(folder, ["b.pdf"])
    assert home.add([folder]).keys == ["b.pdf"]


def test_the_library_within_a_folder_is_not_part_of_it(tmp_path: Path) -> None:
    folder = papers(tmp_path, ["a.pdf"])
    for _ in range(3):
        assert opened(folder).add([folder]).keys == ["a.pdf"]


def test_the_librarys_own_copies_are_no_source(home: Home, tmp_path: Path) -> None:
    home.add([papers(tmp_path / "papers", ["a.pdf"])])
    documents = tmp_path / "home" / "documents"
    for path in (documents, documents / "a.pdf"):
        with pytest.raises(PlumblineError, match="library's own"):
            home.add([path])
    documents.rename(tmp_path / "papers" / "disk")
    documents.symlink_to(tmp_path / "papers" / "disk")
    assert opened(tmp_path).add([tmp_path / "papers"]).keys == ["a.pdf"]


def test_a_file_that_became_a_folder_is_gone(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["x.pdf", "y.pdf"])
    read(home, home.add([folder]).keys)
    (folder / "x.pdf").unlink()
    papers(folder, ["x.pdf/inner.pdf"])
    added = home.add([folder])
    assert (added.keys, added.removed) == (["papers/x.pdf/inner.pdf", "y.pdf"], ["x.pdf"])


def test_an_upload_is_not_taken_over_by_a_folder(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf"])
    home.upload("a.pdf", folder / "a.pdf")
    assert home.add([folder]).keys == ["papers/a.pdf"]
    (folder / "a.pdf").unlink()
    assert home.add([folder]).removed == ["papers/a.pdf"]
    assert stored(home) == ["a.pdf"]


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


# --- removals -------------------------------------------------------------------------------------------


def test_what_is_gone_from_a_folder_goes_also_its_last(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "b.pdf"])
    read(home, home.add([folder]).keys)
    (folder / "a.pdf").unlink()
    assert home.add([folder]).removed == ["a.pdf"]
    (folder / "b.pdf").unlink()
    assert home.add([folder]).removed == ["b.pdf"]
    assert stored(home) == []


def test_a_missing_folder_removes_nothing(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "b.pdf"])
    read(home, home.add([folder]).keys)
    folder.rename(tmp_path / "away")
    with pytest.raises(PlumblineError, match="papers is missing; the 2 documents from it stay"):
        home.add([folder], remove=True)
    assert stored(home) == ["a.pdf", "b.pdf"]
    with pytest.raises(PlumblineError, match="There is no file or folder"):
        home.add([tmp_path / "never"])
    (tmp_path / "round.pdf").symlink_to("round.pdf")
    with pytest.raises(PlumblineError, match="There is no file or folder"):
        home.add([tmp_path / "round.pdf"])


def test_many_at_once_are_held_back_until_it_is_confirmed(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", [f"{n:02}.pdf" for n in range(30)])
    read(home, home.add([folder]).keys)
    for n in range(11):
        (folder / f"{n:02}.pdf").unlink()
    added = home.add([folder])
    assert (added.removed, added.held) == ([], {TOO_MANY: [f"{n:02}.pdf" for n in range(11)]})
    assert len(stored(home)) == 30
    assert len(home.add([folder], remove=True).removed) == 11
    assert len(stored(home)) == 19


def on_another_device(home: Home) -> None:
    """As if all files had been on another device when they were seen last."""
    with sqlite3.connect(home.database.path) as connection:
        connection.execute("UPDATE origins SET device = device + 1")
    connection.close()


def test_a_folder_on_another_disk_removes_nothing(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "b.pdf"])
    read(home, home.add([folder]).keys)
    on_another_device(home)
    for name in ("a.pdf", "b.pdf"):
        (folder / name).unlink()
    papers(folder, ["c.pdf"])  # where the disk is mounted otherwise
    added = home.add([folder])
    assert (added.removed, added.held) == ([], {OTHER_DISK: ["a.pdf", "b.pdf"]})
    assert home.add([folder], remove=True).removed == ["a.pdf", "b.pdf"]
    (folder / "c.pdf").unlink()
    assert home.add([folder]).removed == ["c.pdf"]


def test_a_disk_that_has_another_number_after_a_restart_is_known_by_its_files(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf", "below/b.pdf", "c.pdf"])
    read(home, home.add([folder]).keys)
    on_another_device(home)
    (folder / "a.pdf").unlink()
    added = home.add([folder / "c.pdf"])  # whatever is looked at first
    added = home.add([folder])
    assert (added.removed, added.held) == (["a.pdf"], {})
    (folder / "below" / "b.pdf").unlink()
    (folder / "c.pdf").unlink()
    assert home.add([folder]).removed == ["below/b.pdf", "c.pdf"]


def test_folders_within_folders_count_once(home: Home, tmp_path: Path) -> None:
    folder = papers(tmp_path / "papers", [f"below/{n:02}.pdf" for n in range(30)] + ["a.pdf", "b.txt", "below/c.txt"])
    (folder / "below" / "nowhere.pdf").symlink_to(tmp_path / "nowhere")
    both = [folder / "below", folder, folder / "below", folder / "a.pdf"]
    added = home.add(both)
    assert (len(added.keys), len(set(added.keys)), added.left_out, len(added.skipped)) == (31, 31, 2, 1)
    read(home, added.keys)
    for n in range(15):
        (folder / "below" / f"{n:02}.pdf").unlink()
    assert home.add(both).held == {TOO_MANY: [f"below/{n:02}.pdf" for n in range(15)]}


@pytest.mark.parametrize(
    ("known", "gone", "held"), [(10, 10, 0), (11, 11, 11), (110, 11, 0), (109, 11, 11), (1000, 101, 101)]
)
def test_more_than_ten_and_a_tenth_are_many(known: int, gone: int, held: int) -> None:
    every = [f"{n}.pdf" for n in range(known)]
    decided = removals(every, every[gone:])
    assert (len(decided.now), len(decided.held)) == (gone - held, held)
    assert len(removals(every, every[gone:], confirmed=True).now) == gone


def test_what_is_attached_goes_with_its_document_and_counts_with_it() -> None:
    inner = [f"cover.pdf/{n}.pdf" for n in range(50)]
    assert removals(["cover.pdf", *inner, "a.pdf"], ["a.pdf"]).held == []
    assert removals(["cover.pdf", *inner, "a.pdf"], ["cover.pdf", "a.pdf"]).held == []
    many = [f"{n}.pdf" for n in range(20)]
    decided = removals([*many, *(f"{one}/in.pdf" for one in many), "b.pdf/x.pdf"], ["b.pdf"])
    assert (decided.now, len(decided.held)) == (["b.pdf/x.pdf"], 40)


# --- the library's own folder ---------------------------------------------------------------------------


def test_a_library_whose_documents_are_not_there_says_so_and_forgets_nothing(home: Home, tmp_path: Path) -> None:
    read(home, home.add([papers(tmp_path / "papers", ["a.pdf"])]).keys)
    documents = tmp_path / "home" / "documents"
    documents.rename(tmp_path / "away")
    documents.mkdir()  # where it is mounted otherwise
    again = opened(tmp_path)
    with pytest.raises(DocumentsMissing, match="not in"):
        list(again.documents.stored())
    for call in (
        lambda: again.documents.find("a.pdf"),
        lambda: again.documents.fetch("a.pdf", tmp_path / "copy"),
        lambda: again.documents.delete("a.pdf"),
        lambda: again.upload("b.pdf", tmp_path / "papers" / "a.pdf"),
        lambda: again.ingestor().reconcile("a.pdf"),
    ):
        with pytest.raises(DocumentsMissing):
            call()
    assert again.ledger.get("a.pdf") is not None
    documents.rmdir()
    (tmp_path / "away").rename(documents)
    assert stored(again) == ["a.pdf"]


def test_copies_that_are_lost_are_made_again_of_files_that_are_still_there(home: Home, tmp_path: Path) -> None:
    read(home, home.add([papers(tmp_path / "papers", ["a.pdf", "b.pdf"])]).keys)
    (tmp_path / "papers" / "b.pdf").unlink()
    shutil.rmtree(tmp_path / "home" / "documents")
    again = opened(tmp_path)
    again.accept_documents_folder()
    assert stored(again) == ["a.pdf"]
    assert again.path("a.pdf").read_bytes() == b"a.pdf"


def test_a_library_of_an_earlier_version_is_marked(home: Home, tmp_path: Path) -> None:
    read(home, home.add([papers(tmp_path / "papers", ["a.pdf"])]).keys)
    mark = tmp_path / "home" / "documents" / MARK
    mark.unlink()
    again = opened(tmp_path)
    assert mark.exists()
    assert stored(again) == ["a.pdf"]


# --- uploads --------------------------------------------------------------------------------------------


def test_an_upload_of_another_documents_name_replaces_it_or_is_kept_beside_it(home: Home, tmp_path: Path) -> None:
    one, two = papers(tmp_path / "one", ["a.pdf"]) / "a.pdf", tmp_path / "two"
    two.write_bytes(b"other")
    assert not home.has_other("a.pdf", one)
    assert home.upload("a.pdf", one) == "a.pdf"
    assert not home.has_other("a.pdf", one)
    assert home.has_other("a.pdf", two)
    assert home.upload("a.pdf", two, keep_both=True) == "a (2).pdf"
    assert home.upload("a.pdf", one, keep_both=True) == "a (3).pdf"
    assert home.path("a.pdf").read_bytes() == b"a.pdf"
    assert home.upload("a.pdf", two) == "a.pdf"
    assert home.path("a.pdf").read_bytes() == b"other"


def test_uploads_at_once_that_are_to_be_kept_beside_each_other_are(tmp_path: Path) -> None:
    files = [papers(tmp_path / f"{n}", ["a.pdf"]) / "a.pdf" for n in range(8)]
    for n, file in enumerate(files):
        file.write_bytes(b"%d" % n)
    homes = [opened(tmp_path) for _ in files]  # as of several processes
    start = threading.Barrier(len(files))

    def upload(home: Home, file: Path) -> str:
        start.wait()
        return home.upload("a.pdf", file, keep_both=True)

    with ThreadPoolExecutor(len(files)) as pool:
        keys = list(pool.map(upload, homes, files))
    assert sorted(keys) == ["a (2).pdf", "a (3).pdf", *(f"a ({n}).pdf" for n in range(4, 9)), "a.pdf"]
    assert [homes[0].path(key).read_bytes() for key in keys] == [file.read_bytes() for file in files]


def test_an_upload_that_cannot_be_stored_takes_no_name(home: Home, tmp_path: Path) -> None:
    file = papers(tmp_path / "up", ["a.pdf"]) / "a.pdf"
    with pytest.raises(FileNotFoundError):
        home.upload("a.pdf", tmp_path / "nowhere.pdf", keep_both=True)
    assert home.upload("a.pdf", file, keep_both=True) == "a.pdf"


def test_others_can_write_while_a_file_is_compared_with_a_copy_of_its_name(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = papers(tmp_path / "papers", ["a.pdf"])
    home.add([folder])
    home.sources.forget("a.pdf")
    compare, compared = filecmp.cmp, []

    def writing(one: Path, two: Path, shallow: bool) -> bool:
        compared.append(one)
        with closing(sqlite3.connect(home.database.path, timeout=0)) as connection:
            connection.execute("DELETE FROM metrics")
        return compare(one, two, shallow)

    monkeypatch.setattr(filecmp, "cmp", writing)
    assert home.add([folder]).keys == ["a.pdf"]
    assert compared == [folder / "a.pdf"]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        (".plumbline", ["plumbline", "plumbline (2)"]),  # the library's mark
        (".part-a.pdf", ["part-a.pdf", "part-a (2).pdf"]),  # what is half-written
        ("x" * 251 + ".pdf", ["x" * 251 + ".pdf", "x" * 247 + " (2).pdf"]),
        ("ä" * 150 + ".pdf", ["ä" * 125 + ".pdf", "ä" * 123 + " (2).pdf"]),
        ("a\nb%2F..pdf", ["a\nb%2F..pdf", "a\nb%2F. (2).pdf"]),
        ("no ending...", ["no ending...", "no ending... (2)"]),
        ("", ["document.pdf", "document (2).pdf"]),
    ],
)
def test_an_upload_of_an_odd_name_is_a_document(name: str, keys: list[str], home: Home, tmp_path: Path) -> None:
    file = papers(tmp_path / "up", ["a.pdf"]) / "a.pdf"
    assert [home.upload(name, file, keep_both=both) for both in (False, True)] == keys
    assert stored(home) == sorted(keys)
    assert not home.has_other(name, file)
