"""PDFs whose pages are pictures of text: each is drawn as text first, by reportlab, and then made a picture of."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from runtime.ports import Ocr
from runtime.reading.document import Limits, Page, PdfError, open_pdf
from runtime.reading.pictures import recognize
from tests.pdfs import HEIGHT, WIDTH

DOTS = 200
"""An inch, of a scan."""

Draw = Callable[[Canvas], object]

ROWS = [
    ["Berth", "Length", "Summer", "Winter"],
    ["Heron", "8 m", "420", "180"],
    ["Curlew", "11 m", "615", "260"],
    ["Plover", "14 m", "1,050", "430"],
    ["Avocet", "20 m", "2,300", "975"],
]
"""A table, its columns' names first."""


def picture(draw: Draw, dots: int = DOTS) -> Image.Image:
    """A page as a picture in shades of grey."""
    out = BytesIO()
    page = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1)
    draw(page)
    page.showPage()
    page.save()
    with pypdfium2.PdfDocument(out.getvalue()) as document:
        image: Image.Image = document[0].render(scale=dots / 72).to_pil()
        return image.convert("L")


def scanned(draw: Draw, turned: float = 0.0, seed: int = 1) -> Image.Image:
    """A page as a scanner sees it: turned counterclockwise by degrees, a little blurred and noisy."""
    image = picture(draw)
    if turned:
        image = image.rotate(turned, Image.Resampling.BICUBIC, expand=turned % 90 == 0, fillcolor=255)
    return as_scanned(image, seed)


def as_scanned(image: Image.Image, seed: int = 1) -> Image.Image:
    """A picture in shades of grey, a little blurred and noisy."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noise = np.random.default_rng(seed).normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(20 + 0.88 * pixels + noise, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image) -> ImageReader:
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return ImageReader(BytesIO(out.getvalue()))


def put_scan(page: Canvas, image: Image.Image) -> None:
    """An image over all of a page."""
    page.drawImage(jpeg(image), 0, 0, WIDTH, HEIGHT)


def invisible(page: Canvas, left: float, down: float, text: str, size: float = 11, font: str = "Helvetica") -> None:
    """A line of the text that programs put over a scan, for search."""
    line = page.beginText(left, HEIGHT - down)
    line.setTextRenderMode(3)
    line.setFont(font, size)
    line.textOut(text)
    page.drawText(line)


def outlined(page: Canvas, left: float, down: float, text: str, size: float = 12) -> None:
    """A line whose letters are drawn as shapes, as 'create outlines' makes them."""
    letters = TextPath((left, HEIGHT - down), text, size=size, prop=FontProperties(family="DejaVu Sans"))
    path = page.beginPath()
    at = (0.0, 0.0)
    for points, code in letters.iter_segments(simplify=False):
        if code == Outline.MOVETO:
            path.moveTo(*points)
        elif code == Outline.LINETO:
            path.lineTo(*points)
        elif code == Outline.CURVE3:
            x, y, end_x, end_y = points
            first = at[0] + 2 / 3 * (x - at[0]), at[1] + 2 / 3 * (y - at[1])
            second = end_x + 2 / 3 * (x - end_x), end_y + 2 / 3 * (y - end_y)
            path.curveTo(*first, *second, end_x, end_y)
        elif code == Outline.CURVE4:
            path.curveTo(*points)
        elif code == Outline.CLOSEPOLY:
            path.close()
        at = (float(points[-2]), float(points[-1]))
    page.drawPath(path, stroke=0, fill=1)


def photograph(width: int, height: int, seed: int = 1) -> Image.Image:
    """A picture of soft shapes of all shades, as a photograph out of focus."""
    r = np.random.default_rng(seed)
    small = Image.fromarray(r.integers(40, 216, (height // 60, width // 60), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(6))


def rubbish(words: int, seed: int = 1) -> list[str]:
    """Words as a program without the page's language makes them of its letters."""
    r = random.Random(seed)
    signs = "|l1I.,;:~_-()iItfrnmuvwoec0O9g"
    return ["".join(r.choice(signs) for _ in range(r.randint(2, 9))) for _ in range(words)]


def pages_of(path: Path) -> list[Page]:
    """A document's pages before their pictures are recognized."""
    made: list[Page] = []
    with open_pdf(path) as pdf:
        try:
            made.extend(pdf.pages())
        except PdfError as error:
            if error.state != "no text":
                raise
    return made


def recognized(path: Path, pages: Sequence[Page], ocr: Ocr, limits: Limits | None = None) -> list[Page]:
    """Pages with what is recognized in their pictures behind their own text."""
    limits = limits or Limits()
    return [_whole(page, recognize(path, page, ocr, limits)) if page.pictures else page for page in pages]


def _whole(page: Page, alone: Page) -> Page:
    paragraphs = (*page.paragraphs, *alone.paragraphs)
    state = page.state if page.state == "text" else alone.state
    return replace(alone, paragraphs=paragraphs, state=state, pictures=page.pictures, note=page.note or alone.note)
