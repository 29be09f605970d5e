"""The Ocr port on one machine: RapidOCR, whose package includes its models."""

from __future__ import annotations

import io
import math
import os
import threading
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from runtime.ports import Corners, PictureLine, PictureWord, PlumblineError

Pixels = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]
"""Four corners, shape (4, 2): the upper left one as the text is read, then clockwise."""

DETECTED = 0.55
"""Of the picture's size, which is drawn for recognition: lines are found in a smaller one, about 110 dots an inch.
Finding takes as long as there are pixels, and finds no more in the whole picture from letters of six points on."""

LARGEST, SMALLEST = 2000, 32
"""Pixels of a picture's side in which lines are found."""

MAX_LINES = 5000
"""Of a picture: an A3 table of small print has some 2,000 cells."""

TALL = 1.5
"""Times its width: a line's box that is as high is of text that runs up or down."""

PADDED, STRETCHED = 0.125, 1.3
"""Of a line's height, the paper that is added above and below it, so that its letters are smaller and take a fifth
less time; and how much wider than they are its letters are given, where they were not read surely otherwise."""

SURE, REVERSED, READ = 0.97, 0.8, 0.7
"""Confidence of a line: read again, larger, where it is below the first; upside down as well, below the second; and
left out, below the third, with which most words are wrong on poor scans, and most lines are none in drawings."""

MIN_WIDTH = 160
"""Pixels: narrower lines, RapidOCR fills up to so many, 320 by default, at a cost and to no use for single cells."""

MARGIN = 0.1
"""Of a box's height, above and below the letters in it: at 8 to 14 points a box is 1.0 to 1.4 times as high as they
are."""

APART = 1.0
"""Of a line's height: characters that are farther apart are of two words, even if no space was recognized."""


class _Read(NamedTuple):
    """What was read in a line's box: its characters, spaces included, how sure each is, and for each where its middle
    is, from 0 at the box's left to 1."""

    text: str
    sure: Sequence[float]
    middles: Sequence[float]

    @property
    def mean(self) -> float:
        return sum(self.sure) / len(self.sure) if self.text else 0.0


class RapidOcr:
    """PP-OCR with ONNX Runtime. Loaded at first use. A picture takes one core: two cores would read one picture half
    again as fast, but two pictures twice as fast."""

    name = "rapidocr"

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: pictures at once; by default as many as there are cores."""
        if find_spec("rapidocr") is None:
            raise PlumblineError(
                "Pictures are not read: RapidOCR, which recognizes their text, is not installed.",
                "Run `make install`, or set PLUMBLINE_OCR to none.",
            )
        self.parallel = threads or os.cpu_count() or 1
        self._turns = threading.Semaphore(self.parallel)
        self._lock = threading.Lock()
        self._engines: tuple[Any, Any] | None = None

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines, each turned upright before it is read."""
        from PIL import Image

        detect, recognize = self._loaded()
        with self._turns:  # several documents may be recognized at once
            image = Image.open(io.BytesIO(picture)).convert("RGB")
            return [_line(box, read) for box, read in _read_all(np.asarray(image), _boxes(detect, image), recognize)]

    def _loaded(self) -> tuple[Any, Any]:
        """The engines that find lines and that read one. Neither keeps anything of a call, so that all threads share
        them."""
        with self._lock:
            if self._engines is None:
                from rapidocr import RapidOCR

                common: dict[str, Any] = {
                    "Global.log_level": "error",
                    "Global.use_cls": False,  # it upturns some lines that are upright
                    "Global.use_preprocess_img": False,
                    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
                }
                found = {
                    "Global.use_rec": False,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": LARGEST,
                    # A line's shape is judged, and not the box around it, which loses long lines of small letters.
                    "Det.score_mode": "slow",
                    "Det.max_candidates": MAX_LINES,
                }
                read: dict[str, Any] = {"Global.use_det": False, "Global.return_word_box": True, "Rec.rec_batch_num": 1}
                read["Rec.rec_img_shape"] = [3, 48, MIN_WIDTH]
                self._engines = RapidOCR(params=common | found), RapidOCR(params=common | read)
            return self._engines


