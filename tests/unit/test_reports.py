"""Verdicts, and reports that say the same as they do, in both languages, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime import plots, reports
from runtime.formats import NewerFormat
from runtime.markup import html_of
from runtime.report_words import ENGLISH
from runtime.reports import ReportDamaged, report_of
from runtime.verdicts import Course, course, finding, questions, speed
from tests.drifted import CLUSTER, snapshot
from ui.texts import GERMAN


def test_whatever_made_a_verdict_is_named_with_its_figure_and_its_passages() -> None:
    made = reports.body("r", snapshot(), ENGLISH)
    assert "Drift for the first time" in made
    assert "lean in another direction: AUC 0.610; 0.55 or more counts" in made
    assert "What it is about" in made
    assert "lie farther out" not in made  # 1% of them do, which is what chance gives
    assert "No single cluster is new or has changed: the difference runs through all of them." in made
    assert "Keine einzelne Gruppe" in reports.body("r", snapshot(), GERMAN)


def test_a_report_without_drift_does_not_speak_of_what_would_make_one() -> None:
    calm = snapshot(drift=False, streak=0, p=0.4, direction_auc=0.51, clusters=[{**CLUSTER, "change": "grew"}])
    made = reports.body("r", calm, ENGLISH)
    assert "No drift." in made
    assert "What made the verdict" not in made
    assert "taken together, chance explains that" in made


@pytest.mark.parametrize(
    ("values", "level", "effects"),
    [
        ({}, "drift", ["direction"]),
        ({"streak": 2, "alarm": True, "far": 0.2}, "alarm", ["far", "direction"]),
        ({"cut": True}, "possible", ["direction"]),
        ({"drift": False, "p": 0.2}, "uncertain", ["direction"]),
        ({"drift": False, "p": 0.2, "direction_auc": 0.5}, "same", []),
        ({"drift": False, "p": 0.01, "direction_auc": 0.5}, "same", []),
        ({"drift": True, "auc": 0.8}, "drift", ["distance", "direction"]),
    ],
)
def test_each_verdict_has_what_made_it_the_largest_first(
    values: dict[str, Any], level: str, effects: list[str]
) -> None:
    found = finding(snapshot(**values).run)
    assert (found.level, [effect.kind for effect in found.effects]) == (level, effects)


def test_what_is_in_a_report_is_text() -> None:
    made = reports.body("r", snapshot(far=0.3, data_path="<img src=x>"), ENGLISH)
    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in made
    assert "&lt;a&gt;.pdf, page 3" in made


def test_a_report_comes_back_as_it_was_stored() -> None:
    report = snapshot()
    assert report_of("r", report.stored()) == report


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored.update(kind="other"),
        lambda stored: stored.pop("run"),
        lambda stored: stored.update(history=3),
        lambda stored: stored["run"].update(values=[]),
    ],
)
def test_a_file_that_is_no_report_is_said_to_be_none(change: Callable[[dict[str, Any]], Any]) -> None:
    stored = json.loads(snapshot().stored())
    change(stored)
    with pytest.raises(ReportDamaged):
        reports.body("r", report_of("r", json.dumps(stored).encode()), ENGLISH)
    with pytest.raises(ReportDamaged):
        report_of("r", b"no json")


@pytest.mark.parametrize(
    "values",
    [{"far": "<b>"}, {"clusters": [{**CLUSTER, "change": '"><script>'}]}, {"units": None}, {"until": "<script>"}],
)
def test_a_report_with_other_things_in_it_than_belong_there_is_not_shown(values: dict[str, Any]) -> None:
    with pytest.raises(ReportDamaged):
        reports.body("r", snapshot(**values), ENGLISH)


def test_a_report_of_a_later_version_is_not_misread() -> None:
    later = json.loads(snapshot().stored()) | {"format": 99}
    with pytest.raises(NewerFormat):
        report_of("r", json.dumps(later).encode())


def test_the_course_of_a_figure_is_that_of_its_days() -> None:
    now = 1_800_000_000.0
    points = [(now - day * 86_400 - 100, value) for day, value in ((9, 4.0), (8, 2.0), (1, 10.0), (0, 6.0))]
    found = course(points, now)
    assert (found.now, found.before, found.days) == (8.0, 3.0, [4.0, 2.0, 10.0, 6.0])
    assert speed(found) == ("slower", "warn")
    assert speed(replace(found, before=8.0)) == ("usual", "good")
    assert speed(Course(30.0, None, [])) == ("slow", "warn")
    assert questions(Course(None, 1.0, [])) == ("none", "neutral")
    assert questions(Course(0.3, None, [])) == ("many", "warn")


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 0.13, [0, 0.05, 0.1]), (3, 3, [3])]
)
def test_axes_have_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert plots.ticks(low, high) == expected


def test_a_plot_of_one_value_or_of_equal_ones_can_be_drawn() -> None:
    for values in ([], [1.0], [0.0, 0.0], [-1.0, 2.0]):
        assert html_of(plots.spark("s", values)).count("circle") in (0, 2)
    with pytest.raises(ValueError):
        plots.spark("s", [float("nan")])


def test_the_page_draws_plots_as_reports_do() -> None:
    style = (Path(reports.__file__).parents[1] / "ui" / "static" / "watch.css").read_text()
    for rule in plots.CSS.strip().splitlines():
        assert f"#watch {rule}" in style
