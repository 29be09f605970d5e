"""The watch view's routes, and analyses that it starts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.analyses import Command, Outcome, commands
from runtime.aws.glue import GlueAnalyses, JobBusy
from runtime.local.analyses import LocalAnalyses
from runtime.local.home import Home
from runtime.names import DISTANCE_JOB, DRIFT_JOB
from runtime.ports import Message, PlumblineError, Source
from runtime.settings import Settings
from tests.drifted import snapshot
from tests.unit.library import until
from tests.unit.routes import client_of
from ui import watch
from ui.gate import Identity
from ui.site import Site


class Scripted:
    """Analyses that end as a test says, once it lets them."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes = list(outcomes)
        self.ran: list[Command] = []
        self.go_on = threading.Event()

    def run(self, command: Command, progress: Callable[[str], None], should_stop: Callable[[], bool]) -> Outcome:
        self.ran.append(command)
        progress("Reading archive: 3 of 9 files")
        while not self.go_on.wait(0.01):
            if should_stop():
                return Outcome("stopped")
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Page:
    """An operator at the watch view."""

    def __init__(self, folder: Path, *outcomes: Outcome | Exception, language: str = "en") -> None:
        self.home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")}))
        self.analyses = self.home.__dict__["analyses"] = Scripted(*outcomes)
        self.site = Site(self.home, None)
        self.identity = Identity("ann", operator=True)
        self.client = client_of(watch.routes(self.site), lambda: self.identity, language)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/watch/state").json()
        return found

    def start(self, of: str, action: str) -> Any:
        return self.client.post("/watch/start", json={"of": of, "action": action})

    def ended(self) -> dict[str, Any]:
        until(lambda: self.state()["job"]["ended"])
        job: dict[str, Any] = self.state()["job"]
        return job


def test_one_analysis_runs_at_a_time_and_says_how_it_goes(tmp_path: Path) -> None:
    page = Page(tmp_path, Outcome("done"))
    assert page.state()["job"] is None
    assert page.start("documents", "baseline").status_code == 200
    until(lambda: page.state()["job"]["words"] == "Reading the archive: 3 of 9 files")
    assert page.state()["job"]["share"] == pytest.approx(1 / 3)
    busy = page.start("questions", "compare")
    assert (busy.status_code, busy.json()["remedy"]) == (409, "Wait until it has ended.")
    page.analyses.go_on.set()
    assert page.ended()["words"] == "Done."


@pytest.mark.parametrize(
    ("outcome", "english", "german"),
    [
        (Outcome("nothing", "Not enough data. It has 3."), "Not enough data. It has 3.", "Dafür gibt es noch zu wenig"),
        (Outcome("failed", "It broke."), "This failed: It broke.", "Das ist fehlgeschlagen: It broke."),
        (PlumblineError("It is gone.", "Look."), "This failed: It is gone. Look.", "Das ist fehlgeschlagen: It is"),
    ],
)
def test_how_an_analysis_ended_is_said_in_the_readers_language(
    tmp_path: Path, outcome: Outcome | Exception, english: str, german: str
) -> None:
    for language, said in (("en", english), ("de", german)):
        page = Page(tmp_path / language, outcome, language=language)
        page.analyses.go_on.set()
        page.start("documents", "compare")
        assert page.ended()["words"].startswith(said)


def test_an_analysis_can_be_stopped_and_ends_with_the_page(tmp_path: Path) -> None:
    page = Page(tmp_path)
    page.start("documents", "compare")
    page.client.post("/watch/stop")
    assert page.ended()["words"] == "Stopped."
    page.start("documents", "compare")
    page.site.close()
    assert page.state()["job"]["ended"] == "stopped"


def test_questions_are_compared_with_the_library_even_without_a_baseline(tmp_path: Path) -> None:
    page = Page(tmp_path, Outcome("done"), Outcome("done"), Outcome("nothing"))
    page.analyses.go_on.set()
    page.start("questions", "compare")
    page.ended()
    assert [command.job for command in page.analyses.ran] == [DISTANCE_JOB]
    assert page.analyses.ran[0].arguments["--model"] == page.home.embedder.model
    both = commands("questions", "compare", "m", has_baseline=True)
    assert [(one.job, one.kind) for one in both] == [(DISTANCE_JOB, "distance"), (DRIFT_JOB, "drift-prompts")]


def test_the_newest_report_of_a_kind_is_shown_and_can_be_saved(tmp_path: Path) -> None:
    page = Page(tmp_path)
    assert page.client.get("/watch/report/drift-documents").json()["html"] == ""
    assert page.client.get("/watch/file/drift-documents").status_code == 404
    for stamp, far in (("20261108T100000Z", 0.3), ("20261101T100000Z", 0.1)):
        name = f"drift-documents-snapshot-{stamp}"
        page.home.reports.put(f"{name}.json", snapshot(far=far).stored(), "")
        page.home.reports.put(f"{name}.html", f"<p>{far}".encode(), "")
    found = page.client.get("/watch/report/drift-documents").json()
    assert found["name"] == "drift-documents-snapshot-20261108T100000Z.json"
    assert "30.0% of them lie farther out" in found["html"]
    assert "30.0% of them lie farther out" in page.state()["cards"]
    saved = page.client.get("/watch/file/drift-documents")
    assert (saved.text, saved.headers["content-disposition"][:10]) == ("<p>0.3", "attachment")


