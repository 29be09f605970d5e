"""The program's resources before Terraform's AWS provider: applied on the emulator, planned again, put to work, and
destroyed. The deployed system on one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from runtime.aws.clients import client
from runtime.aws.cloud import Cloud
from runtime.aws.cloudwatch import CloudWatchMetrics
from runtime.aws.dynamodb import DynamoResults
from runtime.aws.opensearch import ALIAS, connect
from runtime.aws.s3 import S3Files
from runtime.aws.settings import CloudSettings
from runtime.names import DISTANCE_JOB, DRIFT_JOB, EMBEDDING_ARCHIVE_PREFIX, INGEST_PREFIX, OUTPUT_OF
from runtime.ports import Run
from tests import glue, pdfs
from tests.aws import permissions
from tests.aws.models import Models
from tests.aws.permissions import Policies, Recorder
from tests.aws.stack import HERE, MACHINE, until
from tests.deploy.engine import EVERY, MODELS, PAGE
from tests.deploy.resources import ACCOUNT, REGION, made, statements
from tests.deploy.terraform import Interpolations, Terraform, terraform_type
from tests.servers import ROOT

ON_MOTO = ("cloudwatch",)
"""Services of another emulator: MiniStack keeps of an alarm its name alone."""

NO_NOTEBOOK = "MiniStack has no SageMaker, and moto's fails at the tags of a lifecycle configuration"

NO_DOMAIN = "Terraform's provider looks at a new domain after ten minutes, whatever the emulator; a plan is made of it"

LEFT_OUT = {
    "aws_appautoscaling_policy": "MiniStack has none, and moto's looks for the service of ECS in itself",
    "aws_appautoscaling_target": "MiniStack has none, and moto's looks for the service of ECS in itself",
    "aws_budgets_budget": "MiniStack has none, and moto's does not say whom a budget mails to",
    "aws_datasync_location_efs": "MiniStack has no DataSync, and moto's knows no file system of EFS",
    "aws_datasync_location_s3": "MiniStack has no DataSync, and moto's knows no file system of EFS",
    "aws_datasync_task": "MiniStack has no DataSync, and moto's knows no file system of EFS",
    "aws_opensearch_domain": NO_DOMAIN,
    "aws_opensearch_domain_policy": NO_DOMAIN,
    "aws_sagemaker_notebook_instance": NO_NOTEBOOK,
    "aws_sagemaker_notebook_instance_lifecycle_configuration": NO_NOTEBOOK,
    "aws_vpc_security_group_ingress_rule.plumbline-cloudfront": "the emulator forgets a rule's prefix list",
}
"""What the emulator can't apply, types or one of a type, and why."""

NOT_OF_AWS = {"docker-build:index:Image": "it is Docker's, which Terraform's provider of AWS does not know"}

BACKEND = {
    "textModelEndpointName": "messages-words",
    "embeddingsModelEndpointName": "tei-words",
    "notebook": "true",
    "alarmEmail": "operator@example.org",
}
"""What is applied and put to work, over an OpenSearch that is there already."""

FRONTEND = {
    **MODELS,
    **PAGE,
    "size": "production",
    "protect": "false",
    "alarmEmail": "operator@example.org",
    "monthlyBudget": "200",
}
"""What is applied of its own, since the provider waits for minutes where nothing works meanwhile: the chat page, and
what a domain and an image of the stack's own need."""


def types(values: Mapping[str, str]) -> set[str]:
    """Terraform's names of the types that these settings make, and others as they are."""
    found = made(lambda: compose(Settings.read(values), CodeArgs()))
    kinds = {kind for kind in found.kinds() if not kind.startswith(("plumbline:", "pulumi:"))}
    return {terraform_type(kind) if kind.startswith("aws:") else kind for kind in kinds}


def of_the_backend() -> set[str]:
    return types({**BACKEND, "openSearchEndpoint": "http://127.0.0.1:9200"})


def test_every_type_that_a_stack_can_have_is_applied_or_left_out_for_a_reason() -> None:
    left_out = {name for name in LEFT_OUT if "." not in name} | NOT_OF_AWS.keys()
    assert set().union(*map(types, EVERY)) - left_out == (of_the_backend() | types(FRONTEND)) - left_out
    assert left_out <= set().union(*map(types, EVERY))


