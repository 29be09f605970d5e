"""Vectors of texts that are asked for again and again: the sentences of pages that many questions find."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from runtime.ports import Embedder, Vectors

KEPT_BYTES = 32 << 20
"""Of vectors and texts; the least recently used are dropped first. With MiniLM that is some 17,000 sentences."""

OVERHEAD = 250
"""Bytes that an entry takes besides its vector and its text."""


class Remembered:
    """The vectors of passages' parts by an embedder, each computed once as long as it is kept. Thread-safe."""

    def __init__(self, embedder: Embedder, kept_bytes: int = KEPT_BYTES) -> None:
        self._embedder = embedder
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Like `Embedder.embed`, of shape (len(texts), dimension)."""
        found: dict[str, Vectors] = {}
        with self._lock:
            for text in texts:
                if text in self._kept:
                    self._kept.move_to_end(text)
                    found[text] = self._kept[text]
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            made = dict(zip(missing, self._embedder.embed(missing), strict=True))
            found |= made
            self._keep(made)
        if not texts:
            return np.zeros((0, self._embedder.dimension), np.float32)
        return np.stack([found[text] for text in texts])

    def _keep(self, made: dict[str, Vectors]) -> None:
        with self._lock:
            for text, vector in made.items():
                if text not in self._kept:
                    self._kept[text] = vector.copy()
                    self._bytes += _size(text, vector)
            while self._bytes > self._kept_bytes:
                self._bytes -= _size(*self._kept.popitem(last=False))


def _size(text: str, vector: Vectors) -> int:
    return len(text.encode()) + vector.nbytes + OVERHEAD
