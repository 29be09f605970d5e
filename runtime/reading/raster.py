"""A page, or a part of it, as a picture in shades of grey, by PDFium."""

from __future__ import annotations

import ctypes
import io
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pypdfium2_raw.bindings as pdfium

from runtime.reading.drawing import Place
from runtime.reading.pdfium_words import texts_of
from runtime.reading.words import Box

if TYPE_CHECKING:
    from PIL import Image

WHITE = 255


@contextmanager
def without_text(page: Any) -> Iterator[None]:
    """Have PDFium draw the page without its text for a while."""
    objects = (pdfium.FPDFPage_GetObject(page, i) for i in range(pdfium.FPDFPage_CountObjects(page)))
    texts = list(texts_of(objects))
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, False)
    yield
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, True)


def raster(page: Any, place: Place, part: Box, size: tuple[int, int], seconds: float) -> Image.Image | None:
    """A part of the page, in points as shown, as a picture of this size in pixels, without notes and form fields; None
    where drawing it takes more seconds of the processor."""
    from PIL import Image

    left, top, right, bottom = part
    across, down = size[0] / max(right - left, 1e-3), size[1] / max(bottom - top, 1e-3)
    bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        return None
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, *size, 0xFFFFFFFF)
        until = time.process_time() + seconds
        is_over = dict(pdfium.IFSDK_PAUSE._fields_)["NeedToPauseNow"](lambda _: time.process_time() > until)
        pause = pdfium.IFSDK_PAUSE(1, is_over, None)
        whole = (round(-left * across), round(-top * down), round(place.width * across), round(place.height * down))
        done = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, *whole, 0, 0, pause)
        pdfium.FPDF_RenderPage_Close(page)
        if done == pdfium.FPDF_RENDER_TOBECONTINUED:
            return None
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * size[1])
        return Image.frombuffer("L", size, pixels, "raw", "L", stride, 1).copy()
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def recognizable(image: Image.Image, part: Box, regions: Sequence[Box]) -> bytes:
    """The picture of a part of a page as PNG, white but in `regions`; all boxes are in points."""
    from PIL import Image

    across, down = image.width / max(part[2] - part[0], 1e-3), image.height / max(part[3] - part[1], 1e-3)
    if len(regions) > 1:
        whole, image = image, Image.new("L", image.size, WHITE)
        for left, top, right, bottom in regions:
            box = (
                max(0, math.floor((left - part[0]) * across)),
                max(0, math.floor((top - part[1]) * down)),
                min(image.width, math.ceil((right - part[0]) * across)),
                min(image.height, math.ceil((bottom - part[1]) * down)),
            )
            image.paste(whole.crop(box), box)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)  # a tenth larger than by default, in a tenth of the time
    return out.getvalue()
