from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from collections.abc import Generator as Stream
from pathlib import Path

import numpy as np
import pytest

from runtime.local.llama import Llama
from runtime.local.openai import OpenAiChat
from runtime.ports import Embedder, Ending, Generator, NotAnswered, PlumblineError, Turn
from tests.models import SMOLLM2

QUESTION = [Turn("system", "You are terse."), Turn("user", "Name a colour.")]


def ended(stream: Stream[str, None, Ending]) -> Ending:
    """How an answer ended, after all of its pieces."""
    try:
        while True:
            next(stream)
    except StopIteration as stopped:
        ending: Ending = stopped.value
        return ending


def test_vectors_have_unit_length_and_the_order_of_their_texts(embedder: Embedder) -> None:
    texts = ["a", "The lazy dog sleeps. " * 20, "short", "Ein Satz über Größe.", ""]
    together = embedder.embed(texts)
    assert together.shape == (5, embedder.dimension)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert float(embedder.embed([text])[0] @ vector) > 0.99


def test_texts_with_words_in_common_are_nearer_than_others(embedder: Embedder) -> None:
    sofa, couch, invoice = embedder.embed(
        ["A cat sleeps on the sofa.", "The old cat sleeps on a couch.", "Invoices are due in 30 days."]
    )
    assert float(sofa @ couch) > float(sofa @ invoice) + 0.2


def test_texts_of_one_meaning_are_nearer_than_others_without_words_in_common(trained_embedder: Embedder) -> None:
    cat, kitten, invoice = trained_embedder.embed(
        ["A cat sleeps on the sofa.", "The kitten naps on a couch.", "Invoices are due in 30 days."]
    )
    assert float(cat @ kitten) > float(cat @ invoice) + 0.2


def test_a_text_is_counted_in_the_models_tokens(embedder: Embedder) -> None:
    one, two, none = embedder.count(["a word", "a word a word", ""])
    assert two == 2 * one
    assert none == 0
    assert embedder.count(["floccinaucinihilipilification"])[0] > 1


def test_nothing_embedded_is_an_empty_array(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_embedding_from_several_threads_gives_the_same_vectors(embedder: Embedder) -> None:
    texts = [f"Sentence {n} of the thread." for n in range(6)]
    alone = embedder.embed(texts)
    made: list[float] = []

    def work() -> None:
        made.append(float(np.abs(embedder.embed(texts) - alone).max()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert max(made) < 1e-3


def test_an_answer_comes_in_pieces_and_ends_at_its_limit(generator: Generator) -> None:
    pieces = list(generator.stream([Turn("user", "Tell a long story about a ship.")], 24))
    assert 5 < len(pieces) <= 25
    assert all(isinstance(piece, str) and piece for piece in pieces)


def test_an_answer_says_that_it_ended_at_its_limit_and_how_many_tokens_it_took(generator: Generator) -> None:
    ending = ended(generator.stream([Turn("user", "Tell a long story about a ship.")], 3))
    assert (ending.reason, ending.tokens) in (("length", 3), ("length", None))


def test_an_answer_that_is_closed_stops_and_the_next_one_begins(generator: Generator) -> None:
    stream = generator.stream([Turn("user", "Tell a long story about a ship.")], 1500)
    next(stream)
    stream.close()
    assert "".join(generator.stream(QUESTION, 8))


def test_a_prompt_that_is_too_long_is_a_clear_error(generator: Generator) -> None:
    with pytest.raises(NotAnswered) as refused:
        list(generator.stream([Turn("user", "word " * 20_000)], 8))
    assert refused.value.kind == "too long"
    assert refused.value.remedy


def test_whoever_waits_for_anothers_answer_can_stop_at_once() -> None:
    llama = Llama(SMOLLM2, threads=1)
    first = llama.stream([Turn("user", "Tell a long story about a ship.")], 400)
    assert next(first)
    second = llama.stream(QUESTION, 8)
    assert next(second) == ""  # it waits for its turn
    second.close()
    assert next(first)
    first.close()
    assert "".join(llama.stream(QUESTION, 8))


def test_a_file_that_is_not_a_model_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but not really")
    with pytest.raises(PlumblineError, match=r"broken\.gguf"):
        list(Llama(broken, threads=1).stream(QUESTION, 8))


def test_a_missing_server_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlumblineError) as refused:
        list(OpenAiChat(f"http://127.0.0.1:{port}/v1", "any").stream(QUESTION, 8))
    assert str(port) in refused.value.reason
    assert "PLUMBLINE_GENERATOR_URL" in refused.value.remedy


def test_a_server_that_refuses_the_key_is_quoted(llama_server: str) -> None:
    with pytest.raises(PlumblineError, match="401"):
        list(OpenAiChat(llama_server, "any", "a wrong key").stream(QUESTION, 8))


def wrong(check: Callable[[], None]) -> str:
    """What a look says is wrong, '' for nothing."""
    try:
        check()
    except PlumblineError as error:
        return str(error)
    return ""


def test_an_available_generator_is_found(generator: Generator) -> None:
    assert wrong(generator.check) == ""


def test_an_available_embedder_is_found(embedder: Embedder) -> None:
    assert wrong(embedder.check) == ""
