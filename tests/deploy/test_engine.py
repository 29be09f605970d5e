"""The stack under the real Pulumi engine, with a stand-in for AWS's provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation

from components.stack import deploy
from runtime.names import OUTPUT_OF
from tests.deploy.engine import IMAGE, MODELS, PAGE, enter, stack
from tests.deploy.provider import Provider, serving


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with serving() as (made, providers):
        monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", providers)
        yield made


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return enter(monkeypatch, tmp_path)


def changes(result: automation.UpResult) -> Counter[str]:
    return Counter(result.summary.resource_changes or {})


SHAPES = {
    "backend": {**MODELS, "notebook": "true"},
    "frontend": {**MODELS, **PAGE, "frontendImage": IMAGE},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stack_comes_up_stays_changes_by_a_value_and_goes(provider: Provider, project: Path, shape: str) -> None:
    made = stack(project, deploy, SHAPES[shape])
    made.up()
    assert len(provider.there) > {"backend": 100, "frontend": 120}[shape]

    outputs = {name: output.value for name, output in made.outputs().items()}
    assert set(OUTPUT_OF.values()) <= set(outputs)
    assert (outputs["TextModel"], outputs["EmbeddingsModel"]) == ("text-model", "vectors")
    assert all(outputs.values())
    assert {"backend": {"NotebookInstanceName"}, "frontend": {"AppURL", "CloudFrontDomain", "CognitoUserPool"}}[
        shape
    ] <= set(outputs)
    assert outputs["TunnelCommand"].startswith(f"aws ssm start-session --target {outputs['JumpHostId']} ")

    again = changes(made.up())
    assert set(again) == {"same"}

    made.set_config("plumbline:embeddingsModelEndpointName", automation.ConfigValue("other-vectors"))
    other = changes(made.up())
    assert set(other) == {"same", "update"}  # functions, tasks, their roles' policies, and the index: nothing else
    assert 0 < other["update"] < 16

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
