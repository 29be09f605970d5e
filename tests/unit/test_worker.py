"""The upload's worker, over a home whose ledger, index, archive and model are in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runtime.ingest import BATCH, Ingestor, Outcome
from runtime.local import worker as module
from runtime.local.home import Home
from runtime.local.sources import Added, Skipped
from runtime.local.worker import Logged, Worker
from runtime.ports import NotFound, Passage, PlumblineError, Vectors
from runtime.settings import Settings
from tests.contracts.memory import MemoryArchive, MemoryEmbedder, MemoryIndex, MemoryIndexes
from tests.contracts.plain import Plain, open_plain
from tests.unit.library import pages, until

pytestmark = pytest.mark.usefixtures("small_windows", "copies_in_memory")

GONE = PlumblineError("The model is gone.", "Start it again.")


class Gate(MemoryEmbedder):
    """Embeds while it is open, and fails while it has an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None
        self.calls = 0

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        assert self.open.wait(30)
        self.calls += 1
        if self.error:
            raise self.error
        return super().embed(texts, questions=questions)


def upload(worker: Worker, files: Sequence[Path]) -> None:
    """Upload files one after another."""
    for file in files:
        worker.upload(file.name, file)


class Light(Home):
    """A home that reads plain documents."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Settings.read({"PLUMBLINE_HOME": str(folder)}))
        self.gate, self.kept = Gate(), MemoryArchive()
        self.embedder, self.archive, self.indexes = self.gate, self.kept, MemoryIndexes()

    def ingestor(self) -> Ingestor:
        ports = (self.documents, self.ledger, self.index(), self.embedder, self.archive)
        return Ingestor(*ports, read=open_plain)

    def read(self) -> list[str]:
        """The documents in the order in which they were read."""
        return list(dict.fromkeys(record.doc_id for record in self.kept.records))

    def states(self) -> dict[str, str]:
        return {entry.document: entry.state for entry in self.ledger.entries()}

    def searchable(self) -> set[str]:
        index = self.index()
        assert isinstance(index, MemoryIndex)
        return {passage.document for passage in index.passages()}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Light:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    return Light(tmp_path / "home")


Start = Callable[..., Worker]


@pytest.fixture
def start(home: Light) -> Iterator[Start]:
    """Starts a worker over folders, which then knows what there is to do; it is stopped when the test is over."""
    started: list[Worker] = []

    def begin(*folders: Path) -> Worker:
        worker = Worker(home)
        started.append(worker)
        worker.start(folders)
        until(lambda: has_looked(worker) or worker.problem)
        return worker

    yield begin
    home.gate.open.set()
    for worker in started:
        worker.stop()


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)


def has_looked(worker: Worker) -> bool:
    """Whether it knows what its folders and the library have for it to do."""
    later = [task for _, _, task in worker._later]
    return not worker._adding and module.LOOK not in [*worker._tasks, *worker._doing, *later]


def written(folder: Path, name: str, number: int = 1, **options: bool) -> Path:
    """A file of so many pages."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(Plain(pages(number, name)).written)
    return path


@pytest.mark.usefixtures("one_at_a_time")
def test_a_folders_documents_are_read_first_and_then_what_the_library_had(
    home: Light, start: Start, tmp_path: Path
) -> None:
    home.upload("left.pdf", written(tmp_path, "left.pdf"))
    for name in ("z.pdf", "m.pdf"):
        written(tmp_path / "papers", name)
    worker = start(tmp_path / "papers")
    until(lambda: len(home.states()) == 3 and not worker.waiting)
    assert home.read() == ["m.pdf", "z.pdf", "left.pdf"]
    assert set(home.states().values()) == {"ready"}
    assert home.searchable() == {"m.pdf", "z.pdf", "left.pdf"}
    assert (worker.reading, worker.problem) == (None, "")


