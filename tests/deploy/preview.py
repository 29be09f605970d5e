"""Prints the resources that the stack would have, from the real Pulumi engine: `make preview`."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from pulumi import automation

from components.stack import deploy
from tests.deploy.engine import IMAGE, MODELS, PAGE, enter, stack
from tests.deploy.provider import serving

SHAPES: dict[str, Mapping[str, str]] = {
    "backend only, small": {**MODELS, "notebook": "true"},
    "backend only, production": {**MODELS, "notebook": "true", "size": "production"},
    "with the frontend, small": {**MODELS, **PAGE, "frontendImage": IMAGE},
    "with the frontend, production": {**MODELS, **PAGE, "frontendImage": IMAGE, "size": "production", "refused": "0.9"},
}


def main() -> None:
    """What the program says and the tree of each shape, then how many of each type all have."""
    counts: dict[str, Counter[str]] = {}
    for shape, values in SHAPES.items():
        urns, said = previewed(values)
        print(f"\n{shape}: {len(urns)} resources")
        print("".join(f"{line}\n" for line in said), end="")
        for urn in sorted(urns, key=lambda urn: urn.split("::")[2:]):
            kinds, name = urn.split("::")[2].split("$"), urn.split("::")[3]
            print(f"{'  ' * len(kinds)}{kinds[-1]} {name}")
        counts[shape] = Counter(urn.split("::")[2].rpartition("$")[2] for urn in urns)
    print("\nHow many of each type: " + "; ".join(counts))
    for kind in sorted(set().union(*counts.values())):
        print("".join(f"{count[kind]:5}" for count in counts.values()) + f"  {kind}")
    print("".join(f"{count.total():5}" for count in counts.values()) + "  in all")


def previewed(values: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The URNs that the engine would make of these settings, and what the program says about them."""
    with tempfile.TemporaryDirectory() as folder, serving() as (_, providers), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_DEBUG_PROVIDERS", providers)
        made = stack(enter(patch, Path(folder)), deploy, values)
        urns: list[str] = []
        said: list[str] = []

        def note(event: automation.EngineEvent) -> None:
            if event.resource_pre_event:
                urns.append(event.resource_pre_event.metadata.urn)
            if event.diagnostic_event and event.diagnostic_event.severity in ("info", "warning"):
                said.append(event.diagnostic_event.message.strip())

        made.preview(on_event=note)
    return urns, said


if __name__ == "__main__":
    main()
