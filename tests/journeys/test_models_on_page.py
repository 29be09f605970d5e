"""An operator chooses the model that answers, on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.local.model_choice import KEPT
from runtime.settings import Settings
from tests import pdfs
from tests.browsing import NARROW, Visitors, keep
from tests.model_servers import ollama, serving
from tests.sites import on_this_machine

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("faultless")]

KEY = "sk-a-secret-of-the-server"
MEDIUM, LARGE = {"width": 1024, "height": 768}, {"width": 1440, "height": 900}


def chooses(page: Page) -> None:
    page.locator("#status").click()
    page.get_by_role("button", name="Choose a model").click()


def test_a_model_of_this_machine_is_found_tried_kept_and_given_up_again(
    browser: Visitors, minilm: MiniLm, tmp_path: Path
) -> None:
    with serving(ollama(tidy=["completion"], embed=["embedding"])) as url:
        home = Home(
            Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home"), "PLUMBLINE_THREADS": "1", "OLLAMA_HOST": url})
        )
        home.embedder = minilm
        home.add([pdfs.paragraphs(tmp_path / "kiln.pdf", ["The kiln is fired at 940 degrees."])])
        home.ingestor().reconcile("kiln.pdf")
        kept = tmp_path / "home" / KEPT
        with on_this_machine(home) as site:
            page = browser.context(site.url).new_page()
            faults: list[str] = []
            page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
            page.on("request", lambda request: faults.append(request.url) if KEY in request.url else None)
            page.goto(site.url)
            chooses(page)
            dialog = page.get_by_role("dialog", name="Model that answers")
            expect(dialog).to_contain_text("you get quotes from the documents")
            expect(dialog.get_by_role("radio", name="tidy:latest")).to_be_checked()
            expect(dialog.get_by_role("radio", name="embed")).to_have_count(0)
            for width, viewport in (("390", NARROW), ("1024", MEDIUM), ("1440", LARGE)):
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                keep(page, f"models-{width}")
            dialog.get_by_role("button", name="Try and use").click()
            expect(dialog.get_by_role("status")).to_contain_text("tidy:latest says that the sky is blue.")
            expect(dialog).to_contain_text(f"tidy:latest at {url}/v1 answers.")
            assert home.generator is not None

            dialog.get_by_role("radio", name="Another server").check()
            dialog.get_by_label("Address").fill(url)
            dialog.get_by_label("Key").fill(KEY)
            dialog.get_by_role("button", name="List its models").click()
            expect(dialog.get_by_label("Name of the model")).to_have_value("tidy:latest")
            dialog.get_by_label("Name of the model").fill("missing")
            page.keyboard.press("Enter")
            expect(dialog.get_by_role("status")).to_contain_text("missing")
            expect(dialog.get_by_role("status")).to_have_attribute("data-kind", "bad")
            keep(page, "models-refused")
            assert "missing" not in kept.read_text()

            dialog.get_by_label("Name of the model").fill("tidy:latest")
            dialog.get_by_role("button", name="Try and use").click()
            expect(dialog).to_contain_text("The server gets a key.")
            assert KEY in kept.read_text() and KEY not in page.content()

            dialog.get_by_role("radio", name="A GGUF file").check()
            dialog.get_by_label("Path on this machine").fill(str(tmp_path / "kiln.pdf"))
            dialog.get_by_role("button", name="Try and use").click()
            expect(dialog.get_by_role("status")).to_contain_text("is not a GGUF file")

            dialog.get_by_role("button", name="Quote the documents").click()
            expect(dialog).to_contain_text("you get quotes from the documents")
            assert home.generator is None and not kept.exists()
            page.keyboard.press("Escape")
            expect(page.locator("#status")).to_be_focused()
            assert [fault for fault in faults if "the server responded with a status" not in fault] == []
