"""What AWS's own models require of an operation's parameters: members, types, lengths, ranges, patterns, enumerations.

botocore's validator knows members, types and the least of a range, and leaves the rest to the service.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import cache
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StructureShape

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes,),
    "timestamp": (datetime.datetime,),
}

Problem = tuple[str, str, object]
"""A place such as .Tags[].Key, what is wrong there, and the value."""


def problems(shape: Shape, value: Any, place: str = "") -> Iterator[Problem]:
    """All that the shape has against a value."""
    if isinstance(shape, StructureShape):
        yield from _of_structure(shape, value, place)
    elif isinstance(shape, ListShape):
        yield from _of_size(shape, len(value), value, place)
        for one in value:
            yield from problems(shape.member, one, f"{place}[]")
    elif isinstance(shape, MapShape):
        yield from _of_size(shape, len(value), value, place)
        for key, one in value.items():
            yield from problems(shape.key, key, f"{place}{{key}}")
            yield from problems(shape.value, one, f"{place}{{}}")
    else:
        yield from _of_scalar(shape, value, place)


def _of_structure(shape: StructureShape, value: Any, place: str) -> Iterator[Problem]:
    if shape.is_document_type or value is None:  # None: the decoder has said why
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{place}.{name}", "is required", value
    if shape.is_tagged_union and len(value) != 1:
        yield place, "must have one member", value
    for name, one in value.items():
        if one is not None:
            yield from problems(shape.members[name], one, f"{place}.{name}")


def _of_scalar(shape: Shape, value: Any, place: str) -> Iterator[Problem]:
    wanted = TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        yield place, f"is no {shape.type_name}", value
        return
    if isinstance(value, str | bytes):
        yield from _of_size(shape, len(value), value, place)
    elif isinstance(value, int | float):
        yield from _of_size(shape, value, value, place)
    if isinstance(value, str):
        if (allowed := shape.metadata.get("enum")) and value not in allowed:
            yield place, "is not one of the values", value
        if (pattern := shape.metadata.get("pattern")) and not matches(pattern, value):
            yield place, f"does not match {pattern}", value


def _of_size(shape: Shape, size: float, value: object, place: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield place, f"is less than {least}", value
    if most is not None and size > most:
        yield place, f"is more than {most}", value


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is that of the whole text: patterns that end without `$` are meant so too."""
    return compiled_pattern(pattern).fullmatch(text) is not None


SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
"""The characters beyond 16 bits, as Java writes and as Python does."""


@cache
def compiled_pattern(pattern: str) -> regex.Pattern[str]:
    """A Java pattern. Its \\w and \\d are ASCII's; the letters of \\p are not."""
    return regex.compile(pattern.replace(*SURROGATES), 0 if r"\p" in pattern else regex.ASCII)
