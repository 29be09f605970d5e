"""Which of a page's visible characters reach the passages, where the others went, and what stands there twice.

Characters are counted, not placed: a page is a multiset of them. Visible is what our words have, where nothing hides
them, or what two of the other readers have. Those agree where one alone would be believed in its mistakes; what they
have of text that nobody sees, or that is drawn twice, is taken off as far as our words account for it.
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
"""Unicode categories that count: letters, numbers, punctuation and signs. Marks don't, since some readers compose
them and some lose them, nor does private use, which every reader maps in its own way."""

NOT_COUNTED = frozenset("|¦…•‣◦▪●○∙·■□►❖✓➢➤\ufffd")
"""Bars, which are how a passage divides a row's cells; leaders, which a passage has as one sign; bullets, which some
readers have as private use; and what stands for a character that is not known."""

OURS = "Plumbline"

UNREAD_GLYPH = re.compile(r"\(cid:\d+\)|GLYPH<[^>]*>|glyph\[[^\]]*\]|/?G[0-9A-F]{2}")
"""What pdfminer.six, docling-parse and pypdf write for a glyph that they don't know."""

LEADERS = re.compile(r"(?:\s*[.·…_]){4,}")
HYPHEN = re.compile("(?<=[^\\W\\d_])[-‐\u00ad\x02\ufffe](?=\\s*(?:[^\\W\\d_]|$))")
"""Between letters, where one reader joins the parts of a divided word and another does not."""

MARKED = re.compile(r"\[([^][]+)\]")

ALIKE = str.maketrans("‐‑‒–—―−\x02\ufffe‘’‚“”„´`″′", "---------''''''''''")
"""Dashes, and PDFium's signs for a hyphen where a line ends; and quotes, single or double: which of them a glyph of an
old font is, readers tell each in its own way."""

Characters = Counter[str]


def counted(text: str) -> Characters:
    """The characters that count, in the letters that they are made of and without their accents."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("…", " "))
    text = HYPHEN.sub("", LEADERS.sub(" ", UNREAD_GLYPH.sub(" ", text))).translate(ALIKE)
    found = Counter(text)
    for character in list(found):
        if character in NOT_COUNTED or unicodedata.category(character)[0] not in COUNTED:
            del found[character]
    return found


SAME_PLACE = 0.25
"""Of a word's height: the same word as near is drawn twice to look bold, or to have a shadow."""


@dataclass(slots=True)
class Coverage:
    """What became of a page's characters, or a document's."""

    visible: Characters = field(default_factory=Counter)
    """What our words have, where nothing hides them, or two other readers agree on."""
    agreed: Characters = field(default_factory=Counter)
    """What two other readers agree on, so that ours does not judge itself."""
    union: Characters = field(default_factory=Counter)
    """What any reader has, be it right or wrong, or hidden."""
    read: Counter[str] = field(default_factory=Counter)
    read_of_union: Counter[str] = field(default_factory=Counter)
    """How many of those, and of the union, each reader has; ours are in passages, or may be left out."""
    hidden: dict[str, Characters] = field(default_factory=dict)
    """By `doubt.Kind`, what nobody sees and no passage has."""
    mistaken: Characters = field(default_factory=Counter)
    """Held to be hidden, although the page's picture shows it."""
    left_out: dict[str, Characters] = field(default_factory=dict)
    """By `doubt.Kind`, what may be left out."""
    garbled: Characters = field(default_factory=Counter)
    """On pages that are held to be garbled, although two other readers agree on them."""
    unread: Characters = field(default_factory=Counter)
    """Visible to two other readers, and in none of our words, on other pages."""
    unplaced: Characters = field(default_factory=Counter)
    """In our words, and in no paragraph."""
    uncut: Characters = field(default_factory=Counter)
    """In a paragraph that was kept, and in no passage."""
    lost: Characters = field(default_factory=Counter)
    """Visible, not left out, and in no passage of the page."""
    passages: Characters = field(default_factory=Counter)
    marked: dict[str, Characters] = field(default_factory=dict)
    """In passages again, by how a reader of them can tell."""
    twice: Characters = field(default_factory=Counter)
    """In passages more often than in our words, and not marked."""
    repeats: Counter[str] = field(default_factory=Counter)
    """Paragraphs by how often they were left out as repeated."""
    unfounded: list[str] = field(default_factory=list)
    """Paragraphs that were left out as repeated, and are on no earlier page."""

    @property
    def wanted(self) -> int:
        """How many characters the passages should have."""
        return self.visible.total() - sum(found.total() for found in self.left_out.values())

    @property
    def kept(self) -> float:
        """The share of them that is there."""
        return 1 - self.lost.total() / self.wanted if self.wanted > 0 else 1.0

    @property
    def repeated(self) -> float:
        """The share of the passages that says again, marked, what another one says."""
        again = sum(found.total() for found in self.marked.values())
        return again / self.passages.total() if self.passages else 0.0

    def add(self, other: Coverage) -> None:
        """Add another page's, or another document's."""
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
    """Each page's number, and what became of its characters; `others` are other readers' texts of all pages, and
    `again` the characters of each that are drawn a second time in the same place."""
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
            once = _said_once(made, heads, kept, found)
            found.unplaced = words - (_counted(page.paragraphs) - _cells_again(page.paragraphs))
            found.uncut = _counted(kept) - _cells_again(kept) - once
            found.lost = (
                found.visible - (once & words) - _sum(found.left_out)
            )  # what is said twice makes up for nothing
            found.twice = once - words
            for name, text in {**texts, OURS: once + _sum(found.left_out)}.items():
                found.read[name] = (text & found.agreed).total()
                found.read_of_union[name] = (text & found.union).total()
            yield page.number, found


