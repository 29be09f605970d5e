"""Groups words into lines: superscripts and subscripts join their words, and words side by side on one baseline are a
line unless a gap divides them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from operator import attrgetter

from runtime.reading.characters import is_cjk, mirrored
from runtime.reading.words import Word

RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")

SMALLEST, SMALL = 0.4, 0.85
"""Size limits of a superscript or subscript, of the size of the word before it: anything larger is not one, and
anything smaller follows a drop cap."""

SHIFTED = (0.08, 0.75)
"""Of that size: minimum and maximum shift of a superscript or subscript from the baseline."""

NEAR = 0.25
"""Of the size: a smaller gap does not count."""

INITIAL, BESIDE, MAX_INITIALS = 1.7, 1.2, 10
"""A drop cap's minimum size and maximum distance, of the size of its text; maximum drop caps on a page."""

APART = 0.45
"""Of the size: a drop cap this far from what follows is a separate word."""

GAP = 0.75
"""Of the size: a wider gap divides words that are not consecutive in the file, ..."""

CERTAIN = 0.12
"""Of the size: a narrower gap never divides, not even a currency sign from the number after it."""

WIDE_GAP = 1.3
"""... and this one divides consecutive words."""

TWICE = 0.8
"""Of its width: a word drawn twice with this much overlap is a bold or shadow effect."""

MIN_LETTERS, SAME_GAP = 4, 0.15
"""At least so many single letters, at distances that differ by less of their size, are a letter-spaced word."""

FAR = 3.0
"""Of the size: parts of a line that are farther apart are separated by a tab."""

CURRENCY, SHARES = frozenset("$€£¥"), frozenset("%‰")
NUMBER = "0123456789(-–—−."
SIGN_GAP = 8.0
"""Of the size: maximum distance of a currency or percent sign from its number, in tables that align both."""

SAME_SIZE = 0.12
"""Of the size: letters that differ by less look the same size."""

SAME_ROW = 0.3
"""Of the size: baselines that differ by less are the same."""


class Line:
    """Words of one baseline, from left to right: their box, the baseline and size of most of them, and their text."""

    __slots__ = ("baseline", "bold", "bottom", "fixed", "left", "right", "size", "table", "text", "tokens", "top")

    def __init__(self, tokens: list[Word]) -> None:
        first, last = tokens[0], tokens[-1]
        self.tokens = tokens
        self.left, self.right = first.left, last.right
        self.top, self.bottom, self.baseline, self.size = first.top, first.bottom, first.baseline, first.size
        self.bold, self.fixed = first.style.bold, first.style.fixed
        self.table = first.table
        styles = mixed = False
        for token in tokens:
            if token.left < self.left:
                self.left = token.left
            if token.right > self.right:
                self.right = token.right
            if token.top < self.top:
                self.top = token.top
            if token.bottom > self.bottom:
                self.bottom = token.bottom
            if token.style is not first.style:
                self.bold = self.bold and token.style.bold
                styles, mixed = True, mixed or token.size != first.size
        if styles:  # a symbol in code may be of another font
            words = [token for token in tokens if any(map(str.isalnum, token.text))]
            self.fixed = all(token.style.fixed for token in words or tokens)
        if mixed:
            sizes: dict[float, int] = {}
            for token in tokens:
                sizes[token.size] = sizes.get(token.size, 0) + len(token.text)
            self.size = max(sizes, key=sizes.__getitem__)
            self.baseline = next(token.baseline for token in tokens if token.size == self.size)
        self.text = _text(tokens)


def _text(tokens: Sequence[Word]) -> str:
    """The words separated by spaces, except where the file has none, and by tabs where they are far apart."""
    plain = " ".join([token.text for token in tokens])
    is_ascii = plain.isascii()
    first, last = tokens[0], tokens[-1]
    loose = last.right - first.left - sum([token.right - token.left for token in tokens]) > FAR * first.size
    if is_ascii and not loose and not any(map(_GLUED, tokens[1:])):
        return plain
    to_the_left = not is_ascii and _runs_to_the_left(tokens)
    if to_the_left:
        tokens = _from_the_right(tokens)
    out = [tokens[0].text]
    for before, token in pairwise(tokens):
        gap = max(token.left - before.right, before.left - token.right)
        glued = token.glued and token.order == before.last + 1
        if gap >= NEAR * token.size or not (glued or is_cjk(before.text[-1], token.text[0])):
            out.append("\t" if gap > FAR * token.size else " ")
        out.append(token.text)
    return mirrored("".join(out)) if to_the_left else "".join(out)


