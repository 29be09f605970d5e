"""A page's words, from PDFium's characters, each with its box and why it is hidden."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from typing import Any

import pypdfium2_raw.bindings as pdfium

from runtime.reading.drawing import OBJECTS, Drawing, Place
from runtime.reading.text_objects import TextObject, TextObjects, fast
from runtime.reading.words import Box, Rule, Style, Word

LEVEL = 0.5
"""Points: characters whose boxes differ by less vertically are on one baseline and of one size."""

FAR = 0.6
"""Of the height: a character this far from the one before it begins a word, even if the file has no space."""

CLOSE = 0.5
"""Of the size: words with a narrower gap are consecutive in any layout."""

ROW = 12
"""Points: height of the rows by which words are indexed."""

COMBINING = (0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x327, 0x328)

ACCENTS = dict(zip("`´ˆ˜¯˘˙¨˚˝ˇ¸˛^~", map(chr, (*COMBINING, 0x302, 0x303)), strict=True))

ACCENT, DOTLESS, JOINER = re.compile("[`´ˆ˜¯˘˙¨˚˝ˇ¸˛^~]"), {"ı": "i", "ȷ": "j"}, "\u2060"
"""Spacing accents, and dotless letters with their dotted form; the placeholder of an accent joined to a letter."""

BOX = 16
"""Bytes of a character's box: four single-precision floats."""

HYPHEN = "\x02\ufffe"
"""PDFium's characters for a hyphen at a line's end."""

PART = 2000
"""Text objects given to PDFium at a time if a page has very many objects: it orders those of a line in quadratic time,
which takes 0.01 s for this many and a minute for 100,000."""

GAP = 1.0
"""Of the height of a text object: whatever is this far away is not part of its word."""


def text_pages(page: Any, drawing: Drawing) -> list[Any]:
    """PDFium's text of a page; in parts if it has very many text objects."""
    texts = []
    if len(drawing.order) >= OBJECTS:
        count = pdfium.FPDFPage_CountObjects(page)
        texts = list(texts_of(pdfium.FPDFPage_GetObject(page, i) for i in range(count)))
    if len(texts) <= PART:
        return [text_page] if (text_page := pdfium.FPDFText_LoadPage(page)) else []
    made = []
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, False)
    for part in _parts_of(texts):
        for text in part:
            pdfium.FPDFPageObj_SetIsActive(text, True)
        made.append(pdfium.FPDFText_LoadPage(page))
        for text in part:
            pdfium.FPDFPageObj_SetIsActive(text, False)
    for text in texts:
        pdfium.FPDFPageObj_SetIsActive(text, True)
    return [text_page for text_page in made if text_page]


def texts_of(objects: Iterator[Any]) -> Iterator[Any]:
    """The text objects among some objects, including those in forms."""
    for one in objects:
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            yield one
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            yield from texts_of(
                pdfium.FPDFFormObj_GetObject(one, i) for i in range(pdfium.FPDFFormObj_CountObjects(one))
            )


