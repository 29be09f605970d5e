"""Words recognized in a picture to a page's paragraphs, by the rules by which its text is laid out.

A recognizer's boxes differ a little in height and slope from line to line, even where the print does not. They are
made as even as print first: the page turned level, letters of nearly one size of one size, and lines that stand beside
each other on one baseline.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from runtime.ports import PictureLine, PictureWord
from runtime.reading.document import Box, Form, Paragraph
from runtime.reading.headings import Headings
from runtime.reading.page import paragraphs
from runtime.reading.vocabulary import Vocabulary
from runtime.reading.words import DESCENT, RawPage, Style, Word

MAX_WORDS = 20_000
"""Of a picture; a page of small print has 2,000."""

LONG = 3.0
"""Times its height: a line that is as long tells how a page is turned."""

SKEW = (0.2, 15.0)
"""Degrees: a page that is turned by less is level, and one by more was drawn so."""

LEVEL, SHORT_LEVEL = 3.0, 25.0
"""Degrees by which a line differs from the others that is still one of them: a long one; and, divided by how many times
its height it is long, a short one, whose box tells no better how it runs."""

SAME_SIZE = 0.2
"""Letters whose sizes differ by a smaller share are of one size."""

MANY_LETTERS, ALIKE = 20, 0.4
"""Letters of a line whose width tells its size as well as its height does, where both tell nearly the same: each is a
tenth off, and together they are a thirtieth off."""

SAME_ROW = 0.35
"""Of the size: lines side by side whose middles differ by less are on one baseline."""

ABOVE = 0.27
"""Of the size: how far the middle between a line's highest and lowest letters is above its baseline."""

BAND = 20.0
"""Points: rows of a page in which paragraphs are looked up."""

DOUBTFUL = 0.95
"""Confidence below which a word may be wrong. Of 3,403 words on poor scans, 370 of which RapidOCR read wrongly, a tenth
are below it, and of these two of three are wrong, six of ten of all that are."""

