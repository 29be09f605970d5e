"""Draws a business document as a PDF; the same document gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from bench.business.blocks import Block, Columns, Document, Fields, Heading, Items, Lines, NewPage, Table, Text

PAGE_WIDTH, PAGE_HEIGHT = A4
SIDE, TOP, BOTTOM = 24 * mm, 26 * mm, 24 * mm
WIDTH = PAGE_WIDTH - 2 * SIDE
COLUMN_GAP = 8 * mm
SANS, SERIF = ("Helvetica", "Helvetica-Bold"), ("Times-Roman", "Times-Bold")
"""The regular and bold faces of two font families that every viewer has."""
SIZE, LEADING = 10, 13.5
SMALL = 8
"""Size of the running head and the page number, in points."""
INK, RULE, SHADE = HexColor("#1a1a1a"), HexColor("#7a7a7a"), HexColor("#ececec")
PAGE_WORD = {"en": "Page", "de": "Seite"}


def draw(document: Document, folder: Path) -> Path:
    """Write the document into the folder, and return its path."""
    path = folder / document.name
    pages = BaseDocTemplate(
        str(path),
        pagesize=A4,
        title=document.title,
        lang=document.language,
        invariant=1,
    )
    frame = Frame(SIDE, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0, id="page")
    pages.addPageTemplates(PageTemplate(frames=[frame], onPage=_Edges(document)))
    styles = _Styles(*(SERIF if document.serif else SANS))
    pages.build([Paragraph(escape(document.title), styles.title), *styles.flow(document.blocks, WIDTH)])
    return path


class _Edges:
    """Draws the running head and the page number of each page."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __call__(self, canvas: Canvas, template: Any) -> None:
        canvas.setFont((SERIF if self.document.serif else SANS)[0], SMALL)
        canvas.setFillColor(RULE)
        if self.document.head:
            canvas.drawString(SIDE, PAGE_HEIGHT - 15 * mm, self.document.head)
        canvas.drawRightString(PAGE_WIDTH - SIDE, 13 * mm, f"{PAGE_WORD[self.document.language]} {template.page}")


class _Styles:
    """Turns blocks into what ReportLab lays out, in one font family."""

    def __init__(self, regular: str, bold: str) -> None:
        self.regular, self.bold = regular, bold
        self.body = ParagraphStyle("body", fontName=regular, fontSize=SIZE, leading=LEADING, textColor=INK)
        self.spaced = ParagraphStyle("spaced", self.body, spaceAfter=6)
        self.strong = ParagraphStyle("strong", self.body, fontName=bold)
        self.heading = ParagraphStyle(
            "heading", self.strong, fontSize=11.5, leading=15, spaceBefore=8, spaceAfter=3, keepWithNext=1
        )
        self.title = ParagraphStyle("title", self.strong, fontSize=17, leading=22, spaceAfter=10)

    def flow(self, blocks: Any, width: float) -> list[Any]:
        """ReportLab's flowables for these blocks, in order."""
        return [flowable for block in blocks for flowable in self._block(block, width)]

    def _block(self, block: Block, width: float) -> list[Any]:
        match block:
            case Heading(text):
                return [Paragraph(escape(text), self.heading)]
            case Text(text):
                return [Paragraph(escape(text), self.spaced)]
            case Lines(lines):
                return [Paragraph("<br/>".join(map(escape, lines)), self.spaced)]
            case Items():
                return [self._list(block)]
            case Fields(values):
                return [self._fields(values, width), Spacer(0, 6)]
            case Table():
                return [self._table(block, width), Spacer(0, 8)]
            case Columns():
                return [self._columns(block, width), Spacer(0, 6)]
            case NewPage():
                return [PageBreak()]

    def _columns(self, block: Columns, width: float) -> Any:
        narrow = (width - COLUMN_GAP) / 2
        return Grid(
            [[self.flow(block.left, narrow), "", self.flow(block.right, narrow)]],
            colWidths=[narrow, COLUMN_GAP, narrow],
            style=[
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                *_padding(0),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ],
            hAlign="LEFT",
        )

    def _list(self, block: Items) -> Any:
        return ListFlowable(
            [Paragraph(escape(item), self.body) for item in block.items],
            bulletType="1" if block.numbered else "bullet",
            start=1 if block.numbered else "\N{BULLET}",
            bulletFormat="%s." if block.numbered else None,
            bulletFontName=self.regular,
            bulletFontSize=SIZE,
            leftIndent=16,
            spaceAfter=6,
        )

    def _fields(self, values: Any, width: float) -> Any:
        rows = [
            [Paragraph(f"{escape(label)}:", self.strong), Paragraph(escape(value), self.body)]
            for label, value in values
        ]
        style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), *_padding(1.5)]
        return Grid(rows, colWidths=[0.38 * width, 0.62 * width], style=style, hAlign="LEFT")

    def _table(self, table: Table, width: float) -> Any:
        head = self._row(table.head, table.align, self.strong)
        first_total = len(table.rows) - table.totals
        rows = [
            self._row(row, table.align, self.strong if number >= first_total else self.body)
            for number, row in enumerate(table.rows)
        ]
        if table.ruled:
            style = [("GRID", (0, 0), (-1, -1), 0.5, RULE), ("BACKGROUND", (0, 0), (-1, 0), SHADE), *_padding(3)]
        else:
            style = [("LEFTPADDING", (0, 0), (0, -1), 0), *_padding(2)]
        return Grid(
            [head, *rows],
            colWidths=[share * width / sum(table.widths) for share in table.widths],
            style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *style],
            repeatRows=1,
            hAlign="LEFT",
        )

    def _row(self, cells: Any, align: str, style: Any) -> list[Any]:
        right = ParagraphStyle("right", style, alignment=TA_RIGHT)
        return [
            Paragraph(escape(cell), right if side == "r" else style) for cell, side in zip(cells, align, strict=True)
        ]


def _padding(points: float) -> list[Any]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), points) for side in ("TOP", "BOTTOM")]
