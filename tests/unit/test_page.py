"""The chat page's handlers where a browser can't time them: stopping, a generator that fails, strangers."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from collections.abc import Generator as Stream
from itertools import chain, count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.worker import Worker
from runtime.ports import Conversation, Ending, Entry, Message, NotFound, PlumblineError, Source, Turn
from tests import sites
from tests.aws.stack import until
from ui import export, html
from ui.app import Page, page_picture
from ui.gate import Identity, Sessions
from ui.monitoring import Monitoring
from ui.texts import ENGLISH, GERMAN


def asked_by(user: str, session: str | None = "page") -> Any:
    """A request of an operator's open page."""
    state = SimpleNamespace(identity=Identity(user, operator=True), sessions=Sessions())
    return SimpleNamespace(state=state, session_hash=session, headers={})


ANN, BOB = asked_by("ann"), asked_by("bob")


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


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Path:
    """The folder of a library of one document."""
    return sites.library(tmp_path_factory.mktemp("library"), minilm).settings.home


@pytest.fixture
def library(ingested: Path, make_home: Callable[[], Home], tmp_path: Path) -> Home:
    shutil.copytree(ingested, tmp_path / "home")
    return make_home()


def page(home: Home, generator: Scripted) -> Page:
    home.answering = sites.Given(home.settings, generator)
    return Page(home, Worker(home))


def kept(home: Home, user: Any) -> list[Message]:
    (conversation,) = home.conversations.find(user.state.identity.user)
    return home.conversations.messages(user.state.identity.user, conversation.id)


def answered(shown: Page, question: str, conversation: str | None, who: Any) -> list[Any]:
    """All that is drawn of an answer."""
    shown.begin(question, conversation, [], who)
    return drawn(shown.answer(who))


def drawn(updates: AsyncIterator[Any]) -> list[Any]:
    async def all_of() -> list[Any]:
        return [one async for one in updates]

    return asyncio.run(all_of())


def endless() -> Scripted:
    """As slow as a model: at full speed it would be cut off before a busy machine comes to stop it."""
    return Scripted(chain(["It is ", "fired "], (slowly("on ") for _ in count())))  # type: ignore[arg-type]


def slowly(piece: str) -> str:
    threading.Event().wait(0.02)
    return piece


def test_a_stopped_answer_keeps_what_is_there_and_stops_the_generator(library: Home) -> None:
    generator = endless()
    shown = page(library, generator)

    async def ask() -> None:
        shown.begin("How hot is the kiln?", None, [], ANN)
        updates = shown.answer(ANN)
        await anext(updates)
        (conversation,) = library.conversations.find("ann")
        shown.stop(conversation.id, BOB)
        for _ in range(3):
            await anext(updates)
        shown.stop(conversation.id, ANN)
        async for _update in updates:
            pass

    asyncio.run(asyncio.wait_for(ask(), 60))
    question, answer = kept(library, ANN)
    assert question.text == "How hot is the kiln?"
    assert answer.state == "stopped"
    assert answer.text.startswith("It is fired on")
    assert answer.sources[0].document == "kiln.pdf"
    until(lambda: generator.closed)


def test_an_answer_can_be_stopped_before_its_page_draws_it(library: Home) -> None:
    generator = endless()
    shown = page(library, generator)
    shown.begin("How hot is the kiln?", None, [], ANN)
    (conversation,) = library.conversations.find("ann")
    shown.stop(conversation.id, ANN)
    until(lambda: not shown.answers.running)
    assert "Stopped." in str(drawn(shown.answer(ANN))[-1])
    assert kept(library, ANN)[1].state == "stopped"


