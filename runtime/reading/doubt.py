"""Whether a page's text is what a reader sees."""

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
    "page number",
    "repeated",
    "contents",
    "index",
    "garbled",
]
"""What is left out, by why: words that nobody sees, since they are outside the page, not drawn, under something, or of
the colour of what they stand on; form fields and notes beyond what is read of a page; page numbers; heads and feet that
repeat to the letter; contents and indexes; and pages whose text is not what a reader sees."""

ROUTINE: tuple[Kind, ...] = ("page number", "repeated", "contents", "index")
"""What nearly every book has, and nobody misses; the other kinds are worth a look."""

ODD = ("Co", "Cn", "Cc")
"""Unicode categories that no text has: private use, not assigned, control."""

UNMAPPED, ODD_SHARE, CID_SHARE = 0.2, 0.05, 0.1
"""Of a page's text objects those without Unicode, of its characters those that no text has, and those that pdfminer.six
writes as (cid:7): with more, the page is garbled."""

LATIN, READABLE = 0.7, 0.4
"""Of letters those that have a place in the Latin alphabet, for its statistics to be asked; of what is seen, letters
and digits: text has more."""

MIN_LETTERS = 120
"""Letters of different words from which the statistics below mean something."""

WORD, ALPHABET = re.compile(r"[^\W\d_]+"), "abcdefghijklmnopqrstuvwxyz"

RUN = re.compile(r"(\S)\1{3,}")
"""One character again and again: a line drawn by it."""


LETTER_SHARES = (
    *(8.5, 1.4, 3.1, 3.9, 13.5, 1.6, 1.8, 3.6, 7.3, 0.3, 0.7, 4.4, 2.7),
    *(7.2, 6.2, 2.5, 0.6, 6.6, 6.7, 6.9, 4.2, 1.4, 1.1, 0.3, 1.0, 0.5),
)
"""Percent of a to z in text of Western European languages, roughly; the test below needs no more."""

SHARES_LENGTH = math.hypot(*LETTER_SHARES)

LETTER_LIKENESS = 0.7
"""Cosine between the letter counts of a page's different words and LETTER_SHARES below which it is no language. Of 372
pages of manuals, papers and reports the lowest is at .9; with their alphabet shifted 96% are below .7."""

COINCIDENCE = (0.052, 0.1)
"""The chance that two letters of a text are the same one, in languages (Friedman 1922): a shifted alphabet keeps it,
codes and part numbers have less, DNA and hexadecimal dumps more."""


def garbled(text: str, unmapped: float) -> bool:
    """Whether the text is not what a reader sees: unmapped glyphs, or letters that no language has.

    A font without a Unicode map often comes out as a shifted alphabet, whose letters have other frequencies
    than any language's. They are counted over different words, since tables say the same ones again and again. Letters
    and digits make up most of any text, tables and program code included.
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
    """What a character counts as."""

    odd: bool
    visible: bool
    readable: bool


@cache
def _kind(character: str) -> _Kind:
    odd = character == "\ufffd" or (unicodedata.category(character) in ODD and character not in "\t\ufffe\x02")
    return _Kind(odd, not character.isspace(), character.isalnum())
