"""The pictures of pages, recognized: their text joins that of their page."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from runtime.ports import Ocr, PictureRefused
from runtime.reading.document import Box, Limits, Page, PageState, Paragraph, PdfError, draw_pictures
from runtime.reading.recognized import recognized_paragraphs, without_known

DOTS, MAX_DOTS, MIN_SIDE = 200, 500, 1000
"""An inch, of a picture to be recognized; of small ones, whose letters are small, up to so many, until their longer
side has so many."""

MAX_PIXELS, MAX_SIDE = 8_000_000, 8000
"""Of a picture, A3 at 200 dots an inch, and of its sides; larger pages are drawn smaller."""

MARGIN = 4.0
"""Points around the pictures of a page, so that no letter touches an edge."""

AHEAD = 4
"""Pages that wait, recognized or to be, for each picture that is recognized at once."""


def recognized(path: Path, pages: Iterator[Page], ocr: Ocr, limits: Limits) -> Iterator[Page]:
    """The pages, in order, those with pictures recognized by `ocr`, some ahead of others.

    A document that has no text but in its pictures is one that has text. A picture that can't be drawn or that `ocr`
    refuses is in its page's note. PlumblineError when the recognizer itself fails.
    """
    waiting: deque[Future[Page]] = deque()
    empty: PdfError | None = None
    found, fault = False, ""
    with ThreadPoolExecutor(ocr.parallel, thread_name_prefix="ocr") as pool:
        try:
            for page in _then_none(_unless_empty(pages)):
                if isinstance(page, Page):
                    waiting.append(pool.submit(recognize, path, page, ocr, limits))
                elif page is not None:
                    empty = page
                while waiting and (page is None or len(waiting) > AHEAD * ocr.parallel):
                    read = waiting.popleft().result()
                    found |= read.state == "text"
                    fault = fault or (f"Page {read.number}: {read.note}." if read.note else "")
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


def recognize(path: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
    """A page with the text of its pictures, as it was where they have none. What can't be drawn, or is refused, is in
    the page's note, and the state of a page without text of its own."""
    if not page.pictures:
        return page
    part, size = picture_of(page)
    try:
        drawn = draw_pictures(path, page, part, size, limits)
        if not drawn.png:
            return _failed(page, page.state, "its pictures are too large to be drawn, or empty")
        lines = ocr.lines(drawn.png)
    except PdfError as error:
        state: PageState = "timed out" if error.state == "timed out" else "damaged"
        return _failed(page, state, f"its pictures can't be drawn: {error.reason.rstrip('.')}")
    except PictureRefused as error:
        return _failed(page, page.state, f"its pictures can't be recognized: {error.reason.rstrip('.')}")
    scale = size[0] / (part.right - part.left)
    new = without_known(lines, drawn.known, part, scale)
    found = recognized_paragraphs(new, part, scale, (page.width, page.height), page.number)
    if not found:
        return page
    if page.state != "text":
        return replace(page, paragraphs=tuple(found), reader=ocr.name, state="text")
    found = [replace(paragraph, level=0) for paragraph in found]  # no headings of what follows on the page
    return replace(page, paragraphs=tuple(_woven(page, found)), reader=f"{page.reader}+{ocr.name}")


def _failed(page: Page, state: PageState, note: str) -> Page:
    note = f"{page.note}; {note}" if page.note else note
    return replace(page, note=note, state=page.state if page.state == "text" else state)


def picture_of(page: Page) -> tuple[Box, tuple[int, int]]:
    """The part of a page that is drawn to be recognized, and the size of its picture in pixels."""
    part = Box(
        max(0.0, min(box.left for box in page.pictures) - MARGIN),
        max(0.0, min(box.top for box in page.pictures) - MARGIN),
        min(page.width, max(box.right for box in page.pictures) + MARGIN),
        min(page.height, max(box.bottom for box in page.pictures) + MARGIN),
    )
    width, height = max(part.right - part.left, 1.0), max(part.bottom - part.top, 1.0)
    dots = min(MAX_DOTS, max(DOTS, 72 * MIN_SIDE / max(width, height)))
    scale = min(dots / 72, math.sqrt(MAX_PIXELS / (width * height)), MAX_SIDE / max(width, height))
    return part, (max(1, round(width * scale)), max(1, round(height * scale)))


def _woven(page: Page, found: Sequence[Paragraph]) -> list[Paragraph]:
    """A page's own paragraphs, and those of each of its pictures before the first that stands below where they begin
    and not beside the picture."""
    made = list(page.paragraphs)
    for picture in reversed(page.pictures):
        own = [paragraph for paragraph in found if _home(paragraph, page.pictures) == picture]
        if own:
            top = min(box.top for paragraph in own for box in paragraph.boxes)
            at = next((n for n, paragraph in enumerate(made) if _is_behind(paragraph, picture, top)), len(made))
            while at < len(made) and made[at].kind == "row":  # not between the rows of a table
                at += 1
            made[at:at] = own
    return made


def _home(paragraph: Paragraph, pictures: Sequence[Box]) -> Box:
    """The picture that a paragraph is of: the one whose middle is nearest, of those that it stands in."""
    box = paragraph.boxes[0]
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return min(
        pictures,
        key=lambda one: (
            math.dist((x, y), (min(max(x, one.left), one.right), min(max(y, one.top), one.bottom))),
            math.dist((x, y), ((one.left + one.right) / 2, (one.top + one.bottom) / 2)),
        ),
    )


def _is_behind(paragraph: Paragraph, picture: Box, top: float) -> bool:
    if not paragraph.boxes or paragraph.sure is not None:
        return False
    box = paragraph.boxes[0]
    return box.top >= top and box.left < picture.right and picture.left < box.right
