"""Reads new documents in the background of the chat page, one after another."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from pathlib import Path

from runtime.ingest import Ingestor, renew_chance, unsettled
from runtime.local.home import Home
from runtime.ports import Entry, PlumblineError

BUSY_SECONDS = 30.0
"""Until a document that another process is at is looked at again, when there is nothing else to do."""

log = logging.getLogger("plumbline.worker")


class Worker:
    """A thread that reconciles documents by key, in the order given."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._keys: queue.Queue[str | None] = queue.Queue()
        self._stop = threading.Event()
        self._reading: Entry | None = None
        self._waiting: list[str] = []
        self._busy: list[str] = []
        self._lock = threading.Lock()
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="ingest")

    def start(self, folders: Sequence[Path]) -> None:
        """Bring `folders` into the library, and read what is new or was left, in the background."""
        self._folders = folders
        self._thread.start()

    def add(self, keys: Sequence[str]) -> None:
        """Read these documents as soon as those before them are done."""
        with self._lock:
            self._waiting += keys
        for key in keys:
            self._keys.put(key)

    def upload(self, files: Sequence[Path]) -> None:
        """Take uploaded files into the library, and read them."""
        self.add([self._home.upload(file.name, file) for file in files])

    def remove(self, document: str) -> None:
        """Take a document out of the library, and its passages out of the index; NotFound when it is not there."""
        self._home.remove(document)
        self.add([document])

    def stop(self) -> None:
        """End at the next window of passages; nothing is lost."""
        self._stop.set()
        self._keys.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def reading(self) -> Entry | None:
        """The document that is being read, as far as it got."""
        return self._reading

    @property
    def waiting(self) -> list[str]:
        """The documents that wait for their turn."""
        with self._lock:
            return list(self._waiting)

    @property
    def problem(self) -> str:
        """What went wrong around the documents last, '' for nothing; cleared by the next success."""
        return self._problem

    def _run(self) -> None:
        first = self._import_folders()
        try:
            left = unsettled(self._home.documents, self._home.ledger, self._home.index().name)
            self.add(list(dict.fromkeys([*first, *left.waiting, *left.failed])))
            ingestor = self._home.ingestor()
        except (PlumblineError, OSError) as error:
            self._report_problem(str(error))
            return
        while (key := self._next()) is not None and not self._stop.is_set():
            self._reconcile(ingestor, key)
            if self._keys.empty():
                self._renew_chance()

    def _next(self) -> str | None:
        """The next document, None at the end; when there is none, after a while one that another process was at: what
        that has read may be an older version."""
        try:
            return self._keys.get(timeout=BUSY_SECONDS if self._busy else None)
        except queue.Empty:
            return self._busy.pop(0)

    def _import_folders(self) -> list[str]:
        """Bring the folders into the library: their documents, which are read first."""
        try:
            return self._home.add(self._folders).keys
        except (PlumblineError, OSError) as error:
            self._report_problem(str(error))
            return []

    def _reconcile(self, ingestor: Ingestor, key: str) -> None:
        is_busy = False
        try:
            outcome = ingestor.reconcile(key, self._follow, enough=self._stop.is_set)
        except (PlumblineError, OSError) as error:
            self._report_problem(f"{key}: {error}")
        except Exception as error:  # whatever it is, the documents behind this one are read all the same
            log.exception("%s", key)
            self._report_problem(f"{key}: {type(error).__name__}: {error}")
        else:
            if outcome.did in ("ingested", "refused", "deleted"):
                self._problem = ""
            if outcome.did != "unchanged":
                log.info("%s: %s", key, outcome.did)
            if is_busy := outcome.did == "busy":
                self._busy.append(key)
        finally:
            self._reading = None
            if not is_busy:  # what another process is at waits on
                with self._lock:
                    self._waiting.remove(key)

    def _renew_chance(self) -> None:
        try:
            renew_chance(self._home.index(), self._home.embedder)
        except Exception:  # whatever it is, the next documents are read all the same, and then it is tried again
            log.exception("Measuring what chance finds in the library failed")

    def _follow(self, entry: Entry) -> None:
        self._reading = entry

    def _report_problem(self, problem: str) -> None:
        self._problem = problem
        log.error("%s", problem)
