"""The second reader: pdfminer.six, for pages and files whose text PDFium can't extract or garbles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.reading.words import DESCENT, RawPage, ReadError, Style, Word

MINER_ERRORS = Exception  # besides its own errors it raises IndexError, RecursionError, ValueError, TypeError and more


def opened(fd: int) -> Any:
    """A document of pdfminer.six's; ReadError where it can't open the file."""
    import logging

    from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfparser import PDFParser

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    try:
        return PDFDocument(
            PDFParser(Path(f"/dev/fd/{fd}").open("rb"))
        )  # opened again, for a place of its own in the file
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise ReadError("encrypted", "the file is locked with a password") from error
    except MINER_ERRORS as error:
        raise ReadError("damaged", f"pdfminer.six can't open it: {type(error).__name__} {error}"[:200]) from error


class Miner:
    """A document opened by pdfminer.six."""

    name = "pdfminer"

    def __init__(self, fd: int) -> None:
        from pdfminer.converter import PDFPageAggregator
        from pdfminer.layout import LAParams
        from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
        from pdfminer.pdfpage import PDFPage

        try:
            self._pages = list(PDFPage.create_pages(opened(fd)))
        except ReadError:
            raise
        except MINER_ERRORS as error:
            raise ReadError("damaged", f"pdfminer.six fails too: {type(error).__name__} {error}"[:200]) from error
        self.pages = len(self._pages)
        manager = PDFResourceManager()
        # boxes_flow=None: the default grouping of boxes is cubic; 2,000 boxes take over 150 s.
        self._device = PDFPageAggregator(
            manager, laparams=LAParams(boxes_flow=None, all_texts=True, detect_vertical=True)
        )
        self._interpreter = PDFPageInterpreter(manager, self._device)

    def title(self) -> str:
        """Always empty: only PDFium's title is used."""
        return ""

    def outline(self) -> list[tuple[str, int, int]]:
        """Always empty: only PDFium's bookmarks are used."""
        return []

    def label(self, number: int) -> str:
        """Always empty: only PDFium's labels are used."""
        return ""

    def page(self, number: int) -> RawPage:
        """Like Pdfium.page; a page without text counts as a picture if anything is drawn on it."""
        from pdfminer.layout import LTContainer, LTTextLine

        try:
            self._interpreter.process_page(self._pages[number - 1])
            layout = self._device.get_result()
        except MINER_ERRORS as error:
            raise ReadError("damaged", f"pdfminer.six: {type(error).__name__} {error}"[:200]) from error
        words: list[Word] = []
        left, _, _, top = layout.bbox
        stack = list(reversed(list(layout)))
        while stack:
            item = stack.pop()
            if isinstance(item, LTTextLine):
                words += _words(item, left, top)
            elif isinstance(item, LTContainer):
                stack += reversed(list(item))
        unmapped = sum(word.text.count("(cid:") for word in words)
        characters = sum(len(word.text) for word in words)
        share = min(1.0, 6 * unmapped / characters) if characters else 0.0
        words = [word._replace(order=order, last=order) for order, word in enumerate(words)]
        return RawPage(layout.width, layout.height, words, [], share, not words and len(list(layout)) > 0)


def _words(line: Any, left: float, top: float) -> list[Word]:
    """A line's words, in coordinates from the top left."""
    from pdfminer.layout import LTAnno, LTChar, LTTextLineVertical

    angle = 90 if isinstance(line, LTTextLineVertical) else 0
    made: list[Word] = []
    run: list[Any] = []

    def end() -> None:
        if run:
            sides = (min(c.x0 for c in run) - left, top - max(c.y1 for c in run))
            ends = (max(c.x1 for c in run) - left, top - min(c.y0 for c in run))
            size = round(max(c.size for c in run), 1)
            style = Style(size, False, False, angle, "")
            text, baseline = "".join(c.get_text() for c in run), ends[1] - DESCENT * size
            made.append(Word(text, *sides, *ends, baseline, size, style, False, 0, 0))
            run.clear()

    for item in line:
        if isinstance(item, LTChar) and item.get_text().strip():
            run.append(item)
        elif not (angle and isinstance(item, LTAnno)):  # in vertical text it takes any gap for a space
            end()
    end()
    return made
