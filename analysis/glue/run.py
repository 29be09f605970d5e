"""Runs a command of the analyst as a Glue job: the same arguments, and Spark for what outgrows the driver's memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from analysis.__main__ import app
from analysis.drift import NotEnoughData
from analysis.watch import BASELINE, NoBaseline
from runtime.ports import PlumblineError

REGION = "--region"
"""The argument with the stack's region, which Glue does not tell a script."""


def run(command: str) -> None:
    """End well where the command does, or where there is not enough data yet; else with its error in words, which
    Glue shows as the run's. A snapshot that finds no baseline makes it."""
    arguments = [*known_arguments(command, sys.argv[1:]), "--spark"]
    if REGION in sys.argv:
        os.environ["AWS_REGION"] = sys.argv[sys.argv.index(REGION) + 1]
    try:
        try:
            app([command, *arguments], standalone_mode=False)
        except NoBaseline as error:
            sys.stdout.write(f"{error.reason} This run makes one.\n")
            app([command, *arguments, "--job_type", BASELINE], standalone_mode=False)
    except NotEnoughData as error:
        sys.stdout.write(f"{error}\n")
    except PlumblineError as error:
        sys.exit(str(error))
    except typer.TyperException as error:
        sys.exit(f"{message_of(error)} Correct the job's arguments.")


def message_of(error: typer.TyperException) -> str:
    """A wrong argument's error, with the argument's name."""
    format_message = getattr(error, "format_message", None)
    return str(format_message() if format_message else error)


def known_arguments(command: str, arguments: Sequence[str]) -> list[str]:
    """Those of a job's arguments, each a name and a value, that the command knows; the others are Glue's own."""
    group: Any = typer.main.get_command(app)
    known = {name for option in group.commands[command].params for name in option.opts}
    found: list[str] = []
    for place, name in enumerate(arguments):
        if name in known:
            found.extend(arguments[place : place + 2])
    return found
