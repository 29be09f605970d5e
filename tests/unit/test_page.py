"""The chat where a browser can't time it: stopping, a generator that fails, strangers, versions, deletions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from collections.abc import Generator as Stream
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.worker import Worker
from runtime.ports import Ending, Message, NotFound, PlumblineError, Turn
from tests import sites
from tests.aws.stack import until
from ui import conversations
from ui.chat import Chat, Feedback, Question
from ui.errors import BadRequest, Busy
from ui.gate import Identity
from ui.hub import Hub, OpenPage
from ui.site import Site
from ui.texts import ENGLISH, GERMAN
from ui.turns import turns_of

ANN, BOB = Identity("ann", operator=True), Identity("bob", operator=True)
PAGE = "0" * 32
HOT = "How hot is the kiln?"


class Scripted:
    """A generator that says what the test wants, and raises what the test wants."""

    model, source_tokens = "scripted", 500

    def __init__(self, pieces: Sequence[str], error: Exception | None = None) -> None:
        self.pieces, self.error, self.closed = pieces, error, False

    def stream(self, turns: Sequence[Turn], max_tokens: int, among: Sequence[str] = ()) -> Stream[str, None, Ending]:
        try:
            yield from self.pieces
            if self.error:
                raise self.error
            return Ending()
        finally:
            self.closed = True

    def check(self) -> None:
        pass


class Loop:
    """An event loop that does at once what it is asked to."""

    def call_soon_threadsafe(self, call: Callable[[], None]) -> None:
        call()


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Path:
    """A library of one document."""
    return sites.library(tmp_path_factory.mktemp("library"), minilm).settings.home


@pytest.fixture
def library(ingested: Path, make_home: Callable[[], Home], tmp_path: Path) -> Home:
    shutil.copytree(ingested, tmp_path / "home")
    return make_home()


def opened(home: Home, generator: Scripted) -> tuple[Site, Chat]:
    home.answering = sites.Given(home.settings, generator)
    site = Site(home, Worker(home))
    return site, Chat(site)


def shows(hub: Hub, who: Identity, name: str = PAGE, texts: Any = ENGLISH) -> OpenPage:
    """An open page of somebody's."""
    made = OpenPage(name, who, texts, Loop())  # type: ignore[arg-type]
    hub._pages[who.user, name] = made
    return made


def told(page: OpenPage) -> list[dict[str, Any]]:
    """The page's events since it was last asked, but for the library's status."""
    found = [dict(one) for one in page._events if one["type"] != "status"]
    page._events.clear()
    return found


def asked(chat: Chat, question: str, who: Identity = ANN, conversation: str = "", **more: Any) -> str:
    """Ask; the conversation."""
    found = chat.ask(Question(page=PAGE, question=question, conversation=conversation, **more), who, ENGLISH)
    return str(found["conversation"])


def answered(site: Site, chat: Chat, question: str, who: Identity = ANN, conversation: str = "", **more: Any) -> str:
    """Ask, and wait for the answer's end; the conversation."""
    found = asked(chat, question, who, conversation, **more)
    until(lambda: not site.answers.running)
    return found


def kept(site: Site, conversation: str, user: str = "ann") -> list[Message]:
    return site.library.conversations.messages(user, conversation)


def endless() -> Scripted:
    """As slow as a model: at full speed it would be cut off before a busy machine comes to stop it."""
    return Scripted(chain(["It is ", "fired "], (slowly("on ") for _ in count())))  # type: ignore[arg-type]


def slowly(piece: str) -> str:
    threading.Event().wait(0.02)
    return piece


def test_a_stopped_answer_keeps_what_is_there_and_stops_the_generator(library: Home) -> None:
    generator = endless()
    site, chat = opened(library, generator)
    conversation = asked(chat, HOT)
    until(lambda: (one := site.answers.of(conversation)) and one.answer.text.startswith("It is fired on"))
    chat.stop(conversation, BOB)
    assert site.answers.running == 1
    chat.stop(conversation, ANN)
    until(lambda: not site.answers.running)
    question, answer = kept(site, conversation)
    assert (question.text, answer.state) == (HOT, "stopped")
    assert answer.text.startswith("It is fired on")
    assert answer.sources[0].document == "kiln.pdf"
    until(lambda: generator.closed)


