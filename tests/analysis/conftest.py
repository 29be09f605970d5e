from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Several tests run at once, and threads that wait for a core by spinning would take it from one another."""
    with threadpool_limits(1):
        yield
