"""What the analyses' figures amount to: the verdicts that the reports, the command line and the page all give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from runtime.ports import Run

LEVEL = 0.05
"""The significance level: a false verdict of drift in at most one of twenty snapshots."""

MIN_FAR = 0.02
MIN_AUC_EXCESS = 0.05
"""Effect sizes below which a difference is of no interest, however certain: the share of far rows, which is 1% without
drift, and the excess of a ROC AUC over .5."""

ALARM_AT = 2
"""Consecutive snapshots with drift that raise the alarm: a single one may be odd."""

UNANSWERED_SHARE = 0.25
"""Questions without an answer above which the library lacks something."""

SLOW_SECONDS, NOTICED_SECONDS = 20.0, 3.0
"""Seconds for an answer that are long, and below which nobody minds."""

SLOWER = 1.5
"""How many times the usual seconds are a change."""

DAY = 86_400

Level = Literal["baseline", "same", "uncertain", "possible", "drift", "alarm"]
Tone = Literal["good", "warn", "bad", "neutral"]
EffectKind = Literal["far", "distance", "direction"]

TONES: Mapping[Level, Tone] = {
    "baseline": "neutral",
    "same": "good",
    "uncertain": "neutral",
    "possible": "warn",
    "drift": "warn",
    "alarm": "bad",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference that is large enough to count: the share of `far` records, the AUC of their `distance`, or that of
    the `direction` in which they differ; and the limit that it has reached."""

    kind: EffectKind
    value: float
    limit: float


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a BASELINE or SNAPSHOT run. `effects` are what made it, the largest first, by how much they exceed
    their limits; `new` and `changed` count clusters."""

    level: Level
    effects: tuple[Effect, ...] = ()
    p: float = 1.0
    new: int = 0
    changed: int = 0
    streak: int = 0
    units: int = 0
    cut: bool = False

    @property
    def tone(self) -> Tone:
        """How serious it is."""
        return TONES[self.level]


def effects(far: float, distance_auc: float, direction_auc: float) -> tuple[Effect, ...]:
    """The differences that are large enough to count, however certain they are, the largest first."""
    limit = 0.5 + MIN_AUC_EXCESS
    known = (
        (far / MIN_FAR, Effect("far", far, MIN_FAR)),
        ((distance_auc - 0.5) / MIN_AUC_EXCESS, Effect("distance", distance_auc, limit)),
        ((direction_auc - 0.5) / MIN_AUC_EXCESS, Effect("direction", direction_auc, limit)),
    )
    return tuple(effect for size, effect in sorted(known, key=lambda one: -one[0]) if size >= 1 - 1e-12)


def is_drift(p: float, far: float, distance_auc: float, direction_auc: float) -> bool:
    """Whether a difference is both certain and large."""
    return p <= LEVEL and bool(effects(far, distance_auc, direction_auc))


def finding(run: Run) -> Finding:
    """The verdict on a stored run."""
    values = run.values
    if run.jobtype == "BASELINE":
        return Finding("baseline")
    found = effects(float(values["far"]), float(values["auc"]), float(values["direction_auc"]))
    changes = [one["change"] for one in values["clusters"] if one["change"] != "same"]
    new = changes.count("appeared")
    level: Level = "same"
    if values["drift"]:
        level = "alarm" if values["alarm"] else "possible" if values["cut"] else "drift"
    elif values["p"] > LEVEL and found:
        level = "uncertain"
    return Finding(
        level,
        found if level != "same" else (),
        float(values["p"]),
        new,
        len(changes) - new,
        int(values["streak"]),
        int(values["units"][1]),
        bool(values["cut"]),
    )


# --- questions and speed ---


@dataclass(frozen=True, slots=True)
class Course:
    """A figure over the last weeks: its mean of the last seven days and of those before, None if there is none, and
    the mean of each day, oldest first."""

    now: float | None
    before: float | None
    days: Sequence[float]


def course(points: Sequence[tuple[float, float]], now: float) -> Course:
    """The course of a metric's values by time, in seconds since the epoch."""
    by_day: dict[int, list[float]] = {}
    for at, value in points:
        by_day.setdefault(int((now - at) // DAY), []).append(value)
    recent = [value for day, values in by_day.items() if day < 7 for value in values]
    before = [value for day, values in by_day.items() if day >= 7 for value in values]
    days = [fmean(by_day[day]) for day in sorted(by_day, reverse=True)]
    return Course(fmean(recent) if recent else None, fmean(before) if before else None, days)


SpeedLevel = Literal["none", "usual", "slow", "slower"]


def speed(seconds: Course) -> tuple[SpeedLevel, Tone]:
    """Whether answers come as fast as they should, and as they used to."""
    if seconds.now is None:
        return "none", "neutral"
    if seconds.now >= SLOW_SECONDS:
        return "slow", "warn"
    if seconds.before and seconds.now > max(NOTICED_SECONDS, SLOWER * seconds.before):
        return "slower", "warn"
    return "usual", "good"


QuestionsLevel = Literal["none", "answered", "many"]


def questions(unanswered: Course) -> tuple[QuestionsLevel, Tone]:
    """Whether the library answers what it is asked."""
    if unanswered.now is None:
        return "none", "neutral"
    return ("many", "warn") if unanswered.now > UNANSWERED_SHARE else ("answered", "good")


def worst(*tones: Tone) -> Tone:
    """The most serious of several."""
    order: tuple[Tone, ...] = ("bad", "warn", "neutral", "good")
    return min(tones, key=order.index)


def values_of(stored: Mapping[str, Any]) -> Run:
    """A run as a report stores it."""
    return Run(str(stored["jobtype"]), int(stored["jobdate"]), dict(stored["values"]))
