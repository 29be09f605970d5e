"""Which model servers are found on this machine, and that nothing else that listens there is a problem."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from runtime.local.model_servers import ANSWER_BYTES, Kind, ModelServer, Place, discover, names_of, places
from tests.model_servers import Reply, Server, as_json, lm_studio, ollama, port_that, serving
from tests.models import SMOLLM2

PATIENT = 30.0
"""For servers that do answer, on a machine with other work."""

KINDS: list[Kind] = ["Ollama", "LM Studio", "llama-server"]


def found(kind: Kind, server: Server) -> ModelServer | None:
    with serving(server) as url:
        servers = discover([Place(kind, url)], PATIENT)
        assert all(one.url == f"{url}/v1" for one in servers)
    return servers[0] if servers else None


def test_ollamas_chat_models_are_found_and_those_that_only_embed_are_left_out() -> None:
    server = ollama(qwen=["completion", "tools"], embedder=["embedding"], llava=["vision", "completion"])
    one = found("Ollama", server)
    assert one and (one.kind, one.models, one.why) == ("Ollama", ("qwen:latest", "llava:latest"), "")
    assert server.seen == ["GET /api/tags"]


def test_an_ollama_that_lists_no_capabilities_is_judged_by_its_models_family() -> None:
    server = found("Ollama", ollama(qwen=None, embedder=None))
    assert server and server.models == ("qwen:latest",)


def test_a_model_that_ollama_runs_on_other_machines_is_not_offered() -> None:
    cloud = {"name": "big:cloud", "capabilities": ["completion"], "remote_host": "https://ollama.com:443"}
    local = {"name": "small", "capabilities": ["completion"]}
    both = found("Ollama", Server({"/api/tags": as_json({"models": [cloud, local]})}))
    assert both and (both.models, both.why) == (("small",), "")
    alone = found("Ollama", Server({"/api/tags": as_json({"models": [cloud]})}))
    assert alone and alone.models == () and "not on this machine" in alone.why


@pytest.mark.parametrize(
    ("kind", "server", "says"),
    [
        ("Ollama", ollama(embedder=["embedding"]), "ollama pull"),
        ("Ollama", ollama(), "ollama pull"),
        ("LM Studio", lm_studio(nomic="embeddings"), "LM Studio"),
        ("llama-server", Server({"/v1/models": as_json({"data": []}, Server="llama.cpp")}), "llama-server -m"),
    ],
)
def test_a_server_without_a_chat_model_says_what_to_do(kind: Kind, server: Server, says: str) -> None:
    one = found(kind, server)
    assert one and one.models == () and says in one.why


def test_lm_studios_models_that_write_are_found_also_those_that_see() -> None:
    one = found("LM Studio", lm_studio(qwen="llm", pixtral="vlm", nomic="embeddings"))
    assert one and one.models == ("qwen", "pixtral")


@pytest.mark.parametrize("missing", [as_json({"error": "Unexpected endpoint"}), as_json({}, 404)])
def test_an_earlier_lm_studio_is_asked_as_openai_is(missing: Reply) -> None:
    server = lm_studio(qwen="llm")
    server.pages["/api/v0/models"] = missing
    one = found("LM Studio", server)
    assert one and one.models == ("qwen",)


@contextmanager
def llama_cpp() -> Iterator[str]:
    """llama.cpp's server without a key: its address."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(SMOLLM2)
    settings.model_alias = {"smollm2"}
    settings.n_ctx, settings.n_parallel, settings.verbosity = 512, 1, 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(settings)
    yield server.listening_address
    del server


@pytest.mark.server
def test_llama_cpps_own_server_is_found_with_its_model() -> None:
    with llama_cpp() as url:
        assert discover([Place("llama-server", url)], PATIENT) == [
            ModelServer("llama-server", f"{url}/v1", ("smollm2",))
        ]