def test_a_report_that_can_not_be_read_is_said_on_its_card(tmp_path: Path) -> None:
    page = Page(tmp_path)
    page.home.reports.put("drift-documents-snapshot-20261108T100000Z.json", b"<script>", "")
    assert "The reports can&#39;t be read. drift-documents-snapshot" in page.state()["cards"]
    assert page.client.get("/watch/report/drift-documents").status_code == 503


def test_questions_without_an_answer_are_listed_without_who_asked(tmp_path: Path) -> None:
    page = Page(tmp_path)
    source = Source(1, "<kiln>.pdf", "v", 7, 7, "", "", "t", 0.2)
    for user in ("ann", "bob"):
        made = page.home.conversations.create(user, "Secret title")
        asked = Message(f"q{user}", "user", f"What does <{user}> ask?", "2026-11-01T10:00:00+00:00")
        refusal = Message(f"a{user}", "assistant", "No.", "2026-11-01T10:00:01+00:00", (source,), "refused")
        page.home.conversations.append(user, made.id, [asked, refusal])
    shown = page.state()["unanswered"]
    assert shown.count("What does") == 2
    assert "&lt;bob&gt;" in shown
    assert shown.count("?c=") == 1
    assert "Secret" not in shown
    assert 'data-document="&lt;kiln&gt;.pdf" data-version="v" data-page="7"' in shown


def test_the_figures_over_time_are_drawn_or_said_to_be_none(tmp_path: Path) -> None:
    page = Page(tmp_path)
    assert "No questions were asked" in page.client.get("/watch/history/Week").json()["html"]
    page.home.metrics.put({"latency": [3.0]}, time.time() - 3600)
    drawn = page.client.get("/watch/history/Day").json()["html"]
    assert "Time to answer: 1 15-min means, from 3 to 3 seconds, last 3." in drawn
    assert page.client.get("/watch/history/Year").status_code == 400
    assert "An answer takes 3.0 s on average." in page.state()["cards"]


def test_only_operators_watch(tmp_path: Path) -> None:
    page = Page(tmp_path)
    page.identity = Identity("bob", operator=False)
    for path in ("state", "report/distance", "file/distance", "history/Day"):
        assert page.client.get(f"/watch/{path}").status_code == 403
    assert page.start("documents", "compare").status_code == 403
    assert page.client.post("/watch/stop").status_code == 403


def test_an_analysis_of_this_machine_is_a_process_that_can_be_stopped(tmp_path: Path) -> None:
    steps: list[str] = []
    runs = LocalAnalyses(tmp_path)
    (baseline,) = commands("documents", "baseline", "m", has_baseline=False)
    ended = runs.run(baseline, steps.append, lambda: False)
    assert ended.ended in ("nothing", "failed")
    assert "No records" in ended.reason or "archive" in ended.reason
    assert runs.run(baseline, steps.append, lambda: True).ended == "stopped"


class Glue:
    """Glue's answers: a run that goes through these states."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.started: dict[str, Any] = {}

    def start_job_run(self, **values: Any) -> dict[str, str]:
        self.started = values
        return {"JobRunId": "run"}

    def get_job_run(self, **_: Any) -> dict[str, Any]:
        state = self.states.pop(0)
        return {"JobRun": {"JobRunState": state, **({"ErrorMessage": "It broke."} if state == "FAILED" else {})}}


def test_an_analysis_of_a_stack_is_a_run_of_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.aws.glue.LOOK_SECONDS", 0.0)
    tables = {"prompts": {"--out_table": "runs"}, "documents": {"--out_table": "others"}}
    command = Command("drift", {"--of": "prompts", "--job_type": "SNAPSHOT"}, "drift-prompts")
    for last, ended in (("SUCCEEDED", Outcome("done")), ("FAILED", Outcome("failed", "It broke."))):
        glue, steps = Glue("STARTING", "RUNNING", last), list[str]()
        assert GlueAnalyses(glue, tables).run(command, steps.append, lambda: False) == ended
        assert steps == ["Starting", "Running"]
        arguments = {"--of": "prompts", "--job_type": "SNAPSHOT", "--out_table": "runs"}
        assert glue.started == {"JobName": DRIFT_JOB, "Arguments": arguments}
    assert GlueAnalyses(Glue(), tables).run(command, steps.append, lambda: True).ended == "stopped"


def test_a_job_that_runs_already_is_said_to_be() -> None:
    class Full(Glue):
        def start_job_run(self, **values: Any) -> dict[str, str]:
            raise ClientError({"Error": {"Code": "ConcurrentRunsExceededException"}}, "StartJobRun")

    with pytest.raises(JobBusy):
        GlueAnalyses(Full(), {}).run(Command("distance", {}, "distance"), print, lambda: False)
