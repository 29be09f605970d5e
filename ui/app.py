"""The chat page: conversations left, chat in the middle, evidence right; tabs for documents and monitoring."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import gradio as gr
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.middleware import Middleware

from runtime.answer.answerer import Answer, Answerer
from runtime.attached import attached_keys
from runtime.evidence import PICTURE_TYPE, DocumentDeleted, Evidence, NoSuchPage, VersionNotKept
from runtime.ports import (
    Conversations,
    Message,
    PlumblineError,
)
from runtime.question import BadQuestion, checked_question
from runtime.reading.document import LARGEST_PAGE, Box, Limits, PdfError, check
from ui import export, html, monitoring
from ui.answers import ANSWERS_AT_ONCE, Answers, Closing, OpenPageId, PendingAnswer, message
from ui.area import html_area
from ui.choices import accept_any_choice
from ui.errors import with_error_messages
from ui.gate import HEALTH, READY, Authenticator, Gate, PageOnly, forbid_downloads, identity_of, require_operator
from ui.headers import SecurityHeaders
from ui.limits import QUESTIONS_A_MINUTE, UPLOAD_FILES, Rate
from ui.ready import OK, STOPPING, Checked, Readiness, checks
from ui.suggestions import SUGGESTED, Suggestions
from ui.texts import ENGLISH, GERMAN, Texts, dictionary, texts_of

if TYPE_CHECKING:
    from runtime.local.worker import Worker

HERE = Path(__file__).parent
SIGN_OUT = "/sign-out"
SESSION_COOKIES = [f"AWSELBAuthSessionCookie-{part}" for part in range(4)]
"""The cookies in which the load balancer keeps a sign-in, four at most."""

PICTURE_WIDTH = 900
"""Pixels of a page's picture: sharp in the evidence column on a high-density screen, readable when opened alone."""

TITLE_LENGTH = 60
MAX_BOXES = 200
LISTED = 100
"""The newest conversations, which the list shows; the search covers all."""

REFRESH_SECONDS = 1.5
STACK_REFRESH_SECONDS = 20.0
"""How often an open page asks for the documents' states: less often for a stack, where each request is billed."""

STACK_CHECK_SECONDS = 60.0
"""How often an open page of a stack asks what is unavailable: each of its requests counts towards scaling."""

UPDATES_A_SECOND = 50
"""Of all growing answers together: each costs 2 to 3 ms of a core, here and on the reader's machine."""

QUESTIONS_KEPT = 8
"""Questions of an open page whose second event is still to come; if it is lost, the oldest are dropped."""

HANDLERS_AT_ONCE = 16
"""For each other handler; they take milliseconds."""

QUEUE_SECONDS = 0.01
"""How often Gradio looks for new events. Its default of a millisecond alone takes some 4% of a core."""

PAGES_KEPT = 500
"""Open pages whose state Gradio keeps, some 150 KB each; the least recently used are dropped first, and an open
one says something every 20 seconds. A stack has a task more before half of them are open (see frontend.py)."""

UPLOAD_SECONDS = (3600, 3600)
"""How often temporary copies of uploads are checked, and the age at which they are deleted."""

Update = dict[str, Any]
Offered = tuple[list[str], list[str], list[str]]

log = logging.getLogger("plumbline.page")


class Library(monitoring.Monitored, Checked, Protocol):
    """The library behind the page: this machine's, or a deployed stack's."""

    @property
    def evidence(self) -> Evidence:
        """Pictures of the documents' pages."""
        ...

    def answerer(self) -> Answerer:
        """Search and answers over the live index."""
        ...


class RateLimited(PlumblineError):
    """The reader asks more than their share."""


class Busy(PlumblineError):
    """The conversation's last question is still being answered."""


@dataclass(slots=True)
class OpenPage:
    """What is known about a reader's open page."""

    shows: str | None = ""
    """The conversation it shows; None for a new one, '' if unknown."""

    asked: deque[PendingAnswer | Exception] = field(default_factory=partial(deque, maxlen=QUESTIONS_KEPT))
    """Answers that were started, and why others were not, until the event that shows them."""


