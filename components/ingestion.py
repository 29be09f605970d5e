"""The ingestion tier: a shared file system, its copy in a bucket, events, a queue, and the reconcile functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.buckets import PrivateBucket, PrivateBucketArgs
from components.functions import Code, Function, FunctionArgs
from components.groups import allow_https_out, connect
from components.models import call_models
from components.policies import Statement, allow, from_account, from_rules, only_tls, policy, trust
from components.retrieval import Retrieval
from components.settings import ARCHIVE_DAYS, VERSION_DAYS, Recognizer
from components.tables import GlobalIndex, table
from runtime.names import (
    ACCESS_LOG_PREFIX,
    EMBEDDING_ARCHIVE_PREFIX,
    INGEST_PREFIX,
    LEDGER_BY_CHANGE,
    LEDGER_CHANGED,
    LEDGER_FORMAT,
    LEDGER_KEY,
    LEDGER_LISTED,
    LEDGER_SUMMARY,
    METRIC_NAMESPACE,
    PROMPT_ARCHIVE_PREFIX,
    RECOGNITION_PAGES,
    RECOGNIZED_PREFIX,
)

NFS = 2049
MOUNT = "/mnt/efs/fs1"
INGEST_FOLDER = "/ingest"
"""Where the jump host mounts the file system, and the folder there that is copied to the bucket."""

RECONCILE_SECONDS = 900
"""Lambda's maximum; a document that takes longer continues in the next call."""

VISIBILITY_SECONDS = 960
"""How long a message that is being processed stays hidden: longer than a call."""

MAX_RECEIVES = 5
MAX_CONCURRENCY = 5
"""Documents processed at once: as many as a small domain and an endpoint with one instance can handle."""

MEMORY_MIB = 3008
DISK_MIB = 3072
"""Room for a document of 1 GiB, twice, and two readers."""

RETENTION_SECONDS = 14 * 24 * 3600
SYNC_SCHEDULE = "cron(0 * * * ? *)"
RECONCILE_SCHEDULE = "cron(30 * * * ? *)"
"""When the function looks for what events have missed, and for a new model's index being complete."""

FIREHOSE_SECONDS = 300
FIREHOSE_MIB = 64
"""Records are delivered after this time or this amount, whichever comes first."""

JUMP_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
JUMP_TYPE = "t4g.micro"
"""The smallest type whose memory, 1 GiB, is enough to install packages."""

JUMP_SCRIPT = """#!/bin/sh
set -eu
mkdir -p {mount}
# Nobody can put files here while the file system is not mounted.
chattr +i {mount}
# The route out may be seconds old, and a mount target's name takes up to 90 s (EFS guide, mounting by DNS name).
timeout 1800 sh -c 'until dnf install -y amazon-efs-utils dnf-plugins-core; do sleep 10; done'
echo '{files}:/ {mount} efs _netdev,nofail,tls 0 0' >> /etc/fstab
timeout 1800 sh -c 'until mount {mount}; do sleep 10; done'
mountpoint -q {mount}
mkdir -p {folder}
chmod 1777 {folder}
# Amazon Linux 2023 stays at its image's release unless told otherwise (its guide, deterministic upgrades).
cat > /etc/systemd/system/patch.service <<'EOF'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'dnf upgrade -y --releasever=latest && (dnf needs-restarting -r || systemctl reboot)'
EOF
cat > /etc/systemd/system/patch.timer <<'EOF'
[Timer]
OnCalendar=Sun 04:00
RandomizedDelaySec=1h
Persistent=true
[Install]
WantedBy=timers.target
EOF
systemctl enable --now patch.timer
"""
"""Mounts the file system, and has the host patched every Sunday, with a restart if that needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionArgs:
    """Its place in the network, what it writes to, the embedding model, for how many days replaced documents and the
    archives are kept, and what recognizes the text of pictures, of so many pages a month at most (0 for no limit)."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    logs: PrivateBucket
    retrieval: Retrieval
    code: Code
    model: str
    protect: bool
    version_days: int = VERSION_DAYS
    archive_days: int = ARCHIVE_DAYS
    recognition: Recognizer = "textract"
    recognition_pages: int = RECOGNITION_PAGES
    metric_namespace: str = METRIC_NAMESPACE


