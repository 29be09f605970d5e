"""The Textract adapter at its limits; on a server of its protocol."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runtime.aws.clients import AwsError, client
from runtime.aws.textract import REFUSED, Textract
from runtime.ports import PictureRefused
from tests.aws.models import TEXTRACT_BYTES, Models, Refused
from tests.reading_cases import put
from tests.scans import picture

pytestmark = pytest.mark.xdist_group("servers")


def textract(models: Models) -> Textract:
    return Textract(client("textract", models.url, attempts=1))


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def noisy(dots: int) -> bytes:
    """A page whose noise no PNG picture makes small."""
    image = picture(lambda page: put(page, 80, 300, "Fourteen sand bags", size=40), dots)
    noise = np.random.default_rng(1).normal(0, 30, (image.height, image.width))
    return png(Image.fromarray(np.clip(30 + 0.8 * np.asarray(image) + noise, 0, 255).astype(np.uint8)))


def test_a_picture_over_the_limit_is_sent_as_jpeg_within_it(models: Models) -> None:
    dots = 360
    whole = noisy(dots)
    assert len(whole) > TEXTRACT_BYTES
    (line,) = textract(models).lines(whole)
    assert " ".join(word.text for word in line.words) == "Fourteen sand bags"
    (_, sent) = models.seen[-1]
    assert sent.startswith(b"\xff\xd8\xff") and len(sent) <= TEXTRACT_BYTES
    assert abs(line.words[0].corners[0][0] * 72 / dots - 80) < 12


def test_a_picture_within_the_limit_is_sent_as_it_is(models: Models) -> None:
    whole = png(picture(lambda page: put(page, 80, 300, "Fourteen sand bags", size=40)))
    textract(models).lines(whole)
    assert models.seen == [("textract", whole)]


@pytest.mark.parametrize("code", REFUSED)
def test_what_textract_says_of_one_picture_is_that_pictures(models: Models, code: str) -> None:
    def refuse(name: str, body: Any) -> None:
        raise Refused(400, code, "No.")

    models.fault = refuse
    with pytest.raises(PictureRefused):
        textract(models).lines(png(Image.new("L", (100, 100), 255)))


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ThrottlingException", "ProvisionedThroughputExceededException"]
)
def test_any_other_error_is_the_services(models: Models, code: str) -> None:
    def refuse(name: str, body: Any) -> None:
        raise Refused(400, code, "No.")

    models.fault = refuse
    with pytest.raises(AwsError):
        textract(models).lines(png(Image.new("L", (100, 100), 255)))
