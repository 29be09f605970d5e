"""What of an answer becomes HTML, and how: nothing of a document, a name or a question is live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.ports import Citation, Confidence, Conversation, Message, PageBox, Source
from ui import export, suggestions
from ui.markdown import answer_html, growing_text
from ui.render import copied, quotes_of, sources_json, turn_json
from ui.texts import ENGLISH, GERMAN
from ui.turns import Turn, Version, turns_of

SOURCE = Source(1, "a.pdf", "v", 14, 14, "A", "Kilns › Heat", "The kiln is hot.", 0.5)
QUESTION = Message("q", "user", "How hot?", "")
HOSTILE = '"><script>x</script>.pdf'


def answer(text: str, *sources: Source, **more: object) -> Message:
    return Message("m", "assistant", text, "", sources, **more)  # type: ignore[arg-type]


def html(message: Message, question: str = "How hot?") -> str:
    made = turn_json(Turn((Version(replace(QUESTION, text=question), message),)), ENGLISH, {})
    return str(made["versions"][0]["html"])


def test_text_of_an_answer_cannot_link_load_or_run() -> None:
    text = (
        "<img src=x onerror=alert(1)> ![i](http://x/y.png) [click](http://x) <http://x> http://x [1] [2] [x]: http://x"
    )
    written = answer_html(answer(text, SOURCE), ENGLISH)
    assert "<img" not in written
    assert "<a" not in written
    assert "href" not in written
    assert written.count('<button type="button" class="chip"') == 1


@pytest.mark.parametrize(
    "text", ["    indented\n\n\tcode", "```html\n<b>x</b>\n```", "| a | b |\n| - | - |\n| <b> | 1 |"]
)
def test_blocks_of_an_answer_are_text(text: str) -> None:
    assert "<b>" not in answer_html(answer(text), ENGLISH)


def test_a_citation_names_its_page_and_knows_its_place_in_the_answer() -> None:
    cited = (Citation(1, "Hot."), Citation(2, "Wet."))
    other = replace(SOURCE, number=2, document="folder/wet one.pdf", label="iv")
    made = answer_html(answer("It is hot [1]. It is wet [2].", SOURCE, other, citations=cited), ENGLISH)
    assert 'data-source="1" data-citation="0"><span class="chip-name">a</span> <span class="chip-page">p. 14<' in made
    assert 'data-source="2" data-citation="1"><span class="chip-name">wet one</span>' in made
    assert "p. 14 (iv)" in made
    assert "S. 14" in answer_html(answer("Heiß [1].", SOURCE), GERMAN)


def test_a_claim_that_was_not_found_says_so() -> None:
    assert "(not found in the sources)" in answer_html(answer("It is cheese [?].", SOURCE), ENGLISH)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("It is [1]. Hot [2", "It is. Hot"), ("It is [", "It is"), ("a [?] b", "a b"), ("see [x]", "see [x]")],
)
def test_a_growing_answer_has_no_citations_yet(text: str, shown: str) -> None:
    assert growing_text(text).rstrip() == shown


def test_names_and_texts_are_escaped_wherever_they_are_shown() -> None:
    source = Source(1, HOSTILE, "v", 1, 1, "<i>", "<b>", "<script>", 0.5, (), '"><script>{x}')
    for message in (
        answer("Yes [1].", source),
        answer("", source, state="refused"),
        answer("<script>", source, state="stopped", asked="<script>?"),
        answer("<script> [1]", source, citations=(Citation(1, "<script>"),)),
    ):
        made = html(message, "<script>?</script>")
        for tag in ("<script", "<b>", "<i>"):
            assert tag not in made
        assert "&lt;script&gt;" in made


def test_quotes_are_shown_each_with_its_page() -> None:
    cited = (Citation(1, "The kiln is hot."), Citation(1, "So is the *oven*"))
    message = answer("The kiln is hot [1].\n\nSo is the *oven* [1]", SOURCE, citations=cited)
    assert quotes_of(message) == [("The kiln is hot.", 0), ("So is the *oven*", 1)]
    made = html(message)
    assert made.count("<blockquote>") == 2
    assert "So is the *oven*</blockquote>" in made
    assert quotes_of(replace(message, text="It is hot [1].")) == []


def test_what_is_cited_stands_before_what_was_only_found() -> None:
    found = replace(SOURCE, number=2, document="found.pdf")
    made = html(answer("Hot [1].", SOURCE, found, citations=(Citation(1, "Hot."),)))
    assert "1 cited · 1 also found" in made
    assert made.index("a.pdf") < made.index("Also found") < made.index("found.pdf")


def test_a_refusal_is_closed_and_marks_nothing() -> None:
    made = html(answer("The documents do not say.", SOURCE, state="refused"))
    assert "Closest, probably not it" in made
    assert '<details class="nearest"><summary>' in made
    assert "cited" not in made
    assert "nothing near" in html(answer("The documents do not say.", state="refused"))


def test_an_incomplete_answer_says_how_it_ended_in_its_own_turn() -> None:
    assert "Stopped." in html(answer("Half", state="stopped"))
    made = html(answer("Half", state="failed", unanswered="filtered"))
    assert "content filter" in made
    assert 'data-do="retry"' in made


def test_the_reader_is_given_each_cited_unit_with_its_place() -> None:
    box = PageBox(14, 1.0, 2.0, 3.0, 4.0)
    sure = Confidence(0.9, ("hot",))
    source = replace(SOURCE, boxes=(box,), confidence=sure)
    message = answer("Hot [1].", source, citations=(Citation(1, "Hot.", (box,), ("hot",)),))
    (given,) = sources_json(message, ENGLISH)
    assert given["boxes"] == [[14, 1.0, 2.0, 3.0, 4.0]]
    assert given["cited"] == [{"n": 0, "text": "Hot.", "boxes": [[14, 1.0, 2.0, 3.0, 4.0]], "doubtful": ["hot"]}]
    assert (given["sure"], given["place"]) == (90, "p. 14")


LABELLED = [
    (replace(SOURCE, label="iv"), "page 14 (iv)", "Seite 14 (iv)"),
    (SOURCE, "page 14", "Seite 14"),
    (replace(SOURCE, last_page=15, label="iv–v"), "pages 14–15 (iv–v)", "Seiten 14–15 (iv–v)"),
]


@pytest.mark.parametrize(("source", "english", "german"), LABELLED)
def test_a_source_shows_the_pages_own_label_beside_its_number_wherever_it_is_named(
    source: Source, english: str, german: str
) -> None:
    message = answer("Yes [1].", source)
    assert copied(message, ENGLISH) == f"Yes [1].\n\nSources:\n[1] a.pdf, {english}"
    assert copied(message, GERMAN).endswith(f"a.pdf, {german}")
    written = export.markdown(Conversation("c", "Title", "", ""), [QUESTION, message])
    assert f"- [1] a.pdf, {english}, similarity 0.50" in written


def test_a_source_that_was_found_by_its_words_alone_says_so() -> None:
    assert "keyword match" in html(answer("Yes [1].", replace(SOURCE, similarity=None)))


def test_a_label_is_not_live_in_an_export() -> None:
    source = replace(SOURCE, page=1, last_page=1, label="[i](http://x) <b>")
    written = export.markdown(Conversation("c", "", "", ""), [QUESTION, answer("Yes [1].", source)])
    assert "page 1 (\\[i\\](http://x) \\<b\\>)" in written


def test_an_export_has_the_newest_version_of_each_turn() -> None:
    again = replace(answer("Hotter."), id="m2", replaces="m")
    written = export.markdown(Conversation("c", "", "", ""), [QUESTION, answer("Hot."), again])
    assert "Hotter." in written
    assert "Hot." not in written


def test_turns_are_told_apart_also_where_a_message_is_missing() -> None:
    stray = Message("a0", "assistant", "To nobody.", "")
    alone, asked = Message("q1", "user", "1?", ""), Message("q2", "user", "2?", "")
    said = Message("a2", "assistant", "2.", "")
    lost = Message("a3", "assistant", "3.", "", replaces="gone")
    turns = turns_of([stray, alone, asked, said, lost])
    assert [turn.id for turn in turns] == ["q1", "q2"]
    assert turns[0].versions[0].answer is None
    assert [one.answer.text for one in turns[1].versions if one.answer] == ["2.", "3."]


SAID = {"encrypted", "documents", "reading", "kiln", "room", "platform", "notes"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("2 Basics › 2.10 What is CRAN?", "What is CRAN?"),
        ("Appendix C Platform notes", "How are platform notes handled?"),
        ("A › Encrypted documents", "How are encrypted documents handled?"),
        ("How to deploy a stack", "How do I deploy a stack?"),
        ("Reading documents", "What should I know about reading documents?"),
        ("What happens to a document", "What happens to a document?"),
        ("The kiln room", "What should I know about the kiln room?"),
        ("Kiln room", "What should I know about the kiln room?"),
        ("What the page doesn't let anyone do", ""),
        ("Chapter 2 On notes", "What should I know about notes?"),
        ("For developers", ""),
        ("States, and what to do", ""),
        ("Table of Contents", ""),
        ("Function index › W", ""),
        ("4", ""),
        ("2 Simple numbers and vectors . . 8", ""),
        ("consult the list of packages (or", ""),
        ("1 Introduction", ""),
        ("x9 §§ 77 a1 //", ""),
    ],
)
def test_a_heading_that_says_something_becomes_a_question_as_a_person_would_ask_it(path: str, asked: str) -> None:
    assert suggestions.question("R", path, "en", SAID) == asked


def test_a_question_is_made_in_the_documents_language_or_not_at_all() -> None:
    assert suggestions.question("R", "Verschlüsselte Dokumente", "de") == "Was gilt für Verschlüsselte Dokumente?"
    assert suggestions.question("R", "Documents chiffrés", "fr") == ""


def test_an_answer_offers_questions_about_what_was_found_and_not_cited_first() -> None:
    found = replace(SOURCE, number=2, heading="Kilns › Firing schedules", text="firing schedules")
    message = answer("Hot [1].", SOURCE, found, citations=(Citation(1, "Hot."),))
    assert suggestions.following(message, "How hot?", {"a.pdf": "en"}) == ["What should I know about firing schedules?"]
    assert suggestions.following(replace(message, state="refused"), "How hot?", {"a.pdf": "en"}) == []
