"""The child process that reads a PDF: with PDFium, or pdfminer.six as a fallback. It is run by
`runtime/reading/document.py` and never imported by it, since what parses a hostile file must not share the service's
memory.

It writes frames to standard output: four bytes of length (big endian), then JSON: one `info`, then each `page`, then
`end`; or an `error` with one of the states of `runtime.reading.document.PdfError`. It exits when its standard input
closes, that is, when its parent has ended.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, BinaryIO

from runtime.reading.characters import CONTROL
from runtime.reading.doubt import garbled
from runtime.reading.headings import Headings
from runtime.reading.miner import Miner
from runtime.reading.page import paragraphs
from runtime.reading.pdfium import Pdfium
from runtime.reading.sandbox import confine_calls, confine_files
from runtime.reading.vocabulary import Vocabulary
from runtime.reading.words import MAX_LABEL, RawPage, ReadError, Word

SAMPLE_PAGES = 16
"""Pages, evenly spread, from which the size of body text and the document's vocabulary are learnt: the same pages
wherever reading starts."""


class Reading:
    """Reads one document, from a page on."""

    def __init__(self, fd: int, reader: str, max_pages: int) -> None:
        self._fd = fd
        self._auto = reader == "auto"
        self._second: Miner | None = None
        self.main: Pdfium | Miner = self._open(reader)
        if self.main.pages > max_pages:
            raise ReadError("too large", f"it has {self.main.pages:,} pages; the limit is {max_pages:,}")
        if self.main.pages < 1:
            raise ReadError("damaged", "it has no pages")
        self.outline = self.main.outline()
        self._kept: dict[int, RawPage] = {}
        self._headings, self._vocabulary = Headings([], self.outline), Vocabulary([])

    def _open(self, reader: str) -> Pdfium | Miner:
        if reader == "pdfminer":
            return Miner(self._fd)
        try:
            return Pdfium(self._fd)
        except ReadError as refused:
            if not self._auto or refused.state != "damaged":
                raise
            return Miner(self._fd)

    def learn(self, skip: set[int], out: BinaryIO) -> None:
        """Read the sample pages, announcing each. Those that broke an earlier child are skipped."""
        count = min(SAMPLE_PAGES, self.main.pages)
        numbers = sorted({1 + round(i * (self.main.pages - 1) / max(count - 1, 1)) for i in range(count)} - skip)
        samples: list[list[Word]] = []
        for number in numbers:
            send(out, {"learning": number})
            try:
                self._kept[number] = self._read(number)
            except ReadError:
                continue
            samples.append(self._kept[number].words)
        self._headings = Headings(samples, self.outline)
        self._vocabulary = Vocabulary(_text(words).split() for words in samples)

    def page(self, number: int) -> dict[str, Any]:
        """The page's frame; call `learn` first."""
        try:
            return self._page(self._kept.pop(number) if number in self._kept else self._read(number), number)
        except MemoryError:
            raise
        except Exception as error:  # whatever goes wrong, only this page is lost
            return {
                "number": number,
                "width": 0,
                "height": 0,
                "paragraphs": [],
                "reader": "none",
                "state": "damaged",
                "note": str(error) if isinstance(error, ReadError) else f"{type(error).__name__}: {error}",
            }

    def _read(self, number: int) -> RawPage:
        try:
            return self.main.page(number)
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            raise ReadError("damaged", f"{type(error).__name__}: {error}") from error

    def _page(self, raw: RawPage, number: int) -> dict[str, Any]:
        seen, hidden = _seen(raw), Counter(word.style.hidden for word in raw.words if word.style.hidden)
        reader = self.main.name
        state = "text" if seen else "image" if raw.pictures else "blank"
        if raw.unread or (seen and garbled(seen, raw.unmapped)):
            second = self._reread(number)
            if second is not None:
                raw, hidden, reader, state = second, Counter(), Miner.name, "text"  # it does not detect hidden words
            elif seen:
                raw, state = raw._replace(words=[]), "garbled"
        self._vocabulary.set_page(_text(raw.words).split())
        return {
            "number": number,
            "width": round(raw.width, 1),
            "height": round(raw.height, 1),
            "paragraphs": paragraphs(raw, self._headings, number, self._vocabulary),
            "reader": reader if state == "text" else "none",
            "state": state,
            "label": self._label(number),
            "hidden": hidden,
        }

    def _label(self, number: int) -> str:
        label = " ".join("".join(c if c.isprintable() else " " for c in self.main.label(number)).split())
        if len(label) > MAX_LABEL:
            label = label[: MAX_LABEL - 1] + "…"
        return "" if label == str(number) else label

    def _reread(self, number: int) -> RawPage | None:
        """The page by the second reader, if that finds readable text and the same number of pages."""
        if not self._auto or isinstance(self.main, Miner):
            return None
        try:
            self._second = self._second or Miner(self._fd)
            if self._second.pages != self.main.pages:
                return None
            raw = self._second.page(number)
        except ReadError:
            return None
        return raw if raw.words and not garbled(_seen(raw), raw.unmapped) else None


