"""The Ocr port on one machine: RapidOCR, whose package includes its models."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import Any

from runtime.ports import PictureLine, PlumblineError


class RapidOcr:
    """PP-OCR with ONNX Runtime. Loaded at first use; one image at a time."""

    name = "rapidocr"
    parallel = 1

    def __init__(self) -> None:
        if find_spec("rapidocr") is None:
            raise PlumblineError(
                "Pictures are not read: RapidOCR, which recognizes their text, is not installed.",
                "Run `make install`, or set PLUMBLINE_OCR to none.",
            )
        self._lock = threading.Lock()
        self._engine: Any = None

    def lines(self, picture: bytes) -> list[PictureLine]:
        """The lines, top to bottom."""
        with self._lock:
            if self._engine is None:
                from rapidocr import RapidOCR

                # Its classifier of upside-down lines turns over some that are upright.
                self._engine = RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})
            found = self._engine(picture)
        if not found.txts:
            return []
        height, width = found.img.shape[:2]
        boxes = found.boxes / [width, height]
        return [
            PictureLine(text, *map(float, (*box.min(axis=0), *box.max(axis=0), score)))
            for text, box, score in zip(found.txts, boxes, found.scores, strict=True)
        ]
