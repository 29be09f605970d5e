"""Security group rules: who may call whom."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

HTTPS = 443


def allow_https_out(
    name: str, security_group_id: pulumi.Input[str], parent: pulumi.Resource
) -> aws.vpc.SecurityGroupEgressRule:
    """Let a group call AWS services and the domain: HTTPS to anywhere."""
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-https",
        security_group_id=security_group_id,
        cidr_ipv4="0.0.0.0/0",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description="Services of AWS",
        opts=pulumi.ResourceOptions(parent=parent),
    )


def allow_in(
    name: str,
    caller: pulumi.Input[str],
    called: pulumi.Input[str],
    port: int,
    description: str,
    parent: pulumi.Resource,
) -> aws.vpc.SecurityGroupIngressRule:
    """Let the group `caller` call the group `called` on a port."""
    return aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=called,
        referenced_security_group_id=caller,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description=description,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def connect(
    name: str,
    caller: pulumi.Input[str],
    called: pulumi.Input[str],
    port: int,
    description: str,
    parent: pulumi.Resource,
) -> None:
    """The same for a caller without HTTPS to anywhere: it also gets the egress rule."""
    allow_in(name, caller, called, port, description, parent)
    aws.vpc.SecurityGroupEgressRule(
        name,
        security_group_id=caller,
        referenced_security_group_id=called,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description=description,
        opts=pulumi.ResourceOptions(parent=parent),
    )
