"""The Generator port: a SageMaker endpoint, or a Bedrock model through Converse; both stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Generator as Stream
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws.clients import AwsError, code_of
from runtime.aws.limiter import Limiter, model_error
from runtime.endings import ended_by, is_too_long
from runtime.ports import Ending, NotAnswered, PlumblineError, Turn
from runtime.reach import check_reachable

SOURCE_TOKENS = 1800
CALLS = 64
"""Concurrent calls: as many as the page writes answers. An endpoint that accepts fewer throttles, and gets fewer."""
TEMPERATURE = 0.0

Payload = Callable[[Sequence[Turn], int], dict[str, Any]]

STOPS = ("\nuser:", "\nsystem:")
"""Where a model that is sent plain text would continue the conversation by itself."""


class SageMakerGenerator:
    """An endpoint with the Messages API, or with plain text and parameters (JumpStart, Text Generation Inference); the
    first call finds out which."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, client: Any, endpoint: str) -> None:
        self.model = endpoint
        self._client = client
        self._limiter = Limiter(CALLS)
        self._payloads: tuple[Payload, ...] = (_messages, _inputs)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Pieces of the answer, and how it ended. Closing it closes the connection."""
        refusals = []
        for payload in self._payloads:
            try:
                body = self._invoke(payload(turns, max_tokens))
                end = _EndReader()
                pieces = _pieces(body, self.model, end)
                first = next(pieces, "")  # a container rejects an unknown payload here at the latest
            except (ClientError, BotoCoreError) as error:
                sent = f"{_kind(payload)} of {sum(len(turn.text) for turn in turns):,} characters"
                unknown = code_of(error) in ("ModelError", "ModelStreamError") and len(self._payloads) > 1
                if not unknown or _is_too_long(error):
                    raise _call_error(self.model, sent, error) from error
                refusals.append(str(model_error(self.model, sent, error).reason))
                continue
            self._payloads = (payload,)
            try:
                if first:
                    yield first
                yield from pieces
            except (ClientError, BotoCoreError) as error:
                raise AwsError(f"{self.model} broke off in the middle of its answer: {error}.", "Ask again.") from error
            finally:
                body.close()
            return end.ending
        raise AwsError(
            f"The endpoint {self.model} accepts none of the known payloads. {' '.join(refusals)}",
            "Deploy a JumpStart text model, or one whose container supports the Messages API.",
        )

    def check(self) -> None:
        """PlumblineError if the model's service is unreachable."""
        check_reachable(self._client.meta.endpoint_url)

    def _invoke(self, payload: dict[str, Any]) -> Any:
        answer = self._limiter.call(
            lambda: self._client.invoke_endpoint_with_response_stream(
                EndpointName=self.model, ContentType="application/json", Body=json.dumps(payload)
            )
        )
        return answer["Body"]


class BedrockGenerator:
    """A Bedrock text model, by its id or that of an inference profile."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, client: Any, model: str) -> None:
        self.model = model
        self._client = client
        self._limiter = Limiter(CALLS)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Pieces of the answer, and how it ended. Closing it closes the connection."""
        request: dict[str, Any] = {
            "modelId": self.model,
            "messages": [{"role": t.role, "content": [{"text": t.text}]} for t in turns if t.role != "system"],
            "inferenceConfig": {"maxTokens": max_tokens, "temperature": TEMPERATURE},
        }
        if system := [{"text": turn.text} for turn in turns if turn.role == "system"]:
            request["system"] = system
        try:
            events = self._limiter.call(lambda: self._client.converse_stream(**request))["stream"]
        except (ClientError, BotoCoreError) as error:
            raise _call_error(self.model, f"{len(turns)} messages", error) from error
        ending = Ending()
        try:
            for event in events:
                if stopped := event.get("messageStop"):
                    ending = replace(ending, reason=ended_by(stopped.get("stopReason")))
                if usage := event.get("metadata", {}).get("usage"):
                    read, wrote = usage.get("inputTokens"), usage.get("outputTokens")
                    ending = replace(ending, prompt_tokens=read, tokens=wrote)
                if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                    yield text
        except (ClientError, BotoCoreError) as error:
            raise AwsError(f"{self.model} broke off in the middle of its answer: {error}.", "Ask again.") from error
        finally:
            events.close()
        return ending

    def check(self) -> None:
        """PlumblineError if the model's service is unreachable."""
        check_reachable(self._client.meta.endpoint_url)


