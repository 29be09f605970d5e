"""The command line as a person uses it, on PDFs that the tests write and on the R manuals."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import pdfs
from tests.aws.stack import until
from tests.commands import run_here
from tests.generator import Slow, beside, word

ROOT = Path(__file__).parents[2]


class Shell:
    """Runs Plumbline's commands over one library, each as a process of its own or all in this one."""

    def __init__(self, home: Path, *, processes: bool) -> None:
        self._processes = processes
        self.environment = {
            **os.environ,
            "PLUMBLINE_HOME": str(home),
            "PLUMBLINE_THREADS": "1",
            "COLUMNS": "200",
        }

    def __call__(self, *arguments: str, package: str = "runtime", code: int = 0) -> str:
        if self._processes:
            command = [sys.executable, "-m", package, *arguments]
            done = subprocess.run(
                command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=280, check=False
            )
        else:
            done = run_here(package, *arguments, environment=self.environment)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, done.stderr + done.stdout
        self.said = done.stderr
        return done.stdout

    def json(self, *arguments: str, package: str = "runtime", code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", package=package, code=code))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home", processes=False)


@pytest.fixture
def terminal(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home", processes=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "papers"
    (made / "2024").mkdir(parents=True)
    pdfs.paragraphs(
        made / "kiln.pdf",
        [
            "The kiln of the pottery is fired at 940 degrees for eleven hours.",
            "Glazes are mixed on Tuesdays.",
        ],
        "The Kiln",
    )
    pdfs.paragraphs(
        made / "2024" / "harbour.pdf",
        ["The harbour master closes the northern gate when the wind passes 70 km per hour."],
        "The Harbour",
    )
    return made


def test_a_folder_is_ingested_asked_searched_changed_and_emptied(terminal: Shell, folder: Path) -> None:
    shell = terminal
    shell("ingest", str(folder))
    assert "2 of 2 documents are searchable" in shell.said
    listed = {entry["document"]: entry for entry in shell.json("documents")}
    assert {name: entry["state"] for name, entry in listed.items()} == {
        "kiln.pdf": "ready",
        "2024/harbour.pdf": "ready",
    }
    assert listed["kiln.pdf"]["readers"] == {"pdfium": 1}

    answer = shell.json("ask", "How hot is the kiln of the pottery?")
    assert answer["state"] == "done"
    assert "940 degrees" in answer["answer"]
    assert "[1]" in answer["answer"]
    assert (answer["sources"][0]["document"], answer["sources"][0]["page"]) == ("kiln.pdf", 1)
    assert "kiln.pdf, page 1" in shell("ask", "How hot is the kiln?", "--document", "kiln.pdf")

    refused = shell.json("ask", "Who was the first person on the moon?")
    assert refused["state"] == "refused"
    assert "do not say" in refused["answer"]

    pdfs.paragraphs(folder / "kiln.pdf", ["The new kiln is fired at 1200 degrees."], "The Kiln")
    (folder / "2024" / "harbour.pdf").unlink()
    shell("ingest", str(folder))
    assert [entry["document"] for entry in shell.json("documents")] == ["kiln.pdf"]
    hits = shell.json("search", "kiln", "--top", "10")["hits"]
    assert {hit["document"] for hit in hits} == {"kiln.pdf"}
    assert "940" not in json.dumps(hits)

    shell("delete", "kiln.pdf")
    assert shell.json("documents") == []
    assert shell.json("search", "kiln")["hits"] == []
    assert (folder / "kiln.pdf").exists()


def test_a_page_is_named_by_its_number_and_by_what_the_file_calls_it(shell: Shell, tmp_path: Path) -> None:
    preface = (
        "The preface thanks the lamplighter Aurelia Quist for her patience, for the letters of her apprentices, and "
        "for a chest of wicks, chimneys and burners that stood below the stairs of the northern lighthouse for years."
    )
    question = "Which lamplighter does the preface thank for her patience?"
    texts = ["Lamps and their oils.", preface, "Whale oil smokes in the cold.", "Colza oil is pressed from seeds."]
    shell("ingest", str(pdfs.labelled(tmp_path / "lamps.pdf", texts)))
    (hit,) = shell.json("search", question, "--top", "1")["hits"]
    assert (hit["page"], hit["label"]) == (2, "ii")
    assert "1. lamps.pdf, page 2 (ii) (0." in shell("search", question, "--top", "1")
    answer = shell.json("ask", question)
    source = answer["sources"][0]
    assert answer["state"] == "done"
    assert (source["page"], source["last_page"], source["label"]) == (2, 2, "ii")
    assert "[1] lamps.pdf, page 2 (ii) (0." in shell("ask", question)


def test_the_same_bytes_again_cost_nothing_and_twins_are_two_documents_that_are_searched_once(
    shell: Shell, folder: Path
) -> None:
    shutil.copy(folder / "kiln.pdf", folder / "twin.pdf")
    shell("ingest", str(folder))
    before = shell.json("documents")
    again = [json.loads(line) for line in shell("ingest", str(folder), "--json").splitlines()]
    assert {outcome["did"] for outcome in again} == {"unchanged"}
    assert shell.json("documents") == before
    hits = shell.json("search", "kiln pottery degrees", "--top", "2")["hits"]
    assert len({hit["document"] for hit in hits} & {"kiln.pdf", "twin.pdf"}) == 1
    assert "The same file as kiln.pdf; it is searched once." in " ".join(shell("documents").split())


def test_two_folders_with_the_same_file_names_keep_both_files(shell: Shell, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "reports"
    other.mkdir()
    pdfs.paragraphs(other / "kiln.pdf", ["A report about something else entirely."])
    shell("ingest", str(folder), str(other))
    assert [entry["document"] for entry in shell.json("documents")] == [
        "2024/harbour.pdf",
        "kiln.pdf",
        "reports/kiln.pdf",
    ]


def test_every_odd_file_gets_a_state_and_disturbs_nothing_else(shell: Shell, folder: Path) -> None:
    pdfs.damaged(folder / "damaged.pdf")
    pdfs.encrypted(folder / "locked.pdf", "secret", user="secret")
    pdfs.picture(folder / "scan.pdf")
    (folder / "empty.pdf").touch()
    (folder / "page.pdf").write_text("<html></html>", encoding="utf-8")
    (folder / "notes.txt").write_text("no PDF by name", encoding="utf-8")
    pdfs.paragraphs(folder / "Ünlü name\nof two lines.pdf", ["The odd name holds the word zanzibar."])
    shell("ingest", str(folder), code=3)
    assert "3 of 8 documents are searchable, 1 other files skipped" in shell.said
    states = {entry["document"]: entry for entry in shell.json("documents")}
    for name, state in (
        ("damaged.pdf", "damaged"),
        ("locked.pdf", "encrypted"),
        ("scan.pdf", "no text"),
        ("empty.pdf", "empty"),
        ("page.pdf", "not a pdf"),
    ):
        assert states[name]["state"] == state
        assert name in states[name]["reason"]
        assert states[name]["remedy"]
    assert shell.json("search", "zanzibar", "--top", "1")["hits"][0]["document"] == "Ünlü name\nof two lines.pdf"
    assert "Ünlü name" in shell("documents")


def test_questions_of_a_file_are_answered_in_order(shell: Shell, folder: Path, tmp_path: Path) -> None:
    shell("ingest", str(folder))
    questions = [f"When is gate {n} closed by the harbour master?" for n in range(70)] + ["How hot is the kiln?"]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps({"question": q}) + "\n" for q in questions), encoding="utf-8")
    lines = [
        json.loads(line) for line in shell("search", "--questions", str(file), "--top", "1", "--json").splitlines()
    ]
    assert [line["question"] for line in lines] == questions
    assert set(lines[0]["hits"][0]) >= {"document", "page", "score", "text"}
    assert [line["hits"][0]["document"] for line in lines[-2:]] == ["2024/harbour.pdf", "kiln.pdf"]
    file.write_text('{"question": "fine?"}\n{"wrong": 1}\n', encoding="utf-8")
    shell("search", "--questions", str(file), code=1)
    assert "Line 2" in shell.said


