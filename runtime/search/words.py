"""Normalizes text for keyword search: words without case, accents and endings, and pairs of characters in scripts
without spaces. Both indexes store these words unchanged, so that the same question finds the same passages in each."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nlargest
from importlib.resources import files

import Stemmer

from runtime.ports import Passage, Terms
from runtime.search.language import ENGLISH, language_of

LONGEST_WORD = 200
"""Characters; longer runs, which nobody types, are cut. Keys and hashes are far shorter."""

MAX_WORDS = 256
"""Words of a question; the rest is dropped. OpenSearch accepts 1,024 terms in a query, over three fields."""

COMMON = 250
"""How many of a language's most frequent words count as stop words, which say how something is asked and not what; by
`make bench-retrieval`, see docs/ask.md."""

MIN_WORDS = 3
LIKELY = 0.5
"""Minimum words, and minimum probability, to detect the language of a question that has no frequent word of the known
languages."""

_CJK = "\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc"))
_RUN = re.compile(rf"[{_CJK}]+|\d+(?:[.,]\d+)+|(?:(?![{_CJK}])[\w{_MARKS}])+(?:['’](?:(?![{_CJK}])[\w{_MARKS}])+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_COMMAS = re.compile(r"(?<=\d)([.,])(?=\d{3}(?!\d))")
_NON_WORD = re.compile(r"[^\w.,]+|[.,](?!\d)|(?<!\d)[.,]")
_RAISED = re.compile("(?<=[0-9])[⁰¹²³⁴-⁹]")
_SPLIT_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}\b)")
_ACCENT = re.compile("[\u0300-\u036f]")
_UNCOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_QUOTED = re.compile(r'"([^"]+)"|[“„]([^“”„]+)[”“]|[«»]([^«»]+)[«»]')

_STEMMED = dict(
    pair.split(":")
    for pair in (
        "ar:arabic ca:catalan cs:czech da:danish de:german el:greek en:english es:spanish et:estonian eu:basque "
        "fa:persian fi:finnish fr:french ga:irish hi:hindi hu:hungarian hy:armenian id:indonesian it:italian "
        "lt:lithuanian nb:norwegian ne:nepali nl:dutch nn:norwegian no:norwegian pl:polish pt:portuguese ro:romanian "
        "ru:russian sr:serbian sv:swedish ta:tamil tr:turkish"
    ).split()
)
"""Languages with a Snowball stemmer (Porter, 2001), by ISO 639-1."""


def words_of(text: str, language: str = ENGLISH) -> Iterator[str]:
    """The words of a text in a language, in order.

    In Chinese, Japanese and Korean each character and each pair of neighbours is a word. A number is one word,
    whatever its thousands separator.
    """
    for run in _runs(text):
        if is_cjk(run):
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield _word(run, language)


def terms_of(passages: Sequence[Passage], language: str) -> list[Terms]:
    """The terms of whole pages' passages: each passage's own words, its page's, and its document's."""
    own = [" ".join(words_of(passage.own or passage.text, language)) for passage in passages]
    pages: dict[int, list[str]] = {}
    for passage, words in zip(passages, own, strict=True):
        pages.setdefault(passage.page, []).append(words)
    about = " ".join(words_of(_names(passages[0]), language)) if passages else ""
    return [
        Terms(words, " ".join(pages[passage.page]), about, language)
        for passage, words in zip(passages, own, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """A question's words. `forms` has the forms of each word in the library's languages, `spelled` the word as written;
    `language` is the question's, among the library's. `quoted` is what was in quotation marks, to be matched verbatim;
    `phrases` has that as words in each language. `content_words` counts the words that are not stop words."""

    spelled: tuple[str, ...]
    forms: tuple[frozenset[str], ...]
    language: str
    quoted: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    content_words: int

    @property
    def words(self) -> str:
        """All forms of all words, separated by spaces."""
        return " ".join(list(dict.fromkeys(form for forms in self.forms for form in sorted(forms)))[:MAX_WORDS])


def question_terms(question: str, languages: Iterable[str]) -> QuestionTerms:
    """The words of a question in each of the library's languages, without stop words unless there are no others."""
    known, runs = sorted({*languages} or {ENGLISH}), _runs(question)
    its = max(known, key=lambda language: sum(run in _common(language) for run in runs))
    forms: dict[frozenset[str], str] = {}
    content = [run for run in runs if run not in _common(its)]
    for run in content or runs:
        if is_cjk(run):
            for pair in [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]:
                forms.setdefault(frozenset([pair]), pair)
        else:
            forms.setdefault(frozenset(_word(run, language) for language in known), run)
    found = (next(part for part in found.groups() if part).strip() for found in _QUOTED.finditer(question))
    quoted = tuple(part for part in found if _runs(part))
    phrases = dict.fromkeys(tuple(_phrase(part, language) for part in quoted) for language in known)
    spelled, words = tuple(forms.values())[:MAX_WORDS], tuple(forms)[:MAX_WORDS]
    return QuestionTerms(spelled, words, its, quoted, tuple(phrases) if quoted else (), len(set(content)))