@dataclass(slots=True)
class _EndReader:
    """How an answer ended, as far as its container has reported."""

    ending: Ending = Ending()  # noqa: RUF009 - it can't be changed

    def read(self, part: dict[str, Any]) -> None:
        """Look for it in an object of the stream."""
        reasons = [part.get("finish_reason"), (part.get("details") or {}).get("finish_reason")]
        reasons += [choice.get("finish_reason") for choice in part.get("choices") or []]
        for reason in filter(None, reasons):
            self.ending = replace(self.ending, reason=ended_by(reason))
        if usage := part.get("usage"):
            read, wrote = usage.get("prompt_tokens"), usage.get("completion_tokens")
            self.ending = replace(self.ending, prompt_tokens=read, tokens=wrote)
        elif wrote := (part.get("details") or {}).get("generated_tokens"):
            self.ending = replace(self.ending, tokens=wrote)


def _call_error(model: str, sent: str, error: ClientError | BotoCoreError) -> PlumblineError:
    refused = model_error(model, sent, error)
    if not _is_too_long(error):
        return refused
    return NotAnswered("too long", refused.reason, "Ask a shorter question, or choose a model with a larger context.")


def _is_too_long(error: ClientError | BotoCoreError) -> bool:
    """Whether the prompt is too long; Bedrock says 'Too many tokens' of a quota as well, when it throttles."""
    return code_of(error) != "ThrottlingException" and is_too_long(str(error))


def _messages(turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
    """The Messages API, as in OpenAI's chat protocol."""
    messages = [{"role": turn.role, "content": turn.text} for turn in turns]
    return {"messages": messages, "max_tokens": max_tokens, "temperature": TEMPERATURE, "stream": True}


def _inputs(turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
    """Plain text for the model to continue."""
    text = "".join(f"{turn.role}: {turn.text}\n" for turn in turns) + "assistant:"
    parameters = {"max_new_tokens": max_tokens, "return_full_text": False, "do_sample": False, "stop": list(STOPS)}
    return {"inputs": text, "parameters": parameters, "stream": True}


def _kind(payload: Payload) -> str:
    return "`messages`" if payload is _messages else "`inputs` and `parameters`"


def _pieces(body: Any, model: str, end: _EndReader) -> Iterator[str]:
    """The texts in a stream, in any container's format: server-sent events, one object per line, or a single object."""
    rest = b""
    unparsed: list[bytes] = []
    for event in body:
        if "PayloadPart" not in event:
            raise AwsError(f"{model} broke off in the middle of its answer: {event}.", "Check the endpoint's logs.")
        *lines, rest = (rest + event["PayloadPart"]["Bytes"]).split(b"\n")
        for line in lines:
            yield from _texts(line, unparsed, end)
    yield from _texts(rest, unparsed, end)
    if unparsed:
        whole = b"\n".join(unparsed)
        try:
            answer = json.loads(whole)
        except ValueError as error:
            raise AwsError(
                f"{model} answered in an unknown format: {whole[:100]!r}.", "Check the endpoint's logs."
            ) from error
        yield from _texts_in(answer, model, end)


def _texts(line: bytes, unparsed: list[bytes], end: _EndReader) -> Iterator[str]:
    """The texts of a complete line; other lines are added to `unparsed`."""
    text = line.strip()
    if text.startswith(b"data:"):
        text = text[5:].strip()
    elif unparsed or text.startswith((b"event:", b"id:", b":")):
        if unparsed:
            unparsed.append(line)
        return
    if not text or text == b"[DONE]":
        return
    try:
        answer = json.loads(text)
    except ValueError:
        unparsed.append(line)
        return
    yield from _texts_in(answer, "", end)


def _texts_in(answer: Any, model: str, end: _EndReader) -> Iterator[str]:
    """The texts of one object, in any of the formats."""
    for part in answer if isinstance(answer, list) else [answer]:
        if not isinstance(part, dict):
            raise AwsError(f"{model or 'The endpoint'} answered {part!r} instead of text.", "Check its logs.")
        if error := part.get("error"):
            raise AwsError(f"{model or 'The endpoint'} stopped with an error: {error}.", "Check its logs.")
        end.read(part)
        if isinstance(token := part.get("token"), dict):
            if not token.get("special"):
                yield from filter(None, [token.get("text")])
            continue  # the last one repeats everything as `generated_text`
        for choice in part.get("choices", []):
            words = choice.get("delta") or choice.get("message") or {}
            yield from filter(None, [words.get("content") or choice.get("text")])
        yield from filter(None, [part.get("generated_text")])
