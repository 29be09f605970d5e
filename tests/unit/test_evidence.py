"""Pictures of pages by the bytes that were cited, over real PDFs and ports in memory."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfbase.pdfmetrics import stringWidth

from runtime import evidence as module
from runtime.evidence import PICTURE_TYPE, DocumentDeleted, Evidence, NoSuchPage, TooManyAtOnce, VersionNotKept
from runtime.local.home import Home
from runtime.ports import Corners, Entry, PageBox, PictureLine, PictureWord
from runtime.reading.document import Box, Limits, Page, PdfError, TextToLocate, measure, render_page, words_on
from runtime.reading.sheets import Run, Sheets
from runtime.recognized import Pictures, RecognizedInMemory
from runtime.turns import Urgency
from runtime.versions import version_of
from tests import pdfs
from tests.contracts.memory import MemoryDocuments, MemoryLedger
from tests.unit.library import until

KEY = "reports/a.pdf"
WIDTH = 300


class Library:
    """Documents whose fetches are counted, a ledger that follows them, and evidence over both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents, self.ledger = MemoryDocuments(), MemoryLedger()
        self.recognized = RecognizedInMemory()
        self.fetched: list[str] = []
        fetch = self.documents.fetch_version

        def counted(key: str, version: str, version_id: str, target: Path) -> bool:
            self.fetched.append(version)
            return fetch(key, version, version_id, target)

        self.documents.fetch_version = counted  # type: ignore[method-assign]
        self.evidence = self.opened()

    def opened(self) -> Evidence:
        return Evidence(self.documents, self.ledger, self.folder / "evidence", self.recognized)

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
        assert library.evidence._turns.acquire(Urgency.NOW, 0)
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


def texts(words: Sequence[tuple[str, Box]]) -> str:
    return " ".join(text for text, _ in words)


def everything(evidence: Evidence, version: str, page: int = 1) -> list[Callable[[], object]]:
    """The ways to ask about a page."""
    marks = [PageBox(page, 72, 60, 200, 80)]
    return [
        lambda: evidence.picture(KEY, version, page, WIDTH),
        lambda: evidence.crop(KEY, version, page, marks, WIDTH),
        lambda: evidence.words(KEY, version, page),
        lambda: evidence.sheets(KEY, version),
    ]


def test_sizes_words_and_crops_are_of_the_version_that_was_cited_also_when_it_was_replaced(library: Library) -> None:
    first = library.store(
        pdfs.sized(library.folder / "a.pdf", [b"/MediaBox[0 0 612 792]/Rotate 90"], "Fired."), pages=1
    )
    second = library.store(pdfs.sized(library.folder / "a.pdf", [b"/MediaBox[0 0 500 700]"] * 2, "Closed."), pages=2)
    for evidence in (library.evidence, Evidence(library.documents, library.ledger)):
        assert evidence.sheets(KEY, first) == Sheets((Run(1, 792, 612),))
        assert evidence.sheets(KEY, second) == evidence.sheets(KEY, "") == Sheets((Run(2, 500, 700),))
        (fired,), (closed,) = evidence.words(KEY, first, 1), evidence.words(KEY, second, 1)
        assert (fired[0], closed[0]) == ("Fired.", "Closed.")
        assert evidence.words(KEY, "", 1) == evidence.words(KEY, second, 2) == [closed]
        crops = [
            evidence.crop(KEY, version, 1, [box], WIDTH) for version, (_, box) in ((first, fired), (second, closed))
        ]
        assert crops[0] != crops[1]


