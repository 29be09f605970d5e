"""What unit tests of the use cases share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime import ingest
from tests.unit.library import Library


@pytest.fixture(scope="module")
def small_windows() -> Iterator[None]:
    """Two pages are a window, and one window waits while the next is read, so that few pages are many windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "WINDOW", 2)
        patch.setattr(ingest, "AHEAD", 0)
        yield


@pytest.fixture
def library() -> Library:
    """An empty library in memory."""
    return Library()
