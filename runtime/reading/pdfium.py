"""The first reader: PDFium's characters as words, its drawn lines as rules, and the document's metadata."""

from __future__ import annotations

import ctypes
import importlib.util
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import pypdfium2_raw.bindings as pdfium  # only the binding: the rest of the package would double the start-up time

from runtime.reading.annotations import (
    MAX_ANNOTATIONS,
    Annotations,
    OnForm,
    Overlay,
    drop_annotations,
    has_fields,
    inactive,
    notes_of,
)
from runtime.reading.drawing import Drawing, Place, has, pictures
from runtime.reading.fields import with_fields
from runtime.reading.locate import locate
from runtime.reading.pdfium_letters import letters_of
from runtime.reading.pdfium_words import text_pages, units_of, words_of
from runtime.reading.raster import raster, recognizable, without_text
from runtime.reading.regions import layer_boxes, regions, without_rubbish
from runtime.reading.sandbox import FONTS
from runtime.reading.sheets import LARGEST_SIDE, SMALLEST_SIDE, TALLEST
from runtime.reading.words import VIEWER, Box, RawPage, ReadError, Word

if TYPE_CHECKING:
    from PIL import Image

OUTLINE_ITEMS = 20_000
OUTLINE_DEPTH = 8
"""Limits on bookmarks, which a hostile file can link in a circle."""

LONGEST_TITLE, LONGEST_LABEL = 4096, 256
"""Maximum bytes of a title and of a page's label; both are UTF-16 and end with two zero bytes."""

EDGE = 2.0
"""Points of margin around what is marked."""

AMBER = (255, 236, 130)
"""What is marked is tinted with."""

QUALITY, EFFORT = 80, 2
"""Of a WebP picture. On average over 24 pages of 12 real documents, 900 pixels wide, it has 86 kB and takes 30 ms; PNG
has 339 kB and takes 58 ms, JPEG of this quality has 137 kB. An effort of 4 saves 2% in twice the time."""

SMALLEST_PART = 24.0
"""Points: the sides of a part of a page that is drawn are no shorter, unless the page's are."""

DRAW_SECONDS = 15.0
"""Of processor time to draw a page for recognition. A scan takes 0.1."""

CJK_FONT = "noto_cjk_sans_jp_regular"
"""The package of a font for Chinese, Japanese and Korean, which many files in these languages leave to the viewer. If
neither it nor another such font is installed, PDFium draws none of the characters, and omits text objects of a single
character."""


@cache
def _begin() -> Any:
    """Initialize PDFium with its font folders; the result is returned to be kept alive, since PDFium reads it later."""
    package = importlib.util.find_spec(CJK_FONT)
    folders = [*FONTS, *((package and package.submodule_search_locations) or ())]
    names = (ctypes.c_char_p * (len(folders) + 1))(*map(os.fsencode, folders), None)
    paths = ctypes.cast(names, ctypes.POINTER(ctypes.POINTER(ctypes.c_char)))
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=paths))
    return names


def find_fonts() -> None:
    """Have PDFium list the machine's fonts, which it otherwise does at the first text of a document."""
    _begin()
    empty = pdfium.FPDF_CreateNewDocument()
    pdfium.FPDFFont_Close(pdfium.FPDFText_LoadStandardFont(empty, b"Helvetica"))
    pdfium.FPDF_CloseDocument(empty)


def load_pillow() -> None:
    """Load Pillow and the formats that it writes here: with a picture of its own it would first load all of them."""
    from PIL import Image

    Image.preinit()
    for name in ("WebPImagePlugin", "ImageChops", "ImageDraw"):
        importlib.import_module(f"PIL.{name}")


