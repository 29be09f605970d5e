"""The library: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
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
}
