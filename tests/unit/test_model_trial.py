"""A model is tried before it is chosen: its first words, or what to do; and no key is ever told."""

from __future__ import annotations

import json
import logging
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.local import model_trial
from runtime.local.model_choice import Choice, ModelFile, ServerModel, checked
from runtime.local.model_trial import WORDS, try_model
from runtime.local.openai import OpenAiChat
from runtime.ports import NotAnswered, PlumblineError, Turn
from runtime.reading.processes import python
from tests.aws.stack import until
from tests.generator import Slow, beside
from tests.model_servers import Reply, Server, as_json, lm_studio, ollama, port_that, serving, written
from tests.models import SMOLLM2

KEY = 'sk-"secret"/of\\the+server='
"""A key that JSON writes in another way than it is."""

TURNS = [Turn("user", "What colour is the sky?")]


def refused(choice: Choice, seconds: float = 60.0) -> PlumblineError:
    with pytest.raises(PlumblineError) as error:
        try_model(choice, 1, seconds)
    assert error.value.remedy
    return error.value


def asked(server: Server, model: str = "qwen:latest", key: str = "", seconds: float = 60.0) -> PlumblineError:
    with serving(server) as url:
        return refused(ServerModel(url, model, key), seconds)


def test_a_servers_model_is_asked_and_its_first_words_are_told() -> None:
    server = ollama(qwen=["completion"])
    with serving(server) as url:
        tried = try_model(ServerModel(f"{url}/v1/", " qwen:latest ", KEY), 1)
    assert (tried.model, tried.words) == ("qwen:latest", "qwen:latest says that the sky is blue.")
    assert 0 <= tried.seconds < 60
    assert (server.seen, server.keys) == (["POST /v1/chat/completions"], [KEY])


def test_an_address_without_a_path_and_one_of_the_very_question_are_the_apis() -> None:
    for given in ("", "/", "/v1", "/v1/", "/v1/chat/completions"):
        assert checked(ServerModel(f"http://localhost:80{given}", "m")) == ServerModel("http://localhost:80/v1", "m")
    for whole in ("https://a.example/api/v3", "http://[::1]:9/v1", "http://a.example/v1"):
        assert checked(ServerModel(whole, "m")) == ServerModel(whole, "m")


def test_llama_cpps_own_server_answers_with_its_key_and_not_without(llama_server: str) -> None:
    assert try_model(ServerModel(llama_server, "any", "the key"), 1).words
    wrong = refused(ServerModel(llama_server, "any", "a-wrong-key"))
    assert "does not accept the key (401)" in wrong.reason and "a-wrong-key" not in repr(wrong)
    assert "wants a key (401)" in refused(ServerModel(llama_server, "any")).reason


def test_a_model_that_writes_on_and_on_is_left_after_its_first_words() -> None:
    model = Slow(0.0, 10_000, 0.01)
    with beside(model) as url:
        tried = try_model(ServerModel(url, "any"), 1)
        until(lambda: model.left)
    assert "What was asked for;" in tried.words and len(tried.words) <= WORDS


def test_an_unknown_model_is_answered_with_the_names_that_there_are() -> None:
    for server in (ollama(qwen=["completion"], llama=["completion"]), lm_studio_that_refuses()):
        error = asked(server, "qwen3")
        assert "has no model qwen3" in error.reason
        assert "qwen:latest" in error.remedy and "llama:latest" in error.remedy


def lm_studio_that_refuses() -> Server:
    server = lm_studio(**{"qwen:latest": "llm", "llama:latest": "llm"})
    server.ask = lambda *_: as_json({"error": {"message": "Invalid model identifier", "code": "model_not_found"}}, 400)
    return server


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, '"embedder:latest" does not support chat'),
        (404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint."),
        (501, "This server does not support completions. Start it without `--embeddings`"),
        (400, 'Failed to load model "embedder". Error: Model is not llm.'),
    ],
)
def test_a_model_that_only_embeds_is_called_that(status: int, says: str) -> None:
    server = ollama(qwen=["completion"], embedder=["embedding"])
    server.ask = lambda *_: as_json({"error": {"message": says}}, status)
    error = asked(server, "embedder:latest")
    assert error.reason == "embedder:latest is not a chat model."
    assert "qwen:latest" in error.remedy and "embedder" not in error.remedy


