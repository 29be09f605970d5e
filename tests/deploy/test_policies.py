"""Every policy that the program makes before iam-policy-validator and AWS's service authorization reference: nothing is
found but what is waived here, each with its reason. And IAM's quotas."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.resources import Made, statements
from tests.deploy.shapes import shapes
from tools.install import place

pytestmark = pytest.mark.xdist_group("shapes")

DOCUMENTS = ("policy", "assumeRolePolicy", "accessPolicies", "policyDocument")
"""Inputs that are policies."""

WAIVERS = {
    "action_resource_matching *: No resources match for action `bedrock:": "its patterns take no colon in a model's id",
    "action_condition_enforcement *": "the organization, its networks and its conventions are the operator's",
    "sensitive_action *": "what a role may do is limited by its resources; conditions on callers are the operator's",
    "principal_validation fileSystemPolicy-*": "as the EFS guide has it: whom its group lets mount may, by TLS alone",
    "trust_policy_validation role-plumbline-passages": "Firehose's external id is the account",
    "trust_policy_validation role-plumbline-prompts": "Firehose's external id is the account",
    "trust_policy_validation role-plumbline-page-start": "the ECS guide has no condition for a task execution role",
    "trust_policy_validation role-plumbline-analysis": "roles are passed within an account only: see `trust`",
    "trust_policy_validation role-plumbline-notebook": "roles are passed within an account only: see `trust`",
    "trust_policy_validation topicPolicy-*": "with a condition EventBridge publishes nothing (its guide)",
    "wildcard_resource rolePolicy-*-network": "as the Lambda guide has it, configuration-vpc: on all resources",
    "wildcard_resource rolePolicy-plumbline-page": "metrics are no resources; the namespace is what limits it",
    "wildcard_resource rolePolicy-plumbline-analysis": "metrics are no resources; the namespace is what limits it",
    "wildcard_resource rolePolicy-plumbline-notebook": "metrics are no resources; the namespace is what limits it",
}
"""Findings by how 'CHECK POLICY: MESSAGE' begins, and why they stay."""

INLINE_CHARACTERS, TRUST_CHARACTERS = 10_240, 2_048
"""A role's inline policies together and its trust policy, without white space (IAM guide, reference_iam-quotas)."""

POLICY_BYTES = {
    "s3/bucketPolicy": 20_480,  # S3 guide, bucket-policies
    "efs/fileSystemPolicy": 20_000,  # EFS API, PutFileSystemPolicy
    "cloudwatch/logResourcePolicy": 5_120,  # CloudWatch Logs API, PutResourcePolicy
    "opensearch/domainPolicy": 102_400,  # OpenSearch API, PolicyDocument
    "sns/topicPolicy": 30_720,  # SNS API, SetTopicAttributes
    "sqs/queuePolicy": 8_192,  # from memory
}


RECORDED = {
    *("plumbline-reconcile", "plumbline-reconcile-all", "plumbline-ensure-index", "plumbline-analysis"),
    "plumbline-page",
}
"""Roles of code of ours, whose calls the journeys of the deployed system and of a stack's page record."""

OF_SERVICES = {
    "plumbline-passages": "Firehose guide, using-iam-s3",
    "plumbline-prompts": "Firehose guide, using-iam-s3",
    "plumbline-sync": "DataSync guide, create-s3-location",
    "plumbline-page-start": "ECS guide, task_execution_IAM_role",
    "plumbline-reconcile-network": "Lambda guide, configuration-vpc",
    "plumbline-reconcile-all-network": "Lambda guide, configuration-vpc",
    "plumbline-ensure-index-network": "Lambda guide, configuration-vpc",
}
"""Policies by which only AWS's own services call, and where their permissions are listed."""


def policies(shape: Made) -> Iterator[tuple[str, str, str]]:
    """Each policy's type of resource, its name and its text."""
    for one in shape.resources:
        for key in DOCUMENTS:
            text = one.inputs.get(key)
            if isinstance(text, str) and '"Statement"' in text:
                yield one.type.removeprefix("aws:").partition(":")[0], one.name, text


