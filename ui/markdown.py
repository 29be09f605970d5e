"""The Markdown of answers as HTML, in which citations open their sources, and nothing else links, loads or runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from runtime.answer.claims import NOT_FOUND
from runtime.ports import Message, Source
from ui.texts import Texts

_MARK = re.compile(r"[ \t]*\[(\d{1,3}|\?)\]")
"""A citation, or the mark of a claim that was not found, with the space before it."""

_INDENT = re.compile(r"^[ \t]{4,}", re.MULTILINE)
"""Indentation that would turn a line into code."""

_GROWING = re.compile(r"[ \t]*\[(?:\d{1,3}|\?)(?:\]|$)|\[$")


def answer_html(message: Message, texts: Texts) -> str:
    """An answer's text."""
    written: str = _MARKDOWN.render(
        _INDENT.sub("   ", message.text), {"message": message, "texts": texts, "cited": [0]}
    )
    return written


def growing_text(text: str) -> str:
    """What is shown of an answer that is being written: without citations, which are resolved at its end."""
    return _GROWING.sub("", text)


def chip(message: Message, source: Source, citation: int, texts: Texts) -> str:
    """A citation: it names the page, and opens it."""
    place = short_place(source, texts)
    return (
        f'<button type="button" class="chip" data-source="{source.number}" data-citation="{citation}">'
        f'<span class="chip-name">{escape(place[0])}</span> <span class="chip-page">{escape(place[1])}</span></button>'
    )


def short_place(source: Source, texts: Texts) -> tuple[str, str]:
    """A document's name without folders and ending, and the page."""
    name = source.document.rpartition("/")[2]
    stem = name.removesuffix(".pdf").removesuffix(".PDF") or name
    return printable(stem), texts("sources.p", page=source.pages)


def printable(text: str) -> str:
    """A text on one line, in which what can't be printed is replaced."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _mark(state: StateInline, silent: bool) -> bool:
    """Takes a citation with the space before it."""
    found = _MARK.match(state.src, state.pos)
    if not found or found.end() > state.posMax:
        return False
    if not silent:
        token = state.push("mark", "", 0)
        token.content = found[1]
    state.pos = found.end()
    return True


def _render_mark(_: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    message, texts, content = env["message"], env["texts"], tokens[at].content
    if content == NOT_FOUND[1:-1]:
        return f' <span class="not-found">({escape(texts("answer.not_found"))})</span>'
    number = int(content)
    source = next((one for one in message.sources if one.number == number), None)
    if source is None:
        return ""
    count = env["cited"][0]
    env["cited"][0] += 1
    known = message.citations[count].source == number if count < len(message.citations) else False
    # A space that does not break: a chip never begins a line.
    return "\N{NO-BREAK SPACE}" + chip(message, source, count if known else -1, texts)


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False})
    made.enable("table")
    made.disable(["code", "html_block", "reference", "lheading", "hr"])
    made.disable(["link", "image", "autolink", "html_inline"])
    made.inline.ruler.before("text", "mark", _mark)
    made.add_render_rule("mark", _render_mark)
    return made


_MARKDOWN = _made()
