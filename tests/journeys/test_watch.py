"""The analyses from the command line, over an archive of this machine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.aws.clients import client
from runtime.aws.s3 import S3Files
from tests.analyses import analysis, analysis_process, archive, drawn, run, the_stack, to_bucket


@pytest.fixture
def home(tmp_path: Path) -> Path:
    archive(tmp_path, 0, drawn(0))
    return tmp_path


def test_a_library_that_drifts_warns_then_alarms_and_its_reports_say_so(home: Path) -> None:
    before = run(home, "drift", "--job_type", "BASELINE")
    assert sum(before["values"]["clustersizes"]) == before["values"]["rows"] == 600
    verdicts = []
    for week, new in enumerate((0, 120, 120), 1):
        archive(home, week, drawn(week, new=new))
        found = run(home, "drift", "--job_type", "SNAPSHOT")["values"]
        assert found["rows"] == 600  # what came since the last one
        verdicts.append((found["drift"], found["streak"], found["alarm"]))
    assert verdicts == [(False, 0, False), (True, 1, False), (True, 2, True)]
    appeared = [one for one in found["clusters"] if one["change"] == "appeared"]
    assert sum(one["share_now"] for one in appeared) == pytest.approx(0.2, abs=0.02)
    shown = {int(passage["text"].split()[1]) for one in appeared for passage in one["passages"]}
    assert shown <= set(range(480, 600))
    pages = sorted((home / "reports").glob("drift-documents-*.html"))
    assert len(pages) == 4
    page = pages[-1].read_text()
    assert "Drift, 2 times in a row." in page
    assert page.count("<svg") == 4
    assert "What made the verdict" in page
    assert "% of them lie farther out than 99% of the baseline" in page
    assert "<b>of</b>" not in page and "&lt;b&gt;of&lt;/b&gt;" in page
    assert not re.search(r"<script|<link|(?:src|href)=[\"'](?!#|data:)", page.replace("http://www.w3.org", ""))
    listed = analysis(home, "runs").stdout
    assert listed.count("SNAPSHOT#") == 3
    compared = analysis(home, "compare", "BASELINE", "SNAPSHOT")
    assert compared.returncode == 0, compared.stderr
    assert "cluster sizes" in compared.stdout
    assert analysis(home, "compare", "BASELINE", "SNAPSHOT#1").returncode == 1


def test_runs_of_one_second_are_all_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.watch.time", SimpleNamespace(time=lambda: 1_800_000_000.9))
    for _ in range(2):
        run(home, "drift", "--job_type", "BASELINE")
    archive(home, 1, drawn(11, 40), kind="prompt")
    for week in (2, 3):
        archive(home, week, drawn(11, 40), kind="prompt")
        run(home, "distance")
    for of, kind in (("documents", "BASELINE"), ("distance", "DISTANCE")):
        listed = analysis(home, "runs", "--of", of).stdout
        assert [listed.count(f"{kind}#{1_800_000_000 + second}") for second in (0, 1)] == [1, 1]


def test_a_question_about_something_else_is_an_outlier_with_its_text_time_and_nearest_passage(home: Path) -> None:
    run(home, "drift", "--job_type", "BASELINE")
    for week in (1, 2, 3):
        archive(home, week, drawn(10 + week, 40, new=1 if week == 3 else 0), kind="prompt")
        found = run(home, "distance")["values"]
        assert found["rows"] == 40
        assert found["reference"].startswith("BASELINE#")
    assert set(found["trend"]) == {"runs", "slope", "low", "high"}
    assert found["quantiles"]["0.5"] == found["median"]
    outlier = json.loads(analysis(home, "outliers", "--json").stdout)["prompts"][0]
    assert outlier["id"] == "prompt-3-39"
    assert outlier["by"] == ["median", "quantile", "passage"]
    assert outlier["text"] == "prompt 39 <b>of</b> week 3"
    assert outlier["conversation"] == "prompt-3-1"
    assert outlier["at"].startswith("2026-11-22T10:00")
    assert outlier["nearest"]["document"].startswith("passage-0-")
    assert "prompt-3-1" in analysis(home, "outliers").stdout
    assert analysis(home, "runs", "--of", "distance").stdout.count("DISTANCE#") == 3
    assert analysis(home, "compare", "DISTANCE", "DISTANCE", "--of", "distance").returncode == 0
    (page,) = sorted((home / "reports").glob("distance-*.html"))[-1:]
    assert "prompt 39 &lt;b&gt;of&lt;/b&gt; week 3" in page.read_text()


def test_what_cannot_be_judged_is_reported_and_leaves_nothing(home: Path) -> None:
    missing = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (missing.returncode, "has no baseline" in missing.stderr) == (1, True)
    archive(home, 1, drawn(1, 30), kind="prompt")
    few = analysis(home, "drift", "--job_type", "BASELINE", "--of", "prompts")
    assert (few.returncode, "Not enough data. The archive has 30 records" in few.stderr) == (3, True)
    assert not list((home / "reports").glob("*"))
    run(home, "drift", "--job_type", "BASELINE")
    nothing_new = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (nothing_new.returncode, "No records have arrived" in nothing_new.stderr) == (3, True)
    archive(home, 2, drawn(2), model="another model")
    changed = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (
        changed.returncode,
        "The baseline was embedded with a model, the snapshot with another model" in changed.stderr,
    ) == (1, True)
    archive(home, 3, drawn(3))
    mixed = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (mixed.returncode, "several models" in mixed.stderr) == (1, True)
    assert analysis(home, "runs").stdout.count("#") == 1
    assert run(home, "drift", "--job_type", "SNAPSHOT", "--model", "a model")["values"]["rows"] == 600
    assert analysis(home, "drift", "--job_type", "OTHER").returncode == 1


def test_a_window_by_hand_neither_hides_records_nor_counts_some_twice(home: Path) -> None:
    run(home, "drift", "--job_type", "BASELINE", "--until", "2027-01-01")
    archive(home, 1, drawn(1, new=120))
    first = run(home, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (first["drift"], first["streak"]) == (True, 1)
    again = run(home, "drift", "--job_type", "SNAPSHOT", "--since", "2026-11-02")["values"]
    assert (again["rows"], again["drift"], again["streak"]) == (600, True, 1)
    archive(home, 2, drawn(2, new=120))
    assert run(home, "drift", "--job_type", "SNAPSHOT")["values"]["rows"] == 600


def test_a_baseline_whose_records_have_expired_is_an_error_that_asks_for_a_new_one(home: Path) -> None:
    run(home, "drift", "--job_type", "BASELINE")
    shutil.rmtree(home / "archive" / "embeddingarchive")
    archive(home, 1, drawn(1))
    expired = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (expired.returncode, "no longer has the records of the baseline" in expired.stderr) == (1, True)
    assert "BASELINE" in expired.stderr


def test_damage_is_never_mistaken_for_no_data(home: Path) -> None:
    run(home, "drift", "--job_type", "BASELINE")
    garbage = home / "archive" / "embeddingarchive" / "2026" / "11" / "08" / "10" / "garbage"
    garbage.parent.mkdir(parents=True)
    garbage.write_bytes(b"no record\n")
    torn = analysis(home, "drift", "--job_type", "SNAPSHOT")
    assert (torn.returncode, "1 could not be read. 2026/11/08/10/garbage" in torn.stderr) == (1, True)
    garbage.unlink()
    archive(home, 1, drawn(1))
    wrong = analysis(home, "drift", "--job_type", "SNAPSHOT", "--model", "typo")
    assert (wrong.returncode, "has no records of typo: it has a model" in wrong.stderr) == (1, True)
    unwritable = analysis(home, "drift", "--job_type", "SNAPSHOT", "--report_path", "/dev/null/reports")
    assert (unwritable.returncode, "can't be written" in unwritable.stderr) == (1, True)
    assert run(home, "drift", "--job_type", "SNAPSHOT")["values"]["rows"] == 600  # nothing of it was lost
    given = analysis(home, "drift", "--job_type", "SNAPSHOT", "--clusters", "4")
    assert (given.returncode, "Leave out --clusters" in given.stderr) == (1, True)


def test_distances_are_compared_only_if_measured_alike_and_damaged_ones_are_named(home: Path) -> None:
    run(home, "drift", "--job_type", "BASELINE")
    for week in (1, 2):
        archive(home, week, drawn(10 + week, 40), kind="prompt")
        run(home, "distance")
    first = json.loads(analysis(home, "outliers", "--json").stdout)
    assert first["count"] == 80
    run(home, "drift", "--job_type", "BASELINE", "--clusters", "2")
    archive(home, 3, drawn(13, 40), kind="prompt")
    (home / "reports" / "distances" / "distances-1.jsonl.gz").write_bytes(b"garbage")
    assert run(home, "distance")["values"]["trend"] == {"runs": 1}
    done = analysis(home, "outliers", "--json")
    assert (json.loads(done.stdout)["count"], "distances-1.jsonl.gz" in done.stderr) == (40, True)


def test_bare_vectors_are_compared_with_bare_vectors(home: Path) -> None:
    folder = home / "archive" / "embeddingarchive"
    for path in folder.rglob("*.gz"):
        path.unlink()
    for hour, seed in (("2026/11/01/10", 0), ("2026/11/08/10", 1)):
        (folder / hour).mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(vector) for vector in drawn(seed).tolist()]
        (folder / hour / "bare").write_text("\n".join(lines) + "\n")
    run(home, "drift", "--job_type", "BASELINE", "--until", "2026-11-02")
    found = run(home, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (found["rows"], found["drift"], found["cut"]) == (600, False, True)


def test_each_command_works_in_a_process_of_its_own(home: Path) -> None:
    archive(home, 1, drawn(1, 40), kind="prompt")
    for arguments, said in (
        (("drift", "--job_type", "BASELINE", "--json"), '"jobtype": "BASELINE"'),
        (("distance",), "over 40 prompts"),
        (("outliers",), "40 prompts"),
        (("runs", "--of", "distance"), "DISTANCE#"),
        (("compare", "DISTANCE", "DISTANCE", "--of", "distance"), "median"),
    ):
        done = analysis_process(home, *arguments)
        assert (done.returncode, said in done.stdout) == (0, True), done


@pytest.mark.xdist_group("servers")
def test_a_stacks_archive_is_watched_like_this_machines(
    ministack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = the_stack(ministack, monkeypatch)
    to_bucket(ministack, bucket, tmp_path, 0, drawn(0))
    run(tmp_path, "drift", "--job_type", "BASELINE")
    to_bucket(ministack, bucket, tmp_path, 1, drawn(1, new=120))
    denied = analysis(tmp_path, "drift", "--job_type", "SNAPSHOT", "--centroid_table", "no-such-table")
    assert (denied.returncode, "Reading no-such-table failed" in denied.stderr) == (1, True)
    found = run(tmp_path, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (found["drift"], found["streak"]) == (True, 1)  # the one that failed has left nothing
    to_bucket(ministack, bucket, tmp_path, 2, drawn(2, 40), "prompt")
    asked = run(tmp_path, "distance")["values"]
    assert asked["reference"].startswith("BASELINE#")
    assert asked["data_path"] == f"s3://{bucket}/promptarchive/"
    assert json.loads(analysis(tmp_path, "outliers", "--json").stdout)["count"] == 40
    reports = S3Files(f"s3://{bucket}/reports", client("s3", ministack))
    names = [name.rsplit("-", 1)[0] for name in reports.names()]
    assert {"drift-documents-baseline", "drift-documents-snapshot", "distance-distance"} <= set(names)
    assert b"Drift for the first time" in reports.content(next(n for n in reports.names() if "snapshot" in n))
    assert not (tmp_path / "plumbline.db").exists()
