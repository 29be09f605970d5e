"""Which seeds the long runs take: `make soak SEEDS=100-199`."""

from __future__ import annotations

import os

_first, _, _last = os.environ.get("PLUMBLINE_SOAK_SEEDS", "0-19").partition("-")
SEEDS = range(int(_first), int(_last or _first) + 1)