def _parts_of(texts: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Text objects in parts that end at word boundaries."""
    start = 0
    while start < len(texts):
        end = min(start + PART, len(texts))
        while end < min(start + 2 * PART, len(texts)) and _are_near(texts[end - 1], texts[end]):
            end += 1
        yield texts[start:end]
        start = end


def _are_near(first: Any, second: Any) -> bool:
    """Whether two objects may be parts of one word."""
    boxes = []
    for one in (first, second):
        sides = [ctypes.c_float() for _ in range(4)]
        pdfium.FPDFPageObj_GetBounds(one, *sides)
        boxes.append([side.value for side in sides])
    (left, bottom, right, top), (other_left, other_bottom, other_right, other_top) = boxes
    apart = max(other_left - right, left - other_right, other_bottom - top, bottom - other_top)
    return apart < GAP * (top - bottom)


def words_of(text_pages: Sequence[Any], drawing: Drawing, place: Place) -> tuple[list[Word], float]:
    """The words in the file's order, and the share of text objects with a character that has no Unicode."""
    words: list[Word] = []
    objects = unmapped = 0
    for text_page in text_pages:
        count = pdfium.FPDFText_CountChars(text_page)
        if count <= 0:
            continue
        units = _with_accents(units_of(text_page, count), text_page)
        text = _WordBuilder(text_page, units, drawing, place, words)
        for line in LINE.finditer(units):
            runs = [run.span() for run in RUN.finditer(units, *line.span())]
            at = 0
            while at < len(runs):
                joinable = text.joinable(runs, at)
                if joinable:
                    text.add_joined(runs[at : at + joinable])
                else:
                    text.add(*runs[at])
                at += joinable or 1
        objects, unmapped = objects + len(text.objects), unmapped + text.objects.unmapped
    return _uncovered(words, drawing), unmapped / objects if objects else 0.0


class _WordBuilder:
    """Builds a page's words from runs of characters, given by their start and end, and adds them to `words`."""

    def __init__(self, text_page: Any, units: str, drawing: Drawing, place: Place, words: list[Word]) -> None:
        self.words = words
        self.objects = TextObjects(text_page, drawing, place)
        self._text_page, self._units, self._drawing, self._place = text_page, units, drawing, place
        self._boxes = loose_boxes(text_page, len(units))
        self._end = 0  # of the previous run
        # Words are kept separate if they may be hidden, or are in ruled cells.
        self._apart = place.turn or not drawing.clear or sum(map(_is_upright, drawing.rules)) > 1
        self._signs = SIGNS.search(units) is not None

    def joinable(self, runs: Sequence[tuple[int, int]], at: int) -> int:
        """How many of a line's runs, from `at` on, are of one text object, closely spaced and visible; 0 if they
        have to be added one by one."""
        lefts, tops, rights, bottoms = self._boxes
        first = runs[at][0]
        known = self.objects.of(first, bottoms[first])
        left, top, right, bottom = self._place.sides
        if self._apart or known.apart or lefts[first] < left or bottoms[first] < bottom or tops[first] > top:
            return 0
        limit = CLOSE * known.style.size
        is_whole = self.objects.is_of(known, runs[-1][1] - 1)  # then everything between is, too
        before = -1
        for number in range(at, len(runs)):
            start, end = runs[number]
            if before >= 0:
                follows = self._units[before:start] == " " and 0 < lefts[start] - rights[before - 1] < limit
                letters = end - start == 1 and runs[number - 1][1] - runs[number - 1][0] == 1
                if not follows or letters:
                    return number - at
            if not (is_whole or self.objects.is_of(known, end - 1)) or rights[end - 1] > right:
                return number - at
            text = self._units[start:end]
            if not text.isalpha() and len(_starts(self._boxes, start, end, 0)) > 1:
                return number - at
            if self._signs and SIGNS.search(text):
                return number - at
            before = end
        return len(runs) - at

    def add_joined(self, runs: Sequence[tuple[int, int]]) -> None:
        """Add closely spaced runs as one word."""
        lefts, tops, rights, bottoms = self._boxes
        first, end = runs[0][0], runs[-1][1]
        known = self.objects.of(first, bottoms[first])
        box = self._place(lefts[first], tops[first], rights[end - 1], bottoms[first])
        edge = self._place.sides[0]
        gaps = tuple(
            side - edge for (_, stop), (start, _) in pairwise(runs) for side in (rights[stop - 1], lefts[start])
        )
        self._append(self._units[first:end], box, known, known.style, first, end, gaps)

    def add(self, first: int, end: int) -> None:
        """Add a run, which is split where a part is raised, lowered, or far from the one before it."""
        lefts, tops, rights, bottoms = self._boxes
        known = self.objects.of(first, bottoms[first])
        starts = _starts(self._boxes, first, end, known.turn)
        for start, stop in pairwise([*starts, end]):
            known = self.objects.of(start, bottoms[start])
            box = self._place(
                min(lefts[start:stop]), max(tops[start:stop]), max(rights[start:stop]), min(bottoms[start:stop])
            )
            style = known.style
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self._place.width and box[3] <= self._place.height
            if not (inside and known.plain and self._drawing.clear):
                why = self._drawing.hidden_reason(
                    known.order, known.drawn, known.colour, known.clip, known.optional, box
                )
                style = style._replace(hidden=why) if why else style
            self._append(self._units[start:stop], box, known, style, start, stop, ())

    def _append(
        self, text: str, box: Box, known: TextObject, style: Style, start: int, stop: int, gaps: tuple[float, ...]
    ) -> None:
        if not text.isascii():
            text = _text(text, known.signs)
            if not text:
                return
        between = self._units[self._end : start]
        glued = not between or JOINER in between or not between.strip("\r\n")  # a joined accent is no space
        if between == " " and len(text) == 1 and self.words and len(self.words[-1].text) == 1:  # letter-spaced text
            glued = pdfium.FPDFText_IsGenerated(self._text_page, start - 1) == 1
        order = len(self.words)
        baseline = box[3] - known.descent
        left, top, right, bottom = box
        self.words.append(
            Word(text, left, top, right, bottom, baseline, style.size, style, glued, order, order, -1, gaps)
        )
        self._end = stop


def _is_upright(rule: Rule) -> bool:
    return rule.bottom - rule.top > rule.right - rule.left


def _text(units: str, signs: Mapping[int, str]) -> str:
    """UTF-16 units as text, with the codes of symbol fonts replaced."""
    text = units.translate(signs).replace(JOINER, "")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def loose_boxes(text_page: Any, count: int) -> tuple[list[float], list[float], list[float], list[float]]:
    """The left, top, right and bottom of each character's loose box."""
    floats = (ctypes.c_float * (4 * count))()
    handle, at = ctypes.cast(text_page, ctypes.c_void_p).value, ctypes.addressof(floats)
    # All calls in one C loop: as Python calls, they would take half of the page's time.
    deque(map(_loose_box, repeat(handle), range(count), range(at, at + BOX * count, BOX)), maxlen=0)
    sides: list[float] = floats[:]
    return sides[0::4], sides[1::4], sides[2::4], sides[3::4]


def _uncovered(words: list[Word], drawing: Drawing) -> list[Word]:
    """The words, with covered ones made visible if the page shows something there that is no other word: they are drawn
    again above the cover, which PDFium omits, or the cover is a picture of them."""
    if not any(word.style.hidden == "covered" for word in words):
        return words
    rows: dict[int, list[Word]] = {}
    for word in words:
        if not word.style.hidden:
            for row in range(int(word.top // ROW), int(word.bottom // ROW) + 1):
                rows.setdefault(row, []).append(word)
    return [
        word._replace(style=word.style._replace(hidden="", drawn=False))
        if word.style.hidden == "covered"
        and not any(_overlap(word, other) for other in rows.get(int((word.top + word.bottom) / 2 // ROW), ()))
        and drawing.shows((word.left, word.top, word.right, word.bottom))
        else word
        for word in words
    ]


def _overlap(word: Word, other: Word) -> bool:
    beside = other.top < (word.top + word.bottom) / 2 < other.bottom
    return beside and min(word.right, other.right) > max(word.left, other.left)


_loose_box = fast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def units_of(text_page: Any, count: int) -> str:
    """One UTF-16 unit per character, as many as PDFium counts."""
    buffer = (ctypes.c_ushort * (count * 2 + 1))()
    made = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = ctypes.string_at(buffer, max(0, made - 1) * 2)
    if made - 1 == count and pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, count - 1) == count - 1:
        return text.decode("utf-16-le", errors="surrogatepass") if not _astral(text) else _each(text_page, count)
    return _each(text_page, count)


def _with_accents(units: str, text_page: Any) -> str:
    """Combine accents drawn over letters, as by TeX, with the letters; JOINER takes their place."""
    if not ACCENT.search(units):
        return units
    made = list(units)
    for found in ACCENT.finditer(units):
        at = found.start()
        over = _box_of(text_page, at)
        middle = (over[0] + over[2]) / 2
        below = pdfium.FPDFText_GetCharIndexAtPos(
            text_page, middle, over[1] - (over[3] - over[1]), 0.0, over[3] - over[1]
        )
        for letter in (at + 1, at - 1, below):
            if not 0 <= letter < len(units) or not units[letter].isalpha():
                continue
            left, bottom, right, top = _box_of(text_page, letter)
            whole = unicodedata.normalize("NFC", DOTLESS.get(units[letter], units[letter]) + ACCENTS[found[0]])
            if left <= middle <= right and bottom < over[3] and over[1] < top + (top - bottom) and len(whole) == 1:
                made[letter], made[at] = whole, JOINER
                break
    return "".join(made)


def _box_of(text_page: Any, index: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a character as drawn."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _astral(text: bytes) -> bool:
    return any(0xD8 <= high <= 0xDF for high in text[1::2])


def _each(text_page: Any, count: int) -> str:
    one = pdfium.FPDFText_GetUnicode
    return "".join([chr(one(text_page, i)) for i in range(count)])


SIGNS = re.compile("[$€£¥%‰\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u2060]")
"""Words with such characters are added one by one: tables align currency and percent signs separately, and
right-to-left text has its words in another order."""

LINE = re.compile(r"[^\r\n]+")
RUN = re.compile(f"[^\\s\\x00{HYPHEN}]+[{HYPHEN}]?|[{HYPHEN}]")


def _starts(boxes: Sequence[Sequence[float]], first: int, end: int, turn: int) -> list[int]:
    """The starts of stretches of a run whose boxes have the same height and position. A raised or lowered character
    starts a new one, and so does one far from the one before it."""
    lefts, tops, rights, bottoms = boxes
    if turn < 0:
        return [first]
    if turn % 2:
        low, high, near, far = lefts, rights, bottoms, tops
    else:
        low, high, near, far = bottoms, tops, lefts, rights
    starts = [first]
    lowest, highest, reached = low[first], high[first], far[first]
    for i in range(first + 1, end):
        apart = near[i] - reached > FAR * (highest - lowest)
        if apart or abs(high[i] - highest) > LEVEL or abs(low[i] - lowest) > LEVEL:
            starts.append(i)
            lowest, highest, reached = low[i], high[i], far[i]
        elif far[i] > reached:
            reached = far[i]
    return starts
