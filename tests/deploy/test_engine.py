"""The stack under the real Pulumi engine, with a stand-in for AWS's provider."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from components.functions import Code, CodeArgs
from components.retrieval import Retrieval, RetrievalArgs
from components.settings import SIZES
from components.stack import deploy
from runtime.names import OUTPUT_OF, SETTING_OF
from tests.deploy.engine import ACCOUNT, MODELS, PAGE, enter, stack
from tests.deploy.provider import Provider, serving
from tests.deploy.resources import INVOKES

pytestmark = pytest.mark.server


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with serving() as (made, providers):
        monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", providers)
        yield made


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return enter(monkeypatch, tmp_path)


def changes(result: automation.UpResult) -> Counter[str]:
    return Counter(result.summary.resource_changes or {})


WHOLE = {**MODELS, **PAGE, "notebook": "true", "owner": "The librarians"}
KEPT = {
    *("aws:s3/bucket:Bucket", "aws:dynamodb/table:Table", "aws:efs/fileSystem:FileSystem"),
    *("aws:opensearch/domain:Domain", "aws:cognito/userPool:UserPool"),
}
"""Types that `protect` keeps."""


def test_a_stack_is_protected_let_go_stays_changes_by_a_value_and_goes(
    provider: Provider, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    made = stack(project, deploy, {**WHOLE, "protect": "true"})
    made.up()
    there = dict(provider.there)
    assert len(there) > 120
    destroy = ["pulumi", "destroy", "--yes", "--stack", "dev"]  # as an operator does it
    refused = subprocess.run(destroy, cwd=project, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "protected" in refused.stdout + refused.stderr
    assert provider.there == there
    assert {urn.rpartition("$")[2].partition("::")[0] for urn in protected_in(made)} == KEPT
    tags = {"project": "plumbline", "stack": "dev", "owner": "The librarians"}
    taggable = [one for one in kept(made) if one["type"].startswith("aws:") and "tags" in one.get("inputs", {})]
    tagged = [one for one in taggable if tags.items() <= one["inputs"]["tags"].items()]
    assert {"aws:s3/bucket:Bucket", "aws:ec2/natGateway:NatGateway", "aws:ecs/service:Service"} <= {
        one["type"] for one in tagged
    }
    assert {one["inputs"]["tags"]["Name"] for one in tagged if "vpc:Vpc" in one["type"]} == {"plumbline"}
    assert not [one for one in tagged if "internetGateway" in one["type"]]

    made.set_config("plumbline:protect", automation.ConfigValue("false"))
    assert set(changes(made.up())) == {"same", "update"}
    outputs = {name: output.value for name, output in made.outputs().items()}
    assert {*OUTPUT_OF.values(), *SETTING_OF.values()} <= set(outputs)
    assert {"NotebookInstanceName", "AppURL", "CloudFrontDomain", "CognitoUserPool"} <= set(outputs)
    assert (outputs["TextModel"], outputs["EmbeddingsModel"]) == ("text-model", "vectors")
    assert all(outputs.values())
    assert outputs["TunnelCommand"].startswith(f"aws ssm start-session --target {outputs['JumpHostId']} ")

    assert set(changes(made.up())) == {"same"}
    beside(project, there, provider, monkeypatch)

    made.set_config("plumbline:embeddingsModelEndpointName", automation.ConfigValue("other-vectors"))
    other = changes(made.up())
    assert set(other) == {"same", "update"}  # functions, tasks, their roles' policies, and the index: nothing else
    assert 0 < other["update"] < 16

    made.destroy()
    # The image that was built went with its repository, the role is the account's, and other certificates of the page's
    # name are renewed by the same record.
    assert left(provider) == {"docker-build:index:Image", LINKED, "aws:route53/record:Record"}
    (proof,) = [urn.rpartition("::")[2] for urn in provider.there.values() if "route53/record:" in urn]
    assert proof == "plumbline-certificate"


def beside(project: Path, there: dict[str, str], provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another environment of the account and region is previewed beside the one that is there: without a clash if its
    names are its own, else with the name of what it would take."""
    other = {
        **WHOLE,
        "appCustomDomainName": "try.example.org",
        "loadBalancerOriginCustomDomainName": "back.example.org",
    }
    domain = {"DomainName": "back.example.org", "Status": "ISSUED"}
    (role,) = [identity for identity, urn in there.items() if LINKED in urn]
    with monkeypatch.context() as patch:
        patch.setattr(ACCOUNT, "describe_certificate", lambda **asked: {"Certificate": domain})
        patch.setitem(INVOKES, "aws:iam/getRoles:getRoles", {"arns": [role], "names": ["it"], "id": "1"})
        live = stack(project, deploy, {**other, "names": "stack"}, "live")
        assert sum(live.preview().change_summary.values()) > 120
        live.set_config("plumbline:names", automation.ConfigValue("plain"))
        with pytest.raises(automation.CommandError) as refused:
            live.preview()
    assert "taken by urn:pulumi:dev::plumbline::" in str(refused.value)
    assert provider.there.keys() == there.keys()


