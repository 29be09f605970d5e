"""The chat page's image without Docker: what its Dockerfile says, done in folders on this machine.

Its own lines are followed, so that what is tried is what is built. Other are the machine and its Python, for which the
same requirements have other wheels, and what Debian's slim image has besides.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.cache import kept, key_of
from tools.install import HERE, run

ELSEWHERE = ("--platform", "--implementation", "--python-version")
"""pip options that name the image's machine."""


@dataclass(frozen=True)
class Dockerfile:
    """The instructions of a build context's Dockerfile."""

    context: Path

    @cached_property
    def lines(self) -> list[tuple[str, str]]:
        text = (self.context / "Dockerfile").read_text().replace("\\\n", " ")
        lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return [(word, rest.strip()) for word, rest in lines]

    def all(self, word: str) -> list[str]:
        return [rest for found, rest in self.lines if found == word]

    def last(self, word: str) -> str:
        return self.all(word)[-1]

    @property
    def start(self) -> list[str]:
        command: list[str] = json.loads(self.last("CMD"))
        return command

    @property
    def environment(self) -> dict[str, str]:
        return dict(one.partition("=")[::2] for line in self.all("ENV") for one in shlex.split(line))

    @property
    def installs(self) -> list[str]:
        """pip's arguments, for the image's machine."""
        command = shlex.split(self.all("RUN")[0].rpartition("&&")[2])
        assert command[:2] == ["pip", "install"]
        return command[1:]

    def compile(self, folder: Path) -> None:
        """Bytecode for what is in a folder, as the image has it."""
        command = shlex.split(self.all("RUN")[1])
        assert (command[0], command[-2:]) == ("python", ["/packages", "/app"])
        run(sys.executable, *command[1:-2], str(folder))

    def packages(self) -> Path:
        """An environment with what the image installs, for this machine; kept for the next run. `packages` is what
        pip put into its target, and `bin/python` a Python that has nothing else."""
        asked = iter(self.installs)
        here = [word for word in asked if not (word in ELSEWHERE and next(asked))]
        requirements = self.context / "requirements.txt"

        def install(folder: Path) -> None:
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
            paths = {"/packages": folder / "packages", "/requirements.txt": requirements}
            run(sys.executable, "-m", "pip", *(str(paths.get(word, word)) for word in here))
            self.compile(paths["/packages"])

        return kept("page", key_of(requirements, " ".join([*here, self.all("RUN")[1]]), HERE), install)

    def tree(self, root: Path) -> None:
        """What the image has below /, as its last stage copies it; all of it is read-only except /tmp."""
        packages = self.packages() / "packages"
        for line in self.all("COPY")[self.all("COPY").index("requirements.txt /") + 1 :]:
            source, target = line.split()[-2:]
            to = root / target.lstrip("/")
            to.parent.mkdir(parents=True, exist_ok=True)
            if source == "/packages":
                to.symlink_to(packages)
            elif not line.startswith("--from"):
                shutil.copytree(self.context / source, to)
                self.compile(to)
        (root / "tmp").mkdir()
        root.chmod(0o755)
        for path in (root / "app", *(root / "app").rglob("*")):
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)

    @property
    def user(self) -> int:
        return int(self.last("USER").partition(":")[0])


WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""Runs a program as root that needs permissions like any user. To run as the image's own user it would need a Python
that this user can reach, which one in somebody's home is not."""

WATCH = """
import os, sys
log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def watch(event, args):
    path = args[0] if args else None
    wrote = event in ("os.mkdir", "os.rename", "os.symlink", "os.link", "os.truncate")
    if (wrote or (event == "open" and args[2] & WRITES)) and isinstance(path, (str, bytes, os.PathLike)):
        os.write(log, os.path.abspath(os.fsencode(path)) + b"\\n")

sys.addaudithook(watch)
"""
"""A module that Python loads at its start: it records each file that Python code writes (PEP 578)."""


def watched(root: Path) -> Path:
    """The folder of that module, which writes `written` below `root`."""
    folder = root / "watch"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCH.replace("LOG", repr(str(root / "written"))))
    return folder


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file."""
    found = ((path, path.lstat()) for path in folder.rglob("*") if not path.is_dir())
    return {path.relative_to(folder).as_posix(): (stat.st_size, stat.st_mtime_ns) for path, stat in found}
