"""The chat page in a real headless Chromium, over a library of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from runtime.local.minilm import MiniLm
from runtime.ports import Message
from tests import pdfs
from tests.aws.stack import until
from tests.browsing import NARROW, Visitors, ask, keep, kept_at_both_widths, visit
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


def faults(page: Page) -> list[str]:
    """What the browser's console says is wrong, from now on."""
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


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
    expect(page.locator(".quote blockquote").first).to_contain_text("<script>")
    page.locator(".chip").first.hover()
    expect(page.locator("#card")).to_contain_text("<script>")
    assert page.title() == "What does a hostile glaze say? – Plumbline"
    assert outside == []
    assert page.locator("#turns img").count() == 0


def test_a_conversation_is_found_renamed_left_reloaded_deleted_and_had_back(browser: Visitors, unasked: Site) -> None:
    page = visit(browser, unasked.url, STATUS)
    said = faults(page)
    rows = page.locator(".talk")
    ask(page, "How hot is the kiln?")
    expect(page.locator(".answer").last).to_contain_text("940")
    expect(page.locator(".chip").first).to_have_text("kiln p. 1")
    page.locator("#new").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#question textarea")).to_be_focused()
    ask(page, "When are glazes mixed?")
    expect(rows).to_have_count(2)
    expect(page.locator("#list h3")).to_have_text(["Today"])

    page.locator("#search").fill("Tuesdays")
    expect(rows).to_have_count(1)
    page.locator("#search").fill("")
    expect(rows).to_have_count(2)

    rows.first.hover()
    rows.first.locator(".talk-more").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.keyboard.type("Glazing days")
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("Glazing days")
    expect(rows.first.locator(".talk-open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").last).to_contain_text("940")
    address = page.url
    page.go_back()
    expect(page.locator(".answer").last).to_contain_text("Tuesdays")
    page.go_forward()

    another = visit(browser, unasked.url, STATUS, alone=True)
    expect(another.locator(".talk")).to_have_count(2)
    another.close()

    page.locator("#question textarea").fill("A draft")
    page.reload()
    expect(page.locator(".answer").last).to_contain_text("940")
    assert page.url == address
    expect(page.locator("#question textarea")).to_have_value("A draft")

    for back in (True, False):
        page.locator(".talk", has_text="How hot").hover()
        page.locator(".talk", has_text="How hot").locator(".talk-more").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(rows).to_have_count(1)
        expect(page.locator(".turn")).to_have_count(0)
        if back:
            page.get_by_role("button", name="Undo").click()
            expect(page.locator(".answer").last).to_contain_text("940")
            expect(rows).to_have_count(2)
    page.goto(address)  # it is gone, though it could still be had back
    expect(page.locator(".toast")).to_contain_text("Conversation not found.")
    expect(page.locator(".welcome")).to_be_visible()
    until(lambda: len(unasked.home.conversations.find(LOCAL)) == 1)
    assert [one for one in said if "404" not in one] == []