def test_llama_cpps_own_server_that_wants_a_key_says_so(llama_server: str) -> None:
    (one,) = discover([Place("llama-server", llama_server.removesuffix("/v1"))], PATIENT)
    assert (one.models, one.url) == ((), llama_server)
    assert "wants a key" in one.why
    assert names_of(llama_server) is None
    assert names_of(llama_server, "the key") == [str(SMOLLM2)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>A page</html>", headers={"Content-Type": "text/html"}),
        as_json({"error": "Unexpected endpoint"}),
        as_json([1, 2]),
        as_json({"models": 7, "data": {"id": "x"}}),
        Reply(b"[" * 200_000),
        Reply(b"\xff\xfe"),
        as_json({"models": [{"name": "x" * ANSWER_BYTES}], "data": [{"id": "x", "owned_by": "llamacpp"}]}),
        as_json({"error": "no"}, 401),
    ],
    ids=["page", "error", "list", "wrong", "deep", "bytes", "huge", "refused"],
)
def test_what_is_no_model_server_is_left_out(kind: Kind, reply: Reply) -> None:
    every = dict.fromkeys(("/api/tags", "/api/v0/models", "/v1/models"), reply)
    assert found(kind, Server(every)) is None


def test_another_server_on_llama_cpps_port_is_not_taken_for_it() -> None:
    others = as_json({"object": "list", "data": [{"id": "model", "owned_by": "vllm"}]})
    assert found("llama-server", Server({"/v1/models": others})) is None


def test_names_that_can_not_be_shown_are_left_out() -> None:
    names = ["good", "good", "", "two\nlines", "\x1b[31mred", "x" * 1000, 7, None]
    tags = as_json({"models": [{"name": name} for name in names] + ["no model"]})
    one = found("Ollama", Server({"/api/tags": tags}))
    assert one and one.models == ("good",)


@pytest.mark.parametrize("kind", KINDS)
def test_a_redirect_is_not_followed(kind: Kind) -> None:
    elsewhere = ollama(qwen=["completion"])
    with serving(elsewhere) as target:
        away = Reply(b"", 302, {"Location": f"{target}/api/tags"})
        assert found(kind, Server(dict.fromkeys(("/api/tags", "/api/v0/models", "/v1/models"), away))) is None
    assert elsewhere.seen == []


def test_a_proxy_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server({})
    with serving(proxy) as url, serving(ollama(qwen=["completion"])) as there:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert len(discover([Place("Ollama", there)], PATIENT)) == 1
        assert names_of(f"{there}/v1", "a key") == ["qwen:latest"]
    assert proxy.seen == []


def silent(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    connection.recv(1)  # until the other side goes


def dripping(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: and more\r\n")
        if waits_for_end(connection, 0.05):
            return


def waits_for_end(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side goes within this time."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def garbage(connection: socket.socket) -> None:
    connection.sendall(os.urandom(1000))


def test_ports_that_hang_or_speak_something_else_cost_half_a_second_together() -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(port_that(speaks)) for speaks in (silent, dripping, garbage) for _ in range(4)]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            urls.append(f"http://127.0.0.1:{free.getsockname()[1]}")
        at = [Place(kind, url) for url in urls for kind in KINDS]
        good = stack.enter_context(serving(ollama(qwen=["completion"])))
        began = time.monotonic()
        servers = discover([*at, Place("Ollama", good)], 0.5)
        took = time.monotonic() - began
    assert [one.url for one in servers] in ([f"{good}/v1"], [])  # a busy machine may take longer to answer
    assert took < 4  # one after another: 12 seconds


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("localhost:9000", "http://127.0.0.1:9000"),
        ("http://localhost", "http://127.0.0.1:80"),
        (":9000", "http://127.0.0.1:9000"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("[::]:9000", "http://[::1]:9000"),
        ("[::1]", "http://[::1]:11434"),
        ("http://127.0.0.2:9000/path", "http://127.0.0.2:9000"),
        ("192.168.1.7:9000", "http://127.0.0.1:11434"),
        ("gpu.example.com", "http://127.0.0.1:11434"),
        ("127.0.0.1.example.com", "http://127.0.0.1:11434"),
        ("http://user@10.0.0.1", "http://127.0.0.1:11434"),
        ("https://127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:port", "http://127.0.0.1:11434"),
        ("[::1", "http://127.0.0.1:11434"),
    ],
)
def test_ollama_is_looked_for_where_its_setting_says_but_on_this_machine_only(host: str, url: str) -> None:
    assert [(place.kind, place.url) for place in places(host)] == [
        ("Ollama", url),
        ("LM Studio", "http://127.0.0.1:1234"),
        ("llama-server", "http://127.0.0.1:8080"),
    ]
