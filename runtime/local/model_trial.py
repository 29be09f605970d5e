"""Tries a model before it is chosen: a short question, and its first words or what to do about it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from runtime.answer.written import without_thoughts
from runtime.local.llama import Llama
from runtime.local.model_choice import Choice, ModelFile, ServerModel, checked
from runtime.ports import Generator, PlumblineError, Turn
from runtime.reading.processes import python

TRY_SECONDS = 60.0
"""How long a trial may take: a server reads some gigabytes from a disk before a model's first word."""

TRY_TOKENS = 400
"""As many as an answer has: what a model that thinks aloud writes within them is what a reader would get."""

WORDS = 60
"""Characters after which a trial has seen enough."""

NAMES_SHOWN = 20

MEMORY_SHARE = 1.1
"""Memory that a model needs, by its file's size: its weights, the context, and room to calculate."""

QUESTION = [Turn("user", "What colour is a clear sky at noon? Answer in one short sentence.")]

_NO_CHAT = ("not support chat", "not a chat model", "not support completions", "is not llm", "embedding model")
"""How Ollama, OpenAI, llama-server and LM Studio say that a model only embeds."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that answers: its first words, and the seconds until they were there, loading it included."""

    model: str
    words: str
    seconds: float


def try_model(choice: Choice, threads: int, seconds: float = TRY_SECONDS) -> Tried:
    """Ask the model a short question; nothing is kept. Blocks for `seconds` at most, and needs no lock.

    PlumblineError, which never quotes the key, if the choice can't be right, the server is not there, refuses the key
    or lacks the model, the model can't chat or needs more memory than there is, or nothing was written in time.
    """
    choice = checked(choice)
    if isinstance(choice, ModelFile):
        return _try_file(choice.path, threads, seconds)
    return _try_server(choice, seconds)


# --- a server --------------------------------------------------------------------------------------------


def _try_server(choice: ServerModel, seconds: float) -> Tried:
    from runtime.local.openai import OpenAiChat, Refused, without_key

    chat = OpenAiChat(choice.url, choice.model, choice.key, limit=seconds)
    chat.check()
    try:
        tried = _within(seconds, lambda: _ask(chat), choice.model)
    except Refused as error:
        raise _explained(choice, error.status, error.message) or error from error
    return replace(tried, words=without_key(tried.words, choice.key)[:WORDS])


def _explained(choice: ServerModel, status: int, message: str) -> PlumblineError | None:
    """What a refusal means; None if that is not known."""
    if status in (401, 403):
        what = "does not accept the key" if choice.key else "wants a key"
        return PlumblineError(
            f"The server at {choice.url} {what} ({status}).", "Enter the key that its owner gave out."
        )
    from runtime.local.model_servers import names_of

    names = names_of(choice.url, choice.key)
    if any(sign in message.casefold() for sign in _NO_CHAT):
        return PlumblineError(f"{choice.model} is not a chat model.", f"Choose another.{_has(choice, names)}")
    if names is not None and choice.model not in names:
        return PlumblineError(f"The server at {choice.url} has no model {choice.model}.", _has(choice, names).strip())
    if status == 404 and names is None:
        return PlumblineError(
            f"The server at {choice.url} answers, but not as a model server (404).",
            "Check the address, which usually ends in /v1.",
        )
    return None


def _has(choice: ServerModel, names: list[str] | None) -> str:
    """The other models that a server has, as a sentence."""
    others = [name for name in names or [] if name != choice.model]
    if not others:
        return "" if names is None else " The server has no other model."
    more = f" and {len(others) - NAMES_SHOWN} more" if len(others) > NAMES_SHOWN else ""
    return f" The server has {', '.join(others[:NAMES_SHOWN])}{more}."


def _within(seconds: float, work: Callable[[], Tried], model: str) -> Tried:
    """What `work` returns or raises, unless that takes longer; then it is abandoned, and ends by its own limit."""
    done: queue.SimpleQueue[Tried | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(work())
        except BaseException as error:  # raised by the caller's thread
            done.put(error)

    threading.Thread(target=run, name="trial", daemon=True).start()
    try:
        result = done.get(timeout=seconds)
    except queue.Empty:
        raise _too_slow(model, seconds) from None
    if isinstance(result, BaseException):
        raise result
    return result


def _ask(generator: Generator) -> Tried:
    """The first words of an answer. PlumblineError if there are none."""
    began, written, first = time.monotonic(), "", 0.0
    with closing(generator.stream(QUESTION, TRY_TOKENS)) as pieces:
        for piece in pieces:
            written += piece
            words = without_thoughts(written).strip()
            if words and not first:
                first = time.monotonic() - began
            if len(words) >= WORDS:
                break
    words = " ".join(without_thoughts(written).split())
    if not words:
        raise PlumblineError(
            f"{generator.model} answered, but wrote nothing within {TRY_TOKENS} tokens.",
            "Choose a model that does not think aloud, or turn its thinking off.",
        )
    return Tried(generator.model, words, round(first, 2))


def _too_slow(model: str, seconds: float) -> PlumblineError:
    return PlumblineError(
        f"{model} wrote nothing within {seconds:g} seconds.",
        "Try again if it was being loaded, or choose a smaller model.",
    )


# --- a file ----------------------------------------------------------------------------------------------


def _try_file(path: Path, threads: int, seconds: float) -> Tried:
    """Try it in a process of its own, which can be ended at any time and takes nobody along if the file breaks it."""
    _check_memory(path)
    child = python(
        f"from {__name__} import main; main()",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with child:
        try:
            said, _ = child.communicate(json.dumps([str(path), threads]).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            raise _too_slow(path.name, seconds) from None
        finally:
            child.kill()
    try:
        answer = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        raise _broken(path, child.returncode) from None
    if "reason" in answer:
        raise PlumblineError(answer["reason"], answer["remedy"])
    return Tried(answer["model"], answer["words"][:WORDS], answer["seconds"])


def main() -> None:
    """The child: try the file that standard input names, and print the result as JSON."""
    path, threads = json.loads(sys.stdin.buffer.read())
    try:
        result = asdict(_ask(Llama(Path(path), threads)))
    except PlumblineError as error:
        result = {"reason": error.reason, "remedy": error.remedy}
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # without taking the model down first


def _check_memory(path: Path) -> None:
    """PlumblineError if a model certainly does not fit: llama.cpp would fill the memory and be killed, or read its file
    anew for each word."""
    need, free = path.stat().st_size * MEMORY_SHARE, _free_bytes()
    if need > free:
        raise PlumblineError(
            f"{path.name} needs about {need / 1e9:,.1f} GB of memory; {free / 1e9:,.1f} GB are free.",
            "Choose a smaller model or one that is quantized more, or close other programs.",
        )


def _free_bytes() -> int:
    """Memory that programs can get without swapping; where the system does not tell, all that the machine has."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except OSError:  # macOS has no such file
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _broken(path: Path, code: int) -> PlumblineError:
    """Why a child ended without a result, by its exit code."""
    if code == -signal.SIGKILL:
        return PlumblineError(
            f"llama.cpp was killed while it loaded {path.name}: there was probably too little memory.",
            "Choose a smaller model, or close other programs.",
        )
    return PlumblineError(
        f"llama.cpp broke off while it loaded {path.name} (exit code {code}).",
        "The file may be damaged, or of a kind that this llama.cpp does not know. Choose another.",
    )
