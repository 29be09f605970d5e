"""The packages as they are deployed."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from components import package
from tests.aws.stack import HERE, MACHINE


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_a_layer_has_wheels_for_its_machine_and_nothing_else(architecture: package.Architecture) -> None:
    layer = package.layer(package.PACKAGES, architecture)
    with zipfile.ZipFile(layer) as opened:
        names = opened.namelist()
    assert all(name.startswith("python/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc") or "/bin/" in name[:11]]
    machine = package.MACHINE[architecture]
    numpy = [name for name in names if "_multiarray_umath" in name and name.endswith(".so")]
    assert numpy == [f"python/numpy/_core/_multiarray_umath.cpython-313-{machine}-linux-gnu.so"]
    assert not [name for name in names if name.startswith(("python/grpc", "python/gradio", "python/lancedb"))]
    assert (
        package.unpacked_bytes(layer) + package.unpacked_bytes(package.function(package.PACKAGES))
        < package.MAX_UNPACKED
    )


def some_of(lock: Path, names: set[str], target: Path) -> Path:
    """The lines of a lock that are about these packages."""
    blocks = re.split(r"(?m)^(?=\S)", lock.read_text())
    target.write_text("".join(block for block in blocks if block.partition("==")[0] in names))
    return target


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A script, compiled code and plain Python: what makes builds differ. `make soak` builds the whole.
    few = {"jmespath", "orjson", "six"}
    monkeypatch.setattr(package, "REQUIREMENTS", some_of(package.REQUIREMENTS, few, tmp_path / "lambda.txt"))
    monkeypatch.setattr(package, "GLUE_REQUIREMENTS", some_of(package.GLUE_REQUIREMENTS, few, tmp_path / "glue.txt"))
    assert_builds_are_the_same(tmp_path)


def assert_builds_are_the_same(folder: Path) -> None:
    def layer(folder: Path) -> Path:
        return package.layer(folder, "x86_64")

    for build in (layer, package.function, package.glue_wheels, package.glue_code, package.notebook):
        first, second = build(folder / "1"), build(folder / "2")
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes()


def test_glues_zips_have_its_wheels_and_all_that_the_jobs_import() -> None:
    with zipfile.ZipFile(package.glue_wheels(package.PACKAGES)) as opened:
        names = opened.namelist()
    listed = {name.partition("-")[0].removeprefix("wheels/") for name in names}
    assert {"numpy", "polars", "scikit_learn", "boto3"} <= listed
    assert not {"pypdfium2", "opensearch_py", "grpcio", "gradio"} & listed
    assert [name for name in names if not name.endswith(".whl")] == ["wheels/requirements.txt"]
    assert all("cp311" in name or "abi3" in name or "none-any" in name for name in names if name.endswith(".whl"))
    with zipfile.ZipFile(package.glue_code(package.PACKAGES)) as opened:
        assert {"analysis/glue/run.py", "analysis/spark.py", "runtime/local/sqlite.py"} <= set(opened.namelist())


def test_the_layer_describes_every_service_that_is_called() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (package.ROOT / "runtime").rglob("*.py"))
    called = set(re.findall(r'client\("([a-z0-9-]+)"', sources))
    assert len(called) >= 8
    assert called - {"glue"} <= set(package.SERVICES)  # the page alone starts jobs


def test_the_function_imports_from_its_zips_alone(tmp_path: Path) -> None:
    for zipped in (package.layer(package.PACKAGES, MACHINE, HERE), package.function(package.PACKAGES)):
        with zipfile.ZipFile(zipped) as opened:
            assert not [name for name in opened.namelist() if name.startswith(("runtime/local", "tests"))]
            opened.extractall(tmp_path)
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(tmp_path / 'python')!r}]; import runtime.handlers"
    script += "; import boto3; list(map(boto3.client, sys.argv[1:]))"
    script += "; print(all(m.__file__.startswith(sys.path[0]) for m in map(sys.modules.get, ('numpy', 'boto3'))))"
    command = [sys.executable, "-I", "-S", "-c", script, *package.SERVICES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
