"""The pages of a document with what was recognized in their pictures: each picture is recognized once for the same
bytes, and what was recognized is used by every later reading, also by one without a recognizer."""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

from runtime.background import yield_to_questions
from runtime.ports import Ocr, RecognitionLimit, RecognizedPages
from runtime.reading.document import Box, Limits, Page, Paragraph
from runtime.reading.pictures import recognize

AHEAD = 4
"""Pages recognized ahead of the one that is being embedded, for each picture at once."""

BAD = ("damaged", "timed out")
"""States of pages whose pictures can't be drawn."""


PLAN = 0
"""The number under which the pages with pictures are stored, so that a document is read once: their sizes, their
pictures, and the headings that they are under."""


@dataclass(frozen=True, slots=True)
class PicturePage:
    """A page with pictures, without its paragraphs, and the headings that it is under, outermost first."""

    page: Page
    headings: tuple[str, ...]


@dataclass(slots=True)
class Pictures:
    """The pictures of one version of a document: where what was recognized in them is stored, and the recognizer, None
    to use what is stored alone. `limit` is why recognition ended before the last page, if it did. What is recognized
    by `follow_at` becomes searchable then."""

    document: str
    version: str
    stored: RecognizedPages
    ocr: Ocr | None
    limit: RecognitionLimit | None = None
    follow_at: float = 0.0

    def plan(self) -> dict[int, PicturePage]:
        """The pages with pictures, by number."""
        content = self.stored.get(self.document, self.version, PLAN)
        planned = map(_planned, json.loads(zlib.decompress(content))) if content else ()
        return {one.page.number: one for one in planned}

    def add_to_plan(self, pages: Sequence[PicturePage], *, anew: bool) -> None:
        """Add pages to the plan, or begin it with them."""
        plan = {} if anew else self.plan()
        plan |= {one.page.number: one for one in pages}
        self._put(PLAN, [asdict(one) for one in plan.values()])

    def pages(self, copy: Path, left: Iterable[Page], limits: Limits) -> Iterator[Page]:
        """These pages, in order, with the text in their pictures alone. Without a recognizer, pages that were never
        recognized are left out; at a limit of recognition the rest is. After `limits.bad_pages` pages that can't be
        drawn no more are. PlumblineError if the recognizer fails."""
        known = self.stored.pages(self.document, self.version)
        parallel = self.ocr.parallel if self.ocr else 1
        waiting: deque[Future[Page]] = deque()
        bad = 0
        with ThreadPoolExecutor(parallel, "recognize", yield_to_questions) as pool:
            try:
                for page in (*left, None):
                    if page and page.number in known:
                        waiting.append(pool.submit(self._load, page))
                    elif page and self.ocr:
                        one = self._give_up if bad >= limits.bad_pages else self._recognize
                        waiting.append(pool.submit(one, copy, page, self.ocr, limits))
                    while waiting and (page is None or len(waiting) > AHEAD * parallel):
                        read = waiting.popleft().result()
                        bad += read.state in BAD
                        yield read
            except RecognitionLimit as limit:
                self.limit = limit
            finally:
                pool.shutdown(cancel_futures=True)

    def can_go_on(self, left: Iterable[int]) -> bool:
        """Whether there is something to do about these pages."""
        return self.ocr is not None or not self.stored.pages(self.document, self.version).isdisjoint(left)

    def _recognize(self, copy: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
        """The page, stored as soon as it is recognized: whoever is stopped or killed loses only what is in hand."""
        read = recognize(copy, page, ocr, limits)
        if not read.note:
            paragraphs = [
                {**asdict(one), "words": [(text, *astuple(box)) for text, box in one.words]} for one in read.paragraphs
            ]
            self._put(page.number, {"state": read.state, "reader": read.reader, "paragraphs": paragraphs})
        return read

    def _give_up(self, copy: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
        note = f"The pictures of {limits.bad_pages} pages before it can't be drawn."
        return replace(page, paragraphs=(), pictures=(), state="timed out", note=note)

    def _load(self, page: Page) -> Page:
        content = self.stored.get(self.document, self.version, page.number)
        return replace(page, **(_recognized(content) if content else {"paragraphs": ()}), pictures=())

    def _put(self, number: int, values: Any) -> None:
        content = zlib.compress(json.dumps(values, ensure_ascii=False).encode())
        self.stored.put(self.document, self.version, number, content)


def recognized_words(stored: RecognizedPages, document: str, version: str, page: int) -> list[tuple[str, Box]]:
    """The words recognized on a page, with their boxes."""
    content = stored.get(document, version, page)
    return [word for one in _recognized(content)["paragraphs"] for word in one.words] if content else []


def numbers_of(ranges: Iterable[Sequence[int]]) -> list[int]:
    """The numbers in ranges of a first and a last one."""
    return [number for first, last in ranges for number in range(first, last + 1)]


def ranges_of(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as ranges of a first and a last one."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _recognized(content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(zlib.decompress(content))
    return {**values, "paragraphs": tuple(map(_paragraph, values["paragraphs"]))}


def _planned(values: dict[str, Any]) -> PicturePage:
    page = values["page"]
    boxes = tuple(Box(**box) for box in page["pictures"])
    return PicturePage(Page(**{**page, "paragraphs": (), "pictures": boxes}), tuple(values["headings"]))


def _paragraph(values: dict[str, Any]) -> Paragraph:
    return Paragraph(
        **values
        | {
            "boxes": tuple(Box(**box) for box in values["boxes"]),
            "columns": tuple(values["columns"]),
            "doubtful": tuple(values["doubtful"]),
            "words": tuple((text, Box(*box)) for text, *box in values.get("words", ())),
        }
    )


class RecognizedInMemory:
    """The RecognizedPages port for as long as the process lives."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str, int], bytes] = {}

    def pages(self, document: str, version: str) -> set[int]:
        """The pages that are stored."""
        return {page for *of, page in self._pages if of == [document, version]}

    def get(self, document: str, version: str, page: int) -> bytes | None:
        """What was stored for a page."""
        return self._pages.get((document, version, page))

    def put(self, document: str, version: str, page: int, recognized: bytes) -> None:
        """Store what was recognized on a page."""
        self._pages[document, version, page] = recognized

    def delete(self, document: str, keep: str = "") -> None:
        """Remove the document's pages, except those of the version `keep`."""
        self._pages = {key: value for key, value in self._pages.items() if key[0] != document or key[1] == keep != ""}
