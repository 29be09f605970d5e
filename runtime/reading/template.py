"""The process that the readers of documents are forked from, one for each document.

It has one thread and has imported what reads documents, so that a child costs a fork instead of a start of Python, and
every child begins alike. It opens no document and hears nothing from its children; its parent sends it open files and
no data. It ends with its parent, and with it, its children.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import select
import signal
import socket
import struct
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from runtime.reading.sandbox import die_with_parent, hide_memory

OFTEN_USED = ("pdfminer.converter", "pdfminer.pdfpage", "PIL.ImageChops", "PIL.ImageDraw", "PIL.PngImagePlugin")
"""Modules that some documents need: imported before the second child, so that the first does not wait for them."""

NUMBER = struct.Struct("=i")
"""What the template answers in: a process's id or its exit code."""

DOCUMENT = 3
"""The document's file descriptor in a forked child, behind those of standard input, output and errors."""

MAX_FD = 1 << 16
"""Above any file descriptor in the template, which has one for each child."""


def serve(fd: int) -> None:
    """Be the template: fork a child whenever open files arrive at `fd`, and end it when its line is shut; return when
    the parent has ended."""
    importlib.import_module("runtime.reading.child").prepare()
    hide_memory()
    gc.freeze()  # so that no collection in a child writes to the memory that it shares with the template
    requests = socket.socket(fileno=fd)
    children: dict[int, tuple[socket.socket, int]] = {}  # by the file descriptor of its line
    ready = select.poll()  # select takes no file descriptor beyond 1,023, which the parent may have
    ready.register(requests, select.POLLIN)
    forks = 0
    while True:
        for number, _ in ready.poll():
            if number != fd:
                ready.unregister(number)
                _end_child(*children.pop(number))
                continue
            _, fds, _, _ = socket.recv_fds(requests, 1, DOCUMENT + 2)
            if not fds:
                for child in children.values():
                    _end_child(*child)
                return
            if forks == 1:
                _import_often_used()
            forks += 1
            line, pid = _fork(fds)
            if pid > 0:
                children[line.fileno()] = line, pid
                ready.register(line, select.POLLIN)


def _import_often_used() -> None:
    for name in OFTEN_USED:
        importlib.import_module(name)
    gc.freeze()


def _fork(fds: Sequence[int]) -> tuple[socket.socket, int]:
    """The line by which a new child is ended, and the child's id, or what kept it from being forked as an error number
    below 0."""
    try:
        pid = os.fork()
    except OSError as error:
        pid = -(error.errno or errno.EAGAIN)
    if pid == 0:
        _be_child(fds[1:])
    for fd in fds[1:]:
        os.close(fd)
    line = socket.socket(fileno=fds[0])
    _answer(line, pid)
    return line, pid


def _be_child(fds: Sequence[int]) -> NoReturn:
    """Read the document. All other open files, such as the template's lines, are closed before."""
    try:
        die_with_parent()
        for number, fd in enumerate(fds):  # they ascend from above these numbers: none is overwritten before its turn
            os.dup2(fd, number)
        os.closerange(len(fds), MAX_FD)
        importlib.import_module("runtime.reading.child").run(DOCUMENT)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _end_child(line: socket.socket, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    _answer(line, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    line.close()


def _answer(line: socket.socket, number: int) -> None:
    with suppress(ConnectionError):  # whoever asked has ended
        line.send(NUMBER.pack(number))
