"""Vectors that are kept from one question to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runtime.ports import Vectors
from runtime.search.remembered import OVERHEAD, Remembered
from tests.contracts.memory import MemoryEmbedder


class Counting(MemoryEmbedder):
    """Notes which texts are embedded."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        self.asked.append(list(texts))
        return super().embed(texts, questions=questions)


def test_each_text_is_embedded_once_and_vectors_keep_their_order() -> None:
    model = Counting()
    remembered = Remembered(model)
    remembered.embed(["kiln", "harbour"])
    vectors = remembered.embed(["mill", "harbour", "kiln", "mill"])
    assert model.asked == [["kiln", "harbour"], ["mill"]]
    assert np.array_equal(vectors, MemoryEmbedder().embed(["mill", "harbour", "kiln", "mill"]))
    assert remembered.embed([]).shape == (0, model.dimension)


def test_the_least_recently_used_are_dropped_beyond_the_limit() -> None:
    model = Counting()
    one = OVERHEAD + len("text 1") + model.dimension * 4
    remembered = Remembered(model, kept_bytes=2 * one)
    for texts in (["text 1", "text 2"], ["text 1"], ["text 3"], ["text 1"], ["text 2"]):
        remembered.embed(texts)
    assert model.asked == [["text 1", "text 2"], ["text 3"], ["text 2"]]
