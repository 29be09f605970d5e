"""The chat: the state of an open page, questions and their answers, votes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from runtime.ports import Conversation, Conversations, Message, NotFound, PlumblineError
from runtime.question import checked_question
from ui.answers import Asked, PendingAnswer, Stream, message
from ui.conversations import changed, rows
from ui.errors import BadRequest, Busy, RateLimited
from ui.events import PageName
from ui.gate import Identity, Reader
from ui.hub import Event, OpenPage
from ui.limits import QUESTIONS_A_MINUTE, Rate
from ui.markdown import growing_text
from ui.render import searching, sources_json, turn_json
from ui.site import Site
from ui.texts import Spoken, Texts
from ui.turns import Turn, Version, turns_of

log = logging.getLogger("plumbline.chat")

TURNS = 20
"""Turns of a conversation that are sent at once; earlier ones when somebody scrolls up to them."""

MAX_DOCUMENTS = 1_000
MAX_COMMENT = 2_000

Id = Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
OptionalId = Annotated[str, Field(pattern=r"^[\w-]{0,64}$")]
QueryId = Annotated[str, Query(pattern=r"^[\w-]{0,64}$")]


class Question(BaseModel):
    """A question: in a new conversation, or in one that exists; `replaces` is the answer in place of which another is
    wanted. If it is `plain`, it is not read as a follow-up. Only `documents` are searched, if there are any."""

    page: Id
    question: str
    conversation: OptionalId = ""
    documents: Annotated[list[str], Field(max_length=MAX_DOCUMENTS)] = []
    replaces: OptionalId = ""
    plain: bool = False


class Of(BaseModel):
    """What concerns a conversation."""

    conversation: Id


class Feedback(Of):
    """A vote on an answer, and a comment; None leaves the one that there is."""

    message: Id
    vote: Literal[-1, 0, 1]
    comment: Annotated[str, Field(max_length=MAX_COMMENT)] | None = None


class Drawn:
    """An answer in progress as one open page has been told of it: the page gets the differences."""

    def __init__(self, pending: PendingAnswer, page: OpenPage) -> None:
        self.pending = pending
        self._page = page
        self._text = ""
        self._sources: object = ()
        pending.follow(page.wake)

    def news(self) -> Iterable[Event]:
        """What has changed since the last time; nothing once the answer has ended, which its `turn` event says."""
        answer, asked = self.pending.answer, self.pending.asked
        if self.pending.over:
            return
        here = {"conversation": asked.conversation, "turn": asked.turn}
        if answer.sources != self._sources:
            self._sources = answer.sources
            line = searching(answer, asked.searched, self._page.texts)
            yield {"type": "sources", **here, "line": line, "sources": sources_json(answer, self._page.texts)}
        text = growing_text(answer.text)
        if text != self._text:
            at = _common(text, self._text)
            self._text = text
            yield {"type": "answer", **here, "at": _units(text[:at]), "text": text[at:]}

    def leave(self) -> None:
        """No longer tell the page."""
        self.pending.unfollow(self._page.wake)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _units(text: str) -> int:
    """How long a text is to a script, which counts in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


