"""Many readers of one page at once, those who leave or do not listen, and those who ask too much."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import httpx
import pytest

from runtime.local.minilm import MiniLm
from runtime.local.openai import OpenAiChat
from runtime.ports import Message
from runtime.question import MAX_QUESTION
from tests.aws.stack import until
from tests.generator import generator, word
from tests.readers import Reader
from tests.signing import signing
from tests.sites import PROVEN, Site, behind, library
from ui.limits import BODY_BYTES, QUESTIONS_A_MINUTE, REQUESTS_A_MINUTE, UPLOAD_BYTES
from ui.sign_in import SignIn

pytestmark = pytest.mark.xdist_group("sign in")

PIECES = 20
PATIENCE = 60.0
T = TypeVar("T")


@dataclass
class Crowd:
    """A page whose model takes its time."""

    site: Site
    model: str

    def run(self, what: Callable[[httpx.AsyncClient, Callable[[str], Reader]], Awaitable[T]]) -> T:
        """What readers do, each by their name."""

        async def running() -> T:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=self.site.url, limits=limits, timeout=PATIENCE) as client:
                return await what(client, lambda name: Reader(client, self.site.signs.reader(name)))

        return asyncio.run(running())

    def state(self) -> dict[str, int]:
        found: dict[str, int] = httpx.get(f"{self.model}/state", timeout=60).json()
        return found

    def allow(self, first: str, words: int) -> None:
        """How many words of an answer the model tells for now, where the question begins with a word."""
        httpx.post(f"{self.model}/allowed/{first}/{words}", timeout=60).raise_for_status()

    def kept(self, user: str) -> list[Message]:
        found = self.site.home.conversations.find(user)
        return self.site.home.conversations.messages(user, found[0].id) if found else []


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Crowd]:
    with signing() as signs, generator(0.2, PIECES, 0.02) as model:
        home = library(tmp_path_factory.mktemp("crowd"), minilm, OpenAiChat(f"{model}/v1", "slow"))
        with behind(home, SignIn(signs.signed_in, f"{signs.url}/keys"), signs) as site:
            yield Crowd(site, model)


def test_fifty_ask_at_once_and_each_gets_the_answer_to_their_own_question(crowd: Crowd) -> None:
    fifty_ask(crowd, "one")


def fifty_ask(crowd: Crowd, named: str) -> None:
    """Fifty new readers, of names that begin so, ask in one moment."""

    async def ask(_: httpx.AsyncClient, reader: Callable[[str], Reader]) -> None:
        asking = [reader(f"{named}-{n}").ask(f"Number{n:02d}, how hot is the kiln?") for n in range(50)]
        for n, answered in enumerate(await asyncio.gather(*asking)):
            assert set(re.findall(r"Number(\d\d), was asked for", answered.text)) == {f"{n:02d}"}, answered.text[:2000]

    httpx.post(f"{crowd.model}/together/50", timeout=60).raise_for_status()
    crowd.run(ask)
    assert crowd.state()["most"] == 50
    for n in range(50):
        question, answer = crowd.kept(f"{named}-{n}")
        assert question.text.startswith(f"Number{n:02d},")
        assert f"Number{n:02d}, was asked for" in answer.text
        assert answer.text.rstrip().endswith(f"{word(PIECES - 1)} [?]")  # no source has such a number
        assert answer.state == "done"


def test_the_answer_of_a_reader_who_vanishes_goes_on_and_is_kept(crowd: Crowd) -> None:
    crowd.allow("Gone", 5)

    async def leave(_: httpx.AsyncClient, reader: Callable[[str], Reader]) -> None:
        gone = reader("gone")
        await gone.open()
        (await gone.begin("Gone, how hot is the kiln?")).raise_for_status()
        async for event in gone.events():
            if event["type"] == "answer":
                return await gone.leave()

    crowd.run(leave)
    until(lambda: not crowd.site.app.state.site.hub.pages("gone"))
    assert crowd.kept("gone") == []
    crowd.allow("Gone", PIECES)
    until(lambda: len(crowd.kept("gone")) == 2)
    answer = crowd.kept("gone")[1]
    assert answer.state == "done"
    assert word(PIECES - 1) in answer.text
    until(lambda: crowd.state()["running"] == 0)


def test_a_reader_who_does_not_listen_holds_nobody_up(crowd: Crowd) -> None:
    crowd.allow("Silent", 1)

    async def deaf(_: httpx.AsyncClient, reader: Callable[[str], Reader]) -> None:
        for n in range(10):
            silent = reader(f"silent-{n}")
            await silent.open()
            await silent.begin("Silent, how hot is the kiln?")
        await reader("heard").ask("How hot is the kiln?")

    crowd.run(deaf)
    assert crowd.state()["running"] == 10
    crowd.allow("Silent", PIECES)
    until(lambda: crowd.state()["running"] == 0)
    until(lambda: all(len(crowd.kept(f"silent-{n}")) == 2 for n in range(10)))
    assert {crowd.kept(f"silent-{n}")[1].state for n in range(10)} == {"done"}


def test_questions_beyond_a_readers_limit_are_refused_with_a_message_and_no_one_elses(crowd: Crowd) -> None:
    asked = crowd.state()["asked"]

    async def flood(_: httpx.AsyncClient, reader: Callable[[str], Reader]) -> list[str]:
        async def said(one: Reader) -> str:
            return (await one.begin("How hot is the kiln?")).text

        answers = await asyncio.gather(*(said(reader("flooding")) for _ in range(QUESTIONS_A_MINUTE + 3)))
        await reader("other").ask("How hot is the kiln?")
        return answers

    answers = crowd.run(flood)
    refused = [
        one for one in answers if f"You have reached the limit of {QUESTIONS_A_MINUTE} questions a minute" in one
    ]
    assert 1 <= len(refused) <= 3
    assert all("Ask again in" in one for one in refused)
    until(lambda: crowd.state()["running"] == 0)
    assert crowd.state()["asked"] == asked + len(answers) - len(refused) + 1


def test_a_conversation_takes_one_question_at_a_time(crowd: Crowd) -> None:
    crowd.allow("Twice", 1)

    async def twice(_: httpx.AsyncClient, reader: Callable[[str], Reader]) -> str:
        first, second = reader("twice"), reader("twice")
        await first.begin("Twice, how hot is the kiln?")
        (conversation,) = crowd.site.home.conversations.find("twice")
        refused = await second.begin("And how long?", conversation.id)
        assert refused.status_code == 409
        return refused.text

    assert "Your last question is still being answered." in crowd.run(twice)
    crowd.allow("Twice", PIECES)
    until(lambda: crowd.state()["running"] == 0)


def test_a_question_has_a_maximum_length(crowd: Crowd) -> None:
    done = crowd.site.ask("kiln " * MAX_QUESTION, crowd.site.signs.reader("long"))
    assert str(MAX_QUESTION) in done["error"].replace(",", "")
    assert crowd.kept("long") == []


def test_a_request_that_is_too_large_or_hides_its_size_is_not_read(crowd: Crowd) -> None:
    headers = crowd.site.signs.operator("large")
    join = f"{crowd.site.url}/ask"
    headers = {**headers, **PROVEN}
    body = json.dumps({"page": uuid.uuid4().hex, "question": "x" * BODY_BYTES})
    large = httpx.post(join, content=body, headers={**headers, "Content-Type": "application/json"}, timeout=30)
    assert (large.status_code, large.json()["error"]) == (413, "This is too large. Upload less at once.")
    hidden = httpx.post(join, content=iter([body.encode()]), headers=headers, timeout=30)
    assert hidden.status_code == 411
    # Only its headers are sent: what is refused is not read.
    promising = http.client.HTTPConnection(crowd.site.url.removeprefix("http://"), timeout=30)
    promising.putrequest("POST", "/documents/upload")
    for name, value in {**headers, "Content-Length": str(UPLOAD_BYTES + 1)}.items():
        promising.putheader(name, value)
    promising.endheaders()
    assert promising.getresponse().status == 413
    promising.close()


def test_one_reader_sends_no_more_requests_a_minute_than_the_limit(crowd: Crowd) -> None:
    async def knock(client: httpx.AsyncClient, _: Callable[[str], Reader]) -> list[httpx.Response]:
        headers, answers = crowd.site.signs.reader("knocking"), list[httpx.Response]()

        async def ask_on() -> None:
            while not any(one.status_code == 429 for one in answers[-20:]) and len(answers) < 8 * REQUESTS_A_MINUTE:
                answers.append(await client.get("/robots.txt", headers=headers))

        await asyncio.gather(*(ask_on() for _ in range(20)))
        other = await client.get("/robots.txt", headers=crowd.site.signs.reader("patient"))
        return [*answers, other]

    *answers, other = crowd.run(knock)
    refused = [one for one in answers if one.status_code == 429]
    assert refused
    assert refused[0].text == "Too many requests. Wait a moment.\n"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert len(answers) - len(refused) >= REQUESTS_A_MINUTE
    assert other.status_code != 429
