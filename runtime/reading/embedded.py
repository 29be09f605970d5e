"""The files that a PDF holds, by pdfminer.six: their names and sizes, and the bytes of one. Runs in the guarded
child."""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from runtime.reading.miner import MINER_ERRORS, opened
from runtime.reading.words import ReadError

MAX_FILES, MAX_NODES = 1000, 100_000
"""Files that are told by name, as many as a mailbox of a year may have; the others are counted, up to so many nodes of
the tree of their names."""

MAX_NAME = 1000
"""Characters of a name in the file, the last ones."""

SEARCH_SECONDS = 8.0
"""Of processor time in which files are looked for on pages, of which pdfminer.six opens some 400 a second."""

CHUNK, HEAD = 1 << 18, 1024
"""Bytes that are given at a time, and in which a PDF's header stands."""

LARGEST_SIZE = 1 << 50
"""Bytes: no file is larger."""

MARK, FILE_TYPE = b"/EmbeddedFile", re.compile(b"/EmbeddedFile(?!s)")
"""The type of such a file's stream, which is never in a compressed part of a PDF. It may be missing, but seldom is."""


def count_marked(fd: int) -> int:
    """How many files a PDF seems to hold, by its bytes alone."""
    count = at = 0
    text = b""
    while block := os.pread(fd, CHUNK, at):
        at += len(block)
        text = text[-len(MARK) :] + block
        if MARK in text:  # one at the end is seen whole with the next block
            count += sum(found.end() < len(text) for found in FILE_TYPE.finditer(text))
    return count


class Held(NamedTuple):
    """A file's name in the PDF, its size in bytes as the PDF says, or else as it is stored there, and whether it is a
    PDF by its name, its type or its first bytes."""

    name: str
    size: int
    is_pdf: bool


class EmbeddedFiles:
    """The files of a document by their names, then those that are attached to places on its pages, from page to page.
    ReadError where the PDF can't be opened."""

    def __init__(self, fd: int) -> None:
        self._document = opened(fd)
        self._marked = count_marked(fd)
        self.is_portfolio = "Collection" in self._document.catalog
        self.not_searched = 0
        """The first page on which no files were looked for, since that took too long or failed; 0 for none."""

    def listed(self) -> tuple[list[Held], int]:
        """The first files, and how many more there are."""
        files = self._files()
        return [self._held(*one) for one in islice(files, MAX_FILES)], sum(1 for _ in files)

    def content(self, index: int) -> Iterator[bytes]:
        """The bytes of the file at this place in the list; ReadError where they can't be read."""
        found = next(islice(self._files(), index, None), None)
        if found is None:
            raise ReadError("damaged", f"it holds no file number {index + 1}")
        try:
            yield from _content(self._stream(found[1]))
        except (ReadError, MemoryError):
            raise
        except MINER_ERRORS as error:
            raise ReadError("damaged", f"the attached file can't be unpacked ({type(error).__name__})") from error

    def _held(self, name: str, reference: Any) -> Held:
        is_pdf, size = name.lower().endswith(".pdf"), 0
        try:
            stream = self._stream(reference)
            size = _size(stream)
            is_pdf = is_pdf or "pdf" in _text(stream.get("Subtype")).lower() or b"%PDF-" in _head(stream)
        except (
            MINER_ERRORS
        ):  # also where it needs too much memory: it is told by its name, and whoever reads it is told what is wrong
            pass
        return Held(name, size, is_pdf)

    def _files(self) -> Iterator[tuple[str, Any]]:
        """Each file's name, and the reference to its stream."""
        known: set[int] = set()
        for found in (self._of_document, self._of_pages):
            for specification in found(len(known)):
                try:
                    name, reference = _file(specification)
                except MINER_ERRORS:  # no file at all
                    continue
                if reference.objid not in known:
                    known.add(reference.objid)
                    yield name[-MAX_NAME:], reference

    def _of_document(self, _: int) -> Iterator[Any]:
        from pdfminer.pdftypes import dict_value, list_value

        names = dict_value(self._document.catalog.get("Names"))
        stack, nodes = [names.get("EmbeddedFiles")], 0
        while stack and nodes < MAX_NODES:  # a tree that goes round in circles ends there too
            entries = dict_value(stack.pop())
            pairs, kids = list_value(entries.get("Names", [])), list_value(entries.get("Kids", []))
            nodes += 1 + len(pairs) // 2
            yield from pairs[1 : 2 * MAX_NODES : 2]
            stack += reversed(kids[:MAX_NODES])

    def _of_pages(self, known: int) -> Iterator[Any]:
        """None where the PDF has no more files than those that are known: its pages take time."""
        from pdfminer.pdfpage import PDFPage
        from pdfminer.pdftypes import dict_value, list_value

        if self._marked <= known:
            return
        until, number = time.process_time() + SEARCH_SECONDS, 0
        try:
            for number, page in enumerate(PDFPage.create_pages(self._document), 1):
                for one in list_value(page.annots or []):
                    if time.process_time() > until:
                        self.not_searched = number
                        return
                    annotation = dict_value(one)
                    if _text(annotation.get("Subtype")) == "FileAttachment":
                        yield annotation.get("FS")
        except MINER_ERRORS:  # of the files that were found before, nothing is lost
            self.not_searched = number + 1

    def _stream(self, reference: Any) -> Any:
        """A file's stream, which is not kept in memory."""
        from pdfminer.pdftypes import stream_value

        stream = stream_value(reference)
        self._document._cached_objs.pop(reference.objid, None)
        return stream


