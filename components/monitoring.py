"""The monitoring tier: the analyses' tables, a dashboard, and alarms by mail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.policies import policy
from components.tables import table
from runtime.names import METRIC_NAMESPACE

DASHBOARD = "RAG_Scores"
MINUTE = 60
HOUR = 3600

LOW_SIMILARITY = 0.3
"""The mean of a day's questions below which they no longer fit the library: the threshold at which one is refused."""

FREE_SHARE = 0.2
"""Of the domain's volume, below which it is called full; OpenSearch itself stops writing at 5%."""

OLD_SECONDS = 6 * HOUR
"""How old the oldest waiting document may be."""

RUNS = {"jobtype": "S", "jobdate": "N"}
CENTROIDS = {"jobtypedate": "S", "centroid": "N"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringArgs:
    """What is watched. `domain` is '' for one that belongs to somebody else, `email` '' for alarms without mail."""

    queue: pulumi.Input[str]
    dead_letters: pulumi.Input[str]
    functions: Sequence[pulumi.Input[str]]
    domain: pulumi.Input[str]
    watch_domain: bool
    volume_gib: int
    email: str
    protect: bool


class Monitoring(pulumi.ComponentResource):
    """Tables by the names of the stack's outputs, and the dashboard's address."""

    tables: dict[str, aws.dynamodb.Table]
    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:monitoring:Monitoring", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        self.tables = {
            output: table(f"{name}-{kind}", keys, self, protect=args.protect)
            for output, kind, keys in (
                ("DriftTableReference", "drift-reference", RUNS),
                ("DriftTablePromptsName", "drift-prompts", RUNS),
                ("CentroidTableReference", "centroid-reference", CENTROIDS),
                ("CentroidTablePrompts", "centroid-prompts", CENTROIDS),
                ("DistanceTable", "distance", RUNS),
            )
        }
        self.topic = self._topic(args.email)
        self._alarms(args)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=DASHBOARD,
            dashboard_body=pulumi.Output.all(self._region, args.queue, args.dead_letters, args.functions).apply(
                lambda known: json.dumps(_widgets(*known))
            ),
            opts=self._child,
        )
        self.dashboard_url = pulumi.Output.concat(
            "https://",
            self._region,
            ".console.aws.amazon.com/cloudwatch/home?region=",
            self._region,
            "#dashboards/dashboard/",
            dashboard.dashboard_name,
        )
        self.register_outputs({"dashboard_url": self.dashboard_url})

    def _topic(self, email: str) -> aws.sns.Topic:
        """Where alarms go; CloudWatch of this account alone may send there."""
        topic = aws.sns.Topic(self._name, opts=self._child)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        aws.sns.TopicPolicy(
            self._name,
            arn=topic.arn,
            policy=policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic.arn,
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ),
            opts=self._child,
        )
        if email:
            aws.sns.TopicSubscription(self._name, topic=topic.arn, protocol="email", endpoint=email, opts=self._child)
        return topic

    def _alarms(self, args: MonitoringArgs) -> None:
        self._alarm(
            "dead-letters",
            "Documents have failed: `python -m runtime documents --stack NAME` says which and why",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": args.dead_letters},
            above=0,
        )
        self._alarm(
            "old-documents",
            "A document has been waiting for hours",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            {"QueueName": args.queue},
            above=OLD_SECONDS,
        )
        for number, function in enumerate(args.functions):
            self._alarm(
                f"errors-{number}",
                "A function of the ingestion fails",
                "AWS/Lambda",
                "Errors",
                {"FunctionName": function},
                above=0,
                statistic="Sum",
            )
        self._alarm(
            "similarity",
            "The questions of a day have little to do with the documents",
            METRIC_NAMESPACE,
            "similarity",
            {},
            below=LOW_SIMILARITY,
            statistic="Average",
            seconds=24 * HOUR,
        )
        if args.watch_domain:
            account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
            domain = {"DomainName": args.domain, "ClientId": account}
            red = "The OpenSearch domain has lost data of an index"
            self._alarm("domain-red", red, "AWS/ES", "ClusterStatus.red", domain, above=0)
            full = "The OpenSearch domain is nearly full"
            free_mb = FREE_SHARE * args.volume_gib * 1024
            self._alarm("domain-full", full, "AWS/ES", "FreeStorageSpace", domain, below=free_mb, statistic="Minimum")

    def _alarm(
        self,
        kind: str,
        said: str,
        namespace: str,
        metric: str,
        dimensions: dict[str, pulumi.Input[str]],
        *,
        above: float | None = None,
        below: float | None = None,
        statistic: str = "Maximum",
        seconds: int = 5 * MINUTE,
    ) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{kind}",
            alarm_description=said,
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic=statistic,
            period=seconds,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold" if above is not None else "LessThanThreshold",
            threshold=above if above is not None else below,
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic.arn],
            ok_actions=[self.topic.arn],
            opts=self._child,
        )


def _widgets(region: str, queue: str, dead_letters: str, functions: Sequence[str]) -> dict[str, Any]:
    """The dashboard: the answers above, the documents below."""
    rows: list[tuple[str, list[list[Any]]]] = [
        ("Similarity, average", [[METRIC_NAMESPACE, "similarity", {"stat": "Average"}]]),
        ("Questions' hits, count", [[METRIC_NAMESPACE, "similarity", {"stat": "SampleCount"}]]),
        ("Answers that the documents do not hold, share", [[METRIC_NAMESPACE, "no_answer", {"stat": "Average"}]]),
        (
            "Seconds to an answer",
            [[METRIC_NAMESPACE, "latency", {"stat": "p50"}], [METRIC_NAMESPACE, "latency", {"stat": "p95"}]],
        ),
        (
            "Documents waiting, and the oldest's age in seconds",
            [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, {"stat": "Maximum"}],
                ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, {"stat": "Maximum", "yAxis": "right"}],
            ],
        ),
        (
            "Documents that failed",
            [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead_letters, {"stat": "Maximum"}]],
        ),
        (
            "Errors of the ingestion",
            [["AWS/Lambda", "Errors", "FunctionName", function, {"stat": "Sum"}] for function in functions],
        ),
    ]
    return {
        "widgets": [
            {
                "type": "metric",
                "x": 12 * (number % 2),
                "y": 6 * (number // 2),
                "width": 12,
                "height": 6,
                "properties": {
                    "title": title,
                    "region": region,
                    "period": 300,
                    "view": "timeSeries",
                    "metrics": metrics,
                },
            }
            for number, (title, metrics) in enumerate(rows)
        ]
    }
