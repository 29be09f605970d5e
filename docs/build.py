"""Builds the handbook: one PDF for each Markdown file in this folder, the sample library of the chat page.

    python docs/build.py OUT_DIR [MARKDOWN_DIR]

The same Markdown gives the same bytes, so a library that has ingested the handbook finds nothing new in it.
What cannot be shown (raw HTML, a picture that is not there, a character that no embedded font has) is an
error that names the file and the line: a page is never quietly wrong.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, final
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from PIL import UnidentifiedImageError
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import getFont, getRegisteredFontNames, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    Image,
    KeepTogether,
    ListFlowable,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
    XPreformatted,
)
from reportlab.platypus.doctemplate import LayoutError

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

AUTHOR = "Plumbline"
SUBJECT = "The Plumbline handbook"
# In each PDF's metadata: tells a PDF of this script from one of the user's, which is never touched.
CREATOR = "Plumbline docs/build.py"

SIDE_MARGIN = 27 * mm  # leaves 156 mm for text: about 80 characters per line at 11 points
TOP_MARGIN = 25 * mm
BOTTOM_MARGIN = 27 * mm
FOOTER_BASE = 15 * mm
TEXT_WIDTH = A4[0] - 2 * SIDE_MARGIN
TEXT_HEIGHT = A4[1] - TOP_MARGIN - BOTTOM_MARGIN
BELOW_HEADING = 68.0  # points that must be free below a heading: four lines of text
SHORT_BLOCK = TEXT_HEIGHT / 4  # a table, quotation or listing up to this height does not break over pages
LIST_INDENT = 19.0
QUOTE_INDENT = 14.0
COLUMN_GAP = 18.0
POINTS_A_PIXEL = 0.5  # a screenshot at 144 dots per inch, scaled down if it is wider than the text
TALLEST_PICTURE = 0.62 * TEXT_HEIGHT

INK = HexColor("#1d2730")
MUTED = HexColor("#66727c")
RULE = HexColor("#d3dae0")
TINT = HexColor("#f2f5f7")
ACCENT = HexColor("#0e6377")

SANS, MONO = "FiraSans", "IBMPlexMono"
FONT_PACKAGES = {SANS: "fontpkg_fira_sans", MONO: "fontpkg_ibm_plex_mono"}
# Styles of the two families that are used, as the font files name them.
REGULAR, ITALIC, BOLD, BOLD_ITALIC = "Regular", "Italic", "SemiBold", "SemiBoldItalic"


class HandbookError(Exception):
    """A handbook page that cannot be built; the message says where and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds the handbook and returns the exit code: 0, or 1 when a file could not be built."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Build the handbook's PDFs from its Markdown.")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder that the PDFs are written to")
    parser.add_argument("source", type=Path, metavar="MARKDOWN_DIR", nargs="?", default=here, help="default: docs/")
    options = parser.parse_args(arguments)
    try:
        os.environ.pop("SOURCE_DATE_EPOCH", None)  # ReportLab would write it as the PDF's date
        return build(options.source, options.out)
    except (HandbookError, OSError) as error:
        print(f"docs/build.py: {error}", file=sys.stderr)
        return 1


def build(source: Path, out: Path) -> int:
    """Makes `out` hold one PDF for each `source/*.md`, prints a line per file, and returns the exit code.

    A file that cannot be built is reported and leaves its earlier PDF alone; the others are built.
    PDFs of pages that are gone from `source` are removed.

    Raises:
        HandbookError: `source` holds no Markdown.
        OSError: `out` cannot be written.
    """
    pages = sorted(source.glob("*.md"))
    if not pages:
        raise HandbookError(f"{source}: no .md file in this folder")
    _register_fonts()
    out.mkdir(parents=True, exist_ok=True)
    failures = 0
    for page in pages:
        try:
            print(_write(out / f"{page.stem}.pdf", render(page)))
        except HandbookError as error:
            failures += 1
            print(f"docs/build.py: {error}", file=sys.stderr)
    for pdf in sorted(out.glob("*.pdf")):
        if not (source / f"{pdf.stem}.md").exists() and _is_ours(pdf):
            pdf.unlink()
            print(f"removed    {pdf.name}")
    return 1 if failures else 0


def _register_fonts() -> None:
    for family, package in FONT_PACKAGES.items():
        for style in (REGULAR, ITALIC, BOLD, BOLD_ITALIC):
            name = f"{family}-{style}"
            if name not in getRegisteredFontNames():
                registerFont(TTFont(name, str(files(package) / "files" / f"{name}.ttf")))


