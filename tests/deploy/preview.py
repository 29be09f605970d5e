"""Prints the resources that the stack would have, from the real Pulumi engine, and what they cost: `make preview`."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from pulumi import automation

from components.stack import deploy
from tests.deploy import bill
from tests.deploy.engine import enter, stack
from tests.deploy.provider import serving
from tests.deploy.resources import Resource


def main() -> None:
    """What the program says and the tree of each shape, how many of each type all have, and the bill of each."""
    counts: dict[str, Counter[str]] = {}
    bills: dict[str, list[bill.Item]] = {}
    for shape, values in bill.SHAPES.items():
        resources, said = previewed(values)
        urns = list(resources)
        bills[shape] = bill.bill(list(resources.values()))
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
    print(f"\n{bill.table(bills)}\n\nFor {bill.USE.said()}.\n\n{bill.sources()}")


def previewed(values: Mapping[str, str]) -> tuple[dict[str, Resource], list[str]]:
    """The resources that the engine would make of these settings, by URN, and what the program says about them."""
    with tempfile.TemporaryDirectory() as folder, serving() as (_, providers), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_DEBUG_PROVIDERS", providers)
        project = enter(patch, Path(folder))
        docker = Path(folder) / "docker"  # the program looks whether it is installed; a preview builds nothing
        docker.touch(mode=0o755)
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        made = stack(project, deploy, values)
        resources: dict[str, Resource] = {}
        said: list[str] = []

        def note(event: automation.EngineEvent) -> None:
            if event.resource_pre_event:
                metadata = event.resource_pre_event.metadata
                kind, name = metadata.urn.split("::")[2].rpartition("$")[2], metadata.urn.split("::")[3]
                inputs = (metadata.new and metadata.new.inputs) or {}
                resources[metadata.urn] = Resource(kind, name, inputs)
            if event.diagnostic_event and event.diagnostic_event.severity in ("info", "warning"):
                said.append(event.diagnostic_event.message.strip())

        made.preview(on_event=note)
    return resources, said


if __name__ == "__main__":
    main()
