"""What a reader does on the chat page from the first visit on, in a real headless Chromium, wide and narrow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from runtime.local.home import Home
from runtime.local.openai import OpenAiChat
from runtime.settings import Settings
from tests import pdfs
from tests.aws.stack import until
from tests.generator import BROKEN, Slow, beside
from tests.journeys.test_chat_page import NARROW, ROOT, WIDE, ask, keep, serving, visit
from tests.journeys.test_sign_in import Site, behind, library, signed_in
from tests.servers import free_port
from tests.signing import signing
from ui.app import SESSION_COOKIES
from ui.gate import LOCAL
from ui.sign_in import SignIn
from ui.texts import ENGLISH

WIDTHS = {"wide": WIDE, "narrow": NARROW}


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    """The name of a width."""
    return str(request.param)


def fits(page: Page) -> None:
    """Nothing stands beyond the right edge."""
    assert page.viewport_size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def open_conversations(page: Page) -> None:
    """On a narrow screen they are closed at first."""
    if page.viewport_size == NARROW:
        expect(page.locator("#conversations > button.label-wrap:not(.open)")).to_be_visible()
        page.locator("#conversations > button.label-wrap").click()
    expect(page.locator("#new")).to_be_visible()


# --- over the handbook, as `make chat` shows it ---


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page over the handbook."""
    folder = tmp_path_factory.mktemp("handbook")
    subprocess.run([sys.executable, "docs/build.py", str(folder / "pdfs")], cwd=ROOT, check=True, timeout=120)
    with serving(folder, "--documents", str(folder / "pdfs")) as address:
        yield address


def test_a_first_visit_leads_to_a_cited_answer_whose_citation_opens_its_page(
    browser: Browser, handbook: str, width: str
) -> None:
    page = visit(browser, handbook, "Answers by SmolLM2", viewport=WIDTHS[width])
    expect(page.locator("#suggestions button").first).to_be_visible()
    fits(page)
    keep(page, f"first-visit-{width}")
    box = page.locator("#question").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= WIDTHS[width]["height"]

    ask(page, "What happens to a reading that is killed?")
    expect(page.locator("#chat .bot").last).to_contain_text("goes on at that page the next time")
    citation = page.locator('#chat a[href*="#source-"]').first
    expect(citation).to_have_text("[1]")
    source = page.locator("#evidence details").first
    source.locator("summary").click()
    expect(source.locator("blockquote")).to_be_hidden()
    citation.click()
    expect(source.locator("blockquote")).to_contain_text("goes on at that page the next time")
    expect(source.locator(".name")).to_have_text("ingest.pdf")
    picture = source.locator("img").first
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.complete && image.naturalWidth > 500", arg=picture.element_handle())
    fits(page)
    if width == "wide":  # where the answer stands beside its source, seen from the top
        page.evaluate(
            "for (const one of [document.documentElement, evidence]) one.scrollTo({top: 0, behavior: 'instant'})"
        )
    keep(page, f"cited-{width}")
    page.context.close()


def test_what_the_documents_do_not_say_is_said_so(browser: Browser, handbook: str, width: str) -> None:
    page = visit(browser, handbook, "Answers by SmolLM2", viewport=WIDTHS[width])
    ask(page, "Who was the first person to walk on the moon?")
    expect(page.locator("#chat .bot").last).to_contain_text("The documents do not say")
    expect(page.locator("#evidence h2")).to_have_text("Nearest pages")
    page.locator("#question textarea").fill(" ")
    page.locator("#send").click()
    expect(page.get_by_text("The question is empty")).to_be_visible()
    fits(page)
    keep(page, f"refused-{width}")
    page.context.close()


