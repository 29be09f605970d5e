"""The pictures of a page, recognized."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from runtime.ports import Ocr, PictureRefused
from runtime.reading.document import Box, Limits, Page, PdfError, draw_pictures
from runtime.reading.picture_text import recognized_paragraphs, without_known

DPI, MAX_DPI, MIN_SIDE = 200, 500, 1000
"""Resolution of an image to be recognized; a small one, whose letters are small, is drawn with more, until its longer
side has MIN_SIDE pixels."""

MAX_PIXELS, MAX_SIDE = 8_000_000, 8000
"""Of an image, A3 at 200 dpi, and of its sides; larger pages are drawn smaller."""

MARGIN = 4.0
"""Points around the pictures of a page, so that no letter touches an edge."""


def recognize(path: Path, page: Page, ocr: Ocr, limits: Limits) -> Page:
    """The page with the text in its pictures alone; with a note if `ocr` refuses them, and the state of damaged or
    timed-out pages if they can't be drawn. PlumblineError if the recognizer itself fails."""
    alone = replace(page, paragraphs=(), pictures=(), note="")
    part, size = picture_of(page)
    try:
        drawn = draw_pictures(path, page, part, size, limits)
        if not drawn.png:
            return replace(alone, note="They are empty, or too large to be drawn.")
        lines = ocr.lines(drawn.png)
    except PdfError as error:
        return replace(alone, note=error.reason, state="timed out" if error.state == "timed out" else "damaged")
    except PictureRefused as error:
        return replace(alone, note=error.reason)
    scale = size[0] / (part.right - part.left)
    new = without_known(lines, drawn.known, part, scale)
    found = recognized_paragraphs(new, part, scale, (page.width, page.height), page.number)
    if not found:
        return alone
    if page.state == "text":
        found = [replace(paragraph, level=0) for paragraph in found]  # no headings of what follows on the page
    return replace(alone, paragraphs=tuple(found), reader=ocr.name, state="text")


def picture_of(page: Page) -> tuple[Box, tuple[int, int]]:
    """The part of a page that is drawn to be recognized, and the size of its image in pixels."""
    part = Box(
        max(0.0, min(box.left for box in page.pictures) - MARGIN),
        max(0.0, min(box.top for box in page.pictures) - MARGIN),
        min(page.width, max(box.right for box in page.pictures) + MARGIN),
        min(page.height, max(box.bottom for box in page.pictures) + MARGIN),
    )
    width, height = max(part.right - part.left, 1.0), max(part.bottom - part.top, 1.0)
    dpi = min(MAX_DPI, max(DPI, 72 * MIN_SIDE / max(width, height)))
    scale = min(dpi / 72, math.sqrt(MAX_PIXELS / (width * height)), MAX_SIDE / max(width, height))
    return part, (max(1, round(width * scale)), max(1, round(height * scale)))
