"""The reader of documents: an answer's citations lead to the text that they cite, and from there on through the
document."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, ViewportSize, expect

from runtime.local.minilm import MiniLm
from runtime.ports import Entry
from runtime.versions import version_of
from tests import cited, pdfs
from tests.aws.stack import until
from tests.browsing import Visitors, keep
from tests.cited import Cited
from tests.reading_room import MIDDLE, NARROW, WIDE, cite, enter, open_document, seen
from tests.sites import Site, home_in, on_this_machine
from ui.texts import ENGLISH, GERMAN

pytestmark = [pytest.mark.xdist_group("reading room")]

LONG = 20_000
"""Pages: as many as a document may have."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[tuple[Site, list[Cited]]]:
    """A library, and citations of texts in it, one document of which was replaced since."""
    folder = tmp_path_factory.mktemp("room")
    home = home_in(folder, minilm, None)
    questions = cited.fill(home, folder, pages=6, scans=1)
    found = cited.asked(home, questions[1::2], 20)
    cited.replace(home, folder)
    with on_this_machine(home) as site:
        yield site, found


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[tuple[Site, Cited]]:
    """A document of 20,000 pages, and a citation from the middle of it."""
    folder = tmp_path_factory.mktemp("long")
    home = home_in(folder, minilm, None)
    path = pdfs.long(folder / "register.pdf", LONG)
    home.documents.put("register.pdf", path)
    stored, version = home.documents.find("register.pdf"), version_of(path)
    assert stored is not None
    assert home.ledger.lease("register.pdf", "me", 60)
    home.ledger.save(Entry("register.pdf", "ready", version=version, tag=stored.tag, pages=LONG), "me")
    box = [12_345, 72, 62, 560, 75]
    one = {"n": 0, "text": pdfs.sentence(1_234_500), "boxes": [box], "doubtful": []}
    source = {"number": 1, "document": "register.pdf", "version": version, "name": "register.pdf", "title": ""}
    source |= {"page": 12_345, "cited": [one], "boxes": [box], "turn": "t", "state": "done", "text": one["text"]}
    with on_this_machine(home) as site:
        yield site, Cited(source, 0)


def of(found: list[Cited], document: str) -> Cited:
    """The first citation of a document."""
    return next(one for one in found if one.source["document"] == document)


def top_of(sheet: Locator) -> float:
    """Where a page begins, in pixels from the top of the window."""
    box = sheet.bounding_box()
    assert box is not None
    return box["y"]


def is_at(sheet: Locator, top: float) -> bool:
    return abs(top_of(sheet) - top) < 2