def test_a_server_of_something_else_is_called_that() -> None:
    with serving(Server({})) as url:
        error = refused(ServerModel(f"{url}/api", "any"))
    assert "not as a model server" in error.reason and "/v1" in error.remedy


def test_a_refusal_of_another_kind_is_quoted() -> None:
    server = ollama(qwen=["completion"])
    server.ask = lambda *_: as_json({"error": "model requires more system memory (5.6 GiB) than is available"}, 500)
    assert "5.6 GiB" in asked(server).reason


def test_nobody_at_the_address_is_told_as_that() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        error = refused(ServerModel(url, "any"))
    assert url in error.reason and "can't be reached" in error.reason


def test_a_silent_server_is_left_in_time() -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(1 << 16):
            pass

    def dripping(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        connection.settimeout(0.05)
        while True:
            connection.sendall(b"X-More: and more\r\n")
            try:
                if not connection.recv(1 << 16):
                    return
            except TimeoutError:
                continue

    for speaks in (silent, dripping):
        with port_that(speaks) as url:
            began = time.monotonic()
            error = refused(ServerModel(url, "any"), seconds=0.5)
            assert time.monotonic() - began < 20
        assert "0.5 seconds" in error.reason or "sent nothing" in error.reason


def test_a_model_that_only_thinks_is_told_as_that() -> None:
    for thought in ("<think>The sky, the sky.", ""):
        server = Server({}, lambda *_, thought=thought: written(thought))
        assert "wrote nothing" in asked(server).reason


# --- addresses and keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "http:// or https://"),
        ("localhost:11434", "http:// or https://"),
        ("ftp://127.0.0.1/v1", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://me:hunter2@127.0.0.1/v1", "user name or a password"),
        ("http://hunter2@127.0.0.1/v1", "user name or a password"),
        ("https://a.example/v1?api_key=hunter2", "question mark"),
        ("https://a.example/v1?", "question mark"),
        ("https://a.example/v1#hunter2", "question mark or a number sign"),
        ("http:///v1", "not valid"),
        ("http://127.0.0.1:99999/v1", "not valid"),
        ("http://127.0.0.1:0/v1", "not valid"),
        ("http://[::1/v1", "not valid"),
        ("http://a b/v1", "not valid"),
        ("http://127.0.0.1/v 1", "not valid"),
        (f"http://127.0.0.1/{'x' * 3000}", "not valid"),
    ],
)
def test_what_is_no_address_of_a_server_is_refused_without_quoting_it(url: str, says: str) -> None:
    error = refused(ServerModel(url, "any"))
    assert says in error.reason and "hunter2" not in everything(error)


@pytest.mark.parametrize("key", ["zwölf", "line\nbreak", "tab\tbed", "x" * 5000])
def test_a_key_that_can_not_be_sent_is_refused_without_quoting_it(key: str) -> None:
    error = refused(ServerModel("http://127.0.0.1:9/v1", "any", key))
    assert "no key has" in error.reason and key not in everything(error)


@pytest.mark.parametrize("url", ["http://192.168.1.7:8000/v1", "http://models.example.com", "http://127.0.0.1.evil.de"])
def test_a_key_is_not_sent_unencrypted_to_another_machine(url: str) -> None:
    error = refused(ServerModel(url, "any", KEY))
    assert "unencrypted" in error.reason and "https://" in error.remedy
    assert checked(ServerModel(url, "any"))
    assert checked(ServerModel(url.replace("http:", "https:"), "any", KEY))


def test_a_key_for_this_machine_may_be_sent_unencrypted() -> None:
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]"):
        assert checked(ServerModel(f"http://{host}:8000/v1", "any", KEY))


