"""The map: which package may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "runtime": {"components", "ui", "analysis", "bench", "tests"},
    "ui": {"components", "analysis", "bench", "tests"},
    "analysis": {"components", "ui", "bench", "tests"},
    "components": {"ui", "analysis", "bench", "tests"},
}
PORTS_ONLY = (
    *("runtime/ingest.py", "runtime/passages.py", "runtime/evidence.py", "runtime/reading/document.py"),
    *(f"runtime/answer/{name}.py" for name in ("answerer", "kinds", "quotes", "units")),
)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_only_what_the_map_allows(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        tops = {name.partition(".")[0] for name in imported(path)}
        assert not tops & FORBIDDEN[package], path


def test_components_take_only_names_from_the_runtime() -> None:
    for path in [*(ROOT / "components").glob("*.py"), ROOT / "__main__.py"]:
        assert {name for name in imported(path) if name.startswith("runtime")} <= {"runtime.names"}, path


@pytest.mark.parametrize("name", PORTS_ONLY)
def test_a_use_case_knows_no_adapter(name: str) -> None:
    assert not {m for m in imported(ROOT / name) if m.startswith(("runtime.local", "runtime.aws"))}