def _file(specification: Any) -> tuple[str, Any]:
    """The name of the file that a specification is of, and the reference to its stream (ISO 32000-1, 7.11.3)."""
    from pdfminer.pdftypes import PDFObjRef, dict_value

    entries = dict_value(specification)
    streams = dict_value(entries.get("EF"))
    keys = [key for key in ("UF", "F", "Unix", "DOS", "Mac") if isinstance(streams.get(key), PDFObjRef)]
    names = [name for key in ("UF", "F", "Unix", "DOS", "Mac", "Desc") if (name := _text(entries.get(key)))]
    return (names or [""])[0], streams[keys[0]]


def _text(value: Any) -> str:
    """A string or a name."""
    from pdfminer.pdftypes import resolve1
    from pdfminer.psparser import PSLiteral
    from pdfminer.utils import decode_text

    value = resolve1(value)
    if isinstance(value, PSLiteral):
        return str(value.name)
    if not isinstance(value, bytes):
        return ""
    return value[3:].decode("utf-8", "replace") if value.startswith(b"\xef\xbb\xbf") else decode_text(value)


def _size(stream: Any) -> int:
    from pdfminer.pdftypes import dict_value, resolve1

    size = resolve1(dict_value(stream.get("Params")).get("Size"))
    return size if isinstance(size, int) and 0 <= size <= LARGEST_SIZE else len(stream.rawdata)


def _is_flate(stream: Any) -> bool:
    """Whether a stream is compressed in the one way that nearly all such files are."""
    from pdfminer.pdftypes import LITERALS_FLATE_DECODE

    filters = stream.get_filters()
    return len(filters) == 1 and filters[0][0] in LITERALS_FLATE_DECODE and not (filters[0][1] or {}).get("Predictor")


def _head(stream: Any) -> bytes:
    """The first bytes of a file, where these can be had without all others."""
    return next(_content(stream), b"")[:HEAD] if _is_flate(stream) or not stream.get_filters() else b""


def _content(stream: Any) -> Iterator[bytes]:
    """A file's bytes, as few at a time as its compression allows."""
    data = stream.rawdata
    if _is_flate(stream):
        if stream.decipher:
            data = stream.decipher(stream.objid, stream.genno, data, stream.attrs)
        yield from _inflated(data)
        return
    data = stream.get_data()
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _inflated(data: bytes) -> Iterator[bytes]:
    unpacker, rest = zlib.decompressobj(), memoryview(data)
    for start in range(0, len(data), CHUNK):
        part = bytes(rest[start : start + CHUNK])
        while part:
            yield unpacker.decompress(part, CHUNK)
            part = unpacker.unconsumed_tail
    yield unpacker.flush()
    if not unpacker.eof:
        raise ReadError("damaged", "the attached file breaks off")
