"""Which language model answers on this machine: the one that the environment sets, else the one that was chosen, which
is kept in the home and can be changed while others ask."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit, urlunsplit

from runtime.local.folder import PART, remove_abandoned, write_whole
from runtime.local.llama import Llama
from runtime.local.priority import Questions
from runtime.ports import Generator, PlumblineError
from runtime.reach import is_this_machine, without_password
from runtime.settings import Settings, is_key

if TYPE_CHECKING:
    from runtime.local.model_servers import ModelServer
    from runtime.local.model_trial import Tried

LOG = logging.getLogger(__name__)

KEPT = "model.json"
"""The file in the home that has what was chosen, with the server's key: nobody but its owner may read it."""

FORMAT = 1
LONGEST = 2000
"""Characters of an address and of a model's name: far more than any has."""

GGUF = b"GGUF"
"""The first bytes of a GGUF file."""

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
_PATH = re.compile(r"[\x21-\x7e]*")

_ADDRESS = "Give it like http://127.0.0.1:11434/v1 or https://models.example.com/v1."


@dataclass(frozen=True, slots=True)
class ServerModel:
    """A model on a server with OpenAI's chat protocol."""

    url: str
    """The server's address, such as http://127.0.0.1:11434/v1."""
    model: str
    """The model's name on that server."""
    key: str = field(default="", repr=False)
    """The server's key, '' for none."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF file, which llama.cpp runs in this process."""

    path: Path


Choice = ServerModel | ModelFile


@dataclass(frozen=True, slots=True)
class Chosen:
    """What answers, as anyone may see it: of the key only whether there is one. With neither `url` nor `file` the
    documents are quoted. `problem` and `remedy` say what is wrong with it, as far as this machine's files tell."""

    source: Literal["environment", "kept", "none"]
    url: str = ""
    model: str = ""
    file: str = ""
    has_key: bool = False
    problem: str = ""
    remedy: str = ""


class AnsweringModel:
    """The model that answers. What is chosen by this process or another answers from the next question on; answers in
    progress hold on to the model that they began with, and a Llama is freed with the last of them. Thread-safe."""

    def __init__(self, settings: Settings, questions: Questions | None = None) -> None:
        self._path = settings.home / KEPT
        self._threads = settings.threads
        self._ollama_host = settings.ollama_host
        self._questions = questions
        self._environment = _set_by(settings)
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] | None = None
        self._choice: Choice | None = None
        self._problem: PlumblineError | None = None
        self._generator: Generator | None = None
        if self._environment:
            self._choice, self._generator = self._environment, self._generator_of(self._environment)

    @property
    def generator(self) -> Generator | None:
        """The model that the next question is put to; None to quote the documents."""
        return self._current()[1]

    def chosen(self) -> Chosen:
        """What answers, and what decided that. Looks at files only: whether a server answers, its model's `check`
        tells."""
        choice, generator, problem = self._current()
        if isinstance(choice, ModelFile) and generator:
            try:
                generator.check()
            except PlumblineError as error:
                problem = error
        source: Literal["environment", "kept", "none"] = "kept" if choice or problem else "none"
        shown: dict[str, str] = {"problem": problem.reason, "remedy": problem.remedy} if problem else {}
        if isinstance(choice, ServerModel):
            shown |= {"url": without_password(choice.url), "model": choice.model}
        elif choice:
            shown |= {"model": choice.path.stem, "file": str(choice.path)}
        has_key = isinstance(choice, ServerModel) and bool(choice.key)
        return Chosen("environment" if self._environment else source, has_key=has_key, **shown)

    def found(self) -> list[ModelServer]:
        """The servers on this machine with models that could answer; takes a moment."""
        from runtime.local.model_servers import discover, places  # with httpx, which most commands don't need

        return discover(places(self._ollama_host))

    def names_of(self, url: str, key: str) -> list[str]:
        """The names of a server's models. PlumblineError if the address can't be right, or none are listed there."""
        from runtime.local.model_servers import names_of

        server = checked_server(ServerModel(url, "any", key))
        names = names_of(server.url, server.key)
        if not names:
            raise PlumblineError(
                f"No models are listed at {server.url}.", "Check the address and the key, or type the model's name."
            )
        return names

    def try_and_choose(self, choice: Choice) -> Tried:
        """Ask a model a short question and, if it answers, answer with it from now on; see `try_model` and `choose`."""
        from runtime.local.model_trial import try_model

        self.check_free()
        tried = try_model(choice, self._threads)
        self.choose(choice)
        return tried

    def choose(self, choice: Choice | None) -> None:
        """Keep it and answer with it from now on; None to quote the documents. PlumblineError if the environment
        decides, if it can't be right (see `checked`), or if it can't be kept."""
        self.check_free()
        content = _written(checked(choice)) if choice else None
        home = self._path.parent
        try:
            home.mkdir(parents=True, exist_ok=True)
            remove_abandoned(home.glob(f"{PART}*"))  # with a key perhaps
            if content is None:
                self._path.unlink(missing_ok=True)
            else:
                write_whole(self._path, content)
        except OSError as error:
            raise PlumblineError(
                f"The choice could not be kept in {self._path}: {error.strerror or error}.",
                "Make the folder writable and free disk space, then choose again.",
            ) from error

    def check_free(self) -> None:
        """PlumblineError if the environment decides which model answers."""
        if self._environment:
            name = "PLUMBLINE_GENERATOR_URL" if isinstance(self._environment, ServerModel) else "PLUMBLINE_MODEL"
            raise PlumblineError(
                f"{name} is set, and decides which model answers.", f"Unset {name} and start again, then choose."
            )

    def _current(self) -> tuple[Choice | None, Generator | None, PlumblineError | None]:
        """What is chosen now, its model, and what is wrong with the file that keeps it."""
        with self._lock:
            former = self._generator  # freed, if at all, once others need not wait for it
            if not self._environment and (stamp := _stamp(self._path)) != self._stamp:
                self._stamp = stamp
                self._read()
            current = self._choice, self._generator, self._problem
        del former
        return current

    def _read(self) -> None:
        """Take over what is kept. A file that can't be read must not keep the page from answering: it quotes."""
        choice, self._problem = None, None
        try:
            choice = _kept(self._path)
        except PlumblineError as error:
            self._problem = error
            LOG.warning("%s", error)
        if choice != self._choice or not choice:
            self._choice, self._generator = choice, self._generator_of(choice) if choice else None

    def _generator_of(self, choice: Choice) -> Generator:
        if isinstance(choice, ModelFile):
            return Llama(choice.path, self._threads, self._questions)
        from runtime.local.openai import OpenAiChat  # with httpx, which most commands don't need

        return OpenAiChat(choice.url, choice.model, choice.key)


