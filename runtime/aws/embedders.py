"""The Embedder port: a SageMaker endpoint, or a Bedrock model."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws.clients import AwsError, code_of
from runtime.aws.limiter import Limiter, error_message, model_error
from runtime.aws.tokens import clipped, counted
from runtime.names import BEDROCK_EMBEDDERS
from runtime.ports import Vectors
from runtime.reach import check_reachable

MAX_TOKENS = 254
"""Maximum estimated tokens of a text: the limit of the smallest of the usual models. Passages are shorter; longer
questions are truncated."""

CALLS = 8
"""Concurrent calls, until the endpoint throttles them."""

WINDOWS = 2
"""Concurrent windows of passages: while one is written, the other keeps the endpoint busy."""

TOO_LARGE = frozenset({400, 413, 422, 424})
"""Status codes for a batch that is too large for the container."""

PROBE = "How long is a vector of this model?"


class _Remote(ABC):
    """The base of both kinds of remote models: concurrent batches, in the order of their texts."""

    model: str
    max_tokens = MAX_TOKENS
    parallel = WINDOWS
    languages: frozenset[str] = frozenset()
    batch: int

    def __init__(self, client: Any) -> None:
        self._client = client
        self._limiter = Limiter(CALLS)
        self._calls = ThreadPoolExecutor(CALLS, thread_name_prefix="embed")
        self._lock = threading.Lock()
        self._dimension = 0

    @property
    def dimension(self) -> int:
        """The length of the model's vectors, found out by a call."""
        with self._lock:
            if not self._dimension:
                self._dimension = self._probe_dimension()
            return self._dimension

    def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate of each text's tokens."""
        return counted(texts)

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        """Vectors of shape (len(texts), dimension), unit length."""
        dimension = self.dimension
        sent = [clipped(text, self.max_tokens) or " " for text in texts]
        batches = [sent[start : start + self.batch] for start in range(0, len(sent), self.batch)]
        done = list(self._calls.map(lambda batch: self._embed_batch(batch, questions), batches))
        if not done:
            return np.zeros((0, dimension), np.float32)
        vectors = np.concatenate(done)
        if vectors.shape != (len(texts), dimension):
            raise AwsError(
                f"{self.model} gave vectors of shape {vectors.shape} instead of {(len(texts), dimension)}.",
                "An endpoint must not change its model: run reindex for a new one.",
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(vectors).all() and lengths.all()):
            raise AwsError(f"{self.model} gave a vector that is zero or not finite.", "Check the model's logs.")
        unit: Vectors = vectors / lengths
        return unit

    def check(self) -> None:
        """PlumblineError if the model's service is unreachable."""
        check_reachable(self._client.meta.endpoint_url)

    @abstractmethod
    def _embed_batch(self, texts: Sequence[str], questions: bool) -> Vectors:
        """The vectors of one batch."""

    def _probe_dimension(self) -> int:
        return int(self._embed_batch([PROBE], True).shape[1])


