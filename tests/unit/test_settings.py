"""Settings: read once, all errors at once."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import pytest

from runtime.aws.cloud import Cloud
from runtime.aws.settings import CloudSettings, is_deployed, outputs_of
from runtime.aws.textract import Textract
from runtime.local.home import Home
from runtime.local.rapidocr import RapidOcr
from runtime.names import textract_cost
from runtime.ports import PlumblineError
from runtime.settings import Settings


def test_the_defaults_need_nothing() -> None:
    settings = Settings.read({})
    assert settings.home == Path.home() / ".plumbline"
    assert settings.model is None
    assert settings.threads >= 1


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(PlumblineError) as refused:
        Settings.read(
            {
                "PLUMBLINE_THREADS": "many",
                "PLUMBLINE_REFUSED": "7",
                "PLUMBLINE_MODEL": "/no/such.gguf",
                "PLUMBLINE_GENERATOR_URL": "localhost:11434",
                "PLUMBLINE_GENERATOR_KEY": "sk-secret\n",
                "PLUMBLINE_OCR": "textract",
            }
        )
    for name in ("THREADS", "REFUSED", "MODEL", "GENERATOR_URL", "GENERATOR_MODEL", "GENERATOR_KEY", "OCR"):
        assert f"PLUMBLINE_{name}" in refused.value.reason
    assert "sk-secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://[::1/v1", "http:///v1", "http://a:port/v1", "ftp://a/v1"])
def test_a_models_server_needs_an_address(url: str) -> None:
    with pytest.raises(PlumblineError, match="PLUMBLINE_GENERATOR_URL"):
        Settings.read({"PLUMBLINE_GENERATOR_URL": url, "PLUMBLINE_GENERATOR_MODEL": "m"})


@pytest.mark.parametrize("given", [{}, {"PLUMBLINE_OCR": ""}, {"PLUMBLINE_OCR": "rapidocr"}])
def test_one_machine_recognizes_pictures_by_default(given: dict[str, str], tmp_path: Path) -> None:
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path), **given}))
    assert isinstance(home.recognition.ocr, RapidOcr)
    assert home.recognition.reason == ""


def test_recognition_that_is_turned_off_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path), "PLUMBLINE_OCR": "none"}))
    assert home.recognition.ocr is None
    assert "PLUMBLINE_OCR is none" in home.recognition.reason
    assert caplog.records == []


def test_without_rapidocr_everything_else_works_and_the_log_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as if it were not installed
    home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path)}))
    with caplog.at_level(logging.WARNING):
        assert (home.recognition.ocr, home.recognition.ocr) == (None, None)
    assert "not installed" in home.recognition.reason
    assert "make install" in home.recognition.remedy
    assert [record.message for record in caplog.records] == [f"{home.recognition.reason} {home.recognition.remedy}"]


def test_a_stack_recognizes_by_textract_up_to_a_limit_unless_that_is_off() -> None:
    table = {"PLUMBLINE_LEDGER_TABLE": "ledger"}
    for given, pages in (({}, 10_000), ({"PLUMBLINE_OCR": "", "PLUMBLINE_OCR_PAGES": "0"}, 0)):
        cloud = Cloud(CloudSettings.read({**table, **given}))
        assert cloud.settings.ocr_pages == pages
        assert isinstance(cloud.recognition.ocr, Textract)
    off = Cloud(CloudSettings.read({**table, "PLUMBLINE_OCR": "none"}))
    assert off.recognition.ocr is None
    assert "plumbline:recognition" in off.recognition.remedy


def test_every_wrong_value_of_a_stack_is_named_at_once() -> None:
    wrong = {"OCR": "rapidocr", "OCR_PAGES": "-1", "TUNNEL": "70000", "CONVERSATION_DAYS": "never"}
    with pytest.raises(PlumblineError) as refused:
        CloudSettings.read({f"PLUMBLINE_{name}": value for name, value in wrong.items()})
    assert all(f"PLUMBLINE_{name} is" in refused.value.reason for name in wrong)


def test_how_pictures_are_recognized_does_not_make_a_stack() -> None:
    assert not is_deployed({"PLUMBLINE_OCR": "rapidocr", "PLUMBLINE_OCR_PAGES": "5"})
    assert is_deployed({"PLUMBLINE_OCR": "none", "PLUMBLINE_BUCKET": "documents"})


def test_a_stack_by_its_name_brings_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"BucketName": "documents", "Recognition": "none", "RecognitionPagesPerMonth": "0"}
    outputs |= {"Refused": "0.7", "ConversationDays": "30"}
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f"#!/bin/sh\necho '{json.dumps(outputs)}'\n")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    settings = CloudSettings.read(outputs_of("dev"))
    assert (settings.names["PLUMBLINE_BUCKET"], settings.ocr, settings.ocr_pages) == ("documents", False, 0)
    assert (settings.refused, settings.conversation_days) == (0.7, 30)


def test_the_cost_of_pages_is_known_before_they_are_sent() -> None:
    assert [textract_cost(pages) for pages in (0, 1000, 10_000)] == pytest.approx([0, 1.50, 15.00])


def test_nothing_is_sent_unsigned_to_a_stacks_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    domain = "vpc-x-1.eu-central-1.es.amazonaws.com"
    for endpoint in (domain, f"https://{domain}", "http://127.0.0.1:9200"):
        names = {"PLUMBLINE_OPENSEARCH_ENDPOINT": endpoint, "PLUMBLINE_EMBEDDINGS_MODEL": "vectors"}
        with pytest.raises(PlumblineError, match="no AWS credentials") as refused:
            _ = Cloud(CloudSettings.read(names)).indexes
        assert "Sign in" in refused.value.remedy
