"""What the frontend and the notebook would make, under mocks."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from runtime.names import (
    DISTANCE_JOB,
    DRIFT_JOB,
    OPERATORS,
    OUTPUT_OF,
    REFUSED,
    REFUSED_SHARE,
    SIGN_IN_BALANCER,
    SIGN_IN_CLIENT,
    SIGN_IN_ISSUER,
    SIGN_OUT_URL,
    STOP_SECONDS,
)
from tests.deploy.engine import IMAGE, MODELS, PAGE
from tests.deploy.resources import ACCOUNT, BALANCER, REGION, Made, made, statements
from ui.gate import HEALTH
from ui.settings import ROOM_SECONDS, Access, stop_seconds

pytestmark = pytest.mark.xdist_group("frontend")  # its stacks are made once

WITH_PAGE = {**MODELS, **PAGE, "frontendImage": IMAGE, "notebook": "true"}


def stack(values: Mapping[str, str]) -> None:
    compose(Settings.read(values), CodeArgs())


@pytest.fixture(scope="module")
def found() -> Made:
    return made(lambda: stack(WITH_PAGE))


@pytest.fixture(scope="module")
def production() -> Made:
    return made(lambda: stack({**WITH_PAGE, "size": "production", "protect": "true", "refused": "0.8"}))


def only(some: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    (one,) = some.values()
    return one


def test_no_two_resources_of_a_type_have_one_name(found: Made) -> None:
    names = [(one.type, one.name) for one in found.resources]
    assert len(set(names)) == len(names) > 130


def test_a_preview_in_which_nothing_is_known_makes_the_same(found: Made) -> None:
    assert sorted(made(lambda: stack(WITH_PAGE), preview=True).kinds()) == sorted(found.kinds())


def test_without_the_five_values_there_is_no_frontend_and_without_notebook_none() -> None:
    kinds = made(lambda: stack(MODELS)).kinds()
    assert not [kind for kind in kinds if kind.startswith(("aws:cloudfront", "aws:lb", "aws:ecs", "aws:cognito"))]
    assert not [kind for kind in kinds if kind.startswith("aws:sagemaker")]


def test_only_cloudfront_reaches_the_load_balancer_and_it_alone_the_tasks(found: Made) -> None:
    balancer = only(found.of("lb/loadBalancer:LoadBalancer"))
    assert balancer["internal"] is True
    assert balancer["subnets"] == ["plumbline-private-0-id", "plumbline-private-1-id"]
    into = found.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    to_balancer = [rule for rule in into.values() if rule["securityGroupId"] == "plumbline-balancer-id"]
    assert [(rule["prefixListId"], rule["fromPort"]) for rule in to_balancer] == [("pl-1", 443)]
    to_tasks = [rule for rule in into.values() if rule["securityGroupId"] == "plumbline-page-id"]
    assert [rule["referencedSecurityGroupId"] for rule in to_tasks] == ["plumbline-balancer-id"]
    origin = only(found.of("cloudfront/vpcOrigin:VpcOrigin"))["vpcOriginEndpointConfig"]
    assert origin["originProtocolPolicy"] == "https-only"
    assert "loadbalancer" in origin["arn"].lower()
    service = only(found.of("ecs/service:Service"))
    assert service["networkConfiguration"]["assignPublicIp"] is False
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


def test_only_people_who_signed_in_reach_the_page_and_nobody_signs_up(found: Made) -> None:
    first, second = only(found.of("lb/listener:Listener"))["defaultActions"]
    assert (first["type"], first["authenticateCognito"]["onUnauthenticatedRequest"]) == (
        "authenticate-cognito",
        "authenticate",
    )
    assert second["type"] == "forward"
    assert not found.of("lb/listenerRule:ListenerRule")  # no way around
    pool = only(found.of("cognito/userPool:UserPool"))
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}
    client = only(found.of("cognito/userPoolClient:UserPoolClient"))
    assert client["callbackUrls"] == ["https://ask.example.org/oauth2/idpresponse"]
    assert client["allowedOauthFlows"] == ["code"]


def test_cloudfront_caches_nothing_and_passes_the_pages_own_name(found: Made) -> None:
    distribution = only(found.of("cloudfront/distribution:Distribution"))
    behavior = distribution["defaultCacheBehavior"]
    assert behavior["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert behavior["originRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert distribution["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    for kind in ("acm/certificate:Certificate", "acm/certificateValidation:CertificateValidation"):
        assert only(found.of(kind))["region"] == "us-east-1"
    records = found.of("route53/record:Record")
    assert {record["name"] for record in records.values()} == {"ask.example.org", "origin.example.org", "_1"}


def test_the_load_balancers_requests_are_logged_to_the_bucket_that_lets_it(found: Made) -> None:
    logs = only(found.of("lb/loadBalancer:LoadBalancer"))["accessLogs"]
    assert (logs["prefix"], logs["enabled"]) == ("alblog", True)
    allowed = statements(found.of("s3/bucketPolicy:BucketPolicy")["plumbline-logs"]["policy"])
    (mine,) = [s for s in allowed if "elasticloadbalancing" in str(s["Principal"])]
    assert mine["Resource"].endswith(f"/alblog/AWSLogs/{ACCOUNT}/*")
    assert ":elasticloadbalancing:eu-central-1:" in mine["Condition"]["ArnLike"]["aws:SourceArn"]


def test_a_task_is_not_root_writes_only_to_tmp_and_knows_the_library(found: Made) -> None:
    (container,) = json.loads(only(found.of("ecs/taskDefinition:TaskDefinition"))["containerDefinitions"])
    assert container["image"] == IMAGE
    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "10001:10001"
    assert [mount["containerPath"] for mount in container["mountPoints"]] == ["/tmp"]
    variables = {one["name"]: one["value"] for one in container["environment"]}
    assert {name for name in variables if name not in OUTPUT_OF} == {
        SIGN_IN_BALANCER,
        SIGN_IN_ISSUER,
        SIGN_IN_CLIENT,
        SIGN_OUT_URL,
        STOP_SECONDS,
        REFUSED_SHARE,
    }
    assert all(variables.values())
    assert variables["PLUMBLINE_TEXT_MODEL"] == "text-model"


def test_a_task_knows_which_share_of_other_questions_to_refuse(found: Made, production: Made) -> None:
    for stack, share in ((found, str(REFUSED)), (production, "0.8")):
        (container,) = json.loads(only(stack.of("ecs/taskDefinition:TaskDefinition"))["containerDefinitions"])
        assert {"name": REFUSED_SHARE, "value": share} in container["environment"]


def test_a_task_knows_how_long_it_may_finish_answers_and_its_health_check_depends_on_nothing_that_all_tasks_share(
    found: Made,
) -> None:
    (container,) = json.loads(only(found.of("ecs/taskDefinition:TaskDefinition"))["containerDefinitions"])
    seconds = stop_seconds({one["name"]: one["value"] for one in container["environment"]})
    assert ROOM_SECONDS * 2 < seconds == container["stopTimeout"] <= 120  # Fargate's limit
    assert container["linuxParameters"] == {"initProcessEnabled": True}
    target = only(found.of("lb/targetGroup:TargetGroup"))
    assert target["deregistrationDelay"] >= seconds
    assert target["healthCheck"]["path"] == HEALTH
    assert "healthCheck" not in container


def test_the_page_reads_who_lets_people_in_and_where_they_sign_out(found: Made) -> None:
    (container,) = json.loads(only(found.of("ecs/taskDefinition:TaskDefinition"))["containerDefinitions"])
    read = Access.read({one["name"]: one["value"] for one in container["environment"]}).signed_in
    assert read is not None
    assert (read.balancer, read.region) == (BALANCER, REGION)
    assert read.issuer == f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_pool"
    assert read.client == "plumbline-id"
    address, _, query = read.sign_out.partition("?")
    domain = only(found.of("cognito/userPoolDomain:UserPoolDomain"))["domain"]
    assert address == f"https://{domain}.auth.{REGION}.amazoncognito.com/logout"
    assert parse_qs(query) == {"client_id": [read.client], "logout_uri": ["https://ask.example.org/"]}
    client = only(found.of("cognito/userPoolClient:UserPoolClient"))
    assert client["logoutUrls"] == ["https://ask.example.org/"]


def test_there_is_a_group_of_operators_which_gives_no_rights_in_aws(found: Made) -> None:
    group = only(found.of("cognito/userGroup:UserGroup"))
    assert (group["name"], group["userPoolId"]) == (OPERATORS, "plumbline-id")
    assert not group.get("roleArn")


SEARCH = ("es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete")


def reads(allowed: list[dict[str, Any]], action: str) -> list[tuple[str, str]]:
    """What an action is allowed on."""
    return [(action, resource) for s in allowed if action in s["Action"] for resource in s["Resource"]]


def test_the_pages_role_reads_documents_and_writes_only_conversations(found: Made) -> None:
    allowed = statements(found.of("iam/rolePolicy:RolePolicy")["plumbline-page"]["policy"])
    writes = [
        (action, resource)
        for s in allowed
        for action in s["Action"]
        for resource in s["Resource"]
        if action.startswith(("s3:Put", "s3:Delete", "dynamodb:Put", "dynamodb:Delete", "dynamodb:Update", "sqs:"))
    ]
    assert {resource.rpartition("/index")[0] or resource for _, resource in writes} == {
        f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:Table/plumbline-conversations-1234567"
    }
    jobs = {f"arn:aws:glue:eu-central-1:{ACCOUNT}:Job/{name}" for name in (DRIFT_JOB, DISTANCE_JOB)}
    starts = [s for s in allowed if any(action.startswith("glue:") for action in s["Action"])]
    assert [(s["Action"], set(s["Resource"])) for s in starts] == [(["glue:StartJobRun", "glue:GetJobRun"], jobs)]
    stars = {s["Action"][0]: s.get("Condition") for s in allowed if s["Resource"] == ["*"]}
    assert stars == {
        "cloudwatch:PutMetricData": {"StringEquals": {"cloudwatch:namespace": "rag"}},
        "cloudwatch:GetMetricData": None,  # it takes none
    }
    search = {(action, path) for action in SEARCH for _, path in reads(allowed, action)}
    domain = f"arn:aws:opensearch:eu-central-1:{ACCOUNT}:Domain/plumbline-1234567"
    assert search == {
        ("es:ESHttpGet", f"{domain}/*"),
        ("es:ESHttpPost", f"{domain}/*/_search"),
        ("es:ESHttpPost", f"{domain}/*/_msearch"),
        ("es:ESHttpPost", f"{domain}/*/_count"),
    }
    shown = {resource.rpartition("/")[0].rpartition("/")[2] for _, resource in reads(allowed, "s3:GetObject")}
    assert shown == {"ingest", "recognized", "reports"}
    former = {resource.rpartition("/")[0].rpartition("/")[2] for _, resource in reads(allowed, "s3:GetObjectVersion")}
    assert former == {"ingest"}
    ledger = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:Table/plumbline-ledger-1234567"
    on_ledger = {(s["Action"][n], arn) for s in allowed for n in range(len(s["Action"])) for arn in s["Resource"]}
    assert {(action, arn) for action, arn in on_ledger if arn.startswith(ledger)} == {
        ("dynamodb:GetItem", ledger),
        ("dynamodb:Scan", ledger),
        ("dynamodb:Query", f"{ledger}/index/by-change"),
    }
    (models,) = [s for s in allowed if "sagemaker:InvokeEndpoint" in s["Action"]]
    assert {arn.rpartition("/")[2] for arn in models["Resource"]} == {"text-model", "vectors"}


def test_the_domain_lets_in_the_page_and_the_notebook(found: Made) -> None:
    writing, looking, searching = statements(only(found.of("opensearch/domainPolicy:DomainPolicy"))["accessPolicies"])
    assert len(writing["Principal"]["AWS"]) == 3
    assert looking["Principal"] == searching["Principal"]
    assert [role.rpartition("/plumbline-")[2] for role in looking["Principal"]["AWS"]] == [
        *("notebook-1234567", "page-1234567"),
    ]
    into = found.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule").values()
    callers = {
        rule["referencedSecurityGroupId"].removeprefix("plumbline-").removesuffix("-id")
        for rule in into
        if rule["securityGroupId"] == "plumbline-search-id"
    }
    assert callers == {"index", "functions", "jump", "notebook", "page"}


def test_tasks_are_added_with_requests(found: Made, production: Made) -> None:
    for some, least, most in ((found, 1, 2), (production, 2, 10)):
        target = only(some.of("appautoscaling/target:Target"))
        assert (target["minCapacity"], target["maxCapacity"]) == (least, most)
    policy = only(found.of("appautoscaling/policy:Policy"))["targetTrackingScalingPolicyConfiguration"]
    assert policy["predefinedMetricSpecification"] == {
        "predefinedMetricType": "ALBRequestCountPerTarget",
        "resourceLabel": "app/1/targetgroup/1",
    }


@pytest.mark.parametrize(("which", "kept"), [("found", False), ("production", True)])
def test_protect_keeps_people_and_load_balancer(which: str, kept: bool, request: pytest.FixtureRequest) -> None:
    some: Made = request.getfixturevalue(which)
    assert only(some.of("cognito/userPool:UserPool"))["deletionProtection"] == ("ACTIVE" if kept else "INACTIVE")
    assert only(some.of("lb/loadBalancer:LoadBalancer"))["enableDeletionProtection"] is kept


def test_without_an_image_it_is_built_and_named_for_its_context() -> None:
    found = made(lambda: stack({**MODELS, **PAGE}))
    (image,) = [one.inputs for one in found.resources if one.type == "docker-build:index:Image"]
    assert image["platforms"] == ["linux/arm64"]
    assert image["push"] is True
    folder, _, context = image["context"]["location"].rpartition("/")
    assert folder == "build/packages"  # from the project's folder, so that another checkout builds nothing anew
    assert image["tags"][0].rpartition(":")[2] == context
    (container,) = json.loads(only(found.of("ecs/taskDefinition:TaskDefinition"))["containerDefinitions"])
    assert container["image"].endswith(f"@sha256:{'1' * 64}")
    repository = only(found.of("ecr/repository:Repository"))
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


def test_the_notebook_is_in_the_vpc_without_root_and_knows_the_library(found: Made) -> None:
    instance = only(found.of("sagemaker/notebookInstance:NotebookInstance"))
    assert (instance["directInternetAccess"], instance["rootAccess"]) == ("Disabled", "Disabled")
    assert instance["instanceMetadataServiceConfiguration"] == {"minimumInstanceMetadataServiceVersion": "2"}
    lifecycle = only(
        found.of("sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration")
    )
    script = base64.b64decode(lifecycle["onStart"]).decode()
    assert len(lifecycle["onStart"]) <= 16384  # AWS's limit
    assert "--env PLUMBLINE_BUCKET 'plumbline-library-1234567'" in script
    source = found.of("s3/bucketObjectv2:BucketObjectv2")["plumbline-notebook"]
    assert f"s3://plumbline-notebook-1234567/{source['key']}" in script
