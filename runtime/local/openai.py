"""The Generator for a user's own server that speaks OpenAI's chat protocol: Ollama, vLLM, llama-server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import httpx

from runtime.ports import PlumblineError, Turn
from runtime.reach import reach

CONNECT_SECONDS = 10.0
READ_SECONDS = 300.0
"""Until the next piece of an answer: a large model on a small machine reads a prompt for minutes."""

SOURCE_TOKENS = 1800
"""A server is taken to have a larger model than the one in process, which profits from more sources."""


class OpenAiChat:
    """`POST {url}/chat/completions` with `stream: true`; the answer comes as server-sent events."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self.model = model
        self._url = url.rstrip("/") + "/chat/completions"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        # A connection that a server keeps it may also end, in the moment that it is used again.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(headers=headers, timeout=timeout, limits=limits)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator closes the connection, at which a server stops."""
        body = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        }
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    said = response.read().decode(errors="replace")[:500]
                    raise self._failed(f"answered {response.status_code}: {said}")
                for line in response.iter_lines():
                    if line.startswith("data:") and line[5:].strip() != "[DONE]":
                        yield from self._pieces(line[5:])
        except httpx.HTTPError as error:
            raise self._failed(f"could not be reached: {error or type(error).__name__}") from error

    def check(self) -> None:
        """PlumblineError where the server is out of reach."""
        reach(self._url)

    def _pieces(self, data: str) -> Iterator[str]:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise self._failed(f"sent what is no JSON: {data[:100]!r}") from error
        if "error" in event:
            raise self._failed(f"stopped with an error: {event['error']}")
        for choice in event.get("choices", []):
            if text := (choice.get("delta") or {}).get("content"):
                yield text

    def _failed(self, what: str) -> PlumblineError:
        return PlumblineError(
            f"The model server at {self._url} {what}.",
            "Check that it runs, and PLUMBLINE_GENERATOR_URL and PLUMBLINE_GENERATOR_MODEL.",
        )
