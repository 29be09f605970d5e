"""A conversation as a Markdown file, in which nothing from a document or a question is live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from runtime.ports import Conversation, Message
from ui import render
from ui.texts import ENGLISH, Texts
from ui.turns import turns_of

_SPECIAL = re.compile(r"[\\`*_\[\]<>#!|~&]")
_NO_NAME = re.compile(r"[^\w-]+")
NAME_LENGTH = 60


def file_name(conversation: Conversation, texts: Texts = ENGLISH) -> str:
    """A name that every file system accepts, made from the title."""
    name = _NO_NAME.sub("-", conversation.title)[:NAME_LENGTH].strip("-_")
    return f"{name or texts('export.file')}.md"


def disposition(name: str) -> str:
    """The header by which a browser saves the file under this name (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def markdown(conversation: Conversation, messages: Sequence[Message], texts: Texts = ENGLISH) -> str:
    """The title, the date, and each question with its newest answer, its sources and how that ended."""
    parts = [f"# {_plain(conversation.title)}", _date(conversation.created)]
    for turn in turns_of(messages):
        question, answer = turn.versions[-1].question, turn.versions[-1].answer
        parts.append(f"## {_plain(question.text)}")
        if answer is None:
            continue
        parts.append(_cited(_plain(render.answer_text(answer, texts)), answer, texts))
        if how := render.ending(answer, texts):
            parts.append(f"*{how}*")
        if answer.sources:
            listed = (
                f"- [{source.number}] {_plain(render.place(source, texts))}, {render.similarity(source, texts)}"
                for source in answer.sources
            )
            parts.append("\n".join([f"{render.heading_of(answer, texts)}:", "", *listed]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _plain(text: str) -> str:
    """The text as it reads, with any Markdown and HTML in it escaped."""
    return _SPECIAL.sub(lambda found: "\\" + found.group(), text).strip()


def _cited(text: str, message: Message, texts: Texts) -> str:
    """Citations without backslashes, which read better; none becomes a link, since no link is defined here."""
    text = text.replace("\\[?\\]", f"({texts('answer.not_found')})")
    for source in message.sources:
        text = re.sub(rf"\\\[({source.number})\\\](?![(:])", r"[\1]", text)
    return text


def _date(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"
