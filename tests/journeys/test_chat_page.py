"""The chat page in a real headless Chromium, over a library of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runtime.local.minilm import MiniLm
from tests import pdfs
from tests.browsing import Visitors, ask, keep, visit
from tests.sites import Site, home_in, on_this_machine
from ui.gate import LOCAL

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]

STATUS = "Answers quote these documents"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page over two documents, of which one can't be read."""
    folder = tmp_path_factory.mktemp("chat")
    papers = folder / "papers"
    papers.mkdir()
    pdfs.paragraphs(
        papers / "kiln.pdf",
        [
            "The kiln of the pottery is fired at 940 degrees for eleven hours.",
            "Glazes are mixed on Tuesdays.",
            "<script>document.title='owned'</script> ![x](http://127.0.0.1:9/x.png) is what a hostile glaze says.",
        ],
        "The Kiln",
    )
    pdfs.encrypted(papers / "locked.pdf", "secret", user="secret")
    with on_this_machine(home_in(folder, minilm, None), papers) as made:
        yield made


@pytest.fixture
def unasked(site: Site) -> Site:
    """The same, where nobody has asked yet."""
    for conversation in site.home.conversations.find(LOCAL):
        site.home.conversations.delete(LOCAL, conversation.id)
    return site


def test_nothing_in_a_document_runs_or_loads(browser: Visitors, site: Site) -> None:
    page = visit(browser, site.url, STATUS)
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith((site.url, "data:", "blob:")) else None
        ),
    )
    ask(page, "What does a hostile glaze say?")
    expect(page.locator("#evidence blockquote").first).to_contain_text("<script>")
    assert page.title() == "Plumbline"
    assert outside == []
    assert page.locator("#chat .bot img").count() == 0


def test_conversations_can_be_found_renamed_reopened_and_deleted_in_any_browser_of_the_machine(
    browser: Visitors, unasked: Site
) -> None:
    page = visit(browser, unasked.url, STATUS)
    ask(page, "How hot is the kiln?")
    expect(page.locator("#chat .bot").last).to_contain_text("940")
    page.locator("#new").click()
    expect(page.locator("#chat .bot")).to_have_count(0)
    ask(page, "When are glazes mixed?")
    expect(page.locator("#chat .bot").last).to_contain_text("Tuesdays")
    expect(page.locator("#list label")).to_have_count(2)

    # Opened here, since what is put into a box in the moment that its section opens is lost.
    page.get_by_text("This conversation").click()
    expect(page.locator("#title input, #title textarea")).to_be_visible()
    page.locator("#search input, #search textarea").fill("Tuesdays")
    expect(page.locator("#list label")).to_have_count(1)
    page.locator("#search input, #search textarea").fill("")
    expect(page.locator("#list label")).to_have_count(2)

    page.locator("#title input, #title textarea").fill("Glazing days")
    page.locator("#rename").click()
    expect(page.locator("#list")).to_contain_text("Glazing days")
    page.locator("#list label", has_text="How hot").click()
    expect(page.locator("#chat .bot").last).to_contain_text("940")

    another = visit(browser, unasked.url, STATUS, alone=True)
    expect(another.locator("#list label")).to_have_count(2)
    another.close()

    page.reload()
    expect(page.locator("#list label")).to_have_count(2)
    page.locator("#list label", has_text="Glazing days").click()
    expect(page.locator("#chat .bot").last).to_contain_text("Tuesdays")
    page.get_by_text("This conversation").click()
    page.locator("#forget").click()
    expect(page.locator("#list label")).to_have_count(1)
    expect(page.locator("#chat .bot")).to_have_count(0)


def test_a_vote_and_a_comment_are_kept(browser: Visitors, unasked: Site) -> None:
    page = visit(browser, unasked.url, STATUS)
    ask(page, "How hot is the kiln?")
    expect(page.locator("#chat .bot").last).to_contain_text("940")
    page.locator("#chat").get_by_role("button", name="Like", exact=True).click()
    page.locator("#remark input, #remark textarea").fill("Just right")
    page.locator("#thank").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    (conversation,) = unasked.home.conversations.find(LOCAL)
    answer = unasked.home.conversations.messages(LOCAL, conversation.id)[-1]
    assert (answer.vote, answer.comment) == (1, "Just right")


def test_a_document_that_can_not_be_read_says_why_and_one_that_is_uploaded_can_be_deleted(
    browser: Visitors, site: Site, tmp_path: Path
) -> None:
    page = visit(browser, site.url, STATUS)
    page.get_by_role("tab", name="Documents").click()
    table = page.locator("#documents table")
    expect(table).to_contain_text("encrypted")
    expect(table).to_contain_text("Save it without a password")
    new = pdfs.paragraphs(
        tmp_path / "harbour.pdf",
        ["The harbour master closes the northern gate when the wind passes 70 km per hour."],
        "The Harbour",
    )
    page.locator("#upload input[type=file]").set_input_files(new)
    row = table.locator("tr", has_text="harbour.pdf")
    expect(row).to_contain_text("ready")
    (tmp_path / "other").mkdir()
    other = pdfs.paragraphs(tmp_path / "other" / "harbour.pdf", ["The southern gate is closed on Sundays."])
    page.locator("#upload input[type=file]").set_input_files(other)
    expect(page.locator("#taken")).to_contain_text("There are other documents with these names already: harbour.pdf.")
    page.locator("#taken-keep").click()
    expect(page.locator("#taken")).to_be_hidden()
    beside = table.locator("tr", has_text="harbour (2).pdf")
    expect(beside).to_contain_text("ready")
    page.locator("#upload input[type=file]").set_input_files(other)
    page.locator("#taken-replace").click()
    expect(page.locator("#taken")).to_be_hidden()
    expect(table).to_contain_text("The same file as harbour (2).pdf")
    page.locator("#upload input[type=file]").set_input_files(new)
    page.locator("#taken-skip").click()
    expect(page.locator("#taken")).to_be_hidden()
    for name in ("harbour (2).pdf", "harbour.pdf"):
        delete(page, name)
        expect(table.locator("tr", has_text=name)).to_have_count(0)


def delete(page: Page, name: str) -> None:
    """Delete a document on the page."""
    page.locator("#to-delete input").click()
    page.get_by_role("option", name=name, exact=True).click()
    page.locator("#delete").click()
    page.locator("#sure").click()
    expect(page.get_by_text(f"{name} is being removed from the library")).to_be_visible()


def test_the_page_can_be_used_by_keyboard_and_in_the_dark(browser: Visitors, site: Site) -> None:
    page = visit(browser, f"{site.url}?__theme=dark", STATUS)
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type("How hot is the kiln?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat .bot")).to_have_count(1)
    expect(page.locator("#stop")).to_be_hidden()
    citation = page.locator('#chat a[href*="#source-"]').first
    expect(citation).to_be_visible()
    citation.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#evidence details summary").first).to_be_focused()
    keep(page, "chat-dark")
