"""The child process that reads a PDF: with PDFium, or pdfminer.six as a fallback. It is run by
`runtime/reading/document.py` and never imported by it, since what parses a hostile file must not share the service's
memory.

Its job is a line of JSON on standard input. It writes frames to standard output: four bytes of length (big endian),
then JSON: one `info`, then each `page`, then `end`; a `form` before and after work on a form; or an `error` with one of
the states of `runtime.reading.document.PdfError`. Images and the parts of an attached file are frames without JSON. It
exits when its standard input closes, that is, when its parent has ended.
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
from functools import cached_property
from typing import Any, BinaryIO

from runtime.reading.annotations import OnForm
from runtime.reading.characters import CONTROL, printable
from runtime.reading.doubt import garbled
from runtime.reading.embedded import EmbeddedFiles, count_marked
from runtime.reading.headings import Headings
from runtime.reading.miner import Miner
from runtime.reading.notes import with_notes
from runtime.reading.page import paragraphs
from runtime.reading.pdfium import Pdfium, find_fonts, load_pillow
from runtime.reading.reading_order import frame_of, in_reading_order
from runtime.reading.sandbox import confine_calls, confine_files, own_paths
from runtime.reading.sheets import runs_of
from runtime.reading.vocabulary import Vocabulary
from runtime.reading.words import MAX_LABEL, RawPage, ReadError, Word

SAMPLE_PAGES = 16
"""Pages, evenly spread, from which the size of body text and the document's vocabulary are learnt: the same pages
wherever reading starts."""


class Reading:
    """Reads one document, from a page on."""

    def __init__(self, fd: int, reader: str, max_pages: int, on_form: OnForm | None = lambda begins: None) -> None:
        """`on_form`: see `runtime.reading.annotations.Annotations`."""
        self._fd, self._on_form = fd, on_form
        self._auto = reader == "auto"
        self._second: Miner | None = None
        self.main: Pdfium | Miner = self._open(reader)
        if self.main.pages > max_pages:
            raise ReadError("too large", f"it has {self.main.pages:,} pages; the limit is {max_pages:,}")
        if self.main.pages < 1:
            raise ReadError("damaged", "it has no pages")
        self._kept: dict[int, RawPage] = {}
        self._headings, self._vocabulary = Headings([], []), Vocabulary([])

    @cached_property
    def outline(self) -> list[tuple[str, int, int]]:
        """The document's bookmarks: thousands of them take longer than to draw a page, which needs none."""
        return self.main.outline()

    def _open(self, reader: str) -> Pdfium | Miner:
        if reader == "pdfminer":
            return Miner(self._fd)
        try:
            return Pdfium(self._fd, self._on_form)
        except ReadError as refused:
            if not self._auto or refused.state != "damaged":
                raise
            return Miner(self._fd)

    def refuse_placeholder(self) -> None:
        """ReadError for a file whose page says no more than that another viewer is needed."""
        if isinstance(self.main, Pdfium) and self.main.is_xfa():
            raise ReadError("xfa form", "it is an XFA form, of which its page says only that it needs another viewer")

    def holds_files(self) -> bool:
        """Whether the document seems to hold files."""
        return (isinstance(self.main, Pdfium) and self.main.attachments() > 0) or count_marked(self._fd) > 0

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

    def words(self, number: int) -> list[list[Any]]:
        """The words that a page shows, in reading order: see `runtime.reading.reading_order.frame_of`. ReadError if it
        can't be read."""
        raw = self._read(number)
        if self._is_unreadable(raw):
            raw = self._reread(number) or raw._replace(words=[])
        boxes = [box for frame in self._paragraphs(raw, number) for box in frame["boxes"]]
        shown = [*raw.words, *(word for note in raw.notes for word in note.drawn)]
        single = [part for word in shown if not word.style.hidden for part in word.words()]
        return frame_of(in_reading_order(single, boxes, (raw.width, raw.height)))

    def _read(self, number: int) -> RawPage:
        try:
            return self.main.page(number)
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            raise ReadError("damaged", f"{type(error).__name__}: {error}") from error

    def _page(self, raw: RawPage, number: int) -> dict[str, Any]:
        seen, hidden = _seen(raw), Counter(word.style.hidden for word in raw.words if word.style.hidden)
        reader, notes, left_out = self.main.name, raw.notes, raw.left_out
        state = "text" if seen else "image" if raw.pictures else "blank"
        if self._is_unreadable(raw):
            second = self._reread(number)
            if second is not None:
                raw = second._replace(regions=raw.regions, fault=raw.fault)
                hidden, reader, state = Counter(), Miner.name, "text"  # it does not detect hidden words
            elif seen:
                raw, state = raw._replace(words=[], regions=(_whole(raw),)), "garbled"
        self._vocabulary.set_page(_text(raw.words).split())
        frames = with_notes(self._paragraphs(raw, number), notes, lambda words: self._drawn(words, raw, number))
        if state == "blank" and frames:  # notes on a picture leave it one, and a garbled page's are no text of it
            state = "text"
        return {
            "number": number,
            "width": round(raw.width, 1),
            "height": round(raw.height, 1),
            "paragraphs": frames,
            "reader": reader if state == "text" else "none",
            "state": state,
            "label": self._label(number),
            "hidden": hidden | ({"annotations": left_out} if left_out else {}),
            "pictures": raw.regions,
            "note": raw.fault,
        }

    def _is_unreadable(self, raw: RawPage) -> bool:
        """Whether the page has text that is none as it was read."""
        seen = _seen(raw)
        return raw.unread or (bool(seen) and garbled(seen, raw.unmapped))

    def _paragraphs(self, raw: RawPage, number: int) -> list[dict[str, Any]]:
        return paragraphs(raw, self._headings, number, self._vocabulary)

    def _drawn(self, words: Sequence[Word], raw: RawPage, number: int) -> str:
        """The text of words that are drawn apart from a page's others."""
        alone = raw._replace(words=list(words), rules=[])
        return " ".join(frame["text"] for frame in self._paragraphs(alone, number))

    def _label(self, number: int) -> str:
        label = printable(self.main.label(number))
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


