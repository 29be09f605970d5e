"""The watch view: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
    # --- monitoring ---
    "report.latest": ("Latest report", "Neuester Bericht"),
    "report.drift-documents": ("Document drift", "Drift der Dokumente"),
    "report.drift-prompts": ("Question drift", "Drift der Fragen"),
    "report.distance": ("Question distance", "Abstand der Fragen"),
    "report.none": ("No report yet. {how}", "Noch kein Bericht. {how}"),
    "report.frame": ("Report {name}", "Bericht {name}"),
    "report.unreadable": ("The reports can't be read. {error}", "Die Berichte können nicht gelesen werden. {error}"),
    "how.drift-documents": (
        "The first command takes a baseline of the documents; the second checks whether those added since differ.",
        "Der erste Befehl erfasst den Stand der Dokumente; der zweite prüft, ob sich neu hinzugekommene davon "
        "unterscheiden.",
    ),
    "how.drift-prompts": (
        "The first command takes a baseline of the questions so far; the second checks whether those asked since "
        "differ.",
        "Der erste Befehl erfasst die bisherigen Fragen; der zweite prüft, ob sich die seither gestellten davon "
        "unterscheiden.",
    ),
    "how.distance": (
        "This command measures how far the questions are from the documents.",
        "Dieser Befehl misst, wie weit die Fragen von den Dokumenten entfernt sind.",
    ),
    "how.nightly": ("The stack's jobs do this every night.", "Die Jobs des Stacks erledigen das jede Nacht."),
    "history.of": ("Time range", "Zeitraum"),
    "history.Day": ("Day", "Tag"),
    "history.Week": ("Week", "Woche"),
    "history.Month": ("Month", "Monat"),
    "history.none_Day": (
        "No questions were asked in the last day.",
        "In den letzten 24 Stunden wurden keine Fragen gestellt.",
    ),
    "history.none_Week": (
        "No questions were asked in the last week.",
        "In der letzten Woche wurden keine Fragen gestellt.",
    ),
    "history.none_Month": (
        "No questions were asked in the last month.",
        "Im letzten Monat wurden keine Fragen gestellt.",
    ),
    "history.unreadable": ("The metrics can't be read. {error}", "Die Kennzahlen können nicht gelesen werden. {error}"),
    "means.Day": ("15-min means", "15-Minuten-Mittel"),
    "means.Week": ("hourly means", "Stundenmittel"),
    "means.Month": ("6-hour means", "6-Stunden-Mittel"),
    "plot.similarity": ("Similarity of the passages found", "Ähnlichkeit der gefundenen Passagen"),
    "plot.latency": ("Time to answer", "Zeit bis zur Antwort"),
    "plot.no_answer": ("Questions without an answer", "Fragen ohne Antwort"),
    "plot.unproven": ("Answers with an unsupported claim", "Antworten mit einer unbelegten Aussage"),
    "unit.similarity": ("cosine", "Kosinus"),
    "unit.latency": ("seconds", "Sekunden"),
    "unit.no_answer": ("share", "Anteil"),
    "unit.unproven": ("share", "Anteil"),
    "plot.description": (
        "{title}: {count} {means}, from {least} to {most} {unit}, last {last}.",
        "{title}: {count} Werte ({means}), von {least} bis {most} {unit}, zuletzt {last}.",
    ),
}
