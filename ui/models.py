"""Choosing the model that answers on this machine; for operators. A stack's is set when it is deployed."""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ui.errors import BadRequest, Busy
from ui.gate import Operator
from ui.site import Site
from ui.texts import Spoken, Texts

if TYPE_CHECKING:  # a stack's page has no models of its own
    from runtime.local.model_choice import AnsweringModel, Choice


class Wanted(BaseModel):
    """A model on a server, or a file."""

    url: str = ""
    model: str = ""
    key: str = Field(default="", repr=False)
    file: str = ""


class Server(BaseModel):
    """A server whose models are to be listed."""

    url: str
    key: str = Field(default="", repr=False)


def routes(site: Site) -> APIRouter:
    """`/models` says what answers; `/models/found` and `/models/names` which models could; `/models/use` tries one and,
    if it answers, keeps it; `/models/none` has the documents quoted."""
    router = APIRouter(prefix="/models")
    trying = threading.Lock()

    def answering(texts: Texts) -> AnsweringModel:
        if site.library.answering is None:
            raise BadRequest(texts("models.deployed"), "")
        return site.library.answering

    def described() -> dict[str, Any]:
        own, generator = site.library.answering, site.library.generator
        if own is None:
            return {"deployed": True, "model": generator.model if generator else ""}
        return {"deployed": False, **asdict(own.chosen())}

    def changed() -> dict[str, Any]:
        site.hub.publish({"type": "models"}, operators=True)
        site.status.publish()
        return described()

    @router.get("")
    def chosen(_: Operator) -> dict[str, Any]:
        return described()

    @router.get("/found")
    def found(_: Operator, texts: Spoken) -> list[dict[str, Any]]:
        return [asdict(server) for server in answering(texts).found()]

    @router.post("/names")
    def names(_: Operator, texts: Spoken, server: Server) -> list[str]:
        return answering(texts).names_of(server.url, server.key)

    @router.post("/use")
    def use(_: Operator, texts: Spoken, wanted: Wanted) -> dict[str, Any]:
        own, choice = answering(texts), _choice(wanted, texts)
        if not trying.acquire(blocking=False):
            raise Busy(texts("models.busy"), "")
        try:
            tried = own.try_and_choose(choice)
        finally:
            trying.release()
        return {"tried": asdict(tried), "chosen": changed()}

    @router.post("/none")
    def none(_: Operator, texts: Spoken) -> dict[str, Any]:
        answering(texts).choose(None)
        return changed()

    return router


def _choice(wanted: Wanted, texts: Texts) -> Choice:
    """What is meant. BadRequest if it is neither a server nor a file, or both."""
    from runtime.local.model_choice import ModelFile, ServerModel

    if bool(wanted.url) == bool(wanted.file):
        raise BadRequest(texts("message.bad_request"), "")
    return ModelFile(Path(wanted.file)) if wanted.file else ServerModel(wanted.url, wanted.model, wanted.key)
