"""Words to lines: what is raised or lowered joins its word, and what stands side by side on one baseline is a line
unless a gap divides it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from runtime.reading.characters import is_cjk
from runtime.reading.words import Word

RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")

SMALLEST, SMALL = 0.4, 0.85
"""Of the size of the word before it: what is larger is no superscript or subscript, and what is smaller follows a
letter that is drawn large where a text begins."""

SHIFTED = (0.08, 0.75)
"""Of that size: by how much a superscript or subscript is off the baseline."""

NEAR = 0.25
"""Of the size: a gap below this is none."""

APART = 0.45
"""Of the size: a large initial that is as far from what follows is a word of its own."""

GAP = 0.75
"""Of the size: a gap above this divides words that do not follow each other in the file, ..."""

WIDE_GAP = 1.3
"""... and one above this those that do."""

CURRENCY, SHARES = frozenset("$€£¥"), frozenset("%‰")
NUMBER = "0123456789(-–—−."
SIGN_GAP = 8.0
"""Of the size: as far may a sign stand from the number that it belongs to, in tables that align both."""

SAME_ROW = 0.3
"""Of the size: baselines that differ by less are one."""


@dataclass(slots=True)
class Token:
    """A word with what is raised or lowered on it. `order` and `last` are the places in the file of its first and last
    part."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float
    size: float
    bold: bool
    fixed: bool
    order: int
    last: int
    open: bool  # the next word of the file stands against it
    table: int = -1  # of the ruled tables of the page, for which it stands


class Line:
    """Tokens of one baseline, from left to right: their box, the baseline and size of most of them, and their text."""

    __slots__ = ("baseline", "bold", "bottom", "fixed", "left", "right", "size", "table", "text", "tokens", "top")

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.left = min([token.left for token in tokens])
        self.right = max([token.right for token in tokens])
        self.top = min([token.top for token in tokens])
        self.bottom = max([token.bottom for token in tokens])
        sizes: dict[float, int] = {}
        for token in tokens:
            sizes[token.size] = sizes.get(token.size, 0) + len(token.text)
        self.size = max(sizes, key=sizes.__getitem__)
        self.baseline = next(token.baseline for token in tokens if token.size == self.size)
        self.bold = all(token.bold for token in tokens)
        self.fixed = all(token.fixed for token in tokens)
        self.text = _text(tokens)
        self.table = tokens[0].table


def _text(tokens: Sequence[Token]) -> str:
    """The words with a space between them, but where the file has none."""
    if not all(token.text.isascii() for token in tokens) and _runs_to_the_left(tokens):
        tokens = _from_the_right(tokens)
    out = tokens[0].text
    for before, token in pairwise(tokens):
        near = abs(token.left - before.right) < NEAR * token.size
        glue = near and ((before.open and token.order == before.last + 1) or is_cjk(before.text[-1], token.text[0]))
        out += token.text if glue else f" {token.text}"
    return out


Row = list[Line]
"""The lines on one baseline, from left to right."""


def one_line(row: Row) -> Line:
    """The parts of a row that is no part of columns or a table, as one line."""
    return row[0] if len(row) == 1 else Line([token for line in row for token in line.tokens])


def tokens_of(words: Sequence[Word]) -> list[Token]:
    """Words in the file's order, superscripts and subscripts on the words before them."""
    made: list[Token] = []
    for order, word in enumerate(words):
        size = word.style.size
        if made and (joined := _script(made[-1], word, words, order)):
            before = made[-1]
            before.text += joined
            before.left, before.right = min(before.left, word.left), max(before.right, word.right)
            before.top, before.bottom = min(before.top, word.top), max(before.bottom, word.bottom)
            before.open = _open(words, order)
            before.last = order
            continue
        if made and _begins(made[-1], word, order):
            cap = made.pop()
            space = " " if word.left - cap.right > APART * size else ""
            word = word._replace(text=cap.text + space + word.text, left=min(cap.left, word.left))
        elif made and word.glued and (mark_text := _before(made[-1], word)):
            mark = made.pop()
            word = word._replace(
                text=mark_text + word.text, left=min(mark.left, word.left), top=min(mark.top, word.top)
            )
        made.append(
            Token(
                word.text,
                word.left,
                word.top,
                word.right,
                word.bottom,
                word.baseline,
                size,
                word.style.bold,
                word.style.fixed,
                order,
                order,
                _open(words, order),
            )
        )
    return made


