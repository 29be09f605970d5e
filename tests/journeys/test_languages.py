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
    expect(page.locator("header p")).to_have_text("Fragen Sie Ihre Dokumente. Jede Aussage mit Seitenangabe.")
    expect(page.get_by_role("button", name="Neue Unterhaltung")).to_be_visible()
    expect(page.get_by_placeholder("Stellen Sie eine Frage …")).to_be_visible()
    expect(page.locator("#chat")).to_contain_text("Was möchten Sie wissen?")
    expect(page.locator("#suggestions button").first).to_contain_text("Was sagt „The Book of Instruments“ über „")
    expect(page.locator("#evidence")).to_contain_text("Hier erscheinen die Quellen einer Antwort")
    kept_at_both_widths(page, "german-empty")

    page.locator("#suggestions button").first.click()
    bot = page.locator("#chat .message.bot")
    expect(bot).to_have_count(1)
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#evidence h2")).to_have_text("Quellen")
    expect(page.locator("#evidence .where").first).to_contain_text(re.compile(r"^Seiten? \S+ \(\S+\) · Ähnlichkeit 0,"))
    page.get_by_role("button", name="Nachricht kopieren").last.click()
    expect(page.locator("#said")).to_have_text("Mit Quellen kopiert.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\n\nQuellen:\n\[1\] instruments.pdf, Seiten? \S+ \(\S+\)(\n|$)", copied)
    expect(page.locator("#chat").get_by_role("button", name="Chat leeren")).to_be_hidden()
    kept_at_both_widths(page, "german-answer")
    page.locator("#chat").get_by_role("button", name="Gefällt mir", exact=True).click()
    page.get_by_label("Was war gut oder schlecht?").fill("Genau richtig")
    page.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_text("Vielen Dank.")).to_be_visible()

    ask(page, "Who was the first person to walk on the moon?")
    expect(bot.last).to_contain_text("In den Dokumenten steht dazu nichts. Die ähnlichsten Seiten")
    expect(page.locator("#evidence section:not([hidden]) h2")).to_have_text("Ähnlichste Seiten")
    kept_at_both_widths(page, "german-refusal")
    page.get_by_text("Diese Unterhaltung").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Als Markdown exportieren").click()
    assert "In den Dokumenten steht dazu nichts." in saved.value.path().read_text(encoding="utf-8")

    page.get_by_role("tab", name="Dokumente").click()
    table = page.locator("#documents table")
    expect(table.locator("th")).to_have_text(["Dokument", "Status", "Seiten", "Passagen", "Gelesen mit"])
    expect(table.locator("tr", has_text="locked.pdf").first).to_contain_text("verschlüsselt")
    expect(table.locator("tr", has_text="instruments.pdf")).to_contain_text("bereit")
    kept_at_both_widths(page, "german-documents")
    page.locator("#delete").click()
    page.get_by_role("button", name="Ja, löschen").click()
    expect(page.get_by_text("Wählen Sie zuerst das Dokument")).to_be_visible()

    page.get_by_role("tab", name="Überwachung").click()
    expect(page.locator("#report")).to_contain_text("Noch kein Bericht.")
    expect(page.locator("#kind")).to_contain_text("Drift der Fragen")
    expect(page.get_by_role("img", name="Ähnlichkeit der gefundenen Passagen")).to_be_visible()
    expect(page.locator("#plot-latency svg")).to_contain_text("Sekunden")
    kept_at_both_widths(page, "german-monitoring")
    assert refused == []

    # The same conversation, as an English reader sees it.
    page = visit(browser, books, STATUS, locale="en-US")
    page.locator("#list label").first.click()
    expect(page.locator("#chat .message.bot").last).to_contain_text("The documents do not say.")


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
def test_a_reader_of_any_other_language_has_the_page_in_english(browser: Visitors, books: str, locale: str) -> None:
    page = visit(browser, books, STATUS, locale=locale)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("header p")).to_have_text("Ask your documents. Every claim cites its page.")
    expect(page.get_by_placeholder("Ask a question …")).to_be_visible()
    expect(page.locator("#suggestions button").first).to_contain_text("What does “The Book of Instruments” say about “")
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator("#documents th").first).to_have_text("Document")
    page.get_by_role("tab", name="Monitoring").click()
    expect(page.locator("#report")).to_contain_text("No report yet.")
