"""Starts the chat page: `python -m ui --port 7860 --documents FOLDER`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

HOST = "127.0.0.1"
"""Nobody but this machine: the page has no sign-in."""


def main(
    documents: Annotated[
        list[Path] | None, typer.Option(help="A folder whose PDFs are brought into the library.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's port; 0 for any that is free.")] = 7860,
) -> None:
    """Open the chat page on this machine. Ctrl-C stops it; what was read stays."""
    from runtime.local.home import Home
    from runtime.ports import PlumblineError
    from runtime.settings import Settings
    from ui.worker import Worker

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for chatty in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        listener = _listen(port)
        home = Home(Settings.read(os.environ))
        missing = [folder for folder in documents or [] if not folder.expanduser().exists()]
        if missing:
            raise PlumblineError(f"There is no folder {missing[0]}.", "Name one that exists in DOCUMENTS=.")
    except PlumblineError as error:
        sys.exit(f"Error: {error.reason}\n{error.remedy}")
    worker = Worker(home)
    worker.start(documents or [])
    _run(home, worker, listener)


def _listen(port: int) -> socket.socket:
    """The page's socket, taken at once so that a port in use is known before anything is loaded."""
    from runtime.ports import PlumblineError

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        raise PlumblineError(
            f"Port {port} of {HOST} can't be used: {error.strerror}.", "Choose another: make chat PORT=7861."
        ) from error
    listener.listen(128)
    return listener


def _run(home: "Home", worker: "Worker", listener: socket.socket) -> None:  # type: ignore[name-defined]  # noqa: F821, UP037
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import uvicorn

    from ui.app import serve

    class Server(uvicorn.Server):
        """Says when the page answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            url = f"http://{HOST}:{listener.getsockname()[1]}"
            print(f"Plumbline is ready at {url}", flush=True)
            threading.Thread(target=_warm, args=(home,), daemon=True).start()
            if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
                webbrowser.open(url)

    # A page that is open when Ctrl-C comes holds a connection: ending it is no error worth a traceback.
    logging.getLogger("uvicorn.error").addFilter(
        lambda record: (
            not (record.exc_info and record.exc_info[0] is asyncio.CancelledError)
            and "graceful shutdown" not in record.getMessage()
        )
    )
    config = uvicorn.Config(serve(home, worker), log_level="warning", timeout_graceful_shutdown=2)
    try:
        Server(config).run(sockets=[listener])
    finally:
        worker.stop()


def _warm(home: "Home") -> None:  # type: ignore[name-defined]  # noqa: F821, UP037
    """Load the model in the background, so that the first question needn't wait for it."""
    from runtime.local.llama import Llama
    from runtime.ports import PlumblineError

    if isinstance(home.generator, Llama):
        try:
            home.generator.load()
        except PlumblineError as error:
            logging.getLogger("plumbline").error("%s", error)


if __name__ == "__main__":
    typer.run(main)
