"""The parts of the page that are written as HTML: answers, sources, the table of documents, reports.

Whatever comes from a document, a file's name or a question is escaped here, and nowhere else turned to HTML. Each
part is one line, since it is shown by `ui.area`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from html import escape as _escape
from urllib.parse import quote, urlencode

from runtime.ports import Entry, Message, Source, page_numbers
from runtime.reading.doubt import ROUTINE
from ui.texts import ENGLISH, Texts

_MARKUP = re.compile(r"\[(?P<cited>\d{1,3})\]|(?P<not_found>\[\?\])|[&<\[\]`~@\\]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""Citations, the mark of a claim that was not found, and all that Markdown makes a link, an image, code or HTML of:
bare addresses as well."""
_INDENT = re.compile(r"^[ \t]{4,}|^ {0,3}\t[ \t]*", re.MULTILINE)
"""What makes code of a line."""

_POLICY = (
    '<!doctype html><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)
"""What goes before a report, which may have lost its own."""

ENDED = ("stopped", "failed")
"""How an answer ended that is not whole."""

SHORTCUTS = ("Alt+Q", "Alt+N", "Alt+S", "Esc", "Alt+K")
"""The keys that page.js listens to."""

_STATE_CLASS = {"ready": "good", "reading": "busy", "waiting": "busy", "failed": "bad"}


def header(sign_out: str, say: Texts) -> str:
    """The page's name, where people sign in the way out, and what page.js says, in which language."""
    out = f'<a href="{escape(sign_out)}" id="sign-out">{say("head.sign_out")}</a>' if sign_out else ""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{say(f'keys.{key}')}</dd>" for key in SHORTCUTS)
    title = say("keys.title")
    return (
        f"<header><h1>Plumbline</h1><p>{say('head.promise')}</p>"
        f'<button type="button" id="show-keys" aria-haspopup="dialog">{title}</button>{out}</header>'
        f'<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">{title}</h2><dl>{rows}</dl>'
        f'<button type="button" id="hide-keys">{say("keys.close")}</button></dialog>'
        f'<p id="said" role="status" data-language="{say.language}" data-copied="{say("copy.alone")}" '
        f'data-with-sources="{say("copy.with_sources")}" data-failed="{say("copy.failed")}"></p>'
    )


def answer_text(message: Message, say: Texts) -> str:
    """The answer; that the documents do not say it is stored in English, and said in the reader's language."""
    if message.state != "refused":
        return message.text
    return say("answer.refused" if message.sources else "answer.refused_alone")


def answer_markdown(message: Message, say: Texts = ENGLISH) -> str:
    """The answer as Markdown in which a citation opens its source, and nothing else links or loads."""
    numbers = {source.number for source in message.sources}

    def link(match: re.Match[str]) -> str:
        if match["not_found"]:
            return f"**({say('answer.not_found')})**"
        if not match["cited"]:
            return f"&#{ord(match[0])};"
        number = int(match["cited"])
        return f"[[{number}]](#source-{message.id}-{number})" if number in numbers else ""

    text = _MARKUP.sub(link, _INDENT.sub("   ", answer_text(message, say)))
    lines = [f"*{how_read(message, say)}*", text, f"*{ended(message, say)}*", f"*{took(message, say)}*"]
    return "\n\n".join(line for line in lines if line != "**")


def how_read(message: Message, say: Texts) -> str:
    """That a question was read with the one before it, as plain Markdown; '' where it was not."""
    return say("answer.follows", question=plain(message.asked)) if message.asked else ""


def ended(message: Message, say: Texts) -> str:
    """How an answer ended that is not whole; '' for others."""
    if message.state not in ENDED:
        return ""
    return say(f"unanswered.{message.unanswered}") if message.unanswered else say(f"answer.{message.state}")


def took(message: Message, say: Texts) -> str:
    """How long an answer took, and how many tokens; '' where that is not known."""
    if message.seconds is None:
        return ""
    seconds = say("answer.seconds", seconds=say.number(message.seconds, ".1f"))
    return f"{seconds}, {say('answer.tokens', tokens=message.tokens)}" if message.tokens else seconds


def plain(text: str) -> str:
    """Text as Markdown in which nothing links or loads."""
    return _MARKUP.sub(lambda match: "".join(f"&#{ord(c)};" for c in match[0]), _INDENT.sub("   ", text))


def escape(text: str) -> str:
    """A text within HTML, on the same line."""
    return _escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def status(searchable: int, waiting: int, known: int, model: str, say: Texts, *, can_add: bool) -> str:
    """The line above the chat: what is searchable, which model answers ('' for none), and what
    can't be expected of the answers."""
    if waiting:
        return say("status.reading", documents=_documents(waiting, say), searchable=searchable)
    if searchable:
        key = "status.writes" if model else "status.quotes"
        return say(key, documents=_documents(searchable, say), model=plain(model))
    if known:
        return f"{say('status.unread')} {say('status.unread_why' if can_add else 'status.unread_tell')}"
    return f"{say('status.empty')} {say('status.empty_add' if can_add else 'status.empty_wait')}"


def _documents(count: int, say: Texts) -> str:
    return say("status.one") if count == 1 else say("status.many", count=count)


def lacking(parts: Sequence[str], say: Texts) -> str:
    """What is said before a question, where parts that it needs do not answer. That the list of documents can't be
    reached is said in its place."""
    said = [say(f"lacking.{part}") for part in parts if part != "documents"]
    return alert(" ".join(said)) if said else ""


def no_conversation(say: Texts) -> str:
    """What stands in place of an empty list of conversations; the style shows one of both."""
    none, not_found = say("conversations.none"), say("conversations.not_found")
    return f'<p class="hint none">{none}</p><p class="hint nothing">{not_found}</p>'


def limited(documents: Sequence[str], say: Texts) -> str:
    """Says that the search is limited to the chosen documents."""
    if not documents:
        return ""
    return hint(say("ask.only_one") if len(documents) == 1 else say("ask.only_many", count=len(documents)))


def export_link(conversation: str | None, say: Texts) -> str:
    """The link that saves the conversation as a file."""
    if not conversation:
        return hint(say("export.choose"))
    return f'<p><a href="/conversation/{quote(conversation, safe="")}.md" download>{say("export.link")}</a></p>'


def place(source: Source, say: Texts) -> str:
    """The document and the pages of a source, as plain text."""
    return f"{source.document}, {_pages(source, say)}"


def likeness(source: Source, say: Texts) -> str:
    """How near a source is to the question."""
    if source.similarity is None:
        return say("sources.words")
    return say("sources.similarity", similarity=say.number(source.similarity, ".2f"))


def heading_of(message: Message, say: Texts) -> str:
    """What an answer's sources are called."""
    return say("sources.nearest" if message.state == "refused" else "sources.title")


def evidence(messages: Sequence[Message], say: Texts = ENGLISH) -> str:
    """The sources of every answer; the page shows those of one answer at a time, the last at first."""
    answers = [message for message in messages if message.role == "assistant"]
    answered = [message for message in answers if message.sources]
    if not answered:
        return hint(say("sources.none"))
    groups = []
    for turn, message in enumerate(answers):
        if not message.sources:
            continue
        shown = "" if message is answered[-1] else " hidden"
        items = "".join(_source(message, source, say, open_=source.number == 1) for source in message.sources)
        groups.append(f'<section data-turn="{turn}"{shown}><h2>{heading_of(message, say)}</h2>{items}</section>')
    return "".join(groups)


def _source(message: Message, source: Source, say: Texts, *, open_: bool) -> str:
    heading = f'<span class="heading">{escape(source.heading)}</span>' if source.heading else ""
    label = source.label if source.last_page <= source.page else ""  # of several pages, not each one's is known
    pictures = "".join(
        f'<a href="{address}" target="_blank" rel="noopener"><img loading="lazy" src="{address}" '
        f'alt="{escape(say("sources.picture", page=page_numbers(page, label), document=source.document))}"></a>'
        for page in range(source.page, max(source.page, source.last_page) + 1)
        for address in [escape(page_address(_marked(message, source), page))]
    )
    return (
        f'<details id="source-{escape(message.id)}-{source.number}"{" open" if open_ else ""} '
        f'data-cited="[{source.number}] {escape(place(source, say))}">'
        f'<summary><b class="number">{source.number}</b> <span class="name">{escape(source.document)}</span> '
        f'<span class="where">{escape(_pages(source, say))} · {likeness(source, say)}</span>{heading}</summary>'
        f'<blockquote tabindex="0">{escape(source.text)}</blockquote>{pictures}</details>'
    )


def _marked(message: Message, source: Source) -> Source:
    """The source with the places of what is cited of it, where these are known."""
    boxes = tuple(box for one in message.citations if one.source == source.number for box in one.boxes)
    return replace(source, boxes=tuple(dict.fromkeys(boxes)) or source.boxes)


def _pages(source: Source, say: Texts) -> str:
    if source.last_page <= source.page:
        return say("sources.page", page=source.pages)
    return say("sources.pages", pages=source.pages)


def page_address(source: Source, page: int) -> str:
    """Where the page's picture is served, with the passage marked."""
    boxes = ";".join(f"{b.left:g},{b.top:g},{b.right:g},{b.bottom:g}" for b in source.boxes if b.page == page)
    values = {"version": source.version, "boxes": boxes}
    return f"/page/{page}/{quote(source.document, safe='')}?{urlencode(values)}"


def foreign(languages: Collection[str], known: Collection[str], say: Texts) -> str:
    """What the line above the chat adds where documents are in languages that the embedding model does not know."""
    others = sorted({*languages} - {*known, ""})
    if not known or not others:
        return ""
    own, rest = (", ".join(say.language_name(one) for one in some) for some in (sorted(known), others))
    return f" {escape(say('status.languages', known=own, others=rest))}"


def documents_table(
    entries: Sequence[Entry], reading: Entry | None, waiting: Sequence[str], problem: str, say: Texts
) -> str:
    """The library: each document's state and progress, and what its owner can do about a failure."""
    known = {entry.document: entry for entry in entries}
    if reading is not None:
        known[reading.document] = reading
    for key in waiting:
        known.setdefault(key, Entry(key))
    said = alert(problem) if problem else ""
    if not known:
        return said + hint(say("documents.empty"))
    rows = "".join(_row(known[key], say) for key in sorted(known))
    columns = ("document", "state", "pages", "passages", "reader")
    head = "".join(f"<th>{say(f'documents.{column}')}</th>" for column in columns)
    table = f'<table class="documents"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'{said}<div class="scroll" tabindex="0">{table}</div>{_left_out(known, say)}'


def _left_out(entries: Mapping[str, Entry], say: Texts) -> str:
    """What was left out of each document, folded."""
    lines = "".join(
        f"<li><b>{_name(entry)}</b>: {escape(_kinds(entry.doubts, say))}</li>"
        for _, entry in sorted(entries.items())
        if entry.doubts
    )
    return (
        f'<details class="hint"><summary>{say("documents.left_out")}</summary><ul>{lines}</ul></details>'
        if lines
        else ""
    )


def _kinds(doubts: Mapping[str, Mapping[str, int]], say: Texts) -> str:
    return "; ".join(
        say(f"doubts.{kind}", count=say.number(found["count"], ","), page=found["page"])
        for kind, found in sorted(doubts.items())
    )


def _name(entry: Entry) -> str:
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in entry.document))


