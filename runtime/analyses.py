"""The analyses that the page starts: what each runs, and how one that ran has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from runtime.names import DISTANCE_JOB, DRIFT_JOB

Of = Literal["documents", "questions"]
Action = Literal["baseline", "compare"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of `python -m analysis`, and its arguments by name; `kind` is the kind of its report."""

    name: Literal["drift", "distance"]
    arguments: Mapping[str, str]
    kind: str

    @property
    def job(self) -> str:
        """The stack's job that runs it."""
        return DRIFT_JOB if self.name == "drift" else DISTANCE_JOB


Ended = Literal["done", "nothing", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command has ended: `nothing` if there was too little data; `reason` says why if it failed."""

    ended: Ended
    reason: str = ""


class Analyses(Protocol):
    """Runs the commands of the analyses."""

    def run(self, command: Command, progress: Callable[[str], None], should_stop: Callable[[], bool]) -> Outcome:
        """Run a command to its end, or stop it; `progress` is told each step."""
        ...


def commands(of: Of, action: Action, model: str, *, has_baseline: bool) -> Sequence[Command]:
    """What an action runs, over what was embedded with `model`: an archive may still have what a former one has
    embedded. Questions are compared with the library, and with their own baseline if they have one."""
    job_type = "BASELINE" if action == "baseline" else "SNAPSHOT"
    if of == "documents":
        return (Command("drift", {"--of": "documents", "--job_type": job_type, "--model": model}, "drift-documents"),)
    drift = Command("drift", {"--of": "prompts", "--job_type": job_type, "--model": model}, "drift-prompts")
    if action == "baseline":
        return (drift,)
    distance = Command("distance", {"--model": model}, "distance")
    return (distance, drift) if has_baseline else (distance,)
