"""Whether another process of this machine is still alive, by the name under which it works."""

from __future__ import annotations

import os


def has_died(owner: str) -> bool:
    """Whether the owner names a process (NUMBER-...) of this machine that no longer exists."""
    number = owner.partition("-")[0]
    if not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is alive, but another user's
        return False
    return False
