"""The stack under the real Pulumi engine, with a stand-in for AWS's provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation

from components.stack import deploy
from runtime.names import OUTPUT_OF
from tests.deploy.engine import enter, stack
from tests.deploy.provider import Provider, serving

MODELS = {"textModelEndpointName": "text-model", "embeddingsModelEndpointName": "vectors"}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with serving() as (made, port):
        monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", f"aws:{port}")
        yield made


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return enter(monkeypatch, tmp_path)


def changes(result: automation.UpResult) -> Counter[str]:
    return Counter(result.summary.resource_changes or {})


def test_a_stack_comes_up_stays_changes_by_a_value_and_goes(provider: Provider, project: Path) -> None:
    made = stack(project, deploy, MODELS)
    made.up()
    assert len(provider.there) > 80

    outputs = {name: output.value for name, output in made.outputs().items()}
    assert set(OUTPUT_OF.values()) <= set(outputs)
    assert (outputs["TextModel"], outputs["EmbeddingsModel"]) == ("text-model", "vectors")
    assert all(outputs.values())

    again = changes(made.up())
    assert set(again) == {"same"}

    made.set_config("plumbline:embeddingsModelEndpointName", automation.ConfigValue("other-vectors"))
    other = changes(made.up())
    assert set(other) == {"same", "update"}  # the functions, their roles' policies, and the index: nothing is replaced
    assert 0 < other["update"] < 12

    made.destroy()
    assert provider.there == {}


def test_wrong_settings_make_nothing_and_are_told_all_at_once(provider: Provider, project: Path) -> None:
    with pytest.raises(automation.CommandError) as refused:
        stack(project, deploy, {**MODELS, "size": "large", "cidr": "everywhere"}).up()
    said = str(refused.value)
    assert "plumbline:size is 'large'; it must be small or production." in said
    assert "plumbline:cidr is 'everywhere'" in said
    assert "Traceback" not in said
    assert provider.there == {}
