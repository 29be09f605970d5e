"""The notebooks, run to the end over a library of this machine, and over a stack's archive and tables."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from analysis.display import Framed
from components import package
from runtime.local.home import Home
from runtime.ports import Vectors
from tests import pdfs
from tests.analyses import Kind, archive, drawn, the_stack, to_bucket
from tests.browsing import Visitors
from tests.servers import ROOT

NOTEBOOKS = ROOT / "analysis" / "notebooks"
Bring = Callable[[int, Vectors, Kind], None]


def notebook(path: Path) -> nbformat.NotebookNode:
    read: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return read


def of_code(*cells: str) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(code) for code in cells]  # type: ignore[no-untyped-call]
    whole: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=made)  # type: ignore[no-untyped-call]
    return whole


@dataclass(frozen=True)
class Kernel:
    """A kernel in which one notebook is run after another, each as in a new one: no name of a former is left."""

    client: NotebookClient

    def said(self, name: str) -> list[str]:
        """What each code cell of a notebook says, run from the first to the last in this process's environment."""
        here = f"import os\nos.environ.clear()\nos.environ |= {dict(os.environ)!r}"
        self._run(of_code(here, "%reset -f"))
        return self._run(notebook(NOTEBOOKS / f"{name}.ipynb"))

    def _run(self, whole: nbformat.NotebookNode) -> list[str]:
        self.client.nb = whole
        outputs = []
        for number, cell in enumerate(whole.cells):
            if cell.cell_type == "code":
                self.client.execute_cell(cell, number)
                data = [output.get("data", {}) for output in cell.outputs]
                text = [output.get("text", "") for output in cell.outputs]
                outputs.append("".join([*text, *(one.get("text/html") or one.get("text/plain", "") for one in data)]))
        return outputs


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    """The kernel of the notebooks."""
    client = NotebookClient(of_code(), kernel_name="python3", timeout=300)
    with client.setup_kernel(env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}):
        yield Kernel(client)


@pytest.fixture
def kernels_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the kernel finds in its environment."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLUMBLINE_THREADS", "1")
    return tmp_path / "home"


@pytest.fixture(
    params=[
        pytest.param("machine", marks=pytest.mark.xdist_group("notebooks")),
        pytest.param("stack", marks=pytest.mark.xdist_group("servers")),
    ]
)
def bring(
    request: pytest.FixtureRequest, kernels_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bring]:
    """Keeps a week's vectors in the archive of this machine, or of a stack, which the kernels' environment names."""
    if request.param == "machine":
        yield lambda week, vectors, kind: archive(kernels_home, week, vectors, kind)
        return
    url = request.getfixturevalue("ministack")
    bucket = the_stack(url, monkeypatch)
    yield lambda week, vectors, kind: to_bucket(url, bucket, tmp_path, week, vectors, kind)
    assert not kernels_home.exists()


@pytest.mark.xdist_group("notebooks")
def test_query_llm_asks_the_library(
    make_home: Callable[[], Home], tmp_path: Path, kernels_home: Path, kernel: Kernel
) -> None:
    home = make_home()
    assert home.settings.home == kernels_home
    text = "Documents are brought into the library by the shared file system, every hour."
    home.documents.put("guide.pdf", pdfs.paragraphs(tmp_path / "guide.pdf", [text], "The Guide"))
    assert home.ingestor().reconcile("guide.pdf").result == "ingested"
    outputs = kernel.said("query-llm")
    assert "guide.pdf" in outputs[0]
    assert "every hour" in outputs[1]
    assert "guide.pdf, page 1" in outputs[2]


