"""Runs an analyst's command as a Glue job: the same arguments, with Spark beyond the driver's memory."""

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

VARIABLES = {"--region": "AWS_REGION", "--metric_namespace": "PLUMBLINE_METRIC_NAMESPACE"}
"""Arguments that stand for environment variables, of which Glue passes none to a script."""


def run(command: str) -> None:
    """Succeed if the command does, or if there is not enough data yet; otherwise exit with the error's message, which
    Glue shows for the run. A snapshot that finds no baseline makes one."""
    arguments = [*known_arguments(command, sys.argv[1:]), "--spark"]
    for argument, variable in VARIABLES.items():
        if argument in sys.argv:
            os.environ[variable] = sys.argv[sys.argv.index(argument) + 1]
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
    """The message of an argument error, with the argument's name."""
    format_message = getattr(error, "format_message", None)
    return str(format_message() if format_message else error)


def known_arguments(command: str, arguments: Sequence[str]) -> list[str]:
    """The job's arguments that the command knows, each a name and a value; the others are Glue's own."""
    group: Any = typer.main.get_command(app)
    known = {name for option in group.commands[command].params for name in option.opts}
    found: list[str] = []
    for place, name in enumerate(arguments):
        if name in known:
            found.extend(arguments[place : place + 2])
    return found
