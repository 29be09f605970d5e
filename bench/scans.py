"""Scanned pages: the words that are recognized, what a page costs, and how long a question waits meanwhile."""

from __future__ import annotations

import json
import re
import resource
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import pypdfium2
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from runtime.ingest import update_chance
from runtime.local.home import Home
from runtime.local.rapidocr import RapidOcr
from runtime.reading.document import Limits, Page, open_pdf
from runtime.reading.pictures import recognize
from runtime.settings import Settings
from tests.scans import DOTS, as_scanned, pages_of

QUESTIONS = Path(__file__).parent / "questions" / "manuals.jsonl"

PAGES = 12
"""Pages of each document that are scanned, evenly spread."""

MOST_SECONDS, MOST_WAIT = 2.0, 2.0
"""The goals: seconds of a core a page, and how many times as late an answer may be while scans are being read."""

SCANS, ASKED = 100, 30
"""Scanned pages that are being read while so many questions are asked."""


def figures(documents: Sequence[Path]) -> list[dict[str, Any]]:
    """The rows of `make bench-reading` about scans of these documents' pages."""
    with tempfile.TemporaryDirectory(prefix="bench-scans-") as name:
        folder = Path(name)
        return [*_recognition(folder, documents), *_waiting(folder, documents)]


def _row(figure: str, value: float, unit: str, goal: str = "", holds: bool = True) -> dict[str, Any]:
    return {"figure": figure, "value": round(value, 4), "unit": unit, "goal": goal, "holds": holds}


def _recognition(folder: Path, documents: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The share of words that come back from the pages' scans, and the seconds of a core for a page, by its words."""
    ocr = RapidOcr()
    found, expected, seconds = 0, 0, []
    for document in documents:
        own = _text_pages(document)
        scan = _scanned(folder / document.name, document, [page.number for page in own])
        for page, picture in zip(own, pages_of(scan), strict=True):
            began = _processor_seconds()
            recognized = recognize(scan, picture, ocr, Limits())
            seconds.append(_processor_seconds() - began)
            words, read = _words(page), _words(recognized)
            found, expected = found + (words & read).total(), expected + words.total()
    seconds = seconds[1:]  # the first loads the models
    each = statistics.median(seconds)
    yield _row("scans: words", expected, "words")
    yield _row("scans: words read without a fault", found / expected, "share")
    yield _row("scans: a page, median", each, "s of a core", f"at most {MOST_SECONDS:g}", each <= MOST_SECONDS)
    yield _row("scans: a page, longest", max(seconds), "s of a core")


def _waiting(folder: Path, documents: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """How long an answer's first words take, on an idle machine and while a hundred scanned pages are being read."""
    home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")}))
    *smaller, largest = sorted(documents, key=lambda path: path.stat().st_size)
    for key in home.add(smaller or [largest]).keys:
        home.ingestor().reconcile(key)
    update_chance(home.index(), home.embedder)
    scan = _scanned(folder / "scans.pdf", largest, range(1, SCANS + 1))
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()][:ASKED]
    _first_words(home, questions[:3])
    idle = _first_words(home, questions)
    with _being_read(home, scan):
        busy = _first_words(home, questions)
    ratio = statistics.median(busy) / statistics.median(idle)
    yield _row("scans: first words, idle", statistics.median(idle), "s")
    yield _row("scans: first words while scans are read", statistics.median(busy), "s")
    yield _row("scans: first words, busy against idle", ratio, "times", f"at most {MOST_WAIT:g}", ratio <= MOST_WAIT)


@contextmanager
def _being_read(home: Home, scan: Path) -> Iterator[None]:
    """Recognition of a document goes on meanwhile, in a thread as on the chat page."""
    (key,) = home.add([scan]).keys
    begun, stop = threading.Event(), threading.Event()
    recognize_lines = RapidOcr.lines

    def lines(ocr: RapidOcr, picture: bytes) -> Any:
        begun.set()
        return recognize_lines(ocr, picture)

    thread = threading.Thread(target=lambda: home.ingestor().reconcile(key, should_stop=stop.is_set))
    with mock.patch.object(RapidOcr, "lines", lines):
        thread.start()
        begun.wait()
        yield
        assert thread.is_alive(), "all scans were read before the last question was asked"
        stop.set()
        thread.join()


def _first_words(home: Home, questions: Iterable[str]) -> list[float]:
    answerer, taken = home.answerer(), []
    for question in questions:
        began = time.perf_counter()
        next(answer for answer in answerer.answer(question) if answer.text)
        taken.append(time.perf_counter() - began)
    return taken


def _text_pages(document: Path) -> list[Page]:
    """So many of the document's pages of text, evenly spread."""
    with open_pdf(document) as pdf:
        pages = [page for page in pdf.pages() if page.state == "text" and len(page.paragraphs) > 3]
    return pages[:: max(1, len(pages) // PAGES)][:PAGES]


def _scanned(path: Path, document: Path, numbers: Iterable[int]) -> Path:
    """A PDF of pages' scans."""
    page = Canvas(str(path))
    with pypdfium2.PdfDocument(document) as pdf:
        for number in numbers:
            size = pdf[number - 1].get_size()
            image = as_scanned(pdf[number - 1].render(scale=DOTS / 72).to_pil().convert("L"), number)
            out = BytesIO()
            image.save(out, "JPEG", quality=80)
            page.setPageSize(size)
            page.drawImage(ImageReader(BytesIO(out.getvalue())), 0, 0, *size)
            page.showPage()
    page.save()
    return path


def _words(page: Page) -> Counter[str]:
    return Counter(word for one in page.paragraphs for word in re.findall(r"\w+", one.text.casefold()))


def _processor_seconds() -> float:
    """Of this process and those of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
