"""Analyses on a stack: runs of its Glue jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from runtime.analyses import Command, Outcome
from runtime.aws.clients import aws_errors, code_of
from runtime.ports import PlumblineError

LOOK_SECONDS = 15.0
"""How often a run is looked at, while it is going on."""

STEP_SECONDS = 0.5

RUNNING = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})


class JobBusy(PlumblineError):
    """The job runs already, as often as it may."""


class GlueAnalyses:
    """The Analyses port over a stack's jobs. `tables` has the arguments that name the tables of runs and centers, by
    `--of`; a job's own are those of the documents."""

    def __init__(self, client: Any, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._client = client
        self._tables = tables

    def run(self, command: Command, progress: Callable[[str], None], should_stop: Callable[[], bool]) -> Outcome:
        """Start a run, and look at it until it has ended. It goes on if the page no longer looks."""
        arguments = {**command.arguments, **self._tables.get(command.arguments.get("--of", ""), {})}
        with aws_errors(f"Starting the job {command.job}"):
            try:
                run = self._client.start_job_run(
                    JobName=command.job,
                    Arguments=arguments,
                    ExecutionClass="STANDARD",  # somebody waits; the schedule's runs wait for spare capacity
                )["JobRunId"]
            except Exception as error:
                if code_of(error) == "ConcurrentRunsExceededException":
                    raise JobBusy(f"The job {command.job} is running already.", "Wait until it has ended.") from error
                raise
        look_at = 0.0
        while not should_stop():
            if time.monotonic() < look_at:
                time.sleep(STEP_SECONDS)
                continue
            with aws_errors(f"Looking at the job {command.job}"):
                found = self._client.get_job_run(JobName=command.job, RunId=run)["JobRun"]
            state = str(found["JobRunState"])
            if state == "SUCCEEDED":
                return Outcome("done")
            if state not in RUNNING:
                return Outcome("failed", str(found.get("ErrorMessage", f"The run ended as {state}.")))
            progress(state.capitalize())
            look_at = time.monotonic() + LOOK_SECONDS
        return Outcome("stopped")