def test_a_question_is_asked_again_changed_and_voted_on_in_two_open_pages(browser: Visitors, unasked: Site) -> None:
    page = visit(browser, unasked.url, STATUS)
    said = faults(page)
    ask(page, "How hot is the kiln?")
    other = visit(browser, page.url, STATUS)
    expect(other.locator(".answer")).to_contain_text("940")
    turn = page.locator(".turn")
    turn.locator('[data-do="retry"]').last.click()
    expect(turn.locator(".at")).to_have_text("2/2")
    expect(other.locator(".at")).to_have_text("2/2")
    turn.hover()
    turn.locator('[data-do="edit"]').click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("When are glazes mixed?")
    page.keyboard.press("Enter")
    expect(turn.locator(".at")).to_have_text("3/3")
    expect(turn.locator(".question")).to_have_text("When are glazes mixed?")
    turn.get_by_role("button", name="Version before").click()
    expect(turn.locator(".question")).to_have_text("How hot is the kiln?")
    turn.get_by_role("button", name="Good answer").click()
    page.locator("#remark").fill("Just right")
    page.locator("#thank").click()
    expect(page.locator(".toast")).to_contain_text("Thank you")
    (conversation,) = unasked.home.conversations.find(LOCAL)
    messages = unasked.home.conversations.messages(LOCAL, conversation.id)
    assert [(one.role, one.vote) for one in messages] == [
        ("user", 0),
        ("assistant", 0),
        ("assistant", 1),
        ("user", 0),
        ("assistant", 0),
    ]
    assert messages[2].comment == "Just right"
    turn.get_by_role("button", name="Copy with sources").click()
    expect(page.locator(".toast").last).to_contain_text("Copied with sources.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "940" in copied
    assert "[1] kiln.pdf, page 1" in copied
    assert said == []


def test_a_refusal_looks_like_one_and_the_search_can_be_limited_and_widened(browser: Visitors, unasked: Site) -> None:
    page = visit(browser, unasked.url, STATUS)
    for opener, says in (("#ask-these", "@ Only kiln"), ("#scope", "The only document"), ("#scope", "Only kiln")):
        page.locator(opener).click()
        page.get_by_label("kiln.pdf").click()
        page.keyboard.press("Escape")
        expect(page.locator(opener)).to_be_focused()
        expect(page.locator(opener)).to_have_text(says)
    ask(page, "Who was the first president of Brazil?")
    refusal = page.locator(".refusal")
    expect(refusal).to_contain_text("The documents do not say.")
    expect(page.locator(".answer")).to_have_count(0)
    kept_at_both_widths(page, "refusal")
    refusal.get_by_role("button", name="Search all documents").click()
    expect(page.locator(".at")).to_have_text("2/2")
    expect(page.locator("#scope")).to_have_text("The only document")


def test_the_page_can_be_used_by_keyboard_and_in_the_dark(browser: Visitors, site: Site) -> None:
    page = visit(browser, f"{site.url}?__theme=dark", STATUS)
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type("How hot is the kiln, and when are glazes mixed?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).not_to_have_attribute("data-state", "pending")
    chips = page.locator(".answer .chip")
    chips.first.focus()
    expect(page.locator("#card")).to_contain_text("kiln")
    if chips.count() > 1:
        page.keyboard.press("ArrowRight")
        expect(chips.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    keep(page, "chat-dark")
    page.keyboard.press("Alt+KeyK")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+KeyN")
    expect(page.locator(".welcome")).to_be_visible()
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".talk-open").first).to_be_focused()
    page.keyboard.press("Alt+KeyQ")
    expect(page.locator("#question textarea")).to_be_focused()


def test_a_narrow_page_has_its_conversations_in_a_drawer(browser: Visitors, site: Site) -> None:
    page = visit(browser, site.url, STATUS, viewport=NARROW)
    expect(page.locator("#left")).to_be_hidden()
    ask(page, "How hot is the kiln?")
    page.locator("#show-left").click()
    expect(page.locator("#search")).to_be_focused()
    small = page.locator("button:visible, a:visible").evaluate_all(
        "all => all.filter((one) => !one.matches('.chip')).map((one) => [one.outerHTML.slice(0, 80), "
        "one.getBoundingClientRect()]).filter(([_, box]) => Math.min(box.height, box.width) < 43.5).map(([one]) => one)"
    )
    assert small == []
    page.keyboard.press("Escape")
    expect(page.locator("#left")).to_be_hidden()
    expect(page.locator("#show-left")).to_be_focused()


def test_an_idle_page_asks_for_nothing_and_one_that_was_cut_off_comes_back(browser: Visitors, site: Site) -> None:
    page = visit(browser, site.url, STATUS)
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(45_000)
    assert asked == []
    page.context.set_offline(True)
    for opened in site.app.state.site.hub.pages():
        opened.end()
    page.clock.run_for(5_000)
    expect(page.locator(".toast")).to_contain_text("The connection is lost.")
    conversation = site.home.conversations.create(LOCAL, "Made elsewhere")
    page.context.set_offline(False)
    page.clock.run_for(40_000)
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator(".talk").first).to_contain_text("Made elsewhere")
    site.home.conversations.delete(LOCAL, conversation.id)


def test_thousands_of_conversations_and_hundreds_of_turns_can_be_used(browser: Visitors, unasked: Site) -> None:
    kept = unasked.home.conversations
    with unasked.home.database.transaction() as t:
        for n in range(10_000):
            at = f"2020-01-01T00:00:00.{n:06d}+00:00"
            t.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", (f"many{n}", LOCAL, f"Number {n}", at, at))
    long = kept.create(LOCAL, "A long one")
    for n in range(500):
        pair = [
            Message(f"lq{n}", "user", f"Question {n}?", ""),
            Message(f"la{n}", "assistant", f"Answer {n}. " * 20, ""),
        ]
        kept.append(LOCAL, long.id, pair)
    try:
        page = visit(browser, f"{unasked.url}/?c={long.id}", STATUS)
        expect(page.locator(".turn").last).to_contain_text("Answer 499.")
        expect(page.locator(".talk").first).to_contain_text("A long one")
        page.locator("#transcript").evaluate("one => { one.scrollTop = 0; }")
        expect(page.locator(".turn", has_text="Question 470?")).to_be_attached()
        expect(page.locator(".turn").last).to_contain_text("Answer 499.")
        for _ in range(3):
            count = page.locator(".talk").count()
            page.locator("#list").evaluate("one => { one.scrollTop = one.scrollHeight; }")
            expect(page.locator(".talk").nth(count)).to_be_attached()
        page.locator("#search").fill("Number 77")
        expect(page.locator(".talk").first).to_contain_text("Number 77")
    finally:
        with unasked.home.database.transaction() as t:
            t.execute("DELETE FROM conversations")
