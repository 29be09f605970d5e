"""Which of a page's visible characters reach the passages, where the others went, and what is there twice.

Characters are counted, not located: a page is a multiset of them. Visible is what our words have, unless something
hides them, or what two of the other readers have: two that agree are needed because one alone makes mistakes. Their
characters of text that nobody sees, or that is drawn twice, are subtracted as far as our words account for them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from bench.picture import shown
from runtime.passages import Chunker, TokenCounter
from runtime.ports import Passage
from runtime.reading.document import Page, Paragraph, open_pdf
from runtime.reading.miner import Miner
from runtime.reading.pdfium import Pdfium
from runtime.reading.repeats import PAGE_NUMBER, Repeats
from runtime.reading.words import Word

COUNTED = frozenset("LNPS")
"""Unicode categories that count: letters, numbers, punctuation and symbols. Marks don't, since some readers compose
them and some lose them, nor does private use, which every reader maps in its own way."""

NOT_COUNTED = frozenset("|¦…•‣◦▪●○∙·■□►❖✓➢➤\ufffd")
"""Bars, with which a passage separates the cells of a row; leaders, which a passage has as one character; bullets,
which some readers have as private use; and the replacement for an unknown character."""

OURS = "Plumbline"

UNREAD_GLYPH = re.compile(r"\(cid:\d+\)|GLYPH<[^>]*>|glyph\[[^\]]*\]|/?G[0-9A-F]{2}")
"""What pdfminer.six, docling-parse and pypdf write for an unknown glyph."""

LEADERS = re.compile(r"(?:\s*[.·…_]){4,}")
HYPHEN = re.compile("(?<=[^\\W\\d_])[-‐\u00ad\x02\ufffe](?=\\s*(?:[^\\W\\d_]|$))")
"""Between letters, where one reader joins the parts of a divided word and another does not."""

MARKED = re.compile(r"\[([^][]+)\]")

ALIKE = str.maketrans("‐‑‒–—―−\x02\ufffe‘’‚“”„´`″′", "---------''''''''''")
"""Dashes, and PDFium's characters for a hyphen at a line's end; and quotes, single or double: readers differ on which
of them a glyph of an old font is."""

Characters = Counter[str]


def counted(text: str) -> Characters:
    """The characters that count, decomposed and without their accents."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("…", " "))
    text = HYPHEN.sub("", LEADERS.sub(" ", UNREAD_GLYPH.sub(" ", text))).translate(ALIKE)
    found = Counter(text)
    for character in list(found):
        if character in NOT_COUNTED or unicodedata.category(character)[0] not in COUNTED:
            del found[character]
    return found


SAME_PLACE = 0.25
"""Of a word's height: the same word this close is drawn twice to look bold, or to have a shadow."""


@dataclass(slots=True)
class Coverage:
    """What became of the characters of a page or a document."""

    visible: Characters = field(default_factory=Counter)
    """What our words have, unless something hides them, or what two other readers agree on."""
    agreed: Characters = field(default_factory=Counter)
    """What two other readers agree on, so that ours does not judge itself."""
    union: Characters = field(default_factory=Counter)
    """What any reader has, whether right, wrong or hidden."""
    read: Counter[str] = field(default_factory=Counter)
    read_of_union: Counter[str] = field(default_factory=Counter)
    """How many of the agreed ones, and of the union, each reader has; ours are in passages, or may be left out."""
    hidden: dict[str, Characters] = field(default_factory=dict)
    """By `doubt.Kind`, what nobody sees and no passage has."""
    mistaken: Characters = field(default_factory=Counter)
    """Taken to be hidden, although the page's picture shows it."""
    left_out: dict[str, Characters] = field(default_factory=dict)
    """By `doubt.Kind`, what may be left out."""
    garbled: Characters = field(default_factory=Counter)
    """On pages taken to be garbled, although two other readers agree on them."""
    unread: Characters = field(default_factory=Counter)
    """On other pages: visible to two other readers, and in none of our words."""
    unplaced: Characters = field(default_factory=Counter)
    """In our words, and in no paragraph."""
    uncut: Characters = field(default_factory=Counter)
    """In a paragraph that was kept, and in no passage."""
    lost: Characters = field(default_factory=Counter)
    """Visible, not left out, and in no passage of the page."""
    passages: Characters = field(default_factory=Counter)
    marked: dict[str, Characters] = field(default_factory=dict)
    """Repeated in passages, by how their reader can tell."""
    twice: Characters = field(default_factory=Counter)
    """In passages more often than in our words, without a mark."""
    repeats: Counter[str] = field(default_factory=Counter)
    """Paragraphs, by how often they were left out as repeated."""
    unfounded: list[str] = field(default_factory=list)
    """Paragraphs that were left out as repeated but are on no earlier page."""

    @property
    def wanted(self) -> int:
        """How many characters the passages should have."""
        return self.visible.total() - sum(found.total() for found in self.left_out.values())

    @property
    def kept(self) -> float:
        """The share of the wanted characters that the passages have."""
        return 1 - self.lost.total() / self.wanted if self.wanted > 0 else 1.0

    @property
    def repeated(self) -> float:
        """The share of the passages' text that repeats, with a mark, what another passage says."""
        again = sum(found.total() for found in self.marked.values())
        return again / self.passages.total() if self.passages else 0.0

    def add(self, other: Coverage) -> None:
        """Add the coverage of another page or document."""
        for own in fields(self):
            mine, more = getattr(self, own.name), getattr(other, own.name)
            if isinstance(mine, Counter):
                mine.update(more)
            elif isinstance(mine, list):
                mine += more
            else:
                for kind, found in more.items():
                    mine.setdefault(kind, Counter()).update(found)


