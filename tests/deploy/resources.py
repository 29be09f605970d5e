"""Runs a Pulumi program under mocks and keeps what it would make."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, set_mocks

ACCOUNT = "123456789012"
REGION = "eu-central-1"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/plumbline/50dc6c495c0c9188"
INVOKES: dict[str, dict[str, Any]] = {
    "aws:index/getRegion:getRegion": {"region": REGION, "id": REGION, "name": REGION},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT, "id": ACCOUNT},
    "aws:index/getPartition:getPartition": {"partition": "aws", "id": "aws"},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "names": [f"{REGION}{zone}" for zone in "abc"],
        "zoneIds": [f"euc1-az{number}" for number in (2, 3, 1)],
    },
    "aws:iam/getRoles:getRoles": {"arns": [], "names": [], "id": "1"},
    "aws:ssm/getParameter:getParameter": {"value": "ami-0123456789abcdef0", "name": "image"},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-1", "name": "cloudfront"},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"id": "1", "userName": "AWS", "password": "a token"},
    "aws:ec2/getSubnet:getSubnet": {"arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-1", "id": "subnet-1"},
}
"""What the account answers."""

SPECIAL: dict[str, dict[str, Any]] = {
    "aws:lambda/invocation:Invocation": {"result": json.dumps({"models": ["vectors"]})},
    "aws:lb/loadBalancer:LoadBalancer": {
        "dnsName": "internal.elb.amazonaws.com",
        "zoneId": "Z1",
        "arnSuffix": "app/1",
        "arn": BALANCER,
    },
    "aws:lb/targetGroup:TargetGroup": {"arnSuffix": "targetgroup/1"},
    "aws:cloudfront/distribution:Distribution": {"domainName": "d1.cloudfront.net", "hostedZoneId": "Z2"},
    "aws:cognito/userPool:UserPool": {"endpoint": f"cognito-idp.{REGION}.amazonaws.com/{REGION}_pool"},
    "aws:acm/certificate:Certificate": {
        "domainValidationOptions": [
            {"resourceRecordName": "_1", "resourceRecordType": "CNAME", "resourceRecordValue": "_2"}
        ]
    },
    "aws:route53/record:Record": {"fqdn": "_1.example.org"},
    "aws:ecr/repository:Repository": {
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/page",
        "registryId": ACCOUNT,
    },
    "docker-build:index:Image": {"ref": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/page@sha256:{'1' * 64}"},
}
"""What some resources give besides."""


ARNS = {
    "s3/bucket": "s3:::{name}",
    "cloudfront/distribution": "cloudfront::{account}:distribution/{name}",
    "cloudwatch/eventRule": "events:{region}:{account}:rule/{name}",
    "cloudwatch/logGroup": "logs:{region}:{account}:log-group:{name}",
    "cognito/userPool": "cognito-idp:{region}:{account}:userpool/{name}",
    "datasync/task": "datasync:{region}:{account}:task/{name}",
    "dynamodb/table": "dynamodb:{region}:{account}:table/{name}",
    "ecr/repository": "ecr:{region}:{account}:repository/{name}",
    "ecs/taskDefinition": "ecs:{region}:{account}:task-definition/{name}:1",
    "efs/fileSystem": "elasticfilesystem:{region}:{account}:file-system/fs-0123456789abcdef0",
    "glue/job": "glue:{region}:{account}:job/{name}",
    "iam/role": "iam::{account}:role/{name}",
    "kinesis/firehoseDeliveryStream": "firehose:{region}:{account}:deliverystream/{name}",
    "lambda/function": "lambda:{region}:{account}:function:{name}",
    "lambda/layerVersion": "lambda:{region}:{account}:layer:{name}:1",
    "opensearch/domain": "es:{region}:{account}:domain/{name}",
    "sns/topic": "sns:{region}:{account}:{name}",
    "sqs/queue": "sqs:{region}:{account}:{name}",
}
"""Forms of the ARNs that policies name (Service Authorization Reference), without arn:aws:."""


def outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A resource's outputs, about as AWS would give them."""
    module, _, last = kind.removeprefix("aws:").rpartition(":")
    named = inputs.get("name") or inputs.get("bucket") or f"{name}-1234567"
    form = ARNS.get(module, f"{module.partition('/')[0]}:{{region}}:{{account}}:{last}/{{name}}")
    given = {
        "arn": "arn:aws:" + form.format(region=REGION, account=ACCOUNT, name=named),
        "name": named,
        "bucket": named,
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{named}",
        "endpoint": f"vpc-{named}.{REGION}.es.amazonaws.com",
        "domainName": named,
        **SPECIAL.get(kind, {}),
    }
    return {**given, **inputs}


@dataclass
class Resource:
    """One that the program would make: its type, name and inputs."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass
class Made(mocks.Mocks):
    """The resources, with outputs as AWS would give them, or in a preview unknown; and what the account was asked."""

    resources: list[Resource] = field(default_factory=list)
    calls: list[mocks.MockCallArgs] = field(default_factory=list)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.resources.append(Resource(args.typ, args.name, args.inputs))
        return f"{args.name}-id", outputs(args.typ, args.name, args.inputs)

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.calls.append(args)
        return INVOKES[args.token]

    def of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The inputs of a type's resources by name, such as 's3/bucket:Bucket'."""
        return {one.name: one.inputs for one in self.resources if one.type == f"aws:{kind}"}

    def kinds(self) -> list[str]:
        return [one.type for one in self.resources]


def made(program: Callable[[], object], preview: bool = False, stack: str = "dev") -> Made:
    """What the program would make. In a preview what AWS gives is unknown."""
    found = Made()
    run_program(program, found, preview, stack)
    return found


def run_program(program: Callable[[], object], under: mocks.Mocks, preview: bool = False, stack: str = "dev") -> None:
    """Run it to the end of all that it began, under these mocks."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    set_mocks(under, project="plumbline", stack=stack, preview=preview)

    def run() -> None:
        program()

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]


def statements(policy: str) -> list[dict[str, Any]]:
    """A policy's statements."""
    parsed: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return parsed
