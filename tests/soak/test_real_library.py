"""A real library, watched: R's manuals, then Octave's beside them, then R's again under other names; all of them."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from runtime.local.home import Home
from tests.journeys.test_real_library import (
    OCTAVE,
    assert_octave_is_drift_and_r_again_is_none,
    assert_the_outliers_are_about_neither,
    ingested,
)
from tools.install import Missing

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("real library"), pytest.mark.timeout(7200)]

R = ("FAQ", "admin", "data", "exts", "intro", "ints", "lang")

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


PLOTTING = "15 Plotting"


def chapters() -> list[tuple[int, str]]:
    """The first page and the title of each chapter of Octave's manual, by its outline."""
    with pypdfium2.PdfDocument(OCTAVE) as manual:
        outline = [(item.get_dest().get_index() + 1, item.get_title()) for item in manual.get_toc() if item.level == 0]
    return sorted(outline)


@pytest.fixture(scope="module")
def archives(r_manuals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the ingestion archived of the manuals."""
    if not OCTAVE.exists():
        raise Missing("Debian's octave-doc")
    manuals = {f"R-{name}.pdf": r_manuals / f"R-{name}.pdf" for name in R}
    return ingested(manuals, OCTAVE, tmp_path_factory.mktemp("books"))


def test_octaves_manual_beside_rs_is_drift_that_names_its_passages_and_rs_once_more_is_none(
    archives: Path, tmp_path: Path
) -> None:
    new = assert_octave_is_drift_and_r_again_is_none(archives, tmp_path, far=0.07)
    first_pages, titles = zip(*chapters(), strict=True)
    sections = [[titles[max(bisect(first_pages, passage["page"]) - 1, 0)] for passage in passages] for passages in new]
    # Which clusters there are differs by the processor that embedded the passages. Some may be about all of Octave, as
    # its files are; most are about one chapter.
    whole = [passages for passages in sections if max(Counter(passages).values()) >= 2]
    assert len(whole) >= 2, sections
    assert 2 * len(whole) > len(sections), sections
    assert [PLOTTING] * 3 in sections
    assert len({Counter(passages).most_common(1)[0][0] for passages in whole}) >= 2, sections


def test_questions_about_neither_are_the_outliers(archives: Path, make_home: Callable[[], Home]) -> None:
    assert_the_outliers_are_about_neither(archives, make_home(), ABOUT)
