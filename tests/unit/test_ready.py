"""Whether the page is ready: what is found, how long it takes, and how much asking it costs."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.aws.clients import client
from runtime.aws.embedders import SageMakerEmbedder
from runtime.aws.generators import BedrockGenerator, SageMakerGenerator
from runtime.local.home import Home
from runtime.local.llama import Llama
from runtime.local.openai import OpenAiChat
from runtime.ports import PlumblineError
from tests import pdfs
from tests.aws.stack import until
from tests.sites import Given
from ui import ready
from ui.ready import FAILED, NO_INDEX, OK, SLOW, Readiness, checks


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine takes longer than the page's users wait, for the first look of all."""
    monkeypatch.setattr(ready, "CHECK_SECONDS", 60.0)


def report(*readiness: Readiness) -> list[dict[str, str]]:
    async def all_at_once() -> list[dict[str, str]]:
        return await asyncio.gather(*(one.report() for one in readiness))

    return asyncio.run(all_at_once())


def found(home: Home) -> dict[str, str]:
    (only,) = report(Readiness(checks(home)))
    return only


def test_an_empty_library_is_ready(home: Home) -> None:
    assert found(home) == dict.fromkeys(("documents", "conversations", "index", "embeddings", "answers"), OK)


def test_documents_without_an_index_are_not(home: Home, tmp_path: Path) -> None:
    home.add([pdfs.book(tmp_path / "a.pdf", 1)])
    home.ingestor().reconcile("a.pdf")
    assert found(home)["index"] == OK
    (tmp_path / "home" / "index" / "live").unlink()
    assert found(home)["index"] == NO_INDEX


def test_what_fails_is_named_without_a_word_of_where_it_is(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home.answering = Given(home.settings, OpenAiChat("http://127.0.0.1:9/v1", "secret-model"))
    home.database.path.unlink()
    home.database.path.mkdir()
    with caplog.at_level(logging.ERROR, "plumbline.ready"):
        said = found(home)
    failed = dict.fromkeys(("documents", "conversations", "index", "answers"), FAILED)
    assert said == {**failed, "embeddings": OK}
    assert not [word for word in ("127.0.0.1", "secret-model", str(tmp_path)) if word in json.dumps(said)]
    assert "127.0.0.1:9" in caplog.text
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize(
    "make",
    [
        lambda url: SageMakerEmbedder(client("sagemaker-runtime", url), "vectors"),
        lambda url: SageMakerGenerator(client("sagemaker-runtime", url), "text"),
        lambda url: BedrockGenerator(client("bedrock-runtime", url), "text"),
        lambda url: OpenAiChat(f"{url}/v1", "text"),
    ],
)
def test_a_models_server_is_connected_to_and_asked_nothing(make: Callable[[str], OpenAiChat]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        model = make(f"http://127.0.0.1:{listener.getsockname()[1]}")
        model.check()
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1) == b""
    with pytest.raises(PlumblineError, match="can't be reached"):
        model.check()


def test_a_model_whose_file_is_gone_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlumblineError, match="There is no model file"):
        Llama(tmp_path / "gone.gguf", 1).check()


class Looks:
    """A look that lasts until the test lets it end."""

    def __init__(self) -> None:
        self.times = 0
        self.go_on = threading.Event()

    def slow(self) -> str:
        self.times += 1
        self.go_on.wait(60)
        return OK


def test_a_check_that_hangs_is_abandoned_blocks_nobody_and_is_not_started_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ready, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(ready, "KEPT_SECONDS", 0.0)
    looks = Looks()
    readiness = Readiness({"slow": looks.slow, "quick": lambda: OK})
    before = threading.active_count()

    async def many() -> tuple[list[dict[str, str]], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        said = await asyncio.gather(*(readiness.report() for _ in range(5)))
        ticking.cancel()
        return said, ticks

    said, ticks = asyncio.run(many())
    assert said == [{"slow": SLOW, "quick": OK}] * 5
    assert looks.times == 1
    assert threading.active_count() == before + 1
    assert ticks > 20  # others were served meanwhile
    looks.go_on.set()
    until(lambda: threading.active_count() == before)
    assert report(readiness) == [{"slow": OK, "quick": OK}]


def test_whoever_asks_again_soon_gets_the_same_result() -> None:
    looks = Looks()
    looks.go_on.set()
    readiness = Readiness({"slow": looks.slow})
    report(readiness)
    assert report(*[readiness] * 50) == [{"slow": OK}] * 50
    assert looks.times == 1
