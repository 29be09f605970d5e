"""Finds a model's file in an installed package, without running the package's code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from runtime.ports import PlumblineError


def installed_file(package: str, name: str) -> Path:
    """The path of a file in a package; PlumblineError if it is not installed."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder, name)
        if path.is_file():
            return path
    raise PlumblineError(f"The model file {name} of the package {package} is not installed.", "Run `make install`.")
