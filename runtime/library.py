"""Opens a library: this machine's, or a deployed stack's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from runtime.aws.settings import CloudSettings, is_deployed, outputs_of
from runtime.ports import PlumblineError
from runtime.settings import Settings

if TYPE_CHECKING:  # imported only where opened: a machine may have the packages of just one
    from runtime.analyses import Analyses
    from runtime.answer.answerer import Answerer
    from runtime.aws.cloud import Cloud
    from runtime.evidence import Evidence
    from runtime.local.home import Home
    from runtime.local.model_choice import AnsweringModel
    from runtime.ports import (
        Archive,
        Conversations,
        Documents,
        Embedder,
        Files,
        Generator,
        Ledger,
        Metrics,
        PassageIndexes,
        Results,
    )


class Library(Protocol):
    """A library: this machine's or a deployed stack's. What it consists of may be opened at first use."""

    @property
    def documents(self) -> Documents:
        """The PDFs."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Each document's state."""
        ...

    @property
    def indexes(self) -> PassageIndexes:
        """The indexes of passages."""
        ...

    @property
    def embedder(self) -> Embedder:
        """What it is searched with."""
        ...

    @property
    def generator(self) -> Generator | None:
        """What answers; None if documents are quoted instead."""
        ...

    @property
    def answering(self) -> AnsweringModel | None:
        """Where the `generator` is chosen while the library is in use; None where it is set once and for all."""
        ...

    @property
    def conversations(self) -> Conversations:
        """The readers' conversations."""
        ...

    @property
    def evidence(self) -> Evidence:
        """Pictures of the documents' pages, and the places of texts on them."""
        ...

    @property
    def archive(self) -> Archive:
        """The embeddings for the analyses."""
        ...

    @property
    def analyses(self) -> Analyses:
        """The analyses of the library and its questions."""
        ...

    @property
    def reports(self) -> Files:
        """The analyses' reports."""
        ...

    @property
    def results(self) -> Results:
        """The analyses' results."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Figures over time."""
        ...

    def answerer(self) -> Answerer:
        """Search and answers over the live index."""
        ...


def open_library(stack: str | None = None, tunnel: int | None = None) -> Home | Cloud:
    """The library of `stack`, of the stack in the environment, or of this machine; `tunnel` is the local port of a
    tunnel to the stack's OpenSearch domain."""
    if stack:
        os.environ.update(outputs_of(stack))
    if tunnel:
        os.environ["PLUMBLINE_TUNNEL"] = str(tunnel)
    if not is_deployed(os.environ):
        return open_home()
    from runtime.aws.cloud import Cloud

    return Cloud(CloudSettings.read(os.environ))


def open_home() -> Home:
    """This machine's library, for commands that change its files."""
    if is_deployed(os.environ):
        raise PlumblineError(
            "The environment points to a deployed stack, whose files arrive through DataSync.",
            "Add or remove files in its file system, or unset PLUMBLINE_BUCKET and the other variables.",
        )
    from runtime.local.home import Home

    return Home(Settings.read(os.environ))
