"""The Glue jobs of the analyses: their code on S3, their role, and their schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components import package
from components.buckets import PrivateBucket, PrivateBucketArgs
from components.policies import Statement, allow, policy, trust
from runtime.names import ACCESS_LOG_PREFIX, DISTANCE_JOB, DRIFT_JOB

GLUE = "5.0"
WORKER = "G.1X"
"""4 cores and 16 GB: enough for the driver alone to hold 200,000 records many times over."""

LOG_DAYS = 90

TIMEOUT_MINUTES = 120
"""After which a run is stopped."""

SCRIPTS = {DRIFT_JOB: "drift", DISTANCE_JOB: "distance"}

MAX_CONCURRENT_RUNS = 2
"""Concurrent runs of one job: the runs over passages and prompts may overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A daily run of a job at a time in UTC (an AWS cron expression), with arguments of its own."""

    job: str
    cron: str
    arguments: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsArgs:
    """`arguments` are each job's own, by job name; `statements` are its role's permissions for archives and results;
    `suffix` is added to their names."""

    arguments: Mapping[str, Mapping[str, pulumi.Input[str]]]
    schedules: Mapping[str, Scheduled]
    statements: Sequence[Statement]
    workers: int
    logs: PrivateBucket
    protect: bool
    suffix: str = ""


class Jobs(pulumi.ComponentResource):
    """The jobs, each started by its schedules or with `aws glue start-job-run --job-name NAME`."""

    names: list[pulumi.Output[str]]
    arns: list[pulumi.Output[str]]

    def __init__(self, name: str, args: JobsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:monitoring:Jobs", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._bucket = PrivateBucket(f"{name}-analysis", PrivateBucketArgs(protect=args.protect), self._child)
        aws.s3.BucketLogging(
            f"{name}-analysis",
            bucket=self._bucket.name,
            target_bucket=args.logs.name,
            target_prefix=ACCESS_LOG_PREFIX,
            opts=self._child,
        )
        zips = package.glue_code(package.PACKAGES), package.glue_wheels(package.PACKAGES)
        code, wheels = (
            self._upload(kind, path.name, path) for kind, path in zip(("code", "wheels"), zips, strict=True)
        )
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        prefix = f"/aws-glue/jobs/{name}-{pulumi.get_stack()}"
        logs = [
            aws.cloudwatch.LogGroup(
                f"{name}-analysis-{kind}", name=f"{prefix}/{kind}", retention_in_days=LOG_DAYS, opts=self._child
            )
            for kind in ("output", "error")  # the two that Glue writes (its guide, monitor-continuous-logging)
        ]
        role, grant = self._role(logs, args.statements)
        jobs = {
            job: aws.glue.Job(
                f"{name}-{script}",
                name=f"{job}{args.suffix}",
                description=f"python -m analysis {script}, over the archive that the arguments name",
                role_arn=role.arn,
                glue_version=GLUE,
                worker_type=WORKER,
                number_of_workers=args.workers,
                # Nobody waits for the nightly runs, so they take spare capacity, for a third less (Glue guide, add-job:
                # version 3.0 and later, G.1X or G.2X); whoever starts one by hand asks for the standard class.
                execution_class="FLEX",
                timeout=TIMEOUT_MINUTES,
                max_retries=0,
                execution_property={"max_concurrent_runs": MAX_CONCURRENT_RUNS},
                command={
                    "name": "glueetl",
                    "python_version": "3",
                    "script_location": self._script(script),
                },
                default_arguments={
                    "--job-language": "python",
                    "--extra-py-files": code,
                    "--additional-python-modules": wheels,
                    "--python-modules-installer-option": "--no-index",
                    "--enable-auto-scaling": "true",  # a small archive needs only the driver
                    "--custom-logGroup-prefix": prefix,  # not all of the account's, which nobody removes
                    "--region": region,
                    **args.arguments[job],
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[grant]),
            )
            for job, script in SCRIPTS.items()
        }
        for kind, scheduled in args.schedules.items():
            aws.glue.Trigger(
                f"{name}-{kind}",
                type="SCHEDULED",
                schedule=f"cron({scheduled.cron})",
                start_on_creation=True,
                actions=[{"job_name": jobs[scheduled.job].name, "arguments": dict(scheduled.arguments)}],
                opts=self._child,
            )
        self.names = [job.name for job in jobs.values()]
        self.arns = [job.arn for job in jobs.values()]
        self.register_outputs({"names": self.names})

    def _script(self, name: str) -> pulumi.Output[str]:
        path = package.ROOT / "analysis" / "glue" / f"{name}.py"
        return self._upload(name, f"{name}-{package.hash_of({path.name: path})}.py", path)

    def _upload(self, kind: str, key: str, path: Path) -> pulumi.Output[str]:
        """Upload a file. Its key has the content's hash, so that changed content changes the job. The former file is
        removed in the same `up`: a run that has yet to load it fails."""
        stored = aws.s3.BucketObjectv2(
            f"{self._name}-analysis-{kind}",
            bucket=self._bucket.name,
            key=key,
            source=pulumi.FileAsset(str(path)),
            opts=self._child,
        )
        return pulumi.Output.concat("s3://", self._bucket.name, "/", stored.key)

    def _role(
        self, logs: Sequence[aws.cloudwatch.LogGroup], statements: Sequence[Statement]
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        role = aws.iam.Role(f"{self._name}-analysis", assume_role_policy=trust("glue.amazonaws.com"), opts=self._child)
        written = [pulumi.Output.concat(log.arn, every) for log in logs for every in ("", ":*")]
        grant = aws.iam.RolePolicy(
            f"{self._name}-analysis",
            role=role.id,
            policy=policy(
                allow(["s3:GetObject"], [pulumi.Output.concat(self._bucket.arn, "/*")]),
                allow(["s3:ListBucket"], [self._bucket.arn]),
                allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], written),
                *statements,
            ),
            opts=self._child,
        )
        return role, grant
