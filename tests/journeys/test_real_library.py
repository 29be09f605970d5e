"""A real library, watched: chapters of R's manuals, then Octave's beside them, then R's again under other names.

`make soak` does the same with the whole manuals.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.ports import Vectors
from runtime.settings import Settings
from tests.analyses import analysis, run
from tools.install import Missing

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("real library")]

OCTAVE = Path("/usr/share/doc/octave/octave.pdf")

R_CHAPTERS = {
    "R-FAQ": range(24, 37),  # add-on packages, Emacs, miscellanea
    "R-admin": range(27, 40),  # running R, add-on packages, locales
    "R-data": range(11, 24),  # spreadsheet-like data, relational databases
    "R-exts": range(47, 60),  # checking and building packages, vignettes, namespaces
    "R-intro": range(25, 38),  # arrays and matrices, lists and data frames
    "R-ints": range(5, 18),  # internal structures
    "R-lang": range(14, 27),  # evaluation of expressions
}
"""Pages of each manual, from 0: of the language and its packages, not of statistics or graphics. So what is far from
them is clear, whatever the processor makes of the embedder's int8."""

OCTAVE_CHAPTERS = {"images": range(874, 896), "audio": range(896, 904), "dialogs and windows": range(930, 954)}
"""Of Octave's manual; R's have nothing of these."""

NEITHER = (
    "How long should I boil an egg so that the yolk stays soft?",
    "Which team won the football world cup final?",
    "Where should we go on holiday with small children in summer?",
)
ABOUT = """
How do I remove an installed package?
How can I install a package from CRAN?
How do I add a package to my library from a local file?
How do I convert a factor to numbers?
How do I run R inside Emacs?
Which locale does R use for its messages?
How can I read fixed width format files?
How do I reshape data from wide to long?
Which packages connect R to a relational database?
How do I connect to a relational database?
How do I check a package before I submit it?
How do I write vignettes for a package?
What does a package's namespace export?
How do I give an array dimension names?
How is a matrix inverted?
How do I compute the eigenvalues of a matrix?
How do I read a table from a file into a data frame?
What is the difference between a list and a vector in R?
What is a SEXP?
What is a promise object in lazy evaluation?
How are missing values represented?
How do I loop over the elements of a vector?
How does the switch statement work?
What is the scope of a variable inside a function?
How do I read an image from a file?
How do I change the colormap of a figure?
How do I convert a color image to grayscale?
How do I play an audio file?
How do I show a dialog to choose a file?
How do I show a progress bar?
""".strip().splitlines()


class Once(MiniLm):
    """Embeds no text a second time, such as those of the manuals that come again."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str], *, questions: bool = False) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().embed(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(-1, self.dimension)


def ingested(manuals: Mapping[str, Path], octave: Path, folder: Path) -> Path:
    """What the ingestion archived at each step, in a folder of the step's name, each step's documents added to those
    before: R's manuals, Octave's, and R's under other names."""
    steps = {
        "R": manuals,
        "Octave": {OCTAVE.name: octave},
        "R again": {f"copy-of-{name}": path for name, path in manuals.items()},
    }
    home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home"), "PLUMBLINE_THREADS": "1"}))
    home.embedder = Once()
    for step, documents in steps.items():
        for key, path in documents.items():
            home.documents.put(key, path)
            assert home.ingestor().reconcile(key).result == "ingested"
        shutil.move(home.settings.home / "archive", folder / step)
    return folder


def bring(archives: Path, step: str, home: Path) -> None:
    """Have the home's archive grow by what a step's ingestion archived."""
    shutil.copytree(archives / step, home / "archive", dirs_exist_ok=True)