def _text(words: Sequence[Word]) -> str:
    return " ".join([word.text for word in words])


def _seen(raw: RawPage) -> str:
    """The visible text of a page."""
    return _text([word for word in raw.words if not word.style.hidden])


def send(out: BinaryIO, frame: dict[str, Any]) -> None:
    """Write a frame. Lone surrogates, which UTF-8 can't encode, are replaced."""
    data = json.dumps(frame, ensure_ascii=False).encode("utf-8", errors="replace")
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def guard(document: int, memory: int, seconds: int) -> None:
    """Sandbox this process, whatever the file makes it do: limits on address space and processor time, and no access to
    other files, the network or processes."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError) as error:
            print(f"limit {limit} could not be set: {error}", file=sys.stderr)

    missing = [] if confine_files(document) else ["files"]

    def end_with_parent() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    if not confine_calls():
        missing.append("network and processes")
    if missing:
        print(f"this system can't bar the reader from {', '.join(missing)}", file=sys.stderr)


def _pdfium(reading: Reading) -> Pdfium:
    if not isinstance(reading.main, Pdfium):
        raise ReadError("damaged", "PDFium, which draws the pages, can't open the file")
    return reading.main


def main() -> None:
    """Take the job from the command line (a JSON object) and answer in frames."""
    job = json.loads(sys.argv[1])
    gc.set_threshold(100_000)  # a page makes thousands of small objects and next to no cycles
    guard(job["fd"], job["memory"], job["seconds"])
    out = sys.stdout.buffer
    try:
        reading = Reading(job["fd"], job["reader"], job["pages"])
        if "render" in job:
            png = _pdfium(reading).render(job["render"], job["width_px"], job["boxes"])
            out.write(len(png).to_bytes(4, "big") + png)
            out.flush()
            return
        if "locate" in job:
            with os.fdopen(job["texts"], "rb") as texts:
                send(out, {"located": _pdfium(reading).locate(job["locate"], json.load(texts))})
            return
        parts = job["parts"] if reading.main.pages - job["first"] >= job["pages_to_part"] else 1
        send(
            out,
            {
                "info": {
                    "pages": reading.main.pages,
                    "parts": parts,
                    "title": " ".join(CONTROL.sub(" ", reading.main.title()).split()),
                    "outline": [
                        [" ".join(CONTROL.sub(" ", t).split()), level, page] for t, level, page in reading.outline
                    ],
                }
            },
        )
        skip, part, block = set(job["skip"]), job["part"], job["block"]
        reading.learn(skip, out)
        for number in range(job["first"], reading.main.pages + 1):
            if number not in skip and number // block % parts == part:
                send(out, {"page": reading.page(number)})
        send(out, {"end": True})
    except ReadError as refused:
        send(out, {"error": {"state": refused.state, "reason": str(refused)}})
    except MemoryError:
        send(out, {"error": {"state": "too large", "reason": "reading it needs more memory than allowed"}})
    except BrokenPipeError:
        os._exit(0)


def run() -> None:
    """Run `main`, and exit at once, without waiting for threads or clean-up."""
    main()
    os._exit(0)
