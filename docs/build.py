"""Builds the handbook: one PDF for each Markdown file in this folder, the sample library of the chat page.

    python docs/build.py OUT_DIR [MARKDOWN_DIR]

markdown-it reads the Markdown, this script writes it as calls of Typst's functions, and Typst sets it; handbook.typ has
the look.
The same Markdown gives the same bytes, so a library that has ingested the handbook finds nothing new in it. What cannot
be shown is an error that names the file and the line: a page is never quietly wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final, final
from urllib.parse import unquote, urlsplit

import pypdfium2
import typst
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from PIL import Image

HERE = Path(__file__).resolve().parent
FONTS = ("fontpkg_fira_sans", "fontpkg_ibm_plex_mono")
SUBJECT = "The Plumbline handbook"
"""In each PDF's metadata: tells a PDF of this script from one of the user's, which is never touched."""

STANDARD: Final = "ua-1"
"""PDF/UA: screen readers can read it, and a character that no font has is an error."""

LINE, GAP, SHORT = 87, 3.6, 16
"""In characters of code: a line of a table's text, the space at both sides of a cell, and a cell that does not wrap."""


class HandbookError(Exception):
    """A handbook page that cannot be built; the message says where and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds the handbook and returns the exit code: 0, or 1 when a file could not be built."""
    parser = argparse.ArgumentParser(description="Build the handbook's PDFs from its Markdown.")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder that the PDFs are written to")
    parser.add_argument("source", type=Path, metavar="MARKDOWN_DIR", nargs="?", default=HERE, help="default: docs/")
    options = parser.parse_args(arguments)
    try:
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
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return bool(document.get_metadata_value("Subject") == SUBJECT)
    except pypdfium2.PdfiumError:
        return False


def render(page: Path) -> bytes:
    """The PDF of one Markdown file.

    Raises:
        HandbookError: the file holds something that cannot be shown as it is meant.
    """
    written = (HERE / "handbook.typ").read_text(encoding="utf-8") + _Page(page).written()
    fonts = typst.Fonts(False, False, [str(files(package) / "files") for package in FONTS])
    try:
        pdf = typst.Compiler(written.encode(), root=page.parent, font_paths=fonts).compile(pdf_standards=STANDARD)
    except typst.TypstError as error:
        raise HandbookError(f"{page}:{_explained(error.message, page)}") from error
    assert isinstance(pdf, bytes)  # a list only of pictures
    return pdf


def _explained(message: str, page: Path) -> str:
    """The line and what is wrong on it, for a character that no font has; else line 1 and what Typst says."""
    if not (found := re.search(r'the text `"(.)"` could not be displayed', message)):
        return f"1: {message}"
    lines = page.read_text(encoding="utf-8-sig").split("\n")
    line = next((number for number, text in enumerate(lines, 1) if found[1] in text), 1)
    return f"{line}: no embedded font has the character {found[1]!r} (U+{ord(found[1]):04X})"


SIMPLE = {
    "inline": "{}",
    "paragraph": "{}\n\n",
    "blockquote": "#whole(quote(block: true)[{}])\n\n",
    "bullet_list": "#list{}\n\n",
    "list_item": "[{}]",
    "th": "[{}],",
    "td": "[{}],",
    "tr": "{}",
    "tbody": "{}",
    "thead": "table.header({}),",
    "hr": "#line(length: 100%, stroke: 0.5pt + rule)\n\n",
    "strong": "#strong[{}]",
    "em": "#emph[{}]",
    "softbreak": '#" "',
    "hardbreak": "#linebreak()",
}
"""What Typst is to set for a node, with its children's in place of the braces. All text is in string literals."""