def is_removed(folder: Path) -> bool:
    """Remove a folder, in which something may just be written."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


# --- from a claim to the text that proves it ---


@pytest.mark.parametrize("viewport", [NARROW, MIDDLE, WIDE], ids=["narrow", "middle", "wide"])
def test_what_is_cited_comes_into_view_and_is_marked(
    browser: Visitors, room: tuple[Site, list[Cited]], viewport: ViewportSize
) -> None:
    site, found = room
    page = enter(browser, site, viewport)
    kinds = {one.source["document"] for one in found}
    assert kinds == {"A book of instruments.pdf", "columns.pdf", "turned.pdf", "replaced.pdf", "scanned.pdf"}
    for one in found:
        cite(page, one)
        shown = seen(page)
        assert shown.shows(one.text), (one.source["document"], one.text, shown)
    for document in ("A book of instruments.pdf", "scanned.pdf"):
        cite(page, of(found, document), of(found, "columns.pdf"))
        seen(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            keep(page, f"reader-{document.split()[0].removesuffix('.pdf')}-{viewport['width']}-{scheme}")


def test_the_reader_goes_from_source_to_source_and_says_what_it_shows(
    browser: Visitors, room: tuple[Site, list[Cited]]
) -> None:
    site, found = room
    page = enter(browser, site)
    book, columns = of(found, "A book of instruments.pdf"), of(found, "columns.pdf")
    cite(page, book, columns)
    seen(page)
    expect(page.locator("#said")).to_contain_text(book.text[:40])
    sources = page.get_by_role("navigation", name="Sources of this answer").get_by_role("button")
    expect(sources).to_have_count(2)
    expect(sources.first).to_have_attribute("aria-current", "true")
    sources.nth(1).click()
    expect(page.locator("#said")).to_contain_text(columns.source["cited"][0]["text"][:20])
    assert seen(page).shows(columns.source["cited"][0]["text"])


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_click_on_a_citation_of_an_answer_leads_to_its_text_and_esc_back_to_it(
    browser: Visitors, room: tuple[Site, list[Cited]], viewport: ViewportSize
) -> None:
    site, _ = room
    page = enter(browser, site, viewport)
    page.locator("#question textarea").fill(pdfs.sentence(411))
    page.keyboard.press("Enter")
    citation = page.locator(".answer .chip").first
    expect(citation).to_be_visible()
    if viewport == WIDE:  # the first source opens by itself, and takes the focus from nobody
        assert seen(page).shows(pdfs.sentence(411))
        expect(page.locator("#question textarea")).to_be_focused()
    citation.click()
    assert seen(page).shows(pdfs.sentence(411))
    expect(citation).to_be_in_viewport()
    keep(page, f"reader-answer-{viewport['width']}")
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(citation).to_be_focused()


# --- reading on ---


def test_pages_are_turned_magnified_searched_and_copied_by_keyboard_and_focus_returns(
    browser: Visitors, room: tuple[Site, list[Cited]]
) -> None:
    site, found = room
    page = enter(browser, site)
    page.locator("#question textarea").focus()
    cite(page, of(found, "A book of instruments.pdf"))
    seen(page)
    strip = page.get_by_role("region", name="Pages")
    expect(strip).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_label("Page", exact=True)).to_have_value("6")
    page.keyboard.press("Home")
    expect(page.get_by_label("Page", exact=True)).to_have_value("1")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Page", exact=True)).to_have_value("2")
    page.get_by_label("Page", exact=True).fill("4")
    page.keyboard.press("Enter")
    expect(page.locator('.sheet[data-page="4"][data-drawn]')).to_be_in_viewport()
    before = page.locator('.sheet[data-page="4"]').bounding_box()
    page.keyboard.press("+")
    after = page.locator('.sheet[data-page="4"]').bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] == pytest.approx(1.25 * before["width"], rel=0.01)
    page.keyboard.press("0")
    expect(page.get_by_label("Fit the whole page")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("0")

    # A text that two lines share is found on another page, and marked.
    page.keyboard.press("Control+f")
    sought = pdfs.sentence(521)
    page.keyboard.type(" ".join(sought.split()[:9]).upper())
    expect(page.locator(".mark.here").first).to_be_in_viewport()
    expect(page.locator(".find .says")).to_have_text("1 of 1")
    expect(page.get_by_label("Page", exact=True)).to_have_value("5")
    page.keyboard.press("Escape")
    expect(page.locator(".mark.found")).to_have_count(0)
    expect(strip).to_be_focused()

    # Words are selected as they are read, and copied by line.
    words = page.locator('.sheet[data-page="5"] .words')
    expect(words.locator("span").first).to_be_visible()
    words.evaluate("one => getSelection().selectAllChildren(one)")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert sought in " ".join(copied.split())
    assert "The Book of Instruments - a running header\n" in copied

    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator("#question textarea")).to_be_focused()


def test_the_divider_is_moved_by_keyboard_and_pointer_and_stays_after_a_reload(
    browser: Visitors, room: tuple[Site, list[Cited]]
) -> None:
    site, found = room
    page = enter(browser, site)
    one = of(found, "A book of instruments.pdf")
    cite(page, one)
    seen(page)
    divider = page.get_by_role("separator", name="Width of the document")
    expect(divider).to_have_attribute("aria-valuenow", "44")
    divider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    assert seen(page).shows(one.text)  # what is marked stays in view
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, 500)
    page.mouse.down()
    page.mouse.move(0.65 * WIDE["width"], 500, steps=5)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "35")
    assert seen(page).shows(one.text)
    page.reload()
    expect(page.locator(":root[data-started]")).to_be_attached()
    cite(page, one)
    expect(divider).to_have_attribute("aria-valuenow", "35")


def test_on_a_narrow_page_the_reader_is_a_sheet_that_is_dragged_and_leads_back_to_the_answer(
    browser: Visitors, room: tuple[Site, list[Cited]]
) -> None:
    site, found = room
    page = enter(browser, site, NARROW)
    cite(page, of(found, "A book of instruments.pdf"))
    seen(page)
    reader, grip = page.locator("#reader"), page.get_by_role("button", name="Full height")

    def height() -> float:
        box = reader.bounding_box()
        assert box is not None
        return box["height"] / NARROW["height"]

    assert height() == pytest.approx(0.6, abs=0.01)
    grip.click()
    expect(page.get_by_role("button", name="Part of the height")).to_have_attribute("aria-expanded", "true")
    assert height() > 0.9
    box = page.locator(".grip").bounding_box()
    assert box is not None
    page.mouse.move(200, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(200, 380, steps=5)
    page.mouse.up()
    expect(grip).to_have_attribute("aria-expanded", "false")
    assert height() == pytest.approx(0.6, abs=0.01)
    back = page.get_by_role("button", name="Back to the answer")
    target = back.bounding_box()
    assert target is not None
    assert target["height"] >= 44
    back.click()
    expect(reader).to_be_hidden()


def test_the_pdf_is_opened_and_saved_under_its_name(browser: Visitors, room: tuple[Site, list[Cited]]) -> None:
    site, found = room
    page = enter(browser, site)
    cite(page, of(found, "A book of instruments.pdf"))
    seen(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the PDF").click()
    assert saved.value.suggested_filename == "A book of instruments.pdf"
    assert Path(saved.value.path()).read_bytes()[:5] == b"%PDF-"
    away = page.get_by_role("link", name="Open the PDF in a new tab")
    assert re.search(r"/document/file\?.*#page=\d+$", str(away.get_attribute("href")))


def test_names_and_words_that_look_like_html_are_shown_as_they_are(
    browser: Visitors, room: tuple[Site, list[Cited]], tmp_path: Path
) -> None:
    site, _ = room
    name, said = "<img src=x onerror=alert(1)> & more.pdf", "<script>alert(2)</script> & <b>bold</b>"
    site.home.documents.put(name, pdfs.paragraphs(tmp_path / "a.pdf", [said]))
    site.home.ingestor().reconcile(name)
    page = enter(browser, site)
    dialogs: list[Dialog] = []

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    page.on("dialog", opened)
    open_document(page, name, {})
    expect(page.locator(".sheet .words span").first).to_have_text("<script>alert(2)</script>")
    expect(page.locator("#reader-title")).to_have_attribute("title", re.compile(re.escape(f"· {name}")))
    assert page.locator(".words b, .words script, #reader-title img").count() == 0
    assert dialogs == []


# --- what is no longer as it was ---


def test_a_document_that_was_replaced_shows_what_was_cited_and_says_so_until_it_is_gone(
    browser: Visitors, room: tuple[Site, list[Cited]]
) -> None:
    site, found = room
    one = of(found, "replaced.pdf")
    page = enter(browser, site)
    cite(page, one)
    assert seen(page).shows(one.text)
    expect(page.get_by_role("note")).to_contain_text("Older version")
    keep(page, "reader-older")
    page.get_by_role("button", name="Open the current version").click()
    expect(page.get_by_role("note")).to_be_hidden()
    expect(page.locator(".pages-count")).to_have_text("/ 1")
    expect(page.locator(".mark")).to_have_count(0)
    cite(page, of(found, "columns.pdf"))
    expect(page.get_by_role("note")).to_be_hidden()

    for kept in ("versions", "evidence"):
        until(partial(is_removed, site.home.settings.home / kept))
    for locale, texts in (("en-US", ENGLISH), ("de-DE", GERMAN)):
        page = enter(browser, site, locale=locale)
        cite(page, one)
        expect(page.locator("#reader").get_by_role("alert")).to_have_text(texts("reader.not_kept"))
        expect(page.locator("#reader blockquote")).to_have_text(one.text)
        expect(page.locator(".notice button")).to_have_text(texts("reader.ask_again"))
    site.home.remove("replaced.pdf")
    cite(page, one)
    expect(page.locator("#reader").get_by_role("alert")).to_have_text(GERMAN("reader.deleted"))
    keep(page, "reader-deleted")


# --- however long it is ---


def test_a_document_of_20_000_pages_opens_at_the_cited_one_and_is_scrolled_from_end_to_end(
    browser: Visitors, long: tuple[Site, Cited]
) -> None:
    site, one = long
    page = enter(browser, site)
    sheets: list[int] = []
    page.on("response", lambda got: sheets.append(len(got.body())) if "/sheets" in got.url else None)
    started = time.monotonic()
    cite(page, one)
    assert seen(page).shows(one.text)
    assert time.monotonic() - started < 10
    assert len(sheets) == 1
    assert sheets[0] < 1000
    number, strip = page.get_by_label("Page", exact=True), page.get_by_role("region", name="Pages")
    expect(number).to_have_value("12,345")

    def there(of: int) -> None:
        expect(page.locator(f'.sheet[data-page="{of}"][data-drawn][data-words]')).to_be_in_viewport()
        assert page.locator(".sheet").count() < 12

    for zoom in ("+", "+", "+", "+", "+"):  # to four times the width: 60 million pixels
        page.keyboard.press(zoom)
    expect(number).to_have_value("12,345")
    for key, last in (("End", LONG), ("Home", 1)):
        page.keyboard.press(key)
        there(last)
    page.keyboard.press("0")
    # A wheel moves by what it is turned, wherever the strip is.
    for start in (1, 9_999, LONG):
        number.fill(str(start))
        page.keyboard.press("Enter")
        there(start)
        sheet, by = page.locator(f'.sheet[data-page="{start}"]'), -300 if start == LONG else 300
        expected = top_of(sheet) - by
        strip.hover()
        page.mouse.wheel(0, by)
        until(partial(is_at, sheet, expected))
    # What the scrollbar is dragged to is at the same share of the document.
    strip.evaluate("one => { one.scrollTop = (one.scrollHeight - one.clientHeight) / 4; }")
    expect(number).to_have_value(re.compile("^(4,99|5,00)"))
    keep(page, "reader-long")


def test_a_document_of_the_library_is_opened_without_marks(browser: Visitors, long: tuple[Site, Cited]) -> None:
    site, _ = long
    page = enter(browser, site, locale="de-DE")
    open_document(page, "register.pdf", {"page": 19_000})
    expect(page.locator('.sheet[data-page="19000"][data-drawn]')).to_be_in_viewport()
    expect(page.get_by_label("Seite", exact=True)).to_have_value("19.000")
    expect(page.locator(".mark")).to_have_count(0)
    expect(page.get_by_role("heading", name="register.pdf")).to_be_visible()
