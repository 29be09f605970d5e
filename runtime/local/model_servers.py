"""Finds the model servers that run on this machine, and what they have: Ollama, LM Studio and llama.cpp's server."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from runtime.reach import may_use_proxy

FIND_SECONDS = 3.0
"""How long all servers together may take: they are on this machine, which refuses at once where nobody listens, but one
that is loading a model may take a while."""

LIST_SECONDS = 5.0
"""How long a server anywhere may take to list its models."""

ANSWER_BYTES = 4 << 20
"""The most that is read of an answer; a list of a thousand models has a tenth of that."""

MOST_MODELS = 500
LONGEST_NAME = 300

OLLAMA_PORT = 11434
LM_STUDIO_PORT = 1234
LLAMA_SERVER_PORT = 8080

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}

Kind = Literal["Ollama", "LM Studio", "llama-server"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kind of server listens, as `http://` with an address of this machine and a port."""

    kind: Kind
    url: str


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server that responds: its address for `ServerModel`, the names of its chat models and, if it has none that can
    be offered, `why`."""

    kind: Kind
    url: str
    models: tuple[str, ...]
    why: str = ""


def places(ollama_host: str = "") -> tuple[Place, ...]:
    """Where servers listen by default; Ollama where OLLAMA_HOST says, if that is on this machine."""
    return (
        Place("Ollama", _ollamas_address(ollama_host)),
        Place("LM Studio", f"http://127.0.0.1:{LM_STUDIO_PORT}"),
        Place("llama-server", f"http://127.0.0.1:{LLAMA_SERVER_PORT}"),
    )


def discover(at: Iterable[Place], seconds: float = FIND_SECONDS) -> list[ModelServer]:
    """The servers at these places that respond within `seconds`, all asked at once. Blocks: not for an event loop's
    thread. Anything else that listens there, or hangs, is no error and is left out."""
    return asyncio.run(_discover(list(at), seconds))


def names_of(url: str, key: str = "", seconds: float = LIST_SECONDS) -> list[str] | None:
    """The names of all models that a server at an address like `http://127.0.0.1:11434/v1` lists; None if it does not
    list them. Blocks: not for an event loop's thread."""

    async def listed() -> list[str] | None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with _client(headers=headers, trust_env=may_use_proxy(url)) as client:
            answer = await _json(client, f"{url}/models", seconds)
            models = answer.listed("data") if answer else None
            return None if models is None else _names(models, "id", lambda _: True)

    return asyncio.run(listed())


def _ollamas_address(host: str) -> str:
    """Where Ollama listens by OLLAMA_HOST, which may lack the scheme, the host or the port. One that listens on every
    address of this machine is reached at the first; another machine's is not, so the default is looked at."""
    default = f"http://127.0.0.1:{OLLAMA_PORT}"
    try:
        parts = urlsplit(host if "://" in host else f"//{host}")
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, OLLAMA_PORT)
        name = parts.hostname or "127.0.0.1"
        address = ipaddress.ip_address("127.0.0.1" if name == "localhost" else name)
    except ValueError:
        return default
    if parts.scheme not in ("", "http"):
        return default
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    if not address.is_loopback:
        return default
    return f"http://{f'[{address}]' if address.version == 6 else address}:{port}"


async def _discover(at: Sequence[Place], seconds: float) -> list[ModelServer]:
    look = {"Ollama": _ollama, "LM Studio": _lm_studio, "llama-server": _llama_server}
    nobody = ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # loading whom to trust takes longer than all else, and is not used
    async with _client(trust_env=False, verify=nobody) as client:

        async def found(place: Place) -> ModelServer | None:
            try:
                async with asyncio.timeout(seconds):
                    return await look[place.kind](client, place.url)
            except TimeoutError:
                return None

        return [server for server in await asyncio.gather(*map(found, at)) if server]