def _before(mark: Token, word: Word) -> str:
    """What a raised or lowered token adds before the word that follows it, as in isotopes; '' where it is none."""
    size, shift = word.style.size, word.baseline - mark.baseline
    if not SMALLEST * size < mark.size < SMALL * size or abs(word.left - mark.right) > NEAR * size:
        return ""
    signs = RAISED if shift > 0 else LOWERED
    if not SHIFTED[0] * size < abs(shift) < SHIFTED[1] * size or not all(ord(c) in signs for c in mark.text):
        return ""
    return mark.text.translate(signs)


def _begins(cap: Token, word: Word, order: int) -> bool:
    """Whether a letter that is drawn over some lines, where a text begins, is the first of this word."""
    size = word.style.size
    near = -0.1 * size < word.left - cap.right < 1.2 * size and cap.top < (word.top + word.bottom) / 2 < cap.bottom
    return len(cap.text) == 1 and cap.text.isalpha() and cap.last == order - 1 and cap.size > 1.7 * size and near


def _runs_to_the_left(tokens: Sequence[Token]) -> bool:
    kinds = Counter(unicodedata.bidirectional(c) for token in tokens for c in token.text)
    return kinds["R"] + kinds["AL"] > kinds["L"]


def _from_the_right(tokens: Sequence[Token]) -> list[Token]:
    """The tokens of a line that is read from the right; words in it that are read from the left keep their order."""
    made: list[Token] = []
    for to_the_right, run in groupby(reversed(tokens), key=lambda token: not _runs_to_the_left([token])):
        tokens_of_run = list(run)
        made += tokens_of_run[::-1] if to_the_right else tokens_of_run
    return made


def _open(words: Sequence[Word], order: int) -> bool:
    return order + 1 < len(words) and words[order + 1].glued


def _script(before: Token, word: Word, words: Sequence[Word], order: int) -> str:
    """What a raised or lowered word adds to the one before it; '' where it is none."""
    size = word.style.size
    gap = word.left - before.right
    shift = before.baseline - word.baseline
    if not SMALLEST * before.size < size < SMALL * before.size or not -NEAR * before.size < gap < NEAR * before.size:
        return ""
    if not SHIFTED[0] * before.size < abs(shift) < SHIFTED[1] * before.size:
        return ""
    signs = RAISED if shift > 0 else LOWERED
    return word.text.translate(signs) if all(ord(c) in signs for c in word.text) else word.text


def rows_of(tokens: Iterable[Token]) -> list[list[Token]]:
    """Tokens by baseline, from the top; each row from left to right."""
    rows: list[list[Token]] = []
    largest: list[Token] = []
    for token in sorted(tokens, key=lambda t: (t.baseline, t.left)):
        if rows and token.baseline - largest[-1].baseline <= SAME_ROW * max(token.size, largest[-1].size):
            rows[-1].append(token)
            if token.size > largest[-1].size:
                largest[-1] = token
        else:
            rows.append([token])
            largest.append(token)
    for row in rows:
        row.sort(key=lambda t: t.left)
    return rows


def lines_of(row: Sequence[Token]) -> list[Line]:
    """The parts of a row between which there is a gap."""
    made: list[list[Token]] = []
    for token, after in zip(row, [*row[1:], None], strict=True):
        if made and (token.table >= 0 or made[-1][-1].table >= 0):
            made.append([token])
            continue
        if made and after is not None and _is_sign_of(token, made[-1][-1], after):
            made.append([token])
            continue
        if made:
            before = made[-1][-1]
            gap, size = token.left - before.right, max(token.size, before.size)
            follows = token.order == before.last + 1
            limit = WIDE_GAP if follows else GAP
            if (before.text in CURRENCY and token.text[:1] in NUMBER) or token.text in SHARES:
                limit = SIGN_GAP
            if gap < limit * size:
                if gap < -0.8 * (token.right - token.left) and token.text == before.text:
                    continue  # drawn twice, to look bold
                made[-1].append(token)
                continue
        made.append([token])
    return [Line(tokens) for tokens in made]


def _is_sign_of(token: Token, before: Token, after: Token) -> bool:
    """Whether a currency sign between two numbers belongs to the second, in whatever column it stands."""
    is_sign = token.text in CURRENCY and after.text[:1] in NUMBER
    return is_sign and before.text[-1] in "0123456789)%—-" and token.left - before.right > NEAR * token.size / 2
