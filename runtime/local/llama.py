"""The Generator port on one machine: a GGUF model with llama.cpp, in process."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Generator as Stream
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.endings import ended_by, is_too_long
from runtime.local.priority import Questions
from runtime.ports import Ending, NotAnswered, PlumblineError, Turn

if TYPE_CHECKING:
    import xllamacpp

CONTEXT_TOKENS = 4096
"""Room for a prompt and its answer."""

SOURCE_TOKENS = 700
"""A 2-core machine reads about 450 prompt tokens a second with SmolLM2-135M, so this keeps the time to the first word
under 2 s."""

WAIT_SECONDS = 0.2
"""How often a queued answer checks whether it is its turn, and can be closed."""


REMEDY = "Choose another GGUF file with `python -m runtime model use FILE`, or with PLUMBLINE_MODEL where that is set."


class Llama:
    """llama.cpp in this process. Loaded at first use; one answer at a time. The others wait for their turn, and
    yield '' meanwhile."""

    source_tokens = SOURCE_TOKENS

    def __init__(self, path: Path, threads: int, questions: Questions | None = None) -> None:
        self._path = path
        self._threads = threads
        self._questions = questions or Questions()
        self._loading = threading.Lock()
        self._turn = threading.Semaphore()
        self._server: xllamacpp.Server | None = None
        self.model = path.stem

    def load(self) -> None:
        """Load the model now, so that the first question need not wait for it."""
        with self._loading:
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
            # The binding also opens a loopback port, which nobody can use without this key.
            settings.api_keys = [secrets.token_urlsafe(32)]
            settings.ui = False
            try:
                self._server = xllamacpp.Server(settings)
            except RuntimeError as error:
                raise PlumblineError(
                    f"llama.cpp could not load {path}: {str(error).rstrip('.')}.",
                    f"The file may be damaged, or of a kind that this llama.cpp does not know. {REMEDY}",
                ) from error

    def stream(self, turns: Sequence[Turn], max_tokens: int) -> Stream[str, None, Ending]:
        """Pieces of the answer, and how it ended. Closing it stops at the next token, or at once if it has not
        started."""
        self.load()
        pieces: queue.Queue[str | BaseException | Ending] = queue.Queue()
        stopped = threading.Event()
        request: dict[str, Any] = {
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
            "max_tokens": max_tokens,
            "temperature": 0,
            "repeat_penalty": 1.1,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        ending: Ending | None = None

        def receive(chunk: dict[str, Any]) -> bool:
            """llama.cpp's callback, in a separate thread: True stops it."""
            nonlocal ending
            if "error" in chunk or chunk.get("code", 200) >= 400:
                pieces.put(self._rejected(chunk))
                return True
            for choice in chunk.get("choices", []):
                if text := choice.get("delta", {}).get("content"):
                    pieces.put(text)
                if reason := choice.get("finish_reason"):
                    ending = Ending(ended_by(reason))
            if (usage := chunk.get("usage")) and ending:
                ending = replace(ending, prompt_tokens=usage["prompt_tokens"], tokens=usage["completion_tokens"])
            return stopped.is_set()

        def work() -> None:
            try:
                assert self._server is not None
                self._server.handle_chat_completions(request, receive)
                pieces.put(ending or self._broken_off())
            except BaseException as error:  # re-raised by the reader of the stream
                pieces.put(error)
            finally:
                self._turn.release()

        while not self._turn.acquire(timeout=WAIT_SECONDS):
            yield ""
        worker = threading.Thread(target=work, name="llama")
        worker.start()
        try:
            with self._questions.step():
                piece = pieces.get()
            while not isinstance(piece, Ending):
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
                piece = pieces.get()
            return piece
        finally:
            stopped.set()
            worker.join()  # at most one token's time

    def check(self) -> None:
        """PlumblineError if the model's file does not exist."""
        self._file()

    def _file(self) -> Path:
        if not self._path.is_file():
            raise PlumblineError(f"There is no model file {self._path}.", REMEDY)
        return self._path

    def _rejected(self, chunk: dict[str, Any]) -> PlumblineError:
        error = chunk.get("error", chunk)
        message = error.get("message", error) if isinstance(error, dict) else error
        return NotAnswered(
            "too long" if is_too_long(str(message)) else "broken off",
            f"The model {self.model} refused the request: {message}.",
            "Ask a shorter question, or start a new conversation.",
        )

    def _broken_off(self) -> PlumblineError:
        return NotAnswered("broken off", f"The model {self.model} broke off in the middle of its answer.", "Ask again.")