def test_a_document_that_is_uploaded_is_cited_once_it_is_ready(
    browser: Browser, handbook: str, width: str, tmp_path: Path
) -> None:
    page = visit(browser, handbook, "Answers by SmolLM2", viewport=WIDTHS[width])
    page.get_by_role("tab", name="Documents").click()
    # Each width has a harbour of its own, since the same bytes again are no new document.
    name, speed = f"harbour-{width}.pdf", {"wide": 70, "narrow": 90}[width]
    said = f"The harbour master closes the {width} gate when the wind passes {speed} km per hour."
    page.locator("#upload input[type=file]").set_input_files(pdfs.paragraphs(tmp_path / name, [said], "The Harbour"))
    expect(page.locator("#documents tr", has_text=name)).to_contain_text("ready")
    fits(page)
    keep(page, f"documents-{width}")
    page.get_by_role("tab", name="Chat").click()
    ask(page, f"When does the harbour master close the {width} gate?")
    expect(page.locator("#chat .bot").last).to_contain_text(f"{speed} km")
    page.locator('#chat a[href*="#source-"]').first.click()
    expect(page.locator("#evidence details[open] .name")).to_have_text(name)
    page.context.close()


# --- where people sign in ---


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page whose readers sign in."""
    with signing() as signs:
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(library(tmp_path_factory.mktemp("site")), door, signs) as made:
            yield made


def test_two_users_never_see_each_others_conversations_exports_and_feedback(
    browser: Browser, site: Site, width: str
) -> None:
    users = {name: site.signs.reader(f"{name}-{width}") for name in ("Ann", "Bob")}
    pages = {name: signed_in(browser, site, headers, WIDTHS[width]) for name, headers in users.items()}
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
        (mine,) = site.home.conversations.find(f"{name}-{width}")
        kept = site.home.conversations.messages(f"{name}-{width}", mine.id)[-1]
        assert (kept.vote, kept.comment) == (1, f"Just right, says {name}")
        exported = f"/conversation/{mine.id}.md"
        assert f"asks {name}?" in site.get(exported, **users[name]).text
        refused = site.get(exported, **users[other])
        assert (refused.status_code, refused.json()) == (404, {"detail": "There is no such conversation of yours."})
    keep(pages["Ann"], f"signed-in-{width}")
    # The same user in another browser finds them again.
    again = signed_in(browser, site, users["Ann"], WIDTHS[width])
    open_conversations(again)
    expect(again.locator("#list label")).to_have_count(1)
    for page in (*pages.values(), again):
        page.context.close()


def test_signing_out_ends_the_load_balancers_session_and_the_user_pools(
    browser: Browser, site: Site, width: str
) -> None:
    page = signed_in(browser, site, site.signs.reader("ann"), WIDTHS[width])
    names = (*SESSION_COOKIES, "other")
    page.context.add_cookies([{"name": name, "value": "secret", "url": site.url} for name in names])
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    assert page.url == site.signs.signed_in.sign_out
    assert [cookie.get("name") for cookie in page.context.cookies(site.url)] == ["other"]
    page.context.close()


# --- with a model server that may break ---


@pytest.fixture
def model() -> Slow:
    """A model server that answers in twenty words."""
    return Slow(thinks=0.1, pieces=20)


@pytest.fixture
def port() -> int:
    """Where the model server is, once it runs."""
    return free_port()


@pytest.fixture
def address(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A page whose answers come from the model server."""
    papers = tmp_path / "papers"
    papers.mkdir()
    pdfs.paragraphs(papers / "kiln.pdf", ["The kiln is fired at 940 degrees for eleven hours."])
    pdfs.paragraphs(papers / "glaze.pdf", ["Glazes are mixed on Tuesdays."])
    monkeypatch.setenv("PLUMBLINE_GENERATOR_URL", f"http://127.0.0.1:{port}/v1")
    monkeypatch.setenv("PLUMBLINE_GENERATOR_MODEL", "big")
    with serving(tmp_path, "--documents", str(papers)) as found:
        yield found


