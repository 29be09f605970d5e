"""A conversation as a Markdown file, in which nothing from a document or a question is live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from runtime.ports import Conversation, Message
from ui import html
from ui.texts import ENGLISH, Texts

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
    """The title, the date, and each question with its answer, its sources and how it ended."""
    parts = [f"# {_plain(conversation.title)}", _date(conversation.created)]
    for message in messages:
        if message.role == "user":
            parts.append(f"## {_plain(message.text)}")
            continue
        parts.append(_cited(_plain(html.answer_text(message, texts)), message, texts))
        if how := html.ending(message, texts):
            parts.append(f"*{how}*")
        if message.sources:
            listed = (
                f"- [{source.number}] {_plain(html.place(source, texts))}, {html.similarity(source, texts)}"
                for source in message.sources
            )
            parts.append("\n".join([f"{html.heading_of(message, texts)}:", "", *listed]))
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
