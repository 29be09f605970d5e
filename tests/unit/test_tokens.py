from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runtime.aws.tokens import clipped, estimated
from runtime.local.minilm import MiniLm
from runtime.reading.document import open_pdf


def test_the_estimate_errs_on_the_high_side(minilm: MiniLm, r_manuals: Path) -> None:
    with open_pdf(r_manuals / "R-intro.pdf") as pdf:
        texts = [p.text for page in pdf.pages() if page.number % 5 == 0 for p in page.paragraphs if len(p.text) > 200]
    assert len(texts) > 50
    ratios = [estimated(text) / real for text, real in zip(texts, minilm.count(texts), strict=True)]
    assert 1.0 < sum(ratios) / len(ratios) < 1.5
    assert sum(ratio < 0.8 for ratio in ratios) <= len(ratios) / 100


@given(st.text(max_size=300), st.integers(0, 40))
def test_a_clipped_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    beginning = clipped(text, limit)
    assert text.startswith(beginning)
    assert estimated(beginning) <= limit
