"""Former versions in a folder: a budget, and what is left when a replacement is killed at any step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.local.folder import MARK, FolderDocuments
from runtime.local.former import FormerVersions
from runtime.versions import version_of
from tests.unit.library import Killed

KEY = "reports/a.pdf"


@pytest.fixture
def make(tmp_path: Path) -> Callable[[int], FolderDocuments]:
    def made(budget: int) -> FolderDocuments:
        return FolderDocuments(tmp_path / "documents", FormerVersions(tmp_path / "versions", budget))

    return made


def put(documents: FolderDocuments, content: bytes, folder: Path, key: str = KEY) -> str:
    source = folder / "source"
    source.write_bytes(content)
    documents.put(key, source)
    return version_of(source)


def kept(folder: Path) -> list[bytes]:
    """What is kept of former versions, the oldest first."""
    files = [path for path in (folder / "versions").rglob("*") if path.is_file()]
    return [path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]


def test_of_former_versions_the_oldest_go_where_they_take_more_than_the_budget(
    make: Callable[[int], FolderDocuments], tmp_path: Path
) -> None:
    documents = make(20)
    versions = [put(documents, b"%09d" % number, tmp_path) for number in range(4)]
    put(documents, b"other 1", tmp_path, "b.pdf")
    assert kept(tmp_path) == [b"000000001", b"000000002"]
    assert not documents.fetch_version(KEY, versions[0], "", tmp_path / "target")
    put(documents, b"other 2", tmp_path, "b.pdf")
    assert kept(tmp_path) == [b"000000002", b"other 1"]


def test_a_version_is_as_old_as_its_replacement_whatever_time_its_file_has(
    make: Callable[[int], FolderDocuments], tmp_path: Path
) -> None:
    documents = make(20)
    for number in range(4):  # brought in with the time of a file of the user's, each older than the one before it
        put(documents, b"%09d" % number, tmp_path)
        os.utime(documents.path(KEY), (10_000 - number, 10_000 - number))
    assert kept(tmp_path) == [b"000000001", b"000000002"]


def test_a_version_larger_than_the_budget_leaves_the_others_alone(
    make: Callable[[int], FolderDocuments], tmp_path: Path
) -> None:
    documents = make(10)
    for content in (b"small", b"larger than the budget", b"last"):
        put(documents, content, tmp_path)
    assert kept(tmp_path) == [b"small"]
    put(make(0), b"none is kept", tmp_path)
    assert kept(tmp_path) == [b"small"]


def test_a_former_version_costs_no_copy_and_a_file_system_without_links_gets_one(
    make: Callable[[int], FolderDocuments], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = make(100)
    put(documents, b"first", tmp_path)
    inode = documents.path(KEY).stat().st_ino
    put(documents, b"second", tmp_path)
    (former,) = (tmp_path / "versions" / KEY).iterdir()
    assert former.stat().st_ino == inode

    def no_links(source: Path, target: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    put(documents, b"third", tmp_path)
    assert kept(tmp_path) == [b"first", b"second"]


def test_deleting_leaves_no_folder_and_not_another_documents_versions(
    make: Callable[[int], FolderDocuments], tmp_path: Path
) -> None:
    documents = make(100)
    for key in (KEY, "reports/b.pdf"):
        for content in (b"first", b"second"):
            put(documents, content, tmp_path, key)
    documents.delete(KEY)
    assert [path.name for path in (tmp_path / "versions" / "reports").iterdir()] == ["b.pdf"]
    documents.delete("reports/b.pdf")
    assert list((tmp_path / "versions").iterdir()) == []
    assert [path.name for path in (tmp_path / "documents").iterdir()] == [MARK]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 8))
def test_a_replacement_that_is_killed_at_any_step_leaves_whole_files_under_true_names(
    make: Callable[[int], FolderDocuments], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    documents = make(100)
    first, second = put(documents, b"the first", tmp_path), put(documents, b"the second", tmp_path)
    left = step

    def killed_at(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left < 0 or (left == 0 and not after):
                raise Killed
            made = function(*arguments, **options)
            if left == 0:
                raise Killed
            return made

        return call

    with monkeypatch.context() as patch:
        for name in ("link", "replace", "utime", "fsync"):
            patch.setattr(os, name, killed_at(getattr(os, name)))
        patch.setattr(Path, "unlink", killed_at(Path.unlink))
        try:
            third = put(documents, b"the third", tmp_path)
        except Killed:
            third = version_of(tmp_path / "source")
    present = version_of(documents.path(KEY))
    assert present in (second, third)
    assert documents.fetch_version(KEY, first, "", tmp_path / "target")
    assert documents.fetch_version(KEY, second, "", tmp_path / "target")
    for path in (tmp_path / "versions" / KEY).iterdir():
        assert path.name.startswith(".part-") or path.name == f"{version_of(path)}.pdf"
    assert [one.key for one in documents.stored()] == [KEY]
    put(documents, b"the third", tmp_path)  # the next try
    assert version_of(documents.path(KEY)) == third
    assert documents.fetch_version(KEY, second, "", tmp_path / "target")
    documents.delete(KEY)
    assert not (tmp_path / "versions" / "reports").exists()


def test_a_document_that_is_removed_in_the_middle_of_its_replacement_is_replaced(
    make: Callable[[int], FolderDocuments], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = make(100)
    put(documents, b"first", tmp_path)
    link = os.link

    def removed(source: Path, target: Path) -> None:
        link(source, target)
        shutil.rmtree(tmp_path / "versions")

    monkeypatch.setattr(os, "link", removed)
    version = put(documents, b"second", tmp_path)
    assert version_of(documents.path(KEY)) == version