def test_an_answer_whose_drawing_was_lost_is_kept_and_the_next_one_is_drawn(library: Home) -> None:
    shown = page(library, Scripted(["It is fired at 940 degrees [1]."]))
    for question in ("How hot is the kiln?", "For how long is the kiln fired?"):
        shown.begin(question, None, [], ANN)
    assert "For how long" in str(drawn(shown.answer(ANN))[-1])
    until(lambda: not shown.answers.running)
    for conversation in library.conversations.find("ann"):
        assert [one.role for one in library.conversations.messages("ann", conversation.id)] == ["user", "assistant"]


def test_who_looks_at_another_conversation_has_the_buttons_of_that_one(library: Home) -> None:
    shown = page(library, endless())

    async def look() -> list[list[bool]]:
        shown.begin("How hot is the kiln?", None, [], ANN)
        (first,) = library.conversations.find("ann")
        seen = []
        updates = shown.show(first.id, ANN)
        for _ in range(3):
            seen.append(await anext(updates))
        async for _update in shown.show(None, ANN):
            pass
        seen += [one async for one in updates]
        shown.stop(first.id, ANN)
        return [[button["visible"] for button in one[-2:]] for one in seen]

    buttons = asyncio.run(asyncio.wait_for(look(), 60))
    assert buttons[:3] == [[False, True]] * 3
    assert buttons[3:] == [[True, False]] * len(buttons[3:]) != []


def test_a_generator_that_fails_half_way_leaves_the_partial_answer(library: Home) -> None:
    shown = page(library, Scripted(["It is fired"], PlumblineError("The model is gone.", "Start it.")))
    answered(shown, "How hot is the kiln?", None, ANN)
    answer = kept(library, ANN)[1]
    assert (answer.state, answer.text) == ("failed", "It is fired")
    assert "was interrupted" in html.answer_markdown(answer)


def test_only_operators_see_where_the_failing_model_is(library: Home) -> None:
    shown = page(library, Scripted(["It is fired"], PlumblineError("The model at 10.0.0.7 is gone.", "Start it.")))
    reader = asked_by("cy")
    reader.state.identity = Identity("cy", operator=False)
    told = [str(answered(shown, "How hot is the kiln?", None, who)[-1]) for who in (reader, ANN)]
    assert "was interrupted" in told[0]
    assert "10.0.0.7" not in told[0]
    assert "10.0.0.7" in told[1]


def test_a_reader_who_leaves_stops_the_generator_and_keeps_the_answer(library: Home) -> None:
    generator = endless()
    shown = page(library, generator)

    async def leave() -> None:
        shown.begin("How hot is the kiln?", None, [], ANN)
        updates = shown.answer(ANN)
        while "fired" not in str((await anext(updates))[0][-1]):  # before that only the sources are there
            pass
        await updates.aclose()  # type: ignore[attr-defined]

    asyncio.run(asyncio.wait_for(leave(), 60))
    until(lambda: not shown.answers.running)
    until(lambda: generator.closed)
    assert kept(library, ANN)[1].state == "stopped"


def test_what_a_page_without_a_name_asked_is_answered_to_no_other_reader(library: Home) -> None:
    shown = page(library, Scripted(["It is fired at 940 degrees [1]."]))
    ann, bob = asked_by("ann", None), asked_by("bob", None)
    shown.begin("How hot is the kiln?", None, [], ann)
    assert "940" not in str(drawn(shown.answer(bob)))
    assert "940" in str(drawn(shown.answer(ann)))


def test_a_free_answer_is_checked_and_a_follow_up_is_condensed(library: Home) -> None:
    shown = page(library, Scripted(["The kiln is fired at 940 degrees [1][5]. ", "The moon is cheese."]))
    answered(shown, "How hot is the kiln?", None, ANN)
    assert kept(library, ANN)[1].text == "The kiln is fired at 940 degrees [1]. The moon is cheese."


