"""Prints the resources that the stack would have, from the real Pulumi engine: `make preview`."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from pulumi import automation

from components.stack import deploy
from tests.deploy.engine import enter, stack
from tests.deploy.provider import serving

MODELS = {"textModelEndpointName": "text-model", "embeddingsModelEndpointName": "vectors"}


def main() -> None:
    """The tree of each size, and how many of each type."""
    for size in ("small", "production"):
        with tempfile.TemporaryDirectory() as folder, serving() as (_, port), pytest.MonkeyPatch.context() as patch:
            patch.setenv("PULUMI_DEBUG_PROVIDERS", f"aws:{port}")
            made = stack(enter(patch, Path(folder)), deploy, {**MODELS, "size": size})
            urns: list[str] = []

            def note(event: automation.EngineEvent, urns: list[str] = urns) -> None:
                if event.resource_pre_event:
                    urns.append(event.resource_pre_event.metadata.urn)

            made.preview(on_event=note)
        print(f"\n{size}: {len(urns)} resources")
        for urn in sorted(urns, key=lambda urn: urn.split("::")[2:]):
            kinds, name = urn.split("::")[2].split("$"), urn.split("::")[3]
            print(f"{'  ' * len(kinds)}{kinds[-1]} {name}")
        for kind, count in sorted(Counter(urn.split("::")[2].rpartition("$")[2] for urn in urns).items()):
            print(f"{count:5} {kind}")


if __name__ == "__main__":
    main()
