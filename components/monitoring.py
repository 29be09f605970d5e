"""The monitoring tier: the analyses' jobs and tables, a dashboard, and alarms by mail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import HOUR, MINUTE, AlarmArgs, alarm
from components.buckets import PrivateBucket
from components.jobs import Jobs, JobsArgs, Scheduled
from components.policies import Statement, allow, from_account, only_tls, policy, put_metrics
from components.tables import table
from runtime.names import (
    DISTANCE_JOB,
    DISTANCE_METRIC,
    DISTANCES_PREFIX,
    DRIFT_JOB,
    DRIFT_METRICS,
    EMBEDDING_ARCHIVE_PREFIX,
    HELD_METRIC,
    METRIC_NAMESPACE,
    OUTLIER_METRIC,
    OUTPUT_OF,
    PROMPT_ARCHIVE_PREFIX,
    REPORT_PREFIX,
    SERVICE,
    UNANSWERED_METRICS,
)

DASHBOARD = "RAG_Scores"
LOW_SIMILARITY = 0.3
"""The mean similarity of a day's questions below which they no longer fit the library."""

FREE_SHARE = 0.25
"""The share of a node's volume below which the domain counts as nearly full, as AWS advises; the service refuses writes
below a fifth of it, or below 20 GiB if that is less."""

MAX_WAIT_SECONDS = 6 * HOUR
"""How long a document may wait before an alarm."""

ALARM_AT = 2
"""Consecutive snapshots with drift that raise an alarm: a single one may be an outlier."""

SCHEDULE = {"documents": "0 3 * * ? *", "prompts": "20 3 * * ? *", "distance": "40 3 * * ? *"}
"""When each analysis runs, in UTC. If too little has come since the last run, nothing is stored."""

DAILY_METRICS = (*DRIFT_METRICS.values(), DISTANCE_METRIC, OUTLIER_METRIC)
"""The analyses' metrics: one figure a day."""