class Chat:
    """Questions and answers over one library."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rate = Rate(QUESTIONS_A_MINUTE)

    @property
    def _kept(self) -> Conversations:
        """Opened when it is needed: a stack's page starts, and says what it lacks."""
        return self._site.library.conversations

    # --- what a page shows ---

    def state(self, reader: Identity, texts: Texts, page: str, conversation: str) -> dict[str, Any]:
        """All that a page shows when it is opened, and when it comes back."""
        site = self._site
        if site.status.holdings is None:
            site.status.look()
        described = site.status.described(texts, operator=reader.operator)
        if shown := site.hub.page(reader.user, page):
            shown.status = described
        return {
            "user": reader.user,
            "operator": reader.operator,
            "takesDocuments": site.takes_documents and reader.operator,
            "signOut": bool(site.sign_out),
            "status": described,
            **self._of_conversations(reader, texts, page, conversation),
        }

    def _of_conversations(self, reader: Identity, texts: Texts, page: str, conversation: str) -> dict[str, Any]:
        """The list and what is shown of one; none where they can't be reached, which the status says."""
        try:
            return {
                "conversations": rows(self._site, reader.user),
                "chat": self._shown(reader, texts, page, conversation),
            }
        except (PlumblineError, OSError) as error:
            log.warning("The conversations can't be read: %s", error)
            return {
                "conversations": {"rows": [], "next": 0, "more": False},
                "chat": self.shown(reader, texts, page, ""),
            }

    def _shown(self, reader: Identity, texts: Texts, page: str, conversation: str) -> dict[str, Any]:
        try:
            return self.shown(reader, texts, page, conversation)
        except NotFound:
            return {**self.shown(reader, texts, page, ""), "gone": True}

    def shown(self, reader: Identity, texts: Texts, page: str, conversation: str, before: str = "") -> dict[str, Any]:
        """The last turns of a conversation, or those before another one; the page is told of its answer in progress."""
        site = self._site
        open_page = site.hub.page(reader.user, page)
        if open_page and not before:
            self._follow(open_page, conversation)
        if not conversation:
            return {"conversation": "", "title": "", "turns": [], "earlier": False, "pending": ""}
        pending = site.answers.of(conversation)  # before what is stored is read: it is in one of the two
        messages = self._messages(reader.user, conversation)
        site.unread.read(reader.user, conversation)
        turns = turns_of(messages)
        if pending and pending.over:
            pending = None
        if pending and not pending.asked.earlier:
            turns.append(Turn((Version(pending.asked.question, None),)))
        end = next((at for at, turn in enumerate(turns) if turn.id == before), len(turns))
        start = max(0, end - TURNS)
        made = [self._turn(turn, pending, texts) for turn in turns[start:end]]
        return {
            "conversation": conversation,
            "title": self._kept.get(reader.user, conversation).title,
            "turns": made,
            "earlier": start > 0,
            "pending": pending.asked.turn if pending else "",
        }

    def _turn(self, turn: Turn, pending: PendingAnswer | None, texts: Texts) -> dict[str, Any]:
        if pending is None or pending.asked.turn != turn.id:
            return turn_json(turn, texts, self._languages())
        return turn_json(turn, texts, {}, pending=_version_of(pending), searched=pending.asked.searched)

    def _languages(self) -> dict[str, str]:
        held = self._site.status.holdings
        return held.languages if held else {}

    def _messages(self, user: str, conversation: str) -> list[Message]:
        if self._site.deletions.hides(user, conversation):
            raise NotFound("The conversation was deleted.", "")
        return self._kept.messages(user, conversation)

    def _follow(self, page: OpenPage, conversation: str) -> None:
        """Note what a page shows, and tell it of the answer that is written there."""
        page.conversation = conversation
        if isinstance(page.live, Drawn):
            page.live.leave()
        pending = self._site.answers.of(conversation) if conversation else None
        page.live = Drawn(pending, page) if pending else None
        page.wake()

    # --- asking ---

    def ask(self, asked: Question, reader: Identity, texts: Texts) -> dict[str, Any]:
        """Start answering a question: the conversation and the turn as all pages that show it are told."""
        site, text = self._site, checked_question(asked.question)
        site.answers.check_open(texts)
        if wait := self._rate.wait(reader.user):
            remedy = texts("ask.too_often_remedy", seconds=ceil(wait))
            raise RateLimited(texts("ask.too_often", most=QUESTIONS_A_MINUTE), remedy)
        if asked.conversation and site.answers.of(asked.conversation):
            self._messages(reader.user, asked.conversation)  # raises for another reader's, revealing nothing
            raise Busy(texts("ask.busy"), texts("ask.busy_remedy"))
        turns = turns_of(self._messages(reader.user, asked.conversation)) if asked.conversation else []
        new: Conversation | None = None
        if not asked.conversation:
            new = self._kept.create(reader.user, titled(text))
        conversation = new.id if new else asked.conversation
        pending = self._pending(asked, text, conversation, turns, reader.user)
        if not site.answers.write(pending):
            site.answers.check_open(texts)
            raise Busy(texts("ask.busy"), texts("ask.busy_remedy"))
        if page := site.hub.page(reader.user, asked.page):
            page.conversation = conversation
        turn = Turn(pending.asked.earlier or (Version(pending.asked.question, None),))

        def news(page: OpenPage) -> Event | None:
            if page.conversation != conversation:
                return None
            self._follow(page, conversation)
            made = self._turn(turn, pending, page.texts)
            return {"type": "turn", "conversation": conversation, "turn": made, "pending": True}

        site.hub.publish(news, user=reader.user)
        changed(site, reader.user, conversation, new=new)
        return {"conversation": conversation, "turn": self._turn(turn, pending, texts)}

    def _pending(
        self, asked: Question, text: str, conversation: str, turns: Sequence[Turn], user: str
    ) -> PendingAnswer:
        before, question, is_kept = list(turns), message("user", text), False
        earlier: tuple[Version, ...] = ()
        if asked.replaces:
            place = next((at for at, turn in enumerate(turns) if _has(turn, asked.replaces)), None)
            if place is None:
                raise NotFound("The answer does not exist.", "Reload the page.")
            before, earlier = list(turns[:place]), turns[place].versions
            former = next(one for one in earlier if one.answer and one.answer.id == asked.replaces)
            is_kept = former.question.text == text
            question = former.question if is_kept else replace(question, replaces=former.question.id)
        previous = before[-1].searched_for if before and not asked.plain else ""
        held = self._site.status.holdings
        searched = len(asked.documents) or (len(held.searchable) if held else 0)
        described = Asked(user, conversation, question, earlier, asked.replaces, is_kept, searched)
        stream = self._stream(described, previous, asked.documents or None)
        return PendingAnswer(described, stream, partial(self._kept.append, user, conversation), self._ended)

    def _stream(self, asked: Asked, previous: str, documents: list[str] | None) -> Stream:
        """The answer as it grows; errors of opening the library are raised from it. A question is archived once."""
        archived = "" if asked.is_kept else asked.question.id
        answerer = self._site.library.answerer()
        yield from answerer.answer(asked.question.text, previous, documents, archived, asked.conversation)

    def _ended(self, pending: PendingAnswer) -> None:
        """Tell the reader's pages how an answer has ended. Called by the thread that ended it."""
        site, asked = self._site, pending.asked
        site.status.unanswered = pending.answer.state == "failed"
        turn = Turn((*asked.earlier, Version(asked.question, pending.answer)))
        seen = any(page.conversation == asked.conversation for page in site.hub.pages(asked.user))

        def news(page: OpenPage) -> Event | None:
            if page.conversation != asked.conversation:
                return None
            if isinstance(page.live, Drawn) and page.live.pending is pending:
                page.live.leave()
                page.live = None
            # Where things are and how to fix them is for operators only.
            problem = pending.problem if page.operator else ""
            error = str(pending.error) if pending.error else ""
            told = {"conversation": asked.conversation, "turn": turn_json(turn, page.texts, self._languages())}
            return {"type": "turn", **told, "pending": False, "problem": problem, "error": error}

        site.hub.publish(news, user=asked.user)
        if not seen:
            site.unread.add(asked.user, asked.conversation)
        changed(site, asked.user, asked.conversation)
        site.status.publish()

    def stop(self, conversation: str, reader: Identity) -> None:
        """Stop the answer in progress; what is there stays."""
        pending = self._site.answers.of(conversation)
        if pending and pending.asked.user == reader.user:
            self._site.answers.stop(conversation)

    def vote(self, given: Feedback, reader: Identity) -> None:
        """Store a vote on an answer, or take it back, and a comment."""
        messages = self._messages(reader.user, given.conversation)
        old = next((one for one in messages if one.id == given.message and one.role == "assistant"), None)
        if old is None:
            raise BadRequest("The answer does not exist.", "Reload the page.")
        comment = old.comment if given.comment is None else given.comment.strip()
        self._kept.feedback(reader.user, given.conversation, old.id, given.vote, comment)


