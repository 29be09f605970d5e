"""The Generator on one machine: a GGUF model by llama.cpp, in process."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.ports import PlumblineError, Turn

if TYPE_CHECKING:
    import xllamacpp

CONTEXT_TOKENS = 4096
"""Room for a prompt and its answer."""

SOURCE_TOKENS = 700
"""A 2-core machine reads about 450 prompt tokens a second with SmolLM2-135M, so this much keeps the wait for
the first word under 2 s."""

_END = None


class Llama:
    """llama.cpp in this process. Loaded at the first use; one answer at a time, others wait their turn."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._lock = threading.Lock()
        self._server: xllamacpp.Server | None = None
        self.model = path.stem

    def load(self) -> None:
        """Load the model now, so that the first question needn't wait for it."""
        with self._lock:
            if self._server is not None:
                return
            import xllamacpp

            path = self._file()
            settings = xllamacpp.CommonParams()
            settings.model.path = str(path)
            settings.n_ctx = CONTEXT_TOKENS
            settings.n_parallel = 1
            settings.cpuparams.n_threads = self._threads
            settings.cpuparams_batch.n_threads = self._threads
            settings.verbosity = 0
            # The binding also opens a port on the loopback: nobody gets a word out of it without this key.
            settings.api_keys = [secrets.token_urlsafe(32)]
            settings.ui = False
            try:
                self._server = xllamacpp.Server(settings)
            except RuntimeError as error:
                raise PlumblineError(
                    f"llama.cpp could not load {path}: {error}.",
                    "Set PLUMBLINE_MODEL to a GGUF file that llama.cpp can read.",
                ) from error

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Iterator[str]:
        """Pieces of the answer. Closing the iterator stops at the next token."""
        self.load()
        pieces: queue.Queue[str | BaseException | None] = queue.Queue()
        stopped = threading.Event()
        request: dict[str, Any] = {
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "max_tokens": max_tokens,
            "temperature": 0,
            "repeat_penalty": 1.1,
            "stream": True,
        }

        def receive(chunk: dict[str, Any]) -> bool:
            """llama.cpp's callback, from a thread of its own: True stops it."""
            if "error" in chunk or chunk.get("code", 200) >= 400:
                pieces.put(self._refused(chunk))
                return True
            for choice in chunk.get("choices", []):
                if text := choice.get("delta", {}).get("content"):
                    pieces.put(text)
            return stopped.is_set()

        def work() -> None:
            try:
                with self._lock:
                    if not stopped.is_set():
                        assert self._server is not None
                        self._server.handle_chat_completions(request, receive)
            except BaseException as error:  # handed to the reader of the stream, which raises it
                pieces.put(error)
            finally:
                pieces.put(_END)

        worker = threading.Thread(target=work, name="llama")
        worker.start()
        try:
            while (piece := pieces.get()) is not _END:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            stopped.set()
            worker.join()  # at most one token's time

    def check(self) -> None:
        """PlumblineError where the model's file is not there."""
        self._file()

    def _file(self) -> Path:
        if not self._path.is_file():
            raise PlumblineError(f"There is no model file {self._path}.", "Set PLUMBLINE_MODEL to a GGUF file.")
        return self._path

    def _refused(self, chunk: dict[str, Any]) -> PlumblineError:
        error = chunk.get("error", chunk)
        said = error.get("message", error) if isinstance(error, dict) else error
        return PlumblineError(
            f"The model {self.model} refused the request: {said}.",
            "Ask a shorter question, or start a new conversation.",
        )
