"""Another embedding model: its index is built beside the live one, and takes over when it is complete."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from runtime.ingest import Ingestor, building_index, move_over, note_failure, open_index, unsettled
from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.ports import PlumblineError
from tests import pdfs


@pytest.fixture
def other(minilm: MiniLm) -> MiniLm:
    """The same model by another name: another index."""
    made = copy.copy(minilm)
    made.model = "another-model"
    return made


@pytest.fixture
def library(home: Home, tmp_path: Path) -> Home:
    """Two documents, indexed."""
    for name in ("one", "two"):
        home.documents.put(f"{name}.pdf", pdfs.paragraphs(tmp_path / f"{name}.pdf", [f"The {name} kiln is hot."], name))
        assert home.ingestor().reconcile(f"{name}.pdf").did == "ingested"
    return home


def ingestor(home: Home, other: MiniLm) -> Ingestor:
    index = building_index(home.indexes, other)
    return Ingestor(home.documents, home.ledger, index, other, home.archive, former=home.index())


def test_the_former_index_is_live_until_every_document_is_in_the_new_one(library: Home, other: MiniLm) -> None:
    former = library.indexes.live()
    index = building_index(library.indexes, other)
    assert index.name != former
    assert unsettled(library.documents, library.ledger, index.name).waiting == ["one.pdf", "two.pdf"]
    assert ingestor(library, other).reconcile("one.pdf").did == "ingested"
    assert unsettled(library.documents, library.ledger, index.name).waiting == ["two.pdf"]
    assert library.indexes.live() == former
    found = library.answerer().search(["The two kiln"], 5)
    assert {hit.passage.document for hit in found[0]} == {"one.pdf", "two.pdf"}

    assert ingestor(library, other).reconcile("two.pdf").did == "ingested"
    assert unsettled(library.documents, library.ledger, index.name).waiting == []
    assert move_over(library.indexes, index)
    assert library.indexes.live() == index.name
    assert not move_over(library.indexes, index)
    assert open_index(library.indexes, other).name == index.name


def test_what_is_deleted_meanwhile_goes_from_both(library: Home, other: MiniLm) -> None:
    assert ingestor(library, other).reconcile("two.pdf").did == "ingested"
    version = library.ledger.get("two.pdf").version  # type: ignore[union-attr]
    library.documents.delete("two.pdf")
    former, index = library.index(), building_index(library.indexes, other)
    assert former.count("two.pdf", version) == index.count("two.pdf", version) == 1
    assert ingestor(library, other).reconcile("two.pdf").did == "deleted"
    assert former.count("two.pdf", version) == index.count("two.pdf", version) == 0


def test_a_document_that_failed_waits_for_the_operator_and_keeps_the_former_index(library: Home) -> None:
    name = library.indexes.live()
    note_failure(library.ledger, "one.pdf", PlumblineError("The model is gone.", "Start it."))
    left = unsettled(library.documents, library.ledger, name)
    assert (left.waiting, left.failed) == ([], ["one.pdf"])
    assert library.ingestor().reconcile("one.pdf", again=True).did == "ingested"
    left = unsettled(library.documents, library.ledger, name)
    assert (left.waiting, left.failed) == ([], [])


def test_a_version_that_only_the_former_index_has_is_not_said_to_stay(
    library: Home, other: MiniLm, tmp_path: Path
) -> None:
    library.documents.put("one.pdf", pdfs.damaged(tmp_path / "broken.pdf"))
    entry = ingestor(library, other).reconcile("one.pdf").entry
    assert entry is not None
    assert (entry.state, entry.version) == ("damaged", "")
    assert "stays searchable" not in entry.reason