LINKED = "aws:iam/serviceLinkedRole:ServiceLinkedRole"


def left(provider: Provider) -> set[str]:
    """The types of what is there."""
    return {urn.split("::")[2].rpartition("$")[2] for urn in provider.there.values()}


def kept(made: automation.Stack) -> list[dict[str, Any]]:
    """The resources as the engine's state has them."""
    resources: list[dict[str, Any]] = (made.export_stack().deployment or {})["resources"]
    return resources


def protected_in(made: automation.Stack) -> list[str]:
    return [one["urn"] for one in kept(made) if one.get("protect")]


def test_without_the_chat_page_what_others_need_comes_first_other_zones_change_nothing_and_all_goes(
    provider: Provider, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stack(project, deploy, MODELS)
    made.up()
    assert len(provider.there) > 100
    needs = {one["urn"]: set(one.get("dependencies", [])) for one in kept(made)}

    def of(kind: str, name: str = "") -> set[str]:
        """The resources of a type, or the one of that name."""
        return {urn for urn in needs if f"{kind}::" in urn and urn.endswith(name and f"::{name}")}

    ways = set().union(*(of("ec2/route:Route", f"plumbline-private-{zone}") for zone in (0, 1)))
    ways |= of("ec2/routeTableAssociation:RouteTableAssociation", "plumbline-private-0")
    assert len(ways) == 3
    for urn in of("lambda/function:Function"):
        assert ways <= needs[urn]
    for function in ("ensure-index", "reconcile", "reconcile-all"):
        # Destroyed in the other order: Lambda removes its network interfaces, and with them the group, by its role.
        (group,) = of("ec2/securityGroup:SecurityGroup", f"plumbline-{function}")
        assert of("iam/rolePolicy:RolePolicy", f"plumbline-{function}-network") <= needs[group]
    (called,) = of("lambda/invocation:Invocation", "plumbline-index")
    assert (
        of("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "plumbline-ensure-index-to-search") <= needs[called]
    )
    (host,) = of("ec2/instance:Instance")
    assert of("ec2/route:Route", "plumbline-private-0") <= needs[host]
    (flow_log,) = of("ec2/flowLog:FlowLog")
    assert of("s3/bucketPolicy:BucketPolicy", "plumbline-logs") <= needs[flow_log]

    zones = {"names": ["eu-central-1a", "eu-central-1b"], "zoneIds": ["euc1-az7", "euc1-az8"]}
    monkeypatch.setitem(INVOKES, "aws:index/getAvailabilityZones:getAvailabilityZones", zones)
    assert set(changes(made.up())) == {"same"}

    made.destroy()
    assert left(provider) == {LINKED}


def test_opensearchs_role_is_made_where_the_account_lacks_it_kept_and_adopted_by_the_next_stack(
    provider: Provider, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program() -> None:
        Retrieval(
            "library",
            RetrievalArgs(
                vpc_id="vpc-1",
                subnet_ids=["subnet-1", "subnet-2"],
                size=SIZES["small"],
                code=Code("library", CodeArgs()),
                model="vectors",
                protect=False,
            ),
        )

    made = stack(project, program, MODELS)
    assert "import" not in changes(made.up())
    (role,) = [identity for identity, urn in provider.there.items() if LINKED in urn]
    monkeypatch.setitem(INVOKES, "aws:iam/getRoles:getRoles", {"arns": [role], "names": ["it"], "id": "1"})
    assert set(changes(made.up())) == {"same"}
    made.destroy()
    assert list(provider.there) == [role]

    assert changes(made.up())["import"] == 1
    assert set(changes(made.up())) == {"same"}
    made.destroy()
    assert list(provider.there) == [role]


def test_what_the_account_lacks_is_reported_with_all_else_before_anything_is_made(
    provider: Provider, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ACCOUNT, "describe_endpoint", lambda **asked: {"EndpointStatus": "Failed"})
    with pytest.raises(automation.CommandError) as refused:
        stack(project, deploy, {**MODELS, "size": "large"}).preview()
    said = str(refused.value)
    assert "plumbline:size is 'large'; it must be small or production." in said
    assert "plumbline:textModelEndpointName is 'text-model'; the endpoint is Failed, and must be InService." in said
    assert provider.there == {}


def test_wrong_settings_create_nothing_and_are_reported_all_at_once(provider: Provider, project: Path) -> None:
    with pytest.raises(automation.CommandError) as refused:
        stack(project, deploy, {**MODELS, "size": "large", "cidr": "everywhere"}).up()
    said = str(refused.value)
    assert "plumbline:size is 'large'; it must be small or production." in said
    assert "plumbline:cidr is 'everywhere'" in said
    assert "Traceback" not in said
    assert provider.there == {}
