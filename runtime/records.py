"""How records and messages are written down, the same in both homes."""

from __future__ import annotations

import json
from dataclasses import asdict

from runtime.ports import ArchiveRecord, Message, PageBox, Source


def archive_line(record: ArchiveRecord) -> bytes:
    """A record of the archive: one JSON object on a line."""
    values = {name: getattr(record, name) for name in ("id", "kind", "doc_id", "page", "text", "model", "at")}
    # Nine significant digits give any float32 back exactly.
    values["embedding"] = [float(f"{value:.9g}") for value in record.embedding.tolist()]
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def message_json(message: Message) -> str:
    """A message of a conversation."""
    return json.dumps(asdict(message))


def message_of(stored: str) -> Message:
    """The message that `message_json` wrote."""
    values = json.loads(stored)
    sources = tuple(
        Source(**{**source, "boxes": tuple(PageBox(**box) for box in source["boxes"])})
        for source in values.pop("sources")
    )
    return Message(**values, sources=sources)
