"""What is deployed: the Lambda layer and function, the Glue jobs' code and wheels, and the notebook instance's files,
as zips; and the build context of the chat page's image. Built reproducibly and without Docker."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[1]
PACKAGES = ROOT / "build" / "packages"
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"

PYTHON = "3.13"
"""The functions' Python; Lambda supports it until June 2029."""

GLUE_REQUIREMENTS = ROOT / "requirements" / "glue.txt"
GLUE_PYTHON = "3.11"
"""The Python of Glue 5."""

GLUE_LIST = "requirements.txt"
"""The file that Glue looks for beside the wheels."""

GLIBC = (34, 31, 28, 27, 26, 24, 17)
"""Minor versions of glibc 2 whose wheels run on Amazon Linux 2023, which has 2.34: the system of Lambda and Glue."""

MACHINE = {"x86_64": "x86_64", "arm64": "aarch64"}
Architecture = Literal["x86_64", "arm64"]

MAX_UNPACKED = 160_000_000
"""Maximum size of layer and function together when unpacked, in bytes; Lambda's own limit is 250 MB."""

EXCLUDED = ("bin/", "boto3/examples/", "aws_lambda_powertools/event_handler/openapi/swagger_ui/")
"""Left out of the layer."""

LOCAL_ONLY = ("runtime/local/", "runtime/__main__.py", "runtime/terminal.py")
"""What neither the function nor the chat page needs in a stack."""

SERVICES = (
    *("bedrock-runtime", "cloudwatch", "dynamodb", "firehose", "s3", "sagemaker-runtime", "sqs", "textract"),
    *("signin", "sso", "sso-oidc", "sts", "xray"),
)
"""The services whose descriptions the layer has, out of botocore's 400: those we call, and those for credentials and
tracing. All of them are 19 MB."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the earliest that a zip can store."""


class PackageError(Exception):
    """The package could not be built."""


def layer(folder: Path, architecture: Architecture, python: str = PYTHON) -> Path:
    """The zip of the locked dependencies, below `folder`; it is named by its content and built only once."""
    target = folder / f"layer-{architecture}-{python}-{_hash_of_lock(REQUIREMENTS)}.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory() as made:
            _pip("install", REQUIREMENTS, "--target", Path(made), architecture, python)
            _zip(target, Path(made), "python/")
    return target


def function(folder: Path) -> Path:
    """The zip of the sources, below `folder`."""
    target = folder / "function.zip"
    files = {name: source for name, source in _sources("runtime").items() if not name.startswith(LOCAL_ONLY)}
    with tempfile.TemporaryDirectory() as made:
        _copy(files, Path(made))
        _zip(target, Path(made), "")
    return target


def glue_wheels(folder: Path) -> Path:
    """The zip of the wheels that the Glue jobs need, in Glue's format; named by its content and built only once."""
    target = folder / f"analysis-{_hash_of_lock(GLUE_REQUIREMENTS)}.gluewheels.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory() as made:
            wheels = Path(made) / "wheels"
            _pip("download", GLUE_REQUIREMENTS, "--dest", wheels, "x86_64", GLUE_PYTHON)
            (wheels / GLUE_LIST).write_bytes(GLUE_REQUIREMENTS.read_bytes())
            _zip(target, Path(made), "")
    return target


def glue_code(folder: Path) -> Path:
    """The zip of the sources that the Glue jobs' scripts import; named by its content."""
    return _zipped(folder, "analysis", _sources("runtime", "analysis"))


def notebook(folder: Path) -> Path:
    """The zip of the notebook instance's files: sources, requirements and notebooks; named by its content."""
    files = {"requirements.txt": ROOT / "requirements" / "notebook.txt", **_sources("runtime", "analysis")}
    for source in (ROOT / "analysis" / "notebooks").glob("*.ipynb"):
        files[f"notebooks/{source.name}"] = source
    return _zipped(folder, "notebook", files)


def image(folder: Path) -> Path:
    """The build context of the chat page's image, a folder named by its content: Dockerfile, requirements, sources."""
    files = {"Dockerfile": ROOT / "ui" / "Dockerfile", "requirements.txt": ROOT / "requirements" / "ui.txt"}
    for source in (*(ROOT / "runtime").rglob("*.py"), *(ROOT / "ui").rglob("*.*")):
        name = source.relative_to(ROOT).as_posix()
        if source.suffix in (".py", ".css", ".js", ".html") and not name.startswith(LOCAL_ONLY):
            files[name] = source
    target = folder / f"image-{hash_of(files)}"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            _copy(files, Path(made) / "image")
            with suppress(OSError):  # another process has built the same meanwhile
                (Path(made) / "image").rename(target)
    return target


def _sources(*packages: str) -> dict[str, Path]:
    """Every Python file of these packages, by its path from the root."""
    return {
        source.relative_to(ROOT).as_posix(): source for package in packages for source in (ROOT / package).rglob("*.py")
    }


def _zipped(folder: Path, kind: str, files: Mapping[str, Path]) -> Path:
    target = folder / f"{kind}-{hash_of(files)}.zip"
    if not target.exists():
        with tempfile.TemporaryDirectory() as made:
            _copy(files, Path(made))
            _zip(target, Path(made), "")
    return target


def _hash_of_lock(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]


def hash_of(files: Mapping[str, Path]) -> str:
    """A hash of files, by their names and contents."""
    named = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        named.update(f"{name} {len(content)}\n".encode() + content)
    return named.hexdigest()[:16]


def _copy(files: Mapping[str, Path], folder: Path) -> None:
    for name, source in files.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())


def unpacked_bytes(package: Path) -> int:
    """The unpacked size of a zip's files."""
    with zipfile.ZipFile(package) as opened:
        return sum(one.file_size for one in opened.infolist())


def _pip(verb: str, requirements: Path, into: str, folder: Path, architecture: Architecture, python: str) -> None:
    """Run pip for wheels only, for this Python and architecture, each checked against its hash."""
    machine = MACHINE[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC] + [f"manylinux2014_{machine}"]
    command = [
        *(sys.executable, "-m", "pip", verb, "--quiet", "--disable-pip-version-check"),
        *(into, str(folder), "--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *(("--no-compile",) if verb == "install" else ()),
        *("--implementation", "cp", "--python-version", python),
        *(part for platform in platforms for part in ("--platform", platform)),
        *("--requirement", str(requirements)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"pip could not {verb} {requirements.name} for {architecture}: {done.stderr[-2000:]}")


def _zip(target: Path, folder: Path, prefix: str) -> None:
    """Zip files in the order of their names, with one time and one mode; moved into place when complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{uuid.uuid4().hex}.part")  # other processes may be building the same
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name in sorted(_files(folder)):
            one = zipfile.ZipInfo(prefix + name, EPOCH)
            one.external_attr = 0o644 << 16
            # Wheels are compressed already.
            one.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            package.writestr(one, (folder / name).read_bytes())
    part.replace(target)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(EXCLUDED) and _is_needed(path.relative_to(folder).parts):
            yield name


def _is_needed(parts: tuple[str, ...]) -> bool:
    """Whether a file is needed: not compiled code, type stubs, numpy's tests or the description of a service that
    nobody calls; nor pip's RECORD, which has hashes of scripts that name the Python that installed them."""
    if "__pycache__" in parts or (parts[0] == "numpy" and "tests" in parts):
        return False
    if parts[-1] == "RECORD" or parts[-1].endswith(".pyi"):
        return False
    return parts[:2] != ("botocore", "data") or len(parts) == 3 or parts[2] in SERVICES
