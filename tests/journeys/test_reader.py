"""What a reader does on the chat page from the first visit on, in a real headless Chromium, wide and narrow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.openai import OpenAiChat
from runtime.settings import Settings
from tests import pdfs
from tests.aws.stack import until
from tests.browsing import NARROW, WIDE, Visitors, ask, fits, keep, kept_at_both_widths, visit
from tests.generator import BROKEN, Slow, beside, word
from tests.servers import ROOT, free_port
from tests.signing import signing
from tests.sites import Site, behind, home_in, library, on_this_machine, serving
from ui import ready
from ui.session import SESSION_COOKIES
from ui.sign_in import SignIn
from ui.texts import ENGLISH

pytestmark = pytest.mark.xdist_group("readers")


def open_conversations(page: Page) -> None:
    """On a narrow screen they are closed at first."""
    if page.viewport_size == NARROW:
        expect(page.locator("#conversations > button.label-wrap:not(.open)")).to_be_visible()
        page.locator("#conversations > button.label-wrap").click()
    expect(page.locator("#new")).to_be_visible()


# --- over the handbook, as `make chat` shows it ---


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over the handbook, in a process of its own with the model that is installed; two browsers had
    conversations there."""
    folder = tmp_path_factory.mktemp("handbook")
    subprocess.run([sys.executable, "docs/build.py", str(folder / "pdfs")], cwd=ROOT, check=True, timeout=120)
    conversations = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")})).conversations
    for cookie in ("a" * 32, "b" * 32):
        conversations.create(cookie, f"What {cookie[0]} asked")
    with serving(folder, "--documents", str(folder / "pdfs")) as address:
        yield address


def invites(page: Page) -> None:
    """Who has asked nothing yet sees what could be asked, and where."""
    expect(page.locator("#suggestions button").first).to_be_visible()
    fits(page)
    box = page.locator("#question").bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def opens(page: Page, citation_of: str) -> None:
    """The answer's first citation opens its source, which was closed."""
    source = page.locator("#evidence details").first
    source.locator("summary").click()
    expect(source.locator("blockquote")).to_be_hidden()
    page.locator('#chat a[href*="#source-"]').first.click()
    expect(source.locator("blockquote")).to_contain_text(citation_of)


def test_a_first_visit_leads_to_a_cited_answer_whose_citation_opens_its_page(browser: Visitors, handbook: str) -> None:
    page = visit(browser, handbook, "Answers quote these documents", viewport=NARROW)
    invites(page)
    keep(page, "first-visit-narrow")
    page.set_viewport_size(WIDE)
    page.reload()
    invites(page)
    keep(page, "first-visit-wide")

    said = "goes on at that page the next time"
    ask(page, "What happens to a reading that is killed?")
    expect(page.locator("#chat .bot").last).to_contain_text(said)
    expect(page.locator('#chat a[href*="#source-"]').first).to_have_text("[1]")
    opens(page, said)
    source = page.locator("#evidence details").first
    expect(source.locator(".name")).to_have_text("ingest.pdf")
    picture = source.locator("img").first
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.complete && image.naturalWidth > 500", arg=picture.element_handle())
    fits(page)
    # Where the answer stands beside its source, seen from the top.
    page.evaluate("for (const one of [document.documentElement, evidence]) one.scrollTo({top: 0, behavior: 'instant'})")
    keep(page, "cited-wide")
    page.set_viewport_size(NARROW)
    page.locator("#conversations > button.label-wrap").click()
    opens(page, said)
    expect(picture).to_be_visible()
    fits(page)
    keep(page, "cited-narrow")


def test_a_question_that_the_documents_do_not_answer_is_refused(browser: Visitors, handbook: str) -> None:
    page = visit(browser, handbook, "Answers quote these documents", viewport=NARROW)
    ask(page, "Who was the first person to walk on the moon?")
    expect(page.locator("#chat .bot").last).to_contain_text("The documents do not say")
    expect(page.locator("#evidence h2")).to_have_text("Nearest pages")
    page.locator("#question textarea").fill(" ")
    page.locator("#send").click()
    expect(page.get_by_text("The question is empty")).to_be_visible()
    kept_at_both_widths(page, "refused")


