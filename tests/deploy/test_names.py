"""Every name that the program gives, as AWS's own models and guides allow it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader

from components.settings import Settings, SettingsError
from tests.deploy.engine import MODELS
from tests.deploy.resources import Resource
from tests.deploy.shapes import LONGEST_STACK, shapes

pytestmark = pytest.mark.xdist_group("shapes")

MODELLED = {
    "budgets/budget": ("budgets", "BudgetName"),
    "cloudwatch/eventRule": ("events", "RuleName"),
    "cloudwatch/logDeliveryDestination": ("logs", "DeliveryDestinationName"),
    "cloudwatch/logDeliverySource": ("logs", "DeliverySourceName"),
    "cloudwatch/logGroup": ("logs", "LogGroupName"),
    "cloudwatch/logStream": ("logs", "LogStreamName"),
    "cloudwatch/metricAlarm": ("cloudwatch", "AlarmName"),
    "cognito/userGroup": ("cognito-idp", "GroupNameType"),
    "cognito/userPool": ("cognito-idp", "UserPoolNameType"),
    "cognito/userPoolClient": ("cognito-idp", "ClientNameType"),
    "cognito/userPoolDomain": ("cognito-idp", "DomainType"),
    "datasync/task": ("datasync", "TagValue"),
    "dynamodb/table": ("dynamodb", "TableName"),
    "ecr/repository": ("ecr", "RepositoryName"),
    "efs/fileSystem": ("efs", "CreationToken"),
    "glue/job": ("glue", "NameString"),
    "glue/trigger": ("glue", "NameString"),
    "iam/instanceProfile": ("iam", "instanceProfileNameType"),
    "iam/role": ("iam", "roleNameType"),
    "iam/rolePolicy": ("iam", "policyNameType"),
    "kinesis/firehoseDeliveryStream": ("firehose", "DeliveryStreamName"),
    "lambda/permission": ("lambda", "StatementId"),
    "appautoscaling/policy": ("application-autoscaling", "PolicyName"),
    "opensearch/domain": ("opensearch", "DomainName"),
    "sagemaker/notebookInstance": ("sagemaker", "NotebookInstanceName"),
    "sagemaker/notebookInstanceLifecycleConfiguration": ("sagemaker", "NotebookInstanceLifecycleConfigName"),
}
"""Types whose names a shape of botocore's models describes: its service, and its name."""

WRITTEN = {
    "cloudfront/vpcOrigin": r"[\w-]{1,64}",  # from memory: its API describes no limit
    "cloudwatch/dashboard": r"[A-Za-z0-9_-]{1,255}",
    "cloudwatch/logResourcePolicy": r"[\w.-]{1,512}",  # as its log group, which it is named for
    "ec2/securityGroup": r"(?!sg-)[a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}",
    "ecs/cluster": r"[\w-]{1,255}",
    "ecs/service": r"[\w-]{1,255}",
    "ecs/taskDefinition": r"[\w-]{1,255}",
    "lambda/function": r"[a-zA-Z0-9_-]{1,64}",  # a longer one is an ARN
    "lambda/layerVersion": r"[a-zA-Z0-9_-]{1,64}",
    "lb/loadBalancer": r"(?!internal-)[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?",
    "lb/targetGroup": r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?",
    "s3/bucket": r"(?!xn--|sthree-)[a-z0-9]([a-z0-9-]{1,61})[a-z0-9](?<!-s3alias)(?<!--ol-s3)",
    "sns/topic": r"[\w-]{1,256}",
    "sqs/queue": r"[\w-]{1,80}",
}
"""Types whose names are described in words only, in the documentation of their API."""

NAMELESS = (
    *("acm/*", "appautoscaling/target", "cloudfront/distribution", "cloudwatch/eventTarget", "cloudwatch/logDelivery"),
    *("datasync/efsLocation", "datasync/s3Location", "ec2/defaultSecurityGroup", "ec2/eip", "ec2/flowLog"),
    *("ec2/instance", "ec2/internetGateway", "ec2/natGateway", "ec2/route", "ec2/routeTable"),
    *("ec2/routeTableAssociation", "ec2/subnet", "ec2/vpc", "ec2/vpcEndpoint", "ecr/lifecyclePolicy"),
    *("efs/backupPolicy", "efs/fileSystemPolicy", "efs/mountTarget", "iam/rolePolicyAttachment"),
    *("iam/serviceLinkedRole", "lambda/eventSourceMapping", "lambda/invocation", "lb/listener"),
    *("opensearch/domainPolicy", "route53/record", "s3/bucket?*", "sns/topicPolicy", "sns/topicSubscription"),
    *("sqs/queuePolicy", "vpc/*"),
)
"""Types that AWS gives ids, or that are part of others; records are named for the operator's zone."""

