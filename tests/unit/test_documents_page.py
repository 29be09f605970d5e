"""The library's routes: the list as the page shows it, uploads, downloads and deletion."""

from __future__ import annotations

import errno
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.local.folder import PART
from runtime.local.home import Home
from runtime.local.uploads import Incoming
from runtime.local.worker import Worker
from runtime.ports import Entry
from runtime.reading.document import REMEDIES, Limits
from runtime.settings import Settings
from tests import pdfs
from tests.unit.routes import client_of
from ui import documents
from ui.downloads import zipped
from ui.gate import Identity
from ui.shelf import Row
from ui.site import Site
from ui.texts import ENGLISH, GERMAN
from ui.words import TEXTS


class Reader:
    """An operator, or whoever a test says, at a page over a library whose worker does not run."""

    def __init__(self, folder: Path, *, takes: bool = True) -> None:
        self.home = Home(Settings.read({"PLUMBLINE_HOME": str(folder / "home")}))
        self.worker = Worker(self.home)
        self.site = Site(self.home, self.worker if takes else None)
        self.identity = Identity("ann", operator=True)
        self.client = client_of(documents.routes(self.site), lambda: self.identity)

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        sent: dict[str, Any] = self.client.put("/library/upload", params={"name": name}, content=content).json()
        return sent

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/library/{path}", json=body)

    def listed(self, **wanted: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/library/documents", params=wanted).json()
        return found


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    yield Reader(tmp_path)


def test_an_upload_is_listed_at_once_and_named_where_it_came_before(reader: Reader, tmp_path: Path) -> None:
    content = pdfs.paragraphs(tmp_path / "made.pdf", ["The kiln."]).read_bytes()
    assert reader.upload("a.pdf", content) == {"result": "stored", "document": "a.pdf", "id": ""}
    assert reader.listed()["documents"] == ["a.pdf"]
    assert reader.listed()["counts"]["reading"] == 1
    same = reader.upload("b.pdf", content)
    assert (same["result"], same["document"]) == ("same", "a.pdf")
    taken = reader.upload("a.pdf", content + b" ")
    assert taken["result"] == "taken"
    assert reader.post("decide", id=taken["id"], choice="keep").json()["document"] == "a (2).pdf"
    gone = reader.post("decide", id=taken["id"], choice="keep")
    assert (gone.status_code, gone.json()["remedy"]) == (404, "Upload it again.")
    assert reader.upload("c.pdf", b"no pdf") == {"result": "refused", "state": "not a pdf", "limit": 2}


def test_of_an_upload_for_which_there_is_no_room_nothing_stays(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Incoming.write

    def fill_up(incoming: Incoming, piece: bytes) -> None:
        write(incoming, piece)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Incoming, "write", fill_up)
    told = reader.upload("a.pdf", b"%PDF-1.7")
    assert told["error"] == ENGLISH("upload.no_room")
    assert [path.name for path in tmp_path.rglob(f"{PART}*")] == []


def test_what_is_deleted_is_gone_from_the_list_and_may_come_again(reader: Reader, tmp_path: Path) -> None:
    content = pdfs.paragraphs(tmp_path / "made.pdf", ["The kiln."]).read_bytes()
    reader.upload("a.pdf", content)
    told = reader.post("delete", documents=["a.pdf", "never.pdf"]).json()
    assert told == {"removed": ["a.pdf", "never.pdf"], "failed": []}
    assert reader.listed()["documents"] == []
    assert reader.upload("a.pdf", content)["result"] == "stored"
    assert reader.listed()["documents"] == ["a.pdf"]


def test_several_are_downloaded_as_one_file_once_by_whoever_asked(reader: Reader, tmp_path: Path) -> None:
    for name in ("a.pdf", "A.pdf", "b.pdf"):
        content = pdfs.paragraphs(tmp_path / "made.pdf", [f"About {name}."]).read_bytes()
        reader.upload(name, content)
    address = reader.post("download", documents=["a.pdf", "A.pdf", "gone.pdf"]).json()["address"]
    reader.identity = Identity("bob", operator=True)
    assert reader.client.get(address).status_code == 404
    reader.identity = Identity("ann", operator=True)
    sent = reader.client.get(address)
    with zipfile.ZipFile(io.BytesIO(sent.content)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["a.pdf", "A (2).pdf", "not-included.txt"]
        assert found.read("not-included.txt") == b"gone.pdf"
        assert found.read("a.pdf") == reader.home.path("a.pdf").read_bytes()
    assert reader.client.get(address).status_code == 404
    one = reader.client.get(reader.post("download", documents=["b.pdf"]).json()["address"])
    assert (one.headers["content-type"], one.content) == ("application/pdf", reader.home.path("b.pdf").read_bytes())


def test_an_attached_document_is_beside_the_one_that_it_is_attached_to_in_a_zip(tmp_path: Path) -> None:
    class Some:
        def fetch(self, key: str, target: Path) -> object:
            target.write_bytes(key.encode())
            return object()

    names = ["cover.pdf", "cover.pdf/inner.pdf", "..\\evil.pdf", "x\n.pdf"]
    content = b"".join(zipped(Some(), names, "missing.txt"))  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.namelist() == ["cover.pdf", "cover/inner.pdf", ".._evil.pdf", "x_.pdf"]


def test_only_operators_see_the_library_and_a_stacks_is_not_changed(tmp_path: Path, reader: Reader) -> None:
    stack = Reader(tmp_path / "stack", takes=False)
    for path in ("delete", "read"):
        refused = stack.post(path, documents=["a.pdf"])
        assert (refused.status_code, refused.json()["remedy"]) == (409, "Change them there.")
    assert stack.client.put("/library/upload", params={"name": "a.pdf"}, content=b"%PDF-").status_code == 409
    reader.identity = Identity("bob", operator=False)
    assert reader.client.get("/library/documents").status_code == 403
    assert reader.client.get("/library/names").status_code == 403
    assert reader.client.put("/library/upload", params={"name": "a.pdf"}, content=b"%PDF-").status_code == 403
    for path in ("delete", "read", "download"):
        assert reader.post(path, documents=["a.pdf"]).status_code == 403


@pytest.mark.parametrize(
    "wanted", [{"group": "none"}, {"order": "none"}, {"words": "x" * 201}, {"page": "first"}], ids=str
)
def test_what_the_script_would_not_ask_is_refused(reader: Reader, wanted: dict[str, Any]) -> None:
    assert reader.client.get("/library/documents", params=wanted).status_code == 400


def test_names_are_escaped_and_signs_that_nobody_sees_are_shown(reader: Reader) -> None:
    odd = "<img src=x>\u202eevil'\".pdf"
    reader.upload(odd, b"%PDF-1.4")
    rows = reader.listed()["rows"]
    assert "<img" not in rows
    assert "&lt;img src=x&gt;\N{REPLACEMENT CHARACTER}evil" in rows


def test_what_to_do_about_a_document_is_said_in_the_readers_language() -> None:
    entry = Entry("a.pdf", "encrypted", reason="a.pdf is encrypted.", remedy=REMEDIES["encrypted"])
    assert documents.shown(Row(entry), ENGLISH)["notes"] == [{"text": entry.reason, "remedy": entry.remedy}]
    assert documents.shown(Row(entry), GERMAN)["notes"] == [
        {"text": "", "remedy": "Speichern Sie es ohne Passwort und fügen Sie es noch einmal hinzu."}
    ]
    assert {state: TEXTS[f"remedy.{state}"][0] for state in REMEDIES} == REMEDIES


def test_a_title_that_is_the_name_is_not_repeated() -> None:
    entry = Entry("2024/Annual_Report 3.pdf", title="Annual Report 3")
    assert documents.shown(Row(entry), ENGLISH)["title"] == ""
    assert documents.shown(Row(Entry("a.pdf", title="The kiln")), ENGLISH)["title"] == "The kiln"


def test_the_script_knows_how_large_a_file_may_be() -> None:
    script = (Path(documents.__file__).parent / "static" / "uploads.js").read_text()
    assert "MAX_BYTES = 2 * 2 ** 30;" in script
    assert Limits().bytes == 2 * 2**30
