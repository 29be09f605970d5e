from __future__ import annotations

import pytest

from runtime.ports import Files, NotFound


def test_files_come_back_whole_and_in_order(files: Files) -> None:
    assert files.names() == []
    files.put("b/2.html", b"two", "text/html")
    files.put("a.gz", bytes(range(256)), "application/gzip")
    files.put("b/1.html", "ein größeres".encode(), "text/html")
    assert files.names() == ["a.gz", "b/1.html", "b/2.html"]
    assert files.content("a.gz") == bytes(range(256))
    files.put("b/2.html", b"new", "text/html")
    assert files.content("b/2.html") == b"new"


def test_a_missing_file_is_named(files: Files) -> None:
    with pytest.raises(NotFound, match=r"none\.html"):
        files.content("none.html")
