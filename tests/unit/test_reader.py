"""The routes of the reader: what they answer to any request, and what may be kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from runtime.reading.document import Box
from tests import pdfs
from tests.unit.routes import client_of
from tests.unit.test_evidence import KEY, Library
from ui import reader
from ui.gate import Identity
from ui.reader import MAX_BOXES, disposition, lines_of, shown_name
from ui.site import Site
from ui.texts import GERMAN

SAID = "The kiln is fired at 940 degrees."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    site = cast(Site, SimpleNamespace(library=library))
    with client_of(reader.routes(site), lambda: Identity("ann", operator=True)) as made:
        yield made


def get(client: TestClient, path: str, headers: dict[str, str] | None = None, **values: Any) -> Any:
    return client.get(f"/document/{path}", params={"document": KEY, **values}, headers=headers)


def test_the_sizes_of_all_pages_come_with_the_version_and_whether_there_is_a_newer_one(
    client: TestClient, library: Library
) -> None:
    first = library.put(SAID, title="Kilns")
    got = get(client, "sheets").json()
    assert got == {
        "document": KEY,
        "version": first,
        "name": "a.pdf",
        "title": "Kilns",
        "pages": 2,
        "runs": [[2, 595.28, 841.89]],
        "note": "",
        "older": False,
    }
    second = library.put("The kiln is closed.", title="No kilns")
    old, new = (get(client, "sheets", version=version).json() for version in (first, second))
    assert (old["version"], old["older"], old["title"]) == (first, True, "")
    assert (new["version"], new["older"], new["title"]) == (second, False, "No kilns")
    assert get(client, "sheets").json() == new


def test_what_a_version_decides_is_kept_by_a_browser_and_what_may_change_is_asked_for_again(
    client: TestClient, library: Library
) -> None:
    version = library.put(SAID)
    box = "72,60,200,76"
    for path, values, how in (
        ("page/1", {"version": version, "width": 480}, "immutable"),
        ("crop", {"version": version, "page": 1, "boxes": box, "width": 480}, "immutable"),
        ("words/1", {"version": version}, "no-cache"),
        ("sheets", {"version": version}, "no-cache"),
    ):
        got = get(client, path, **values)
        assert got.status_code == 200, got.text
        assert how in got.headers["cache-control"]
        assert got.headers["cache-control"].startswith("private")
        known = get(client, path, {"If-None-Match": got.headers["etag"]}, **values)
        assert (known.status_code, known.content) == (304, b"")
    assert get(client, "page/1", version=version, width=480).headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("page/1", {"width": 481}),
        ("page/1", {"width": 480, "version": ""}),
        ("page/1", {"width": 480, "version": "../../etc/passwd"}),
        ("page/one", {"width": 480}),
        ("page/1", {"width": "wide"}),
        ("page/1", {}),
        ("words/1", {"version": "latest"}),
        ("file", {"version": ""}),
        ("find", {"text": "a" * 201}),
        ("sheets", {"document": "a" * 2000}),
        ("crop", {"width": 480, "boxes": "1,1,2,2"}),
        *(
            ("crop", {"width": 480, "boxes": boxes})
            for boxes in (
                "",
                "1:",
                "1:1,2,3",
                "1:1,2,3,four",
                "1:9,9,1,1",
                "1:nan,0,1,1",
                "one:1,1,2,2",
                "1:0,0,1,1e30",
            )
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: TestClient, library: Library, path: str, values: dict[str, Any]
) -> None:
    version = library.put(SAID)
    got = get(client, path, **{"version": version, **values})
    assert got.status_code == 400
    assert set(got.json()) == {"error", "remedy"}


def test_of_too_many_boxes_the_first_are_marked(client: TestClient, library: Library) -> None:
    version = library.put(SAID)
    boxes = ";".join(["72,60,200,76"] * (MAX_BOXES + 50))
    assert get(client, "crop", version=version, page=1, boxes=boxes, width=480).status_code == 200


def test_what_is_gone_is_said_in_the_readers_language(client: TestClient, library: Library) -> None:
    first = library.put(SAID)
    second = library.put("The kiln is closed.")
    german = {"Accept-Language": "de"}
    page = {"width": 480, "version": first}
    got = get(client, "page/3", german, version=second, width=480)
    assert (got.status_code, got.json()) == (404, {"error": GERMAN("reader.no_page"), "remedy": ""})
    library.documents._former.clear()
    for path, values in (("page/1", page), ("sheets", {"version": first}), ("file", {"version": first})):
        got = get(client, path, german, **values)
        assert (got.status_code, got.json()["error"]) == (410, GERMAN("reader.not_kept"))
        assert got.headers["cache-control"] == "no-store"
    library.delete()
    got = get(client, "words/1", german, version=first)
    assert (got.status_code, got.json()["error"]) == (404, GERMAN("reader.deleted"))


def test_a_file_that_can_not_be_read_is_said_to_be_so(client: TestClient, library: Library) -> None:
    (library.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    version = library.store(library.folder / "broken.pdf", pages=1)
    got = get(client, "page/1", version=version, width=480)
    assert got.status_code == 422
    assert got.json()["error"] == "This page can't be shown."
    assert "a.pdf can't be read" in got.json()["remedy"]


# --- words ---


def test_words_come_by_line_with_their_boxes(client: TestClient, library: Library) -> None:
    path = pdfs.paragraphs(library.folder / "a.pdf", [pdfs.sentence(1) + " " + pdfs.sentence(2)])
    version = library.store(path, pages=1)
    lines = get(client, "words/1", version=version).json()["lines"]
    assert len(lines) == 3
    assert " ".join(word[0] for line in lines for word in line) == f"{pdfs.sentence(1)} {pdfs.sentence(2)}"
    text, left, top, right, bottom = lines[0][0]
    assert text == "The"
    assert left == pytest.approx(72, abs=1)
    assert 0 < right - left < 30
    assert 8 < bottom - top < 16


def words(*boxes: tuple[str, float, float, float, float]) -> list[list[str]]:
    return [[word[0] for word in line] for line in lines_of((text, Box(*box)) for text, *box in boxes)]


def test_a_raised_word_stays_in_its_line_and_a_lower_or_earlier_one_begins_another() -> None:
    assert words(
        ("fired", 72, 60, 100, 72),
        ("2", 101, 57, 105, 66),
        ("at", 108, 60, 118, 72),
        ("once", 72, 74, 100, 86),
        ("right", 320, 74, 350, 86),
        ("left", 72, 74, 100, 86),
    ) == [["fired", "2", "at"], ["once", "right"], ["left"]]
    assert words(("up", 72, 300, 84, 340), ("wards", 72, 240, 84, 296)) == [["up", "wards"]]
    assert words() == []


# --- finding ---


def test_a_text_is_found_in_any_case_across_lines_and_hyphens_from_a_page_on(
    client: TestClient, library: Library
) -> None:
    version = library.put("The kiln.", "The oven is fired at nine hun-", "Kilns are hot. The KILN’s door.")
    found = get(client, "find", version=version, text="kiln").json()
    assert [place["page"] for place in found["places"]] == [1, 3, 3]
    assert found["next"] == 0
    assert [place["page"] for place in get(client, "find", version=version, text="KILN", page=2).json()["places"]] == [
        3,
        3,
    ]
    ((left, top, right, bottom),) = found["places"][0]["boxes"]
    assert left < right
    assert top < bottom
    for nothing in ("tkiln", "lnth", "§", " "):
        assert get(client, "find", version=version, text=nothing).json()["places"] == []
    assert get(client, "find", version=version, text="kiln", page=9).status_code == 404


def test_a_long_document_is_searched_a_part_at_a_time(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.store(pdfs.long(library.folder / "long.pdf", 7), pages=7)
    monkeypatch.setattr("runtime.evidence.SEARCH_SECONDS", 0.0)
    pages, page = [], 1
    for turn in range(1, 9):
        found = get(client, "find", version=version, text="numbered", page=page).json()
        pages += [place["page"] for place in found["places"]]
        page = found["next"]
        assert page == (turn + 1 if turn < 7 else 0)
        if not page:
            break
    assert pages == list(range(1, 8))


def test_pages_are_searched_by_one_child_once_and_one_that_breaks_it_is_passed_over(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtime import evidence
    from runtime.reading import document

    version = library.store(pdfs.long(library.folder / "long.pdf", 5), pages=5)
    children: list[list[int]] = []
    one_child, alone = document._words_by_one_child, document.words_on

    def counted(path: Path, numbers: list[int], limits: Any) -> Iterator[Any]:
        children.append(list(numbers))
        for number, found in zip(list(numbers), one_child(path, numbers, limits), strict=True):
            if number == 3:
                raise document.PdfError("timed out", "It takes too long.")
            yield found

    def refused(path: Path, number: int, *arguments: Any) -> list[Any]:
        if number == 3:
            raise document.PdfError("timed out", "It takes too long.")
        return alone(path, number, *arguments)

    monkeypatch.setattr(document, "_words_by_one_child", counted)
    monkeypatch.setattr(document, "words_on", refused)
    monkeypatch.setattr(evidence, "SEARCH_SECONDS", 60.0)
    for _ in range(2):
        found = get(client, "find", version=version, text="numbered").json()
        assert [place["page"] for place in found["places"]] == [1, 2, 4, 5]
    assert children == [[1, 2, 3, 4, 5], [4, 5]]


# --- the file ---


def test_a_pdf_is_opened_or_saved_under_its_own_name_and_in_part(client: TestClient, library: Library) -> None:
    version = library.put(SAID)
    opened, saved = (get(client, "file", version=version, save=save) for save in (False, True))
    assert opened.content == saved.content
    assert opened.content[:5] == b"%PDF-"
    assert opened.headers["content-type"] == saved.headers["content-type"] == "application/pdf"
    assert opened.headers["content-disposition"] == "inline; filename*=UTF-8''a.pdf"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''a.pdf"
    part = get(client, "file", {"Range": "bytes=0-4"}, version=version)
    assert (part.status_code, part.content) == (206, b"%PDF-")


@pytest.mark.parametrize("content", [b"<!doctype html><script>alert(1)</script>", b""])
def test_what_is_no_pdf_is_only_ever_saved(client: TestClient, library: Library, content: bytes) -> None:
    (library.folder / "page.pdf").write_bytes(content)
    version = library.store(library.folder / "page.pdf", state="not a pdf")
    got = get(client, "file", version=version)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name",
    ["a.pdf", 'a"; filename=b.html', "a\r\nSet-Cookie: x=1", "Übersicht – 2026.pdf", "\ud800.pdf", "报告.pdf", "'"],
)
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = disposition(name, inline=True)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith("inline; filename*=UTF-8''")
    assert not set(header.removeprefix("inline; filename*=UTF-8''")) & set("\"'; \r\n")


def test_a_name_that_hides_something_is_shown_without_it() -> None:
    assert shown_name("a/b/\x00c\u202efdp.pdf") == "\ufffdc\ufffdfdp.pdf"
