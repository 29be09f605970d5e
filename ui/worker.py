"""Reads new documents in the background of the chat page, one at a time."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from pathlib import Path

from runtime.ingest import Ingestor, unfinished, update_chance
from runtime.local.home import Home
from runtime.ports import Entry, PlumblineError

BUSY_SECONDS = 30.0
"""Until a document that another process is reading is tried again, when there is nothing else to do."""

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
        """Add `folders` to the library, and read what is new or unfinished, in the background."""
        self._folders = folders
        self._thread.start()

    def add(self, keys: Sequence[str]) -> None:
        """Queue these documents for reading."""
        with self._lock:
            self._waiting += keys
        for key in keys:
            self._keys.put(key)

    def upload(self, files: Sequence[Path]) -> None:
        """Add uploaded files to the library, and read them."""
        self.add([self._home.upload(file.name, file) for file in files])

    def remove(self, document: str) -> None:
        """Remove a document from the library, and its passages from the index; NotFound if it does not exist."""
        self._home.remove(document)
        self.add([document])

    def stop(self) -> None:
        """Stop after the current window of passages; nothing is lost."""
        self._stop.set()
        self._keys.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def reading(self) -> Entry | None:
        """The document being read, with its progress."""
        return self._reading

    @property
    def waiting(self) -> list[str]:
        """The documents waiting to be read."""
        with self._lock:
            return list(self._waiting)

    @property
    def problem(self) -> str:
        """The last problem with the documents, '' for none; cleared by the next success."""
        return self._problem

    def _run(self) -> None:
        first = self._import_folders()
        try:
            left = unfinished(self._home.documents, self._home.ledger, self._home.index().name, self._home.recognition)
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
        """The next document, None at the end; if there is none, after a while one that another process was reading,
        which may have been an older version."""
        try:
            return self._keys.get(timeout=BUSY_SECONDS if self._busy else None)
        except queue.Empty:
            return self._busy.pop(0)

    def _import_folders(self) -> list[str]:
        """Add the folders to the library: their documents, which are read first."""
        try:
            return self._home.add(self._folders).keys
        except (PlumblineError, OSError) as error:
            self._report_problem(str(error))
            return []

    def _reconcile(self, ingestor: Ingestor, key: str) -> None:
        is_busy = False
        try:
            outcome = ingestor.reconcile(key, self._follow, should_stop=self._stop.is_set)
        except (PlumblineError, OSError) as error:
            self._report_problem(f"{key}: {error}")
        except Exception as error:  # whatever it is, the next documents are still read
            log.exception("%s", key)
            self._report_problem(f"{key}: {type(error).__name__}: {error}")
        else:
            self.add(outcome.attached)
            if outcome.result in ("ingested", "refused", "deleted"):
                self._problem = ""
            if outcome.result != "unchanged":
                log.info("%s: %s", key, outcome.result)
            if is_busy := outcome.result == "busy":
                self._busy.append(key)
        finally:
            self._reading = None
            if not is_busy:  # what another process is reading keeps waiting
                with self._lock:
                    self._waiting.remove(key)

    def _renew_chance(self) -> None:
        try:
            update_chance(self._home.index(), self._home.embedder)
        except Exception:  # whatever it is, the next documents are still read, and then it is tried again
            log.exception("Measuring what chance finds in the library failed")

    def _follow(self, entry: Entry) -> None:
        self._reading = entry

    def _report_problem(self, problem: str) -> None:
        self._problem = problem
        log.error("%s", problem)
