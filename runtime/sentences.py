"""A text's sentences, by sentencex: rules and abbreviations of some 250 languages, kept up by the Wikimedia Foundation.

All of the project parts sentences here: passages where a paragraph is too long for one, and answers and what proves
them.
"""

from __future__ import annotations

import sentencex

from runtime.search.language import ENGLISH


def sentences(text: str, language: str = ENGLISH) -> list[str]:
    """The sentences of a text in a language (ISO 639-1), which together are the whole text: the white space between two
    belongs to the first."""
    parts: list[str] = sentencex.segment(language or ENGLISH, text)
    return parts