KNOWN = 0.3
"""Of a word's area: one that shares as much with the page's own words is among these."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn about a point by degrees, clockwise as seen on a page."""

    x: float
    y: float
    degrees: float

    def __call__(self, point: Point) -> Point:
        a = math.radians(self.degrees)
        x, y = point[0] - self.x, point[1] - self.y
        return self.x + x * math.cos(a) - y * math.sin(a), self.y + x * math.sin(a) + y * math.cos(a)

    def box(self, box: Sequence[float]) -> tuple[float, float, float, float]:
        """The box around a box that is turned."""
        left, top, right, bottom = box
        points = [self((x, y)) for x in (left, right) for y in (top, bottom)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(slots=True)
class _Part:
    """A word of a line, turned level: its text, confidence, left and right."""

    text: str
    sure: float
    left: float
    right: float


@dataclass(slots=True)
class _Line:
    """A line turned level: its words, the angle by which it was turned back, the height of its middle, and its size."""

    parts: list[_Part]
    angle: float
    middle: float
    size: float

    @property
    def letters(self) -> int:
        return sum(len(part.text) for part in self.parts)

    @property
    def pitch(self) -> float:
        """How wide a letter is on average."""
        return max(0.1, sum(part.right - part.left for part in self.parts)) / self.letters


def recognized_paragraphs(
    lines: Iterable[PictureLine], part: Box, scale: float, size: tuple[float, float], number: int
) -> list[Paragraph]:
    """The paragraphs and table rows of a picture of a page's `part`, drawn with `scale` pixels a point; the page's own
    size is in points. Boxes are on the page as it is shown."""
    lines = list(_bounded(lines))
    skew = _skew(lines)
    centre = ((part.left + part.right) / 2, (part.top + part.bottom) / 2)
    groups: dict[float, list[_Line]] = defaultdict(list)
    for line in lines:
        angle = _angle(line)
        straight = 90 * round((angle - skew) / 90)
        limit = max(LEVEL, SHORT_LEVEL * _height(line) / max(1.0, math.hypot(*_ends(line))))
        turned = straight if abs(angle - skew - straight) <= limit else round(angle - skew)
        level = _Turn(*centre, -skew - turned)
        groups[turned % 360].append(_level(line, part, scale, level, turned))
    words: list[Word] = []
    sure: list[float] = []
    for angle, group in sorted(groups.items()):
        for word, one in _words(group, _Turn(*centre, angle), len(words)):
            words.append(word)
            sure.append(one)
    raw = RawPage(*size, words, [], 0.0, False)
    vocabulary = Vocabulary([[word.text for word in words]])
    frames = paragraphs(raw, Headings([words], ()), number, vocabulary)
    by_frame = _by_frame(frames, [*zip(words, sure, strict=True)])
    back = _Turn(*centre, skew)
    return [_paragraph(frame, own, back, size) for frame, own in zip(frames, by_frame, strict=True)]


def without_known(lines: Iterable[PictureLine], known: Iterable[Box], part: Box, scale: float) -> Iterator[PictureLine]:
    """The lines without those words that lie on words of the page, whose boxes are in points."""
    bands: dict[int, list[Box]] = defaultdict(list)
    for box in known:
        for band in range(int(box.top // BAND), int(box.bottom // BAND) + 1):
            bands[band].append(box)
    for line in lines:
        words = tuple(word for word in line.words if not _is_known(word, bands, part, scale))
        if words:
            yield PictureLine(words)


def _is_known(word: PictureWord, bands: Mapping[int, Sequence[Box]], part: Box, scale: float) -> bool:
    xs, ys = [part.left + x / scale for x, _ in word.corners], [part.top + y / scale for _, y in word.corners]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    near = {box for band in range(int(top // BAND), int(bottom // BAND) + 1) for box in bands.get(band, ())}
    shared = 0.0
    for box in near:
        width, height = min(right, box.right) - max(left, box.left), min(bottom, box.bottom) - max(top, box.top)
        shared += width * height if width > 0 and height > 0 else 0.0
    return shared > KNOWN * (right - left) * (bottom - top)


def _bounded(lines: Iterable[PictureLine]) -> Iterator[PictureLine]:
    left = MAX_WORDS
    for line in lines:
        left -= len(line.words)
        if left < 0:
            return
        words = tuple(word for word in line.words if word.text.strip())
        if words:
            yield PictureLine(words)


def _ends(line: PictureLine) -> tuple[float, float]:
    """From a line's beginning to its end, across and down."""
    (x, y), (right, bottom) = line.words[0].corners[0], line.words[-1].corners[1]
    return right - x, bottom - y


def _angle(line: PictureLine) -> float:
    """Degrees, clockwise, by which a line's direction is turned from the left to the right."""
    across, down = _ends(line)
    return math.degrees(math.atan2(down, across))


def _height(line: PictureLine) -> float:
    """Of the line's letters, in pixels: the mean of its words."""
    return sum(math.dist(word.corners[0], word.corners[3]) for word in line.words) / len(line.words)


def _skew(lines: Iterable[PictureLine]) -> float:
    """Degrees, clockwise, by which a picture's long lines are off the level or the upright."""
    found = []
    for line in lines:
        length = math.hypot(*_ends(line))
        if length > LONG * _height(line):
            angle = _angle(line)
            found.append((angle - 90 * round(angle / 90), length))
    found.sort()
    half = sum(length for _, length in found) / 2
    for angle, length in found:
        half -= length
        if half <= 0:
            return angle if SKEW[0] <= abs(angle) <= SKEW[1] else 0.0
    return 0.0


def _level(line: PictureLine, part: Box, scale: float, level: _Turn, turned: float) -> _Line:
    parts, middles = [], []
    for word in line.words:
        corners = [level((part.left + x / scale, part.top + y / scale)) for x, y in word.corners]
        xs = [x for x, _ in corners]
        middles.append(sum(y for _, y in corners) / 4)
        parts.append(_Part(word.text, word.sure, min(xs), max(xs)))
    return _Line(parts, turned, sum(middles) / len(middles), max(0.1, _height(line) / scale))


def _words(lines: list[_Line], back: _Turn, order: int) -> Iterator[tuple[Word, float]]:
    """The words of some lines of one direction, as those of text, and how sure each is."""
    _even_sizes(lines)
    order += 1
    for row in _rows(lines):
        baseline = sum(line.middle * line.letters for line in row) / sum(line.letters for line in row)
        for line in row:
            base = baseline + ABOVE * line.size
            style = Style(line.size, False, False, round(line.angle) % 360, "")
            for part in line.parts:
                box = (part.left, base - (1 - DESCENT) * line.size, part.right, base + DESCENT * line.size)
                word = Word(part.text, *back.box(box), base, line.size, style, False, order, order)
                yield word, part.sure
                order += 1
            order += 1  # what stands beside a line does not follow it


def _even_sizes(lines: Sequence[_Line]) -> None:
    """Give lines of nearly one size that of most of their letters."""
    long = [line for line in lines if line.letters >= MANY_LETTERS]
    ratio = sorted(line.size / line.pitch for line in long)[len(long) // 2] if long else 1.0
    for line in long:
        by_width = ratio * line.pitch
        if abs(math.log(by_width / line.size)) < ALIKE:
            line.size = math.sqrt(line.size * by_width)
    left = sorted(lines, key=lambda line: line.size)
    while left:
        logs = [math.log(line.size) for line in left]
        firsts = [bisect_left(logs, log - SAME_SIZE) for log in logs]
        ends = [bisect_right(logs, log + SAME_SIZE) for log in logs]
        sums = [0]
        for line in left:
            sums.append(sums[-1] + line.letters)
        best = max(range(len(left)), key=lambda n: sums[ends[n]] - sums[firsts[n]])
        first, last = firsts[best], ends[best]
        size = round(_median(left[first:last]), 1)
        for line in left[first:last]:
            line.size = size
        del left[first:last]


def _median(lines: Sequence[_Line]) -> float:
    """The size in the middle of the lines' letters, which come in the order of their sizes."""
    half = sum(line.letters for line in lines) / 2
    for line in lines:
        half -= line.letters
        if half <= 0:
            return line.size
    return lines[-1].size


def _rows(lines: Iterable[_Line]) -> Iterator[list[_Line]]:
    """Lines that stand beside each other, from the top; each row from left to right."""
    row: list[_Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        apart = row and line.middle - row[0].middle > SAME_ROW * min(line.size, row[0].size)
        if row and (apart or any(_overlap(line, other) for other in row)):
            yield sorted(row, key=lambda line: line.parts[0].left)
            row = []
        row.append(line)
    if row:
        yield sorted(row, key=lambda line: line.parts[0].left)


def _overlap(line: _Line, other: _Line) -> bool:
    return line.parts[0].left < other.parts[-1].right and other.parts[0].left < line.parts[-1].right


def _by_frame(frames: Sequence[dict[str, Any]], words: Sequence[tuple[Word, float]]) -> list[list[tuple[Word, float]]]:
    """The words that are in each paragraph, and how sure they are."""
    bands: dict[int, list[tuple[int, Sequence[float]]]] = defaultdict(list)
    for number, frame in enumerate(frames):
        for box in frame["boxes"]:
            for band in range(int(box[1] // BAND), int(box[3] // BAND) + 1):
                bands[band].append((number, box))
    own: list[list[tuple[Word, float]]] = [[] for _ in frames]
    for word, sure in words:
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        for number, box in bands[int(y // BAND)]:
            if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
                own[number].append((word, sure))
    return own


def _paragraph(
    frame: dict[str, Any], words: Sequence[tuple[Word, float]], back: _Turn, size: tuple[float, float]
) -> Paragraph:
    letters = sum(len(word.text) for word, _ in words)
    return Paragraph(
        frame["text"],
        tuple(_on_page(back.box(box), size) for box in frame["boxes"]),
        frame["level"],
        cast(Form, frame["kind"]),
        frame.get("head", ""),
        tuple(frame.get("columns", ())),
        sure=sum(len(word.text) * sure for word, sure in words) / letters if letters else 0.0,
        doubtful=tuple(dict.fromkeys(word.text for word, sure in words if sure < DOUBTFUL)),
        words=tuple(
            (word.text, _on_page(back.box((word.left, word.top, word.right, word.bottom)), size)) for word, _ in words
        ),
    )


def _on_page(box: Sequence[float], size: tuple[float, float]) -> Box:
    """The box, what is outside the page cut off."""
    return Box(*(round(min(max(side, 0.0), most), 1) for side, most in zip(box, (*size, *size), strict=True)))