@pytest.mark.xdist_group("terraform")
@pytest.mark.timeout(900)  # the provider waits half a minute or a whole one for some resources, six times in a row
def test_what_the_chat_page_and_a_domain_and_an_image_of_ones_own_need_is_applied_and_goes(
    ministack: str, moto: str, tmp_path: Path
) -> None:
    terraform = Terraform(tmp_path, ministack, dict.fromkeys(ON_MOTO, moto))
    values = {**FRONTEND, **zone_and_certificate(ministack)}

    def write(left_out: Mapping[str, str], roots: set[str] | None = None) -> Interpolations:
        return terraform.write(lambda: compose(Settings.read(values), CodeArgs()), left_out, roots=roots)

    write({})
    terraform.run("plan", "-input=false")
    one_by_one = {f"{kind}.{name}" for kind, named in write({}).resources.items() for name in named}
    assert {name for name in LEFT_OUT if "." in name} <= one_by_one, "a reason that nothing needs"
    write(LEFT_OUT, types(FRONTEND) - of_the_backend())
    terraform.apply()
    left = terraform.left_to_do()
    assert not left, left
    terraform.destroy()
    assert not terraform.there()


@pytest.fixture
def calls() -> Iterator[Recorder]:
    """What the roles call."""
    with permissions.recording() as recorder:
        yield recorder