def test_evaluate_prints_recall_and_keeps_the_run(shell: Shell, folder: Path, tmp_path: Path) -> None:
    shell("ingest", str(folder))
    file = tmp_path / "judged.jsonl"
    judged = [
        {"question": "How hot is the kiln?", "document": "kiln.pdf", "pages": [1]},
        {"question": "When does the gate of the harbour close?", "document": "harbour.pdf", "pages": [1]},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in judged), encoding="utf-8")
    made = shell.json("evaluate", str(file), package="analysis")
    values = {(f["level"], f["measure"]): f["value"] for f in made["figures"]}
    assert values["page", "recall@1"] == values["document", "MRR"] == 1
    assert "recall@5" in shell("evaluate", str(file), package="analysis")
    file.write_text('{"question": "x?", "document": "none.pdf", "pages": [1]}\n', encoding="utf-8")
    shell("evaluate", str(file), package="analysis", code=1)
    assert "none.pdf" in shell.said


def test_a_new_index_and_one_that_is_repaired_answer_the_same(shell: Shell, folder: Path) -> None:
    shell("ingest", str(folder))
    before = shell.json("search", "kiln")
    first = shell.json("reindex")["index"]
    second = shell.json("reindex")["index"]
    assert first != second
    assert shell.json("search", "kiln") == before
    assert {entry["state"] for entry in shell.json("documents")} == {"ready"}
    for derived in Path(shell.environment["PLUMBLINE_HOME"], "index", f"{second}.lance", "_indices").rglob("*.lance"):
        derived.write_bytes(derived.read_bytes()[:-100])
    shell("repair")
    assert "built anew" in shell.said
    assert shell.json("search", "kiln") == before


