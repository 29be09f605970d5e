"""The sizes of a document's pages as displayed, so that room can be made for pages that are not drawn yet."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

SMALLEST_SIDE, LARGEST_SIDE = 1.0, 1e7
"""Points: a page's sides are taken for no less and no more. PDF allows 3 to 14,400 (ISO 32000-1, annex C)."""

USUAL = (612.0, 792.0)
"""Points: the size of a page that has none that makes sense, US Letter, as PDFium has it."""

TALLEST = 8
"""A page's picture is at most so many times as high as it is wide: a higher page is compressed into it."""


class Run(NamedTuple):
    """Consecutive pages of one size: how many, and their width and height in points as displayed."""

    pages: int
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sizes of all pages of a document, in the coordinates of `Box`: what is so many points from the left and top
    of a page is at that share of its width and height in its picture. A page may be far higher than wide; its picture
    is so no more than TALLEST times. `note` says which sizes are not what the file
    says, since no page could be shown in them; '' if there are none."""

    runs: tuple[Run, ...]
    note: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return sum(run.pages for run in self.runs)

    def size(self, page: int) -> tuple[float, float]:
        """Width and height of a page, which counts from 1, in points; IndexError if there is no such page."""
        left = page - 1
        for run in self.runs if left >= 0 else ():
            if left < run.pages:
                return run.width, run.height
            left -= run.pages
        raise IndexError(f"There is no page {page}.")

    def to_json(self) -> bytes:
        """To be stored: see `from_json`."""
        return json.dumps({"runs": self.runs, "note": self.note}, ensure_ascii=False).encode()


def from_json(content: bytes, max_pages: int) -> Sheets:
    """What `Sheets.to_json` stored; ValueError for anything else."""
    try:
        values = json.loads(content)
        sheets = sheets_of(values["runs"], max_pages)
        return Sheets(sheets.runs, str(values["note"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"These are no sizes of pages: {content[:100]!r}") from error


def runs_of(sizes: Iterable[tuple[float, float]]) -> list[Run]:
    """Sizes in points, rounded to hundredths, as runs."""
    rounded = ((round(width, 2), round(height, 2)) for width, height in sizes)
    return [Run(sum(1 for _ in same), *size) for size, same in groupby(rounded)]


def sheets_of(given: Sequence[Any], max_pages: int) -> Sheets:
    """Runs of whatever a file says, with sizes in which pages can be shown; ValueError if they are no runs, or of more
    pages than `max_pages`, or of none."""
    runs, first, odd, pages = [], 0, 0, 0
    for count, width, height in given:
        shown = _shown(float(width), float(height))
        if not isinstance(count, int) or not 1 <= count <= max_pages:
            raise ValueError(count)
        if shown != (width, height):
            first, odd = first or pages + 1, odd + count
        runs.append(Run(count, *shown))
        pages += count
    if not 1 <= pages <= max_pages:
        raise ValueError(pages)
    return Sheets(tuple(runs), _note(first, odd))


def _shown(width: float, height: float) -> tuple[float, float]:
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return USUAL
    return min(max(width, SMALLEST_SIDE), LARGEST_SIDE), min(max(height, SMALLEST_SIDE), LARGEST_SIDE)


def _note(first: int, odd: int) -> str:
    if not odd:
        return ""
    which = f"Page {first:,} has" if odd == 1 else f"{odd:,} pages, the first of which is page {first:,}, have"
    return f"{which} a size in which no page can be shown, and another one here."
