"""PDFium's text objects: the common properties of characters that are drawn together."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pypdfium2_raw.bindings as pdfium

from runtime.reading.characters import BULLETS, SYMBOL, WINGDINGS
from runtime.reading.drawing import WHITE, Colour, Drawing, Place, alike
from runtime.reading.words import DESCENT, Box, Style

TRANSPARENT = 8
"""Of 255: anything drawn with less opacity is invisible."""

BOLD = re.compile(r"bold|black|heavy|cmbx|cmssbx|[a-z]bx?\d*$", re.IGNORECASE)
FIXED = re.compile(r"mono|courier|consol|typewriter|fixed|code|tt(?:sl|it)?\d*$", re.IGNORECASE)
NARROW_LETTERS, WIDE_LETTERS, ONE_WIDTH = b"ijl", b"mwMW", 0.01
"""Letters whose widths are equal in a monospaced font, and the maximum difference, of the size."""

OUTLINED = (
    pdfium.FPDF_TEXTRENDERMODE_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_STROKE_CLIP,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP,
)
"""Text rendering modes that draw the outlines of letters."""


def fast(function: Any, result: Any, *arguments: Any) -> Any:
    """A faster form of one of the binding's functions, for calls per character or text object: it takes addresses,
    creates no objects and keeps the GIL, which makes it twice as fast."""
    return ctypes.PYFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_object_of = fast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_width_of = fast(
    pdfium.FPDFFont_GetGlyphWidth,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_uint,
    ctypes.c_float,
    ctypes.POINTER(ctypes.c_float),
)
_font_of = fast(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p, ctypes.c_void_p)


class TextObject(NamedTuple):
    """A text object: its position in the drawing order, its style, whether it is drawn, its colour, whether it is
    visible on a page without drawings, its clipping box, whether its layer can be switched off, and the height of
    the baseline above the bottom of a character's loose box."""

    order: int
    style: Style
    drawn: bool
    colour: Colour
    plain: bool
    clip: Box | None
    optional: bool
    descent: float
    signs: Mapping[int, str]  # the characters of a symbol font's codes
    apart: bool  # whether its words are kept separate: possibly hidden words, code, and rotated text
    turn: int  # clockwise quarter turns of the text in the page's own coordinates; -1 if oblique


class TextObjects:
    """The text objects of a page."""

    def __init__(self, text_page: Any, drawing: Drawing, place: Place) -> None:
        self._text_page, self._drawing, self._place = text_page, drawing, place
        self._handle = ctypes.cast(text_page, ctypes.c_void_p).value
        self._known: dict[int, TextObject] = {}
        self._fonts: dict[int, tuple[bool, bool, Mapping[int, str]]] = {}
        self.unmapped = 0
        self._matrix, self._origin = pdfium.FS_MATRIX(), (ctypes.c_double(), ctypes.c_double())
        self._parts_of_colour = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()

    def of(self, index: int, bottom: float) -> TextObject:
        """The object of a character; `bottom` is that of its loose box."""
        address = _object_of(self._handle, index) or 0
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = self._look(index, address, bottom)
            self.unmapped += pdfium.FPDFText_HasUnicodeMapError(self._text_page, index) == 1
        return known

    def is_of(self, known: TextObject, index: int) -> bool:
        """Whether a character belongs to this object."""
        return self._known.get(_object_of(self._handle, index) or 0) is known

    def __len__(self) -> int:
        return len(self._known)

    def _look(self, index: int, address: int, bottom: float) -> TextObject:
        text_page, turned = self._text_page, self._place.turn
        font = (_font_of(address) or 0) if address else 0
        if not font or font not in self._fonts:
            bold, fixed, signs = _look(*_font(text_page, index))
            self._fonts[font] = bold, _is_fixed(font, fixed), signs
        bold, fixed, signs = self._fonts[font]
        size, matrix = pdfium.FPDFText_GetFontSize(text_page, index), self._matrix
        if pdfium.FPDFText_GetMatrix(text_page, index, matrix):
            size *= math.hypot(matrix.c, matrix.d)
        angle = 0
        if matrix.c or matrix.a <= 0:
            angle = round(math.degrees(pdfium.FPDFText_GetCharAngle(text_page, index)))
        descent = DESCENT * size
        if angle == 0 and not turned:
            x, y = self._origin
            pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
            descent = y.value - bottom
        red, green, blue, alpha = self._parts_of_colour
        pdfium.FPDFText_GetFillColor(text_page, index, red, green, blue, alpha)
        one = ctypes.cast(address, pdfium.FPDF_PAGEOBJECT)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(one) if address else 0
        unseen = mode in (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
        drawn = not unseen and alpha.value > TRANSPARENT
        clip = self._drawing.clip(one) if address else None
        optional = bool(address) and self._drawing.is_optional(one)
        if mode in OUTLINED:  # the outline is visible, whatever the fill
            pdfium.FPDFText_GetStrokeColor(text_page, index, red, green, blue, alpha)
        colour = red.value, green.value, blue.value
        style = Style(round(size, 1), bold, fixed, (angle + 90 * turned) % 360, "", drawn)
        plain = drawn and clip is None and not optional and not alike(colour, WHITE)
        turn = angle // 90 % 4 if angle % 90 == 0 else -1
        order = self._drawing.order_of(address)
        apart = not plain or fixed or turn != 0
        return TextObject(order, style, drawn, colour, plain, clip, optional, descent, signs, apart, turn)


def _is_fixed(font: int, named: bool) -> bool:
    """Whether a font is monospaced: by its narrow and wide letters if it has both, else by its name."""
    narrow, wide = _first_width(font, NARROW_LETTERS), _first_width(font, WIDE_LETTERS)
    return abs(wide - narrow) < ONE_WIDTH if narrow and wide else named


def _first_width(font: int, letters: bytes) -> float:
    """The width, of the size, of the first of these letters that the font has; 0 if it has none."""
    width = ctypes.c_float()
    return next((width.value for code in letters if _width_of(font, code, 1.0, width) and width.value), 0.0)


def _font(text_page: Any, index: int) -> tuple[bytes, int]:
    """The name of a character's font, and its flags."""
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text_page, index, name, 128, flags)
    return name.value, flags.value


@cache
def _look(font: bytes, flags: int) -> tuple[bool, bool, Mapping[int, str]]:
    """Whether a font is bold, whether its name says that it is monospaced, and the characters of its codes."""
    name = font.decode("latin-1")
    signs = SYMBOL if "symbol" in name.lower() else WINGDINGS if "wingding" in name.lower() else BULLETS
    return bool(BOLD.search(name) or flags & 1 << 18), bool(FIXED.search(name) or flags & 1), signs
