"""Text recognition for pages that are images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from runtime.ports import Ocr, PictureLine
from runtime.reading.document import Box, Limits, Page, PageState, Paragraph, PdfError, render_page

WIDTH_PX = 1700
"""Width of a page's image: 200 dpi on 8.5 inches of paper, as is usual for text recognition."""

GAP = 1.4
"""A step between lines of more than this many times the page's usual one ends a paragraph."""


def recognize(path: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
    """The page with the text in its pictures alone, and a note if they can't be drawn. PlumblineError if the recognizer
    fails."""
    alone = replace(page, paragraphs=(), pictures=())
    try:
        picture = render_page(path, page.number, WIDTH_PX, limits=limits)
    except PdfError as error:
        state: PageState = "timed out" if error.state == "timed out" else "damaged"
        return replace(alone, state=state, note=f"It can't be drawn: {error.reason}")
    lines = [line for line in ocr.lines(picture) if line.text.strip()]
    if not lines:
        return alone
    return replace(alone, paragraphs=tuple(_paragraphs(lines, page)), reader=ocr.name, state="text")


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
    return Paragraph(
        " ".join(line.text.strip() for line in lines), (box,), 0, sure=fmean(line.confidence for line in lines)
    )
