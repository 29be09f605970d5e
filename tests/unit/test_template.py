"""The template that readers are forked from: it starts, ends and is replaced as it should, and keeps what a hostile
document does from all others."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from runtime.ports import PlumblineError
from runtime.reading import processes
from runtime.reading.document import Limits, PdfDocument, PdfError, open_pdf
from tests import pdfs
from tools.cache import ROOT

forking = pytest.mark.skipif(not processes.FORKS, reason="there is no template here")

SOON = Limits(page_seconds=2, memory_bytes=600 << 20)

TAKEN_OVER = """
import json, os, sys, time
from runtime.reading import child
of_a_document = child.run
def run(document):
    attack = os.pread(document, 10_000, 0).partition(b"%PDF-attack")[2]
    if not attack:
        of_a_document(document)
    job = json.loads(sys.stdin.buffer.readline())
    child.guard(document, job["memory"], job["seconds"])
    exec(attack, globals())
child.run = run
"""
"""The template's code where a document that begins with '%PDF-attack' takes over the child that opens it: the rest of
the document is what it then does."""


@pytest.fixture
def take_over() -> Iterator[None]:
    """Children do what attacks say."""
    processes.stop()
    python = processes.python
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "python", lambda code, **options: python(TAKEN_OVER + code, **options))
        yield
        processes.stop()


@pytest.fixture
def fresh() -> Iterator[None]:
    """No template runs before the test, nor after."""
    processes.stop()
    yield
    processes.stop()


def text_of(pdf: PdfDocument) -> list[str]:
    return [paragraph.text for page in pdf.pages() for paragraph in page.paragraphs]


def read(path: Path, limits: Limits = SOON) -> list[str]:
    with open_pdf(path, limits) as pdf:
        return text_of(pdf)


def document(folder: Path, number: int) -> tuple[Path, list[str]]:
    """A page that no other document has, and its text."""
    text = [f"Sheet {number} says that {pdfs.sentence(number)}"]
    return pdfs.paragraphs(folder / f"{number}.pdf", text), text


def attack(folder: Path, code: str) -> Path:
    path = folder / "attack.pdf"
    path.write_text(f"%PDF-attack\n{code}")
    return path


def the_template() -> int:
    assert processes._template is not None
    return processes._template.pid


def running() -> dict[int, tuple[int, str]]:
    """Parent and state, such as Z for a zombie, of every process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            found[int(path.parent.name)] = int(parent), state
    return found


def children_of(pid: int) -> list[int]:
    return [child for child, (parent, _) in running().items() if parent == pid]


def alive(*pids: int) -> list[int]:
    """Those that have not ended; whether they were reaped is up to whoever is their parent."""
    found = running()
    return [pid for pid in pids if pid in found and found[pid][1] != "Z"]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def open_files(pid: int) -> set[str]:
    """What a process has open, but for its own lines."""
    links = {f"{path.readlink()}" for path in Path(f"/proc/{pid}/fd").iterdir()}
    return {link for link in links if not link.startswith("socket:")}


@forking
def test_one_template_forks_the_readers_of_all_documents_of_several_threads(tmp_path: Path, fresh: None) -> None:
    documents = [document(tmp_path, number) for number in range(40)]
    before = children_of(os.getpid())
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, [path for path, _ in documents])) == [text for _, text in documents]
    assert {*children_of(os.getpid())} - {*before} == {the_template()}
    assert children_of(the_template()) == []  # no zombie either
    assert len(list(Path(f"/proc/{the_template()}/task").iterdir())) == 1  # only one thread may be forked


@forking
def test_a_template_that_was_killed_is_replaced(tmp_path: Path, fresh: None) -> None:
    path, text = document(tmp_path, 1)
    assert read(path) == text
    killed = the_template()
    os.kill(killed, signal.SIGKILL)
    assert read(path) == text
    assert the_template() != killed
    assert killed not in running()


