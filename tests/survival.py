"""A library of one machine under many processes and faults: commands, the page's worker, kills, signals, full disks,
clocks that step, folders that come and go, all by seed. In the end nothing is lost, doubled, stuck or left over.

The processes run the real commands over real PDFs, LanceDB and SQLite; only the embedder is a small deterministic one.
They are forked from a clean process that has loaded the modules.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests import pdfs

NAMES = ["a.pdf", "b.pdf", "below/c.pdf", "below/d.pdf", "é.pdf"]
UPLOADS = ["up.pdf", "up2.pdf"]
AT_ONCE = 3
"""Processes at work at the same time, at most."""

SETTLE_SECONDS = 120.0
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.survival_process"])


@dataclass(frozen=True)
class Act:
    """One step: `what` happens to which file or process, by how much, and how long until the next."""

    what: str
    name: str
    number: int
    after: float


PROCESSES = {"ingest": 5, "page": 3, "upload": 2, "delete": 1, "reindex": 1, "repair": 1}
FILES = {"put": 6, "remove": 2, "rename": 2, "away": 1, "back": 2}
FAULTS = {"kill": 4, "interrupt": 1, "terminate": 1, "freeze": 1, "full": 2, "clock": 1}


def acts_of(seed: int) -> list[Act]:
    """Any acts in any order, the same for the same seed."""
    r = random.Random(seed)
    kinds = {**PROCESSES, **FILES, **FAULTS}
    return [
        Act(
            r.choices(list(kinds), list(kinds.values()))[0],
            r.choice(NAMES),
            r.randrange(1_000_000),
            r.choice([0.0, 0.05, 0.3]) * r.random(),
        )
        for _ in range(r.randint(10, 25))
    ]


@dataclass
class Library:
    """A library, its folder of papers, and the processes at work on it."""

    base: Path
    content: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    processes: list[ForkServerProcess] = field(default_factory=list)
    made: int = 0
    fault: str = ""
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home, self.folder = self.base / "home", self.base / "papers"
        self.folder.mkdir(parents=True)

    # --- acts ---

    def act(self, act: Act) -> None:
        """Do it."""
        if act.what in PROCESSES:
            self.begin(act)
        elif act.what in ("full", "clock"):
            self.fault = act.what  # of the next process
        elif act.what in FAULTS:
            self.disturb(act)
        elif act.what == "away" and self.folder.exists():
            self.folder.rename(self.base / "away")
        elif act.what == "back":
            self.bring_back()
        elif self.folder.exists():
            self.change(act)
        threading.Event().wait(act.after)

    def change(self, act: Act) -> None:
        """Change the folder's files."""
        path = self.folder / act.name
        if act.what == "put":
            self.content[act.name] = self.write(path, act)
        elif act.what == "remove":
            path.unlink(missing_ok=True)
            self.content.pop(act.name, None)
        elif act.what == "rename" and act.name in self.content:
            other = NAMES[act.number % len(NAMES)]
            (self.folder / other).parent.mkdir(exist_ok=True)
            path.rename(self.folder / other)
            self.content[other] = self.content.pop(act.name)

    def write(self, path: Path, act: Act) -> bytes:
        """Put another document there, in one go; its bytes."""
        self.made += 1
        path.parent.mkdir(exist_ok=True)
        part = self.base / "new"
        texts = [f"Page {n} of version {self.made} has {unique(self.made)}." for n in range(1, 2 + act.number % 9)]
        pdfs.paragraphs(part, texts)
        content = part.read_bytes()
        part.rename(path)
        return content

    def bring_back(self) -> None:
        """The folder is where it was."""
        if (self.base / "away").exists():
            with contextlib.suppress(FileNotFoundError):
                self.folder.rmdir()
            (self.base / "away").rename(self.folder)

    def begin(self, act: Act) -> None:
        """Start a process, if there are not too many."""
        self.processes = [one for one in self.processes if one.is_alive()]
        if len(self.processes) >= AT_ONCE:
            return
        arguments: list[str] = []
        if act.what == "upload":
            name = UPLOADS[act.number % len(UPLOADS)]
            file = self.base / "uploads" / f"{self.made}" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            self.uploads[name] = self.write(file, act)
            arguments, fault = [str(file)], ""
            process = self.start(act.what, arguments, fault)
            process.join(SETTLE_SECONDS)  # an upload that is interrupted was never made
            return
        if act.what == "delete":
            arguments = [act.name]
        fault, self.fault = self.fault, ""
        self.processes.append(self.start(act.what, arguments, fault))

    def start(self, what: str, arguments: Sequence[str], fault: str = "") -> ForkServerProcess:
        """Start a process of this kind."""
        process = CONTEXT.Process(target=run, args=(what, str(self.home), str(self.folder), list(arguments), fault))
        process.start()
        return process

    def disturb(self, act: Act) -> None:
        """Disturb a process."""
        alive = [one for one in self.processes if one.is_alive()]
        if not alive:
            return
        process = alive[act.number % len(alive)]
        assert process.pid is not None
        signals = {"kill": signal.SIGKILL, "interrupt": signal.SIGINT, "terminate": signal.SIGTERM}
        with contextlib.suppress(ProcessLookupError):
            if act.what == "freeze":
                os.kill(process.pid, signal.SIGSTOP)
                threading.Event().wait(0.2)
                os.kill(process.pid, signal.SIGCONT)
            else:
                os.kill(process.pid, signals[act.what])

    # --- the end ---

    def settle(self) -> None:
        """End the processes; then one more ingestion, undisturbed."""
        self.bring_back()
        self.content["last.pdf"] = self.write(self.folder / "last.pdf", Act("put", "", 1, 0))
        for process in self.processes:
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.join(SETTLE_SECONDS)
            assert not process.is_alive(), "stuck"
        process = self.start("settle", [])
        process.join(SETTLE_SECONDS)
        assert process.exitcode == 0, f"exit code {process.exitcode}: {self.said()}"

    def check(self) -> None:
        """Folder, copies, ledger, index, archive and search say the same, and nothing is left over."""
        process = self.start("check", [])
        process.join(SETTLE_SECONDS)
        assert process.exitcode == 0, self.said()
        found = json.loads((self.base / "found.json").read_text())
        expected = {name: digest(content) for name, content in {**self.content, **self.uploads}.items()}
        assert found["stored"] == expected, "lost or doubled files"
        assert found["ledger"] == {name: ["ready", version] for name, version in expected.items()}, "ledger"
        assert {(name, version) for name, version, _ in found["index"]} == set(expected.items()), "index"
        assert {name: count for name, _, count in found["index"]} == found["passages"], "passages"
        assert found["unarchived"] == 0, "archive"
        assert found["parts"] == [], "left over"
        assert found["leases"] == 0, "leases"
        assert found["findings"] == [], "repair"
        assert found["wrong"] == [], "search"
        assert found["working"] == [], "workers"
        assert left_running(self.base) == [], "processes left"

    def said(self) -> str:
        """What the processes printed last."""
        return (self.base / "said.txt").read_text(errors="replace")[-3000:] if (self.base / "said.txt").exists() else ""


