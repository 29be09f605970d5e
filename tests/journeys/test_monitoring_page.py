"""The chat page's monitoring tab in a real headless Chromium, over reports that the analyses have written."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest
from playwright.sync_api import Locator, Page, expect

from runtime.local.minilm import MiniLm
from tests.analyses import archive, drawn, run
from tests.browsing import Visitors, ask, kept_at_both_widths, visit
from tests.listening import listening
from tests.sites import Echo, Site, library, on_this_machine

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]

STATUS = f"Answers by {Echo.model}"
DAY = 86_400
LINE = "svg g[id^=line-]"


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page over one document."""
    with on_this_machine(library(tmp_path_factory.mktemp("monitoring"), minilm)) as made:
        yield made


@pytest.fixture
def site(everything: Site) -> Site:
    """The same, where nobody has asked and nothing was watched yet."""
    shutil.rmtree(everything.home.settings.home / "reports", ignore_errors=True)
    with everything.home.database.transaction() as t:
        t.execute("DELETE FROM metrics")
    return everything


def opened(page: Page) -> None:
    page.get_by_role("tab", name="Monitoring").click()


def chosen(page: Page, of: str, label: str) -> None:
    page.locator(f"#{of} label", has_text=label).click()


def points(plot: Locator) -> int:
    """How many points the plot's line goes through."""
    return plot.locator(f"{LINE} use").count()


def test_without_reports_and_questions_the_tab_says_so_and_how_to_have_them(browser: Visitors, site: Site) -> None:
    page = visit(browser, site.url, STATUS)
    opened(page)
    expect(page.locator("#report")).to_contain_text("No report yet")
    expect(page.locator("#report pre")).to_contain_text("python -m analysis drift --job_type BASELINE")
    expect(page.locator("#history")).to_have_text("No questions were asked in the last week.")
    chosen(page, "kind", "Question distance")
    expect(page.locator("#report pre")).to_have_text(".venv/bin/python -m analysis distance")
    chosen(page, "span", "Day")
    expect(page.locator("#history")).to_have_text("No questions were asked in the last day.")
    assert page.locator(LINE).count() == 0
    assert page.locator("iframe").count() == 0


def test_the_latest_reports_and_the_history_of_the_answers_are_shown(
    browser: Visitors, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = site.home.settings.home
    page = visit(browser, site.url, STATUS)
    expect(page.locator("#status")).to_contain_text("1 document.")
    ask(page, "How hot is the kiln?")
    for ago in (20, 18, 16):
        site.home.metrics.put({"similarity": [0.5, 0.7]}, time.time() - ago * DAY)
    archive(home, 0, drawn(0))
    run(home, "drift", "--job_type", "BASELINE", "--model", "a model")
    opened(page)
    verdict = page.frame_locator("#report iframe").locator(".verdict")
    expect(verdict).to_contain_text("Snapshots are compared with this baseline")
    for metric in ("similarity", "latency", "no_answer"):
        expect(page.locator(f"#plot-{metric} {LINE}")).to_have_count(1)
    similarity = page.locator("#plot-similarity")
    assert points(similarity) == 1
    chosen(page, "span", "Month")
    expect(similarity.locator("svg")).to_contain_text("6-hour means")
    expect(similarity.get_by_role("img", name="Similarity of the passages found: 4 6-hour means")).to_be_visible()
    assert points(similarity) == 4

    page.get_by_role("tab", name="Chat").click()
    archive(home, 1, drawn(1, new=120))
    run(home, "drift", "--job_type", "SNAPSHOT", "--model", "a model")
    archive(home, 2, drawn(2, 40), kind="prompt")
    minute_later = SimpleNamespace(time=lambda: time.time() + 60)  # the snapshot's report may be of this very second
    monkeypatch.setattr("analysis.watch.time", minute_later)
    run(home, "distance", "--model", "a model")
    opened(page)
    expect(page.locator("#report p")).to_contain_text("drift-documents-snapshot-")
    expect(verdict).to_contain_text("Drift for the first time")
    chosen(page, "kind", "Question distance")
    expect(verdict).to_contain_text("of what the library holds")
    chosen(page, "kind", "Question drift")
    expect(page.locator("#report pre")).to_contain_text("--of prompts --job_type BASELINE")

    again = visit(browser, site.url, STATUS)
    opened(again)
    expect(again.frame_locator("#report iframe").locator(".verdict")).to_contain_text("of what the library holds")
    expect(again.locator("#plot-no_answer svg")).to_be_visible()
    kept_at_both_widths(again, "monitoring")
    expect(again.locator("#plot-no_answer svg")).to_be_visible()


def test_nothing_in_a_report_runs_or_loads_or_leads_away(browser: Visitors, site: Site) -> None:
    asked: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Outside) as outside:
        report = f"""<!doctype html><html><head><title>Drift</title>
            <meta http-equiv="refresh" content="0;url={outside}/refresh">
            <link rel="stylesheet" href="{outside}/style.css"><style>@import "{outside}/import.css";</style>
            <script src="{outside}/script.js"></script><script>top.document.title = 'owned'</script>
            <img src="{outside}/image.png" onerror="top.document.title = 'owned'">
            <svg><image href="{outside}/svg.png"/></svg><iframe src="{outside}/frame"></iframe>
            <form action="{outside}/form"><button>Send</button></form>
            <p>"></iframe><img src=x onerror="document.title='owned'"> ${{document.title='owned'}} {{{{value}}}}</p>
            <a id="here" href="{outside}/here">here</a> <a id="top" target="_top" href="{outside}/top">there</a>
            <p id="last">The end</p>"""
        site.home.reports.put("drift-documents-snapshot-20261101T100000Z.html", report.encode(), "text/html")
        page = visit(browser, site.url, STATUS)
        opened(page)
        frame = page.frame_locator("#report iframe")
        expect(frame.locator("#last")).to_have_text("The end")
        expect(frame.locator("p").first).to_contain_text("${document.title='owned'} {{value}}")
        (inside,) = [one for one in page.frames if one.url == "about:srcdoc"]
        failed = inside.evaluate("Promise.all([...document.images].map(i => i.decode().catch(() => i.src)))")
        assert failed == [f"{outside}/image.png", f"{site.url}/x"]
        frame.get_by_role("button", name="Send").click()
        with page.expect_console_message(lambda said: "Unsafe attempt to initiate navigation" in said.text):
            frame.locator("#top").click()
        with page.expect_event("framenavigated"):
            frame.locator("#here").click()
        assert asked == []
        assert (page.title(), page.url) == ("Plumbline", f"{site.url}/")
