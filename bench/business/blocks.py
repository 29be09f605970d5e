"""What a business document consists of, as data: blocks from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within the document."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Short lines, kept as they are, such as an address."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Items:
    """A list, with bullets or numbered from 1."""

    items: Sequence[str]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels with their values, as on a form: `Inspection date: 4 March 2025`."""

    values: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below a head.

    `align` has one letter per column, l or r; `totals` is how many rows at the end are sums, in bold.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str
    widths: Sequence[float]
    """Shares of the width of the text."""
    ruled: bool = True
    totals: int = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks side by side, in two columns of equal width."""

    left: Sequence[Block]
    right: Sequence[Block]


@dataclass(frozen=True, slots=True)
class NewPage:
    """A page break."""


Block = Heading | Text | Lines | Items | Fields | Table | Columns | NewPage


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its file name, its language, its title and running head, and its blocks."""

    name: str
    language: Literal["en", "de"]
    title: str
    blocks: Sequence[Block]
    head: str = ""
    """The running head of each page."""
    serif: bool = False
