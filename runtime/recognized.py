"""The pages of a document with what was recognized in their pictures: each picture is recognized once for the same
bytes, and what was recognized is used by every later reading, also by one without a recognizer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from runtime.ports import Ocr, RecognizedPages
from runtime.reading.document import Box, Limits, Page, Paragraph
from runtime.reading.pictures import recognized


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one version of a document: where what was recognized in them is stored, and the recognizer, None
    to use what is stored alone."""

    document: str
    version: str
    stored: RecognizedPages
    ocr: Ocr | None

    def pages(self, copy: Path, pages: Iterator[Page], limits: Limits) -> Iterator[Page]:
        """Those of the pages that have pictures, in order, each with its recognized paragraphs alone. Without a
        recognizer the pages that were never recognized are left out."""
        known = self.stored.pages(self.document, self.version)

        def to_recognize() -> Iterator[Page]:
            for page in pages:
                if page.number in known:
                    yield self._load(page)
                elif page.pictures and self.ocr is not None:
                    yield page

        if self.ocr is None:
            yield from to_recognize()
            return
        for page in recognized(copy, to_recognize(), self.ocr, limits):
            own = replace(page, paragraphs=tuple(one for one in page.paragraphs if one.sure is not None), pictures=())
            if page.number not in known and not page.note:
                self.stored.put(self.document, self.version, page.number, _dump(own))
            yield own

    def any_left(self, count: int) -> bool:
        """Whether there is something to do for `count` pages with pictures."""
        return count > 0 and (self.ocr is not None or bool(self.stored.pages(self.document, self.version)))

    def _load(self, page: Page) -> Page:
        """The page with what is stored of it, which `recognized` passes on as it is."""
        content = self.stored.get(self.document, self.version, page.number)
        return replace(page, **_parsed(content or _dump(page)), pictures=())


def _dump(page: Page) -> bytes:
    paragraphs = [asdict(one) for one in page.paragraphs]
    values = {"state": page.state, "reader": page.reader, "paragraphs": paragraphs}
    return zlib.compress(json.dumps(values, ensure_ascii=False).encode())


def _parsed(content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(zlib.decompress(content))
    values["paragraphs"] = tuple(_paragraph(one) for one in values["paragraphs"])
    return values


def _paragraph(values: dict[str, Any]) -> Paragraph:
    boxes = tuple(Box(**box) for box in values["boxes"])
    return Paragraph(
        **{**values, "boxes": boxes, "columns": tuple(values["columns"]), "doubtful": tuple(values["doubtful"])}
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