def test_an_answer_that_breaks_off_stays_says_why_to_its_reader_and_can_be_asked_again(
    browser: Browser, model: Slow, port: int, address: str, width: str, tmp_path: Path
) -> None:
    model.broken = True
    with beside(model, port):
        page, other = (visit(browser, address, "Answers by big", viewport=WIDTHS[width]) for _ in range(2))
        expect(page.locator("#status")).to_contain_text("It can be wrong: check the cited page.")
        ask(page, "How hot is the kiln?")
        bot = page.locator("#chat .message.bot")
        for said in ("How was asked for; word1", "word9", "The answer broke off.", BROKEN):
            expect(bot.last).to_contain_text(said)
        expect(bot.last).not_to_contain_text("word10")
        fits(page)
        keep(page, f"broken-{width}")
        # Others are told that it happened, and not where the model is.
        expect(other.locator("#status")).to_contain_text(ENGLISH("status.unanswered"))
        assert BROKEN not in other.content()
        assert str(port) not in other.locator("#status").inner_text()

        page.reload()
        open_conversations(page)
        page.locator("#list label").click()
        expect(bot.last).to_contain_text("word9")
        expect(bot.last).to_contain_text("The answer broke off.")
        model.broken = False
        page.get_by_role("button", name="Ask again").click()
        expect(bot).to_have_count(2)
        expect(bot.last).to_contain_text("word19")
        expect(page.locator("#stop")).to_be_hidden()
        expect(bot.last).not_to_contain_text("broke off")
        expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
        expect(other.locator("#status")).not_to_contain_text(ENGLISH("status.unanswered"))

        # Deleted in another window, the conversation is said to be gone.
        home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home")}))
        (mine,) = home.conversations.find(LOCAL)
        assert httpx.get(f"{address}/conversation/{mine.id}.md").status_code == 200
        home.conversations.delete(LOCAL, mine.id)
        assert httpx.get(f"{address}/conversation/{mine.id}.md").status_code == 404
        page.locator("#question textarea").fill("And how long?")
        page.keyboard.press("Enter")
        expect(page.get_by_text("It may have been deleted")).to_be_visible()
        for one in (page, other):
            one.context.close()


def test_a_model_that_can_not_be_reached_is_told_before_a_question_until_it_can(
    browser: Browser, model: Slow, port: int, address: str, width: str
) -> None:
    page = visit(browser, address, "Answers by big", viewport=WIDTHS[width])
    expect(page.locator("#lacking")).to_have_text(ENGLISH("lacking.answers"))
    fits(page)
    keep(page, f"no-model-{width}")
    with beside(model, port):
        expect(page.locator("#lacking")).to_be_empty()
        page.context.close()


def test_where_documents_come_by_a_file_system_it_is_told_when_the_page_is_opened(
    browser: Browser, tmp_path: Path
) -> None:
    home = library(tmp_path)
    home.__dict__["generator"] = OpenAiChat("http://127.0.0.1:9/v1", "big")
    with signing() as signs, behind(home, SignIn(signs.signed_in, f"{signs.url}/keys"), signs, worker=False) as site:
        page = visit(browser, site.url, "Answers by big", extra_http_headers=signs.reader("ann"))
        expect(page.locator("#lacking")).to_have_text(ENGLISH("lacking.answers"))
        assert "127.0.0.1" not in page.locator("#middle").inner_text()
        page.context.close()


def test_esc_stops_an_answer_and_what_is_there_stays(browser: Browser, port: int, address: str, width: str) -> None:
    endless = Slow(thinks=0.1, pieces=10_000)
    with beside(endless, port):
        page = visit(browser, address, "Answers by big", viewport=WIDTHS[width])
        page.locator("#question textarea").fill("How hot is the kiln?")
        page.keyboard.press("Enter")
        bot = page.locator("#chat .message.bot")
        expect(bot).to_contain_text("word2")
        page.keyboard.press("Escape")
        expect(page.locator("#stop")).to_be_hidden()
        expect(bot).to_contain_text("word2")
        expect(bot).to_contain_text("Stopped.")
        page.context.close()


