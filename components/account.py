"""What the account itself says about the settings: whether models, network, certificate and zone are there and fit.

Pulumi's provider has no look-up for an endpoint, nor for a certificate by its ARN, so boto3 asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.models import PROFILES
from components.monitoring import DASHBOARD
from components.network import UNSUITABLE_ZONES, services
from components.settings import NAMESPACE, ZONES, Problems, Settings
from runtime.names import BEDROCK

Clients = Callable[[str], Any]
"""A boto3 client by its service's name."""

SERVING = frozenset({"InService", "Updating", "SystemUpdating"})
"""States of an endpoint in which it answers (SageMaker API, DescribeEndpoint)."""

MISSING = frozenset(
    {
        *("ResourceNotFoundException", "ValidationException", "NoSuchHostedZone", "InvalidArnException"),
        *("InvalidVpcID.NotFound", "InvalidSubnetID.NotFound"),
    }
)
"""How these services say that something is not there; SageMaker and Bedrock use ValidationException."""

FREE_ADDRESSES = 32
"""What a subnet must have left: for the functions, the page's tasks and load balancer, the domain, the file system, and
DataSync, with room for a deployment."""

SECONDS = 5


def clients(config: Mapping[str, str], region: str) -> Clients | None:
    """Clients with the credentials of Pulumi's provider; None where it assumes a role, which boto3 does not know."""
    if any(key.startswith("aws:assumeRole") for key in config):
        return None

    @cache
    def session() -> boto3.Session:
        return boto3.Session(
            aws_access_key_id=config.get("aws:accessKey"),
            aws_secret_access_key=config.get("aws:secretKey"),
            aws_session_token=config.get("aws:token"),
            profile_name=config.get("aws:profile"),
            region_name=region or None,
        )

    limits = Config(
        connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    return lambda service: session().client(service, config=limits)


def check(settings: Settings, region: str, client: Clients) -> tuple[Problems, list[str]]:
    """The keys whose values the account has no use for, each with a sentence; and what could not be looked up."""
    problems: list[tuple[str, str]] = []
    unknown: list[str] = []
    checks: list[tuple[str, str, Callable[[], Iterator[str]]]] = [
        ("textModelEndpointName", settings.text_model, lambda: _model(settings.text_model, "TEXT", client)),
        (
            "embeddingsModelEndpointName",
            settings.embeddings_model,
            lambda: _model(settings.embeddings_model, "EMBEDDING", client),
        ),
    ]
    if settings.names == "plain":
        checks.append(("names", settings.names, lambda: _dashboard(region, client)))
    if settings.vpc_id:
        checks += [
            ("vpcId", settings.vpc_id, lambda: _vpc(settings, client)),
            ("subnetIds", ",".join(settings.subnet_ids), lambda: _subnets(settings, client)),
        ]
    if page := settings.frontend:
        checks += [
            (
                "customDomainCertificateArn",
                page.certificate_arn,
                lambda: _certificate(page.certificate_arn, page.origin_domain, client),
            ),
            ("customDomainRoute53HostedZoneID", page.zone_id, lambda: _zone(page.zone_id, page.zone_name, client)),
        ]
    for key, value, asks in checks:
        try:
            problems += [(key, f"{NAMESPACE}:{key} is {value!r}; {said}.") for said in asks()]
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                unknown.append(f"{NAMESPACE}:{key} could not be looked up: {error}")
                continue
            message = error.response["Error"].get("Message", "").rstrip(".")
            problems.append(
                (key, f"{NAMESPACE}:{key} is {value!r}; this account has none such in {region}: {message}.")
            )
        except BotoCoreError as error:
            unknown.append(f"{NAMESPACE}:{key} could not be looked up: {error}")
    return problems, unknown


def _model(model: str, output: str, client: Clients) -> Iterator[str]:
    """What is wrong with a model that must give texts or embeddings."""
    identity = model.removeprefix(BEDROCK)
    if identity == model:
        status = client("sagemaker").describe_endpoint(EndpointName=model)["EndpointStatus"]
        if status not in SERVING:
            yield f"the endpoint is {status}, and must be InService"
        return
    if identity.startswith(PROFILES):
        client("bedrock").get_inference_profile(inferenceProfileIdentifier=identity)  # it is there, or an error
        return
    found = client("bedrock").get_foundation_model(modelIdentifier=identity)["modelDetails"]
    if output not in found.get("outputModalities", [output]):
        yield f"the model gives {' and '.join(found['outputModalities'])}, not {output}"
    if "ON_DEMAND" not in found.get("inferenceTypesSupported", ["ON_DEMAND"]):
        yield f"the model is called by an inference profile, such as {BEDROCK}eu.{identity}"
    if output == "TEXT" and not found.get("responseStreamingSupported", True):
        yield "the model does not stream its answers"


def _certificate(arn: str, domain: str, client: Clients) -> Iterator[str]:
    """What is wrong with the load balancer's certificate."""
    found = client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    names = {found.get("DomainName", ""), *found.get("SubjectAlternativeNames", [])}
    # A wildcard stands for one label (RFC 6125, 6.4.3).
    if not names & {domain, f"*.{domain.partition('.')[2]}"}:
        yield f"it is for {', '.join(sorted(names))}, and must be for {domain}"
    if found["Status"] != "ISSUED":
        yield f"it is {found['Status']}, and must be ISSUED"


def _zone(identity: str, name: str, client: Clients) -> Iterator[str]:
    """What is wrong with the zone of the page's names."""
    found = client("route53").get_hosted_zone(Id=identity)["HostedZone"]
    if found["Name"].rstrip(".") != name:
        yield f"it is the zone {found['Name'].rstrip('.')}, not {name}"
    if found.get("Config", {}).get("PrivateZone"):
        yield "it is a private zone, in which nobody outside would find the page"


def _dashboard(region: str, client: Clients) -> Iterator[str]:
    """Whether a stack in another region has the dashboard: an account has each name once for all regions."""
    try:
        body = client("cloudwatch").get_dashboard(DashboardName=DASHBOARD)["DashboardBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFound", "DashboardNotFoundError"):
            return
        raise
    shown = {one.get("properties", {}).get("region", region) for one in json.loads(body)["widgets"]}
    if others := sorted(shown - {region}):
        yield (
            f"the dashboard {DASHBOARD}, of which an account has one, is that of a stack in {', '.join(others)}, and "
            "would be overwritten; set it to stack"
        )


def _vpc(settings: Settings, client: Clients) -> Iterator[str]:
    """What an existing network lacks."""
    ec2 = client("ec2")
    for attribute, key in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
        # The file system is mounted by its name, and endpoints are called by theirs (EFS guide, mount-fs-dns-name).
        if not ec2.describe_vpc_attribute(VpcId=settings.vpc_id, Attribute=attribute)[key]["Value"]:
            yield f"its attribute {attribute} is off, and must be on"
    if settings.frontend:
        attached = [{"Name": "attachment.vpc-id", "Values": [settings.vpc_id]}]
        if not ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
            yield "it has no Internet gateway, which CloudFront requires, though nothing passes through it"


def _subnets(settings: Settings, client: Clients) -> Iterator[str]:
    """What is wrong with the subnets of an existing network: where they are, their size, and their way out."""
    ec2 = client("ec2")
    subnets = ec2.describe_subnets(SubnetIds=list(settings.subnet_ids))["Subnets"]
    if strangers := [one["SubnetId"] for one in subnets if one["VpcId"] != settings.vpc_id]:
        yield f"{', '.join(strangers)} is not in {settings.vpc_id}"
        return
    zones = sorted(one["AvailabilityZoneId"] for one in subnets)
    if len(set(zones)) < ZONES:
        yield f"both are in the zone {zones[0]}, and must be in two"
    if unsuitable := sorted(set(zones) & set(UNSUITABLE_ZONES)):
        yield f"the zone {', '.join(unsuitable)} lacks Fargate on arm64 or VPC origins of CloudFront"
    for one in subnets:
        if one["AvailableIpAddressCount"] < FREE_ADDRESSES:
            left = one["AvailableIpAddressCount"]
            yield f"{one['SubnetId']} has {left} free addresses, and must have {FREE_ADDRESSES}"
    of_the_vpc = [{"Name": "vpc-id", "Values": [settings.vpc_id]}]
    tables = ec2.describe_route_tables(Filters=of_the_vpc)["RouteTables"]
    ways = {one["SubnetId"]: _way_out(one["SubnetId"], tables) for one in subnets}
    for subnet, way in ways.items():
        if way.startswith("igw-"):
            yield (
                f"{subnet} leads to the Internet by {way}, which takes nothing from private addresses; it must be a "
                "private subnet, with a route to a NAT gateway or another way out"
            )
    without = [subnet for subnet, way in ways.items() if not way]
    if not without:
        return
    if settings.frontend or settings.notebook:
        yield f"{', '.join(without)} has no route out, which the chat page and the notebook need"
        return
    found = ec2.describe_vpc_endpoints(Filters=of_the_vpc)["VpcEndpoints"]
    there = {one["ServiceName"].split(".", 3)[-1] for one in found if one["State"].lower() == "available"}
    needed = {"s3", "dynamodb", *services(settings.embeddings_model, settings.recognition)}
    if missing := sorted(needed - there):
        yield f"{', '.join(without)} has no route out, and the network no endpoint for {', '.join(missing)}"


def _way_out(subnet: str, tables: Sequence[Mapping[str, Any]]) -> str:
    """Where a subnet's default route leads, '' if there is none that works. Without a table it has the main one."""

    def of(table: Mapping[str, Any], key: str, value: object) -> bool:
        return any(one.get(key) == value for one in table["Associations"])

    own = [table for table in tables if of(table, "SubnetId", subnet)]
    main = [table for table in tables if of(table, "Main", True)]
    for route in (own or main)[0]["Routes"]:
        if route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") == "active":
            targets = (value for key, value in route.items() if key.endswith("Id"))
            return str(next(targets, "unknown"))
    return ""
