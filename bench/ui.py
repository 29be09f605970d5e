"""Many signed-in readers of the chat page at once, over a generator that takes two seconds for an answer."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from runtime.local.home import Home
from runtime.settings import Settings
from tests import pdfs
from tests.browsing import started
from tests.generator import generator
from tests.readers import Answered, Reader
from tests.signing import Signing, signing
from tests.sites import on_this_machine

THINK_SECONDS = 2.0
ANSWER_WORDS = 20
"""Seconds before the model's first word, and the words of an answer, a tenth of a second apart."""

AT_ONCE = 50
ALONE = 40
ROUNDS = 4
QUESTIONS = 2_000
WARM_UP_QUESTIONS = 500
"""Questions after which memory is first measured: buffers and threads have been created by then."""

PEOPLE = 400
"""People who ask the 2,000 questions: each stays below the limit per minute."""

DOCUMENTS = 10_000
VISITS = 9

SUBJECTS = ("kiln", "harbour", "orchard", "mill", "quarry")


def figures() -> list[dict[str, Any]]:
    """The table of `make bench-ui`."""
    seen = views()
    with tempfile.TemporaryDirectory() as folder, signing() as signs:
        papers = Path(folder) / "papers"
        papers.mkdir()
        for subject in SUBJECTS:
            sentences = [
                f"The {subject} number {n} is opened at {n % 12} o'clock on every working day." for n in range(60)
            ]
            pdfs.paragraphs(papers / f"{subject}.pdf", sentences)
        with (
            generator(THINK_SECONDS, ANSWER_WORDS) as model,
            _page(Path(folder), papers, signs, model) as (url, process),
        ):
            return seen + asyncio.run(_measured(url, signs, model, process))


def views() -> list[dict[str, Any]]:
    """How long a browser that was never there takes until the page can be used, and the page until its library shows
    the first of many documents."""
    first, library = [], []
    with tempfile.TemporaryDirectory() as folder, started() as chromium:
        home = Home(Settings.read({"PLUMBLINE_HOME": folder, "PLUMBLINE_THREADS": "1"}))
        with on_this_machine(home) as site:
            site.lists(DOCUMENTS)
            for _ in range(VISITS):
                context = chromium.new_context()
                page = context.new_page()
                page.goto(site.url)
                page.locator("html[data-started] .welcome").wait_for()
                first.append(page.evaluate("performance.now()") / 1000)
                began = page.evaluate("performance.now()")
                page.locator("#bar a[data-view=library]").click()
                page.locator("#library tbody tr").first.wait_for()
                library.append((page.evaluate("performance.now()") - began) / 1000)
                context.close()
    view, listed = statistics.median(first), statistics.median(library)
    return [
        _row("first view in an empty browser, median", view, "s", "at most 2.5", view <= 2.5),
        _row(f"the library's view, {DOCUMENTS:,} documents, median", listed, "s", "at most 1", listed <= 1),
    ]


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


