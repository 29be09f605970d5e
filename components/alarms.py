"""CloudWatch alarms, by mail to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmArgs:
    """What a metric must be `above` or `below`, and `times` in a row, for the alarm's mail to `topic_arn`; `missing` is
    what no data mean."""

    topic_arn: pulumi.Input[str]
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    above: float | None = None
    below: float | None = None
    statistic: str = "Maximum"
    seconds: int = 5 * MINUTE
    times: int = 1
    missing: str = "notBreaching"


def alarm(name: str, args: AlarmArgs, parent: pulumi.Resource) -> None:
    """An alarm that sends mail when it begins and when it ends."""
    aws.cloudwatch.MetricAlarm(
        name,
        alarm_description=args.description,
        namespace=args.namespace,
        metric_name=args.metric,
        dimensions=dict(args.dimensions),
        statistic=args.statistic,
        period=args.seconds,
        evaluation_periods=args.times,
        comparison_operator="GreaterThanThreshold" if args.above is not None else "LessThanThreshold",
        threshold=args.above if args.above is not None else args.below,
        treat_missing_data=args.missing,
        alarm_actions=[args.topic_arn],
        ok_actions=[args.topic_arn],
        opts=pulumi.ResourceOptions(parent=parent),
    )
