"""The adapters of each port. A port's contract suite runs on every adapter that is named in ADAPTERS; README.md says
how another joins them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.attached import AttachedDocuments
from runtime.aws.clients import client
from runtime.aws.cloudwatch import CloudWatchMetrics
from runtime.aws.dynamodb import DynamoConversations, DynamoLedger
from runtime.aws.embedders import BedrockEmbedder, SageMakerEmbedder
from runtime.aws.generators import BedrockGenerator, SageMakerGenerator
from runtime.aws.opensearch import OpenSearchIndexes
from runtime.aws.s3 import S3Documents, S3Files, S3RecognizedPages
from runtime.aws.textract import Textract
from runtime.local.folder import FolderArchive, FolderDocuments, FolderFiles
from runtime.local.former import FormerVersions
from runtime.local.lance import LanceIndexes
from runtime.local.llama import Llama
from runtime.local.minilm import MiniLm
from runtime.local.openai import OpenAiChat
from runtime.local.rapidocr import RapidOcr
from runtime.local.sqlite import (
    Database,
    SqliteConversations,
    SqliteLedger,
    SqliteMetrics,
    SqliteRecognizedPages,
    SqliteResults,
)
from tests.aws import made
from tests.aws.made import search_client
from tests.aws.models import Models
from tests.contracts import memory, older
from tests.models import SMOLLM2

SERVERS = ("opensearch", "ministack", "models", "llama_server")
"""Session fixtures; an adapter whose name begins so is made on that server, and not in a folder."""


def sagemaker(models: Models) -> Any:
    return client("sagemaker-runtime", models.url, attempts=1)


def bedrock(models: Models) -> Any:
    return client("bedrock-runtime", models.url, attempts=1)


def openai(address: str) -> OpenAiChat:
    assert httpx.get(address.removesuffix("/v1") + "/health", timeout=30).status_code == 200
    return OpenAiChat(address, "SmolLM2", "the key")


class Kept(FolderArchive):
    """The archive of a folder, and the names and contents of the files in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._below = folder

    def files(self) -> dict[str, bytes]:
        return {path.relative_to(self._below).as_posix(): path.read_bytes() for path in self._below.rglob("*.gz")}


def opensearch_indexes(url: str) -> OpenSearchIndexes:
    client = search_client(url)
    client.indices.delete(index="passages-*")
    return OpenSearchIndexes(client)


ADAPTERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "documents": {
        "memory": lambda _: memory.MemoryDocuments(),
        "folder": lambda folder: FolderDocuments(folder / "documents", FormerVersions(folder / "versions", 1 << 20)),
        "attached": lambda folder: AttachedDocuments(
            FolderDocuments(folder / "documents", FormerVersions(folder / "versions", 1 << 20)), memory.MemoryLedger()
        ),
        "ministack-s3": lambda url: S3Documents(client("s3", url), made.bucket(url, versioned=True)),
    },
    "ledger": {
        "memory": lambda _: memory.MemoryLedger(),
        "sqlite": lambda folder: SqliteLedger(Database(folder / "a.db")),
        "ministack-dynamodb": lambda url: DynamoLedger(client("dynamodb", url), made.ledger_table(url)),
    },
    "indexes": {
        "memory": lambda _: memory.MemoryIndexes(),
        "lance": lambda folder: LanceIndexes(folder / "index", 1),
        "opensearch": opensearch_indexes,
    },
    "older_index": {"lance": older.lance, "opensearch": older.opensearch},
    "embedder": {
        "memory": lambda _: memory.MemoryEmbedder(),
        "minilm": lambda _: MiniLm(threads=1),
        "models-tei": lambda models: SageMakerEmbedder(sagemaker(models), "tei-minilm"),
        "models-jumpstart": lambda models: SageMakerEmbedder(sagemaker(models), "jumpstart-minilm"),
        "models-titan": lambda models: BedrockEmbedder(bedrock(models), "amazon.titan-embed-text-v2:0"),
        "models-cohere": lambda models: BedrockEmbedder(bedrock(models), "cohere.embed-multilingual-v3"),
    },
    "ocr": {
        "rapidocr": lambda _: RapidOcr(),
        "models-textract": lambda models: Textract(client("textract", models.url)),
    },
    "generator": {
        "memory": lambda _: memory.MemoryGenerator(),
        "llama": lambda _: Llama(SMOLLM2, threads=1),
        "llama_server-openai": openai,
        "models-messages": lambda models: SageMakerGenerator(sagemaker(models), "messages-smollm2"),
        "models-tgi": lambda models: SageMakerGenerator(sagemaker(models), "tgi-smollm2"),
        "models-lines": lambda models: SageMakerGenerator(sagemaker(models), "lines-smollm2"),
        "models-bedrock": lambda models: BedrockGenerator(bedrock(models), "eu.provider.smollm2-v1:0"),
    },
    "recognized_pages": {
        "sqlite": lambda folder: SqliteRecognizedPages(Database(folder / "a.db")),
        "ministack-s3": lambda url: S3RecognizedPages(client("s3", url), made.bucket(url)),
    },
    "archive": {
        "memory": lambda _: memory.MemoryArchive(),
        "folder": Kept,
        "ministack-firehose": made.KeptByFirehose,
    },
    "conversations": {
        "memory": lambda _: memory.MemoryConversations(),
        "sqlite": lambda folder: SqliteConversations(Database(folder / "a.db")),
        "ministack-dynamodb": lambda url: DynamoConversations(client("dynamodb", url), made.conversation_table(url)),
    },
    "files": {
        "memory": lambda _: memory.MemoryFiles(),
        "folder": lambda folder: FolderFiles(folder / "reports"),
        "ministack-s3": lambda url: S3Files(f"s3://{made.bucket(url)}/reports", client("s3", url)),
    },
    "results": {
        "memory": lambda _: memory.MemoryResults(),
        "sqlite": lambda folder: SqliteResults(Database(folder / "a.db")),
        "ministack-dynamodb": made.results,
    },
    "metrics": {
        "memory": lambda _: memory.MemoryMetrics(),
        "sqlite": lambda folder: SqliteMetrics(Database(folder / "a.db")),
        "ministack-cloudwatch": lambda url: CloudWatchMetrics(client("cloudwatch", url)),
    },
}

ADAPTERS["trained_embedder"] = {name: make for name, make in ADAPTERS["embedder"].items() if name != "memory"}
"""Those that a language model is behind, which knows what words mean."""


def server_of(adapter: str) -> str:
    """The server that an adapter is made on, '' for a folder."""
    return next((server for server in SERVERS if adapter.startswith(server)), "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test once for each adapter of the port that it names; those on one server in one process."""
    for port, adapters in ADAPTERS.items():
        if port in metafunc.fixturenames:
            on_server = [pytest.mark.xdist_group("servers"), pytest.mark.server]
            marks = {name: on_server if server_of(name) else [] for name in adapters}
            params = [pytest.param(name, marks=marks[name], id=name) for name in adapters]
            metafunc.parametrize(port, params, indirect=True)


def adapter_of(port: str) -> Any:
    """The fixture that makes the adapter whose name is the test's parameter."""

    @pytest.fixture(name=port)
    def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
        server = server_of(request.param)
        return ADAPTERS[port][request.param](request.getfixturevalue(server) if server else tmp_path)

    return adapter


documents = adapter_of("documents")
ledger = adapter_of("ledger")
indexes = adapter_of("indexes")
older_index = adapter_of("older_index")
embedder = adapter_of("embedder")
trained_embedder = adapter_of("trained_embedder")
generator = adapter_of("generator")
ocr = adapter_of("ocr")
recognized_pages = adapter_of("recognized_pages")
archive = adapter_of("archive")
conversations = adapter_of("conversations")
files = adapter_of("files")
results = adapter_of("results")
metrics = adapter_of("metrics")
