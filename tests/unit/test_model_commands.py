"""The commands that show and choose the model, run as a person runs them."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from runtime.local.home import Home
from runtime.local.llama import Llama
from runtime.local.model_choice import KEPT
from runtime.settings import Settings
from tests.commands import run_here
from tests.model_servers import Server, ollama, serving
from tests.models import SMOLLM2
from tests.servers import ROOT

KEY = "sk-a-secret-of-the-server"


class Commands:
    """`python -m runtime model` over one library, where an Ollama runs."""

    def __init__(self, home: Path, url: str) -> None:
        self.url = url
        self.environment = {**os.environ, "PLUMBLINE_HOME": str(home), "PLUMBLINE_THREADS": "1", "OLLAMA_HOST": url}

    def __call__(
        self, *arguments: str, code: int = 0, environment: Mapping[str, str] | None = None
    ) -> CompletedProcess[str]:
        done = run_here("runtime", "model", *arguments, environment={**self.environment, **(environment or {})})
        assert "Traceback" not in done.stderr
        assert done.returncode == code, done.stderr
        assert KEY not in done.stdout + done.stderr
        return done

    def home(self) -> Home:
        return Home(Settings.read(self.environment))


@pytest.fixture
def server() -> Server:
    return ollama(qwen=["completion"], embedder=["embedding"])


@pytest.fixture
def model(tmp_path: Path, server: Server) -> Iterator[Commands]:
    with serving(server) as url:
        yield Commands(tmp_path / "home", url)


def test_what_is_found_and_what_answers_is_shown(model: Commands) -> None:
    said = model().stdout
    assert "the documents are quoted" in said
    assert f"{model.url}/v1" in said and "qwen:latest" in said and "embedder" not in said
    shown = json.loads(model("--json").stdout)
    assert shown["chosen"]["source"] == "none"
    assert {"kind": "Ollama", "url": f"{model.url}/v1", "models": ["qwen:latest"], "why": ""} in shown["found"]
    assert not (model.home().settings.home / KEPT).exists()


def test_a_servers_model_is_tried_kept_and_shown_and_given_up(model: Commands, server: Server) -> None:
    said = model("use", model.url, "qwen:latest").stdout
    assert "the sky is blue" in said and f"qwen:latest at {model.url}/v1 answers (chosen)" in said
    assert server.seen[-1] == "POST /v1/chat/completions"
    generator = model.home().generator
    assert generator and generator.model == "qwen:latest"
    assert json.loads(model("--json").stdout)["chosen"]["model"] == "qwen:latest"
    assert "the documents are quoted" in model("none").stdout
    assert json.loads(model("none", "--json").stdout)["chosen"]["source"] == "none"
    assert model.home().generator is None


def test_a_key_comes_from_a_variable_or_standard_input(
    model: Commands, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = json.loads(
        model("use", model.url, "qwen:latest", "--key-from-env", "MY_KEY", "--json", environment={"MY_KEY": KEY}).stdout
    )
    assert done["chosen"]["has_key"] is True
    assert done["tried"]["words"] == "qwen:latest says that the sky is blue."
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}2\nmore"))
    assert ", with a key" in model("use", model.url, "qwen:latest", "--ask-key").stdout
    assert server.keys == [KEY, f"{KEY}2"]


def test_a_key_that_is_typed_is_not_shown(model: Commands, server: Server) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "runtime", "model", "use", model.url, "qwen:latest", "--ask-key"]
    with subprocess.Popen(
        command, cwd=ROOT, env=model.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as child:
        os.close(theirs)
        shown = b""
        while b"Key:" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, KEY.encode() + b"\n")
        while b"(chosen)" not in shown:
            shown += os.read(ours, 4096)
    os.close(ours)
    assert (child.returncode, server.keys) == (0, [KEY])
    assert KEY.encode() not in shown


def test_a_model_that_does_not_answer_is_not_kept(model: Commands) -> None:
    model("use", model.url, "qwen:latest")
    refused = model("use", model.url, "other", code=1)
    assert "has no model other" in refused.stderr and "qwen:latest" in refused.stderr
    assert "not a chat model" in model("use", model.url, "embedder:latest", code=1).stderr
    assert "no model file" in model("use", "none.gguf", code=1).stderr
    assert model.home().answering.chosen().model == "qwen:latest"


def test_a_file_is_tried_and_kept_by_its_whole_path(model: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SMOLLM2.parent)
    assert f"{SMOLLM2.resolve()} answers (chosen)" in model("use", SMOLLM2.name).stdout
    assert isinstance(model.home().generator, Llama)
    assert model.home().answering.chosen().file == str(SMOLLM2.resolve())


def test_the_environment_decides_and_says_so(model: Commands, server: Server) -> None:
    theirs = {"PLUMBLINE_GENERATOR_URL": "http://127.0.0.1:9/v1", "PLUMBLINE_GENERATOR_MODEL": "theirs"}
    assert "theirs at http://127.0.0.1:9/v1 answers (set by the environment)" in model(environment=theirs).stdout
    server.seen.clear()
    for arguments in (("use", model.url, "qwen:latest"), ("none",)):
        assert "PLUMBLINE_GENERATOR_URL is set" in model(*arguments, code=1, environment=theirs).stderr
    assert server.seen == []


def test_a_stacks_model_is_not_chosen_here(model: Commands) -> None:
    stack = {"PLUMBLINE_BUCKET": "documents"}
    for arguments in ((), ("use", model.url, "qwen:latest"), ("none",)):
        assert "textModelEndpointName" in model(*arguments, code=1, environment=stack).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("http://127.0.0.1:9/v1",), "Name the model"),
        (("127.0.0.1:9", "qwen"), "begins with http://"),
        (("model.gguf", "--ask-key"), "begins with http://"),
        (("http://127.0.0.1:9/v1", "m", "--ask-key", "--key-from-env", "K"), "either"),
    ],
)
def test_arguments_that_do_not_fit_together_are_a_usage_error(
    arguments: tuple[str, ...], says: str, model: Commands
) -> None:
    assert says in model("use", *arguments, code=2).stderr


def test_a_key_that_is_not_there_is_an_error(model: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "NO_KEY is not set" in model("use", model.url, "m", "--key-from-env", "NO_KEY", code=1).stderr
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert "No key was entered" in model("use", model.url, "m", "--ask-key", code=1).stderr