def _boxes(detect: Any, image: Any) -> list[Quad]:
    """The boxes of the picture's lines, the longest first."""
    scale = min(DETECTED, LARGEST / max(image.size))
    size = [max(SMALLEST, round(side * scale)) for side in image.size]
    found = detect(np.asarray(image.resize(size, reducing_gap=2.0)))
    if found.boxes is None:
        return []
    boxes = [np.asarray(box, np.float32) * np.divide(image.size, size).astype(np.float32) for box in found.boxes]
    return sorted(boxes, key=lambda box: -max(_sides(box)))


def _sides(box: Quad) -> tuple[float, float]:
    """Width and height."""
    return float(np.linalg.norm(box[1] - box[0])), float(np.linalg.norm(box[3] - box[0]))


def _read_all(picture: Pixels, boxes: Sequence[Quad], recognize: Any) -> Iterator[tuple[Quad, _Read]]:
    """The lines that can be read, each box with its first corner where its text begins.

    Which way up text is, a box does not tell. All lines that run across a picture are mostly one way up, and so are all
    that run up or down: the way that the last doubtful line was.
    """
    quarters = {False: 0, True: 3}  # by whether the text runs up or down: as it is, and upward
    for box in boxes:
        width, height = _sides(box)
        tall = height > TALL * width
        upright = np.roll(box, quarters[tall], axis=0)
        read = _read(picture, upright, recognize, PADDED, 1.0)
        if read.mean < REVERSED:
            reversed_box = np.roll(upright, 2, axis=0)
            other = _read(picture, reversed_box, recognize, PADDED, 1.0)
            if other.mean > read.mean:
                upright, read = reversed_box, other
                quarters[tall] = (quarters[tall] + 2) % 4
        for padded, stretched in ((0.0, 1.0), (0.0, STRETCHED)):
            if read.mean < SURE:
                read = max(read, _read(picture, upright, recognize, padded, stretched), key=lambda one: one.mean)
        if read.mean >= READ and read.text.strip():
            yield upright, read


def _read(picture: Pixels, box: Quad, recognize: Any, padded: float, stretched: float) -> _Read:
    import cv2

    width, height = (max(1, round(side)) for side in _sides(box))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    line = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(box, target),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    more = round(padded * height)
    if more:
        line = cv2.copyMakeBorder(line, more, more, 0, 0, cv2.BORDER_REPLICATE)
    if stretched != 1.0:
        line = cv2.resize(line, (round(stretched * width), height))
    found = recognize(line)
    text = found.txts[0] if found.txts else ""
    info = found.word_results[0] if text else None
    if not text or info is None:
        return _Read("", (), ())
    middles = iter([(column + 0.5) / info.line_txt_len for columns in info.word_cols for column in columns])
    places = [math.nan if character.isspace() else next(middles, 1.0) for character in text]
    return _Read(text, info.confs, places)


def _line(box: Quad, read: _Read) -> PictureLine:
    """The line's words, each as wide as its characters are far apart."""
    width, height = _sides(box)
    characters = [one for one in zip(read.text, read.sure, read.middles, strict=True) if not math.isnan(one[2])]
    steps = sorted(b[2] - a[2] for a, b in pairwise(characters))
    half = (steps[len(steps) // 2] if steps else 1.0) / 2
    words: list[list[tuple[str, float, float]]] = [[]]
    for character, sure, middle in zip(read.text, read.sure, read.middles, strict=True):
        if math.isnan(middle):
            words.append([])
            continue
        if words[-1] and (middle - words[-1][-1][2]) * width > APART * height:
            words.append([])
        words[-1].append((character, sure, middle))
    return PictureLine(tuple(_word(box, word, half) for word in words if word))


def _word(box: Quad, word: Sequence[tuple[str, float, float]], half: float) -> PictureWord:
    left, right = max(0.0, word[0][2] - half), min(1.0, word[-1][2] + half)
    upper, lower = (box[:2] + MARGIN * (box[3:1:-1] - box[:2])), (box[3:1:-1] + MARGIN * (box[:2] - box[3:1:-1]))
    top, bottom = upper[1] - upper[0], lower[1] - lower[0]
    corners = (upper[0] + left * top, upper[0] + right * top, lower[0] + right * bottom, lower[0] + left * bottom)
    text = "".join(character for character, _, _ in word)
    return PictureWord(text, _corners(corners), sum(sure for _, sure, _ in word) / len(word))


def _corners(points: Sequence[Quad]) -> Corners:
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return a, b, c, d
