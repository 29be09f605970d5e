"""A server that speaks the protocols of SageMaker's and Bedrock's runtimes, and of Textract, over this machine's own
models.

An endpoint's name says which payload its container takes: `tei-…`, `jumpstart-…`, `tokens-…` (vectors of tokens, as
a model without pooling gives), `messages-…`, `tgi-…`, `lines-…` (an object a line, as DJL's), `whole-…` (no stream).
Where it ends in `-words`, the adapters in memory stand for the models: for tests in which no meaning matters.
"""

from __future__ import annotations

import base64
import contextlib
import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import httpx
from PIL import Image

from runtime.local.minilm import MiniLm
from runtime.local.rapidocr import RapidOcr
from runtime.ports import Turn
from tests.aws.record import RECORD
from tests.aws.wire import Request
from tests.contracts.memory import MemoryEmbedder, MemoryGenerator
from tests.listening import listening

ENDED = "\x00"
"""Before how an answer ended, which comes behind its pieces."""

STOPPED = {"stop": "end_turn", "length": "max_tokens"}
"""The same as Converse says it."""

TEXTRACT_BYTES, TEXTRACT_SIDE = 10_000_000, 10_000
"""Limits of a picture for Textract: bytes, and pixels of a side."""

TEI_BATCH = 32
COHERE_BATCH = 96


class Refused(Exception):
    """An error answer: HTTP status, the service's code, message, and the container's own status."""

    def __init__(self, status: int, code: str, message: str, original: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"Message": message, "message": message}
        if original:
            self.body |= {"OriginalStatusCode": original, "OriginalMessage": message}


def container(status: int, message: str) -> Refused:
    """What a model's container refused."""
    return Refused(424, "ModelError", message, status)


class Models:
    """Where the server listens, what came, and what a test wants to go wrong: a fault may raise Refused."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[tuple[str, Any]] = []
        self.fault: Callable[[str, Any], None] = lambda name, body: None
        self.break_after = 0  # pieces of a stream, after which it fails
        self.running = 0
        self.most_running = 0


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A message of AWS's event-stream encoding."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event(kind: str, payload: bytes, content: str = "application/json") -> bytes:
    return frame({":message-type": "event", ":event-type": kind, ":content-type": content}, payload)


def failure(kind: str, message: str) -> bytes:
    body = json.dumps({"message": message, "Message": message}).encode()
    return frame({":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}, body)


def polygon(corners: Iterable[tuple[float, ...]], size: tuple[int, int]) -> dict[str, Any]:
    """Textract's geometry of corners in pixels."""
    points = [{"X": x / size[0], "Y": y / size[1]} for x, y in corners]
    xs, ys = [point["X"] for point in points], [point["Y"] for point in points]
    box = {"Left": min(xs), "Top": min(ys), "Width": max(xs) - min(xs), "Height": max(ys) - min(ys)}
    return {"BoundingBox": box, "Polygon": points}


