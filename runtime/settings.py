"""The settings of one machine, read once from the environment."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from runtime.names import REFUSED
from runtime.ports import PlumblineError

LOG = logging.getLogger(__name__)

RAPIDOCR = "rapidocr"
_KEY = re.compile(r"(?! )[\x20-\x7e]{1,4096}(?<! )")
VERSIONS_MIB = 1024
"""For former versions: room for every document of an ordinary library, each replaced once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one machine. Each field's environment variable is PLUMBLINE_ and its name."""

    home: Path
    """Where everything that was ingested and asked is kept."""
    model: Path | None
    """A GGUF file to answer with; None to quote the documents."""
    generator_url: str
    """An OpenAI-compatible server to answer with, such as http://127.0.0.1:11434/v1; '' for none."""
    generator_model: str
    """The model's name on that server."""
    generator_key: str = field(repr=False)
    """The server's key, '' for none."""
    threads: int
    """Threads per model."""
    ocr: bool
    """Whether the text of pictures is recognized, by RapidOCR."""
    versions_mib: int
    """Disk space for former versions of documents, in MiB; the oldest are removed first. 0 keeps none."""
    refused: float
    """The share of off-topic questions to refuse, which sets the limit of refusals, 0 to 1."""
    ollama_host: str
    """OLLAMA_HOST, Ollama's own setting of where it listens; '' for its default."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Parse the environment; PlumblineError names all invalid values at once."""
        problems: list[str] = []
        url = environment.get("PLUMBLINE_GENERATOR_URL", "")
        if url and not _is_address(url):
            problems.append(f"PLUMBLINE_GENERATOR_URL is {url!r}; it must be an http:// or https:// address.")
        if url and not environment.get("PLUMBLINE_GENERATOR_MODEL"):
            problems.append("PLUMBLINE_GENERATOR_URL is set, so PLUMBLINE_GENERATOR_MODEL must name the model.")
        key = environment.get("PLUMBLINE_GENERATOR_KEY", "")
        if key and not is_key(key):
            problems.append("PLUMBLINE_GENERATOR_KEY has characters that no key has, such as a line break.")
        model = environment.get("PLUMBLINE_MODEL", "")
        if model and not Path(model).expanduser().is_file():
            problems.append(f"PLUMBLINE_MODEL is {model!r}; it must be an existing GGUF file.")
        threads = number_setting(environment, "THREADS", os.cpu_count() or 1, 1, 256, problems)
        versions = number_setting(environment, "VERSIONS_MIB", VERSIONS_MIB, 0, 1 << 30, problems)
        share = refused_setting(environment, problems)
        ocr = environment.get("PLUMBLINE_OCR") or RAPIDOCR
        if ocr not in (RAPIDOCR, "none"):
            problems.append(f"PLUMBLINE_OCR is {ocr!r}; it must be {RAPIDOCR!r} or 'none'.")
        if problems:
            raise PlumblineError(" ".join(problems), "Correct or unset the variable.")
        return cls(
            home=home_of(environment),
            model=Path(model).expanduser() if model else None,
            generator_url=url,
            generator_model=environment.get("PLUMBLINE_GENERATOR_MODEL", ""),
            generator_key=key,
            threads=int(threads),
            ocr=ocr == RAPIDOCR,
            versions_mib=int(versions),
            refused=share,
            ollama_host=environment.get("OLLAMA_HOST", ""),
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_key(text: str) -> bool:
    """Whether a server's key can be sent: ASCII characters, up to 4096, without spaces around them."""
    return _KEY.fullmatch(text) is not None


def home_of(environment: Mapping[str, str]) -> Path:
    """The folder of a machine's library."""
    return Path(environment.get("PLUMBLINE_HOME") or Path.home() / ".plumbline").expanduser().resolve()


def number_setting(
    environment: Mapping[str, str], name: str, default: float, low: float, high: float, problems: list[str]
) -> float:
    """The number that PLUMBLINE_`name` is set to; if it is not from `low` to `high`, a sentence is added to
    `problems`."""
    text = environment.get(f"PLUMBLINE_{name}", "")
    try:
        value = float(text or default)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        problems.append(f"PLUMBLINE_{name} is {text!r}; it must be a number from {low:g} to {high:g}.")
    return value


def refused_setting(environment: Mapping[str, str], problems: list[str]) -> float:
    """The share of off-topic questions to refuse, which sets the limit of refusals, 0 to 1."""
    if environment.get("PLUMBLINE_THRESHOLD"):
        LOG.warning("PLUMBLINE_THRESHOLD, a cosine, is no longer used: set PLUMBLINE_REFUSED instead.")
    return number_setting(environment, "REFUSED", REFUSED, 0, 1, problems)