class Page:
    """The page's handlers over one library. Of a reader it holds only the answers in progress and what each open page
    shows and has asked.

    With a `worker`, documents are uploaded and deleted here; a stack's come from its file system. Where people sign in,
    they sign out at `sign_out`, and only operators see the library's tabs.
    """

    def __init__(self, library: Library, worker: Worker | None, sign_out: str = "") -> None:
        self._library = library
        self._worker = worker
        self.sign_out = sign_out
        self.answers = Answers()
        self._rate = Rate(QUESTIONS_A_MINUTE)
        self._suggestions = {texts: Suggestions(library.answerer, texts) for texts in (ENGLISH, GERMAN)}
        self._readiness = Readiness(checks(library))
        self._unanswered = False
        self._pages: OrderedDict[OpenPageId, OpenPage] = OrderedDict()
        self._pages_lock = threading.Lock()
        self.monitoring = monitoring.Monitoring(library, deployed=worker is None)

    @property
    def takes_documents(self) -> bool:
        """Whether documents are uploaded and deleted on the page."""
        return self._worker is not None

    def visible_tabs(self, request: gr.Request) -> tuple[Update, Update]:
        """Whether this reader sees the documents and monitoring tabs."""
        shown = gr.update(visible=identity_of(request).operator)
        return shown, shown

    # --- conversations ---

    def list_conversations(self, search: str, request: gr.Request) -> Any:
        """The reader's conversations, as the list shows them."""
        found = self._library.conversations.find(identity_of(request).user, search.strip(), LISTED)
        return gr.update(choices=[(one.title, one.id) for one in found])

    async def show(self, conversation: str | None, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """A conversation's messages, their sources, its title and the buttons, followed by the answer in progress."""
        texts = texts_of(request)
        self._shows(conversation, request)
        pending = self.answers.of(conversation) if conversation else None
        messages, title = await asyncio.to_thread(self._read, conversation, request)
        if pending:
            messages = [*pending.before, pending.question, pending.answer]
        drawn = shown(messages, texts, writing=pending is not None), html.evidence(messages, texts)
        yield *drawn, title, *self.buttons(conversation)
        if pending:
            async for drawn in self._followed(pending, request):
                there = self._page(request).shows
                yield *drawn, gr.skip(), *self.buttons(conversation if there == "" else there)

    def _read(self, conversation: str | None, request: gr.Request) -> tuple[list[Message], str]:
        if not conversation:
            return [], ""
        user = identity_of(request).user
        messages = self._library.conversations.messages(user, conversation)
        return messages, next((c.title for c in self._library.conversations.find(user) if c.id == conversation), "")

    def buttons(self, conversation: str | None) -> tuple[Update, Update]:
        """The button that asks or, while an answer is in progress, the one that stops it."""
        pending = conversation is not None and self.answers.of(conversation) is not None
        return gr.update(visible=not pending), gr.update(visible=pending)

    def rename(self, conversation: str | None, title: str, search: str, request: gr.Request) -> Any:
        """Rename the conversation."""
        if not conversation or not title.strip():
            texts = texts_of(request)
            gr.Warning(texts("conversation.choose"), title=texts("message.warning"))
        else:
            self._library.conversations.rename(identity_of(request).user, conversation, title.strip()[:TITLE_LENGTH])
        return self.list_conversations(search, request)

    def delete_conversation(self, conversation: str | None, search: str, request: gr.Request) -> Any:
        """Delete the conversation."""
        self.stop(conversation, request)
        if conversation:
            self._library.conversations.delete(identity_of(request).user, conversation)
        return {**self.list_conversations(search, request), "value": None}

    def export_link(self, conversation: str | None, request: gr.Request) -> str:
        """The link that exports the conversation."""
        return html.export_link(conversation, texts_of(request))

    def search_limit(self, documents: list[str], request: gr.Request) -> str:
        """A hint if the search is limited to some documents."""
        return html.search_limit(documents, texts_of(request))

    # --- asking ---

    def begin(
        self, question: str, conversation: str | None, documents: list[str], request: gr.Request
    ) -> tuple[Any, ...]:
        """Take a question and start answering it: updates the chat, the input box, the buttons and the conversations.
        `answer` draws the answer, or says why there is none.

        `answer` has only two outputs, both values: for each output that is skipped or has a property changed, Gradio
        6.31 rebuilds a component, which takes about 1 ms, and 10 for the chat.
        """
        page, texts = self._page(request), texts_of(request)
        try:
            pending = self._asked(question, conversation, documents or None, request)
            listed = {**self.list_conversations("", request), "value": pending.conversation}
            if not self.answers.write(pending):
                self.answers.check_open(texts)
                raise _busy(texts)
        except (PlumblineError, OSError) as error:
            page.asked.append(error.with_traceback(None))
            return gr.skip(), question, gr.skip(), gr.skip(), gr.skip()
        page.asked.append(pending)
        self._shows(pending.conversation, request)
        chat = shown([*pending.before, pending.question, message("assistant", "")], texts, writing=True)
        return chat, "", gr.update(visible=False), gr.update(visible=True), listed

    def _asked(
        self, question: str, conversation: str | None, documents: list[str] | None, request: gr.Request
    ) -> PendingAnswer:
        user, texts = identity_of(request).user, texts_of(request)
        conversations = self._library.conversations
        text = checked_question(str(question))
        self.answers.check_open(texts)
        self._check_rate(user, texts)
        if conversation:
            if self.answers.of(conversation):
                conversations.messages(user, conversation)  # raises for another reader's, revealing nothing
                raise _busy(texts)
            before = conversations.messages(user, conversation)
        else:
            title = text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
            conversation, before = conversations.create(user, title).id, []
        ours = message("user", text)
        stream, store = self._stream(ours, conversation, before, documents), conversations.append
        return PendingAnswer(_id_of(request), conversation, before, ours, stream, partial(store, user, conversation))

    async def answer(self, request: gr.Request) -> AsyncIterator[tuple[Any, Any]]:
        """Stream the answer to the page's last question: the messages and their sources."""
        texts, asked = texts_of(request), self._page(request).asked
        pending: PendingAnswer | None = None
        problem: Exception | None = None
        while asked:
            one = asked.popleft()
            if isinstance(one, PendingAnswer):
                pending = one
            elif isinstance(one, (BadQuestion, Busy, Closing, RateLimited)):
                gr.Warning(str(one), title=texts("message.warning"))
            else:
                problem = one
        if pending:
            async for drawn in self._followed(pending, request):
                yield drawn
        else:
            yield gr.skip(), gr.skip()
        if problem:
            raise problem

    async def _followed(self, pending: PendingAnswer, request: gr.Request) -> AsyncIterator[tuple[Any, Any]]:
        """The chat and its sources as an answer grows and ends, while the page shows its conversation."""
        texts, before, ours = texts_of(request), pending.before, pending.question
        earlier, evidence = shown([*before, ours], texts), html.evidence(before, texts)
        shown_evidence: tuple[object, ...] = ((), ())

        def drawn(answer: Message, **how: Any) -> tuple[Any, Any]:
            nonlocal evidence, shown_evidence
            if (answer.sources, answer.citations) != shown_evidence:
                evidence = html.evidence([*before, answer], texts)
                shown_evidence = answer.sources, answer.citations
            return [*earlier, *shown([ours, answer], texts, **how)[1:]], evidence

        try:
            # With many in progress each is drawn less often, so that all start soon.
            async for answer in pending.follow(lambda: (self.answers.running - 1) / UPDATES_A_SECOND):
                if self._page(request).shows not in (pending.conversation, ""):
                    break
                yield drawn(answer, writing=True)
        except (GeneratorExit, asyncio.CancelledError):
            if pending.page == _id_of(request):
                self.answers.stop(page=pending.page)
            raise
        if pending.over:
            self._unanswered = pending.answer.state == "failed"
        if self._page(request).shows not in (pending.conversation, ""):
            yield gr.skip(), gr.skip()  # at the end Gradio redraws what was drawn last
            return
        # Where things are and how to fix them is for operators only.
        yield drawn(pending.answer, problem=pending.problem if identity_of(request).operator else "")
        if pending.error:
            raise pending.error

    def _page(self, request: gr.Request) -> OpenPage:
        of = _id_of(request)
        with self._pages_lock:
            page = self._pages.setdefault(of, OpenPage())
            self._pages.move_to_end(of)
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        return page

    def _shows(self, conversation: str | None, request: gr.Request) -> None:
        """Note what a page shows: an answer in another conversation continues, but is not drawn there."""
        page = self._page(request)
        before, page.shows = page.shows, conversation
        if before and before != conversation and (pending := self.answers.of(before)):
            pending.wake()

    def closed(self, request: gr.Request) -> None:
        """Stop what a closed page asked, since nobody sees it any more."""
        of = _id_of(request)
        with self._pages_lock:
            self._pages.pop(of, None)
        self.answers.stop(page=of)

    def ask_again(self, event: gr.SelectData) -> str:
        """The question whose answer was interrupted."""
        return str(event.value)

    def _stream(
        self, question: Message, conversation: str, before: list[Message], documents: list[str] | None
    ) -> Generator[Answer, None, None]:
        """The answer as it grows; errors of opening the library are raised from it."""
        asked = _previous_question(before)
        yield from self._library.answerer().answer(question.text, asked, documents, question.id, conversation)

    def _check_rate(self, user: str, texts: Texts) -> None:
        if wait := self._rate.wait(user):
            raise RateLimited(
                texts("ask.too_often", most=QUESTIONS_A_MINUTE), texts("ask.too_often_remedy", seconds=ceil(wait))
            )

    def stop(self, conversation: str | None, request: gr.Request) -> None:
        """Stop the answer in progress; what is there stays."""
        user, pending = identity_of(request).user, self.answers.of(conversation) if conversation else None
        if pending and pending.page[0] == user:
            self.answers.stop(conversation=conversation)

    def vote(self, conversation: str | None, event: gr.LikeData, request: gr.Request) -> tuple[Any, int]:
        """Store a thumb up or down, and offer a comment."""
        index = event.index if isinstance(event.index, int) else event.index[0]
        liked = {True: 1, False: -1}.get(event.liked, 0) if isinstance(event.liked, bool) else _vote(event.liked)
        self._feedback(conversation, index, liked, None, request)
        return gr.update(visible=True), index

    def comment(self, conversation: str | None, index: int, text: str, request: gr.Request) -> tuple[Any, str]:
        """Store a comment on the answer last voted on."""
        self._feedback(conversation, index, None, text.strip()[:2000], request)
        texts = texts_of(request)
        gr.Info(texts("comment.thanks"), title=texts("message.info"))
        return gr.update(visible=False), ""

    def _feedback(
        self, conversation: str | None, index: int, vote: int | None, text: str | None, request: gr.Request
    ) -> None:
        if not conversation:
            return
        user = identity_of(request).user
        messages = self._library.conversations.messages(user, conversation)
        if not 0 <= index < len(messages):
            raise _error("answer.gone", texts_of(request))
        old = messages[index]
        self._library.conversations.feedback(
            user,
            conversation,
            old.id,
            old.vote if vote is None else vote,
            old.comment if text is None else text,
        )

    # --- documents ---

    def library(self, offered: Offered | None, request: gr.Request) -> tuple[Any, ...]:
        """The table of documents, the choices of both lists of documents, the line above the chat, what is offered, and
        the suggested questions.

        The table and the list of deletable documents are for operators. What is already `offered` is left alone, since
        someone may be choosing from it.
        """
        is_operator, texts = identity_of(request).operator, texts_of(request)
        try:
            entries = self._library.ledger.summaries()
        except (PlumblineError, OSError) as error:
            log.warning("%s", error)
            status = texts("status.unreachable") + (f" {html.plain(str(error))}" if is_operator else "")
            return gr.skip(), gr.skip(), gr.skip(), status, offered, *[gr.skip()] * SUGGESTED
        if self._worker:
            reading, waiting, problem = self._worker.reading, self._worker.waiting, self._worker.problem
        else:
            reading, waiting, problem = None, [e.document for e in entries if e.state in ("waiting", "reading")], ""
        table = html.documents_table(entries, reading, waiting, problem, texts) if is_operator else ""
        searchable = [entry.document for entry in entries if entry.version]
        attached = {key for entry in entries for key in attached_keys(entry)}  # these go with the document they are in
        everything = sorted({entry.document for entry in entries} - attached | set(waiting)) if is_operator else []
        suggested = self._suggestions[texts].about(entries)
        status = self._status(len(searchable), len(waiting), len(entries), is_operator, texts)
        status += html.foreign_languages(
            {e.language for e in entries if e.version}, self._library.embedder.languages, texts
        )
        if offered == (searchable, everything, suggested):
            return table, gr.skip(), gr.skip(), status, offered, *[gr.skip()] * SUGGESTED
        return (
            table,
            gr.update(choices=searchable),
            gr.update(choices=everything),
            status,
            (searchable, everything, suggested),
            *(gr.update(value=question, visible=True) for question in suggested),
            *(gr.update(visible=False) for _ in range(SUGGESTED - len(suggested))),
        )

    def _status(self, searchable: int, waiting: int, known: int, is_operator: bool, texts: Texts) -> str:
        generator = self._library.generator
        can_add = is_operator and self.takes_documents
        model = generator.model if generator else ""
        status = html.status(searchable, waiting, known, model, texts, can_add=can_add)
        if self._unanswered:
            status += f" {texts('status.unanswered')}"
        return status

    async def report(self) -> dict[str, str]:
        """Whether the page can answer, part by part."""
        return {"page": STOPPING if self.answers.closing else OK, **await self._readiness.report()}

    async def unavailable(self, request: gr.Request) -> str:
        """What is unavailable at the moment, in words. Waiting for the checks takes no thread."""
        found = await self._readiness.report()
        return html.unavailable([part for part, state in found.items() if state != OK], texts_of(request))

    def upload(self, files: list[str] | None, undecided: list[Path], request: gr.Request) -> tuple[Any, ...]:
        """Take uploaded PDFs into the library; those with the names of other documents stay undecided."""
        require_operator(request)
        texts = texts_of(request)
        worker, given, taken = self._here(texts), [Path(file) for file in files or []], []
        if len(given) > UPLOAD_FILES:
            raise _error("documents.too_many", texts, count=len(given), most=UPLOAD_FILES)
        for file in given:
            try:
                with file.open("rb") as opened:
                    check(opened, file.name)
                taken.append(file)
            except PdfError as error:
                gr.Warning(escape(str(error)), title=texts("message.warning"))
        for file in taken:
            if worker.has_other(file):
                undecided = [*undecided, file]
            else:
                worker.upload([file])
        return None, undecided, *_ask_about(undecided, texts)

    def decide(self, choice: Literal["replace", "keep", "skip"], undecided: list[Path], request: gr.Request) -> Any:
        """Take the undecided uploads into the library, or leave them out."""
        require_operator(request)
        texts = texts_of(request)
        if choice != "skip":
            try:
                self._here(texts).upload(undecided, keep_both=choice == "keep")
            except OSError as error:  # uploads are kept for a while only
                raise _error("documents.upload_again", texts) from error
        return [], *_ask_about([], texts)

    def delete(self, document: str | None, request: gr.Request) -> Any:
        """Take a document out of the library."""
        require_operator(request)
        texts = texts_of(request)
        if not document:
            raise _error("documents.choose", texts)
        try:
            self._here(texts).remove(document)
        except PlumblineError as error:
            raise gr.Error(escape(str(error))) from error
        gr.Info(texts("documents.deleted", document=escape(document)), title=texts("message.info"))
        return gr.update(value=None)

    def _here(self, texts: Texts) -> Worker:
        if self._worker is None:
            raise _error("documents.elsewhere", texts)
        return self._worker


def _ask_about(undecided: Sequence[Path], texts: Texts) -> tuple[Any, Any]:
    """The question what to do with uploads whose names are taken, and whether it is shown."""
    names = ", ".join(escape(file.name) for file in undecided)
    question = f"<p>{texts('documents.taken', names=names)}</p>" if undecided else ""
    return question, gr.update(visible=bool(undecided))


def _previous_question(before: Sequence[Message]) -> str:
    """The previous question as it was searched for, a follow-up with what it follows; '' if there is none."""
    last = next((n for n in reversed(range(len(before))) if before[n].role == "user"), None)
    if last is None:
        return ""
    return next((answer.asked for answer in before[last + 1 :] if answer.asked), before[last].text)


def _busy(texts: Texts) -> Busy:
    return Busy(texts("ask.busy"), texts("ask.busy_remedy"))


def _id_of(request: gr.Request) -> OpenPageId:
    return identity_of(request).user, request.session_hash or ""


def _error(key: str, texts: Texts, **values: object) -> gr.Error:
    return gr.Error(texts(key, **values), print_exception=False)


def shown(messages: list[Message], texts: Texts, *, writing: bool = False, problem: str = "") -> list[Update]:
    """Messages as the chat shows them. An incomplete last answer offers to ask its question again."""
    made: list[Update] = []
    for one in messages:
        last = one is messages[-1]
        if one.role == "user":
            made.append({"role": one.role, "content": html.plain(one.text)})
            continue
        text = html.answer_markdown(replace(one, state="done") if writing and last else one, texts)
        text = text or ("…" if writing and last else "")
        made.append({"role": one.role, "content": f"{text} {html.plain(problem)}" if last and problem else text})
        if last and not writing and one.state in html.ENDED and len(messages) > 1:
            made[-1]["options"] = [{"label": texts("ask.again"), "value": messages[-2].text}]
    return made


def _vote(liked: object) -> int:
    return {"Like": 1, "Dislike": -1}.get(str(liked), 0)


def build(page: Page, label: gr.I18n) -> gr.Blocks:
    """The page's layout and what happens on it."""
    with gr.Blocks(title="Plumbline", analytics_enabled=False, fill_width=True, delete_cache=UPLOAD_SECONDS) as blocks:
        html_area(label("area.header"))
        with gr.Tab(label("head.chat"), id="chat"), gr.Row(elem_id="columns"):
            with (
                gr.Column(elem_id="left"),
                gr.Accordion(label("conversations.title"), open=True, elem_id="conversations"),
            ):
                new = gr.Button(label("conversations.new"), elem_id="new", size="sm")
                search = gr.Textbox(
                    placeholder=label("conversations.search"),
                    label=label("conversations.search"),
                    show_label=False,
                    elem_id="search",
                )
                chosen = gr.Radio(choices=[], label=label("conversations.title"), show_label=False, elem_id="list")
                html_area(label("area.no_conversation"))
                with gr.Accordion(label("conversation.this"), open=False):
                    title = gr.Textbox(label=label("conversation.title"), elem_id="title", max_length=TITLE_LENGTH)
                    with gr.Row():
                        rename = gr.Button(label("conversation.rename"), size="sm", min_width=60, elem_id="rename")
                        delete_conversation = gr.Button(
                            label("conversation.delete"), size="sm", min_width=60, variant="stop", elem_id="forget"
                        )
                    saved = html_area(label("area.export"), elem_id="export")
            with gr.Column(elem_id="middle"):
                status = gr.Markdown(elem_id="status")
                lacking = html_area(elem_id="lacking")
                chat = gr.Chatbot(
                    label=label("head.chat"),
                    show_label=False,
                    elem_id="chat",
                    height="60vh",
                    layout="bubble",
                    buttons=["copy"],
                    latex_delimiters=[],
                    allow_tags=False,
                    group_consecutive_messages=False,
                    placeholder=label("ask.begin"),
                )
                with gr.Row(visible=False, elem_id="feedback") as feedback:
                    remark = gr.Textbox(label=label("comment.label"), max_length=2000, scale=4, elem_id="remark")
                    send_comment = gr.Button(label("comment.send"), size="sm", scale=1, elem_id="thank")
                with gr.Row(elem_id="suggestions"):
                    suggestions = [gr.Button(visible=False, size="sm", min_width=200) for _ in range(SUGGESTED)]
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        label=label("ask.question"),
                        show_label=False,
                        placeholder=label("ask.placeholder"),
                        lines=1,
                        max_lines=6,
                        scale=8,
                        autofocus=True,
                        elem_id="question",
                    )
                    send = gr.Button(label("ask.send"), variant="primary", scale=1, min_width=70, elem_id="send")
                    stop = gr.Button(
                        label("ask.stop"), variant="stop", scale=1, min_width=70, elem_id="stop", visible=False
                    )
                only = gr.Dropdown(choices=[], multiselect=True, label=label("ask.only"), elem_id="only")
                limit = html_area(elem_id="limit")
            with gr.Column(elem_id="right"):
                evidence = html_area(label("area.evidence"), elem_id="evidence")
        # Gradio draws one page for everyone, so what only operators see appears once the reader is known.
        with gr.Tab(label("head.documents"), id="documents", visible=not page.sign_out) as documents:
            files = gr.File(
                visible=page.takes_documents,
                label=label("documents.drop"),
                file_count="multiple",
                file_types=[".pdf"],
                elem_id="upload",
                height=180,
            )
            undecided = gr.State([])
            with gr.Column(visible=False, elem_id="taken") as taken:
                taken_names = html_area(elem_id="taken-names")
                with gr.Row():
                    replace_ = gr.Button(label("documents.replace"), elem_id="taken-replace")
                    keep = gr.Button(label("documents.keep"), elem_id="taken-keep")
                    skip = gr.Button(label("documents.skip"), elem_id="taken-skip")
            table = html_area(elem_id="documents")
            with gr.Row(elem_id="deleting", visible=page.takes_documents):
                to_delete = gr.Dropdown(choices=[], label=label("documents.to_delete"), scale=4, elem_id="to-delete")
                delete = gr.Button(label("documents.delete"), variant="stop", scale=1, elem_id="delete")
                confirm = gr.Button(label("documents.sure"), variant="stop", scale=1, visible=False, elem_id="sure")
        watching = monitoring.build(page.monitoring, label, visible=not page.sign_out)
        voted = gr.State(-1)
        timer = gr.Timer(REFRESH_SECONDS if page.takes_documents else STACK_REFRESH_SECONDS)

        offered = gr.State(None)
        look = [table, only, to_delete, status, offered, *suggestions]
        blocks.unload(page.closed)
        if page.sign_out:
            blocks.load(
                page.visible_tabs, None, [documents, watching], show_progress="hidden", api_visibility="private"
            )
        blocks.load(
            with_error_messages(page.list_conversations),
            search,
            chosen,
            show_progress="hidden",
            api_visibility="private",
        )
        blocks.load(page.library, offered, look, show_progress="hidden", api_visibility="private")
        # Not through the queue: the response to an event sent as another's stream ends may be lost (Gradio 6.31), and a
        # timer waits for its last response before it asks again.
        timer.tick(page.library, offered, look, show_progress="hidden", api_visibility="private", queue=False)
        often = timer if page.takes_documents else gr.Timer(STACK_CHECK_SECONDS)
        for when in (blocks.load, often.tick):
            when(page.unavailable, None, lacking, show_progress="hidden", api_visibility="private", queue=False)

        search.change(
            with_error_messages(page.list_conversations),
            search,
            chosen,
            show_progress="hidden",
            api_visibility="private",
        )
        # A conversation that can't be opened was deleted elsewhere: the list is redrawn.
        seen = [chat, evidence, title, send, stop]
        chosen.input(
            with_error_messages(page.show),
            chosen,
            seen,
            show_progress="hidden",
            concurrency_limit=ANSWERS_AT_ONCE,
            trigger_mode="multiple",  # another may be opened while an answer grows in the first
            api_visibility="private",
        ).failure(page.list_conversations, search, chosen, show_progress="hidden", api_visibility="private")
        # Not through the queue, since the choice changes while an answer streams (see the timer).
        chosen.change(page.export_link, chosen, saved, show_progress="hidden", api_visibility="private", queue=False)
        only.change(page.search_limit, only, limit, show_progress="hidden", api_visibility="private", queue=False)
        new.click(lambda: gr.update(value=None), None, chosen, show_progress="hidden", api_visibility="private").then(
            page.show, chosen, seen, show_progress="hidden", api_visibility="private"
        )
        rename.click(
            with_error_messages(page.rename),
            [chosen, title, search],
            chosen,
            show_progress="hidden",
            api_visibility="private",
        )
        deleted = delete_conversation.click(
            with_error_messages(page.delete_conversation),
            [chosen, search],
            chosen,
            show_progress="hidden",
            api_visibility="private",
        )
        deleted.success(page.show, chosen, seen, show_progress="hidden", api_visibility="private")
        deleted.failure(page.list_conversations, search, chosen, show_progress="hidden", api_visibility="private")

        again = chat.option_select(page.ask_again, None, box, show_progress="hidden", api_visibility="private")
        asks = [(send.click, box), (box.submit, box), (again.then, box), *((one.click, one) for one in suggestions)]
        for ask, question in asks:
            # Not through the queue, which takes a stream of its own; errors here are shown by `answer`.
            ask(
                page.begin,
                [question, chosen, only],
                [chat, box, send, stop, chosen],
                show_progress="hidden",
                api_visibility="private",
                queue=False,
            ).then(
                with_error_messages(page.answer),
                None,
                [chat, evidence],
                show_progress="hidden",
                concurrency_limit=ANSWERS_AT_ONCE,
                concurrency_id="answer",
                trigger_mode="multiple",  # a question may come while the answer to another conversation's grows
                api_visibility="private",
            ).then(
                page.buttons,
                chosen,
                [send, stop],
                show_progress="hidden",
                api_visibility="private",
                queue=False,
            )
        # Not through the queue, where it might wait for the end of what it is to stop.
        stop.click(page.stop, chosen, None, show_progress="hidden", api_visibility="private", queue=False)
        chat.like(
            with_error_messages(page.vote), chosen, [feedback, voted], show_progress="hidden", api_visibility="private"
        )
        send_comment.click(
            with_error_messages(page.comment),
            [chosen, voted, remark],
            [feedback, remark],
            show_progress="hidden",
            api_visibility="private",
        )

        files.upload(
            page.upload,
            [files, undecided],
            [files, undecided, taken_names, taken],
            show_progress="minimal",
            api_visibility="private",
        )
        for button, choice in ((replace_, "replace"), (keep, "keep"), (skip, "skip")):
            button.click(
                with_error_messages(page.decide),
                [gr.State(choice), undecided],
                [undecided, taken_names, taken],
                show_progress="hidden",
                api_visibility="private",
            )
        delete.click(lambda: gr.update(visible=True), None, confirm, show_progress="hidden", api_visibility="private")
        confirm.click(page.delete, to_delete, to_delete, show_progress="hidden", api_visibility="private").then(
            lambda: gr.update(visible=False), None, confirm, show_progress="hidden", api_visibility="private"
        )
    return blocks


