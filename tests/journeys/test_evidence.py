"""What a reader sees of an answer's pages when its document was replaced, is no longer kept, or was deleted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from tests import pdfs
from tests.browsing import Visitors, ask, visit
from tests.sites import Site, home_in, on_this_machine

pytestmark = [pytest.mark.xdist_group("chat page")]

STATUS = "Answers quote these documents"


@pytest.fixture
def site(tmp_path: Path, minilm: MiniLm) -> Iterator[Site]:
    home = home_in(tmp_path, minilm, None)
    put(home, tmp_path, "The kiln of the pottery is fired at 940 degrees for eleven hours.")
    with on_this_machine(home) as made:
        yield made


def put(home: Home, folder: Path, *texts: str) -> None:
    home.upload("kiln.pdf", pdfs.paragraphs(folder / "made.pdf", texts))
    home.ingestor().reconcile("kiln.pdf")


def reopened(browser: Visitors, site: Site, locale: str = "en-US") -> Page:
    """The conversation in a browser that has nothing kept."""
    page = visit(browser, site.url, STATUS if locale == "en-US" else "", locale=locale, alone=True)
    page.locator("#list label").first.click()
    expect(page.locator("#evidence details").first).to_be_visible()
    return page


def assert_shows_a_picture(page: Page) -> None:
    picture = page.locator("#evidence details[open] img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("one => one.naturalWidth") > 0


def test_the_sentence_that_is_cited_is_marked_as_soon_as_the_answer_is_there(
    browser: Visitors, site: Site, tmp_path: Path
) -> None:
    put(site.home, tmp_path, "The shop opens at nine. The kiln is fired at 940 degrees. Glazes are mixed on Mondays.")
    page = visit(browser, site.url, STATUS)
    ask(page, "How hot is the kiln?")
    assert_shows_a_picture(page)
    marked = page.locator("#evidence img").first.get_attribute("src")
    again = reopened(browser, site).locator("#evidence img").first
    assert marked == again.get_attribute("src")


def test_an_answers_page_is_shown_as_it_was_cited_and_where_it_can_not_be_the_reason_is(
    browser: Visitors, site: Site, tmp_path: Path
) -> None:
    page = visit(browser, site.url, STATUS)
    ask(page, "How hot is the kiln?")
    assert_shows_a_picture(page)
    address = str(page.locator("#evidence img").first.get_attribute("src"))
    cited = site.get(address)
    assert site.get(address, **{"If-None-Match": cited.headers["etag"]}).status_code == 304

    put(site.home, tmp_path, "The kiln is closed.")
    assert_shows_a_picture(reopened(browser, site))
    assert site.get(address).content == cited.content

    for kept in ("versions", "evidence"):
        shutil.rmtree(site.home.settings.home / kept)
    said = "This document has been replaced, and the cited version is no longer kept."
    page = reopened(browser, site)
    expect(page.locator("#evidence details[open] .gone")).to_have_text(said)
    expect(page.locator("#evidence details[open] img")).to_have_count(0)

    site.home.remove("kiln.pdf")
    expect(reopened(browser, site).locator("#evidence details[open] .gone")).to_have_text(
        "This document has been deleted."
    )
    site.home.ingestor().reconcile("kiln.pdf")
    page = reopened(browser, site, "de-DE")
    expect(page.locator("#evidence details[open] .gone")).to_have_text("Dieses Dokument wurde gelöscht.")
