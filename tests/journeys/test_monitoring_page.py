"""The chat page's monitoring tab in a real headless Chromium, over reports that the analyses have written."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from runtime.local.sqlite import Database, SqliteMetrics
from tests import pdfs
from tests.aws.listening import listening
from tests.journeys.test_chat_page import NARROW, ask, keep, serving, visit
from tests.journeys.test_watch import archive, drawn, run

DAY = 86_400
LINE = "svg g[id^=line-]"


def opened(page: Page) -> None:
    page.get_by_role("tab", name="Monitoring").click()


def chosen(page: Page, of: str, label: str) -> None:
    page.locator(f"#{of} label", has_text=label).click()


def points(plot: Locator) -> int:
    """How many points the plot's line goes through."""
    return plot.locator(f"{LINE} use").count()


def test_without_reports_and_questions_the_tab_says_so_and_how_to_have_them(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        page = visit(browser, address, "The library is empty")
        opened(page)
        expect(page.locator("#report")).to_contain_text("There is no report yet")
        expect(page.locator("#report pre")).to_contain_text("python -m analysis drift --job_type BASELINE")
        expect(page.locator("#history")).to_have_text("No question was asked in the last week.")
        chosen(page, "kind", "Distance of the questions")
        expect(page.locator("#report pre")).to_have_text(".venv/bin/python -m analysis distance")
        chosen(page, "span", "Day")
        expect(page.locator("#history")).to_have_text("No question was asked in the last day.")
        assert page.locator(LINE).count() == 0
        assert page.locator("iframe").count() == 0


def test_the_latest_reports_and_the_history_of_the_answers_are_shown(browser: Browser, tmp_path: Path) -> None:
    home, papers = tmp_path / "home", tmp_path / "papers"
    papers.mkdir()
    pdfs.paragraphs(papers / "kiln.pdf", ["The kiln of the pottery is fired at 940 degrees for eleven hours."])
    with serving(tmp_path, "--documents", str(papers)) as address:
        page = visit(browser, address)
        expect(page.locator("#status")).to_contain_text("1 document.")
        ask(page, "How hot is the kiln of the pottery?")
        metrics = SqliteMetrics(Database(home / "plumbline.db"))
        for ago in (20, 18, 16):
            metrics.put({"similarity": [0.5, 0.7]}, time.time() - ago * DAY)
        archive(home, 0, drawn(0))
        run(home, "drift", "--job_type", "BASELINE", "--model", "a model")
        opened(page)
        verdict = page.frame_locator("#report iframe").locator(".verdict")
        expect(verdict).to_contain_text("Snapshots are compared with these")
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
        run(home, "distance", "--model", "a model")
        opened(page)
        expect(page.locator("#report p")).to_contain_text("drift-documents-snapshot-")
        expect(verdict).to_contain_text("Drift, for the first time")
        chosen(page, "kind", "Distance of the questions")
        expect(verdict).to_contain_text("to what the library holds")
        chosen(page, "kind", "Drift of the questions")
        expect(page.locator("#report pre")).to_contain_text("--of prompts --job_type BASELINE")

        again = visit(browser, address)
        opened(again)
        expect(again.frame_locator("#report iframe").locator(".verdict")).to_contain_text("to what the library holds")
        expect(again.locator("#plot-no_answer svg")).to_be_visible()
        keep(again, "monitoring-wide")
        again.set_viewport_size(NARROW)
        again.wait_for_function("document.documentElement.scrollWidth <= 390")
        expect(again.locator("#plot-no_answer svg")).to_be_visible()
        keep(again, "monitoring-narrow")


def test_nothing_in_a_report_runs_or_loads_or_leads_away(browser: Browser, tmp_path: Path) -> None:
    asked: list[str] = []

    class Outside(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    reports = tmp_path / "home" / "reports"
    reports.mkdir(parents=True)
    with listening(Outside) as outside, serving(tmp_path) as address:
        (reports / "drift-documents-snapshot-20261101T100000Z.html").write_text(
            f"""<!doctype html><html><head><title>Drift</title>
            <meta http-equiv="refresh" content="0;url={outside}/refresh">
            <link rel="stylesheet" href="{outside}/style.css"><style>@import "{outside}/import.css";</style>
            <script src="{outside}/script.js"></script><script>top.document.title = 'owned'</script>
            <img src="{outside}/image.png" onerror="top.document.title = 'owned'">
            <svg><image href="{outside}/svg.png"/></svg><iframe src="{outside}/frame"></iframe>
            <form action="{outside}/form"><button>Send</button></form>
            <p>"></iframe><img src=x onerror="document.title='owned'"> ${{document.title='owned'}} {{{{value}}}}</p>
            <a id="here" href="{outside}/here">here</a> <a id="top" target="_top" href="{outside}/top">there</a>
            <p id="last">The end</p>"""
        )
        page = visit(browser, address, "The library is empty")
        opened(page)
        frame = page.frame_locator("#report iframe")
        expect(frame.locator("#last")).to_have_text("The end")
        expect(frame.locator("p").first).to_contain_text("${document.title='owned'} {{value}}")
        (inside,) = [one for one in page.frames if one.url == "about:srcdoc"]
        failed = inside.evaluate("Promise.all([...document.images].map(i => i.decode().catch(() => i.src)))")
        assert failed == [f"{outside}/image.png", f"{address}/x"]
        frame.get_by_role("button", name="Send").click()
        with page.expect_console_message(lambda said: "Unsafe attempt to initiate navigation" in said.text):
            frame.locator("#top").click()
        with page.expect_event("framenavigated"):
            frame.locator("#here").click()
        assert asked == []
        assert (page.title(), page.url) == ("Plumbline", f"{address}/")
