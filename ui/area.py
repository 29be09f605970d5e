"""An area of the page that shows HTML of our own."""

from __future__ import annotations

from typing import Any

import gradio as gr


def html_area(value: str = "", **options: Any) -> gr.Markdown:
    """An area for the output of `ui.html`: one line that starts with a block tag, which Markdown leaves alone.

    gr.HTML fills in a template with `eval` in the browser (Gradio 6.31), which the content security policy forbids.
    """
    return gr.Markdown(value, sanitize_html=False, latex_delimiters=[], **options)
