"""Runs a Plumbline command in this process, which saves the seconds that a new one takes to import and load."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from subprocess import CompletedProcess
from unittest import mock


def run_here(package: str, *arguments: str, environment: Mapping[str, str]) -> CompletedProcess[str]:
    """`python -m PACKAGE ARGUMENTS`, where a process of its own makes no difference."""
    out, err = StringIO(), StringIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(sys, "argv", [package, *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        sys.modules.pop(f"{package}.__main__", None)  # a test may have imported it; start it afresh
        try:
            runpy.run_module(package, run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                err.write(end.code)
    return CompletedProcess([package, *arguments], code, out.getvalue(), err.getvalue())
