"""Documents by the names that people give them."""

from __future__ import annotations

import pytest

from runtime.lookup import UnknownDocument, check_documents, similar_names, twins
from runtime.ports import Entry
from tests.unit.library import Library

KNOWN = [
    "2023/report.pdf",
    "2024/Annual Report.pdf",
    "2024/report.pdf",
    "contracts/Lease (signed).PDF",
    "U\u0308bung.pdf",
]


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("Annual Report.pdf", "2024/Annual Report.pdf"),
        ("annual report", "2024/Annual Report.pdf"),
        ("2023/Annual Report.pdf", "2024/Annual Report.pdf"),
        ("/home/me/2024/anual-report.pdf", "2024/Annual Report.pdf"),
        ("lease", "contracts/Lease (signed).PDF"),
        ("Lease (signed) copy.pdf", "contracts/Lease (signed).PDF"),
        ("\u00dcbung", "U\u0308bung.pdf"),
        ("2024/report", "2024/report.pdf"),
        ("2023/report", "2023/report.pdf"),
    ],
)
def test_a_name_without_folder_or_ending_or_misspelt_is_near_the_one_that_is_meant(given: str, first: str) -> None:
    assert similar_names(given, KNOWN)[0] == first


@pytest.mark.parametrize("given", ["", "a", "invoices.pdf", "\udcff", "x" * 10_000])
def test_a_name_like_no_other_is_near_none(given: str) -> None:
    assert similar_names(given, KNOWN) == []


def test_three_names_at_most_are_suggested() -> None:
    assert len(similar_names("report", [f"{year}/report.pdf" for year in range(1990, 2026)])) == 3


@pytest.mark.parametrize("given", ["none.pdf", "", "\udcff"])
def test_an_unknown_document_is_an_error_with_the_command_that_lists_them(library: Library, given: str) -> None:
    with pytest.raises(UnknownDocument) as told:
        check_documents(library.ledger, [given], "python -m runtime documents --stack dev")
    assert repr(given) in told.value.reason
    assert told.value.remedy == "`python -m runtime documents --stack dev` lists them."


def test_documents_of_the_same_bytes_name_the_first_of_them() -> None:
    entries = [Entry("c.pdf", version="1"), Entry("a.pdf", version="1"), Entry("b.pdf", version="2"), Entry("d.pdf")]
    assert twins([*entries, Entry("e.pdf"), Entry("f.pdf", version="1")]) == {"c.pdf": "a.pdf", "f.pdf": "a.pdf"}