_BY_HEIGHT, _BY_LEFT, _GLUED = attrgetter("baseline", "left"), attrgetter("left"), attrgetter("glued")

Row = list[Line]
"""The lines on one baseline, from left to right."""


def one_line(row: Row) -> Line:
    """The parts of a row, which is not in columns or a table, as one line."""
    return row[0] if len(row) == 1 else Line([token for line in row for token in line.tokens])


def tokens_of(words: Sequence[Word]) -> list[Word]:
    """Words in the file's order, with superscripts and subscripts joined to the words before them."""
    made: list[Word] = []
    for word in words:
        before = made[-1] if made else None
        if before and word.size != before.size:
            if joined := _script(before, word):
                made[-1] = _around(before, word, before.text + joined)._replace(last=word.last)
                continue
            if word.glued and (sign := _before(before, word)):
                made[-1] = _around(word, before, sign + word.text)
                continue
        made.append(word)
    return _with_initials(made)


def _around(word: Word, other: Word, text: str) -> Word:
    """The word with another text, and a box around both words."""
    left, right = min(word.left, other.left), max(word.right, other.right)
    return word._replace(
        text=text, left=left, right=right, top=min(word.top, other.top), bottom=max(word.bottom, other.bottom)
    )


def _with_initials(tokens: list[Word]) -> list[Word]:
    """The tokens, with drop caps joined to the words that they begin."""
    large = INITIAL * min([token.size for token in tokens], default=0.0)
    initials = [token for token in tokens if len(token.text) == 1 and token.size > large and token.text.isalpha()]
    for cap in initials[:MAX_INITIALS]:
        candidates = [token for token in tokens if _begins(cap, token)]
        if candidates:
            word = min(candidates, key=lambda token: (token.baseline, token.left))
            space = " " if word.left - cap.right > APART * word.size else ""
            whole = word._replace(text=cap.text + space + word.text, left=min(cap.left, word.left))
            tokens = [whole if token is word else token for token in tokens if token is not cap]
    return tokens


def _before(mark: Word, word: Word) -> str:
    """The superscript or subscript before a word, as in isotopes; '' if the token is not one."""
    size, shift = word.size, word.baseline - mark.baseline
    if not SMALLEST * size < mark.size < SMALL * size or abs(word.left - mark.right) > NEAR * size:
        return ""
    signs = RAISED if shift > 0 else LOWERED
    if not SHIFTED[0] * size < abs(shift) < SHIFTED[1] * size or not all(ord(c) in signs for c in mark.text):
        return ""
    return mark.text.translate(signs)


def _begins(cap: Word, word: Word) -> bool:
    """Whether a drop cap is the first letter of a word to its right."""
    size = word.size
    if cap.size < INITIAL * size or not -0.1 * size < word.left - cap.right < BESIDE * size:
        return False
    follows = word.order == cap.last + 1 or word.text[:1].islower()
    return follows and cap.top < (word.top + word.bottom) / 2 < cap.bottom


def _runs_to_the_left(tokens: Sequence[Word]) -> bool:
    kinds = Counter(unicodedata.bidirectional(c) for token in tokens for c in token.text)
    return kinds["R"] + kinds["AL"] > kinds["L"]


def _from_the_right(tokens: Sequence[Word]) -> list[Word]:
    """The tokens of a right-to-left line in reading order; runs that begin with a word of a left-to-right script, up to
    their last word or number, stay in order."""
    made: list[Word] = []
    end = len(tokens)
    while end:
        run = list(takewhile(lambda token: not _runs_to_the_left([token]), reversed(tokens[:end])))
        last = next((n for n, token in enumerate(run) if any(map(str.isalnum, token.text))), len(run))
        made += run[:last]
        begins = [n for n, token in enumerate(run) if n >= last and any(map(str.isalpha, token.text))]
        first = begins[-1] + 1 if begins else last
        made += reversed(run[last:first])
        made += run[first:]
        end -= len(run)
        if end:
            made.append(tokens[end - 1])
            end -= 1
    return made