def _has(turn: Turn, answer: str) -> bool:
    return any(one.answer and one.answer.id == answer for one in turn.versions)


def _version_of(pending: PendingAnswer) -> Version:
    return Version(pending.asked.question, pending.answer)


TITLE_LENGTH = 120


def titled(question: str) -> str:
    """The title of a conversation that begins with a question."""
    line = " ".join(question.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def routes(site: Site) -> APIRouter:
    """`/state` and `/chat`: what a page shows; `/ask`, `/stop` and `/feedback`."""
    router, chat = APIRouter(), Chat(site)

    @router.get("/state")
    def state(page: PageName, reader: Reader, texts: Spoken, c: QueryId = "") -> dict[str, Any]:
        return chat.state(reader, texts, page, c)

    @router.get("/chat")
    def shown(page: PageName, reader: Reader, texts: Spoken, c: QueryId = "", before: QueryId = "") -> dict[str, Any]:
        return chat.shown(reader, texts, page, c, before)

    @router.post("/ask")
    def ask(asked: Question, reader: Reader, texts: Spoken) -> dict[str, Any]:
        return chat.ask(asked, reader, texts)

    @router.post("/stop", status_code=204)
    def stop(of: Of, reader: Reader) -> None:
        chat.stop(of.conversation, reader)

    @router.post("/feedback", status_code=204)
    def feedback(given: Feedback, reader: Reader) -> None:
        chat.vote(given, reader)

    return router
