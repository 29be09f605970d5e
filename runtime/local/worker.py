"""Reads documents, in the background of the chat page or for a command, and carries on whatever happens to one of them
or around them: a failure is reported, waited out, and tried again."""

from __future__ import annotations

import heapq
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Protocol

from watchfiles import watch

from runtime.ingest import (
    BATCH,
    BUSY_SECONDS,
    Ingestor,
    Outcome,
    Prepared,
    new_owner,
    record_failure,
    unfinished,
    update_chance,
)
from runtime.local.home import Home
from runtime.local.sources import Added, Skipped, outermost
from runtime.local.sqlite import Working
from runtime.local.uploads import Uploads
from runtime.ports import Entry, LeaseLost, PlumblineError
from runtime.retry import pause

AT_ONCE = 2
"""Documents that are read at once: one is read or written while another is embedded."""

BATCH_SECONDS = 2.0
"""Until small documents that are read are committed at the latest, if there are not `BATCH` of them before."""

REPORT_SECONDS = 1.0
"""How often the progress within a document is written down for other processes."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds after a first failure, and at most, until the document is tried again: see `runtime.retry.pauses`."""

COMMON_PAUSE = 5.0
"""Seconds after failures for which all documents wait at most: others may have nothing to do with the cause."""

WATCH_MS, WATCH_STEP_MS = 5_000, 500
"""Milliseconds for which changes in the folders are collected at most, and without which they are taken as complete."""

LOOK_SECONDS = 60.0
"""How often folders that can't be watched are looked at."""

log = logging.getLogger("plumbline.worker")


@dataclass(frozen=True, slots=True)
class _Task:
    """A document to reconcile, or, without one, something else to do for the library."""

    key: str
    force: bool = False
    failures: int = 0
    name: str = ""


LOOK, MEASURE, COMMIT = _Task("", name="look"), _Task("", name="measure"), _Task("", name="commit")
"""To look what the library has unfinished, to measure what chance finds in it, and to commit what is prepared."""


class Observer(Protocol):
    """Is told what happens to the documents."""

    def follow(self, entry: Entry) -> None:
        """A document is being read: its progress."""

    def busy(self, key: str) -> None:
        """Another process has the document; it is looked at again."""

    def done(self, outcome: Outcome) -> None:
        """A document's final outcome: 'failed' if it was given up."""

    def added(self, added: Added) -> None:
        """All files of the folders are stored."""

    def failed(self, problem: str, error: Exception) -> None:
        """Something failed, which is tried again unless `done` says otherwise; or files could not be added."""


class Logged:
    """Logs what happens."""

    def __init__(self) -> None:
        self._left_out: set[Skipped] = set()

    def follow(self, entry: Entry) -> None:
        """Progress is not logged."""

    def busy(self, key: str) -> None:
        """Log it."""
        log.info("%s: another process is reading it", key)

    def done(self, outcome: Outcome) -> None:
        """Log what was done, if something was."""
        if outcome.result != "unchanged":
            log.info("%s: %s", outcome.document, outcome.result)

    def added(self, added: Added) -> None:
        """Log what was left out, and was not before: a folder is looked at again and again."""
        for skipped in added.skipped:
            if skipped not in self._left_out:
                log.warning("%s was left out: %s", skipped.path, skipped.reason)
        self._left_out |= set(added.skipped)

    def failed(self, problem: str, error: Exception) -> None:
        """Log it; what was not foreseen, with its traceback."""
        log.error("%s", problem, exc_info=None if isinstance(error, (PlumblineError, OSError)) else error)