@forking
def test_the_children_of_a_killed_template_end_and_their_documents_are_read_on_by_others(
    tmp_path: Path, fresh: None
) -> None:
    with open_pdf(pdfs.book(tmp_path / "a.pdf", 90)) as pdf:
        pages = pdf.pages()
        assert next(pages).state == "text"
        child = pdf._children[0].process.pid
        os.kill(the_template(), signal.SIGKILL)
        until(lambda: not alive(child))
        states = [page.state for page in pages]
    assert len(states) == 89
    assert states.count("text") >= 88


PARENT = """
import os, sys
from pathlib import Path
from runtime.reading import processes
from runtime.reading.document import open_pdf
pdf = open_pdf(Path(sys.argv[1]))
print(processes._template.pid, pdf._children[0].process.pid, flush=True)
sys.stdin.read()
"""


@forking
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_no_process_is_left_when_the_parent_ends(tmp_path: Path, how: int | None) -> None:
    command = [sys.executable, "-c", PARENT, f"{pdfs.book(tmp_path / 'a.pdf', 300)}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        own, child = map(int, parent.stdout.readline().split())
        assert alive(own, child) == [own, child]
        if how:
            parent.send_signal(how)
    until(lambda: not alive(own, child))


@forking
def test_a_fork_of_the_parent_has_a_template_of_its_own_and_leaves_the_parents_alone(
    tmp_path: Path, fresh: None
) -> None:
    path, text = document(tmp_path, 1)
    assert read(path) == text
    before = the_template()
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            code = 0 if read(path) == text and the_template() != before else 2
            processes.stop()
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert read(path) == text
    assert the_template() == before


@forking
def test_ctrl_c_does_not_reach_the_template(fresh: None, tmp_path: Path) -> None:
    read(document(tmp_path, 1)[0])
    assert os.getpgid(the_template()) != os.getpgid(0)


@forking
@pytest.mark.skipif(os.geteuid() != 0, reason="the template shows its files and its memory to no other user than root")
def test_the_template_opens_no_document_and_keeps_nothing_of_any(tmp_path: Path, fresh: None) -> None:
    read(document(tmp_path, 1)[0])
    own = open_files(the_template())
    path = pdfs.book(tmp_path / "book.pdf", 300)
    with open_pdf(path) as pdf:  # whose text does not fit into the pipe, so that its child waits
        child = pdf._children[0].process.pid
        assert f"{path}" in open_files(child)
        assert open_files(the_template()) == own
        (first, *_) = next(pdf.pages()).paragraphs
        assert holds(child, first.text.encode())
        assert not holds(the_template(), first.text.encode())
    assert open_files(the_template()) == own


def holds(pid: int, text: bytes) -> bool:
    """Whether the memory that a process can write to holds a text."""
    process = Path(f"/proc/{pid}")
    with (process / "maps").open() as maps, (process / "mem").open("rb", 0) as memory:
        for line in maps:
            if " rw" in line and "[v" not in line:
                first, last = (int(address, 16) for address in line.split()[0].split("-"))
                memory.seek(first)
                if text in memory.read(last - first):
                    return True
    return False


@forking
def test_a_process_that_reads_gets_no_secret_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "top secret")
    with processes.python("import os; print(dict(os.environ))", stdout=subprocess.PIPE) as process:
        assert b"secret" not in process.communicate()[0].lower()


ATTACKS = {
    "crash": ("import ctypes; ctypes.string_at(1)", "damaged", "SIGSEGV"),
    "exit": ("os._exit(7)", "damaged", "code 7"),
    "endless loop": ("while True: pass", "timed out", "longer"),
    "sleep without output": ("os.close(1); time.sleep(600)", "damaged", "SIGKILL"),
    "memory": ("a = bytearray(1 << 40)", "damaged", "code 1"),
    "long frame": ("while True: os.write(1, b'\\xff' * 65536)", "damaged", "invalid"),
    "no frame": ("while True: os.write(1, b'\\0' * 65536)", "damaged", "invalid"),
    "errors": ("while True: os.write(2, b'x' * 65536)", "damaged", "code 1"),
    "standard input": ("import threading; os.close(0)\nwhile True: pass", "timed out", "longer"),
}


