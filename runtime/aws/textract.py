"""The Ocr port on Textract."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runtime.aws.clients import aws_errors, code_of
from runtime.ports import Corners, PictureLine, PictureRefused, PictureWord

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 10_000_000
"""Of a picture: Textract's limit is 10 MB for a call that answers at once."""

QUALITIES = (90, 75, 60, 45)
"""Of JPEG, tried one after another on a picture whose PNG is too large."""

REFUSED = {
    "InvalidParameterException": "Textract takes it for no picture",
    "UnsupportedDocumentException": "Textract does not support its format",
    "DocumentTooLargeException": "it is too large for Textract",
    "BadDocumentException": "Textract can't read it",
}
"""Errors that are one picture's, and not those of permissions, limits of calls or the service."""


class Textract:
    """DetectDocumentText, one image per call: the cheapest of Textract's calls, billed per page. `take` is called
    before each, and raises RecognitionLimit if there must be no more."""

    name = "textract"
    parallel = 4

    def __init__(self, client: Any, take: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._take = take

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines. PictureRefused if Textract can't read this picture, AwsError for everything else."""
        from PIL import Image

        self._take()
        image = Image.open(io.BytesIO(picture))
        with aws_errors("Reading a picture by Textract"):
            try:
                blocks = self._client.detect_document_text(Document={"Bytes": _within_limit(picture, image)})["Blocks"]
            except ClientError as error:
                if (why := REFUSED.get(code_of(error))) is None:
                    raise
                raise PictureRefused(f"{why}: {error}.", "Look at the page itself.") from error
        words = {block["Id"]: block for block in blocks if block["BlockType"] == "WORD"}
        lines = [_line(block, words, image.size) for block in blocks if block["BlockType"] == "LINE"]
        return [line for line in lines if line.words]


def _within_limit(picture: bytes, image: Image) -> bytes:
    """The picture, as a JPEG picture if it is too large: of the 8 megapixels of the largest one the last is enough."""
    qualities = iter(QUALITIES)
    while len(picture) > MAX_BYTES and (quality := next(qualities, None)):
        out = io.BytesIO()
        image.convert("L").save(out, "JPEG", quality=quality)
        picture = out.getvalue()
    return picture


def _line(line: Any, words: dict[str, Any], size: tuple[int, int]) -> PictureLine:
    """A line's words, each as high as the line is."""
    own = [i for related in line.get("Relationships", []) if related["Type"] == "CHILD" for i in related["Ids"]]
    around = _corners(line, size)
    return PictureLine(tuple(_word(words[i], around, size) for i in own if i in words))


def _word(word: Any, line: Corners, size: tuple[int, int]) -> PictureWord:
    """A word between the places on its line's upper and lower edge where it begins and ends."""
    left, right, *_ = _corners(word, size)
    (x, y), (end_x, end_y), corner, below = line
    across, down = end_x - x, end_y - y
    length = across * across + down * down or 1.0
    begins, ends = (((a - x) * across + (b - y) * down) / length for a, b in (left, right))

    def on(first: tuple[float, float], last: tuple[float, float], share: float) -> tuple[float, float]:
        return first[0] + share * (last[0] - first[0]), first[1] + share * (last[1] - first[1])

    upper, lower = (line[0], line[1]), (below, corner)
    corners = on(*upper, begins), on(*upper, ends), on(*lower, ends), on(*lower, begins)
    return PictureWord(word["Text"], corners, word["Confidence"] / 100)


def _corners(block: Any, size: tuple[int, int]) -> Corners:
    """In pixels. Textract begins a polygon at the upper left corner of the text as it is read."""
    a, b, c, d = ((point["X"] * size[0], point["Y"] * size[1]) for point in block["Geometry"]["Polygon"])
    return a, b, c, d
