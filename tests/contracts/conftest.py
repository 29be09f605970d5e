"""The adapters of each port. A port's contract suite runs on every adapter that is named here: another joins by a
line in its table, a function that makes it empty and ready in a given folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.local.folder import FolderArchive, FolderDocuments
from runtime.local.lance import LanceIndexes
from runtime.local.llama import Llama, default_model
from runtime.local.minilm import MiniLm
from runtime.local.openai import OpenAiChat
from runtime.local.sqlite import Database, SqliteConversations, SqliteLedger, SqliteMetrics, SqliteResults
from runtime.ports import (
    Archive,
    Conversations,
    Documents,
    Embedder,
    Generator,
    Ledger,
    Metrics,
    PassageIndexes,
    Results,
)

ADAPTERS: dict[str, dict[str, Callable[[Path], Any]]] = {
    "documents": {"folder": lambda folder: FolderDocuments(folder / "documents")},
    "ledger": {"sqlite": lambda folder: SqliteLedger(Database(folder / "a.db"))},
    "indexes": {"lance": lambda folder: LanceIndexes(folder / "index", 1)},
    "embedder": {"minilm": lambda _: MiniLm(threads=1)},
    "archive": {"folder": lambda folder: FolderArchive(folder)},
    "conversations": {"sqlite": lambda folder: SqliteConversations(Database(folder / "a.db"))},
    "results": {"sqlite": lambda folder: SqliteResults(Database(folder / "a.db"))},
    "metrics": {"sqlite": lambda folder: SqliteMetrics(Database(folder / "a.db"))},
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test once for each adapter of the port that it names."""
    for port, adapters in ADAPTERS.items():
        if port in metafunc.fixturenames:
            metafunc.parametrize(port, adapters, indirect=True)


@pytest.fixture
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    return ADAPTERS["documents"][request.param](tmp_path)


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return ADAPTERS["ledger"][request.param](tmp_path)


@pytest.fixture
def indexes(request: pytest.FixtureRequest, tmp_path: Path) -> PassageIndexes:
    return ADAPTERS["indexes"][request.param](tmp_path)


@pytest.fixture
def embedder(request: pytest.FixtureRequest, tmp_path: Path) -> Embedder:
    return ADAPTERS["embedder"][request.param](tmp_path)


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    return ADAPTERS["archive"][request.param](tmp_path)


@pytest.fixture
def conversations(request: pytest.FixtureRequest, tmp_path: Path) -> Conversations:
    return ADAPTERS["conversations"][request.param](tmp_path)


@pytest.fixture
def results(request: pytest.FixtureRequest, tmp_path: Path) -> Results:
    return ADAPTERS["results"][request.param](tmp_path)


@pytest.fixture
def metrics(request: pytest.FixtureRequest, tmp_path: Path) -> Metrics:
    return ADAPTERS["metrics"][request.param](tmp_path)


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
