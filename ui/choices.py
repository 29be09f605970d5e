"""Choices from lists are accepted as sent: the page's handlers check that they exist and belong to the reader.

Gradio accepts only what it has offered to the open page itself. It forgets that on a restart, and when later pages need
the room; and searching the list leaves out the conversation that is open beside it.
"""

from __future__ import annotations

from typing import Any

import gradio as gr


def accept_any_choice() -> None:
    """Have Gradio pass on every choice that is a string, and nothing else. (A subclass is no option: Gradio would write
    a file beside its source.)"""
    gr.Radio.preprocess = _one
    gr.Dropdown.preprocess = _some


def _one(_: gr.Radio, chosen: Any) -> str | None:
    return chosen if isinstance(chosen, str) else None


def _some(dropdown: gr.Dropdown, chosen: Any) -> str | list[str] | None:
    if dropdown.multiselect:
        return [one for one in chosen if isinstance(one, str)] if isinstance(chosen, list) else []
    return chosen if isinstance(chosen, str) else None
