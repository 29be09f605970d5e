"""Text recognition for pages that are images."""

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
"""Width of a page's image: 200 dpi on 8.5 inches of paper, as is usual for text recognition."""

AHEAD = 4
"""Pages read ahead for each image being recognized."""

GAP = 1.4
"""A step between lines of more than this many times the page's usual one ends a paragraph."""


def recognized(path: Path, pages: Iterator[Page], ocr: Ocr, limits: Limits) -> Iterator[Page]:
    """The pages, in order, with images recognized by `ocr`, some pages ahead.

    A document counts as having text even if all of it is in images. PlumblineError if the recognizer fails.
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
    """The pages, followed by the error that none of them has text, if it is raised."""
    try:
        yield from pages
    except PdfError as error:
        if error.state != "no text":
            raise
        yield error


def _recognize(path: Path, page: Page, ocr: Ocr, limits: Limits) -> tuple[Page, str]:
    """The page with its text recognized if it is an image, and unchanged if it has none; and why it can't be drawn, ''
    if it can."""
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
    """Paragraphs: runs of closely spaced lines."""
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
    return Paragraph(" ".join(line.text.strip() for line in lines), (box,), 0, sure=1.0)
