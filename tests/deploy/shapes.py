"""Every shape of the stack, under mocks, once for all tests of a process."""

from __future__ import annotations

from functools import cache

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from tests.deploy.engine import EVERY, MODELS, PAGE
from tests.deploy.resources import Made, made

BEDROCK = {
    "textModelEndpointName": "bedrock:eu.amazon.nova-lite-v1:0",
    "embeddingsModelEndpointName": "bedrock:amazon.titan-embed-text-v2:0",
}
LONGEST_STACK = "Live-stack_of_the-4th_department-2026-12"
"""As long as a stack's name may be."""


@cache
def shapes() -> list[Made]:
    """What each of EVERY settings makes; and a stack of Bedrock's models, whose name, of the greatest length, is in all
    names that can have it."""
    named = {**MODELS, **PAGE, **BEDROCK, "notebook": "true", "names": "stack"}
    return [
        *(made(lambda values=values: compose(Settings.read(values), CodeArgs())) for values in EVERY),  # type: ignore[misc]
        made(lambda: compose(Settings.read(named, stack=LONGEST_STACK), CodeArgs()), stack=LONGEST_STACK),
    ]
