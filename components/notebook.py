"""A SageMaker notebook instance in the VPC, for asking a stack without the chat page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import package
from components.buckets import PrivateBucket, PrivateBucketArgs
from components.groups import allow_https_out
from components.library import Library
from components.monitoring import Monitoring
from components.policies import allow, policy, trust
from runtime.names import ACCESS_LOG_PREFIX

INSTANCE = "ml.t3.medium"
PLATFORM = "notebook-al2023-v1"
VOLUME_GIB = 20

START_SCRIPT = """#!/bin/bash
set -euo pipefail
# Plumbline is reinstalled at each start; existing notebooks stay as they are.
cat > /tmp/plumbline.sh <<'SCRIPT'
set -euo pipefail
cd /home/ec2-user/SageMaker
aws s3 cp "s3://{bucket}/{key}" /tmp/plumbline.zip
rm -rf .plumbline
python3 -m zipfile -e /tmp/plumbline.zip .plumbline
mkdir -p plumbline
cp -n .plumbline/notebooks/*.ipynb plumbline/
python3.12 -m venv .plumbline/environment
.plumbline/environment/bin/python -m pip install --quiet --no-deps --require-hashes -r .plumbline/requirements.txt
echo "$PWD/.plumbline" > "$(echo .plumbline/environment/lib/python3*/site-packages)/plumbline.pth"
.plumbline/environment/bin/python -m ipykernel install --user --name plumbline --display-name Plumbline {variables}
SCRIPT
# The start may take at most five minutes, and the packages may take longer.
nohup sh -c 'dnf install -y python3.12 && sudo -u ec2-user -i bash /tmp/plumbline.sh' > /var/log/plumbline.log 2>&1 &
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookArgs:
    """Its place in the network, the library it asks, what its analyses read and write, and the access log bucket."""

    vpc_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    library: Library
    monitoring: Monitoring
    logs: PrivateBucket
    protect: bool


class Notebook(pulumi.ComponentResource):
    """The instance with Plumbline's notebooks, and a kernel with its code and the stack's environment."""

    instance_name: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: NotebookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:retrieval:Notebook", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        code = PrivateBucket(f"{name}-notebook", PrivateBucketArgs(protect=args.protect), child)
        aws.s3.BucketLogging(
            f"{name}-notebook",
            bucket=code.name,
            target_bucket=args.logs.name,
            target_prefix=ACCESS_LOG_PREFIX,
            opts=child,
        )
        archive = package.notebook(package.PACKAGES)
        sources = aws.s3.BucketObjectv2(
            f"{name}-notebook",
            bucket=code.name,
            key=archive.name,  # it is named for what is in it
            source=pulumi.FileAsset(str(archive)),
            opts=child,
        )
        group = aws.ec2.SecurityGroup(
            f"{name}-notebook", description="The notebook instance", vpc_id=args.vpc_id, opts=child
        )
        allow_https_out(f"{name}-notebook", group.id, self)
        args.library.retrieval.allow_in(f"{name}-notebook", group.id)
        role = aws.iam.Role(f"{name}-notebook", assume_role_policy=trust("sagemaker.amazonaws.com"), opts=child)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        partition = aws.get_partition_output(opts=pulumi.InvokeOutputOptions(parent=self)).partition
        log = pulumi.Output.concat(
            "arn:", partition, ":logs:", region, ":", account, ":log-group:/aws/sagemaker/NotebookInstances"
        )
        grant = aws.iam.RolePolicy(
            f"{name}-notebook",
            role=role.id,
            policy=policy(
                *args.library.statements(),
                *args.monitoring.statements(),
                allow(["s3:GetObject"], [pulumi.Output.concat(code.arn, "/*")]),
                allow(
                    ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                    [log, pulumi.Output.concat(log, ":*")],
                ),
            ),
            opts=child,
        )
        environment = {"AWS_REGION": region, **args.library.environment(), **args.monitoring.environment()}
        variables = pulumi.Output.all(**environment).apply(
            lambda known: " ".join(f"--env {key} '{value}'" for key, value in sorted(known.items()))
        )
        start = pulumi.Output.all(bucket=code.name, key=sources.key, variables=variables).apply(_start)
        lifecycle = aws.sagemaker.NotebookInstanceLifecycleConfiguration(name, on_start=start, opts=child)
        instance = aws.sagemaker.NotebookInstance(
            name,
            role_arn=role.arn,
            instance_type=INSTANCE,
            platform_identifier=PLATFORM,
            volume_size=VOLUME_GIB,
            subnet_id=args.subnet_id,
            security_groups=[group.id],
            direct_internet_access="Disabled",
            root_access="Disabled",
            instance_metadata_service_configuration={"minimum_instance_metadata_service_version": "2"},
            lifecycle_config_name=lifecycle.name,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant]),
        )
        self.instance_name = instance.name
        self.role_arn = role.arn
        self.register_outputs({"instance_name": self.instance_name})


def _start(known: dict[str, str]) -> str:
    return base64.b64encode(START_SCRIPT.format(**known).encode()).decode()