class Pdfium:
    """A document opened by PDFium."""

    name = "pdfium"

    def __init__(self, fd: int, on_form: OnForm | None = lambda begins: None) -> None:
        """`on_form`: see `Annotations`."""
        _begin()
        self._file = os.fdopen(os.dup(fd), "rb")
        self.document = pdfium.FPDF_LoadDocument(f"/dev/fd/{fd}".encode(), None)
        if not self.document:
            code = pdfium.FPDF_GetLastError()
            if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise ReadError("encrypted", "the file is locked with a password")
            raise ReadError("damaged", "PDFium finds no PDF structure in the file")
        self.pages = pdfium.FPDF_GetPageCount(self.document)
        self._annotations = Annotations(self.document, on_form)

    def is_xfa(self) -> bool:
        """Whether the file is a form of Adobe's XFA, of which its only page says no more than that it needs another
        viewer."""
        kind = pdfium.FPDF_GetFormType(self.document)
        if kind not in (pdfium.FORMTYPE_XFA_FULL, pdfium.FORMTYPE_XFA_FOREGROUND) or self.pages != 1:
            return False
        page = self._load(1)
        try:
            if has_fields(page):
                return False
            parts = text_pages(page, Drawing(page, Place(page)))
            says = "".join(units_of(part, max(0, pdfium.FPDFText_CountChars(part))) for part in parts)
            return kind == pdfium.FORMTYPE_XFA_FULL or VIEWER.search(says) is not None
        finally:
            pdfium.FPDF_ClosePage(page)

    def attachments(self) -> int:
        """How many files the document holds by their names."""
        return int(pdfium.FPDFDoc_GetAttachmentCount(self.document))

    def title(self) -> str:
        """The title in the file's metadata."""
        size = pdfium.FPDF_GetMetaText(self.document, b"Title", None, 0)
        if not 2 < size < LONGEST_TITLE:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetMetaText(self.document, b"Title", buffer, size)
        return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")

    def outline(self) -> list[tuple[str, int, int]]:
        """(title, level from 1, page from 1) of each bookmark that leads to a page."""
        items: list[tuple[str, int, int]] = []
        seen: set[int] = set()
        stack = [(pdfium.FPDFBookmark_GetFirstChild(self.document, None), 1)]
        while stack and len(items) < OUTLINE_ITEMS:
            bookmark, level = stack.pop()
            address = ctypes.cast(bookmark, ctypes.c_void_p).value
            if not address or address in seen:
                continue
            seen.add(address)
            stack.append((pdfium.FPDFBookmark_GetNextSibling(self.document, bookmark), level))
            if level < OUTLINE_DEPTH:
                stack.append((pdfium.FPDFBookmark_GetFirstChild(self.document, bookmark), level + 1))
            dest = pdfium.FPDFBookmark_GetDest(self.document, bookmark)
            page = pdfium.FPDFDest_GetDestPageIndex(self.document, dest) if dest else -1
            size = pdfium.FPDFBookmark_GetTitle(bookmark, None, 0)
            if page >= 0 and 2 < size < LONGEST_TITLE:
                buffer = ctypes.create_string_buffer(size)
                pdfium.FPDFBookmark_GetTitle(bookmark, buffer, size)
                items.append((buffer.raw[: size - 2].decode("utf-16-le", errors="replace"), level, page + 1))
        return items

    def page(self, number: int) -> RawPage:
        """The page as PDFium reads it, which can be done once; ReadError if it can't."""
        overlay = self._laid(number)
        page = overlay.page
        try:
            place = Place(page)
            with inactive(drawn for _, drawn in overlay.comments if drawn) as apart:
                drawing = Drawing(page, place, apart)
                words, unmapped, unread = _words(page, drawing, place)
                words = with_fields(words, overlay.fields)
                found, fault = regions(page, place, drawing, words)
            raw = RawPage(place.width, place.height, words, drawing.rules, unmapped, False, regions=found, fault=fault)
            if all(word.style.hidden for word in words):
                raw = raw._replace(unmapped=0.0, pictures=bool(found) or pictures(page), unread=unread)
            return raw._replace(notes=notes_of(page, overlay.comments, place), left_out=overlay.left_out)
        finally:
            pdfium.FPDF_ClosePage(page)

    def locate(self, number: int, texts: Sequence[tuple[str, Sequence[Box]]]) -> list[list[Box]]:
        """The places of texts on a page: see `runtime.reading.locate`."""
        page = self._load(number)
        if pdfium.FPDFPage_GetAnnotCount(page) > 0:
            page = self._annotations.laid_in(page, number, everything=True).page
        try:
            with letters_of(page) as letters:
                return locate(letters, texts)
        finally:
            pdfium.FPDF_ClosePage(page)

    def picture(
        self, number: int, part: Box, size: tuple[int, int], regions: Sequence[Box], text: bool
    ) -> tuple[bytes, list[Box]]:
        """A part of a page as a PNG image in shades of grey, to be recognized: what is in `regions`, but for notes and,
        without `text`, for the words that the page has; b"" if that is nothing. And the boxes, in points, of those
        words that the picture shows all the same."""
        overlay = self._laid(number)
        page = overlay.page
        try:
            place = Place(page)
            with inactive(drawn for _, drawn in overlay.comments if drawn) as apart:
                known = [] if text else layer_boxes(_words(page, Drawing(page, place, apart), place)[0])
                with nullcontext() if text else without_text(page):
                    image = raster(page, place, part, size, DRAW_SECONDS)
        finally:
            pdfium.FPDF_ClosePage(page)
        if image is None:
            raise ReadError("timed out", f"page {number} takes more than {DRAW_SECONDS:.0f} s to draw")
        dark, light = image.getextrema()
        return recognizable(image, part, regions) if dark != light else b"", known

    def _laid(self, number: int) -> Overlay:
        """The page with its annotations laid in."""
        page = self._load(number)
        if pdfium.FPDFPage_GetAnnotCount(page) > 0:
            return self._annotations.laid_in(page, number)
        return Overlay(page)

    def _load(self, number: int) -> Any:
        page = pdfium.FPDF_LoadPage(self.document, number - 1) if 1 <= number <= self.pages else None
        if not page:
            raise ReadError("damaged", f"PDFium can't open page {number}")
        return page

    def label(self, number: int) -> str:
        """The page's label, such as iv or A-3; '' if it has none."""
        size = pdfium.FPDF_GetPageLabel(self.document, number - 1, None, 0)
        if not 2 < size < LONGEST_LABEL:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetPageLabel(self.document, number - 1, buffer, size)
        return buffer.raw[: size - 2].decode("utf-16-le", errors="replace")

    def sizes(self) -> Iterator[tuple[float, float]]:
        """The width and height of each page in points as displayed, as in `Place`, without loading the pages; zeros
        for one that is not there."""
        size = pdfium.FS_SIZEF()
        for index in range(self.pages):
            found = pdfium.FPDF_GetPageSizeByIndexF(self.document, index, size)
            yield (float(size.width), float(size.height)) if found else (0.0, 0.0)

    def render(
        self, number: int, width_px: int, boxes: Sequence[Sequence[float]], part: Sequence[float] | None = None
    ) -> bytes:
        """The page, or a part of it in points, as a WebP picture with the boxes highlighted."""
        page = self._load(number)
        drop_annotations(page, MAX_ANNOTATIONS)
        window = _Window(page, width_px, part)
        pixels = self._drawn(page, window)
        pdfium.FPDF_ClosePage(page)

        load_pillow()
        out = io.BytesIO()
        _highlighted(pixels, [window.in_pixels(box) for box in boxes]).save(out, "WEBP", quality=QUALITY, method=EFFORT)
        return out.getvalue()

    def _drawn(self, page: Any, window: _Window) -> Image.Image:
        """What the window shows of a page, in colour, with notes and form fields."""
        from PIL import Image

        width, height = window.size
        bitmap = pdfium.FPDFBitmap_Create(width, height, 0)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, *window.page, 0, pdfium.FPDF_ANNOT)
        if has_fields(page):
            with self._annotations.form(page) as form:
                if form:
                    pdfium.FPDF_FFLDraw(form, bitmap, page, *window.page, 0, pdfium.FPDF_ANNOT)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        pdfium.FPDFBitmap_Destroy(bitmap)
        return Image.frombuffer("RGB", window.size, pixels, "raw", "BGRX", stride, 1)


