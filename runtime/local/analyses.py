"""Analyses on one machine: each a process of its own, which gives way to the page."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from runtime.analyses import Command, Outcome

ROOT = Path(__file__).parents[2]
"""The folder with the package `analysis`, which is a program of its own."""

NOT_ENOUGH = 3
"""The exit code of a command that has found too little data."""

NICENESS = 10
LOOK_SECONDS = 0.2
STOP_SECONDS = 5.0
ERROR = "Error: "
"""What the line begins with that says why a command has failed."""


class LocalAnalyses:
    """The Analyses port over the library in a folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def run(self, command: Command, progress: Callable[[str], None], should_stop: Callable[[], bool]) -> Outcome:
        """Run a command; its steps are the lines that it writes on its error stream."""
        arguments = [part for name, value in command.arguments.items() for part in (name, value)]
        process = subprocess.Popen(
            [sys.executable, "-m", "analysis", command.name, *arguments],
            cwd=ROOT,
            env={**os.environ, "PLUMBLINE_HOME": str(self._home.absolute()), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        lines: list[str] = []

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                lines.append(line.strip())
                progress(line.strip())

        reading = threading.Thread(target=read, name="analysis", daemon=True)
        reading.start()
        while True:
            try:
                code = process.wait(LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if should_stop():
                    return _stopped(process)
        reading.join(STOP_SECONDS)
        if code == 0:
            return Outcome("done")
        said = next((n for n, line in enumerate(lines) if line.startswith(ERROR)), max(0, len(lines) - 1))
        reason = " ".join(lines[said:]).removeprefix(ERROR) or f"The analysis ended with {code}."
        return Outcome("nothing" if code == NOT_ENOUGH else "failed", reason)


def _stopped(process: subprocess.Popen[str]) -> Outcome:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return Outcome("stopped")
