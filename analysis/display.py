"""Output of the analyses in notebooks."""

from __future__ import annotations

import html
from dataclasses import dataclass

FRAME = "width: 100%; height: 48rem; border: 1px solid #cbd5e1; resize: vertical"


@dataclass(frozen=True, slots=True)
class Framed:
    """A report in a frame of its own, in which nothing runs, whatever the documents and questions in it contain."""

    page: bytes

    def _repr_html_(self) -> str:
        return f'<iframe sandbox title="Report" srcdoc="{html.escape(self.page.decode())}" style="{FRAME}"></iframe>'
