"""The ingestor over ports in memory: whatever happens around it at whatever moment, nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runtime import ingest
from runtime.ingest import Outcome
from runtime.ports import LeaseLost, PlumblineError
from tests.unit.library import Calls, Library, failing_on

KEY = "reports/a.pdf"


@pytest.fixture(autouse=True, scope="module")
def small_windows() -> Iterator[None]:
    """Two pages are a window, and one waits while the next is read, so that few pages are many windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "WINDOW", 2)
        patch.setattr(ingest, "AHEAD", 0)
        yield


@pytest.fixture
def library() -> Library:
    return Library()


def pages(number: int, subject: str = "kiln") -> list[str]:
    """Pages of a sentence each."""
    return [f"On page {page} the {subject} is {page * 7} degrees hot." for page in range(1, number + 1)]


def put_aside(library: Library) -> Outcome:
    """Read one window of the document, and no more."""
    return library.ingestor().reconcile(KEY, enough=lambda: True)


def test_a_document_that_is_put_back_after_its_removal_broke_off_is_read_again(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    library.delete(KEY)
    library.reconcile(KEY, failing_on("ledger.remove"))
    version = library.put(KEY, *pages(3))
    assert library.ingestor().reconcile(KEY).did == "ingested"
    assert library.searchable(KEY) == {version: 3}
    library.check()


def test_a_version_that_is_searchable_is_said_to_be_before_the_one_before_it_goes(library: Library) -> None:
    library.put(KEY, *pages(3))
    library.reconcile(KEY)
    new = library.put(KEY, *pages(5, "oven"))
    library.reconcile(KEY, failing_on("index.delete"))
    library.put(KEY, *pages(2, "forge"), refused="damaged")
    library.reconcile(KEY)
    assert (library.entry(KEY).version, library.searchable(KEY)) == (new, {new: 5})
    library.check()


class Losing(Calls):
    """The index loses a passage of the first write."""

    def make(self, name: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if name == "index.write" and name not in self.names:
            arguments = tuple(argument[:-1] for argument in arguments)
        return super().make(name, call, *arguments, **options)


def test_an_index_that_lost_a_passage_is_noticed_before_the_version_before_it_goes(library: Library) -> None:
    old = library.put(KEY, *pages(3))
    library.reconcile(KEY)
    new = library.put(KEY, *pages(9, "oven"))
    with pytest.raises(PlumblineError, match=r"has 8 passages in the index where 9 were written"):
        library.ingestor(Losing()).reconcile(KEY)
    entry = library.entry(KEY)
    assert (entry.state, entry.version, entry.next_page) == ("failed", old, 1)
    assert library.searchable(KEY) == {old: 3, new: 8}
    assert library.ingestor().reconcile(KEY).did == "ingested"
    library.check()


def test_a_worker_whose_lease_ran_out_while_it_embedded_leaves_the_index_alone(library: Library) -> None:
    library.put(KEY, *pages(5))

    def taken(_: int, name: str) -> None:
        if name == "embedder.embed" and not library.ledger.lease(KEY, "another", 60):
            library.leases_run_out()
            library.ledger.lease(KEY, "another", 600)

    with pytest.raises(LeaseLost):
        library.ingestor(calls := Calls(taken)).reconcile(KEY)
    assert not [name for name in calls.names if name.startswith(("index.", "archive."))]