@pytest.mark.parametrize(
    "question", ["", "x" * 100_000, "a\x01\x02\x03\x04b"], ids=["empty", "too long", "of control characters"]
)
def test_an_invalid_question_is_refused_with_a_message(shell: Shell, question: str) -> None:
    shell("ask", question, code=1)
    assert "The question" in shell.said


def test_whatever_is_missing_is_named(terminal: Shell, tmp_path: Path) -> None:
    shell = terminal
    shell("delete", "nothing.pdf", code=1)
    assert "nothing.pdf" in shell.said
    shell("ingest", str(tmp_path / "nowhere"), code=1)
    assert "nowhere" in shell.said
    (tmp_path / "void").mkdir()
    shell("ingest", str(tmp_path / "void"), code=1)
    assert "no PDF" in shell.said
    shell.environment["PLUMBLINE_THREADS"] = "none"
    shell("documents", code=1)
    assert "PLUMBLINE_THREADS" in shell.said


def test_an_r_manual_is_read_and_answers_with_its_page(shell: Shell, r_manuals: Path) -> None:
    shell("ingest", str(r_manuals / "R-data.pdf"))
    (entry,) = shell.json("documents")
    assert entry["pages"] == 41
    assert entry["passages"] > 100
    hits = shell.json("search", "Which function reads files with fixed-width fields?", "--top", "3")["hits"]
    assert 15 in [hit["page"] for hit in hits]


QUESTION = "How hot is the kiln of the pottery?"


def prompts(home: Path) -> list[dict[str, Any]]:
    """The questions in a library's archive."""
    files = (home / "archive" / "promptarchive").rglob("*.gz")
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def screen(written: str) -> list[str]:
    """The lines that a terminal shows when it has got this: of its control sequences those that rich erases by."""
    lines, row = [""], 0
    for text, control in re.findall(r"([^\x1b\r\n]+)|(\x1b\[\??\d*[A-Za-z]|\r|\n)", written):
        if text:
            lines[row] += text
        elif control == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif control == "\x1b[1A":
            row -= 1
        elif control == "\x1b[2K":
            lines[row] = ""
    return lines


def test_a_redirected_answer_is_printed_once_followed_by_its_sources(shell: Shell, folder: Path) -> None:
    shell("ingest", str(folder))
    answer, empty, first, *_ = shell("ask", QUESTION).splitlines()
    assert re.fullmatch(r"The kiln .* 940 degrees .* \[1\]\.", answer)
    assert answer.count("940 degrees") == 1
    assert (empty, first[:20]) == ("", "[1] kiln.pdf, page 1")


