from __future__ import annotations

import random
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.local.sqlite import Database, SqliteLedger, SqliteWorkers, Working
from runtime.ports import Entry, LeaseLost, Ledger

ENTRY = Entry(
    "a b\n.pdf",
    "reading",
    10,
    "Title",
    "v1",
    "index",
    "v2",
    "tag",
    7,
    '{"ordinal": 3}',
    9,
    12,
    {"pdfium": 6},
    {"image": 1},
    "why",
    "what to do",
    1.5,
    {"repeated": {"count": 2, "page": 3}},
    "en",
    [["v0", "id of v0"], ["v1", "id of v1"]],
)


def test_an_entry_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    assert ledger.get(ENTRY.document) is None
    assert ledger.lease(ENTRY.document, "me", 60)
    ledger.save(ENTRY, "me")
    assert ledger.get(ENTRY.document) == ENTRY
    assert ledger.entries() == [ENTRY]
    ledger.remove(ENTRY.document, "me")
    assert ledger.get(ENTRY.document) is None


def test_an_entry_knows_the_stores_name_of_a_version_where_there_is_one() -> None:
    assert [ENTRY.version_id(version) for version in ("v0", "v1", "v2")] == ["id of v0", "id of v1", ""]
    assert Entry("older.pdf").version_id("v0") == ""


def test_a_lease_keeps_others_off_until_it_is_released(ledger: Ledger) -> None:
    assert ledger.lease("a", "me", 60)
    assert ledger.lease("a", "me", 60)
    assert not ledger.lease("a", "another", 60)
    assert ledger.lease("b", "another", 60)
    ledger.release("a", "another")
    assert not ledger.lease("a", "another", 60)
    ledger.release("a", "me")
    assert ledger.lease("a", "another", 60)


def test_a_lease_that_ran_out_is_taken_and_its_owner_can_write_no_more(ledger: Ledger) -> None:
    assert ledger.lease("a", "slow", 0)
    assert ledger.lease("a", "fast", 60)
    with pytest.raises(LeaseLost):
        ledger.save(Entry("a"), "slow")
    with pytest.raises(LeaseLost):
        ledger.remove("a", "slow")


def test_of_many_that_race_for_a_lease_one_gets_it(ledger: Ledger) -> None:
    won: list[str] = []
    start = threading.Barrier(8)

    def race(name: str) -> None:
        start.wait()
        if ledger.lease("a", name, 60):
            won.append(name)

    threads = [threading.Thread(target=race, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_an_entry_is_there_without_its_lease_and_a_lease_without_an_entry(ledger: Ledger) -> None:
    assert ledger.lease("b", "me", 60)
    assert ledger.get("b") is None
    assert ledger.entries() == []
    ledger.release("b", "me")
    for name in ("z", "a"):
        assert ledger.lease(name, "me", 60)
        ledger.save(Entry(name), "me")
        ledger.release(name, "me")
    assert [entry.document for entry in ledger.entries()] == ["a", "z"]
    with pytest.raises(LeaseLost):
        ledger.save(Entry("a"), "me")


HOLDER = """
import sys
from pathlib import Path
from runtime.local.sqlite import Database, SqliteLedger, SqliteWorkers, Working
database = Database(Path(sys.argv[1]))
assert SqliteLedger(database).lease("a", "1-other", 3600)
SqliteWorkers(database).report(Working("1-other", "a"))
print("leased", flush=True)
sys.stdin.read()
"""
"""Holds a lease, as the process 1 of another container would: here another process has that number."""


def test_a_lease_is_free_once_its_process_was_killed_and_not_before_whatever_its_number(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    ledger, workers = SqliteLedger(database), SqliteWorkers(database)
    command = [sys.executable, "-c", HOLDER, str(database.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "leased\n"
        workers.report(Working("1-mine"))
        assert not ledger.lease("a", "1-mine", 60)
        assert [one.process for one in workers.others("1-mine")] == ["1-other"]
        other.kill()
    assert workers.others("1-mine") == []
    assert ledger.lease("a", "1-mine", 60)
    workers.report(Working("1-mine", "a"))
    ledger.release("a", "1-mine")
    workers.leave("1-mine")
    assert list((tmp_path / "processes").iterdir()) == []


DIES = """
import os, sqlite3, sys
from pathlib import Path
from runtime.local.sqlite import Database, SqliteLedger

ledger = SqliteLedger(Database(Path(sys.argv[1])))
assert ledger.lease("a", "1-other", 3600)
connect = sqlite3.connect

def dying(*arguments, **options):
    connection = connect(*arguments, **options)
    connection.set_trace_callback(lambda statement: statement == "COMMIT" and os._exit(9))
    return connection

sqlite3.connect = dying
ledger.release("a", "1-other")
"""
"""Is killed right before its release of a lease is committed."""


def test_a_lease_is_free_if_its_process_was_killed_while_it_released_it(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    assert subprocess.run([sys.executable, "-c", DIES, str(database.path)]).returncode == 9
    assert SqliteLedger(database).lease("a", "1-mine", 60)


def test_the_lease_of_a_process_of_which_nothing_is_known_runs_out(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    ledger = SqliteLedger(database)
    with database.transaction() as t:  # as a former version wrote it
        t.execute("INSERT INTO leases VALUES ('a', '1-former', 1e12), ('b', '1-former', 0)")
    assert not ledger.lease("a", "me", 60)
    assert ledger.lease("b", "me", 60)
    assert SqliteWorkers(database).others() == []


def test_a_list_that_is_asked_for_again_and_again_follows_what_is_saved_and_removed(ledger: Ledger) -> None:
    def listed() -> list[tuple[str, str]]:
        return [(entry.document, entry.state) for entry in ledger.summaries()]

    assert listed() == []
    for n, name in enumerate(("z", "a", "m")):
        assert ledger.lease(name, "me", 60)
        ledger.save(Entry(name, "reading", updated=1000.0 * n), "me")
    assert listed() == [("a", "reading"), ("m", "reading"), ("z", "reading")]
    ledger.save(Entry("a", "ready", updated=9000.0), "me")
    ledger.remove("z", "me")
    assert listed() == [("a", "ready"), ("m", "reading")]
    assert ledger.lease("new", "me", 60)
    assert listed() == [("a", "ready"), ("m", "reading")]
    ledger.remove("m", "me")
    assert listed() == [("a", "ready")]


def test_a_summary_has_all_that_is_shown(ledger: Ledger) -> None:
    assert ledger.lease(ENTRY.document, "me", 60)
    ledger.save(ENTRY, "me")
    (summary,) = ledger.summaries()
    assert replace(summary, carry="", index="", reading="", tag="", version_ids=[], left=[]) == replace(
        ENTRY, carry="", index="", reading="", tag="", version_ids=[], left=[]
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_list_is_that_of_all_entries_whatever_other_processes_save_and_remove(tmp_path: Path, seed: int) -> None:
    watching, writing = (SqliteLedger(Database(tmp_path / "a.db")) for _ in range(2))
    chance = random.Random(seed)
    for step in range(200):
        name = chance.choice("abcdef")
        assert writing.lease(name, "me", 60)
        if chance.random() < 0.6:
            writing.save(Entry(name, updated=float(step)), "me")
        else:
            writing.remove(name, "me")
        if chance.random() < 0.5:
            assert watching.summaries() == writing.entries()
