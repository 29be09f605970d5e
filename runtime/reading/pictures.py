"""Pages that are pictures, made into pages of text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from runtime.ports import Ocr, PictureLine
from runtime.reading.document import Box, Limits, Page, PageState, Paragraph, PdfError, render_page

WIDTH_PX = 1700
"""Of a page's picture: 200 dots an inch on paper of 8.5 inches, as is usual for text recognition."""

AHEAD = 4
"""Pages that wait, read or being read, for each picture that is read at once."""

GAP = 1.4
"""Times the page's usual step from line to line, beyond which a paragraph ends."""


def recognized(path: Path, pages: Iterator[Page], ocr: Ocr, limits: Limits) -> Iterator[Page]:
    """The pages, in order, those that are pictures read by `ocr`, some ahead of others.

    A document that has no text but in its pictures is one that has text. PlumblineError when the recognizer fails.
    """
    waiting: deque[Future[tuple[Page, str]]] = deque()
    empty: PdfError | None = None
    found, fault = False, ""
    with ThreadPoolExecutor(ocr.parallel, thread_name_prefix="ocr") as pool:
        try:
            for page in _then_none(_unless_empty(pages)):
                if isinstance(page, Page):
                    waiting.append(pool.submit(_recognize, path, page, ocr, limits))
                elif page is not None:
                    empty = page
                while waiting and (page is None or len(waiting) > AHEAD * ocr.parallel):
                    read, wrong = waiting.popleft().result()
                    found |= read.state == "text"
                    fault = fault or wrong
                    yield read
        finally:
            pool.shutdown(cancel_futures=True)
    if empty and not found:
        raise PdfError(empty.state, f"{empty.reason} {fault}".rstrip())


def _then_none(pages: Iterator[Page | PdfError]) -> Iterator[Page | PdfError | None]:
    yield from pages
    yield None


def _unless_empty(pages: Iterator[Page]) -> Iterator[Page | PdfError]:
    """The pages, and at the end, in its place, the error that none of them has text."""
    try:
        yield from pages
    except PdfError as error:
        if error.state != "no text":
            raise
        yield error


def _recognize(path: Path, page: Page, ocr: Ocr, limits: Limits) -> tuple[Page, str]:
    """A page that is a picture with the text in it; as it was where there is none. One that can't be drawn is counted
    so, with the reason."""
    if page.state != "image":
        return page, ""
    try:
        picture = render_page(path, page.number, WIDTH_PX, limits=limits)
    except PdfError as error:
        state: PageState = "timed out" if error.state == "timed out" else "damaged"
        return replace(page, state=state), f"Page {page.number} can't be drawn: {error.reason}"
    lines = [line for line in ocr.lines(picture) if line.text.strip()]
    if not lines:
        return page, ""
    return replace(page, paragraphs=tuple(_paragraphs(lines, page)), reader=ocr.name, state="text"), ""


def _paragraphs(lines: Sequence[PictureLine], page: Page) -> Iterator[Paragraph]:
    """Lines that follow each other closely, each such run a paragraph."""
    steps = [below.top - above.top for above, below in pairwise(lines)]
    usual = median([step for step in steps if step > 0] or [1.0])
    run = [lines[0]]
    for line, step in zip(lines[1:], steps, strict=True):
        if not 0 <= step <= GAP * usual:
            yield _paragraph(run, page)
            run = []
        run.append(line)
    yield _paragraph(run, page)


def _paragraph(lines: Sequence[PictureLine], page: Page) -> Paragraph:
    box = Box(
        page.width * min(line.left for line in lines),
        page.height * min(line.top for line in lines),
        page.width * max(line.right for line in lines),
        page.height * max(line.bottom for line in lines),
    )
    return Paragraph(" ".join(line.text.strip() for line in lines), (box,), 0)
