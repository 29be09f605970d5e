"""The adapters of each port. A port's contract suite runs on every adapter that is named here: another joins by a
line in its table, a function that makes it empty and ready in the given folder, or on the given server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.aws.opensearch import OpenSearchIndexes, connect
from runtime.local.folder import FolderArchive, FolderDocuments
from runtime.local.lance import LanceIndexes
from runtime.local.llama import Llama, default_model
from runtime.local.minilm import MiniLm
from runtime.local.openai import OpenAiChat
from runtime.local.sqlite import Database, SqliteConversations, SqliteLedger, SqliteMetrics, SqliteResults
from runtime.ports import Generator

SERVERS = ("opensearch",)


def opensearch_indexes(url: str) -> OpenSearchIndexes:
    client = connect(url)
    client.indices.delete(index="passages-*")
    return OpenSearchIndexes(client)


ADAPTERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "documents": {"folder": lambda folder: FolderDocuments(folder / "documents")},
    "ledger": {"sqlite": lambda folder: SqliteLedger(Database(folder / "a.db"))},
    "indexes": {"lance": lambda folder: LanceIndexes(folder / "index", 1), "opensearch": opensearch_indexes},
    "embedder": {"minilm": lambda _: MiniLm(threads=1)},
    "archive": {"folder": FolderArchive},
    "conversations": {"sqlite": lambda folder: SqliteConversations(Database(folder / "a.db"))},
    "results": {"sqlite": lambda folder: SqliteResults(Database(folder / "a.db"))},
    "metrics": {"sqlite": lambda folder: SqliteMetrics(Database(folder / "a.db"))},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test once for each adapter of the port that it names; those on one server in one process."""
    for port, adapters in ADAPTERS.items():
        if port in metafunc.fixturenames:
            marks = {name: [pytest.mark.xdist_group(name)] if name in SERVERS else [] for name in adapters}
            params = [pytest.param(name, marks=marks[name], id=name) for name in adapters]
            metafunc.parametrize(port, params, indirect=True)


def adapter_of(port: str) -> Any:
    """The fixture that makes the adapter whose name is the test's parameter."""

    @pytest.fixture(name=port)
    def made(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
        name = request.param
        return ADAPTERS[port][name](request.getfixturevalue(name) if name in SERVERS else tmp_path)

    return made


documents = adapter_of("documents")
ledger = adapter_of("ledger")
indexes = adapter_of("indexes")
embedder = adapter_of("embedder")
archive = adapter_of("archive")
conversations = adapter_of("conversations")
results = adapter_of("results")
metrics = adapter_of("metrics")


@pytest.fixture(scope="session")
def llama_server() -> Iterator[str]:
    """A real server of OpenAI's protocol: llama.cpp's own, over the installed model."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(default_model())
    settings.n_ctx = 2048
    settings.n_parallel = 1
    settings.verbosity = 0
    settings.api_keys = ["the key"]
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(params=["llama", "openai"])
def generator(request: pytest.FixtureRequest) -> Generator:
    if request.param == "llama":
        return Llama(default_model(), threads=1)
    address = request.getfixturevalue("llama_server")
    assert httpx.get(address.removesuffix("/v1") + "/health", timeout=30).status_code == 200
    return OpenAiChat(address, "SmolLM2", "the key")