def _write(target: Path, pdf: bytes) -> str:
    """Puts the PDF in place in one step, only where its bytes differ, and returns the line to print."""
    if target.exists():
        if target.read_bytes() == pdf:
            return f"unchanged  {target.name}"
        if not _is_ours(target):
            raise HandbookError(f"{target}: this PDF is not from the handbook; give another OUT_DIR")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(pdf)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return f"written    {target.name}"


def _is_ours(pdf: Path) -> bool:
    return f"/Creator ({CREATOR})".encode() in pdf.read_bytes()


def render(page: Path) -> bytes:
    """The PDF of one Markdown file.

    Raises:
        HandbookError: the file holds something that cannot be shown as it is meant.
    """
    story = _Story(page)
    flowables = story.flowables()
    pdf = io.BytesIO()
    document = BaseDocTemplate(
        pdf,
        pagesize=A4,
        title=story.title,
        author=AUTHOR,
        subject=SUBJECT,
        creator=CREATOR,
        lang="en",
        displayDocTitle=True,
        invariant=1,  # no timestamp in the file: the same Markdown gives the same bytes
    )
    text = Frame(SIDE_MARGIN, BOTTOM_MARGIN, TEXT_WIDTH, TEXT_HEIGHT, 0, 0, 0, 0)
    # The footer comes after the text in the text layer, too, as a reader meets it.
    document.addPageTemplates(PageTemplate(frames=[text], onPageEnd=story.finish_page))
    try:
        document.build(flowables)
    except LayoutError as error:
        raise HandbookError(f"{page}: a block does not fit on a page: {error}") from error
    return pdf.getvalue()


@dataclass(frozen=True)
class _Face:
    """How a run of text is set: family, size in points, weight and slope."""

    family: str
    size: float
    bold: bool = False
    italic: bool = False

    @property
    def name(self) -> str:
        style = (BOLD_ITALIC if self.italic else BOLD) if self.bold else (ITALIC if self.italic else REGULAR)
        return f"{self.family}-{style}"

    def code(self) -> _Face:
        # Plex Mono's letters are wider and look larger than Fira's.
        return self if self.family == MONO else replace(self, family=MONO, size=round(self.size * 0.89, 2))

    def other_family(self) -> _Face:
        return replace(self, family=SANS if self.family == MONO else MONO)


def _style(
    name: str, face: _Face, leading: float, color: Color = INK, before: float = 0, after: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=face.name,
        fontSize=face.size,
        leading=leading,
        textColor=color,
        spaceBefore=before,
        spaceAfter=after,
        allowWidows=0,
        allowOrphans=0,
    )


BODY_FACE = _Face(SANS, 11)
CELL_FACE = _Face(SANS, 9.5)
HEAD_FACE = _Face(SANS, 9.5, bold=True)
CODE_FACE = _Face(MONO, 8.75)  # 80 columns in the text's width
CAPTION_FACE = _Face(SANS, 9.5, italic=True)
HEADING_FACES = (
    _Face(SANS, 27, bold=True),
    _Face(SANS, 17, bold=True),
    _Face(SANS, 13, bold=True),
    _Face(SANS, 11, bold=True),
)

BODY = _style("body", BODY_FACE, 16.5, after=9)
ITEM = _style("item", BODY_FACE, 16.5, after=4)
CELL = _style("cell", CELL_FACE, 13.5)
HEAD = _style("head", HEAD_FACE, 13.5, ACCENT)
CAPTION = _style("caption", CAPTION_FACE, 13, MUTED)
CODE_PADDING = 9.0
CODE = ParagraphStyle(
    "code box",
    _style("code", CODE_FACE, 13.2, before=5 + CODE_PADDING, after=12 + CODE_PADDING),
    backColor=TINT,
    # The tinted box stands out from the text by the padding; the indents bring its edges back in line.
    borderPadding=CODE_PADDING,
    borderRadius=3,
    leftIndent=CODE_PADDING,
    rightIndent=CODE_PADDING,
)
HEADINGS = (
    _style("h1", HEADING_FACES[0], 33, after=16),
    _style("h2", HEADING_FACES[1], 22, ACCENT, before=15, after=8),
    _style("h3", HEADING_FACES[2], 18, before=10, after=5),
    _style("h4", HEADING_FACES[3], 16.5, MUTED, before=6, after=3),
)


