"""What becomes of a file that is uploaded to a library which takes uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runtime.ports import NotFound, PlumblineError

Choice = Literal["replace", "keep", "skip"]


class UploadGone(NotFound):
    """The uploaded file is no longer kept."""


class TooManyUndecided(PlumblineError):
    """Too many files wait for a decision."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of a file. It is `stored` as `document`; or it is kept as `id` until somebody decides, since another
    document has its name (`taken`) or the same bytes (`same`): `document` is that one."""

    result: Literal["stored", "taken", "same"]
    document: str
    id: str = ""
