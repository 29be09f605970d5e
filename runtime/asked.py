"""What is noted when an answer is stored: the documents that it cites, and the question if it is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

from runtime.ports import Message, UnansweredQuestion

QUESTION_LENGTH = 2000
"""Characters of a question that are kept in the list of those without an answer."""

UNANSWERED_STATES = ("refused", "failed")

_KEPT = tuple(field.name for field in fields(UnansweredQuestion) if field.name not in ("message", "conversation"))


@dataclass(frozen=True, slots=True)
class Notes:
    """What follows from messages that are stored: the documents `cited`, the questions that were not answered, and the
    ids of messages that they replace, whose questions are no longer among these."""

    cited: tuple[str, ...]
    unanswered: tuple[UnansweredQuestion, ...]
    replaced: tuple[str, ...]


def notes_on(messages: Sequence[Message]) -> Notes:
    """The notes on messages that are stored together, each answer after its question."""
    cited: dict[str, None] = {}
    unanswered: list[UnansweredQuestion] = []
    question = ""
    for one in messages:
        if one.role == "user":
            question = one.text
            continue
        if one.state in UNANSWERED_STATES:
            unanswered.append(_unanswered(one, question))
        elif one.state == "done":
            numbers = {citation.source for citation in one.citations}
            cited |= dict.fromkeys(source.document for source in one.sources if source.number in numbers)
    replaced = tuple(one.replaces for one in messages if one.replaces)
    return Notes(tuple(cited), tuple(unanswered), replaced)


def _unanswered(answer: Message, question: str) -> UnansweredQuestion:
    state: Literal["refused", "failed"] = "refused" if answer.state == "refused" else "failed"
    asked = UnansweredQuestion(answer.id, (answer.asked or question)[:QUESTION_LENGTH], answer.at, state)
    if not answer.sources:
        return asked
    nearest = answer.sources[0]
    return UnansweredQuestion(
        asked.message, asked.question, asked.at, state, nearest.document, nearest.version, nearest.page
    )


def question_json(asked: UnansweredQuestion) -> str:
    """The question as it is stored, without the ids that are stored beside it."""
    values = asdict(asked)
    return json.dumps({name: values[name] for name in _KEPT})


def question_of(message: str, stored: str, conversation: str = "") -> UnansweredQuestion:
    """The question that `question_json` of this or another version wrote; unknown fields are dropped."""
    values: Mapping[str, object] = json.loads(stored)
    known = {name: values[name] for name in _KEPT if name in values}
    return UnansweredQuestion(message, conversation=conversation, **known)  # type: ignore[arg-type]
