"""Form fields and notes of many kinds, and what a careful reader finds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from runtime.reading import annotations as looking
from runtime.reading import document
from runtime.reading.document import Box, Limits, Page, TextToLocate, locate, open_pdf, render_page
from runtime.reading.pdfium import Pdfium
from tests import pdfs
from tests.annotated import COMB, COMBO, HIDDEN, MULTILINE, NO_VIEW, PASSWORD, PUSHBUTTON, RADIO, Sheets, said
from tests.pdfs import sentence
from tests.reading_cases import Case, absent, beside, case, column, exactly, fit, once, order, passages, together

CASES: list[Case] = []

NO_LOOKS = b"/NeedAppearances true"

SOON = Limits(page_seconds=8)
"""A page here takes the reader less than two seconds."""


@contextmanager
def sheets(path: Path, catalog: bytes = b"", form: bytes = b"") -> Iterator[Sheets]:
    made = Sheets()
    yield made
    made.save(path, catalog, form)


# Forms


@case(
    "a form that is filled in",
    beside("Keeper of the weir", "Anneke Brouwer", "Telephone"),
    beside("Telephone", "0471 22 83", "Deposit"),
    beside("Deposit", "1,250.00 crowns", "Remarks"),
    together("Remarks", "The gate sticks when the water is low, so bring a second man and the long bar."),
    order("Lease of a boathouse", "Anneke Brouwer", "0471 22 83", "1,250.00 crowns", "The gate sticks", "Signed"),
    among=CASES,
)
def filled_in(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 80, "Lease of a boathouse", 16)
        lines = [
            ("Keeper of the weir:", "Anneke Brouwer"),
            ("Telephone:", "0471 22 83"),
            ("Deposit:", "1,250.00 crowns"),
        ]
        for number, (label, text) in enumerate(lines):
            down = 120 + 30 * number
            page.put(72, down, label)
            page.value(label, (180, down - 12, 420, down + 6), text)
        page.put(72, 216, "Remarks:")
        box = (180, 204, 420, 250)
        text = "The gate sticks when the water is low, so bring a second man and the long bar."
        drawn = [(b"The gate sticks when the water is low, so", 34), (b"bring a second man and the long bar.", 21)]
        look = page.look(box, b"".join(b"BT /Helv 10 Tf 2 %d Td (%s) Tj ET " % (up, line) for line, up in drawn))
        page.field("remarks", box, b"/FT/Tx/Ff %d/V%s%s" % (MULTILINE, said(text), look))
        page.put(72, 300, "Signed at the lock office.")


@case(
    "letters in the cells of a comb",
    beside("Vessel number", "NK4471B", "Port"),
    beside("Port", "Ramsey", "Vessel"),
    absent("N K", "4 4"),
    among=CASES,
)
def comb(path: Path) -> None:
    with sheets(path) as page:
        for down, label, text in ((100, "Vessel number:", "NK4471B"), (130, "Port:", "Ramsey")):
            box = (180, down - 13, 380, down + 5)
            page.put(72, down, label)
            cells = b"".join(
                b"BT /Helv 10 Tf %d 5 Td (%s) Tj ET " % (6 + 20 * n, c.encode()) for n, c in enumerate(text)
            )
            page.field(label, box, b"/FT/Tx/Ff %d/MaxLen 10/V%s%s" % (COMB, said(text), page.look(box, cells)))


@case(
    "choices from lists",
    beside("Delivered by", "Night ferry", "Crates"),
    beside("Crates", ("Oak, Larch", "Oak , Larch"), "Delivered"),
    absent("Mail coach", "NF", "Ash", "Pine"),
    among=CASES,
)
def choices(path: Path) -> None:
    with sheets(path) as page:
        box = (180, 87, 380, 105)
        page.put(72, 100, "Delivered by:")
        options = b"/Opt[[(MC)(Mail coach)][(NF)(Night ferry)]]"
        page.field("by", box, b"/FT/Ch/Ff %d/V(NF)%s" % (COMBO, options))
        page.put(72, 140, "Crates of:")
        box = (180, 127, 380, 187)
        names = (b"Oak", b"Ash", b"Larch", b"Pine")
        drawn = b"".join(b"BT /Helv 10 Tf 2 %d Td (%s) Tj ET " % (48 - 13 * n, name) for n, name in enumerate(names))
        entries = b"/FT/Ch/Ff %d/Opt[(Oak)(Ash)(Larch)(Pine)]/V[(Oak)(Larch)]/I[0 2]" % (1 << 21)
        page.field("crates", box, entries + page.look(box, drawn))


@case(
    "one of several choices",
    beside("◉", "by water", "by road", "by rail"),
    beside("○", "by road", "by rail", "by water"),
    together("◉ by water"),
    together("○ by road"),
    together("○ by rail"),
    among=CASES,
)
def radio(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, "The goods go")
        parent = page.add(b"")
        kids = [
            page.tick("", 90, down, text == "by water", parent, f"S{down}")
            for down, text in ((120, "by road"), (138, "by water"), (156, "by rail"))
        ]
        for down, text in ((120, "by road"), (138, "by water"), (156, "by rail")):
            page.put(106, down, text)
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        page.objects[parent - 1] = b"<</FT/Btn/Ff %d/T(way)/V/S138/Kids[%s]>>" % (RADIO, listed)
        page.fields.append(parent)


@case(
    "boxes that are ticked and that are not, before and behind what they say",
    exactly("☑ Oilskins lent\n☐ Lamp lent\n"),
    together("Life jacket returned ☑"),
    together("Whistle returned ☐"),
    beside("Ladder returned", "☑", "Whistle"),
    absent("✔", "4 Oilskins", "lent 4"),
    among=CASES,
)
def boxes(path: Path) -> None:
    with sheets(path) as page:
        for number, (text, on) in enumerate((("Oilskins lent", True), ("Lamp lent", False))):
            page.tick(text, 72, 100 + 20 * number, on)
            page.put(88, 100 + 20 * number, text)
        for number, (text, left, on) in enumerate(
            (("Life jacket returned", 168, True), ("Whistle returned", 154, False), ("Ladder returned", 300, True))
        ):
            page.put(72, 160 + 20 * number, text)
            page.tick(text, left, 160 + 20 * number, on)


@case(
    "a table of boxes to be ticked",
    column("Hull", "Sound", "☑"),
    column("Hull", "Worn", "☐"),
    column("Rudder", "Sound", "☐"),
    column("Rudder", "Worn", "☑"),
    among=CASES,
)
def ticked_table(path: Path) -> None:
    with sheets(path) as page:
        for left, text in ((72, "Part"), (220, "Sound"), (320, "Worn")):
            page.put(left, 100, text)
        for number, (part, sound) in enumerate((("Hull", True), ("Mast", True), ("Rudder", False), ("Anchor", False))):
            down = 120 + 18 * number
            page.put(72, down, part)
            page.tick(f"{part} sound", 228, down, sound)
            page.tick(f"{part} worn", 326, down, not sound)


@case(
    "fields that the viewer is to draw",
    beside("Master of the lock", "Piet Vermeulen", "Fee"),
    beside("Fee", "86 crowns", "Berth", "12 crowns"),
    beside("Berth", "Lower basin", "Fee"),
    together("☑ Paid in advance"),
    absent("12 crowns"),
    among=CASES,
)
def to_be_drawn(path: Path) -> None:
    with sheets(path, form=NO_LOOKS) as page:
        page.put(72, 100, "Master of the lock:")
        page.value("master", (180, 87, 400, 105), "Piet Vermeulen", look=False)
        page.put(72, 130, "Fee:")
        box = (180, 117, 400, 135)
        stale = page.look(box, b"BT /Helv 10 Tf 2 4 Td (12 crowns) Tj ET")
        page.field("fee", box, b"/FT/Tx/V(86 crowns)" + stale)
        page.put(72, 160, "Berth:")
        options = b"/Opt[[(a)(Upper basin)][(b)(Lower basin)]]"
        page.field("berth", (180, 147, 400, 165), b"/FT/Ch/Ff %d/V(b)%s" % (COMBO, options))
        page.field("paid", (72, 181, 82, 191), b"/FT/Btn/V/Yes/AS/Yes")
        page.put(88, 190, "Paid in advance")


@case(
    "fields without a look in a file that does not ask for one",
    beside("Warden", "Griet Claes", "Keys"),
    beside("Keys", "14 brass ones", "Warden"),
    among=CASES,
)
def without_looks(path: Path) -> None:
    with sheets(path) as page:
        for down, label, text in ((100, "Warden:", "Griet Claes"), (130, "Keys:", "14 brass ones")):
            page.put(72, down, label)
            page.value(label, (180, down - 13, 400, down + 5), text, look=False)


@case(
    "fields that run from the right, for which the viewer has no letters",
    beside("Harbour", "נמל יפו", "Street"),
    beside("Street", "شارع البحر", "Harbour"),
    among=CASES,
)
def from_the_right(path: Path) -> None:
    with sheets(path, form=NO_LOOKS) as page:
        for down, label, text in ((100, "Harbour:", "נמל יפו"), (130, "Street:", "شارع البحر")):
            page.put(72, down, label)
            page.value(label, (180, down - 13, 400, down + 5), text, look=False)


@case(
    "fields that nobody sees, and a password",
    beside("Account", "Orchard 7", "Password"),
    together("Password"),
    absent("hunter", "secret", "unseen", "***"),
    among=CASES,
)
def unseen(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, "Account:")
        page.value("account", (180, 87, 400, 105), "Orchard 7")
        page.put(72, 130, "Password:")
        page.value("password", (180, 117, 400, 135), "hunter 22", b"/Ff %d" % PASSWORD)
        page.value("hidden", (180, 147, 400, 165), "unseen words", flags=HIDDEN)
        page.value("no view", (180, 177, 400, 195), "secret words", flags=NO_VIEW)
        page.note("FreeText", (180, 207, 400, 225), "unseen note", entries=b"/F %d" % HIDDEN)


@case(
    "a form on a page that is turned and cropped",
    beside("Slipway", "Number four", "Winch"),
    beside("Winch", "Hand worked", "Slipway"),
    together("☑ Chained at night"),
    beside("Boatmen", "Twelve oarsmen", "Sworn in", page=2),
    order("Boatmen", "☑ Sworn in", "Note: for a year", page=2),
    among=CASES,
)
def turned(path: Path) -> None:
    with sheets(path) as page:
        page.page_entries = b"/CropBox[40 40 560 800]"
        for down, label, text in ((100, "Slipway:", "Number four"), (130, "Winch:", "Hand worked")):
            page.put(72, down, label)
            page.value(label, (180, down - 13, 400, down + 5), text)
        page.tick("chained", 72, 160, on=True)
        page.put(88, 160, "Chained at night")
        page.turn_page()
        page.page_entries = b"/Rotate 90"  # what is shown at x and so far down is drawn at x upwards and so far right
        page.draw(b"BT /F1 10 Tf 0 1 -1 0 100 72 Tm (Boatmen:) Tj ET BT /F1 10 Tf 0 1 -1 0 160 88 Tm (Sworn in) Tj ET")
        drawn = pdfs.stream(
            b"BT /Helv 10 Tf 2 4 Td (Twelve oarsmen) Tj ET",
            b"/Type/XObject/Subtype/Form/BBox[0 0 220 18]/Matrix[0 1 -1 0 18 0]/Resources<</Font<</Helv 3 0 R>>>>",
        )
        entries = b"/Rect[87 180 105 400]/FT/Tx/V(Twelve oarsmen)/MK<</R 90>>/AP<</N %d 0 R>>" % page.add(drawn)
        page.field("boatmen", None, entries)
        page.field("sworn", None, b"/Rect[152 72 162 82]/FT/Btn/V/Yes/AS/Yes/MK<</R 90>>")
        page.note("Text", None, "for a year", entries=b"/Rect[150 300 160 310]")


@case(
    "words of a watermark",
    once("Lent copy"),
    order(sentence(700)),
    absent("Note"),
    among=CASES,
)
def watermark(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, sentence(700))
        box = (72, 300, 300, 330)
        page.note("Watermark", box, entries=b"/F 4" + page.look(box, b"BT /Helv 20 Tf 2 8 Td (Lent copy) Tj ET"))


# Notes


@case(
    "a note at a word of the page, by name, and its answer",
    together(sentence(710), "Note by Maud Kerr: The ferry no longer calls on Sundays."),
    order(
        "Winter timetable",
        sentence(710),
        "Note by Maud Kerr: The ferry no longer calls on Sundays.",
        "Note by Joost: Since when?",
        sentence(711),
        sentence(712),
    ),
    once("no longer calls", "Since when"),
    among=CASES,
)
def sticky(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 80, "Winter timetable", 16)
        for number in range(3):
            page.put(72, 120 + 60 * number, sentence(710 + number))
        first = page.note("Text", (500, 110, 520, 130), "The ferry no longer\rcalls on Sundays.", "Maud Kerr")
        page.note("Text", (500, 110, 520, 130), "Since when?", "Joost", b"/IRT %d 0 R" % first)
        page.note("Popup", (300, 300, 500, 400), "The ferry no longer calls on Sundays.")


@case(
    "comments on words that are marked",
    order("Note by Ines: Check this with the deed.", "Note: Struck out by order of 3 March.", sentence(722)),
    once(sentence(720), sentence(721), "Check this", "Struck out"),
    among=CASES,
)
def marked(path: Path) -> None:
    with sheets(path) as page:
        for number in range(3):
            page.put(72, 100 + 40 * number, sentence(720 + number))
        for down, kind, text, author in (
            (100, "Highlight", "Check this with the deed.", "Ines"),
            (140, "StrikeOut", "Struck out by order of 3 March.", ""),
            (180, "Underline", "", "Ines"),
        ):
            box = (72, down - 10, 200, down + 3)
            corners = b"/QuadPoints[72 %d 200 %d 72 %d 200 %d]/C[1 1 0]" % (
                852 - down,
                852 - down,
                839 - down,
                839 - down,
            )
            page.note(kind, box, text, author, corners)


@case(
    "a stamp, of which the words are drawn alone, and one that says more than is drawn",
    together("Note: RECEIVED 9 OCT 1987"),
    together("Note by Registry: Sent on to the council", "PASSED"),
    once("RECEIVED 9 OCT 1987", "PASSED", sentence(730)),
    among=CASES,
)
def stamp(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, sentence(730))
        for down, drawn, text, author in (
            (96, b"RECEIVED 9 OCT 1987", "", ""),
            (200, b"PASSED", "Sent on to the council", "Registry"),
        ):
            box = (150, down - 12, 350, down + 18)
            look = page.look(box, b"1 0.9 0.9 rg 0 0 200 30 re f 0 g BT /Helv 14 Tf 6 9 Td (%s) Tj ET" % drawn)
            page.note("Stamp", box, text, author, look)


@case(
    "a note written over the text of the page",
    together("Note by Warden: Mend the third plank first."),
    once("Mend the third plank first.", sentence(740), sentence(741)),
    absent("Note: Mend", "Nfoe"),
    among=CASES,
)
def free_text(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, sentence(740))
        page.put(72, 120, sentence(741))
        box = (100, 88, 300, 124)
        look = page.look(box, b"1 g 0 0 200 36 re f 0 g BT /Helv 10 Tf 4 14 Td (Mend the third plank first.) Tj ET")
        page.note("FreeText", box, "Mend the third plank first.", "Warden", look)
        box = (100, 200, 300, 220)
        look = page.look(box, b"BT /Helv 10 Tf 4 4 Td (Nfoe uif sbjm bmtp) Tj ET")  # of a font with other letters
        page.note("FreeText", box, "Mend the rail also.", "Warden", look)


@case(
    "a note that is drawn and says nothing of itself",
    together("Note: Ask the miller twice."),
    once("Ask the miller twice."),
    among=CASES,
)
def drawn_alone(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, sentence(745))
        box = (100, 188, 300, 224)
        page.note("FreeText", box, entries=page.look(box, b"BT /Helv 10 Tf 4 14 Td (Ask the miller twice.) Tj ET"))


@case(
    "notes beside two columns",
    order(*(sentence(n) for n in (750, 751, 752)), "Note: on the left", sentence(754), sentence(755)),
    order(sentence(757), "Note: on the right", sentence(759)),
    among=CASES,
)
def two_columns(path: Path) -> None:
    with sheets(path) as page:
        for left, first in ((60, 750), (320, 755)):
            down = 100.0
            for number in range(first, first + 5):
                for line in fit(sentence(number), 215):
                    page.put(left, down, line)
                    down += 13
                if number == first + 2:
                    side = "left" if left == 60 else "right"
                    page.note("Caret", (left + 40, down - 24, left + 50, down - 14), f"on the {side}")
                down += 14


@case(
    "a note beside a table",
    column("Tench", "Kilos", "212"),
    column("Perch", "Kilos", "88"),
    column("Bream", "Kilos", "140"),
    order("Bream", "Note: weighed wet"),
    among=CASES,
)
def by_a_table(path: Path) -> None:
    with sheets(path) as page:
        rows = [("Fish", "Kilos", "Crates"), ("Tench", "212", "14"), ("Perch", "88", "6"), ("Bream", "140", "9")]
        for number, row in enumerate(rows):
            for left, text in zip((72, 200, 300), row, strict=True):
                page.put(left, 100 + 16 * number, text)
        page.note("Text", (340, 108, 350, 118), "weighed wet")


@case(
    "what is neither a note nor a value",
    absent("Note", "https", "gauge mark", "Reset form"),
    together(sentence(760)),
    among=CASES,
)
def no_note(path: Path) -> None:
    with sheets(path) as page:
        page.put(72, 100, sentence(760))
        page.annotation(b"/Subtype/Link/Contents(https link)/A<</S/URI/URI(https://example.org)>>", (72, 88, 200, 104))
        page.annotation(b"/Subtype/PrinterMark/Contents(gauge mark)", (10, 10, 30, 30))
        box = (400, 88, 480, 104)
        look = page.look(box, b"BT /Helv 10 Tf 2 4 Td (Reset form) Tj ET")
        page.field("reset", box, b"/FT/Btn/Ff %d" % PUSHBUTTON + look)
        page.note("Highlight", (72, 88, 200, 104))
        page.note("Text", (72, 88, 90, 104), " \r\n ")


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_what_stands_in_fields_and_notes_is_in_the_passages(one: Case, tmp_path: Path) -> None:
    path = tmp_path / "case.pdf"
    one.draw(path)
    read = passages(path)
    wrong = [fact.says for fact in one.facts if not fact.holds(read)]
    assert not wrong, "\n".join([*wrong, *(f"--- page {passage.page}: {passage.text}" for passage in read)])


# Where they are, and what they look like


def read(path: Path, limits: Limits = Limits()) -> list[Page]:  # noqa: B008 - frozen
    with open_pdf(path, limits) as pdf:
        return list(pdf.pages())


def sheet(path: Path, draw: Callable[[Sheets], object], form: bytes = b"") -> Path:
    """A page with a line of its own and what is drawn."""
    with sheets(path, form=form) as page:
        page.put(72, 60, "A page to be read.")
        draw(page)
    return path


def test_a_note_is_a_paragraph_of_its_own_with_its_box(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "a.pdf", lambda page: page.note("Text", (560, 100, 640, 120), "Ask him.", "Ann \u202e Lee\n")
    )
    (page,) = read(path)
    assert [(p.kind, p.text) for p in page.paragraphs] == [
        ("text", "A page to be read."),
        ("note", "Note by Ann Lee: Ask him."),
    ]
    assert page.paragraphs[1].boxes == (Box(560, 100, 595, 120),)


def test_a_page_of_notes_alone_is_one_of_text(tmp_path: Path) -> None:
    with sheets(tmp_path / "a.pdf") as page:
        page.note("Text", (100, 100, 120, 120), "All that there is.")
    assert [(page.state, page.reader) for page in read(tmp_path / "a.pdf")] == [("text", "pdfium")]


@pytest.mark.parametrize(
    ("draw", "state"),
    [
        (b"q 90 0 0 90 300 90 cm BI /W 1/H 1/BPC 8/CS/G ID \0 EI Q", "image"),
        (b"BT /F1 11 Tf 72 600 Td (" + bytes([1, 2, 3, 4, 5]) * 40 + b") Tj ET", "garbled"),
    ],
)
def test_notes_on_a_page_without_text_are_read_and_leave_it_what_it_is(tmp_path: Path, draw: bytes, state: str) -> None:
    with sheets(tmp_path / "a.pdf") as page:
        page.draw(draw)
        page.note("Text", (100, 100, 120, 120), "Ask for a better copy.")
    (read_page,) = read(tmp_path / "a.pdf")
    assert [read_page.state, read_page.reader] == [state, "none"]
    assert [paragraph.text for paragraph in read_page.paragraphs] == ["Note: Ask for a better copy."]


def test_values_are_in_the_pages_picture(tmp_path: Path) -> None:
    box = (180.0, 90.0, 300.0, 110.0)

    def darkest(path: Path) -> int:
        picture = Image.open(BytesIO(render_page(path, 1, 595))).convert("L")
        return min(picture.crop(box).tobytes())

    drawn = sheet(tmp_path / "a.pdf", lambda page: page.value("a", box, "Drawn"))
    left_to_the_viewer = sheet(tmp_path / "b.pdf", lambda page: page.value("a", box, "Not drawn", look=False), NO_LOOKS)
    empty = sheet(tmp_path / "c.pdf", lambda page: page.value("a", box, "", look=False), NO_LOOKS)
    assert [darkest(path) < 128 for path in (drawn, left_to_the_viewer, empty)] == [True, True, False]


@pytest.mark.parametrize("text", ["Sea Holly", "NK4471B", "Night ferry", "Mend the plank", "PASSED"])
def test_what_is_drawn_for_fields_and_notes_is_located(tmp_path: Path, text: str) -> None:
    boxes = {name: (180.0, 90.0 + 30 * n, 380.0, 110.0 + 30 * n) for n, name in enumerate(NAMES)}

    def draw(page: Sheets) -> None:
        page.value("a", boxes["Sea Holly"], "Sea Holly")
        page.field("b", boxes["NK4471B"], b"/FT/Tx/Ff %d/MaxLen 10/V(NK4471B)" % COMB)
        page.field("c", boxes["Night ferry"], b"/FT/Ch/Ff %d/V(n)/Opt[[(n)(Night ferry)]]" % COMBO)
        for kind, name in (("FreeText", "Mend the plank"), ("Stamp", "PASSED")):
            look = page.look(boxes[name], b"BT /Helv 10 Tf 2 4 Td (%s) Tj ET" % name.encode())
            page.note(kind, boxes[name], name if kind == "FreeText" else "", entries=look)

    (found,) = locate(sheet(tmp_path / "a.pdf", draw, NO_LOOKS), 1, [TextToLocate(text)])
    left, top, right, bottom = boxes[text]
    assert found
    for one in found:  # in a comb each letter stands alone
        assert left <= one.left < one.right <= right
        assert top <= (one.top + one.bottom) / 2 <= bottom


NAMES = ("Sea Holly", "NK4471B", "Night ferry", "Mend the plank", "PASSED")


def test_what_is_drawn_for_a_note_rules_no_table_and_hides_nothing(tmp_path: Path) -> None:
    box = (60, 50, 300, 70)
    drawn = b"1 g 0 0 240 20 re B 120 0 m 120 20 l S 0 g BT /Helv 10 Tf 4 4 Td (PASSED) Tj ET"
    path = sheet(tmp_path / "a.pdf", lambda page: page.note("Stamp", box, entries=page.look(box, drawn)))
    with path.open("rb") as file:
        raw = Pdfium(file.fileno()).page(1)
    assert (raw.rules, {word.style.hidden for word in raw.words}) == ([], {""})
    assert [word.text for word in raw.notes[0].drawn] == ["PASSED"]


def test_a_page_without_fields_leaves_the_form_alone(tmp_path: Path) -> None:
    def draw(page: Sheets) -> None:
        page.note("Text", (100, 100, 120, 120), "A note.")
        page.annotation(b"/Subtype/Link", (100, 100, 120, 120))
        page.turn_page()
        page.value("a", (72, 90, 300, 110), "A value")

    asked: list[bool] = []
    with sheet(tmp_path / "a.pdf", draw).open("rb") as file:
        pdf = Pdfium(file.fileno(), asked.append)
        pdf.page(1)
        assert asked == []
        pdf.page(2)
        assert asked == [True, False]


def test_of_a_field_on_several_pages_each_page_has_the_value(tmp_path: Path) -> None:
    with sheets(tmp_path / "a.pdf") as page:
        parent = page.add(b"")
        kids = []
        for number in range(40):
            page.put(72, 100, f"Page {number} of the lease of")
            kids.append(page.field("", (200, 88, 400, 104), b"", parent=parent))
            page.turn_page()
        page.objects[parent - 1] = b"<</FT/Tx/T(boat)/V(Sea Holly)/Kids[%s]>>" % b" ".join(b"%d 0 R" % n for n in kids)
        page.fields.append(parent)
    pages = read(tmp_path / "a.pdf")[:40]
    assert ["Sea Holly" in paragraph.text for page in pages for paragraph in page.paragraphs] == [True] * 40
    with open_pdf(tmp_path / "a.pdf") as pdf:
        assert list(pdf.pages(23)) == [*pages[22:], *list(pdf.pages(41))]


# What is made to cost time or memory


def test_of_a_page_of_too_many_annotations_the_first_are_read_and_the_others_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MAX_ANNOTATIONS", 3)
    path = sheet(
        tmp_path / "a.pdf",
        lambda page: [page.note("Text", (72, 100 + 20 * n, 90, 110 + 20 * n), f"Number {n}") for n in range(7)],
    )
    with path.open("rb") as file:
        raw = Pdfium(file.fileno()).page(1)
    assert ([note.text for note in raw.notes], raw.left_out) == (["Number 0", "Number 1", "Number 2"], 4)


def test_20_000_notes_on_a_page_are_read_up_to_the_limit_and_told(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "a.pdf",
        lambda page: [page.note("Text", (72, 100 + n / 40, 90, 118 + n / 40), f"Number {n}") for n in range(20_000)],
    )
    (page,) = read(path, SOON)
    assert page.hidden == {"annotations": 15_000}
    assert sum(paragraph.kind == "note" for paragraph in page.paragraphs) == 5000


def test_a_note_of_a_million_words_is_cut_and_told_and_the_others_are_read(tmp_path: Path) -> None:
    def draw(page: Sheets) -> None:
        page.note("Text", (72, 100, 90, 118), "word " * 1_000_000, "A" * 10_000)
        page.note("Text", (72, 130, 90, 148), "A short one.")

    (page,) = read(sheet(tmp_path / "a.pdf", draw), SOON)
    own, long, short = page.paragraphs
    assert (own.text, short.text, page.hidden) == ("A page to be read.", "Note: A short one.", {"annotations": 1})
    assert long.text.startswith("Note by " + "A" * 100 + ": word word")
    assert len(long.text) == len("Note by : ") + 100 + 20_000


def test_all_notes_of_a_page_have_no_more_than_their_limit(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "a.pdf",
        lambda page: [page.note("Text", (72, 100 + n, 90, 118 + n), "word " * 3999 + "words") for n in range(25)],
    )
    (page,) = read(path, SOON)
    assert sum(len(p.text) - len("Note: ") for p in page.paragraphs if p.kind == "note") == 400_000
    assert page.hidden == {"annotations": 5}


def test_words_drawn_for_more_stamps_than_are_read_are_told(tmp_path: Path) -> None:
    def draw(page: Sheets) -> None:
        for n in range(150):
            box = (72, 100 + 4 * n, 172, 118 + 4 * n)
            page.note("Stamp", box, entries=page.look(box, b"BT /Helv 10 Tf 2 4 Td (STAMP %d) Tj ET" % n))

    (page,) = read(sheet(tmp_path / "a.pdf", draw), SOON)
    notes = [paragraph.text for paragraph in page.paragraphs if paragraph.kind == "note"]
    assert notes == [f"Note: STAMP {n}" for n in range(100)]
    assert page.hidden == {"annotations": 50}


def test_a_form_of_more_fields_than_can_be_opened_in_time_is_read_by_its_fields_own_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "FORM_SECONDS", 0.5)

    def draw(page: Sheets) -> None:
        page.value("first", (180, 90, 400, 110), "Sea Holly", look=False)
        page.field("second", (72, 120, 82, 130), b"/FT/Btn/AS/Yes")
        page.put(88, 129, "Paid")
        page.fields += [page.add(b"<</FT/Tx/T(%d)>>" % n) for n in range(40_000)]
        page.turn_page()
        page.put(72, 60, "The next page.")

    path = sheet(tmp_path / "a.pdf", draw, NO_LOOKS)
    first, second = read(path)
    assert [paragraph.text for paragraph in first.paragraphs] == ["A page to be read.", "Sea Holly", "☑ Paid"]
    assert [paragraph.text for paragraph in second.paragraphs] == ["The next page."]
    assert render_page(path, 1, 300).startswith(b"RIFF")
    assert locate(path, 1, [TextToLocate("A page to be read.")]) != [()]


def without_rectangle(page: Sheets) -> None:
    page.annotation(b"/Subtype/Text/Contents(One)")
    page.annotation(b"/Subtype/Text/Contents(Two)/Rect[1e39 -1e39 (a)]")
    page.annotation(b"/Subtype/Stamp/Contents(Three)/Rect[90000 90000 90010 90010]")
    page.fields.append(page.annotation(b"/Subtype/Widget/FT/Tx/T(a)/V(Four)/DA(/Helv 10 Tf)"))


def that_refer_to_each_other(page: Sheets) -> None:
    first, second = (page.note("Text", (72, 100, 90, 118), text) for text in ("One", "Two"))
    page.note("Text", (72, 130, 90, 148), "Three", entries=b"/IRT %d 0 R/Popup %d 0 R" % (first, second))
    page.objects[first - 1] = page.objects[first - 1][:-2] + b"/IRT %d 0 R/Parent %d 0 R>>" % (second, first)
    above, below = page.add(b""), page.add(b"")
    page.objects[above - 1] = b"<</FT/Tx/T(p)/Parent %d 0 R/Kids[%d 0 R]>>" % (below, below)
    page.objects[below - 1] = b"<</T(q)/Parent %d 0 R/Kids[%d 0 R]>>" % (above, above)
    page.field("", (72, 200, 200, 220), b"/V(Four)", parent=above)
    page.fields += [above, below]


def with_broken_looks(page: Sheets) -> None:
    broken = page.add(
        b"<</Length 5/Filter/FlateDecode/Type/XObject/Subtype/Form/BBox[0 0 100 20]>>stream\nwrong\nendstream"
    )
    itself = page.add(b"")
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</XObject<</X %d 0 R>>>>" % itself
    page.objects[itself - 1] = pdfs.stream(b"/X Do", entries)
    for number, look in enumerate((broken, itself, 99_999)):
        box = (72, 100 + 30 * number, 172, 120 + 30 * number)
        page.note("Stamp", box, ("One", "Two", "Three")[number], entries=b"/AP<</N %d 0 R>>" % look)
    page.field("broken", (72, 190, 172, 210), b"/FT/Tx/V(Four)/AP<</N %d 0 R>>" % broken)


@pytest.mark.parametrize("draw", [without_rectangle, that_refer_to_each_other, with_broken_looks])
def test_broken_annotations_disturb_nothing_else(tmp_path: Path, draw: Callable[[Sheets], object]) -> None:
    path = sheet(tmp_path / "a.pdf", draw)
    (page,) = read(path, SOON)
    texts = [paragraph.text for paragraph in page.paragraphs]
    assert "A page to be read." in texts
    assert {"Note: One", "Note: Two", "Note: Three"} <= set(texts)
    assert ("Four" in texts) == (draw is with_broken_looks)
    assert render_page(path, 1, 300).startswith(b"RIFF")


def test_what_is_drawn_for_a_note_is_read_on_a_page_with_a_picture_too(tmp_path: Path) -> None:
    page = Sheets()
    page.put(72, 60, "The deed of sale is on this page.")
    stamp = page.look((300, 150, 500, 180), b"BT /Helv 10 Tf 4 8 Td (RECEIVED 3 MAY) Tj ET")
    page.note("Stamp", (300, 150, 500, 180), "", entries=stamp)
    page.draw(b"q 400 0 0 300 72 300 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\xff\xff\x00 EI Q\n")
    with open_pdf(page.save(tmp_path / "a.pdf")) as pdf:
        (read,) = pdf.pages()
    assert [one.text for one in read.paragraphs] == ["The deed of sale is on this page.", "Note: RECEIVED 3 MAY"]
