"""What lies over a page, by PDFium: the fields of a form become part of the page, and notes are told apart from it."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pypdfium2_raw.bindings as pdfium

from runtime.reading.characters import CONTROL, printable
from runtime.reading.drawing import Drawing, Place
from runtime.reading.fields import MAX_VALUE, Field
from runtime.reading.pdfium_words import text_pages, words_of
from runtime.reading.words import Box, Note, ReadError, Word

MAX_ANNOTATIONS = 5000
"""Annotations of a page that are read, the first ones. PDFium's time grows with their square: 0.4 s for so many, 2 s
for 10,000. A page that people use has some hundreds."""

MAX_NOTE, MAX_NOTES = 20_000, 400_000
"""Characters of a note, some 3,000 words, and of all notes of a page."""

MAX_DRAWN_NOTES = 100
"""Notes of a page that are read from how they are drawn: each takes PDFium a pass over the page's objects."""

MAX_AUTHOR = 100
"""Characters of a note's author."""

MAX_STRING, MAX_DECODED = 256 << 20, 1 << 18
"""Bytes in UTF-16 of a string, which PDFium gives as a whole or not at all, and of its beginning, which is used: white
space included, more than is read of a note or a value."""

MAX_OPTIONS = 1000
"""Entries of a list among which the chosen ones are looked for."""

UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW

OF_THE_PAGE = frozenset({pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_WATERMARK})

DRAWN_NOTES = frozenset(
    {
        pdfium.FPDF_ANNOT_FREETEXT,
        pdfium.FPDF_ANNOT_LINE,
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_POLYLINE,
        pdfium.FPDF_ANNOT_STAMP,
    }
)
"""Notes that may be drawn with words, such as a stamp's or a measured length."""

NOTES = DRAWN_NOTES | {
    pdfium.FPDF_ANNOT_TEXT,
    pdfium.FPDF_ANNOT_HIGHLIGHT,
    pdfium.FPDF_ANNOT_UNDERLINE,
    pdfium.FPDF_ANNOT_SQUIGGLY,
    pdfium.FPDF_ANNOT_STRIKEOUT,
    pdfium.FPDF_ANNOT_CARET,
    pdfium.FPDF_ANNOT_INK,
    pdfium.FPDF_ANNOT_FILEATTACHMENT,
    pdfium.FPDF_ANNOT_REDACT,
}
"""Annotations by which people comment on a page: 'markup annotations' in ISO 32000-1, 12.5.6.2."""

READ = NOTES | OF_THE_PAGE

TICKS = {pdfium.FPDF_FORMFIELD_CHECKBOX: "☐☑", pdfium.FPDF_FORMFIELD_RADIOBUTTON: "○◉"}
"""What stands for a box that is not ticked, and for one that is."""

PASSWORD, COMB = 1 << 13, 1 << 24
"""Flags of a text field: ISO 32000-1, table 228."""


OnForm = Callable[[bool], None]
"""Is called with True before the work on a form, which takes long where that has very many fields, and with False
behind it."""


class Comment(NamedTuple):
    """A note's text and author, its box on the page as shown, and whether words that are drawn for it belong to it."""

    text: str
    author: str
    box: Box
    is_drawn: bool


class Overlay(NamedTuple):
    """A page with its fields drawn into it, which takes the place of the page that was given; what fields say that is
    not read from how they are drawn; the notes, each with the page object that is drawn for it, if that has words of
    it; and how many annotations are left out or cut."""

    page: Any
    fields: Sequence[Field] = ()
    comments: Sequence[tuple[Comment, Any]] = ()
    left_out: int = 0


