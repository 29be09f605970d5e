"""All texts of the page, in English and German. Error messages of the library stay English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import gradio as gr
from starlette.requests import HTTPConnection

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

TEXTS: dict[str, tuple[str, str]] = {
    # --- header ---
    "head.promise": (
        "Ask your documents. Every claim cites its page.",
        "Fragen Sie Ihre Dokumente. Jede Aussage mit Seitenangabe.",
    ),
    "head.sign_out": ("Sign out", "Abmelden"),
    "head.chat": ("Chat", "Chat"),
    "head.documents": ("Documents", "Dokumente"),
    "head.monitoring": ("Monitoring", "Überwachung"),
    "keys.title": ("Keyboard shortcuts", "Tastenkürzel"),
    "keys.close": ("Close", "Schließen"),
    "keys.Alt+Q": ("Ask a question", "Frage stellen"),
    "keys.Alt+N": ("New conversation", "Neue Unterhaltung"),
    "keys.Alt+S": ("Search conversations", "Unterhaltungen durchsuchen"),
    "keys.Esc": ("Stop the answer", "Antwort stoppen"),
    "keys.Alt+K": ("Show this list", "Diese Liste anzeigen"),
    "copy.with_sources": ("Copied with sources.", "Mit Quellen kopiert."),
    "copy.alone": ("Copied.", "Kopiert."),
    "copy.failed": ("Copying failed.", "Kopieren fehlgeschlagen."),
    # --- conversations ---
    "conversations.title": ("Conversations", "Unterhaltungen"),
    "conversations.new": ("New conversation", "Neue Unterhaltung"),
    "conversations.search": ("Search conversations", "Unterhaltungen durchsuchen"),
    "conversations.none": (
        "No conversations yet. Your first question starts one.",
        "Noch keine Unterhaltungen. Ihre erste Frage beginnt eine.",
    ),
    "conversations.not_found": ("No conversation contains these words.", "Keine Unterhaltung enthält diese Wörter."),
    "conversation.this": ("This conversation", "Diese Unterhaltung"),
    "conversation.title": ("Title", "Titel"),
    "conversation.rename": ("Rename", "Umbenennen"),
    "conversation.delete": ("Delete", "Löschen"),
    "conversation.choose": (
        "Choose a conversation and enter a title first.",
        "Wählen Sie zuerst eine Unterhaltung und geben Sie einen Titel ein.",
    ),
    "conversation.gone": ("Conversation not found.", "Unterhaltung nicht gefunden."),
    "export.choose": ("Choose a conversation to export.", "Wählen Sie eine Unterhaltung zum Exportieren."),
    "export.link": ("Export as Markdown", "Als Markdown exportieren"),
    "export.file": ("conversation", "Unterhaltung"),
    # --- asking ---
    "ask.begin": (
        "**What would you like to know?**\n\nAnswers come only from the documents, with the pages to check them.",
        "**Was möchten Sie wissen?**\n\nDie Antworten stammen nur aus den Dokumenten, mit den Seiten zum Nachprüfen.",
    ),
    "ask.question": ("Question", "Frage"),
    "ask.placeholder": ("Ask a question …", "Stellen Sie eine Frage …"),
    "ask.send": ("Ask", "Fragen"),
    "ask.stop": ("Stop", "Stopp"),
    "ask.again": ("Ask again", "Noch einmal fragen"),
    "ask.about": ("What does “{title}” say about “{heading}”?", "Was sagt „{title}“ über „{heading}“?"),
    "ask.only": ("Only these documents", "Nur diese Dokumente"),
    "ask.only_one": ("Only this document is searched.", "Nur dieses Dokument wird durchsucht."),
    "ask.only_many": ("Only these {count} documents are searched.", "Nur diese {count} Dokumente werden durchsucht."),
    "ask.busy": ("Your last question is still being answered.", "Ihre letzte Frage wird noch beantwortet."),
    "ask.busy_remedy": ("Wait for the answer or stop it.", "Warten Sie die Antwort ab oder stoppen Sie sie."),
    "ask.closing": (
        "This page is restarting and takes no new questions.",
        "Diese Seite startet gerade neu und nimmt keine neuen Fragen an.",
    ),
    "ask.closing_remedy": ("Ask again in a minute.", "Fragen Sie in einer Minute noch einmal."),
    "ask.too_often": (
        "You have reached the limit of {most} questions a minute.",
        "Sie haben das Limit von {most} Fragen pro Minute erreicht.",
    ),
    "ask.too_often_remedy": ("Ask again in {seconds} seconds.", "Fragen Sie in {seconds} Sekunden noch einmal."),
    "answer.stopped": ("Stopped.", "Gestoppt."),
    "answer.failed": ("The answer was interrupted.", "Die Antwort wurde unterbrochen."),
    "answer.refused": (
        "The documents do not say. The nearest pages are beside this answer.",
        "In den Dokumenten steht dazu nichts. Die ähnlichsten Seiten stehen neben dieser Antwort.",
    ),
    "answer.refused_alone": (
        "The documents do not say. The library has nothing near this question.",
        "In den Dokumenten steht dazu nichts. Die Bibliothek enthält nichts, was zu dieser Frage passt.",
    ),
    "answer.not_found": ("not found in the sources", "in den Quellen nicht gefunden"),
    "answer.follows": ("Read as a follow-up: {question}", "Als Anschlussfrage gelesen: {question}"),
    "answer.seconds": ("{seconds} s", "{seconds} s"),
    "answer.tokens": ("{tokens} tokens", "{tokens} Tokens"),
    "unanswered.empty": ("The model returned an empty answer.", "Das Modell hat eine leere Antwort geliefert."),
    "unanswered.filtered": (
        "The model's content filter blocked the answer.",
        "Der Inhaltsfilter des Modells hat die Antwort blockiert.",
    ),
    "unanswered.cut off": (
        "The answer was cut off: it reached the model's length limit.",
        "Die Antwort wurde abgeschnitten: Sie hat die Längengrenze des Modells erreicht.",
    ),
    "unanswered.broken off": ("The answer was interrupted.", "Die Antwort wurde unterbrochen."),
    "unanswered.too long": (
        "The question and its sources are too long for the model.",
        "Die Frage und ihre Quellen sind zu lang für das Modell.",
    ),
    "answer.gone": ("That answer no longer exists.", "Diese Antwort gibt es nicht mehr."),
    "comment.label": ("What was good or bad?", "Was war gut oder schlecht?"),
    "comment.send": ("Send comment", "Kommentar senden"),
    "comment.thanks": ("Thank you.", "Vielen Dank."),
    # --- sources ---
    "language.ar": ("Arabic", "Arabisch"),
    "language.cs": ("Czech", "Tschechisch"),
    "language.da": ("Danish", "Dänisch"),
    "language.de": ("German", "Deutsch"),
    "language.en": ("English", "Englisch"),
    "language.es": ("Spanish", "Spanisch"),
    "language.fr": ("French", "Französisch"),
    "language.it": ("Italian", "Italienisch"),
    "language.ja": ("Japanese", "Japanisch"),
    "language.ko": ("Korean", "Koreanisch"),
    "language.nl": ("Dutch", "Niederländisch"),
    "language.pl": ("Polish", "Polnisch"),
    "language.pt": ("Portuguese", "Portugiesisch"),
    "language.ru": ("Russian", "Russisch"),
    "language.sv": ("Swedish", "Schwedisch"),
    "language.tr": ("Turkish", "Türkisch"),
    "language.uk": ("Ukrainian", "Ukrainisch"),
    "language.zh": ("Chinese", "Chinesisch"),
    "sources.title": ("Sources", "Quellen"),
    "sources.nearest": ("Nearest pages", "Ähnlichste Seiten"),
    "sources.none": (
        "An answer's sources appear here, each with its page.",
        "Hier erscheinen die Quellen einer Antwort, jede mit ihrer Seite.",
    ),
    "picture.deleted": (
        "This document has been deleted.",
        "Dieses Dokument wurde gelöscht.",
    ),
    "picture.not_kept": (
        "This document has been replaced, and the cited version is no longer kept.",
        "Dieses Dokument wurde inzwischen ersetzt. Die zitierte Fassung ist nicht mehr gespeichert.",
    ),
    "picture.no_page": ("The document has no such page.", "Diese Seite gibt es im Dokument nicht."),
    "picture.not_now": (
        "The page can't be shown at the moment. Try again in a minute.",
        "Die Seite lässt sich zurzeit nicht anzeigen. Versuchen Sie es in einer Minute noch einmal.",
    ),
    "sources.page": ("page {page}", "Seite {page}"),
    "sources.pages": ("pages {pages}", "Seiten {pages}"),
    "sources.words": ("keyword match", "Stichworttreffer"),
    "sources.recognized": ("read from a picture, {sure}% sure", "aus einem Bild gelesen, {sure} % sicher"),
    "sources.doubtful": (
        "Doubtful words in what is cited: {words}. Compare them with the page.",
        "Unsichere Wörter im Zitierten: {words}. Vergleichen Sie sie mit der Seite.",
    ),
    "sources.similarity": ("similarity {similarity}", "Ähnlichkeit {similarity}"),
    "sources.picture": (
        "Page {page} of {document} with the passage highlighted",
        "Seite {page} von {document} mit markierter Passage",
    ),
    # --- the line above the chat ---
    "status.one": ("1 document", "1 Dokument"),
    "status.many": ("{count} documents", "{count} Dokumente"),
    "status.reading": (
        "Reading: {documents} to go, {searchable} searchable.",
        "Einlesen: noch {documents}, {searchable} durchsuchbar.",
    ),
    "status.quotes": (
        "{documents}. Answers quote these documents word for word. No language model writes them: nothing is "
        "summarised, compared or calculated.",
        "{documents}. Antworten zitieren diese Dokumente wörtlich. Kein Sprachmodell schreibt sie: Es wird nichts "
        "zusammengefasst, verglichen oder berechnet.",
    ),
    "status.writes": (
        "{documents}. Answers by {model}, from these documents and not from general knowledge. It can be wrong: "
        "check the cited page.",
        "{documents}. Antworten von {model}, aus diesen Dokumenten und nicht aus allgemeinem Wissen. Das Modell kann "
        "sich irren: Prüfen Sie die zitierte Seite.",
    ),
    "status.unread": ("No document could be read.", "Es konnte kein Dokument gelesen werden."),
    "status.unread_why": ("The Documents tab says why.", "Der Reiter „Dokumente“ zeigt den Grund."),
    "status.unread_tell": (
        "Please tell the library's operators.",
        "Bitte informieren Sie die Betreiber der Bibliothek.",
    ),
    "status.empty": ("The library is empty.", "Die Bibliothek ist leer."),
    "status.empty_add": ("Add PDFs on the Documents tab.", "Fügen Sie im Reiter „Dokumente“ PDFs hinzu."),
    "status.empty_wait": ("Its operators add the documents.", "Dokumente fügen ihre Betreiber hinzu."),
    "status.unreachable": (
        "The library can't be reached at the moment. This page keeps trying.",
        "Die Bibliothek ist zurzeit nicht erreichbar. Diese Seite versucht es weiter.",
    ),
    "status.languages": (
        "The search understands {known}. It finds documents in other languages ({others}) by keywords only.",
        "Die Suche versteht {known}. Dokumente in anderen Sprachen ({others}) findet sie nur über Stichwörter.",
    ),
    "status.unanswered": (
        "The last question could not be answered.",
        "Die letzte Frage konnte nicht beantwortet werden.",
    ),
    "unavailable.conversations": (
        "Conversations can't be reached at the moment.",
        "Die Unterhaltungen sind zurzeit nicht erreichbar.",
    ),
    "unavailable.index": (
        "The documents can't be searched at the moment.",
        "Die Dokumente können zurzeit nicht durchsucht werden.",
    ),
    "unavailable.embeddings": (
        "The search model can't be reached at the moment.",
        "Das Suchmodell ist zurzeit nicht erreichbar.",
    ),
    "unavailable.answers": (
        "The language model can't be reached at the moment.",
        "Das Sprachmodell ist zurzeit nicht erreichbar.",
    ),
    # --- documents ---
    "documents.drop": ("Drop PDFs here, or click to choose", "PDFs hier ablegen oder zum Auswählen klicken"),
    "documents.empty": ("The library is empty. Drop PDFs above.", "Die Bibliothek ist leer. Legen Sie oben PDFs ab."),
    "documents.document": ("Document", "Dokument"),
    "documents.state": ("Status", "Status"),
    "documents.pages": ("Pages", "Seiten"),
    "documents.passages": ("Passages", "Passagen"),
    "documents.reader": ("Reader", "Gelesen mit"),
    "documents.doubts": ("Left out: {kinds}.", "Weggelassen: {kinds}."),
    "documents.attached": ("Attached, and not read: {names}.", "Angehängt und nicht gelesen: {names}."),
    "documents.twin": (
        "The same file as {document}; it is searched once.",
        "Dieselbe Datei wie {document}; sie wird einmal durchsucht.",
    ),
    "documents.left_out": ("Everything left out, by document", "Alles Weggelassene, nach Dokument"),
    "documents.progress": ("{done} of {pages}", "{done} von {pages}"),
    "documents.to_delete": ("Delete a document", "Dokument löschen"),
    "documents.delete": ("Delete", "Löschen"),
    "documents.sure": ("Yes, delete it", "Ja, löschen"),
    "documents.choose": (
        "First choose the document to delete.",
        "Wählen Sie zuerst das Dokument, das gelöscht werden soll.",
    ),
    "documents.deleted": (
        "{document} is being removed from the library.",
        "{document} wird aus der Bibliothek entfernt.",
    ),
    "documents.too_many": (
        "These are {count} files; the limit is {most} at once. Drop fewer.",
        "Das sind {count} Dateien; höchstens {most} auf einmal sind möglich. Legen Sie weniger ab.",
    ),
    "documents.taken": (
        "There are other documents with these names already: {names}.",
        "Es gibt schon andere Dokumente mit diesen Namen: {names}.",
    ),
    "documents.replace": ("Replace them", "Ersetzen"),
    "documents.keep": ("Keep both", "Beide behalten"),
    "documents.skip": ("Skip the new ones", "Neue verwerfen"),
    "documents.upload_again": (
        "The uploaded files are no longer kept. Drop them again.",
        "Die hochgeladenen Dateien sind nicht mehr vorhanden. Legen Sie sie noch einmal ab.",
    ),
    "documents.elsewhere": (
        "This library takes its documents from its file system.",
        "Diese Bibliothek bezieht ihre Dokumente aus ihrem Dateisystem.",
    ),
    "state.waiting": ("waiting", "wartet"),
    "state.reading": ("reading", "wird gelesen"),
    "state.recognizing": ("reading pictures", "Bilder werden gelesen"),
    "state.ready": ("ready", "bereit"),
    "state.failed": ("failed", "fehlgeschlagen"),
    "state.encrypted": ("encrypted", "verschlüsselt"),
    "state.damaged": ("damaged", "beschädigt"),
    "state.too large": ("too large", "zu groß"),
    "state.timed out": ("timed out", "Zeitüberschreitung"),
    "state.no text": ("no text", "kein Text"),
    "state.xfa form": ("XFA form", "XFA-Formular"),
    "state.portfolio": ("portfolio", "Portfolio"),
    "state.not a pdf": ("not a PDF", "kein PDF"),
    "state.empty": ("empty", "leer"),
    "doubts.outside": (
        "words outside the page: {count} (e.g. on page {page})",
        "Wörter außerhalb der Seite: {count} (z. B. auf Seite {page})",
    ),
    "doubts.invisible": (
        "invisible words: {count} (e.g. on page {page})",
        "unsichtbare Wörter: {count} (z. B. auf Seite {page})",
    ),
    "doubts.covered": (
        "covered words: {count} (e.g. on page {page})",
        "verdeckte Wörter: {count} (z. B. auf Seite {page})",
    ),
    "doubts.background": (
        "words in the same colour as their background: {count} (e.g. on page {page})",
        "Wörter in der Farbe ihres Hintergrunds: {count} (z. B. auf Seite {page})",
    ),
    "doubts.annotations": (
        "form fields and notes: {count} (e.g. on page {page})",
        "Formularfelder und Notizen: {count} (z. B. auf Seite {page})",
    ),
    "doubts.attachments": ("attached files: {count}", "angehängte Dateien: {count}"),
    "doubts.page number": (
        "page numbers: {count} (e.g. on page {page})",
        "Seitenzahlen: {count} (z. B. auf Seite {page})",
    ),
    "doubts.repeated": (
        "repeated headers and footers: {count} (e.g. on page {page})",
        "wiederholte Kopf- und Fußzeilen: {count} (z. B. auf Seite {page})",
    ),
    "doubts.contents": (
        "parts of a table of contents: {count} (e.g. on page {page})",
        "Teile eines Inhaltsverzeichnisses: {count} (z. B. auf Seite {page})",
    ),
    "doubts.index": (
        "parts of an index: {count} (e.g. on page {page})",
        "Teile eines Stichwortverzeichnisses: {count} (z. B. auf Seite {page})",
    ),
    "doubts.unrecognized": (
        "pages with pictures that could not be read: {count} (e.g. page {page})",
        "Seiten mit Bildern, die nicht gelesen werden konnten: {count} (z. B. Seite {page})",
    ),
    "doubts.garbled": (
        "unreadable pages: {count} (e.g. on page {page})",
        "unlesbare Seiten: {count} (z. B. auf Seite {page})",
    ),
    "skipped.blank": ("blank", "leer"),
    "skipped.image": ("image only", "nur Bild"),
    "skipped.garbled": ("unreadable", "unlesbar"),
    "skipped.timed out": ("timed out", "Zeitüberschreitung"),
    "skipped.damaged": ("damaged", "beschädigt"),
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
    # --- messages ---
    "message.warning": ("Warning", "Hinweis"),
    "message.info": ("Info", "Info"),
    "message.failed": ("That did not work", "Das hat nicht funktioniert"),
    "message.another": (
        "This page was opened by someone else. Reload it.",
        "Diese Seite wurde von jemand anderem geöffnet. Laden Sie sie neu.",
    ),
    "message.operators": ("Only operators may do that.", "Das dürfen nur die Betreiber."),
    # --- responses in place of the page ---
    "refused.not_allowed": ("This is not allowed.", "Das ist nicht erlaubt."),
    "refused.401": (
        "You are not signed in. Open the page's address again.",
        "Sie sind nicht angemeldet. Öffnen Sie die Adresse der Seite noch einmal.",
    ),
    "refused.413": (
        "This is too large. Upload less at once.",
        "Das ist zu groß. Laden Sie weniger auf einmal hoch.",
    ),
    "refused.429": ("Too many requests. Wait a moment.", "Zu viele Anfragen. Warten Sie einen Moment."),
    "refused.503": (
        "Your sign-in can't be checked at the moment. Try again in a minute.",
        "Ihre Anmeldung kann zurzeit nicht geprüft werden. Versuchen Sie es in einer Minute noch einmal.",
    ),
    # --- Gradio's own texts that it lacks in German ---
    "chatbot.copy_message": ("Copy message", "Nachricht kopieren"),
    "chatbot.copied_message": ("Copied message", "Nachricht kopiert"),
}
"""By key. Gradio looks up its own texts under the last keys."""


class Texts:
    """The texts in one language: `texts("ask.send")`, with values for the placeholders by name."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key."""
        return TEXTS[key][LANGUAGES.index(self.language)].format(**values)

    def language_name(self, code: str) -> str:
        """A language's name, or its code (ISO 639-1) if it has none here."""
        return self(f"language.{code}") if f"language.{code}" in TEXTS else code

    def number(self, value: float, form: str) -> str:
        """A number as the language writes it."""
        written = format(value, form)
        return written.translate(str.maketrans(",.", ".,")) if self.language == "de" else written


ENGLISH, GERMAN = (Texts(language) for language in LANGUAGES)


def texts_of(request: gr.Request | HTTPConnection) -> Texts:
    """The texts in the language that the reader prefers.

    Gradio makes the same choice in the browser: if the preferred language is not available both use English, even if
    German comes second.
    """
    best, most = "", 0.0
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, weight = part.partition(";")
        quality = _quality(weight)
        if quality > most:
            best, most = tag.strip().lower(), quality
    return GERMAN if best.split("-")[0] == GERMAN.language else ENGLISH


def _quality(weight: str) -> float:
    """A language's weight, from 0 to 1 (RFC 9110, 12.4.2)."""
    try:
        return float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0


def dictionary(areas: Mapping[str, Callable[[Texts], str]]) -> gr.I18n:
    """The texts for Gradio in the browser, with the HTML areas made from them."""
    return gr.I18n(
        **{
            texts.language: {key: text[LANGUAGES.index(texts.language)] for key, text in TEXTS.items()}
            | {name: area(texts) for name, area in areas.items()}
            for texts in (ENGLISH, GERMAN)
        }
    )
