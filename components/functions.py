"""Lambda functions of the runtime: one shared layer, and each function with its own role and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import package
from components.buckets import PrivateBucket, PrivateBucketArgs
from components.groups import allow_https_out
from components.policies import Statement, allow, policy, trust
from runtime.names import ACCESS_LOG_PREFIX

LOG_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeArgs:
    """The architecture and the Python version that the functions run on; `log_bucket`, if there is one, gets the access
    log of the bucket that has the layer, and `protect` keeps that bucket on destroy."""

    architecture: package.Architecture = "arm64"  # the cheaper of Lambda's two, by a fifth
    python: str = package.PYTHON
    log_bucket: pulumi.Input[str] | None = None
    protect: bool = False


class Code(pulumi.ComponentResource):
    """The layer of dependencies and the sources, as built by `components.package`."""

    layer_arn: pulumi.Output[str]
    sources: pulumi.FileArchive
    architecture: str
    runtime: str

    def __init__(self, name: str, args: CodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:functions:Code", name, None, opts)
        self.architecture = args.architecture
        self.runtime = f"python{args.python}"
        child = pulumi.ResourceOptions(parent=self)
        bucket = PrivateBucket(f"{name}-code", PrivateBucketArgs(protect=args.protect), child)
        if args.log_bucket is not None:
            aws.s3.BucketLogging(
                f"{name}-code",
                bucket=bucket.name,
                target_bucket=args.log_bucket,
                target_prefix=ACCESS_LOG_PREFIX,
                opts=child,
            )
        zipped = package.layer(package.PACKAGES, args.architecture, args.python)
        stored = aws.s3.BucketObjectv2(
            f"{name}-code-layer",
            bucket=bucket.name,
            key=zipped.name,  # with the content's hash, so that changed content makes a new version of the layer
            source=pulumi.FileAsset(str(zipped)),
            opts=child,
        )
        # By way of S3, since PublishLayerVersion takes zips of 50 MB at most (API_AccountLimit, CodeSizeZipped).
        layer = aws.lambda_.LayerVersion(
            name,
            layer_name=name,
            s3_bucket=bucket.name,
            s3_key=stored.key,
            compatible_architectures=[self.architecture],
            compatible_runtimes=[self.runtime],
            opts=child,
        )
        self.layer_arn = layer.arn
        self.sources = pulumi.FileArchive(str(package.function(package.PACKAGES)))
        self.register_outputs({"layer_arn": self.layer_arn})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionArgs:
    """One handler from `runtime.handlers`: its environment, its role's permissions, and its limits."""

    code: Code
    handler: str
    environment: dict[str, pulumi.Input[str]]
    statements: Sequence[Statement]
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    seconds: int
    memory_mib: int = 512
    disk_mib: int = 512


class Function(pulumi.ComponentResource):
    """The function in the private subnets, traced, with a log kept for three months and a security group that may call
    AWS's services."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:functions:Function", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log = aws.cloudwatch.LogGroup(name, retention_in_days=LOG_DAYS, opts=child)
        role = aws.iam.Role(name, assume_role_policy=trust("lambda.amazonaws.com"), opts=child)
        # Traces and a function's network interfaces belong to no resource that a policy could name.
        interfaces = allow(
            [
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
            ],
            ["*"],
        )
        connects = aws.iam.RolePolicy(f"{name}-network", role=role.id, policy=policy(interfaces), opts=child)
        # 'If you delete the execution role before Lambda deletes the Hyperplane ENI, Lambda won't be able to delete' it
        # (Lambda guide, configuration-vpc): the group, whose removal waits for that, is removed before the role.
        group = aws.ec2.SecurityGroup(
            name,
            description=f"The function {args.handler}",
            vpc_id=args.vpc_id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[connects]),
        )
        calls = allow_https_out(name, group.id, self)
        own = [
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(log.arn, ":*")]),
            allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
        ]
        grant = aws.iam.RolePolicy(name, role=role.id, policy=policy(*own, *args.statements), opts=child)
        self.function = aws.lambda_.Function(
            name,
            runtime=args.code.runtime,
            architectures=[args.code.architecture],
            handler=f"runtime.handlers.{args.handler}",
            role=role.arn,
            code=args.code.sources,
            layers=[args.code.layer_arn],
            timeout=args.seconds,
            memory_size=args.memory_mib,
            ephemeral_storage={"size": args.disk_mib},
            environment={"variables": args.environment},
            logging_config={"log_format": "JSON", "log_group": log.name},
            tracing_config={"mode": "Active"},
            vpc_config={"subnet_ids": list(args.subnet_ids), "security_group_ids": [group.id]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant, calls]),
        )
        self.name = self.function.name
        self.arn = self.function.arn
        self.role_arn = role.arn
        self.security_group_id = group.id
        self.register_outputs({"name": self.name, "arn": self.arn})
