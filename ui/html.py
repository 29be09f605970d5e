"""The parts of the page that are written as HTML: answers, sources, the table of documents, reports.

Whatever comes from a document, a file's name or a question is escaped here, and nowhere else turned to HTML. Each
part is one line, since it is shown by `ui.area`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as _escape
from urllib.parse import quote, urlencode

from runtime.ports import Entry, Message, Source

_MARKUP = re.compile(r"\[(?P<cited>\d{1,3})\]|[&<\[\]`~@\\]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""Citations, and all that Markdown makes a link, an image, code or HTML of: bare addresses as well."""
_INDENT = re.compile(r"^[ \t]{4,}|^ {0,3}\t[ \t]*", re.MULTILINE)
"""What makes code of a line."""

_POLICY = (
    '<!doctype html><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)
"""What goes before a report, which may have lost its own."""

ENDED = {"stopped": "Stopped.", "failed": "The answer broke off."}
"""How an answer ended that is not whole."""

SHORTCUTS = {
    "Alt+Q": "Write a question",
    "Alt+N": "New conversation",
    "Alt+S": "Search conversations",
    "Esc": "Stop the answer",
    "Alt+K": "This list",
}
"""The keys that page.js listens to."""

AGAIN = "Ask again"
NO_CONVERSATION = "No conversation yet. Your first question begins one."
FOUND_NOTHING = "No conversation has these words in it."
UNREACHABLE = "The library can't be reached at the moment. This page tries again by itself."

_STATE_CLASS = {"ready": "good", "reading": "busy", "waiting": "busy", "failed": "bad"}


def header(sign_out: str) -> str:
    """The page's name, and where people sign in the way out."""
    out = f'<a href="{escape(sign_out)}" id="sign-out">Sign out</a>' if sign_out else ""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{does}</dd>" for key, does in SHORTCUTS.items())
    return (
        "<header><h1>Plumbline</h1><p>Ask your documents. Every claim names its page.</p>"
        f'<button type="button" id="show-keys" aria-haspopup="dialog">Keyboard shortcuts</button>{out}</header>'
        f'<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keyboard shortcuts</h2><dl>{rows}</dl>'
        '<button type="button" id="hide-keys">Close</button></dialog><p id="said" role="status"></p>'
    )


def answer_markdown(message: Message) -> str:
    """The answer as Markdown in which a citation opens its source, and nothing else links or loads."""
    numbers = {source.number for source in message.sources}

    def link(match: re.Match[str]) -> str:
        if not match["cited"]:
            return f"&#{ord(match[0])};"
        number = int(match["cited"])
        return f"[[{number}]](#source-{message.id}-{number})" if number in numbers else ""

    text = _MARKUP.sub(link, _INDENT.sub("   ", message.text))
    if message.state in ENDED:
        text += f"\n\n*{ENDED[message.state]}*"
    return text


def plain(text: str) -> str:
    """Text as Markdown in which nothing links or loads."""
    return _MARKUP.sub(lambda match: "".join(f"&#{ord(c)};" for c in match[0]), _INDENT.sub("   ", text))


def escape(text: str) -> str:
    """A text within HTML, on the same line."""
    return _escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def status(searchable: int, waiting: int, known: int, model: str, *, quotes: bool, can_add: bool) -> str:
    """The line above the chat: what is searchable, who answers, and what can't be expected of the answers."""
    if waiting:
        return f"Reading: {waiting} document{'s' * (waiting > 1)} to go, {searchable} searchable."
    if searchable:
        count = f"{searchable} document{'s' * (searchable > 1)}. Answers by {plain(model)}"
        if quotes:
            return f"{count}, a small model that only quotes these documents: it can't sum up, compare or calculate."
        return f"{count}, from these documents and not from general knowledge. It can be wrong: check the cited page."
    if known:
        return "No document could be read." + (
            " The Documents tab says why." if can_add else " Tell who looks after them."
        )
    return "The library is empty." + (" Add PDFs on the Documents tab." if can_add else " Its operators add documents.")


def no_conversation() -> str:
    """What stands in place of an empty list of conversations; the style shows one of both."""
    return f'<p class="hint none">{NO_CONVERSATION}</p><p class="hint nothing">{FOUND_NOTHING}</p>'


def limited(documents: Sequence[str]) -> str:
    """Says that the search is limited to the chosen documents."""
    one = len(documents) == 1
    return hint(f"Only {'this document is' if one else f'these {len(documents)} are'} searched.") if documents else ""


def export_link(conversation: str | None) -> str:
    """The link that saves the conversation as a file."""
    if not conversation:
        return hint("Choose a conversation to export it.")
    return f'<p><a href="/conversation/{quote(conversation, safe="")}.md" download>Export as Markdown</a></p>'


def place(source: Source) -> str:
    """The document and the pages of a source."""
    return f"{source.document}, {_pages(source)}"


def heading_of(message: Message) -> str:
    """What an answer's sources are called."""
    return "Nearest pages" if message.state == "refused" else "Sources"


def evidence(messages: Sequence[Message]) -> str:
    """The sources of every answer; the page shows those of one answer at a time, the last at first."""
    answers = [message for message in messages if message.role == "assistant"]
    answered = [message for message in answers if message.sources]
    if not answered:
        return hint("The sources of an answer appear here, each with its page.")
    groups = []
    for turn, message in enumerate(answers):
        if not message.sources:
            continue
        shown = "" if message is answered[-1] else " hidden"
        items = "".join(_source(message, source, open_=source.number == 1) for source in message.sources)
        groups.append(f'<section data-turn="{turn}"{shown}><h2>{heading_of(message)}</h2>{items}</section>')
    return "".join(groups)


def _source(message: Message, source: Source, *, open_: bool) -> str:
    heading = f'<span class="heading">{escape(source.heading)}</span>' if source.heading else ""
    pictures = "".join(
        f'<a href="{address}" target="_blank" rel="noopener"><img loading="lazy" src="{address}" '
        f'alt="Page {page} of {escape(source.document)}, the passage marked"></a>'
        for page in range(source.page, max(source.page, source.last_page) + 1)
        for address in [escape(page_address(source, page))]
    )
    return (
        f'<details id="source-{escape(message.id)}-{source.number}"{" open" if open_ else ""} '
        f'data-cited="[{source.number}] {escape(place(source))}">'
        f'<summary><b class="number">{source.number}</b> <span class="name">{escape(source.document)}</span> '
        f'<span class="where">{_pages(source)} · similarity {source.similarity:.2f}</span>{heading}</summary>'
        f'<blockquote tabindex="0">{escape(source.text)}</blockquote>{pictures}</details>'
    )


def _pages(source: Source) -> str:
    return f"page {source.page}" if source.last_page <= source.page else f"pages {source.page}–{source.last_page}"


def page_address(source: Source, page: int) -> str:
    """Where the page's picture is served, with the passage marked."""
    boxes = ";".join(f"{b.left:g},{b.top:g},{b.right:g},{b.bottom:g}" for b in source.boxes if b.page == page)
    values = {"version": source.version, "boxes": boxes}
    return f"/page/{page}/{quote(source.document, safe='')}?{urlencode(values)}"


def documents_table(entries: Sequence[Entry], reading: Entry | None, waiting: Sequence[str], problem: str) -> str:
    """The library: each document's state and progress, and what its owner can do about a failure."""
    known = {entry.document: entry for entry in entries}
    if reading is not None:
        known[reading.document] = reading
    for key in waiting:
        known.setdefault(key, Entry(key))
    said = alert(problem) if problem else ""
    if not known:
        return said + hint("The library is empty. Drop PDFs above.")
    rows = "".join(_row(known[key]) for key in sorted(known))
    head = "<tr><th>Document</th><th>State</th><th>Pages</th><th>Passages</th><th>Reader</th></tr>"
    table = f'<table class="documents"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    return f'{said}<div class="scroll">{table}</div>'


def _row(entry: Entry) -> str:
    state = f'<span class="state {_STATE_CLASS.get(entry.state, "bad")}">{entry.state}</span>'
    if entry.state == "reading" and entry.pages:
        done = entry.next_page - 1
        state += f'<progress value="{done}" max="{entry.pages}">{done} of {entry.pages}</progress>'
    skipped = ", ".join(f"{count} {kind}" for kind, count in entry.skipped.items())
    pages = f"{entry.pages or '–'}" + (f' <span class="dim">({escape(skipped)})</span>' if skipped else "")
    reader = ", ".join(f"{name} {count:,}" for name, count in entry.readers.items())
    note = ""
    if entry.reason:
        note = f'<tr class="note"><td colspan="5">{escape(entry.reason)} <b>{escape(entry.remedy)}</b></td></tr>'
    name = escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in entry.document))
    cells = (name, state, pages, str(entry.passages or "–"), escape(reader))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>{note}"


def report(name: str, made: str, page: str) -> str:
    """A report in a frame of its own, in which nothing runs and nothing loads, whatever it holds."""
    return (
        f'<p class="hint">{escape(made)} · {escape(name)}</p>'
        f'<iframe sandbox="" title="The report {escape(name)}" srcdoc="{escape(_POLICY + page)}"></iframe>'
    )


def no_report(what_they_do: str, commands: Sequence[str]) -> str:
    """How to have a report that is not there."""
    lines = "\n".join(commands)
    return f"<p>There is no report yet. {escape(what_they_do)}</p><pre>{escape(lines)}</pre>"


def hint(said: str) -> str:
    """A quiet sentence."""
    return f'<p class="hint">{escape(said)}</p>'


def alert(said: str) -> str:
    """A sentence that something is wrong."""
    return f'<p class="alert" role="alert">{escape(said)}</p>'
