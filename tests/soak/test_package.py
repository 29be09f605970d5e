"""Whatever is deployed is built twice, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_package import assert_builds_are_the_same

pytestmark = pytest.mark.soak


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path) -> None:
    assert_builds_are_the_same(tmp_path)
