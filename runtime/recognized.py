"""The pages of a document with what was recognized in their pictures: each picture is recognized once for the same
bytes, and what was recognized is used by every later reading, also by one without a recognizer."""

from __future__ import annotations

import json
import os
import sys
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

from runtime.ports import Ocr, RecognizedPages
from runtime.reading.document import Box, Limits, Page, Paragraph
from runtime.reading.pictures import recognize

AHEAD = 4
"""Pages recognized ahead of the one that is being embedded, for each picture at once."""

LOWEST_PRIORITY = 19


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one version of a document: where what was recognized in them is stored, and the recognizer, None
    to use what is stored alone."""

    document: str
    version: str
    stored: RecognizedPages
    ocr: Ocr | None

    def pages(self, copy: Path, pages: Iterator[Page], limits: Limits) -> Iterator[Page]:
        """Those of the pages that have pictures, in order, with the text in these alone. Without a recognizer the pages
        that were never recognized are left out. PlumblineError if the recognizer fails."""
        known = self.stored.pages(self.document, self.version)
        parallel = self.ocr.parallel if self.ocr else 1
        waiting: deque[Future[Page]] = deque()
        with ThreadPoolExecutor(parallel, "recognize", _yield_to_questions) as pool:
            try:
                for page in pages:
                    if page.number in known:
                        waiting.append(pool.submit(self._load, page))
                    elif page.pictures and self.ocr:
                        waiting.append(pool.submit(self._recognize, copy, page, self.ocr, limits))
                    if len(waiting) > AHEAD * parallel:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def any_left(self, count: int) -> bool:
        """Whether there is something to do for `count` pages with pictures."""
        return count > 0 and (self.ocr is not None or bool(self.stored.pages(self.document, self.version)))

    def _recognize(self, copy: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
        """The page, stored as soon as it is recognized: whoever is stopped or killed loses only what is in hand."""
        read = recognize(copy, page, ocr, limits)
        if not read.note:
            self.stored.put(self.document, self.version, page.number, _dump(read))
        return read

    def _load(self, page: Page) -> Page:
        content = self.stored.get(self.document, self.version, page.number)
        return replace(page, **(_parsed(content) if content else {"paragraphs": ()}), pictures=())


def _yield_to_questions() -> None:
    """Lower this thread's priority: recognition takes a core for seconds, and a question waits for one. Linux alone
    has a priority for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


def recognized_words(stored: RecognizedPages, document: str, version: str, page: int) -> list[tuple[str, Box]]:
    """The words recognized on a page, with their boxes."""
    content = stored.get(document, version, page)
    return [word for one in _parsed(content)["paragraphs"] for word in one.words] if content else []


def _dump(page: Page) -> bytes:
    paragraphs = [
        asdict(one) | {"words": [[text, *astuple(box)] for text, box in one.words]} for one in page.paragraphs
    ]
    values = {"state": page.state, "reader": page.reader, "paragraphs": paragraphs}
    return zlib.compress(json.dumps(values, ensure_ascii=False).encode())


def _parsed(content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(zlib.decompress(content))
    values["paragraphs"] = tuple(_paragraph(one) for one in values["paragraphs"])
    return values


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


class NoRecognizedPages:
    """The RecognizedPages port where nothing is kept."""

    def pages(self, document: str, version: str) -> set[int]:
        """None."""
        return set()

    def get(self, document: str, version: str, page: int) -> bytes | None:
        """Nothing."""
        return None

    def put(self, document: str, version: str, page: int, recognized: bytes) -> None:
        """Keeps nothing."""

    def delete(self, document: str, keep: str = "") -> None:
        """Nothing to remove."""
