"""The library's view in a real headless Chromium: an empty one, uploads of every kind, several documents at once."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Request, expect

from runtime.local.minilm import MiniLm
from tests import pdfs
from tests.browsing import Visitors, keep, look, visit
from tests.sites import Echo, Site, home_in, on_this_machine

pytestmark = [pytest.mark.xdist_group("chat page"), pytest.mark.usefixtures("faultless")]

BOMB = "<img src=x onerror=document.title='owned'>.pdf"


@pytest.fixture
def site(tmp_path: Path, minilm: MiniLm) -> Iterator[Site]:
    """A page over an empty library."""
    with on_this_machine(home_in(tmp_path, minilm, Echo())) as made:
        yield made


def library_of(browser: Visitors, site: Site, locale: str = "en-US") -> Page:
    page = visit(browser, f"{site.url}/library", " ", locale=locale)
    expect(page.locator("#library")).not_to_have_attribute("data-empty", "unknown")
    return page


def add(page: Page, *files: Path) -> None:
    """Choose files with the button that is there."""
    with page.expect_file_chooser() as chooser:
        page.locator("#library .add:visible").first.click()
    chooser.value.set_files(files)


def add_as(page: Page, name: str, content: bytes) -> None:
    """Choose a file under a name that a disk might not take."""
    with page.expect_file_chooser() as chooser:
        page.locator("#library .add:visible").first.click()
    chooser.value.set_files(FilePayload(name=name, mimeType="application/pdf", buffer=content))


def drop(page: Page, name: str, content: str) -> None:
    """Drop a file on the page."""
    given = "([name, content]) => { const t = new DataTransfer(); t.items.add(new File([content], name)); return t; }"
    transfer = page.evaluate_handle(given, [name, content])
    for kind in ("dragenter", "dragover"):
        page.dispatch_event("body", kind, {"dataTransfer": transfer})
    expect(page.locator(".dropping")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator(".dropping")).to_be_hidden()


def names(page: Page) -> list[str]:
    return page.locator("#library tbody .open").all_inner_texts()


def test_a_library_grows_from_nothing_and_is_kept_in_order(browser: Visitors, site: Site, tmp_path: Path) -> None:
    page = library_of(browser, site)
    expect(page.locator("#library .emptiness")).to_contain_text("The library is empty")
    look(page, "library-empty")

    # Uploads: what is refused says why, what is taken is listed and read.
    papers = tmp_path / "papers"
    papers.mkdir()
    made = [pdfs.paragraphs(papers / f"Report {n}.pdf", [f"Kiln {n} is fired at {900 + n} degrees."]) for n in range(4)]
    pdfs.encrypted(papers / "locked.pdf", "secret", user="secret")
    bomb = pdfs.paragraphs(papers / "bomb.pdf", ["The kiln of another."]).read_bytes()
    add(page, *made, papers / "locked.pdf")
    expect(page.locator(".uploads .says")).to_contain_text("5 of 5 added")
    expect(page.locator("#library .overall")).to_be_hidden()
    expect(page.locator("#library tbody tr")).to_have_count(5)
    locked = page.locator("#library tbody tr", has_text="locked.pdf")
    expect(locked).to_contain_text("encrypted")
    expect(locked).to_contain_text("Save it without a password, and add it again.")
    drop(page, "notes.pdf", "just text")
    expect(page.locator(".uploads li", has_text="notes.pdf")).to_contain_text("is not a PDF")
    add_as(page, BOMB, bomb)
    expect(page.locator("#library tbody .open", has_text="onerror")).to_have_text(BOMB)

    # The same bytes are named; a name that is taken is decided about, once for all.
    again = tmp_path / "again"
    again.mkdir()
    shutil.copy(made[3], again / "Copy.pdf")
    for n in (0, 1):
        pdfs.paragraphs(again / f"Report {n}.pdf", ["Something else."] * (n + 1))
    add(page, *sorted(again.glob("*.pdf")))
    asked = page.locator("dialog.taken")
    expect(asked).to_contain_text("There is another Report 0.pdf")
    expect(page.locator(".uploads li", has_text="Copy.pdf")).to_contain_text("is the same file as Report 3.pdf")
    expect(asked.get_by_role("button", name="Keep both")).to_be_focused()
    keep(page, "library-taken")
    asked.get_by_label("The same for all 2 of them").check()
    asked.get_by_role("button", name="Keep both").click()
    expect(page.locator("#library tbody .open", has_text="(2).pdf")).to_have_count(2)
    expect(page.locator("#library .overall")).to_be_hidden()
    page.locator(".uploads .close").click()

    # Finding, filtering, sorting; the address keeps it over a reload.
    page.locator("#library .words").fill("report (2)")
    expect(page.locator("#library tbody tr")).to_have_count(2)
    page.locator("#library .words").fill("")
    page.get_by_role("button", name="Not readable 1").click()
    expect(page.locator("#library tbody .open")).to_have_text(["locked.pdf"])
    page.reload()
    expect(page.locator("#library tbody .open")).to_have_text(["locked.pdf"])
    page.get_by_role("button", name="All 8").click()
    expect(page.locator("#library tbody tr")).to_have_count(8)
    page.get_by_role("button", name="Document", exact=True).click()
    expect(page.locator("#library th.name")).to_have_attribute("aria-sort", "ascending")
    assert [name for name in names(page) if name.startswith("Report")] == [
        *("Report 0 (2).pdf", "Report 0.pdf", "Report 1 (2).pdf", "Report 1.pdf", "Report 2.pdf", "Report 3.pdf"),
    ]
    look(page, "library-list")

    # Several at once, by keyboard and mouse.
    page.locator("#library tbody .choose input").nth(2).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#library .actions .says")).to_have_text("2 selected")
    chosen = [page.locator("#library tr.chosen").nth(n).get_attribute("data-document") for n in (0, 1)]
    look(page, "library-selected")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(download.value.path()) as found:
        assert found.namelist() == chosen
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm = page.locator("dialog.confirm")
    for name in chosen:
        expect(confirm).to_contain_text(str(name))
    expect(confirm.get_by_role("button", name="Cancel")).to_be_focused()
    confirm.get_by_role("button", name="Delete").click()
    expect(page.locator("#library tbody tr")).to_have_count(6)
    assert not set(chosen) & set(names(page))
    rest = [name for name in names(page) if name.startswith("Report")]
    page.locator(f'#library tr[data-document="{rest[0]}"] .choose input').check()
    page.get_by_role("button", name="Read again").click()
    expect(page.locator("#toasts")).to_contain_text("1 document will be read again.")
    expect(page.locator("#library .overall")).to_be_hidden()
    page.locator(f'#library tr[data-document="{rest[1]}"] .choose input').check()
    page.get_by_role("button", name="Ask these").click()
    expect(page.locator("#scope-says")).to_contain_text(rest[1].removesuffix(".pdf"))
    assert page.evaluate("document.title") != "owned"


def test_ten_thousand_documents_are_paged_and_an_idle_view_asks_nothing(browser: Visitors, site: Site) -> None:
    site.lists(10_000)
    page = library_of(browser, site)
    expect(page.locator("#library tbody tr")).to_have_count(50)
    expect(page.get_by_role("button", name="All 10,000", exact=True)).to_be_visible()
    page.locator("#library [data-step='1']").click()
    expect(page.locator("#library .paging .says")).to_have_text("Page 2 of 200")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Select all 10,000").click()
    expect(page.locator("#library .actions .says")).to_have_text("10,000 selected")
    page.get_by_label("Clear the selection").click()
    keep(page, "library-many")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.wait_for_timeout(3000)
    assert asked == []


def test_the_library_speaks_german(browser: Visitors, site: Site, tmp_path: Path) -> None:
    pdfs.encrypted(tmp_path / "locked.pdf", "secret", user="secret")
    page = library_of(browser, site, "de-DE")
    expect(page.locator("#library .emptiness")).to_contain_text("Die Bibliothek ist leer")
    add(page, tmp_path / "locked.pdf")
    expect(page.locator("#library tbody tr")).to_contain_text("Speichern Sie es ohne Passwort")
    expect(page.locator("#library tbody tr")).to_contain_text("verschlüsselt")
    keep(page, "library-german")
