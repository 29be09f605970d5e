"""What is stored says its format: an older one is read, a newer one is refused.

The numbers are in `runtime.names`. Whatever says none is of format 1, from before formats had numbers. A format only
grows: fields are added, and keep their meaning. A number is raised when an earlier version of Plumbline would lose or
misread what a later one has stored.
"""

from __future__ import annotations

from runtime.ports import PlumblineError

FIRST = 1
"""The format of what says none."""


class NewerFormat(PlumblineError):
    """Something was stored by a later version of Plumbline."""


def check_format(what: str, found: int, known: int) -> None:
    """NewerFormat if `what` was stored in a later format than the last one known."""
    if found > known:
        raise NewerFormat(
            f"{what} has format {found}; this version of Plumbline reads formats up to {known}.",
            "Update Plumbline to the version that wrote it, or a later one.",
        )
