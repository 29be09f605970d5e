"""Answers a question from the library: search, sources, a streamed answer, and the evidence for each claim."""

from __future__ import annotations

import time
from collections.abc import Generator as Stream
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from runtime.answer.claims import NOT_FOUND, Proofs, check, with_mark
from runtime.answer.followups import follows, join_questions
from runtime.answer.kinds import FIGURES, Kind, holds_kind
from runtime.answer.prompt import prompt
from runtime.answer.quotes import Quote, quotes
from runtime.answer.ranking import Ranking
from runtime.answer.refusals import NO_ANSWER
from runtime.answer.sources import SOURCES, doubtful_words, nearest_pages, next_passage, source, sources_of
from runtime.answer.written import growing, only_thought
from runtime.evidence import Evidence
from runtime.names import UNANSWERED_METRICS
from runtime.ports import (
    Archive,
    ArchiveRecord,
    Citation,
    Embedder,
    Ending,
    Generator,
    Metrics,
    NotAnswered,
    PageBox,
    PlumblineError,
    Source,
    Turn,
    Unanswered,
    Vectors,
)
from runtime.question import checked_question
from runtime.reading.document import Box, TextToLocate
from runtime.search.fusion import Ranked
from runtime.search.searcher import CANDIDATES, Searcher, SearchResult

ANSWER_TOKENS = 400
ANSWER_SECONDS = 900.0
MAX_PIECES = 4 * ANSWER_TOKENS
"""Pieces of an answer after which the model is presumed not to stop by itself; some servers split tokens into
pieces."""

MIN_TOKENS = 200
"""Tokens of sources below which a prompt that is too long is not shortened further."""

