"""What a reader does on the chat page from the first visit on, in a real headless Chromium, wide and narrow."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

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


def uploads(page: Page, file: Path, by: str) -> None:
    """Choose a file after a click."""
    with page.expect_file_chooser() as choosing:
        page.locator(by).click()
    choosing.value.set_files(file)


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


def test_a_first_visit_leads_to_a_cited_answer_beside_its_page(browser: Visitors, handbook: str) -> None:
    page = visit(browser, handbook, "Answers quote these documents", viewport=NARROW)
    expect(page.locator(".suggested button").first).to_be_visible()
    kept_at_both_widths(page, "first-visit")
    page.set_viewport_size(WIDE)

    said = "goes on at that page the next time"
    ask(page, "What happens to a reading that is killed?")
    expect(page.locator(".quote").first).to_contain_text(said)
    expect(page.locator(".chip").first).to_contain_text("ingest p.")
    # The reader opens at what is cited.
    reader = page.locator(".reader")
    expect(reader.get_by_role("heading")).to_contain_text("Ingesting documents")
    expect(reader.locator(".mark.cited").first).to_be_in_viewport()
    expect(reader.locator(".sheet .picture").first).to_be_visible()
    fits(page)
    keep(page, "cited-wide")
    page.set_viewport_size(NARROW)
    fits(page)
    keep(page, "cited-narrow")


def test_a_question_that_is_empty_is_not_sent_and_one_that_nothing_answers_is_refused(
    browser: Visitors, handbook: str
) -> None:
    page = visit(browser, handbook, "Answers quote these documents", viewport=NARROW)
    page.locator("#question textarea").fill(" ")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)
    ask(page, "Who was the first person to walk on the moon?")
    expect(page.locator(".refusal")).to_contain_text("The documents do not say")
    kept_at_both_widths(page, "refused")


def test_a_document_that_is_uploaded_is_cited_once_it_is_ready(
    browser: Visitors, handbook: str, tmp_path: Path
) -> None:
    page = visit(browser, f"{handbook}/library", "Answers quote these documents", viewport=NARROW)
    said = "The harbour master closes the northern gate when the wind passes 70 km per hour."
    new = pdfs.paragraphs(tmp_path / "harbour.pdf", [said], "The Harbour")
    uploads(page, new, by="#library .head .add")
    expect(page.locator("#library-view tr", has_text="harbour.pdf")).to_contain_text("ready")
    page.get_by_role("link", name="Chat").click()
    ask(page, "When does the harbour master close the northern gate?")
    expect(page.locator(".quote").first).to_contain_text("70 km")
    expect(page.locator(".chip").first).to_contain_text("harbour p. 1")


def test_one_machine_has_one_reader_who_has_what_each_browser_had(browser: Visitors, handbook: str) -> None:
    page = visit(browser, handbook, "Answers quote these documents")
    for title in ("What a asked", "What b asked"):
        expect(page.locator(".talk", has_text=title)).to_have_count(1)
    expect(page.get_by_role("link", name="Sign out")).to_have_count(0)
    assert page.context.cookies() == []
    assert httpx.get(f"{handbook}/sign-out", timeout=60).status_code == 404
    # A page whose name comes to mean this machine's address, and one that sends a form here.
    assert httpx.get(handbook, headers={"Host": "evil.example"}, timeout=60).status_code == 403
    own = {"Host": handbook.replace("http://127.0.0.1", "localhost")}
    assert httpx.get(handbook, headers=own, timeout=60).status_code == 200
    sent = httpx.post(f"{handbook}/ask", json={}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=60)
    assert sent.status_code == 403


# --- where people sign in ---


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page whose readers sign in."""
    with signing() as signs:
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(library(tmp_path_factory.mktemp("site"), minilm), door, signs) as made:
            yield made


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
        ask(page, "How hot is the kiln?")
        turn = page.locator(".turn")
        for said in (f"How was asked for; {word(1)}", word(9), "The answer was interrupted.", BROKEN):
            expect(turn).to_contain_text(said)
        expect(turn).not_to_contain_text(word(10))
        kept_at_both_widths(page, "broken")
        # Others are told that it happened, and not where the model is.
        status = other.locator("#status")
        expect(status).to_have_attribute("title", re.compile(re.escape(ENGLISH("status.unanswered"))))
        assert BROKEN not in other.content()
        assert str(port) not in (status.get_attribute("title") or "")

        page.reload()
        expect(turn).to_contain_text(word(9))
        expect(turn).to_contain_text("The answer was interrupted.")
        breaking.broken = False
        turn.locator(".ended").get_by_role("button", name="Ask again").click()
        expect(turn).to_contain_text(word(19))
        expect(turn.locator(".at")).to_have_text("2/2")
        expect(turn).not_to_contain_text("interrupted")
        expect(status).not_to_have_attribute("title", re.compile(re.escape(ENGLISH("status.unanswered"))))

        # Deleted in another window, the conversation is said to be gone.
        (mine,) = asking.home.conversations.find("ann")
        asking.home.conversations.delete("ann", mine.id)
        page.locator("#question textarea").fill("And how long?")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text("may have been deleted")
        expect(page.locator("#question textarea")).to_have_value("And how long?")


