"""Looks up documents by the names that people type, and suggests similar names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from heapq import nlargest
from pathlib import PurePosixPath

from runtime.ports import Entry, Ledger, NotFound

SUGGESTIONS = 3
"""Maximum names that an error suggests."""

MIN_SIMILARITY = 0.6
"""Minimum similarity of a suggested name: difflib's own cutoff for close matches."""

SHORTEST_PART = 3
"""Minimum characters of a part of a name that is suggested however long the whole is."""


class UnknownDocument(NotFound):
    """The library has no document of this name."""


def check_documents(ledger: Ledger, names: Sequence[str], listing: str) -> None:
    """Raise UnknownDocument for the first name that is not in the library; `listing` is the command that lists all."""
    for name in names:
        if not is_known(ledger, name):
            raise unknown_document(ledger, name, listing)


def is_known(ledger: Ledger, name: str) -> bool:
    """Whether the library has a document of this name. A command-line argument may have undecodable bytes, which
    ledgers reject."""
    is_text = not any("\ud800" <= c <= "\udfff" for c in name)
    return bool(name) and is_text and ledger.get(name) is not None


def unknown_document(ledger: Ledger, name: str, listing: str) -> UnknownDocument:
    """The error for an unknown name, with similar names."""
    question = did_you_mean(similar_names(name, (entry.document for entry in ledger.entries())))
    return UnknownDocument(
        f"There is no document {name!r} in the library.", f"{question}`{listing}` lists them.".strip()
    )


def did_you_mean(names: Sequence[str]) -> str:
    """The question that suggests names, followed by a space; '' if there are none."""
    return f"Did you mean {' or '.join(repr(name) for name in names)}? " if names else ""


def similar_names(name: str, known: Iterable[str]) -> list[str]:
    """The known names most similar to this one, best first: by the file name, or a part of it, without folder, case and
    `.pdf`; ties are broken by the full name. Similarity is difflib's ratio, from 0 to 1."""
    target = _stem(name)
    stems, full_names = (SequenceMatcher(b=text, autojunk=False) for text in (target, name))
    similar = []
    for other in known:
        similarity = _similarity(stems, _stem(other), target)
        if similarity >= MIN_SIMILARITY:
            full_names.set_seq1(other)
            similar.append((similarity, full_names.ratio(), other))
    return [other for *_, other in nlargest(SUGGESTIONS, similar)]


def _similarity(matcher: SequenceMatcher[str], stem: str, target: str) -> float:
    matcher.set_seq1(stem)
    similarity = matcher.ratio() if matcher.quick_ratio() >= MIN_SIMILARITY else 0.0
    shorter, longer = sorted((stem, target), key=len)
    return max(similarity, MIN_SIMILARITY) if len(shorter) >= SHORTEST_PART and shorter in longer else similarity


def _stem(name: str) -> str:
    return unicodedata.normalize("NFKC", PurePosixPath(name).name).casefold().removesuffix(".pdf")


def twins(entries: Iterable[Entry]) -> dict[str, str]:
    """The documents whose bytes are those of another one, each with the first of these by name."""
    firsts: dict[str, str] = {}
    found: dict[str, str] = {}
    for entry in sorted(entries, key=lambda one: one.document):
        if entry.version:
            first = firsts.setdefault(entry.version, entry.document)
            if first != entry.document:
                found[entry.document] = first
    return found