def serve(library: Library, worker: Worker | None, authenticator: Authenticator) -> FastAPI:
    """The page, the pictures of pages and two health checks, as one ASGI application behind an authenticator."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        if worker:
            worker.stop()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    page = Page(library, worker, authenticator.sign_out)
    app.state.answers = page.answers

    @app.get(HEALTH)
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get(READY)
    async def readyz() -> JSONResponse:
        found = await page.report()
        return JSONResponse(found, 200 if set(found.values()) == {OK} else 503, {"Cache-Control": "no-store"})

    @app.get("/page/{number}/{document:path}")
    def picture(request: Request, number: int, document: str, version: str = "", boxes: str = "") -> Response:
        known = request.headers.get("if-none-match", "")
        return page_picture(library.evidence, document, number, version, boxes, known, texts_of(request))

    @app.get("/conversation/{conversation}.md")
    def exported(conversation: str, request: Request) -> Response:
        return exported_conversation(
            library.conversations, request.state.identity.user, conversation, texts_of(request)
        )

    @app.get(SIGN_OUT)
    def sign_out() -> Response:
        if not authenticator.sign_out:
            raise HTTPException(404, "This page has no sign-in.")
        return signed_out(authenticator.sign_out)

    script = HERE / "page.js"
    version = hashlib.sha256(script.read_bytes()).hexdigest()[:16]

    @app.get("/page.js")
    def page_script() -> FileResponse:
        return FileResponse(script, headers={"Cache-Control": "private, max-age=31536000, immutable"})

    label = dictionary(
        {
            "area.header": partial(html.header, SIGN_OUT if page.sign_out else ""),
            "area.no_conversation": html.no_conversation,
            "area.export": partial(html.export_link, None),
            "area.evidence": partial(html.evidence, []),
        }
    )
    blocks = build(page, label)
    blocks.state_session_capacity = PAGES_KEPT
    blocks.max_threads = 2 * (ANSWERS_AT_ONCE + HANDLERS_AT_ONCE)
    # Gradio aggregates events for an analytics page that is not served here.
    os.environ |= {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(sys.maxsize)}
    blocks.queue(default_concurrency_limit=HANDLERS_AT_ONCE)
    blocks._queue.sleep_when_free = QUEUE_SECONDS
    blocks._queue.progress_update_sleep_when_free = 1.0  # nothing here uses Gradio's progress display
    gr.mount_gradio_app(
        app,
        blocks,
        path="",
        footer_links=[],
        run_history=False,
        show_error=False,
        i18n=label,
        css_paths=[HERE / "style.css"],
        head=f'<script src="/page.js?{version}"></script>',
        app_kwargs={"middleware": [Middleware(PageOnly)]},
        theme=theme(),
        allowed_paths=[],
        max_file_size=Limits().bytes,
        ssr_mode=False,
    )
    forbid_downloads()
    accept_any_choice()
    app.add_middleware(Gate, authenticator=authenticator, takes_documents=page.takes_documents)
    app.add_middleware(SecurityHeaders, encrypted=bool(authenticator.sign_out))
    return app


def theme() -> gr.themes.Soft:
    """Gradio's soft theme, with colours of enough contrast on white and on black (WCAG 1.4.3)."""
    made = gr.themes.Soft(
        primary_hue="teal",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    quiet = ("body_text_color_subdued", "block_info_text_color", "block_label_text_color", "block_title_text_color")
    filled = ("button_primary_background_fill", "checkbox_label_background_fill_selected")
    return made.set(
        **dict.fromkeys(quiet, "*neutral_600"),
        **{f"{name}_dark": "*neutral_300" for name in quiet},
        **dict.fromkeys(filled, "*primary_700"),
        **{f"{name}_dark": "*primary_700" for name in filled},
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_800",
        checkbox_label_text_color_selected="white",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        color_accent="*primary_700",
        **{f"link_text_color{state}": "*primary_700" for state in ("", "_hover", "_active", "_visited")},
        **{f"link_text_color{state}_dark": "*primary_300" for state in ("", "_hover", "_active", "_visited")},
        block_title_background_fill_dark="*primary_800",
        block_label_background_fill_dark="*primary_800",
    )


def signed_out(address: str) -> Response:
    """End the load balancer's session, and redirect to where the user pool's ends."""
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    for name in SESSION_COOKIES:
        response.delete_cookie(name, secure=True, httponly=True, samesite="none")
    return response


def exported_conversation(conversations: Conversations, user: str, conversation: str, texts: Texts) -> Response:
    """A conversation as a Markdown file, for its owner only."""
    found = next((one for one in conversations.find(user) if one.id == conversation), None)
    if found is None:
        raise HTTPException(404, texts("conversation.gone"))
    written = export.markdown(found, conversations.messages(user, conversation), texts)
    named = export.disposition(export.file_name(found, texts))
    headers = {"Content-Disposition": named, "Cache-Control": "private, no-store"}
    return Response(written, media_type="text/markdown; charset=utf-8", headers=headers)


def page_picture(
    evidence: Evidence, document: str, number: int, version: str, boxes: str, known: str, texts: Texts
) -> Response:
    """A page of one version of a document with boxes marked; 304 if the browser has the `known` one."""
    try:
        marked = [Box(*map(float, box.split(","))) for box in boxes.split(";") if box][:MAX_BOXES]
    except (TypeError, ValueError) as error:
        raise HTTPException(400, "A box must be four numbers.") from error
    if not all(0 <= b.left <= b.right <= LARGEST_PAGE and 0 <= b.top <= b.bottom <= LARGEST_PAGE for b in marked):
        raise HTTPException(400, "A box must lie on the page.")
    try:
        picture = evidence.picture(document, version, number, PICTURE_WIDTH, marked)
    except NoSuchPage as error:
        raise HTTPException(404, texts("picture.no_page")) from error
    except DocumentDeleted as error:
        raise HTTPException(404, texts("picture.deleted")) from error
    except VersionNotKept as error:
        raise HTTPException(410, texts("picture.not_kept")) from error
    except PdfError as error:
        raise HTTPException(422, error.reason) from error
    except (PlumblineError, OSError) as error:
        log.warning("page %d of %r: %s", number, document, error)
        raise HTTPException(503, texts("picture.not_now")) from error
    tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}  # revalidated: the document may have been deleted
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type=PICTURE_TYPE, headers=headers)
