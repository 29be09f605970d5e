"""Choosing a model: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {
    "models.title": ("Model that answers", "Modell, das antwortet"),
    "models.choose": ("Choose a model…", "Modell wählen…"),
    "models.quotes": (
        "No model answers: you get quotes from the documents.",
        "Kein Modell antwortet: Sie erhalten Zitate aus den Dokumenten.",
    ),
    "models.answers": ("{model} answers.", "{model} antwortet."),
    "models.at": ("{model} at {place} answers.", "{model} auf {place} antwortet."),
    "models.with_key": ("The server gets a key.", "Der Server bekommt einen Schlüssel."),
    "models.environment": (
        "An environment variable decides this. Unset PLUMBLINE_GENERATOR_URL or PLUMBLINE_MODEL and start again to "
        "choose here.",
        "Das legt eine Umgebungsvariable fest. Entfernen Sie PLUMBLINE_GENERATOR_URL oder PLUMBLINE_MODEL und starten "
        "Sie neu, um hier zu wählen.",
    ),
    "models.deployed": (
        "The model of a stack is set when it is deployed.",
        "Das Modell eines Stacks wird bei der Bereitstellung festgelegt.",
    ),
    "models.here": ("On this machine", "Auf diesem Rechner"),
    "models.looking": (
        "Looking for Ollama, LM Studio and llama-server…",
        "Ollama, LM Studio und llama-server werden gesucht…",
    ),
    "models.nothing_here": (
        "Neither Ollama, LM Studio nor llama-server responds here.",
        "Weder Ollama noch LM Studio noch llama-server antwortet hier.",
    ),
    "models.no_models": ("no chat model", "kein Chatmodell"),
    "models.server": ("Another server", "Ein anderer Server"),
    "models.url": ("Address", "Adresse"),
    "models.key": ("Key, if it needs one", "Schlüssel, falls nötig"),
    "models.name": ("Name of the model", "Name des Modells"),
    "models.list": ("List its models", "Seine Modelle auflisten"),
    "models.file": ("A GGUF file", "Eine GGUF-Datei"),
    "models.path": ("Path on this machine", "Pfad auf diesem Rechner"),
    "models.use": ("Try and use", "Ausprobieren und verwenden"),
    "models.none": ("Quote the documents", "Dokumente zitieren"),
    "models.trying": (
        "Trying it: it has to answer within a minute…",
        "Wird ausprobiert: Es muss innerhalb einer Minute antworten…",
    ),
    "models.tried": (
        "It answered after {seconds} s: “{words}” It answers from the next question on.",
        "Es hat nach {seconds} s geantwortet: „{words}“ Ab der nächsten Frage antwortet es.",
    ),
    "models.quoting": (
        "From the next question on, the documents are quoted.",
        "Ab der nächsten Frage werden die Dokumente zitiert.",
    ),
    "models.busy": ("Another model is being tried.", "Ein anderes Modell wird gerade ausprobiert."),
    "models.which": ("Choose a model, or name one.", "Wählen oder nennen Sie ein Modell."),
    "models.close": ("Close", "Schließen"),
}
"""By key: English, German."""
