"""The shell: a Gradio page of fixed size, with areas that the page's scripts fill and the box for the question."""

from __future__ import annotations

import gradio as gr

MAX_LINES = 8
"""The lines to which the box for the question grows."""


def build() -> gr.Blocks:
    """The bar, the three areas of the chat with its composer, and the views of the library and of watching.

    No event is attached to anything: the page's scripts do its work (see `ui/static/main.js`).
    """
    with gr.Blocks(title="Plumbline", analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        _area("bar")
        with gr.Row(elem_id="chat-view"):
            _area("left")
            with gr.Column(elem_id="middle"):
                _area("chat")
                with gr.Row(elem_id="composer"):
                    gr.Textbox(
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=MAX_LINES,
                        elem_id="question",
                    )
                    _area("tools")
                    gr.Button("", elem_id="send")
                    gr.Button("", elem_id="stop")
            _area("right")
        _area("library-view")
        _area("watch-view")
        _area("over")
    return blocks


def _area(name: str) -> gr.Markdown:
    """An empty area. (gr.HTML fills in a template with `eval` in the browser, which the security policy forbids.)"""
    return gr.Markdown("", elem_id=name, sanitize_html=False, latex_delimiters=[])
