"""Messages and refusals: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
    # --- messages ---
    "message.bad_request": (
        "The request is not valid. Reload the page.",
        "Die Anfrage ist ungültig. Laden Sie die Seite neu.",
    ),
    "net.unreachable": ("The server can't be reached.", "Der Server ist nicht erreichbar."),
    "net.failed": ("That did not work. Try again.", "Das hat nicht funktioniert. Versuchen Sie es noch einmal."),
    "net.signed_out": ("You are signed out.", "Sie sind abgemeldet."),
    "net.sign_in": ("Sign in", "Anmelden"),
    "net.lost": (
        "The connection is lost. This page keeps trying.",
        "Die Verbindung ist unterbrochen. Diese Seite versucht es weiter.",
    ),
    "net.restarting": (
        "The server is restarting. This page waits for it.",
        "Der Server startet gerade neu. Diese Seite wartet auf ihn.",
    ),
    "net.updated": ("There is a new version of this page.", "Es gibt eine neue Version dieser Seite."),
    "net.reload": ("Reload", "Neu laden"),
    "pop.close": ("Close", "Schließen"),
    "pop.cancel": ("Cancel", "Abbrechen"),
    "page.too_many": ("Too many pages are open.", "Es sind zu viele Seiten geöffnet."),
    "page.too_many_remedy": ("Close some of them.", "Schließen Sie einige davon."),
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
}
