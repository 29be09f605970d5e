"""What is noted of answers, also of those that an earlier version has stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from runtime.asked import notes_on
from runtime.local.sqlite import MIGRATIONS, Database, SqliteConversations
from runtime.ports import Citation, Message, Source
from runtime.records import message_json

SOURCES = tuple(Source(n, f"{name}.pdf", "v", n, n, "", "", "Text.", 0.5) for n, name in enumerate("abc", 1))
QUESTION = Message("q", "user", "How hot is the kiln?", "2026-01-01T10:00:00+00:00")
ANSWER = Message("a", "assistant", "940 [2].", "2026-01-01T10:00:01+00:00", SOURCES, citations=(Citation(2, "940"),))
REFUSAL = Message("r", "assistant", "Nothing.", "2026-01-01T10:00:02+00:00", SOURCES, "refused")


def test_only_what_a_whole_answer_cites_counts_as_cited() -> None:
    assert notes_on([QUESTION, ANSWER]).cited == ("b.pdf",)
    stopped = Message("s", "assistant", "940 [2]", "", SOURCES, "stopped", citations=(Citation(2, "940"),))
    assert notes_on([QUESTION, stopped, REFUSAL]).cited == ()


def test_a_follow_up_without_an_answer_is_listed_as_it_was_searched_for() -> None:
    follow_up = Message("r", "assistant", "", "", state="refused", asked="How hot is the kiln? And the oven?")
    (found,) = notes_on([QUESTION, follow_up]).unanswered
    assert found.question == "How hot is the kiln? And the oven?"


def test_a_database_of_an_earlier_version_has_its_conversations_noted(tmp_path: Path) -> None:
    path = tmp_path / "plumbline.db"
    with sqlite3.connect(path) as older:
        for script in MIGRATIONS[:2]:
            older.executescript(script)
        older.execute("PRAGMA user_version = 2")
        older.execute("INSERT INTO conversations VALUES ('c', 'ann', 'Kilns', '', '')")
        for one in (QUESTION, ANSWER, Message("q2", "user", "And the oven?", ""), REFUSAL):
            older.execute(
                "INSERT INTO messages (id, conversation, text, message) VALUES (?, 'c', ?, ?)",
                (one.id, one.text, message_json(one)),
            )
    older.close()
    conversations = SqliteConversations(Database(path))
    assert conversations.last_cited() == {"b.pdf": 1_767_261_601.0}
    (found,) = conversations.unanswered("ann", 10)
    assert (found.question, found.document, found.page, found.conversation) == ("And the oven?", "a.pdf", 1, "c")
