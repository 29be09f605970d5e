"""Passages: sizes, places, identity, and the promise that a reading can stop after any page."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.passages import CONTEXT_TOKENS, Chunker, embedded_text, passage_id
from runtime.ports import Passage
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
    return [passage for page in pages for passage in chunker.page(page)], chunker.carry


@given(PAGES)
@settings(deadline=None, max_examples=60)
def test_no_passage_with_its_context_is_longer_than_the_embedder_takes(pages: list[Page]) -> None:
    for passage in cut(pages)[0]:
        assert Words().count([embedded_text(passage)])[0] <= Words.max_tokens
        assert Words().count([passage.context])[0] <= CONTEXT_TOKENS + 1  # and the sign between its parts


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
    before, carry = cut(pages[:stop])
    after, _ = cut(pages[stop:], carry if stop else "")
    assert before + after == whole
    assert len({passage.id for passage in whole}) == len(whole)
    assert [passage.ordinal for passage in whole] == list(range(len(whole)))


def test_a_passage_knows_its_section_and_says_what_no_other_says() -> None:
    sentences = [f"Sentence number {n} says what number {n} has to say." for n in range(40)]
    page = Page(1, 600, 800, (Paragraph("2 Valves", (), 1), Paragraph(" ".join(sentences), (), 0)), "pdfium", "text")
    passages, _ = cut([page])
    assert len(passages) > 2
    assert {passage.context for passage in passages} == {"A title › 2 Valves"}
    assert " ".join(passage.text.removeprefix("2 Valves\n") for passage in passages) == " ".join(sentences)


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
