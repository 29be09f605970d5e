"""Drops what pages repeat or what carries no content: running heads and feet, page numbers, contents and indexes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from runtime.reading.document import Page, Paragraph
from runtime.reading.doubt import Kind

EDGE = 0.15
"""Of a page's height: the margin for running heads and feet."""

EDGE_PARAGRAPHS = 3
"""Paragraphs at the top and at the bottom of a page that may be running heads or feet."""

MIN_PAGES = 4
"""Minimum pages of a document with a table of contents."""

RISING = 0.7
"""Minimum share of an index's entries in alphabetical order; sublevels start over."""

MAX_HEIGHT = 20.0
"""Points: a larger number is not a page number."""

RECENT, SAME_PLACE = 3, 3.0
"""A running head or foot repeats one within so many previous pages and so many points of its position: left and right
pages have different heads, and a page in between may have none."""

MAX_OFFSETS = 20
"""Maximum remembered offsets between page numbers and pages' positions in the file."""

LONGEST_TITLE = 60
"""Maximum characters of the title of a table of contents or an index."""

PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|p\.|s\.|pág(?:ina|\.)|pagina|str\.)\s*)?[-–—|\[(]*\s*(\d{1,5}|[ivxlcIVXLC]{1,7})\s*[-–—|\])]*"
    r"(?:\s*(?:of|von|de|di|van|/)\s*\d{1,5})?",
    re.IGNORECASE,
)
CONTENTS = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|sommaire|table des matières|índice|indice", re.IGNORECASE
)
INDEX = re.compile(
    r"(?:[\w’'-]+ ){0,5}(?:index|stichwortverzeichnis|sachverzeichnis|sachregister|namensregister|register)",
    re.IGNORECASE,
)
CONTENTS_ENTRY = re.compile(r"(?:…|\|) ?(\d{1,5})(?=\s|$)")
INDEX_ENTRY = re.compile(r"(?:…|,) ?(\d{1,5})(?=[\s,.–-]|$)")
ROMAN = re.compile("[ivxlc]+")


class Repeats:
    """Filters pages one after another; `state`, which is JSON-serializable, is all that the next one needs."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._seen = {key: (page, top) for key, page, top in state.get("seen", [])}
        self._offsets: list[int] = state.get("offsets", [])
        self._listing: str = state.get("listing", "")
        self._last: int = state.get("last", 0)
        self.left_out: Counter[str] = Counter()
        """Paragraphs left out of the last page, by reason."""

    @property
    def state(self) -> dict[str, Any]:
        """The state after the last page."""
        seen = [[key, page, top] for key, (page, top) in self._seen.items()]
        return {"seen": seen, "offsets": self._offsets, "listing": self._listing, "last": self._last}

    def kept(self, page: Page) -> list[Paragraph]:
        """The page's paragraphs, without repeated ones and those without content."""
        self.left_out = Counter()
        edges = {id(p) for p in _edges(page)}
        self._seen = {key: at for key, at in self._seen.items() if page.number - at[0] <= RECENT}
        left = []
        for paragraph in page.paragraphs:
            why = self._repeats(paragraph, page) if id(paragraph) in edges else None
            if why:
                self.left_out[why] += 1
            else:
                left.append(paragraph)
        return list(self._without_listing(left, page, edges))

    def _repeats(self, paragraph: Paragraph, page: Page) -> Kind | None:
        """Why a running head or foot is left out, None if it is kept."""
        parts = paragraph.text.split("\t")
        numbers = [part for part in parts if self._is_page_number(part, paragraph, page, alone=len(parts) == 1)]
        number = max(numbers, key=lambda part: any(map(str.isdigit, part)), default="")  # next to 66, c is no numeral
        rest = "\t".join(part for part in parts if part != number)
        if not rest:
            return "page number"
        key = hashlib.sha256(rest.encode()).hexdigest()[:12]
        top = min(box.top for box in paragraph.boxes)
        before = self._seen.get(key)
        self._seen[key] = (page.number, round(top, 1))
        if before and page.number - before[0] <= RECENT and abs(top - before[1]) < SAME_PLACE:
            return "repeated"
        return None

    def _is_page_number(self, text: str, paragraph: Paragraph, page: Page, *, alone: bool) -> bool:
        """Whether a text is the number of its page: its label, or in sequence with earlier ones. Beside a running head,
        it must not exceed the document's number of pages."""
        number = PAGE_NUMBER.fullmatch(text)
        if not number:
            return False
        if number[1] == page.label or (ROMAN.fullmatch(number[1]) and text[:1].islower()):
            return True
        if not number[1].isdigit() or max(box.bottom - box.top for box in paragraph.boxes) > MAX_HEIGHT:
            return False
        offset = int(number[1]) - page.number
        if offset != 0 and offset not in self._offsets:
            self._offsets = [*self._offsets[-MAX_OFFSETS:], offset]
            return False
        return alone or int(number[1]) <= page.of

    def _without_listing(self, paragraphs: Sequence[Paragraph], page: Page, edges: set[int]) -> Iterator[Paragraph]:
        entries = others = 0
        for paragraph in paragraphs:
            title = paragraph.text.strip(" .:")
            if self._listing == "contents" and self._is_contents(paragraph.text, page):
                self.left_out["contents"] += 1
                entries += 1
                continue
            if (paragraph.level or len(title) < LONGEST_TITLE) and id(paragraph) not in edges:
                if CONTENTS.fullmatch(title):
                    self._listing, self._last, entries, others = "contents", 0, 1, 0
                elif INDEX.fullmatch(title):
                    self._listing = "index"
                elif paragraph.level and not (self._listing == "index" and len(title) == 1):
                    self._listing = ""
            if self._listing == "index" and (len(title) == 1 or _is_index(paragraph.text, page)):
                self.left_out["index"] += 1
                continue
            others += 1
            yield paragraph
        if self._listing == "contents" and others > entries:  # it ended on this page, or the previous one
            self._listing = ""

    def _is_contents(self, text: str, page: Page) -> bool:
        """Whether a text is entries of a table of contents: they end with existing page numbers, in ascending order."""
        numbers = [int(number) for number in CONTENTS_ENTRY.findall(text)]
        if (
            not numbers
            or page.of < MIN_PAGES
            or numbers != sorted(numbers)
            or numbers[0] < self._last
            or numbers[-1] > page.of
        ):
            return False
        self._last = numbers[-1]
        return True


def _is_index(text: str, page: Page) -> bool:
    """Whether a text is entries of an index: words in alphabetical order, each with numbers of earlier pages, and
    little else."""
    numbers = [int(number) for number in INDEX_ENTRY.findall(text)]
    if not numbers or max(numbers) > page.number or 40 * len(numbers) < len(text):
        return False
    terms = [term.strip(" ,…|") for term in re.split(r"[\d,…|–-]+", text)]
    initials = [next((c for c in term.casefold() if c.isalpha()), "") for term in terms]
    known = [initial for initial in initials if initial]
    rising = sum(a <= b for a, b in pairwise(known))
    return bool(rising >= RISING * (len(known) - 1))


def _edges(page: Page) -> Iterator[Paragraph]:
    """Candidates for running heads and feet: text at the top or bottom of a page, without headings and tables."""
    for paragraph in (*page.paragraphs[:EDGE_PARAGRAPHS], *page.paragraphs[-EDGE_PARAGRAPHS:]):
        if paragraph.boxes and paragraph.kind == "text" and not paragraph.level:
            above = max(box.bottom for box in paragraph.boxes) < EDGE * page.height
            below = min(box.top for box in paragraph.boxes) > (1 - EDGE) * page.height
            if above or below:
                yield paragraph
