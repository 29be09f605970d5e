"""Pictures of pages by the bytes that were cited, over real PDFs and ports in memory."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reportlab.pdfbase.pdfmetrics import stringWidth

from runtime import evidence as module
from runtime.evidence import DocumentDeleted, Evidence, NoSuchPage, TooManyAtOnce, VersionNotKept
from runtime.local.home import Home
from runtime.ports import Entry, PageBox
from runtime.reading.document import Box, PdfError, TextToLocate, render_page
from runtime.versions import version_of
from tests import pdfs
from tests.contracts.memory import MemoryDocuments, MemoryLedger

KEY = "reports/a.pdf"
WIDTH = 300


class Library:
    """Documents whose fetches are counted, a ledger that follows them, and evidence over both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents, self.ledger = MemoryDocuments(), MemoryLedger()
        self.fetched: list[str] = []
        fetch = self.documents.fetch_version

        def counted(key: str, version: str, version_id: str, target: Path) -> bool:
            self.fetched.append(version)
            return fetch(key, version, version_id, target)

        self.documents.fetch_version = counted  # type: ignore[method-assign]
        self.evidence = self.opened()

    def opened(self) -> Evidence:
        return Evidence(self.documents, self.ledger, self.folder / "evidence")

    def put(self, *texts: str, key: str = KEY, **known: Any) -> str:
        """Store a document with a page for each text; its version."""
        path = pdfs.labelled(self.folder / "made.pdf", [*texts, "The last page."])
        return self.store(path, key=key, pages=len(texts) + 1, **known)

    def store(self, path: Path, key: str = KEY, **known: Any) -> str:
        self.documents.put(key, path)
        found, version = self.documents.find(key), version_of(path)
        assert found is not None
        entry = {"state": "ready", "version": version, "tag": found.tag, **known}
        assert self.ledger.lease(key, "me", 60)
        self.ledger.save(Entry(key, **entry), "me")
        return version

    def delete(self) -> None:
        self.documents.delete(KEY)
        self.ledger.remove(KEY, "me")

    def kept(self, kind: str) -> list[Path]:
        return [path for path in (self.folder / "evidence" / kind).rglob("*") if path.is_file()]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pages that are drawn."""
    pages: list[int] = []

    def counted(path: Path, page: int, *arguments: Any) -> bytes:
        pages.append(page)
        return render_page(path, page, *arguments)

    monkeypatch.setattr(module, "render_page", counted)
    return pages


def test_a_picture_is_of_the_version_that_was_cited_also_when_it_was_replaced(library: Library) -> None:
    first = library.put("The kiln is fired at 940 degrees.")
    before = library.evidence.picture(KEY, first, 1, WIDTH)
    second = library.put("The kiln is closed on Mondays.")
    after = library.evidence.picture(KEY, second, 1, WIDTH)
    assert before != after
    assert library.evidence.picture(KEY, "", 1, WIDTH) == after
    for evidence in (library.evidence, Evidence(library.documents, library.ledger)):  # the second has nothing kept yet
        assert evidence.picture(KEY, first, 1, WIDTH) == before


def test_a_replacement_that_was_refused_leaves_the_pictures_of_the_one_before_it(library: Library) -> None:
    first = library.put("The kiln is fired at 940 degrees.")
    (library.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    library.store(library.folder / "broken.pdf", state="damaged", version=first, pages=0)
    assert library.evidence.picture(KEY, first, 2, WIDTH) == library.evidence.picture(KEY, "", 2, WIDTH)


def test_a_document_is_fetched_once_and_a_page_drawn_once_for_each_width_and_marks(
    library: Library, drawn: list[int]
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    mark = [PageBox(1, 72, 60, 200, 80)]
    plain, marked, wide = (
        library.evidence.picture(KEY, version, 1, width, boxes)
        for width, boxes in ((WIDTH, []), (WIDTH, mark), (2 * WIDTH, []))
    )
    assert len({plain, marked, wide}) == 3
    library.evidence.picture(KEY, version, 2, WIDTH)
    assert drawn == [1, 1, 1, 2]
    again = library.opened()  # as after a restart
    assert again.picture(KEY, version, 1, WIDTH, mark) == marked
    assert again.picture(KEY, version, 1, 2 * WIDTH) == wide
    assert again.picture(KEY, version, 2, 2 * WIDTH)
    assert drawn == [1, 1, 1, 2, 2]
    assert library.fetched == [version]


def test_of_many_who_ask_at_once_for_one_picture_it_is_drawn_for_the_first(library: Library, drawn: list[int]) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    start = threading.Barrier(12)

    def ask(number: int) -> bytes:
        start.wait()
        return library.evidence.picture(KEY, version, 1 + number % 2, WIDTH)

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(ask, range(12)))) == 2
    assert sorted(drawn) == [1, 2]
    assert library.fetched == [version]


def test_few_pages_are_drawn_at_a_time_and_a_wait_that_is_too_long_is_an_error(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put(*(pdfs.sentence(n) for n in range(8)))
    running, most = 0, 0
    lock, go = threading.Lock(), threading.Event()

    def slow(*arguments: Any) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == module.CHILDREN:
                go.set()
        go.wait(30)
        with lock:
            running -= 1
        return b"a picture"

    monkeypatch.setattr(module, "render_page", slow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: library.evidence.picture(KEY, version, n, WIDTH), range(1, 9)))
    assert most == module.CHILDREN
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    for _ in range(module.CHILDREN):
        library.evidence._children.acquire()
    with pytest.raises(TooManyAtOnce):
        library.evidence.picture(KEY, version, 1, 3 * WIDTH)


def test_a_deleted_document_has_no_picture_and_leaves_none(library: Library, drawn: list[int]) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    library.evidence.picture(KEY, version, 1, WIDTH)
    other = library.put("Another.", key="other.pdf")
    library.evidence.picture("other.pdf", other, 1, WIDTH)
    library.delete()
    with pytest.raises(DocumentDeleted, match=r"reports/a\.pdf was deleted"):
        library.evidence.picture(KEY, version, 1, WIDTH)
    assert len(library.kept("pictures")) == len(library.kept("copies")) == 1
    library.put("Another.", key=KEY)  # another document of that name
    with pytest.raises(VersionNotKept):
        library.evidence.picture(KEY, version, 1, WIDTH)


def test_a_document_that_is_deleted_before_the_ledger_knows_is_reported_as_deleted(library: Library) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    library.documents.delete(KEY)
    with pytest.raises(DocumentDeleted):
        library.evidence.picture(KEY, version, 1, WIDTH)


def test_a_document_that_is_deleted_while_its_page_is_drawn_leaves_no_picture(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")

    def deleted(path: Path, *arguments: Any) -> bytes:
        library.delete()
        return b"a picture"

    monkeypatch.setattr(module, "render_page", deleted)
    with pytest.raises(DocumentDeleted):
        library.evidence.picture(KEY, version, 1, WIDTH)
    assert library.kept("pictures") == library.kept("copies") == []


def test_a_version_that_is_no_longer_kept_is_reported_and_looked_for_once(library: Library) -> None:
    first = library.put("The kiln is fired at 940 degrees.")
    second = library.put("The kiln is closed on Mondays.")
    library.documents._former.clear()
    for _ in range(3):
        with pytest.raises(VersionNotKept, match=r"reports/a\.pdf has been replaced"):
            library.evidence.picture(KEY, first, 1, WIDTH)
    assert library.evidence.picture(KEY, second, 1, WIDTH)
    assert library.fetched == [first, second]
    assert library.put("The kiln is fired at 940 degrees.") == first  # it comes again
    assert library.evidence.picture(KEY, first, 1, WIDTH)
    for version in ("../../" + first, "no version", first.upper()):
        with pytest.raises(VersionNotKept):
            library.evidence.picture(KEY, version, 1, WIDTH)


@pytest.mark.parametrize("page", [0, -1, 3, 10**6, 10**30])
def test_a_page_that_is_not_there_is_none(library: Library, page: int) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    with pytest.raises(NoSuchPage):
        library.evidence.picture(KEY, version, page, WIDTH)


def test_what_cannot_be_drawn_is_reported_with_the_documents_name_and_tried_again(library: Library) -> None:
    (library.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    version = library.store(library.folder / "broken.pdf", pages=1)
    for _ in range(2):
        with pytest.raises(PdfError, match=r"^a\.pdf can't be read"):
            library.evidence.picture(KEY, version, 1, WIDTH)
        assert library.evidence.locate(KEY, version, 1, [TextToLocate("text")]) == [()]
    assert library.kept("pictures") == []


def test_pictures_are_kept_within_a_bound_and_the_longest_unused_go_first(
    library: Library, monkeypatch: pytest.MonkeyPatch, drawn: list[int]
) -> None:
    version = library.put(*(pdfs.sentence(n) for n in range(8)))
    size = len(library.evidence.picture(KEY, version, 1, WIDTH))
    monkeypatch.setattr(module, "PICTURE_BYTES", 5 * size)
    evidence = library.opened()
    for page in range(2, 9):
        evidence.picture(KEY, version, page, WIDTH)
        evidence.picture(KEY, version, 1, WIDTH)  # used all the time
    assert 2 <= len(library.kept("pictures")) <= 5
    assert drawn == list(range(1, 9))


def test_pictures_that_can_not_be_kept_are_shown_all_the_same(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(library.evidence._pictures, "put", full)
    picture = library.evidence.picture(KEY, version, 1, WIDTH)
    assert Image.open(BytesIO(picture)).size[0] == WIDTH


def test_a_text_is_located_on_the_page_of_the_cited_version(library: Library) -> None:
    said = "The kiln is fired at 940 degrees."
    first = library.put(said)
    second = library.put("The kiln is closed on Mondays.")
    sought = [TextToLocate(said), TextToLocate("is closed on Mondays", (Box(0, 0, 10, 10),)), TextToLocate("")]
    (found,), nothing, none = library.evidence.locate(KEY, first, 1, sought)
    assert nothing == none == ()
    assert found.page == 1
    assert abs(found.left - pdfs.MARGIN) < 2
    assert abs(found.right - pdfs.MARGIN - stringWidth(said, "Helvetica", 11)) < 2
    assert 60 < found.top < found.bottom < 76
    assert [bool(boxes) for boxes in library.evidence.locate(KEY, second, 1, sought)] == [False, True, False]
    library.delete()
    assert library.evidence.locate(KEY, first, 1, sought) == [(), (), ()]


def files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def test_on_one_machine_a_cited_version_outlives_its_replacement_and_goes_with_its_document(
    home: Home, tmp_path: Path
) -> None:
    said = "The kiln is fired at 940 degrees."
    home.upload("a.pdf", pdfs.paragraphs(tmp_path / "a.pdf", [said]))
    home.ingestor().reconcile("a.pdf")
    first = home.ledger.get("a.pdf")
    assert first is not None
    cited = home.evidence.picture("a.pdf", first.version, 1, WIDTH)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    home.upload("a.pdf", tmp_path / "broken.pdf")
    outcome = home.ingestor().reconcile("a.pdf")
    assert outcome.entry is not None
    assert (outcome.result, outcome.entry.version) == ("refused", first.version)
    shutil.rmtree(home.settings.home / "evidence")
    assert home.evidence.picture("a.pdf", first.version, 1, WIDTH) == cited
    assert home.evidence.locate("a.pdf", first.version, 1, [TextToLocate(said)])[0]
    assert files(home.settings.home / "versions") == [f"a.pdf/{first.version}.pdf"]
    home.remove("a.pdf")
    assert files(home.settings.home / "versions") == files(home.settings.home / "evidence") == []
    home.ingestor().reconcile("a.pdf")
    with pytest.raises(DocumentDeleted):
        home.evidence.picture("a.pdf", first.version, 1, WIDTH)


def test_a_file_that_was_removed_by_hand_leaves_nothing_once_it_is_missed(home: Home, tmp_path: Path) -> None:
    for text in ("The kiln is hot.", "The kiln is cold."):
        home.upload("a.pdf", pdfs.paragraphs(tmp_path / "a.pdf", [text]))
        home.ingestor().reconcile("a.pdf")
        home.evidence.picture("a.pdf", "", 1, WIDTH)
    home.path("a.pdf").unlink()
    home.ingestor().reconcile("a.pdf")
    assert files(home.settings.home / "versions") == files(home.settings.home / "evidence") == []