def _script(before: Word, word: Word) -> str:
    """The superscript or subscript that a word adds to the one before it; '' if it is not one."""
    size, gap = before.size, word.left - before.right
    shift = before.baseline - word.baseline
    if not SMALLEST * size < word.size < SMALL * size or not -NEAR * size < gap < NEAR * size:
        return ""
    if not SHIFTED[0] * size < abs(shift) < SHIFTED[1] * size:
        return ""
    signs = RAISED if shift > 0 else LOWERED
    return word.text.translate(signs) if all(ord(c) in signs for c in word.text) else word.text


def rows_of(tokens: Iterable[Word]) -> list[list[Word]]:
    """Words grouped by baseline, from the top; each row from left to right."""
    rows: list[list[Word]] = []
    row: list[Word] = []
    largest: Word | None = None
    for token in sorted(tokens, key=_BY_HEIGHT):
        if largest is not None and token.baseline - largest.baseline <= SAME_ROW * max(token.size, largest.size):
            row.append(token)
            if token.size > largest.size:
                largest = token
        else:
            row, largest = [token], token
            rows.append(row)
    for row in rows:
        row.sort(key=_BY_LEFT)
    return rows


def lines_of(row: Sequence[Word]) -> list[Line]:
    """A row's parts, divided at gaps."""
    part = [row[0]]
    parts = [part]
    for number, token in enumerate(row[1:], 1):
        before = part[-1]
        gap, size = token.left - before.right, max(token.size, before.size)
        twice = gap < -TWICE * (token.right - token.left) and token.text == before.text
        if twice:
            part[-1] = before._replace(last=max(before.last, token.last))
        elif -size < gap < CERTAIN * size and token.table < 0 and before.table < 0:
            part.append(token)
        elif _is_divided(before, token, row[number + 1] if number + 1 < len(row) else None, gap / size):
            part = [token]
            parts.append(part)
        else:
            part.append(token)
    return [Line(_spelled(tokens) if len(tokens) >= MIN_LETTERS else tokens) for tokens in parts]


def _is_divided(before: Word, token: Word, after: Word | None, gap: float) -> bool:
    """Whether a gap, given as a multiple of the size, divides two words of a row."""
    if token.table >= 0 or before.table >= 0:
        return True
    if after is not None and _is_sign_of(token, before, after):
        return True
    if (before.text in CURRENCY and token.text[:1] in NUMBER) or token.text in SHARES:
        return gap >= SIGN_GAP
    follows = token.order == before.last + 1 and not (_is_number(before) and _is_number(token))
    return gap >= (WIDE_GAP if follows else GAP)


def _spelled(tokens: Sequence[Word]) -> list[Word]:
    """The tokens, with evenly letter-spaced words joined."""
    made: list[Word] = []
    run: list[Word] = []
    for token in [*tokens, None]:
        if token and run and _spells(run, token):
            run.append(token)
            continue
        if len(run) >= MIN_LETTERS:
            text = "".join(letter.text for letter in run)
            made.append(run[0]._replace(text=text, right=run[-1].right, last=run[-1].last))
        else:
            made += run
        run = [token] if token else []
    return made


def _spells(run: Sequence[Word], token: Word) -> bool:
    """Whether a letter continues a letter-spaced word."""
    before = run[-1]
    letters = len(token.text) == len(before.text) == 1 and before.text.isalpha() and token.text.isalpha()
    if not (letters and token.glued and token.order == before.last + 1):
        return False
    return len(run) < 2 or abs((token.left - before.right) - (before.left - run[-2].right)) < SAME_GAP * token.size


def _is_number(token: Word) -> bool:
    return not any(map(str.isalpha, token.text)) and any(map(str.isdigit, token.text))


def _is_sign_of(token: Word, before: Word, after: Word) -> bool:
    """Whether a currency sign between two numbers belongs to the second, whatever column it is in."""
    is_sign = token.text in CURRENCY and after.text[:1] in NUMBER
    return is_sign and before.text[-1] in "0123456789)%—-" and token.left - before.right > NEAR * token.size / 2
