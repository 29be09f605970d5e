"""What the account itself says about the settings: whether models, certificate and zone are there and fit.

Pulumi's provider has no look-up for an endpoint, nor for a certificate by its ARN, so boto3 asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.models import PROFILES
from components.settings import NAMESPACE, Problems, Settings
from runtime.names import BEDROCK

Clients = Callable[[str], Any]
"""A boto3 client by its service's name."""

SERVING = frozenset({"InService", "Updating", "SystemUpdating"})
"""States of an endpoint in which it answers (SageMaker API, DescribeEndpoint)."""

MISSING = frozenset({"ResourceNotFoundException", "ValidationException", "NoSuchHostedZone", "InvalidArnException"})
"""How these services say that something is not there; SageMaker and Bedrock use ValidationException."""

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
