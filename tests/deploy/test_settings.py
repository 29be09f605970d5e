from __future__ import annotations

import re

import boto3
import pytest

from components.settings import FRONTEND, KEYS, SIZES, TEXTRACT_REGIONS, Settings, SettingsError
from tests.deploy.engine import EXISTING, PAGE

MODELS = {"textModelEndpointName": "text-model", "embeddingsModelEndpointName": "bedrock:amazon.titan-embed-text-v2:0"}


def problems(values: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.read(values)
    return refused.value.problems


def test_two_models_are_enough_and_the_rest_has_defaults() -> None:
    settings = Settings.read(MODELS)
    assert (settings.text_model, settings.embeddings_model) == tuple(MODELS.values())
    assert (settings.frontend, settings.size, settings.protect) == (None, SIZES["small"], False)
    assert (settings.notebook, str(settings.cidr)) == (False, "10.0.0.0/16")


def test_production_is_protected_unless_that_is_off() -> None:
    assert Settings.read({**MODELS, "size": "production"}).protect
    assert not Settings.read({**MODELS, "size": "production", "protect": "false"}).protect
    assert Settings.read({**MODELS, "protect": "true"}).protect


def test_all_five_values_make_a_frontend() -> None:
    frontend = Settings.read({**MODELS, **PAGE}).frontend
    assert frontend is not None
    assert frontend.app_domain == "ask.example.org"


@pytest.mark.parametrize("left_out", FRONTEND)
def test_some_of_the_five_is_an_error_that_lists_the_missing(left_out: str) -> None:
    (problem,) = problems({**MODELS, **{key: value for key, value in PAGE.items() if key != left_out}})
    assert f"Missing: plumbline:{left_out}." in problem


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("textModelEndpointName", "no_such name", "a SageMaker endpoint's name, or bedrock:MODEL_ID"),
        ("embeddingsModelEndpointName", "bedrock:", "bedrock:MODEL_ID"),
        (
            "embeddingsModelEndpointName",
            "bedrock:amazon.nova-lite-v1:0",
            "one of Amazon Titan or Cohere that embeds",
        ),
        ("textModelEndpointName", "bedrock:arn:aws:bedrock:eu-central-1::foundation-model/x.y", "not its ARN"),
        ("owner", "R&D", "up to 256 letters"),
        ("names", "mine", "plain or stack"),
        ("size", "large", "small or production"),
        ("protect", "yes", "false or true"),
        ("notebook", "True", "false or true"),
        ("openSearchEndpoint", "not an endpoint", "a domain's endpoint"),
        ("alarmEmail", "nobody", "an e-mail address"),
        ("refused", "1.5", "a number from 0 to 1"),
        ("refused", "most", "a number from 0 to 1"),
        ("conversationDays", "-1", "a whole number of days from 0 to 36500"),
        ("monthlyBudget", "a lot", "a whole number of US dollars from 0 to 1000000"),
        ("archiveDays", "0", "a whole number of days from 1 to 3650"),
        ("versionDays", "0", "a whole number of days from 1 to 3650"),
        ("versionDays", "4000", "a whole number of days from 1 to 3650"),
        ("versionDays", "a month", "a whole number of days from 1 to 3650"),
        ("recognition", "rapidocr", "textract or none"),
        ("recognitionPagesPerMonth", "-1", "a whole number of pages from 0 to 100000000"),
        ("recognitionPagesPerMonth", "1.5", "a whole number of pages from 0 to 100000000"),
        ("recognitionPagesPerMonth", "unlimited", "a whole number of pages from 0 to 100000000"),
        ("cidr", "10.0.0.0/8", "from /16 to /22"),
        ("cidr", "8.8.0.0/16", "a private IPv4 network"),
        ("cidr", "10.0.0.1/16", "a private IPv4 network"),
        ("zones", "eu-central-1a,eu-central-1b", "the ids, not the names, of two availability zones"),
        ("zones", "euc1-az1", "of two availability zones"),
        ("zones", "euc1-az1,euc1-az1", "of two availability zones"),
        ("egress", "proxy", "nat or endpoints"),
    ],
)
def test_a_wrong_value_is_one_error_that_names_key_value_and_what_is_allowed(
    key: str, value: str, allowed: str
) -> None:
    (problem,) = problems({**MODELS, key: value})
    assert f"plumbline:{key} is {value!r}" in problem
    assert allowed in problem


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("appCustomDomainName", "Ask.example.org"),
        ("appCustomDomainName", "ask.example.com"),
        ("loadBalancerOriginCustomDomainName", "ask.example.org"),
        ("customDomainRoute53HostedZoneID", "zone"),
        ("customDomainCertificateArn", "arn:aws:iam::123456789012:role/x"),
        ("frontendImage", "image:latest"),
    ],
)
def test_a_wrong_value_of_the_frontend_is_named(key: str, value: str) -> None:
    found = problems({**MODELS, **PAGE, key: value})
    assert any(f"plumbline:{key} is {value!r}" in problem for problem in found)


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    found = problems({"size": "large", "protect": "maybe", "colour": "blue"})
    assert len(found) == 5
    assert any("textModelEndpointName is missing" in problem for problem in found)
    assert any("plumbline:colour is not a setting" in problem and KEYS[-1] in problem for problem in found)


