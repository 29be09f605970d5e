"""A document of thousands of pages, through short calls of the function."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws.stack import Stack
from tests.journeys.test_cloud import read_through_calls
from tests.journeys.test_cloud import stack as stack

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("servers"), pytest.mark.timeout(3600)]


@pytest.mark.parametrize("pages", [3_000, 10_000])
def test_a_document_is_read_through_calls_of_25_seconds(pages: int, stack: Stack, tmp_path: Path) -> None:
    read_through_calls(stack, pages, tmp_path)