def checked(choice: Choice) -> Choice:
    """The choice with its address or path in full. PlumblineError if it can't be right: not an address of a server, a
    key that others could read on its way, a file that is not there or is not a GGUF file."""
    return checked_server(choice) if isinstance(choice, ServerModel) else checked_file(choice)


def checked_server(choice: ServerModel) -> ServerModel:
    """The choice with the address of the server's API: without a path, /v1 is added."""
    model, key = choice.model.strip(), choice.key.strip()
    url = _checked_url(choice.url.strip())
    if not model or not model.isprintable() or len(model) > LONGEST:
        raise PlumblineError("The model's name is missing or unreadable.", "Name a model that the server has.")
    check_key(key)
    if key and url.startswith("http://") and not is_this_machine(urlsplit(url).hostname or ""):
        raise PlumblineError(
            f"A key would be sent unencrypted to {urlsplit(url).hostname}: anyone on the way could read it.",
            "Use an https:// address, or a tunnel to the server that ends on this machine.",
        )
    return ServerModel(url, model, key)


def check_key(key: str) -> None:
    """PlumblineError, which does not quote it, if a key can't be sent."""
    if key and not is_key(key):
        raise PlumblineError("The key has characters that no key has, such as a line break.", "Copy the key once more.")


def _checked_url(url: str) -> str:
    """The address without a slash at its end; no message quotes it, since it may hold a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise PlumblineError("The server's address is not valid.", _ADDRESS) from error
    if parts.username is not None or parts.password is not None:
        raise PlumblineError(
            "The server's address contains a user name or a password, which logs would show.",
            "Leave them out of the address, and give the key by itself.",
        )
    if parts.scheme not in ("http", "https"):
        raise PlumblineError("The server's address must begin with http:// or https://.", _ADDRESS)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise PlumblineError(
            "The server's address contains a question mark or a number sign.",
            "Leave out what follows it, and give a key by itself.",
        )
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(parts.path) or port == 0 or len(url) > LONGEST:
        raise PlumblineError("The server's address is not valid.", _ADDRESS)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path if parts.path.strip("/") else "/v1", "", ""))


def checked_file(choice: ModelFile) -> ModelFile:
    """The choice with its whole path."""
    try:
        path = choice.path.expanduser().resolve()
        with path.open("rb") as file:
            begins = file.read(len(GGUF))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PlumblineError(f"There is no model file {choice.path}.", "Name a GGUF file on this machine.") from error
    except (OSError, RuntimeError, ValueError) as error:  # no access, a folder; no such user's home, a NUL
        what = getattr(error, "strerror", None) or error
        raise PlumblineError(f"{choice.path} can't be read: {what}.", "Name a GGUF file on this machine.") from error
    if begins != GGUF:
        raise PlumblineError(
            f"{path} is not a GGUF file.", "Name a model in the format GGUF, which is what llama.cpp runs."
        )
    return ModelFile(path)


def _set_by(settings: Settings) -> Choice | None:
    """What the environment sets."""
    if settings.generator_url:
        return ServerModel(settings.generator_url, settings.generator_model, settings.generator_key)
    return ModelFile(settings.model) if settings.model else None


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes whenever the file is written; None while there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _written(choice: Choice) -> bytes:
    if isinstance(choice, ModelFile):
        content = {"file": str(choice.path)}
    else:
        content = {"url": choice.url, "model": choice.model, "key": choice.key}
    return json.dumps({"format": FORMAT, **content}, indent=2).encode()


def _kept(path: Path) -> Choice | None:
    """What a file keeps; None if there is none. PlumblineError if it can't be read."""
    remedy = "Choose a model again; until then the documents are quoted."
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PlumblineError(f"The chosen model can't be read from {path}: {error.strerror}.", remedy) from error
    except (ValueError, RecursionError):
        # The cause would hold the file's content, and so the key.
        raise PlumblineError(f"The chosen model can't be read from {path}: it is damaged.", remedy) from None
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise PlumblineError(f"{path} is damaged, or was written by a later version.", remedy)
    match content:
        case {"file": str(file)}:
            return ModelFile(Path(file))
        case {"url": str(url), "model": str(model), "key": str(key)}:
            return checked_server(ServerModel(url, model, key))
    raise PlumblineError(f"The chosen model can't be read from {path}: it is damaged.", remedy)
