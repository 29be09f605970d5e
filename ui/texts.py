"""The page's texts in the reader's language."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import Depends
from starlette.requests import HTTPConnection

from ui.words import TEXTS

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Texts:
    """The texts in one language: `texts("ask.send")`, with values for the placeholders by name."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key."""
        return TEXTS[key][LANGUAGES.index(self.language)].format(**values)

    def language_name(self, code: str) -> str:
        """A language's name, or its code (ISO 639-1) if it has none here."""
        return self(f"language.{code}") if f"language.{code}" in TEXTS else code

    def number(self, value: float, form: str) -> str:
        """A number as the language writes it."""
        written = format(value, form)
        return written.translate(str.maketrans(",.", ".,")) if self.language == "de" else written

    def all(self) -> dict[str, str]:
        """Every text by its key, with its placeholders: what the page's scripts say."""
        return {key: texts[LANGUAGES.index(self.language)] for key, texts in TEXTS.items()}


ENGLISH, GERMAN = (Texts(language) for language in LANGUAGES)


def texts_of(request: HTTPConnection) -> Texts:
    """The texts in the language that the reader prefers: English where that is neither, even if German comes second."""
    best, most = "", 0.0
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, weight = part.partition(";")
        quality = _quality(weight)
        if quality > most:
            best, most = tag.strip().lower(), quality
    return GERMAN if best.split("-")[0] == GERMAN.language else ENGLISH


def _quality(weight: str) -> float:
    """A language's weight, from 0 to 1 (RFC 9110, 12.4.2)."""
    try:
        return float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0


Spoken = Annotated[Texts, Depends(texts_of)]
"""The texts for whoever sent a request."""
