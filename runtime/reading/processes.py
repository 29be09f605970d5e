"""Starts the processes that read documents, and ends them. They are forked from the template, which is started with the
first and ends with this process: see `runtime.reading.template`.

multiprocessing's forkserver would give it and them the service's environment, with its keys, import the service's main
module, and start one process more.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from runtime.ports import PlumblineError
from runtime.reading.template import NUMBER

ROOT = Path(__file__).resolve().parents[2]
"""The folder from which the child imports this package: in `sys.path` it may be '', wherever that then is."""

FORKS = sys.platform == "linux"
"""Whether children are forked. macOS's own libraries, which PDFium uses, may not be used after a fork."""

ANSWER_SECONDS, END_SECONDS = 60.0, 1.0
"""Until a template is taken for dead that does not answer (its imports may take seconds on a cold machine) or end."""

_lock = threading.Lock()
_template: _Template | None = None


class Process(Protocol):
    """A process that reads a document."""

    pid: int

    def end(self) -> int:
        """Kill it if it is still alive, and return its exit code: negative for the signal that ended it."""


def start(stdin: int, stdout: int, stderr: int, document: int) -> Process:
    """Start a process that reads the open file `document`: see `runtime.reading.child.run`."""
    fds = (stdin, stdout, stderr, document)
    if not FORKS:
        return _Spawned(*fds)
    global _template
    with _lock:
        for _ in range(2):  # it may have been killed since it was last used
            _template = _template or _Template()
            try:
                return _template.fork(fds)
            except (ConnectionError, TimeoutError):
                _template.end()
                _template = None
    raise PlumblineError(
        "The process that starts the readers of documents ends at once, or does not answer.",
        "See what it wrote to standard error, and whether there is memory left.",
    )


@atexit.register
def stop() -> None:
    """End the template and its children."""
    global _template
    with _lock:
        if _template:
            _template.end()
        _template = None


class _Spawned:
    """A process started without a template."""

    def __init__(self, stdin: int, stdout: int, stderr: int, document: int) -> None:
        self._process = python(
            f"from runtime.reading.child import run; run({document})",
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[document],
        )
        self.pid = self._process.pid

    def end(self) -> int:
        self._process.kill()
        return self._process.wait()


class _Forked:
    """A child of the template, which kills it when the other end of `line` is shut, and then answers its exit code. So
    its id is its own until then."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self._line = line
        self._code: int | None = None

    def end(self) -> int:
        if self._code is None:
            self._code = -signal.SIGKILL  # where the template can't tell, having ended with its children
            with self._line as line, suppress(ConnectionError, TimeoutError):
                line.shutdown(socket.SHUT_WR)
                self._code = _number(line)
        return self._code


class _Template:
    """The template, seen by its parent."""

    def __init__(self) -> None:
        self._line, other = socket.socketpair()
        with other:
            self._process = python(
                f"from runtime.reading.template import serve; serve({other.fileno()})",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent
            )
        self.pid = self._process.pid

    def fork(self, fds: Sequence[int]) -> _Forked:
        line, other = socket.socketpair()
        line.settimeout(ANSWER_SECONDS)
        try:
            with other:
                socket.send_fds(self._line, [b"\0"], [other.fileno(), *fds])
            pid = _number(line)
            if pid < 0:
                raise OSError(-pid, os.strerror(-pid))
        except BaseException:
            line.close()
            raise
        return _Forked(pid, line)

    def end(self) -> None:
        """Let it end its children and itself, or kill it and, by that, them."""
        self._line.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def leave(self) -> None:
        """Leave it to the process that started it, of which this one is a fork."""
        self._line.close()
        self._process.returncode = 0


def _after_fork() -> None:
    """A fork of this process starts a template of its own."""
    global _lock, _template
    _lock = threading.Lock()
    if _template:
        _template.leave()
    _template = None


os.register_at_fork(after_in_child=_after_fork)


def python(code: str, **options: object) -> subprocess.Popen[bytes]:
    """Start Python, told no more than where this package and its libraries are."""
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        # Imported, not run as a file, so that Python caches its bytecode.
        [sys.executable, "-P", "-S", "-c", code],
        # Only what Python needs: no key or password in the service's environment reaches the child.
        env={
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
            "PATH": os.environ.get("PATH", ""),
        },
        **options,
    )


def _number(line: socket.socket) -> int:
    answer = line.recv(NUMBER.size)
    if not answer:
        raise ConnectionResetError
    return int(NUMBER.unpack(answer)[0])
