"""A choice from a list is taken as it comes: the page's handlers see to it that it is there, and the reader's own.

Gradio takes only what it has itself offered to the open page. That it forgets when it is started again, and when pages
that were opened later need the room; and a search in the list leaves out the conversation that is open beside it.
"""

from __future__ import annotations

from typing import Any

import gradio as gr


def accept_any_choice() -> None:
    """Have Gradio hand on each choice that is a text, and nothing else. (Of a component that is derived from its own,
    Gradio writes a file beside the source.)"""
    gr.Radio.preprocess = _one
    gr.Dropdown.preprocess = _some


def _one(_: gr.Radio, chosen: Any) -> str | None:
    return chosen if isinstance(chosen, str) else None


def _some(dropdown: gr.Dropdown, chosen: Any) -> str | list[str] | None:
    if dropdown.multiselect:
        return [one for one in chosen if isinstance(one, str)] if isinstance(chosen, list) else []
    return chosen if isinstance(chosen, str) else None
