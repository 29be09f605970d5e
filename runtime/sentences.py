"""Splits text into sentences with sentencex: rules and abbreviations of some 250 languages, maintained by the Wikimedia
Foundation.

The whole project splits sentences here: long paragraphs for passages, and answers and their evidence.
"""

from __future__ import annotations

import sentencex

from runtime.search.language import ENGLISH


def sentences(text: str, language: str = ENGLISH) -> list[str]:
    """The sentences of a text in a language (ISO 639-1). Joined they are the whole text: white space between two
    belongs to the first."""
    parts: list[str] = sentencex.segment(language or ENGLISH, text)
    return parts
