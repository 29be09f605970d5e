"""The chat page in a real headless Chromium, over a server that runs as `make chat` runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests import pdfs

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE, NARROW = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
SECONDS = 1000.0
PATIENCE = 90 * SECONDS


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """The chat page over the library in `folder`/home, by its address."""
    environment = {**os.environ, "PLUMBLINE_HOME": str(folder / "home"), "PLUMBLINE_THREADS": "1"}
    environment.pop("DISPLAY", None)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "ui", "--port", "0", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert server.stdout is not None
    line = server.stdout.readline()
    found = re.search(r"Plumbline is ready at (http://127\.0\.0\.1:\d+)", line)
    assert found, line + (folder / "log").read_text()
    try:
        yield found.group(1)
    finally:
        server.send_signal(signal.SIGINT)
        ended = server.wait(timeout=60)
    assert ended in (0, -signal.SIGINT, 130)
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running chat page over two documents."""
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
    with serving(folder, "--documents", str(papers)) as found:
        yield found


def visit(browser: Browser, address: str, status: str = "SmolLM2", **options: Any) -> Page:
    """A new visitor, with an empty browser, to whom nothing slides: no picture is taken half way."""
    page = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **options}).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(address)
    expect(page.locator("#status")).to_contain_text(status)
    return page


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer is complete."""
    before = page.locator("#chat .bot").count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("#chat .bot")).to_have_count(before + 1)
    expect(page.locator("#stop")).to_be_hidden()


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_nothing_in_a_document_runs_or_loads(browser: Browser, address: str) -> None:
    page = visit(browser, address)
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    ask(page, "What does a hostile glaze say?")
    expect(page.locator("#evidence blockquote").first).to_contain_text("<script>")
    assert page.title() == "Plumbline"
    assert outside == []
    assert page.locator("#chat .bot img").count() == 0


@pytest.fixture
def unasked(tmp_path: Path) -> Iterator[str]:
    """A page where nobody has asked yet."""
    papers = tmp_path / "papers"
    papers.mkdir()
    pdfs.paragraphs(papers / "kiln.pdf", ["The kiln is fired at 940 degrees.", "Glazes are mixed on Tuesdays."])
    with serving(tmp_path, "--documents", str(papers)) as found:
        yield found


def test_conversations_can_be_found_renamed_reopened_and_deleted_in_any_browser_of_the_machine(
    browser: Browser, unasked: str
) -> None:
    page = visit(browser, unasked)
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

    another = visit(browser, unasked)
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


def test_a_vote_and_a_comment_are_kept(browser: Browser, address: str) -> None:
    page = visit(browser, address)
    ask(page, "How hot is the kiln?")
    expect(page.locator("#chat .bot").last).to_contain_text("940")
    page.locator("#chat").get_by_role("button", name="Like", exact=True).click()
    page.locator("#remark input, #remark textarea").fill("Just right")
    page.locator("#thank").click()
    expect(page.get_by_text("Thank you")).to_be_visible()


def test_a_document_that_can_not_be_read_says_why_and_one_that_is_uploaded_can_be_deleted(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = visit(browser, address)
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
    page.locator("#doomed input").click()
    page.get_by_role("option", name="harbour.pdf").click()
    page.locator("#delete").click()
    page.locator("#sure").click()
    expect(page.get_by_text("harbour.pdf is taken out of the library")).to_be_visible()
    expect(row).to_have_count(0)


def test_the_page_can_be_used_by_keyboard_and_in_the_dark(browser: Browser, address: str) -> None:
    page = visit(browser, address + "?__theme=dark")
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