@contextmanager
def serving(minilm: MiniLm, llama_url: str) -> Iterator[Models]:
    """The server, on a free port of 127.0.0.1."""
    models = Models()
    llama = httpx.Client(base_url=llama_url, headers={"Authorization": "Bearer the key"}, timeout=300)
    counting = threading.Lock()
    rapid = RapidOcr()
    words, repeats = MemoryEmbedder(), MemoryGenerator()

    def embedded(name: str, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = (words if name.endswith("-words") else minilm).embed(texts).tolist()
        return vectors

    def embed(name: str, body: Any) -> Any:
        if name.startswith("jumpstart"):
            if "text_inputs" not in body:
                raise container(400, "'text_inputs' is missing")
            return {"embedding": embedded(name, body["text_inputs"])}
        if "inputs" not in body:
            raise container(422, "missing field `inputs`")
        if len(body["inputs"]) > TEI_BATCH:
            raise container(413, f"batch size {len(body['inputs'])} > maximum allowed batch size {TEI_BATCH}")
        vectors = embedded(name, body["inputs"])
        return [[vector, vector] for vector in vectors] if name.startswith("tokens") else vectors

    def said(path: str, request: dict[str, Any]) -> Iterator[str]:
        """Pieces of llama.cpp's answer, and at last how it ended, behind ENDED."""
        with llama.stream("POST", path, json={**request, "stream": True}) as response:
            if response.status_code != 200:
                raise container(response.status_code, response.read().decode(errors="replace"))
            for line in response.iter_lines():
                if line.startswith("data:") and "[DONE]" not in line:
                    answer = json.loads(line[5:])
                    for choice in answer.get("choices", []):
                        if text := choice.get("text") or (choice.get("delta") or {}).get("content"):
                            yield text
                        if reason := choice.get("finish_reason"):
                            yield ENDED + reason

    def chat(name: str, body: Any) -> Iterator[str]:
        if "messages" not in body:
            raise container(422, "missing field `messages`")
        if name.endswith("-words"):
            turns = [Turn(turn["role"], turn["content"]) for turn in body["messages"]]
            return repeats.stream(turns, body["max_tokens"])
        return said("/chat/completions", {name: body[name] for name in ("messages", "max_tokens", "temperature")})

    def completed(body: Any) -> Iterator[str]:
        if "inputs" not in body:
            raise container(422, "missing field `inputs`")
        wanted = body["parameters"]
        request = {"prompt": body["inputs"], "max_tokens": wanted["max_new_tokens"], "stop": wanted.get("stop", [])}
        return said("/completions", {**request, "temperature": 0})

    def blocks(picture: bytes) -> list[dict[str, Any]]:
        """Textract's answer, by RapidOCR: the page, its lines, and their words, each polygon beginning where its text
        does. Words are a little lower than their lines, as Textract draws those without ascenders."""
        if len(picture) > TEXTRACT_BYTES:
            raise Refused(400, "DocumentTooLargeException", f"{len(picture)} bytes")
        if not picture.startswith((b"\x89PNG", b"\xff\xd8\xff")):
            raise Refused(400, "UnsupportedDocumentException", "Request has unsupported document format")
        image = Image.open(BytesIO(picture))
        if max(image.size) > TEXTRACT_SIDE:
            raise Refused(400, "BadDocumentException", "Request has unsupported page size")
        png = BytesIO()
        image.convert("RGB").save(png, "PNG")
        made: list[dict[str, Any]] = [{"BlockType": "PAGE", "Id": "page"}]
        for number, line in enumerate(rapid.lines(png.getvalue())):
            (a, _, _, d), (_, b, c, _) = line.words[0].corners, line.words[-1].corners
            ids = [f"{number}-{n}" for n in range(len(line.words))]
            own = {"Text": " ".join(word.text for word in line.words), "Confidence": 99.0}
            made.append({"BlockType": "LINE", "Id": f"{number}", "Geometry": polygon((a, b, c, d), image.size), **own})
            made[-1]["Relationships"] = [{"Type": "CHILD", "Ids": ids}]
            for one, word in zip(ids, line.words, strict=True):
                a, b, c, d = word.corners
                lowered = [tuple(0.8 * m + 0.2 * n for m, n in zip(*pair, strict=True)) for pair in ((a, d), (b, c))]
                geometry = polygon((*lowered, c, d), image.size)
                own = {"Text": word.text, "Confidence": 100 * word.sure}
                made.append({"BlockType": "WORD", "Id": one, "Geometry": geometry, **own})
        return made

    def streamed(name: str, body: Any) -> Iterator[bytes]:
        """What a container writes, in parts that end anywhere."""
        if name.startswith("messages"):
            for text in chat(name, body):
                choice = {"finish_reason": text[1:]} if text.startswith(ENDED) else {"delta": {"content": text}}
                yield b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"
        elif name.startswith("tgi"):
            everything, reason = "", ""
            for text in completed(body):
                if text.startswith(ENDED):
                    reason = text[1:]
                    continue
                everything += text
                token = {"token": {"text": text, "special": False}, "generated_text": None}
                yield b"data:" + json.dumps(token).encode() + b"\n\n"
            last = {"token": {"text": "</s>", "special": True}, "generated_text": everything}
            last["details"] = {"finish_reason": reason}
            yield b"data:" + json.dumps(last).encode() + b"\n\n"
        elif name.startswith("lines"):
            for text in completed(body):
                part = {"finish_reason": text[1:]} if text.startswith(ENDED) else {"token": {"text": text}}
                yield json.dumps(part).encode() + b"\n"
        else:
            whole = [{"generated_text": "".join(text for text in completed(body) if not text.startswith(ENDED))}]
            yield json.dumps(whole, indent=1).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            came = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            RECORD.check(Request(self.command, self.path, self.headers, came))
            body = json.loads(came or b"{}")
            if self.headers.get("X-Amz-Target", "") == "Textract.DetectDocumentText":
                self.textract(base64.b64decode(body["Document"]["Bytes"]))
                return
            _, service, name, action = map(unquote, self.path.split("/"))
            with counting:
                models.seen.append((name, body))
                models.running += 1
                models.most_running = max(models.most_running, models.running)
            try:
                models.fault(name, body)
                self.act(service, name, action, body)
            except Refused as refused:
                self.reply(refused.status, json.dumps(refused.body).encode(), {"x-amzn-errortype": refused.code})
            finally:
                with counting:
                    models.running -= 1

        def textract(self, picture: bytes) -> None:
            models.seen.append(("textract", picture))
            try:
                models.fault("textract", picture)
                self.reply(200, json.dumps({"Blocks": blocks(picture)}).encode())
            except Refused as refused:
                body = {"__type": refused.code, **refused.body}
                self.reply(refused.status, json.dumps(body).encode(), {"x-amzn-errortype": refused.code})

        def act(self, service: str, name: str, action: str, body: Any) -> None:
            if service == "endpoints" and name.startswith("creating"):
                raise Refused(400, "ValidationError", f"Endpoint {name} of account 123456789012 is not InService.")
            kinds = ("tei", "jumpstart", "tokens") if action == "invocations" else ("messages", "tgi", "lines", "whole")
            if service == "endpoints" and not name.startswith(kinds):
                raise Refused(400, "ValidationError", f"Endpoint {name} of account 123456789012 not found.")
            if action == "invocations":
                self.reply(200, json.dumps(embed(name, body)).encode())
            elif action == "invocations-response-stream":
                parts = streamed(name, body)
                self.stream(self.cut(parts), lambda part: event("PayloadPart", part, "application/octet-stream"))
            elif action == "invoke" and "cohere" in name:
                if len(body["texts"]) > COHERE_BATCH or body["input_type"] not in ("search_query", "search_document"):
                    raise Refused(400, "ValidationException", "Malformed input request")
                self.reply(200, json.dumps({"embeddings": embedded(name, body["texts"])}).encode())
            elif action == "invoke" and "titan" in name:
                self.reply(200, json.dumps({"embedding": embedded(name, [body["inputText"]])[0]}).encode())
            elif action == "converse-stream" and "missing" not in name:
                turns = [{"role": "system", "content": part["text"]} for part in body.get("system", [])]
                turns += [{"role": t["role"], "content": t["content"][0]["text"]} for t in body["messages"]]
                limits = body["inferenceConfig"]
                pieces = chat(name, {"messages": turns, "max_tokens": limits["maxTokens"], "temperature": 0})
                self.stream(
                    pieces,
                    lambda text: (
                        event("messageStop", json.dumps({"stopReason": STOPPED[text[1:]]}).encode())
                        if text.startswith(ENDED)
                        else event(
                            "contentBlockDelta", json.dumps({"contentBlockIndex": 0, "delta": {"text": text}}).encode()
                        )
                    ),
                )
            else:
                raise Refused(400, "ValidationException", "The provided model identifier is invalid.")

        @staticmethod
        def cut(parts: Iterator[bytes]) -> Iterator[bytes]:
            """Each part in two, as a network may cut it."""
            for part in parts:
                yield from (part[:7], part[7:])

        def stream(self, parts: Iterator[Any], framed: Callable[[Any], bytes]) -> None:
            first = next(parts)  # what refuses the payload does so before the answer begins
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.amazon.eventstream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.chunk(framed(first))
            for number, part in enumerate(parts, 1):
                if models.break_after and number >= models.break_after:
                    bedrock = self.path.startswith("/model")
                    kind = "modelStreamErrorException" if bedrock else "ModelStreamError"
                    self.chunk(failure(kind, "The model ran out of memory."))
                    break
                self.chunk(framed(part))
            self.wfile.write(b"0\r\n\r\n")

        def chunk(self, part: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()

        def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the reader closed its stream
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with listening(Handler) as models.url:
        try:
            yield models
        finally:
            llama.close()
