"""An area of the page that shows HTML of our own."""

from __future__ import annotations

from typing import Any

import gradio as gr


def html_area(value: str = "", **options: Any) -> gr.Markdown:
    """An area for what `ui.html` makes: one line that begins with a block's tag, which Markdown leaves as it is.

    gr.HTML fills a template by `eval` in the browser (Gradio 6.31), which the content security policy forbids.
    """
    return gr.Markdown(value, sanitize_html=False, latex_delimiters=[], **options)