def test_a_document_that_is_uploaded_is_cited_once_it_is_ready(
    browser: Visitors, handbook: str, tmp_path: Path
) -> None:
    page = visit(browser, handbook, "Answers quote these documents", viewport=NARROW)
    page.get_by_role("tab", name="Documents").click()
    said = "The harbour master closes the northern gate when the wind passes 70 km per hour."
    new = pdfs.paragraphs(tmp_path / "harbour.pdf", [said], "The Harbour")
    page.locator("#upload input[type=file]").set_input_files(new)
    expect(page.locator("#documents tr", has_text="harbour.pdf")).to_contain_text("ready")
    kept_at_both_widths(page, "documents")
    page.get_by_role("tab", name="Chat").click()
    ask(page, "When does the harbour master close the northern gate?")
    expect(page.locator("#chat .bot").last).to_contain_text("70 km")
    page.locator('#chat a[href*="#source-"]').first.click()
    expect(page.locator("#evidence details[open] .name")).to_have_text("harbour.pdf")


def test_one_machine_has_one_reader_who_has_what_each_browser_had(browser: Visitors, handbook: str) -> None:
    page = visit(browser, handbook, "Answers quote these documents")
    for title in ("What a asked", "What b asked"):
        expect(page.locator("#list label", has_text=title)).to_have_count(1)
    expect(page.get_by_role("link", name="Sign out")).to_have_count(0)
    assert page.context.cookies() == []
    assert httpx.get(f"{handbook}/sign-out", timeout=60).status_code == 404
    # A page whose name comes to mean this machine's address, and one that sends a form here.
    assert httpx.get(handbook, headers={"Host": "evil.example"}, timeout=60).status_code == 403
    assert (
        httpx.get(handbook, headers={"Host": handbook.replace("http://127.0.0.1", "localhost")}, timeout=60).status_code
        == 200
    )
    join = f"{handbook}/gradio_api/queue/join"
    assert httpx.post(join, json={}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=60).status_code == 403


