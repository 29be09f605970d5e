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
from ui import export, suggestions

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]


def begun(browser: Visitors, address: str, *, bypass_csp: bool = False) -> Page:
    page = visit(browser, address, "Answers quote these documents", bypass_csp=bypass_csp)
    expect(page.locator("#suggestions button").first).to_be_visible()
    return page


def test_a_suggested_question_is_asked_at_once_and_copied_with_its_sources(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.locator("#suggestions button").first.click()
    bot = page.locator("#chat .message.bot")
    expect(bot).to_have_count(1)
    expect(page.locator("#stop")).to_be_hidden()
    expect(bot).not_to_contain_text("The documents do not say")
    expect(page.locator("#suggestions button").first).to_be_hidden()
    page.locator('#chat button[title="Copy message"]').last.click()
    expect(page.locator("#said")).to_have_text("Copied with sources.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(bot.inner_text().strip())
    assert "\n\nSources:\n[1] instruments.pdf, page" in copied
    assert "#source-" not in copied

    page.get_by_text("This conversation").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Export as Markdown").click()
    written = saved.value.path().read_text(encoding="utf-8")
    assert written.startswith("# ")
    assert "- [1] instruments.pdf, page" in written
    assert saved.value.suggested_filename.endswith(".md")


def test_the_keys_of_the_list_do_what_it_says(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("#search input, #search textarea")).to_be_focused()
    page.keyboard.press("Alt+KeyQ")
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.press("Alt+KeyK")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#question textarea")).to_have_attribute("aria-keyshortcuts", "Alt+Q")
    ask(page, "What does the violin support?")
    page.keyboard.press("Alt+KeyN")
    expect(page.locator("#chat .message.bot")).to_have_count(0)


def test_a_search_without_results_and_an_active_filter_are_shown(browser: Visitors, books: str) -> None:
    page = begun(browser, books)
    page.locator("#search input, #search textarea").fill("zzzz")
    expect(page.get_by_text("No conversation contains these words.")).to_be_visible()
    page.locator("#only input").click()
    page.get_by_role("option", name="instruments.pdf").click()
    expect(page.get_by_text("Only this document is searched.")).to_be_visible()


EXCEPTIONS: set[tuple[str, str]] = set()
"""Rules of axe that Gradio's own components break and this page can't mend, each with the element's selector."""


def hindrances(page: Page) -> set[tuple[str, str]]:
    # Half-way between two colours, or faint while it is waited for, nothing is told from its ground.
    page.wait_for_function(
        "!document.querySelector('.pending') && document.getAnimations().every(one => !(one instanceof CSSTransition))"
    )
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
    page.locator("#show-keys").click()
    found["dialog"] = hindrances(page)
    page.locator("#hide-keys").click()
    for name, shows in (("Documents", "#documents table"), ("Monitoring", "#report p")):
        page.get_by_role("tab", name=name).click()
        expect(page.locator(shows).first).to_be_visible()
        found[name] = hindrances(page)
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


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("2 Basics › 2.10 What is CRAN?", "What is CRAN?"),
        ("Appendix C Platform notes", "What does “R” say about “Platform notes”?"),
        ("Table of Contents", ""),
        ("Function index › W", ""),
        ("4", ""),
        ("2 Simple numbers and vectors . . 8", ""),
        ("consult the list of packages (or", ""),
        ("1 Introduction", ""),
        ("x9 §§ 77 a1 //", ""),
    ],
)
def test_only_a_heading_that_says_something_becomes_a_question(path: str, asked: str) -> None:
    assert suggestions.question("R", path) == asked
