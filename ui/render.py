"""What the server writes as HTML, from the templates in `ui/templates`, which escape all that is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runtime.answer.claims import with_mark
from runtime.ports import Message, PageBox, Source
from ui.markdown import answer_html, chip, printable, short_place
from ui.suggestions import following
from ui.texts import Texts
from ui.turns import Turn, Version

AREAS = ("bar", "left", "chat", "tools", "right", "library-view", "watch-view", "over")
"""The areas of the shell that are filled when the page starts."""

SHORTCUTS = ("Alt+Q", "Alt+N", "Alt+S", "Esc", "Arrows", "Alt+K")
"""The keys that the page's scripts listen to."""

ENDED = ("stopped", "failed")
"""The states of an incomplete answer."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, texts: Texts, **values: object) -> str:
    """A template filled in; `t` in it are the texts."""
    return _TEMPLATES.get_template(template).render(t=texts, **values)


def frame(texts: Texts) -> dict[str, str]:
    """The areas of the page before anything is known about its reader or library."""
    return {area: render(f"{area}.html", texts, shortcuts=SHORTCUTS) for area in AREAS}


# --- turns ---


def turn_json(
    turn: Turn,
    texts: Texts,
    languages: Mapping[str, str],
    *,
    pending: Version | None = None,
    searched: int = 0,
) -> dict[str, Any]:
    """A turn as the page's script takes it: the HTML of each version, its sources, and how it ended.

    `languages` has those of the documents. `pending` is the version that is being written, in a search of so many
    documents.
    """
    versions = [one for one in turn.versions if one.answer is not None]
    if pending:
        versions.append(pending)
    made = [
        _version(one, at, len(versions), texts, languages, is_pending=one is pending, searched=searched)
        for at, one in enumerate(versions or turn.versions, 1)
    ]
    return {"id": turn.id, "versions": made}


def _version(
    version: Version,
    at: int,
    count: int,
    texts: Texts,
    languages: Mapping[str, str],
    *,
    is_pending: bool,
    searched: int,
) -> dict[str, Any]:
    question, answer = version.question, version.answer
    html = render(
        "turn.html",
        texts,
        question=question.text,
        answer=answer,
        at=at,
        count=count,
        is_pending=is_pending,
        **(_of_pending(answer, searched, texts) if is_pending else _of_answer(answer, texts)),
    )
    return {
        "html": html,
        "question": question.text,
        "answer": answer.id if answer else "",
        "state": "pending" if is_pending else answer.state if answer else "stopped",
        "sources": sources_json(answer, texts) if answer else [],
        "following": following(answer, question.text, languages) if answer and not is_pending else [],
        "text": "" if is_pending or not answer else copied(answer, texts),
    }


def _of_pending(answer: Message | None, searched: int, texts: Texts) -> dict[str, Any]:
    return {"line": searching(answer, searched, texts)}


def searching(answer: Message | None, searched: int, texts: Texts) -> str:
    """What is being done for an answer."""
    many = texts("chat.documents", count=texts.number(searched, ","))
    documents = texts("chat.one_document") if searched == 1 else many
    if not answer or not answer.sources:
        return texts("chat.searching", documents=documents)
    pages = len({(one.document, one.page) for one in answer.sources})
    key = "chat.reading_one" if pages == 1 else "chat.reading"
    return texts(key, documents=documents, pages=pages)


def _of_answer(answer: Message | None, texts: Texts) -> dict[str, Any]:
    if answer is None:
        return {"quotes": [], "body": "", "cited": [], "found": [], "ending": texts("answer.stopped"), "took": ""}
    numbers = {one.source for one in answer.citations} or _numbers_in(answer)
    rows = [_row(one, texts) for one in answer.sources]
    cited = [row for row in rows if row["number"] in numbers]
    quotes = quotes_of(answer)
    return {
        "quotes": [_quote(answer, text, citation, texts) for text, citation in quotes],
        "body": "" if quotes else Markup(answer_html(answer, texts)),  # noqa: S704 - of our own renderer
        "cited": cited,
        "found": [row for row in rows if row not in cited],
        "ending": ending(answer, texts),
        "took": duration(answer, texts),
    }


def _numbers_in(answer: Message) -> set[int]:
    """The sources that an answer names whose citations were not stored."""
    return {one.number for one in answer.sources if f"[{one.number}]" in answer.text}


def _quote(answer: Message, text: str, citation: int, texts: Texts) -> dict[str, Any]:
    number = answer.citations[citation].source
    source = next(one for one in answer.sources if one.number == number)
    return {"text": text, "chip": Markup(chip(answer, source, citation, texts))}  # noqa: S704 - escaped there


def quotes_of(answer: Message) -> list[tuple[str, int]]:
    """The quotes of an answer that consists of nothing else, each with the number of its citation."""
    if not answer.citations or answer.state != "done":
        return []
    known = {one.number for one in answer.sources}
    marked = [with_mark(one.text, f"[{one.source}]") for one in answer.citations]
    if "\n\n".join(marked) != answer.text or not all(one.source in known for one in answer.citations):
        return []
    return [(one.text, at) for at, one in enumerate(answer.citations)]


def _row(source: Source, texts: Texts) -> dict[str, Any]:
    return {
        "number": source.number,
        "name": printable(source.document),
        "page": short_place(source, texts)[1],
        "heading": source.heading,
        "how": similarity(source, texts) + confidence(source, texts),
    }


def sources_json(answer: Message, texts: Texts) -> list[dict[str, Any]]:
    """An answer's sources for the reader (see ui/static/reader.js). Boxes are in points from a page's top left."""
    made = []
    for source in answer.sources:
        name, page = short_place(source, texts)
        cited = [
            {"n": n, "text": one.text, "boxes": boxes(one.boxes), "doubtful": list(one.doubtful)}
            for n, one in enumerate(answer.citations)
            if one.source == source.number
        ]
        made.append(
            {
                "number": source.number,
                "document": source.document,
                "name": name,
                "version": source.version,
                "page": source.page,
                "label": source.label,
                "place": page,
                "heading": source.heading,
                "title": source.title,
                "text": source.text,
                "similarity": source.similarity,
                "words": source.similarity is None,
                "sure": source.confidence.percent if source.confidence else None,
                "boxes": boxes(source.boxes),
                "cited": cited,
            }
        )
    return made


def boxes(placed: Sequence[PageBox]) -> list[list[float]]:
    """Boxes as a script takes them: page, left, top, right, bottom."""
    return [[box.page, *(round(edge, 2) for edge in (box.left, box.top, box.right, box.bottom))] for box in placed]


# --- what answers say, as plain text ---


def answer_text(message: Message, texts: Texts) -> str:
    """The answer; a refusal is stored in English, and shown in the reader's language."""
    if message.state != "refused":
        return message.text
    return texts("answer.refused" if message.sources else "answer.refused_alone")


