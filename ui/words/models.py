"""Choosing a model: texts in English and German, by key."""

TEXTS: dict[str, tuple[str, str]] = {}
