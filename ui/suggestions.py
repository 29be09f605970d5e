"""Questions to start and to go on with: about sections of the library's documents, as a person would ask them."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath

from runtime.answer.answerer import Answerer
from runtime.answer.sources import SOURCES
from runtime.passages import HEADING_PATH
from runtime.ports import Entry, Message, PlumblineError, Source
from runtime.search.searcher import CANDIDATES

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

FOLLOWING = 3
"""Most questions offered behind an answer."""

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
_ABOUT = re.compile(r"(?:on|about) (?P<rest>.+)", re.IGNORECASE)
_HOW_TO = re.compile(r"how to (?P<rest>.+)", re.IGNORECASE)
_SINGULAR_S = ("ss", "us", "is", "ics")
"""Endings in s of words that are not plurals."""

_JOINS = re.compile(r"\s(?:of|for|in|on|to|from|with|by|at|under|between|about)\s", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:what|who|which)\s+(?:is|are|was|were|has|have|can|must|should|will|does|happens?|works?|counts?|means?|needs?)\b"
    r".+",
    re.IGNORECASE,
)
"""A heading that is a question but for its sign."""

_NO_NOUN = frozenset(
    "after and as at before both but by each for from how if in into it no not of on or since than that these they "
    "this to under until we what when where whether which while who why with within without you".split()
)
"""Words that a heading which is a noun does not begin with."""

_ARTICLES = ("the", "a", "an", "your", "our")


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a document, by the path of its headings, and what to ask about it."""

    document: str
    heading: str
    question: str


class Suggestions:
    """Questions about the current documents, found in the background whenever these change; `found` is called then."""

    def __init__(self, answerer: Callable[[], Answerer], found: Callable[[], None]) -> None:
        self._answerer = answerer
        self._when_found = found
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
            found = suggested(self._answerer(), entries)
            with self._lock:
                self._searchable, self._found = searchable, found
        except (PlumblineError, OSError) as error:
            log.warning("Questions could not be suggested: %s", error)
            with self._lock:
                self._retry_at = time.monotonic() + RETRY_SECONDS
        finally:
            with self._lock:
                self._looking = False
        self._when_found()


def suggested(answerer: Answerer, entries: Sequence[Entry]) -> list[_Section]:
    """Questions whose own section is among their answer's sources, alternating between documents."""
    newest = sorted((e for e in entries if e.version), key=lambda e: (-e.updated, e.document))[:DOCUMENTS]
    tried = [section for entry in newest for section in _sections(answerer, entry)]
    hits = answerer.searcher.search([section.question for section in tried], SOURCES)
    good: dict[str, list[_Section]] = {entry.document: [] for entry in newest}
    for section, found in zip(tried, hits, strict=True):
        passages = [hit.passage for hit in found.ranked[:SOURCES]]
        of_its_own = any((p.document, p.heading) == (section.document, section.heading) for p in passages)
        if of_its_own and not found.is_below_chance:
            good[section.document].append(section)
    rounds = (section for one in zip_longest(*good.values()) for section in one if section is not None)
    return list({section.question: section for section in rounds}.values())[:SUGGESTED]


def _sections(answerer: Answerer, entry: Entry) -> list[_Section]:
    """The sections that cover most of the document's subject; those whose heading is a question first."""
    title = _title(entry.document, entry.title)
    (found,) = answerer.searcher.search([title], CANDIDATES, [entry.document])
    ranked = found.ranked[:CANDIDATES]
    lengths = Counter(hit.passage.heading for hit in ranked)
    numbered = [path for path in lengths if _NUMBER.match(path)]
    if 2 * len(numbered) > len(lengths):
        # Without a number among numbered ones, it is the title page or a line of text that looks like a heading.
        lengths = Counter({path: lengths[path] for path in numbered})
    said = _words_of(hit.passage.text for hit in ranked)
    fit = [
        _Section(entry.document, path, asked)
        for path, _ in lengths.most_common()
        if (asked := question(title, path, entry.language, said))
    ]
    return sorted(fit, key=lambda section: not section.heading.endswith("?"))[:SECTIONS]


def following(answer: Message, asked: str, languages: Mapping[str, str]) -> list[str]:
    """Questions to go on with: about the sections that were found for an answer, those that it does not cite first.
    `languages` has those of the documents (ISO 639-1)."""
    if answer.state != "done":
        return []
    cited = {one.source for one in answer.citations}
    said = _words_of(source.text for source in answer.sources)
    known = asked.casefold()
    sections: dict[str, Source] = {}
    for source in sorted(answer.sources, key=lambda one: one.number in cited):
        sections.setdefault(source.heading, source)
    made = [
        question(_title(one.document, one.title), path, languages.get(one.document, ""), said)
        for path, one in sections.items()
        if path and _NUMBER.sub("", path.split(HEADING_PATH)[-1]).casefold() not in known
    ]
    return [one for one in dict.fromkeys(made) if one and one.casefold() != known][:FOLLOWING]


def _title(document: str, title: str) -> str:
    words = " ".join(re.split(r"[\W_]+", PurePosixPath(document).stem)).strip()
    # A title that lacks the file name has it appended (runtime/ingest.py).
    return title.removesuffix(f" ({words})") or words


def _words_of(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text))


def question(title: str, path: str, language: str = "en", said: Collection[str] = frozenset()) -> str:
    """What a person would ask about a section, from the path of its headings and the words that are `said` there; '' if
    that says too little, is not a heading, or is in a language in which no question can be made of it."""
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
    asked = heading if heading.endswith("?") else _asked(heading, language, said)
    return asked if len(asked) <= LONGEST else ""


def _asked(heading: str, language: str, said: Collection[str]) -> str:
    """A heading as a question; '' if it is not a plain noun."""
    if re.search(r"[,;:!()]", heading) or language not in ("en", "de"):
        return ""
    if _QUESTION.fullmatch(heading):
        return f"{heading}?"
    if language == "en" and (about := _ABOUT.fullmatch(heading)):
        return f"What should I know about {' '.join(_in_text(word, said) for word in about['rest'].split())}?"
    if heading.split()[0].casefold() in _NO_NOUN and not _HOW_TO.fullmatch(heading):
        return ""
    if language == "de":
        return f"Was gilt für {heading}?"
    if how := _HOW_TO.fullmatch(heading):
        return f"How do I {how['rest'][0].lower()}{how['rest'][1:]}?"
    plain = " ".join(_in_text(word, said) for word in heading.split())
    first, head = plain.split()[0], _JOINS.split(plain)[0].split()[-1]
    if first.endswith("ing") and len(first) > 5:
        return f"What should I know about {plain}?"
    if head.endswith("s") and not head.endswith(_SINGULAR_S):
        return f"How are {plain} handled?"
    is_name = any(word[0].isupper() for word in plain.split())
    article = "" if is_name or first.casefold() in _ARTICLES else "the "
    return f"What should I know about {article}{plain}?"


def _in_text(word: str, said: Collection[str]) -> str:
    """A word of a heading as it is written within a sentence: without a capital, if it ever is."""
    small = word[0].lower() + word[1:]
    return small if small in said or word.casefold() in _ARTICLES else word
