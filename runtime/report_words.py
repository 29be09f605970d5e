"""The words of the analyses' reports, in English and German, by key."""

from __future__ import annotations

from typing import Literal, Protocol

TEXTS: dict[str, tuple[str, str]] = {
    # --- verdicts ---
    "kind.documents": ("The library's passages", "Die Passagen der Bibliothek"),
    "kind.prompts": ("The questions", "Die Fragen"),
    "verdict.baseline": (
        "{what} until {until}: {rows} records in {clusters} clusters. What comes later is compared with this baseline.",
        "{what} bis {until}: {rows} Einträge in {clusters} Gruppen. Was später kommt, wird damit verglichen.",
    ),
    "verdict.same": (
        "No drift. {what} since {since} are like the baseline's.",
        "Keine Drift. {what} seit {since} gleichen denen des Ausgangsstands.",
    ),
    "verdict.uncertain": (
        "Uncertain. {what} since {since} differ from the baseline's, but among {units} {unit} this may be chance: wait "
        "for the next comparison.",
        "Nicht sicher. {what} seit {since} weichen vom Ausgangsstand ab, aber bei {units} {unit} kann das Zufall sein: "
        "Warten Sie den nächsten Vergleich ab.",
    ),
    "verdict.possible": (
        "Possible drift. {what} since {since} differ from the baseline's. With so few documents it is not known how "
        "much they differ among themselves: a hint, not an alarm.",
        "Mögliche Drift. {what} seit {since} weichen vom Ausgangsstand ab. Bei so wenigen Dokumenten ist nicht "
        "bekannt, wie sehr sie sich ohnehin unterscheiden: ein Hinweis, kein Alarm.",
    ),
    "verdict.drift": (
        "Drift for the first time. {what} since {since} differ from the baseline's. A second time in a row raises the "
        "alarm.",
        "Drift, zum ersten Mal. {what} seit {since} weichen vom Ausgangsstand ab. Ein zweites Mal in Folge löst den "
        "Alarm aus.",
    ),
    "verdict.alarm": (
        "Drift, {streak} times in a row. {what} since {since} differ from the baseline's.",
        "Drift, {streak}-mal in Folge. {what} seit {since} weichen vom Ausgangsstand ab.",
    ),
    "unit.groups": ("documents or conversations", "Dokumenten oder Unterhaltungen"),
    "unit.stretches": ("stretches of 20 records", "Abschnitten aus 20 Einträgen"),
    # --- what made the verdict ---
    "effect.title": ("What made the verdict", "Was zu diesem Urteil führt"),
    "effect.far": (
        "{value} of them lie farther out than 99% of the baseline's; {limit} or more count.",
        "{value} davon liegen weiter außen als 99 % des Ausgangsstands; ab {limit} zählt das.",
    ),
    "effect.distance": (
        "On the whole they lie farther from the baseline's subjects: AUC {value}; {limit} or more counts.",
        "Insgesamt liegen sie weiter von den Themen des Ausgangsstands entfernt: AUC {value}; ab {limit} zählt das.",
    ),
    "effect.direction": (
        "Taken together they lean in another direction: AUC {value}; {limit} or more counts.",
        "Zusammengenommen liegen sie in einer anderen Richtung: AUC {value}; ab {limit} zählt das.",
    ),
    "effect.p": (
        "Chance alone gives a difference like this with p = {p}; {level} or less counts.",
        "Zufall allein ergibt einen solchen Unterschied mit p = {p}; höchstens {level} zählt.",
    ),
    "effect.passages_far": ("The farthest of them", "Die am weitesten entfernten davon"),
    "effect.passages_distance": ("The farthest of them", "Die am weitesten entfernten davon"),
    "effect.passages_direction": ("The most typical of it", "Die typischsten dafür"),
    "effect.older": (
        "The report of an earlier version does not have the passages.",
        "Der Bericht einer früheren Version enthält die Passagen nicht.",
    ),
    "change.none": (
        "No single cluster is new or has changed: the difference runs through all of them.",
        "Keine einzelne Gruppe ist neu oder hat sich verändert: Der Unterschied zieht sich durch alle.",
    ),
    "change.some": (
        "New clusters: {new}. Clusters that otherwise changed: {changed}.",
        "Neue Gruppen: {new}. Sonst veränderte Gruppen: {changed}.",
    ),
    "change.though": (
        "The shares of some clusters changed ({changed}); taken together, chance explains that.",
        "Die Anteile einiger Gruppen haben sich verändert ({changed}); zusammengenommen erklärt das der Zufall.",
    ),
    # --- parts ---
    "part.clusters": ("Clusters, most changed first", "Gruppen, die am meisten veränderten zuerst"),
    "part.tests": ("Tests", "Tests"),
    "part.data": ("Data", "Daten"),
    "part.outliers": ("Outliers among all stored questions", "Ausreißer unter allen gespeicherten Fragen"),
    "tag.appeared": ("new", "neu"),
    "tag.disappeared": ("gone", "verschwunden"),
    "tag.grew": ("grew", "gewachsen"),
    "tag.shrank": ("shrank", "geschrumpft"),
    "tag.same": ("same", "gleich"),
    "column.change": ("change", "Veränderung"),
    "column.before": ("before", "vorher"),
    "column.now": ("now", "jetzt"),
    "column.nearest": ("nearest to its center", "am nächsten am Zentrum"),
    "column.test": ("test", "Test"),
    "column.p": ("p-value", "p-Wert"),
    "column.effect": ("effect", "Wirkung"),
    "column.distance": ("distance", "Abstand"),
    "column.question": ("question", "Frage"),
    "column.time": ("time", "Zeit"),
    "column.why": ("why", "warum"),
    "column.passage": ("nearest passage", "nächste Passage"),
    "test.ks": (
        "distribution of distances (held-out, one-sided Kolmogorov-Smirnov)",
        "Verteilung der Abstände (zurückgehalten, einseitiger Kolmogorow-Smirnow)",
    ),
    "test.mean": ("mean vector", "mittlerer Vektor"),
    "test.far": ("share of far records", "Anteil weit entfernter Einträge"),
    "test.combined": ("combined", "zusammen"),
    "test.how": (
        "{before} and {now} {unit}, permuted 999 times. Drift means p ≤ .05 and an effect: 2% far records or more (1% "
        "without drift), or an AUC of .55 or more. Each record is measured by centers fitted without its half of the "
        "baseline.",
        "{before} und {now} Einheiten ({unit}), 999-mal vertauscht. Drift heißt p ≤ 0,05 und eine Wirkung: mindestens "
        "2 % weit entfernte Einträge (ohne Drift 1 %) oder eine AUC von mindestens 0,55. Jeder Eintrag wird an Zentren "
        "gemessen, die ohne seine Hälfte des Ausgangsstands bestimmt wurden.",
    ),
    "data.archive": ("archive", "Archiv"),
    "data.model": ("embedding model", "Einbettungsmodell"),
    "data.from": ("from", "von"),
    "data.beginning": ("the beginning", "Anfang an"),
    "data.to": ("to", "bis"),
    "data.records": ("records", "Einträge"),
    "data.of": ("{rows} from {groups} {unit}", "{rows} aus {groups} {unit}"),
    "data.sample": ("sample", "Stichprobe"),
    "data.share": ("about {share} (seed {seed})", "etwa {share} (Startwert {seed})"),
    "data.damaged": ("could not be read", "nicht lesbar"),
    "place.page": ("{document}, page {page}", "{document}, Seite {page}"),
    # --- distances ---
    "distance.half": (
        "Half of the {rows} questions from {since} to {until} are within {median} of what the library holds.",
        "Die Hälfte der {rows} Fragen von {since} bis {until} liegt höchstens {median} von dem entfernt, was die "
        "Bibliothek enthält.",
    ),
    "distance.outliers": ("Outliers: {count}.", "Ausreißer: {count}."),
    "distance.trend": (
        "The median changes by {week} a week (95% interval {low} to {high}), {sure}.",
        "Der Median ändert sich um {week} je Woche (95-%-Intervall {low} bis {high}), {sure}.",
    ),
    "distance.chance": ("which may be chance", "was Zufall sein kann"),
    "distance.sure": ("which is more than chance explains", "was mehr ist, als der Zufall erklärt"),
    "distance.no_trend": (
        "A trend needs three runs over a day or more; so far: {runs}.",
        "Ein Trend braucht drei Läufe über mindestens einen Tag; bisher: {runs}.",
    ),
    "distance.none": ("None of {count}.", "Keine von {count}."),
    "distance.how": (
        "{count} stored questions, median distance {median}. Far from the median means beyond {limit}: the median plus "
        "3.5 times the median absolute deviation ({mad}) over .6745. No passage nearby means that the nearest has a "
        "similarity below {fence}: 1.5 interquartile ranges below the first quartile.",
        "{count} gespeicherte Fragen, mittlerer Abstand {median} (Median). Weit vom Median heißt jenseits von {limit}: "
        "Median plus das 3,5-Fache der mittleren absoluten Abweichung ({mad}) durch 0,6745. Keine nahe Passage heißt, "
        "dass die nächste eine Ähnlichkeit unter {fence} hat: 1,5 Quartilsabstände unter dem ersten Quartil.",
    ),
    "distance.damaged": ("Files of distances that can't be read: {files}.", "Nicht lesbare Abstandsdateien: {files}."),
    "by.median": ("far from the median", "weit vom Median"),
    "by.quantile": ("among the farthest 1%", "unter dem fernsten 1 %"),
    "by.passage": ("no passage nearby", "keine nahe Passage"),
    "near.place": (
        "{document}, page {page}, similarity {similarity}",
        "{document}, Seite {page}, Ähnlichkeit {similarity}",
    ),
    # --- plots ---
    "draw.sizes": ("Cluster sizes", "Größe der Gruppen"),
    "draw.distances": ("Distance to the baseline's nearest center", "Abstand zum nächsten Zentrum des Ausgangsstands"),
    "draw.map": (
        "Records on the baseline's first two components",
        "Einträge auf den ersten zwei Komponenten des Ausgangsstands",
    ),
    "draw.far": ("Far records by comparison", "Weit entfernte Einträge je Vergleich"),
    "draw.asked": ("Distances of the questions", "Abstände der Fragen"),
    "draw.runs": ("Median and interquartile range by run", "Median und Quartilsabstand je Lauf"),
    "draw.cluster": ("cluster", "Gruppe"),
    "draw.share": ("share of records", "Anteil der Einträge"),
    "draw.distance": ("distance", "Abstand"),
    "draw.count": ("questions", "Fragen"),
    "draw.first": ("first component", "erste Komponente"),
    "draw.second": ("second component", "zweite Komponente"),
    "draw.far_share": ("far records", "weit entfernt"),
    "draw.new": ("new", "neu"),
    "legend.baseline": ("baseline", "Ausgangsstand"),
    "legend.held_out": ("baseline, held out", "Ausgangsstand, zurückgehalten"),
    "legend.snapshot": ("since then", "seither"),
    "legend.limit": ("99% of the baseline", "99 % des Ausgangsstands"),
    "legend.changed": ("changed", "verändert"),
    "legend.usual": ("without drift", "ohne Drift"),
    "legend.drift": ("drift", "Drift"),
    "legend.median_limit": ("limit: far from the median", "Grenze: weit vom Median"),
    "legend.median": ("median", "Median"),
    "legend.quartiles": ("interquartile range", "Quartilsabstand"),
}
"""By key: English, German."""


class Words(Protocol):
    """Texts in one language, of which the page has its own that include these."""

    language: Literal["en", "de"]

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key."""
        ...

    def number(self, value: float, form: str) -> str:
        """A number as the language writes it."""
        ...


class EnglishWords:
    """The reports' own texts, in English."""

    language: Literal["en", "de"] = "en"

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key."""
        return TEXTS[key][0].format(**values)

    def number(self, value: float, form: str) -> str:
        """A number."""
        return format(value, form)


ENGLISH = EnglishWords()