def assert_octave_is_drift_and_r_again_is_none(
    archives: Path, home: Path, far: float = 0.1
) -> list[list[dict[str, Any]]]:
    """Gives the passages that are shown for each new cluster. `far` is the least share of far passages."""
    bring(archives, "R", home)
    before = run(home, "drift", "--job_type", "BASELINE")["values"]
    assert (before["groups"], before["damaged_files"]) == (7, 0)

    bring(archives, "Octave", home)
    drifted = run(home, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (drifted["drift"], drifted["streak"]) == (True, 1)
    assert drifted["far"] > far
    new = [one["passages"] for one in drifted["clusters"] if one["change"] == "appeared"]
    assert {passage["group"] for passages in new for passage in passages} == {"octave.pdf"}

    bring(archives, "R again", home)
    again = run(home, "drift", "--job_type", "SNAPSHOT")["values"]
    assert (again["groups"], again["drift"], again["streak"]) == (7, False, 0)
    assert again["far"] < 0.02
    assert {one["change"] for one in again["clusters"]} == {"same"}
    return new


def assert_the_outliers_are_about_neither(archives: Path, home: Home, about: Sequence[str]) -> None:
    """Among questions about the library, and those about neither R nor Octave."""
    folder = home.settings.home
    for step in ("R", "Octave"):
        bring(archives, step, folder)
    run(folder, "drift", "--job_type", "BASELINE")
    answerer = home.answerer()
    for number, question in enumerate((*about, *NEITHER)):
        for answer in answerer.answer(question, prompt_id=f"prompt-{number}", conversation=f"conversation-{number}"):
            assert answer.state != "writing"  # nothing is indexed here, so the question is kept and no answer written
    measured = run(folder, "distance")["values"]
    assert measured["rows"] == len(about) + len(NEITHER)
    listed = analysis(folder, "outliers", "--json")
    assert listed.returncode == 0, listed.stderr
    prompts = json.loads(listed.stdout)["prompts"]
    told = [
        prompt for prompt in prompts if prompt["by"] != ["quantile"]
    ]  # the farthest 1% are listed whatever they are
    assert {prompt["text"] for prompt in told} == set(NEITHER)
    assert len(prompts) <= len(told) + 1
    for prompt in told:
        assert "passage" in prompt["by"]
        assert prompt["conversation"].startswith("conversation-")
        assert prompt["nearest"]["text"]
        assert prompt["nearest"]["similarity"] < 0.3


def excerpt(manual: Path, pages: Sequence[range], to: Path) -> Path:
    """A PDF of some of a manual's pages."""
    with pypdfium2.PdfDocument(manual) as whole, pypdfium2.PdfDocument.new() as made:
        made.import_pages(whole, [page for part in pages for page in part])
        made.save(to)
    return to


def chapter(page: int) -> str:
    """The chapter of Octave's manual in which a page of the excerpt, counted from 1, stands."""
    names = [name for name, pages in OCTAVE_CHAPTERS.items() for _ in pages]
    return names[page - 1]


@pytest.fixture(scope="module")
def archives(r_manuals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the ingestion archived of the chapters."""
    if not OCTAVE.exists():
        raise Missing("Debian's octave-doc")
    folder = tmp_path_factory.mktemp("books")
    manuals = {
        f"{name}.pdf": excerpt(r_manuals / f"{name}.pdf", [pages], folder / f"{name}.pdf")
        for name, pages in R_CHAPTERS.items()
    }
    return ingested(manuals, excerpt(OCTAVE, [*OCTAVE_CHAPTERS.values()], folder / OCTAVE.name), folder)


def test_octaves_chapters_beside_rs_are_drift_that_names_its_passages_and_rs_once_more_are_none(
    archives: Path, tmp_path: Path
) -> None:
    new = assert_octave_is_drift_and_r_again_is_none(archives, tmp_path)
    # When numbers at random of a fifth of an embedding's length are added to each, six clusters or more are new, and
    # half of the passages are far: a processor that rounds otherwise changes far less.
    chapters = [{chapter(passage["page"]) for passage in passages} for passages in new]
    assert all(len(shown) == 1 for shown in chapters), chapters
    assert set().union(*chapters) == set(OCTAVE_CHAPTERS)


def test_questions_about_neither_are_the_outliers(archives: Path, make_home: Callable[[], Home]) -> None:
    assert_the_outliers_are_about_neither(archives, make_home(), ABOUT)