class _Window:
    """What a picture shows of a page: `size` is its own in pixels, `page` the left, top, width and height of the whole
    page in its pixels."""

    def __init__(self, page: Any, width_px: int, part: Sequence[float] | None) -> None:
        sides = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        width, height = (min(max(float(side), SMALLEST_SIDE), LARGEST_SIDE) for side in sides)
        self._left, self._top, right, bottom = _within(part, width, height) if part else (0.0, 0.0, width, height)
        self._across = width_px / (right - self._left)
        high = min(self._across * (bottom - self._top), TALLEST * width_px)
        self.size = width_px, max(1, int(high))
        self._down = self.size[1] / (bottom - self._top) if part is None else self._across
        self.page = (
            round(-self._left * self._across),
            round(-self._top * self._down),
            round(width * self._across),
            round(height * self._down),
        )

    def in_pixels(self, box: Sequence[float]) -> list[float]:
        """A box of the page, with a margin, in the picture."""
        left, top, right, bottom = box
        return [
            (left - EDGE - self._left) * self._across,
            (top - EDGE - self._top) * self._down,
            (right + EDGE - self._left) * self._across,
            (bottom + EDGE - self._top) * self._down,
        ]


def _within(part: Sequence[float], width: float, height: float) -> tuple[float, float, float, float]:
    """The part of a page that lies on it, or if that is next to nothing as much as makes a picture, in points."""
    left, right = _clamped(part[0], part[2], width)
    top, bottom = _clamped(part[1], part[3], height)
    return left, top, right, bottom


def _clamped(start: float, end: float, side: float) -> tuple[float, float]:
    least = min(SMALLEST_PART, side)
    start = min(max(start, 0.0), side - least)
    return start, max(min(end, side), start + least)


def _highlighted(image: Image.Image, boxes: Sequence[Sequence[float]]) -> Image.Image:
    """The picture with these boxes, in pixels, as if marked by a highlighter."""
    from PIL import Image, ImageChops, ImageDraw

    if not boxes:
        return image
    marker = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(marker)
    for box in boxes:
        draw.rectangle(tuple(box), fill=AMBER)
    return ImageChops.multiply(image, marker)


def _words(page: Any, drawing: Drawing, place: Place) -> tuple[list[Word], float, bool]:
    """A page's words, the share of its text without Unicode, and whether it has text of which there are no words."""
    parts = text_pages(page, drawing)
    try:
        words, unmapped = words_of(parts, drawing, place)
    finally:
        for text_page in parts:
            pdfium.FPDFText_ClosePage(text_page)
    unread = not words and bool(parts) and has(page, pdfium.FPDF_PAGEOBJ_TEXT)
    return without_rubbish(words, unmapped), unmapped, unread