def test_what_was_removed_from_a_folder_while_the_page_was_closed_goes(
    home: Light, start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    for name in ("a.pdf", "b.pdf"):
        written(folder, name)
    worker = start(folder)
    until(lambda: len(home.states()) == 2 and not worker.waiting)
    worker.stop()
    (folder / "a.pdf").unlink()
    start(folder)
    until(lambda: home.states() == {"b.pdf": "ready"})
    assert home.searchable() == {"b.pdf"}


@pytest.mark.usefixtures("one_at_a_time")
def test_uploads_are_read_in_their_order_and_one_of_the_same_name_takes_the_place(
    home: Light, start: Start, tmp_path: Path
) -> None:
    worker = start()
    upload(worker, [written(tmp_path, name) for name in ("b.pdf", "a.pdf", "c.pdf")])
    until(lambda: len(home.read()) == 3 and not worker.waiting)
    assert home.read() == ["b.pdf", "a.pdf", "c.pdf"]
    before = home.ledger.get("a.pdf")
    upload(worker, [written(tmp_path, "a.pdf", 3)])
    until(lambda: home.ledger.get("a.pdf") != before and not worker.waiting)
    after = home.ledger.get("a.pdf")
    assert before and after
    assert (after.state, after.passages) == ("ready", 3)
    assert home.index().count("a.pdf", before.version) == 0


def test_two_documents_are_read_at_once_but_none_twice(home: Light, tmp_path: Path) -> None:
    told: list[str] = []

    class Kept(Logged):
        def busy(self, key: str) -> None:
            told.append(key)

    worker = Worker(home, observer=Kept())
    home.gate.open.clear()
    keys = [home.upload(name, written(tmp_path, name)) for name in ("a.pdf", "b.pdf", "c.pdf")]
    worker.add(keys)
    running = threading.Thread(target=worker.run)
    running.start()
    until(lambda: home.states() == {"a.pdf": "reading", "b.pdf": "reading"})
    worker.add(keys, force=True)
    assert worker.waiting == keys
    home.gate.open.set()
    running.join(30)
    assert home.states() == dict.fromkeys(keys, "ready")
    assert told == []


def test_small_documents_are_committed_together_and_the_last_ones_do_not_wait_for_more(
    home: Light, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000.0)
    written_: list[set[str]] = []
    index = home.index()
    write = index.write

    def kept(passages: Sequence[Passage], *rest: Any) -> None:
        written_.append({one.document for one in passages})
        write(passages, *rest)

    monkeypatch.setattr(index, "write", kept)
    keys = [f"{number}.pdf" for number in range(BATCH + 2)]
    for key in keys:
        home.upload(key, written(tmp_path, key))
    worker = Worker(home)
    worker.add(keys)
    worker.run()
    assert set().union(*written_) == set(keys)
    assert (len(written_), max(map(len, written_))) == (2, BATCH)
    assert home.states() == dict.fromkeys(keys, "ready")


def test_a_document_that_is_to_be_tried_again_does_not_wait_once_it_is_added(
    home: Light, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 1000.0)
    monkeypatch.setattr(module, "COMMON_PAUSE", 0.0)
    worker = Worker(home)
    home.gate.error = GONE
    worker.add([home.upload("a.pdf", written(tmp_path, "a.pdf"))])
    running = threading.Thread(target=worker.run)
    running.start()
    until(lambda: worker._later)
    home.gate.error = None
    worker.add(["a.pdf"])
    running.join(30)
    assert home.states() == {"a.pdf": "ready"}


def test_who_waits_and_who_is_being_read_can_be_seen(home: Light, start: Start, tmp_path: Path) -> None:
    worker = start()
    home.gate.open.clear()
    upload(worker, [written(tmp_path, name, 5) for name in ("a.pdf", "b.pdf")])
    until(lambda: worker.reading)
    assert worker.reading
    assert worker.reading.document in ("a.pdf", "b.pdf")  # both are begun at once
    assert worker.reading.state == "reading"
    assert worker.waiting == ["a.pdf", "b.pdf"]
    home.gate.open.set()
    until(lambda: not worker.waiting)
    assert worker.reading is None
    assert home.states() == {"a.pdf": "ready", "b.pdf": "ready"}


@pytest.mark.usefixtures("one_at_a_time")
def test_a_removed_document_goes_also_one_that_waits(home: Light, start: Start, tmp_path: Path) -> None:
    worker = start()
    upload(worker, [written(tmp_path, "a.pdf")])
    until(lambda: home.searchable() == {"a.pdf"})
    home.gate.open.clear()
    upload(worker, [written(tmp_path, name) for name in ("b.pdf", "c.pdf")])
    worker.remove("a.pdf")
    worker.remove("c.pdf")
    home.gate.open.set()
    until(lambda: not worker.waiting)
    assert home.states() == {"b.pdf": "ready"}
    assert home.searchable() == {"b.pdf"}
    assert "c.pdf" not in home.read()
    with pytest.raises(NotFound):
        worker.remove("a.pdf")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GONE, "The model is gone. Start it again."),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (ZeroDivisionError("at place 7"), "ZeroDivisionError: at place 7"),
    ],
)
def test_a_failure_is_reported_until_something_succeeds_and_ends_nothing(
    error: Exception, said: str, home: Light, start: Start, tmp_path: Path
) -> None:
    worker = start()
    upload(worker, [written(tmp_path, "good.pdf")])
    until(lambda: home.states() == {"good.pdf": "ready"})
    home.gate.error = error
    upload(worker, [written(tmp_path, "a.pdf")])
    until(lambda: worker.problem)
    assert worker.problem == f"a.pdf: {said}"
    assert home.states()["a.pdf"] == "failed"
    worker.add(["good.pdf"])
    until(lambda: worker.waiting == ["a.pdf"])
    assert worker.problem == f"a.pdf: {said}"  # nothing was done since


