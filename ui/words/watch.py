"""The watch view: texts in English and German, by key. Those of the reports are in `runtime.report_words`."""

from runtime import report_words

TEXTS: dict[str, tuple[str, str]] = {
    **report_words.TEXTS,
    "watch.title": ("Watch", "Beobachten"),
    "watch.documents": ("Documents", "Dokumente"),
    "watch.questions": ("Questions", "Fragen"),
    "watch.speed": ("Speed", "Tempo"),
    "watch.as_of": ("As of {made}", "Stand: {made}"),
    "watch.todo": ("What to do", "Was zu tun ist"),
    # --- documents ---
    "documents.none": (
        "It is not known yet whether new documents resemble the others.",
        "Noch ist nicht bekannt, ob neue Dokumente den übrigen gleichen.",
    ),
    "todo.none": (
        "Take a baseline of what the library holds now. Later documents are compared with it; both need 200 passages.",
        "Erfassen Sie den jetzigen Stand der Bibliothek. Spätere Dokumente werden damit verglichen; beides braucht 200 "
        "Passagen.",
    ),
    "todo.baseline": (
        "Compare once documents have been added.",
        "Vergleichen Sie, sobald Dokumente hinzugekommen sind.",
    ),
    "todo.same": ("Nothing.", "Nichts."),
    "todo.uncertain": ("Compare again when more has come.", "Vergleichen Sie noch einmal, wenn mehr da ist."),
    "todo.possible": (
        "Look at the passages in the report. If they belong in the library, take a new baseline.",
        "Sehen Sie sich die Passagen im Bericht an. Gehören sie in die Bibliothek, erfassen Sie einen neuen Stand.",
    ),
    "todo.drift": (
        "Look at the passages in the report. If they belong in the library, take a new baseline.",
        "Sehen Sie sich die Passagen im Bericht an. Gehören sie in die Bibliothek, erfassen Sie einen neuen Stand.",
    ),
    "todo.alarm": (
        "Look at the passages in the report: remove what does not belong, or take a new baseline.",
        "Sehen Sie sich die Passagen im Bericht an: Entfernen Sie, was nicht hineingehört, oder erfassen Sie einen "
        "neuen Stand.",
    ),
    # --- questions ---
    "questions.none": (
        "No questions were asked in the last seven days.",
        "In den letzten sieben Tagen wurden keine Fragen gestellt.",
    ),
    "questions.answered": (
        "{share} of the last seven days' questions had no answer.",
        "{share} der Fragen der letzten sieben Tage blieben ohne Antwort.",
    ),
    "questions.many": (
        "{share} of the last seven days' questions had no answer: the library lacks something.",
        "{share} der Fragen der letzten sieben Tage blieben ohne Antwort: Der Bibliothek fehlt etwas.",
    ),
    "questions.todo_none": ("Nothing yet.", "Noch nichts."),
    "questions.todo_answered": (
        "Look at the questions below that had no answer.",
        "Sehen Sie sich unten die Fragen ohne Antwort an.",
    ),
    "questions.todo_many": (
        "Add documents about the questions below.",
        "Fügen Sie Dokumente zu den Fragen unten hinzu.",
    ),
    # --- speed ---
    "speed.none": ("No answers in the last seven days.", "Keine Antworten in den letzten sieben Tagen."),
    "speed.usual": (
        "An answer takes {seconds} s on average.",
        "Eine Antwort dauert im Mittel {seconds} s.",
    ),
    "speed.slow": (
        "An answer takes {seconds} s on average, which is long.",
        "Eine Antwort dauert im Mittel {seconds} s, und das ist lang.",
    ),
    "speed.slower": (
        "An answer takes {seconds} s on average; in the weeks before it was {before} s.",
        "Eine Antwort dauert im Mittel {seconds} s; in den Wochen davor waren es {before} s.",
    ),
    "speed.todo_none": ("Nothing yet.", "Noch nichts."),
    "speed.todo_usual": ("Nothing.", "Nichts."),
    "speed.todo_slow": (
        "Choose a smaller model, or run it on a faster machine.",
        "Wählen Sie ein kleineres Modell, oder einen schnelleren Rechner dafür.",
    ),
    "speed.todo_slower": (
        "See whether documents are being read, or something else is busy on the machine.",
        "Sehen Sie nach, ob gerade Dokumente gelesen werden oder etwas anderes den Rechner auslastet.",
    ),
    # --- running an analysis ---
    "run.baseline": ("Take a baseline", "Stand erfassen"),
    "run.compare": ("Compare now", "Jetzt vergleichen"),
    "run.stop": ("Stop", "Anhalten"),
    "run.busy": ("An analysis is running already.", "Es läuft schon eine Auswertung."),
    "run.busy_remedy": ("Wait until it has ended.", "Warten Sie, bis sie fertig ist."),
    "step.starting": ("Starting …", "Beginnt …"),
    "step.reading": ("Reading the archive …", "Liest das Archiv …"),
    "step.reading_of": ("Reading the archive: {done} of {of} files", "Liest das Archiv: {done} von {of} Dateien"),
    "step.working": ("Calculating …", "Rechnet …"),
    "ended.done": ("Done.", "Fertig."),
    "ended.nothing": (
        "There is too little new data for this yet; nothing was stored.",
        "Dafür gibt es noch zu wenig Neues; es wurde nichts gespeichert.",
    ),
    "ended.failed": ("This failed: {reason}", "Das ist fehlgeschlagen: {reason}"),
    "ended.stopped": ("Stopped.", "Angehalten."),
    "ended.nightly": (
        "The stack's jobs compare every night; a run takes some minutes.",
        "Die Jobs des Stacks vergleichen jede Nacht; ein Lauf dauert einige Minuten.",
    ),
    # --- reports ---
    "report.title": ("Report", "Bericht"),
    "report.show": ("Report", "Bericht"),
    "report.drift-documents": ("Documents", "Dokumente"),
    "report.drift-prompts": ("Questions over time", "Fragen im Lauf der Zeit"),
    "report.distance": ("Questions and library", "Fragen und Bibliothek"),
    "report.save": ("Save", "Speichern"),
    "report.none": ("There is no report yet.", "Es gibt noch keinen Bericht."),
    "report.unreadable": ("The reports can't be read. {error}", "Die Berichte können nicht gelesen werden. {error}"),
    # --- questions without an answer ---
    "unasked.title": ("Questions without an answer", "Fragen ohne Antwort"),
    "unasked.hint": (
        "What readers asked and the library did not answer, newest first, without who asked.",
        "Was gefragt wurde und die Bibliothek nicht beantwortet hat, Neuestes zuerst, ohne wer gefragt hat.",
    ),
    "unasked.none": ("There are none.", "Es gibt keine."),
    "unasked.refused": ("not in the documents", "steht nicht in den Dokumenten"),
    "unasked.failed": ("the answer failed", "die Antwort ist misslungen"),
    "unasked.nearest": ("Nearest page:", "Ähnlichste Seite:"),
    "unasked.place": ("{document}, p. {page}", "{document}, S. {page}"),
    "unasked.own": ("Open the conversation", "Unterhaltung öffnen"),
    "unasked.more": ("Show all", "Alle zeigen"),
    # --- figures over time ---
    "history.title": ("Over time", "Im Lauf der Zeit"),
    "history.Day": ("Day", "Tag"),
    "history.Week": ("Week", "Woche"),
    "history.Month": ("Month", "Monat"),
    "history.none": ("No questions were asked in this time.", "In dieser Zeit wurden keine Fragen gestellt."),
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
    "spark.documents": (
        "Far passages by comparison, in percent: {values}.",
        "Weit entfernte Passagen je Vergleich, in Prozent: {values}.",
    ),
    "spark.questions": (
        "Questions without an answer by day, in percent: {values}.",
        "Fragen ohne Antwort je Tag, in Prozent: {values}.",
    ),
    "spark.speed": ("Seconds to an answer by day: {values}.", "Sekunden bis zur Antwort je Tag: {values}."),
}
