"""The monthly limit of recognized pages, on the emulator's DynamoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from runtime.aws.clients import AwsError, client
from runtime.aws.dynamodb import DynamoLedger
from runtime.aws.meter import KEY, PageMeter
from runtime.aws.textract import Textract
from runtime.ports import PlumblineError, RecognitionLimit, checked_key
from tests.aws import made

pytestmark = pytest.mark.xdist_group("servers")

NOVEMBER, DECEMBER = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_a_month_has_as_many_pages_as_its_limit_however_many_workers_take_them(ministack: str) -> None:
    table = made.ledger_table(ministack)

    def worker(_: int) -> int:
        meter = PageMeter(client("dynamodb", ministack), table, 20, lambda: NOVEMBER)
        taken = 0
        try:
            while taken < 100:
                meter.take()
                taken += 1
        except RecognitionLimit as limit:
            assert "limit of 20 recognized pages" in limit.reason
            assert "plumbline:recognitionPagesPerMonth" in limit.remedy
        return taken

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(worker, range(8))) == 20


def test_the_next_month_has_its_own_pages_and_a_raised_limit_holds_at_once(ministack: str) -> None:
    table, dynamodb = made.ledger_table(ministack), client("dynamodb", ministack)
    PageMeter(dynamodb, table, 1, lambda: NOVEMBER).take()
    with pytest.raises(RecognitionLimit):
        PageMeter(dynamodb, table, 1, lambda: NOVEMBER).take()
    PageMeter(dynamodb, table, 2, lambda: NOVEMBER).take()
    PageMeter(dynamodb, table, 1, lambda: DECEMBER).take()


def test_without_a_limit_nothing_is_counted(ministack: str) -> None:
    table, dynamodb = made.ledger_table(ministack), client("dynamodb", ministack)
    for _ in range(3):
        PageMeter(dynamodb, table, 0).take()
    assert dynamodb.scan(TableName=table)["Count"] == 0


def test_the_count_is_no_document_of_the_ledger(ministack: str) -> None:
    table, dynamodb = made.ledger_table(ministack), client("dynamodb", ministack)
    PageMeter(dynamodb, table, 5).take()
    assert dynamodb.scan(TableName=table)["Count"] == 1
    assert DynamoLedger(dynamodb, table).entries() == []
    with pytest.raises(PlumblineError, match="not a valid document name"):
        checked_key(KEY)


def test_a_ledger_that_cannot_be_reached_is_an_error_of_aws(ministack: str) -> None:
    with pytest.raises(AwsError, match="Counting a page"):
        PageMeter(client("dynamodb", ministack), "no-such-table", 5).take()


def png() -> bytes:
    out = BytesIO()
    Image.new("L", (40, 40), 255).save(out, "PNG")
    return out.getvalue()


PNG = png()


def test_textract_is_asked_nothing_once_the_limit_is_reached(ministack: str) -> None:
    meter = PageMeter(client("dynamodb", ministack), made.ledger_table(ministack), 1)
    textract = Textract(client("textract", "http://127.0.0.1:9", attempts=1), meter.take)
    with pytest.raises(AwsError, match="Textract failed"):
        textract.lines(PNG)  # nobody listens there; the page counts all the same
    with pytest.raises(RecognitionLimit):
        textract.lines(PNG)