def test_what_was_asked_for_is_made_once_also_for_another_process(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(name: str, function: Callable[..., object]) -> None:
        def call(*arguments: Any) -> object:
            made.append(name)
            return function(*arguments)

        monkeypatch.setattr(module, name, call)

    counted("render_page", render_page)
    counted("words_on", words_on)
    counted("measure", measure)
    version = library.put("The kiln is fired at 940 degrees.")
    first = [ask() for ask in everything(library.evidence, version)]
    for evidence in (library.evidence, library.opened()):
        assert [ask() for ask in everything(evidence, version)] == first
    assert sorted(made) == ["measure", "render_page", "render_page", "words_on"]
    assert library.fetched == [version]


def test_what_is_cached_of_a_deleted_document_goes_with_it(library: Library) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    asked = everything(library.evidence, version)
    for ask in asked:
        ask()
    assert [len(library.kept(kind)) for kind in ("pictures", "texts", "copies")] == [2, 2, 1]
    library.delete()
    for ask in asked:
        with pytest.raises(DocumentDeleted):
            ask()
    assert [library.kept(kind) for kind in ("pictures", "texts", "copies")] == [[], [], []]


def test_a_document_that_is_deleted_while_its_words_are_read_leaves_none(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")

    def deleted(*arguments: Any) -> list[tuple[str, Box]]:
        library.delete()
        return []

    monkeypatch.setattr(module, "words_on", deleted)
    with pytest.raises(DocumentDeleted):
        library.evidence.words(KEY, version, 1)
    assert library.kept("texts") == []


def test_what_is_not_there_is_reported_alike_whatever_is_asked_for(library: Library) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    for ask in everything(library.evidence, version, page=3)[:3]:
        with pytest.raises(NoSuchPage):
            ask()
    for ask in everything(library.evidence, "0" * 64):
        with pytest.raises(VersionNotKept):
            ask()
    (library.folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    broken = library.store(library.folder / "broken.pdf", pages=1)
    for ask in everything(library.evidence, broken):
        with pytest.raises(PdfError, match=r"^a\.pdf can't be read"):
            ask()
    for _ in range(module.CHILDREN):
        assert library.evidence._turns.acquire(Urgency.NOW, 0)
    module_wait, module.WAIT_SECONDS = module.WAIT_SECONDS, 0.01
    try:
        for ask in everything(library.evidence, version):
            with pytest.raises(TooManyAtOnce):
                ask()
    finally:
        module.WAIT_SECONDS = module_wait


def test_a_damaged_file_in_the_cache_is_made_again(library: Library) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    sheets, words = library.evidence.sheets(KEY, version), library.evidence.words(KEY, version, 1)
    for content in (b"", b"{}", b"[[1, 2]]", b"\xff"):
        for path in library.kept("texts"):
            path.write_bytes(content)
        assert library.evidence.sheets(KEY, version) == sheets
        for path in library.kept("texts"):
            path.write_bytes(content)
        assert library.evidence.words(KEY, version, 1) == words


def test_the_sizes_of_pages_are_next_before_pictures_and_words_come_last(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")
    library.evidence.picture(KEY, version, 2, WIDTH)
    order: list[str] = []
    for name, function in (("words_on", words_on), ("render_page", render_page), ("measure", measure)):

        def call(*arguments: Any, name: str = name, function: Callable[..., object] = function) -> object:
            order.append(name)
            return function(*arguments)

        monkeypatch.setattr(module, name, call)
    turns = library.evidence._turns
    for _ in range(module.CHILDREN):
        assert turns.acquire(Urgency.NOW, 0)
    picture, _, words, sheets = everything(library.evidence, version)
    with ThreadPoolExecutor(3) as pool:
        waiting = []
        for number, ask in enumerate((words, picture, sheets), 1):
            waiting.append(pool.submit(ask))
            until(lambda number=number: len(turns._waiting) == number)  # type: ignore[misc]
        turns.release()  # one at a time, so that their order is seen
        for one in waiting:
            one.result(60)
    assert order == ["measure", "render_page", "words_on"]


def test_words_that_were_recognized_in_pictures_stand_behind_a_pages_own_as_soon_as_they_are_there(
    library: Library,
) -> None:
    path = pdfs.paragraphs(library.folder / "a.pdf", ["Figure 3: Revenue by quarter"])
    version = library.store(path, pages=1, pictures=1)
    own = library.evidence.words(KEY, version, 1)
    assert texts(own) == "Figure 3: Revenue by quarter"
    seen = PictureLine(
        tuple(PictureWord(text, corners(100 + 50 * n), 0.99) for n, text in enumerate(["first", "second"]))
    )

    class Chart:
        name, parallel = "chart", 1

        def lines(self, picture: bytes) -> list[PictureLine]:
            return [seen]

    page = Page(1, pdfs.WIDTH, pdfs.HEIGHT, (), "none", "image", pictures=(Box(0, 0, pdfs.WIDTH, pdfs.HEIGHT),))
    list(Pictures(KEY, version, library.recognized, Chart()).pages(path, [page], Limits()))
    words = library.evidence.words(KEY, version, 1)
    assert words[: len(own)] == own
    assert texts(words[len(own) :]) == "first second"
    (_, box), _ = words[len(own) :]
    assert [box.left, box.top] == pytest.approx([100, 300], abs=1)


def corners(left: float) -> Corners:
    """Of a word 45 points wide and 12 high, 300 points below the top, in a picture of 200 dpi."""
    upper, lower, scale = 300.0, 312.0, 200 / 72
    right = left + 45
    return (
        (left * scale, upper * scale),
        (right * scale, upper * scale),
        (right * scale, lower * scale),
        (left * scale, lower * scale),
    )


def test_a_crop_shows_the_marked_text_in_its_column_and_no_more(library: Library) -> None:
    left, right = ([pdfs.sentence(100 * side + row)[:36] for row in range(40)] for side in (1, 2))
    path = pdfs.two_columns(library.folder / "a.pdf", left, right, by_row=True)
    version = library.store(path, pages=1)
    boxes = [Box(72, base - 8, 250, base + 2) for base in (pdfs.MARGIN + 14 * 20, pdfs.MARGIN + 14 * 21)]
    wide, narrow = (
        Image.open(BytesIO(library.evidence.crop(KEY, version, 1, boxes, width))).convert("RGB") for width in (900, 480)
    )
    assert (wide.size[0], narrow.size[0]) == (900, 480)
    assert wide.size[1] / 900 == pytest.approx(narrow.size[1] / 480, abs=0.01)
    # The column is 215 points wide, and four lines of it are 56 high.
    assert 0.15 < wide.size[1] / 900 < 0.4
    pixels = np.asarray(wide).astype(int)
    amber = (pixels[..., 0] > 230) & (pixels[..., 2] < 180)
    rows, columns = np.nonzero(amber)
    assert columns.min() < 100
    assert columns.max() > 700
    assert 0.1 * wide.size[1] < rows.min() < rows.max() < 0.9 * wide.size[1]
    assert (pixels[rows.min() :, -4:].min(axis=2) > 200).all()  # of the other column nothing
    with pytest.raises(ValueError, match="without a box"):
        library.evidence.crop(KEY, version, 1, [], 480)


def test_a_page_whose_words_can_not_be_read_is_cropped_over_its_whole_width(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = library.put("The kiln is fired at 940 degrees.")

    def refused(*arguments: Any) -> list[tuple[str, Box]]:
        raise PdfError("damaged", "It is.")

    monkeypatch.setattr(module, "words_on", refused)
    crop = Image.open(BytesIO(library.evidence.crop(KEY, version, 1, [Box(72, 60, 200, 72)], 480)))
    assert list(crop.size) == pytest.approx([480, 480 * (12 + 2 * 1.6 * 12) / pdfs.WIDTH], abs=2)


def test_pictures_are_of_the_type_that_is_said_and_small(library: Library) -> None:
    path = pdfs.book(library.folder / "a.pdf", 1)
    version = library.store(path, pages=1)
    picture = library.evidence.picture(KEY, version, 1, 900)
    image = Image.open(BytesIO(picture))
    assert image.get_format_mimetype() == PICTURE_TYPE
    assert [path.suffix for path in library.kept("pictures")] == [".webp"]
    again = BytesIO()
    image.save(again, "PNG")
    assert len(picture) < len(again.getvalue()) / 2


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
