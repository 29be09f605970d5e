"""A conversation's turns: each a question with its answer, and further versions of the two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.ports import Message


@dataclass(frozen=True, slots=True)
class Version:
    """A question and its answer; None if it has none."""

    question: Message
    answer: Message | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation; the newest version is the last, and the id is that of the first question."""

    versions: tuple[Version, ...]

    @property
    def id(self) -> str:
        """What it is known by, whatever versions come."""
        return self.versions[0].question.id

    @property
    def searched_for(self) -> str:
        """The question as it was searched for, a follow-up with what it follows."""
        last = self.versions[-1]
        return (last.answer.asked if last.answer else "") or last.question.text


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """The turns of a conversation, oldest first. A message that replaces another is a version of that one's turn."""
    turns: list[list[Version]] = []
    places: dict[str, int] = {}
    for message in messages:
        place = places.get(message.replaces, len(turns) - 1)
        if message.role == "user":
            if message.replaces not in places:
                place = len(turns)
                turns.append([])
            turns[place].append(Version(message, None))
        elif place < 0:  # an answer to nothing
            continue
        elif turns[place][-1].answer is None:
            turns[place][-1] = Version(turns[place][-1].question, message)
        else:
            turns[place].append(Version(_question_of(turns[place], message.replaces), message))
        places[message.id] = place
    return [Turn(tuple(versions)) for versions in turns]


def _question_of(versions: Sequence[Version], answer: str) -> Message:
    """The question that an answer was given to, by the answer's id; that of the last version if it is not there."""
    asked = (one.question for one in versions if one.answer and one.answer.id == answer)
    return next(asked, versions[-1].question)
