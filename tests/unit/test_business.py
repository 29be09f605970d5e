"""The business documents, and the questions whose answers are checked: what they promise holds.

Failures name questions by their ids alone, since half of them are not to be read before the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from bench.business import documents

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "bench" / "questions" / "answers"
HALVES = ("open", "held")

Question = dict[str, Any]
Pages = dict[str, list[str]]
"""The text of each page, by the document's name."""


def plain(text: str) -> str:
    """The text as answers and pages are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def read(folder: Path) -> Pages:
    return {
        path.name: [plain(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(path)]
        for path in folder.glob("*.pdf")
    }


def questions(kind: str, half: str) -> list[Question]:
    lines = (ANSWERS / f"{kind}-{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def both(kind: str) -> list[Question]:
    return [question for half in HALVES for question in questions(kind, half)]


def answered(text: str, must: list[list[str]]) -> bool:
    return all(any(plain(variant) in text for variant in group) for group in must)


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("business")
    documents(folder)
    return read(folder)


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("handbook")
    subprocess.run([sys.executable, str(ROOT / "docs" / "build.py"), str(folder)], check=True, capture_output=True)
    return read(folder)


def test_the_documents_are_eighteen_and_the_same_each_time(tmp_path: Path) -> None:
    once, again = documents(tmp_path / "a"), documents(tmp_path / "b")
    assert len({path.name for path in once}) == 18
    assert [path.name for path in once if path.read_bytes() != (tmp_path / "b" / path.name).read_bytes()] == []
    assert [path.name for path in once] == [path.name for path in again]


def test_ids_are_unique() -> None:
    ids = Counter(question["id"] for kind in ("business", "handbook") for question in both(kind))
    assert [one for one, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_its_share_of_questions(half: str) -> None:
    asked = questions("business", half)
    assert Counter(question["language"] for question in asked) == {"en": 16, "de": 14}
    assert {question["document"] for question in asked if question["must"]} == {
        question["document"] for question in both("business")
    }
    assert Counter(bool(question["must"]) for question in questions("handbook", half)) == {True: 13, False: 2}


def test_the_whole_has_its_share_of_unanswerable_questions() -> None:
    unanswerable = Counter(question["language"] for question in both("business") if question["must"] is None)
    assert unanswerable == {"en": 8, "de": 7}


def test_the_answers_stand_on_the_pages_that_are_named(business: Pages) -> None:
    def holds(question: Question) -> bool:
        pages, must = business.get(question["document"], []), question["must"]
        answering = [number for number, text in enumerate(pages, 1) if must and answered(text, must)]
        return bool(pages) and answering == question["pages"] and bool(answering) == bool(must)

    assert [question["id"] for question in both("business") if not holds(question)] == []


def test_the_answers_stand_on_the_one_page_of_the_handbook_that_has_the_evidence(handbook: Pages) -> None:
    def holds(question: Question) -> bool:
        pages, must = handbook.get(question["document"], []), question["must"]
        if must is None:
            return bool(pages) and question["evidence"] is None
        evident = [text for text in pages if plain(question["evidence"]) in text]
        return len(evident) == 1 and answered(evident[0], must)

    assert [question["id"] for question in both("handbook") if not holds(question)] == []


def test_the_library_sample_is_two_halves_of_twenty() -> None:
    sample = json.loads((ANSWERS / "library.json").read_text(encoding="utf-8"))
    assert len(sample["open"]) == len(sample["held"]) == 20
    assert len({*sample["open"], *sample["held"]}) == 40
    assert len(bytes.fromhex(sample["source_sha256"])) == 32