def test_no_handler_takes_anothers_conversation(library: Home) -> None:
    shown = page(library, Scripted(["It is fired at 940 degrees."]))
    answered(shown, "How hot is the kiln?", None, ANN)
    (mine,) = library.conversations.find("ann")
    before = kept(library, ANN)
    for take in (
        lambda: drawn(shown.show(mine.id, BOB)),
        lambda: shown.rename(mine.id, "Mine", "", BOB),
        lambda: shown.delete_conversation(mine.id, "", BOB),
        lambda: answered(shown, "And how long?", mine.id, BOB),
        lambda: shown.comment(mine.id, 1, "Mine", BOB),
    ):
        with pytest.raises(NotFound):
            take()
    assert kept(library, ANN) == before
    assert library.conversations.find("ann") == [mine]


def test_text_of_an_answer_cannot_link_load_or_run() -> None:
    source = Source(1, "a.pdf", "v", 1, 1, "", "", "text", 0.5)
    text = "<img src=x onerror=alert(1)> ![i](http://x/y.png) [click](http://x) [1] [2]"
    written = html.answer_markdown(Message("m", "assistant", text, "", (source,)))
    assert "<" not in written
    assert "](http" not in written
    assert "[[1]](#source-m-1)" in written
    assert "[2]" not in written


LABELLED = [
    (
        Source(1, "a.pdf", "v", 14, 14, "", "", "text", 0.5, (), "iv"),
        "page 14 (iv)",
        "Seite 14 (iv)",
        "Page 14 (iv) of",
    ),
    (Source(1, "a.pdf", "v", 14, 14, "", "", "text", 0.5), "page 14", "Seite 14", "Page 14 of"),
    (
        Source(1, "a.pdf", "v", 14, 15, "", "", "text", 0.5, (), "iv–v"),
        "pages 14–15 (iv–v)",
        "Seiten 14–15 (iv–v)",
        "Page 15 of",
    ),
]


@pytest.mark.parametrize(("source", "english", "german", "picture"), LABELLED)
def test_a_source_shows_the_pages_own_label_beside_its_number_wherever_it_is_named(
    source: Source, english: str, german: str, picture: str
) -> None:
    messages = [Message("m", "assistant", "Yes [1].", "", (source,))]
    made = html.evidence(messages)
    assert f'<span class="where">{english} · similarity 0.50</span>' in made
    assert f'data-cited="[1] a.pdf, {english}"' in made  # what is copied with the answer
    assert f'alt="{picture} a.pdf with ' in made
    assert f'src="/page/{source.page}/a.pdf?' in made
    assert f'<span class="where">{german} · Ähnlichkeit 0,50</span>' in html.evidence(messages, GERMAN)
    written = export.markdown(Conversation("c", "Title", "", ""), messages)
    assert f"- [1] a.pdf, {english}, similarity 0.50" in written


def test_a_label_is_not_live_in_an_export() -> None:
    source = Source(1, "a.pdf", "v", 1, 1, "", "", "text", 0.5, (), "[i](http://x) <b>")
    written = export.markdown(Conversation("c", "", "", ""), [Message("m", "assistant", "Yes [1].", "", (source,))])
    assert "page 1 (\\[i\\](http://x) \\<b\\>)" in written


def test_names_and_texts_in_the_evidence_are_escaped() -> None:
    source = Source(1, '"><script>x</script>.pdf', "v", 1, 1, "", "<b>", "<script>", 0.5, (), '"><script>{x}')
    made = html.evidence([Message("m", "assistant", "Yes [1].", "", (source,))])
    assert "page 1 (&quot;&gt;&lt;script&gt;{x})" in made
    assert "<script" not in made
    assert "<b>" not in made.replace('<b class="number">', "")


def test_what_nobody_sees_stands_with_its_document_and_page_numbers_only_below_the_table() -> None:
    plain = Entry("book.pdf", state="ready", doubts={"page number": {"count": 326, "page": 2}})
    odd = Entry("<odd>.pdf", state="ready", doubts={"invisible": {"count": 3, "page": 4}})
    table, fold = html.documents_table([plain, odd], None, [], "", ENGLISH).split("</table>")
    assert "invisible words: 3 (e.g. on page 4)" in table
    assert "page numbers" not in table
    assert "<b>book.pdf</b>: page numbers: 326 (e.g. on page 2)" in fold
    assert "<b>&lt;odd&gt;.pdf</b>: invisible words: 3" in fold
    without = html.documents_table([Entry("book.pdf", state="ready")], None, [], "", ENGLISH)
    assert without.endswith("</table></div>")


