"""The reader of documents as a person has it: opened at what an answer cites, in a real browser."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from runtime.reading.locate import plain
from tests.browsing import Visitors
from tests.cited import Cited
from tests.sites import Site

NARROW, MIDDLE, WIDE = (
    ViewportSize(width=width, height=height) for width, height in ((390, 844), (1024, 768), (1440, 900))
)

_OPEN = """async ([name, given]) => {
    const scripts = [...document.querySelectorAll("link[rel=modulepreload]")].map((one) => one.href);
    const reader = await import(scripts.find((one) => one.endsWith("/reader.js")));
    await reader[name](...given);
}"""

_SEEN = """() => {
    const strip = document.querySelector(".strip"), view = strip.getBoundingClientRect();
    const marks = [...strip.querySelectorAll(".mark.asked")].map((one) => one.getBoundingClientRect());
    const sheet = strip.querySelector(".mark.asked")?.closest(".sheet");
    const between = (first, at, last) => first - 2 <= at && at <= last + 2;
    const within = (x, y) => marks.some((one) => between(one.left, x, one.right) && between(one.top, y, one.bottom));
    const words = [...(sheet?.querySelectorAll(".words span") ?? [])].filter((one) => {
        const box = one.getBoundingClientRect();
        return within((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    });
    return {
        marks: marks.length,
        inside: marks.every((one) => one.left >= view.left - 1 && one.right <= view.right + 1
            && one.top >= view.top && one.bottom <= Math.min(view.bottom, innerHeight)),
        first: marks.length ? (marks[0].top - view.top) / view.height : -1,
        atEdge: strip.scrollTop < 2 || strip.scrollTop > strip.scrollHeight - view.height - 2,
        words: words.map((one) => one.textContent.trim()).join(" "),
    };
}"""


@dataclass(frozen=True)
class Seen:
    """What a person sees of the marks of what is cited: whether all are in view, how far down the first is, whether the
    strip is scrolled to one of its ends, and the words under them."""

    marks: int
    inside: bool
    first: float
    atEdge: bool  # noqa: N815 - a name of the script's
    words: str

    def shows(self, text: str) -> bool:
        """Whether the marks are in view and on this text."""
        found, sought = plain(self.words), plain(text)
        share = SequenceMatcher(None, found, sought, autojunk=False).ratio()
        rests = self.atEdge or abs(self.first - 1 / 3) < 0.05
        return self.marks > 0 and self.inside and rests and share > 0.95


def enter(browser: Visitors, site: Site, viewport: ViewportSize = WIDE, locale: str = "en-US") -> Page:
    """A person's page, with nothing open yet."""
    page = browser.context(site.url, locale).new_page()
    page.set_viewport_size(viewport)
    page.goto(site.url)
    expect(page.locator(":root[data-started]")).to_be_attached()
    return page


def cite(page: Page, cited: Cited, *others: Cited, refocus: bool = True) -> None:
    """Open the reader at what is cited, as a click on the citation does."""
    sources = [one.source for one in (cited, *others)]
    options = {"citation": cited.source["cited"][cited.index]["n"], "refocus": refocus}
    page.evaluate(_OPEN, ["open", [cited.source, sources, options]])


def open_document(page: Page, document: str, options: dict[str, Any]) -> None:
    """Open a document of the library."""
    page.evaluate(_OPEN, ["openDocument", [document, options]])


def seen(page: Page) -> Seen:
    """What is seen of the marks, once the page and its words are there."""
    expect(page.locator(".sheet[data-drawn][data-words]:has(.mark.asked)")).to_be_visible()
    return Seen(**page.evaluate(_SEEN))