@final
class _Page:
    """One Markdown file on its way to Typst."""

    def __init__(self, page: Path) -> None:
        self._page = page
        self._line = 1  # of the block at hand, for messages
        try:
            markdown = page.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise HandbookError(f"{page}: not UTF-8: {error}") from error
        self._tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(markdown))
        self._titles = [_plain(node) for node in self._tree.walk() if node.type == "heading"]
        if not self._titles:
            raise self._error("no heading; the first one is the document's title")
        self._anchors = _anchors(self._titles)
        self._coming = iter(self._anchors)
        self._level = 0

    def written(self) -> str:
        """The page as Typst's markup."""
        return f"#show: handbook.with({_literal(self._titles[0])})\n{self._inside(self._tree)}"

    def _error(self, what: str) -> HandbookError:
        return HandbookError(f"{self._page}:{self._line}: {what}")

    def _inside(self, node: SyntaxTreeNode) -> str:
        return "".join(map(self._node, node.children))

    def _node(self, node: SyntaxTreeNode) -> str:
        self._line = node.map[0] + 1 if node.map else self._line
        if node.type in SIMPLE:
            return SIMPLE[node.type].format(self._inside(node))
        match node.type:
            case "text":
                return f"#{_literal(node.content)}"
            case "code_inline":
                return f"#raw({_literal(node.content)})"
            case "fence" | "code_block":
                return f"#whole(raw({_literal(node.content.expandtabs(4).rstrip())}, block: true))\n\n"
            case "ordered_list":
                items = self._inside(node)
                return f"#enum(start: {node.attrs.get('start', 1)}){items}\n\n"
            case "html_block" | "html_inline" if re.fullmatch(r"\s*<!--.*-->\s*", node.content, re.DOTALL):
                return ""  # for the authors
            case "heading" | "table" | "image" | "link":
                return str(getattr(self, f"_{node.type}")(node))
        kind = "HTML" if node.type.startswith("html") else node.type.replace("_", " ")
        raise self._error(f"{kind} cannot be shown: {node.content.strip().partition(chr(10))[0]}")

    def _heading(self, node: SyntaxTreeNode) -> str:
        # An outline has no gaps: a heading two levels below the one before it is shown one level below it.
        self._level = min(int(node.tag[1]), self._level + 1)
        text = self._inside(node)
        return f"#heading(level: {self._level})[{text}] #label({_literal(next(self._coming))})\n\n"

    def _table(self, node: SyntaxTreeNode) -> str:
        columns = list(zip(*(row.children for part in node.children for row in part.children), strict=True))
        *widths, _ = _widths([list(map(_plain, cells)) for cells in columns])
        align = "".join(str(cells[0].attrs.get("style", "left")).removeprefix("text-align:") + "," for cells in columns)
        widths_and_rest = "".join(f"{width}%," for width in widths) + "1fr,"
        return f"#whole(table(columns: ({widths_and_rest}), align: ({align}), {self._inside(node)}))\n\n"

    def _image(self, node: SyntaxTreeNode) -> str:
        source, caption = str(node.attrs["src"]), _plain(node)
        if not caption:
            raise self._error(f"picture {source}: no text in its []; it is the caption, and the text that is searched")
        if len(node.siblings) > 1:
            raise self._error("a picture must stand alone in its paragraph")
        try:
            Image.open(self._page.parent / unquote(source)).load()  # which shows a file that is cut off
        except OSError as error:
            raise self._error(f"picture {source}: {error}") from error
        return f"#picture({_literal(unquote(source))}, {_literal(caption)})"

    def _link(self, node: SyntaxTreeNode) -> str:
        """A live link to the web or to a heading of this document; another file is only emphasised."""
        target, text = str(node.attrs["href"]), self._inside(node)
        parts = urlsplit(target)
        if parts.scheme in ("http", "https", "mailto"):
            return f"#link({_literal(target)})[{text}]"
        if not parts.path and parts.fragment in self._anchors:
            return f"#link(label({_literal(parts.fragment)}))[{text}]"
        if parts.scheme or not parts.path or not (self._page.parent / unquote(parts.path)).exists():
            raise self._error(f"link to {target}, which does not exist")
        return f"#emph[{text}]"


def _literal(text: str) -> str:
    """A string literal of Typst, whose escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)


def _plain(node: SyntaxTreeNode) -> str:
    """The node's text without its markup."""
    return "".join(" " if part.type.endswith("break") else part.content for part in node.walk() if not part.children)


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """The widths of a table's columns in percent: what its words need, and of the rest as much as each could use.

    Whole numbers, since a reader takes the lines of two tables on a page that almost align for those of one.
    """
    words = [max(len(word) for cell in cells for word in ["", *cell.split()]) for cells in columns]
    cells = [max(map(len, cells)) for cells in columns]
    least = [min(cell, max(word, SHORT)) for cell, word in zip(cells, words, strict=True)]
    spare = max(0, LINE - GAP * len(columns) - sum(least)) / (sum(cells) - sum(least) or 1)
    widths = [GAP + own + spare * (cell - own) for cell, own in zip(cells, least, strict=True)]
    return [round(100 * width / sum(widths)) for width in widths]


def _anchors(titles: Sequence[str]) -> list[str]:
    """For each heading the fragment that links to it, as GitHub makes it from its text."""
    slugs = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    earlier = [slugs[:place].count(slug) for place, slug in enumerate(slugs)]
    return [f"{slug}-{count}" if count else slug for slug, count in zip(slugs, earlier, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
