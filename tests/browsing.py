"""Readers of the chat page in a real Chromium, and what they do there again and again."""

from __future__ import annotations

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
"""Browser contexts that are kept for the next test: a page's scripts are loaded once for each, for a second."""

STORED = "cookies,local_storage,indexeddb,service_workers,cache_storage"
"""What a page can leave in a browser, beside the copies of what it has loaded."""

Kind = tuple[str, str, bool]


@dataclass
class Visitors:
    """One Chromium for all tests of a process. Each test has new pages; what it leaves in the browser is removed."""

    chromium: Browser
    _kept: OrderedDict[Kind, BrowserContext] = field(default_factory=OrderedDict)

    def context(self, address: str, locale: str = "en-US", bypass_csp: bool = False) -> BrowserContext:
        """An empty browser, that may have loaded the scripts of this address before."""
        kind = (urlsplit(address).netloc, locale, bypass_csp)
        if kind not in self._kept:
            self._kept[kind] = self.another(locale, bypass_csp)
        self._kept.move_to_end(kind)
        return self._kept[kind]

    def another(self, locale: str = "en-US", bypass_csp: bool = False) -> BrowserContext:
        """A browser that nobody has used. Nothing slides in it, so that no picture is taken half way."""
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
    """A new visitor, once the page says its status; `alone` in a browser that no other page of the test has."""
    kind = {"locale": locale, "bypass_csp": bypass_csp}
    context = browser.another(**kind) if alone else browser.context(address, **kind)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_viewport_size(viewport)
    page.set_extra_http_headers(headers or {})
    page.goto(address)
    expect(page.locator("#status")).to_contain_text(status)
    return page


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer is complete."""
    answers = page.locator("#chat .message.bot")
    before = answers.count()
    page.locator("#question textarea").fill(question)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1)
    expect(answers.last).not_to_have_text("…")  # until it begins, the button that stops it may not be there yet
    expect(page.locator("#stop")).to_be_hidden()


def fits(page: Page) -> None:
    """Nothing stands beyond the right edge."""
    assert page.viewport_size is not None
    page.wait_for_function(f"document.documentElement.scrollWidth <= {page.viewport_size['width']}")


def keep(page: Page, name: str) -> None:
    """A picture of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def kept_at_both_widths(page: Page, name: str) -> None:
    """Pictures of the page wide and narrow, in which nothing stands beyond the right edge; it is as wide as before in
    the end."""
    before = page.viewport_size
    for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
        page.set_viewport_size(viewport)
        fits(page)
        keep(page, f"{name}-{width}")
    if before:
        page.set_viewport_size(before)
