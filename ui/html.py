"""The parts of the page written as HTML: answers, sources, the table of documents, reports.

Whatever comes from a document, a file name or a question is escaped here, and turned into HTML nowhere else. Each part
is one line, since `ui.area` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from html import escape as _escape
from urllib.parse import quote, urlencode

from runtime.lookup import twins
from runtime.ports import Entry, Message, Source, page_numbers
from runtime.reading.document import is_pdf
from runtime.reading.doubt import ROUTINE
from ui.texts import ENGLISH, Texts

_MARKUP = re.compile(r"\[(?P<cited>\d{1,3})\]|(?P<not_found>\[\?\])|[&<\[\]`~@\\]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""Citations, the mark of a claim that was not found, and whatever Markdown turns into a link (bare URLs too), an image,
code or HTML."""
_INDENT = re.compile(r"^[ \t]{4,}|^ {0,3}\t[ \t]*", re.MULTILINE)
"""Indentation that turns a line into code."""

_POLICY = (
    '<!doctype html><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)
"""Put before a report, which may have lost its own policy."""

ENDED = ("stopped", "failed")
"""The states of an incomplete answer."""

SHORTCUTS = ("Alt+Q", "Alt+N", "Alt+S", "Esc", "Alt+K")
"""The keys that page.js listens to."""

_STATE_CLASS = {"reading": "busy", "recognizing": "busy", "waiting": "busy", "failed": "bad"}


def header(sign_out: str, texts: Texts) -> str:
    """The page's title, the sign-out link where people sign in, and the texts and language of page.js."""
    out = f'<a href="{escape(sign_out)}" id="sign-out">{texts("head.sign_out")}</a>' if sign_out else ""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{texts(f'keys.{key}')}</dd>" for key in SHORTCUTS)
    title = texts("keys.title")
    return (
        f"<header><h1>Plumbline</h1><p>{texts('head.promise')}</p>"
        f'<button type="button" id="show-keys" aria-haspopup="dialog">{title}</button>{out}</header>'
        f'<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">{title}</h2><dl>{rows}</dl>'
        f'<button type="button" id="hide-keys">{texts("keys.close")}</button></dialog>'
        f'<p id="said" role="status" data-language="{texts.language}" data-copied="{texts("copy.alone")}" '
        f'data-with-sources="{texts("copy.with_sources")}" data-failed="{texts("copy.failed")}"></p>'
    )


def answer_text(message: Message, texts: Texts) -> str:
    """The answer; a refusal is stored in English, and shown in the reader's language."""
    if message.state != "refused":
        return message.text
    return texts("answer.refused" if message.sources else "answer.refused_alone")


def answer_markdown(message: Message, texts: Texts = ENGLISH) -> str:
    """The answer as Markdown in which citations open their sources, and nothing else links or loads."""
    numbers = {source.number for source in message.sources}

    def link(match: re.Match[str]) -> str:
        if match["not_found"]:
            return f"**({texts('answer.not_found')})**"
        if not match["cited"]:
            return f"&#{ord(match[0])};"
        number = int(match["cited"])
        return f"[[{number}]](#source-{message.id}-{number})" if number in numbers else ""

    text = _MARKUP.sub(link, _INDENT.sub("   ", answer_text(message, texts)))
    lines = [
        f"*{follow_up_note(message, texts)}*",
        text,
        f"*{ending(message, texts)}*",
        f"*{duration(message, texts)}*",
    ]
    return "\n\n".join(line for line in lines if line != "**")


def follow_up_note(message: Message, texts: Texts) -> str:
    """That a question was read as a follow-up, as plain Markdown; '' if it was not."""
    return texts("answer.follows", question=plain(message.asked)) if message.asked else ""


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


def plain(text: str) -> str:
    """Text as Markdown in which nothing links or loads."""
    return _MARKUP.sub(lambda match: "".join(f"&#{ord(c)};" for c in match[0]), _INDENT.sub("   ", text))


def escape(text: str) -> str:
    """A text within HTML, on the same line."""
    return _escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def status(searchable: int, waiting: int, known: int, model: str, texts: Texts, *, can_add: bool) -> str:
    """The line above the chat: what is searchable, which model answers ('' for none), and the limits of the answers."""
    if waiting:
        return texts("status.reading", documents=_documents(waiting, texts), searchable=searchable)
    if searchable:
        key = "status.writes" if model else "status.quotes"
        return texts(key, documents=_documents(searchable, texts), model=plain(model))
    if known:
        return f"{texts('status.unread')} {texts('status.unread_why' if can_add else 'status.unread_tell')}"
    return f"{texts('status.empty')} {texts('status.empty_add' if can_add else 'status.empty_wait')}"


def _documents(count: int, texts: Texts) -> str:
    return texts("status.one") if count == 1 else texts("status.many", count=count)


def unavailable(parts: Sequence[str], texts: Texts) -> str:
    """An alert about parts that a question needs and that are unavailable. If the list of documents can't be reached,
    the status line says so."""
    alerts = [texts(f"unavailable.{part}") for part in parts if part != "documents"]
    return alert(" ".join(alerts)) if alerts else ""


def no_conversation(texts: Texts) -> str:
    """What replaces an empty list of conversations; the style sheet shows one of the two."""
    none, not_found = texts("conversations.none"), texts("conversations.not_found")
    return f'<p class="hint none">{none}</p><p class="hint nothing">{not_found}</p>'


def search_limit(documents: Sequence[str], texts: Texts) -> str:
    """Says that the search is limited to the chosen documents."""
    if not documents:
        return ""
    return hint(texts("ask.only_one") if len(documents) == 1 else texts("ask.only_many", count=len(documents)))


def export_link(conversation: str | None, texts: Texts) -> str:
    """The link that saves the conversation as a file."""
    if not conversation:
        return hint(texts("export.choose"))
    return f'<p><a href="/conversation/{quote(conversation, safe="")}.md" download>{texts("export.link")}</a></p>'


def place(source: Source, texts: Texts) -> str:
    """The document and the pages of a source, as plain text."""
    return f"{source.document}, {_pages(source, texts)}"


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


def doubtful(message: Message, source: Source, texts: Texts) -> str:
    """The words in what is cited from a source of which recognition is not sure."""
    words = dict.fromkeys(word for one in message.citations if one.source == source.number for word in one.doubtful)
    return hint(texts("sources.doubtful", words=", ".join(words))) if words else ""


def heading_of(message: Message, texts: Texts) -> str:
    """The heading of an answer's sources."""
    return texts("sources.nearest" if message.state == "refused" else "sources.title")


def evidence(messages: Sequence[Message], texts: Texts = ENGLISH) -> str:
    """The sources of every answer; the page shows one answer's at a time, at first the last."""
    answers = [message for message in messages if message.role == "assistant"]
    answered = [message for message in answers if message.sources]
    if not answered:
        return hint(texts("sources.none"))
    groups = []
    for turn, message in enumerate(answers):
        if not message.sources:
            continue
        shown = "" if message is answered[-1] else " hidden"
        items = "".join(_source(message, source, texts, open_=source.number == 1) for source in message.sources)
        groups.append(f'<section data-turn="{turn}"{shown}><h2>{heading_of(message, texts)}</h2>{items}</section>')
    return "".join(groups)


def _source(message: Message, source: Source, texts: Texts, *, open_: bool) -> str:
    heading = f'<span class="heading">{escape(source.heading)}</span>' if source.heading else ""
    label = (
        source.label if source.last_page <= source.page else ""
    )  # with several pages, the label of each is not known
    pictures = "".join(
        f'<a href="{address}" target="_blank" rel="noopener"><img loading="lazy" src="{address}" '
        f'alt="{escape(texts("sources.picture", page=page_numbers(page, label), document=source.document))}"></a>'
        for page in range(source.page, max(source.page, source.last_page) + 1)
        for address in [escape(page_address(_marked(message, source), page))]
    )
    return (
        f'<details id="source-{escape(message.id)}-{source.number}"{" open" if open_ else ""} '
        f'data-cited="[{source.number}] {escape(place(source, texts))}">'
        f'<summary><b class="number">{source.number}</b> <span class="name">{escape(source.document)}</span> '
        f'<span class="where">{escape(_pages(source, texts))} · {similarity(source, texts)}'
        f"{confidence(source, texts)}</span>{heading}</summary>"
        f'<blockquote tabindex="0">{escape(source.text)}</blockquote>'
        f"{doubtful(message, source, texts)}{pictures}</details>"
    )


def _marked(message: Message, source: Source) -> Source:
    """The source with the boxes of what is cited from it, if known."""
    boxes = tuple(box for one in message.citations if one.source == source.number for box in one.boxes)
    return replace(source, boxes=tuple(dict.fromkeys(boxes)) or source.boxes)


def _pages(source: Source, texts: Texts) -> str:
    if source.last_page <= source.page:
        return texts("sources.page", page=source.pages)
    return texts("sources.pages", pages=source.pages)


def page_address(source: Source, page: int) -> str:
    """Where the page's picture is served, with the passage marked."""
    boxes = ";".join(f"{b.left:g},{b.top:g},{b.right:g},{b.bottom:g}" for b in source.boxes if b.page == page)
    values = {"version": source.version, "boxes": boxes}
    return f"/page/{page}/{quote(source.document, safe='')}?{urlencode(values)}"


def foreign_languages(languages: Collection[str], known: Collection[str], texts: Texts) -> str:
    """What the line above the chat adds if documents are in languages that the embedding model does not know."""
    others = sorted({*languages} - {*known, ""})
    if not known or not others:
        return ""
    own, rest = (", ".join(texts.language_name(one) for one in some) for some in (sorted(known), others))
    return f" {escape(texts('status.languages', known=own, others=rest))}"


def documents_table(
    entries: Sequence[Entry], reading: Entry | None, waiting: Sequence[str], problem: str, texts: Texts
) -> str:
    """The library: each document's state and progress, and what to do about a failure."""
    known = {entry.document: entry for entry in entries}
    if reading is not None:
        known[reading.document] = reading
    for key in waiting:
        known.setdefault(key, Entry(key))
    problem_alert = alert(problem) if problem else ""
    if not known:
        return problem_alert + hint(texts("documents.empty"))
    same = twins(entries)
    rows = "".join(_row(known[key], same.get(key, ""), texts) for key in sorted(known))
    columns = ("document", "state", "pages", "passages", "reader")
    head = "".join(f"<th>{texts(f'documents.{column}')}</th>" for column in columns)
    table = f'<table class="documents"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'{problem_alert}<div class="scroll" tabindex="0">{table}</div>{_left_out(known, texts)}'


def _left_out(entries: Mapping[str, Entry], texts: Texts) -> str:
    """What was left out of each document, collapsed."""
    lines = "".join(
        f"<li><b>{_name(entry)}</b>: {escape(_kinds(entry.doubts, texts))}</li>"
        for _, entry in sorted(entries.items())
        if entry.doubts
    )
    return (
        f'<details class="hint"><summary>{texts("documents.left_out")}</summary><ul>{lines}</ul></details>'
        if lines
        else ""
    )


def _kinds(doubts: Mapping[str, Mapping[str, int]], texts: Texts) -> str:
    return "; ".join(
        texts(f"doubts.{kind}", count=texts.number(found["count"], ","), page=found["page"])
        for kind, found in sorted(doubts.items())
    )


def _name(entry: Entry) -> str:
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in entry.document))


