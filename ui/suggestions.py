"""Questions to start with: about sections of the library's documents, each of which the search finds."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from runtime.answer.answerer import Answerer
from runtime.answer.sources import SOURCES
from runtime.passages import HEADING_PATH
from runtime.ports import Entry, PlumblineError
from runtime.search.searcher import CANDIDATES
from ui.texts import ENGLISH, Texts

log = logging.getLogger("plumbline.suggestions")

SUGGESTED = 4
"""Most questions offered."""

DOCUMENTS = 8
SECTIONS = 2
"""The newest documents considered, and the sections tried from each: 24 embeddings in all."""

RETRY_SECONDS = 60.0
"""Until a failed attempt is repeated."""

DEPTH = 2
"""Most headings in a section's path: deeper ones seldom say what they belong to."""

LONGEST = 110
"""Characters that fit on a button."""

_NUMBER = re.compile(
    r"^(?:(?:appendix|chapter|section|part)\s+(?:[A-Z]|\d+)|(?:[A-Z]\.)?\d+)(?:\.\d+)*[.:]?\s+(?=\S)", re.IGNORECASE
)
_BOILERPLATE = re.compile(
    r"\b(?:contents|index|indices|preface|foreword|introduction|acknowledge?ments?|references|bibliography"
    r"|glossary|licen[cs]e|copyright|colophon|abstract|summary|conclusions?"
    r"|list of (?:figures|tables)|further reading)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a document, by the path of its headings, and what to ask about it."""

    document: str
    heading: str
    question: str


class Suggestions:
    """Questions in one language about the current documents, found in the background whenever these change."""

    def __init__(self, answerer: Callable[[], Answerer], texts: Texts) -> None:
        self._answerer = answerer
        self._texts = texts
        self._lock = threading.Lock()
        self._looking = False
        self._retry_at = 0.0
        self._searchable: frozenset[tuple[str, str]] = frozenset()
        self._found: list[_Section] = []

    def about(self, entries: Sequence[Entry]) -> list[str]:
        """The questions known so far, without waiting."""
        searchable = frozenset((entry.document, entry.version) for entry in entries if entry.version)
        with self._lock:
            if searchable != self._searchable and not self._looking and time.monotonic() >= self._retry_at:
                self._looking = True
                threading.Thread(target=self._look, args=(searchable, entries), daemon=True).start()
            there = {document for document, _ in searchable}
            return [section.question for section in self._found if section.document in there]

    def _look(self, searchable: frozenset[tuple[str, str]], entries: Sequence[Entry]) -> None:
        try:
            found = suggested(self._answerer(), entries, self._texts)
            with self._lock:
                self._searchable, self._found = searchable, found
        except (PlumblineError, OSError) as error:
            log.warning("Questions could not be suggested: %s", error)
            with self._lock:
                self._retry_at = time.monotonic() + RETRY_SECONDS
        finally:
            with self._lock:
                self._looking = False


def suggested(answerer: Answerer, entries: Sequence[Entry], texts: Texts) -> list[_Section]:
    """Questions whose own section is among their answer's sources, alternating between documents."""
    newest = sorted((e for e in entries if e.version), key=lambda e: (-e.updated, e.document))[:DOCUMENTS]
    tried = [section for entry in newest for section in _sections(answerer, entry, texts)]
    hits = answerer.searcher.search([section.question for section in tried], SOURCES)
    good: dict[str, list[_Section]] = {entry.document: [] for entry in newest}
    for section, found in zip(tried, hits, strict=True):
        passages = [hit.passage for hit in found.ranked[:SOURCES]]
        of_its_own = any((p.document, p.heading) == (section.document, section.heading) for p in passages)
        if of_its_own and not found.is_below_chance:
            good[section.document].append(section)
    rounds = (section for one in zip_longest(*good.values()) for section in one if section is not None)
    return list({section.question: section for section in rounds}.values())[:SUGGESTED]


def _sections(answerer: Answerer, entry: Entry, texts: Texts) -> list[_Section]:
    """The sections that cover most of the document's subject; those whose heading is a question first."""
    words = " ".join(re.split(r"[\W_]+", PurePosixPath(entry.document).stem)).strip()
    # A title that lacks the file name has it appended (runtime/ingest.py).
    title = entry.title.removesuffix(f" ({words})") or words
    (found,) = answerer.searcher.search([title], CANDIDATES, [entry.document])
    lengths = Counter(hit.passage.heading for hit in found.ranked[:CANDIDATES])
    numbered = [path for path in lengths if _NUMBER.match(path)]
    if 2 * len(numbered) > len(lengths):
        # Without a number among numbered ones, it is the title page or a line of text that looks like a heading.
        lengths = Counter({path: lengths[path] for path in numbered})
    fit = [
        _Section(entry.document, path, asked)
        for path, _ in lengths.most_common()
        if (asked := question(title, path, texts))
    ]
    return sorted(fit, key=lambda section: not section.heading.endswith("?"))[:SECTIONS]


def question(title: str, path: str, texts: Texts = ENGLISH) -> str:
    """What to ask about a section, from the path of its headings; '' if that says too little, or is not a heading."""
    parts = [_NUMBER.sub("", part) for part in path.split(HEADING_PATH)]
    heading = parts[-1]
    words = _WORD.findall(heading)
    if (
        len(parts) > DEPTH
        or any(_BOILERPLATE.search(part) for part in parts)
        or heading.casefold() in title.casefold()
        or not 2 <= len(words) <= 10
        or sum(len(word) for word in words) < 0.7 * len(heading.replace(" ", ""))
        or not heading[0].isupper()
        or ". ." in heading
        or heading[-1] in ".,;:-–"
        or heading.count("(") != heading.count(")")
    ):
        return ""
    asked = heading if heading.endswith("?") else texts("ask.about", title=title, heading=heading)
    return asked if len(asked) <= LONGEST else ""