def lint(folder: Path, documents: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """What is found: the check, the policy's name and the message."""
    linter, reference, texts = place("iam") / "bin", folder / "reference", folder / "policies"
    for made_here in (reference, texts):
        made_here.mkdir(parents=True)
    for name, text in documents.items():
        (texts / f"{name}.json").write_text(text)
    services = sorted(set(re.findall(r'"([a-z0-9-]+):[A-Z*]', " ".join(documents.values()))) - {"aws"})
    make = [str(linter / "python"), str(Path(__file__).with_name("reference.py")), str(reference), *services]
    subprocess.run(make, check=True, capture_output=True)
    report = folder / "report.json"
    command = [str(linter / "iam-validator"), "validate", "--path", str(texts), "--aws-services-dir", str(reference)]
    done = subprocess.run(
        [*command, "--format", "json", "--output", str(report)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert report.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["total_policies"] == len(documents)
    assert not found["parsing_errors"]
    return {
        (issue["check_id"], Path(result["policy_file"]).stem, issue["message"])
        for result in found["results"]
        for issue in result["issues"]
    }


@pytest.mark.server
def test_the_linter_finds_nothing_except_what_is_waived(tmp_path: Path) -> None:
    found = set()
    for number, shape in enumerate(shapes()):
        documents = {f"{kind.rpartition('/')[2]}-{name}": text for kind, name, text in policies(shape)}
        assert len(documents) > 25
        found |= lint(tmp_path / str(number), documents)
    waived = {
        pattern: [one for one in found if fnmatchcase(f"{one[0]} {one[1]}: {one[2]}", f"{pattern}*")]
        for pattern in WAIVERS
    }
    assert sorted(found - {one for those in waived.values() for one in those}) == []
    assert all(waived.values()), f"waivers that nothing needs: {[name for name, those in waived.items() if not those]}"


IF_LIKE = {"Condition": {"StringEquals": {"s3:prefixes": "x"}}}


@pytest.mark.server
@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ({"Action": "s3:GetObjects", "Resource": "arn:aws:s3:::b/*"}, "action_validation"),
        ({"Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:*:1:Table/t"}, "action_resource_matching"),
        ({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b/*"}, "action_resource_matching"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **IF_LIKE}, "condition_key_validation"),
        ({"Action": "*", "Resource": "*"}, "full_wildcard"),
    ],
)  # fmt: skip
def test_the_linter_finds_what_is_wrong(statement: dict[str, Any], check: str, tmp_path: Path) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
    assert check in {one for one, _, _ in lint(tmp_path, {"wrong": policy})}


def test_every_roles_policy_is_recorded_or_a_services_and_the_notebook_may_what_page_and_jobs_may() -> None:
    shape = next(one for one in shapes() if "plumbline-notebook" in one.of("iam/role:Role"))
    found = {name: statements(one["policy"]) for name, one in shape.of("iam/rolePolicy:RolePolicy").items()}
    assert found.keys() == RECORDED | OF_SERVICES.keys() | {"plumbline-notebook"}
    others = [*found["plumbline-page"], *found["plumbline-analysis"]]
    own = [one["Action"] for one in found["plumbline-notebook"] if one not in others]
    start = ["s3:GetObject"]  # its code, which it fetches when it starts
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]  # SageMaker writes them
    assert own == [start, logs]


def test_every_policy_is_within_its_services_quota() -> None:
    for shape in shapes():
        inline: dict[str, int] = {}
        for kind, name, text in policies(shape):
            size = len("".join(text.split()))
            if kind == "iam/role":
                assert size <= TRUST_CHARACTERS, name
            elif kind == "iam/rolePolicy":
                role = shape.of("iam/rolePolicy:RolePolicy")[name]["role"]
                inline[role] = inline.get(role, 0) + size
            else:
                assert len(text.encode()) <= POLICY_BYTES[kind], name
        # A fifth is left for names that are longer than those here.
        assert max(inline.values()) < 0.8 * INLINE_CHARACTERS, inline
