"""The program's resources before Terraform's AWS provider: applied on the emulator, planned again, put to work, and
destroyed. The deployed system on one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from runtime.aws.clients import client
from runtime.aws.opensearch import connect
from runtime.names import INGEST_PREFIX, OUTPUT_OF
from tests import pdfs, servers
from tests.aws.models import Models
from tests.aws.stack import HERE, MACHINE, until
from tests.conftest import missing
from tests.deploy.engine import IMAGE, PAGE
from tests.deploy.terraform import Terraform
from tests.servers import ROOT

pytestmark = pytest.mark.xdist_group("servers")

LEFT_OUT = {
    "aws_cloudwatch_metric_alarm": "the emulator gives back an alarm's name alone, which no plan or destroy passes",
    "aws_datasync_location_efs": "the emulator has no DataSync",
    "aws_datasync_location_s3": "the emulator has no DataSync",
    "aws_datasync_task": "the emulator has no DataSync",
    "aws_sagemaker_notebook_instance": "the emulator has no SageMaker",
    "aws_sagemaker_notebook_instance_lifecycle_configuration": "the emulator has no SageMaker",
}
"""Types of which the emulator can apply none, and why."""


def test_the_deployed_system_works_and_goes(ministack: str, models: Models, opensearch: str, tmp_path: Path) -> None:
    connect(opensearch).indices.delete(index="passages-*")
    values = {
        "textModelEndpointName": "messages-smollm2",
        "embeddingsModelEndpointName": "tei-minilm",
        "openSearchEndpoint": opensearch,
        "notebook": "true",
        "alarmEmail": "operator@example.org",
        **zone_and_certificate(ministack),
    }
    settings = Settings.read(values)
    try:
        terraform = Terraform(tmp_path, ministack)
    except servers.Missing as what:
        missing(str(what))
    endpoints = {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": models.url, "AWS_ENDPOINT_URL_TEXTRACT": models.url}
    found = terraform.write(lambda: compose(settings, CodeArgs(architecture=MACHINE, python=HERE)), LEFT_OUT, endpoints)
    assert set(LEFT_OUT) <= set(found.resources)
    outputs = terraform.apply()
    try:
        left = terraform.left_to_do()
        assert not left, left
        environment = {
            **os.environ,
            **{name: outputs[output] for name, output in OUTPUT_OF.items() if output in outputs},
            **endpoints,
            "AWS_ENDPOINT_URL": ministack,
        }
        work(ministack, outputs["BucketName"], environment, tmp_path)
    finally:
        terraform.destroy()
    assert "aws_" not in terraform.run("show", "-json")


def zone_and_certificate(url: str) -> dict[str, str]:
    """The settings of a chat page whose zone and certificate are there, as an operator has them."""
    zone = client("route53", url).create_hosted_zone(Name="example.org", CallerReference="tests")["HostedZone"]["Id"]
    certificate = client("acm", url).request_certificate(DomainName="origin.example.org", ValidationMethod="DNS")
    return {
        **PAGE,
        "customDomainRoute53HostedZoneID": zone.rpartition("/")[2],
        "customDomainCertificateArn": certificate["CertificateArn"],
        "frontendImage": IMAGE,
    }


def work(url: str, bucket: str, environment: dict[str, str], folder: Path) -> None:
    """A broken file is told of and redriven when it is whole; then it is asked about, replaced, and goes."""

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "runtime", *arguments, "--json"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def put(path: Path) -> None:
        client("s3", url).put_object(Bucket=bucket, Key=f"{INGEST_PREFIX}book.pdf", Body=path.read_bytes())

    put(pdfs.damaged(folder / "broken.pdf"))
    (entry,) = until(lambda: [entry for entry in run("documents") if entry["state"] == "damaged"])
    assert "book.pdf" in entry["reason"]
    put(pdfs.book(folder / "one.pdf", 4))
    assert run("redrive")["documents"] == ["book.pdf"]
    until(lambda: [entry for entry in run("documents") if entry["state"] == "ready"])
    answer = run("ask", f"What does number 200 do? {pdfs.sentence(200)}")
    assert answer["state"] == "done"
    assert any(source["page"] <= 2 <= source["last_page"] for source in answer["sources"])
    put(pdfs.book(folder / "two.pdf", 2, seed=500_000))
    until(lambda: [entry for entry in run("documents") if entry["state"] == "ready" and entry["pages"] == 2])
    client("s3", url).delete_object(Bucket=bucket, Key=f"{INGEST_PREFIX}book.pdf")
    until(lambda: run("documents") == [])
    assert run("search", pdfs.sentence(500_100))["hits"] == []