def test_a_library_is_watched_by_the_notebooks(bring: Bring, kernel: Kernel) -> None:
    bring(0, drawn(0), "passage")
    _, baseline, snapshot, clusters, report, runs = kernel.said("drift-analysis")
    assert "There is no baseline yet; making one." in baseline
    assert "600 records in 6 clusters" in baseline
    assert "No records have arrived in" in snapshot
    assert clusters == "0 of 0 clusters have changed.\n"
    assert "baseline" in shown(report)
    assert (runs.count("BASELINE#"), runs.count("SNAPSHOT#")) == (1, 0)

    bring(1, drawn(1, new=120), "passage")
    _, baseline, snapshot, clusters, report, runs = kernel.said("drift-analysis")
    assert baseline.startswith("BASELINE#")
    assert "Drift for the first time. The library's passages since 2026-11-01 10:00 differ" in snapshot
    appeared = [part for part in clusters.split("\n\n") if part.startswith("appeared, from 0.0% to ")]
    passages = re.findall(r"^- passage-1-(\d+), page \d+: passage (\d+) <b>of</b> week 1$", "\n".join(appeared), re.M)
    assert passages
    assert all(480 <= int(passage) < 600 and int(passage) // 20 == int(document) for document, passage in passages)
    assert "Drift for the first time" in shown(report)
    assert shown(report).count("<svg") == 4
    assert "<b>of</b>" not in shown(report)
    assert (runs.count("BASELINE#"), runs.count("SNAPSHOT#")) == (1, 1)

    bring(2, np.concatenate([drawn(12, 39), drawn(13, 1, new=1)]), "prompt")
    _, _, distribution, trend, report = kernel.said("distance-analysis")
    assert re.search(r"DISTANCE#\d+ \(.*</td><td>40</td><td>0\.\d{3}</td>", distribution)
    assert trend == "A trend needs three runs over a day or more; so far: 1.\n"
    assert "Half of the 40 questions" in shown(report)

    _, counted, table = kernel.said("prompt-distance-outliers")
    assert "1 of 40 questions are outliers" in counted
    (row,) = re.findall(r"<tbody><tr>(.*?)</tr></tbody>", table, re.S)
    cells = [html.unescape(cell).strip('"') for cell in re.findall(r"<td>(.*?)</td>", row)]
    assert cells[1:5] == ["prompt 39 <b>of</b> week 2", "2026-11-15T10:00", "prompt-2-1", "median and quantile"]
    assert re.fullmatch(r"passage \d+ <b>of</b> week [01]", cells[5])
    assert re.fullmatch(r"passage-[01]-\d+", cells[6])


@pytest.mark.xdist_group("notebooks")
def test_notebooks_say_that_there_is_too_little_data(kernels_home: Path, kernel: Kernel) -> None:
    archive(kernels_home, 0, drawn(0, 150))
    archive(kernels_home, 1, drawn(1, 5), kind="prompt")
    _, baseline, snapshot, clusters, report, runs = kernel.said("drift-analysis")
    assert "The archive has 150 records; a baseline needs 200." in baseline
    assert (snapshot, clusters, report, runs) == ("", "0 of 0 clusters have changed.\n", "", "")
    _, measured, _, trend, report = kernel.said("distance-analysis")
    assert "There are 5 new prompts; 10 are needed." in measured
    assert (trend, report) == ("No runs yet.\n", "")
    _, counted, _ = kernel.said("prompt-distance-outliers")
    assert "0 prompts have a stored distance; 10 are needed." in counted


def shown(report: str) -> str:
    """The page in the frame of a cell's output."""
    (page,) = re.findall(r'<iframe sandbox title="Report" srcdoc="([^"]*)"', report)
    return html.unescape(page)


def test_nothing_runs_in_the_frame_of_a_report(browser: Visitors) -> None:
    page = browser.another().new_page()
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    framed = Framed(b'<p>"A report" &amp; more</p><script>document.body.append("ran")</script>')
    page.set_content(f"<body>{framed._repr_html_()}</body>")
    assert page.frame_locator("iframe").locator("body").inner_text() == '"A report" & more'
    assert any("sandboxed" in text for text in logged)


def test_notebooks_are_kept_without_outputs_and_the_zip_has_them(tmp_path: Path) -> None:
    first, second = package.notebook(tmp_path / "1"), package.notebook(tmp_path / "2")
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in notebook(path).cells:
            assert not cell.get("outputs"), path
            assert not cell.get("execution_count"), path