def test_a_terminal_shows_an_answer_growing_and_keeps_it_once(terminal: Shell, folder: Path) -> None:
    terminal("ingest", str(folder))
    with beside(Slow(thinks=0, pieces=8)) as url:
        terminal.environment |= {"PLUMBLINE_GENERATOR_URL": f"{url}/v1", "PLUMBLINE_GENERATOR_MODEL": "slow"}
        command = [sys.executable, "-m", "runtime", "ask", QUESTION]
        reading, writing = pty.openpty()
        child = subprocess.Popen(
            command, cwd=ROOT, env={**terminal.environment, "TERM": "xterm"}, stdout=writing, stderr=writing
        )
        os.close(writing)
        written = b""
        try:
            while piece := os.read(reading, 1 << 16):
                written += piece
        except OSError:  # what Linux says where the other end is closed
            pass
        os.close(reading)
    assert child.wait() == 0
    told = written.decode()
    assert told.count("was asked for") > 2  # of it as it grows, and of all
    shown = [line for line in screen(told) if line]
    assert f"How was asked for; {word(1)} {word(2)}" in shown[0]
    assert "".join(shown).count("was asked for") == 1
    assert "kiln.pdf, page 1" in shown[1]


def test_ctrl_c_ends_a_question_at_once_in_order_and_without_a_traceback(terminal: Shell, folder: Path) -> None:
    terminal("ingest", str(folder))
    model = Slow(thinks=1000, pieces=1)
    with beside(model) as url:
        terminal.environment |= {"PLUMBLINE_GENERATOR_URL": f"{url}/v1", "PLUMBLINE_GENERATOR_MODEL": "slow"}
        child = subprocess.Popen(
            [sys.executable, "-m", "runtime", "ask", QUESTION],
            cwd=ROOT,
            env=terminal.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: model.asked)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, out, err.strip()) == (130, "", "")


def test_questions_of_the_command_line_are_archived_and_drift_sees_them(shell: Shell, folder: Path) -> None:
    shell("ingest", str(folder))
    shell("ask", QUESTION)
    shell.json("ask", "Who was the first person on the moon?")
    shell("ask", "When are glazes mixed?", "--no-archive")
    kept = sorted(prompts(Path(shell.environment["PLUMBLINE_HOME"])), key=lambda prompt: str(prompt["at"]))
    assert [prompt["text"] for prompt in kept] == [QUESTION, "Who was the first person on the moon?"]
    assert all(prompt["doc_id"] == f"command-line-{prompt['id']}" for prompt in kept)
    shell("drift", "--of", "prompts", "--job_type", "BASELINE", package="analysis", code=3)
    assert "The archive has 2 records" in shell.said


def test_an_answer_whose_question_can_not_be_archived_is_printed_all_the_same(shell: Shell, folder: Path) -> None:
    shell("ingest", str(folder))
    archive = Path(shell.environment["PLUMBLINE_HOME"]) / "archive" / "promptarchive"
    archive.write_text("in the way of the folder", encoding="utf-8")
    assert "940 degrees" in shell("ask", QUESTION)
    assert "Warning:" in shell.said
    assert "promptarchive" in shell.said
    shell("ask", QUESTION, "--no-archive")
    assert shell.said == ""


def test_a_missing_document_is_an_error_that_suggests_similar_names(shell: Shell, folder: Path, tmp_path: Path) -> None:
    shell("ingest", str(folder))
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps({"question": QUESTION, "document": "harbor.pdf", "pages": [1]}) + "\n", encoding="utf-8"
    )
    for arguments in (
        ("ask", QUESTION, "--document", "kiln.pdf", "--document", "harbour"),
        ("search", QUESTION, "--document", "harbour.pdf"),
        ("search", "--questions", str(questions), "--document", "2023/harbour.pdf"),
        ("delete", "Harbor.pdf"),
    ):
        assert shell(*arguments, code=1) == ""
        assert repr(arguments[-1]) in shell.said
        assert "Did you mean '2024/harbour.pdf'? `python -m runtime documents` lists them." in shell.said
    shell("evaluate", str(questions), package="analysis", code=1)
    assert "Did you mean '2024/harbour.pdf'?" in shell.said
    shell("ask", QUESTION, "--document", "something else.pdf", code=1)
    assert "Did you mean" not in shell.said
    assert len(shell.json("documents")) == 2
    assert prompts(Path(shell.environment["PLUMBLINE_HOME"])) == []


def test_a_redirected_list_has_each_document_complete_on_its_own_line(shell: Shell, tmp_path: Path) -> None:
    name = f"{'minutes of the harbour board ' * 5}(signed).pdf"
    shell("ingest", str(pdfs.damaged(tmp_path / name)), code=3)
    shell.environment["COLUMNS"] = "40"
    _, line = shell("documents").splitlines()
    assert line.startswith(f"{name}  damaged  ")
    assert line.rstrip().endswith(shell.json("documents")[0]["remedy"])