# --- where people sign in ---


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page whose readers sign in."""
    with signing() as signs:
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(library(tmp_path_factory.mktemp("site"), minilm), door, signs) as made:
            yield made


def test_two_users_never_see_each_others_conversations_exports_and_feedback(browser: Visitors, site: Site) -> None:
    users = {name: site.signs.reader(name) for name in ("Ann", "Bob")}

    def signed_in(name: str, viewport: ViewportSize) -> Page:
        return visit(browser, site.url, "1 document", viewport=viewport, headers=users[name], alone=True)

    pages = {"Ann": signed_in("Ann", WIDE), "Bob": signed_in("Bob", NARROW)}
    for name, page in pages.items():
        ask(page, f"How hot is the kiln, asks {name}?")
        page.locator("#chat").get_by_role("button", name="Like", exact=True).click()
        page.locator("#remark input, #remark textarea").fill(f"Just right, says {name}")
        page.locator("#thank").click()
        expect(page.get_by_text("Thank you")).to_be_visible()
    for name, other in (("Ann", "Bob"), ("Bob", "Ann")):
        page = pages[name]
        page.reload()
        open_conversations(page)
        expect(page.locator("#list label")).to_have_count(1)
        page.locator("#list label").click()
        expect(page.locator("#chat .bot").last).to_contain_text("940 degrees")
        assert name in page.content()
        assert other not in page.content()
        (mine,) = site.home.conversations.find(name)
        kept = site.home.conversations.messages(name, mine.id)[-1]
        assert (kept.vote, kept.comment) == (1, f"Just right, says {name}")
        exported = f"/conversation/{mine.id}.md"
        assert f"asks {name}?" in site.get(exported, **users[name]).text
        refused = site.get(exported, **users[other])
        assert (refused.status_code, refused.json()) == (404, {"detail": "Conversation not found."})
    kept_at_both_widths(pages["Ann"], "signed-in")
    # The same user in another browser finds them again.
    again = signed_in("Ann", NARROW)
    open_conversations(again)
    expect(again.locator("#list label")).to_have_count(1)


def test_signing_out_ends_the_load_balancers_session_and_the_user_pools(browser: Visitors, site: Site) -> None:
    page = visit(browser, site.url, "1 document", headers=site.signs.reader("ann"))
    names = (*SESSION_COOKIES, "other")
    page.context.add_cookies([{"name": name, "value": "secret", "url": site.url} for name in names])
    out = page.get_by_role("link", name="Sign out")
    expect(out).to_be_in_viewport()
    page.set_viewport_size(NARROW)
    expect(out).to_be_in_viewport()
    out.click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    assert page.url == site.signs.signed_in.sign_out
    assert [cookie.get("name") for cookie in page.context.cookies(site.url)] == ["other"]


# --- with a model server that may break ---


@pytest.fixture(scope="module")
def port() -> int:
    """Where the model server is, once it runs."""
    return free_port()


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm, port: int) -> Iterator[Site]:
    """A page whose answers come from the model server, and that looks for it anew each time. Each test has operators
    of its own."""
    folder = tmp_path_factory.mktemp("asking")
    home = home_in(folder, minilm, OpenAiChat(f"http://127.0.0.1:{port}/v1", "big"))
    kiln = pdfs.paragraphs(folder / "kiln.pdf", ["The kiln is fired at 940 degrees for eleven hours."])
    glaze = pdfs.paragraphs(folder / "glaze.pdf", ["Glazes are mixed on Tuesdays."])
    with pytest.MonkeyPatch.context() as patch, signing() as signs:
        patch.setattr(ready, "KEPT_SECONDS", 0.0)
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(home, door, signs, documents=[kiln, glaze]) as made:
            until(lambda: all((entry := home.ledger.get(path.name)) and entry.version for path in (kiln, glaze)))
            yield made


def model() -> Slow:
    """A model server that answers in twenty words."""
    return Slow(thinks=0.1, pieces=20, between=0.02)


def test_an_answer_that_breaks_off_stays_says_why_to_its_reader_and_can_be_asked_again(
    browser: Visitors, port: int, asking: Site
) -> None:
    ann, bob = asking.signs.operator("ann"), asking.signs.operator("bob")
    breaking = model()
    breaking.broken = True
    with beside(breaking, port):
        page = visit(browser, asking.url, "Answers by big", viewport=NARROW, headers=ann)
        other = visit(browser, asking.url, "Answers by big", headers=bob)
        expect(page.locator("#status")).to_contain_text("It can be wrong: check the cited page.")
        ask(page, "How hot is the kiln?")
        bot = page.locator("#chat .message.bot")
        for said in (f"How was asked for; {word(1)}", word(9), "The answer was interrupted.", BROKEN):
            expect(bot.last).to_contain_text(said)
        expect(bot.last).not_to_contain_text(word(10))
        kept_at_both_widths(page, "broken")
        # Others are told that it happened, and not where the model is.
        expect(other.locator("#status")).to_contain_text(ENGLISH("status.unanswered"))
        assert BROKEN not in other.content()
        assert str(port) not in other.locator("#status").inner_text()

        page.reload()
        open_conversations(page)
        page.locator("#list label").click()
        expect(bot.last).to_contain_text(word(9))
        expect(bot.last).to_contain_text("The answer was interrupted.")
        breaking.broken = False
        page.get_by_role("button", name="Ask again").click()
        expect(bot).to_have_count(2)
        expect(bot.last).to_contain_text(word(19))
        expect(page.locator("#stop")).to_be_hidden()
        expect(bot.last).not_to_contain_text("interrupted")
        expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
        expect(other.locator("#status")).not_to_contain_text(ENGLISH("status.unanswered"))

        # Deleted in another window, the conversation is said to be gone.
        (mine,) = asking.home.conversations.find("ann")
        assert asking.get(f"/conversation/{mine.id}.md", **ann).status_code == 200
        asking.home.conversations.delete("ann", mine.id)
        assert asking.get(f"/conversation/{mine.id}.md", **ann).status_code == 404
        page.locator("#question textarea").fill("And how long?")
        page.keyboard.press("Enter")
        expect(page.get_by_text("It may have been deleted")).to_be_visible()


def test_an_unreachable_model_is_reported_before_a_question_until_it_can_be_reached(
    browser: Visitors, port: int, asking: Site
) -> None:
    page = visit(browser, asking.url, "Answers by big", headers=asking.signs.operator("cy"))
    expect(page.locator("#lacking")).to_have_text(ENGLISH("unavailable.answers"))
    kept_at_both_widths(page, "no-model")
    with beside(model(), port):
        expect(page.locator("#lacking")).to_be_empty()


def test_esc_stops_an_answer_and_what_is_there_stays(browser: Visitors, port: int, asking: Site) -> None:
    endless = Slow(thinks=0.1, pieces=10_000)
    with beside(endless, port):
        page = visit(browser, asking.url, "Answers by big", headers=asking.signs.operator("eve"))
        bot = page.locator("#chat .message.bot")
        for asked, viewport in enumerate((WIDE, NARROW), 1):
            page.set_viewport_size(viewport)
            page.locator("#question textarea").fill("How hot is the kiln?")
            page.keyboard.press("Enter")
            expect(bot).to_have_count(asked)
            expect(bot.last).to_contain_text(word(2))
            page.keyboard.press("Escape")
            expect(page.locator("#stop")).to_be_hidden()
            expect(bot.last).to_contain_text(word(2))
            expect(bot.last).to_contain_text("Stopped.")


def test_an_answer_goes_on_while_its_reader_looks_at_another_conversation(
    browser: Visitors, port: int, asking: Site
) -> None:
    dan = asking.signs.operator("dan")
    slow = Slow(thinks=0.1, pieces=40, between=0.02)
    slow.allowed["When"] = 3
    with beside(slow, port):
        page = visit(browser, asking.url, "Answers by big", headers=dan)
        bot, box, stop = page.locator("#chat .message.bot"), page.locator("#question textarea"), page.locator("#stop")
        box.fill("When are glazes mixed?")
        page.keyboard.press("Enter")
        expect(bot).to_contain_text(word(2))
        second = page.locator("#evidence details").nth(1)
        second.locator("summary").click()
        expect(second).to_have_attribute("open", "")

        # Another question of the same conversation stays where it was typed.
        box.fill("And how long?")
        page.keyboard.press("Enter")
        expect(page.get_by_text(ENGLISH("ask.busy"))).to_be_visible()
        expect(box).to_have_value("And how long?")
        expect(bot).to_have_count(1)
        expect(stop).to_be_visible()
        slow.allowed["When"] = 31
        expect(bot).to_contain_text(word(30))
        expect(second).to_have_attribute("open", "")  # what grows beside it does not draw it anew

        # In another conversation another question can be asked, although the model still thinks on one.
        slow.thinks = 600.0
        page.locator("#new").click()
        expect(bot).to_have_count(0)
        expect(stop).to_be_hidden()
        box.fill("How hot is the kiln?")
        page.keyboard.press("Enter")
        until(lambda: slow.running == 2)
        page.locator("#new").click()
        expect(bot).to_have_count(0)
        slow.thinks = 0.1
        box.fill("How is the kiln fired?")
        page.keyboard.press("Enter")
        expect(bot).to_contain_text(f"How was asked for; {word(1)}")

        # Who comes back sees the first grow to its end, or could stop it.
        page.locator("#list label", has_text="glazes").click()
        expect(bot).to_contain_text("When was asked for;")
        expect(stop).to_be_visible()
        slow.allowed["When"] = 40
        expect(bot).to_contain_text(word(39))
        expect(bot).not_to_contain_text("Stopped.")
        expect(stop).to_be_hidden()
        # Who goes stops what is left; a model that still thinks is not waited for.
        page.close()
        page = visit(browser, asking.url, "Answers by big", headers=dan)
        page.locator("#list label", has_text="How hot").click()
        expect(page.locator("#chat .message.bot")).to_contain_text("Stopped.")


def test_each_answer_is_copied_with_its_own_sources(browser: Visitors, port: int, asking: Site) -> None:
    with beside(model(), port):
        page = visit(browser, asking.url, "Answers by big", headers=asking.signs.operator("flo"))
        expect(page.locator("#status")).to_contain_text("2 documents")
        page.clock.install()
        for question in ("How hot is the kiln fired?", "When are glazes mixed?"):
            ask(page, question)
        for turn, (first, source) in enumerate((("How", "kiln.pdf"), ("When", "glaze.pdf"))):
            # Questions have such a button, too.
            page.locator('#chat button[title="Copy message"]').nth(2 * turn + 1).click()
            expect(page.locator("#said")).to_have_text("Copied with sources.")
            copied = page.evaluate("navigator.clipboard.readText()")
            assert f"{first} was asked for" in copied
            assert f"\n\nSources:\n[1] {source}, page 1" in copied
            page.clock.fast_forward(4000)
            expect(page.locator("#said")).to_be_empty()


# --- where there is nothing to ask ---


def test_a_library_where_there_is_nothing_to_ask_says_why(browser: Visitors, minilm: MiniLm, tmp_path: Path) -> None:
    with on_this_machine(home_in(tmp_path, minilm, None)) as site:
        page = visit(browser, site.url, "The library is empty. Add PDFs on the Documents tab.")
        kept_at_both_widths(page, "empty")
        page.get_by_role("tab", name="Documents").click()
        locked = pdfs.encrypted(tmp_path / "locked.pdf", "secret", user="secret")
        page.locator("#upload input[type=file]").set_input_files(locked)
        page.get_by_role("tab", name="Chat").click()
        expect(page.locator("#status")).to_contain_text("No document could be read. The Documents tab says why.")


@pytest.fixture(scope="module")
def by_file_system(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page whose documents come by a file system, as a stack's do, and whose model can't be reached."""
    home = library(tmp_path_factory.mktemp("stack"), minilm, OpenAiChat("http://127.0.0.1:9/v1", "big"))
    with signing() as signs, behind(home, SignIn(signs.signed_in, f"{signs.url}/keys"), signs, worker=False) as made:
        yield made


def test_where_documents_come_from_a_file_system_the_opened_page_says_so(
    browser: Visitors, by_file_system: Site
) -> None:
    page = visit(browser, by_file_system.url, "Answers by big", headers=by_file_system.signs.reader("ann"))
    expect(page.locator("#lacking")).to_have_text(ENGLISH("unavailable.answers"))
    assert "127.0.0.1" not in page.locator("#middle").inner_text()


@contextmanager
def in_place_of(path: Path) -> Iterator[None]:
    """A folder where a file was, which can't be read meanwhile."""
    moved = path.rename(path.with_suffix(".moved"))
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        moved.rename(path)


def test_an_unreachable_library_is_reported_with_the_reason_for_operators_only(
    browser: Visitors, by_file_system: Site
) -> None:
    signs, database = by_file_system.signs, by_file_system.home.database.path
    with in_place_of(database):
        reader, operator = (
            visit(browser, by_file_system.url, ENGLISH("status.unreachable"), headers=headers)
            for headers in (signs.reader("ann"), signs.operator("olga"))
        )
        expect(reader.locator("#status")).to_have_text(ENGLISH("status.unreachable"))
        expect(operator.locator("#status")).to_contain_text(str(database))
