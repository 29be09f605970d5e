"""The analyses' reports: what one stores, and how it is written as HTML, in the language of whoever reads it.

A report is a JSON file: its `kind`, the `run` as it is stored, the `history` of such runs, and `figures` for the plots.
The page and the analyses' HTML files are made of it here, so that they say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from runtime import plots
from runtime.formats import check_format
from runtime.markup import Element, h, html_of
from runtime.plots import Axes, Cloud, Series
from runtime.plots import Level as Limit
from runtime.ports import PlumblineError, Run
from runtime.report_words import Words
from runtime.verdicts import LEVEL, Finding, Tone, finding, values_of

FORMAT = 1
"""The format of a report's file: see `runtime.formats`."""

Kind = Literal["drift-documents", "drift-prompts", "distance"]
KINDS: tuple[Kind, ...] = get_args(Kind)

CHANGES = ("appeared", "disappeared", "grew", "shrank", "same")
OUTLIERS_SHOWN = 100
PASSAGE_LENGTH = 300
WIDE_COLUMNS = 4
"""Columns above which a table scrolls on a narrow page instead of being squeezed."""


class ReportDamaged(PlumblineError):
    """A file is no report, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is stored: see the module."""

    kind: Kind
    run: Run
    history: Sequence[Mapping[str, Any]]
    figures: Mapping[str, Any]

    @property
    def of(self) -> str:
        """What it is about: documents, prompts or distance."""
        return self.kind.removeprefix("drift-")

    def stored(self) -> bytes:
        """The report as JSON."""
        run = {"jobtype": self.run.jobtype, "jobdate": self.run.jobdate, "values": dict(self.run.values)}
        values = {
            "format": FORMAT,
            "kind": self.kind,
            "run": run,
            "history": list(self.history),
            "figures": self.figures,
        }
        return json.dumps(values, ensure_ascii=False, allow_nan=False).encode()