class Annotations:
    """A document's annotations. Without `on_form`, neither its form is opened nor anything drawn into its pages: of
    fields and notes there is what their own entries say."""

    def __init__(self, document: Any, on_form: OnForm | None) -> None:
        self._document = document
        self._on_form = on_form
        self._settings = pdfium.FPDF_FORMFILLINFO(version=2)
        self._form: Any = None

    @contextmanager
    def form(self, page: Any) -> Iterator[Any]:
        """The document's form, with a look for each field on the page; None where there is none."""
        if self._on_form is None:
            yield None
            return
        self._on_form(True)
        if self._form is None and pdfium.FPDF_GetFormType(self._document) != pdfium.FORMTYPE_NONE:
            self._form = pdfium.FPDFDOC_InitFormFillEnvironment(self._document, self._settings) or None
        if self._form:
            pdfium.FORM_OnAfterLoadPage(page, self._form)
        yield self._form
        if self._form:
            pdfium.FORM_OnBeforeClosePage(page, self._form)
        self._on_form(False)

    def laid_in(self, page: Any, number: int, *, everything: bool = False) -> Overlay:
        """The page with its fields drawn into it, which can be done once. `everything`: with ticks and notes too, so
        that the letters of all are among the page's."""
        place = Place(page)
        left_out = drop_annotations(page, MAX_ANNOTATIONS)
        kinds = _sift(page)
        comments, cut = _comments(page, kinds, place, everything)
        to_draw = not OF_THE_PAGE.isdisjoint(kinds) or any(comment.is_drawn for comment in comments.values())
        if self._on_form is None or not to_draw:
            fields = _fields(page, kinds, place, None)
            silent = kinds.count(pdfium.FPDF_ANNOT_WIDGET) - len(fields)
            noted = [(comment, None) for comment in comments.values()]
            return Overlay(page, list(fields.values()), noted, left_out + cut + silent)
        with self.form(page) as form:
            fields = _fields(page, kinds, place, form)
            stay = [n for n in range(len(kinds)) if _stays(page, n, comments.get(n), fields.get(n), everything)]
            for index in sorted(set(range(len(kinds))) - set(stay), reverse=True):
                pdfium.FPDFPage_RemoveAnnot(page, index)
            is_drawn = pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS
        page, objects = self._with_new_objects(page, number) if is_drawn else (page, [])
        # Where PDFium has drawn some and not others, what is drawn for a note counts as the page's own.
        drawn = dict(zip(stay, objects, strict=True)) if len(stay) == len(objects) else {}
        noted = [(comment, drawn.get(n) if comment.is_drawn else None) for n, comment in comments.items()]
        return Overlay(page, list(fields.values()), noted, left_out + cut)

    def _with_new_objects(self, page: Any, number: int) -> tuple[Any, list[Any]]:
        """The page, opened again with what is drawn for its annotations, and the object of each."""
        before = pdfium.FPDFPage_CountObjects(page)
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(self._document, number - 1)
        if not page:
            raise ReadError("damaged", f"PDFium can't open page {number} again")
        whole = pdfium.FPDFPage_GetObject(page, before) if pdfium.FPDFPage_CountObjects(page) == before + 1 else None
        if not whole or pdfium.FPDFPageObj_GetType(whole) != pdfium.FPDF_PAGEOBJ_FORM:
            return page, []
        return page, _forms_in(whole)


def drop_annotations(page: Any, most: int) -> int:
    """Take the annotations behind the first so many from a page; how many those are."""
    count = int(pdfium.FPDFPage_GetAnnotCount(page))
    for index in range(count - 1, most - 1, -1):
        pdfium.FPDFPage_RemoveAnnot(page, index)
    return max(0, count - most)


