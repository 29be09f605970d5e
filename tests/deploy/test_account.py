"""What the account says about the settings, by answers that botocore's models accept."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from components import account
from components.settings import Settings, SettingsError
from tests.deploy.engine import EXISTING, MODELS, PAGE, routes, subnet

REGION = "eu-central-1"
WHEN = datetime(2026, 12, 1, tzinfo=UTC)


class Answers:
    """Clients that answer each operation as told, or refuse it with an error's code; of a list, each once."""

    def __init__(self, **answers: Any) -> None:
        self._answers = {name: answer if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self._asked: Counter[str] = Counter()

    def __call__(self, service: str) -> Any:
        return SimpleNamespace(**{name: partial(self._answer, service, name) for name in self._answers})

    def _answer(self, service: str, operation: str, **parameters: Any) -> Any:
        answers = self._answers[operation]
        answer = answers[self._asked[operation] % len(answers)]
        self._asked[operation] += 1
        client = boto3.client(service, region_name=REGION)
        with Stubber(client) as stubber:
            if isinstance(answer, str):
                stubber.add_client_error(operation, answer, "It says why.")
            else:
                stubber.add_response(operation, answer)
            return getattr(client, operation)(**parameters)


def endpoint(status: str) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/it"
    given = {"EndpointName": "it", "EndpointArn": arn, "EndpointStatus": status}
    return {**given, "CreationTime": WHEN, "LastModifiedTime": WHEN}


def foundation(**details: Any) -> dict[str, Any]:
    arn = f"arn:aws:bedrock:{REGION}::foundation-model/it"
    return {"modelDetails": {"modelArn": arn, "modelId": "it", **details}}


def zone(name: str, private: bool = False) -> dict[str, Any]:
    found = {"Id": "/hostedzone/Z1", "Name": name, "CallerReference": "1", "Config": {"PrivateZone": private}}
    return {"HostedZone": found}


GOOD: Mapping[str, Any] = {
    "describe_endpoint": endpoint("InService"),
    "describe_certificate": {"Certificate": {"DomainName": "origin.example.org", "Status": "ISSUED"}},
    "get_hosted_zone": zone("example.org."),
    "get_dashboard": "ResourceNotFound",
}


FIRST, SECOND = EXISTING["subnetIds"].split(",")
NETWORK: Mapping[str, Any] = {
    "describe_vpc_attribute": [{"EnableDnsSupport": {"Value": True}}, {"EnableDnsHostnames": {"Value": True}}],
    "describe_internet_gateways": {"InternetGateways": [{"InternetGatewayId": "igw-1"}]},
    "describe_subnets": {"Subnets": [subnet(FIRST, "1"), subnet(SECOND, "2")]},
    "describe_route_tables": {"RouteTables": [routes(nat="nat-1")]},
    "describe_vpc_endpoints": {"VpcEndpoints": []},
}


def endpoints(*services: str) -> dict[str, Any]:
    names = [{"ServiceName": f"com.amazonaws.{REGION}.{service}", "State": "available"} for service in services]
    return {"describe_route_tables": {"RouteTables": [routes()]}, "describe_vpc_endpoints": {"VpcEndpoints": names}}


EVERY_SERVICE = ("s3", "dynamodb", "sqs", "kinesis-firehose", "ssm", "ssmmessages", "sagemaker.runtime", "textract")


def test_an_existing_network_with_a_way_out_or_with_every_endpoint_is_no_problem() -> None:
    assert said({**MODELS, **EXISTING, **PAGE}, **NETWORK) == ([], [])
    assert said({**MODELS, **EXISTING}, **{**NETWORK, **endpoints(*EVERY_SERVICE)}) == ([], [])


@pytest.mark.parametrize(
    ("values", "answers", "problem"),
    [
        (
            {},
            {
                "describe_vpc_attribute": [
                    {"EnableDnsSupport": {"Value": True}},
                    {"EnableDnsHostnames": {"Value": False}},
                ]
            },
            "vpcId is .* enableDnsHostnames is off, and must be on",
        ),
        ({}, {"describe_vpc_attribute": "InvalidVpcID.NotFound"}, "vpcId is .* this account has none such"),
        ({}, {"describe_subnets": "InvalidSubnetID.NotFound"}, "subnetIds is .* this account has none such"),
        (
            PAGE,
            {"describe_internet_gateways": {"InternetGateways": []}},
            "no Internet gateway, which CloudFront requires",
        ),
        (
            {},
            {"describe_subnets": {"Subnets": [subnet(FIRST, "1"), subnet(SECOND, "2", VpcId="vpc-other")]}},
            f"{SECOND} is not in {EXISTING['vpcId']}",
        ),
        (
            {},
            {"describe_subnets": {"Subnets": [subnet(FIRST, "1"), subnet(SECOND, "1")]}},
            "both are in the zone euc1-az1, and must be in two",
        ),
        (
            {},
            {"describe_subnets": {"Subnets": [subnet(FIRST), subnet(SECOND, AvailabilityZoneId="use1-az3")]}},
            "the zone use1-az3 lacks Fargate",
        ),
        (
            {},
            {"describe_subnets": {"Subnets": [subnet(FIRST, AvailableIpAddressCount=9), subnet(SECOND, "2")]}},
            f"{FIRST} has 9 free addresses, and must have 32",
        ),
        ({}, {"describe_route_tables": {"RouteTables": [routes(gateway="igw-1")]}}, "must be a private subnet"),
        (PAGE, endpoints(*EVERY_SERVICE), "has no route out, which the chat page"),
        (
            {},
            endpoints(*EVERY_SERVICE[:-2]),
            "no route out, and the network no endpoint for sagemaker.runtime, textract",
        ),
    ],
)
def test_an_existing_network_that_does_not_fit_is_named_with_what_is_needed(
    values: dict[str, str], answers: dict[str, Any], problem: str
) -> None:
    problems, unknown = said({**MODELS, **EXISTING, **values}, **{**NETWORK, **answers})
    assert unknown == []
    assert problems
    assert all(re.search(problem, found) for found in problems)


def said(values: Mapping[str, str], **answers: Any) -> tuple[list[str], list[str]]:
    problems, unknown = account.check(Settings.read(values), REGION, Answers(**{**GOOD, **answers}))
    return [f"{key}: {problem}" for key, problem in problems], unknown


def test_what_is_there_and_fits_is_no_problem() -> None:
    assert said({**MODELS, **PAGE}) == ([], [])
    titan = {**MODELS, "embeddingsModelEndpointName": "bedrock:amazon.titan-embed-text-v2:0"}
    assert said(titan, get_foundation_model=foundation(outputModalities=["EMBEDDING"])) == ([], [])
    wildcard = {"DomainName": "example.org", "SubjectAlternativeNames": ["*.example.org"], "Status": "ISSUED"}
    assert said({**MODELS, **PAGE}, describe_certificate={"Certificate": wildcard}) == ([], [])


@pytest.mark.parametrize(
    ("values", "answers", "problem"),
    [
        ({}, {"describe_endpoint": endpoint("Creating")}, "the endpoint is Creating, and must be InService"),
        ({}, {"describe_endpoint": "ValidationException"}, "none such in eu-central-1: .*It says why"),
        (
            {"textModelEndpointName": "bedrock:a.model"},
            {"get_foundation_model": "ResourceNotFoundException"},
            "'bedrock:a.model'; this account has none such in eu-central-1",
        ),
        (
            {"textModelEndpointName": "bedrock:a.model"},
            {"get_foundation_model": foundation(inferenceTypesSupported=["PROVISIONED"])},
            "called by an inference profile, such as bedrock:eu.a.model",
        ),
        (
            {"textModelEndpointName": "bedrock:a.model"},
            {"get_foundation_model": foundation(outputModalities=["EMBEDDING"])},
            "gives EMBEDDING, not TEXT",
        ),
        (
            {"textModelEndpointName": "bedrock:a.model"},
            {"get_foundation_model": foundation(responseStreamingSupported=False)},
            "does not stream",
        ),
        (
            {"textModelEndpointName": "bedrock:eu.a.model"},
            {"get_inference_profile": "ResourceNotFoundException"},
            "none such",
        ),
        (
            PAGE,
            {
                "describe_certificate": {
                    "Certificate": {"DomainName": "ask.example.org", "Status": "PENDING_VALIDATION"}
                }
            },
            "it is for ask.example.org, and must be for origin.example.org",
        ),
        (PAGE, {"describe_certificate": "ResourceNotFoundException"}, "customDomainCertificateArn is .*none such"),
        (PAGE, {"get_hosted_zone": zone("example.com.")}, "it is the zone example.com, not example.org"),
        (PAGE, {"get_hosted_zone": zone("example.org.", private=True)}, "a private zone"),
        (PAGE, {"get_hosted_zone": "NoSuchHostedZone"}, "customDomainRoute53HostedZoneID is .*none such"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_named_with_its_setting(
    values: dict[str, str], answers: dict[str, Any], problem: str
) -> None:
    problems, unknown = said({**MODELS, **values}, **answers)
    assert unknown == []
    assert any(re.search(problem, one) for one in problems), problems


def test_a_dashboard_of_another_region_is_not_overwritten() -> None:
    def shown(region: str) -> dict[str, str]:
        return {"DashboardBody": json.dumps({"widgets": [{"properties": {"region": region}}]})}

    (problem,), unknown = said(MODELS, get_dashboard=shown("eu-west-1"))
    assert "plumbline:names is 'plain'; the dashboard RAG_Scores" in problem
    assert "a stack in eu-west-1" in problem
    assert unknown == []
    assert said(MODELS, get_dashboard=shown(REGION)) == ([], [])
    assert said({**MODELS, "names": "stack"}, get_dashboard=shown("eu-west-1")) == ([], [])


def test_what_may_not_be_looked_up_is_said_and_stops_nothing() -> None:
    problems, unknown = said(
        {**MODELS, **PAGE}, get_hosted_zone="AccessDenied", describe_endpoint="ThrottlingException"
    )
    assert problems == []
    assert [line.partition(" could not")[0].partition(":")[2] for line in unknown] == [
        *("textModelEndpointName", "embeddingsModelEndpointName", "customDomainRoute53HostedZoneID"),
    ]


def test_a_profile_that_is_not_there_is_said_and_stops_nothing() -> None:
    client = account.clients({"aws:profile": "nobody"}, REGION)
    assert client is not None
    problems, unknown = account.check(Settings.read(MODELS), REGION, client)
    assert problems == []
    assert len(unknown) == 3
    assert "nobody" in unknown[0]


def test_everything_is_reported_at_once_and_a_wrong_value_once() -> None:
    found = [
        ("size", "plumbline:size is wrong."),
        ("textModelEndpointName", "plumbline:textModelEndpointName is gone."),
    ]
    with pytest.raises(SettingsError) as refused:
        Settings.read({**MODELS, "size": "large"}, REGION, lambda settings: found)
    assert refused.value.problems == [
        "plumbline:size is 'large'; it must be small or production.",
        "plumbline:textModelEndpointName is gone.",
    ]


def test_nothing_is_asked_with_other_credentials_than_pulumis() -> None:
    assert account.clients({"aws:assumeRoles": "[...]"}, REGION) is None
    made = account.clients({"aws:accessKey": "AKID", "aws:secretKey": "secret"}, REGION)
    assert made is not None
    client = made("route53")
    assert client._request_signer._credentials.access_key == "AKID"
    assert made("acm").meta.region_name == REGION