def ending(message: Message, texts: Texts) -> str:
    """How an incomplete answer ended; '' for others."""
    if message.state not in ENDED:
        return ""
    return texts(f"unanswered.{message.unanswered}") if message.unanswered else texts(f"answer.{message.state}")


def duration(message: Message, texts: Texts) -> str:
    """How long an answer took and how many tokens it used; '' if unknown."""
    if message.seconds is None:
        return ""
    seconds = texts("answer.seconds", seconds=texts.number(message.seconds, ".1f"))
    return f"{seconds}, {texts('answer.tokens', tokens=message.tokens)}" if message.tokens else seconds


def place(source: Source, texts: Texts) -> str:
    """The document and the pages of a source."""
    key = "sources.page" if source.last_page <= source.page else "sources.pages"
    return f"{source.document}, {texts(key, page=source.pages, pages=source.pages)}"


def similarity(source: Source, texts: Texts) -> str:
    """How near a source is to the question."""
    if source.similarity is None:
        return texts("sources.words")
    return texts("sources.similarity", similarity=texts.number(source.similarity, ".2f"))


def confidence(source: Source, texts: Texts) -> str:
    """That a source was read from a picture, and how sure that is; '' for a document's own text."""
    if source.confidence is None:
        return ""
    return " · " + texts("sources.recognized", sure=source.confidence.percent)


def heading_of(message: Message, texts: Texts) -> str:
    """The heading of an answer's sources."""
    return texts("sources.nearest" if message.state == "refused" else "sources.title")


def copied(message: Message, texts: Texts) -> str:
    """What the copy button copies: the answer with its numbered sources."""
    text = answer_text(message, texts).replace("[?]", f"({texts('answer.not_found')})")
    if not message.sources:
        return text
    listed = "\n".join(f"[{one.number}] {place(one, texts)}" for one in message.sources)
    return f"{text}\n\n{heading_of(message, texts)}:\n{listed}"