TEXT_EDGE = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
CAPTIONED = TableStyle([*TEXT_EDGE, ("TOPPADDING", (0, 0), (-1, -1), 1), ("NOSPLIT", (0, 0), (0, 1))])
RULED = TableStyle(
    [
        *TEXT_EDGE,
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("RIGHTPADDING", (0, 0), (-2, -1), COLUMN_GAP),
        ("TOPPADDING", (0, 0), (-1, -1), 5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
        ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.5, RULE),
    ]
)
BARRED = TableStyle(
    [
        *TEXT_EDGE,
        ("LINEBEFORE", (0, 0), (0, -1), 2, ACCENT),
        ("LEFTPADDING", (0, 0), (-1, -1), QUOTE_INDENT),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
)


@final
class _Heading(Paragraph):
    """A heading that puts itself into the PDF's outline and is the target of links to it."""

    def __init__(self, markup: str, style: ParagraphStyle, text: str, anchor: str, level: int) -> None:
        super().__init__(markup, style)
        self._text, self._anchor, self._level = text, anchor, level

    def split(self, _width: float, _height: float) -> list[Flowable]:
        """A heading goes to the next page whole."""
        return []

    def draw(self) -> None:
        above = self.height + 12  # the view that a link opens begins a little above the heading
        self.canv.bookmarkHorizontal(self._anchor, 0, above)
        self.canv.addOutlineEntry(self._text, self._anchor, self._level, closed=self._level > 0)
        super().draw()


@final
class _Story:
    """One Markdown file on its way to a PDF: its syntax tree, and what to draw for each node.

    Attributes:
        title: the text of the first heading.
    """

    def __init__(self, page: Path) -> None:
        self._page = page
        try:
            self._lines = page.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise HandbookError(f"{page}: not UTF-8: {error}") from error
        self._span = (0, 1)  # the source lines of the block at hand, for messages
        self._tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse("\n".join(self._lines)))
        headings = [node for node in self._tree.walk() if node.type == "heading"]
        if not headings:
            raise self._error("no heading; the first one is the document's title")
        self.title = _plain(headings[0])
        self._anchors = _anchors(headings)
        self._outline_level = -1

    def _error(self, what: str) -> HandbookError:
        return HandbookError(f"{self._page}:{self._span[0] + 1}: {what}")

    def _unsupported(self, node: SyntaxTreeNode) -> HandbookError:
        return self._error(f"{node.type.replace('_', ' ')} is not supported in the handbook")

    def flowables(self) -> list[Flowable]:
        """All blocks in reading order; short ones stay whole, and no heading ends a page."""
        blocks = self._blocks(self._tree.children, TEXT_WIDTH)
        placed: list[Flowable] = []
        for index, block in enumerate(blocks):
            if isinstance(block, _Heading) and (index == 0 or not isinstance(blocks[index - 1], _Heading)):
                placed.append(CondPageBreak(_height_to_start_of_text(blocks[index:])))
            placed.append(KeepTogether([block]) if _stays_whole(block) else block)
        return placed

    def _blocks(self, nodes: Sequence[SyntaxTreeNode], width: float, tight: bool = False) -> list[Flowable]:
        """Flowables for blocks that are set `width` points wide; `tight` as in a list without blank lines."""
        return [flowable for node in nodes for flowable in self._block(node, width, tight)]

    def _block(self, node: SyntaxTreeNode, width: float, tight: bool) -> list[Flowable]:
        self._span = node.map or self._span
        match node.type:
            case "heading":
                return [self._heading(node)]
            case "paragraph":
                return [self._paragraph(node, width, ITEM if tight else BODY)]
            case "bullet_list" | "ordered_list":
                return [self._list(node, width)]
            case "fence" | "code_block":
                return [self._code(node, width)]
            case "table":
                return [self._table(node, width)]
            case "blockquote":
                return [self._quote(node, width)]
            case "hr":
                return [HRFlowable(width="100%", thickness=0.5, color=RULE, spaceBefore=10, spaceAfter=16)]
            case "html_block":
                self._refuse_html(node.content)
                return []
        raise self._unsupported(node)

    def _heading(self, node: SyntaxTreeNode) -> Flowable:
        level = int(node.tag[1])
        if level > len(HEADINGS):
            raise self._error(f"heading of level {level}; the handbook has {len(HEADINGS)} levels")
        # An outline has no gaps: a heading two levels below the one before it is shown one level below it.
        self._outline_level = min(level - 1, self._outline_level + 1)
        markup = self._inlines(node.children, HEADING_FACES[level - 1])
        anchor = next(key for key, heading in self._anchors.items() if heading is node)
        return _Heading(markup, HEADINGS[level - 1], _plain(node), anchor, self._outline_level)

    def _paragraph(self, node: SyntaxTreeNode, width: float, style: ParagraphStyle) -> Flowable:
        parts = node.children[0].children
        if len(parts) == 1 and parts[0].type == "image":
            return self._figure(parts[0], width)
        return Paragraph(self._inlines(node.children, BODY_FACE), style)

    def _figure(self, node: SyntaxTreeNode, width: float) -> Flowable:
        source = str(node.attrs["src"])
        caption = _plain(node)
        if not caption:
            raise self._error(f"picture {source}: no text in its []; it is the caption, and the text that is searched")
        path = self._page.parent / unquote(source)
        if urlsplit(source).scheme or path.suffix.lower() != ".png":
            raise self._error(f"picture {source}: only PNG files beside the handbook can be shown")
        try:
            data = path.read_bytes()
            reader = ImageReader(io.BytesIO(data))
            # A file that is cut off shows it only when its pixels are read.
            reader.getRGBData()  # type: ignore[no-untyped-call]
        except (OSError, UnidentifiedImageError) as error:
            raise self._error(f"picture {source}: {error}") from error
        across, down = reader.getSize()
        scale = min(POINTS_A_PIXEL, width / across, TALLEST_PICTURE / down)
        picture = Image(io.BytesIO(data), across * scale, down * scale, hAlign="LEFT")
        text = Paragraph(self._text(caption, CAPTION_FACE), CAPTION)
        return _rows([[picture], [text]], [width], CAPTIONED)

    def _list(self, node: SyntaxTreeNode, width: float) -> Flowable:
        ordered = node.type == "ordered_list"
        if not all(item.children for item in node.children):
            raise self._error("empty list item")
        inside = width - LIST_INDENT
        items = [self._blocks(item.children, inside, tight=_is_tight(item)) for item in node.children]
        return ListFlowable(
            items,
            bulletType="1" if ordered else "bullet",
            start=int(node.attrs.get("start", 1)) if ordered else "•",
            bulletFormat="%s." if ordered else None,
            bulletFontName=BODY_FACE.name,
            bulletFontSize=BODY_FACE.size,
            bulletColor=ACCENT,
            leftIndent=LIST_INDENT,
            spaceAfter=9,
        )

    def _code(self, node: SyntaxTreeNode, width: float) -> Flowable:
        columns = int((width - 2 * CODE_PADDING) / stringWidth("0", CODE_FACE.name, CODE_FACE.size))
        if not node.content.strip():
            raise self._error("empty code block")
        source = node.content.rstrip("\n").split("\n")
        lines = [part for line in source for part in _wrapped(line.expandtabs(4), columns)]
        return XPreformatted("\n".join(self._text(line, CODE_FACE) for line in lines), CODE)

    def _table(self, node: SyntaxTreeNode, width: float) -> Flowable:
        head, *body = (row for section in node.children for row in section.children)
        rows = [self._row(head, HEAD_FACE, HEAD), *(self._row(row, CELL_FACE, CELL) for row in body)]
        return _rows(rows, _column_widths(rows, width), RULED, heads=1)

    def _row(self, node: SyntaxTreeNode, face: _Face, style: ParagraphStyle) -> list[Paragraph]:
        self._span = node.map or self._span
        return [
            Paragraph(self._inlines(cell.children, face), _aligned(style, str(cell.attrs.get("style", ""))))
            for cell in node.children
        ]

    def _quote(self, node: SyntaxTreeNode, width: float) -> Flowable:
        blocks = self._blocks(node.children, width - QUOTE_INDENT, tight=True)
        if not blocks:
            raise self._error("empty quotation")
        # A row knows nothing of the space around a block, which a code block's box needs.
        room = [
            command
            for row, block in enumerate(blocks)
            if isinstance(block, XPreformatted)
            for command in (
                ("TOPPADDING", (0, row), (0, row), block.getSpaceBefore()),
                ("BOTTOMPADDING", (0, row), (0, row), block.getSpaceAfter()),
            )
        ]
        return _rows([[block] for block in blocks], [width], TableStyle(room, parent=BARRED))

    def _refuse_html(self, content: str) -> None:
        if not re.fullmatch(r"\s*<!--.*?-->\s*", content, re.DOTALL):  # comments are for the authors
            raise self._error(f"HTML cannot be shown: {content.strip().splitlines()[0]}")

    def _inlines(self, nodes: Sequence[SyntaxTreeNode], face: _Face) -> str:
        return "".join(self._inline(node, face) for node in nodes)

    def _inline(self, node: SyntaxTreeNode, face: _Face) -> str:
        """The node as ReportLab's paragraph markup."""
        match node.type:
            case "inline":
                return self._inlines(node.children, face)
            case "text":
                return self._text(node.content, face)
            case "softbreak":
                return " "
            case "hardbreak":
                return "<br/>"
            case "code_inline":
                return self._code_span(node, face)
            case "strong":
                return self._inlines(node.children, replace(face, bold=True))
            case "em":
                return self._inlines(node.children, replace(face, italic=True))
            case "link":
                return self._link(node, face)
            case "html_inline":
                self._refuse_html(node.content)
                return ""
            case "image":
                raise self._error("a picture must stand alone in its paragraph")
        raise self._unsupported(node)

    def _code_span(self, node: SyntaxTreeNode, face: _Face) -> str:
        code = self._text(node.content, face.code())
        # Behind a heading's large letters the tint would look like a blot.
        return code if face in HEADING_FACES else f'<font backColor="{_hex(TINT)}">{code}</font>'

    def _link(self, node: SyntaxTreeNode, face: _Face) -> str:
        """A live link to the web or to a heading of this document; another file is only emphasised."""
        target = str(node.attrs["href"])
        parts = urlsplit(target)
        if parts.scheme in ("http", "https", "mailto") or (not parts.path and parts.fragment in self._anchors):
            inner = self._inlines(node.children, face)
            return f'<a href={quoteattr(target)} color="{_hex(ACCENT)}">{inner}</a>'
        if parts.scheme or not parts.path or not (self._page.parent / unquote(parts.path)).exists():
            raise self._error(f"link to {target}, which does not exist")
        return self._inlines(node.children, replace(face, italic=True))

    def _text(self, text: str, face: _Face) -> str:
        """Markup for plain text; a character that its family lacks is taken from the other family."""
        return "".join(
            f'<font face="{name}" size="{face.size}">{escape("".join(run))}</font>'
            for name, run in groupby(text, key=lambda character: self._font(character, face))
        )

    def _font(self, character: str, face: _Face) -> str:
        if character in " \t\n":
            return face.name
        for candidate in (face, face.other_family()):
            if ord(character) in _glyphs(candidate.name):
                return candidate.name
        start, end = self._span
        line = next((number for number in range(start, end) if character in self._lines[number]), start)
        self._span = (line, end)
        raise self._error(f"no embedded font has the character {character!r} (U+{ord(character):04X})")

    def finish_page(self, canvas: Canvas, document: BaseDocTemplate) -> None:
        """Draws the mark above the title, and the footer: the document's title and the page's number."""
        if document.page == 1:
            canvas.setFillColor(ACCENT)
            canvas.rect(SIDE_MARGIN, A4[1] - TOP_MARGIN + 6, 34, 3, stroke=0, fill=1)
        canvas.setFillColor(MUTED)
        canvas.setFont(BODY_FACE.name, 8.5)
        canvas.drawString(SIDE_MARGIN, FOOTER_BASE, self.title)
        canvas.drawRightString(A4[0] - SIDE_MARGIN, FOOTER_BASE, str(document.page))


