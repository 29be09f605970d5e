"""How well the search finds the right page: recall@k and mean reciprocal rank over questions with known pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.ports import PlumblineError
from runtime.question import checked_question

CUTOFFS = (1, 3, 5, 10)
DEPTH = 50
"""Passages considered per question, since several may be on one page."""

RESAMPLES = 2_000
SEED = 20260107


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and where its answer is: a document's key or file name, and pages from 1."""

    question: str
    document: str
    pages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over the questions, with its 95% interval."""

    level: str  # page or document
    measure: str  # recall@k or MRR
    value: float
    low: float
    high: float


def read_questions(path: Path) -> list[Judged]:
    """Lines {"question", "document", "pages"}; PlumblineError names an invalid line."""
    questions = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
                pages = frozenset(int(page) for page in values["pages"])
                if not pages or min(pages) < 1:
                    raise ValueError("pages must be numbers from 1")
                questions.append(Judged(checked_question(values["question"]), str(values["document"]), pages))
            except (ValueError, KeyError, TypeError) as error:
                raise PlumblineError(
                    f"Line {number} of {path} can't be used: {type(error).__name__} {error}.",
                    'Write a line like {"question": "...", "document": "a.pdf", "pages": [3]}.',
                ) from error
    if not questions:
        raise PlumblineError(f"{path} has no questions.", "Write one JSON object per line.")
    return questions


def ranks(
    questions: Sequence[Judged], found: Sequence[Sequence[tuple[str, int]]]
) -> tuple[list[int | None], list[int | None]]:
    """For each question the rank (from 1) of the first right page, and of the right document, or None.

    `found` has for each question the passages' (document, page), best first. Passages of one page count once, and
    so do those of one document, since a reader opens a page or a document once.
    """
    page_ranks: list[int | None] = []
    document_ranks: list[int | None] = []
    for judged, hits in zip(questions, found, strict=True):
        pages = list(dict.fromkeys(hits))
        documents = list(dict.fromkeys(document for document, _ in hits))
        right = [names_document(judged.document, document) and page in judged.pages for document, page in pages]
        page_ranks.append(right.index(True) + 1 if True in right else None)
        right = [names_document(judged.document, document) for document in documents]
        document_ranks.append(right.index(True) + 1 if True in right else None)
    return page_ranks, document_ranks


def names_document(name: str, key: str) -> bool:
    """Whether `name` is the key, or the file name at its end."""
    return key == name or key.endswith("/" + name)


def figures(
    questions: Sequence[Judged], found: Sequence[Sequence[tuple[str, int]]], cutoffs: Sequence[int] = CUTOFFS
) -> list[Figure]:
    """Recall@k and MRR at both levels, with percentile bootstrap intervals over the questions (Efron, 1979)."""
    generator = np.random.default_rng(SEED)
    samples = generator.integers(0, len(questions), (RESAMPLES, len(questions)))
    made = []
    for level, found_ranks in zip(("page", "document"), ranks(questions, found), strict=True):
        measures = {f"recall@{k}": [float(rank is not None and rank <= k) for rank in found_ranks] for k in cutoffs}
        measures["MRR"] = [1.0 / rank if rank else 0.0 for rank in found_ranks]
        for name, values in measures.items():
            scores = np.array(values)
            low, high = np.percentile(scores[samples].mean(axis=1), (2.5, 97.5))
            made.append(Figure(level, name, float(scores.mean()), float(low), float(high)))
    return made
