"""Readers of the chat page in a real Chromium, and what they do there repeatedly."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.servers import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
WIDE, NARROW = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
SECONDS = 1000.0
PATIENCE = 90 * SECONDS
KEPT = 3
"""Browser contexts kept for the next test: each loads a page's scripts only once, which takes a second."""

STORED = "cookies,local_storage,indexeddb,service_workers,cache_storage"
"""What a page can leave in a browser, besides copies of what it has loaded."""

Kind = tuple[str, str, bool]


@dataclass
class Visitors:
    """One Chromium for all tests of a process. Each test gets new pages; what it leaves in the browser is removed."""

    chromium: Browser
    _kept: OrderedDict[Kind, BrowserContext] = field(default_factory=OrderedDict)

    def context(self, address: str, locale: str = "en-US", bypass_csp: bool = False) -> BrowserContext:
        """An empty browser, which may have loaded this address's scripts before."""
        kind = (urlsplit(address).netloc, locale, bypass_csp)
        if kind not in self._kept:
            self._kept[kind] = self.another(locale, bypass_csp)
        self._kept.move_to_end(kind)
        return self._kept[kind]

    def another(self, locale: str = "en-US", bypass_csp: bool = False) -> BrowserContext:
        """A browser that nobody has used. Animations are off in it, so that no screenshot is taken halfway."""
        context = self.chromium.new_context(
            locale=locale,
            bypass_csp=bypass_csp,
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
    bypass_csp: bool = False,
    alone: bool = False,
) -> Page:
    """A new visitor, once the page shows its status; `alone` in a browser that no other page of the test uses."""
    kind = {"locale": locale, "bypass_csp": bypass_csp}
    context = browser.another(**kind) if alone else browser.context(address, **kind)  # type: ignore[arg-type]
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
    """Nothing extends beyond the right edge."""
    assert page.viewport_size is not None
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def keep(page: Page, name: str) -> None:
    """Take a screenshot of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def kept_at_both_widths(page: Page, name: str) -> None:
    """Take screenshots of the page wide and narrow, with nothing beyond the right edge; restore its width."""
    before = page.viewport_size
    for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
        page.set_viewport_size(viewport)
        fits(page)
        keep(page, f"{name}-{width}")
    if before:
        page.set_viewport_size(before)
