"""Validates questions."""

from __future__ import annotations

from runtime.ports import PlumblineError

MAX_QUESTION = 4_000
"""Maximum characters of a question: far more than any question, far fewer than a pasted document."""


class BadQuestion(PlumblineError):
    """The question is not valid."""


def checked_question(text: str) -> str:
    """The question with whitespace collapsed; BadQuestion if it is empty, too long or unreadable."""
    if (
        any(c in "\0\ufffd" or "\ud800" <= c <= "\udfff" for c in text)
        or sum(not c.isprintable() and not c.isspace() for c in text) > 2
    ):
        raise BadQuestion("The question contains unreadable characters.", "Type it as plain text.")
    question = " ".join(text.split())
    if not any(c.isalnum() for c in question):
        raise BadQuestion("The question is empty.", "Type what you want to know.")
    if len(question) > MAX_QUESTION:
        raise BadQuestion(
            f"The question has {len(question):,} characters; the limit is {MAX_QUESTION:,}.",
            "Ask it in a few sentences. To ask about a long text, add it as a PDF.",
        )
    return question
