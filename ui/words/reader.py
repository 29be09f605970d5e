"""Sources and the pages of documents: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
    "reader.title": ("Cited page", "Zitierte Seite"),
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
    "sources.p": ("p. {page}", "S. {page}"),
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
}