def test_an_unreachable_model_is_reported_before_a_question(browser: Visitors, port: int, asking: Site) -> None:
    page = visit(browser, asking.url, ENGLISH("unavailable.answers"), headers=asking.signs.operator("cy"))
    expect(page.locator("#status")).to_have_attribute("data-kind", "trouble")
    kept_at_both_widths(page, "no-model")
    with beside(model(), port):
        page.reload()
        expect(page.locator("#status")).to_have_attribute("data-kind", "ready")


def test_esc_stops_an_answer_and_what_is_there_stays(browser: Visitors, port: int, asking: Site) -> None:
    endless = Slow(thinks=0.1, pieces=10_000)
    with beside(endless, port):
        page = visit(browser, asking.url, "Answers by big", headers=asking.signs.operator("eve"))
        turns = page.locator(".turn")
        for asked, viewport in enumerate((WIDE, NARROW), 1):
            page.set_viewport_size(viewport)
            page.locator("#question textarea").fill("How hot is the kiln?")
            page.keyboard.press("Enter")
            expect(turns).to_have_count(asked)
            expect(turns.last).to_contain_text(word(2))
            page.locator("#question textarea").focus()
            page.keyboard.press("Escape")
            expect(page.locator("#stop")).to_be_hidden()
            expect(turns.last).to_contain_text(word(2))
            expect(turns.last).to_contain_text("Stopped.")


def test_an_answer_goes_on_while_its_reader_is_elsewhere(browser: Visitors, port: int, asking: Site) -> None:
    dan = asking.signs.operator("dan")
    slow = Slow(thinks=0.1, pieces=40, between=0.02)
    slow.allowed["When"] = 3
    with beside(slow, port):
        page = visit(browser, asking.url, "Answers by big", headers=dan)
        turn, box, stop = page.locator(".turn"), page.locator("#question textarea"), page.locator("#stop")
        box.fill("When are glazes mixed?")
        page.keyboard.press("Enter")
        expect(turn).to_contain_text(word(2))

        # Another question of the same conversation stays where it was typed.
        box.fill("And how long?")
        page.keyboard.press("Enter")
        expect(page.locator(".toast")).to_contain_text(ENGLISH("ask.busy"))
        expect(box).to_have_value("And how long?")
        expect(turn).to_have_count(1)
        box.fill("")

        # In another conversation another question can be asked.
        page.locator("#new").click()
        expect(turn).to_have_count(0)
        expect(stop).to_be_hidden()
        box.fill("How is the kiln fired?")
        page.keyboard.press("Enter")
        expect(turn).to_contain_text(f"How was asked for; {word(1)}")

        # Who comes back, reloads, or opens the page anew sees the first grow to its end.
        page.locator(".talk", has_text="glazes").locator(".talk-open").click()
        expect(turn).to_contain_text("When was asked for;")
        expect(stop).to_be_visible()
        slow.allowed["When"] = 20
        expect(turn).to_contain_text(word(19))
        page.reload()
        expect(turn).to_contain_text(word(19))
        expect(stop).to_be_visible()
        address = page.url
        page.close()
        slow.allowed["When"] = 31
        page = visit(browser, address, "Answers by big", headers=dan)
        expect(page.locator(".turn")).to_contain_text(word(30))
        slow.allowed["When"] = 40
        expect(page.locator(".turn")).to_contain_text(word(39))
        expect(page.locator(".turn")).not_to_contain_text("Stopped.")
        expect(page.locator("#stop")).to_be_hidden()


# --- where there is nothing to ask ---


def test_a_library_where_there_is_nothing_to_ask_says_why(browser: Visitors, minilm: MiniLm, tmp_path: Path) -> None:
    with on_this_machine(home_in(tmp_path, minilm, None)) as site:
        page = visit(browser, site.url, ENGLISH("status.empty"))
        kept_at_both_widths(page, "empty")
        locked = pdfs.encrypted(tmp_path / "locked.pdf", "secret", user="secret")
        uploads(page, locked, by="#add-pdf")
        expect(page.locator("#status")).to_have_attribute("title", re.compile(re.escape(ENGLISH("status.unread"))))


@pytest.fixture(scope="module")
def by_file_system(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page whose documents come by a file system, as a stack's do, and whose model can't be reached."""
    home = library(tmp_path_factory.mktemp("stack"), minilm, OpenAiChat("http://127.0.0.1:9/v1", "big"))
    with signing() as signs, behind(home, SignIn(signs.signed_in, f"{signs.url}/keys"), signs, worker=False) as made:
        yield made


def test_where_documents_come_from_a_file_system_the_opened_page_says_so(
    browser: Visitors, by_file_system: Site
) -> None:
    reader = by_file_system.signs.reader("ann")
    page = visit(browser, by_file_system.url, ENGLISH("unavailable.answers"), headers=reader)
    assert "127.0.0.1" not in page.content().replace(by_file_system.url, "")


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
        assert str(database) not in (reader.locator("#status").get_attribute("title") or "")
        expect(operator.locator("#status")).to_have_attribute("title", re.compile(re.escape(str(database))))
