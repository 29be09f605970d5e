"""Watching: verdicts on documents, questions and speed, the reports behind them, and questions without an answer; for
operators."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup
from pydantic import BaseModel

from runtime import plots, reports
from runtime.analyses import Action, Of, Outcome, commands
from runtime.markup import Element, html_of
from runtime.plots import Axes
from runtime.ports import NotFound, PlumblineError
from runtime.reports import KINDS, Kind, Report, made_at, report_of
from runtime.verdicts import DAY, Tone, course, finding, questions, speed, worst
from ui.errors import Busy
from ui.export import disposition
from ui.gate import Operator
from ui.render import render
from ui.site import Site
from ui.texts import Spoken, Texts

SHOWN = 50
"""Questions without an answer in the list."""

WEEKS = 4 * 7 * DAY
SIX_HOURS = 6 * 3600
HOUR = 3600

SPANS = {"Day": (DAY, HOUR // 4), "Week": (7 * DAY, HOUR), "Month": (30 * DAY, 6 * HOUR)}
"""The seconds that the plots reach back, and the seconds averaged in each point."""

PLOTS = {"similarity": 1.0, "latency": None, "no_answer": 1.0, "unproven": 1.0}
"""The metrics that are plotted, each with the upper limit of its axis."""

_NAME = re.compile(rf"({'|'.join(KINDS)})-([a-z]+)-(\d{{8}}T\d{{6}}Z)\.json")
_OF = re.compile(r"(\d+) of (\d+) files")

TELL_SECONDS = 0.5
"""How often pages are told of an analysis' progress."""

log = logging.getLogger("plumbline.watch")


class Started(BaseModel):
    """What is to be run."""

    of: Of
    action: Action


@dataclass(frozen=True, slots=True)
class Job:
    """The analysis that runs, or the last one: `step` is what it does, `files` how many it has read of how many;
    `ended` is '' as long as it runs."""

    of: Of
    action: Action
    step: Literal["starting", "reading", "working"] = "starting"
    files: tuple[int, int] | None = None
    ended: str = ""
    reason: str = ""


class Jobs:
    """Runs one analysis at a time, and tells the operators' pages how it goes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._told = 0.0
        self._thread: threading.Thread | None = None
        self.job: Job | None = None

    def start(self, of: Of, action: Action, *, has_baseline: bool, texts: Texts) -> None:
        """Start an analysis; Busy if one is running."""
        with self._lock:
            if self.job and not self.job.ended:
                raise Busy(texts("run.busy"), texts("run.busy_remedy"))
            self.job = Job(of, action)
            self._stopping.clear()
        self._tell()
        self._thread = threading.Thread(target=self._run, args=(of, action, has_baseline), name="analysis", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the analysis."""
        self._stopping.set()

    def close(self) -> None:
        """Stop it, and wait a moment until it is: the page closes."""
        self.stop()
        if self._thread:
            self._thread.join(2)

    def _run(self, of: Of, action: Action, has_baseline: bool) -> None:
        outcomes: list[Outcome] = []
        for command in commands(of, action, self._site.library.embedder.model, has_baseline=has_baseline):
            try:
                outcome = self._site.library.analyses.run(command, self._progress, self._stopping.is_set)
            except (PlumblineError, OSError) as error:
                outcome = Outcome("failed", str(error))
            except Exception as error:
                log.exception("An analysis failed.")
                outcome = Outcome("failed", f"{type(error).__name__}: {error}")
            outcomes.append(outcome)
            if outcome.ended in ("failed", "stopped"):
                break
        # What was found counts, even if there was too little for the rest.
        order = ("stopped", "failed", "done", "nothing")
        last = min(outcomes, key=lambda one: order.index(one.ended))
        assert self.job is not None
        self.job = replace(self.job, ended=last.ended, reason=last.reason)
        self._tell()

    def _progress(self, step: str) -> None:
        if self.job is None or self.job.ended:
            return
        files = _OF.search(step)
        is_reading = step.startswith("Reading")
        self.job = replace(
            self.job,
            step="reading" if is_reading else "working",
            files=(int(files[1]), int(files[2])) if files else None,
        )
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self._site.hub.publish(lambda page: {"type": "watch", "job": self.described(page.texts)}, operators=True)

    def described(self, texts: Texts) -> dict[str, Any] | None:
        """The analysis as a page shows it."""
        job = self.job
        if job is None:
            return None
        if job.ended:
            words = texts(f"ended.{job.ended}", **({"reason": job.reason} if job.ended == "failed" else {}))
            if job.ended == "nothing" and texts.language == "en" and job.reason:
                words = job.reason
        elif job.files:
            words = texts("step.reading_of", done=job.files[0], of=job.files[1])
        else:
            words = texts(f"step.{job.step}")
        return {
            "of": job.of,
            "action": job.action,
            "words": words,
            "ended": job.ended,
            "share": job.files[0] / max(1, job.files[1]) if job.files else None,
        }