def _row(entry: Entry, say: Texts) -> str:
    state = f'<span class="state {_STATE_CLASS.get(entry.state, "bad")}">{say(f"state.{entry.state}")}</span>'
    if entry.state == "reading" and entry.pages:
        done = entry.next_page - 1
        progress = say("documents.progress", done=done, pages=entry.pages)
        state += f'<progress value="{done}" max="{entry.pages}">{progress}</progress>'
    skipped = ", ".join(f"{count} {say(f'skipped.{kind}')}" for kind, count in entry.skipped.items())
    pages = f"{entry.pages or '–'}" + (f' <span class="dim">({escape(skipped)})</span>' if skipped else "")
    reader = ", ".join(f"{name} {say.number(count, ',')}" for name, count in entry.readers.items())
    notes = [f"{escape(entry.reason)} <b>{escape(entry.remedy)}</b>"] if entry.reason else []
    if doubtful := {kind: found for kind, found in entry.doubts.items() if kind not in ROUTINE}:
        said = say("documents.doubts", kinds=_kinds(doubtful, say))
        notes.append(f'<span class="dim">{escape(said)}</span>')
    note = "".join(f'<tr class="note"><td colspan="5">{one}</td></tr>' for one in notes)
    cells = (_name(entry), state, pages, str(entry.passages or "–"), escape(reader))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>{note}"


def report(name: str, made: str, page: str, say: Texts) -> str:
    """A report in a frame of its own, in which nothing runs and nothing loads, whatever it holds."""
    title = escape(say("report.frame", name=name))
    return (
        f'<p class="hint">{escape(made)} · {escape(name)}</p>'
        f'<iframe sandbox="" title="{title}" srcdoc="{escape(_POLICY + page)}"></iframe>'
    )


def no_report(how: str, commands: Sequence[str], say: Texts) -> str:
    """How to have a report that is not there."""
    lines = "\n".join(commands)
    return f"<p>{escape(say('report.none', how=how))}</p><pre>{escape(lines)}</pre>"


def hint(said: str) -> str:
    """A quiet sentence."""
    return f'<p class="hint">{escape(said)}</p>'


def alert(said: str) -> str:
    """A sentence that something is wrong."""
    return f'<p class="alert" role="alert">{escape(said)}</p>'
