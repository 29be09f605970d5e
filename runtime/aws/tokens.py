"""Estimates how many tokens a text has, without the model's tokenizer."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")

WHOLE = 6
"""Maximum letters of an ASCII word that counts as one token."""

LETTERS = 4
DIGITS = 2
"""Letters and digits per token, in longer words and numbers."""


def estimated(text: str) -> int:
    """An estimate that errs on the high side.

    Compared with all-MiniLM-L6-v2's WordPiece, over 3,899 paragraphs of the R manuals and the handbook: 1.2 times as
    many in total, and fewer than .8 times as many for one paragraph in a thousand.
    """
    return sum(map(_tokens, _PIECE.findall(text)))


def _tokens(piece: str) -> int:
    if piece[0].isdigit():
        return -(-len(piece) // DIGITS)
    if not piece.isascii():
        return len(piece)
    return 1 if len(piece) <= WHOLE else -(-len(piece) // LETTERS)


def clipped(text: str, limit: int) -> str:
    """The beginning of the text, of about `limit` tokens."""
    if estimated(text) <= limit:
        return text
    used = 0
    for match in _PIECE.finditer(text):
        used += _tokens(match.group())
        if used > limit:
            return text[: match.start()]
    return text


def counted(texts: Sequence[str]) -> list[int]:
    """The estimate of each text."""
    return [estimated(text) for text in texts]
