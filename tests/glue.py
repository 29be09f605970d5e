"""What Glue does for a job: install its wheels, and run its script with its arguments on Glue's Spark."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from components import package
from runtime.aws.clients import client
from tests.servers import java_home
from tools.cache import kept, key_of
from tools.install import HERE, Missing, place, run

SECONDS = 1200

QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java options: Spark's start and some thousand rows are over before the second compiler gains what it costs, which is
half of all CPU time."""


def modules(wheels: Path) -> Path:
    """The folder in which a zip of wheels is installed, from nothing but itself; created once."""

    def install(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as made:
            with zipfile.ZipFile(wheels) as opened:
                opened.extractall(made)
            listed = Path(made, "wheels", "requirements.txt")
            run(
                *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
                *("--no-index", "--find-links", f"{made}/wheels", "--require-hashes", "--requirement", str(listed)),
                *("--target", str(folder / "modules")),
            )

    return kept("glue-modules", key_of(wheels.name, HERE), install) / "modules"


def on_spark(
    script: Path, *arguments: str, code: Path, wheels: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script with Glue's Python and Spark, with code from a zip or folder."""
    if os.uname().machine != "x86_64":
        raise Missing("an x86_64 machine, as Glue's are,")
    python = place("spark") / "bin" / "python"
    given = {
        **os.environ,
        "PYTHONPATH": f"{code}:{modules(wheels)}",
        "JAVA_HOME": str(java_home(17, 17)),
        "JDK_JAVA_OPTIONS": QUICK_START,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(python),
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    command = [str(python), str(script), *arguments]
    with tempfile.TemporaryDirectory() as elsewhere:
        return subprocess.run(
            command, cwd=elsewhere, env=given, capture_output=True, text=True, timeout=SECONDS, check=False
        )


def run_job(url: str, job: str, own: str = "", **arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a job as defined in an emulator, with additional arguments of this run; what Glue does by the job's role goes
    to `own`, if there is such an address. (MiniStack knows jobs and their code, but runs Spark only in Docker.)"""
    made = client("glue", url).get_job(JobName=job)["Job"]
    given = {**made["DefaultArguments"], **{f"--{name}": value for name, value in arguments.items()}}
    with tempfile.TemporaryDirectory() as folder:
        script, code, wheels = (
            _fetched(own or url, path, Path(folder))
            for path in (
                made["Command"]["ScriptLocation"],
                given.pop("--extra-py-files"),
                given["--additional-python-modules"],
            )
        )
        flat = [part for pair in given.items() for part in pair]
        environment = {"AWS_ENDPOINT_URL": own or url, "AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
        return on_spark(script, "--JOB_NAME", job, *flat, code=code, wheels=wheels, environment=environment)


def _fetched(url: str, path: str, folder: Path) -> Path:
    """An object as a file; wheels that are already here are not fetched again."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    here = package.PACKAGES / key
    got = client("s3", url).get_object(Bucket=bucket, Key=key)
    if key.endswith(".gluewheels.zip") and here.exists() and here.stat().st_size == got["ContentLength"]:
        return here
    with (folder / key).open("wb") as file:
        shutil.copyfileobj(got["Body"], file)
    return folder / key
