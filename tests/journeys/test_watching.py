"""The watch view in a real headless Chromium: from nothing known to a drift, by its own buttons."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from runtime.local.minilm import MiniLm
from runtime.ports import Message, Source
from tests.analyses import archive, drawn
from tests.browsing import Visitors, ask, keep, visit
from tests.sites import Site, library, on_this_machine

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]

DAY = 86_400
SIZES = {"390": (390, 844), "1024": (1024, 768), "1440": (1440, 900)}


@pytest.fixture
def site(tmp_path: Path, minilm: MiniLm) -> Iterator[Site]:
    """A page over one document, of which the analyses' archive has nothing."""
    with on_this_machine(library(tmp_path, minilm)) as made:
        shutil.rmtree(made.home.settings.home / "archive")
        yield made


def card(page: Page, of: str) -> str:
    return f"#watch [data-of={of}]"


def run(page: Page, of: str, action: str, ends: str) -> None:
    """Start an analysis by its button, and wait until it has ended so."""
    page.locator(f"{card(page, of)} [data-run={action}]").click()
    expect(page.locator(f"{card(page, of)} .job .words")).to_contain_text(ends)
    expect(page.locator("#watch [data-run]").first).to_be_enabled()


def accessible(page: Page) -> None:
    """Nothing serious that axe-core finds within the view."""
    found = Axe().run(page, context="#watch")
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)[:3000]


def kept(page: Page, name: str) -> None:
    """A screenshot at each size, with nothing beyond the right edge."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.querySelector('#watch-view').scrollWidth") <= width
        keep(page, f"watch-{name}-{size}")


def refused(site: Site, user: str, question: str) -> None:
    """A question of a reader that the library has not answered."""
    nearest = (Source(1, "kiln.pdf", "", 1, 1, "", "", "The kiln.", 0.1),)
    asked = Message(f"q of {user}", "user", question, "2026-11-01T10:00:00+00:00")
    answer = Message(f"a of {user}", "assistant", "No.", "2026-11-01T10:00:01+00:00", nearest, "refused")
    made = site.home.conversations.create(user, "Secret title")
    site.home.conversations.append(user, made.id, [asked, answer])


def test_a_library_is_watched_from_its_first_baseline_to_its_drift(browser: Visitors, site: Site) -> None:
    home, model = site.home.settings.home, site.home.embedder.model
    page = visit(browser, f"{site.url}/watch", "1 document.")
    expect(page.locator(card(page, "documents"))).to_contain_text("Take a baseline of what the library holds now.")
    expect(page.locator(card(page, "speed"))).to_contain_text("No answers in the last seven days.")
    expect(page.locator("#watch-unanswered")).to_have_text("There are none.")
    expect(page.locator("#watch-report")).to_be_hidden()
    run(page, "documents", "baseline", "No records have arrived")
    accessible(page)
    kept(page, "nothing")
    page.set_viewport_size({"width": 1280, "height": 860})

    # A question that is answered, and others that are not.
    page.locator("#bar").get_by_role("link", name="Chat").click()
    ask(page, "How hot is the kiln?")
    for ago in (20, 18, 16):
        site.home.metrics.put({"similarity": [0.5, 0.7], "latency": [0.01], "no_answer": [1]}, time.time() - ago * DAY)
    refused(site, "local", "What colour is the moon?")
    refused(site, "olga", "Who <b>paints</b> the kiln?")
    shutil.rmtree(home / "archive")

    # A baseline, a comparison without drift, and one with; a reload finds the analysis going on.
    archive(home, 0, drawn(0), model=model)
    page.goto(f"{site.url}/watch")
    page.locator(f"{card(page, 'documents')} [data-run=baseline]").click()
    expect(page.locator(f"{card(page, 'documents')} .job progress")).to_be_visible()
    page.reload()
    expect(page.locator(f"{card(page, 'documents')} .job .words")).to_have_text("Done.")
    expect(page.locator(card(page, "documents"))).to_contain_text("600 records in")
    archive(home, 1, drawn(1), model=model)
    run(page, "documents", "compare", "Done.")
    expect(page.locator(f"{card(page, 'documents')}.good")).to_contain_text("No drift.")
    archive(home, 2, drawn(2, new=120), model=model)
    run(page, "documents", "compare", "Done.")
    expect(page.locator(f"{card(page, 'documents')}.warn")).to_contain_text("Drift for the first time.")
    expect(page.locator(f"{card(page, 'documents')} svg")).to_be_visible()
    archive(home, 3, drawn(3, 40), kind="prompt", model=model)
    run(page, "questions", "compare", "Done.")
    expect(page.locator(card(page, "questions"))).to_contain_text("Outliers: ")

    # The report: what made the verdict, with its figure and passages; nothing in it is markup.
    page.locator(f"{card(page, 'documents')} [data-report]").click()
    report = page.locator("#watch-report")
    expect(report.locator(".verdict")).to_contain_text("Drift for the first time.")
    expect(report.locator(".reasons")).to_contain_text("of them lie farther out than 99% of the baseline")
    expect(report.locator(".reasons blockquote").first).to_contain_text("<b>of</b> week 2")
    expect(report.locator("svg")).to_have_count(4)
    expect(report.locator(".tag.appeared").first).to_be_visible()
    page.get_by_role("button", name="Questions and library").click()
    expect(report.locator(".verdict")).to_contain_text("of what the library holds")
    with page.expect_download() as download:
        report.get_by_role("link", name="Save").click()
    assert "of what the library holds" in download.value.path().read_text()

    # Questions without an answer, one's own with its conversation.
    listed = page.locator("#watch-unanswered li")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="Who <b>paints</b>").get_by_role("link")).to_have_count(0)
    expect(page.locator("#watch-unanswered")).not_to_contain_text("Secret")

    # Figures over time.
    expect(page.locator("#watch-history figure")).to_have_count(4)
    page.get_by_role("button", name="Month").click()
    expect(page.get_by_role("img", name="Similarity of the passages found: 4 6-hour means")).to_be_visible()
    accessible(page)
    kept(page, "drift")
    page.locator("#watch-report").evaluate("one => one.scrollIntoView()")
    kept(page, "report")
    page.set_viewport_size({"width": 1280, "height": 860})
    listed.filter(has_text="moon").get_by_role("link", name="Open the conversation").click()
    expect(page.locator("#transcript")).to_contain_text("What colour is the moon?")

    german = visit(browser, f"{site.url}/watch", " ", locale="de-DE")
    expect(german.locator(card(german, "documents"))).to_contain_text("Drift, zum ersten Mal.")
    expect(german.locator("#watch-report .reasons")).to_contain_text("liegen weiter außen als 99 % des Ausgangsstands")
    keep(german, "watch-german")
