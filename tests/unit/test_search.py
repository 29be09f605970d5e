"""Search over one index in memory: what was quoted, other languages, and what chance finds in a library."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from runtime.ports import Found, Hit, Passage, PlumblineError, Query, Vectors
from runtime.search.bank import QUESTIONS
from runtime.search.chance import FEW_QUESTIONS, GROWN, Chance, chance, limit, stored_chance
from runtime.search.searcher import CANDIDATES, KNOWN_SECONDS, Searcher, Searchers
from runtime.search.words import question_terms, terms_of
from tests.contracts.memory import MemoryEmbedder, MemoryIndex

KILN = [f"The kiln number {n} is fired at {900 + n} degrees, glazed and cooled." for n in range(40)]


class Speaking(MemoryEmbedder):
    """An embedder that knows some languages alone."""

    def __init__(self, *languages: str) -> None:
        super().__init__()
        self.languages = frozenset(languages)


class Counting(MemoryEmbedder):
    """An embedder that counts what it embeds."""

    embedded = 0

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        self.embedded += len(texts)
        return super().embed(texts, questions=questions)


def index_of(texts: Sequence[str], language: str = "en", embedder: MemoryEmbedder | None = None) -> MemoryIndex:
    index = MemoryIndex("passages", MemoryEmbedder.dimension)
    add(index, texts, language, embedder)
    return index


def add(index: MemoryIndex, texts: Sequence[str], language: str = "en", embedder: MemoryEmbedder | None = None) -> None:
    at = index.size()
    passages = [Passage(f"{at + n}", f"{at + n}.pdf", "v", 0, 1, "", "", text) for n, text in enumerate(texts)]
    terms = [one for passage in passages for one in terms_of([passage], language)]
    index.write(passages, (embedder or MemoryEmbedder()).embed(texts), terms)
    index.refresh()


def first(index: MemoryIndex, question: str, embedder: MemoryEmbedder | None = None) -> str:
    (found,) = Searcher(index, embedder or MemoryEmbedder()).search([question], 5)
    return found.ranked[0].passage.text


# --- what is exact --------------------------------------------------------------------------------------


def test_the_passage_that_alone_holds_a_rare_word_is_first_however_many_resemble_the_question() -> None:
    index = index_of([*KILN, "PPR-9087 is kept in the shed."])
    assert first(index, "At how many degrees is the kiln PPR-9087 fired and glazed?") == "PPR-9087 is kept in the shed."
    assert first(index, "ppr-9087") == "PPR-9087 is kept in the shed."


def test_what_was_quoted_comes_first_to_the_letter_although_no_search_had_it_among_its_best() -> None:
    long = " ".join(f"word{n}" for n in range(400))
    texts = [f"hot kilns and kiln hot glaze {n}" for n in range(CANDIDATES + 20)]
    index = index_of([*texts, f"{long} the hot glaze kiln {long}"])
    assert "word7 " in first(index, 'Where is the "hot glaze kiln" and the kiln hot glaze?')
    assert "word7 " not in first(index, "Where is the hot glaze kiln and the kiln hot glaze?")
    assert first(index, 'What is a "green kiln" with hot glaze?') in texts


# --- languages ------------------------------------------------------------------------------------------


def test_a_document_is_found_by_the_endings_of_its_own_language() -> None:
    index = index_of(["The kilns are fired."])
    add(index, ["Die Öfen und ihre Glasuren werden gebrannt."], "de")
    assert first(index, "Glasur").startswith("Die Öfen")
    assert first(index, "Wie ist die Glasur?").startswith("Die Öfen")
    assert first(index, "kiln").startswith("The kilns")


def test_words_lead_where_the_model_does_not_know_the_language_of_the_question() -> None:
    texts = ["Die Glasur kostet neun Kronen.", *(f"Wie viel ist das und was {n}?" for n in range(20))]
    index = index_of(texts, "de")
    question = "Wie viel ist das und was, Kronen?"

    def lead(*languages: str) -> float:
        (found,) = Searcher(index, Speaking(*languages)).search([question], 1)
        scores = {hit.passage.text: hit.score for hit in found.ranked}
        return scores.pop(texts[0]) - max(scores.values())

    assert lead("en") > lead("de") == lead() == lead("de", "en")


def test_a_language_that_comes_later_is_known_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    index = index_of(["The kilns are fired."])
    searcher = Searcher(index, MemoryEmbedder())
    searcher.search(["kiln"], 1)
    add(index, ["Glasuren."], "de")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + KNOWN_SECONDS + 1)
    (found,) = searcher.search(["Glasur"], 1)
    assert found.ranked[0].passage.text == "Glasuren."


def test_the_same_bytes_under_several_names_are_found_once() -> None:
    index = MemoryIndex("passages", MemoryEmbedder.dimension)
    for document, version, text in (
        ("b.pdf", "1", "The kiln."),
        ("a.pdf", "1", "The kiln."),
        ("c.pdf", "2", "A kiln."),
    ):
        one = Passage(document, document, version, 0, 1, "", "", text)
        index.write([one], MemoryEmbedder().embed([text]), terms_of([one], "en"))
    index.refresh()
    (found,) = Searcher(index, MemoryEmbedder()).search(["kiln"], 5)
    assert sorted(hit.passage.version for hit in found.ranked) == ["1", "2"]
    (found,) = Searcher(index, MemoryEmbedder()).search(["kiln"], 5, ["a.pdf"])
    assert [hit.passage.document for hit in found.ranked] == ["a.pdf"]


# --- what chance finds ----------------------------------------------------------------------------------


def test_questions_about_other_matters_say_nothing_and_those_of_the_library_do() -> None:
    searcher = Searcher(index_of(KILN), MemoryEmbedder())
    own = ["At how many degrees is the kiln number 7 fired?", "kiln 12", "Which kilns are glazed?"]
    other = ["Who won the chess championship of Norway?", "comma before and", "Explain inflation to a child of ten."]
    assert [one.is_below_chance for one in searcher.search(own, 1)] == [False] * 3
    assert [one.is_below_chance for one in searcher.search(other, 1)] == [True] * 3
    assert [one.is_below_chance for one in Searcher(index_of(KILN), MemoryEmbedder(), 0).search(other, 1)] == [
        False
    ] * 3
    assert [one.is_below_chance for one in Searcher(index_of(KILN), MemoryEmbedder(), 1).search(own, 1)] == [True] * 3


def test_where_some_documents_are_asked_chance_is_what_it_finds_in_these() -> None:
    embedder = Counting()
    searcher = Searcher(index_of(["Glazes dry slowly in winter.", *QUESTIONS[1::2]]), embedder)  # much of everything
    dry = "How slowly do they dry?"
    assert [one.is_below_chance for one in searcher.search([dry], 1)] == [True]
    assert [one.is_below_chance for one in searcher.search([dry, "Who won the match?"], 1, ["0.pdf"])] == [False, True]
    assert [one.is_below_chance for one in searcher.search([dry], 1, ["3.pdf", "5.pdf"])] == [True]
    assert [one.is_below_chance for one in searcher.search([dry], 1, ["no such.pdf"])] == [True]
    # The questions of the bank are embedded once for all, and once more for whatever documents are chosen.
    assert embedder.embedded == len(QUESTIONS) + len(FEW_QUESTIONS) + 5


def test_evidence_counts_meaning_twice_and_words_by_score_and_share_above_chance_in_standard_deviations() -> None:
    scale = Chance(10, (0.2, 0.1), (4.0, 2.0), (0.4, 0.2), (1.0, 2.0))
    one, question = Passage("1", "a.pdf", "v", 0, 1, "", "", "the kilns"), question_terms("kiln", ["en"])
    found = Found([Hit(one, 0.5)], [Hit(one, 8.0)])
    assert scale.shortfall(question, found, 10.0) == pytest.approx(10 - (2 * 3 + 2 + 3 - 1) / 2)
    assert scale.shortfall(question, found, 1.0) <= 0
    assert scale.shortfall(question, Found([], []), 0.0) == pytest.approx((2 * 12 + 2 + 2 + 1) / 2)
    assert limit(0.5) == pytest.approx(0)
    assert (limit(0), limit(1)) == (float("-inf"), float("inf"))


def test_the_scale_is_noted_beside_the_index_and_made_anew_when_the_library_has_grown_much() -> None:
    index, embedder = index_of(KILN), MemoryEmbedder()
    made = chance(index, embedder)
    assert made is not None
    assert (stored_chance(index), made.passages) == (made, len(KILN))
    add(index, KILN[: int(len(KILN) * (GROWN - 1))])
    assert chance(index, embedder) == made
    add(index, KILN[:1])
    again = chance(index, embedder)
    assert again is not None
    assert again.passages == index.size()
    assert stored_chance(index) == again


@pytest.mark.parametrize("texts", [["One passage."], ["The same."] * 30, ["水道の料金"], ["1 2 3"]])
def test_a_library_of_next_to_nothing_has_a_scale(texts: list[str]) -> None:
    index = index_of(texts)
    made = chance(index, MemoryEmbedder())
    assert made is not None
    assert all(spread > 0 for _, spread in (made.cosine, made.keyword, made.covered, made.evidence))
    assert json.loads(index.read_note())["chance"]["passages"] == len(texts)
    (found,) = Searcher(index, MemoryEmbedder()).search([texts[0]], 1)
    assert not found.is_below_chance


def test_an_empty_library_has_no_scale_and_says_nothing() -> None:
    index = MemoryIndex("passages", MemoryEmbedder.dimension)
    assert chance(index, MemoryEmbedder()) is None
    (found,) = Searcher(index, MemoryEmbedder()).search(["kiln"], 1)
    assert (found.ranked, found.is_below_chance) == ([], True)
    assert Searcher(index, MemoryEmbedder()).search([], 1) == []


def test_a_document_that_comes_to_an_empty_library_is_found_at_once() -> None:
    index = MemoryIndex("passages", MemoryEmbedder.dimension)
    searcher = Searcher(index, MemoryEmbedder())
    assert searcher.search(["kiln"], 1)[0].ranked == []
    add(index, KILN)
    assert len(searcher.search(["kiln"], 1)[0].ranked) == len(KILN)


def test_many_concurrent_questions_make_the_scale_once() -> None:
    index = index_of(KILN)
    searcher = Searcher(index, embedder := Counting())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: searcher.search([f"kiln {n}"], 1)[0], range(8)))
    assert not any(one.is_below_chance for one in found)
    assert embedder.embedded == len(QUESTIONS) + 8


def test_a_searcher_is_kept_until_another_index_is_the_one() -> None:
    searchers, index = Searchers(), index_of(KILN)
    kept = searchers.over(index, MemoryEmbedder(), 0.9)
    assert searchers.over(index, MemoryEmbedder(), 0.9) is kept
    assert searchers.over(MemoryIndex("another", MemoryEmbedder.dimension), MemoryEmbedder(), 0.9) is not kept


def test_a_searcher_that_may_not_write_beside_the_index_makes_the_scale_for_itself_once() -> None:
    class Closed(MemoryIndex):
        searches = 0

        def write_note(self, text: str) -> None:
            raise PlumblineError("No.", "Ask somebody else.")

        def search(self, queries: Sequence[Query], *rest: object) -> list[Found]:
            self.searches += len(queries)
            return super().search(queries, *rest)  # type: ignore[arg-type]

    index = Closed("passages", MemoryEmbedder.dimension)
    add(index, KILN)
    searcher = Searcher(index, MemoryEmbedder())
    for _ in range(3):
        assert not searcher.search(["kiln 7"], 1)[0].is_below_chance
    assert index.searches == len(QUESTIONS) + 3
    assert replace(chance(index, MemoryEmbedder()) or Chance(0, *[(0.0, 1.0)] * 4), passages=0).passages == 0


def test_a_question_in_a_language_that_the_model_does_not_know_is_marked_as_such() -> None:
    def foreign(question: str, *languages: str) -> bool:
        return Searcher(index_of(KILN), Speaking(*languages)).search([question], 1)[0].foreign

    german = "Bei welcher Temperatur brennt der Brennofen eigentlich?"
    assert (foreign(german, "en"), foreign(german, "de", "en"), foreign(german)) == (True, False, False)
    assert not any(foreign(question, "en") for question in ("How hot is the kiln?", "kiln 7", "PPR-9087 glaze rack 12"))
