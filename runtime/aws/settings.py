"""The settings of the code on AWS: the stack's outputs, as environment variables."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from runtime.names import (
    MAX_CONVERSATION_DAYS,
    MAX_RECOGNITION_PAGES,
    OUTPUT_OF,
    RECOGNITION_PAGES,
    SETTING_OF,
    metric_namespace,
)
from runtime.ports import PlumblineError
from runtime.settings import number_setting, refused_setting

TEXTRACT = "textract"
PULUMI_SECONDS = 120


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """The settings of a deployed stack."""

    names: Mapping[str, str]
    """The variables of OUTPUT_OF that are set."""
    refused: float
    """The share of off-topic questions to refuse before a model is asked."""
    ocr: bool
    """Whether the text of pictures is recognized, by Textract, which bills each page."""
    ocr_pages: int
    """Pages a month that are sent to Textract at most, 0 for no limit."""
    conversation_days: int
    """Days after its last message that a conversation is removed, 0 for never."""
    metric_namespace: str
    """CloudWatch's namespace of the stack's metrics."""
    tunnel: int
    """The local port of a tunnel to the OpenSearch domain, 0 for none."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> CloudSettings:
        """Parse the environment; PlumblineError names all invalid values at once."""
        problems: list[str] = []
        days = number_setting(environment, "CONVERSATION_DAYS", 0, 0, MAX_CONVERSATION_DAYS, problems)
        tunnel = number_setting(environment, "TUNNEL", 0, 0, 65_535, problems)
        share = refused_setting(environment, problems)
        pages = number_setting(environment, "OCR_PAGES", RECOGNITION_PAGES, 0, MAX_RECOGNITION_PAGES, problems)
        ocr = environment.get("PLUMBLINE_OCR") or TEXTRACT
        if ocr not in (TEXTRACT, "none"):
            problems.append(f"PLUMBLINE_OCR is {ocr!r}; it must be {TEXTRACT!r} or 'none'.")
        if problems:
            raise PlumblineError(" ".join(problems), "Correct or unset the variable.")
        names = {name: environment[name] for name in OUTPUT_OF if environment.get(name)}
        return cls(names, share, ocr == TEXTRACT, int(pages), int(days), metric_namespace(environment), int(tunnel))

    def need(self, name: str) -> str:
        """The value of a variable; PlumblineError if it is not set."""
        if name not in self.names:
            raise PlumblineError(
                f"{name} is not set.", f"Set it to the stack's output {OUTPUT_OF[name]}, or give --stack NAME."
            )
        return self.names[name]


def is_deployed(environment: Mapping[str, str]) -> bool:
    """Whether the environment names a stack's resources."""
    return any(environment.get(name) for name in OUTPUT_OF if name.startswith("PLUMBLINE_"))


def outputs_of(stack: str) -> dict[str, str]:
    """A stack's outputs as environment variables."""
    if not shutil.which("pulumi"):
        raise PlumblineError(
            "`pulumi`, which reads the stack's outputs, is not on the PATH.",
            f"Install it, or set the variables yourself: {', '.join(OUTPUT_OF)}.",
        )
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise PlumblineError(f"Pulumi did not answer within {PULUMI_SECONDS} s.", "Check its backend.") from error
    if done.returncode:
        raise PlumblineError(
            f"Pulumi could not read the stack {stack!r}: {done.stderr.strip()}",
            "Run `pulumi stack ls` to list the stacks.",
        )
    outputs = json.loads(done.stdout)
    return {name: str(outputs[output]) for name, output in {**OUTPUT_OF, **SETTING_OF}.items() if outputs.get(output)}
