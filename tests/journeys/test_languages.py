"""The chat page in the reader's language, in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import Visitors, ask, kept_at_both_widths, visit

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]

STATUS = "Answers quote these documents"


def test_a_german_reader_has_the_page_in_german(browser: Visitors, books: str) -> None:
    page = visit(browser, books, "Antworten zitieren diese Dokumente", locale="de-DE")
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Neue Unterhaltung")).to_be_visible()
    expect(page.get_by_placeholder("Stellen Sie eine Frage …")).to_be_visible()
    expect(page.locator("#chat")).to_contain_text("Was möchten Sie wissen?")
    kept_at_both_widths(page, "german-empty")

    page.locator(".suggested button").first.click()
    expect(page.locator(".turn")).to_have_attribute("data-state", "done")
    expect(page.locator(".turn").last.locator(".chip").first).to_contain_text("S. ")
    page.get_by_role("button", name="Mit Quellen kopieren").last.click()
    expect(page.locator(".toast").last).to_contain_text("Mit Quellen kopiert.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\n\nQuellen:\n\[1\] instruments.pdf, Seiten? \S+ \(\S+\)(\n|$)", copied)
    kept_at_both_widths(page, "german-answer")

    ask(page, "Who was the first person to walk on the moon?")
    expect(page.locator(".refusal").last).to_contain_text("In den Dokumenten steht dazu nichts.")
    expect(page.locator(".refusal").last).to_contain_text("Am nächsten, wohl nicht das Gesuchte")
    kept_at_both_widths(page, "german-refusal")
    assert refused == []

    # The same conversation, as an English reader sees it.
    page = visit(browser, page.url, STATUS, locale="en-US")
    expect(page.locator(".refusal").last).to_contain_text("The documents do not say.")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_a_reader_of_any_other_language_has_the_page_in_english(browser: Visitors, books: str, locale: str) -> None:
    page = visit(browser, books, STATUS, locale=locale)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_placeholder("Ask a question …")).to_be_visible()
    expect(page.get_by_role("link", name="Library")).to_be_visible()
    expect(page.locator(".suggested button").first).to_be_visible()
