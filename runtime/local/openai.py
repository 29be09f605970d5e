"""The Generator port for the user's own server with OpenAI's chat protocol: Ollama, vLLM, llama-server."""

from __future__ import annotations

import json
import time
from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx

from runtime.endings import ended_by, is_too_long
from runtime.ports import Ending, NotAnswered, PlumblineError, Turn, Unanswered
from runtime.reach import check_reachable

CONNECT_SECONDS = 10.0
READ_SECONDS = 300.0
"""Timeout for the next piece of an answer: a large model on a small machine takes minutes to read a prompt."""

ANSWER_SECONDS = 900.0
"""Timeout for a whole answer: a server may send keep-alives forever."""

SOURCE_TOKENS = 1000
"""A model with 1.5 billion parameters answers more with less: of 13 questions about the handbook 8 with 700 and 5 with
1,800 tokens, though the right page is among the sources as often."""

LONGEST_LINE = 1 << 20
"""Maximum characters of an event."""


class OpenAiChat:
    """`POST {url}/chat/completions` with `stream: true`; the answer comes as server-sent events."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self.model = model
        self._url = url.rstrip("/") + "/chat/completions"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        # A server may close a kept-alive connection just as it is reused.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(headers=headers, timeout=timeout, limits=limits)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Pieces of the answer, and how it ended. Closing it closes the connection, which stops the server."""
        body = {
            "model": self.model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                self._check_answer(response)
                return (yield from self._events(response))
        except httpx.RemoteProtocolError as error:  # the server closed the connection halfway
            raise self._failed("broken off", f"broke off: {error}") from error
        except httpx.ReadTimeout as error:
            raise self._failed("broken off", f"sent nothing for {READ_SECONDS:.0f} seconds") from error
        except httpx.HTTPError as error:
            raise self._failed("broken off", f"could not be reached: {error or type(error).__name__}") from error

    def check(self) -> None:
        """PlumblineError if the server is unreachable."""
        check_reachable(self._url)

    def _check_answer(self, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.status_code != httpx.codes.OK:
            message = response.read().decode(errors="replace")[:500]
            too_long = response.status_code in (400, 413, 422) and is_too_long(message)
            raise self._failed("too long" if too_long else "broken off", f"answered {response.status_code}: {message}")
        if "html" in kind:
            raise self._failed("broken off", "answered with a web page instead of a model's answer")

    def _events(self, response: httpx.Response) -> Stream[str, None, Ending]:
        """The texts of a response's events."""
        ending, ended, answer, started = Ending(), False, "", False
        until = time.monotonic() + ANSWER_SECONDS
        for line in self._lines(response):
            if time.monotonic() > until:
                raise self._failed("cut off", "did not finish its answer")
            if not line.startswith("data:"):
                continue
            if line[5:].strip() == "[DONE]":
                ended = True
                break
            event = self._event(line[5:])
            if answer and event.get("id", answer) != answer:
                raise self._failed("broken off", "mixed two answers in one stream")
            answer = event.get("id") or answer
            for choice in event.get("choices") or []:
                if text := (choice.get("delta") or {}).get("content"):
                    started = True
                    yield text
                if reason := choice.get("finish_reason"):
                    ended = True
                    ending = replace(ending, reason=ended_by(reason))
            if usage := event.get("usage"):
                read, wrote = usage.get("prompt_tokens"), usage.get("completion_tokens")
                ending = replace(ending, prompt_tokens=read, tokens=wrote)
        if not ended:
            message = "stopped in the middle of its answer" if started else "did not stream an answer"
            raise self._failed("broken off", message)
        return ending

    def _lines(self, response: httpx.Response) -> Iterator[str]:
        rest = ""
        for part in response.iter_text():
            *lines, rest = (rest + part).split("\n")
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise self._failed("broken off", "sent an endless line")
        yield rest

    def _event(self, data: str) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise self._failed("broken off", f"sent invalid JSON: {data[:100]!r}") from error
        if not isinstance(event, dict):
            raise self._failed("broken off", f"sent {data[:100]!r} instead of a piece of the answer")
        if problem := event.get("error"):
            too_long = is_too_long(json.dumps(problem))
            raise self._failed("too long" if too_long else "broken off", f"stopped with an error: {problem}")
        return event

    def _failed(self, kind: Unanswered, what: str) -> PlumblineError:
        remedy = (
            "Ask a shorter question, or give the model a larger context."
            if kind == "too long"
            else "Check that it is running, and check PLUMBLINE_GENERATOR_URL (which usually ends in /v1) and "
            "PLUMBLINE_GENERATOR_MODEL."
        )
        return NotAnswered(kind, f"The model server at {self._url} {what}.", remedy)
