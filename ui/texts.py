"""All that the page itself says to a reader, in English and in German. What a library's error says stays English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import gradio as gr
from starlette.requests import HTTPConnection

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

TEXTS: dict[str, tuple[str, str]] = {
    # --- the head of the page ---
    "head.promise": (
        "Ask your documents. Every claim names its page.",
        "Fragen Sie Ihre Dokumente. Jede Aussage nennt ihre Seite.",
    ),
    "head.sign_out": ("Sign out", "Abmelden"),
    "head.chat": ("Chat", "Chat"),
    "head.documents": ("Documents", "Dokumente"),
    "head.monitoring": ("Monitoring", "Überwachung"),
    "keys.title": ("Keyboard shortcuts", "Tastenkürzel"),
    "keys.close": ("Close", "Schließen"),
    "keys.Alt+Q": ("Write a question", "Eine Frage schreiben"),
    "keys.Alt+N": ("New conversation", "Neue Unterhaltung"),
    "keys.Alt+S": ("Search conversations", "Unterhaltung suchen"),
    "keys.Esc": ("Stop the answer", "Die Antwort anhalten"),
    "keys.Alt+K": ("This list", "Diese Liste"),
    "copy.with_sources": ("Copied with its sources.", "Mit den Quellen kopiert."),
    "copy.alone": ("Copied.", "Kopiert."),
    "copy.failed": ("It could not be copied.", "Das Kopieren ist nicht gelungen."),
    # --- conversations ---
    "conversations.title": ("Conversations", "Unterhaltungen"),
    "conversations.new": ("New conversation", "Neue Unterhaltung"),
    "conversations.search": ("Search conversations", "Unterhaltung suchen"),
    "conversations.none": (
        "No conversation yet. Your first question begins one.",
        "Noch keine Unterhaltung. Ihre erste Frage beginnt eine.",
    ),
    "conversations.not_found": (
        "No conversation has these words in it.",
        "In keiner Unterhaltung kommen diese Wörter vor.",
    ),
    "conversation.this": ("This conversation", "Diese Unterhaltung"),
    "conversation.title": ("Title", "Titel"),
    "conversation.rename": ("Rename", "Umbenennen"),
    "conversation.delete": ("Delete", "Löschen"),
    "conversation.choose": (
        "Choose a conversation, and give it a title first.",
        "Wählen Sie zuerst eine Unterhaltung, und geben Sie ihr einen Titel.",
    ),
    "conversation.gone": (
        "There is no such conversation of yours.",
        "Eine solche Unterhaltung haben Sie nicht.",
    ),
    "export.choose": (
        "Choose a conversation to export it.",
        "Wählen Sie eine Unterhaltung, um sie zu exportieren.",
    ),
    "export.link": ("Export as Markdown", "Als Markdown exportieren"),
    "export.file": ("conversation", "Unterhaltung"),
    # --- asking ---
    "ask.begin": (
        "**What do you want to know?**\n\nThe answer comes from the documents alone, with the pages to check it.",
        "**Was möchten Sie wissen?**\n\nDie Antwort kommt allein aus den Dokumenten, mit den Seiten zum Nachprüfen.",
    ),
    "ask.question": ("Question", "Frage"),
    "ask.placeholder": ("Ask a question …", "Eine Frage stellen …"),
    "ask.send": ("Ask", "Fragen"),
    "ask.stop": ("Stop", "Anhalten"),
    "ask.again": ("Ask again", "Noch einmal fragen"),
    "ask.about": ("What does “{title}” say about “{heading}”?", "Was sagt „{title}“ über „{heading}“?"),
    "ask.only": ("Only these documents", "Nur diese Dokumente"),
    "ask.only_one": ("Only this document is searched.", "Nur dieses Dokument wird durchsucht."),
    "ask.only_many": ("Only these {count} documents are searched.", "Nur diese {count} Dokumente werden durchsucht."),
    "ask.busy": ("Your last question is being answered.", "Ihre letzte Frage wird gerade beantwortet."),
    "ask.busy_remedy": ("Wait for the answer, or stop it.", "Warten Sie die Antwort ab, oder halten Sie sie an."),
    "ask.closing": (
        "This page is being restarted and takes no new question.",
        "Diese Seite wird neu gestartet und nimmt keine neue Frage an.",
    ),
    "ask.closing_remedy": ("Ask again in a minute.", "Fragen Sie in einer Minute noch einmal."),
    "ask.too_often": (
        "You asked {most} questions within a minute, which is the most.",
        "Sie haben in einer Minute {most} Fragen gestellt; mehr sind nicht möglich.",
    ),
    "ask.too_often_remedy": ("Ask again in {seconds} seconds.", "Fragen Sie in {seconds} Sekunden noch einmal."),
    "answer.stopped": ("Stopped.", "Angehalten."),
    "answer.failed": ("The answer broke off.", "Die Antwort brach ab."),
    "answer.refused": (
        "The documents do not say. The nearest pages are beside this answer.",
        "Die Dokumente sagen dazu nichts. Die nächstliegenden Seiten stehen neben dieser Antwort.",
    ),
    "answer.refused_alone": (
        "The documents do not say. The library has nothing near this question.",
        "Die Dokumente sagen dazu nichts. In der Bibliothek liegt nichts nahe bei dieser Frage.",
    ),
    "answer.not_found": ("not found in the sources", "nicht in den Quellen gefunden"),
    "answer.follows": ("Read with the question before: {question}", "Mit der Frage davor gelesen: {question}"),
    "answer.seconds": ("{seconds} s", "{seconds} s"),
    "answer.tokens": ("{tokens} tokens", "{tokens} Tokens"),
    "unanswered.empty": ("The model gave an empty answer.", "Das Modell gab eine leere Antwort."),
    "unanswered.filtered": (
        "The model's content filter withheld the answer.",
        "Der Inhaltsfilter des Modells hielt die Antwort zurück.",
    ),
    "unanswered.cut off": (
        "The answer was cut off: it reached the model's limit.",
        "Die Antwort wurde abgeschnitten: Das Modell kam an seine Grenze.",
    ),
    "unanswered.broken off": ("The answer broke off.", "Die Antwort brach ab."),
    "unanswered.too long": (
        "The question and its sources are too long for the model.",
        "Die Frage und ihre Quellen sind zu lang für das Modell.",
    ),
    "answer.gone": ("That answer is not there any more.", "Diese Antwort ist nicht mehr da."),
    "comment.label": ("What was good or wrong?", "Was war gut oder falsch?"),
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
    "sources.nearest": ("Nearest pages", "Nächstliegende Seiten"),
    "sources.none": (
        "The sources of an answer appear here, each with its page.",
        "Hier erscheinen die Quellen einer Antwort, jede mit ihrer Seite.",
    ),
    "picture.deleted": (
        "This document has been deleted.",
        "Dieses Dokument wurde gelöscht.",
    ),
    "picture.not_kept": (
        "This document has been replaced since, and the version that was cited is no longer kept.",
        "Dieses Dokument wurde inzwischen ersetzt, und die zitierte Fassung wird nicht mehr aufbewahrt.",
    ),
    "picture.no_page": ("The document has no such page.", "Das Dokument hat keine solche Seite."),
    "picture.not_now": (
        "The page can not be shown now. Try again in a minute.",
        "Die Seite kann jetzt nicht gezeigt werden. Versuchen Sie es in einer Minute noch einmal.",
    ),
    "sources.page": ("page {page}", "Seite {page}"),
    "sources.pages": ("pages {pages}", "Seiten {pages}"),
    "sources.words": ("found by its words", "über seine Wörter gefunden"),
    "sources.similarity": ("similarity {similarity}", "Ähnlichkeit {similarity}"),
    "sources.picture": (
        "Page {page} of {document}, the passage marked",
        "Seite {page} von {document}, die Passage markiert",
    ),
    # --- the line above the chat ---
    "status.one": ("1 document", "1 Dokument"),
    "status.many": ("{count} documents", "{count} Dokumente"),
    "status.reading": (
        "Reading: {documents} to go, {searchable} searchable.",
        "Wird gelesen: noch {documents}, {searchable} durchsuchbar.",
    ),
    "status.quotes": (
        "{documents}. Answers quote these documents to the letter. No language model writes them: "
        "nothing is summed up, compared or calculated.",
        "{documents}. Antworten zitieren diese Dokumente wörtlich. Kein Sprachmodell schreibt sie: "
        "Nichts wird zusammengefasst, verglichen oder berechnet.",
    ),
    "status.writes": (
        "{documents}. Answers by {model}, from these documents and not from general knowledge. "
        "It can be wrong: check the cited page.",
        "{documents}. Es antwortet {model}, aus diesen Dokumenten und nicht aus allgemeinem Wissen. "
        "Es kann sich irren: Prüfen Sie die genannte Seite.",
    ),
    "status.unread": ("No document could be read.", "Kein Dokument konnte gelesen werden."),
    "status.unread_why": ("The Documents tab says why.", "Der Reiter Dokumente sagt, warum."),
    "status.unread_tell": ("Tell who looks after them.", "Sagen Sie es denen, die sie betreuen."),
    "status.empty": ("The library is empty.", "Die Bibliothek ist leer."),
    "status.empty_add": ("Add PDFs on the Documents tab.", "Fügen Sie im Reiter Dokumente PDFs hinzu."),
    "status.empty_wait": ("Its operators add documents.", "Wer sie betreut, fügt Dokumente hinzu."),
    "status.unreachable": (
        "The library can't be reached at the moment. This page tries again by itself.",
        "Die Bibliothek ist zurzeit nicht erreichbar. Diese Seite versucht es von selbst wieder.",
    ),
    "status.languages": (
        "The search knows {known} by meaning; documents in other languages ({others}) it finds by their words alone.",
        "Die Suche kennt dem Sinn nach nur {known}; Dokumente in anderen Sprachen ({others}) findet sie allein über "
        "ihre Wörter.",
    ),
    "status.unanswered": (
        "The last question could not be answered.",
        "Die letzte Frage konnte nicht beantwortet werden.",
    ),
    "lacking.conversations": (
        "Conversations can't be reached at the moment.",
        "Die Unterhaltungen sind zurzeit nicht erreichbar.",
    ),
    "lacking.index": (
        "The documents can't be searched at the moment.",
        "Die Dokumente können zurzeit nicht durchsucht werden.",
    ),
    "lacking.embeddings": (
        "The model that searches can't be reached at the moment.",
        "Das Modell, das sucht, ist zurzeit nicht erreichbar.",
    ),
    "lacking.answers": (
        "The model that answers can't be reached at the moment.",
        "Das Modell, das antwortet, ist zurzeit nicht erreichbar.",
    ),
    # --- documents ---
    "documents.drop": ("Drop PDFs here, or click to choose", "PDFs hier ablegen oder auswählen"),
    "documents.empty": ("The library is empty. Drop PDFs above.", "Die Bibliothek ist leer. Legen Sie oben PDFs ab."),
    "documents.document": ("Document", "Dokument"),
    "documents.state": ("State", "Zustand"),
    "documents.pages": ("Pages", "Seiten"),
    "documents.passages": ("Passages", "Passagen"),
    "documents.reader": ("Reader", "Gelesen mit"),
    "documents.doubts": ("Left out: {kinds}.", "Weggelassen: {kinds}."),
    "documents.left_out": ("All that was left out, by document", "Alles, was weggelassen wurde, nach Dokumenten"),
    "documents.progress": ("{done} of {pages}", "{done} von {pages}"),
    "documents.doomed": ("Delete a document", "Ein Dokument löschen"),
    "documents.delete": ("Delete", "Löschen"),
    "documents.sure": ("Yes, delete it", "Ja, löschen"),
    "documents.choose": (
        "Choose the document to delete first.",
        "Wählen Sie zuerst das Dokument, das gelöscht werden soll.",
    ),
    "documents.deleted": ("{document} is taken out of the library.", "{document} wird aus der Bibliothek genommen."),
    "documents.too_many": (
        "These are {count} files; {most} are the most at once. Drop fewer.",
        "Das sind {count} Dateien; {most} auf einmal sind das Höchste. Legen Sie weniger ab.",
    ),
    "documents.elsewhere": (
        "This library's documents come by its file system.",
        "Die Dokumente dieser Bibliothek kommen über ihr Dateisystem.",
    ),
    "state.waiting": ("waiting", "wartet"),
    "state.reading": ("reading", "wird gelesen"),
    "state.ready": ("ready", "bereit"),
    "state.failed": ("failed", "fehlgeschlagen"),
    "state.encrypted": ("encrypted", "verschlüsselt"),
    "state.damaged": ("damaged", "beschädigt"),
    "state.too large": ("too large", "zu groß"),
    "state.timed out": ("timed out", "dauerte zu lange"),
    "state.no text": ("no text", "kein Text"),
    "state.xfa form": ("XFA form", "XFA-Formular"),
    "state.portfolio": ("portfolio", "Portfolio"),
    "state.not a pdf": ("not a pdf", "kein PDF"),
    "state.empty": ("empty", "leer"),
    "doubts.outside": (
        "words outside the page: {count} (such as on page {page})",
        "Wörter außerhalb der Seite: {count} (etwa auf Seite {page})",
    ),
    "doubts.invisible": (
        "invisible words: {count} (such as on page {page})",
        "unsichtbare Wörter: {count} (etwa auf Seite {page})",
    ),
    "doubts.covered": (
        "covered words: {count} (such as on page {page})",
        "verdeckte Wörter: {count} (etwa auf Seite {page})",
    ),
    "doubts.background": (
        "words in the colour of their background: {count} (such as on page {page})",
        "Wörter in der Farbe ihres Hintergrunds: {count} (etwa auf Seite {page})",
    ),
    "doubts.annotations": (
        "form fields and notes: {count} (such as on page {page})",
        "Formularfelder und Notizen: {count} (etwa auf Seite {page})",
    ),
    "doubts.page number": (
        "page numbers: {count} (such as on page {page})",
        "Seitenzahlen: {count} (etwa auf Seite {page})",
    ),
    "doubts.repeated": (
        "repeated heads and feet: {count} (such as on page {page})",
        "wiederholte Kopf- und Fußzeilen: {count} (etwa auf Seite {page})",
    ),
    "doubts.contents": (
        "parts of a table of contents: {count} (such as on page {page})",
        "Teile eines Inhaltsverzeichnisses: {count} (etwa auf Seite {page})",
    ),
    "doubts.index": (
        "parts of an index: {count} (such as on page {page})",
        "Teile eines Registers: {count} (etwa auf Seite {page})",
    ),
    "doubts.garbled": (
        "unreadable pages: {count} (such as on page {page})",
        "unlesbare Seiten: {count} (etwa auf Seite {page})",
    ),
    "skipped.blank": ("blank", "leer"),
    "skipped.image": ("image", "Bild"),
    "skipped.garbled": ("garbled", "unlesbar"),
    "skipped.timed out": ("timed out", "dauerte zu lange"),
    "skipped.damaged": ("damaged", "beschädigt"),
    # --- monitoring ---
    "report.latest": ("Latest report", "Neuester Bericht"),
    "report.drift-documents": ("Drift of the documents", "Drift der Dokumente"),
    "report.drift-prompts": ("Drift of the questions", "Drift der Fragen"),
    "report.distance": ("Distance of the questions", "Abstand der Fragen"),
    "report.none": ("There is no report yet. {how}", "Es gibt noch keinen Bericht. {how}"),
    "report.frame": ("The report {name}", "Der Bericht {name}"),
    "report.unreadable": ("The reports can't be read. {error}", "Die Berichte lassen sich nicht lesen. {error}"),
    "how.drift-documents": (
        "The first command describes the documents as they are, the second tells whether those that came since differ.",
        "Der erste Befehl beschreibt die Dokumente, wie sie sind; der zweite sagt, ob seither andere kamen.",
    ),
    "how.drift-prompts": (
        "The first command describes the questions until now, the second tells whether those asked since differ.",
        "Der erste Befehl beschreibt die Fragen bis jetzt; der zweite sagt, ob seither anders gefragt wurde.",
    ),
    "how.distance": (
        "This command measures how far the questions lie from the documents.",
        "Dieser Befehl misst, wie weit die Fragen von den Dokumenten entfernt liegen.",
    ),
    "how.nightly": (
        "The stack's own jobs do the same every night.",
        "Die Jobs des Stacks tun das jede Nacht.",
    ),
    "history.of": ("History of the last", "Zeitraum des Verlaufs"),
    "history.Day": ("Day", "Tag"),
    "history.Week": ("Week", "Woche"),
    "history.Month": ("Month", "Monat"),
    "history.none_Day": ("No question was asked in the last day.", "Am letzten Tag wurde nichts gefragt."),
    "history.none_Week": ("No question was asked in the last week.", "In der letzten Woche wurde nichts gefragt."),
    "history.none_Month": ("No question was asked in the last month.", "Im letzten Monat wurde nichts gefragt."),
    "history.unreadable": ("The figures can't be read. {error}", "Die Zahlen lassen sich nicht lesen. {error}"),
    "means.Day": ("15-min means", "Mittel über 15 min"),
    "means.Week": ("hourly means", "Mittel je Stunde"),
    "means.Month": ("6-hour means", "Mittel über 6 h"),
    "plot.similarity": ("Similarity of the passages found", "Ähnlichkeit der gefundenen Passagen"),
    "plot.latency": ("Time to an answer", "Zeit bis zur Antwort"),
    "plot.no_answer": ("Questions without an answer", "Fragen ohne Antwort"),
    "plot.unproven": ("Answers with a claim that no source holds", "Antworten mit einer Aussage ohne Quelle"),
    "unit.similarity": ("cosine", "Kosinus"),
    "unit.latency": ("seconds", "Sekunden"),
    "unit.no_answer": ("share", "Anteil"),
    "unit.unproven": ("share", "Anteil"),
    "plot.said": (
        "{title}: {count} {means}, from {least} to {most} {unit}, last {last}.",
        "{title}: {count} Werte, {means}, von {least} bis {most} {unit}, zuletzt {last}.",
    ),
    # --- messages ---
    "message.warning": ("Warning", "Hinweis"),
    "message.info": ("Info", "Info"),
    "message.failed": ("That did not work", "Das ging nicht"),
    "message.another": (
        "This page was opened by somebody else. Reload it.",
        "Diese Seite hat jemand anderes geöffnet. Laden Sie sie neu.",
    ),
    "message.operators": ("Only operators may do that.", "Das darf nur, wer die Bibliothek betreut."),
    # --- what is said in the page's place ---
    "refused.not_allowed": ("This is not allowed.", "Das ist nicht erlaubt."),
    "refused.401": (
        "You are not signed in. Open the page's own address again.",
        "Sie sind nicht angemeldet. Öffnen Sie die Adresse der Seite noch einmal.",
    ),
    "refused.413": (
        "This is too large. Upload less at once.",
        "Das ist zu groß. Laden Sie weniger auf einmal hoch.",
    ),
    "refused.429": ("These are too many requests. Wait a moment.", "Das sind zu viele Anfragen. Warten Sie etwas."),
    "refused.503": (
        "Signing in can't be checked at the moment. Try again in a minute.",
        "Die Anmeldung kann zurzeit nicht geprüft werden. Versuchen Sie es in einer Minute noch einmal.",
    ),
    # --- Gradio's own words, where it has none in German ---
    "chatbot.copy_message": ("Copy message", "Nachricht kopieren"),
    "chatbot.copied_message": ("Copied message", "Nachricht kopiert"),
}
"""By key. Gradio looks up its own words under the last keys."""


class Texts:
    """The texts in one language: `say("ask.send")`, with what stands in braces by its name."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key."""
        return TEXTS[key][LANGUAGES.index(self.language)].format(**values)

    def language_name(self, code: str) -> str:
        """A language by its name, by its code (ISO 639-1) where it has none here."""
        return self(f"language.{code}") if f"language.{code}" in TEXTS else code

    def number(self, value: float, form: str) -> str:
        """A number as the language writes it."""
        written = format(value, form)
        return written.translate(str.maketrans(",.", ".,")) if self.language == "de" else written


ENGLISH, GERMAN = (Texts(language) for language in LANGUAGES)


def texts_of(request: gr.Request | HTTPConnection) -> Texts:
    """The texts in the language that the request's reader likes best.

    That is the one which Gradio chooses in the browser too: where it is none of ours both take English, even if
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
    """How much a language is liked, from 0 to 1 (RFC 9110, 12.4.2)."""
    try:
        return float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:
        return 0.0


def dictionary(areas: Mapping[str, Callable[[Texts], str]]) -> gr.I18n:
    """The texts as Gradio has them in the browser, with the areas of HTML that are made of them."""
    return gr.I18n(
        **{
            say.language: {key: text[LANGUAGES.index(say.language)] for key, text in TEXTS.items()}
            | {name: area(say) for name, area in areas.items()}
            for say in (ENGLISH, GERMAN)
        }
    )