def survives(seed: int, base: Path) -> Counter[str]:
    """Play the acts of a seed and check the end; how often each was done."""
    library = Library(base)
    acts = acts_of(seed)
    try:
        for act in acts:
            library.act(act)
        library.settle()
        library.check()
    finally:
        for process in library.processes:
            if process.is_alive():
                process.kill()
                process.join()
    return Counter(act.what for act in acts)


def run(what: str, home: str, folder: str, arguments: list[str], fault: str) -> None:
    """In a process of its own: the command. What it prints is kept."""
    from tests.survival_process import main

    said = os.open(Path(home).parent / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if fault == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = 2_000 + 1_000 * (os.getpid() % 60)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    if fault == "clock":
        real = time.time
        offset = (os.getpid() % 7 - 3) * 3600
        time.time = lambda: real() + offset
    sys.exit(main(what, Path(home), Path(folder), arguments))


def unique(number: int) -> str:
    """A word that only one version of one document has."""
    return "w" + hashlib.sha256(str(number).encode()).hexdigest()[:10]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def left_running(base: Path) -> list[str]:
    """The processes that work in this folder, or have files of it open."""
    left: list[str] = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            with contextlib.suppress(OSError):
                text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                files = [str(fd.readlink()) for fd in (process / "fd").iterdir()]
                if str(base).encode() in text or any(str(base) in file for file in files):
                    left.append(f"{process.name} {text[:200]!r}")
    return left