def has_fields(page: Any) -> bool:
    """Whether a form's field is among the annotations of a page that are read."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        with _annotation(page, index) as annotation:
            if annotation and pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET:
                return True
    return False


def _sift(page: Any) -> list[int]:
    """The kinds of the notes and of what is the page's own, once all other annotations are taken from it, and those
    that nobody sees."""
    kinds = []
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        with _annotation(page, index) as annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation) if annotation else pdfium.FPDF_ANNOT_UNKNOWN
            flags = pdfium.FPDFAnnot_GetFlags(annotation) if annotation else UNSEEN
            if flags & pdfium.FPDF_ANNOT_FLAG_INVISIBLE:  # it is meant for unknown kinds alone; PDFium hides any
                pdfium.FPDFAnnot_SetFlags(annotation, flags & ~pdfium.FPDF_ANNOT_FLAG_INVISIBLE)
        if kind in READ and not flags & UNSEEN:
            kinds.append(kind)
        else:
            pdfium.FPDFPage_RemoveAnnot(page, index)
    return kinds[::-1]


def _comments(page: Any, kinds: list[int], place: Place, everything: bool) -> tuple[dict[int, Comment], int]:
    """The notes by their places among the annotations, and how many are left out or cut."""
    comments: dict[int, Comment] = {}
    room, drawn, cut = MAX_NOTES, 0, 0
    for index, kind in enumerate(kinds):
        if kind not in NOTES:
            continue
        with _annotation(page, index) as annotation:
            whole = _one_line(_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
            text = whole[: min(MAX_NOTE, room)]
            # The words of a note on the page are its text; a stamp's or a length's are more than what is said of it.
            says_it = kind == pdfium.FPDF_ANNOT_FREETEXT and text != "" and not everything
            has_words = kind in DRAWN_NOTES and bool(pdfium.FPDFAnnot_HasKey(annotation, b"AP")) and not says_it
            is_drawn = has_words and (drawn < MAX_DRAWN_NOTES or everything)
            author = printable(_text(pdfium.FPDFAnnot_GetStringValue, annotation, b"T"))[:MAX_AUTHOR]
            comments[index] = Comment(text, author, _box(annotation, place), is_drawn)
            room, drawn = room - len(text), drawn + is_drawn
            cut += len(text) < len(whole) or is_drawn < has_words
    return comments, cut


def _fields(page: Any, kinds: list[int], place: Place, form: Any) -> dict[int, Field]:
    """What the fields say, by their places among the annotations; not those that are read from how they are drawn."""
    fields: dict[int, Field] = {}
    for index, kind in enumerate(kinds):
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            with _annotation(page, index) as annotation:
                said = _said(annotation, form) if form else _said_alone(annotation)
                left, top, right, bottom = _box(annotation, place)
                if said and left < right and top < bottom:
                    fields[index] = Field(said[0], (left, top, right, bottom), said[1])
    return fields


def _said(annotation: Any, form: Any) -> tuple[str, bool] | None:
    """What a field says, and whether that takes the place of what is drawn for it, or is read where no letters are."""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in TICKS:
        return TICKS[kind][pdfium.FPDFAnnot_IsChecked(form, annotation)], True
    if kind == pdfium.FPDF_FORMFIELD_PUSHBUTTON:  # it does something, and says nothing
        return "", True
    if kind == pdfium.FPDF_FORMFIELD_TEXTFIELD:
        flags = pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation)
        if flags & PASSWORD:  # whatever is drawn for it is not to be read
            return "", True
        value = _value(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
        return (value, bool(flags & COMB)) if value else None
    if kind in (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX):
        chosen = ", ".join(_chosen(annotation, form))[:MAX_VALUE]
        return (chosen, kind == pdfium.FPDF_FORMFIELD_LISTBOX) if chosen else None
    return None


def _said_alone(annotation: Any) -> tuple[str, bool] | None:
    """As `_said`, by the field's own entry, which leaves out what it shares with others: a field with a state is one to
    be ticked."""
    if pdfium.FPDFAnnot_HasKey(annotation, b"AS"):
        ticked = _text(pdfium.FPDFAnnot_GetStringValue, annotation, b"AS") != "Off"
        return TICKS[pdfium.FPDF_FORMFIELD_CHECKBOX][ticked], True
    flags = ctypes.c_float()
    pdfium.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
    if math.isfinite(flags.value) and int(flags.value) & PASSWORD:
        return "", True
    value = _value(pdfium.FPDFAnnot_GetStringValue, annotation, b"V")
    return (value, False) if value else None


def _chosen(annotation: Any, form: Any) -> Iterator[str]:
    """The chosen entries of a list, or what was typed instead of choosing one."""
    count = min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), MAX_OPTIONS)
    chosen = [n for n in range(count) if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, n)]
    for number in chosen:
        yield _value(pdfium.FPDFAnnot_GetOptionLabel, form, annotation, number)
    if not chosen:
        yield _value(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _stays(page: Any, index: int, comment: Comment | None, field: Field | None, everything: bool) -> bool:
    """Whether an annotation is drawn into the page, whose words are then read."""
    with _annotation(page, index) as annotation:
        if not pdfium.FPDFAnnot_HasKey(annotation, b"AP"):
            return False
    if comment is not None:
        return comment.is_drawn
    return field is None or not field.instead or (everything and field.text != "")


@contextmanager
def inactive(objects: Iterable[Any]) -> Iterator[frozenset[int]]:
    """Have PDFium neither read nor draw some objects of a page for a while; their addresses."""
    asleep = list(objects)
    for one in asleep:
        pdfium.FPDFPageObj_SetIsActive(one, False)
    yield frozenset(ctypes.cast(one, ctypes.c_void_p).value or 0 for one in asleep)
    for one in asleep:
        pdfium.FPDFPageObj_SetIsActive(one, True)


def notes_of(page: Any, comments: Sequence[tuple[Comment, Any]], place: Place) -> list[Note]:
    """The notes with the words that are drawn for them. Thereafter PDFium gives nothing else of the page."""
    drawing = None
    made = []
    for comment, drawn in comments:
        words: list[Word] = []
        if drawn:
            drawing = drawing or _asleep(page, place)
            pdfium.FPDFPageObj_SetIsActive(drawn, True)
            parts = text_pages(page, drawing)
            words, _ = words_of(parts, drawing, place)
            for text_page in parts:
                pdfium.FPDFText_ClosePage(text_page)
            pdfium.FPDFPageObj_SetIsActive(drawn, False)
        made.append(Note(comment.text, comment.author, comment.box, words))
    return made


def _asleep(page: Any, place: Place) -> Drawing:
    """What is drawn on a page, all of which is made inactive, but for the last object, in which annotations are."""
    drawing = Drawing(page, place)
    last = pdfium.FPDFPage_CountObjects(page) - 1
    annotations = _forms_in(pdfium.FPDFPage_GetObject(page, last))
    for one in (*annotations, *(pdfium.FPDFPage_GetObject(page, n) for n in range(last))):
        pdfium.FPDFPageObj_SetIsActive(one, False)
    return drawing


def _forms_in(whole: Any) -> list[Any]:
    return [pdfium.FPDFFormObj_GetObject(whole, n) for n in range(pdfium.FPDFFormObj_CountObjects(whole))]


@contextmanager
def _annotation(page: Any, index: int) -> Iterator[Any]:
    """An annotation of a page, None where there is none that PDFium can open."""
    annotation = pdfium.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation or None
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _box(annotation: Any, place: Place) -> tuple[float, float, float, float]:
    """An annotation's rectangle on the page as shown, cut off at its edges; without one, a point at its corner."""
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, rect):
        return 0.0, 0.0, 0.0, 0.0
    x1, y1, x2, y2 = place(rect.left, rect.top, rect.right, rect.bottom)
    if not math.isfinite(x1 + y1 + x2 + y2):
        return 0.0, 0.0, 0.0, 0.0
    across, down = sorted((x1, x2)), sorted((y1, y2))
    left, right = (min(max(x, 0.0), place.width) for x in across)
    top, bottom = (min(max(y, 0.0), place.height) for y in down)
    return left, top, right, bottom


def _text(function: Any, *arguments: Any) -> str:
    """A string that a function of PDFium's gives in UTF-16."""
    size = function(*arguments, None, 0)
    if not 2 < size <= MAX_STRING:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return ctypes.string_at(buffer, min(size - 2, MAX_DECODED)).decode("utf-16-le", errors="replace")


def _value(function: Any, *arguments: Any) -> str:
    return _one_line(_text(function, *arguments))[:MAX_VALUE]


def _one_line(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())
