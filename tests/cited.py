"""A library whose documents are cited in many ways, and citations of them as answers carry them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.local.home import Home
from runtime.ports import Message
from tests import pdfs
from ui.render import sources_json
from ui.texts import ENGLISH

WORDS = "kettle oven clay copper barley violin marble lantern anchor saddle mirror ladder cellar garden harbour".split()


@dataclass(frozen=True)
class Cited:
    """A text that an answer cites: its source as the page's script gets it, and which of the source's cited texts it
    is."""

    source: dict[str, Any]
    index: int

    @property
    def text(self) -> str:
        text: str = self.source["cited"][self.index]["text"]
        return text


def fill(home: Home, folder: Path, *, pages: int = 24, scans: int = 3) -> list[str]:
    """Documents of running text, of two columns, on a turned page, in pictures, and one that will be replaced: a
    question about each of many sentences in them."""
    book = pdfs.book(folder / "A book of instruments.pdf", pages)
    left, right = ([_line(100 * side + row) for row in range(40)] for side in (1, 2))
    columns = pdfs.two_columns(folder / "columns.pdf", left, right, by_row=True)
    turned = pdfs.rotated(folder / "turned.pdf", "The windmill of the island grinds nine sacks of rye in an afternoon.")
    replaced = pdfs.book(folder / "replaced.pdf", 5, title="The First Edition", seed=50_000)
    lines = [[_line(1000 * page + row) for row in range(12)] for page in range(1, scans + 1)]
    scan = pdfs.joined(
        folder / "scanned.pdf",
        [pdfs.scanned(folder / f"scan{page}.pdf", some) for page, some in enumerate(lines)],
    )
    for path in (book, columns, turned, replaced, scan):
        home.upload(path.name, path)
        home.ingestor().reconcile(path.name)
    questions = [pdfs.sentence(number * 100 + 10 * (number % 4) + number % 3) for number in range(1, pages + 1)]
    questions += [pdfs.sentence(50_000 + number * 100 + 10 + number % 3) for number in range(1, 6)]
    questions += [left[3], left[30], right[5], right[38], "How many sacks of rye does the windmill grind?"]
    questions += [line for page in lines for line in (page[2], page[6], page[9])]
    return questions


def _line(number: int) -> str:
    """A short sentence that is different for each number."""
    r = random.Random(number)
    return f"The {r.choice(WORDS)} holds {number} {r.choice(WORDS)}s."


def replace(home: Home, folder: Path) -> None:
    """Replace the document that is to be."""
    home.upload("replaced.pdf", pdfs.paragraphs(folder / "replaced.pdf", ["This is the second edition."]))
    home.ingestor().reconcile("replaced.pdf")


def asked(home: Home, questions: list[str], most: int) -> list[Cited]:
    """What the answers to these questions cite, one text of each answer first."""
    found: list[list[Cited]] = []
    for number, question in enumerate(questions):
        *_, answer = home.answerer().answer(question)
        message = Message(str(number), "assistant", answer.text, "", answer.sources, citations=answer.citations)
        sources = [{**one, "turn": "t", "state": "done"} for one in sources_json(message, ENGLISH)]
        found.append([Cited(source, index) for source in sources for index in range(len(source["cited"]))])
    found = [cited for cited in found if cited]
    rounds = max(map(len, found), default=0)
    return [cited[turn] for turn in range(rounds) for cited in found if turn < len(cited)][:most]