@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(900)
def test_the_deployed_system_works_by_what_its_policies_allow_and_goes(
    ministack: str, moto: str, models: Models, opensearch: str, calls: Recorder, tmp_path: Path
) -> None:
    connect(opensearch).indices.delete(index="passages-*")
    values = {**BACKEND, "openSearchEndpoint": opensearch}
    terraform = Terraform(tmp_path, ministack, dict.fromkeys(ON_MOTO, moto))
    endpoints = {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": models.url, "AWS_ENDPOINT_URL_TEXTRACT": models.url}

    def of_a_role(function: str) -> dict[str, str]:
        """Where a function finds the servers, so that its calls are told from those of others."""
        own = {name: calls.before(function, url) for name, url in endpoints.items()}
        own["AWS_ENDPOINT_URL"] = calls.before(function, ministack)
        return {**own, "PLUMBLINE_OPENSEARCH_ENDPOINT": calls.before(function, opensearch)}

    def write(values: dict[str, str]) -> None:
        code = CodeArgs(architecture=MACHINE, python=HERE)
        terraform.write(lambda: compose(Settings.read(values), code), LEFT_OUT, of_a_role)

    def apply() -> dict[str, str]:
        """What is there then: its outputs, as the environment of those who ask."""
        outputs = terraform.apply()
        left = terraform.left_to_do()
        assert not left, left
        named = {name: outputs[output] for name, output in OUTPUT_OF.items() if output in outputs}
        return {**os.environ, **named, **endpoints, "AWS_ENDPOINT_URL": ministack}

    write(values)
    environment = apply()
    work(ministack, environment, tmp_path)
    watch(ministack, environment, tmp_path, calls.before(JOBS, ministack))
    judged = permissions.judge(calls, policies_in(ministack, environment, opensearch))
    calls.forget()
    write({**values, "embeddingsModelEndpointName": "jumpstart-words"})
    environment = apply()
    move(ministack, opensearch, environment)
    goes(ministack, environment)
    judged = judged.and_then(permissions.judge(calls, policies_in(ministack, environment, opensearch)))
    assert not judged.refused, "\n".join(map(" ".join, judged.refused))
    unused = judged.unjustified(UNUSED)
    assert not unused, "\n".join(map(" ".join, unused))
    terraform.destroy()
    assert not terraform.there()


JOBS = "plumbline-analysis"
"""The role of the Glue jobs."""

UNUSED = {
    "plumbline-* logs:*": "Lambda and Glue write the logs, by these roles",
    "plumbline-* xray:*": "the X-Ray daemon of Lambda sends the traces, by these roles",
    "plumbline-* ec2:*": "Lambda makes and removes the functions' network interfaces, by these roles",
    "plumbline-reconcile sqs:*": "Lambda takes the messages; what is attached, paused or busy is sent again",
    "plumbline-reconcile es:ESHttpPut": "an index that is gone is made anew",
    "plumbline-reconcile-all dynamodb:GetItem": "where scans wait, it looks whether the month has room for them",
    f"{JOBS} s3:ListBucket": "Glue looks into the bucket of its scripts",
    f"{JOBS} dynamodb:DeleteItem": "a run of the same second had more centers",
    "arn:* s3:*": "nothing is sent without TLS",
    "arn:* sqs:*": "EventBridge sends here, and nobody without TLS",
}
"""What policies allow and no code of ours calls, and who does."""


def policies_in(url: str, environment: dict[str, str], opensearch: str) -> Policies:
    """The policies that are deployed: those of the functions' and the jobs' roles, and of what they call."""
    iam, sqs, s3 = (client(service, url) for service in ("iam", "sqs", "s3"))

    def inline(role_arn: str) -> list[dict[str, Any]]:
        role = role_arn.rpartition("/")[2]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return [statement for document in documents for statement in document["Statement"]]

    every = client("lambda", url).list_functions()["Functions"]
    functions = [one for one in every if one["FunctionName"].startswith("plumbline-")]  # not those of other tests
    roles = {one["FunctionName"].rpartition("-")[0]: inline(one["Role"]) for one in functions}
    roles[JOBS] = inline(client("glue", url).get_job(JobName=DRIFT_JOB)["Job"]["Role"])
    bucket = environment["PLUMBLINE_BUCKET"]
    resources = {f"arn:aws:s3:::{bucket}": statements(s3.get_bucket_policy(Bucket=bucket)["Policy"])}
    for queue in (environment["PLUMBLINE_QUEUE_URL"], environment["PLUMBLINE_DEAD_LETTER_QUEUE_URL"]):
        held = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn", "Policy"])["Attributes"]
        resources[held["QueueArn"]] = statements(held["Policy"])
    (account,) = {one["FunctionArn"].split(":")[4] for one in functions}
    domain = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{opensearch}"
    return Policies(roles, resources, account, domain)


def zone_and_certificate(url: str) -> dict[str, str]:
    """The settings of a chat page whose zone and certificate are there, as an operator has them."""
    zone = client("route53", url).create_hosted_zone(Name="example.org", CallerReference="tests")["HostedZone"]["Id"]
    certificate = client("acm", url).request_certificate(DomainName="origin.example.org", ValidationMethod="DNS")
    return {
        "customDomainRoute53HostedZoneID": zone.rpartition("/")[2],
        "customDomainCertificateArn": certificate["CertificateArn"],
    }


def run(environment: dict[str, str], *arguments: str) -> Any:
    """What the command line prints, as JSON."""
    command = [sys.executable, "-m", "runtime", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put(url: str, environment: dict[str, str], name: str, path: Path) -> None:
    """Where DataSync puts a document."""
    client("s3", url).put_object(
        Bucket=environment["PLUMBLINE_BUCKET"], Key=f"{INGEST_PREFIX}{name}", Body=path.read_bytes()
    )


def work(url: str, environment: dict[str, str], folder: Path) -> None:
    """A broken file is told of and redriven when it is whole; then it is asked about, and replaced. A scan is read."""
    put(url, environment, "book.pdf", pdfs.damaged(folder / "broken.pdf"))
    (entry,) = until(lambda: [entry for entry in run(environment, "documents") if entry["state"] == "damaged"])
    assert "book.pdf" in entry["reason"]
    put(url, environment, "book.pdf", pdfs.book(folder / "one.pdf", 4))
    assert run(environment, "redrive")["documents"] == ["book.pdf"]
    until(lambda: [entry for entry in run(environment, "documents") if entry["state"] == "ready"])
    answer = run(environment, "ask", f"What does number 200 do? {pdfs.sentence(200)}")
    assert answer["state"] == "done"
    assert any(source["page"] <= 2 <= source["last_page"] for source in answer["sources"])
    put(url, environment, "scan.pdf", pdfs.scanned(folder / "scan.pdf", ["The kettle holds two litres of water."]))
    until(lambda: [e for e in run(environment, "documents") if (e["document"], e["state"]) == ("scan.pdf", "ready")])
    put(url, environment, "book.pdf", pdfs.book(folder / "two.pdf", 2, seed=500_000))
    until(lambda: [e for e in run(environment, "documents") if e["state"] == "ready" and e["pages"] == 2])


def watch(url: str, environment: dict[str, str], folder: Path, by_role: str) -> None:
    """The jobs as they are deployed, which call `by_role`, on what the stack itself has archived: a baseline,
    questions, and other books."""
    bucket = environment["PLUMBLINE_BUCKET"]
    results, reports = DynamoResults(client("dynamodb", url)), S3Files(f"s3://{bucket}/reports/", client("s3", url))

    def brought(name: str, texts: list[str]) -> None:
        """The document is in the library, and all its passages in the archive."""
        put(url, environment, name, pdfs.paragraphs(folder / name, texts))
        until(lambda: [e for e in run(environment, "documents") if (e["document"], e["state"]) == (name, "ready")])
        as_firehose_delivers(url, bucket, EMBEDDING_ARCHIVE_PREFIX)

    def ran(job: str, **arguments: str) -> str:
        done = glue.run_job(url, job, by_role, **arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def runs(output: str, jobtype: str) -> list[Run]:
        return results.runs(environment[output], jobtype)

    brought("instruments.pdf", [" ".join(pdfs.sentence(n * 10 + i) for i in range(9)) for n in range(200)])
    assert "has no baseline. This run makes one." in ran(DRIFT_JOB)
    (baseline,) = runs("PLUMBLINE_DRIFT_TABLE", "BASELINE")
    assert baseline.values["rows"] > 200

    ask(
        environment,
        [f"What does number {n} do?" for n in range(2)] + [f"How is rice cooked, way {n}?" for n in range(10)],
    )
    assert "Median" in ran(DISTANCE_JOB)
    (measured,) = runs("PLUMBLINE_DISTANCE_TABLE", "DISTANCE")
    # With the one of the command line.
    assert (measured.values["rows"], measured.values["reference"]) == (13, f"BASELINE#{baseline.jobdate}")
    started = client("glue", url).get_triggers()["Triggers"]
    (prompts,) = [action["Arguments"] for one in started for action in one["Actions"] if action.get("Arguments")]
    told = ran(DRIFT_JOB, **{name.removeprefix("--"): value for name, value in prompts.items()})
    assert "Not enough data. The archive has 13 records" in told
    assert not runs("PLUMBLINE_PROMPT_DRIFT_TABLE", "BASELINE")

    cook = "Boil {} grams of rice in salted water for {} minutes, and serve it with fried onions and parsley. "
    brought("recipes.pdf", ["".join(cook.format(n * 7 + i, n + i) for i in range(9)) for n in range(220)])
    assert "Possible drift" in ran(DRIFT_JOB, max_rows="200")  # more than that goes to Spark
    (snapshot,) = runs("PLUMBLINE_DRIFT_TABLE", "SNAPSHOT")
    assert (snapshot.values["drift"], snapshot.values["share"], snapshot.values["streak"]) == (True, 1.0, 1)
    assert any("rice" in row["text"] for one in snapshot.values["clusters"] for row in one["passages"])
    kinds = {name.rpartition("-")[0] for name in reports.names() if name.endswith(".html")}
    assert kinds == {"drift-documents-baseline", "drift-documents-snapshot", "distance-distance"}
    metrics = CloudWatchMetrics(client("cloudwatch", url))
    assert metrics.series("document_drift", time.time() - 600, 1)[-1][1] == 1.0
    for name in ("instruments.pdf", "recipes.pdf", "scan.pdf"):
        client("s3", url).delete_object(Bucket=bucket, Key=f"{INGEST_PREFIX}{name}")

    def is_one_left() -> bool:
        looked(url)
        return len(run(environment, "documents")) == 1

    until(is_one_left)


def looked(url: str) -> dict[str, Any]:
    """What the schedule does every hour, and what it found."""
    functions = client("lambda", url)
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    (look,) = [name for name in names if name.startswith("plumbline-reconcile-all-")]
    found: dict[str, Any] = json.loads(functions.invoke(FunctionName=look)["Payload"].read())
    return found


def as_firehose_delivers(url: str, bucket: str, prefix: str) -> None:
    """Many records an object, of an hour each: the emulator makes one of each record, which Spark takes minutes to
    read."""
    s3 = client("s3", url)
    hours: dict[str, list[str]] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", []):
            hours.setdefault(one["Key"].rpartition("/")[0], []).append(one["Key"])
    for hour, keys in hours.items():
        records = b"".join(s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        s3.put_object(Bucket=bucket, Key=f"{hour}/{uuid.uuid4()}", Body=records)


def ask(environment: dict[str, str], questions: list[str]) -> None:
    """Ask each, as the chat page does, and stop the answer as soon as it is being written."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        answerer = Cloud(CloudSettings.read(os.environ)).answerer()
        for number, question in enumerate(questions):
            answers = answerer.answer(question, prompt_id=f"question-{number}", conversation=f"reader-{number // 4}")
            assert next(one.state for one in answers if one.state != "searching") in ("writing", "refused")
            answers.close()


def move(url: str, opensearch: str, environment: dict[str, str]) -> None:
    """The stack has got another embedding model: the former index answers until the new one is complete."""
    search = connect(opensearch)

    def live() -> str:
        return str(next(iter(search.indices.get_alias(name=ALIAS))))

    before = live()
    assert "tei-words" in before
    assert run(environment, "search", pdfs.sentence(500_100))["hits"]
    until(lambda: bool(looked(url)["moved"]))
    assert "jumpstart-words" in live()
    assert not search.indices.exists(index=before)
    (entry,) = run(environment, "documents")
    assert (entry["state"], entry["pages"]) == ("ready", 2)
    hits = run(environment, "search", pdfs.sentence(500_100))["hits"]
    assert pdfs.sentence(500_100) in " ".join(hit["text"] for hit in hits)


def goes(url: str, environment: dict[str, str]) -> None:
    """A file that is deleted is found no more."""
    client("s3", url).delete_object(Bucket=environment["PLUMBLINE_BUCKET"], Key=f"{INGEST_PREFIX}book.pdf")

    def is_gone() -> bool:
        looked(url)
        return not run(environment, "documents")

    until(is_gone)
    assert run(environment, "search", pdfs.sentence(500_100))["hits"] == []