def is_in_language(question: str, languages: Iterable[str]) -> bool:
    """Whether a question is in one of these languages, or too short to tell."""
    known, runs = set(languages), _runs(question)
    if len(runs) < MIN_WORDS or any(run in _common(language) for language in known for run in runs):
        return True
    language = language_of(question, LIKELY)
    return not language or language in known


def _phrase(text: str, language: str) -> str:
    """The text as consecutive words, as they occur in `words_of` a text that contains it."""
    return " ".join(" ".join(run) if is_cjk(run) else _word(run, language) for run in _runs(text))


def contains(text: str, quoted: str) -> bool:
    """Whether a text contains a quote verbatim, ignoring case and spacing, and not as part of a longer word."""
    letters = r"\s+".join(re.escape(part) for part in _plain(quoted).split())
    before, behind = (r"(?<!\w)", r"(?!\w)") if not re.search(f"[{_CJK}]", quoted) else ("", "")
    return re.search(f"{before}{letters}{behind}", _plain(text)) is not None


def folded(text: str) -> str:
    """The text for substring search: without case, accents, punctuation and thousands separators, padded with
    spaces."""
    plain = unicodedata.normalize("NFD", _plain(_SPLIT_THOUSANDS.sub("", text)))
    bare = unicodedata.normalize("NFC", _ACCENT.sub("", plain)).translate(_UNCOMPOSED)
    return f" {_NON_WORD.sub(' ', _COMMAS.sub('', bare))} "


def _names(passage: Passage) -> str:
    return f"{passage.document.removesuffix('.pdf')} {passage.title}".replace("_", " ")


def _runs(text: str) -> list[str]:
    """Runs of letters and digits, normalized and without case."""
    text = _SPLIT_THOUSANDS.sub("", _RAISED.sub(r" \g<0>", text))
    runs = (run[:LONGEST_WORD] for run in _RUN.findall(_plain(text).replace("’", "'")))
    return [run for run in runs if any(map(str.isalnum, run))]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def is_cjk(run: str) -> bool:
    """Whether a run is of Chinese, Japanese or Korean characters."""
    return re.match(f"[{_CJK}]", run) is not None


@lru_cache(maxsize=200_000)
def _word(run: str, language: str) -> str:
    """A run without its ending and accents, or a number without thousands separators."""
    if run[0].isdigit() and _THOUSANDS.fullmatch(run):
        return run.translate({ord(mark): None for mark in _thousands_separator(run)})
    stem = _stemmer(language).stemWord(run) if language in _STEMMED and run.replace("'", "").isalpha() else run
    composed = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", stem)))
    return composed.translate(_UNCOMPOSED)


def _thousands_separator(number: str) -> str:
    """The mark that separates a number's thousands."""
    return next(mark for mark in number if not mark.isdigit())


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMMED[language])


@cache
def _common(language: str) -> frozenset[str]:
    """The most frequent words of a language; none if there is no word list for it."""
    packed = files("spellchecker").joinpath("resources", f"{language}.json.gz")
    if not packed.is_file():
        return frozenset()
    lines = gzip.decompress(packed.read_bytes()).decode().split("\n")[1:-1]
    counted = (line.rstrip(",").rsplit(":", 1) for line in lines)
    most = nlargest(COMMON, ((int(count), word.strip().strip('"')) for word, count in counted))
    return frozenset(word.casefold() for _, word in most)
