"""Errors in the page's handlers, shown on the page as messages."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import wraps
from html import escape
from typing import Any

import gradio as gr

from runtime.ports import PlumblineError
from ui.texts import texts_of

log = logging.getLogger("plumbline.page")


def with_error_messages(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, with its typed errors shown as a message on the page and logged in one line, without a traceback."""

    @wraps(handler)
    def called(*arguments: Any) -> Any:
        try:
            return handler(*arguments)
        except (PlumblineError, OSError) as error:
            raise _shown(error, arguments) from error

    @wraps(handler)
    async def streamed(*arguments: Any) -> AsyncIterator[Any]:
        try:
            async with aclosing(handler(*arguments)) as stream:
                async for one in stream:
                    yield one
        except (PlumblineError, OSError) as error:
            raise _shown(error, arguments) from error

    return streamed if inspect.isasyncgenfunction(handler) else called


def _shown(error: Exception, arguments: Sequence[Any]) -> gr.Error:
    log.warning("%s", error)
    texts = texts_of(next(one for one in arguments if isinstance(one, gr.Request)))
    # Gradio shows a message as HTML.
    return gr.Error(escape(str(error)), title=texts("message.failed"), print_exception=False)