class Worker:
    """Reconciles the documents that are added, in that order, `AT_ONCE` at a time. After a failure around a document (a
    full disk, a missing index or model) it pauses, longer each time until something succeeds; the document is tried
    again after a pause of its own, at most `attempts` times in all (None: for ever)."""

    def __init__(self, home: Home, attempts: int | None = None, observer: Observer | None = None) -> None:
        self._home = home
        self._attempts = attempts
        self._observer = observer or Logged()
        self._tasks: deque[_Task] = deque()
        self._later: list[tuple[float, int, _Task]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._adding = 0
        self._failures, self._paused_until = 0, 0.0
        self._doing: list[_Task] = []
        self._reading: dict[str, Entry] = {}
        self._problem = ""
        self._of_folders: dict[tuple[Path, ...], str] = {}
        """What is wrong with folders, or held back, by the folders; () for the library's own."""
        self._queued: set[str] = set()
        self._has_changed = False
        self._ingestor: tuple[str, Ingestor] | None = None
        """With the name of the index that was live."""
        self._prepared: list[tuple[_Task, Ingestor, Prepared]] = []
        self._commit_at = math.inf
        self._owner = new_owner()
        self._reported, self._report_at = Working(""), 0.0
        self._threads: list[threading.Thread] = []

    # --- what to do ---

    def add(self, keys: Sequence[str], *, force: bool = False) -> None:
        """Queue these documents; not those that wait already, unless `force`. Those that wait to be tried again do not
        wait any longer."""
        added = set(keys)
        with self._changed:
            self._later = [later for later in self._later if later[2].key not in added]
            heapq.heapify(self._later)
            for key in keys:
                if force or key not in self._queued:
                    self._queued.add(key)
                    self._tasks.append(_Task(key, force))
            self._changed.notify_all()

    def look(self) -> None:
        """Queue what the library has unfinished."""
        with self._changed:
            self._tasks.append(LOOK)
            self._changed.notify_all()

    def add_folders(
        self,
        paths: Sequence[Path],
        *,
        every: bool = False,
        force: bool = False,
        remove: bool = False,
        then: _Task | None = None,
    ) -> None:
        """Queue the documents of files and folders in the background, each as soon as it is stored, and `then` another
        task; those that were stored before only if `every` or `force`."""
        with self._changed:
            self._adding += 1
        adding = threading.Thread(target=self._add_folders, args=(paths, every, force, remove, then), name="add")
        self._threads.append(adding)
        adding.start()

    def _add_folders(self, paths: Sequence[Path], every: bool, force: bool, remove: bool, then: _Task | None) -> None:
        def stored(key: str, is_changed: bool) -> None:
            if is_changed or every or force:
                self.add([key], force=force)

        try:
            found = self._home.add(paths, stored, self._stopping.is_set, remove=remove)
            held = [held_back(reason, keys) for reason, keys in found.held.items()]
            self._of_folders[tuple(paths)] = " ".join(map(str, held))
            for error in held:
                self._observer.failed(str(error), error)
            self._observer.added(found)
        except Exception as error:  # reported, and the worker goes on with what there is
            self._of_folders[tuple(paths)] = str(error)
            self._observer.failed(str(error), error)
        finally:
            with self._changed:
                self._adding -= 1
                self._tasks += [then] if then else []
                self._changed.notify_all()

    def upload(self, name: str, file: Path, *, keep_both: bool = False) -> str:
        """Add an uploaded file to the library: see `Home.upload`. Returns the document's key."""
        key = self._home.upload(name, file, keep_both=keep_both)
        self.add([key])
        return key

    def uploads(self, with_bytes: Callable[[str], str]) -> Uploads:
        """What takes in uploaded files; `with_bytes` finds a document by the SHA-256 of its bytes."""
        return Uploads(
            self._home.settings.home / "uploads",
            lambda name, file, keep_both: self.upload(name, file, keep_both=keep_both),
            self._home.has_other,
            with_bytes,
        )

    def remove(self, document: str) -> None:
        """Remove a document from the library, and its passages from the index; NotFound if it does not exist."""
        self._home.remove(document)
        self.add([document])

    # --- running ---

    def start(self, folders: Sequence[Path]) -> None:
        """Run in the background until stopped: read the folders, and then what the library has unfinished. A library
        that can't be written is only asked."""
        try:
            self._home.check_writable()
        except PlumblineError as error:
            self._report_problem(error)
            return
        for folder in outermost(folders):
            self.add_folders([folder], then=LOOK)  # each by itself, so that a missing one keeps no other out
            self._threads.append(watching := threading.Thread(target=self._watch, args=(folder,), name="watch"))
            watching.start()
        if not folders:
            self.look()
        thread = threading.Thread(target=self._run, kwargs={"until_done": False}, name="ingest")
        self._threads.append(thread)
        thread.start()

    def run(self) -> None:
        """Reconcile what was added until nothing is left."""
        self._run(until_done=True)

    def stop(self) -> None:
        """Stop after the current window of passages; nothing is lost."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    # --- what it is doing ---

    @property
    def name(self) -> str:
        """Its name among the workers of this machine."""
        return self._owner

    @property
    def reading(self) -> Entry | None:
        """The document being read, with its progress; of several, the one that was begun first."""
        with self._changed:
            return next(iter(self._reading.values()), None)

    @property
    def being_read(self) -> list[Entry]:
        """All documents being read, with their progress."""
        with self._changed:
            return list(self._reading.values())

    @property
    def waiting(self) -> list[str]:
        """The documents being read or waiting for it, also those waiting to be tried again."""
        with self._changed:
            prepared = (task for task, _, _ in self._prepared)
            tasks = [*prepared, *self._doing, *self._tasks, *(task for _, _, task in sorted(self._later))]
            return list(dict.fromkeys(task.key for task in tasks if task.key))

    @property
    def problem(self) -> str:
        """The last problem with the documents, cleared by the next success, and what is wrong with the folders or held
        back; '' for nothing."""
        return " ".join(filter(None, [self._problem, *self._of_folders.values()]))

    # --- the folders ---

    def _watch(self, folder: Path) -> None:
        """Add what changes in a folder, until the worker stops. One that is missing is waited for, and one that was
        replaced is watched anew."""
        while not self._stopping.is_set():
            try:
                watched = folder.stat()
                for changes in watch(
                    folder,
                    watch_filter=None,
                    stop_event=self._stopping,
                    debounce=WATCH_MS,
                    step=WATCH_STEP_MS,
                    rust_timeout=int(1000 * LOOK_SECONDS),
                    yield_on_timeout=True,
                ):
                    if changes:
                        self._look_at(folder)
                    if not os.path.samestat(watched, folder.stat()):
                        self._look_at(folder)
                        break
            except (OSError, RuntimeError) as error:  # gone, or more folders than the system can watch
                log.warning("Changes in %s are looked for every %.0f s: %s", folder, LOOK_SECONDS, error)
                if not self._stopping.wait(LOOK_SECONDS):
                    self._look_at(folder)

    def _look_at(self, folder: Path) -> None:
        with self._changed:
            self._adding += 1
        self._add_folders([folder], False, False, False, None)

    # --- the loop ---

    def _run(self, *, until_done: bool) -> None:
        others = [
            threading.Thread(target=self._loop, kwargs={"until_done": until_done}, name="ingest")
            for _ in range(AT_ONCE - 1)
        ]
        try:
            for other in others:
                other.start()
            self._loop(until_done=until_done)
        except BaseException:  # of a signal, for example
            self._stopping.set()
            raise
        finally:
            for other in others:
                with self._changed:
                    self._changed.notify_all()
                other.join()
            self._commit()
            self._leave()

    def _loop(self, *, until_done: bool) -> None:
        while (task := self._next(until_done=until_done)) is not None:
            try:
                if task == LOOK:
                    self._add_unfinished()
                elif task == MEASURE:
                    self._renew_chance()
                elif task == COMMIT:
                    self._commit()
                else:
                    self._reconcile(task)
            finally:
                with self._changed:
                    self._doing.remove(task)
                    self._changed.notify_all()
            self._report()

    def _add_unfinished(self) -> None:
        """Queue what the library has unfinished; if that can't be told now, after a pause."""
        try:
            home = self._home
            left = unfinished(home.documents, home.ledger, home.index().name, home.recognition)
        except Exception as error:
            self._fail_around(error)
            self._try_later(LOOK, 0)
            return
        self._of_folders.pop((), None)
        if held := left.gone.held:
            gone = PlumblineError(
                f"The files of {len(held)} documents are gone from the library's folder, {held[0]} for one; the "
                "documents stay.",
                "Bring the files back, or remove the documents by `python -m runtime delete --missing`.",
            )
            self._of_folders[()] = str(gone)
            self._observer.failed(str(gone), gone)
        self.add([*left.waiting, *left.failed, *left.gone.now])

    def _next(self, *, until_done: bool) -> _Task | None:
        """The next task, once its pause is over; None when the worker stops, or nothing is left `until_done`."""
        with self._changed:
            while not self._stopping.is_set():
                now, due = time.monotonic(), math.inf
                is_busy = bool(self._tasks or self._doing or self._adding or self._prepared)
                if self._prepared and COMMIT not in self._doing:
                    more = self._tasks or self._adding or any(one.key for one in self._doing)
                    if not more or len(self._prepared) >= BATCH or now >= self._commit_at:
                        self._doing.append(COMMIT)
                        return COMMIT
                    due = self._commit_at
                if (task := self._first()) is not None:
                    due = min(due, self._paused_until)
                elif self._has_changed and not is_busy:
                    self._has_changed = False
                    self._doing.append(MEASURE)
                    return MEASURE
                elif self._later and not self._tasks:
                    due = min(due, max(self._later[0][0], self._paused_until))
                elif until_done and not is_busy:
                    return None
                if now >= due:
                    task = task or heapq.heappop(self._later)[2]
                    if task in self._tasks:
                        self._tasks.remove(task)
                    self._queued.discard(task.key)
                    self._doing.append(task)
                    return task
                self._changed.wait(due - now if due < math.inf else None)
        return None

    def _first(self) -> _Task | None:
        """The first task whose document is not being read, or about to be committed."""
        reading = {task.key for task in [*self._doing, *(task for task, _, _ in self._prepared)] if task.key}
        return next((task for task in self._tasks if task.key not in reading), None)

    def _reconcile(self, task: _Task) -> None:
        done: Outcome | Prepared | Exception
        try:
            ingestor = self._opened(task.key)
            # One that failed goes alone, so that it can't keep others from being committed.
            read = ingestor.reconcile if task.failures else ingestor.prepare
            done = read(task.key, self._progress, task.force, should_stop=self._stopping.is_set)
        except Exception as error:
            done = error
        with self._changed:
            self._reading.pop(task.key, None)
            if isinstance(done, Prepared):
                if not self._prepared:
                    self._commit_at = time.monotonic() + BATCH_SECONDS
                self._prepared.append((task, ingestor, done))
                return
        self._after(task, done)

    def _commit(self) -> None:
        """Commit the documents that are prepared."""
        with self._changed:
            prepared, self._prepared = self._prepared, []
            self._doing += [task for task, _, _ in prepared]
        try:
            for ingestor in {id(one): one for _, one, _ in prepared}.values():
                own = {one.entry.document: (task, one) for task, of, one in prepared if of is ingestor}
                for document, done in ingestor.commit([one for _, one in own.values()]).items():
                    self._after(own[document][0], done)
        finally:
            with self._changed:
                for task, _, _ in prepared:
                    self._doing.remove(task)
                    self._reading.pop(task.key, None)

    def _after(self, task: _Task, outcome: Outcome | Exception) -> None:
        if isinstance(outcome, LeaseLost):
            outcome = Outcome(task.key, "busy", None)
        if isinstance(outcome, Exception):
            self._fail(task, outcome)
            return
        self.add(outcome.attached)
        if outcome.result == "busy":
            self._observer.busy(task.key)
            self._try_later(task, BUSY_SECONDS)
            return
        if outcome.result in ("ingested", "refused", "deleted"):
            self._failures, self._problem, self._has_changed = 0, "", True
        if outcome.result == "paused" and not self._stopping.is_set():
            self._try_later(task, 0)
            return
        self._observer.done(outcome)

    def _fail(self, task: _Task, error: Exception) -> None:
        """Report why a document could not be read, and have it tried again after a pause, or give it up."""
        self._fail_around(error, task.key)
        task = replace(task, failures=task.failures + 1)
        if self._attempts is None or task.failures < self._attempts:
            self._try_later(task, pause(task.failures, FIRST_PAUSE, LONGEST_PAUSE))
            return
        known = self._home.ledger.get(task.key) or Entry(task.key)
        reason, remedy = (error.reason, error.remedy) if isinstance(error, PlumblineError) else (_text(error), "")
        self._observer.done(Outcome(task.key, "failed", replace(known, state="failed", reason=reason, remedy=remedy)))

    def _fail_around(self, error: Exception, key: str = "") -> None:
        """Report a failure, and let everything wait."""
        self._failures += 1
        self._ingestor = None  # its index may be the cause
        with self._changed:
            self._paused_until = time.monotonic() + pause(self._failures, FIRST_PAUSE, COMMON_PAUSE)
        self._report_problem(error, key)

    def _try_later(self, task: _Task, seconds: float) -> None:
        with self._changed:
            if task.key in self._queued:  # it is tried again anyway
                return
            heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), task))

    def _opened(self, key: str) -> Ingestor:
        """An ingestor of the index that is live now. If there is none, the ledger says why the document waits."""
        try:
            live, opened = self._home.indexes.live(), self._ingestor
            if opened is None or opened[0] != live or not live:
                opened = self._ingestor = live, self._home.ingestor()
            return opened[1]
        except Exception as error:
            record_failure(self._home.ledger, key, error)
            raise

    def _renew_chance(self) -> None:
        try:
            update_chance(self._home.index(), self._home.background_embedder)
        except Exception:  # whatever it is, the next documents are still read, and then it is tried again
            log.exception("Measuring what chance finds in the library failed")

    # --- what others are told ---

    def _progress(self, entry: Entry) -> None:
        with self._changed:
            self._reading[entry.document] = entry
        self._observer.follow(entry)
        self._report(every=REPORT_SECONDS)

    def _report(self, every: float = 0.0) -> None:
        """Write down for other processes what this one is doing."""
        reading = self.reading
        page, pages = reading.progress if reading else (0, 0)
        document = reading.document if reading else ""
        now = time.monotonic()
        is_same = document == self._reported.document and self._problem == self._reported.problem
        if is_same and now < self._report_at:
            return
        working = Working(self._owner, document, page, pages, len(self.waiting), self._problem)
        if working == self._reported:
            return
        self._reported, self._report_at = working, now + every
        try:
            self._home.workers.report(working)
        except Exception as error:  # nobody else's business depends on it
            log.warning("%s", error)

    def _leave(self) -> None:
        try:
            self._home.workers.leave(self._owner)
        except Exception as error:
            log.warning("%s", error)

    def _report_problem(self, error: Exception, key: str = "") -> None:
        text = str(error) if isinstance(error, (PlumblineError, OSError)) else _text(error)
        self._problem = f"{key}: {text}" if key else text
        self._observer.failed(self._problem, error)


def held_back(reason: str, keys: Sequence[str]) -> PlumblineError:
    """What is said of documents whose files are gone but that were not removed."""
    return PlumblineError(
        f"The files of {len(keys)} documents are gone, {keys[0]} for one; the documents stay, since {reason}.",
        "Bring the files back, or run `python -m runtime ingest --remove FOLDER`.",
    )


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
