"""Lazy import of packages that others import and hardly use."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any


def import_lazily(package: str) -> None:
    """Make importing a package, or one of its modules, not run the package's own `__init__` until one of the names that
    it defines is used. Does nothing if the package is not installed, or already imported."""
    spec = find_spec(package)
    if package in sys.modules or spec is None or spec.loader is None:
        return
    module, loader = module_from_spec(spec), spec.loader

    def run(name: str) -> Any:
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    module.__dict__["__getattr__"] = run  # PEP 562
    sys.modules[package] = module
