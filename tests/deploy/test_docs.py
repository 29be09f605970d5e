"""What the handbook says of deploying."""

from __future__ import annotations

import re

from components.functions import CodeArgs
from components.ingestion import JUMP_TYPE
from components.settings import KEYS, SIZES, Settings
from components.stack import compose
from runtime.names import RECOGNITION_PAGES, textract_cost
from tests.deploy.engine import IMAGE, MODELS, PAGE
from tests.deploy.resources import made
from tests.servers import ROOT

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


def test_the_readmes_monthly_cost_is_that_of_the_bill() -> None:
    (small,) = re.findall(r"without the chat page\*\* \| \*\*[0-9.]+\*\*, about \$(\d+) a month", TEXT)
    nights, dashboard = re.findall(r"\$(\d+) a month\.", TEXT.partition("Three analyses run every night")[2])[:2]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"about ${int(small) + int(nights) + int(dashboard)} a month" in readme


def test_the_bill_has_the_price_of_textract_and_what_the_default_limit_costs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    bill = TEXT.partition("## What it costs")[2].partition("\n## ")[0]
    for text in (readme, bill):
        assert f"${textract_cost(1000):.2f} per 1,000" in text
        assert f"{RECOGNITION_PAGES:,}" in text
    assert f"at most ${textract_cost(RECOGNITION_PAGES):.0f} a month" in bill
    assert f"(#what-it-costs) | `{RECOGNITION_PAGES}` |" in TEXT


def test_the_bill_counts_the_alarms() -> None:
    alone, with_page = re.findall(r"(\d+) alarms, (\d+) with the chat page, are about", TEXT)[0]
    for values, count in ((MODELS, alone), ({**MODELS, **PAGE, "frontendImage": IMAGE}, with_page)):
        found = made(lambda values=values: compose(Settings.read(values), CodeArgs()))  # type: ignore[misc]
        assert len(found.of("cloudwatch/metricAlarm:MetricAlarm")) == int(count)


def test_the_bill_matches_the_sizes_that_are_built() -> None:
    small, production = SIZES["small"], SIZES["production"]
    row = next(line for line in TEXT.splitlines() if line.startswith("| OpenSearch: data nodes"))
    for size in (small, production):
        assert f"{size.data_nodes} {size.data_node.removesuffix('.search')}" in row
    storage = next(line for line in TEXT.splitlines() if line.startswith("| OpenSearch: gp3 storage"))
    assert [f"{size.data_nodes * size.volume_gib} GiB" in storage for size in (small, production)] == [True, True]
    masters = next(line for line in TEXT.splitlines() if line.startswith("| OpenSearch: dedicated masters"))
    assert f"{production.master_nodes} {production.master_node.removesuffix('.search')}" in masters
    assert f"| Jump host, {JUMP_TYPE} with" in TEXT
    bill = TEXT.partition("## What it costs")[2].partition("\n## ")[0]
    columns = [[cells.strip() for cells in line.split("|")[2:4]] for line in bill.splitlines() if "| " in line]
    for column in (0, 1):
        prices: list[float] = []
        for cells in columns:
            if "0." not in cells[column]:
                continue
            price = float(re.search(r"0\.\d{3}", cells[column])[0])  # type: ignore[index]
            if cells[column].startswith("**"):
                assert abs(sum(prices) - price) < 0.0026, (prices, price)
            else:
                prices.append(price)
