"""The frame, conversations, questions and answers: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
    # --- header ---
    "head.sign_out": ("Sign out", "Abmelden"),
    "bar.menu": ("Conversations", "Unterhaltungen"),
    "bar.views": ("Views", "Ansichten"),
    "bar.chat": ("Chat", "Chat"),
    "bar.library": ("Library", "Bibliothek"),
    "bar.watch": ("Watch", "Beobachten"),
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
    "status.unread_why": ("The library says why.", "Die Bibliothek zeigt den Grund."),
    "status.unread_tell": (
        "Please tell the library's operators.",
        "Bitte informieren Sie die Betreiber der Bibliothek.",
    ),
    "status.empty": ("The library is empty.", "Die Bibliothek ist leer."),
    "status.empty_add": ("Add PDFs in the library.", "Fügen Sie in der Bibliothek PDFs hinzu."),
    "status.empty_wait": ("Its operators add the documents.", "Dokumente fügen ihre Betreiber hinzu."),
    "status.unreachable": (
        "The library can't be reached at the moment. This page keeps trying.",
        "Die Bibliothek ist zurzeit nicht erreichbar. Diese Seite versucht es weiter.",
    ),
    "status.languages": (
        "The search understands {known}. It finds documents in other languages ({others}) by keywords only.",
        "Die Suche versteht {known}. Dokumente in anderen Sprachen ({others}) findet sie nur über Stichwörter.",
    ),
    "status.title": ("Status", "Status"),
    "status.ready": ("Ready", "Bereit"),
    "status.to_go": ("{count} to go", "Noch {count}"),
    "status.nothing": ("Empty", "Leer"),
    "status.none_readable": ("Nothing readable", "Nichts lesbar"),
    "status.trouble": ("Not everything works", "Nicht alles verfügbar"),
    "status.unanswered": (
        "The last question could not be answered.",
        "Die letzte Frage konnte nicht beantwortet werden.",
    ),
    "unavailable.documents": (
        "The list of documents can't be reached at the moment.",
        "Die Liste der Dokumente ist zurzeit nicht erreichbar.",
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
}
