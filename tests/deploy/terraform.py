"""The program's resources as Terraform's, so that Terraform's AWS provider can judge and apply them.

The program runs under mocks whose outputs are Terraform's interpolations; what it asks for becomes `main.tf.json`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks

from tests import servers
from tests.deploy.resources import INVOKES, run_program
from tests.deploy.resources import SPECIAL as SPECIAL_OUTPUTS
from tools.cache import kept, key_of

PLUGINS = Path(os.environ.get("TF_PLUGINS", "/opt/tf-plugins"))
"""A folder of Terraform's providers, used where it is there."""

VERSION = "5.100.0"
OPTIONS = ("-no-color", "-parallelism=50")
"""The provider waits for most resources without doing anything."""

PREFIX = "aws:"

SPECIAL = {
    "datasync/efsLocation": "aws_datasync_location_efs",
    "datasync/s3Location": "aws_datasync_location_s3",
    "lb/loadBalancer": "aws_lb",
    "s3/bucketObjectv2": "aws_s3_object",
}
"""Types whose names don't follow from Pulumi's."""

RENAMED = {
    "aws_lambda_function": {"name": "function_name"},
    "aws_lambda_permission": {"function": "function_name"},
    "aws_sns_topic_subscription": {"topic": "topic_arn"},
}
"""Properties whose names don't follow either."""

FORGOTTEN = {
    "aws_ecs_service": ["availability_zone_rebalancing"],
    "aws_flow_log": ["max_aggregation_interval"],
    "aws_glue_job": ["execution_property"],
    "aws_glue_trigger": ["predicate"],
    "aws_iam_service_linked_role": ["description"],  # it has one of its own
    "aws_instance": ["credit_specification", "ebs_optimized", "metadata_options", "root_block_device"],
    "aws_kinesis_firehose_delivery_stream": ["extended_s3_configuration[0].custom_time_zone"],
    "aws_sqs_queue": ["redrive_policy"],  # it is given back with other spaces
    "aws_vpc_security_group_egress_rule": ["referenced_security_group_id"],  # it is given back with the account
    "aws_vpc_security_group_ingress_rule": ["referenced_security_group_id"],
}
"""What the emulator does not give back as it was given; a second plan leaves it out, and nothing else."""

UPDATED = {"aws_lb_listener": ["default_action"]}
"""The same, where leaving it out would be refused: a second plan may update it (a listener's sign-in)."""

OUTPUTS = (
    *("arn", "name", "bucket", "key", "url", "endpoint", "domainName"),
    *("arnSuffix", "dnsName", "fqdn", "hostedZoneId", "registryId", "repositoryUrl", "zoneId"),
)
"""What the program reads of its resources, beside their ids."""

MODELS = ["tei-words", "jumpstart-words"]
"""What the index's function would say of the models that questions may be embedded by."""

SERVICES = (
    *("acm", "budgets", "cloudfront", "cloudwatch", "cloudwatchevents", "cloudwatchlogs", "cognitoidp"),
    *(
        "dynamodb",
        "ec2",
        "ecr",
        "ecs",
        "efs",
        "elbv2",
        "firehose",
        "glue",
        "iam",
        "lambda",
        "opensearch",
        "route53",
        "s3",
        "sns",
    ),
    *("sqs", "ssm", "sts"),
)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def terraform_type(kind: str) -> str:
    """Terraform's name of a Pulumi type such as aws:s3/bucket:Bucket."""
    module, _, name = kind.removeprefix(PREFIX).partition("/")
    name = name.partition(":")[0]
    if special := SPECIAL.get(f"{module}/{name}"):
        return special
    return f"aws_{snake(name)}" if module == "ec2" else f"aws_{module}_{snake(name)}"