@pytest.mark.parametrize(
    ("document", "number", "version", "boxes", "status"),
    [
        ("kiln.pdf", 1, "", "", 200),
        ("kiln.pdf", 2, "", "", 404),
        ("none.pdf", 1, "", "", 404),
        ("../plumbline.db", 1, "", "", 404),
        ("kiln.pdf", 1, "another", "", 410),
        ("kiln.pdf", 1, "", "1,2", 400),
        ("kiln.pdf", 1, "", "a,b,c,d", 400),
    ],
)
def test_a_pages_picture_is_served_for_what_is_there_alone(
    library: Home, document: str, number: int, version: str, boxes: str, status: int
) -> None:
    asked = (library.evidence, document, number, version, boxes, "", ENGLISH)
    if status == 200:
        assert bytes(page_picture(*asked).body).startswith(b"RIFF")
        return
    with pytest.raises(HTTPException) as refused:
        page_picture(*asked)
    assert refused.value.status_code == status


class Denied:
    """Reports and figures that can't be read."""

    def names(self) -> list[str]:
        raise PlumblineError("Listing s3://a/reports/ failed: <AccessDenied>.", "Allow it to this role.")

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        raise PlumblineError(f"Reading the metric {name} failed.", "Allow it to this role.")


def test_unreadable_reports_and_figures_are_reported_on_the_page() -> None:
    monitoring = Monitoring(SimpleNamespace(reports=Denied(), metrics=Denied()), deployed=True)
    said = "can&#x27;t be read. Listing s3://a/reports/ failed: &lt;AccessDenied&gt;. Allow it to this role."
    for kind in (None, "distance"):
        assert said in monitoring.report(kind, ANN)[1]
    told = monitoring.history("Week", ANN)
    assert "The metrics can&#x27;t be read. Reading the metric similarity failed. Allow it" in told


def test_the_latest_report_is_chosen_by_the_time_in_its_name(home: Home) -> None:
    for name in (
        "drift-documents-snapshot-20261101T100000Z",
        "drift-documents-baseline-20261008T100000Z",
        "distance-distance-20261031T100000Z",
        "compare-documents-BASELINE-1-snapshot-20270101T100000Z",
    ):
        home.reports.put(f"{name}.html", f"<p>{name}".encode(), "text/html")
    monitoring = Monitoring(home, deployed=False)
    assert "drift-documents-snapshot-20261101T100000Z.html" in monitoring.report(None, ANN)[1]
    assert "2026-10-31 10:00 UTC" in monitoring.report("distance", ANN)[1]
    assert "drift --of prompts --job_type SNAPSHOT" in monitoring.report("drift-prompts", ANN)[1]


def test_the_page_says_which_documents_are_in_languages_that_the_search_knows_by_words_alone() -> None:
    said = html.foreign_languages({"en", "de", "xx", ""}, {"en"}, ENGLISH)
    assert said.startswith(" The search understands English. It finds documents in other languages (German, xx)")
    assert "Deutsch" in html.foreign_languages({"de"}, {"en"}, GERMAN)
    assert (
        html.foreign_languages({"en", ""}, {"en"}, ENGLISH)
        == html.foreign_languages({"de"}, frozenset(), ENGLISH)
        == ""
    )


def test_a_source_that_was_found_by_its_words_alone_says_so() -> None:
    source = Source(1, "kiln.pdf", "v", 4, 4, "", "", "The kiln is hot.", None)
    made = html.evidence([Message("m", "assistant", "Yes [1].", "", (source,))])
    assert "keyword match" in made
