"""Starts the real servers that tests use, each on a free port of 127.0.0.1, and stops them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tools.cache import ROOT as ROOT
from tools.install import Missing as Missing
from tools.install import place

START_SECONDS = 180
NOBODY = 65534


def free_port() -> int:
    """A port on which nobody is listening."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def java_home(least: int = 21, most: int = 99) -> Path:
    """A Java installation within these versions."""
    named = [os.environ[name] for name in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    homes = [
        *map(Path, named),
        *sorted(Path("/usr/lib/jvm").glob("*")),
        *Path("/Library/Java").glob("*/*/Contents/Home"),
    ]
    for home in homes:
        release = home / "release"
        found = re.search(r'JAVA_VERSION="(\d+)', release.read_text()) if release.is_file() else None
        if found and least <= int(found.group(1)) <= most:
            return home
    versions = f"Java {least}" if least == most else f"Java {least} or newer"
    raise Missing(f"{versions}, named by OPENSEARCH_JAVA_HOME or JAVA_HOME,")


@contextmanager
def opensearch() -> Iterator[str]:
    """A real, empty OpenSearch with k-NN: its URL, or that of OPENSEARCH_URL if it is set."""
    if given := os.environ.get("OPENSEARCH_URL"):
        if httpx.get(f"{given}/_cat/indices/passages-*", timeout=30).text.strip():
            raise RuntimeError(
                f"{given} has passages already, and the tests would remove them: give them an empty one."
            )
        yield given
        return
    installed = place("opensearch")
    java = java_home()
    home = Path(tempfile.mkdtemp(prefix="plumbline-opensearch-"))
    try:
        server = home / "server"
        shutil.copytree(next(installed.glob("opensearch-*")), server)
        port, transport = free_port(), free_port()
        (server / "config" / "opensearch.yml").write_text(
            "discovery.type: single-node\nnetwork.host: 127.0.0.1\n"
            f"http.port: {port}\ntransport.port: {transport}\n"
            "cluster.routing.allocation.disk.threshold_enabled: false\n"
        )
        user = NOBODY if os.geteuid() == 0 else None  # it refuses to run as root
        if user is not None:
            home.chmod(0o755)
            for path in (home, *home.rglob("*")):
                os.chown(path, user, user)
        environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(home),
            "OPENSEARCH_JAVA_HOME": str(java),
            "OPENSEARCH_JAVA_OPTS": "-Xms1g -Xmx1g -XX:TieredStopAtLevel=1",  # starts in half the time
        }
        log = (home / "log").open("wb")
        process = subprocess.Popen(
            [str(server / "bin" / "opensearch")], env=environment, cwd=home, stdout=log, stderr=log, user=user
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _answers(process, f"{url}/_cluster/health?wait_for_status=yellow&timeout=60s", home / "log")
            yield url
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(home)


@contextmanager
def ministack(**settings: str) -> Iterator[str]:
    """MiniStack, an AWS emulator, empty: its URL."""
    port = free_port()
    where = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local"}
    with _emulator("ministack", "ministack", [], {**where, **settings}, port, "/_ministack/health") as url:
        yield url


@contextmanager
def moto() -> Iterator[str]:
    """moto, an emulator of the services that MiniStack lacks, empty: its URL."""
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    with _emulator("moto", "moto_server", where, {}, port, "/moto-api/") as url:
        yield url


@contextmanager
def _emulator(
    tool: str, program: str, arguments: list[str], settings: dict[str, str], port: int, health: str
) -> Iterator[str]:
    """A program from a tool's environment, in a home directory of its own, once it responds."""
    installed = place(tool)
    home = Path(tempfile.mkdtemp(prefix=f"plumbline-{tool}-"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), **settings}
    try:
        with (home / "log").open("wb") as log:
            command = [str(installed / "bin" / program), *arguments]
            process = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log)
            try:
                _answers(process, f"http://127.0.0.1:{port}{health}", home / "log")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)  # a function that is still ending may write there


def _answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return once the server responds; raise an error with the end of its log if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=70).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise RuntimeError(f"{process.args!r} did not start:\n" + log.read_text(errors="replace")[-3000:])
