"""The language of a text, by py3langid, a kept-up form of langid.py (Lui and Baldwin, 2012)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

ENGLISH = "en"

SAMPLE = 20_000
"""Characters of a document by which its language is told."""

SURE = 0.9
"""Probability below which a text's language is not told."""


def language_of(text: str, sure: float = SURE) -> str:
    """The language by ISO 639-1, '' where the text does not tell with this probability."""
    language, probability = _identifier().classify(text[:SAMPLE])
    return str(language) if probability >= sure else ""


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes half a second, and 100 MB

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
