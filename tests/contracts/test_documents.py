from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.ports import Documents, PlumblineError
from runtime.versions import version_of

NAMES = [
    "plain.pdf",
    "with space.pdf",
    "Übergröße.pdf",
    "two\nlines.pdf",
    "a folder/below/it.pdf",
    "quote's.pdf",
]


def stored(documents: Documents) -> dict[str, int]:
    return {one.key: one.size for one in documents.stored()}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_put_is_listed_and_fetched_and_deleted(documents: Documents, tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"%PDF-1.7 " + name.encode())
    documents.put(name, source)
    assert stored(documents) == {name: source.stat().st_size}
    fetched = documents.fetch(name, target)
    assert fetched is not None
    assert fetched == documents.find(name)
    assert replace(fetched, version_id="") == next(documents.stored())
    assert target.read_bytes() == source.read_bytes()
    documents.delete(name)
    assert stored(documents) == {}
    assert documents.fetch(name, target) is documents.find(name) is None


def test_putting_again_replaces_and_deleting_twice_does_nothing(documents: Documents, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    tags = []
    for content in (b"the first.", b"the second"):
        source.write_bytes(content)
        documents.put("a.pdf", source)
        found = documents.find("a.pdf")
        assert found is not None
        tags.append(found.tag)
    assert tags[0] != tags[1]
    assert documents.fetch("a.pdf", target)
    assert target.read_bytes() == b"the second"
    documents.delete("a.pdf")
    documents.delete("a.pdf")
    assert stored(documents) == {}


def test_documents_are_listed_by_key(documents: Documents, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for name in ("b.pdf", "a/z.pdf", "a.pdf"):
        documents.put(name, source)
    assert list(stored(documents)) == sorted(["b.pdf", "a/z.pdf", "a.pdf"])


@pytest.mark.parametrize("key", ["../outside.pdf", "/etc/passwd", "a/../../b.pdf", ""])
def test_a_key_that_leaves_the_library_is_refused(documents: Documents, tmp_path: Path, key: str) -> None:
    with pytest.raises(PlumblineError):
        documents.fetch(key, tmp_path / "target")
    with pytest.raises(PlumblineError):
        documents.find(key)


def put(documents: Documents, key: str, content: bytes, folder: Path) -> tuple[str, str]:
    """Store a document; its version and the store's name for that."""
    source = folder / "source"
    source.write_bytes(content)
    documents.put(key, source)
    found = documents.find(key)
    assert found is not None
    return version_of(source), found.version_id


def kept(documents: Documents, key: str, versions: list[tuple[str, str]], folder: Path) -> list[bytes | None]:
    """What is kept of each version."""
    target = folder / "target"
    return [target.read_bytes() if documents.fetch_version(key, *one, target) else None for one in versions]


def test_a_version_is_fetched_by_its_hash_also_when_it_was_replaced(documents: Documents, tmp_path: Path) -> None:
    contents = [b"the first", b"the second", b"the third"]
    versions = [put(documents, "a/b.pdf", content, tmp_path) for content in contents]
    other = put(documents, "a/c.pdf", b"another", tmp_path)
    assert kept(documents, "a/b.pdf", versions, tmp_path) == contents
    assert kept(documents, "a/b.pdf", [other, ("0" * 64, ""), ("../a/c.pdf", "")], tmp_path) == [None, None, None]
    assert stored(documents) == {"a/b.pdf": 9, "a/c.pdf": 7}


def test_the_present_version_is_fetched_where_the_stores_name_is_not_known_or_not_kept(
    documents: Documents, tmp_path: Path
) -> None:
    versions = [put(documents, "a.pdf", content, tmp_path) for content in (b"the same", b"between", b"the same")]
    unknown = [(versions[2][0], ""), (versions[2][0], "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")]
    assert kept(documents, "a.pdf", [*unknown, *versions], tmp_path) == [b"the same"] * 3 + [b"between", b"the same"]


def test_a_document_that_is_deleted_leaves_no_version_and_may_come_again(documents: Documents, tmp_path: Path) -> None:
    versions = [put(documents, "a.pdf", content, tmp_path) for content in (b"1", b"2")]
    others = [put(documents, key, content, tmp_path) for key, content in (("a.pdf.pdf", b"3"), ("b/a.pdf", b"4"))]
    documents.delete("a.pdf")
    assert kept(documents, "a.pdf", versions, tmp_path) == [None, None]
    assert kept(documents, "a.pdf.pdf", others[:1], tmp_path) == [b"3"]
    assert kept(documents, "b/a.pdf", others[1:], tmp_path) == [b"4"]
    again = put(documents, "a.pdf", b"5", tmp_path)
    assert kept(documents, "a.pdf", [*versions, again], tmp_path) == [None, None, b"5"]


def test_only_what_is_gone_is_forgotten(documents: Documents, tmp_path: Path) -> None:
    versions = [put(documents, "a.pdf", content, tmp_path) for content in (b"1", b"2")]
    documents.forget("a.pdf")
    documents.forget("never there.pdf")
    assert kept(documents, "a.pdf", versions, tmp_path) == [b"1", b"2"]
    assert stored(documents) == {"a.pdf": 1}
