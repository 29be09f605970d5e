"""Serialization of records and messages, the same on one machine and on AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from runtime.names import ARCHIVE_FORMAT
from runtime.ports import ArchiveRecord, Citation, Confidence, Message, PageBox, Source


def archive_line(record: ArchiveRecord) -> bytes:
    """A record of the archive: one JSON object on a line, which says its format."""
    values = {name: getattr(record, name) for name in ("id", "kind", "doc_id", "page", "text", "model", "at")}
    values["format"] = ARCHIVE_FORMAT
    # Nine significant digits restore any float32 exactly.
    values["embedding"] = [float(f"{value:.9g}") for value in record.embedding.tolist()]
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def message_json(message: Message) -> str:
    """A message of a conversation as JSON."""
    return json.dumps(asdict(message))


def message_of(stored: str) -> Message:
    """The message that `message_json` of this or another version wrote; unknown fields are dropped."""
    values = _known_fields(json.loads(stored), Message)
    for name, kind in (("sources", Source), ("citations", Citation)):
        parts = (_known_fields(part, kind) for part in values.get(name, ()))
        values[name] = tuple(kind(**_typed(part)) for part in parts)
    return Message(**values)


def confidence_json(confidence: Confidence | None) -> str:
    """How sure a passage is, as JSON; '' for a document's own text."""
    return json.dumps([round(confidence.mean, 4), confidence.doubtful]) if confidence else ""


def confidence_of(stored: str | None) -> Confidence | None:
    """What `confidence_json` wrote."""
    if not stored:
        return None
    mean, doubtful = json.loads(stored)
    return Confidence(mean, tuple(doubtful))


def _typed(part: dict[str, Any]) -> dict[str, Any]:
    """A source's or citation's values with the types that JSON does not know."""
    typed = {**part, "boxes": _boxes(part.get("boxes", ()))}
    if "doubtful" in part:
        typed["doubtful"] = tuple(part["doubtful"])
    if confidence := part.get("confidence"):
        typed["confidence"] = Confidence(confidence["mean"], tuple(confidence["doubtful"]))
    return typed


def _boxes(stored: Sequence[dict[str, Any]]) -> tuple[PageBox, ...]:
    return tuple(PageBox(**box) for box in stored)


def _known_fields(values: dict[str, Any], kind: type[Message | Source | Citation]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