RUNS = {"jobtype": "S", "jobdate": "N"}
CENTROIDS = {"jobtypedate": "S", "centroid": "N"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringArgs:
    """What is monitored. `bucket` has the archives and takes the reports, `logs` the access logs, `workers` is the
    maximum for a Glue job; `undelivered` is the queue for events that no target took, and `rules`, `streams` and
    `tables` are names of such, by what they are for; `sync` is the ARN of the DataSync task, `domain` the name of a
    domain whose nodes have `volume_gib` each, None for somebody else's domain; `email` is '' for alarms without mail;
    `suffix` is added to the names of jobs, dashboard and metrics' namespace, which are the same in every stack;
    `budget` is what the account may cost in a month, in US dollars, 0 for no limit."""

    bucket: PrivateBucket
    logs: PrivateBucket
    workers: int
    queue: pulumi.Input[str]
    dead_letters: pulumi.Input[str]
    undelivered: aws.sqs.Queue
    rules: Mapping[str, pulumi.Input[str]]
    functions: Sequence[pulumi.Input[str]]
    streams: Mapping[str, pulumi.Input[str]]
    tables: Mapping[str, pulumi.Input[str]]
    sync: pulumi.Input[str]
    domain: pulumi.Input[str] | None
    volume_gib: int
    email: str
    protect: bool
    suffix: str = ""
    budget: int = 0


class Monitoring(pulumi.ComponentResource):
    """Tables by the names of the stack's outputs, the jobs, and the dashboard's address."""

    tables: dict[str, aws.dynamodb.Table]
    dashboard_url: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:monitoring:Monitoring", name, None, opts)
        self._name = name
        self._bucket = args.bucket
        self._args = args
        self._namespace = f"{METRIC_NAMESPACE}{args.suffix}"
        self._undelivered = args.undelivered
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
        self.jobs = Jobs(
            name,
            JobsArgs(
                arguments=self._arguments(),
                suffix=args.suffix,
                schedules={
                    "documents": Scheduled(job=DRIFT_JOB, cron=SCHEDULE["documents"], arguments={}),
                    "prompts": Scheduled(
                        job=DRIFT_JOB, cron=SCHEDULE["prompts"], arguments=self._drift_arguments("prompts")
                    ),
                    "distance": Scheduled(job=DISTANCE_JOB, cron=SCHEDULE["distance"], arguments={}),
                },
                statements=[
                    *self.statements(),
                    allow(["s3:ListBucket"], [args.bucket.arn]),
                    put_metrics(self._namespace),
                ],
                workers=args.workers,
                logs=args.logs,
                protect=args.protect,
            ),
            self._child,
        )
        self.topic = self._topic(args)
        self._alarms(args)
        if args.budget:
            self._budget(args)
        dashboard = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=f"{DASHBOARD}{args.suffix}",
            dashboard_body=pulumi.Output.all(self._region, args.queue, args.dead_letters, args.functions).apply(
                lambda known: json.dumps(_widgets(self._namespace, *known))
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

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The variables that tell an analyst's code which tables to use."""
        variables = {output: variable for variable, output in OUTPUT_OF.items()}
        return {variables[output]: made.name for output, made in self.tables.items()}

    def statements(self) -> list[Statement]:
        """To run the analyses: read the archives, and store results and reports. Listing the bucket is not included,
        since whatever asks the library may do that anyway."""
        arn = self._bucket.arn
        reports = pulumi.Output.concat(arn, f"/{REPORT_PREFIX}*")
        archives = (EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX)
        return [
            allow(["s3:GetObject"], [*(pulumi.Output.concat(arn, f"/{prefix}*") for prefix in archives), reports]),
            allow(["s3:PutObject"], [reports]),
            allow(
                ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"],
                [made.arn for made in self.tables.values()],
            ),
        ]

    def read_statements(self) -> list[Statement]:
        """To show the latest reports and the metrics; listing the bucket is not included, as above."""
        return [
            allow(["s3:GetObject"], [pulumi.Output.concat(self._bucket.arn, f"/{REPORT_PREFIX}*")]),
            allow(["cloudwatch:GetMetricData"], ["*"]),  # it supports neither resources nor conditions
        ]

    def start_statements(self) -> list[Statement]:
        """To start the analyses, and to see how they go; no other job."""
        return [allow(["glue:StartJobRun", "glue:GetJobRun"], self.jobs.arns)]

    def _arguments(self) -> dict[str, dict[str, pulumi.Input[str]]]:
        """Each job's default arguments, which a run can override."""
        return {
            DRIFT_JOB: {
                "--job_type": "SNAPSHOT",
                "--report_path": self._s3_uri(REPORT_PREFIX),
                "--metric_namespace": self._namespace,
                **self._drift_arguments("documents"),
            },
            DISTANCE_JOB: {
                "--job_type": "DISTANCE",
                "--data_path": self._s3_uri(EMBEDDING_ARCHIVE_PREFIX),
                "--prompt_path": self._s3_uri(PROMPT_ARCHIVE_PREFIX),
                "--out_table": self.tables["DistanceTable"].name,
                "--distance_path": self._s3_uri(DISTANCES_PREFIX),
                "--drift_table": self.tables["DriftTableReference"].name,
                "--centroid_table": self.tables["CentroidTableReference"].name,
                "--report_path": self._s3_uri(REPORT_PREFIX),
                "--metric_namespace": self._namespace,
            },
        }

    def _drift_arguments(self, kind: str) -> dict[str, pulumi.Input[str]]:
        """The drift job's arguments for passages or prompts."""
        prompts = kind == "prompts"
        return {
            "--of": kind,
            "--data_path": self._s3_uri(PROMPT_ARCHIVE_PREFIX if prompts else EMBEDDING_ARCHIVE_PREFIX),
            "--out_table": self.tables["DriftTablePromptsName" if prompts else "DriftTableReference"].name,
            "--centroid_table": self.tables["CentroidTablePrompts" if prompts else "CentroidTableReference"].name,
        }

    def _s3_uri(self, prefix: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("s3://", self._bucket.name, "/", prefix)

    def _topic(self, args: MonitoringArgs) -> aws.sns.Topic:
        """Where alarms and failed runs go; only CloudWatch and EventBridge may publish to it."""
        topic = aws.sns.Topic(self._name, opts=self._child)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        granted = aws.sns.TopicPolicy(
            self._name,
            arn=topic.arn,
            policy=policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic.arn,
                    "Condition": from_account(account),
                },
                # No condition: EventBridge's guide (eb-use-resource-based) says 'You can't use of Condition blocks in
                # Amazon SNS topic policies for EventBridge'; with one, it would publish nothing.
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic.arn,
                },
                only_tls("sns:Publish", topic.arn),  # as in the SNS guide, sns-security-best-practices
            ),
            opts=self._child,
        )
        sent = pulumi.ResourceOptions(parent=self, depends_on=[granted])
        self._rules = {
            **args.rules,
            "analyses": self._rule("analyses", "An analysis has failed", _failed_jobs(self.jobs.names), topic, sent),
            "sync": self._rule("sync", "Files were not copied to the bucket", _failed_copies(args.sync), topic, sent),
        }
        if args.email:
            aws.sns.TopicSubscription(
                self._name, topic=topic.arn, protocol="email", endpoint=args.email, opts=self._child
            )
        return topic

    def _rule(
        self,
        kind: str,
        description: str,
        pattern: dict[str, Any],
        topic: aws.sns.Topic,
        sent: pulumi.ResourceOptions,
    ) -> pulumi.Output[str]:
        """Send these events to the topic; return the rule's name."""
        name = f"{self._name}-{kind}"
        rule = aws.cloudwatch.EventRule(
            name, description=description, event_pattern=pulumi.Output.json_dumps(pattern), opts=self._child
        )
        aws.cloudwatch.EventTarget(
            name, rule=rule.name, arn=topic.arn, dead_letter_config={"arn": self._undelivered.arn}, opts=sent
        )
        return rule.name

    def _alarms(self, args: MonitoringArgs) -> None:
        self._alarm(
            "dead-letters",
            "Documents have failed: `python -m runtime documents --stack NAME` shows which and why",
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
            above=MAX_WAIT_SECONDS,
        )
        self._alarm(
            "removals-held",
            "The files of many documents are gone at once. The documents stay until the files are back, or "
            "`python -m runtime delete --missing --stack NAME` removes them",
            self._namespace,
            HELD_METRIC,
            {"service": SERVICE},
            above=0,
            seconds=2 * HOUR,  # it is sent every hour while there are any, and not otherwise
        )
        for kind, rule in self._rules.items():
            # A rule whose target refuses it fails in silence: this metric is all that tells.
            self._alarm(
                f"rule-{kind}",
                f"EventBridge could not deliver an event of the rule {kind!r}: check the target's policy",
                "AWS/Events",
                "FailedInvocations",
                {"RuleName": rule},
                above=0,
                statistic="Sum",
            )
        self._alarm(
            "undelivered",
            "EventBridge gave up on an event; it is in the queue of undelivered events, with the reason",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            {"QueueName": args.undelivered.name},
            above=0,
        )
        for number, function in enumerate(args.functions):
            self._alarm(
                f"errors-{number}",
                "An ingestion function is failing",
                "AWS/Lambda",
                "Errors",
                {"FunctionName": function},
                above=0,
                statistic="Sum",
            )
            self._alarm(
                f"throttled-{number}",
                "An ingestion function may not start: the account's concurrent executions are used up",
                "AWS/Lambda",
                "Throttles",
                {"FunctionName": function},
                above=0,
                statistic="Sum",
                times=3,
            )
        for kind, stream in args.streams.items():
            # What a stream refuses is sent again, and at last fails the document, which has an alarm of its own.
            self._alarm(
                f"archive-{kind}",
                f"The archive of {kind} is not written: see the stream's log",
                "AWS/Firehose",
                "DeliveryToS3.Success",
                {"DeliveryStreamName": stream},
                below=1,
                statistic="Average",
            )
        for kind, name in args.tables.items():
            for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
                self._alarm(
                    f"{kind}-{metric.partition('Throttle')[0].lower()}-throttled",
                    f"DynamoDB holds back the table of {kind}",
                    "AWS/DynamoDB",
                    metric,
                    {"TableName": name},
                    above=0,
                    statistic="Sum",
                    times=3,
                )
        self._alarm(
            "similarity",
            "The day's questions have little to do with the documents",
            self._namespace,
            "similarity",
            {},
            below=LOW_SIMILARITY,
            statistic="Average",
            seconds=24 * HOUR,
        )
        for kind, metric in DRIFT_METRICS.items():
            description = (
                f"The {kind} have drifted, in {ALARM_AT} snapshots in a row: the report is in the bucket's reports/"
            )
            # The alarm keeps its state until another snapshot says otherwise.
            self._alarm(
                f"drift-{kind}",
                description,
                self._namespace,
                metric,
                {},
                above=ALARM_AT - 1,
                missing="ignore",
                seconds=HOUR,
            )
        if args.domain is not None:
            account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
            domain = {"DomainName": args.domain, "ClientId": account}
            free_mb = FREE_SHARE * args.volume_gib * 1024  # the minimum is that of the node with the least space
            # Thresholds and times are those that the OpenSearch guide recommends (cloudwatch-alarms).
            for kind, description, metric, limits in (
                ("red", "has lost data of an index", "ClusterStatus.red", {"above": 0}),
                ("full", "is nearly full", "FreeStorageSpace", {"below": free_mb, "statistic": "Minimum"}),
                ("blocked", "takes no writes", "ClusterIndexWritesBlocked", {"above": 0}),
                ("memory", "runs short of memory", "JVMMemoryPressure", {"above": 94.9, "seconds": MINUTE, "times": 3}),
                ("busy", "is at its limit", "CPUUtilization", {"above": 80, "seconds": 15 * MINUTE, "times": 3}),
            ):
                self._alarm(
                    f"domain-{kind}", f"The OpenSearch domain {description}", "AWS/ES", metric, domain, **limits
                )

    def _budget(self, args: MonitoringArgs) -> None:
        """Mail when the account's month has cost four fifths of the budget, and when it is expected to exceed it."""
        aws.budgets.Budget(
            self._name,
            budget_type="COST",
            limit_amount=str(args.budget),
            limit_unit="USD",
            time_unit="MONTHLY",
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "notification_type": kind,
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": [args.email],
                }
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
            opts=self._child,
        )

    def _alarm(
        self, kind: str, description: str, namespace: str, metric: str, dimensions: Mapping[str, Any], **limits: Any
    ) -> None:
        args = AlarmArgs(
            topic_arn=self.topic.arn,
            description=description,
            namespace=namespace,
            metric=metric,
            dimensions=dimensions,
            **limits,
        )
        alarm(f"{self._name}-{kind}", args, self)


