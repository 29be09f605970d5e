"""What unit tests of the use cases share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import ingest
from tests.unit.library import Library

SHARED_MEMORY = Path("/dev/shm")
"""A folder in memory, where Linux has it."""


@pytest.fixture(scope="module")
def small_windows() -> Iterator[None]:
    """Two pages are a window, and one window waits while the next is read, so that few pages are many windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "WINDOW", 2)
        patch.setattr(ingest, "AHEAD", 0)
        yield


@pytest.fixture(scope="module")
def copies_in_memory() -> Iterator[None]:
    """The copies that documents are read from do not go to a disk, which may have other work."""
    with pytest.MonkeyPatch.context() as patch:
        if SHARED_MEMORY.is_dir():
            patch.setattr(tempfile, "tempdir", str(SHARED_MEMORY))
        yield


@pytest.fixture
def library() -> Library:
    """An empty library in memory."""
    return Library()