class Interpolations(mocks.Mocks):
    """Keeps each resource's inputs, and answers with interpolations."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Mapping[str, Any]]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.typ.startswith(PREFIX):
            return f"{args.name}-id", {**args.inputs, **SPECIAL_OUTPUTS.get(args.typ, {})}
        kind = terraform_type(args.typ)
        self.resources.setdefault(kind, {})[args.name] = args.inputs
        renamed = RENAMED.get(kind, {})
        given: dict[str, Any] = {name: f"${{{kind}.{args.name}.{renamed.get(name, snake(name))}}}" for name in OUTPUTS}
        if kind == "aws_lambda_invocation":
            given["result"] = json.dumps({"models": MODELS})  # the program reads it, so it can't stand for itself
        if kind == "aws_acm_certificate":
            proof = f"tolist({kind}.{args.name}.domain_validation_options)[0]"
            parts = ("resourceRecordName", "resourceRecordType", "resourceRecordValue")
            given["domainValidationOptions"] = [{part: f"${{{proof}.{snake(part)}}}" for part in parts}]
        return f"${{{kind}.{args.name}.id}}", {**args.inputs, **given}

    def call(self, args: mocks.MockCallArgs) -> Any:
        return INVOKES[args.token]


class Terraform:
    """A folder with the program's resources, and Terraform to apply them on the emulator."""

    def __init__(self, folder: Path, url: str, others: Mapping[str, str] | None = None) -> None:
        """`url` is the emulator's; `others` has another's for some services."""
        if shutil.which("terraform") is None:
            raise servers.Missing("Terraform")
        self._folder = folder
        self._url = url
        self._suffix = uuid.uuid4().hex[:7]
        self._environment = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"}
        self._environment |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self._write("provider", self._provider(others or {}))
        plugins = [f"-plugin-dir={PLUGINS}"] if PLUGINS.is_dir() else []
        self.run("init", "-input=false", *plugins)
        kept_schema = kept("terraform-schema", key_of(VERSION), self._keep_schema) / "schema.json"
        self._schema: dict[str, Any] = json.loads(kept_schema.read_text())

    def write(
        self,
        program: Callable[[], Mapping[str, pulumi.Input[str]]],
        left_out: Mapping[str, str],
        environment: Mapping[str, str],
        roots: set[str] | None = None,
    ) -> Interpolations:
        """Write what the program asks for but what is `left_out`, types, or one of a type as TYPE.NAME; what refers to
        that gets a word in its place. `environment` is added to each function's. With `roots`, only resources of these
        types and what they refer to."""
        found = Interpolations()
        outputs: dict[str, str] = {}

        def run() -> None:
            pulumi.Output.all(**program()).apply(outputs.update)

        run_program(run, found)
        resources: dict[str, dict[str, Any]] = {}
        for kind, named in found.resources.items():
            if kind in left_out:
                continue
            for name, inputs in named.items():
                if f"{kind}.{name}" in left_out:
                    continue
                block = self._schema[kind]["block"]
                renamed = RENAMED.get(kind, {})
                values = self._block(block, {renamed.get(key, key): value for key, value in inputs.items()})
                for own in (
                    "name",
                    "function_name",
                    "alarm_name",
                    "domain_name",
                ):  # Pulumi gives a name that the program leaves open
                    if block["attributes"].get(own, {}).get("required") and own not in values:
                        values[own] = f"{name}-{self._suffix}"
                if kind == "aws_lambda_function":
                    values["environment"]["variables"] |= environment
                if kind in FORGOTTEN:
                    values["lifecycle"] = {"ignore_changes": FORGOTTEN[kind]}
                resources.setdefault(kind, {})[name] = values
        resources = _without(resources, left_out)
        if roots is not None:
            resources = _reached(resources, roots)
        there = {f"{kind}.{name}" for kind, named in resources.items() for name in named}
        whole = {name: {"value": value} for name, value in outputs.items() if set(_REFERENCE.findall(value)) <= there}
        self._write("main", {"resource": resources, "output": whole})
        return found

    def apply(self) -> dict[str, str]:
        """Make it all; the outputs."""
        self.run("apply", "-input=false", "-auto-approve", "-refresh=false")  # `left_to_do` looks at what is there
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json")).items()}

    def left_to_do(self) -> list[str]:
        """What another plan would change: nothing, as it should be."""
        self.run("plan", "-input=false", "-out=plan")
        changes = json.loads(self.run("show", "-json", "plan")).get("resource_changes", [])
        return [
            f"{one['address']}: {', '.join(one['change']['actions'])} {changed}"
            for one in changes
            if one["change"]["actions"] not in (["no-op"], ["read"])
            if (changed := _changed(one["change"])) != UPDATED.get(one["type"])
        ]

    def destroy(self) -> None:
        command = ("destroy", "-input=false", "-auto-approve", "-refresh=false")
        done = self._call(*command)
        # The provider asks again where the emulator is slow to answer, and then misses what it has deleted itself.
        if done.returncode != 0 and "NotFound" in done.stderr:
            done = self._call(*command)
        _check(command, done)

    def there(self) -> list[str]:
        """The addresses of all that it has made and not destroyed."""
        return self.run("state", "list").split()

    def run(self, *arguments: str) -> str:
        done = self._call(*arguments)
        _check(arguments, done)
        return done.stdout

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments, *(OPTIONS if arguments[0] in ("apply", "plan", "destroy") else ())],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

    def _keep_schema(self, folder: Path) -> None:
        """What the provider says of its resources, as far as it is asked: of 100 MB some names."""
        (schema,) = json.loads(self.run("providers", "schema", "-json"))["provider_schemas"].values()
        named = {kind: {"block": _names(one["block"])} for kind, one in schema["resource_schemas"].items()}
        (folder / "schema.json").write_text(json.dumps(named))

    def _write(self, name: str, content: object) -> None:
        (self._folder / f"{name}.tf.json").write_text(json.dumps(content, indent=1))

    def _provider(self, others: Mapping[str, str]) -> dict[str, Any]:
        provider = {
            "region": os.environ["AWS_REGION"],
            "access_key": "testing",
            "secret_key": "testing",
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "s3_use_path_style": True,
            "endpoints": [{**dict.fromkeys(SERVICES, self._url), **others}],
        }
        required = {"aws": {"source": "hashicorp/aws", "version": VERSION}}
        return {"terraform": {"required_providers": required}, "provider": {"aws": provider}}

    def _block(self, schema: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs by Terraform's names, which are in the singular where a block may come several times."""
        names = {**schema.get("attributes", {}), **schema.get("block_types", {})}
        made: dict[str, Any] = {}
        for key, value in inputs.items():
            if key == "region" or value is None:
                continue
            if isinstance(value, pulumi.FileArchive | pulumi.FileAsset):
                made["filename" if isinstance(value, pulumi.FileArchive) else "source"] = value.path
                continue
            plain = snake(key)
            singular = (plain, plain.removesuffix("s"), plain.removesuffix("es"))
            name = next((name for name in singular if name in names), plain)
            block = schema.get("block_types", {}).get(name)
            if block is None:
                made[name] = value
            elif isinstance(value, list):
                made[name] = [self._block(block["block"], one) for one in value]
            else:
                made[name] = self._block(block["block"], value)
        return made


def _names(block: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, with those that are required, and blocks."""
    attributes = {name: {"required": one.get("required", False)} for name, one in block.get("attributes", {}).items()}
    blocks = {name: {"block": _names(one["block"])} for name, one in block.get("block_types", {}).items()}
    return {"attributes": attributes, "block_types": blocks}


def _check(arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"terraform {arguments[0]}:\n{done.stderr[-3000:]}"


def _without(resources: Mapping[str, Any], left_out: Iterable[str]) -> Any:
    """The resources, with words instead of what they would read of one that is left out."""
    named = "|".join(re.escape(one) for one in left_out)
    return json.loads(re.sub(rf"\$\{{({named})\b[^}}]*\}}", "left-out", json.dumps(resources))) if named else resources


_REFERENCE = re.compile(r"\$\{(?:\w+\()*(aws_\w+\.[\w-]+)")
"""A resource that an interpolation reads, as TYPE.NAME."""


def _reached(resources: Mapping[str, Mapping[str, Any]], roots: set[str]) -> dict[str, dict[str, Any]]:
    """The resources of the types `roots`, and all that they refer to, near or far."""
    reached: dict[str, dict[str, Any]] = {}
    left = [f"{kind}.{name}" for kind in roots & resources.keys() for name in resources[kind]]
    while left:
        kind, _, name = left.pop().partition(".")
        if name not in reached.setdefault(kind, {}):
            reached[kind][name] = resources[kind][name]
            left += _REFERENCE.findall(json.dumps(resources[kind][name]))
    return reached


def _changed(change: Mapping[str, Any]) -> list[str]:
    """The attributes that a planned change is about."""
    before, after = change["before"] or {}, change["after"] or {}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