def test_an_answer_goes_on_while_its_reader_looks_at_another_conversation(
    browser: Browser, port: int, address: str
) -> None:
    slow = Slow(thinks=0.1, pieces=200)
    with beside(slow, port):
        page = visit(browser, address, "Answers by big")
        bot, box, stop = page.locator("#chat .message.bot"), page.locator("#question textarea"), page.locator("#stop")
        box.fill("When are glazes mixed?")
        page.keyboard.press("Enter")
        expect(bot).to_contain_text("word2")
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
        expect(bot).to_contain_text("word30")
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
        expect(bot).to_contain_text("How was asked for; word1")

        # Who comes back sees the first grow to its end, or could stop it.
        glazes = page.locator("#list label", has_text="glazes")
        glazes.click()
        expect(bot).to_contain_text("When was asked for;")
        expect(bot).to_contain_text("word199")
        expect(bot).not_to_contain_text("Stopped.")
        expect(stop).to_be_hidden()
        # Who goes stops what is left; a model that still thinks is not waited for.
        page.context.close()
        page = visit(browser, address, "Answers by big")
        page.locator("#list label", has_text="How hot").click()
        expect(page.locator("#chat .message.bot")).to_contain_text("Stopped.")
        page.context.close()


def test_each_answer_is_copied_with_its_own_sources(browser: Browser, model: Slow, port: int, address: str) -> None:
    with beside(model, port):
        page = visit(browser, address, "Answers by big", permissions=["clipboard-read", "clipboard-write"])
        expect(page.locator("#status")).to_contain_text("2 documents")
        for question in ("How hot is the kiln fired?", "When are glazes mixed?"):
            ask(page, question)
        for turn, (first, source) in enumerate((("How", "kiln.pdf"), ("When", "glaze.pdf"))):
            # Questions have such a button, too.
            page.locator('#chat button[title="Copy message"]').nth(2 * turn + 1).click()
            expect(page.locator("#said")).to_have_text("Copied with its sources.")
            copied = page.evaluate("navigator.clipboard.readText()")
            assert copied.startswith(f"{first} was asked for")
            assert f"\n\nSources:\n[1] {source}, page 1" in copied
            expect(page.locator("#said")).to_be_empty()
        page.context.close()


# --- where there is nothing to ask ---


def test_an_empty_library_says_how_documents_come(browser: Browser, tmp_path: Path, width: str) -> None:
    with serving(tmp_path) as address:
        said = "The library is empty. Add PDFs on the Documents tab."
        page = visit(browser, address, said, viewport=WIDTHS[width])
        expect(page.locator("#status")).to_contain_text(said)
        fits(page)
        keep(page, f"empty-{width}")
        page.context.close()


def test_a_library_of_which_nothing_could_be_read_says_so(browser: Browser, tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    pdfs.encrypted(papers / "locked.pdf", "secret", user="secret")
    with serving(tmp_path, "--documents", str(papers)) as address:
        said = "No document could be read. The Documents tab says why."
        page = visit(browser, address, said)
        expect(page.locator("#status")).to_contain_text(said)
        page.context.close()


def test_a_library_that_can_not_be_reached_is_said_with_the_reason_for_operators_alone(
    browser: Browser, tmp_path: Path
) -> None:
    home = library(tmp_path)
    with signing() as signs, behind(home, SignIn(signs.signed_in, f"{signs.url}/keys"), signs, worker=False) as site:
        home.database.path.unlink()
        home.database.path.mkdir()
        reader, operator = (
            visit(browser, site.url, ENGLISH("status.unreachable"), extra_http_headers=headers)
            for headers in (signs.reader("ann"), signs.operator("olga"))
        )
        expect(reader.locator("#status")).to_have_text(ENGLISH("status.unreachable"))
        expect(operator.locator("#status")).to_contain_text(str(home.database.path))
        for page in (reader, operator):
            page.context.close()