class Ingestion(pulumi.ComponentResource):
    """From a dropped file to searchable passages, and the archives of passages and questions. `undelivered` takes the
    events of rules whose targets could not be reached, except documents, which go to `dead_letters`; `rules` are the
    names of the rules, by what they are for."""

    bucket: PrivateBucket
    ledger: aws.dynamodb.Table
    queue: aws.sqs.Queue
    dead_letters: aws.sqs.Queue
    undelivered: aws.sqs.Queue
    rules: dict[str, pulumi.Output[str]]
    passages_stream: aws.kinesis.FirehoseDeliveryStream
    prompts_stream: aws.kinesis.FirehoseDeliveryStream
    jump_host: aws.ec2.Instance
    sync: aws.datasync.Task

    def __init__(self, name: str, args: IngestionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:ingestion:Ingestion", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = self._bucket()
        self.ledger = table(
            f"{name}-ledger",
            {LEDGER_KEY: "S"},
            self,
            protect=args.protect,
            by_change=GlobalIndex(
                name=LEDGER_BY_CHANGE, keys=(LEDGER_LISTED, LEDGER_CHANGED), attributes=sorted(LEDGER_SUMMARY)
            ),
        )
        self.dead_letters = aws.sqs.Queue(
            f"{name}-dead-letters",
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self._child,
        )
        self.queue = aws.sqs.Queue(
            name,
            message_retention_seconds=RETENTION_SECONDS,
            visibility_timeout_seconds=VISIBILITY_SECONDS,
            sqs_managed_sse_enabled=True,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": self.dead_letters.arn, "maxReceiveCount": MAX_RECEIVES}
            ),
            opts=self._child,
        )
        self.undelivered = self._undelivered()
        self.passages_stream = self._stream("passages", EMBEDDING_ARCHIVE_PREFIX)
        self.prompts_stream = self._stream("prompts", PROMPT_ARCHIVE_PREFIX)
        self._events()
        self._functions()
        self._file_system()
        self.register_outputs({"bucket": self.bucket.name, "ledger": self.ledger.name, "queue": self.queue.url})

    def _bucket(self) -> PrivateBucket:
        bucket = PrivateBucket(
            f"{self._name}-library",
            PrivateBucketArgs(
                protect=self._args.protect,
                former_days=self._args.version_days,
                expiring=dict.fromkeys((EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX), self._args.archive_days),
            ),
            self._child,
        )
        aws.s3.BucketLogging(
            self._name,
            bucket=bucket.name,
            target_bucket=self._args.logs.name,
            target_prefix=ACCESS_LOG_PREFIX,
            opts=self._child,
        )
        return bucket

    def _undelivered(self) -> aws.sqs.Queue:
        """The queue for what EventBridge gives up on, after trying for a day."""
        name = f"{self._name}-undelivered"
        queue = aws.sqs.Queue(
            name, message_retention_seconds=RETENTION_SECONDS, sqs_managed_sse_enabled=True, opts=self._child
        )
        invoke = pulumi.InvokeOutputOptions(parent=self)
        account = aws.get_caller_identity_output(opts=invoke).account_id
        region = aws.get_region_output(opts=invoke).region
        partition = aws.get_partition_output(opts=invoke).partition
        rules = pulumi.Output.concat("arn:", partition, ":events:", region, ":", account, ":rule/*")
        self._queue_policy(name, queue, rules)
        return queue

    def _queue_policy(self, name: str, queue: aws.sqs.Queue, rule_arns: pulumi.Output[str]) -> aws.sqs.QueuePolicy:
        """Let these rules send to the queue, and nobody without TLS."""
        return aws.sqs.QueuePolicy(
            name,
            queue_url=queue.id,
            policy=policy(from_rules(queue.arn, rule_arns), only_tls("sqs:*", queue.arn)),
            opts=self._child,
        )

    def _events(self) -> None:
        """Send the bucket's events to the queue; what is gone is found by the scheduled look."""
        notification = aws.s3.BucketNotification(
            self._name, bucket=self.bucket.name, eventbridge=True, opts=self._child
        )
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-documents",
            description="A document was created",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": [self.bucket.name]}, "object": {"key": [{"prefix": INGEST_PREFIX}]}},
                }
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[notification]),
        )
        granted = [
            self._queue_policy(name, queue, rule.arn)
            for name, queue in ((self._name, self.queue), (f"{self._name}-dead-letters", self.dead_letters))
        ]
        aws.cloudwatch.EventTarget(
            f"{self._name}-documents",
            rule=rule.name,
            arn=self.queue.arn,
            dead_letter_config={"arn": self.dead_letters.arn},  # `redrive` reads these events as well
            opts=pulumi.ResourceOptions(parent=self, depends_on=granted),
        )
        self.rules = {"documents": rule.name}

    def _functions(self) -> None:
        """One function reconciles one document per message; the other looks every hour for what events have missed."""
        removing = self._removing_versions()
        self._ways: list[pulumi.Resource] = []
        self.reconcile = self._function("reconcile", RECONCILE_SECONDS, MEMORY_MIB, DISK_MIB, removing)
        self.reconcile_all = self._function("reconcile_all", RECONCILE_SECONDS, 1024, 512)
        mapping = aws.lambda_.EventSourceMapping(
            self._name,
            event_source_arn=self.queue.arn,
            function_name=self.reconcile.name,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": MAX_CONCURRENCY},
            opts=self._child,
        )
        name = f"{self._name}-looks"
        renamed = pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=f"{self._name}-daily")])
        looks = aws.cloudwatch.EventRule(
            name, description="Find what events have missed", schedule_expression=RECONCILE_SCHEDULE, opts=renamed
        )
        granted = aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=self.reconcile_all.name,
            principal="events.amazonaws.com",
            source_arn=looks.arn,
            opts=renamed,
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=looks.name,
            arn=self.reconcile_all.arn,
            dead_letter_config={"arn": self.undelivered.arn},
            opts=pulumi.ResourceOptions.merge(renamed, pulumi.ResourceOptions(depends_on=[granted])),
        )
        self.rules["looks"] = looks.name
        # If the index has changed, every document is read into it, starting now; if the ledger's format has, what it
        # holds is brought to the new one.
        aws.lambda_.Invocation(
            f"{self._name}-reindex",
            function_name=self.reconcile_all.name,
            input="{}",
            triggers={**self._args.retrieval.index_triggers, "ledger": str(LEDGER_FORMAT)},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[mapping, self._args.retrieval.index_created, *self._ways]
            ),
        )

    def _function(
        self,
        handler: str,
        seconds: int,
        memory_mib: int,
        disk_mib: int,
        also: Sequence[Statement] = (),
    ) -> Function:
        args, name = self._args, f"{self._name}-{handler.replace('_', '-')}"
        function = Function(
            name,
            FunctionArgs(
                code=args.code,
                handler=handler,
                environment={
                    "PLUMBLINE_BUCKET": self.bucket.name,
                    "PLUMBLINE_LEDGER_TABLE": self.ledger.name,
                    "PLUMBLINE_QUEUE_URL": self.queue.url,
                    "PLUMBLINE_DEAD_LETTER_QUEUE_URL": self.dead_letters.url,
                    "PLUMBLINE_OPENSEARCH_ENDPOINT": args.retrieval.endpoint,
                    "PLUMBLINE_EMBEDDINGS_STREAM": self.passages_stream.name,
                    "PLUMBLINE_PROMPTS_STREAM": self.prompts_stream.name,
                    "PLUMBLINE_EMBEDDINGS_MODEL": args.model,
                    "PLUMBLINE_OCR": args.recognition,
                    "PLUMBLINE_OCR_PAGES": str(args.recognition_pages),
                    "PLUMBLINE_METRIC_NAMESPACE": args.metric_namespace,
                },
                statements=[
                    *self._statements(),
                    *self._recognizing(),
                    *also,
                    *args.retrieval.write_statements(),
                    call_models([args.model], self),
                ],
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                seconds=seconds,
                memory_mib=memory_mib,
                disk_mib=disk_mib,
            ),
            self._child,
        )
        self._ways += args.retrieval.allow_in(name, function.security_group_id)
        return function

    def _statements(self) -> list[Statement]:
        """The functions' permissions for this tier's resources."""
        documents = pulumi.Output.concat(self.bucket.arn, f"/{INGEST_PREFIX}*")
        return [
            allow(["s3:GetObject"], [documents]),
            # Without it S3 answers 'forbidden', not 'missing', for a document that is gone.
            allow(["s3:ListBucket"], [self.bucket.arn]),
            allow(
                ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Scan"], [self.ledger.arn]
            ),
            allow(
                ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"],
                [self.queue.arn],
            ),
            allow(["sqs:SendMessage"], [self.dead_letters.arn]),
            allow(["firehose:PutRecordBatch"], [self.passages_stream.arn]),
        ]

    def _recognizing(self) -> list[Statement]:
        """For what was recognized in pictures; and, if that is on, to recognize more. Textract has no resources."""
        stored = pulumi.Output.concat(self.bucket.arn, f"/{RECOGNIZED_PREFIX}*")
        return [
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [stored]),
            *([allow(["textract:DetectDocumentText"], ["*"])] if self._args.recognition == "textract" else []),
        ]

    def _removing_versions(self) -> list[Statement]:
        """To remove the former versions of a deleted document."""
        prefix = {"StringLike": {"s3:prefix": f"{INGEST_PREFIX}*"}}
        return [
            allow(["s3:ListBucketVersions"], [self.bucket.arn], prefix),
            allow(["s3:DeleteObjectVersion"], [pulumi.Output.concat(self.bucket.arn, f"/{INGEST_PREFIX}*")]),
        ]

    def _stream(self, kind: str, prefix: str) -> aws.kinesis.FirehoseDeliveryStream:
        """A Firehose stream into the bucket, and the role with which it writes."""
        name = f"{self._name}-{kind}"
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        role = aws.iam.Role(
            name,
            assume_role_policy=trust("firehose.amazonaws.com", {"StringEquals": {"sts:ExternalId": account}}),
            opts=self._child,
        )
        log = aws.cloudwatch.LogGroup(name, retention_in_days=90, opts=self._child)
        log_stream = aws.cloudwatch.LogStream(name, log_group_name=log.name, opts=self._child)
        granted = aws.iam.RolePolicy(
            name,
            role=role.id,
            policy=policy(
                allow(
                    ["s3:PutObject", "s3:AbortMultipartUpload"], [pulumi.Output.concat(self.bucket.arn, f"/{prefix}*")]
                ),
                allow(["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], [self.bucket.arn]),
                allow(["logs:PutLogEvents"], [pulumi.Output.concat(log.arn, ":*")]),
            ),
            opts=self._child,
        )
        return aws.kinesis.FirehoseDeliveryStream(
            name,
            destination="extended_s3",
            extended_s3_configuration={
                "role_arn": role.arn,
                "bucket_arn": self.bucket.arn,
                "prefix": prefix,
                "error_output_prefix": f"{prefix}failed/!{{firehose:error-output-type}}/",
                "buffering_interval": FIREHOSE_SECONDS,
                "buffering_size": FIREHOSE_MIB,
                "compression_format": "GZIP",
                "cloudwatch_logging_options": {
                    "enabled": True,
                    "log_group_name": log.name,
                    "log_stream_name": log_stream.name,
                },
            },
            server_side_encryption={"enabled": True},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[granted]),
        )

    def _file_system(self) -> None:
        """The shared file system, the host that mounts it, and the hourly copy to the bucket."""
        name, args = self._name, self._args
        groups = {
            kind: aws.ec2.SecurityGroup(f"{name}-{kind}", description=said, vpc_id=args.vpc_id, opts=self._child)
            for kind, said in (
                ("files", "The shared file system"),
                ("jump", "The jump host"),
                ("sync", "The way of DataSync to the file system"),
            )
        }
        allow_https_out(f"{name}-jump", groups["jump"].id, self)
        args.retrieval.allow_in(f"{name}-jump", groups["jump"].id)  # a tunnel to the domain ends here
        for kind in ("jump", "sync"):
            connect(f"{name}-{kind}-to-files", groups[kind].id, groups["files"].id, NFS, "Mounts the files", self)
        files = aws.efs.FileSystem(
            name,
            encrypted=True,
            throughput_mode="elastic",
            # Read once, when it is copied: a file that nobody has touched since costs a tenth, later a fortieth, and is
            # read all the same (EFS guide, lifecycle-management-efs).
            lifecycle_policies=[{"transition_to_ia": "AFTER_30_DAYS"}, {"transition_to_archive": "AFTER_90_DAYS"}],
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.efs.BackupPolicy(name, file_system_id=files.id, backup_policy={"status": "ENABLED"}, opts=self._child)
        in_force = aws.efs.FileSystemPolicy(
            name,
            file_system_id=files.id,
            policy=policy(
                # A policy replaces the default one, by which every client that reaches a mount target may do this.
                {
                    "Sid": "clients",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"elasticfilesystem:Client{action}" for action in ("Mount", "Write", "RootAccess")],
                    "Resource": files.arn,
                    "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
                },
                {"Sid": "tls", **only_tls("*", files.arn)},  # as in the EFS guide, iam-access-control-nfs-efs
                identity=name,  # what has none gets one from EFS, like statements, and would differ at the next `up`
            ),
            opts=self._child,
        )
        mounts = [
            aws.efs.MountTarget(
                f"{name}-{number}",
                file_system_id=files.id,
                subnet_id=subnet,
                security_groups=[groups["files"].id],
                opts=self._child,
            )
            for number, subnet in enumerate(args.subnet_ids)
        ]
        mounted = pulumi.ResourceOptions(parent=self, depends_on=[*mounts, in_force])
        self.jump_host = self._jump_host(groups["jump"], files, mounted)
        self.sync = self._sync(groups["sync"], files, mounted)

    def _jump_host(
        self, group: aws.ec2.SecurityGroup, files: aws.efs.FileSystem, mounted: pulumi.ResourceOptions
    ) -> aws.ec2.Instance:
        """Reachable only through Session Manager; it has no key and no open port."""
        name = f"{self._name}-jump"
        role = aws.iam.Role(name, assume_role_policy=trust("ec2.amazonaws.com"), opts=self._child)
        partition = aws.get_partition_output(opts=pulumi.InvokeOutputOptions(parent=self)).partition
        aws.iam.RolePolicyAttachment(
            name,
            role=role.name,
            policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/AmazonSSMManagedInstanceCore"),
            opts=self._child,
        )
        profile = aws.iam.InstanceProfile(name, role=role.name, opts=self._child)
        image = aws.ssm.get_parameter_output(name=JUMP_IMAGE, opts=pulumi.InvokeOutputOptions(parent=self)).value
        return aws.ec2.Instance(
            name,
            ami=image,
            instance_type=JUMP_TYPE,
            subnet_id=self._args.subnet_ids[0],
            vpc_security_group_ids=[group.id],
            iam_instance_profile=profile.name,
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required"},
            root_block_device={"encrypted": True, "volume_type": "gp3"},
            user_data=pulumi.Output.format(JUMP_SCRIPT, mount=MOUNT, files=files.id, folder=MOUNT + INGEST_FOLDER),
            user_data_replace_on_change=True,  # it runs at the first boot only; the host holds nothing
            monitoring=False,
            ebs_optimized=True,
            tags={"Name": name},
            opts=pulumi.ResourceOptions.merge(mounted, pulumi.ResourceOptions(ignore_changes=["ami"])),
        )

    def _sync(
        self, group: aws.ec2.SecurityGroup, files: aws.efs.FileSystem, mounted: pulumi.ResourceOptions
    ) -> aws.datasync.Task:
        """The hourly copy of the folder: new and changed files are copied, deleted ones are removed."""
        name, args = f"{self._name}-sync", self._args
        subnet = aws.ec2.get_subnet_output(id=args.subnet_ids[0], opts=pulumi.InvokeOutputOptions(parent=self))
        group_arn = group.arn
        source = aws.datasync.EfsLocation(
            name,
            efs_file_system_arn=files.arn,
            ec2_config={"subnet_arn": subnet.arn, "security_group_arns": [group_arn]},
            subdirectory=INGEST_FOLDER,
            in_transit_encryption="TLS1_2",
            opts=mounted,
        )
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        role = aws.iam.Role(
            name, assume_role_policy=trust("datasync.amazonaws.com", from_account(account)), opts=self._child
        )
        granted = aws.iam.RolePolicy(
            name,
            role=role.id,
            policy=policy(
                allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [self.bucket.arn]),
                allow(
                    [
                        *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                        *("s3:ListMultipartUploadParts", "s3:GetObjectTagging", "s3:PutObjectTagging"),
                    ],
                    [pulumi.Output.concat(self.bucket.arn, f"/{INGEST_PREFIX}*")],
                ),
            ),
            opts=self._child,
        )
        target = aws.datasync.S3Location(
            name,
            s3_bucket_arn=self.bucket.arn,
            s3_config={"bucket_access_role_arn": role.arn},
            subdirectory=f"/{INGEST_PREFIX}",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[granted]),
        )
        return aws.datasync.Task(
            name,
            source_location_arn=source.arn,
            destination_location_arn=target.arn,
            schedule={"schedule_expression": SYNC_SCHEDULE},
            options={
                "preserve_deleted_files": "REMOVE",
                "transfer_mode": "CHANGED",
                "verify_mode": "ONLY_FILES_TRANSFERRED",
            },
            opts=self._child,
        )
