"""Detects the language of a text with py3langid, a maintained fork of langid.py (Lui and Baldwin, 2012)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH = "en"

SAMPLE = 20_000
"""Characters of a document that are examined."""

SURE = 0.9
"""Probability below which the language counts as unknown."""


def language_of(text: str, sure: float = SURE) -> str:
    """The language by ISO 639-1, '' if it is less probable than `sure`."""
    language, probability = _identifier().classify(text[:SAMPLE])
    return str(language) if probability >= sure else ""


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes half a second, and 100 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
