"""The numbered sources of an answer: the best passages, one source per page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from runtime.ports import Confidence, Embedder, Passage, PassageIndex, Source
from runtime.search.fusion import Ranked

SOURCES = 4
"""Maximum sources of an answer; fewer if the generator's budget of source tokens is used up."""

NEAREST_PAGES = 3
"""Pages offered if the documents do not say."""


def sources_of(
    ranked: Sequence[Ranked], following: Passage | None, embedder: Embedder, room: int
) -> tuple[Source, ...]:
    """The best passages as up to SOURCES numbered sources, one per page, within `room` tokens (of the passages as
    stored; the prompt adds column names to table rows, which takes more). The passage after the best one is added if
    there is room, since answers often continue there. Copies of a document under several names count once."""
    chosen: list[Ranked] = []
    hits = ranked[: 2 * SOURCES]
    for hit, size in zip(hits, embedder.count([hit.passage.text for hit in hits]), strict=True):
        if chosen and size > room:
            break
        chosen.append(hit)
        room -= size
    chosen_ids = {hit.passage.id for hit in chosen}
    if following and chosen and following.id not in chosen_ids and embedder.count([following.text])[0] <= room:
        chosen.insert(1, Ranked(following, 0.0, None))
    pages: dict[tuple[str, str, int], list[Ranked]] = {}
    for hit in chosen:
        pages.setdefault((hit.passage.document, hit.passage.version, hit.passage.page), []).append(hit)
    return tuple(source(number, hits) for number, hits in enumerate(list(pages.values())[:SOURCES], 1))


def next_passage(ranked: Sequence[Ranked], index: PassageIndex) -> Passage | None:
    """The passage after the best one, on its page or the next. It is usually among the hits; if not, it is read from
    the index."""
    if not ranked:
        return None
    best = ranked[0].passage
    following = _next(best, (hit.passage for hit in ranked)) or _next(best, index.around([best], 1))
    return following if following and following.page - best.page <= 1 else None


def nearest_pages(ranked: Sequence[Ranked]) -> tuple[Source, ...]:
    """The best pages, offered if the documents do not say."""
    pages: dict[tuple[str, int], Ranked] = {}
    for hit in ranked:
        pages.setdefault((hit.passage.document, hit.passage.page), hit)
    return tuple(source(number, [hit]) for number, hit in enumerate(list(pages.values())[:NEAREST_PAGES], 1))


def source(number: int, hits: Sequence[Ranked]) -> Source:
    """One page's passages as a source, in page order, with an ellipsis where passages are left out."""
    best = max(hits, key=lambda hit: hit.score).passage
    passages = sorted((hit.passage for hit in hits), key=lambda passage: passage.ordinal)
    text = passages[0].text
    for before, passage in pairwise(passages):
        text += ("\n" if _follows(passage, before) else "\n…\n") + passage.text
    return Source(
        number=number,
        document=best.document,
        version=best.version,
        page=best.page,
        last_page=best.page,
        title=best.title,
        heading=best.heading,
        text=text,
        similarity=max((hit.similarity for hit in hits if hit.similarity is not None), default=None),
        boxes=tuple(dict.fromkeys(box for passage in passages for box in passage.boxes)),
        label=best.label,
        confidence=_confidence(passages),
    )


def doubtful_words(unit: str, confidence: Confidence | None) -> tuple[str, ...]:
    """The words of a unit of which recognition is not sure."""
    return tuple(word for word in confidence.doubtful if word in unit) if confidence else ()


def _confidence(passages: Sequence[Passage]) -> Confidence | None:
    """How sure the least sure of the recognized passages is, and the doubtful words of all."""
    recognized = [passage.confidence for passage in passages if passage.confidence]
    if not recognized:
        return None
    words = dict.fromkeys(word for one in recognized for word in one.doubtful)
    return Confidence(min(one.mean for one in recognized), tuple(words))


def place(source: Source) -> str:
    """The page or pages of a source: page 14 (iv), pages 14–15 (iv–v)."""
    return f"{'pages' if source.last_page > source.page else 'page'} {source.pages}"


def _next(best: Passage, passages: Iterable[Passage]) -> Passage | None:
    return next((passage for passage in passages if _follows(passage, best)), None)


def _follows(passage: Passage, other: Passage) -> bool:
    """Whether it is the next passage of the same document and version."""
    return (passage.document, passage.version, passage.ordinal) == (other.document, other.version, other.ordinal + 1)
