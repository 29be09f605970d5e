"""The Ocr port on Textract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.aws.clients import aws_errors
from runtime.ports import PictureLine


class Textract:
    """DetectDocumentText, one image per call: the cheapest of Textract's calls, billed per page. `take` is called
    before each, and raises RecognitionLimit if there must be no more."""

    name = "textract"
    parallel = 4

    def __init__(self, client: Any, take: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._take = take

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines, in Textract's order."""
        self._take()
        with aws_errors("Reading a picture by Textract"):
            blocks = self._client.detect_document_text(Document={"Bytes": picture})["Blocks"]
        return [_line(block) for block in blocks if block["BlockType"] == "LINE"]


def _line(block: Any) -> PictureLine:
    box = block["Geometry"]["BoundingBox"]
    right, bottom = box["Left"] + box["Width"], box["Top"] + box["Height"]
    return PictureLine(block["Text"], box["Left"], box["Top"], right, bottom, block["Confidence"] / 100)
