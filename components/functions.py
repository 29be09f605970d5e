"""Lambda functions of the runtime: one shared layer, and each function with its own role and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import package
from components.policies import Statement, allow, policy, trust

LOG_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeArgs:
    """The architecture and the Python version that the functions run on."""

    architecture: package.Architecture = "arm64"  # the cheaper of Lambda's two, by a fifth
    python: str = package.PYTHON


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
        layer = aws.lambda_.LayerVersion(
            name,
            layer_name=name,
            code=pulumi.FileArchive(str(package.layer(package.PACKAGES, args.architecture, args.python))),
            compatible_architectures=[self.architecture],
            compatible_runtimes=[self.runtime],
            opts=pulumi.ResourceOptions(parent=self),
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
    subnet_ids: Sequence[pulumi.Input[str]]
    seconds: int
    memory_mib: int = 512
    disk_mib: int = 512
    security_group_ids: Sequence[pulumi.Input[str]] = field(default_factory=list)


class Function(pulumi.ComponentResource):
    """The function in the private subnets, traced, with a log kept for three months."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:functions:Function", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log = aws.cloudwatch.LogGroup(name, retention_in_days=LOG_DAYS, opts=child)
        role = aws.iam.Role(name, assume_role_policy=trust("lambda.amazonaws.com"), opts=child)
        own = [
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(log.arn, ":*")]),
            # Traces and a function's network interfaces belong to no resource that a policy could name.
            allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
            allow(
                [
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:DeleteNetworkInterface",
                ],
                ["*"],
            ),
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
            vpc_config={"subnet_ids": list(args.subnet_ids), "security_group_ids": list(args.security_group_ids)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant]),
        )
        self.name = self.function.name
        self.arn = self.function.arn
        self.role_arn = role.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
