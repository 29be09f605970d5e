"""IAM policies, as the components write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = dict[str, Any]


def allow(
    actions: Sequence[str], resources: Sequence[pulumi.Input[str]], condition: Mapping[str, Any] | None = None
) -> Statement:
    """A statement for a role's policy."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def policy(*statements: Statement, identity: str = "") -> pulumi.Output[str]:
    """A policy as JSON, once everything that its statements name is known."""
    named = {"Id": identity} if identity else {}
    return pulumi.Output.json_dumps({"Version": "2012-10-17", **named, "Statement": list(statements)})


def trust(service: str, condition: Mapping[str, Any] | None = None) -> pulumi.Output[str]:
    """The policy that lets an AWS service assume a role. A condition on the source account is set where the service's
    own guide has one (ECS task-iam-roles, DataSync cross-service-confused-deputy-prevention; Firehose's external id):
    a service that sends none could not assume the role at all. The others get roles by iam:PassRole, which does not
    cross accounts (IAM guide, id_roles_use_passrole)."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return policy({**statement, "Condition": condition} if condition else statement)


def from_account(account: pulumi.Input[str]) -> dict[str, Any]:
    """The condition that a service acts for a resource of this account."""
    return {"StringEquals": {"aws:SourceAccount": account}}


def put_metrics(namespace: str) -> Statement:
    """To publish our metrics. CloudWatch has no resources for metrics, so the namespace is what limits it."""
    return allow(["cloudwatch:PutMetricData"], ["*"], {"StringEquals": {"cloudwatch:namespace": namespace}})


def from_rules(queue_arn: pulumi.Input[str], rule_arns: pulumi.Input[str]) -> Statement:
    """Let EventBridge send the events of these rules to a queue, or those that it could not deliver elsewhere."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": rule_arns}},
    }


def only_tls(actions: str, *resources: pulumi.Input[str]) -> Statement:
    """Deny unencrypted requests."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
