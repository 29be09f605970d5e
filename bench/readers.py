"""What bench-reading compares with: other readers, run by the Python of tools/install.py's `readers` environment.

`python bench/readers.py READER PDF ...` prints a line of JSON for each file: seconds, each page's text, and why reading
ended before the last page, '' if it did not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SAME_PLACE = 0.25
"""Of a character's size: the same character this close is the same one drawn again."""


def by_pdfminer(path: str) -> Iterator[str]:
    """pdfminer.six with its default layout analysis: page by page what its `extract_text` returns."""
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTContainer, LTText, LTTextBox

    def texts(item: Any) -> Iterator[str]:
        if isinstance(item, LTContainer):
            for child in item:
                yield from texts(child)
        elif isinstance(item, LTText):
            yield item.get_text()
        if isinstance(item, LTTextBox):
            yield "\n"

    for page in extract_pages(path):
        yield "".join(texts(page))


def by_pdfium(path: str) -> Iterator[str]:
    """PDFium's text of a page in the order of the file, through pypdfium2."""
    from pypdfium2 import PdfDocument

    document = PdfDocument(path)
    for page in document:
        yield page.get_textpage().get_text_range()
        page.close()
    document.close()


def by_pypdf(path: str) -> Iterator[str]:
    """pypdf's `extract_text`."""
    from pypdf import PdfReader

    for page in PdfReader(path).pages:
        yield page.extract_text()


def by_oxide(path: str) -> Iterator[str]:
    """pdf_oxide's `extract_text`."""
    from pdf_oxide import PdfDocument

    document = PdfDocument(path)
    for number in range(document.page_count()):
        yield document.extract_text(number)


def by_docling(path: str) -> Iterator[str]:
    """docling-parse's lines, without the pictures, shapes, words and characters that it makes objects by default."""
    from docling_parse.pdf_parser import ContentConfig, ContentLevel, DoclingPdfParser

    skip, lines = ContentLevel.SKIP, ContentLevel.COMPUTE_AND_MATERIALIZE
    content = ContentConfig(
        char_cells_content_level=ContentLevel.COMPUTE,
        word_cells_content_level=skip,
        line_cells_content_level=lines,
        shapes_content_level=skip,
        bitmaps_content_level=skip,
    )
    document = DoclingPdfParser(loglevel="fatal").load(path, content_config=content)
    for _, page in document.iterate_pages():
        yield "\n".join(cell.text for cell in page.textline_cells)


def drawn_again(path: str) -> Iterator[str]:
    """Characters that pdfminer.six finds drawn a second time in nearly the same place, for example to look bold."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.layout import LTChar, LTContainer
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage

    def characters(item: Any) -> Iterator[Any]:
        if isinstance(item, LTChar):
            yield item
        elif isinstance(item, LTContainer):
            for child in item:
                yield from characters(child)

    manager = PDFResourceManager()
    device = PDFPageAggregator(manager, laparams=None)
    interpreter = PDFPageInterpreter(manager, device)
    with Path(path).open("rb") as file:
        for page in PDFPage.get_pages(file):
            interpreter.process_page(page)
            places: dict[str, list[tuple[float, float]]] = {}
            again = []
            for own in characters(device.get_result()):
                near = SAME_PLACE * own.size
                known = places.setdefault(own.get_text(), [])
                if any(abs(own.x0 - x) < near and abs(own.y0 - y) < near for x, y in known):
                    again.append(own.get_text())
                else:
                    known.append((own.x0, own.y0))
            yield "\n".join(again)


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "pdfminer.six": by_pdfminer,
    "PDFium": by_pdfium,
    "pypdf": by_pypdf,
    "pdf_oxide": by_oxide,
    "docling-parse": by_docling,
    "drawn again": drawn_again,
}


def read(reader: Callable[[str], Iterator[str]], path: str) -> dict[str, Any]:
    """Seconds from opening to the last page's text, the texts, and what ended it early."""
    texts: list[str] = []
    error = ""
    began = time.perf_counter()
    try:
        for text in reader(path):
            texts.append(text)
    except BaseException as failed:  # a panic in pdf_oxide's Rust is not an Exception
        error = f"{type(failed).__name__} {failed}"[:200]
    return {"seconds": time.perf_counter() - began, "texts": texts, "error": error}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    name, *paths = sys.argv[1:]
    with contextlib.suppress(BaseException):
        next(READERS[name](paths[0]))  # imports what it needs, untimed
    for path in paths:
        print(json.dumps(read(READERS[name], path)), flush=True)
