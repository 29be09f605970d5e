"""The measures of the search, on rankings whose figures can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.evaluate import Judged, figures, ranks, read_questions
from runtime.ports import PlumblineError

QUESTIONS = [
    Judged("first", "a.pdf", frozenset({3})),
    Judged("second", "b.pdf", frozenset({1, 2})),
    Judged("third", "c.pdf", frozenset({9})),
]
FOUND = [
    [
        ("x/a.pdf", 1),
        ("x/a.pdf", 1),
        ("x/a.pdf", 3),
    ],  # the page second (one page counts once), the document first
    [("a.pdf", 1), ("c.pdf", 4), ("b.pdf", 2)],  # both third
    [("a.pdf", 9), ("b.pdf", 9)],  # neither
]


def test_ranks_count_a_page_and_a_document_once() -> None:
    assert ranks(QUESTIONS, FOUND) == ([2, 3, None], [1, 3, None])


def test_recall_and_mrr_are_means_over_the_questions() -> None:
    made = {(f.level, f.measure): f.value for f in figures(QUESTIONS, FOUND)}
    assert made["page", "recall@1"] == 0
    assert made["page", "recall@3"] == pytest.approx(2 / 3)
    assert made["page", "MRR"] == pytest.approx((1 / 2 + 1 / 3) / 3)
    assert made["document", "recall@1"] == pytest.approx(1 / 3)
    assert made["document", "MRR"] == pytest.approx((1 + 1 / 3) / 3)


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    once, again = figures(QUESTIONS, FOUND), figures(QUESTIONS, FOUND)
    assert once == again
    assert all(f.low <= f.value <= f.high for f in once)
    assert any(f.low < f.high for f in once)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"question": "x"}',
        '{"question": "x", "document": "a", "pages": [0]}',
        '{"question": "", "document": "a", "pages": [1]}',
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "fine?", "document": "a.pdf", "pages": [1]}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(PlumblineError) as refused:
        read_questions(path)
    assert "Line 2" in refused.value.reason or "question" in refused.value.reason
