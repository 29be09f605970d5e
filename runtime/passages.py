"""Splits a document's paragraphs into passages that fit the embedder, at paragraph boundaries."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

import numpy as np

from runtime.ports import Confidence, Embedder, PageBox, Passage, Vectors
from runtime.reading.document import Page, Paragraph
from runtime.reading.repeats import Repeats
from runtime.search.language import ENGLISH, language_of
from runtime.sentences import sentences

PASSAGE_TOKENS = 200
"""Tokens of a passage. Chosen by `make bench-retrieval`: see docs/ask.md."""

HEAD_TOKENS = 60
"""Maximum tokens of a table's header when it is repeated above rows in another passage."""

CONTEXT_TOKENS = 40
"""Maximum tokens of title and headings together; longer ones lose their middle headings, then words."""

FORMAT = "7"
"""Part of an index's name: raise it when the same document would give different passages."""

BORROWED_TOKENS = 25
"""Maximum tokens of the other half of a sentence that crosses pages."""

_ENDED = re.compile(r"[.!?…:;。！？：；][\"”’)\]]{0,2}$")
_HEADING_LEVELS = 3
HEADING_PATH = " › "
"""Separates the headings of a passage's path, outermost first."""


class TokenCounter(Protocol):
    """The part of an embedder that measures passages."""

    max_tokens: int

    def count(self, texts: Sequence[str]) -> list[int]:
        """Each text's length in tokens, special tokens left out."""


@dataclass(slots=True)
class _Piece:
    """A piece of text that is not split further: a paragraph, a sentence of a long one, or part of a long sentence."""

    text: str
    tokens: int
    boxes: tuple[PageBox, ...]
    begins: bool  # a paragraph
    head: str = ""  # of its table, if it is a row
    is_head: bool = False  # a row of the head itself
    repeated: bool = False  # a header repeated from another passage
    sure: float | None = None  # of recognized text
    doubtful: tuple[str, ...] = ()


def passage_vectors(
    embedder: Embedder, passages: Sequence[Passage], names: dict[str, Vectors]
) -> tuple[Vectors, Vectors]:
    """Two arrays of unit vectors, each of shape (len(passages), dimension): those for search, and those for the
    analyses of topics.

    A search vector is the sum of the text's vector and, if the document has a title, the title's. The title says which
    document a passage is from; being the same for all of its pages, it does not affect their order. An analysis vector
    includes the headings instead of the title, each weighted by its tokens as if the passage began with them, since
    models average over a text's tokens. Titles and headings are embedded once and cached in `names`.
    """
    headings = [[one for one in passage.heading.split(HEADING_PATH) if one] for passage in passages]
    named = dict.fromkeys([*(passage.title for passage in passages if passage.title), *chain(*headings)])
    new = [name for name in named if name not in names]
    texts = [passage.text for passage in passages]
    made = embedder.embed([*texts, *new])
    names.update(zip(new, made[len(texts) :], strict=True))
    found, about = made[: len(texts)].copy(), made[: len(texts)].copy()
    tokens = embedder.count([*texts, *named])
    tokens_of = dict(zip(named, tokens[len(texts) :], strict=True))
    for row, (passage, path) in enumerate(zip(passages, headings, strict=True)):
        if passage.title:
            found[row] += names[passage.title]
        about[row] *= tokens[row]
        for heading in path:
            about[row] += tokens_of[heading] * names[heading]
    return _of_unit_length(found), _of_unit_length(about)


