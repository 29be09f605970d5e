"""Pages of many kinds, by many producers, and what a careful reader finds on them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from runtime.ports import Passage
from runtime.reading.document import open_pdf
from tests import pdfs
from tests.pdfs import HEIGHT, WIDTH, sentence
from tests.reading_cases import (
    BOLD,
    CASES,
    ITALIC,
    NO_TABLE,
    PLAIN,
    Case,
    Fact,
    absent,
    beside,
    block,
    case,
    cid,
    column,
    dejavu,
    drawing,
    each,
    exactly,
    fit,
    lines,
    once,
    order,
    passages,
    prose,
    put,
    rich,
    rule,
    said,
    spread,
    table,
    together,
    upright,
)

DATA = Path(__file__).parents[1] / "data"

# Columns and other prose


@case(
    "a newsletter in three columns, stored row by row",
    order("Weir repaired", *each(100, 4), "Market moved", *each(110, 4), "Choir returns", *each(120, 4)),
    NO_TABLE,
)
def newsletter(path: Path) -> None:
    with drawing(path) as page:
        put(page, WIDTH / 2, 80, "The Lower Town Letter", BOLD, 22, "c")
        for left, headline in zip((50, 220, 390), ("Weir repaired", "Market moved", "Choir returns"), strict=True):
            put(page, left, 116, headline, BOLD, 12)
        texts = [fit(said(first, 4), 150, size=9) for first in (100, 110, 120)]
        spread(page, (50, 220, 390), 134, texts, size=9, pitch=11.5)


@case(
    "a caption across both columns, which begin below it",
    order("Figure 3. The north sluice at low water, seen from the ferry landing.", *each(130, 8)),
    NO_TABLE,
)
def spanning_caption(path: Path) -> None:
    with drawing(path) as page:
        block(page, 72, 72, 523, 220, HexColor("#8899aa"))
        put(
            page,
            WIDTH / 2,
            236,
            "Figure 3. The north sluice at low water, seen from the ferry landing.",
            ITALIC,
            9,
            "c",
        )
        texts = fit(said(130, 8), 215)
        spread(page, (72, 308), 266, (texts[: len(texts) // 2], texts[len(texts) // 2 :]))


@case(
    "a sentence that goes on in the next column, past a footnote",
    together("Only the keeper of the lower lock may open the paddles, and only after the bell has been rung twice."),
    together("A brass bell of 1887, recast in 1931."),
    order(*each(140, 3), sentence(146), sentence(148)),
    NO_TABLE,
)
def footnote_in_a_column(path: Path) -> None:
    with drawing(path) as page:
        down = prose(page, 72, 90, said(140, 3), 215)
        down = prose(page, 72, down, "Only the keeper of the lower lock may open the paddles, and only", 215)
        rule(page, 72, down + 4, 140)
        put(page, 72, down + 16, "1  A brass bell of 1887, recast in 1931.", size=7.5)
        down = prose(page, 308, 90, "after the bell has been rung twice.", 215)
        prose(page, 308, down, said(146, 3), 215)


@case(
    "a narrow gutter with a rule in it",
    order(*each(150, 10)),
    NO_TABLE,
)
def narrow_gutter(path: Path) -> None:
    with drawing(path) as page:
        texts = fit(said(150, 10), 218, "Times-Roman", 10)
        half = (len(texts) + 1) // 2
        spread(page, (72, 300), 90, (texts[:half], texts[half:]), font="Times-Roman")
        upright(page, 295, 80, 80 + 12 * half)


@case(
    "narrow columns whose justified lines have wide gaps between their words",
    order(*each(160, 8)),
    NO_TABLE,
)
def justified(path: Path) -> None:
    with drawing(path) as page:
        texts = fit(said(160, 8), 128, "Times-Roman", 11)
        half = (len(texts) + 1) // 2
        for number, text in enumerate(texts):
            left, down = (72, 90 + 13 * number) if number < half else (222, 90 + 13 * (number - half))
            words = text.split()
            room = 128 - sum(stringWidth(word, "Times-Roman", 11) for word in words)
            for word in words:
                put(page, left, down, word, "Times-Roman", 11)
                left += stringWidth(word, "Times-Roman", 11) + room / max(1, len(words) - 1)


VERSES = (
    "The tide goes out and leaves the sand",
    "    with lines like writing on a slate,",
    "The tide comes in and wipes the hand",
    "    that wrote so much so late.",
    "A gull walks by and reads it all,",
    "    and thinks it worth a second look;",
    "It leaves its own marks by the wall",
    "    and has no need of any book.",
)


@case("a poem of indented lines keeps their order", order(*VERSES), NO_TABLE)
def poem(path: Path) -> None:
    with drawing(path) as page:
        for number, verse in enumerate(VERSES):
            left = 150 + 24 * (verse[0] == " ")
            put(page, left, 120 + 15 * number + 15 * (number // 4), verse.strip(), "Times-Roman", 12)


@case(
    "a poem whose every fifth line is numbered at the right",
    order(*VERSES),
    together("that wrote so much so late.", "A gull walks by and reads it all,"),
)
def numbered_poem(path: Path) -> None:
    with drawing(path) as page:
        lines(page, 120, 120, [verse.strip() for verse in VERSES], 16, "Times-Roman", 12)
        put(page, 400, 120 + 4 * 16, "5", "Times-Roman", 9)


@case(
    "chords above the words of a song",
    order("Down at the landing the lanterns are low", "Nobody asks where the ferrymen go"),
    together("Am", "Dm7"),
    NO_TABLE,
)
def song(path: Path) -> None:
    with drawing(path) as page:
        words = ("Down at the landing the lanterns are low", "Nobody asks where the ferrymen go")
        for down, text, chords in zip((120, 164), words, (("Am", "F", "C"), ("Dm7", "E7", "Am")), strict=True):
            for left, chord in zip((100, 190, 270), chords, strict=True):
                put(page, left, down, chord, BOLD, 9)
            put(page, 100, down + 14, text, size=12)


@case(
    "a large initial that is a word of its own",
    together("A harbour without a crane is a beach, the old masters said, and they built three cranes at once."),
)
def one_letter_initial(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 115, "A", "Times-Roman", 36)
        texts = ("harbour without a crane is a beach,", "the old masters said, and they built")
        lines(page, 108, 100, texts, 15, "Times-Roman", 12)
        put(page, 72, 130, "three cranes at once.", "Times-Roman", 12)
        prose(page, 72, 150, said(170, 3), font="Times-Roman", size=12, pitch=15)


@case(
    "a letter with its address at the left and its date at the right",
    order("Harbour Office", "Quay Street 14", "4021 Nordhaven"),
    together("Nordhaven, 3 May 2041"),
    order("Dear Sir or Madam", sentence(180), sentence(181), "Yours faithfully"),
    NO_TABLE,
)
def letter(path: Path) -> None:
    with drawing(path) as page:
        lines(page, 72, 120, ("Harbour Office", "Quay Street 14", "4021 Nordhaven"))
        put(page, 523, 146, "Nordhaven, 3 May 2041", at="r")
        put(page, 72, 200, "Dear Sir or Madam,")
        down = prose(page, 72, 226, said(180, 4))
        put(page, 72, down + 13, "Yours faithfully,")


@case(
    "a sheet of address labels, three beside each other",
    together("Rope Workshop Mill Lane 4 3310 Elmcote"),
    together("Sail Loft Dyke Road 27 3312 Brack"),
    together("Net Store Kiln Yard 9 3315 Oversand"),
    together("Ferry School Weir Path 1 3318 Lund"),
)
def labels(path: Path) -> None:
    places = (
        ("Rope Workshop", "Mill Lane 4", "3310 Elmcote"),
        ("Boat House", "Long Quay 88", "3311 Elmcote"),
        ("Sail Loft", "Dyke Road 27", "3312 Brack"),
        ("Tide Office", "Low Street 6", "3314 Brack"),
        ("Net Store", "Kiln Yard 9", "3315 Oversand"),
        ("Chart Room", "High Street 2", "3316 Oversand"),
        ("Pump House", "Canal Side 40", "3317 Lund"),
        ("Ferry School", "Weir Path 1", "3318 Lund"),
        ("Buoy Yard", "Slip Lane 12", "3319 Lund"),
    )
    with drawing(path) as page:
        for number, place in enumerate(places):
            lines(page, 60 + 175 * (number % 3), 90 + 100 * (number // 3), place, 12)


ENGLISH = (
    "The lessee shall keep the boathouse dry and shall tell the lessor of any leak within two days.",
    "The lessor shall pay for the roof, the doors and the slipway, but not for the lamps.",
)
GERMAN = (
    "Der Mieter hält das Bootshaus trocken und meldet dem Vermieter jedes Leck binnen zwei Tagen.",
    "Der Vermieter zahlt für das Dach, die Tore und die Slipanlage, nicht aber für die Lampen.",
)


@case("a contract in two languages side by side", [together(text) for text in ENGLISH + GERMAN])
def bilingual(path: Path) -> None:
    with drawing(path) as page:
        down = 100.0
        for english, german in zip(ENGLISH, GERMAN, strict=True):
            down = 14 + max(prose(page, 72, down, english, 210), prose(page, 310, down, german, 210))


@case(
    "notes in the margin beside the lines that they explain",
    order(*each(190, 10)),
    together("First survey of the reef"),
    together("Loss of the lightship"),
)
def margin_notes(path: Path) -> None:
    with drawing(path) as page:
        down = prose(page, 170, 100, said(190, 5), 350)
        prose(page, 170, down + 6, said(195, 5), 350)
        lines(page, 60, 113, ("First survey", "of the reef"), 10, ITALIC, 8)
        lines(page, 60, down + 19, ("Loss of the", "lightship"), 10, ITALIC, 8)


@case(
    "a conversation with its speakers in a narrow column",
    beside("Clerk:", said(200, 2), sentence(202), sentence(204)),
    beside("Skipper:", said(202, 2), sentence(200), sentence(204)),
    order(*each(200, 6)),
)
def conversation(path: Path) -> None:
    with drawing(path) as page:
        down = 100.0
        for number, who in enumerate(("Clerk:", "Skipper:", "Clerk:")):
            put(page, 72, down, who, BOLD)
            down = prose(page, 130, down, said(200 + 2 * number, 2), 390) + 6


@case(
    "lines that run beside a picture with a caption, and then below it",
    order(*each(210, 8)),
    together("The tower in 1904, before the fire"),
)
def picture_beside(path: Path) -> None:
    with drawing(path) as page:
        block(page, 72, 90, 220, 190, HexColor("#aa9988"))
        lines(page, 72, 202, ("The tower in 1904,", "before the fire"), 10, ITALIC, 8)
        texts = fit(said(210, 8), 285)
        down = lines(page, 236, 98, texts[:10])
        prose(page, 72, down, " ".join(texts[10:]), 450)


@case(
    "clauses of clauses, their numbers in columns of their own",
    together("(b)", "the sails, unless they were wet when they were stowed"),
    order(
        "1.", "The club lends", "1.1", "With the boat go", "(a)", "the oars", "(b)", "the sails", "1.2", "Nothing else"
    ),
    NO_TABLE,
)
def clauses(path: Path) -> None:
    points = (
        (72, 100, "1.", "The club lends each boat for a day at a time and to members alone."),
        (100, 132, "1.1", "With the boat go these parts, which the borrower counts before he leaves the quay:"),
        (132, 156, "(a)", "the oars, the bailer and the two lines;"),
        (132, 156, "(b)", "the sails, unless they were wet when they were stowed;"),
        (100, 132, "1.2", "Nothing else may be taken from the shed without a word to the warden, not even a fender."),
    )
    with drawing(path) as page:
        down = 100.0
        for sign, left, number, text in points:
            put(page, sign, down, number)
            down = prose(page, left, down, text, 500 - left)


@case(
    "terms above the indented lines that define them",
    order("Bollard", "A post of iron on a quay", "Fairlead", "A ring or a block that leads", "Kedge", "A light anchor"),
    together("Fairlead", "A ring or a block that leads a rope in the direction in which it is to be hauled."),
    NO_TABLE,
)
def definitions(path: Path) -> None:
    terms = (
        (
            "Bollard",
            "A post of iron on a quay to which the ropes of a ship are made fast, and which gave its name to others.",
        ),
        ("Fairlead", "A ring or a block that leads a rope in the direction in which it is to be hauled."),
        ("Kedge", "A light anchor that is carried out by boat, so that the ship can be pulled towards it."),
    )
    with drawing(path) as page:
        down = 100.0
        for term, text in terms:
            put(page, 72, down, term, BOLD)
            down = prose(page, 100, down + 13, text, 380) + 5


@case(
    "a glossary in two columns with hanging lines",
    order(*[f"term{n}: {sentence(220 + n)}" for n in range(12)]),
    NO_TABLE,
)
def glossary(path: Path) -> None:
    columns: list[list[tuple[float, str]]] = [[], []]
    for n in range(12):
        texts = fit(f"term{n}: {sentence(220 + n)}", 195)
        columns[n // 6] += [(12 * bool(number), text) for number, text in enumerate(texts)]
    with drawing(path) as page:
        for number in range(max(map(len, columns))):
            for left, texts_ in zip((72, 308), columns, strict=True):
                if number < len(texts_):
                    put(page, left + texts_[number][0], 100 + 12 * number, texts_[number][1])


POINTS = (
    "a rope of thirty metres that is strong enough to tow the boat",
    "two lamps with cells for six hours, of which one is white",
    "a bucket that can be tied to a line without being torn away",
    "a chart of the sound, not older than the last great storm",
)


@case("points of a list in two columns, each of two lines", [together(point) for point in POINTS])
def bullets_in_columns(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "Everybody who sails to the outer islands brings what this list names:")
        for number, point in enumerate(POINTS):
            left, down = (90, 320)[number // 2], 112 + 30 * (number % 2)
            put(page, left - 10, down, "•")
            prose(page, left, down, point, 180, 12)
        prose(page, 72, 190, said(240, 2))


@case(
    "an equation with its number at the line's end",
    together("Q = k · A · ΔT / d", "(4)"),
    order("The loss of heat is", "Q = k · A · ΔT / d", "(4)", "where d is the thickness"),
)
def equation(path: Path) -> None:
    font = dejavu()
    with drawing(path) as page:
        put(page, 72, 100, "The loss of heat is", font)
        put(page, 240, 124, "Q = k · A · ΔT / d", font, 11)
        put(page, 523, 124, "(4)", font, 11, "r")
        put(page, 72, 148, "where d is the thickness of the wall in metres.", font)


CAPTIONS = (
    "Left: the engine room of the tug, with the boiler that was put in after the collision of 1911.",
    "Right: the same room today, with its two diesel engines and the workbench of the engineer.",
)


@case("captions below two pictures that stand side by side", [together(text) for text in CAPTIONS])
def captions(path: Path) -> None:
    with drawing(path) as page:
        for left, text in zip((72, 310), CAPTIONS, strict=True):
            block(page, left, 90, left + 210, 220, HexColor("#778899"))
            prose(page, left, 233, text, 210, 10, ITALIC, 8)
        prose(page, 72, 290, said(250, 3))


@case(
    "a journal's page: title, summary, two columns, and a table below both",
    order("Silt in the Outer Basin", "Summary", sentence(260), sentence(261), *each(262, 8), "Station"),
    column("East mole", "Silt, cm", "41"),
    column("Slip", "Sand, cm", "17"),
)
def journal(path: Path) -> None:
    with drawing(path) as page:
        put(page, WIDTH / 2, 90, "Silt in the Outer Basin", "Times-Bold", 18, "c")
        put(page, 110, 120, "Summary", "Times-Bold", 9)
        prose(page, 110, 132, said(260, 2), 375, 11, "Times-Roman", 9)
        texts = fit(said(262, 8), 215, "Times-Roman", 10)
        half = (len(texts) + 1) // 2
        spread(page, (72, 308), 176, (texts[:half], texts[half:]), font="Times-Roman")
        down = 190 + 12 * half
        rows = (
            ("Station", "Silt, cm", "Sand, cm"),
            ("West mole", "38", "12"),
            ("East mole", "41", "9"),
            ("Slip", "23", "17"),
        )
        rule(page, 72, down, 523)
        table(page, (72, 400, 523), "lrr", down, rows, font="Times-Roman", head="Times-Bold", size=9)
        rule(page, 72, down + 64, 523)


@case(
    "two pages printed side by side on one sheet, as forms made smaller",
    order(*each(270, 8), *each(280, 8)),
    NO_TABLE,
)
def two_up(path: Path) -> None:
    with drawing(path) as page:
        for name, first in (("one", 270), ("two", 280)):
            page.beginForm(name)
            prose(page, 72, 90, said(first, 8), size=12, pitch=16)
            page.endForm()
        for name, left in (("one", 20), ("two", WIDTH / 2)):
            page.saveState()
            page.transform(0.5, 0, 0, 0.5, left, HEIGHT / 2)
            page.doForm(name)
            page.restoreState()


# Tables


@case(
    "an invoice whose totals stand below its last column",
    column("Anchor chain, 10 mm", "Quantity", "25"),
    column("Shackles", "Amount", "46.50"),
    beside("VAT 20%", "117.30", "703.80"),
    beside("Total due", "703.80"),
    together("Invoice 2041-0388"),
)
def invoice(path: Path) -> None:
    rows = (
        ("Item", "Quantity", "Unit price", "Amount"),
        ("Anchor chain, 10 mm", "25", "19.20", "480.00"),
        ("Shackles", "15", "3.10", "46.50"),
        ("Splicing, by the hour", "1", "60.00", "60.00"),
        ("", "", "Net", "586.50"),
        ("", "", "VAT 20%", "117.30"),
        ("", "", "Total due", "703.80"),
    )
    with drawing(path) as page:
        put(page, 72, 90, "Invoice 2041-0388", BOLD, 14)
        table(page, (72, 330, 430, 523), "lrrr", 120, rows)
        rule(page, 72, 136, 523)
        rule(page, 350, 185, 523)


@case(
    "a statement of account in which each line has a debit or a credit",
    column("Crane hire", "Debit", "410.00"),
    column("Berth fees", "Credit", "1,280.00"),
    once("Debit", "Diesel"),
    column("Diesel", "Debit", "96.40"),
    column("Refund of deposit", "Credit", "150.00"),
    column("Diesel", "Balance", "2,773.60"),
    column("Opening balance", "Balance", "2,000.00"),
)
def statement(path: Path) -> None:
    rows = (
        ("Date", "Details", "Debit", "Credit", "Balance"),
        ("01 Mar", "Opening balance", "", "", "2,000.00"),
        ("03 Mar", "Crane hire", "410.00", "", "1,590.00"),
        ("07 Mar", "Berth fees", "", "1,280.00", "2,870.00"),
        ("12 Mar", "Diesel", "96.40", "", "2,773.60"),
        ("20 Mar", "Refund of deposit", "", "150.00", "2,923.60"),
    )
    with drawing(path) as page:
        table(page, (72, 130, 340, 430, 523), "llrrr", 100, rows)


@case(
    "names of columns in two lines, with units, below names of groups",
    column("Tern", "Draught", "1.20"),
    column("Tern", "loaded (m)", "1.75"),
    column("Skua", "Sail area", "64"),
    column("Skua", "(m²)", "64"),
    column("Skua", "Rig", "64"),
    column("Tern", "Hull", "1.75"),
)
def two_line_heads(path: Path) -> None:
    font = dejavu()
    with drawing(path) as page:
        put(page, 255, 100, "Hull", dejavu("Sans-Bold"), at="c")
        put(page, 440, 100, "Rig", dejavu("Sans-Bold"), at="c")
        rule(page, 180, 104, 330)
        rule(page, 370, 104, 510)
        rows = (
            ("Boat", "Draught\nempty (m)", "Draught\nloaded (m)", "Mast\n(m)", "Sail area\n(m²)"),
            ("Tern", "1.20", "1.75", "9.4", "31"),
            ("Gannet", "1.35", "1.90", "11.0", "42"),
            ("Skua", "1.60", "2.25", "13.8", "64"),
        )
        table(page, (72, 215, 295, 400, 480), "lcccc", 108, rows, font=font, head=dejavu("Sans-Bold"), size=9)


@case(
    "a ruled grid whose first column has cells over several rows",
    column("Ladder", "Count", "4"),
    column("Paint, white", "Count", "12"),
    column("Spade", "State", "rusty"),
    together("North shed", "Ladder", "Tarpaulin"),
    together("South shed", "Paint, white", "Spade", "Barrow"),
    order("North shed", "Tarpaulin", "South shed", "Barrow"),
    exactly("Place | Thing | Count | State"),
    absent("South shed Spade"),
)
def merged_rows(path: Path) -> None:
    rows = (
        ("Place", "Thing", "Count", "State"),
        ("", "Ladder", "4", "good"),
        ("", "Tarpaulin", "7", "torn"),
        ("", "Paint, white", "12", "good"),
        ("", "Spade", "5", "rusty"),
        ("", "Barrow", "2", "good"),
    )
    with drawing(path) as page:
        tops = table(page, (80, 190, 370, 430), "llrl", 100, rows, pitch=20)
        put(page, 80, 144, "North shed")
        put(page, 80, 194, "South shed")
        for number, down in enumerate(tops):
            rule(page, 72 if number in (0, 1, 3, 6) else 180, down, 500)
        for left in (72, 180, 330, 420, 500):
            upright(page, left, tops[0], tops[-1])


@case(
    "a table with level rules alone, between prose above and below",
    order(sentence(300), "Table 2. Catch by boat and month", "Boat", "Heron", "Plover", sentence(301)),
    column("Heron", "April", "318"),
    column("Plover", "June", "96"),
    once("April", "Heron"),
    together("Table 2. Catch by boat and month", "Heron"),
)
def booktabs(path: Path) -> None:
    with drawing(path) as page:
        down = prose(page, 72, 90, said(300, 1))
        put(page, 72, down + 20, "Table 2. Catch by boat and month", ITALIC, 9)
        rows = (
            ("Boat", "April", "May", "June"),
            ("Heron", "318", "402", "377"),
            ("Plover", "120", "—", "96"),
            ("Teal", "88", "91", "—"),
        )
        tops = table(page, (72, 250, 330, 410), "lrrr", down + 28, rows, font="Times-Roman", head="Times-Roman")
        for number, thick in ((0, 1.2), (1, 0.5), (4, 1.2)):
            rule(page, 72, tops[number], 410, thick)
        prose(page, 72, tops[-1] + 24, said(301, 2))


@case(
    "striped rows below white names on a dark bar",
    column("Oak", "Age", "140"),
    column("Rowan", "Height", "8.5"),
    column("Willow", "Age", "35"),
    once("Height", "Oak"),
)
def striped(path: Path) -> None:
    rows = (
        ("Tree", "Height", "Age"),
        ("Oak", "21.0", "140"),
        ("Beech", "24.5", "110"),
        ("Rowan", "8.5", "40"),
        ("Willow", "11.0", "35"),
    )
    with drawing(path) as page:
        for number in range(len(rows)):
            block(
                page,
                72,
                100 + 18 * number,
                400,
                118 + 18 * number,
                HexColor("#223355" if number == 0 else ("#e8ecf4", "#ffffff")[number % 2]),
            )
        page.setFillColor("white")
        table(page, (80, 300, 390), "lrr", 100, rows[:1], 18)
        page.setFillColor("black")
        table(page, (80, 300, 390), "lrr", 118, rows[1:], 18, head="Helvetica")


WRAPPING = (
    ("Service", "Days", "Price"),
    ("Washing of the hull with\nfresh water, with brushes", "2", "120"),
    ("Painting", "5", "480"),
    ("Repair of planks, each,\nwithout the wood itself\nand without varnish", "3", "260"),
    ("Storage", "90", "700"),
)


WRAPPED = [
    column("Washing of the hull with fresh water, with brushes", "Days", "2"),
    column("Repair of planks, each, without the wood itself and without varnish", "Price", "260"),
    column("Painting", "Price", "480"),
    column("Storage", "Days", "90"),
]


@case("cells of several lines in the first column, values at their top", WRAPPED)
def wrapping_top(path: Path) -> None:
    with drawing(path) as page:
        table(page, (72, 300, 380), "lrr", 100, WRAPPING)


@case("cells of several lines in the first column, values at half their height", WRAPPED)
def wrapping_middle(path: Path) -> None:
    with drawing(path) as page:
        tops = table(page, (76, 300, 380), "lrr", 100, WRAPPING, middle=True)
        for down in tops:
            rule(page, 72, down, 390)


STYLES = getSampleStyleSheet()


@case(
    "a grid of wrapped paragraphs that goes on for pages, its names on the first alone",
    column("Rule 3", "Text", sentence(313), page=1),
    column("Rule 37", "Text", sentence(347), page=2),
    column("Rule 37", "Since", "2014", page=2),
    column("Rule 59", "Since", "2036", page=3),
)
def long_grid(path: Path) -> None:
    rows: list[list[object]] = [["Number", "Text", "Since"]]
    rows += [[f"Rule {n}", Paragraph(sentence(310 + n), STYLES["BodyText"]), str(1977 + n)] for n in range(1, 70)]
    style = [
        ("GRID", (0, 0), (-1, -1), 0.5, "black"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 0), (-1, 0), BOLD),
    ]
    SimpleDocTemplate(str(path), invariant=1).build([Table(rows, [60, 280, 60], style=style)])


@case(
    "a timetable over two pages without rules, its names on the first alone",
    column("Oversand", "Weekdays", "6:12", page=1),
    column("Stop 41", "Sundays", "11:41", page=2),
    column("Stop 44", "Saturdays", "9:44", page=2),
    column("Stop 43", "Weekdays", "7:43", page=2),
    absent("Stop Oversand", "Weekdays 6:12"),
)
def timetable(path: Path) -> None:
    rows = [("Stop", "Weekdays", "Saturdays", "Sundays"), ("Oversand", "6:12", "8:12", "")]
    rows += [(f"Stop {n}", f"7:{n}", f"9:{n}", f"11:{n}" if n % 2 else "") for n in range(10, 60)]
    with drawing(path) as page:
        table(page, (72, 250, 350, 450), "lrrr", 90, rows[:33], 20, dejavu("Serif"), dejavu("Serif-Bold"))
        page.showPage()
        table(page, (72, 250, 350, 450), "lrrr", 90, rows[33:], 20, dejavu("Serif"), dejavu("Serif"))


@case(
    "a table drawn column by column, with empty cells",
    column("Lamp oil", "Monday", "3"),
    column("Lamp oil", "Wednesday", "5"),
    column("Candles", "Tuesday", "14"),
    once("Goods", "Wicks"),
    column("Matches", "Wednesday", "8"),
)
def by_column(path: Path) -> None:
    rows = (
        ("Goods", "Monday", "Tuesday", "Wednesday"),
        ("Lamp oil", "3", "", "5"),
        ("Candles", "", "14", ""),
        ("Wicks", "20", "20", ""),
        ("Matches", "", "", "8"),
    )
    with drawing(path) as page:
        table(page, (72, 230, 320, 420), "lrrr", 100, rows, by_column=True)


@case(
    "money whose signs stand apart, with losses in parentheses and shares in per cent",
    column("Ferry", "Result", ("(1,204)", "$(1,204)", "$ (1,204)")),
    column("Shop", "Result", ("310", "$310", "$ 310")),
    column("Café", "Share", ("12.5%", "12.5 %")),
    column("Café", "Change", "−4.2"),
    column("Ferry", "Change", "+0.8"),
)
def money(path: Path) -> None:
    font = dejavu()
    with drawing(path) as page:
        for left, name in ((72, "Branch"), (300, "Result"), (390, "Share"), (480, "Change")):
            put(page, left, 100, name, dejavu("Sans-Bold"), at="l" if left == 72 else "r")
        rows = (("Ferry", "(1,204)", "80.0", "+0.8"), ("Shop", "310", "7.5", "−0.6"), ("Café", "1,877", "12.5", "−4.2"))
        for number, (name, result, share, change) in enumerate(rows):
            down = 120 + 16 * number
            put(page, 72, down, name, font)
            put(page, 230, down, "$", font)
            put(page, 300 + 4 * result.endswith(")"), down, result, font, at="r")
            put(page, 378, down, share, font, at="r")
            put(page, 382, down, "%", font)
            put(page, 480, down, change, font, at="r")


@case(
    "a month's calendar",
    column("11", "Thu", "14"),
    column("28", "Sun", "31"),
    column("4", "Fri", "8"),
    together("16", "Regatta"),
    order("May 2043", "Mon", "Sun", "16", "Regatta"),
    absent("Fri 1", "Sat 2"),
)
def calendar(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 80, "May 2043", BOLD, 16)
        for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            put(page, 76 + 64 * number, 104, name, BOLD)
        for number in range(6):
            rule(page, 72, 110 + 50 * number, 520)
        for number in range(8):
            upright(page, 72 + 64 * number, 92, 360)
        for day in range(1, 32):
            place = day + 3
            put(page, 76 + 64 * (place % 7), 124 + 50 * (place // 7), str(day))
        put(page, 76 + 64 * 5, 124 + 50 * 2 + 14, "Regatta", size=8)
        put(page, 76 + 64 * 6, 124 + 50 * 4 + 14, "Long day", size=8)


@case(
    "distances of which one half of the table is empty",
    column("Brack", "Elmcote", "12"),
    column("Oversand", "Brack", "48"),
    column("Nordhaven", "Lund", "27"),
    column("Lund", "Oversand", "5"),
    exactly("km | Elmcote | Brack | Oversand | Lund"),
)
def distances(path: Path) -> None:
    rows = (
        ("km", "Elmcote", "Brack", "Oversand", "Lund"),
        ("Brack", "12"),
        ("Oversand", "60", "48"),
        ("Lund", "65", "53", "5"),
        ("Nordhaven", "88", "76", "31", "27"),
    )
    with drawing(path) as page:
        table(page, (72, 200, 270, 350, 430), "lrrrr", 100, rows, 18)


@case(
    "a week's lessons in a grid with cells of several lines",
    column("10:00", "Wednesday", "Rope splicing, hall 2"),
    column("14:00", "Friday", "Chart reading for beginners"),
    column("14:00", "Monday", "First aid"),
    column("10:00", "Tuesday", "Knots"),
)
def lessons(path: Path) -> None:
    rows = (
        ("", "Monday", "Tuesday", "Wednesday", "Friday"),
        ("8:00", "Rowing", "", "Rowing", "Swimming\npool A"),
        ("10:00", "", "Knots", "Rope splicing,\nhall 2", ""),
        ("14:00", "First aid", "", "", "Chart reading\nfor beginners"),
    )
    with drawing(path) as page:
        tops = table(page, (95, 165, 255, 345, 435), "ccccc", 100, rows, 26, middle=True)
        for down in tops:
            rule(page, 72, down, 480)
        for left in (72, 120, 210, 300, 390, 480):
            upright(page, left, tops[0], tops[-1])


@case(
    "a cell of the body that spans two columns",
    column("Sauna", "Tuesday", "9 to 21"),
    column("Pool", "Thursday", "10 to 20"),
    column("Pool", "Monday", "7 to 22"),
    together("Pool", "closed for repairs"),
    beside("Pool", "closed for repairs", "Sauna", "Hall"),
    exactly("Place | Monday | Tuesday | Wednesday | Thursday"),
)
def spanned_cell(path: Path) -> None:
    rows = (
        ("Place", "Monday", "Tuesday", "Wednesday", "Thursday"),
        ("Sauna", "12 to 21", "9 to 21", "12 to 21", "12 to 23"),
        ("Pool", "7 to 22", "", "", "10 to 20"),
        ("Hall", "8 to 18", "8 to 18", "8 to 12", "8 to 18"),
    )
    with drawing(path) as page:
        tops = table(page, (100, 175, 255, 335, 415), "ccccc", 100, rows, 22)
        put(page, 295, 100 + 44 + 15, "closed for repairs", at="c")
        for down in tops:
            rule(page, 72, down, 455)
        for number, left in enumerate((72, 135, 215, 295, 375, 455)):
            if number == 3:
                upright(page, left, tops[0], tops[2])
                upright(page, left, tops[3], tops[-1])
            else:
                upright(page, left, tops[0], tops[-1])


@case(
    "numbers as names of columns, told from the rows by a rule alone",
    column("6 kn", "20", "47"),
    column("4 kn", "5", "12"),
    column("8 kn", "10", "39"),
)
def numeric_heads(path: Path) -> None:
    rows = (
        ("Depth in m", "5", "10", "20"),
        ("4 kn", "12", "18", "31"),
        ("6 kn", "19", "28", "47"),
        ("8 kn", "27", "39", "66"),
    )
    with drawing(path) as page:
        put(page, 72, 90, "Length of the towing line in metres, by speed and depth")
        table(page, (72, 220, 290, 360), "lrrr", 104, rows, head="Helvetica")
        rule(page, 72, 120, 360)


@case(
    "two pairs of label and value in each row",
    beside("Draught", "1.9 m", "Beam", "Built"),
    beside("Beam", "4.4 m", "Draught", "Engine"),
    beside("Engine", "62 kW", "Beam", "Built"),
    beside("Built", "2029", "Port", "Engine"),
    beside("Port", "Oversand", "Built"),
)
def pairs(path: Path) -> None:
    rows = (
        ("Draught", "1.9 m", "Beam", "4.4 m"),
        ("Built", "2029", "Engine", "62 kW"),
        ("Port", "Oversand", "Flag", "blue"),
    )
    with drawing(path) as page:
        for number, row in enumerate(rows):
            for left, text, font in zip((72, 150, 300, 380), row, (BOLD, "Helvetica") * 2, strict=True):
                put(page, left, 100 + 18 * number, text, font)


@case(
    "names of columns that stand upright above narrow columns",
    column("Otter", "Sauna", "yes"),
    column("Marten", "Balcony", "no"),
    column("Badger", "Kitchen", "yes"),
)
def upright_heads(path: Path) -> None:
    with drawing(path) as page:
        for left, name in ((200, "Kitchen"), (235, "Balcony"), (270, "Sauna")):
            page.saveState()
            page.translate(left + 4, HEIGHT - 150)
            page.rotate(90)
            page.setFont(BOLD, 10)
            page.drawString(0, 0, name)
            page.restoreState()
        put(page, 72, 148, "Cabin", BOLD)
        rows = (("Otter", "yes", "no", "yes"), ("Marten", "no", "no", "yes"), ("Badger", "yes", "yes", "no"))
        table(page, (72, 200, 235, 270), "lccc", 158, rows, head="Helvetica")


@case(
    "a table aligned by spaces in letters of one width",
    order("STATION   LEVEL   TREND", "Elmcote     212   rising", "Brack        87   steady"),
    beside("Brack", "87", "Elmcote", "Lund"),
    beside("Lund", "140", "Brack"),
)
def fixed_pitch(path: Path) -> None:
    texts = (
        "STATION   LEVEL   TREND",
        "Elmcote     212   rising",
        "Brack        87   steady",
        "Lund        140   falling",
    )
    with drawing(path) as page:
        prose(page, 72, 90, said(350, 2))
        lines(page, 72, 140, texts, 12, "Courier", 10)


@case(
    "a menu with a description below each dish and its price at the right",
    beside("Smoked eel", "14.50", "9.80", "11.20"),
    beside("Barley soup", "9.80", "14.50", "11.20"),
    beside("Plum cake", "11.20", "9.80"),
    together("on dark bread, with horseradish and a spoon of sour cream"),
)
def menu(path: Path) -> None:
    dishes = (
        ("Smoked eel", "14.50", "on dark bread, with horseradish and a spoon of sour cream"),
        ("Barley soup", "9.80", "with the vegetables of the day and smoked cheese"),
        ("Plum cake", "11.20", "from the baker across the lane, with cinnamon"),
    )
    with drawing(path) as page:
        for number, (name, price, text) in enumerate(dishes):
            down = 110 + 44 * number
            put(page, 120, down, name, "Times-Bold", 12)
            put(page, 470, down, price, "Times-Bold", 12, "r")
            prose(page, 120, down + 13, text, 200, 11, "Times-Italic", 9)


@case(
    "two tables side by side, each with its own names",
    column("Plaice", "Kilos", "212"),
    column("Cod", "Crates", "31"),
    column("Hazel", "Rows", "14"),
    column("Currant", "Plants", "96"),
    order("Landings", "Plaice", "Sole", "Plantings", "Hazel", "Sloe"),
)
def side_by_side(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "Landings", BOLD, 12)
        put(page, 330, 90, "Plantings", BOLD, 12)
        fish = (("Fish", "Kilos", "Crates"), ("Plaice", "212", "14"), ("Cod", "480", "31"), ("Sole", "35", "3"))
        bush = (("Bush", "Rows", "Plants"), ("Hazel", "14", "70"), ("Currant", "12", "96"), ("Sloe", "4", "22"))
        for rows, stops in ((fish, (72, 190, 250)), (bush, (330, 450, 510))):
            tops = table(page, stops, "lrr", 100, rows)
            for down in tops:
                rule(page, stops[0], down, stops[-1])
            for left in (stops[0] - 4, stops[-1] + 4):
                upright(page, left, tops[0], tops[-1])


@case(
    "prose at the left of a small table",
    order(*each(360, 5)),
    column("Spring", "Low", "0.4"),
    column("Neap", "High", "3.1"),
)
def beside_table(path: Path) -> None:
    with drawing(path) as page:
        prose(page, 72, 100, said(360, 5), 240)
        rows = (("Tide", "High", "Low"), ("Spring", "4.2", "0.4"), ("Neap", "3.1", "1.3"))
        tops = table(page, (350, 440, 500), "lrr", 92, rows)
        for down in tops:
            rule(page, 346, down, 504)


@case(
    "a table with a line across it for each group, a total, and a note below",
    together("Gifts", "1,150"),
    column("Gifts", "2040", "1,150"),
    column("Total income", "2041", "5,420"),
    together("All sums in crowns; those of 2041 are provisional."),
    order("Income", "Gifts", "Total income", "Expenses", "Repairs", "All sums in crowns"),
)
def groups(path: Path) -> None:
    rows = (
        ("", "2040", "2041"),
        ("Income",),
        ("Dues", "3,900", "4,180"),
        ("Gifts", "1,150", "1,240"),
        ("Total income", "5,050", "5,420"),
        ("Expenses",),
        ("Repairs", "2,700", "3,015"),
        ("Insurance", "890", "905"),
    )
    with drawing(path) as page:
        tops = table(page, (72, 330, 420), "lrr", 100, rows)
        rule(page, 72, tops[4], 420)
        put(page, 72, tops[-1] + 20, "All sums in crowns; those of 2041 are provisional.", ITALIC, 8)


@case(
    "numbers aligned at their decimal commas, in Polish",
    column("Żyto", "Wilgotność, %", "13,75"),
    column("Pszenica", "Plon, t/ha", "6,4"),
    column("Jęczmień", "Plon, t/ha", "11"),
)
def decimal_commas(path: Path) -> None:
    font = dejavu()
    rows = (("Żyto", "4,25", "13,75"), ("Pszenica", "6,4", "14,5"), ("Jęczmień", "11", "9,125"))
    with drawing(path) as page:
        for left, name in ((72, "Zboże"), (200, "Plon, t/ha"), (320, "Wilgotność, %")):
            put(page, left, 100, name, dejavu("Sans-Bold"))
        for number, (name, *values) in enumerate(rows):
            put(page, 72, 118 + 16 * number, name, font)
            for point, value in zip((230, 360), values, strict=True):
                put(page, point - stringWidth(value.partition(",")[0], font, 10), 118 + 16 * number, value, font)


@case(
    "pages turned by 180 and 270 degrees, the second with a table",
    together(sentence(370), page=1),
    column("Lund", "Depth", "6.1", page=2),
    column("Brack", "Width", "14", page=2),
)
def turned_pages(path: Path) -> None:
    with drawing(path) as page:
        page.setPageRotation(180)
        page.translate(WIDTH, HEIGHT)
        page.rotate(180)
        prose(page, 72, 100, said(370, 3))
        page.showPage()
        page.setPageRotation(270)
        page.translate(WIDTH, 0)
        page.rotate(90)
        page.translate(0, WIDTH - HEIGHT)
        table(
            page,
            (72, 300, 450),
            "lrr",
            100,
            (("Lock", "Depth", "Width"), ("Brack", "4.8", "14"), ("Lund", "6.1", "17")),
        )
        page.showPage()


# Forms and lists


@case(
    "a form with lines to write on, some of them filled in",
    beside("Name of vessel", "Grey Heron", "Home port", "Length"),
    beside("Home port", "Oversand", "Length"),
    beside("Length", "11.6 m", "Home port"),
    together("Signature"),
)
def form(path: Path) -> None:
    fields = (("Name of vessel", "Grey Heron"), ("Home port", "Oversand"), ("Length", "11.6 m"), ("Signature", ""))
    with drawing(path) as page:
        for number, (label, value) in enumerate(fields):
            down = 110 + 28 * number
            put(page, 72, down, f"{label}: ______________________________")
            put(page, 180, down - 2, value, "Courier", 10)


@case(
    "boxes of a checklist, ticked and empty",
    together("☑ Anchor light tested"),
    together("☐ Bilge pump tested"),
    together("☑ Flares in date"),
    order("Anchor light tested", "Bilge pump tested", "Flares in date"),
)
def checklist(path: Path) -> None:
    font = dejavu()
    points = (("☑", "Anchor light tested"), ("☐", "Bilge pump tested"), ("☑", "Flares in date"))
    with drawing(path) as page:
        for number, (sign, text) in enumerate(points):
            put(page, 72, 100 + 20 * number, sign, font, 13)
            put(page, 96, 100 + 20 * number, text, font)


@case(
    "telephone numbers behind dots, in two columns",
    beside("Boat yard", "4471", "4490", "4512"),
    beside("Lock keeper", "4530", "4471"),
    beside("Pilot station", "4566", "4530", "4533"),
    together("Fish market", "4512"),
)
def directory(path: Path) -> None:
    names = (
        ("Boat yard", "4471"),
        ("Coast guard", "4490"),
        ("Fish market", "4512"),
        ("Lock keeper", "4530"),
        ("Observatory", "4533"),
        ("Pilot station", "4566"),
    )
    with drawing(path) as page:
        put(page, 72, 80, "Numbers of the harbour", BOLD, 13)
        for number, (name, digits) in enumerate(names):
            left, down = (72, 310)[number // 3], 106 + 16 * (number % 3)
            dots = "." * int((170 - stringWidth(name, "Helvetica", 10)) / stringWidth(".", "Helvetica", 10))
            put(page, left, down, name + " " + dots)
            put(page, left + 205, down, digits, at="r")


@case(
    "prices behind dots that rise as page numbers do",
    beside("Mooring for a night", "12", "Crane", "60", "95"),
    beside("Mooring for a week", "60", "Crane", "12", "95"),
    beside("Winter storage", "480", "60", "95"),
)
def leaders(path: Path) -> None:
    prices = (
        ("Water, a tank", "3"),
        ("Mooring for a night", "12"),
        ("Mooring for a week", "60"),
        ("Crane", "95"),
        ("Winter storage", "480"),
    )
    with drawing(path) as page:
        put(page, 72, 80, "What the harbour asks", BOLD, 16)
        for number, (name, price) in enumerate(prices):
            dots = " ." * int((380 - stringWidth(name, "Helvetica", 10)) / stringWidth(" .", "Helvetica", 10))
            put(page, 72, 110 + 16 * number, name + dots)
            put(page, 480, 110 + 16 * number, price, at="r")


@case(
    "what stands on the page of a table of contents besides it",
    together("This edition takes the place of that of 2036."),
    together("Tariff", "Towing by the hour", "140", page=2),
    together("Divers by the hour", "190", page=2),
)
def contents(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "Contents", BOLD, 18)
        entries = (("Foreword", "iii"), ("Tugs", "1"), ("Divers", "14"), ("Tariff", "22"))
        for number, (name, where) in enumerate(entries):
            put(page, 72, 130 + 18 * number, f"{name} " + "." * 60)
            put(page, 470, 130 + 18 * number, where, at="r")
        put(page, 72, 240, "This edition takes the place of that of 2036.")
        page.showPage()
        put(page, 72, 90, "Tariff", BOLD, 18)
        for number, (name, price) in enumerate((("Towing by the hour", "140"), ("Divers by the hour", "190"))):
            put(page, 72, 130 + 18 * number, f"{name} " + "." * 60)
            put(page, 470, 130 + 18 * number, price, at="r")


@case(
    "the contents of a box are no table of contents",
    together("Plasters", "20"),
    together("Bandages", "24"),
    together("Scissors", "1"),
)
def box_contents(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "First-aid box, green", BOLD, 18)
        put(page, 72, 120, "Contents", BOLD, 13)
        for number, (name, count) in enumerate((("Plasters", "20"), ("Bandages", "24"), ("Scissors", "1"))):
            put(page, 72, 142 + 16 * number, f"{name} " + "." * 40)
            put(page, 300, 142 + 16 * number, count, at="r")
        prose(page, 72, 210, said(380, 2))


@case(
    "an index of prices and a register of moorings are no index of a book",
    together("Rye bread, 112"),
    together("Lamp oil, 140"),
    together("Grey Heron, 340", page=2),
    together("Sea Holly, 341", page=2),
)
def registers(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "Consumer price index", BOLD, 16)
        lines(page, 72, 120, ("Rye bread, 112", "Milk, 108", "Lamp oil, 140", "Rent, 125"), 16)
        page.showPage()
        put(page, 72, 90, "Register of moorings", BOLD, 16)
        lines(page, 72, 120, ("Grey Heron, 340", "Sea Holly, 341", "White Oak, 352"), 16)


@case(
    "what stands below the index of a book",
    together("Printed on paper of the mill at Brack, in six hundred copies."),
    together(sentence(390), page=1),
)
def index(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 90, "The End of the Voyage", BOLD, 16)
        prose(page, 72, 116, said(390, 2))
        put(page, 72, 180, "Index", BOLD, 16)
        entries = ("anchor, 12, 40", "beacon, 7", "cable, 12, 13, 61", "dredger, 88", "ebb, 5, 9", "fender, 31")
        lines(page, 72, 206, entries, 14)
        put(page, 72, 330, "Printed on paper of the mill at Brack, in six hundred copies.")


# Heads and feet


@case(
    "a number in the head that differs from page to page",
    [order(f"Statement no. {4470 + n}", sentence(400 + 10 * n), page=n) for n in range(1, 5)],
    together("Harbour dues are paid in advance."),
)
def numbered_statements(path: Path) -> None:
    with drawing(path) as page:
        for number in range(1, 5):
            if number > 1:
                page.showPage()
            put(page, 72, 40, "Harbour office of Nordhaven", size=9)
            put(page, 523, 40, f"Statement no. {4470 + number}", size=9, at="r")
            prose(page, 72, 100, said(400 + 10 * number, 4))
            put(page, 72, HEIGHT - 36, "Harbour dues are paid in advance.", size=8)
            put(page, 523, HEIGHT - 36, f"Page {number} of 4", size=8, at="r")


@case(
    "a chronicle whose pages are headed by their years",
    [together(str(1997 + n), sentence(450 + 10 * n), page=n) for n in range(1, 5)],
)
def years(path: Path) -> None:
    with drawing(path) as page:
        for number in range(1, 5):
            if number > 1:
                page.showPage()
            put(page, 72, 80, str(1997 + number), BOLD, 24)
            prose(page, 72, 120, said(450 + 10 * number, 4))


@case(
    "headings whose letters could be Roman digits",
    together("Civil", sentence(500), page=1),
    together("Criminal", sentence(510), page=2),
    together("C", "Cable, a rope of three strands", page=3),
    together("L", "Lee, the side away from the wind", page=4),
)
def roman_letters(path: Path) -> None:
    pages = (
        ("Civil", said(500, 3)),
        ("Criminal", said(510, 3)),
        ("C", "Cable, a rope of three strands. Cleat, a piece of wood for ropes."),
        ("L", "Lee, the side away from the wind. Log, a board on a line."),
    )
    with drawing(path) as page:
        for number, (head, text) in enumerate(pages):
            if number:
                page.showPage()
            put(page, 72, 80, head, BOLD, 20)
            prose(page, 72, 116, text)


@case(
    "tickets that differ by nothing but their number",
    [together(f"No. {417 + n}", page=n) for n in range(1, 4)],
    together("Admits one person and one dog to the ferry."),
)
def tickets(path: Path) -> None:
    with drawing(path) as page:
        for number in range(1, 4):
            if number > 1:
                page.showPage()
            put(page, 523, 60, f"No. {417 + number}", BOLD, 14, "r")
            put(page, 72, 400, "Admits one person and one dog to the ferry.", size=14)


# Signs and languages


@case(
    "fractions as one sign, alone and behind a number",
    together("⅔ cup of barley"),
    together(("1½ litres of stock", "1 ½ litres of stock", "1 1/2 litres of stock")),
    together("½ teaspoon of salt"),
    absent("11/2", "1112"),
)
def fractions(path: Path) -> None:
    with drawing(path) as page:
        lines(page, 72, 100, ("⅔ cup of barley", "1½ litres of stock", "½ teaspoon of salt"), 16, dejavu())


@case(
    "exponents and indices of units and formulas",
    together(("10⁻³ mol", "10^-3 mol", "10⁻ ³ mol")),
    together(("9.81 m/s² at", "9.81 m/s^2 at")),
    together(("CaCO₃", "CaCO3", "CaCO 3"), ("6.02 × 10²³", "6.02 × 10^23")),
    together(("x² + y² = r²", "x^2 + y^2 = r^2")),
    absent("10−3", "1023", "s2 at", "x2", "m/s2"),
)
def exponents(path: Path) -> None:
    texts = (
        "The water holds 10{^−3} mol of lime, CaCO{_3}, and 6.02 × 10{^23} grains make one mol.",
        "A stone falls with 9.81 m/s{^2} at the quay, and on a circle x{^2} + y{^2} = r{^2} holds.",
    )
    with drawing(path) as page:
        for number, text in enumerate(texts):
            rich(page, 72, 100 + 18 * number, text, dejavu())


@case(
    "raised marks of footnotes behind a year, a word and a full stop",
    together("since 1920", "the wardens", "must be shown"),
    together("In the old calendar"),
    absent("19202", "wardens3", "shown.45", "shown.4"),
)
def footnote_marks(path: Path) -> None:
    with drawing(path) as page:
        rich(
            page, 72, 100, "The chain is checked since 1920{^2} by the wardens,{^3} to whom the book must be shown.{^4}"
        )
        rule(page, 72, 130, 200)
        for number, text in enumerate(("2  In the old calendar.", "3  Elected each May.", "4  On request.")):
            put(page, 72, 142 + 10 * number, text, size=8)


@case(
    "raised letters of ordinal numbers",
    together(("1st of May", "1 st of May", "1ˢᵗ of May"), ("22nd of June", "22 nd of June", "22ⁿᵈ of June")),
    together("of June at the latest."),
)
def ordinals(path: Path) -> None:
    with drawing(path) as page:
        rich(
            page,
            72,
            100,
            "The hut is open from the 1{^st} of May to the 22{^nd} of June at the latest.",
            "Times-Roman",
            11,
        )


@case(
    "raised numbers before the letter that they belong to",
    order(
        "dated by",
        ("¹⁴C", "¹⁴ C", "14C", "14 C"),
        "and the glaze by",
        ("²³⁸U", "²³⁸ U", "238U", "238 U"),
        "to the year 1240",
    ),
    together("to the year 1240."),
)
def isotopes(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 80, "The finds of the second season came to light below the old floor.", "Times-Roman", 11)
        rich(page, 72, 94, "The wood was dated by {^14}C and the glaze by {^238}U to the year 1240.", "Times-Roman", 11)
        put(page, 72, 108, "Nothing older has been found at the place so far.", "Times-Roman", 11)


@case(
    "German words divided at the ends of lines",
    together("Die Donaudampfschiffe legten am Vormittag ab."),
    together("Der Ein- und Ausgang liegt am Fluss."),
    together("Die E-Mail-Adresse steht am Tor."),
    together("Der Nord-Ostsee-Kanal ist gesperrt."),
    together("Wer im Gasthaus wartet, sieht die Donaudampfschiffe zuerst."),
)
def compounds(path: Path) -> None:
    texts = (
        "Wer im Gasthaus wartet, sieht die Donaudampfschiffe zuerst. Die Donau-",
        "dampfschiffe legten am Vormittag ab. Der Ein- und",
        "Ausgang liegt am Fluss. Die E-Mail-",
        "Adresse steht am Tor. Der Nord-",
        "Ostsee-Kanal ist gesperrt. Danach fährt man wieder.",
    )
    with drawing(path) as page:
        lines(page, 72, 100, texts, font=dejavu("Serif"))


@case(
    "a German line that ends with the hyphen of Ein- und",
    together("Die Be- und Entladung dauert eine Stunde."),
    together("Haupt- oder Nebentor"),
)
def hanging_hyphens(path: Path) -> None:
    texts = (
        "Vor der Abfahrt wird gewogen. Die Be-",
        "und Entladung dauert eine Stunde. Man nimmt das Haupt-",
        "oder Nebentor des alten Hafens.",
    )
    with drawing(path) as page:
        lines(page, 72, 100, texts)


@case(
    "words divided as the document writes them elsewhere",
    together("They sell it through the co-operative of the port."),
    together("The children gather seaweed below the mole."),
    together("a two-thirds share"),
)
def own_words(path: Path) -> None:
    texts = (
        "The co-operative buys seaweed from whoever brings it. They sell it through the co-",
        "operative of the port. The children gather sea-",
        "weed below the mole. Who brings more has a two-",
        "thirds share of the price, and a two-thirds share is much.",
    )
    with drawing(path) as page:
        lines(page, 72, 100, texts)


@case(
    "French with narrow spaces before its signs and within its numbers",
    together("coûte 12 500 €"),
    together(("« Où est le quai ? »", "«Où est le quai?»", "« Où est le quai? »")),
    absent("500 500", "12 500 500"),
    exactly("coûte 12"),
)
def french(path: Path) -> None:
    with drawing(path) as page:
        text = (
            "La barque coûte 12\u202f500\u202f€. «\u202fOù est le quai\u202f?\u202f» dit-il\u202f; personne ne répond."
        )
        put(page, 72, 100, text, dejavu())


POLISH = "Łódź płynie powoli wzdłuż brzegu, a rybak śpi na sieci."
VIETNAMESE = "Thuyền về bến lúc trời vừa sáng, nước lặng như gương."


@case(
    "letters drawn as a base and its marks are composed",
    exactly("wzdłuż brzegu, a rybak śpi na sieci."),
    exactly("Thuyền về bến lúc trời vừa sáng"),
    exactly("nước lặng như gương."),
)
def decomposed(path: Path) -> None:
    with drawing(path) as page:
        for number, text in enumerate((POLISH, VIETNAMESE)):
            put(page, 72, 100 + 16 * number, unicodedata.normalize("NFD", text), dejavu())


@case(
    "Turkish i with and without its dot, and ligatures as letters",
    exactly("ılık rüzgâr kıyıdan İskele'ye eser"),
    exactly("the office of the ferry, with a staff of five"),
)
def turkish(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "Akşamları ılık rüzgâr kıyıdan İskele'ye eser.", dejavu())
        put(page, 72, 130, "They met at the oﬃce of the ferry, with a staﬀ of ﬁve.", dejavu())


GREEK = "Το πλοίο φεύγει στις οκτώ το πρωί από το παλιό λιμάνι."
RUSSIAN = "Сторож шлюза записывает уровень воды каждое утро в семь часов."


@case(
    "Greek and Russian in two columns",
    order(GREEK, "Ο φάρος ανάβει στις έξι."),
    order(RUSSIAN, "Весной ворота открыты."),
    NO_TABLE,
)
def greek_and_russian(path: Path) -> None:
    with drawing(path) as page:
        greek = fit(f"{GREEK} Ο φάρος ανάβει στις έξι. Κανείς δεν περνά χωρίς άδεια.", 200, dejavu("Serif"))
        russian = fit(f"{RUSSIAN} Весной ворота открыты. Зимой канал замерзает.", 200, dejavu("Serif"))
        spread(page, (72, 300), 100, (greek, russian), font=dejavu("Serif"), pitch=14)


def visual(text: str) -> str:
    """Hebrew as producers draw it, from left to right: numbers keep their direction."""
    words = [word if word[0].isdigit() else word[::-1] for word in text.split()]
    return " ".join(reversed(words))


@case(
    "Hebrew drawn from left to right, with numbers",
    together("המעבורת יוצאת בשעה 17 מן הרציף"),
    together("המחיר הוא 250 שקל לנוסע"),
)
def hebrew(path: Path) -> None:
    with drawing(path) as page:
        for number, text in enumerate(("המעבורת יוצאת בשעה 17 מן הרציף", "המחיר הוא 250 שקל לנוסע")):
            put(page, 500, 100 + 18 * number, visual(text), dejavu(), 12, "r")


@case(
    "Korean with a price",
    together("부두 요금은 하루 3,500원이다"),
    together("배는 아침 여덟 시에 떠난다"),
)
def korean(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "배는 아침 여덟 시에 떠난다.", cid("HYSMyeongJo-Medium"), 12)
        put(page, 72, 120, "부두 요금은 하루 3,500원이다.", cid("HYSMyeongJo-Medium"), 12)


@case(
    "Chinese in wrapped lines, with Latin words and numbers",
    together("码头每天早上七点开放，渡轮每隔二十分钟一班。"),
    together("请在 Gate 4 出示船票"),
    together(("票价为12元", "票价为 12 元")),
)
def chinese(path: Path) -> None:
    with drawing(path) as page:
        texts = ("码头每天早上七点开放，渡轮", "每隔二十分钟一班。票价为12元，", "请在 Gate 4 出示船票。")
        lines(page, 72, 100, texts, 16, cid("STSong-Light"), 12)


@case(
    "Japanese that runs downwards, the first line at the right",
    together("解約は三か月前に通知する。敷金は賃料の二か月分とする。"),
)
def downwards(path: Path) -> None:
    with drawing(path) as page:
        for number, text in enumerate(
            ("解約は三か月前に通知する。敷金は", "賃料の二か月分とする。鍵は二本を", "渡す。")
        ):
            put(page, 450 - 25 * number, 100, text, cid("HeiseiKakuGo-W5", downwards=True), 14)


SEQUENCE = (
    "ATGGCATTCGAACCTGATTACAGGCATCGTTAGC",
    "GGCTAACCGTATTGCGCATAGGACTTACGGATCA",
    "TTGACCGGTAACGATCCATGCGTTAACCGGATCG",
)
DUMP = (
    "0000  25 50 44 46 2d 31 2e 37 0a 25 e2 e3 cf d3 0a 31",
    "0010  20 30 20 6f 62 6a 0a 3c 3c 2f 54 79 70 65 2f 43",
    "0020  61 74 61 6c 6f 67 2f 50 61 67 65 73 20 32 20 30",
)


@case(
    "sequences, dumps and part numbers are text",
    [together(text) for text in SEQUENCE],
    [together(text, page=2) for text in DUMP],
    together("QX7-ZZ90-KJ", "VX4-QJ11-WK", page=3),
)
def codes(path: Path) -> None:
    with drawing(path) as page:
        lines(page, 72, 100, SEQUENCE * 3, 14, "Courier")
        page.showPage()
        lines(page, 72, 100, DUMP, 14, "Courier")
        page.showPage()
        for n in range(24):
            put(page, 72 + 150 * (n % 3), 100 + 16 * (n // 3), ("QX7-ZZ90-KJ", "VX4-QJ11-WK", "ZK8-XV55-QQ")[n % 3])


LOG = (
    "2041-05-03T06:12:44Z sluice[881]: gate 4 opened by 12 cm",
    "2041-05-03T06:12:51Z sluice[881]: level 2.31 m, was 2.30 m",
    "2041-05-03T06:13:07Z pump[902]: warning: pressure below 1.8 bar",
)


@case("lines of a log", [exactly(text) for text in LOG], exactly("\n".join(LOG)))
def log(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 80, "What the sluice wrote that morning:")
        lines(page, 72, 104, LOG, 12, "Courier", 9)


SETTINGS = "pumps:\n  - name: north\n    limits:\n      high: 2.4\n      low: 0.8\n  - name: south"


@case("settings whose indentation means something", exactly(SETTINGS), together(sentence(520)))
def settings(path: Path) -> None:
    with drawing(path) as page:
        down = prose(page, 72, 90, said(520, 2))
        lines(page, 90, down + 6, SETTINGS.split("\n"), 12, dejavu("SansMono"), 9)


@case(
    "emphasis by letters set apart within a sentence",
    together("Die Schleuse bleibt", "geschlossen, bis das Wasser fällt."),
    together("Die Schleuse bleibt streng geschlossen, bis das Wasser fällt."),
)
def spaced_emphasis(path: Path) -> None:
    with drawing(path) as page:
        text = page.beginText(72, HEIGHT - 100)
        text.setFont("Times-Roman", 12)
        text.textOut("Die Schleuse bleibt ")
        text.setCharSpace(3)
        text.textOut("streng")
        text.setCharSpace(0)
        text.textOut(" geschlossen, bis das Wasser fällt.")
        page.drawText(text)


# What nobody sees, and what only seems to be hidden


@case(
    "words that are covered, transparent, clipped away or off the page",
    together("The bid is 7,400 crowns."),
    absent("1,111", "2,222", "3,333", "4,444", "5,555", "6,666"),
)
def hidden(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "The bid is 7,400 crowns.")
        put(page, 72, 130, "The bid is 1,111 crowns.")
        block(page, 60, 115, 300, 140, "white")
        put(page, 72, 160, "The bid is 2,222 crowns.")
        block(page, 60, 145, 300, 170, "black")
        page.setFillAlpha(0)
        put(page, 72, 190, "The bid is 3,333 crowns.")
        page.setFillAlpha(1)
        put(page, 72, -40, "The bid is 4,444 crowns.")
        page.saveState()
        clip = page.beginPath()
        clip.rect(300, 300, 100, 100)
        page.clipPath(clip, stroke=0)
        put(page, 72, 220, "The bid is 5,555 crowns.")
        page.restoreState()
        text = page.beginText(72, HEIGHT - 250)
        text.setFont("Helvetica", 10)
        text.setTextRenderMode(3)
        text.textOut("The bid is 6,666 crowns.")
        page.drawText(text)


@case(
    "words below a picture that was laid over them",
    together("The seal is intact."),
    absent("password", "heron"),
)
def below_picture(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "The seal is intact.")
        put(page, 90, 180, "The password is heron.")
        page.drawImage(ImageReader(Image.new("RGB", (40, 20), "gray")), 72, HEIGHT - 220, 240, 80)


@case(
    "a layer that is switched off",
    together("The pier opens in May."),
    absent("August"),
)
def layer_off(path: Path) -> None:
    stream = (
        b"BT /F1 12 Tf 72 700 Td (The pier opens in May.) Tj ET\n"
        b"/OC /L1 BDC BT /F1 12 Tf 72 670 Td (The pier opens in August.) Tj ET EMC"
    )
    pdfs.raw(
        path,
        [
            b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>/Properties<</L1 6 0 R>>>>>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
            pdfs.FONT,
            b"<</Type/OCG/Name(Drafts)>>",
        ],
    )


@case(
    "words under a text marker are seen",
    together("The lease ends on 30 June 2044."),
    together("The rent is 615 crowns."),
    together("The deposit is 900 crowns."),
)
def marker(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "The lease ends on 30 June 2044.")
        block(page, 70, 88, 240, 104, Color(1, 0.9, 0, alpha=0.4))
        page.setFillAlpha(1)
        put(page, 72, 130, "The rent is 615 crowns.")
        page.setBlendMode("Multiply")
        block(page, 70, 118, 240, 134, HexColor("#ffee00"))
        page.setBlendMode("Normal")
        block(page, 70, 148, 240, 164, HexColor("#ffee00"))
        put(page, 72, 160, "The deposit is 900 crowns.")


@case(
    "white words on dark grounds of any shape",
    together("Rounded: gate 4"),
    together("Shaded: gate 5"),
    together("Round: gate 6"),
    together("Thick: gate 7"),
    together("Pictured: gate 8"),
    together("Inner: gate 9"),
    together("Black words on a white label: gate 10"),
)
def dark_grounds(path: Path) -> None:
    with drawing(path) as page:
        page.setFillColor("navy")
        page.roundRect(72, HEIGHT - 120, 200, 30, 8, stroke=0, fill=1)
        page.saveState()
        clip = page.beginPath()
        clip.rect(72, HEIGHT - 180, 200, 40)
        page.clipPath(clip, stroke=0)
        page.linearGradient(72, 0, 272, 0, (HexColor("#101040"), HexColor("#303080")))
        page.restoreState()
        page.setFillColor("maroon")
        page.circle(172, HEIGHT - 250, 55, stroke=0, fill=1)
        page.setLineWidth(24)
        page.line(72, HEIGHT - 336, 272, HEIGHT - 336)
        page.drawImage(ImageReader(Image.new("RGB", (40, 20), "#203040")), 72, HEIGHT - 400, 200, 40)
        block(page, 72, 420, 400, 520, HexColor("#102030"))
        page.setFillColor("white")
        put(page, 90, 110, "Rounded: gate 4")
        put(page, 90, 164, "Shaded: gate 5")
        put(page, 135, 252, "Round: gate 6")
        put(page, 90, 340, "Thick: gate 7")
        put(page, 90, 384, "Pictured: gate 8")
        put(page, 90, 444, "Inner: gate 9")
        block(page, 84, 480, 330, 506, "white")
        put(page, 90, 496, "Black words on a white label: gate 10")


@case(
    "letters drawn as outlines, white within",
    together("Open day at the yard"),
    together("Bring boots."),
)
def outlined(path: Path) -> None:
    with drawing(path) as page:
        page.setFillColor("white")
        text = page.beginText(72, HEIGHT - 100)
        text.setFont(BOLD, 30)
        text.setTextRenderMode(2)
        text.textOut("Open day at the yard")
        page.drawText(text)
        page.setFillColor("black")
        text = page.beginText(72, HEIGHT - 140)
        text.setFont(BOLD, 20)
        text.setTextRenderMode(1)
        text.textOut("Bring boots.")
        page.drawText(text)


@case(
    "grey words on grey that still can be read",
    together("The small print counts too."),
)
def grey(path: Path) -> None:
    with drawing(path) as page:
        block(page, 60, 80, 400, 120, HexColor("#dddddd"))
        page.setFillColor(HexColor("#999999"))
        put(page, 72, 104, "The small print counts too.")


# How producers draw


@case("words drawn letter by letter", order(*each(530, 4)))
def letter_by_letter(path: Path) -> None:
    with drawing(path) as page:
        for number, text in enumerate(fit(said(530, 4), 450, "Times-Roman", 11)):
            left = 72.0
            for letter_ in text:
                if letter_ != " ":
                    put(page, left, 100 + 14 * number, letter_, "Times-Roman", 11)
                left += stringWidth(letter_, "Times-Roman", 11)


@case(
    "a table drawn letter by letter, with columns far apart",
    column("Long Yellow", "Price", "45"),
    column("Round Dark", "Grams", "120"),
    column("Ringed", "Price", "54"),
)
def letters_of_a_table(path: Path) -> None:
    rows = (
        ("Beet", "Grams", "Price"),
        ("Round Dark", "120", "34"),
        ("Long Yellow", "80", "45"),
        ("Ringed", "95", "54"),
    )
    with drawing(path) as page:
        for number, row in enumerate(rows):
            for start, text in zip((72, 300, 480), row, strict=True):
                left = float(start)
                for letter_ in text:
                    put(page, left, 100 + 12 * number, letter_, BOLD if number == 0 else PLAIN)
                    left += stringWidth(letter_, BOLD if number == 0 else PLAIN, 10)


@case(
    "words of which a part is bold, slanted or underlined",
    together("The unladen boat weighs 840 kilograms."),
    together("Overnight stays cost more."),
)
def mixed_words(path: Path) -> None:
    weight = (("The ", PLAIN), ("un", BOLD), ("laden boat weighs 8", PLAIN), ("40", BOLD), (" kilograms.", PLAIN))
    stays = (("Over", PLAIN), ("night", ITALIC), (" stays cost more.", PLAIN))
    with drawing(path) as page:
        for down, parts in ((100, weight), (120, stays)):
            left = 72.0
            for text, font in parts:
                put(page, left, down, text, font, 11)
                left += stringWidth(text, font, 11)
        rule(page, 96, 122, 120)


@case(
    "spaces that are only moves, in a font of size 1 made larger by its matrix",
    together("The flood gates close at four."),
    together("Kerned Wavy Tow is one name."),
    order("The flood gates close at four.", "Kerned Wavy Tow is one name."),
)
def moves(path: Path) -> None:
    stream = (
        b"BT /F1 1 Tf 12 0 0 12 72 700 Tm [(The)-300(flood)-300(gates)-300(close)-300(at)-300(four.)] TJ ET\n"
        b"q 0.5 0 0 0.5 0 0 cm BT /F1 24 Tf 144 1360 Td "
        b"[(K)20(erned)-280(W)80(avy)-280(T)90(ow)-280(is)-280(one)-280(name.)] TJ ET Q"
    )
    pdfs.raw_page(path, stream)


@case("lines stored from the bottom of the page to its top", order(*each(540, 10)), NO_TABLE)
def reversed_lines(path: Path) -> None:
    with drawing(path) as page:
        texts = fit(said(540, 10), 450)
        for number in reversed(range(len(texts))):
            put(page, 72, 100 + 13 * number, texts[number])


@case("the same text drawn twice in one place, and a title with its shadow", once("Autumn Fair", *each(550, 4)))
def layers(path: Path) -> None:
    with drawing(path) as page:
        page.setFillColor(HexColor("#aaaaaa"))
        put(page, 73.5, 81.5, "Autumn Fair", BOLD, 26)
        page.setFillColor("black")
        put(page, 72, 80, "Autumn Fair", BOLD, 26)
        for _ in range(2):
            prose(page, 72, 120, said(550, 4))


@case(
    "words that stand sideways in the margin, and upside down below a riddle",
    order(*each(560, 6), "What runs and never walks?"),
    together("Form 88/3, approved by the board"),
    together("It is the river."),
)
def sideways(path: Path) -> None:
    with drawing(path) as page:
        prose(page, 90, 100, said(560, 6))
        put(page, 90, 300, "What runs and never walks?")
        page.saveState()
        page.translate(40, HEIGHT - 300)
        page.rotate(90)
        page.setFont("Helvetica", 7)
        page.drawString(0, 0, "Form 88/3, approved by the board")
        page.restoreState()
        page.saveState()
        page.translate(300, HEIGHT - 320)
        page.rotate(180)
        page.setFont("Helvetica", 8)
        page.drawString(0, 0, "It is the river.")
        page.restoreState()


@case(
    "a title in capitals of two sizes, and a line set very narrow",
    together("THE LOWER QUAYS OF BRACK"),
    together("This line is as narrow as a railing and has a capacity of 1,850 tonnes."),
)
def squeezed(path: Path) -> None:
    with drawing(path) as page:
        left = 72.0
        for word in "THE LOWER QUAYS OF BRACK".split():
            for text, size in ((word[0], 20), (word[1:], 15)):
                put(page, left, 100, text, "Times-Roman", size)
                left += stringWidth(text, "Times-Roman", size)
            left += 5
        text = page.beginText(72, HEIGHT - 140)
        text.setFont("Helvetica", 11)
        text.setHorizScale(55)
        text.textOut("This line is as narrow as a railing and has a capacity of 1,850 tonnes.")
        page.drawText(text)


@case(
    "text in a form that is turned and made larger",
    together("Keep clear of the slipway."),
    order("Keep clear of the slipway.", "Boats leave it at four knots."),
)
def turned_form(path: Path) -> None:
    with drawing(path) as page:
        page.beginForm("sign")
        page.setFont("Helvetica", 5)
        page.drawString(10, 20, "Keep clear of the slipway.")
        page.drawString(10, 12, "Boats leave it at four knots.")
        page.endForm()
        page.transform(0, 3, -3, 0, 400, 300)
        page.doForm("sign")


def _plot(path: Path, kind: int) -> None:
    with matplotlib.rc_context({"pdf.fonttype": kind}):
        figure = Figure(figsize=(6, 7))
        above, below = figure.subplots(2, 1)
        above.plot([1, 2, 3], [2.5, 4.0, 3.0], label="east gauge")
        above.set_title("Water level in spring")
        above.set_xlabel("Week of the flood")
        above.set_ylabel("Level above datum (m)")
        above.legend()
        below.axis("off")
        rows = [["Brack", "14.2", "3 May"], ["Lund", "9.8", "11 May"], ["Oversand", "12.5", "2 June"]]
        below.table(rows, colLabels=["Gauge", "Peak", "Date"], loc="center")
        figure.savefig(path, metadata={"CreationDate": None})


PLOTTED = (
    together("Water level in spring"),
    together("Week of the flood"),
    together("Level above datum (m)"),
    together("east gauge"),
    column("Lund", "Peak", "9.8"),
    column("Oversand", "Date", "2 June"),
)


@case("a plot and a table by matplotlib, in fonts of type 3", *PLOTTED)
def plot_type3(path: Path) -> None:
    _plot(path, 3)


@case("a plot and a table by matplotlib, in TrueType fonts", *PLOTTED)
def plot_truetype(path: Path) -> None:
    _plot(path, 42)


@case(
    "pages imported from other files, made one by PDFium",
    order("Weir repaired", *each(100, 4), page=1),
    column("Crane hire", "Debit", "410.00", page=2),
    together("부두 요금은 하루 3,500원이다", page=3),
)
def imported(path: Path) -> None:
    parts = [path.with_name(f"part{n}.pdf") for n in range(3)]
    for part, draw in zip(parts, (newsletter, statement, korean), strict=True):
        draw(part)
    pdfs.joined(path, parts)


# Printed by Chromium from the pages beside the files:
# chromium --headless --disable-pdf-tagging --no-pdf-header-footer --print-to-pdf=fair.pdf fair.html


# Found on real pages


@case(
    "accents that are drawn behind the line, over letters of its words",
    together("Kočiský", "Müller", "in the lower harbour"),
)
def accents_behind(path: Path) -> None:
    font = dejavu()
    with drawing(path) as page:
        text = "Kocisky and Muller moor in the lower harbour."
        put(page, 72, 100, text, font, 11)
        for accent, before in (("ˇ", "Ko"), ("´", "Kocisk"), ("¨", "Kocisky and M")):
            letter = text[len(before)]
            middle = 72 + stringWidth(before, font, 11) + stringWidth(letter, font, 11) / 2
            put(page, middle, 100, accent, font, 11, "c")


@case(
    "words that are drawn again, above what covers them, and others that are not",
    column("Cod", "2021", "480"),
    beside("Cod", "from nets", "Sole"),
    absent("475"),
)
def drawn_again(path: Path) -> None:
    with drawing(path) as page:
        table(page, (72, 200, 280), "lrr", 100, (("Fish", "2021", "2022"), ("Cod", "475", "31"), ("Sole", "35", "3")))
        block(page, 170, 114, 205, 131, HexColor("#ffffff"))
        put(page, 200, 127.2, "480", PLAIN, 10, "r")
        put(page, 300, 127.2, "from nets")
        block(page, 290, 114, 380, 131, HexColor("#ffffff"))
        put(page, 300, 127.2, "from nets")


@case(
    "names of columns of one to four lines, that end at one height",
    column("Footwear", "% change excluding currency changes", "13 %"),
    column("Footwear", "Fiscal 2020", "5,892"),
    column("Apparel", "Fiscal 2019", "3,087"),
    absent("changes fiscal 2019", "fiscal % change"),
)
def stacked_names(path: Path) -> None:
    change, neutral = "% change", "% change\nexcluding\ncurrency\nchanges"
    names = ("", "Fiscal\n2021", "Fiscal\n2020", change, neutral, "Fiscal\n2019", change, neutral)
    stops = (72, 190, 245, 305, 370, 420, 480, 550)
    rows = (
        ("Footwear", "6,970", "5,892", "18 %", "13 %", "6,293", "-6 %", "-3 %"),
        ("Apparel", "3,996", "3,053", "31 %", "25 %", "3,087", "-1 %", "2 %"),
        ("Equipment", "490", "402", "22 %", "19 %", "432", "-7 %", "-3 %"),
    )
    with drawing(path) as page:
        for left, name in zip(stops, names, strict=True):
            texts = name.split("\n")
            lines(page, left, 140 - 9 * (len(texts) - 1), texts, 9, BOLD, 8, "r")
        rule(page, 72, 144, 550)
        table(page, stops, "lrrrrrrr", 146, rows, size=8, head=PLAIN)


@case(
    "names over several columns, their numbers below, above a rule",
    column("Alder", "Depth by gauge 2", "48.40"),
    column("Birch", "Depth by gauge 3", "52.66"),
    column("Birch", "Flow at night", "42.67"),
)
def numbered_names(path: Path) -> None:
    stops = (72, 200, 230, 260, 330, 380)
    rows = (
        ("Alder", "50.28", "48.40", "49.12", "49.69", "49.13"),
        ("Birch", "48.23", "29.46", "52.66", "44.22", "42.67"),
        ("Cedar", "52.03", "29.53", "51.13", "44.40", "44.77"),
    )
    with drawing(path) as page:
        put(page, 218, 100, "Depth by gauge", PLAIN, 9, "c")
        put(page, 343, 100, "Flow", PLAIN, 9, "c")
        for left, name in zip(stops[1:], ("1", "2", "3", "by day", "at night"), strict=True):
            put(page, left - 8, 111, name, PLAIN, 9, "c")
        rule(page, 72, 115, 382)
        table(page, stops, "lrrrrr", 112, (("",) * 6, *rows), pitch=11, size=9)


@case(
    "two lines of names, the upper ones over two columns each, and many rows of numbers alone",
    column("1060", "Year ended December 2025 Crates landed", "10160"),
    column("4160", "Year ended December 2025 Crates sold", "41260"),
    column("4960", "Year ended December 2026 Crates sold", "49460"),
)
def landed_by_year(path: Path) -> None:
    stops = (60, 160, 260, 360, 460)
    names = ("Quay", "Crates landed", "Crates sold", "Crates landed", "Crates sold")
    with drawing(path) as page:
        for left, year in ((160, 2025), (360, 2026)):
            put(page, left, 40, f"Year ended December {year}", PLAIN, 12)
        table(
            page,
            stops,
            "lllll",
            56,
            (names, *([f"{n}{x}" for x in stops] for n in range(10, 50))),
            pitch=16,
            size=12,
            head=PLAIN,
        )


@case(
    "an index in two columns, whose lines have leaders, and letters over its parts",
    order("anchor light", "buoys, lit", "canal tolls", "dredging by night", "eel traps", "ferry bell"),
    NO_TABLE,
)
def index_with_leaders(path: Path) -> None:
    left = ("A", "anchor light", "B", "buoys, lit", "C", "canal tolls and what is paid by")
    right = ("boats in tow", "D", "dredging by night", "E", "eel traps", "F", "ferry bell")
    with drawing(path) as page:
        for stop, texts in ((72, left), (310, right)):
            for number, text in enumerate(texts):
                dots = "" if len(text) == 1 or text.endswith(" by") else " " + "." * 30 + f" {12 + number}"
                put(page, stop, 100 + 13 * number, text + dots)


@case(
    "a sentence that stands at the right of a figure and of its caption, whose letters are of its size",
    together("We give the same number of bags to the north quay and to the old boathouse by the weir."),
    together("Figure 3: Bags of sand by quay, counted by hand on the first morning of the flood."),
    NO_TABLE,
)
def beside_a_figure(path: Path) -> None:
    with drawing(path) as page:
        text = said(420, 4) + " We give the same number of bags to the north quay and to the old boathouse by the weir."
        down = prose(page, 310, 98, text, 210)
        block(page, 72, 90, 290, down - 25, HexColor("#aa9988"))
        prose(
            page,
            72,
            down - 13,
            "Figure 3: Bags of sand by quay, counted by hand on the first morning of the flood.",
            210,
        )
        prose(page, 310, down + 13, said(440, 3), 210)


@case(
    "a word in capitals that is divided at a line's end",
    together("HARPOON's deck", "the HARPOON"),
    together("NORTH-EAST"),
)
def divided_capitals(path: Path) -> None:
    with drawing(path) as page:
        texts = ("The crew of the HARPOON came late, and all of HAR-", "POON's deck was ice. The wind was from NORTH-")
        lines(page, 72, 100, (*texts, "EAST, and HARPOON had no sail set but one."))


@case(
    "a table whose upright lines are between its columns alone",
    column("Alder", "Depth", "50.28"),
    column("Birch", "Rating", "0.502"),
    column("Birch", "Flow", "29.46"),
)
def inner_lines(path: Path) -> None:
    rows = (
        ("Wood", "Depth", "Flow", "Rating"),
        ("Alder", "50.28", "48.40", "0.504"),
        ("Birch", "48.23", "29.46", "0.502"),
    )
    with drawing(path) as page:
        tops = table(page, (76, 190, 260, 330), "lrrr", 100, rows, head=PLAIN)
        for down in tops:
            rule(page, 72, down, 336)
        for left in (140, 200, 270):
            upright(page, left, tops[0], tops[-1])


@case(
    "a ruled table beside the prose that tells of it",
    order(*each(450, 5)),
    column("Cod", "Crates", "31"),
    absent("\ufffc"),
)
def ruled_beside(path: Path) -> None:
    rows = (("Fish", "Kilos", "Crates"), ("Plaice", "212", "14"), ("Cod", "480", "31"), ("Sole", "35", "3"))
    with drawing(path) as page:
        prose(page, 72, 100, said(450, 5), 200)
        tops = table(page, (300, 400, 470), "lrr", 104, rows)
        for down in tops:
            rule(page, 296, down, 476)
        for left in (296, 360, 410, 476):
            upright(page, left, tops[0], tops[-1])


@case(
    "signs that stand alone: operators of a language, and a line of dashes",
    beside("minus", "-", "times", "equal"),
    beside("times", "*", "equal"),
    beside("equal", "=="),
    absent("-----"),
)
def operators(path: Path) -> None:
    with drawing(path) as page:
        table(page, (72, 160), "ll", 100, (("Name", "Sign"), ("minus", "-"), ("times", "*"), ("equal", "==")))
        put(page, 72, 200, "-" * 40)


@case(
    "numbers that count on as the labels of a table's rows, and not of lines",
    *(beside(str(number), f"type {name}", str(number + 1)) for number, name in enumerate("abcdefg", 15)),
)
def counted_labels(path: Path) -> None:
    rows = (("No.", "Name", "What"), *((str(n), f"type {c}", "of a node") for n, c in enumerate("abcdefg", 15)))
    with drawing(path) as page:
        table(page, (90, 120, 240), "rll", 100, rows)


@case(
    "arguments by typewriter beside what they mean, which begins in lower case",
    beside("z", "a matrix of heights", "nlevels", "levels"),
    beside("nlevels", "the number of contour levels wanted, where", "levels numeric"),
    beside("levels", "numeric vector of levels at which lines are drawn"),
)
def arguments(path: Path) -> None:
    meanings = (
        (
            "x, y",
            "locations of grid lines at which heights are measured. They rise. Equal steps are the default.",
        ),
        (
            "z",
            "a matrix of heights, without gaps. It may be given in place of x, which holds all that there is to draw.",
        ),
        ("nlevels", "the number of contour levels wanted, where no levels are given."),
        ("levels", "numeric vector of levels at which lines are drawn."),
    )
    with drawing(path) as page:
        down = 100.0
        for name, meaning in meanings:
            put(page, 72, down, name, "Courier")
            down = prose(page, 150, down, meaning, 300, 12)


@case(
    "spaces at which a line does not break",
    together("on 12 May 2031 at 7 p.m. the ferry"),
    once("12 May 2031"),
)
def fixed_spaces(path: Path) -> None:
    with drawing(path) as page:
        put(page, 72, 100, "It was on 12\u00a0May\u00a02031 at 7\u00a0p.m. the ferry came.", dejavu())


@case(
    "a chart with lines behind it, and scales at its sides",
    absent("[0.2]", "[0.4]", "[30]", "[20]"),
    together("Figure 7: Depth by hour."),
)
def chart(path: Path) -> None:
    with drawing(path) as page:
        for number in range(6):
            rule(page, 100, 100 + 20 * number, 300)
            upright(page, 100 + 40 * number, 100, 200)
            put(page, 95, 103 + 20 * number, str(50 - 10 * number), size=7, at="r")
            put(page, 100 + 40 * number, 210, f"0.{2 * number}", size=7, at="c")
        put(page, 104, 112, "30 m", size=7)
        put(page, 226, 172, "gauge", size=7)
        put(page, 72, 240, "Figure 7: Depth by hour.")


@case(
    "a short head at the right, close above a page that begins within a sentence",
    exactly("Care of sails\nare in a dry loft"),
    order("Care of sails", "are in a dry loft, and the water"),
)
def head_at_the_right(path: Path) -> None:
    with drawing(path) as page:
        put(page, 540, 72, "Care of sails", PLAIN, 11, "r")
        lines(
            page,
            55,
            90,
            (
                "are in a dry loft, and the water has run out of the seams and of all the bolts below",
                *fit(said(430, 3), 480),
            ),
            14,
            PLAIN,
            12,
        )


def printed(name: str) -> Callable[[Path], object]:
    """Copies one of the files."""
    return lambda path: path.write_bytes((DATA / name).read_bytes())


case(
    "a Hebrew notice with numbers, Latin words and a table, printed by Chromium",
    together("בשעה 21:40 מן הרציף הצפוני (Pier 3)"),
    together("ילדים עד גיל 12 נוסעים חינם."),
    column("הסכר", "מחיר", "31"),
    column("הכפר הישן", "שעה", "8:05"),
)(printed("notice-he.pdf"))

case(
    "lists, terms, and a table whose head comes again on its second page, printed by Chromium",
    order("1.", "Sow in rows", "a.", "of beans, 40 cm apart", "b.", "of onions", "2.", "Water with at most 2 l/m²"),
    together(("K₂SO₄", "K2SO4", "K 2 SO 4"), "may be added."),
    absent("added.5", "m2"),
    order("Hardening", "Leaving young plants", "Pricking out", "Moving seedlings"),
    column("Winter Red", "10 g", "12"),
    column("Harbour Wax", "Price in crowns", "16"),
    column("Harbour Wax", "50 g", "61"),
    column("19", "Sort", "Lund Climber"),
    column("49", "Sort", "Short Thick", page=2),
    column("Tall Blue", "10 g", "12", page=2),
    together("Leeks", "Frost", page=2),
)(printed("catalogue.pdf"))

case(
    "a poster of cards, justified columns and turned words, printed by Chromium",
    together("Hafenfest"),
    together("Am 9. und 10. Juni am alten Kran"),
    together("Um 14 Uhr beginnt das Rudern der Zünfte vor der Mole."),
    together("Um 11 Uhr spielt die Kapelle der Schleusenwärter auf dem Prahm."),
    together("6 Euro, für Kinder bis zwölf Jahre frei."),
    together("Drei Tage vor dem Fest wird das Becken gesperrt, damit die Taucher den Grund nach Ankern"),
    order("Wer sein Boot bis dahin nicht verholt hat,", "Strom und Wasser gibt es dort an jeder zweiten Säule,"),
    together("Hunde bitte an die Leine!"),
    together("Gedruckt in der Werkstatt am Speicher 7"),
)(printed("fair.pdf"))

case(
    "signs beyond the first 65,536, and a fraction, printed by Chromium",
    together("Here 𝔸 is the ring of the second chapter, and 🀰 the tile that lies beside the board."),
    order("The mean speed is", "15", ("8𝑡", "8 𝑡", "8t", "8 t"), "is less than 40."),
    together(("where 𝑡² is", "where t² is")),
    order("A key is named ⇧ or ⌘;", "ruby stands above Oversand"),
    together("old port"),
    absent("158", "t2"),
)(printed("signs.pdf"))


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (together("450"), "8,450 and 4501 and 1.450 and 450a"),
        (together("250"), "2503"),
        (together("m/s²"), "m/s2"),
        (order("low", "high"), "high, then low"),
        (once("tide")[0], "tide and tide"),
        (absent("shed"), "the shed"),
        (beside("Plaice", "14", "Cod"), "Plaice Cod 12 14"),
        (column("Cod", "Crates", "12"), "Fish | Kilos | Crates\nCod | 12 | 3"),
        (exactly("a\n  b"), "a b"),
    ],
)
def test_a_fact_does_not_hold_of_what_only_looks_like_it(fact: Fact, text: str) -> None:
    assert not fact.holds([Passage("1", "a.pdf", "v1", 0, 1, "", "", text, ())])


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_what_stands_on_the_page_is_in_its_passages(one: Case, tmp_path: Path) -> None:
    path = tmp_path / "case.pdf"
    one.draw(path)
    read = passages(path)
    wrong = [fact.says for fact in one.facts if not fact.holds(read)]
    assert not wrong, "\n".join([*wrong, *(f"--- page {passage.page}: {passage.text}" for passage in read)])


def test_a_full_row_of_words_below_a_tables_head_is_its_first_row(tmp_path: Path) -> None:
    rows = (
        ("Day", "Pool", "Sauna"),
        ("Monday", "closed", "closed"),
        ("Tuesday", "6:30 - 20:00", "14:00 - 21:30"),
        ("Wednesday", "14:00 - 21:00", "14:00 - 22:00"),
        ("Thursday", "7:00 - 21:00", "15:00 - 22:00"),
        ("Friday", "13:00 - 21:30", "13:00 - 22:30"),
        ("Saturday", "9:00 - 18:00", "10:00 - 19:30"),
        ("Sunday", "8:30 - 17:00", "10:00 - 18:30"),
    )
    with drawing(tmp_path / "a.pdf") as page:
        table(page, (72, 200, 360), "lll", 100, rows, head=PLAIN)
    with open_pdf(tmp_path / "a.pdf") as pdf:
        paragraphs = next(iter(pdf.pages())).paragraphs
    assert [paragraph.text for paragraph in paragraphs if paragraph.kind == "head"] == ["Day | Pool | Sauna"]
