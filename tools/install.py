"""Installs what tests and benchmarks use besides `.venv`, each tool once, into the cache: `python -m tools.install`.

Without arguments it installs all that `make test` needs; with names, only those. A tool that can't be installed is
reported with the command that failed, and its tests are skipped; with PLUMBLINE_REQUIRE_ALL=1 they fail.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.cache import ROOT, find, kept, key_of

AT_ONCE = 3
"""Tools installed at once: some download while others build."""

REPORT = ROOT / "build" / "installed.json"
"""The seconds that each tool's last installation took, or why it failed."""

REQUIREMENTS = ROOT / "requirements"
HERE = f"{platform.python_version()} {platform.system()} {platform.machine()} {platform.libc_ver()}"
"""The Python and the machine that an environment is made for."""


class Missing(Exception):
    """This machine lacks something that a test needs; the message says what, and how to get it."""


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Run a command to its end; raise Missing with the command and the end of its output if it fails."""
    words = " ".join(map(str, command))
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Missing(f"`{words}` could not be run: {error}") from error
    if done.returncode:
        output = (done.stderr.strip() or done.stdout.strip())[-1500:]
        raise Missing(f"`{words}` ended with exit code {done.returncode}:\n{output}")


@dataclass(frozen=True)
class Tool:
    """Something to install: the files and strings that it depends on, what makes it, and the tests that need it."""

    name: str
    sources: tuple[str | Path, ...]
    make: Callable[[Path], None]
    needed_by: str
    default: bool = True  # installed by `make test`
    cached: bool = True  # otherwise `make` checks each time

    @property
    def key(self) -> str:
        """Its key in the cache."""
        return key_of(*self.sources)

    def install(self) -> None:
        """Install it unless it is installed."""
        if self.cached:
            kept(self.name, self.key, self.make)
        else:
            self.make(Path())


def environment(name: str, needed_by: str, default: bool = True) -> Tool:
    """A Python environment of its own, with the requirements of this name."""
    requirements = REQUIREMENTS / f"{name}.txt"

    def make(folder: Path) -> None:
        uv = Path(sys.executable).with_name("uv")
        run(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder)
        options = ("--quiet", "--no-deps", "--require-hashes", "--python", folder / "bin" / "python")
        run(uv, "pip", "install", *options, "--requirement", requirements)

    return Tool(name, (requirements, HERE), make, needed_by, default)


def build_pulumi(folder: Path) -> None:
    """Build the engine with Go, which takes some minutes."""
    module = ROOT / "tools" / "pulumi"
    (version,) = (
        words[-1]
        for line in (module / "go.mod").read_text().splitlines()
        if (words := line.removeprefix("require ").split()) and words[0] == "github.com/pulumi/pulumi/pkg/v3"
    )
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}"
    command = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
    run("go", "build", "-trimpath", "-o", folder / "pulumi", "-ldflags", flags, command, folder=module)


def fetch_opensearch(folder: Path) -> None:
    """Fetch the server and its k-NN plugin with Maven."""
    run("mvn", "-q", "-B", "-f", ROOT / "tools/opensearch/pom.xml", "dependency:unpack", f"-Dinto={folder}")


DEBIAN = ("chromium", "r-doc-pdf", "octave-doc")


def install_debian(_: Path) -> None:
    """Install Debian packages: a browser, and long real documents."""
    if missing := [package for package in DEBIAN if not _has(package)]:
        if os.geteuid():
            raise Missing(f"Only root can install Debian's {', '.join(missing)}.")
        run("apt-get", "update", "-qq")
        options = ("-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600")
        run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *missing)


def _has(package: str) -> bool:
    return not subprocess.run(["dpkg", "-s", package], capture_output=True, check=False).returncode


def build_packages(folder: Path) -> None:
    """Build the zips of dependencies that a stack deploys, for both architectures and for the emulator's Python."""
    from components import package

    try:
        package.glue_wheels(folder)
        package.layer(folder, "arm64")
        package.layer(folder, "x86_64")
        package.layer(folder, "x86_64" if platform.machine() == "x86_64" else "arm64", HERE_PYTHON)
    except package.PackageError as error:
        raise Missing(str(error)) from error


HERE_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGE_SOURCES = (ROOT / "components/package.py", REQUIREMENTS / "lambda.txt", REQUIREMENTS / "glue.txt")


def copy_packages(packages: Path) -> None:
    """Copy the zips to where the program looks for them, as if this checkout had built them."""
    target = ROOT / "build" / "packages"
    target.mkdir(parents=True, exist_ok=True)
    for built in packages.glob("*.zip"):
        if not (target / built.name).exists():
            with tempfile.TemporaryDirectory(dir=target) as made:
                shutil.copyfile(built, Path(made, built.name))
                Path(made, built.name).replace(target / built.name)


TOOLS = (
    Tool(
        "pulumi",
        (ROOT / "tools/pulumi/go.mod", ROOT / "tools/pulumi/go.sum", HERE),
        build_pulumi,
        "tests of the Pulumi engine (tests/deploy) and `make preview`",
    ),
    Tool("opensearch", (ROOT / "tools/opensearch/pom.xml",), fetch_opensearch, "tests on a real OpenSearch"),
    Tool("debian", DEBIAN, install_debian, "journeys in a browser, and tests on real manuals", cached=False),
    Tool("packages", (*PACKAGE_SOURCES, HERE), build_packages, "tests of what a stack deploys"),
    environment("ministack", "tests on an AWS emulator"),
    environment("moto", "the deployed system under Terraform"),
    environment("checkov", "tests/deploy/test_checkov.py"),
    environment("iam", "tests/deploy/test_policies.py"),
    environment("spark", "tests of the Glue jobs"),
    environment("peers", "`make bench-watch`", default=False),
    environment("readers", "`make bench-reading`", default=False),
)
BY_NAME = {tool.name: tool for tool in TOOLS}


def place(name: str) -> Path:
    """Where a tool is installed; raises Missing, with the reason if it is known, where it is not."""
    tool = BY_NAME[name]
    if found := find(tool.name, tool.key):
        return found
    why = _reported().get(name, "")
    raise Missing(f"{name}, which `.venv/bin/python -m tools.install {name}` installs{f' ({why})' if why else ''},")


def _reported() -> dict[str, float | str]:
    reported: dict[str, float | str] = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    return reported


def main() -> None:
    """Install the named tools, or the default ones, and report on each in a line."""
    if unknown := sys.argv[1:] and set(sys.argv[1:]) - BY_NAME.keys():
        sys.exit(f"{', '.join(sorted(unknown))}: no such tool. The tools are {', '.join(BY_NAME)}.")
    wanted = [BY_NAME[name] for name in sys.argv[1:]] or [tool for tool in TOOLS if tool.default]
    reported: dict[str, float | str] = {}

    def install(tool: Tool) -> None:
        begun = time.monotonic()
        try:
            tool.install()
            if tool.name == "packages":
                copy_packages(place("packages"))
        except (Missing, OSError) as error:
            reported[tool.name] = str(error)
            then = "fail" if os.environ.get("PLUMBLINE_REQUIRE_ALL") == "1" else "are skipped"
            print(f"{tool.name} could not be installed, so {tool.needed_by} {then}: {error}", flush=True)
        else:
            reported[tool.name] = seconds = round(time.monotonic() - begun, 1)
            if seconds >= 1:
                print(f"Installed {tool.name} in {seconds:.0f} s.", flush=True)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(install, wanted))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(reported, indent=1))


if __name__ == "__main__":
    main()
