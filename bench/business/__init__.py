"""Eighteen invented business documents, ten in English and eight in German, to ask questions about.

`python -m bench.business FOLDER` writes them. Their firms and people are invented. The questions are in
`bench/questions/answers`.
"""

from __future__ import annotations

from pathlib import Path

from bench.business.drawing import draw
from bench.business.english import ENGLISH
from bench.business.german import GERMAN


def documents(folder: Path) -> list[Path]:
    """Write the documents into a folder, which is created if it is missing, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [draw(document, folder) for document in (*ENGLISH, *GERMAN)]
