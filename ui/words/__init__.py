"""All texts of the page in English and German, a module for each area. The library's error messages stay English."""

from ui.words import chat, common, library, models, reader, watch

TEXTS: dict[str, tuple[str, str]] = {
    **common.TEXTS,
    **chat.TEXTS,
    **reader.TEXTS,
    **library.TEXTS,
    **watch.TEXTS,
    **models.TEXTS,
}
"""By key: English, German."""
