from __future__ import annotations

from pathlib import Path

import pytest

from runtime.ports import Documents, PlumblineError

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
    assert fetched == documents.find(name) == next(documents.stored())
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
