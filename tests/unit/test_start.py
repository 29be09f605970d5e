"""What a command imports: only what it needs, since a person waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INDEX = {"lancedb", "pyarrow", "pandas"}
EMBEDDER = {"onnxruntime", "tokenizers"}
GENERATOR = {"xllamacpp"}
READERS = {"pypdfium2", "pdfminer", "PIL"}
STACK = {"boto3", "botocore", "opensearchpy"}
OTHERS = {"gradio", "polars", "sklearn", "scipy", "matplotlib", "lance_namespace_urllib3_client.api"}
SCRIPT = """
import atexit, runpy, sys
atexit.register(lambda: print("\\nIMPORTED", *sys.modules))
sys.argv[0] = "runtime"
runpy.run_module("runtime", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("command", "code", "absent"),
    [
        (["--help"], 0, INDEX | EMBEDDER | GENERATOR | READERS | STACK | OTHERS),
        (["documents"], 0, INDEX | EMBEDDER | GENERATOR | READERS | STACK | OTHERS),
        (["model"], 0, INDEX | EMBEDDER | GENERATOR | READERS | STACK | OTHERS),
        (["ask", ""], 1, INDEX | EMBEDDER | GENERATOR | READERS | STACK | OTHERS),
        (["ask", "What?", "--document", "none.pdf"], 1, INDEX | EMBEDDER | GENERATOR | READERS | STACK | OTHERS),
        (["search", "kiln"], 0, GENERATOR | READERS | STACK | OTHERS),
        (["ask", "How hot is the kiln?"], 0, GENERATOR | READERS | STACK | OTHERS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_imports_nothing_that_it_has_no_use_for(
    command: list[str], code: int, absent: set[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *command],
        cwd=ROOT,
        env={**os.environ, "PLUMBLINE_HOME": str(tmp_path), "PLUMBLINE_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    imported = set(done.stdout.rpartition("IMPORTED ")[2].split())
    assert "runtime.library" in imported
    assert not imported & absent
