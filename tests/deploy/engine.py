"""The real Pulumi engine, with a backend in a folder of the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi import automation

from tools.install import place


def enter(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Put the engine on the path, with a backend and a project in `folder`; the project's folder."""
    engine = place("pulumi")
    (folder / "state").mkdir()
    settings = {
        "PATH": f"{engine}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "testing",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(folder / "pulumi"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("components.account.clients", lambda config, region: lambda service: ACCOUNT)
    project = folder / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: plumbline\nruntime: python\n")
    return project


MODELS = {"textModelEndpointName": "text-model", "embeddingsModelEndpointName": "vectors"}
PAGE = {
    "appCustomDomainName": "ask.example.org",
    "loadBalancerOriginCustomDomainName": "origin.example.org",
    "customDomainRoute53HostedZoneID": "Z0123456789ABC",
    "customDomainRoute53HostedZoneName": "example.org",
    "customDomainCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/"
    "01234567-89ab-cdef-0123-456789abcdef",
}
IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/page@sha256:{'0' * 64}"
"""Settings of a stack: its two models, and the chat page."""

EXISTING = {"vpcId": "vpc-0123456789abcdef0", "subnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1"}
"""An existing network."""

EVERY: tuple[Mapping[str, str], ...] = (
    MODELS,
    {**MODELS, **PAGE, "notebook": "true", "alarmEmail": "operator@example.org", "monthlyBudget": "200"},
    {**MODELS, **PAGE, "frontendImage": IMAGE, "size": "production", "protect": "true", "refused": "0.9"},
    {**MODELS, "openSearchEndpoint": "vpc-mine-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"},
    {**MODELS, "egress": "endpoints"},
    {**MODELS, **EXISTING, **PAGE, "frontendImage": IMAGE},
)
"""Settings that between them make everything that a stack can have."""


DNS = {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}}


def subnet(identity: str, zone: str = "1", **other: Any) -> dict[str, Any]:
    """A subnet of the existing network, as EC2 describes it."""
    where = {"SubnetId": identity, "VpcId": EXISTING["vpcId"], "AvailabilityZoneId": f"euc1-az{zone}"}
    return {**where, "AvailableIpAddressCount": 200, **other}


def routes(nat: str = "", gateway: str = "") -> dict[str, Any]:
    """Its main route table, with a default route to one of them, or none."""
    way = {"NatGatewayId": nat} if nat else {"GatewayId": gateway}
    default = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **way}
    return {"Associations": [{"Main": True}], "Routes": [default] if nat or gateway else []}


ACCOUNT = SimpleNamespace(
    describe_endpoint=lambda **asked: {"EndpointStatus": "InService"},
    get_foundation_model=lambda **asked: {"modelDetails": {}},
    get_inference_profile=lambda **asked: {},
    describe_certificate=lambda **asked: {"Certificate": {"DomainName": "origin.example.org", "Status": "ISSUED"}},
    get_hosted_zone=lambda **asked: {"HostedZone": {"Name": "example.org."}},
    get_dashboard=lambda **asked: {"DashboardBody": '{"widgets": []}'},
    describe_vpc_attribute=lambda **asked: DNS,
    describe_internet_gateways=lambda **asked: {"InternetGateways": [{}]},
    describe_subnets=lambda **asked: {"Subnets": [subnet(*one) for one in zip(asked["SubnetIds"], "12", strict=True)]},
    describe_route_tables=lambda **asked: {"RouteTables": [routes(nat="nat-1")]},
)
"""Clients of an account that has what the settings name."""


def stack(project: Path, program: Callable[[], None], config: Mapping[str, str], name: str = "dev") -> automation.Stack:
    """A stack of the project, its program run inline."""
    made = automation.create_or_select_stack(name, project_name="plumbline", program=program, work_dir=str(project))
    made.set_all_config({f"plumbline:{key}": automation.ConfigValue(value) for key, value in config.items()})
    return made
