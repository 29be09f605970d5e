"""What the command lines print where nobody watches."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.terminal import console, table
from tests.commands import run_here

ROOT = Path(__file__).parents[2]
NAME = "folder of many words/" + "a-long-name-without-a-space-" * 12 + ".pdf"


@pytest.mark.parametrize("environment", [{}, {"COLUMNS": "40"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}])
def test_what_is_redirected_is_neither_wrapped_nor_cut_nor_coloured(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    file, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", file)
    monkeypatch.setattr("sys.stderr", errors)
    listed = table("document", "pages")
    listed.add_row(NAME, "12")
    console().print(listed)
    console().print(f"[bold]{NAME}[/bold] and {'words ' * 100}.")
    console(stderr=True).print(f"[bold red]Error:[/bold red] {NAME} {'words ' * 100}.")
    heads, row, line = file.getvalue().splitlines()
    assert (heads.split(), row) == (["document", "pages"], f"{NAME}  12   ")
    assert line == f"{NAME} and {'words ' * 100}."
    assert errors.getvalue() == f"Error: {NAME} {'words ' * 100}.\n"


def test_a_narrow_terminal_wraps_a_tables_names_and_cuts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "60")
    listed = table("document", "pages")
    listed.add_row(NAME, "12")
    console().print(listed)
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in screen.getvalue().splitlines()]
    assert max(map(len, lines)) <= 60
    assert "".join("".join(line[:53] for line in lines[1:]).split()) == "".join(NAME.split())


@pytest.mark.parametrize("package", ["runtime", "analysis"])
def test_the_list_of_commands_says_each_in_a_whole_sentence(package: str) -> None:
    listed = run_here(package, "--help", environment={"COLUMNS": "80"}).stdout.partition("Commands:\n")[2]
    assert len(listed.splitlines()) > 5
    assert all(line.endswith(".") and not line.endswith("...") for line in listed.splitlines())


WAITS = """
import threading
from runtime.terminal import console, exiting_on_interrupt
never = threading.Event()
with exiting_on_interrupt(console()):
    try:
        print("begun", flush=True)
        never.wait()
    finally:
        never.wait()
"""


def test_ctrl_c_waits_for_nothing_that_does_not_close() -> None:
    child = subprocess.Popen([sys.executable, "-c", WAITS], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"begun\n"
    child.send_signal(signal.SIGINT)
    try:
        assert child.communicate(timeout=20) == (b"", b"")
    finally:
        child.kill()
    assert child.returncode == 130
