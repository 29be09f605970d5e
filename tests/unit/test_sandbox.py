"""What the child that reads may do, tried from inside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pdfs
from tests.servers import NOBODY
from tools.cache import ROOT
from tools.install import Missing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can keep the child from all this")

INSIDE = """
import json, os, pathlib, socket, subprocess, sys, threading
from runtime.reading.child import guard

document, secret, folder, parent = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
guard(document, -1, 60)
tries = {
    "its document": lambda: open(f"/dev/fd/{document}", "rb").read(4),
    "a module": lambda: __import__("pdfminer.high_level"),
    "another file": lambda: open(secret).read(),
    "a folder": lambda: os.listdir(folder),
    "writing": lambda: open(f"{folder}/made", "w"),
    "removing": lambda: os.unlink(secret),
    "the project": lambda: open("Pulumi.yaml").read(),
    "the parent's environment": lambda: open(f"/proc/{parent}/environ", "rb").read(),
    "the parent's memory": lambda: open(f"/proc/{parent}/mem", "rb"),
    "a socket": lambda: socket.socket(socket.AF_INET),
    "a local socket": lambda: socket.socket(socket.AF_UNIX),
    "another process": lambda: subprocess.run(["true"]),
    "a fork": os.fork,
    "a signal": lambda: os.kill(parent, 0),
    "a thread": lambda: threading.Thread(target=print).start(),
}
said = {}
for name, attempt in tries.items():
    try:
        attempt()
        said[name] = "done"
    except (OSError, RuntimeError) as error:
        said[name] = type(error).__name__
print(json.dumps(said), flush=True)
"""


def test_the_child_reads_its_document_and_what_python_needs_and_does_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "secret").write_text("of another document")
    with pdfs.paragraphs(tmp_path / "a.pdf", ["Some text."]).open("rb") as document:
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                INSIDE,
                f"{document.fileno()}",
                f"{folder / 'secret'}",
                f"{folder}",
                f"{os.getpid()}",
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # it ends when this does
            stdout=subprocess.PIPE,
            pass_fds=[document.fileno()],
            text=True,
        )
        assert child.stdout is not None
        said = json.loads(child.stdout.readline())
        child.communicate()
    assert {name for name, result in said.items() if result == "done"} == {"its document", "a module"}
    assert (folder / "secret").exists()


def as_nobody() -> None:
    """Root reads any process's memory: what it shows has to be seen by another user."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@pytest.mark.parametrize("hides", [True, False])
def test_a_process_that_hides_its_memory_shows_its_environment_to_no_other_of_its_user(hides: bool) -> None:
    # Nobody may not be allowed to enter the folders of this Python and this project.
    python = sys.executable if os.geteuid() else "/usr/bin/python3"
    if not Path(python).exists():
        raise Missing("the system's Python")
    source = (ROOT / "runtime" / "reading" / "sandbox.py").read_text()
    script = f"{source}\nif {hides}: hide_memory()\nprint(flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [python, "-c", script], cwd="/", preexec_fn=as_nobody, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    look = [python, "-c", f"open('/proc/{process.pid}/environ', 'rb').read()"]
    looked = subprocess.run(look, cwd="/", preexec_fn=as_nobody, capture_output=True, text=True, check=False)
    process.communicate()
    assert (looked.returncode != 0) is hides
    assert ("PermissionError" in looked.stderr) is hides
