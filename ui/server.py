"""The page's HTTP server: says when it is ready, and on closing lets the answers in progress finish."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from ui.settings import CLOSE_SECONDS, KEEP_SECONDS, ROOM_SECONDS
from ui.site import Site

log = logging.getLogger("plumbline.server")

POLL_SECONDS = 0.05


class Server(uvicorn.Server):
    """SIGTERM lets answers continue until `stop_seconds` leaves just enough time to store them; Ctrl-C ends them at
    once, and a second one waits for nothing. Meanwhile everything but new questions is served as usual."""

    def __init__(self, app: FastAPI, listener: socket.socket, stop_seconds: float, ready: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=CLOSE_SECONDS))
        site: Site = app.state.site
        self._answers = site.answers
        self._site = site
        self._listener = listener
        self._answer_seconds = stop_seconds - ROOM_SECONDS
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, and say so."""
        # What exists by now stays: spare the collector from going through it again, half a second each time.
        gc.collect()
        gc.freeze()
        await super().startup(sockets)
        address, port = self._listener.getsockname()[:2]
        url = f"http://{address}:{port}"
        print(f"Plumbline is ready at {url}", flush=True)
        threading.Thread(target=self._ready, daemon=True).start()
        if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            webbrowser.open(url)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start closing."""
        if sig == signal.SIGINT:
            # uvicorn raises it again at the end, as a shell expects of an interrupted program.
            super().handle_exit(sig, frame)
            self._answers.close(0)
        else:
            self.should_exit = True
            self._answers.close(self._answer_seconds)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop serving."""
        return await super().on_tick(counter) and self._answers.over

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop and store the answers still in progress, then close."""
        self._answers.stop()
        deadline = time.monotonic() + KEEP_SECONDS
        while self._answers.running and time.monotonic() < deadline and not self.force_exit:
            await asyncio.sleep(POLL_SECONDS)
        if self._answers.running:
            log.error("%d answers could not be stored within %g s.", self._answers.running, KEEP_SECONDS)
        await asyncio.to_thread(self._site.close)
        await super().shutdown(sockets)