def cover(
    path: Path, counter: TokenCounter, others: Mapping[str, Sequence[str]], again: Sequence[str]
) -> Iterator[tuple[int, Coverage]]:
    """Each page's number, and what became of its characters; `others` are the other readers' texts of all pages, and
    `again` the characters of each page that are drawn a second time in the same place."""
    chunker, repeats = Chunker(path.name, "v", "", counter), Repeats({})
    heads: set[str] = set()
    said: set[str] = set()
    with path.open("rb") as file, open_pdf(path) as pdf:
        raw_pages = _RawPages(file.fileno())
        for page in pdf.pages():
            found = Coverage()
            texts = _texts(page.number, others)
            drawn = counted(again[page.number - 1]) if page.number <= len(again) else Counter[str]()
            words = _look(page, raw_pages, texts, drawn, found)
            made, kept = chunker.page(page), repeats.kept(page)
            heads.update(_flat(paragraph.head) for paragraph in kept if paragraph.head)
            _leave_out(page, kept, repeats.left_out, said, found)
            said.update(_without_number(paragraph.text) for paragraph in kept)
            once = _without_repeats(made, heads, kept, found)
            found.unplaced = words - (_counted(page.paragraphs) - _repeated_cells(page.paragraphs))
            found.uncut = _counted(kept) - _repeated_cells(kept) - once
            found.lost = (
                found.visible - (once & words) - _sum(found.left_out)
            )  # text that is there twice makes up for nothing
            found.twice = once - words
            for name, text in {**texts, OURS: once + _sum(found.left_out)}.items():
                found.read[name] = (text & found.agreed).total()
                found.read_of_union[name] = (text & found.union).total()
            yield page.number, found


def unread(number: int, others: Mapping[str, Sequence[str]]) -> Coverage:
    """A page that our reader does not return: everything that two of the others have is lost."""
    texts = _texts(number, others)
    lost = _agreed(list(texts.values()), Counter(), Counter(), Counter())
    return Coverage(visible=lost, agreed=lost.copy(), union=lost.copy(), unread=lost.copy(), lost=lost.copy())


def _texts(number: int, others: Mapping[str, Sequence[str]]) -> dict[str, Characters]:
    """Each reader's characters of a page, none if it did not get that far."""
    return {name: counted(pages[number - 1]) if number <= len(pages) else Counter() for name, pages in others.items()}


def _look(
    page: Page, raw_pages: _RawPages, texts: dict[str, Characters], again: Characters, found: Coverage
) -> Characters:
    """Fill in what is visible on the page and what is hidden, and return our words' visible characters."""
    read, hidden, mistaken = raw_pages.words(page)
    read, more = _once(read)
    words, found.mistaken = _characters(read), _characters(mistaken)
    for kind in {word.style.hidden for word in hidden}:
        found.hidden[kind] = _characters([word for word in hidden if word.style.hidden == kind])
    visible = words + found.mistaken
    agreed = _agreed(list(texts.values()), visible, again | _characters(more), _sum(found.hidden))
    if page.state == "garbled":
        found.garbled = agreed = agreed if _is_text(agreed) else Counter()
    else:
        found.unread = agreed - visible
    found.agreed, found.visible = agreed, visible | agreed
    found.union = visible.copy()
    for text in texts.values():
        found.union |= text
    return words


def _is_text(characters: Characters) -> bool:
    """Whether most of it is letters and digits, as in any text, but not in glyphs without Unicode."""
    return 2 * sum(count for character, count in characters.items() if character.isalnum()) > characters.total()


class _RawPages:
    """What the page's own reader returns for it, in this process."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._readers: dict[str, Pdfium | Miner] = {}

    def words(self, page: Page) -> tuple[list[Word], list[Word], list[Word]]:
        """The page's visible words, its hidden words, and those wrongly taken to be hidden."""
        if page.reader not in (Pdfium.name, Miner.name):
            return [], [], []
        reader = self._readers.get(page.reader)
        if reader is None:
            reader = self._readers[page.reader] = (Pdfium if page.reader == Pdfium.name else Miner)(self._fd)
        words = reader.page(page.number).words
        doubtful = [word for word in words if word.style.hidden]
        seen = shown(reader, page.number, doubtful) if isinstance(reader, Pdfium) else [False] * len(doubtful)
        return (
            [word for word in words if not word.style.hidden],
            [word for word, is_seen in zip(doubtful, seen, strict=True) if not is_seen],
            [word for word, is_seen in zip(doubtful, seen, strict=True) if is_seen],
        )