def unread(number: int, others: Mapping[str, Sequence[str]]) -> Coverage:
    """A page that our reader does not give: all that two of the others have is lost."""
    texts = _texts(number, others)
    lost = _agreed(list(texts.values()), Counter(), Counter(), Counter())
    return Coverage(visible=lost, agreed=lost.copy(), union=lost.copy(), unread=lost.copy(), lost=lost.copy())


def _texts(number: int, others: Mapping[str, Sequence[str]]) -> dict[str, Characters]:
    """Each reader's characters of a page, none where it did not come as far."""
    return {name: counted(pages[number - 1]) if number <= len(pages) else Counter() for name, pages in others.items()}


def _look(
    page: Page, raw_pages: _RawPages, texts: dict[str, Characters], again: Characters, found: Coverage
) -> Characters:
    """Fill in what can be seen on the page and what is hidden, and give what our words have of it."""
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
    """Whether letters and digits are most of it, which they are of any text, and are not of glyphs without Unicode."""
    return 2 * sum(count for character, count in characters.items() if character.isalnum()) > characters.total()


class _RawPages:
    """What the page's own reader gives of it, in this process."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._readers: dict[str, Pdfium | Miner] = {}

    def words(self, page: Page) -> tuple[list[Word], list[Word], list[Word]]:
        """Those of the page that can be seen, those that are hidden, and those that are held to be."""
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
    """The words, without those that are drawn a second time in nearly the same place, and those."""
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
    """What two readers have, without what they have beyond our words of text that is drawn again or that nobody
    sees."""
    agreed: Characters = Counter()
    for character in set().union(*texts):
        agreed[character] = sorted(text[character] for text in texts)[-2] if len(texts) > 1 else 0
    return agreed - ((agreed - words) & (again + hidden))


def _leave_out(
    page: Page, kept: Sequence[Paragraph], counts: Mapping[str, int], said: set[str], found: Coverage
) -> None:
    """The paragraphs that are not kept, by why."""
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
    """A head or foot without the page's number far beside it."""
    return "\t".join(part for part in text.split("\t") if not PAGE_NUMBER.fullmatch(part)) if "\t" in text else text


def _said_once(made: Sequence[Passage], heads: set[str], kept: Sequence[Paragraph], found: Coverage) -> Characters:
    """The characters of a page's passages without those that say again what another passage or cell has said."""
    names = [_head(line, heads) for passage in made for line in passage.text.split("\n")]
    found.passages = counted("\n".join(passage.text for passage in made))
    found.marked["cell"] = _cells_again(kept) & found.passages
    once = found.passages - found.marked["cell"]
    # The same words may follow each other on the page: again is only what no paragraph accounts for.
    more = once - (_counted(kept) - found.marked["cell"])
    found.marked["head"] = counted("\n".join(names)) & more
    return once - found.marked["head"]


def _head(line: str, heads: set[str]) -> str:
    """A line that says a table's head again, whole or its beginning, in brackets; else ''."""
    again = line.startswith("[") and line.endswith("]") and any(head.startswith(line[1:-1]) for head in heads)
    return line if again else ""


def _cells_again(paragraphs: Sequence[Paragraph]) -> Characters:
    """What is said again in brackets: cells that say what the one above them says, which is beside several rows, and
    names that stand over several columns."""
    again: list[str] = []
    above: list[str] = []
    for paragraph in paragraphs:
        cells = paragraph.text.split(" | ") if paragraph.kind in ("row", "head") else []
        marked = [cell == f"[{said}]" for cell, said in zip(cells, above, strict=False)]
        again += [cell for cell, is_marked in zip(cells, marked, strict=False) if is_marked]
        again += _names_again(cells) if paragraph.kind == "head" else []
        said_on = [said if is_marked else cell for cell, said, is_marked in zip(cells, above, marked, strict=False)]
        above = said_on + cells[len(said_on) :]
    return counted("\n".join(again))


def _names_again(names: Sequence[str]) -> list[str]:
    """Names in brackets, within those of columns that a name to the left stands over too."""
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
