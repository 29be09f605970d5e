"""The readers of documents, by media type: new formats are added here, and to what the library accepts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from runtime.ports import DocumentReader, OpenDocument
from runtime.reading.document import HEADER_BYTES, Limits, open_pdf

READERS: Mapping[str, DocumentReader] = {"application/pdf": open_pdf}

SIGNATURES = {b"%PDF-": "application/pdf"}
"""What the first bytes of a file contain."""


def open_document(path: Path, limits: Limits = Limits()) -> AbstractContextManager[OpenDocument]:  # noqa: B008 - frozen
    """Open a document with the reader of its media type, detected from its content. A file of an unknown type goes to
    the PDF reader, whose error says what is wrong with it."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    media_type = next((own for signature, own in SIGNATURES.items() if signature in head), "")
    return READERS.get(media_type, open_pdf)(path, limits)