def _once(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """The words without those drawn a second time in nearly the same place, and those."""
    once: list[Word] = []
    more: list[Word] = []
    places: dict[str, list[Word]] = {}
    for word in words:
        near = SAME_PLACE * (word.bottom - word.top)
        drawn = places.setdefault(word.text, [])
        again = any(abs(word.left - other.left) < near and abs(word.top - other.top) < near for other in drawn)
        (more if again else once).append(word)
        drawn.append(word)
    return once, more


def _agreed(texts: Sequence[Characters], words: Characters, again: Characters, hidden: Characters) -> Characters:
    """What two readers have, without what they have beyond our words in text that is drawn again or that nobody
    sees."""
    agreed: Characters = Counter()
    for character in set().union(*texts):
        agreed[character] = sorted(text[character] for text in texts)[-2] if len(texts) > 1 else 0
    return agreed - ((agreed - words) & (again + hidden))


def _leave_out(
    page: Page, kept: Sequence[Paragraph], counts: Mapping[str, int], said: set[str], found: Coverage
) -> None:
    """Count the paragraphs that are not kept, by reason."""
    stay = {id(paragraph) for paragraph in kept}
    listing = next((kind for kind in ("contents", "index") if counts.get(kind)), "")
    for paragraph in page.paragraphs:
        if id(paragraph) in stay:
            continue
        if counts.get("page number") and PAGE_NUMBER.fullmatch(paragraph.text):
            kind = "page number"
        elif (text := _without_number(paragraph.text)) in said or not listing:
            kind = "repeated"
            found.repeats[text] += 1
            found.unfounded += [text] if text not in said else []
        else:
            kind = listing
        found.left_out.setdefault(kind, Counter()).update(counted(paragraph.text))


def _without_number(text: str) -> str:
    """A header or footer without the page number far beside it."""
    return "\t".join(part for part in text.split("\t") if not PAGE_NUMBER.fullmatch(part)) if "\t" in text else text


def _without_repeats(
    made: Sequence[Passage], heads: set[str], kept: Sequence[Paragraph], found: Coverage
) -> Characters:
    """The characters of a page's passages without those that repeat another passage or cell."""
    names = [_head(line, heads) for passage in made for line in passage.text.split("\n")]
    found.passages = counted("\n".join(passage.text for passage in made))
    found.marked["cell"] = _repeated_cells(kept) & found.passages
    once = found.passages - found.marked["cell"]
    # The page itself may repeat words: only what no paragraph accounts for is a repetition.
    more = once - (_counted(kept) - found.marked["cell"])
    found.marked["head"] = counted("\n".join(names)) & more
    return once - found.marked["head"]


def _head(line: str, heads: set[str]) -> str:
    """A line that repeats a table's head, or its beginning, in brackets; otherwise ''."""
    again = line.startswith("[") and line.endswith("]") and any(head.startswith(line[1:-1]) for head in heads)
    return line if again else ""


def _repeated_cells(paragraphs: Sequence[Paragraph]) -> Characters:
    """What is repeated in brackets: cells that repeat the one above them, which spans several rows, and names that span
    several columns."""
    again: list[str] = []
    above: list[str] = []
    for paragraph in paragraphs:
        cells = paragraph.text.split(" | ") if paragraph.kind in ("row", "head") else []
        marked = [cell == f"[{said}]" for cell, said in zip(cells, above, strict=False)]
        again += [cell for cell, is_marked in zip(cells, marked, strict=False) if is_marked]
        again += _repeated_names(cells) if paragraph.kind == "head" else []
        said_on = [said if is_marked else cell for cell, said, is_marked in zip(cells, above, marked, strict=False)]
        above = said_on + cells[len(said_on) :]
    return counted("\n".join(again))


def _repeated_names(names: Sequence[str]) -> list[str]:
    """Names in brackets, within those of columns that a name to the left spans too."""
    return [
        again[0]
        for column, name in enumerate(names)
        for again in MARKED.finditer(name)
        if any(again[1] in before for before in names[:column])
    ]


def _flat(head: str) -> str:
    return " ".join(head.replace("\n", " / ").split())


def _characters(words: Sequence[Word]) -> Characters:
    return counted("\n".join(word.text for word in words))


def _counted(paragraphs: Sequence[Paragraph]) -> Characters:
    return counted("\n".join(paragraph.text for paragraph in paragraphs))


def _sum(by_kind: Mapping[str, Characters]) -> Characters:
    return sum(by_kind.values(), Counter())
