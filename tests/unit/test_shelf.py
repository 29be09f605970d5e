"""The list of documents: groups, search, order, pages, progress, and what has changed."""

from __future__ import annotations

import time

import pytest

from runtime.ports import Entry
from ui.shelf import ROWS, Group, Shelf, Wanted, natural


def ready(name: str, **more: object) -> Entry:
    values = {"state": "ready", "version": name, "pages": 3, **more}
    return Entry(name, **values)  # type: ignore[arg-type]


def shelf(*entries: Entry, waiting: tuple[str, ...] = ()) -> Shelf:
    made = Shelf()
    made.take(entries, (), waiting, {})
    return made


def names(made: Shelf, **wanted: object) -> list[str]:
    return [row.document for row in made.find(Wanted(**wanted))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "group"),
    [
        (ready("a.pdf"), "ready"),
        (ready("a.pdf", skipped={"blank": 2}), "ready"),
        (ready("a.pdf", skipped={"garbled": 2}), "partial"),
        (ready("a.pdf", doubts={"page number": {"count": 9, "page": 1}}), "ready"),
        (ready("a.pdf", doubts={"invisible": {"count": 9, "page": 1}}), "partial"),
        (ready("a.pdf", state="failed", reason="It broke.", remedy="Mend it."), "problem"),
        (Entry("a.pdf", "encrypted", reason="It is encrypted.", remedy="Decrypt it."), "problem"),
        (Entry("a.pdf", "no text"), "problem"),
        (Entry("a.pdf", "portfolio"), "ready"),
        (Entry("a.pdf", "reading"), "reading"),
        (ready("a.pdf", state="recognizing"), "reading"),
    ],
)
def test_each_state_belongs_to_one_group(entry: Entry, group: Group) -> None:
    made = shelf(entry)
    assert made.page(Wanted(), 1).counts == {**dict.fromkeys(("reading", "ready", "partial", "problem"), 0), group: 1}
    assert names(made, group=group) == ["a.pdf"]


def test_words_are_found_in_names_and_titles_in_any_order_and_composition() -> None:
    made = shelf(ready("Ku\u0308che.pdf", title="Tables"), ready("kiln.pdf", title="How hot?"), ready("x.pdf"))
    assert names(made, words="küche") == ["Ku\u0308che.pdf"]
    assert names(made, words="HOT kil") == ["kiln.pdf"]
    assert names(made, words="hot tables") == []


def test_names_are_sorted_as_people_sort_them() -> None:
    made = shelf(*map(ready, ("b.pdf", "Chapter 10.pdf", "chapter 2.pdf", "²3.pdf", "9" * 40)))
    assert names(made, order="name", descending=False)[1:4] == ["9" * 40, "b.pdf", "chapter 2.pdf"]
    assert natural("Chapter 2") < natural("chapter 10")


def test_each_column_sorts_both_ways_and_equals_stay_in_the_order_of_names() -> None:
    made = shelf(
        ready("c.pdf", pages=1, added=5.0), ready("a.pdf", pages=9, added=7.0), ready("b.pdf", pages=1, updated=6.0)
    )
    assert names(made, order="pages") == ["a.pdf", "b.pdf", "c.pdf"]
    assert names(made, order="pages", descending=False) == ["b.pdf", "c.pdf", "a.pdf"]
    assert names(made) == ["a.pdf", "b.pdf", "c.pdf"]
    made.take([row.entry for row in made.find(Wanted())], (), (), {"c.pdf": 3.0})
    assert names(made, order="cited") == ["c.pdf", "a.pdf", "b.pdf"]


def test_a_page_that_is_not_there_any_more_is_the_last_one() -> None:
    made = shelf(*(ready(f"{n}.pdf") for n in range(ROWS + 1)))
    listing = made.page(Wanted(order="name", descending=False), 7)
    assert (listing.page, listing.pages, listing.total) == (2, 2, ROWS + 1)
    assert [row.document for row in listing.rows] == [f"{ROWS}.pdf"]


def test_what_waits_is_listed_at_once_and_progress_counts_all_that_came_together() -> None:
    made = Shelf()
    change = made.take([ready("old.pdf")], (), ("a.pdf", "b.pdf"), {})
    assert change.listed
    assert (made.reading.done, made.reading.total, len(made), made.readable()) == (0, 2, 3, 1)
    being_read = Entry("a.pdf", "reading", next_page=5, pages=9)
    change = made.take([ready("old.pdf")], [being_read], ("a.pdf", "b.pdf"), {})
    assert change.progress == [("a.pdf", "reading", 4, 9)]
    unmoved = made.take([ready("old.pdf")], [being_read], ("a.pdf", "b.pdf"), {})
    assert (unmoved.progress, unmoved.listed) == ([], False)
    made.take([ready("old.pdf"), ready("a.pdf")], (), ("b.pdf",), {})
    assert (made.reading.done, made.reading.total, made.reading.left) == (1, 2, 1)
    made.take([ready("old.pdf"), ready("a.pdf"), ready("b.pdf")], (), (), {})
    assert made.reading.total == 0


def test_progress_alone_does_not_change_the_list() -> None:
    made = Shelf()
    made.take((), [Entry("a.pdf", "reading", next_page=2, pages=9)], ("a.pdf",), {})
    change = made.take((), [Entry("a.pdf", "reading", next_page=3, pages=9)], ("a.pdf",), {})
    assert (change.progress, change.listed) == ([("a.pdf", "reading", 2, 9)], False)


def test_a_removed_document_is_gone_at_once_until_one_of_its_name_comes() -> None:
    made = shelf(ready("a.pdf"), ready("b.pdf"))
    made.remove(["a.pdf"])
    assert names(made) == ["b.pdf"]
    made.take([ready("a.pdf"), ready("b.pdf")], (), ("a.pdf",), {})  # its removal is queued
    assert names(made) == ["b.pdf"]
    made.came("a.pdf")
    made.take([ready("a.pdf"), ready("b.pdf")], (), ("a.pdf",), {})
    assert set(names(made)) == {"a.pdf", "b.pdf"}


def test_a_twin_is_named_and_bytes_are_found() -> None:
    made = shelf(ready("a.pdf", version="same"), ready("b.pdf", version="same"), Entry("c.pdf", reading="other"))
    assert [row.twin for row in made.find(Wanted(order="name", descending=False))] == ["", "a.pdf", ""]
    assert (made.with_bytes("same"), made.with_bytes("other"), made.with_bytes("none")) == ("a.pdf", "c.pdf", "")


def test_ten_thousand_documents_are_listed_in_a_moment() -> None:
    entries = [ready(f"folder {n % 90}/report {n}.pdf", title=f"Report {n}", added=float(n)) for n in range(10_000)]
    made = shelf(*entries)
    began = time.perf_counter()
    change = made.take(entries, (), (), {})
    listing = made.page(Wanted("report 77", "ready", "name"), 3)
    assert time.perf_counter() - began < 0.5
    assert (change.listed, listing.counts["ready"]) == (False, sum("77" in one.document for one in entries))