def report_of(name: str, content: bytes) -> Report:
    """The report in a file; ReportDamaged if there is none."""
    try:
        values = json.loads(content)
        check_format(name, int(values["format"]), FORMAT)
        if values["kind"] not in KINDS:
            raise ValueError(values["kind"])
        return Report(values["kind"], values_of(values["run"]), list(values["history"]), dict(values["figures"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportDamaged(f"{name} is no report: {type(error).__name__}.", "Compare again.") from error


def body(name: str, report: Report, words: Words) -> str:
    """The report as HTML, without a title; ReportDamaged if something in it is missing or not what it must be."""
    try:
        writer = _Writer(words)
        parts = writer.distance(report) if report.kind == "distance" else writer.drift(report)
        return html_of(*parts)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ReportDamaged(f"{name} is damaged: {type(error).__name__}: {error}.", "Compare again.") from error


def sentence(of: str, run: Run, words: Words) -> tuple[str, Tone]:
    """The verdict on a BASELINE or SNAPSHOT run in words, and its tone."""
    found, values = finding(run), run.values
    unit = words("unit.stretches" if found.cut else "unit.groups")
    text = words(
        f"verdict.{found.level}",
        what=words(f"kind.{of}"),
        since=day(values["since"]) if values["since"] else "",
        until=day(values["until"]),
        rows=words.number(values["rows"], ","),
        clusters=len(values["clustersizes"]),
        units=words.number(found.units, ","),
        unit=unit,
        streak=found.streak,
    )
    return text, found.tone


def reasons(found: Finding, words: Words) -> list[str]:
    """What made a verdict, in words, each with its figure."""
    lines = [
        words(
            f"effect.{effect.kind}",
            value=_share(effect.value, words) if effect.kind == "far" else words.number(effect.value, ".3f"),
            limit=_share(effect.limit, words, 0) if effect.kind == "far" else words.number(effect.limit, ".2f"),
        )
        for effect in found.effects
    ]
    if lines:
        lines.append(words("effect.p", p=p_value(found.p, words), level=p_value(LEVEL, words)))
    return lines


def change_words(found: Finding, words: Words) -> str:
    """What became of the clusters, in words that agree with the verdict; '' if there is nothing to say."""
    if found.level == "baseline" or (found.level in ("same", "uncertain") and not found.changed):
        return ""
    if found.level in ("same", "uncertain"):
        return words("change.though", changed=found.changed)
    if not (found.new or found.changed):
        return words("change.none")
    return words("change.some", new=found.new, changed=found.changed)


def trend_words(trend: Mapping[str, Any], words: Words) -> str:
    """A DISTANCE run's trend in words."""
    if "slope" not in trend:
        return words("distance.no_trend", runs=trend["runs"])
    week, low, high = (7 * float(trend[name]) for name in ("slope", "low", "high"))
    sure = words("distance.chance" if low <= 0 <= high else "distance.sure")
    return words(
        "distance.trend",
        sure=sure,
        **{n: words.number(v, "+.4f") for n, v in (("week", week), ("low", low), ("high", high))},
    )


def distance_words(run: Run, words: Words) -> str:
    """How far half of the questions are, in words."""
    values = run.values
    return words(
        "distance.half",
        rows=words.number(values["rows"], ","),
        since=day(values["since"] or values["until"]),
        until=day(values["until"]),
        median=words.number(values["median"], ".3f"),
    )


def place_of(passage: Mapping[str, Any], words: Words) -> str:
    """Where a passage is; for a question, when it was asked."""
    if passage["page"]:
        return words("place.page", document=passage["group"], page=passage["page"])
    return str(passage["at"])


def day(stored: object) -> str:
    """A stored time for display."""
    return f"{datetime.fromisoformat(str(stored)):%Y-%m-%d %H:%M}"


def made_at(run: Run) -> str:
    """When a run was made."""
    return f"{datetime.fromtimestamp(run.jobdate, UTC):%Y-%m-%d %H:%M} UTC"


def p_value(value: float, words: Words) -> str:
    """A p-value for display."""
    if value >= 1:
        return "1"
    written = words.number(float(value), ".3f").rstrip("0") if value == LEVEL else words.number(float(value), ".3f")
    return written.lstrip("0") if words.language == "en" else written


def _share(value: float, words: Words, digits: int = 1) -> str:
    percent = " %" if words.language == "de" else "%"
    return words.number(100 * float(value), f".{digits}f") + percent


class _Writer:
    """Writes reports in one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    # --- drift ---

    def drift(self, report: Report) -> list[Element]:
        """The parts of the report on a BASELINE or SNAPSHOT run."""
        words, run, values = self._words, report.run, report.run.values
        found = finding(run)
        text, tone = sentence(report.of, run, words)
        parts = [self._verdict(tone, text), *self._evidence(found, values.get("evidence"))]
        if said := change_words(found, words):
            parts.append(h("p", None, said))
        parts.append(self._plots(self._drift_plots(report, found)))
        if found.level != "baseline":
            parts += [self._title("part.clusters"), self._clusters(values["clusters"])]
            parts += [self._title("part.tests"), *self._tests(values)]
        return [*parts, self._title("part.data"), self._source(values)]

    def _evidence(self, found: Finding, evidence: Mapping[str, Any] | None) -> list[Element]:
        """What made the verdict: each figure, and the passages that show it."""
        words = self._words
        if not found.effects:
            return []
        items = [h("li", None, line) for line in reasons(found, words)]
        shown: set[str] = set()
        for item, effect in zip(items, found.effects, strict=False):
            which = "direction" if effect.kind == "direction" else "far"
            if which in shown:
                continue
            shown.add(which)
            if evidence is None:
                item.append(h("p", {"class": "quiet"}, words("effect.older")))
                continue
            quotes = [self._quote(passage) for passage in evidence[which]]
            head = h("summary", None, words(f"effect.passages_{effect.kind}"))
            item.append(h("details", {"open": "open"}, head, *quotes))
        return [self._title("effect.title"), h("ul", {"class": "reasons"}, *items)]

    def _drift_plots(self, report: Report, found: Finding) -> list[tuple[str, Element]]:
        words, values, figures = self._words, report.run.values, report.figures
        drawn = [("draw.sizes", self._sizes(values, found))]
        if found.level != "baseline":
            drawn.append(("draw.distances", self._spread(figures["distances"])))
            drawn.append(("draw.far", self._far_trend(report.history)))
        drawn.append(("draw.map", self._map(figures["map"])))
        return [(words(key), svg) for key, svg in drawn]

    def _sizes(self, values: Mapping[str, Any], found: Finding) -> Element:
        words = self._words
        axes = Axes(words("draw.cluster"), words("draw.share"), number=self._short)
        title = words("draw.sizes")
        if found.level == "baseline":
            sizes = [float(size) for size in values["clustersizes"]]
            shares = [size / sum(sizes) for size in sizes]
            labels = [str(number) for number in range(len(shares))]
            return plots.bars(title, [Series(words("legend.baseline"), "now", shares)], labels, axes)
        clusters = sorted(values["clusters"], key=lambda one: (one["baseline"] is None, one["baseline"] or 0))
        labels = [words("draw.new") if one["baseline"] is None else str(one["baseline"]) for one in clusters]
        changed = {n for n, one in enumerate(clusters) if one["change"] != "same"}
        before, now = ([float(one[key]) for one in clusters] for key in ("share_before", "share_now"))
        series = [Series(words("legend.baseline"), "before", before), Series(words("legend.snapshot"), "now", now)]
        return plots.bars(title, series, labels, axes, (words("legend.changed"), changed))

    def _spread(self, distances: Mapping[str, Any]) -> Element:
        words = self._words
        series = [
            Series(words("legend.held_out"), "before", _numbers(distances["before"])),
            Series(words("legend.snapshot"), "now", _numbers(distances["now"])),
        ]
        limit = Limit(words("legend.limit"), "mark", float(distances["limit"]))
        axes = Axes(words("draw.distance"), words("draw.share"), number=self._short)
        return plots.histogram(words("draw.distances"), _numbers(distances["edges"]), series, axes, limit)

    def _far_trend(self, history: Sequence[Mapping[str, Any]]) -> Element:
        words = self._words
        points = [(float(n), float(one["far"])) for n, one in enumerate(history)]
        return plots.line(
            words("draw.far"),
            words("legend.snapshot"),
            points,
            Axes("", words("draw.far_share"), number=lambda value: _share(value, words)),
            [(float(n), str(one["until"])[:10]) for n, one in enumerate(history)],
            marked=(words("legend.drift"), {n for n, one in enumerate(history) if one["drift"]}),
            level=Limit(words("legend.usual"), "before", 0.01),
        )

    def _map(self, drawn: Mapping[str, Any]) -> Element:
        words = self._words
        clouds = [
            Cloud(words(f"legend.{name}"), looks, [(float(x), float(y)) for x, y in drawn[key]])
            for key, name, looks in (("before", "baseline", "before"), ("now", "snapshot", "now"))
            if drawn.get(key)
        ]
        rings = [
            (float(x), float(y), words("draw.new") if number is None else str(int(number)))
            for x, y, number in drawn.get("rings", ())
        ]
        axes = Axes(words("draw.first"), words("draw.second"), number=self._short)
        return plots.scatter(words("draw.map"), clouds, axes, rings)

    def _clusters(self, clusters: Sequence[Mapping[str, Any]]) -> Element:
        words = self._words
        rows = []
        for one in clusters:
            if one["change"] not in CHANGES:
                raise ValueError(one["change"])
            numbers = " → ".join("–" if one[key] is None else str(one[key]) for key in ("baseline", "snapshot"))
            tag = h("span", {"class": f"tag {one['change']}"}, words(f"tag.{one['change']}"))
            rows.append(
                h(
                    "tr",
                    None,
                    h("td", None, tag, " ", h("span", {"class": "quiet"}, numbers)),
                    *(h("td", {"class": "number"}, _share(one[key], words)) for key in ("share_before", "share_now")),
                    h("td", {"class": "number"}, p_value(one["p"], words)),
                    h("td", {"class": "text"}, *(self._quote(passage) for passage in one["passages"])),
                )
            )
        head = [h("th", None, words("column.change"))]
        head += [h("th", {"class": "number"}, name) for name in (words("column.before"), words("column.now"), "p")]
        head.append(h("th", None, words("column.nearest")))
        body = [h("thead", None, h("tr", None, *head)), h("tbody", None, *rows)]
        return h("div", {"class": "wide"}, h("table", {"class": "many"}, *body))

    def _quote(self, passage: Mapping[str, Any]) -> Element:
        text = str(passage["text"])
        cut = text if len(text) <= PASSAGE_LENGTH else text[: PASSAGE_LENGTH - 1].rstrip() + "…"
        return h("blockquote", None, cut, h("cite", None, place_of(passage, self._words)))

    def _tests(self, values: Mapping[str, Any]) -> list[Element]:
        words = self._words

        def auc(key: str) -> str:
            return f"AUC {words.number(float(values[key]), '.3f')}"

        rows = [
            (words("test.ks"), p_value(values["p_ks"], words), auc("auc")),
            (words("test.mean"), p_value(values["p_mean"], words), auc("direction_auc")),
            (words("test.far"), p_value(values["p_far"], words), _share(values["far"], words)),
            (words("test.combined"), p_value(values["p"], words), ""),
        ]
        before, now = (words.number(int(count), ",") for count in values["units"])
        how = words(
            "test.how",
            before=before,
            now=now,
            unit=words("unit.stretches" if values["cut"] else "unit.groups"),
        )
        head = [words(f"column.{name}") for name in ("test", "p", "effect")]
        return [self._table(head, rows), h("p", {"class": "quiet"}, how)]

    # --- distance ---

    def distance(self, report: Report) -> list[Element]:
        """The parts of the report on a DISTANCE run."""
        words, run, figures = self._words, report.run, report.figures
        found = figures["outliers"]
        count = sum(prompt["by"] != ["quantile"] for prompt in found["prompts"])
        text = f"{distance_words(run, words)} {words('distance.outliers', count=words.number(count, ','))}"
        asked = figures["distances"]
        drawn = [
            (
                "draw.asked",
                plots.histogram(
                    words("draw.asked"),
                    _numbers(asked["edges"]),
                    [Series(words("draw.count"), "now", _numbers(asked["now"]))],
                    Axes(words("draw.distance"), words("draw.count"), number=self._short),
                    Limit(words("legend.median_limit"), "mark", float(asked["limit"])),
                ),
            ),
            ("draw.runs", self._distance_trend(report.history)),
        ]
        return [
            self._verdict("warn" if count else "good", text),
            h("p", None, trend_words(run.values["trend"], words)),
            self._plots([(words(key), svg) for key, svg in drawn]),
            self._title("part.outliers"),
            *self._outliers(found),
            self._title("part.data"),
            self._source(run.values),
        ]

    def _distance_trend(self, history: Sequence[Mapping[str, Any]]) -> Element:
        words = self._words
        low, high = (_numbers(one[key] for one in history) for key in ("low", "high"))
        return plots.line(
            words("draw.runs"),
            words("legend.median"),
            [(float(n), float(one["median"])) for n, one in enumerate(history)],
            Axes("", words("draw.distance"), number=self._short),
            [(float(n), str(one["until"])[:10]) for n, one in enumerate(history)],
            band=(words("legend.quartiles"), low, high),
        )

    def _outliers(self, found: Mapping[str, Any]) -> list[Element]:
        words = self._words
        count = words.number(int(found["count"]), ",")
        if not found["prompts"]:
            return [h("p", None, words("distance.none", count=count))]
        rows = []
        for prompt in found["prompts"][:OUTLIERS_SHOWN]:
            near, passage = prompt["nearest"], ""
            if near:
                similarity = words.number(float(near["similarity"]), ".2f")
                place = words("near.place", document=near["document"], page=near["page"], similarity=similarity)
                passage = f"{str(near['text'])[:200]} ({place})"
            why = ", ".join(words(f"by.{one}") for one in prompt["by"])
            far = words.number(float(prompt["distance"]), ".3f")
            rows.append((far, str(prompt["text"]), day(prompt["at"]), why, passage))
        numbers = {
            name: words.number(float(found[key]), form)
            for name, key, form in (
                ("median", "median", ".3f"),
                ("limit", "robust_limit", ".3f"),
                ("mad", "mad", ".3f"),
                ("fence", "similarity_limit", ".2f"),
            )
        }
        parts = [h("p", {"class": "quiet"}, words("distance.how", count=count, **numbers))]
        if found["damaged"]:
            parts.append(h("p", None, words("distance.damaged", files="; ".join(found["damaged"]))))
        head = [words(f"column.{name}") for name in ("distance", "question", "time", "why", "passage")]
        return [*parts, self._table(head, rows)]

    # --- what all share ---

    def _source(self, values: Mapping[str, Any]) -> Element:
        words = self._words
        model = str(values["model"])
        rows = [
            (words("data.archive"), str(values["data_path"])),
            (words("data.model"), model),
            (words("data.from"), day(values["since"]) if values["since"] else words("data.beginning")),
            (words("data.to"), day(values["until"])),
            (
                words("data.records"),
                words(
                    "data.of",
                    rows=words.number(values["rows"], ","),
                    groups=words.number(values["groups"], ","),
                    unit=words("unit.groups"),
                ),
            ),
        ]
        if values["share"] < 1:
            share = words("data.share", share=_share(values["share"], words), seed=values["seed"])
            rows.append((words("data.sample"), share))
        if values["damaged_files"]:
            damaged = f"{values['damaged_files']}: " + "; ".join(map(str, values["damaged"]))
            rows.append((words("data.damaged"), damaged))
        return self._table((), rows)

    def _verdict(self, tone: Tone, text: str) -> Element:
        return h("p", {"class": f"verdict {tone}"}, text)

    def _title(self, key: str) -> Element:
        return h("h3", None, self._words(key))

    @staticmethod
    def _plots(drawn: Sequence[tuple[str, Element]]) -> Element:
        figures = [h("figure", None, h("figcaption", None, title), svg) for title, svg in drawn]
        return h("div", {"class": "plots"}, *figures)

    @staticmethod
    def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
        return table(head, rows)

    def _short(self, value: float) -> str:
        return self._words.number(value, ".3g")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    """A table of texts."""
    parts = [h("thead", None, h("tr", None, *(h("th", None, cell) for cell in head)))] if head else []
    parts.append(h("tbody", None, *(h("tr", None, *(h("td", None, cell) for cell in row)) for row in rows)))
    many = {"class": "many"} if len(head) > WIDE_COLUMNS else None
    return h("div", {"class": "wide"}, h("table", many, *parts))


def _numbers(values: Iterable[Any]) -> list[float]:
    return [float(value) for value in values]
