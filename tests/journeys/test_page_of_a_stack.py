"""The chat page of a stack: the build context of its image, started as the image starts it in an environment that has
its requirements alone, over the emulator and a real OpenSearch."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from components import package
from runtime.aws.clients import client
from runtime.aws.cloud import Cloud
from runtime.aws.opensearch import connect
from runtime.aws.settings import CloudSettings
from runtime.names import INGEST_PREFIX, SIGN_IN_BALANCER, SIGN_IN_CLIENT, SIGN_IN_ISSUER, SIGN_OUT_URL
from tests import pdfs
from tests.aws import stack as stacks
from tests.aws.models import Models
from tests.journeys.test_chat_page import PATIENCE, WIDE, ask, keep
from tests.servers import ROOT
from tests.signing import BALANCER

pytestmark = pytest.mark.xdist_group("servers")


@pytest.fixture(scope="module")
def python() -> Path:
    """A Python that has what the image has, for this machine; kept for the next run."""
    requirements = ROOT / "requirements" / "ui.txt"
    kept = ROOT / "build" / f"page-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}"
    made = kept / "bin" / "python"
    if not (kept / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(kept)], check=True)
        install = [str(made), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*install, "--require-hashes", "-r", str(requirements)], check=True)
        (kept / "installed").touch()
    return made


@contextmanager
def started(python: Path, folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """The image's build context, started as the image starts it but at an address of this machine: its URL."""
    context = package.image(folder)
    (command,) = re.findall(r"^CMD (.*)$", (context / "Dockerfile").read_text(), re.MULTILINE)
    start = json.loads(command)
    assert start == ["python", "-m", "ui", "--host", "0.0.0.0", "--port", "7860"]
    start = [str(python), *start[1:3], "--host", "127.0.0.1", "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GRADIO_TEMP_DIR": str(folder / "gradio")}
    log = (folder / "log").open("w+")
    server = subprocess.Popen(
        start, cwd=context, env={**environment, **variables}, stdout=subprocess.PIPE, stderr=log, text=True
    )
    assert server.stdout is not None
    found = re.search(r"Plumbline is ready at (http://127\.0\.0\.1:\d+)", server.stdout.readline())
    assert found, (folder / "log").read_text()
    yield found.group(1)
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=60) in (0, -signal.SIGTERM, 143)
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def address(
    python: Path, ministack: str, models: Models, opensearch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The page over a stack with one document."""
    connect(opensearch).indices.delete(index="passages-*")
    stack = stacks.resources(ministack, models.url, opensearch)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    book = pdfs.paragraphs(
        tmp_path / "kiln.pdf", ["The kiln of the pottery is fired at 940 degrees for eleven hours."], "The Kiln"
    )
    client("s3", ministack).put_object(Bucket=stack.bucket, Key=f"{INGEST_PREFIX}kiln.pdf", Body=book.read_bytes())
    Cloud(CloudSettings.read(os.environ)).ingestor().reconcile("kiln.pdf")

    page = b'<p class="verdict">No drift &amp; more.</p>'
    Cloud(CloudSettings.read(os.environ)).reports.put(
        "drift-prompts-snapshot-20261101T100000Z.html", page, "text/html; charset=utf-8"
    )
    with started(python, tmp_path, stack.environment) as url:
        yield url


def test_a_question_is_answered_from_the_stack_and_documents_are_only_shown(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.goto(address)
    expect(page.locator("#status")).to_contain_text("1 document. Answers by messages-smollm2")
    ask(page, "How hot is the kiln of the pottery?")
    expect(page.locator("#evidence .name").first).to_have_text("kiln.pdf")
    picture = page.locator("#evidence img").first
    expect(picture).to_be_visible()
    page.wait_for_function("image => image.complete && image.naturalWidth > 500", arg=picture.element_handle())
    keep(page, "stack-wide")
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator("#documents table")).to_contain_text("kiln.pdf")
    expect(page.locator("#upload")).to_have_count(0)
    expect(page.locator("#delete")).to_have_count(0)
    keep(page, "stack-documents-wide")

    page.get_by_role("tab", name="Monitoring").click()
    expect(page.frame_locator("#report iframe").locator(".verdict")).to_have_text("No drift & more.")
    expect(page.locator("#plot-latency svg .mark-line path")).to_have_count(1)
    page.locator("#kind label", has_text="Distance of the questions").click()
    expect(page.locator("#report p")).to_contain_text("every night")
    expect(page.locator("#report pre")).to_have_text(".venv/bin/python -m analysis distance --stack NAME")
    expect(page.get_by_role("link", name="Sign out")).to_have_count(0)

    # What is asked from this machine is kept under a name of its own.
    page.reload()
    expect(page.locator("#list label")).to_have_count(1)
    reader = (tmp_path / ".plumbline" / "reader").read_text()
    assert [one.title for one in Cloud(CloudSettings.read(os.environ)).conversations.find(reader)] == [
        "How hot is the kiln of the pottery?"
    ]


def test_where_people_sign_in_the_image_answers_nobody_else(python: Path, tmp_path: Path) -> None:
    signed_in = {
        SIGN_IN_BALANCER: BALANCER,
        SIGN_IN_ISSUER: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool",
        SIGN_IN_CLIENT: "client",
        SIGN_OUT_URL: "https://pool.auth.eu-central-1.amazoncognito.com/logout?client_id=client",
    }
    with started(python, tmp_path, {"PLUMBLINE_BUCKET": "a-bucket", "AWS_REGION": "eu-central-1", **signed_in}) as url:
        assert httpx.get(f"{url}/healthz").text == "ok"
        for path in ("/", "/config", "/sign-out"):
            assert httpx.get(url + path, headers={"x-amzn-oidc-data": "a.b.c"}).status_code == 401
    assert json.loads((tmp_path / "log").read_text().splitlines()[-1])["event"] == "refused"


def test_the_context_has_the_sources_and_nothing_of_one_machine(tmp_path: Path) -> None:
    first, second = package.image(tmp_path / "1"), package.image(tmp_path / "2")
    files = {path.relative_to(first).as_posix(): path.read_bytes() for path in first.rglob("*") if path.is_file()}
    again = {path.relative_to(second).as_posix(): path.read_bytes() for path in second.rglob("*") if path.is_file()}
    assert (first.name, files) == (second.name, again)
    assert {"Dockerfile", "requirements.txt", "ui/app.py", "ui/style.css", "runtime/aws/cloud.py"} <= set(files)
    assert not [name for name in files if name.startswith("runtime/local") or name.endswith(".pyc")]
    assert files["Dockerfile"].count(b"@sha256:") == 2
    assert b"\nVOLUME /tmp\nUSER 10001:10001\n" in files["Dockerfile"]
