"""Passages: sizes, places, identity, and the promise that a reading can stop after any page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.passages import CONTEXT_TOKENS, Chunker, passage_id, passage_vectors
from runtime.ports import Passage, Vectors
from runtime.reading.document import Box, Page, Paragraph


class Words:
    """A tokenizer whose tokens are words of at most ten characters."""

    max_tokens = 120

    def count(self, texts: Sequence[str]) -> list[int]:
        return [sum(-(-len(word) // 10) for word in text.split()) for text in texts]


WORD = st.text("abcdefghij.", min_size=1, max_size=25)
PARAGRAPH = st.builds(
    lambda words, level: Paragraph(" ".join(words), (Box(72, 300, 500, 400),), level),
    st.lists(WORD, min_size=1, max_size=300),
    st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
)
PAGES = st.lists(st.lists(PARAGRAPH, max_size=6), min_size=1, max_size=6).map(
    lambda pages: [Page(n, 600, 800, tuple(paragraphs), "pdfium", "text") for n, paragraphs in enumerate(pages, 1)]
)


def cut(pages: Sequence[Page], carry: str = "") -> tuple[list[Passage], str]:
    chunker = Chunker("a.pdf", "v1", "A title", Words(), carry)
    following = [*pages[1:], None]
    made = [passage for page, behind in zip(pages, following, strict=False) for passage in chunker.page(page, behind)]
    return made, chunker.carry


@given(PAGES)
@settings(deadline=None, max_examples=60)
def test_no_passage_is_longer_than_the_embedder_takes_and_no_heading_than_is_shown(pages: list[Page]) -> None:
    for passage in cut(pages)[0]:
        assert Words().count([passage.text])[0] <= Words.max_tokens
        assert Words().count([f"{passage.title} {passage.heading}"])[0] <= CONTEXT_TOKENS


@given(PAGES)
@settings(deadline=None, max_examples=60)
def test_every_word_of_every_page_is_in_a_passage_of_that_page(pages: list[Page]) -> None:
    passages, _ = cut(pages)
    for page in pages:
        found = "".join("".join(p.text.split()) for p in passages if p.page == page.number)
        for paragraph in page.paragraphs:
            for word in paragraph.text.split():
                assert word in found


@given(PAGES, st.data())
@settings(deadline=None, max_examples=60)
def test_a_cutting_that_stops_after_any_page_resumes_with_the_same_passages(
    pages: list[Page], data: st.DataObject
) -> None:
    whole, _ = cut(pages)
    stop = data.draw(st.integers(0, len(pages)))
    chunker = Chunker("a.pdf", "v1", "A title", Words())
    before = [passage for page, behind in pairwise(pages[: stop + 1]) for passage in chunker.page(page, behind)]
    if stop == len(pages):
        before += chunker.page(pages[-1])
    after, _ = cut(pages[stop:], chunker.carry if stop else "")
    assert before + after == whole
    assert len({passage.id for passage in whole}) == len(whole)
    assert [passage.ordinal for passage in whole] == list(range(len(whole)))


def test_a_passage_knows_its_section_and_says_what_no_other_says() -> None:
    sentences = [f"Sentence number {n} says what number {n} has to say." for n in range(40)]
    page = Page(1, 600, 800, (Paragraph("2 Valves", (), 1), Paragraph(" ".join(sentences), (), 0)), "pdfium", "text")
    passages, _ = cut([page])
    assert len(passages) > 2
    assert {(passage.title, passage.heading) for passage in passages} == {("A title", "2 Valves")}
    assert {passage.own for passage in passages} == {""}
    assert " ".join(passage.text.removeprefix("2 Valves\n") for passage in passages) == " ".join(sentences)


def prose(number: int, *texts: str) -> Page:
    return Page(number, 600, 800, tuple(Paragraph(text, (), 0) for text in texts), "pdfium", "text")


def test_a_sentence_that_runs_over_a_pages_end_is_whole_on_both_and_says_where_its_halves_stand() -> None:
    pages = [prose(4, "All is well. The rent is due"), prose(5, "on the first of May. Then it rises.", "Nothing else.")]
    first, second = cut(pages)[0]
    assert (first.page, first.text) == (4, "All is well. The rent is due [page 5: on the first of May.]")
    assert (second.page, second.text) == (
        5,
        "[page 4: The rent is due] on the first of May. Then it rises.\nNothing else.",
    )
    assert (first.own, second.own) == (
        "All is well. The rent is due",
        "on the first of May. Then it rises.\nNothing else.",
    )


@pytest.mark.parametrize(
    "pages",
    [
        [prose(1, "The rent is due."), prose(2, "on the first of May.")],
        [prose(1, "The rent is due"), prose(2, "On the first of May.")],
        [prose(1, "The rent is due"), Page(2, 600, 800, (Paragraph("on rents", (), 1),), "pdfium", "text")],
        [Page(1, 600, 800, (Paragraph("Rent | due", (), 0, "row"),), "pdfium", "text"), prose(2, "on the first.")],
        [prose(1, "The rent is due"), Page(2, 600, 800, (), "none", "blank"), prose(3, "on the first of May.")],
    ],
)
def test_a_sentence_that_ends_with_its_page_borrows_nothing(pages: list[Page]) -> None:
    assert all("[page" not in passage.text and not passage.own for passage in cut(pages)[0])


def test_of_a_long_sentence_over_a_pages_end_the_words_nearest_to_it_are_borrowed() -> None:
    pages = [prose(1, " ".join(f"a{n}" for n in range(60))), prose(2, " ".join(f"b{n}" for n in range(60)) + ".")]
    passages, _ = cut(pages)
    before = next(passage for passage in reversed(passages) if passage.page == 1).text
    behind = next(passage for passage in passages if passage.page == 2).text
    assert "a59 [page 2: b0 b1 b2" in before
    assert " a58 a59] b0 b1" in behind
    assert behind.startswith("[page 1: a3")


class Letters:
    """An embedder whose vectors count letters; it keeps what it was given."""

    model, dimension, max_tokens, parallel = "letters", 26, 120, 1
    languages: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.given: list[str] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        return Words().count(texts)

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        self.given += texts
        made = np.array([[text.count(chr(97 + n)) for n in range(26)] for text in texts], np.float32)
        unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit

    def check(self) -> None:
        return None


def vector_of(**letters: float) -> list[float]:
    """Of unit length."""
    vector = np.array([letters.get(chr(97 + n), 0.0) for n in range(26)])
    unit: list[float] = (vector / np.linalg.norm(vector)).tolist()
    return unit


def test_a_passage_is_found_by_its_text_and_its_documents_title_and_is_about_its_text_and_headings() -> None:
    embedder, known = Letters(), dict[str, Vectors]()
    made = [
        Passage(str(n), "a.pdf", "v", n, 1, title, heading, text)
        for n, (title, heading, text) in enumerate(
            [("cc", "dd", "aa aa aa"), ("cc", "dd › ee ee", "bb"), ("", "", "ab"), ("cc", "", "aa")]
        )
    ]
    pairs = [passage_vectors(embedder, part, known) for part in (made[:1], made[1:])]
    assert embedder.given == ["aa aa aa", "cc", "dd", "bb", "ab", "aa", "ee ee"]  # a name is embedded once
    found, about = (np.concatenate(both) for both in zip(*pairs, strict=True))
    assert found == pytest.approx(
        np.array([vector_of(a=1, c=1), vector_of(b=1, c=1), vector_of(a=1, b=1), vector_of(a=1, c=1)])
    )
    # Headings count by their tokens.
    assert about == pytest.approx(
        np.array([vector_of(a=3, d=1), vector_of(b=1, d=1, e=2), vector_of(a=1, b=1), vector_of(a=1)])
    )


def test_a_passage_has_the_label_of_the_page_that_its_own_text_stands_on() -> None:
    texts = {"iii": "The end of the preface.", "": "A page that is called by its number.", "A-3": "An appendix."}
    pages = [
        Page(number, 600, 800, (Paragraph(text, (), 0),), "pdfium", "text", label)
        for number, (label, text) in enumerate(texts.items(), 3)
    ]
    passages, carry = cut(pages[:1])
    passages += cut(pages[1:], carry)[0]
    assert [(one.page, one.label) for one in passages] == [(3, "iii"), (4, ""), (5, "A-3")]


def test_an_id_depends_on_document_version_page_and_ordinal() -> None:
    ids = {
        passage_id(document, version, page, ordinal)
        for document in ("a", "b")
        for version in ("1", "2")
        for page in (1, 2)
        for ordinal in (0, 1)
    }
    assert len(ids) == 16
    assert passage_id("a", "1", 1, 0) == passage_id("a", "1", 1, 0)