class Watch:
    """What an operator sees of documents, questions and speed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.jobs = Jobs(site)
        site.closing.append(self.jobs.close)

    # --- reports ---

    def names(self) -> dict[Kind, list[str]]:
        """The names of each kind's reports, oldest first."""
        found: dict[Kind, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
        for name in self._site.library.reports.names():
            if match := _NAME.fullmatch(name):
                for kind in KINDS:
                    if match[1] == kind:
                        found[kind].append((match[3], name))
        return {kind: [name for _, name in sorted(named)] for kind, named in found.items()}

    def latest(self, kind: Kind, names: dict[Kind, list[str]]) -> Report | None:
        """The newest report of a kind."""
        if not names[kind]:
            return None
        name = names[kind][-1]
        return report_of(name, self._site.library.reports.content(name))

    def report(self, kind: Kind, texts: Texts) -> dict[str, Any]:
        """A kind's newest report as the page shows it."""
        names = self.names()
        found = self.latest(kind, names)
        if found is None:
            return {"html": "", "name": "", "made": ""}
        name = names[kind][-1]
        return {"html": reports.body(name, found, texts), "name": name, "made": made_at(found.run)}

    # --- cards ---

    def state(self, user: str, texts: Texts) -> dict[str, Any]:
        """The cards, the questions without an answer, and the analysis that runs."""
        try:
            names = self.names()
            known = {kind: self.latest(kind, names) for kind in KINDS}
            problem = ""
        except (PlumblineError, OSError) as error:
            log.warning("The reports can't be read: %s", error)
            known, problem = dict.fromkeys(KINDS), texts("report.unreadable", error=error)
        cards = [
            self._documents(known["drift-documents"], texts, problem),
            self._questions(known, texts),
            self._speed(texts),
        ]
        unanswered = self._site.library.conversations.unanswered(user, SHOWN)
        return {
            "cards": render("watch-cards.html", texts, cards=cards, deployed=self._site.worker is None),
            "unanswered": render("watch-unanswered.html", texts, questions=unanswered),
            "kinds": [kind for kind in KINDS if known[kind]],
            "job": self.jobs.described(texts),
        }

    def _documents(self, report: Report | None, texts: Texts, problem: str) -> dict[str, Any]:
        if report is None:
            lines = [problem] if problem else []
            tone: Tone = "bad" if problem else "neutral"
            return _card("documents", tone, texts("documents.none"), lines, None, texts("todo.none"), kinds=())
        found = finding(report.run)
        words, tone = reports.sentence("documents", report.run, texts)
        lines = [*reports.reasons(found, texts)[:1], reports.change_words(found, texts)]
        shares = [100 * float(one["far"]) for one in report.history]
        spark = _spark("spark.documents", shares, ".1f", texts) if len(shares) > 1 else None
        made = texts("watch.as_of", made=made_at(report.run))
        todo = texts(f"todo.{found.level}")
        return _card("documents", tone, words, lines, spark, todo, made=made, kinds=(report.kind,))

    def _questions(self, known: dict[Kind, Report | None], texts: Texts) -> dict[str, Any]:
        now = time.time()
        lines: list[str] = []
        try:
            asked = course(self._site.library.metrics.series("no_answer", now - WEEKS, SIX_HOURS), now)
        except (PlumblineError, OSError) as error:
            return _card("questions", "bad", texts("history.unreadable", error=error), [], None, "", kinds=())
        level, tone = questions(asked)
        share = texts.number(100 * (asked.now or 0), ".0f") + (" %" if texts.language == "de" else "%")
        words = texts(f"questions.{level}", **({"share": share} if level != "none" else {}))
        if distance := known["distance"]:
            count = sum(one["by"] != ["quantile"] for one in distance.figures["outliers"]["prompts"])
            lines.append(texts("distance.outliers", count=texts.number(count, ",")))
        if drift := known["drift-prompts"]:
            said, own_tone = reports.sentence("prompts", drift.run, texts)
            found = finding(drift.run)
            lines += [said, *reports.reasons(found, texts)[:1], reports.change_words(found, texts)]
            tone = worst(tone, own_tone) if own_tone != "neutral" else tone
        todo = texts("todo.same" if asked.now == 0 else f"questions.todo_{level}")
        spark = _spark("spark.questions", [100 * day for day in asked.days], ".0f", texts)
        kinds = tuple(kind for kind in ("drift-prompts", "distance") if known[kind])
        return _card("questions", tone, words, lines, spark, todo, kinds=kinds)

    def _speed(self, texts: Texts) -> dict[str, Any]:
        now = time.time()
        try:
            taken = course(self._site.library.metrics.series("latency", now - WEEKS, SIX_HOURS), now)
        except (PlumblineError, OSError) as error:
            return _card("speed", "bad", texts("history.unreadable", error=error), [], None, "", kinds=())
        level, tone = speed(taken)
        values = {
            name: texts.number(value, ".1f")
            for name, value in (("seconds", taken.now), ("before", taken.before))
            if value is not None
        }
        words = texts(f"speed.{level}", **values)
        spark = _spark("spark.speed", taken.days, ".1f", texts)
        return _card("speed", tone, words, [], spark, texts(f"speed.todo_{level}"), kinds=())

    # --- figures over time ---

    def history(self, span: str, texts: Texts) -> str:
        """The plots that have values."""
        reach, step = SPANS[span]
        now = time.time()
        try:
            series = {name: self._site.library.metrics.series(name, now - reach, step) for name in PLOTS}
        except (PlumblineError, OSError) as error:
            return render("watch-history.html", texts, plots=[], problem=texts("history.unreadable", error=error))
        drawn = [
            {"title": texts(f"plot.{name}"), "svg": Markup(html_of(self._plot(name, points, span, now, texts)))}  # noqa: S704 - escaped
            for name, points in series.items()
            if points
        ]
        return render("watch-history.html", texts, plots=drawn, problem="" if drawn else texts("history.none"))

    @staticmethod
    def _plot(name: str, points: Sequence[tuple[float, float]], span: str, now: float, texts: Texts) -> Element:
        reach, step = SPANS[span]
        values = [value for _, value in points]
        least, most, last = (texts.number(value, ".3g") for value in (min(values), max(values), values[-1]))
        means, unit = texts(f"means.{span}"), texts(f"unit.{name}")
        description = texts(
            "plot.description",
            title=texts(f"plot.{name}"),
            count=len(values),
            means=means,
            least=least,
            most=most,
            unit=unit,
            last=last,
        )
        began = now - reach
        form = "%H:%M" if span == "Day" else "%d.%m." if texts.language == "de" else "%b %d"
        ticks = 6 if span != "Week" else 7
        at = [began + (number + 0.5) * reach / ticks for number in range(ticks)]
        labels = [(one, f"{datetime.fromtimestamp(one, UTC):{form}}") for one in at]
        top = PLOTS[name] or 1.2 * max(values) or 1.0
        axes = Axes(f"{means}, UTC", unit, (0.0, top), (began, now + step), lambda value: texts.number(value, ".3g"))
        return plots.line(description, "", points, axes, labels)


def _card(
    of: str,
    tone: Tone,
    words: str,
    lines: Sequence[str],
    spark: Element | None,
    todo: str,
    *,
    made: str = "",
    kinds: Sequence[str],
) -> dict[str, Any]:
    return {
        "of": of,
        "tone": tone,
        "words": words,
        "lines": [line for line in lines if line],
        "spark": Markup(html_of(spark)) if spark is not None else "",  # noqa: S704 - escaped there
        "todo": todo,
        "made": made,
        "kinds": kinds,
    }


def _spark(key: str, values: Sequence[float], form: str, texts: Texts) -> Element | None:
    if not values:
        return None
    return plots.spark(texts(key, values=", ".join(texts.number(value, form) for value in values)), values)


def routes(site: Site) -> APIRouter:
    """`/watch/…`: the cards, the reports, and what starts an analysis."""
    router = APIRouter(prefix="/watch")
    watch = Watch(site)

    @router.get("/state")
    def state(reader: Operator, texts: Spoken) -> dict[str, Any]:
        return watch.state(reader.user, texts)

    @router.get("/report/{kind}")
    def report(kind: Kind, _: Operator, texts: Spoken) -> dict[str, Any]:
        return watch.report(kind, texts)

    @router.get("/file/{kind}")
    def file(kind: Kind, _: Operator, texts: Spoken) -> Response:
        """The report as a file of its own, which opens without the page."""
        names = watch.names()[kind]
        if not names:
            raise NotFound(texts("report.none"), "")
        name = f"{names[-1].removesuffix('.json')}.html"
        headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
        return Response(site.library.reports.content(name), media_type="text/html; charset=utf-8", headers=headers)

    @router.get("/history/{span}")
    def history(span: Literal["Day", "Week", "Month"], _: Operator, texts: Spoken) -> dict[str, Any]:
        return {"html": watch.history(span, texts)}

    @router.post("/start")
    def start(started: Started, _: Operator, texts: Spoken) -> dict[str, Any]:
        has_baseline = bool(watch.names()["drift-prompts"])
        watch.jobs.start(started.of, started.action, has_baseline=has_baseline, texts=texts)
        return {"job": watch.jobs.described(texts)}

    @router.post("/stop")
    def stop(_: Operator) -> dict[str, Any]:
        watch.jobs.stop()
        return {}

    return router