def _failed_jobs(names: Sequence[pulumi.Input[str]]) -> dict[str, Any]:
    detail = {"jobName": list(names), "state": ["FAILED", "TIMEOUT", "ERROR"]}
    return {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": detail}


def _failed_copies(task: pulumi.Input[str]) -> dict[str, Any]:
    """An event names the execution, whose ARN begins with its task's."""
    return {
        "source": ["aws.datasync"],
        "detail-type": ["DataSync Task Execution State Change"],
        "resources": [{"prefix": pulumi.Output.concat(task, "/")}],
        "detail": {"State": ["ERROR"]},
    }


def _widgets(namespace: str, region: str, queue: str, dead_letters: str, functions: Sequence[str]) -> dict[str, Any]:
    """The dashboard of a week: answers at the top, documents below, then the analyses, which run once a day."""
    rows: list[tuple[str, list[list[Any]]]] = [
        ("Similarity, average", [[namespace, "similarity", {"stat": "Average"}]]),
        ("Passages found, count", [[namespace, "similarity", {"stat": "SampleCount"}]]),
        ("Questions that the documents do not answer, share", [[namespace, "no_answer", {"stat": "Average"}]]),
        ("Answers with a claim that no source supports, share", [[namespace, "unproven", {"stat": "Average"}]]),
        (
            "Questions without an answer, by what the model did instead",
            [[namespace, name, {"stat": "Sum"}] for name in UNANSWERED_METRICS.values()],
        ),
        (
            "Seconds to an answer",
            [[namespace, "latency", {"stat": "p50"}], [namespace, "latency", {"stat": "p95"}]],
        ),
        (
            "Documents waiting, and the age of the oldest in seconds",
            [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, {"stat": "Maximum"}],
                ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, {"stat": "Maximum", "yAxis": "right"}],
            ],
        ),
        (
            "Failed documents",
            [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead_letters, {"stat": "Maximum"}]],
        ),
        (
            "Ingestion errors",
            [["AWS/Lambda", "Errors", "FunctionName", function, {"stat": "Sum"}] for function in functions],
        ),
        (
            f"Consecutive snapshots with drift; {ALARM_AT} raise an alarm",
            [[namespace, metric, {"stat": "Maximum"}] for metric in DRIFT_METRICS.values()],
        ),
        (
            "Median distance of questions from the documents, and share of outliers",
            [
                [namespace, DISTANCE_METRIC, {"stat": "Average"}],
                [namespace, OUTLIER_METRIC, {"stat": "Average", "yAxis": "right"}],
            ],
        ),
    ]
    return {
        "start": "-P7D",
        "periodOverride": "inherit",  # otherwise the week would change each graph's period
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
                    "period": 24 * HOUR if metrics[0][1] in DAILY_METRICS else 5 * MINUTE,
                    "view": "timeSeries",
                    "metrics": metrics,
                },
            }
            for number, (title, metrics) in enumerate(rows)
        ],
    }