def test_a_budget_without_an_address_is_an_error() -> None:
    (problem,) = problems({**MODELS, "monthlyBudget": "100"})
    assert "monthlyBudget is set without plumbline:alarmEmail" in problem


def test_an_image_without_a_frontend_is_an_error() -> None:
    (problem,) = problems({**MODELS, "frontendImage": "name@sha256:" + "0" * 64})
    assert "without a frontend" in problem


def test_a_certificate_in_another_region_is_an_error() -> None:
    assert Settings.read({**MODELS, **PAGE}, "eu-central-1").frontend
    with pytest.raises(SettingsError, match="in its own region, us-west-2"):
        Settings.read({**MODELS, **PAGE}, "us-west-2")


@pytest.mark.parametrize(
    ("region", "given", "recognition"),
    [
        ("eu-central-1", {}, "textract"),
        ("eu-central-1", {"recognition": "none"}, "none"),
        ("eu-north-1", {}, "none"),
        ("eu-north-1", {"recognition": "none"}, "none"),
        ("", {}, "textract"),
    ],
)
def test_pictures_are_recognized_where_textract_is_unless_that_is_off(
    region: str, given: dict[str, str], recognition: str
) -> None:
    assert Settings.read({**MODELS, **given}, region).recognition == recognition


def test_textract_in_a_region_without_it_is_an_error_that_says_where_it_is() -> None:
    with pytest.raises(SettingsError, match="plumbline:recognition is 'textract'") as refused:
        Settings.read({**MODELS, "recognition": "textract"}, "eu-north-1")
    (problem,) = refused.value.problems
    assert "eu-north-1" in problem
    assert "eu-central-1" in problem


def test_a_month_has_a_limit_of_pages_that_can_be_changed_and_removed() -> None:
    assert Settings.read(MODELS).recognition_pages == 10_000
    for pages in (0, 250_000):
        assert Settings.read({**MODELS, "recognitionPagesPerMonth": f"{pages}"}).recognition_pages == pages


def test_the_regions_of_textract_are_those_that_botocore_knows() -> None:
    session = boto3.Session()
    partitions = session.get_available_partitions()
    known = {region for one in partitions for region in session.get_available_regions("textract", one)}
    assert known == TEXTRACT_REGIONS


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"vpcId": "mine"}, "vpcId is 'mine'; it must be a VPC's id"),
        ({"vpcId": EXISTING["vpcId"]}, "needs both plumbline:vpcId and plumbline:subnetIds"),
        ({"subnetIds": EXISTING["subnetIds"]}, "needs both plumbline:vpcId and plumbline:subnetIds"),
        ({**EXISTING, "subnetIds": "subnet-01234567"}, "it must be the ids of two private subnets"),
        ({**EXISTING, "cidr": "10.0.0.0/16"}, "plumbline:cidr is set, but is of a new network"),
        ({**EXISTING, "zones": "euc1-az1,euc1-az2"}, "plumbline:zones is set, but is of a new network"),
        ({**EXISTING, "egress": "endpoints"}, "plumbline:egress is set, but is of a new network"),
        ({**PAGE, "egress": "endpoints"}, "egress is 'endpoints', with which plumbline:appCustomDomainName can't be"),
        ({"notebook": "true", "egress": "endpoints"}, "with which plumbline:notebook can't be set: .*PyPI"),
    ],
)
def test_settings_of_the_network_that_exclude_each_other_are_named(values: dict[str, str], problem: str) -> None:
    assert any(re.search(problem, said) for said in problems({**MODELS, **values}))