def _state_class(entry: Entry) -> str:
    return _STATE_CLASS.get(entry.state, "bad" if entry.is_refused else "good")


def _row(entry: Entry, twin: str, texts: Texts) -> str:
    state = f'<span class="state {_state_class(entry)}">{texts(f"state.{entry.state}")}</span>'
    done, pages = entry.progress
    if entry.state in ("reading", "recognizing") and pages:
        progress = texts("documents.progress", done=done, pages=pages)
        state += f'<progress value="{done}" max="{pages}">{progress}</progress>'
    skipped = ", ".join(f"{count} {texts(f'skipped.{kind}')}" for kind, count in entry.skipped.items())
    count = f"{entry.pages or '–'}" + (f' <span class="dim">({escape(skipped)})</span>' if skipped else "")
    reader = ", ".join(f"{name} {texts.number(count, ',')}" for name, count in entry.readers.items())
    notes = [f"{escape(entry.reason)} <b>{escape(entry.remedy)}</b>"] if entry.reason else []
    if doubtful := {kind: found for kind, found in entry.doubts.items() if kind not in ROUTINE}:
        left_out = texts("documents.doubts", kinds=_kinds(doubtful, texts))
        notes.append(f'<span class="dim">{escape(left_out)}</span>')
    if others := [name for name in entry.attachments if not is_pdf(name)]:
        attached = texts("documents.attached", names=", ".join(others))
        notes.append(f'<span class="dim">{escape(attached)}</span>')
    if twin:
        notes.append(f'<span class="dim">{escape(texts("documents.twin", document=twin))}</span>')
    note = "".join(f'<tr class="note"><td colspan="5">{one}</td></tr>' for one in notes)
    cells = (_name(entry), state, count, str(entry.passages or "–"), escape(reader))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>{note}"


def report(name: str, made: str, page: str, texts: Texts) -> str:
    """A report in a frame of its own, in which nothing runs or loads, whatever it contains."""
    title = escape(texts("report.frame", name=name))
    return (
        f'<p class="hint">{escape(made)} · {escape(name)}</p>'
        f'<iframe sandbox="" title="{title}" srcdoc="{escape(_POLICY + page)}"></iframe>'
    )


def no_report(how: str, commands: Sequence[str], texts: Texts) -> str:
    """How to make a report that does not exist yet."""
    lines = "\n".join(commands)
    return f"<p>{escape(texts('report.none', how=how))}</p><pre>{escape(lines)}</pre>"


def hint(text: str) -> str:
    """A hint in subdued text."""
    return f'<p class="hint">{escape(text)}</p>'


def alert(text: str) -> str:
    """An alert that something is wrong."""
    return f'<p class="alert" role="alert">{escape(text)}</p>'
