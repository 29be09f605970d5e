"""What the command lines print on: a terminal, or what standard output and error are redirected to."""

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
"""Columns of what is no terminal: no row of a table is wider, so none is wrapped or cut."""

EXIT_INTERRUPTED = 130

CLOSING_SECONDS = 0.5
"""What is open may close for so long after Ctrl-C: a model in the middle of a long prompt takes longer."""


def console(*, stderr: bool = False) -> Console:
    """Standard output or standard error. Only a terminal has a width to fit tables to, colours, and bars that move."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr,
        highlight=False,
        soft_wrap=not stderr,
        width=None if is_terminal else UNBOUNDED,
        force_terminal=None if is_terminal else False,
    )


def table(*columns: str, title: str | None = None) -> Table:
    """A table whose cells wrap on a terminal that is too narrow for them, and are never cut."""
    made = Table(title=title, box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@contextmanager
def exiting_on_interrupt(out: Console) -> Iterator[None]:
    """Ctrl-C ends the process, by CLOSING_SECONDS at the latest."""

    def leave() -> None:
        out.show_cursor()
        os._exit(EXIT_INTERRUPTED)

    def interrupted(*_: object) -> None:
        timer = threading.Timer(CLOSING_SECONDS, leave)
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:  # a job in the background ignores it
        signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
