"""The program's resources before checkov: nothing fails but what is waived here, each with its reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from tests.deploy.engine import IMAGE, MODELS, PAGE
from tests.deploy.terraform import Terraform
from tools.install import place

pytestmark = pytest.mark.server

OWN_KEY = "AWS's own keys encrypt it; a customer's key costs by month and request, and guards against nobody here"
NO_WAF = "a firewall costs more than all of a small stack's frontend; nobody reaches the page without signing in"
WAIVERS = {
    "CKV2_AWS_5": "DataSync's way to the file system has the group, which the check does not know of",
    "CKV2_AWS_32": "AWS's own policy is attached by its id; the check knows only of policies that are made here",
    "CKV2_AWS_47": NO_WAF,
    "CKV2_AWS_52": "roles of IAM are what may search; the domain has no users of its own",
    "CKV2_AWS_62": "events are for the bucket of documents, which has them",
    "CKV2_AWS_59": "dedicated masters are for production; small has one node by intent",
    "CKV_AWS_21": "former versions are for documents; logs and code are never overwritten",
    "CKV_AWS_22": OWN_KEY,
    "CKV_AWS_26": "CloudWatch may not use AWS's own key for SNS, and an alarm says nothing of a document",
    "CKV_AWS_65": "nobody reads Container Insights, which costs by metric and leaves a log group behind",
    "CKV_AWS_68": NO_WAF,
    "CKV_AWS_86": "CloudFront logs by a delivery of its own, which the check does not know of",
    "CKV_AWS_115": "the queue's mapping holds how many calls run at once; the other functions run one at a time",
    "CKV_AWS_116": "what a queue starts has the queue's own dead letters; the others' failures are an alarm",
    "CKV_AWS_119": OWN_KEY,
    "CKV_AWS_126": "the jump host does nothing that a figure a minute would show",
    "CKV_AWS_144": "the file system holds the documents as well, with backups",
    "CKV_AWS_145": OWN_KEY,
    "CKV_AWS_150": "the setting protect says so; without it a stack can be destroyed whole",
    "CKV_AWS_158": OWN_KEY,
    "CKV_AWS_173": OWN_KEY + "; the variables hold no secret",
    "CKV_AWS_184": OWN_KEY,
    "CKV_AWS_187": OWN_KEY,
    "CKV_AWS_195": OWN_KEY + "; the buckets encrypt what the jobs write",
    "CKV_AWS_233": "it is a setting of Terraform; Pulumi makes the new one first by itself",
    "CKV_AWS_241": OWN_KEY,
    "CKV_AWS_247": OWN_KEY,
    "CKV_AWS_272": "code comes from this repository by the operator's own role, checked against the lock's hashes",
    "CKV_AWS_305": "the page answers at its root by itself",
    "CKV_AWS_310": "there is one load balancer, in two zones",
    "CKV_AWS_317": "audit logs are of the domain's own users, whom it has not",
    "CKV_AWS_318": "it asks for three data nodes; two in two zones hold a copy each, and small has one by intent",
    "CKV_AWS_374": "people may ask from anywhere once they have signed in",
}


def failed(folder: Path, values: dict[str, str], left_out: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The failed checks of a stack with these settings, and the resources at fault."""
    folder.mkdir()
    terraform = Terraform(folder, "http://127.0.0.1:9")
    terraform.write(lambda: compose(Settings.read({**MODELS, **values}), CodeArgs()), dict.fromkeys(left_out, ""))
    command = [
        *(
            str(place("checkov") / "bin" / "checkov"),
            "--directory",
            str(folder),
            "--framework",
            "terraform_json",
            "--skip-download",
        ),
        *("--compact", "--quiet", "--output", "json", "--soft-fail"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 150
    assert not report["summary"]["parsing_errors"]
    found: dict[str, list[str]] = {}
    for check in report["results"]["failed_checks"]:
        found.setdefault(check["check_id"], []).append(check["resource"])
    return found


def test_no_check_fails_except_those_that_are_waived(tmp_path: Path) -> None:
    everything = {
        **PAGE,
        "frontendImage": IMAGE,
        "notebook": "true",
        "alarmEmail": "operator@example.org",
        "monthlyBudget": "200",
    }
    production = failed(tmp_path / "production", {**everything, "size": "production", "protect": "true"})
    small = failed(tmp_path / "small", everything)
    for found in (production, small):
        unwaived = {check: resources for check, resources in found.items() if check not in WAIVERS}
        assert not unwaived
    assert set(WAIVERS) == production.keys() | small.keys(), "a waiver that nothing needs"


def test_buckets_without_their_block_are_found(tmp_path: Path) -> None:
    found = failed(tmp_path / "open", {}, left_out=("aws_s3_bucket_public_access_block",))
    assert found.keys() - WAIVERS.keys()