def _whole(raw: RawPage) -> tuple[float, float, float, float]:
    return 0.0, 0.0, raw.width, raw.height


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


def _info(reading: Reading, job: dict[str, Any]) -> dict[str, Any]:
    """What is told of a document before its pages: of the files that it holds, whether there may be some."""
    return {
        "pages": reading.main.pages,
        "parts": _parts(reading, job),
        "title": _one_line(reading.main.title()),
        "outline": [[_one_line(title), level, page] for title, level, page in reading.outline],
        "holds_files": job["holds_files"] if job["holds_files"] is not None else reading.holds_files(),
    }


def _parts(reading: Reading, job: dict[str, Any]) -> int:
    """How many children read the pages."""
    return int(job["parts"]) if reading.main.pages - job["first"] >= job["pages_to_part"] else 1


def _one_line(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())


def _send_embedded(job: dict[str, Any], files: EmbeddedFiles, out: BinaryIO) -> None:
    """The list of the files that a document holds, or the bytes of one, each part behind a zero byte."""
    if "attachments" in job:
        listed, others = files.listed()
        send(
            out,
            {
                "files": listed,
                "others": others,
                "not_searched": files.not_searched,
                "is_portfolio": files.is_portfolio,
            },
        )
        return
    for part in files.content(job["attachment"]):
        out.write((1 + len(part)).to_bytes(4, "big") + b"\0" + part)
    out.flush()
    send(out, {"end": True})


def prepare() -> None:
    """Do what does not depend on a document, once for all children that are forked from this process."""
    find_fonts()
    load_pillow()
    own_paths()


def main(document: int) -> None:
    """Take the job (a line of JSON) about an open file from standard input and answer in frames."""
    job = json.loads(sys.stdin.buffer.readline())
    gc.set_threshold(100_000)  # a page makes thousands of small objects and next to no cycles
    guard(document, job["memory"], job["seconds"])
    out = sys.stdout.buffer

    def on_form(begins: bool) -> None:
        send(out, {"form": begins})

    try:
        if "attachments" in job or "attachment" in job:
            _send_embedded(job, EmbeddedFiles(document), out)
            return
        reading = Reading(document, job["reader"], job["pages"], on_form if job["forms"] else None)
        if "render" in job:
            drawn = _pdfium(reading).render(job["render"], job["width_px"], job["boxes"], job["part"])
            out.write(len(drawn).to_bytes(4, "big") + drawn)
            out.flush()
            return
        if "draw" in job:
            size = job["size"][0], job["size"][1]
            png, known = _pdfium(reading).picture(job["draw"], job["part"], size, job["regions"], job["text"])
            answer = json.dumps({"known": known}).encode() + b"\n" + png
            out.write(len(answer).to_bytes(4, "big") + answer)
            out.flush()
            return
        if "locate" in job:
            send(out, {"located": _pdfium(reading).locate(job["locate"], job["texts"])})
            return
        if "measure" in job:
            send(out, {"runs": runs_of(_pdfium(reading).sizes())})
            return
        if "words" in job:
            for number in job["words"]:
                send(out, {"words": reading.words(number)})
            return
        reading.refuse_placeholder()
        send(out, {"info": _info(reading, job)})
        skip, part, block = set(job["skip"]), job["part"], job["block"]
        parts = _parts(reading, job)
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


def run(document: int) -> None:
    """Run `main`, and exit at once, without waiting for threads or clean-up."""
    main(document)
    os._exit(0)
