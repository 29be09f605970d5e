"""A real browser, started once a process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from runtime.local.minilm import MiniLm
from tests import pdfs
from tests.browsing import PATIENCE, Visitors, started
from tests.sites import home_in, on_this_machine


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Visitors, asyncio.AbstractEventLoop]]:
    """The browser, and Playwright's event loop."""
    with started() as running:
        expect.set_options(timeout=PATIENCE)
        yield Visitors(running), asyncio.get_running_loop()


@pytest.fixture
def browser(chromium: tuple[Visitors, asyncio.AbstractEventLoop]) -> Iterator[Visitors]:
    """The browser for one test, whose pages are closed at its end.

    Playwright marks its loop as running in this thread, where it stands still between two calls: where no browser is
    used, the mark would keep `asyncio.run` from running a loop.
    """
    visitors, loop = chromium
    asyncio._set_running_loop(loop)
    try:
        yield visitors
        visitors.leave()
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture
def faultless(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The page, which runs in this process, prints and logs no traceback during the test."""
    yield
    assert "Traceback" not in capsys.readouterr().err
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[str]:
    """A page over a book of chapters and a document that can't be read, by its address."""
    folder = tmp_path_factory.mktemp("books")
    papers = folder / "papers"
    papers.mkdir()
    pdfs.book(papers / "instruments.pdf", 6, preface=2)
    pdfs.encrypted(papers / "locked.pdf", "secret", user="secret")
    with on_this_machine(home_in(folder, minilm, None), papers) as site:
        yield site.url