def everything(error: BaseException) -> str:
    """All that can be read of an error, also where it is printed with its causes."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(error.args)


def parts_of(key: str) -> list[str]:
    """What must not be seen: the key in any way it may be written, and any half of it."""
    half = len(key) // 2
    return [key[:half], key[half:], json.dumps(key)[1:-1][:half], repr(key)[1:-1][-half:]]


def echo(status: int, write: Callable[[dict[str, str]], bytes]) -> Server:
    return Server({}, lambda _, headers: Reply(write(headers), status, {"Content-Type": "text/event-stream"}))


ECHOES = {
    "401": echo(401, lambda headers: f"Bad credentials: {headers['authorization']}".encode()),
    "json": echo(400, lambda headers: json.dumps({"error": {"headers": headers}}).encode()),
    "slashes": echo(500, lambda headers: json.dumps(headers).replace("/", "\\/").encode()),
    "halves": echo(500, lambda headers: b"x" * 490 + headers["authorization"].encode()),
    "event": echo(200, lambda headers: f"data: {json.dumps({'error': headers})}\n\n".encode()),
    "invalid": echo(200, lambda headers: f"data: {'x' * 70}{headers['authorization']}\n\n".encode()),
    "text": echo(200, lambda headers: f"data: {json.dumps('x' * 70 + headers['authorization'])}\n\n".encode()),
}


@pytest.mark.parametrize("name", ECHOES)
def test_a_server_that_repeats_the_key_does_not_get_it_into_an_error_or_a_log(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), serving(ECHOES[name]) as url:
        error = refused(ServerModel(url, "any", KEY))
        with pytest.raises(NotAnswered) as answering:
            list(OpenAiChat(f"{url}/v1", "any", KEY).stream(TURNS, 8))
    assert ECHOES[name].keys[-1] == KEY
    for part in parts_of(KEY):
        assert part not in everything(error) + everything(answering.value) + caplog.text


def test_a_model_that_answers_with_the_key_does_not_get_it_into_the_result() -> None:
    server = Server({}, lambda _, headers: written(f"You are {headers['authorization']}."))
    with serving(server) as url:
        assert try_model(ServerModel(url, "any", KEY), 1).words == "You are Bearer [key]."


def test_a_redirect_does_not_take_the_key_elsewhere() -> None:
    elsewhere = ollama(qwen=["completion"])
    with serving(elsewhere) as target:
        for status in (301, 302, 307, 308):
            away = Reply(b"", status, {"Location": f"{target}/v1/chat/completions"})
            assert str(status) in asked(Server({}, lambda *_, away=away: away), key=KEY).reason
    assert (elsewhere.seen, elsewhere.keys) == ([], [])


def test_a_proxy_does_not_get_what_is_meant_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server({})
    with serving(proxy) as url, serving(ollama(qwen=["completion"])) as there:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert try_model(ServerModel(there, "qwen:latest", KEY), 1).words
    assert proxy.seen == []


# --- files -----------------------------------------------------------------------------------------------


def test_a_file_is_loaded_and_asked_in_a_process_of_its_own() -> None:
    tried = try_model(ModelFile(SMOLLM2), 1)
    assert tried.model == SMOLLM2.stem
    assert tried.words and tried.seconds > 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: None, "There is no model file"),
        (lambda path: path.mkdir(), "can't be read"),
        (lambda path: path.write_bytes(b""), "not a GGUF file"),
        (lambda path: path.write_bytes(b"%PDF-1.7 and more"), "not a GGUF file"),
        (lambda path: path.write_bytes(SMOLLM2.read_bytes()[:100_000]), "could not load"),
    ],
    ids=["missing", "folder", "empty", "pdf", "damaged"],
)
def test_a_file_that_can_not_be_run_is_told_as_what_it_is(
    make: Callable[[Path], Any], says: str, tmp_path: Path
) -> None:
    make(tmp_path / "model.gguf")
    error = refused(ModelFile(tmp_path / "model.gguf"))
    assert says in error.reason and "model.gguf" in error.reason


def test_a_file_larger_than_the_memory_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    with (tmp_path / "large.gguf").open("wb") as file:
        file.write(b"GGUF")
        file.truncate(4 << 40)  # of holes, which take no room
    error = refused(ModelFile(tmp_path / "large.gguf"))
    assert "4,837.9 GB of memory" in error.reason and "smaller" in error.remedy


def test_a_file_that_takes_too_long_is_given_up_and_its_process_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_trial, "python", lambda _, **options: python("import signal; signal.pause()", **options))
    began = time.monotonic()
    error = refused(ModelFile(SMOLLM2), seconds=0.2)
    assert "within 0.2 seconds" in error.reason and SMOLLM2.name in error.reason
    assert time.monotonic() - began < 60


def test_a_file_that_breaks_llama_cpp_breaks_only_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    for ends, says in (("os.abort()", "exit code -6"), ("os.kill(os.getpid(), 9)", "too little memory")):
        code = f"import os; {ends}"
        monkeypatch.setattr(model_trial, "python", lambda _, code=code, **options: python(code, **options))
        assert says in refused(ModelFile(SMOLLM2)).reason
