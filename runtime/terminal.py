"""Output of the command lines: to a terminal, or wherever standard output and error are redirected."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

UNBOUNDED = 1_000_000
"""Columns if the output is not a terminal: no table row is wider, so none is wrapped or cut."""

EXIT_INTERRUPTED = 130

CLOSING_SECONDS = 0.5
"""Time for clean-up after Ctrl-C; a model that is reading a long prompt would take longer."""


def console(*, stderr: bool = False) -> Console:
    """Standard output or standard error. Only a terminal has a width that tables must fit, colours, and progress
    bars."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr,
        highlight=False,
        soft_wrap=not stderr,
        width=None if is_terminal else UNBOUNDED,
        force_terminal=None if is_terminal else False,
    )


def table(*columns: str, title: str | None = None) -> Table:
    """A table whose cells wrap on a narrow terminal, and are never cut."""
    made = Table(title=title, box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@contextmanager
def exiting_on_interrupt(out: Console) -> Iterator[None]:
    """Ctrl-C ends the process within CLOSING_SECONDS."""

    def leave() -> None:
        out.show_cursor()
        os._exit(EXIT_INTERRUPTED)

    def interrupted(*_: object) -> None:
        timer = threading.Timer(CLOSING_SECONDS, leave)
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:  # background jobs ignore it
        signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