FOREIGN_QUESTION = (
    "The search can't compare questions in this language by meaning: use words that occur in the documents."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A snapshot of an answer: yielded repeatedly while it grows, the last time with its final state.

    `question` is as it was searched for; if `follows`, it includes the previous question. 'refused' means that the
    documents do not say; `sources` are then the nearest pages. If 'done', `citations` are those of the text, in order;
    `tokens` and `seconds` are what it took, tokens None if the model does not report them.
    """

    question: str
    text: str
    sources: tuple[Source, ...]
    state: Literal["searching", "writing", "done", "refused"]
    citations: tuple[Citation, ...] = ()
    follows: bool = False
    tokens: int | None = None
    seconds: float | None = None


class Answerer:
    """Searches one index and answers from it; without a generator it quotes the documents. Thread-safe."""

    def __init__(
        self,
        searcher: Searcher,
        embedder: Embedder,
        generator: Generator | None,
        archive: Archive,
        metrics: Metrics,
        evidence: Evidence | None = None,
    ) -> None:
        self.searcher = searcher
        self._embedder = embedder
        self._generator = generator
        self._archive = archive
        self._metrics = metrics
        self._evidence = evidence

    def answer(
        self,
        question: str,
        previous: str = "",
        documents: Sequence[str] | None = None,
        prompt_id: str = "",
        conversation: str = "",
    ) -> Stream[Answer, None, None]:
        """Yield the answer as it grows. `previous` is the conversation's previous question, as it was searched for. Its
        answer is left out: it may quote a document, which a model should not take for the reader's words. With
        `prompt_id` the question is archived under the conversation.

        Closing the iterator stops the generator. Raises BadQuestion for an invalid question, NotAnswered if the model
        gives no complete answer, and PlumblineError if search or model fail; the last two after yielding what was
        written until then.
        """
        started = time.time()
        asked = checked_question(question)
        yield Answer(asked, "", (), "searching")
        searched_for, found = self._search(asked, previous, documents)
        answer = Answer(searched_for, "", (), "writing", follows=searched_for != asked)
        try:
            yield from self._answer(answer, asked, found, previous if answer.follows else "", started)
        finally:  # after the answer, so that nobody waits for it; also if the answer broke off
            if prompt_id:
                self._archive.write([self._record(prompt_id, conversation, searched_for, found.vector, started)])

    def _search(self, asked: str, previous: str, documents: Sequence[str] | None) -> tuple[str, SearchResult]:
        """The question as it was searched for, and the result: it is searched for alone and with the previous question,
        and the better result is kept."""
        if not previous:
            (found,) = self.searcher.search([asked], CANDIDATES, documents)
            return asked, found
        joined = join_questions(previous, asked)
        alone, with_before = self.searcher.search([asked, joined], CANDIDATES, documents)
        return (joined, with_before) if follows(asked, alone, with_before) else (asked, alone)

    def _answer(
        self, answer: Answer, asked: str, found: SearchResult, previous: str, started: float
    ) -> Stream[Answer, None, None]:
        """The answer from the search result, and its metrics."""
        similarities = [hit.similarity for hit in found.ranked[:SOURCES] if hit.similarity is not None]
        generator = self._generator
        if generator is None:  # whether there are quotes says whether the documents answer
            chosen = quotes(Ranking(answer.question, found, self.searcher.remembered))
            last, proofs = _quoted(answer, chosen, found) if chosen else (_refused(answer, found), ())
        else:
            try:
                last, proofs = yield from self._generate(answer, asked, generator, found, previous)
            except NotAnswered as error:
                self._metrics.put({UNANSWERED_METRICS[error.kind]: [1.0]}, started)
                raise
        if last.citations and self._evidence:
            yield replace(last, state="writing")  # it can be read while its evidence is located
            last = replace(last, citations=_located(last, proofs, self._evidence))
        yield replace(last, seconds=round(time.time() - started, 2))
        of_model = {"unproven": [float(NOT_FOUND in last.text)]} if generator and last.state == "done" else {}
        if last.tokens is not None:
            of_model["tokens"] = [float(last.tokens)]
        self._metrics.put(
            {
                "similarity": similarities,
                "latency": [time.time() - started],
                "no_answer": [float(last.state == "refused")],
                **of_model,
            },
            started,
        )

    def _generate(
        self, answer: Answer, asked: str, generator: Generator, found: SearchResult, previous: str
    ) -> Stream[Answer, None, tuple[Answer, Proofs]]:
        """The answer of a language model, and the units that prove each of its citations. If the prompt is too long for
        the model, it is retried with fewer sources and without the previous question."""
        if found.is_below_chance:
            return _refused(answer, found), ()
        following = next_passage(found.ranked, self.searcher.index)
        ranking = Ranking(answer.question, found, self.searcher.remembered, [following] if following else [])
        room = generator.source_tokens
        while True:
            sources = sources_of(found.ranked, following, self._embedder, room)
            answer = replace(answer, sources=sources)
            turns = prompt(asked, sources, list(ranking.within(sources).values()), previous)
            try:
                written, ending = yield from self._stream(answer, generator, turns)
                break
            except NotAnswered as error:
                if error.kind != "too long" or room <= MIN_TOKENS:
                    raise
                room, previous = max(room // 2, MIN_TOKENS), ""
        answer = replace(answer, tokens=ending.tokens)
        if ending.reason == "filter":
            raise _not_answered("filtered", generator)
        checked = check(written, answer.question, ranking, sources)
        if not any(map(str.isalnum, checked.text)):
            raise _not_answered("cut off" if ending.reason == "length" or only_thought(written) else "empty", generator)
        if checked.refuses:
            return _refused(answer, found), ()
        citations = tuple(
            _citation(units[0].source, "\n".join(unit.shown for unit in units), sources) for units in checked.proofs
        )
        answer = replace(answer, text=checked.text, citations=citations)
        if ending.reason == "length":
            yield replace(answer, citations=_located(answer, checked.proofs, self._evidence))
            raise _not_answered("cut off", generator)
        if checked.comparable and not checked.proven:  # nothing in the sources proves any of it
            return _refused(answer, found), ()
        if checked.comparable and ranking.kind in FIGURES and not _holds(checked.proven, ranking.kind):
            chosen = quotes(ranking)  # it is proven, but does not answer the question
            return _quoted(answer, chosen, found) if chosen else (_refused(answer, found), ())
        return replace(answer, state="done"), checked.proofs

    def _stream(
        self, answer: Answer, generator: Generator, turns: Sequence[Turn]
    ) -> Stream[Answer, None, tuple[str, Ending]]:
        """Yield the answer as the model writes it; return all that it wrote, and how it ended."""
        yield answer
        written, count, until = "", 0, time.monotonic() + ANSWER_SECONDS
        pieces = generator.stream(turns, ANSWER_TOKENS)
        try:
            while count <= MAX_PIECES and time.monotonic() < until:
                piece = next(pieces)
                written += piece
                count += bool(piece)
                answer = replace(answer, text=growing(written, answer.sources))
                yield answer
            return written, Ending("length")
        except StopIteration as stopped:
            return written, stopped.value or Ending()
        except NotAnswered:
            raise
        except PlumblineError:  # a failure that the adapter could not classify
            self._metrics.put({UNANSWERED_METRICS["broken off"]: [1.0]}, time.time())
            raise
        finally:
            pieces.close()

    def _record(self, prompt_id: str, conversation: str, question: str, vector: Vectors, at: float) -> ArchiveRecord:
        stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
        return ArchiveRecord(prompt_id, "prompt", conversation, 0, question, self._embedder.model, stamp, vector)


def _quoted(answer: Answer, chosen: Sequence[Quote], found: SearchResult) -> tuple[Answer, Proofs]:
    """The answer without a language model: quotes from the documents."""
    pages: dict[tuple[str, int], list[Ranked]] = {}
    for quote in chosen:
        hits = pages.setdefault((quote.passage.document, quote.passage.page), [])
        hit = next((hit for hit in found.ranked if hit.passage is quote.passage), Ranked(quote.passage, 0.0, None))
        hits += [hit] if hit not in hits else []
    sources = tuple(source(number, hits) for number, hits in enumerate(pages.values(), 1))
    numbers = {page: number for number, page in enumerate(pages, 1)}
    units = [(quote.unit, numbers[quote.passage.document, quote.passage.page]) for quote in chosen]
    text = "\n\n".join(with_mark(unit.shown, f"[{number}]") for unit, number in units)
    citations = tuple(_citation(number, unit.shown, sources) for unit, number in units)
    return replace(answer, text=text, sources=sources, state="done", citations=citations), [[unit] for unit, _ in units]


def _citation(number: int, text: str, sources: Sequence[Source]) -> Citation:
    """The citation of a text in the source of that number."""
    confidence = next((one.confidence for one in sources if one.number == number), None)
    return Citation(number, text, doubtful=doubtful_words(text, confidence))


def _located(answer: Answer, proofs: Proofs, evidence: Evidence | None) -> tuple[Citation, ...]:
    """The citations with the places of their units on the page, or of the whole source if they can't be located."""
    if evidence is None:
        return answer.citations
    boxes: list[tuple[PageBox, ...]] = [()] * len(proofs)
    for one in answer.sources:
        near = tuple(Box(box.left, box.top, box.right, box.bottom) for box in one.boxes)
        asked = [
            (n, unit) for n, units in enumerate(proofs) for unit in units if answer.citations[n].source == one.number
        ]
        if asked:
            sought = [TextToLocate(unit.on_page, near) for _, unit in asked]
            for (n, _), found in zip(asked, evidence.locate(one.document, one.version, one.page, sought), strict=True):
                boxes[n] += found
    whole = {one.number: one.boxes for one in answer.sources}
    return tuple(
        replace(citation, boxes=own or whole[citation.source])
        for citation, own in zip(answer.citations, boxes, strict=True)
    )


def refusal(nearest: Sequence[Source], *, foreign: bool = False) -> str:
    """The text of a refusal: it offers the nearest pages, and says if the embedding model does not know the question's
    language."""
    near = "The nearest pages are beside this answer." if nearest else "The library has nothing near this question."
    return f"{NO_ANSWER} {near}{f' {FOREIGN_QUESTION}' if foreign else ''}"


def _holds(claims: Sequence[str], kind: Kind | None) -> bool:
    return any(holds_kind(claim, kind) for claim in claims)


def _refused(answer: Answer, found: SearchResult) -> Answer:
    """The answer that the documents do not say, with the nearest pages."""
    nearest = nearest_pages(found.ranked)
    text = refusal(nearest, foreign=found.foreign)
    return replace(answer, text=text, sources=nearest, citations=(), state="refused")


def _not_answered(kind: Unanswered, generator: Generator) -> NotAnswered:
    reasons = {
        "empty": ("gave an empty answer.", "Rephrase the question, or choose another model."),
        "filtered": ("withheld its answer: its content filter blocked it.", "Rephrase the question."),
        "cut off": (
            f"was cut off after {ANSWER_TOKENS} tokens.",
            "Ask for less at once, or choose a model that does not think aloud.",
        ),
    }
    what, remedy = reasons[kind]
    return NotAnswered(kind, f"The model {generator.model} {what}", remedy)
