"""Settings: read once, all errors at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.ports import PlumblineError
from runtime.settings import Settings


def test_the_defaults_need_nothing() -> None:
    settings = Settings.read({})
    assert settings.home == Path.home() / ".plumbline"
    assert settings.model is None
    assert settings.threads >= 1


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(PlumblineError) as refused:
        Settings.read(
            {
                "PLUMBLINE_THREADS": "many",
                "PLUMBLINE_REFUSED": "7",
                "PLUMBLINE_MODEL": "/no/such.gguf",
                "PLUMBLINE_GENERATOR_URL": "localhost:11434",
            }
        )
    for name in ("THREADS", "REFUSED", "MODEL", "GENERATOR_URL", "GENERATOR_MODEL"):
        assert f"PLUMBLINE_{name}" in refused.value.reason
