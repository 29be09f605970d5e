"""Documents of plain text that stand for PDFs, read in this process: 40 ms less each than a child takes to start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.reading.document import Attachments, Box, Limits, Page, Paragraph, PdfError, PdfState, check

HEADER = b"%PDF-plain\n"
BLANK, PICTURE = "", "\0picture"
"""Pages without text."""


@dataclass(frozen=True, slots=True)
class Plain:
    """`pages` by their texts: a paragraph a line, headings after '# '. A document that is `refused` is so after
    `readable` pages: 0 for at once."""

    pages: Sequence[str]
    title: str = ""
    refused: PdfState | None = None
    readable: int = 0

    @property
    def written(self) -> bytes:
        """The file's bytes."""
        return HEADER + json.dumps(asdict(self)).encode()


class OpenPlain:
    """What `runtime.reading.document.PdfDocument` is of a PDF."""

    attached = Attachments()

    def __init__(self, path: Path, limits: Limits) -> None:
        with path.open("rb") as file:
            check(file, path.name, limits)
            content = file.read()
        if not content.startswith(HEADER):
            raise PdfError("damaged", f"{path.name} can't be read: it is no plain document.")
        self._name = path.name
        self._document = Plain(**json.loads(content.removeprefix(HEADER)))
        self.title = self._document.title
        self.page_count = len(self._document.pages)
        self._refuse_behind(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def pages(self, first: int = 1) -> Iterator[Page]:
        """The pages from `first` on; at the end PdfError for a whole document without any text."""
        for number, text in enumerate(self._document.pages[first - 1 :], first):
            yield _page(number, text)
            self._refuse_behind(number)
        if first == 1 and not any(_page(0, text).state == "text" for text in self._document.pages):
            raise PdfError("no text", f"None of the {self.page_count} pages of {self._name} has readable text.")

    def _refuse_behind(self, number: int) -> None:
        state = self._document.refused
        if state and number == self._document.readable:
            raise PdfError(state, f"{self._name} can't be read: it is {state} behind page {number}.")


def open_plain(path: Path, limits: Limits = Limits()) -> OpenPlain:  # noqa: B008 - frozen
    """Open a document for reading, as `runtime.reading.document.open_pdf` does."""
    return OpenPlain(path, limits)


def _page(number: int, text: str) -> Page:
    if text == PICTURE:
        return Page(number, 595.0, 842.0, (), "none", "image")
    lines = [line for line in text.splitlines() if line]
    paragraphs = tuple(
        Paragraph(line.removeprefix("# "), (Box(72.0, 72.0 + 20 * row, 500.0, 86.0 + 20 * row),), int(line[:2] == "# "))
        for row, line in enumerate(lines)
    )
    return Page(number, 595.0, 842.0, paragraphs, "plain" if lines else "none", "text" if lines else "blank")