PROPERTY = {
    "cloudfront/vpcOrigin": ("vpcOriginEndpointConfig", "name"),
    "cloudwatch/dashboard": ("dashboardName",),
    "cloudwatch/logResourcePolicy": ("policyName",),
    "cognito/userPoolDomain": ("domain",),
    "ecs/taskDefinition": ("family",),
    "lambda/layerVersion": ("layerName",),
}


def name_of(one: Resource) -> str:
    """The name it is given, or what Pulumi makes of its own."""
    value: Any = one.inputs
    for key in PROPERTY.get(kind_of(one), ("name",)):
        value = (value or {}).get(key)
    return str(value) if value else f"{one.name}-1234567"


def kind_of(one: Resource) -> str:
    return one.type.removeprefix("aws:").partition(":")[0]


@cache
def modelled(service: str, shape: str) -> dict[str, Any]:
    found: dict[str, Any] = Loader().load_service_model(service, "service-2")["shapes"][shape]
    return found


def is_allowed(kind: str, name: str) -> bool:
    """Whether AWS takes this name of a resource."""
    if kind in WRITTEN:
        return re.fullmatch(WRITTEN[kind], name) is not None
    shape = modelled(*MODELLED[kind])
    pattern = re.sub(r"\\p\{\w+\}", r"\\S", shape.get("pattern", ".*")).replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "")
    pattern = pattern.replace("(?i)", "")  # of markup, which no name has in any case
    is_long_enough = shape.get("min", 1) <= len(name) <= shape.get("max", 1024)
    return is_long_enough and re.fullmatch(pattern, name) is not None


def test_aws_takes_every_name() -> None:
    nameless = re.compile("|".join(re.escape(one).replace(r"\*", ".*").replace(r"\?", ".") for one in NAMELESS))
    names, met = set(), set()
    for shape in shapes():
        for one in shape.resources:
            kind = kind_of(one)
            if not one.type.startswith("aws:") or kind not in MODELLED | WRITTEN:
                assert not one.type.startswith("aws:") or nameless.fullmatch(kind), (
                    f"of which kind is the name of {kind}?"
                )
                continue
            met.add(kind)
            names.add((kind, name_of(one)))
    assert len(names) > 130
    assert not [(kind, name) for kind, name in names if not is_allowed(kind, name)]
    assert met == MODELLED.keys() | WRITTEN.keys()
    assert sum(LONGEST_STACK in name for _, name in names) >= 6


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("opensearch/domain", "plumbline-of-the-library-1234567"),
        ("lb/loadBalancer", "plumbline-of-the-whole-library-12"),
        ("lb/targetGroup", "plumbline-"),
        ("kinesis/firehoseDeliveryStream", "x" * 65),
        ("s3/bucket", "Plumbline-library"),
        ("ecs/taskDefinition", "plumbline-v1.2"),
        ("cloudwatch/eventRule", "plumbline/documents"),
        ("iam/role", "x" * 65),
        ("sqs/queue", "x" * 81),
    ],
)
def test_a_name_that_aws_refuses_is_found(kind: str, name: str) -> None:
    assert not is_allowed(kind, name)


@pytest.mark.parametrize("stack", ["v1.2", "x" * 41, "-live", "Größe"])
def test_a_stacks_name_that_does_not_fit_is_refused_before_anything_is_made(stack: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read({"size": "huge"}, stack=stack)
    assert any(stack in said and "up to 40 letters" in said for said in refused.value.problems)
    assert any("plumbline:size" in said for said in refused.value.problems)  # all at once
    assert len(LONGEST_STACK) == 40
    Settings.read(MODELS, stack=LONGEST_STACK)
