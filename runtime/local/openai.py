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
from runtime.ports import Ending, NotAnswered, Turn, Unanswered
from runtime.reach import check_reachable, may_use_proxy, without_password

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

REFUSAL_BYTES = 1 << 16
"""How much of a refusal is read, and how much of it is shown."""
REFUSAL_SHOWN = 500

REMEDY = (
    "Check that it is running. `python -m runtime model` shows its address (which usually ends in /v1), the model, and "
    "whether your choice or PLUMBLINE_GENERATOR_URL sets them."
)


class Refused(NotAnswered):
    """The server answered with an HTTP status that is not 200, and perhaps a message."""

    def __init__(self, kind: Unanswered, reason: str, remedy: str, status: int, message: str) -> None:
        super().__init__(kind, reason, remedy)
        self.args = (kind, reason, remedy, status, message)
        self.status = status
        self.message = message


class OpenAiChat:
    """`POST {url}/chat/completions` with `stream: true`; the answer comes as server-sent events.

    With `limit`, a whole answer may take only so many seconds. Redirects are not followed, and no error quotes the key.
    """

    source_tokens = SOURCE_TOKENS

    def __init__(self, url: str, model: str, key: str = "", limit: float | None = None) -> None:
        self.model = model
        self._url = url.rstrip("/") + "/chat/completions"
        self._key = key
        self._seconds = ANSWER_SECONDS if limit is None else limit
        self._read_seconds = READ_SECONDS if limit is None else min(READ_SECONDS, limit)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(self._read_seconds, connect=CONNECT_SECONDS)
        # A server may close a kept-alive connection just as it is reused.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(headers=headers, timeout=timeout, limits=limits, trust_env=may_use_proxy(self._url))

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
            raise self._failed("broken off", f"sent nothing for {self._read_seconds:.0f} seconds") from error
        except httpx.HTTPError as error:
            raise self._failed("broken off", f"could not be reached: {error or type(error).__name__}") from error

    def check(self) -> None:
        """PlumblineError if the server is unreachable."""
        check_reachable(without_password(self._url))

    def _check_answer(self, response: httpx.Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.status_code != httpx.codes.OK:
            message = self._message(response)
            too_long = response.status_code in (400, 413, 422) and is_too_long(message)
            failed = self._failed(
                "too long" if too_long else "broken off", f"answered {response.status_code}: {message}"
            )
            raise Refused(failed.kind, failed.reason, failed.remedy, response.status_code, message)
        if "html" in kind:
            raise self._failed("broken off", "answered with a web page instead of a model's answer")

    def _message(self, response: httpx.Response) -> str:
        """What a refusal says, at most its beginning. Some servers repeat the request's headers."""
        said = b""
        for part in response.iter_bytes():
            said += part
            if len(said) >= REFUSAL_BYTES:
                break
        # The key is removed first: half of one would not be recognized.
        return without_key(said[:REFUSAL_BYTES].decode(errors="replace"), self._key)[:REFUSAL_SHOWN]

    def _events(self, response: httpx.Response) -> Stream[str, None, Ending]:
        """The texts of a response's events."""
        ending, ended, answer, started = Ending(), False, "", False
        for line in self._lines(response):
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
        rest, until = "", time.monotonic() + self._seconds
        for part in response.iter_text():
            if time.monotonic() > until:
                raise self._failed("cut off", "did not finish its answer")
            *lines, rest = (rest + part).split("\n")
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise self._failed("broken off", "sent an endless line")
        yield rest

    def _event(self, data: str) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise self._failed("broken off", f"sent invalid JSON: {self._start(data)!r}") from error
        if not isinstance(event, dict):
            raise self._failed("broken off", f"sent {self._start(data)!r} instead of a piece of the answer")
        if problem := event.get("error"):
            too_long = is_too_long(json.dumps(problem))
            raise self._failed("too long" if too_long else "broken off", f"stopped with an error: {problem}")
        return event

    def _start(self, data: str) -> str:
        return without_key(data, self._key)[:100]

    def _failed(self, kind: Unanswered, what: str) -> NotAnswered:
        remedy = "Ask a shorter question, or give the model a larger context." if kind == "too long" else REMEDY
        what = without_key(what, self._key)
        return NotAnswered(kind, f"The model server at {without_password(self._url)} {what}.", remedy)


def without_key(text: str, key: str) -> str:
    """The text without the key, as it is or as JSON and Python write it in a string."""
    if not key:
        return text
    as_json = json.dumps(key)[1:-1]
    for written in sorted({key, as_json, as_json.replace("/", "\\/"), repr(key)[1:-1]}, key=len, reverse=True):
        text = text.replace(written, "[key]")
    return text
