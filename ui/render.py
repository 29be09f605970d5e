"""What the server writes as HTML, from the templates in `ui/templates`, which escape all that is filled in."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ui.texts import Texts

AREAS = ("bar", "left", "chat", "right", "library-view", "watch-view", "over")
"""The areas of the shell that are filled when the page starts."""

SHORTCUTS = ("Alt+Q", "Alt+N", "Alt+S", "Esc", "Alt+K")
"""The keys that main.js listens to."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, texts: Texts, **values: object) -> str:
    """A template filled in; `t` in it are the texts."""
    return _TEMPLATES.get_template(template).render(t=texts, **values)


def frame(texts: Texts) -> dict[str, str]:
    """The areas of the page before anything is known about its reader or library."""
    return {area: render(f"{area}.html", texts, shortcuts=SHORTCUTS) for area in AREAS}
