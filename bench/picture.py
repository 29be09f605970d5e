"""Which words the picture of a page shows: those without which it would look otherwise."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pypdfium2_raw.bindings as pdfium

from runtime.reading.drawing import Place
from runtime.reading.pdfium import Pdfium
from runtime.reading.words import Word

PIXELS, MOST_PIXELS = 2.0, 3000
"""A point, and a page's longer side."""

CONTRAST = 24
"""Of 255: a smaller change is not seen."""

CHANGED = 0.4
"""Of the columns of pixels in a word's box: what is seen of a word changes as many, at least, when the word goes."""

NEAR = 0.3
"""Points: boxes of characters and of the word that they are in differ by less."""


def shown(reader: Pdfium, number: int, words: Sequence[Word]) -> list[bool]:
    """Whether each of some words of the page can be seen, by the picture with them and the one without."""
    if not words:
        return []
    page = pdfium.FPDF_LoadPage(reader.document, number - 1)
    text_page = pdfium.FPDFText_LoadPage(page)
    scale = min(PIXELS, MOST_PIXELS / max(pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)))
    before = _picture(page, scale)
    for handle in _objects(text_page, Place(page), words):
        pdfium.FPDFTextObj_SetTextRenderMode(handle, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    changed = np.abs(before - _picture(page, scale)) >= CONTRAST
    pdfium.FPDFText_ClosePage(text_page)
    pdfium.FPDF_ClosePage(page)
    return [_seen(changed, word, scale) for word in words]


def _seen(changed: Any, word: Word, scale: float) -> bool:
    left, top, right, bottom = (max(0, int(side * scale)) for side in word[1:5])
    box = changed[top : bottom + 1, left : right + 1]
    along = 1 if word.style.angle % 180 == 90 else 0  # of turned words rows are what columns are of others
    return bool(box.size) and bool(box.any(axis=along).mean() >= CHANGED)


def _objects(text_page: Any, place: Place, words: Sequence[Word]) -> Iterator[Any]:
    """The text objects that draw the words."""
    box = pdfium.FS_RECTF()
    found: set[int] = set()
    for index in range(pdfium.FPDFText_CountChars(text_page)):
        if not pdfium.FPDFText_GetLooseCharBox(text_page, index, box):
            continue
        x1, y1, x2, y2 = place(box.left, box.bottom, box.right, box.top)
        left, right, top, bottom = min(x1, x2) + NEAR, max(x1, x2) - NEAR, min(y1, y2) + NEAR, max(y1, y2) - NEAR
        character = chr(pdfium.FPDFText_GetUnicode(text_page, index))
        if any(
            w.left <= left and right <= w.right and w.top <= top and bottom <= w.bottom and character in w.text
            for w in words
        ):
            handle = pdfium.FPDFText_GetTextObject(text_page, index)
            address = ctypes.cast(handle, ctypes.c_void_p).value
            if address and address not in found:
                found.add(address)
                yield handle


def _picture(page: Any, scale: float) -> Any:
    """The page in shades of grey, of shape (height, width)."""
    width = max(1, round(pdfium.FPDF_GetPageWidthF(page) * scale))
    height = max(1, round(pdfium.FPDF_GetPageHeightF(page) * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
    stride = pdfium.FPDFBitmap_GetStride(bitmap)
    pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return np.frombuffer(pixels, np.uint8).reshape(height, stride)[:, :width].astype(np.int16)
