"""What goes wrong in a handler of the page, said on it in words."""

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
    """The handler, whose typed errors are a message on the page and a line in the log, without a traceback."""

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
