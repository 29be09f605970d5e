"""Which documents are removed because their files are gone: at once if they are few, held back if they are many, since
a disk that is not connected must not empty the library."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from runtime.reading.document import is_pdf

MANY, SHARE = 10, 0.1
"""More documents than this, and than this share of the library, are not removed at once."""


@dataclass(frozen=True, slots=True)
class Removals:
    """Documents whose files are gone: those to remove now, and those held back until somebody confirms it."""

    now: list[str]
    held: list[str]


def removals(known: Collection[str], stored: Collection[str], *, confirmed: bool = False) -> Removals:
    """What to remove of the `known` documents, of which only some are `stored`; all that are gone if `confirmed`. A
    document with its attached ones counts once: they come and go with it."""
    every = {*known, *stored}
    gone = sorted(set(known) - set(stored))
    roots = {key: _root(key, every) for key in gone}
    own = {root for root in roots.values() if root not in stored}
    of_library = sum(_root(key, every) == key for key in known)
    if confirmed or not is_many(len(own), of_library):
        return Removals(gone, [])
    held = [key for key in gone if roots[key] in own]
    return Removals([key for key in gone if roots[key] not in own], held)


def is_many(count: int, of_library: int) -> bool:
    """Whether so many documents of a library are too many to remove at once."""
    return count > MANY and count > SHARE * of_library


def _root(key: str, every: Collection[str]) -> str:
    """The document that a document is attached to, or itself."""
    outer = (parent.as_posix() for parent in reversed(PurePosixPath(key).parents) if is_pdf(parent.name))
    return next((one for one in outer if one in every), key)