def _of_unit_length(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return unit


def passage_id(document: str, version: str, page: int, ordinal: int) -> str:
    """The same place in the same bytes always has the same id, so a retry overwrites instead of duplicating."""
    key = json.dumps([document, version, page, ordinal]).encode()
    return hashlib.sha256(key).hexdigest()[:32]


class Chunker:
    """Turns the pages of one version of one document into passages, page by page.

    A passage's text is from one page, so that a citation names one page. Passages do not overlap, with two exceptions:
    a table's header, which is marked as repeated, and a sentence that crosses pages, whose other half is added on both
    pages, marked with the page that it is from. `carry` holds all the state that the next page needs, so that reading
    can stop after any page and resume with the same passages and ids.
    """

    def __init__(
        self,
        document: str,
        version: str,
        title: str,
        counter: TokenCounter,
        carry: str = "",
        passage_tokens: int = PASSAGE_TOKENS,
    ) -> None:
        self._document = document
        self._version = version
        self._counter = counter
        self._budget = min(passage_tokens, counter.max_tokens - 2 * BORROWED_TOKENS)
        state = json.loads(carry) if carry else {}
        self.ordinal: int = state.get("ordinal", 0)
        self._headings: list[str] = state.get("headings", [""] * _HEADING_LEVELS)
        self._entered: list[str] = state.get("entered", [])
        self._title = self._fit_words(title, CONTEXT_TOKENS // 2)
        self._repeats = Repeats(state.get("repeats", {}))
        self._table: tuple[str, list[int]] = (state.get("head", ""), state.get("columns", []))
        self._sentence_start: str = state.get("begun", "")

    @property
    def carry(self) -> str:
        """The state after the last page, as JSON."""
        return json.dumps(
            {
                "ordinal": self.ordinal,
                "headings": self._headings,
                "entered": self._entered,
                "repeats": self._repeats.state,
                "head": self._table[0],
                "columns": self._table[1],
                "begun": self._sentence_start,
            }
        )

    @property
    def left_out(self) -> Mapping[str, int]:
        """Paragraphs of the last page that are in no passage, counted by `runtime.reading.doubt.Kind`."""
        return self._repeats.left_out

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that the end of the last page is under, outermost first; '' for a level without one."""
        return tuple(self._headings)

    def enter(self, headings: Sequence[str]) -> None:
        """Put what follows under these headings, unless it is under them already, perhaps with more below."""
        if list(headings) != self._entered:
            self._entered = self._headings = list(headings)

    def page(self, page: Page, following: Page | None = None) -> list[Passage]:
        """The passages of the next page, in reading order; `following` is the page after it, where its last sentence
        may continue."""
        kept = [_on_one_line(paragraph) for paragraph in self._repeats.kept(page)]
        passages = [
            passage
            for heading, paragraphs in self._sections(kept)
            for passage in self._section(page, heading, paragraphs)
        ]
        if passages and self._sentence_start:
            passages[0] = _with_text(passages[0], f"{self._sentence_start} {passages[0].text}")
        start, rest = self._across_pages(kept, following)
        self._sentence_start = f"[page {page.number}: {start}]" if start else ""
        if passages and rest and following is not None:
            passages[-1] = _with_text(passages[-1], f"{passages[-1].text} [page {following.number}: {rest}]")
        return passages

    def _across_pages(self, kept: Sequence[Paragraph], following: Page | None) -> tuple[str, str]:
        """Both halves of a sentence that crosses to the next page, two empty strings if there is none."""
        if following is None or not kept or not _is_prose(kept[-1]) or _ENDED.search(kept[-1].text):
            return "", ""
        first = next(iter(Repeats(copy.deepcopy(self._repeats.state)).kept(following)), None)
        if first is None or not _is_prose(first) or not first.text[:1].islower():
            return "", ""
        start, rest = _sentences(kept[-1].text)[-1], _sentences(_on_one_line(first).text)[0]
        while self._counter.count([start])[0] > BORROWED_TOKENS and " " in start:
            start = start.partition(" ")[2]
        return start, self._fit_words(rest, BORROWED_TOKENS)

    def _sections(self, kept: Sequence[Paragraph]) -> Iterator[tuple[str, list[Paragraph]]]:
        """Paragraphs grouped by heading, which comes first in each group; a page's end closes a group."""
        run: list[Paragraph] = []
        for paragraph in self._headed(kept):
            if not paragraph.level:
                run.append(paragraph)
                continue
            if any(not before.level for before in run):
                yield self._heading(), run
                run = []
            level = min(paragraph.level, _HEADING_LEVELS) - 1
            self._headings = [*self._headings[:level], paragraph.text, *[""] * (_HEADING_LEVELS - level - 1)]
            run.append(paragraph)
        if run:
            yield self._heading(), run

    def _headed(self, paragraphs: Sequence[Paragraph]) -> Iterator[Paragraph]:
        """The paragraphs; rows of a table continued from the previous page get its header."""
        rest = True
        for paragraph in paragraphs:
            if (
                paragraph.kind == "row"
                and not paragraph.head
                and rest
                and _same_columns(paragraph.columns, self._table[1])
            ):
                yield replace(paragraph, head=self._table[0])
            else:
                yield paragraph
                rest = rest and not paragraph.columns and not paragraph.level
        last = next((p for p in reversed(paragraphs[-3:]) if p.kind == "row"), None)
        if last is None:
            self._table = ("", [])
        elif last.head or not _same_columns(last.columns, self._table[1]):
            self._table = (last.head, list(last.columns))

    def _heading(self) -> str:
        """The path of headings, within its token budget."""
        path = [h for h in self._headings if h]
        room = CONTEXT_TOKENS - self._counter.count([self._title])[0]
        while len(path) > 1 and self._counter.count([HEADING_PATH.join(path)])[0] > room:
            path.pop(-2 if len(path) > 2 else 0)
        return self._fit_words(HEADING_PATH.join(path), room)

    def _section(self, page: Page, heading: str, paragraphs: Sequence[Paragraph]) -> Iterator[Passage]:
        budget = self._budget
        pieces = [piece for p in paragraphs for piece in self._pieces(page.number, p, budget)]
        own: list[_Piece] = []
        used = 0
        for piece in pieces:
            head = self._repeated_head(piece, own, budget)
            if own and used + sum(one.tokens for one in head) + piece.tokens > budget:
                yield self._passage(page, heading, own)
                own, used = [], 0
                head = self._repeated_head(piece, own, budget)
            for one in (*head, piece):
                own.append(one)
                used += one.tokens
        if own:
            yield self._passage(page, heading, own)

    def _repeated_head(self, piece: _Piece, own: Sequence[_Piece], budget: int) -> list[_Piece]:
        """The header of a row's table, marked as repeated, if the passage does not have it yet."""
        if not piece.head or piece.is_head or any(before.head == piece.head for before in own):
            return []
        room = min(budget - piece.tokens, HEAD_TOKENS)
        text = "[" + self._fit_words(piece.head.replace("\n", " / "), room - 2) + "]"
        return (
            [_Piece(text, self._counter.count([text])[0], (), True, piece.head, is_head=True, repeated=True)]
            if len(text) > 2
            else []
        )

    def _passage(self, page: Page, heading: str, own: Sequence[_Piece]) -> Passage:
        passage = Passage(
            id=passage_id(self._document, self._version, page.number, self.ordinal),
            document=self._document,
            version=self._version,
            ordinal=self.ordinal,
            page=page.number,
            title=self._title,
            heading=heading,
            text=_joined(own),
            boxes=_distinct(box for piece in own for box in piece.boxes),
            label=page.label,
            own=_joined([piece for piece in own if not piece.repeated]) if any(piece.repeated for piece in own) else "",
            confidence=_confidence(own),
        )
        self.ordinal += 1
        return passage

    def _pieces(self, page: int, paragraph: Paragraph, limit: int) -> Iterator[_Piece]:
        """The whole paragraph if it fits, else its sentences, else parts of them, split at spaces if possible."""
        boxes = tuple(PageBox(page, b.left, b.top, b.right, b.bottom) for b in paragraph.boxes)
        is_head = paragraph.kind == "head"
        texts = [paragraph.text]
        sizes = self._counter.count(texts)
        if sizes[0] > limit:
            texts = _sentences(paragraph.text)
            sizes = self._counter.count(texts)
        begins = True
        for text, size in zip(texts, sizes, strict=True):
            for part in [text] if size <= limit else self._cut(text, limit):
                tokens = size if part is text else self._counter.count([part])[0]
                doubtful = tuple(word for word in paragraph.doubtful if word in part)
                yield _Piece(
                    part, tokens, boxes, begins, paragraph.head, is_head, sure=paragraph.sure, doubtful=doubtful
                )
                begins = False

    def _cut(self, text: str, limit: int) -> Iterator[str]:
        """Halve the text, at a space if there is one, until every part fits."""
        if self._counter.count([text])[0] <= limit:
            yield text
            return
        middle = len(text) // 2
        space = text.rfind(" ", 1, middle + 1)
        middle = space if space > 0 else middle
        for half in (text[:middle].strip(), text[middle:].strip()):
            if half:
                yield from self._cut(half, limit)

    def _fit_words(self, text: str, limit: int) -> str:
        """The text's first words, within the limit."""
        words = text.split()
        while words and self._counter.count([" ".join(words)])[0] > limit:
            words = words[: max(0, len(words) * 3 // 4)]
        return " ".join(words)


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in sentences(text, language_of(text) or ENGLISH) if sentence.strip()]


def _confidence(pieces: Sequence[_Piece]) -> Confidence | None:
    """How sure a passage is that has recognized text: each piece counts by its tokens."""
    read = [(piece.sure, max(piece.tokens, 1)) for piece in pieces if piece.sure is not None]
    if not read:
        return None
    sure = sum(sure * tokens for sure, tokens in read) / sum(tokens for _, tokens in read)
    return Confidence(sure, tuple(dict.fromkeys(word for piece in pieces for word in piece.doubtful)))


def _joined(pieces: Sequence[_Piece]) -> str:
    return "".join(("\n" if piece.begins else " ") + piece.text for piece in pieces).strip()


def _with_text(passage: Passage, text: str) -> Passage:
    """The passage with a text that is partly from another page or passage."""
    return replace(passage, text=text, own=passage.own or passage.text)


def _is_prose(paragraph: Paragraph) -> bool:
    return paragraph.kind == "text" and not paragraph.level


def _on_one_line(paragraph: Paragraph) -> Paragraph:
    """The paragraph with tabs, which mark wide gaps in a line, replaced by spaces."""
    return replace(paragraph, text=paragraph.text.replace("\t", " ")) if "\t" in paragraph.text else paragraph


def _same_columns(columns: Sequence[int], others: Sequence[int]) -> bool:
    """Whether the columns of two tables start at the same positions."""
    return len(columns) == len(others) > 0 and all(abs(a - b) <= 4 for a, b in zip(columns, others, strict=True))


def _distinct(boxes: Iterator[PageBox]) -> tuple[PageBox, ...]:
    return tuple(dict.fromkeys(boxes))
