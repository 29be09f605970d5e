"""Invented business documents to ask questions about, in two libraries: their firms and people do not exist.

The first has eighteen documents, ten in English and eight in German, and `python -m bench.business FOLDER` writes it.
The second has fourteen of other kinds and subjects, seven in English and seven in German; its questions are all held
back. The questions are in `bench/questions/answers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.business.blocks import Document
from bench.business.drawing import draw
from bench.business.english import ENGLISH
from bench.business.german import GERMAN
from bench.business.more_english import MORE_ENGLISH
from bench.business.more_german import MORE_GERMAN


def documents(folder: Path) -> list[Path]:
    """Write the documents into a folder, which is created if it is missing, and return their paths."""
    return _written((*ENGLISH, *GERMAN), folder)


def second_documents(folder: Path) -> list[Path]:
    """The same for the second library."""
    return _written((*MORE_ENGLISH, *MORE_GERMAN), folder)


def _written(library: Iterable[Document], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [draw(document, folder) for document in library]