async def _ollama(client: httpx.AsyncClient, url: str) -> ModelServer | None:
    answer = await _json(client, f"{url}/api/tags")
    models = answer.listed("models") if answer else None
    if models is None:
        return None
    chat = _names(models, "name", _chats)
    names = [name for name in chat if name in _names(models, "name", lambda one: not one.get("remote_host"))]
    why = ""
    if not names:
        why = (
            "Its chat models run on Ollama's servers, not on this machine. Fetch one that does: `ollama pull NAME`."
            if chat
            else "It has no chat model. Fetch one: `ollama pull NAME`."
        )
    return ModelServer("Ollama", f"{url}/v1", tuple(names), why)


def _chats(model: dict[str, Any]) -> bool:
    """Whether an Ollama model writes. Earlier versions list no capabilities: there, BERT's family only embeds."""
    can = model.get("capabilities")
    if isinstance(can, list):
        return "completion" in can
    details = model.get("details")
    family = details.get("family") if isinstance(details, dict) else ""
    return "bert" not in str(family)


async def _lm_studio(client: httpx.AsyncClient, url: str) -> ModelServer | None:
    """LM Studio's own list says which models embed; versions before 0.3.6 have only OpenAI's."""
    for path in ("/api/v0/models", "/v1/models"):
        answer = await _json(client, url + path)
        models = answer.listed("data") if answer else None
        if models is not None:
            names = _names(models, "id", lambda one: one.get("type", "llm") in ("llm", "vlm"))
            why = "" if names else "It has no chat model. Download one in LM Studio."
            return ModelServer("LM Studio", f"{url}/v1", tuple(names), why)
    return None


async def _llama_server(client: httpx.AsyncClient, url: str) -> ModelServer | None:
    """Others listen on this port, too: llama.cpp's own server names itself in a header and as the models' owner."""
    answer = await _json(client, f"{url}/v1/models", refused=True)
    if answer is None:
        return None
    models = answer.listed("data")
    owned = any(one.get("owned_by") == "llamacpp" for one in models or [])
    if not owned and "llama.cpp" not in answer.server:
        return None
    names = _names(models or [], "id", lambda _: True)
    why = ""
    if answer.status in (401, 403):
        why = "It wants a key: enter its address, the model's name and the key."
    elif not names:
        why = "It has no model loaded. Start it with one: `llama-server -m FILE.gguf`."
    return ModelServer("llama-server", f"{url}/v1", tuple(names), why)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    server: str
    content: object

    def listed(self, name: str) -> list[dict[str, Any]] | None:
        """The objects of the list of this name; None if there is no such list."""
        found = self.content.get(name) if isinstance(self.content, dict) else None
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def _names(models: list[dict[str, Any]], field: str, wanted: Callable[[dict[str, Any]], bool]) -> list[str]:
    """The models' names, each once; none that could not be shown on a line."""
    names = (one.get(field) for one in models if wanted(one))
    fit = (name for name in names if isinstance(name, str) and name.isprintable() and 0 < len(name) <= LONGEST_NAME)
    return list(dict.fromkeys(fit))[:MOST_MODELS]


def _client(**options: Any) -> httpx.AsyncClient:
    """A client that follows no redirects and has no compressed answers, which could unpack to any size."""
    return httpx.AsyncClient(follow_redirects=False, timeout=LIST_SECONDS, **options)


async def _json(
    client: httpx.AsyncClient, url: str, seconds: float = LIST_SECONDS, *, refused: bool = False
) -> _Answer | None:
    """What a server answers if that is JSON of a decent size, and not a refusal unless that is wanted, too."""
    try:
        async with asyncio.timeout(seconds), client.stream("GET", url, headers=_HEADERS) as response:
            if response.status_code != httpx.codes.OK and not refused:
                return None
            said = b""
            async for part in response.aiter_raw():
                said += part
                if len(said) > ANSWER_BYTES:
                    return None
        return _Answer(response.status_code, response.headers.get("server", ""), json.loads(said))
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError):  # nobody, or something else, is there
        return None
