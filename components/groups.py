"""Rules of security groups: who may call whom."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

HTTPS = 443


def leave(name: str, security_group_id: pulumi.Input[str], parent: pulumi.Resource) -> None:
    """Let a group call services of AWS and the domain: HTTPS, to anywhere."""
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-https",
        security_group_id=security_group_id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description="Services of AWS",
        opts=pulumi.ResourceOptions(parent=parent),
    )


def let_in(
    name: str, caller: pulumi.Input[str], called: pulumi.Input[str], port: int, said: str, parent: pulumi.Resource
) -> None:
    """Let the group `called` be called at a port by the group `caller`."""
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=called,
        referenced_security_group_id=caller,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description=said,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def connect(
    name: str, caller: pulumi.Input[str], called: pulumi.Input[str], port: int, said: str, parent: pulumi.Resource
) -> None:
    """The same, where the caller may not call everything anyway: it is let out, too."""
    let_in(name, caller, called, port, said, parent)
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=caller,
        referenced_security_group_id=called,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description=said,
        opts=pulumi.ResourceOptions(parent=parent),
    )