@forking
@pytest.mark.parametrize("name", ATTACKS)
def test_a_child_that_was_taken_over_disturbs_no_other(tmp_path: Path, take_over: None, name: str) -> None:
    code, state, reason = ATTACKS[name]
    began = time.monotonic()
    (other, text), (later, later_text) = document(tmp_path, 1), document(tmp_path, 2)
    with open_pdf(other, SOON) as beside:
        before = the_template()
        with pytest.raises(PdfError) as refused:
            read(attack(tmp_path, code))
        assert (refused.value.state, reason in refused.value.reason) == (state, True), refused.value.reason
        assert read(later) == later_text
        assert text_of(beside) == text
    assert the_template() == before
    assert children_of(before) == []
    assert time.monotonic() - began < 30


LOOK = """
def attempt(act):
    try:
        return repr(act())
    except Exception as error:
        return type(error).__name__
def is_open(fd):
    return attempt(lambda: os.fstat(fd)) != "OSError"
import socket
template = os.getppid()
seen = {
    "files": [fd for fd in range(1000) if is_open(fd)],
    "kill": attempt(lambda: os.kill(template, 9)),
    "memory": attempt(lambda: open(f"/proc/{template}/mem", "r+b")),
    "its files": attempt(lambda: os.listdir(f"/proc/{template}/fd")),
}
child.send(sys.stdout.buffer, {"error": {"state": "damaged", "reason": json.dumps(seen)}})
time.sleep(600)
"""


@forking
def test_a_child_that_was_taken_over_reaches_neither_the_template_nor_another_document(
    tmp_path: Path, take_over: None
) -> None:
    other, text = document(tmp_path, 1)
    with open_pdf(other, SOON) as beside:
        with pytest.raises(PdfError) as refused:
            read(attack(tmp_path, LOOK))
        assert text_of(beside) == text
    # Standard input, output and errors, and the document.
    assert '"files": [0, 1, 2, 3]' in refused.value.reason
    assert '"kill": "PermissionError", "memory": "PermissionError", "its files": "PermissionError"' in (
        refused.value.reason
    )


@forking
def test_a_killed_child_is_gone_when_its_document_is_closed(tmp_path: Path, take_over: None) -> None:
    children: list[int] = []
    start = processes.start

    def watched(*fds: int) -> Any:
        process = start(*fds)
        children.append(process.pid)
        return process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runtime.reading.document.start", watched)
        with pytest.raises(PdfError):
            read(attack(tmp_path, "while True: pass"))
    assert children
    assert children[0] not in running()


@forking
def test_a_template_that_can_not_fork_says_so_and_goes_on(tmp_path: Path, fresh: None) -> None:
    fails = "import os; real = os.fork; given = [1, 0, 1]\ndef fork():\n  if given.pop(): return real()\n"
    fails += "  raise BlockingIOError(11, 'no')\nos.fork = fork\n"
    python = processes.python
    first, second = document(tmp_path, 1), document(tmp_path, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "python", lambda code, **options: python(fails + code, **options))
        with open_pdf(first[0]) as beside:
            with pytest.raises(BlockingIOError):
                read(second[0])
            assert text_of(beside) == first[1]
        assert read(second[0]) == second[1]


@forking
def test_a_template_that_ends_at_once_is_no_fault_of_the_document(tmp_path: Path, fresh: None) -> None:
    python = processes.python
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "python", lambda code, **options: python("raise SystemExit", **options))
        with pytest.raises(PlumblineError, match="ends at once") as refused:
            read(document(tmp_path, 1)[0])
    assert not isinstance(refused.value, PdfError)
    path, text = document(tmp_path, 2)
    assert read(path) == text


def test_where_processes_are_not_forked_each_document_has_a_process_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    monkeypatch.setattr(processes, "FORKS", False)
    path, text = document(tmp_path, 1)
    with open_pdf(path) as pdf:
        assert text_of(pdf) == text
        child = pdf._children[0].process
        assert child.pid in children_of(os.getpid())
    assert processes._template is None
    assert child.pid not in running()
    with pytest.raises(PdfError) as refused:
        read(pdfs.damaged(tmp_path / "b.pdf"))
    assert refused.value.state == "damaged"
