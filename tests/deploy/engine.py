"""The real Pulumi engine, with a backend in a folder of the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pulumi import automation

from tests import servers
from tests.conftest import missing


def enter(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Put the engine on the path, with a backend and a project in `folder`; the project's folder."""
    if not (servers.PULUMI / "pulumi").exists():
        missing("Pulumi, which tools/pulumi/install builds with Go,")
    (folder / "state").mkdir()
    settings = {
        "PATH": f"{servers.PULUMI}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "testing",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(folder / "pulumi"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: plumbline\nruntime: python\n")
    return project


def stack(project: Path, program: Callable[[], None], config: Mapping[str, str]) -> automation.Stack:
    """The project's stack `dev`, its program run inline."""
    made = automation.create_or_select_stack("dev", project_name="plumbline", program=program, work_dir=str(project))
    made.set_all_config({f"plumbline:{key}": automation.ConfigValue(value) for key, value in config.items()})
    return made
