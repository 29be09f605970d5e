"""Threads that work in the background."""

from __future__ import annotations

import os
import sys
import threading

LOWEST_PRIORITY = 19


def yield_to_questions() -> None:
    """Lower the priority of this thread and of those that it starts: what they do takes all cores, and a question waits
    for one. Linux alone has a priority for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
