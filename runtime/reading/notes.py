"""Notes on a page as paragraphs of their own, told apart from the page's words, each near where it stands."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from runtime.reading.words import Note, Word

MAX_COMPARED = 1_000_000
"""Boxes of paragraphs that notes are held against, over a page, which takes 0.5 s: a page of 200 paragraphs and 100
notes has 20,000. Notes beyond them stand behind the page's text."""

DOWN = 4.0
"""How much farther a point down is than one across: a note in the margin is about the line that it stands beside."""

TABLE = ("head", "row")

Frame = dict[str, Any]
"""A paragraph as the child's answers carry it."""


def with_notes(frames: Sequence[Frame], notes: Sequence[Note], drawn: Callable[[Sequence[Word]], str]) -> list[Frame]:
    """A page's paragraphs with its notes among them. `drawn` gives the text of words that are drawn."""
    placed: dict[int, list[Frame]] = {}
    most = MAX_COMPARED // max(1, sum(len(frame["boxes"]) for frame in frames))
    for number, note in enumerate(sorted(notes, key=lambda note: note.box[1])):  # replies stay behind what they answer
        if text := _text(note, drawn):
            box = [round(side, 1) for side in note.box]
            place = _place(frames, box) if number < most else len(frames)
            placed.setdefault(place, []).append({"text": text, "boxes": [box], "level": 0, "kind": "note"})
    made = placed.get(0, [])
    for number, frame in enumerate(frames, 1):
        made += [frame, *placed.get(number, [])]
    return made


def _text(note: Note, drawn: Callable[[Sequence[Word]], str]) -> str:
    """What a note says, and what is drawn for it besides; '' where that is nothing."""
    seen = drawn(note.drawn) if note.drawn else ""
    texts = [note.text] if _letters(seen) in _letters(note.text) else [note.text, seen]
    text = " – ".join(filter(None, texts))
    name = f"Note by {note.author}" if note.author else "Note"
    return f"{name}: {text}" if text else ""


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _place(frames: Sequence[Frame], box: Sequence[float]) -> int:
    """How many paragraphs stand before a note: those before the nearest one, and that too unless the note is above it;
    no table is divided."""
    if not frames:
        return 0
    apart = [min(_distance(part, box) for part in frame["boxes"]) for frame in frames]
    nearest = apart.index(min(apart))
    if box[3] < min(part[1] for part in frames[nearest]["boxes"]):
        while nearest and _are_in_table(frames[nearest - 1 : nearest + 1]):
            nearest -= 1
        return nearest
    while nearest + 1 < len(frames) and _are_in_table(frames[nearest : nearest + 2]):
        nearest += 1
    return nearest + 1


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    """How far two boxes are apart: in points across, or as many down as count for so many."""
    across = max(one[0] - other[2], other[0] - one[2], 0.0)
    return across + DOWN * max(one[1] - other[3], other[1] - one[3], 0.0)


def _are_in_table(frames: Sequence[Frame]) -> bool:
    return all(frame["kind"] in TABLE for frame in frames)
