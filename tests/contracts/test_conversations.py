from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from runtime.ports import Citation, Conversations, Message, NotFound, PageBox, Source
from runtime.records import message_json, message_of

SOURCE = Source(1, "a.pdf", "v", 3, 4, "Title", "Heading", "Text", 0.5, (PageBox(3, 1.0, 2.0, 3.0, 4.0),), "iv")
QUESTION = Message("m1", "user", "Wie groß ist der Kessel?", "2026-01-01T00:00:00+00:00")
ANSWER = Message("m2", "assistant", "Ninety litres [1].", "2026-01-01T00:00:01+00:00", (SOURCE,), "done")


def test_messages_come_back_as_they_were_in_order(conversations: Conversations) -> None:
    made = conversations.create("ann", "Boilers")
    conversations.append("ann", made.id, [QUESTION, ANSWER])
    assert conversations.messages("ann", made.id) == [QUESTION, ANSWER]


def test_a_message_that_was_stored_before_pages_had_labels_is_read() -> None:
    stored = json.loads(message_json(ANSWER))
    del stored["sources"][0]["label"]
    assert message_of(json.dumps(stored)) == replace(ANSWER, sources=(replace(SOURCE, label=""),))


def test_versions_of_a_question_and_its_answer_say_what_they_replace(conversations: Conversations) -> None:
    made = conversations.create("ann", "Boilers")
    conversations.append("ann", made.id, [QUESTION, ANSWER])
    again = replace(ANSWER, id="m3", text="A hundred litres [1].", replaces="m2")
    changed = [replace(QUESTION, id="m4", text="Wie alt?", replaces="m1"), replace(ANSWER, id="m5", replaces="m3")]
    conversations.append("ann", made.id, [again])
    conversations.append("ann", made.id, changed)
    assert conversations.messages("ann", made.id) == [QUESTION, ANSWER, again, *changed]


def test_a_message_that_was_stored_before_there_were_versions_replaces_none() -> None:
    stored = json.loads(message_json(ANSWER))
    del stored["replaces"]
    assert message_of(json.dumps(stored)) == ANSWER


def test_the_newest_conversation_is_first_and_writing_renews_it(conversations: Conversations) -> None:
    first, second = conversations.create("ann", "First"), conversations.create("ann", "Second")
    assert [c.title for c in conversations.find("ann")] == ["Second", "First"]
    assert [c.title for c in conversations.find("ann", limit=1)] == ["Second"]
    assert [c.title for c in conversations.find("ann", "first", limit=1)] == ["First"]
    conversations.append("ann", first.id, [QUESTION])
    assert [c.id for c in conversations.find("ann")] == [first.id, second.id]


def test_a_search_looks_into_titles_and_messages(conversations: Conversations) -> None:
    boilers, _ = conversations.create("ann", "About Boilers"), conversations.create("ann", "Other")
    conversations.append("ann", boilers.id, [QUESTION])
    for part in ("boiler", "KESSEL", "About B"):
        assert [c.id for c in conversations.find("ann", part)] == [boilers.id]
    assert conversations.find("ann", "100%_") == []


def test_one_conversation_is_found_by_its_id(conversations: Conversations) -> None:
    made = conversations.create("ann", "Boilers")
    assert conversations.get("ann", made.id) == made
    with pytest.raises(NotFound):
        conversations.get("ann", "nothing")


def test_renaming_and_deleting(conversations: Conversations) -> None:
    made = conversations.create("ann", "Old")
    conversations.append("ann", made.id, [QUESTION])
    conversations.rename("ann", made.id, "New")
    assert conversations.find("ann")[0].title == "New"
    conversations.delete("ann", made.id)
    assert conversations.find("ann") == []
    with pytest.raises(NotFound):
        conversations.messages("ann", made.id)


def test_feedback_stays_with_its_message(conversations: Conversations) -> None:
    made = conversations.create("ann", "Boilers")
    conversations.append("ann", made.id, [QUESTION, ANSWER])
    conversations.feedback("ann", made.id, "m2", -1, "Wrong boiler")
    kept = conversations.messages("ann", made.id)[1]
    assert (kept.vote, kept.comment, kept.text) == (-1, "Wrong boiler", ANSWER.text)


def test_nobody_reaches_another_users_conversation(conversations: Conversations) -> None:
    made = conversations.create("ann", "Private")
    conversations.append("ann", made.id, [ANSWER])
    assert conversations.find("bob") == []
    assert conversations.find("bob", "Private") == []
    for reach in (
        lambda: conversations.get("bob", made.id),
        lambda: conversations.messages("bob", made.id),
        lambda: conversations.rename("bob", made.id, "Mine"),
        lambda: conversations.delete("bob", made.id),
        lambda: conversations.append("bob", made.id, [QUESTION]),
        lambda: conversations.feedback("bob", made.id, "m2", 1, ""),
    ):
        with pytest.raises(NotFound):
            reach()
    assert conversations.messages("ann", made.id) == [ANSWER]


def test_messages_are_added_all_or_none(conversations: Conversations) -> None:
    made = conversations.create("ann", "Boilers")
    with pytest.raises(Exception, match=r".+"):
        conversations.append("ann", made.id, [QUESTION, QUESTION])
    assert conversations.messages("ann", made.id) == []


def test_documents_that_an_answer_cites_are_known_by_when_whoever_asked(conversations: Conversations) -> None:
    before = time.time() - 1
    other = replace(SOURCE, number=2, document="b.pdf")
    for user, sources, cited in (("ann", (SOURCE, other), 1), ("bob", (SOURCE, replace(other, document="/c")), 2)):
        made = conversations.create(user, "Boilers")
        answer = replace(ANSWER, id=f"of {user}", sources=sources, citations=(Citation(cited, "Ninety litres."),))
        conversations.append(user, made.id, [replace(QUESTION, id=f"to {user}"), answer])
    found = conversations.last_cited()
    assert set(found) == {"a.pdf", "/c"}
    assert all(before <= at <= time.time() + 1 for at in found.values())


def test_questions_without_an_answer_are_listed_without_whose_they_are(conversations: Conversations) -> None:
    own, others = conversations.create("ann", "Boilers"), conversations.create("bob", "Kilns")
    refused = replace(ANSWER, id="r1", at="2026-01-01T00:00:02+00:00", state="refused")
    failed = Message("f1", "assistant", "", "2026-01-01T00:00:03+00:00", state="failed", unanswered="empty")
    conversations.append("ann", own.id, [QUESTION, refused])
    conversations.append("bob", others.id, [replace(QUESTION, id="q2", text="How hot?"), failed])
    conversations.append("bob", others.id, [replace(QUESTION, id="q3"), replace(ANSWER, id="done")])
    newest, oldest = conversations.unanswered("ann", 10)
    assert (newest.message, newest.question, newest.state, newest.conversation) == ("f1", "How hot?", "failed", "")
    assert (newest.document, newest.page) == ("", 0)
    assert (oldest.question, oldest.conversation) == (QUESTION.text, own.id)
    assert (oldest.document, oldest.version, oldest.page, oldest.at) == ("a.pdf", "v", 3, refused.at)
    assert [one.message for one in conversations.unanswered("bob", 1)] == ["f1"]
    assert [one.conversation for one in conversations.unanswered("bob", 10)] == [others.id, ""]
    conversations.delete("bob", others.id)
    assert [one.message for one in conversations.unanswered("ann", 10)] == ["r1"]
