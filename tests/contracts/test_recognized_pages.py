"""What every RecognizedPages does."""

from __future__ import annotations

from runtime.ports import RecognizedPages

KEY, OTHER = "plans/ä b.pdf", "plans/ä b.pdf.pdf"
FORMER, VERSION = "0" * 64, "1" * 64


def test_what_is_stored_of_a_page_is_found_by_its_version(recognized_pages: RecognizedPages) -> None:
    assert recognized_pages.pages(KEY, VERSION) == set()
    assert recognized_pages.get(KEY, VERSION, 3) is None
    recognized_pages.put(KEY, VERSION, 3, b"three")
    recognized_pages.put(KEY, VERSION, 12, b"twelve")
    recognized_pages.put(KEY, VERSION, 3, b"three again")
    assert recognized_pages.pages(KEY, VERSION) == {3, 12}
    assert recognized_pages.get(KEY, VERSION, 3) == b"three again"
    assert recognized_pages.get(KEY, FORMER, 3) is None
    assert recognized_pages.get(OTHER, VERSION, 3) is None


def test_other_versions_go_and_other_documents_stay(recognized_pages: RecognizedPages) -> None:
    for document in (KEY, OTHER):
        for version in (FORMER, VERSION):
            recognized_pages.put(document, version, 1, b"one")
    recognized_pages.delete(KEY, keep=VERSION)
    assert [recognized_pages.pages(KEY, version) for version in (FORMER, VERSION)] == [set(), {1}]
    recognized_pages.delete(KEY)
    assert recognized_pages.pages(KEY, VERSION) == set()
    assert recognized_pages.pages(OTHER, FORMER) == {1}
