"""The Generator port: a SageMaker endpoint, or a Bedrock model by Converse; both as streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws.clients import AwsError, code_of
from runtime.aws.limiter import Limiter, refusal
from runtime.ports import Turn
from runtime.reach import reach

SOURCE_TOKENS = 1800
CALLS = 64
"""At once: as many as a page writes answers. An endpoint that takes fewer says so, and gets fewer."""
TEMPERATURE = 0.0

Payload = Callable[[Sequence[Turn], int], dict[str, Any]]

STOPS = ("\nuser:", "\nsystem:")
"""Where a model that is sent plain text would go on with the conversation by itself."""


class SageMakerGenerator:
    """An endpoint that takes the Messages API, or plain text with parameters (JumpStart, Text Generation Inference);
    which one is found out at the first call."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, client: Any, endpoint: str) -> None:
        self.model = endpoint
        self._client = client
        self._limiter = Limiter(CALLS)
        self._payloads: tuple[Payload, ...] = (_messages, _inputs)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator closes the connection."""
        refusals = []
        for payload in self._payloads:
            try:
                body = self._invoke(payload(turns, max_tokens))
                pieces = _pieces(body, self.model)
                first = next(pieces, "")  # a container that does not know the payload says so here at the latest
            except (ClientError, BotoCoreError) as error:
                sent = f"{_kind(payload)} of {sum(len(turn.text) for turn in turns):,} characters"
                unknown = code_of(error) in ("ModelError", "ModelStreamError") and len(self._payloads) > 1
                if not unknown:
                    raise refusal(self.model, sent, error) from error
                refusals.append(str(refusal(self.model, sent, error).reason))
                continue
            self._payloads = (payload,)
            try:
                if first:
                    yield first
                yield from pieces
            except (ClientError, BotoCoreError) as error:
                raise AwsError(f"{self.model} broke off in its answer: {error}.", "Ask again.") from error
            finally:
                body.close()
            return
        raise AwsError(
            f"The endpoint {self.model} takes no payload that is known here. {' '.join(refusals)}",
            "Deploy a text model of JumpStart, or one whose container has the Messages API.",
        )

    def check(self) -> None:
        """PlumblineError where the model's service is out of reach."""
        reach(self._client.meta.endpoint_url)

    def _invoke(self, payload: dict[str, Any]) -> Any:
        answer = self._limiter.call(
            lambda: self._client.invoke_endpoint_with_response_stream(
                EndpointName=self.model, ContentType="application/json", Body=json.dumps(payload)
            )
        )
        return answer["Body"]


class BedrockGenerator:
    """A text model of Bedrock, by its id or that of an inference profile."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, client: Any, model: str) -> None:
        self.model = model
        self._client = client
        self._limiter = Limiter(CALLS)

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator closes the connection."""
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
            raise refusal(self.model, f"{len(turns)} messages", error) from error
        try:
            for event in events:
                if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                    yield text
        except (ClientError, BotoCoreError) as error:
            raise AwsError(f"{self.model} broke off in its answer: {error}.", "Ask again.") from error
        finally:
            events.close()

    def check(self) -> None:
        """PlumblineError where the model's service is out of reach."""
        reach(self._client.meta.endpoint_url)


def _messages(turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
    """The Messages API, as OpenAI's chat protocol has it."""
    messages = [{"role": turn.role, "content": turn.text} for turn in turns]
    return {"messages": messages, "max_tokens": max_tokens, "temperature": TEMPERATURE, "stream": True}


def _inputs(turns: Sequence[Turn], max_tokens: int) -> dict[str, Any]:
    """Plain text that the model is to go on with."""
    text = "".join(f"{turn.role}: {turn.text}\n" for turn in turns) + "assistant:"
    parameters = {"max_new_tokens": max_tokens, "return_full_text": False, "do_sample": False, "stop": list(STOPS)}
    return {"inputs": text, "parameters": parameters, "stream": True}


def _kind(payload: Payload) -> str:
    return "`messages`" if payload is _messages else "`inputs` and `parameters`"


def _pieces(body: Any, model: str) -> Iterator[str]:
    """The texts in a stream, however its container writes it: server-sent events, an object a line, or one object at
    the end."""
    rest = b""
    said: list[bytes] = []
    for event in body:
        if "PayloadPart" not in event:
            raise AwsError(f"{model} broke off in its answer: {event}.", "Look at the endpoint's logs.")
        *lines, rest = (rest + event["PayloadPart"]["Bytes"]).split(b"\n")
        for line in lines:
            yield from _texts(line, said)
    yield from _texts(rest, said)
    if said:
        whole = b"\n".join(said)
        try:
            answer = json.loads(whole)
        except ValueError as error:
            raise AwsError(
                f"{model} answered in no way that is known here: {whole[:100]!r}.", "Look at the endpoint's logs."
            ) from error
        yield from _found(answer, model)


def _texts(line: bytes, said: list[bytes]) -> Iterator[str]:
    """The texts of a line that is whole in itself; others are added to what was said."""
    text = line.strip()
    if text.startswith(b"data:"):
        text = text[5:].strip()
    elif said or text.startswith((b"event:", b"id:", b":")):
        if said:
            said.append(line)
        return
    if not text or text == b"[DONE]":
        return
    try:
        answer = json.loads(text)
    except ValueError:
        said.append(line)
        return
    yield from _found(answer, "")


def _found(answer: Any, model: str) -> Iterator[str]:
    """The texts of one object, of whichever kind."""
    for part in answer if isinstance(answer, list) else [answer]:
        if not isinstance(part, dict):
            raise AwsError(f"{model or 'The endpoint'} answered {part!r}, where text was due.", "Look at its logs.")
        if error := part.get("error"):
            raise AwsError(f"{model or 'The endpoint'} stopped with an error: {error}.", "Look at its logs.")
        if isinstance(token := part.get("token"), dict):
            if not token.get("special"):
                yield from filter(None, [token.get("text")])
            continue  # the last one repeats the whole as `generated_text`
        for choice in part.get("choices", []):
            words = choice.get("delta") or choice.get("message") or {}
            yield from filter(None, [words.get("content") or choice.get("text")])
        yield from filter(None, [part.get("generated_text")])
