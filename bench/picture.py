"""Which words the picture of a page shows: those without which it would look different."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pypdfium2_raw.bindings as pdfium

from runtime.reading.pdfium import Pdfium
from runtime.reading.words import Word

PIXELS, MOST_PIXELS = 2.0, 3000
"""Pixels per point, and the most along a page's longer side."""

CONTRAST = 24
"""Of 255: a smaller change is not visible."""

CHANGED = 0.4
"""The share of the pixel columns in a word's box that change, at least, when a visible word is removed."""


def shown(reader: Pdfium, number: int, words: Sequence[Word]) -> list[bool]:
    """Whether each of these words of the page is visible, judged by the picture with them and the one without."""
    if not words:
        return []
    page = pdfium.FPDF_LoadPage(reader.document, number - 1)
    text_page = pdfium.FPDFText_LoadPage(page)
    scale = min(PIXELS, MOST_PIXELS / max(pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)))
    before = _picture(page, scale)
    objects = (pdfium.FPDFPage_GetObject(page, i) for i in range(pdfium.FPDFPage_CountObjects(page)))
    for handle in _objects(text_page, objects, {word.text for word in words}):
        pdfium.FPDFTextObj_SetTextRenderMode(handle, pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
    changed = np.abs(before - _picture(page, scale)) >= CONTRAST
    pdfium.FPDFText_ClosePage(text_page)
    pdfium.FPDF_ClosePage(page)
    return [_seen(changed, word, scale) for word in words]


def _seen(changed: Any, word: Word, scale: float) -> bool:
    left, top, right, bottom = (max(0, int(side * scale)) for side in word[1:5])
    box = changed[top : bottom + 1, left : right + 1]
    along = 1 if word.style.angle % 180 == 90 else 0  # for rotated words, rows take the place of columns
    return bool(box.size) and bool(box.any(axis=along).mean() >= CHANGED)


def _objects(text_page: Any, objects: Iterator[Any], words: set[str]) -> Iterator[Any]:
    """The text objects that may draw one of the words: those that have it, a part of it, or an unknown text, since
    PDFium returns none for a text that is drawn again in the same place."""
    for one in objects:
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            inner = (pdfium.FPDFFormObj_GetObject(one, i) for i in range(pdfium.FPDFFormObj_CountObjects(one)))
            yield from _objects(text_page, inner, words)
        elif kind == pdfium.FPDF_PAGEOBJ_TEXT:
            size = pdfium.FPDFTextObj_GetText(one, text_page, None, 0)
            buffer = (ctypes.c_ushort * (size // 2 + 1))()
            pdfium.FPDFTextObj_GetText(one, text_page, buffer, size)
            text = bytes(buffer).decode("utf-16-le", errors="replace").strip("\0 ")
            if not text or any(word in text or text in word for word in words):
                yield one


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