async def _measured(url: str, signs: Signing, model: str, process: int) -> list[dict[str, Any]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=2 * AT_ONCE)
    async with httpx.AsyncClient(base_url=url, limits=limits) as client:

        def reader(name: str) -> Reader:
            return Reader(client, signs.reader(name))

        for n in range(5):
            await reader(f"warm-{n}").ask(_question(n))
        alone = []
        for n in range(ALONE):
            one = reader(f"alone-{n}")
            await one.open()
            alone.append(await one.ask(_question(n)))
        print(f"{ALONE} questions asked one at a time", file=sys.stderr)
        together: list[Answered] = []
        for turn in range(ROUNDS):
            readers = [reader(f"together-{turn}-{n}") for n in range(AT_ONCE)]
            await asyncio.gather(*(one.open() for one in readers))
            together += await asyncio.gather(*(one.ask(_question(n)) for n, one in enumerate(readers)))
            print(f"{AT_ONCE} questions asked at once, {turn + 1} of {ROUNDS}", file=sys.stderr)
        resident, on = await _many(reader, process)
        state = (await client.get(f"{model}/state")).json()
    single, moment, many = (_p95([a.first for a in asked]) for asked in (alone, together, on))
    growth = resident[-1] / resident[0]
    return [
        _row("first word, one reader, median", statistics.median(a.first for a in alone), "s"),
        _row("first word, one reader, p95", single, "s"),
        _row(f"first word, {AT_ONCE} asking continuously, median", statistics.median(a.first for a in on), "s"),
        _row(f"first word, {AT_ONCE} asking continuously, p95", many, "s"),
        _row("p95 asking continuously against p95 alone", many / single, "times", "at most 1.5", many <= 1.5 * single),
        _row(f"first word, {AT_ONCE} at the same moment, median", statistics.median(a.first for a in together), "s"),
        _row(f"first word, {AT_ONCE} at the same moment, p95", moment, "s"),
        _row(
            "p95 at the same moment against p95 alone", moment / single, "times", "at most 1.5", moment <= 1.5 * single
        ),
        _row("whole answer, one reader, p95", _p95([a.whole for a in alone]), "s"),
        _row(f"whole answer, {AT_ONCE} asking continuously, p95", _p95([a.whole for a in on]), "s"),
        _row(f"whole answer, {AT_ONCE} at the same moment, p95", _p95([a.whole for a in together]), "s"),
        _row(f"memory after {WARM_UP_QUESTIONS} questions", resident[0], "MiB"),
        _row(f"memory after {QUESTIONS:,} questions", resident[-1], "MiB"),
        _row("memory, last against first", growth, "times", "at most 1.05", growth <= 1.05),
        _row(
            "answers left unfinished", state["left"] + state["running"], "", "0", not state["left"] + state["running"]
        ),
    ]


async def _many(reader: Any, process: int) -> tuple[list[float], list[Answered]]:
    """Readers who each ask again as soon as their answer is complete, every question on a page of its own. Returns the
    page's resident memory in MiB after every `WARM_UP_QUESTIONS` questions, and all answers."""
    resident: list[float] = []
    answered: list[Answered] = []

    async def ask_on(first: int) -> None:
        for number in range(first, QUESTIONS, AT_ONCE):
            one = reader(f"many-{number % PEOPLE}")
            await one.open()
            answered.append(await one.ask(_question(number)))
            if len(answered) % WARM_UP_QUESTIONS == 0:
                resident.append(_resident(process))
                print(f"{len(answered):,} asked: {resident[-1]:.0f} MiB", file=sys.stderr)

    await asyncio.gather(*(ask_on(first) for first in range(AT_ONCE)))
    return resident, answered


def _question(n: int) -> str:
    return f"When is the {SUBJECTS[n % len(SUBJECTS)]} number {n % 60} opened?"


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def _resident(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


@contextmanager
def _page(folder: Path, papers: Path, signs: Signing, model: str) -> Iterator[tuple[str, int]]:
    """The page, over an ingested library, in a process of its own: its URL and process id."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(
        target=_serve, args=(listener, ready, str(folder / "home"), str(papers), model, signs.signed_in, signs.url)
    )
    process.start()
    try:
        if not ready.wait(120) or process.pid is None:
            sys.exit("The page did not start.")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", process.pid
    finally:
        process.terminate()
        process.join(timeout=60)
        listener.close()


def _serve(listener: socket.socket, ready: Any, home: str, papers: str, model: str, signed_in: Any, keys: str) -> None:
    from runtime.local.home import Home
    from runtime.settings import Settings
    from ui.app import serve
    from ui.server import Server
    from ui.settings import DEFAULT_STOP_SECONDS
    from ui.sign_in import SignIn

    environment = {
        "PLUMBLINE_HOME": home,
        "PLUMBLINE_THREADS": "1",
        "PLUMBLINE_GENERATOR_URL": f"{model}/v1",
        "PLUMBLINE_GENERATOR_MODEL": "slow",
    }
    library = Home(Settings.read(environment))
    library.add([Path(papers)])
    ingestor = library.ingestor()
    for stored in library.documents.stored():
        ingestor.reconcile(stored.key)
    app = serve(library, None, SignIn(signed_in, f"{keys}/keys"))
    Server(app, listener, DEFAULT_STOP_SECONDS, ready.set).run(sockets=[listener])
