"""Starts the chat page: `python -m ui --port 7860 --documents FOLDER`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from runtime.library import Library
    from runtime.local.worker import Worker
    from ui.gate import Authenticator
    from ui.settings import Access

HOST = "127.0.0.1"
"""Reachable from this machine only."""


def main(
    documents: Annotated[list[Path] | None, typer.Option(help="A folder of PDFs to add to the library.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's port; 0 for any free one.")] = 7860,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on. Any but this machine's own needs PLUMBLINE_PASSWORD_FILE."),
    ] = HOST,
    stack: Annotated[
        str | None,
        typer.Option(help="Use a deployed stack's library instead of this machine's.", envvar="PLUMBLINE_STACK"),
    ] = None,
    tunnel: Annotated[
        int | None,
        typer.Option(help="The local port of a tunnel to the stack's OpenSearch domain.", min=1),
    ] = None,
) -> None:
    """Open the chat page on this machine. Ctrl-C stops it; documents that were read stay."""
    from runtime.aws.settings import is_deployed
    from runtime.library import open_home, open_library
    from runtime.ports import PlumblineError
    from runtime.reach import is_this_machine
    from ui.gate import LOCAL
    from ui.settings import PASSWORD_FILE, Access, stop_seconds

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for chatty in ("httpx", "httpcore", "asyncio", "botocore", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        access, seconds = Access.read(os.environ), stop_seconds(os.environ)
        deployed = bool(stack) or is_deployed(os.environ)
        if documents and deployed:
            raise PlumblineError("A stack's documents come from its file system.", "Leave out --documents.")
        if not (is_this_machine(host) or access.signed_in or access.password):
            raise PlumblineError(
                f"Anyone who can reach {host} could read and delete documents, so a password is required.",
                f"Set {PASSWORD_FILE} to a file that holds one, or leave out --host.",
            )
        listener = _listen(host, port)
        missing = [folder for folder in documents or [] if not folder.expanduser().exists()]
        if missing:
            raise PlumblineError(f"There is no folder {missing[0]}.", "Set DOCUMENTS= to a folder that exists.")
        if deployed:
            _run(open_library(stack, tunnel), None, listener, _authenticator(access, deployed=True), seconds)
            return
        home = open_home()
        if not access.signed_in:
            home.conversations.assign_all(LOCAL)
    except PlumblineError as error:
        sys.exit(f"Error: {error.reason}\n{error.remedy}")
    except OSError as error:
        sys.exit(f"Error: {error}")
    from runtime.local.worker import Worker

    worker = Worker(home)
    worker.start(documents or [])
    _run(home, worker, listener, _authenticator(access, deployed=False), seconds)


def _authenticator(access: Access, *, deployed: bool) -> Authenticator:
    """How readers are identified. A stack keeps the conversations of many machines, each under a name of its own."""
    from runtime.settings import home_of
    from ui.gate import LOCAL, Password, ThisMachine, reader_of_this_machine
    from ui.sign_in import SignIn

    if access.signed_in:
        return SignIn(access.signed_in)
    user = reader_of_this_machine(home_of(os.environ)) if deployed else LOCAL
    return Password(access.password, user) if access.password else ThisMachine(user)


def _listen(host: str, port: int) -> socket.socket:
    """The page's socket, bound first so that a port in use is reported before anything is loaded."""
    from runtime.ports import PlumblineError

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise PlumblineError(
            f"Port {port} on {host} can't be used: {error.strerror}.", "Choose another: make chat PORT=7861."
        ) from error
    listener.listen(128)
    return listener


def _run(
    library: Library, worker: Worker | None, listener: socket.socket, authenticator: Authenticator, seconds: float
) -> None:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from ui.app import serve
    from ui.server import Server

    # A page open at Ctrl-C holds a connection: closing it is not an error worth a traceback.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: (
            not (record.exc_info and record.exc_info[0] is asyncio.CancelledError)
            and "graceful shutdown" not in record.getMessage()
        )
    )
    server = Server(serve(library, worker, authenticator), listener, seconds, lambda: _warm(library))
    try:
        server.run(sockets=[listener])
    finally:
        if worker:
            worker.stop()


def _warm(library: Library) -> None:
    """Load in the background what the first question would otherwise wait for."""
    from runtime.ports import PlumblineError

    try:
        load = getattr(library.generator, "load", None)
        if load is not None:
            load()
    except PlumblineError as error:
        logging.getLogger("plumbline").error("%s", error)


if __name__ == "__main__":
    typer.run(main)
