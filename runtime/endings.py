"""How language model servers report that an answer ended, or that a prompt is too long."""

from __future__ import annotations

from typing import Literal

_TOO_LONG = (
    "context length", "context_length", "context size", "context window", "maximum context", "exceed_context",
    "input is too long", "prompt is too long", "too many tokens", "too many input tokens", "inputs tokens +",
)  # fmt: skip
"""OpenAI, vLLM, llama-server, Ollama, LM Studio; Bedrock's models; Text Generation Inference."""

_LENGTH = ("length", "max_tokens", "model_context_window_exceeded")
_FILTERS = ("content_filter", "content_filtered", "guardrail_intervened")


def ended_by(reason: object) -> Literal["stop", "length", "filter"]:
    """What ended an answer, from the reason given by OpenAI's protocol, Converse, or Text Generation Inference."""
    return "length" if reason in _LENGTH else "filter" if reason in _FILTERS else "stop"


def is_too_long(message: str) -> bool:
    """Whether an error says that the prompt is longer than the model's context."""
    return any(sign in message.casefold() for sign in _TOO_LONG)
