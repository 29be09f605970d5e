"""What CONTRIBUTING.md and CHANGELOG.md name is there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tools.cache import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BOTH = TEXT + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SAMPLE = re.compile(r"`([^`\n]+)`")


def test_every_path_exists() -> None:
    named = set(re.findall(r"[\w.-]+(?:/[\w.-]+)*/[\w.-]*|\b[A-Z]+\.md\b", BOTH)) - {
        "build/soak/",
        "~/.cache/plumbline",
    }
    paths = {
        path for path in named if path.split("/")[0] in {one.name for one in ROOT.iterdir()} and path[:6] != "build/"
    }
    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_link_leads_to_a_heading() -> None:
    for path, _, anchor in re.findall(r"\]\(([^)#]+)(#([^)]+))?\)", BOTH):
        headings = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in [heading.casefold().replace(" ", "-") for heading in headings], path


def test_every_named_make_target_exists() -> None:
    targets = set(re.findall(r"`make ([a-z-]+)", BOTH))
    assert targets >= {"check", "test", "soak", "lock"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_names_in_contributing_are_those_of_the_code() -> None:
    ports = (ROOT / "runtime" / "ports.py").read_text(encoding="utf-8")
    rows = TEXT.partition("| port |")[2].partition("\n\n")[0].splitlines()[2:]
    for row in rows:
        for port in row.split("|")[1].split(","):
            assert f"class {port.strip()}(Protocol)" in ports
    assert "ADAPTERS" in (ROOT / "tests" / "contracts" / "conftest.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", re.findall(r"`\.venv/bin/python -m ([\w.]+)", BOTH))
def test_every_command_starts(module: str) -> None:
    command = [
        sys.executable,
        "-c",
        f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)",
    ]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
