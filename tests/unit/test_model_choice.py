"""Which model answers: chosen and kept, without the key being seen, and switched while others ask."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import stat
import tarfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from runtime.local import model_choice
from runtime.local.backup import backup, restore
from runtime.local.folder import PART
from runtime.local.home import Home
from runtime.local.llama import Llama
from runtime.local.model_choice import KEPT, AnsweringModel, Choice, ModelFile, ServerModel
from runtime.local.openai import OpenAiChat
from runtime.local.processes import locking
from runtime.ports import NotAnswered, PlumblineError, Turn
from runtime.settings import Settings
from tests import pdfs
from tests.aws.stack import until
from tests.generator import Slow, beside
from tests.model_servers import ollama, serving
from tests.models import SMOLLM2
from ui.ready import FAILED, OK, Readiness, checks

KEY = "sk-a-secret-of-the-server"
SERVER = ServerModel("http://127.0.0.1:9/v1", "qwen", KEY)
TURNS = [Turn("user", "may answer the question:\nQuestion: go, now")]


def answering(tmp_path: Path, environment: Mapping[str, str] | None = None) -> AnsweringModel:
    """The model that answers, as a new process finds it."""
    return AnsweringModel(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home"), **(environment or {})}))


@pytest.mark.parametrize("choice", [SERVER, ServerModel("https://a.example/v1", "m"), ModelFile(SMOLLM2)])
def test_what_is_chosen_is_kept_for_the_next_process(choice: Choice, tmp_path: Path) -> None:
    answering(tmp_path).choose(choice)
    later = answering(tmp_path)
    assert later.generator and later.generator is later.generator
    assert isinstance(later.generator, OpenAiChat if isinstance(choice, ServerModel) else Llama)
    assert later.generator.model == (choice.model if isinstance(choice, ServerModel) else SMOLLM2.stem)
    assert later.chosen().source == "kept"


def test_only_its_owner_may_read_what_is_kept_also_where_a_file_was_open_to_all(tmp_path: Path) -> None:
    kept = tmp_path / "home" / KEPT
    kept.parent.mkdir()
    kept.write_text("{}")
    kept.chmod(0o666)
    before = os.umask(0)
    try:
        answering(tmp_path).choose(SERVER)
    finally:
        os.umask(before)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert KEY in kept.read_text()
    assert [path.name for path in kept.parent.iterdir()] == [KEPT]


def test_the_key_is_in_nothing_that_is_shown(tmp_path: Path) -> None:
    model = answering(tmp_path)
    model.choose(SERVER)
    chosen = model.chosen()
    assert (chosen.url, chosen.model, chosen.has_key) == (SERVER.url, "qwen", True)
    from_environment = answering(
        tmp_path,
        {
            "PLUMBLINE_GENERATOR_URL": f"http://me:{KEY}@127.0.0.1:9/v1",
            "PLUMBLINE_GENERATOR_MODEL": "m",
            "PLUMBLINE_GENERATOR_KEY": KEY,
        },
    )
    assert from_environment.chosen().has_key
    settings = Settings.read({"PLUMBLINE_GENERATOR_KEY": KEY})
    shown = [json.dumps(asdict(one.chosen())) for one in (model, from_environment)]
    assert KEY not in repr([shown, chosen, SERVER, settings, model.generator])
    with pytest.raises(NotAnswered) as error:
        list(from_environment.generator.stream(TURNS, 8))  # type: ignore[union-attr]
    assert KEY not in str(error.value)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        (
            {"PLUMBLINE_GENERATOR_URL": "http://127.0.0.1:9/v1", "PLUMBLINE_GENERATOR_MODEL": "theirs"},
            "PLUMBLINE_GENERATOR_URL",
        ),
        ({"PLUMBLINE_MODEL": str(SMOLLM2)}, "PLUMBLINE_MODEL"),
    ],
)
def test_the_environment_wins_and_what_is_kept_stays(environment: dict[str, str], name: str, tmp_path: Path) -> None:
    answering(tmp_path).choose(SERVER)
    model = answering(tmp_path, environment)
    assert model.chosen().source == "environment"
    assert model.generator and model.generator.model in ("theirs", SMOLLM2.stem)
    for choice in (ModelFile(SMOLLM2), None):
        with pytest.raises(PlumblineError, match=name):
            model.choose(choice)
    assert answering(tmp_path).chosen().model == "qwen"


def test_what_is_given_up_is_forgotten_with_its_key(tmp_path: Path) -> None:
    model = answering(tmp_path)
    model.choose(SERVER)
    model.choose(None)
    model.choose(None)
    assert model.generator is None
    assert asdict(model.chosen()) == asdict(answering(tmp_path).chosen())
    assert (model.chosen().source, model.chosen().has_key) == ("none", False)
    assert list((tmp_path / "home").iterdir()) == []


def test_what_another_process_chooses_answers_here_from_the_next_question_on(tmp_path: Path) -> None:
    here, there = answering(tmp_path), answering(tmp_path)
    assert here.generator is None
    there.choose(SERVER)
    first = here.generator
    assert first and first.model == "qwen"
    there.choose(SERVER)
    assert here.generator is first
    there.choose(ServerModel(SERVER.url, "llama"))
    assert here.generator and here.generator.model == "llama"
    there.choose(None)
    assert here.generator is None


def test_all_who_ask_at_once_get_the_same_model(tmp_path: Path) -> None:
    there = answering(tmp_path)
    for number in range(5):
        here, all_ready = answering(tmp_path), threading.Barrier(6)
        there.choose(ServerModel(SERVER.url, f"model-{number}"))
        got: list[object] = []

        def ask(here: AnsweringModel = here, ready: threading.Barrier = all_ready, got: list[object] = got) -> None:
            ready.wait()
            got.append(here.generator)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [here.generator] * 6 and got[0] is not None


def test_what_can_not_be_right_is_not_kept(tmp_path: Path) -> None:
    model = answering(tmp_path)
    model.choose(SERVER)
    for wrong in (ServerModel("ftp://a", "m"), ServerModel("http://a.example", "m", KEY), ModelFile(tmp_path / "none")):
        with pytest.raises(PlumblineError):
            model.choose(wrong)
    assert model.chosen().model == "qwen"


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    model = answering(tmp_path)
    left = tmp_path / "home" / f"{PART}killed"
    left.parent.mkdir()
    left.write_text(KEY)
    model.choose(None)
    assert not left.exists()


def test_what_is_removed_as_abandoned_is_locked_meanwhile(tmp_path: Path) -> None:
    """Else one that is just being made, and not locked yet, could be removed after its maker has locked it."""
    part = tmp_path / f"{PART}made"
    with part.open("wb") as made:
        with locking(part) as is_ours:
            assert is_ours
            with pytest.raises(BlockingIOError):
                fcntl.flock(made, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(made, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with locking(part) as is_ours:
            assert is_ours is False


def test_a_choice_that_can_not_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(PlumblineError, match="could not be kept") as error:
        answering(tmp_path).choose(SERVER)
    assert KEY not in str(error.value)


# --- what no longer works --------------------------------------------------------------------------------


def ready(home: Home) -> str:
    return asyncio.run(Readiness(checks(home)).report())["answers"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        f'{{"format": 1, "key": "{KEY}"',
        f'["{KEY}"]',
        f'{{"format": 2, "key": "{KEY}"}}',
        f'{{"format": 1, "url": "http://a.example/v1", "model": "m", "key": "{KEY}"}}',
        f'{{"format": 1, "url": "http://127.0.0.1/v1", "model": 7, "key": "{KEY}"}}',
        "[" * 100_000,
    ],
    ids=["empty", "cut", "list", "later", "unencrypted", "number", "deep"],
)
def test_a_damaged_choice_is_quotes_with_a_problem_that_does_not_tell_the_key(
    content: str, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    (home.settings.home / KEPT).write_text(content)
    with caplog.at_level(logging.DEBUG):
        assert (home.generator, home.generator, ready(home)) == (None, None, OK)
    chosen = home.answering.chosen()
    assert (chosen.source, chosen.has_key) == ("kept", False)
    assert chosen.problem and chosen.remedy
    assert [record.name for record in caplog.records if record.levelno >= logging.INFO] == [model_choice.__name__]
    assert KEY not in caplog.text + chosen.problem + repr(home.answering._problem)
    home.answering.choose(SERVER)
    assert home.answering.chosen().problem == ""


def test_a_chosen_file_that_is_gone_is_a_clear_state(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF and so on")
    home.answering.choose(ModelFile(file))
    assert (home.answering.chosen().problem, ready(home)) == ("", OK)
    file.unlink()
    again = Home(home.settings)
    again.embedder = home.embedder
    assert ready(again) == FAILED
    assert "There is no model file" in again.answering.chosen().problem
    assert "model use" in again.answering.chosen().remedy


def test_a_chosen_server_that_is_off_is_a_clear_state(home: Home) -> None:
    home.answering.choose(SERVER)
    assert ready(home) == FAILED
    assert home.answering.chosen().problem == ""  # nothing is asked for this


def test_a_backup_does_not_hold_the_key(home: Home, tmp_path: Path) -> None:
    home.answering.choose(SERVER)
    backup(home.settings.home, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert KEPT not in tar.getnames() and "plumbline.db" in tar.getnames()
    assert KEY.encode() not in (tmp_path / "b.tar").read_bytes()
    restore(tmp_path / "b.tar", tmp_path / "new")


# --- switching -------------------------------------------------------------------------------------------


def test_an_answer_in_progress_ends_with_the_model_it_began_with(home: Home, tmp_path: Path) -> None:
    home.add([pdfs.paragraphs(tmp_path / "kiln.pdf", ["The kiln is fired at 940 degrees for eleven hours."])])
    home.ingestor().reconcile("kiln.pdf")
    question = "How hot is the kiln?"
    old, new = Slow(0.0, 6, 0.0), ollama(new=["completion"])
    old.allowed["How"] = 2
    with beside(old) as before, serving(new) as after:
        home.answering.choose(ServerModel(before, "old"))
        answers = home.answerer().answer(question)
        while "was asked for" not in (growing := next(answers)).text:
            pass
        home.answering.choose(ServerModel(after, "new:latest"))
        *_, other = home.answerer().answer(question)
        old.allowed["How"] = 100
        *_, done = answers
    assert growing.state == "writing" and new.seen == ["POST /v1/chat/completions"]
    assert old.asked == 1
    assert "worde" not in other.text  # its sixth and last word
    assert done.state in ("done", "refused") and old.left == 0


def test_answers_under_many_switches_are_whole_and_each_of_one_model(tmp_path: Path) -> None:
    model = answering(tmp_path)
    server = ollama(one=["completion"], two=["completion"])
    stop, answers, errors = threading.Event(), list[str](), list[BaseException]()

    def ask() -> None:
        try:
            while not stop.is_set():
                generator = model.generator
                answers.append("".join(generator.stream(TURNS, 8)) if generator else "quotes")
        except BaseException as error:
            errors.append(error)

    with serving(server) as url:
        choices: list[Choice | None] = [ServerModel(url, "one:latest"), ServerModel(url, "two:latest"), None]
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(15):
            model.choose(choices[turn % 3])
            seen = len(answers)
            until(lambda seen=seen: len(answers) > seen or errors)  # type: ignore[misc]
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert set(answers) == {"one:latest says that the sky is blue.", "two:latest says that the sky is blue.", "quotes"}


def test_choices_made_at_once_leave_one_of_them_whole(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def choose(number: int) -> None:
        try:
            for _ in range(20):
                answering(tmp_path).choose(ServerModel(SERVER.url, f"model-{number}" * (number + 1), KEY))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=choose, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    chosen = answering(tmp_path).chosen()
    assert chosen.model.startswith("model-") and not chosen.problem
    assert [path.name for path in (tmp_path / "home").iterdir()] == [KEPT]


def running_threads() -> int:
    """This process's threads, those of libraries included; 0 where the system does not tell."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


def test_a_llama_answers_to_its_end_and_is_freed_then(tmp_path: Path) -> None:
    model = answering(tmp_path)
    model.choose(ModelFile(SMOLLM2))
    llama = model.generator
    assert isinstance(llama, Llama)
    freed = weakref.ref(llama)
    stream = llama.stream([Turn("user", "Count from one to ten.")], 24)
    del llama
    first = next(stream)
    threads = running_threads()
    model.choose(None)
    assert model.generator is None
    assert freed() is not None
    assert len(first + "".join(stream)) > len(first)
    del stream
    until(lambda: freed() is None)
    if threads:
        until(lambda: running_threads() < threads)  # llama.cpp's own have ended


def test_a_model_that_is_chosen_again_is_not_loaded_again(tmp_path: Path) -> None:
    model = answering(tmp_path)
    model.choose(ModelFile(SMOLLM2))
    llama = model.generator
    model.choose(ModelFile(SMOLLM2))
    assert model.generator is llama
