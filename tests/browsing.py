"""Readers of the chat page in a real Chromium, and what they do there repeatedly."""

from __future__ import annotations

import json
import re
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.servers import ROOT
from tools.install import Missing

SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE, NARROW = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
SIZES = tuple(
    ViewportSize(width=width, height=height)
    for width, height in ((390, 844), (768, 1024), (1024, 768), (1280, 860), (1440, 900), (1920, 1080))
)
SECONDS = 1000.0
PATIENCE = 90 * SECONDS
KEPT = 3
"""Browser contexts kept for the next test: each loads a page's scripts only once, which takes a second."""

STORED = "cookies,local_storage,indexeddb,service_workers,cache_storage"
"""What a page can leave in a browser, besides copies of what it has loaded."""

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

Kind = tuple[str, str]


@contextmanager
def started() -> Iterator[Browser]:
    """A Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        raise Missing("Debian's chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS.split())
        yield running
        running.close()


@dataclass
class Visitors:
    """One Chromium for all tests of a process. Each test gets new pages; what it leaves in the browser is removed."""

    chromium: Browser
    _kept: OrderedDict[Kind, BrowserContext] = field(default_factory=OrderedDict)

    def context(self, address: str, locale: str = "en-US") -> BrowserContext:
        """An empty browser, which may have loaded this address's scripts before."""
        kind = (urlsplit(address).netloc, locale)
        if kind not in self._kept:
            self._kept[kind] = self.another(locale)
        self._kept.move_to_end(kind)
        return self._kept[kind]

    def another(self, locale: str = "en-US") -> BrowserContext:
        """A browser that nobody has used. Animations are off in it, so that no screenshot is taken halfway."""
        context = self.chromium.new_context(
            locale=locale,
            reduced_motion="reduce",
            viewport=WIDE,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        return context

    def leave(self) -> None:
        """End the test's visits."""
        for context in self.chromium.contexts:
            kind = next((kind for kind, kept in self._kept.items() if kept is context), None)
            if kind is None:
                context.close()
            elif context.pages:
                clearing = context.new_cdp_session(context.pages[0])
                clearing.send("Storage.clearDataForOrigin", {"origin": f"http://{kind[0]}", "storageTypes": STORED})
                for page in context.pages:
                    page.close()
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)[1].close()


def visit(
    browser: Visitors,
    address: str,
    status: str,
    *,
    viewport: ViewportSize = WIDE,
    headers: dict[str, str] | None = None,
    locale: str = "en-US",
    alone: bool = False,
) -> Page:
    """A new visitor, once the page shows its status; `alone` in a browser that no other page of the test uses."""
    context = browser.another(locale) if alone else browser.context(address, locale)
    page = context.new_page()
    page.set_viewport_size(viewport)
    page.set_extra_http_headers(headers or {})
    page.goto(address)
    expect(page.locator("html[data-started]")).to_be_attached()
    expect(page.locator("#status")).to_have_attribute("title", re.compile(re.escape(status)))
    return page


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer is complete."""
    turns = page.locator(".turn")
    before = turns.count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    expect(turns).to_have_count(before + 1)
    expect(turns.last).not_to_have_attribute("data-state", "pending")
    expect(page.locator("#stop")).to_be_hidden()


def fits(page: Page) -> None:
    """Nothing extends beyond the right edge, of the page or of what scrolls in it."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    wide = page.evaluate(
        "() => [document.documentElement, ...document.querySelectorAll('#chat, #library-view, #watch-view')]"
        ".filter(one => one.scrollWidth > one.clientWidth).map(one => one.id || one.localName)"
    )
    assert wide == [], page.viewport_size


def accessible(page: Page) -> None:
    """Nothing serious that axe-core finds in either theme; the page is left in the light one."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, json.dumps(serious, indent=1)[:3000]


def keep(page: Page, name: str) -> None:
    """Take a screenshot of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def look(page: Page, name: str) -> None:
    """Take screenshots of the page at all widths, and one in the dark: it fits into each, and is accessible in both
    themes. Its width and theme are restored."""
    before = page.viewport_size
    for size in SIZES:
        page.set_viewport_size(size)
        fits(page)
        keep(page, f"{name}-{size['width']}")
    page.emulate_media(color_scheme="dark")
    keep(page, f"{name}-dark")
    accessible(page)
    if before:
        page.set_viewport_size(before)