def _glyphs(font_name: str) -> dict[int, int]:
    font = getFont(font_name)
    assert isinstance(font, TTFont)  # every font of the handbook is one that _register_fonts registered
    return cast("dict[int, int]", font.face.charToGlyph)


def _plain(node: SyntaxTreeNode) -> str:
    """The node's text without its markup."""
    return "".join(
        " " if part.type in ("softbreak", "hardbreak") else part.content
        for part in node.walk()
        if part.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


def _anchors(headings: Sequence[SyntaxTreeNode]) -> dict[str, SyntaxTreeNode]:
    """Headings by the fragment that links to them, as GitHub makes it from their text."""
    anchors: dict[str, SyntaxTreeNode] = {}
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", _plain(heading).lower()).replace(" ", "-")
        fragment, number = slug, 0
        while fragment in anchors:
            number += 1
            fragment = f"{slug}-{number}"
        anchors[fragment] = heading
    return anchors


def _height_to_start_of_text(blocks: Sequence[Flowable]) -> float:
    """Points that the headings at the start of `blocks` and the beginning of what follows them take."""
    height = 0.0
    for block in blocks:
        if not isinstance(block, _Heading):
            return height + _height_of_start(block)
        height += block.getSpaceBefore() + _height(block) + block.getSpaceAfter()
    return height


def _height_of_start(block: Flowable) -> float:
    if _stays_whole(block):
        return _height(block)
    if isinstance(block, Table):
        return max(BELOW_HEADING, sum(_row_heights(block)[: block.repeatRows + 1]))
    return BELOW_HEADING


def _stays_whole(block: Flowable) -> bool:
    """Whether a block may leave a gap at the end of a page rather than break over two."""
    return isinstance(block, Table | XPreformatted) and _height(block) <= SHORT_BLOCK


def _height(block: Flowable) -> float:
    return block.wrap(TEXT_WIDTH, TEXT_HEIGHT)[1]


def _rows(rows: Sequence[list[Any]], widths: Sequence[float], style: TableStyle, heads: int = 0) -> Table:
    """Rows that go to the next page whole, but for one that takes more than half of it, which breaks."""
    table = Table(rows, colWidths=widths, style=style, repeatRows=heads, hAlign="LEFT", spaceBefore=4, spaceAfter=14)
    table.wrap(TEXT_WIDTH, TEXT_HEIGHT)
    table.splitInRow = int(max(_row_heights(table)) > TEXT_HEIGHT / 2)
    return table


def _row_heights(table: Table) -> list[float]:
    return cast("list[float]", table._rowHeights)  # type: ignore[attr-defined]


def _is_tight(item: SyntaxTreeNode) -> bool:
    return all(child.hidden for child in item.children if child.type == "paragraph")


def _wrapped(line: str, columns: int) -> Iterator[str]:
    """The parts of a line of code that are at most `columns` long, cut at spaces where there are any."""
    indent = len(line) - len(line.lstrip())
    hanging = " " * min(indent + 4, columns // 2)
    while len(line) > columns:
        space = line.rfind(" ", len(hanging) + 1, columns + 1)
        cut = space if space > 0 else columns
        yield line[:cut]
        line = hanging + line[cut:].lstrip()
    yield line


def _column_widths(rows: Sequence[Sequence[Paragraph]], width: float) -> list[float]:
    """Column widths in points, at most `width` in all.

    A column that needs no more than its equal share gets what it needs. The others get their longest word,
    and what is left by how much more each could use. Where even the words do not fit, words break.
    """
    gaps = [COLUMN_GAP] * (len(rows[0]) - 1) + [0]
    columns = list(zip(*rows, strict=True))
    least = [max(cell.minWidth() for cell in cells) + gap + 0.1 for cells, gap in zip(columns, gaps, strict=True)]
    most = [max(map(_natural_width, cells)) + gap + 0.1 for cells, gap in zip(columns, gaps, strict=True)]
    if sum(least) >= width:
        return [column * width / sum(least) for column in least]
    widths = list(least)
    for index, full in enumerate(most):
        if full <= width / len(columns) and full - least[index] <= width - sum(widths):
            widths[index] = full
    spare = width - sum(widths)
    wanted = [full - given for full, given in zip(most, widths, strict=True)]
    if sum(wanted) <= spare:
        return most
    return [given + spare * more / sum(wanted) for given, more in zip(widths, wanted, strict=True)]


def _natural_width(cell: Paragraph) -> float:
    cell.wrap(100_000, 100_000)
    return max(cell.getActualLineWidths0(), default=0.0)


def _aligned(style: ParagraphStyle, css: str) -> ParagraphStyle:
    """The style as a table's column wants it: `css` is what the parser made of its `:--`, `:-:` or `--:`."""
    if css == "text-align:right":
        return ParagraphStyle(f"{style.name}, right", style, alignment=TA_RIGHT)
    if css == "text-align:center":
        return ParagraphStyle(f"{style.name}, centred", style, alignment=TA_CENTER)
    return style


def _hex(color: Color) -> str:
    return f"#{color.hexval()[2:]}"


if __name__ == "__main__":
    sys.exit(main())
