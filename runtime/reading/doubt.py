"""Tells whether a page's extracted text is what a reader sees."""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Literal, NamedTuple

from runtime.reading.characters import LEADERS

Kind = Literal[
    "outside",
    "invisible",
    "covered",
    "background",
    "annotations",
    "attachments",
    "page number",
    "repeated",
    "contents",
    "index",
    "garbled",
    "unrecognized",
]
"""What is left out, by reason: hidden words, which are outside the page, not drawn, covered, or the colour of their
background; fields, notes and attached files beyond the limits; page numbers; running heads and feet that repeat
verbatim; contents and indexes; pages whose text is not what a reader sees; and pages with pictures that could not be
read."""

HIDDEN: tuple[Kind, ...] = ("outside", "invisible", "covered", "background")
"""Words that nobody sees."""

ROUTINE: tuple[Kind, ...] = ("page number", "repeated", "contents", "index")
"""Kinds that nearly every book has and nobody misses; the others are worth a look."""

ODD = ("Co", "Cn", "Cc")
"""Unicode categories that don't belong in text: private use, unassigned, control."""

UNMAPPED, ODD_SHARE, CID_SHARE = 0.2, 0.05, 0.1
"""Maximum shares of a page's text objects without Unicode, of its characters that don't belong in text, and of those
that pdfminer.six writes as (cid:7): with more, the page is garbled."""

LATIN, READABLE = 0.7, 0.4
"""Share of Latin letters above which letter statistics are checked; minimum share of letters and digits among visible
characters."""

MIN_LETTERS = 120
"""Minimum letters, from distinct words, for the statistics below to mean something."""

WORD, ALPHABET = re.compile(r"[^\W\d_]+"), "abcdefghijklmnopqrstuvwxyz"

RUN = re.compile(r"(\S)\1{3,}")
"""A repeated character: a line drawn with it."""


LETTER_SHARES = (
    *(8.5, 1.4, 3.1, 3.9, 13.5, 1.6, 1.8, 3.6, 7.3, 0.3, 0.7, 4.4, 2.7),
    *(7.2, 6.2, 2.5, 0.6, 6.6, 6.7, 6.9, 4.2, 1.4, 1.1, 0.3, 1.0, 0.5),
)
"""Percent of a to z in text of Western European languages, roughly; the test below needs no more."""

SHARES_LENGTH = math.hypot(*LETTER_SHARES)

LETTER_LIKENESS = 0.7
"""Cosine between the letter counts of a page's distinct words and LETTER_SHARES below which it is not a language. Of
372 pages of manuals, papers and reports the lowest is .9; with a shifted alphabet 96% are below .7."""

COINCIDENCE = (0.052, 0.1)
"""The index of coincidence of languages (Friedman 1922), that is, the probability that two letters of a text are
equal: a shifted alphabet keeps it, codes and part numbers have less, DNA and hexadecimal dumps more."""


def garbled(text: str, unmapped: float) -> bool:
    """Whether the text is not what a reader sees: unmapped glyphs, or letters unlike any language.

    A font without a Unicode map often comes out as a shifted alphabet, whose letter frequencies differ from any
    language's. They are counted over distinct words, since tables repeat theirs. Letters and digits make up most of any
    text, including tables and program code.
    """
    text = RUN.sub(r"\1", text)
    odd = visible = readable = 0
    for character, count in Counter(text).items():
        is_odd, is_visible, is_readable = _kind(character)
        if is_visible:
            visible += count
        if is_readable:
            readable += count
        if is_odd:
            odd += count
    if unmapped > UNMAPPED or odd > ODD_SHARE * len(text) or text.count("(cid:") * 6 > CID_SHARE * len(text):
        return True
    letters = "".join(set(WORD.findall(text.casefold())))
    counts = Counter(unicodedata.normalize("NFD", letters))
    alphabet = [counts[letter] for letter in ALPHABET]
    latin = sum(alphabet)
    if latin >= MIN_LETTERS and latin > LATIN * len(letters):
        likeness = sum(map(operator.mul, alphabet, LETTER_SHARES)) / (math.hypot(*alphabet) * SHARES_LENGTH)
        coincidence = sum(count * (count - 1) for count in alphabet) / (latin * (latin - 1))
        if likeness < LETTER_LIKENESS and COINCIDENCE[0] < coincidence < COINCIDENCE[1]:
            return True
    return visible >= 2 * MIN_LETTERS and readable < READABLE * visible and LEADERS.search(text) is None


class _Kind(NamedTuple):
    """The classes that a character counts for."""

    odd: bool
    visible: bool
    readable: bool


@cache
def _kind(character: str) -> _Kind:
    odd = character == "\ufffd" or (unicodedata.category(character) in ODD and character not in "\t\ufffe\x02")
    return _Kind(odd, not character.isspace(), character.isalnum())
