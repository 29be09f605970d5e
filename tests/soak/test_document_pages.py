"""Fifty citations of all kinds of documents, each followed to the text that it cites."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from runtime.local.minilm import MiniLm
from tests import cited
from tests.browsing import Visitors
from tests.journeys import conftest
from tests.reading_room import MIDDLE, NARROW, WIDE, cite, enter, seen
from tests.sites import home_in, on_this_machine

FIFTY = 50
SIZES: dict[str, ViewportSize] = {"narrow": NARROW, "middle": MIDDLE, "wide": WIDE}

chromium, browser = conftest.chromium, conftest.browser

pytestmark = [pytest.mark.soak]


def test_fifty_of_fifty_citations_lead_to_what_they_cite_at_every_width(
    browser: Visitors, minilm: MiniLm, tmp_path: Path
) -> None:
    home = home_in(tmp_path, minilm, None)
    found = cited.asked(home, cited.fill(home, tmp_path), FIFTY)
    cited.replace(home, tmp_path)
    assert len(found) == FIFTY
    missed = []
    with on_this_machine(home) as site:
        for name, size in SIZES.items():
            page = enter(browser, site, size)
            for one in found:
                cite(page, one)
                shown = seen(page)
                if not shown.shows(one.text):
                    missed.append((name, one.source["document"], one.text, shown))
    assert missed == []