def test_after_a_failure_the_worker_waits_and_then_resumes_by_itself(home: Light, start: Start, tmp_path: Path) -> None:
    worker = start()
    home.gate.error = GONE
    upload(worker, [written(tmp_path, name) for name in ("a.pdf", "b.pdf")])
    until(lambda: home.states() == {"a.pdf": "failed", "b.pdf": "failed"})
    home.gate.error = None
    until(lambda: home.states() == {"a.pdf": "ready", "b.pdf": "ready"})
    until(lambda: not worker.waiting)
    assert worker.problem == ""


def test_an_error_of_the_index_stops_nothing_for_good(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = home.index

    def broken() -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(home, "index", broken)
    worker = start()
    assert "Input/output error" in worker.problem
    upload(worker, [written(tmp_path, "a.pdf")])
    until(lambda: home.states() == {"a.pdf": "failed"})
    monkeypatch.setattr(home, "index", opened)
    until(lambda: home.states() == {"a.pdf": "ready"})
    until(lambda: has_looked(worker) and not worker.waiting)
    assert worker.problem == ""


def test_a_command_gives_up_after_its_attempts(home: Light, tmp_path: Path) -> None:
    home.gate.error = GONE
    outcomes: list[Outcome] = []

    class Kept(Logged):
        def done(self, outcome: Outcome) -> None:
            outcomes.append(outcome)

    worker = Worker(home, 3, Kept())
    worker.add([home.upload("a.pdf", written(tmp_path, "a.pdf"))])
    worker.run()
    (outcome,) = outcomes
    assert outcome.result == "failed"
    assert outcome.entry
    assert (outcome.entry.state, outcome.entry.reason) == ("failed", GONE.reason)
    assert home.gate.calls == 3


def test_a_document_that_failed_is_tried_again_at_the_next_start(home: Light, start: Start, tmp_path: Path) -> None:
    home.gate.error = GONE
    worker = start()
    upload(worker, [written(tmp_path, "a.pdf")])
    until(lambda: home.states() == {"a.pdf": "failed"})
    worker.stop()
    home.gate.error = None
    start()
    until(lambda: home.states() == {"a.pdf": "ready"})


def test_a_refused_document_is_not_a_problem_of_the_worker(home: Light, start: Start, tmp_path: Path) -> None:
    worker = start()
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(Plain(pages(1), refused="damaged").written)
    upload(worker, [broken, written(tmp_path, "a.pdf")])
    until(lambda: len(home.states()) == 2 and not worker.waiting)
    assert home.states() == {"broken.pdf": "damaged", "a.pdf": "ready"}
    assert worker.problem == ""


@pytest.mark.usefixtures("one_at_a_time")
def test_a_worker_that_is_stopped_in_the_middle_leaves_the_rest_to_the_next_one(
    home: Light, start: Start, tmp_path: Path
) -> None:
    worker = start()
    home.gate.open.clear()
    upload(worker, [written(tmp_path, "long.pdf", 9), written(tmp_path, "next.pdf")])
    until(lambda: worker.reading)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    until(worker._stopping.is_set)
    home.gate.open.set()
    stopping.join(30)
    entry = home.ledger.get("long.pdf")
    assert entry
    assert (entry.state, entry.reason, entry.next_page) == ("waiting", "", 3)
    assert home.ledger.get("next.pdf") is None
    worker = start()
    until(lambda: home.states() == {"long.pdf": "ready", "next.pdf": "ready"})
    assert [record.page for record in home.kept.records if record.doc_id == "long.pdf"] == list(range(1, 10))


def test_a_folder_that_cannot_be_added_is_reported_and_the_library_is_read_all_the_same(
    home: Light, start: Start, tmp_path: Path
) -> None:
    home.upload("left.pdf", written(tmp_path / "files", "left.pdf"))
    home.gate.open.clear()
    (tmp_path / "empty").mkdir()
    worker = start(tmp_path / "empty")
    until(lambda: worker.problem)
    assert "There is no PDF in" in worker.problem
    home.gate.open.set()
    upload(worker, [written(tmp_path / "files", "a.pdf")])
    until(lambda: home.states() == {"left.pdf": "ready", "a.pdf": "ready"})


def test_a_document_that_was_removed_as_the_page_was_killed_goes_at_the_next_start(
    home: Light, start: Start, tmp_path: Path
) -> None:
    worker = start()
    upload(worker, [written(tmp_path, name) for name in ("a.pdf", "b.pdf")])
    until(lambda: len(home.states()) == 2 and not worker.waiting)
    worker.stop()
    home.remove("a.pdf")
    start()
    until(lambda: home.states() == {"b.pdf": "ready"})
    assert home.searchable() == {"b.pdf"}


def test_an_index_of_another_model_is_reported_with_what_to_do(home: Light, start: Start, tmp_path: Path) -> None:
    home.indexes.open("passages-another-64-f1", 64)
    home.indexes.point("passages-another-64-f1")
    worker = start()
    until(lambda: worker.problem)
    assert "reindex" in worker.problem
    worker.stop()


def test_a_document_that_another_process_is_at_is_looked_at_again(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.001)
    worker = start()
    assert home.ledger.lease("a.pdf", "another", 60)
    upload(worker, [written(tmp_path, "a.pdf"), written(tmp_path, "b.pdf")])
    until(lambda: home.states() == {"b.pdf": "ready"} and worker.waiting == ["a.pdf"])
    home.ledger.release("a.pdf", "another")
    until(lambda: home.states() == {"a.pdf": "ready", "b.pdf": "ready"})
    until(lambda: not worker.waiting)


def test_a_worker_that_was_never_started_can_be_stopped(home: Light) -> None:
    Worker(home).stop()


def test_a_scale_of_chance_that_can_not_be_made_ends_nothing(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def broken(*of: object) -> None:
        tried.append(of)
        raise RuntimeError("The index is gone.")

    monkeypatch.setattr("runtime.local.worker.update_chance", broken)
    worker = start()
    upload(worker, [written(tmp_path, "a.pdf")])
    until(lambda: len(tried) >= 1)
    upload(worker, [written(tmp_path, "b.pdf")])
    until(lambda: len(tried) >= 2)
    assert set(home.states().items()) == {("a.pdf", "ready"), ("b.pdf", "ready")}


def test_a_folder_is_followed_while_the_worker_runs(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WATCH_STEP_MS", 10)
    folder = tmp_path / "papers"
    written(folder, "a.pdf")
    start(folder)
    until(lambda: home.states() == {"a.pdf": "ready"})
    written(folder / "below", "b.pdf")
    until(lambda: home.states() == {"a.pdf": "ready", "below/b.pdf": "ready"})
    before = home.ledger.get("a.pdf")
    written(folder, "a.pdf", 3)
    until(lambda: home.ledger.get("a.pdf") != before and home.states()["a.pdf"] == "ready")
    (folder / "below" / "b.pdf").unlink()
    until(lambda: home.states() == {"a.pdf": "ready"})
    (folder / "a.pdf").unlink()
    until(lambda: home.states() == {})


def test_what_is_left_out_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    log = Logged()
    with caplog.at_level("WARNING"):
        for reasons in (["It is a pipe."], ["It is a pipe."], ["It is a pipe.", "It is damaged."]):
            log.added(Added(skipped=[Skipped("x.pdf", reason) for reason in reasons]))
    assert [record.getMessage() for record in caplog.records] == [
        "x.pdf was left out: It is a pipe.",
        "x.pdf was left out: It is damaged.",
    ]


def test_a_folder_that_is_gone_for_a_while_loses_nothing_and_is_followed_again(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    folder = tmp_path / "papers"
    written(folder, "a.pdf")
    worker = start(folder)
    until(lambda: home.states() == {"a.pdf": "ready"} and not worker.waiting)
    folder.rename(tmp_path / "away")
    until(lambda: "papers is missing" in worker.problem)
    assert home.searchable() == {"a.pdf"}
    (tmp_path / "away").rename(folder)
    written(folder, "b.pdf")
    until(lambda: home.states() == {"a.pdf": "ready", "b.pdf": "ready"})
    until(lambda: worker.problem == "")


def test_a_missing_folder_keeps_no_other_out_and_what_is_held_back_is_said_while_it_is(
    home: Light, start: Start, tmp_path: Path
) -> None:
    papers = tmp_path / "papers"
    for n in range(12):
        written(papers, f"{n:02}.pdf")
    worker = start(papers, tmp_path / "nowhere")
    until(lambda: len(home.states()) == 12 and not worker.waiting)
    papers.rename(tmp_path / "away")
    papers.mkdir()
    worker.add_folders([papers])
    until(lambda: "The files of 12 documents are gone" in worker.problem)
    upload(worker, [written(tmp_path / "up", "other.pdf")])
    until(lambda: home.states().get("other.pdf") == "ready" and not worker.waiting)
    assert "The files of 12 documents are gone" in worker.problem
    papers.rmdir()
    (tmp_path / "away").rename(papers)
    worker.add_folders([papers])
    until(lambda: "12 documents" not in worker.problem)
    assert len(home.searchable()) == 13


def test_a_folder_that_was_replaced_is_followed(
    home: Light, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    written(tmp_path / "papers", "a.pdf")
    start(tmp_path / "papers")
    until(lambda: home.states() == {"a.pdf": "ready"})
    (tmp_path / "papers").rename(tmp_path / "old")
    written(tmp_path / "papers", "b.pdf")
    until(lambda: home.states() == {"b.pdf": "ready"})
    written(tmp_path / "papers", "c.pdf")
    until(lambda: home.states() == {"b.pdf": "ready", "c.pdf": "ready"})
