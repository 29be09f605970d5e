"""PDFs with form fields, notes and attached files, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests import pdfs

HEIGHT = 842
"""Points of a page's height: A4."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in points from the top left corner of the page."""

HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
DINGBATS = b"<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"
FONTS = b"/Resources<</Font<</F1 3 0 R/Helv 3 0 R/ZaDb 4 0 R>>>>"
HIDDEN, PRINT, NO_VIEW = 2, 4, 32
MULTILINE, PASSWORD, COMB, RADIO, PUSHBUTTON, COMBO = 1 << 12, 1 << 13, 1 << 24, 1 << 15, 1 << 16, 1 << 17
"""Flags of annotations and of fields: ISO 32000-1, tables 165 and 226 to 230."""


def said(text: str) -> bytes:
    """A string, as UTF-16."""
    return b"<FEFF" + text.encode("utf-16-be").hex().encode() + b">"


class Sheets:
    """Pages with what lies over them."""

    def __init__(self) -> None:
        self.objects: list[bytes] = [b"", b"", HELVETICA, DINGBATS]
        self.fields: list[int] = []
        self.page_entries = b""
        self._pages: list[int] = []
        self._content: list[bytes] = []
        self._annotations: list[int] = []

    def add(self, body: bytes) -> int:
        """An object of the file; its number."""
        self.objects.append(body)
        return len(self.objects)

    def put(self, left: float, down: float, text: str, size: float = 10) -> None:
        """A line of the page's own words."""
        self._content.append(_line(left, HEIGHT - down, text, size))

    def draw(self, operators: bytes) -> None:
        self._content.append(operators)

    def annotation(self, entries: bytes, box: Box | None = None) -> int:
        """An annotation of the page; its number."""
        rect = b""
        if box is not None:
            rect = b"/Rect[%g %g %g %g]" % (box[0], HEIGHT - box[3], box[2], HEIGHT - box[1])
        number = self.add(b"<</Type/Annot" + rect + entries + b">>")
        self._annotations.append(number)
        return number

    def note(self, kind: str, box: Box | None, text: str = "", author: str = "", entries: bytes = b"") -> int:
        contents = b"/Contents" + said(text) if text else b""
        name = b"/T" + said(author) if author else b""
        return self.annotation(b"/Subtype/" + kind.encode() + contents + name + entries, box)

    def field(self, name: str, box: Box | None, entries: bytes, flags: int = PRINT, parent: int = 0) -> int:
        """A field of a form; of a parent that is among the fields, one of several."""
        own = b"/Parent %d 0 R" % parent if parent else b"/T" + said(name)
        number = self.annotation(b"/Subtype/Widget/F %d/DA(/Helv 10 Tf 0 g)" % flags + own + entries, box)
        if not parent:
            self.fields.append(number)
        return number

    def value(self, name: str, box: Box, text: str, entries: bytes = b"", look: bool = True, flags: int = PRINT) -> int:
        """A text field, as it is filled in and drawn."""
        drawn = self.look(box, _line(2, 4, text, 10)) if look else b""
        return self.field(name, box, b"/FT/Tx/V" + said(text) + drawn + entries, flags)

    def tick(self, name: str, left: float, down: float, on: bool, parent: int = 0, state: str = "Yes") -> int:
        """A box of 10 points to be ticked, whose tick is a sign of a font of dingbats, or a circle that is a path."""
        box = (left, down - 9, left + 10, down + 1)
        drawn = b"2 2 6 6 re f" if parent else b"BT /ZaDb 9 Tf 1 2 Td (4) Tj ET"
        yes = self.add(_form(b"0.5 0.5 9 9 re S " + drawn, box))
        no = self.add(_form(b"0.5 0.5 9 9 re S", box))
        looks = b"/AP<</N<</%s %d 0 R/Off %d 0 R>>>>" % (state.encode(), yes, no)
        now = b"/AS/" + (state.encode() if on else b"Off")
        return self.field(name, box, looks + now + (b"" if parent else b"/FT/Btn/V/" + now[4:]), parent=parent)

    def look(self, box: Box, operators: bytes) -> bytes:
        """The entry for how an annotation is drawn, in points from its lower left corner."""
        return b"/AP<</N %d 0 R>>" % self.add(_form(operators, box))

    def turn_page(self) -> None:
        """Begin the next page."""
        content = self.add(pdfs.stream(b"".join(self._content)))
        annotations = b" ".join(b"%d 0 R" % number for number in self._annotations)
        body = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 %d]/Contents %d 0 R%s/Annots[%s]%s>>"
        self._pages.append(self.add(body % (HEIGHT, content, FONTS, annotations, self.page_entries)))
        self._content, self._annotations, self.page_entries = [], [], b""

    def save(self, path: Path, catalog: bytes = b"", form: bytes = b"") -> Path:
        """Write the file; entries of its catalogue and of its form."""
        self.turn_page()
        kids = b" ".join(b"%d 0 R" % number for number in self._pages)
        self.objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(self._pages))
        fields = b" ".join(b"%d 0 R" % number for number in self.fields)
        if fields or form:
            catalog += b"/AcroForm<</Fields[%s]/DR<</Font<</Helv 3 0 R/ZaDb 4 0 R>>>>%s>>" % (fields, form)
        self.objects[0] = b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog
        return pdfs.raw(path, self.objects)

    def file(self, name: str, content: bytes, entries: bytes = b"/Type/EmbeddedFile") -> int:
        """An embedded file's specification; its number."""
        stream = self.add(pdfs.stream(content, entries + b"/Params<</Size %d>>" % len(content)))
        return self.add(b"<</Type/Filespec/UF%s/EF<</F %d 0 R>>>>" % (said(name), stream))


def holding(numbers: Sequence[int]) -> bytes:
    """The catalogue's entry for embedded files."""
    pairs = b"".join(b"(%06d)%d 0 R" % (place, number) for place, number in enumerate(numbers))
    return b"/Names<</EmbeddedFiles<</Names[%s]>>>>" % pairs


def _line(left: float, up: float, text: str, size: float) -> bytes:
    shown = text.encode("cp1252", "replace").translate(None, b"()\\")
    return b"BT /F1 %g Tf %g %g Td (%s) Tj ET\n" % (size, left, up, shown)


def _form(operators: bytes, box: Box) -> bytes:
    size = box[2] - box[0], box[3] - box[1]
    return pdfs.stream(operators, b"/Type/XObject/Subtype/Form/BBox[0 0 %g %g]" % size + FONTS)
