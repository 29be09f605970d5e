"""Whether the invisible text that a scan carries is what it shows, or rubbish that recognition has made of it."""

from __future__ import annotations

import re
from collections import Counter

from runtime.reading.doubt import garbled
from runtime.reading.vocabulary import folded, is_word, language_of

WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
"""Letters that stand by themselves: those of codes and numbers tell nothing of a language."""

LETTERS = re.compile(r"[^\W\d_]+")

MIN_WORDS = 30
"""Words of a layer that is judged: fewer cover little of a page, whose other parts are recognized."""

LATIN = 0.7
"""Of letters those of the Latin alphabet, of whose languages there are lists of words; of a layer with fewer only its
letters are judged."""

KNOWN = 0.5
"""Of the letters of longer words, those in words of the language. Of 1,123 pages of reports, papers, brochures and
manuals, 20 have fewer, indexes of program code all of them."""

SHORT, SHORT_SHARE = 2, 0.6
"""Letters of a short word, and their share of the words where most of a scan was taken for dots and strokes."""

UNKNOWN = 0.25
"""With fewer known ones, it is a language of which there is no list, or rubbish: ..."""

WHOLE_SHARE, OFTEN = 0.6, 0.5
"""... rubbish, if fewer characters stand in words and numbers that are whole, and not half of the longer words come
again, as in program code, or ..."""

REPEATED, MIN_REPEATED = 0.25, 100
"""... if, of so many longer words, fewer come again: texts say the same words again and again."""

WHOLE = re.compile(r"\W*(?:(?:[^\W\d_]+|\d+)(?:['’.&/-](?:[^\W\d_]+|\d+))*|[\d.,:/%€$£+-]*\d[\d.,:/%€$£+-]*)\W{0,3}")
"""A word or a number, and the punctuation around it."""

LONGEST, LEADER = 50, "._·"
"""Characters of the longest word, and those of which leaders are made, which count as no words."""


def is_rubbish(text: str, unmapped: float) -> bool:
    """Whether a layer's text is no text. `unmapped` is the share of text objects without Unicode."""
    if garbled(text, unmapped):
        return True
    words = WORD.findall(text)
    if len(words) < MIN_WORDS:
        return False
    letters = sum(map(len, words))
    if sum(len(word) for word in words if _is_latin(word)) < LATIN * letters:
        return False
    counts = Counter(map(folded, words))
    language = language_of(counts)
    longer = [word for word in words if len(word) > SHORT]
    known = sum(len(word) for word in longer if is_word(word, language)) / max(1, sum(map(len, longer)))
    if known >= KNOWN:
        return False
    if len(words) - len(longer) > SHORT_SHARE * len(words):
        return True
    if known >= UNKNOWN:
        return False
    tokens = [token for token in text.split() if token.strip(LEADER)]
    whole = sum(len(token) for token in tokens if _is_whole(token)) / sum(map(len, tokens))
    repeated = sum(count for word, count in counts.items() if count > 1 and len(word) > SHORT) / max(1, len(longer))
    return (whole < WHOLE_SHARE and repeated < OFTEN) or (len(longer) >= MIN_REPEATED and repeated < REPEATED)


def _is_whole(token: str) -> bool:
    """Whether it is a word or a number, its letters large and small as in words."""
    if len(token) > LONGEST:
        return False
    words = LETTERS.findall(token)
    return WHOLE.fullmatch(token) is not None and all(w.isupper() or w[1:] == w[1:].lower() for w in words)


def _is_latin(word: str) -> bool:
    return word[0] < "\u0250" or "\u1e00" <= word[0] < "\u1f00"
