"""The notebooks, run to the end over a library of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from components import package
from runtime.local.home import Home
from tests import pdfs
from tests.servers import ROOT


def test_query_llm_asks_the_library(
    make_home: Callable[[], Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home()
    text = "Documents are brought into the library by the shared file system, every hour."
    home.documents.put("guide.pdf", pdfs.paragraphs(tmp_path / "guide.pdf", [text], "The Guide"))
    assert home.ingestor().reconcile("guide.pdf").did == "ingested"
    monkeypatch.setenv("PLUMBLINE_HOME", str(home.settings.home))
    monkeypatch.setenv("PLUMBLINE_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "analysis" / "notebooks" / "query-llm.ipynb", as_version=4)
    NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    said = [
        "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    assert "guide.pdf" in said[0]
    assert "every hour" in said[1]
    assert "guide.pdf, page 1" in said[2]


def test_notebooks_are_kept_without_what_they_said_and_the_zip_has_them(tmp_path: Path) -> None:
    first, second = package.notebook(tmp_path / "1"), package.notebook(tmp_path / "2")
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    for path in (ROOT / "analysis" / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs"), path
