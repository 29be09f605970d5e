"""The command line finds a deployed stack by its name: its outputs, as the real Pulumi engine gives them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi import export

from runtime.names import OUTPUT_OF
from tests import pdfs
from tests.aws import stack as stacks
from tests.aws.models import Models
from tests.aws.stack import Stack
from tests.deploy.engine import enter
from tests.deploy.engine import stack as deployed
from tests.servers import ROOT

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real engine on the path, with a backend of this test; the folder of its project."""
    return enter(monkeypatch, tmp_path)


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    endpoints = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    return subprocess.run(
        [sys.executable, "-m", "runtime", *arguments],
        cwd=project,
        env={**endpoints, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_stack_can_be_asked_by_its_name(
    engine: Path, ministack: str, models: Models, opensearch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack: Stack = stacks.resources(ministack, models.url, opensearch)
    stack.environment["PLUMBLINE_EMBEDDINGS_MODEL"] = "tei-minilm"
    outputs = {output: stack.environment[name] for name, output in OUTPUT_OF.items()}

    def program() -> None:
        for output, value in outputs.items():
            export(output, value)

    deployed(engine, program, {}).up()
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):  # where the services are, which in an account nobody need say
            monkeypatch.setenv(name, value)
    stack.put("a.pdf", pdfs.book(tmp_path / "a.pdf", 2))

    done = run(engine, "reindex", "--stack", "dev", "--json")
    assert done.returncode == 0, done.stderr
    done = run(engine, "documents", "--stack", "dev", "--json")
    assert [(entry["document"], entry["state"]) for entry in json.loads(done.stdout)] == [("a.pdf", "ready")]
    done = run(engine, "search", pdfs.sentence(200), "--stack", "dev", "--json")
    assert json.loads(done.stdout)["hits"][0]["page"] == 2


def test_a_missing_stack_is_a_clear_error(engine: Path) -> None:
    done = run(engine, "documents", "--stack", "nowhere")
    assert done.returncode == 1
    assert "could not read the stack 'nowhere'" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_commands_that_change_files_refuse_a_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, "PLUMBLINE_BUCKET": "bucket"}
    for arguments, said in (
        (["delete", "a.pdf"], "points to a deployed stack"),
        (["documents"], "PLUMBLINE_LEDGER_TABLE is not set"),
    ):
        command = [sys.executable, "-m", "runtime", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert said in " ".join(done.stderr.split())
    command = [sys.executable, "-m", "runtime", "redrive"]
    home = {**os.environ, "PLUMBLINE_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no dead-letter queue" in " ".join(done.stderr.split())
