"""What the handbook says of deploying."""

from __future__ import annotations

import re

import pytest

from components.functions import CodeArgs
from components.ingestion import JUMP_TYPE
from components.settings import KEYS, SIZES, Settings
from components.stack import compose
from runtime.names import RECOGNITION_PAGES, textract_cost
from tests.deploy import bill, prices
from tests.deploy.engine import EVERY
from tests.deploy.resources import Resource, made
from tests.servers import ROOT

BEFORE = 116.79
"""US dollars a month of `small` with the page before it watched itself, by this bill."""

TEXT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_the_example_of_ingestion_and_retrieval_alone_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    found = made(lambda: exec(compile(program, "docs/deploy.md", "exec"), {}))
    assert found.of("opensearch/domain:Domain")
    assert found.of("datasync/task:Task")
    assert not [kind for kind in found.kinds() if kind.startswith(("aws:cloudfront", "aws:sns", "aws:sagemaker"))]


def test_every_setting_is_documented() -> None:
    for key in KEYS:
        assert f"`{key}`" in TEXT or f"plumbline:{key} " in TEXT, key


def test_the_readme_names_the_seven_values() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for key in KEYS[:7]:
        assert key in readme, key


@pytest.fixture(scope="module")
def bills() -> dict[str, list[bill.Item]]:
    return bill.bills()


def test_the_table_of_costs_is_what_the_resources_cost(bills: dict[str, list[bill.Item]]) -> None:
    assert bill.table(bills) in TEXT, "put the table that `python -m tests.deploy.bill` prints into docs/deploy.md"
    assert bill.USE.said() in TEXT


def test_the_readmes_monthly_cost_is_that_of_the_bill(bills: dict[str, list[bill.Item]]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    small, *_ = bills.values()
    assert f"about ${bill.total(small):.0f} a month" in readme


def test_a_small_stack_with_the_page_costs_no_more_than_it_did(bills: dict[str, list[bill.Item]]) -> None:
    """What it cost before it watched itself, with every item counted in the same way."""
    assert bill.total(bills["`small` with the page"]) <= BEFORE


def test_each_type_that_a_stack_can_have_has_a_price_or_is_free() -> None:
    kinds = set()
    for values in EVERY:
        found = made(lambda values=values: compose(Settings.read(values), CodeArgs()))  # type: ignore[misc]
        assert bill.total(bill.bill(found.resources)) > 50
        kinds |= {kind.removeprefix("aws:") for kind in found.kinds() if kind.startswith("aws:")}
    assert not bill.PRICED.keys() & bill.FREE.keys()
    assert bill.PRICED.keys() | bill.FREE.keys() == kinds
    with pytest.raises(bill.Unpriced, match="needle/thing:Thing"):
        bill.bill([Resource("aws:needle/thing:Thing", "one", {})])


def test_each_price_is_used_and_says_where_it_was_looked_up() -> None:
    source = (ROOT / "tests" / "deploy" / "bill.py").read_text(encoding="utf-8")
    sized = {size.data_node for size in SIZES.values()} | {"m7g.medium.search", JUMP_TYPE, "ml.t3.medium"}
    for name, price in prices.PRICES.items():
        assert f'"{name}"' in source or name in sized, name
        assert price.source and price.dollars >= 0


def test_the_bill_has_the_price_of_textract_and_what_the_default_limit_costs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    bill = TEXT.partition("## What it costs")[2].partition("\n## ")[0]
    for text in (readme, bill):
        assert f"${textract_cost(1000):.2f} per 1,000" in text
        assert f"{RECOGNITION_PAGES:,}" in text
    assert f"at most ${textract_cost(RECOGNITION_PAGES):.0f} a month" in bill
    assert f"(#what-it-costs) | `{RECOGNITION_PAGES}` |" in TEXT