class SageMakerEmbedder(_Remote):
    """An endpoint that accepts one of PAYLOADS; the first call finds out which."""

    PAYLOADS = ("inputs", "text_inputs")
    """Hugging Face's Text Embeddings Inference returns a list of vectors, JumpStart's models an `embedding`."""

    batch = 32
    """Text Embeddings Inference's default limit; halved for an endpoint that accepts fewer texts."""

    def __init__(self, client: Any, endpoint: str) -> None:
        super().__init__(client)
        self.model = endpoint
        self._payload = ""

    def _probe_dimension(self) -> int:
        refusals = []
        for payload in self.PAYLOADS:
            try:
                answer = self._invoke({payload: [PROBE]})
            except ClientError as error:
                if code_of(error) != "ModelError":
                    raise model_error(self.model, f"{{{payload!r}: [1 text]}}", error) from error
                refusals.append(f"to {{{payload!r}: [1 text]}} {error_message(error)}")
                continue
            except BotoCoreError as error:
                raise model_error(self.model, f"{{{payload!r}: [1 text]}}", error) from error
            vectors = _vectors(answer, 1, self.model)
            self._payload = payload
            return int(vectors.shape[1])
        raise AwsError(
            f"The endpoint {self.model} accepts none of the known payloads; it answered {'; '.join(refusals)}.",
            "Deploy a JumpStart embedding model, or one served by Hugging Face's Text Embeddings Inference.",
        )

    def _embed_batch(self, texts: Sequence[str], questions: bool) -> Vectors:
        try:
            answer = self._invoke({self._payload: list(texts)})
        except (ClientError, BotoCoreError) as error:
            status = error.response.get("OriginalStatusCode") if isinstance(error, ClientError) else None
            if status in TOO_LARGE and len(texts) > 1:
                half = len(texts) // 2
                self.batch = min(self.batch, half)
                return np.concatenate(
                    [self._embed_batch(texts[:half], questions), self._embed_batch(texts[half:], questions)]
                )
            sent = f"{{{self._payload!r}: [{len(texts)} texts, {sum(map(len, texts)):,} characters]}}"
            raise model_error(self.model, sent, error) from error
        return _vectors(answer, len(texts), self.model)

    def _invoke(self, body: dict[str, Any]) -> Any:
        def request() -> bytes:
            answer = self._client.invoke_endpoint(
                EndpointName=self.model,
                ContentType="application/json",
                Accept="application/json",
                Body=json.dumps(body),
            )
            read: bytes = answer["Body"].read()
            return read

        return _json(self._limiter.call(request), self.model)


class BedrockEmbedder(_Remote):
    """A Titan or Cohere embedding model on Bedrock, by its id."""

    CHARACTERS = 2048
    """Maximum characters of a text for Cohere's models."""

    def __init__(self, client: Any, model: str) -> None:
        super().__init__(client)
        self.model = model
        self._cohere = "cohere." in model
        if not any(family in model for family in BEDROCK_EMBEDDERS):
            raise AwsError(
                f"{model} is not a known embedding model.",
                "Name an Amazon Titan or Cohere model, such as bedrock:amazon.titan-embed-text-v2:0.",
            )
        self.batch = 96 if self._cohere else 1  # texts per call

    def _embed_batch(self, texts: Sequence[str], questions: bool) -> Vectors:
        if self._cohere:
            kind = "search_query" if questions else "search_document"
            body: dict[str, Any] = {"texts": [text[: self.CHARACTERS] for text in texts], "input_type": kind}
        else:
            body = {"inputText": texts[0]}

        def request() -> bytes:
            answer = self._client.invoke_model(
                modelId=self.model, contentType="application/json", accept="application/json", body=json.dumps(body)
            )
            read: bytes = answer["body"].read()
            return read

        try:
            answer = self._limiter.call(request)
        except (ClientError, BotoCoreError) as error:
            raise model_error(self.model, f"{len(texts)} texts", error) from error
        return _vectors(_json(answer, self.model), len(texts), self.model)


def _json(body: bytes, model: str) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise AwsError(f"{model} answered with invalid JSON: {body[:100]!r}.", "Check the endpoint's logs.") from error


def _vectors(answer: Any, count: int, model: str) -> Vectors:
    """The vectors in a response: a list, or an object that contains it."""
    found: Any = answer
    for name in ("embedding", "embeddings", "float"):  # Cohere's embeddings may be grouped by number type
        if isinstance(found, dict) and name in found:
            found = found[name]
    try:
        vectors = np.asarray(found, np.float32)
    except (TypeError, ValueError):
        vectors = np.zeros(0, np.float32)
    if vectors.ndim == 1 and vectors.size > 1:
        vectors = vectors[None]
    if vectors.ndim != 2 or len(vectors) != count:
        kind = f"an object with {', '.join(sorted(answer))}" if isinstance(answer, dict) else type(answer).__name__
        raise AwsError(
            f"{model} answered {count} texts with {kind} of shape {vectors.shape}, not with {count} vectors.",
            "Use an embedding model that gives one vector per text, as Text Embeddings Inference does.",
        )
    return vectors
