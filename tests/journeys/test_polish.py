"""What makes the chat page pleasant, in a real Chromium: suggestions, copying, exporting, keys, errors in words, and
nothing that shuts readers out."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from runtime.local.home import Home
from runtime.ports import Message, Source
from runtime.settings import Settings
from tests.browsing import NARROW, WIDE, Visitors, ask, visit
from ui import export

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]


def begun(browser: Visitors, address: str, *, bypass_csp: bool = False) -> Page:
    page = visit(browser, address, "Answers quote these documents", bypass_csp=bypass_csp)
    expect(page.locator(".suggested button").first).to_be_visible()
    return page


def test_a_suggested_question_is_asked_at_once_and_copied_with_its_sources(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.locator(".suggested button").first.click()
    turn = page.locator(".turn")
    expect(turn).to_have_attribute("data-state", "done")
    expect(page.locator(".suggested")).to_have_count(0)
    turn.get_by_role("button", name="Copy with sources").click()
    expect(page.locator("#said")).to_have_text("Copied with sources.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert turn.locator("blockquote").first.inner_text().split("\n")[0].rstrip(".") in copied
    assert "\n\nSources:\n[1] instruments.pdf, page" in copied

    page.locator(".talk").first.hover()
    page.locator(".talk-more").first.click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Export").click()
    written = saved.value.path().read_text(encoding="utf-8")
    assert written.startswith("# ")
    assert "- [1] instruments.pdf, page" in written
    assert saved.value.suggested_filename.endswith(".md")


def test_the_keys_of_the_list_do_what_it_says(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Alt+KeyQ")
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.press("Alt+KeyK")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#question textarea")).to_have_attribute("aria-keyshortcuts", "Alt+Q")
    ask(page, "What does the violin support?")
    page.keyboard.press("Alt+KeyN")
    expect(page.locator(".turn")).to_have_count(0)


def test_a_search_without_results_and_an_active_filter_are_shown(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.locator("#search").fill("zzzz")
    expect(page.locator("#list")).to_contain_text("No conversation contains these words.")
    page.locator("#scope").click()
    page.get_by_label("instruments.pdf").check()
    expect(page.locator("#scope")).to_have_text("Only instruments")


EXCEPTIONS: set[tuple[str, str]] = set()
"""Rules of axe that Gradio's own components break and this page can't mend, each with the element's selector."""


def hindrances(page: Page) -> set[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return {(rule["id"], str(node["target"][-1])) for rule in serious for node in rule["nodes"]} - EXCEPTIONS


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_state(browser: Visitors, books: str, theme: str) -> None:
    # Axe is evaluated in the page, which a page's own policy need not let in.
    page = begun(browser, f"{books}/?__theme={theme}", bypass_csp=True)
    found = {"empty": hindrances(page)}
    ask(page, "What does the violin support?")
    found["answered"] = hindrances(page)
    page.set_viewport_size(NARROW)
    found["narrow"] = hindrances(page)
    page.set_viewport_size(WIDE)
    page.locator("#show-help").click()
    found["dialog"] = hindrances(page)
    page.keyboard.press("Escape")
    page.locator("#scope").click()
    expect(page.locator(".scope-list label").first).to_be_visible()
    found["scope"] = hindrances(page)
    page.keyboard.press("Escape")
    page.locator(".talk").first.hover()
    page.locator(".talk-more").first.click()
    found["menu"] = hindrances(page)
    page.keyboard.press("Escape")
    page.locator(".chip").first.hover()
    expect(page.locator("#card")).to_be_visible()
    found["card"] = hindrances(page)
    ask(page, "Who was the first president of Brazil?")
    found["refused"] = hindrances(page)
    page.locator(".turn").first.hover()
    page.locator('[data-do="edit"]').first.click()
    found["editing"] = hindrances(page)
    assert {state: rules for state, rules in found.items() if rules} == {}


def test_nothing_of_a_document_is_live_in_an_exported_conversation(tmp_path: Path) -> None:
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path)}))
    conversation = home.conversations.create("ann", "../<b>Kiln</b> & co.")
    source = Source(1, "a_b*.pdf", "v", 3, 4, "", "", "text", 0.5)
    text = "Hot [1]. <img src=x> ![i](http://x/y.png) [1](http://x)"
    answer = Message("m", "assistant", text, "", (source,), state="failed")
    written = export.markdown(conversation, [Message("q", "user", "How *hot*?", ""), answer])
    assert "## How \\*hot\\*?" in written
    assert "Hot [1]. \\<img src=x\\> \\!\\[i\\](http://x/y.png) \\[1\\](http://x)" in written
    assert "*The answer was interrupted.*" in written
    assert "- [1] a\\_b\\*.pdf, pages 3–4, similarity 0.50" in written
    assert export.file_name(conversation) == "b-Kiln-b-co.md"