def test_an_answer_goes_on_when_nobody_looks_and_is_unread_until_somebody_does(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    elsewhere = shows(site.hub, ANN, "1" * 32)
    conversation = answered(site, chat, HOT)
    assert kept(site, conversation)[1].state == "done"
    (row,) = conversations.rows(site, "ann")["rows"]
    assert (row["id"], row["unread"], row["answering"]) == (conversation, True, False)
    assert [one["changed"]["answering"] for one in told(elsewhere)] == [True, False]
    shown = chat.shown(ANN, ENGLISH, elsewhere.name, conversation)
    assert "940" in shown["turns"][0]["versions"][0]["html"]
    assert conversations.rows(site, "ann")["rows"][0]["unread"] is False


def test_all_pages_that_show_a_conversation_are_told_of_its_answer_each_in_its_language(library: Home) -> None:
    site, chat = opened(library, endless())
    conversation = asked(chat, HOT)
    until(lambda: (one := site.answers.of(conversation)) and one.answer.text)
    pages = [shows(site.hub, ANN, "1" * 32), shows(site.hub, ANN, "2" * 32, GERMAN)]
    strange = shows(site.hub, BOB, "3" * 32)
    for page in pages:
        state = chat.state(ANN, page.texts, page.name, conversation)
        assert state["chat"]["pending"] == state["chat"]["turns"][0]["id"]
        assert page.live is not None
        news = list(page.live.news())
        assert [one["type"] for one in news] == ["sources", "answer"]
        assert (news[1]["at"], news[1]["text"][:5]) == (0, "It is")
    chat.stop(conversation, ANN)
    until(lambda: not site.answers.running)
    ends = [next(one for one in told(page) if one["type"] == "turn") for page in pages]
    assert "Stopped." in ends[0]["turn"]["versions"][0]["html"]
    assert "Gestoppt." in ends[1]["turn"]["versions"][0]["html"]
    assert [page.live for page in pages] == [None, None]
    assert told(strange) == []


def test_only_differences_of_a_growing_text_are_told(library: Home) -> None:
    go_on = threading.Event()

    def pieces() -> Stream[str, None, None]:
        yield "It is \N{FIRE} fired"
        assert go_on.wait(30)
        yield " at 940 degrees"
        go_on.clear()
        assert go_on.wait(30)

    site, chat = opened(library, Scripted(pieces()))  # type: ignore[arg-type]
    page = shows(site.hub, ANN)
    conversation = asked(chat, HOT)
    pending = site.answers.of(conversation)
    assert pending
    assert page.live
    until(lambda: pending.answer.text)
    assert [one["text"] for one in page.live.news() if one["type"] == "answer"] == ["It is \N{FIRE} fired"]
    go_on.set()
    until(lambda: "940" in pending.answer.text)
    (grown,) = page.live.news()
    assert (grown["at"], grown["text"]) == (len("It is xx fired"), " at 940 degrees")  # as a script counts
    assert list(page.live.news()) == []
    go_on.set()
    until(lambda: not site.answers.running)


def test_a_generator_that_fails_half_way_leaves_the_partial_answer_and_only_operators_see_where_it_is(
    library: Home,
) -> None:
    site, chat = opened(library, Scripted(["It is fired"], PlumblineError("The model at 10.0.0.7 is gone.", "Start.")))
    reader = Identity("cy", operator=False)
    for who in (reader, ANN):
        page = shows(site.hub, who)
        conversation = answered(site, chat, HOT, who)
        answer = kept(site, conversation, who.user)[1]
        assert (answer.state, answer.text) == ("failed", "It is fired")
        end = [one for one in told(page) if one["type"] == "turn"][-1]
        assert "The answer was interrupted." in end["turn"]["versions"][0]["html"]
        assert ("10.0.0.7" in str(end)) is who.operator


def test_an_answer_that_is_asked_for_again_is_a_version_of_its_turn(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = answered(site, chat, HOT)
    question, first = kept(site, conversation)
    answered(site, chat, HOT, conversation=conversation, replaces=first.id)
    again = kept(site, conversation)[2]
    assert (again.role, again.replaces) == ("assistant", first.id)
    answered(site, chat, "How hot is it in the kiln?", conversation=conversation, replaces=again.id)
    *_, changed, last = kept(site, conversation)
    assert (changed.replaces, last.replaces) == (question.id, again.id)
    (turn,) = turns_of(kept(site, conversation))
    assert turn.id == question.id
    assert [one.question.text for one in turn.versions] == [HOT, HOT, "How hot is it in the kiln?"]
    (shown,) = chat.shown(ANN, ENGLISH, PAGE, conversation)["turns"]
    assert ["1/3" in one["html"] for one in shown["versions"]] == [True, False, False]
    with pytest.raises(NotFound):
        asked(chat, HOT, conversation=conversation, replaces="nothing")


def test_a_follow_up_can_be_asked_by_itself(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired for eleven hours [1]."]))
    conversation = answered(site, chat, "For how long is the kiln fired?")
    answered(site, chat, "And how hot?", conversation=conversation)
    follow_up = kept(site, conversation)[3]
    assert follow_up.asked
    assert follow_up.asked.endswith("And how hot?")
    answered(site, chat, "And how hot?", conversation=conversation, replaces=follow_up.id, plain=True)
    assert kept(site, conversation)[4].asked == ""


def test_a_conversation_takes_one_question_at_a_time(library: Home) -> None:
    site, chat = opened(library, endless())
    conversation = asked(chat, HOT)
    with pytest.raises(Busy, match="still being answered"):
        asked(chat, "And how long?", conversation=conversation)
    with pytest.raises(NotFound):
        asked(chat, "And how long?", BOB, conversation)
    site.answers.stop()
    until(lambda: not site.answers.running)


def test_nobody_takes_anothers_conversation(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees."]))
    mine = answered(site, chat, HOT)
    before = kept(site, mine)
    for take in (
        lambda: chat.shown(BOB, ENGLISH, PAGE, mine),
        lambda: asked(chat, "And how long?", BOB, mine),
        lambda: chat.vote(Feedback(conversation=mine, message=before[1].id, vote=1), BOB),
    ):
        with pytest.raises(NotFound):
            take()
    assert chat.state(BOB, ENGLISH, PAGE, mine)["chat"]["gone"] is True
    assert kept(site, mine) == before


def test_a_vote_and_a_comment_are_kept_and_a_vote_can_be_taken_back(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = answered(site, chat, HOT)
    answer = kept(site, conversation)[1]
    chat.vote(Feedback(conversation=conversation, message=answer.id, vote=-1, comment=" Too hot "), ANN)
    chat.vote(Feedback(conversation=conversation, message=answer.id, vote=0), ANN)
    again = kept(site, conversation)[1]
    assert (again.vote, again.comment) == (0, "Too hot")
    with pytest.raises(BadRequest):
        chat.vote(Feedback(conversation=conversation, message=kept(site, conversation)[0].id, vote=1), ANN)


def test_a_long_conversation_is_sent_in_parts(library: Home) -> None:
    _, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = library.conversations.create("ann", "Long").id
    for n in range(45):
        pair = [Message(f"q{n}", "user", f"Question {n}?", ""), Message(f"a{n}", "assistant", "Yes.", "")]
        library.conversations.append("ann", conversation, pair)
    last = chat.shown(ANN, ENGLISH, PAGE, conversation)
    assert [turn["id"] for turn in last["turns"]] == [f"q{n}" for n in range(25, 45)]
    middle = chat.shown(ANN, ENGLISH, PAGE, conversation, before="q25")
    first = chat.shown(ANN, ENGLISH, PAGE, conversation, before="q5")
    assert [part["earlier"] for part in (last, middle, first)] == [True, True, False]
    assert [turn["id"] for turn in first["turns"]] == [f"q{n}" for n in range(5)]


# --- deleting ---


def test_a_deleted_conversation_is_hidden_comes_back_and_is_removed_when_its_time_is_up(
    library: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = answered(site, chat, HOT)
    site.deletions.begin("ann", conversation)
    assert conversations.rows(site, "ann")["rows"] == []
    with pytest.raises(NotFound):
        chat.shown(ANN, ENGLISH, PAGE, conversation)
    assert site.deletions.undo("ann", conversation)
    assert [row["id"] for row in conversations.rows(site, "ann")["rows"]] == [conversation]
    monkeypatch.setattr(conversations, "UNDO_SECONDS", 0.0)
    monkeypatch.setattr(conversations, "GRACE_SECONDS", 0.01)
    site.deletions.begin("ann", conversation)
    until(lambda: library.conversations.find("ann") == [])
    until(lambda: not site.deletions.undo("ann", conversation))


def test_what_is_being_removed_can_no_longer_be_had_back(library: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = answered(site, chat, HOT)
    delete, had_back = library.conversations.delete, []

    def deleted(user: str, conversation: str) -> None:
        had_back.append(site.deletions.undo(user, conversation))
        delete(user, conversation)

    monkeypatch.setattr(library.conversations, "delete", deleted)
    site.deletions.begin("ann", conversation)
    site.close()
    assert had_back == [False]
    assert library.conversations.find("ann") == []


def test_what_is_deleted_is_removed_at_once_when_the_server_closes(library: Home) -> None:
    site, chat = opened(library, Scripted(["It is fired at 940 degrees [1]."]))
    conversation = answered(site, chat, HOT)
    site.deletions.begin("ann", conversation)
    site.close()
    assert library.conversations.find("ann") == []
