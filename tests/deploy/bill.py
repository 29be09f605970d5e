"""What a stack costs in a month at a stated use, reckoned from its resources' inputs: `python -m tests.deploy.bill`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from tests.deploy.engine import EXISTING, MODELS, PAGE
from tests.deploy.prices import AS_OF, MEMORY, PRICES
from tests.deploy.resources import Resource, made

HOURS = 730
DAYS = 365 / 12
GIB = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A month of a library and its readers; the same for each size, so that the sizes can be compared."""

    documents: int = 1000
    pages: int = 20
    """Pages of a document."""
    document_mib: float = 2.0
    added: int = 100
    """Documents that are new or changed in a month; the former versions are kept for three."""
    scans: int = 500
    """Pages of those that Textract reads."""
    passages: int = 3
    """Passages of a page; each is embedded once."""
    passage_tokens: int = 220
    questions: int = 100
    """Questions a day, every day."""
    question_tokens: int = 2500
    """Tokens of a prompt with its sources."""
    answer_tokens: int = 300
    people: int = 20
    open_hours: int = 80
    """Hours a month for which each of them has the page open: four hours on twenty days."""
    asking_hours: int = 240
    """Hours a month in which somebody asks, and metrics are sent."""

    def said(self) -> str:
        """One sentence that states it."""
        return (
            f"{self.documents:,} documents of {self.pages} pages and {self.document_mib:g} MiB, {self.added} of them "
            f"new or changed in the month, with {self.scans} scanned pages; {self.questions} questions a day, from "
            f"{self.people} people, each of whom has the page open for {self.open_hours} hours in the month"
        )

    @property
    def library_gb(self) -> float:
        return self.documents * self.document_mib / 1024

    @property
    def added_gb(self) -> float:
        return self.added * self.document_mib / 1024

    @property
    def new_passages(self) -> int:
        return self.added * self.pages * self.passages

    @property
    def month_questions(self) -> float:
        return self.questions * DAYS


USE = Use()

ANALYSIS_MINUTES = 3
"""How long a nightly analysis of a small archive runs, on the driver and one worker."""
ANALYSIS_WORKERS = 2

RECORD_KB = 15
"""A passage or question with its embedding of 1,024 numbers, as Firehose counts it."""
EMBEDDED_KB = 20
"""What is sent and answered when a passage is embedded."""
SCAN_MB = 1
READ_SECONDS = 30
"""How long a document is read and embedded."""
LOOK_SECONDS = 10
POLLS_A_MINUTE = 15
"""Of a queue by Lambda: five pollers that wait 20 s each."""
PAGE_REQUESTS = 4
"""Requests a minute of an open page, and six of a question; the list's changes are looked for every 20 s."""
QUESTION_REQUESTS = 6
ANSWER_KB = 200
LOG_GB = 0.1
"""What a log group takes in a month."""
FLOW_GB = 0.5
ASKING_METRICS = 5
ANALYSIS_METRICS = 4
TABLE_KEYS_AN_HOUR = 12
"""Requests for a table's key, which DynamoDB keeps for five minutes."""
IMAGES_GB = 1.0


@dataclass(frozen=True, slots=True)
class Item:
    """So many units of a price, under a name; an `extra` is what a stack has by choice, outside the sum."""

    name: str
    price: str
    quantity: float
    extra: bool = False

    @property
    def dollars(self) -> float:
        return self.quantity * PRICES[self.price].dollars


class Unpriced(Exception):
    """A resource of a type that the bill knows no price of, nor that it is free."""


_FREE = {
    "public certificates are free": "acm/certificate:Certificate acm/certificateValidation:CertificateValidation",
    "the tasks that it sets are counted": "appautoscaling/policy:Policy appautoscaling/target:Target",
    "a budget without actions is free": "budgets/budget:Budget",
    "a part of the distribution": "cloudfront/vpcOrigin:VpcOrigin",
    "CloudFront's log is free but for its storage": "cloudwatch/logDelivery:LogDelivery "
    "cloudwatch/logDeliveryDestination:LogDeliveryDestination cloudwatch/logDeliverySource:LogDeliverySource",
    "a part of a log group": "cloudwatch/logResourcePolicy:LogResourcePolicy cloudwatch/logStream:LogStream",
    "a part of the rule": "cloudwatch/eventTarget:EventTarget",
    "a part of the user pool": "cognito/userGroup:UserGroup cognito/userPoolClient:UserPoolClient "
    "cognito/userPoolDomain:UserPoolDomain",
    "a part of the task": "datasync/efsLocation:EfsLocation datasync/s3Location:S3Location",
    "networks are free, what is in them is not": "ec2/defaultSecurityGroup:DefaultSecurityGroup "
    "ec2/internetGateway:InternetGateway ec2/route:Route ec2/routeTable:RouteTable "
    "ec2/routeTableAssociation:RouteTableAssociation ec2/securityGroup:SecurityGroup ec2/subnet:Subnet ec2/vpc:Vpc "
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "a part of the repository": "ecr/lifecyclePolicy:LifecyclePolicy",
    "the service's tasks are counted": "ecs/cluster:Cluster ecs/taskDefinition:TaskDefinition",
    "the file system is counted": "efs/fileSystemPolicy:FileSystemPolicy efs/mountTarget:MountTarget",
    "its runs are counted by their triggers": "glue/job:Job",
    "identities are free": "iam/instanceProfile:InstanceProfile iam/role:Role iam/rolePolicy:RolePolicy "
    "iam/rolePolicyAttachment:RolePolicyAttachment iam/serviceLinkedRole:ServiceLinkedRole",
    "the function is counted": "lambda/invocation:Invocation lambda/layerVersion:LayerVersion "
    "lambda/permission:Permission",
    "the load balancer is counted": "lb/listener:Listener lb/targetGroup:TargetGroup",
    "the domain is counted": "opensearch/domainPolicy:DomainPolicy",
    "questions for an alias of AWS's are free": "route53/record:Record",
    "the bucket is counted": "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration "
    "s3/bucketLogging:BucketLogging s3/bucketNotification:BucketNotification s3/bucketObjectv2:BucketObjectv2 "
    "s3/bucketOwnershipControls:BucketOwnershipControls s3/bucketPolicy:BucketPolicy "
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock s3/bucketVersioning:BucketVersioning "
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "the notebook is counted": "sagemaker/notebookInstanceLifecycleConfiguration"
    ":NotebookInstanceLifecycleConfiguration",
    "the topic is counted": "sns/topicPolicy:TopicPolicy sns/topicSubscription:TopicSubscription",
    "the queue is counted": "sqs/queuePolicy:QueuePolicy",
    "the file system's backups are counted with it": "efs/backupPolicy:BackupPolicy",
}
FREE = {kind: reason for reason, kinds in _FREE.items() for kind in kinds.split()}
"""Types that cost nothing of their own, and why."""


class Stack:
    """A stack's resources, and its month's traffic."""

    def __init__(self, resources: Sequence[Resource], use: Use) -> None:
        self.use = use
        self._of: dict[str, list[Mapping[str, Any]]] = {}
        for one in resources:
            self._of.setdefault(one.type.removeprefix("aws:"), []).append(one.inputs)

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """The inputs of a type's resources."""
        return self._of.get(kind, [])

    @property
    def outward_gb(self) -> float:
        """What leaves the private subnets for AWS's services: passages to be embedded, records, pictures, prompts,
        messages and logs. Documents come from S3 and states from DynamoDB, by gateway endpoints; so do the layers of
        images and the jump host's packages, which are in S3."""
        use = self.use
        passages = use.new_passages * (EMBEDDED_KB + RECORD_KB) / 1e6
        questions = (
            use.month_questions * (EMBEDDED_KB + RECORD_KB + (use.question_tokens + use.answer_tokens) * 4e-3) / 1e6
        )
        logs = LOG_GB if self.of("ecs/service:Service") else 0
        return passages + questions + use.scans * SCAN_MB / 1000 + logs


Lines = Iterator[Item]


def _nat(one: Resource, stack: Stack) -> Lines:
    yield Item("NAT gateways", "NAT gateway", HOURS)
    yield Item("NAT gateways: traffic, scans included", "NAT traffic", stack.outward_gb / len(stack.of(NAT)))


def _endpoint(one: Resource, stack: Stack) -> Lines:
    if one.inputs["vpcEndpointType"] != "Interface":
        return  # those for S3 and DynamoDB are free
    interfaces = [each for each in stack.of("ec2/vpcEndpoint:VpcEndpoint") if each["vpcEndpointType"] == "Interface"]
    yield Item("Interface endpoints", "interface endpoint", HOURS * len(one.inputs["subnetIds"]))
    yield Item("Interface endpoints: traffic", "endpoint traffic", stack.outward_gb / len(interfaces))


def _instance(one: Resource, stack: Stack) -> Lines:
    yield Item("Jump host", one.inputs["instanceType"], HOURS)
    yield Item("Jump host: disk of 8 GB", "gp3 disk", 8)


def _domain(one: Resource, stack: Stack) -> Lines:
    cluster = one.inputs["clusterConfig"]
    yield Item("OpenSearch: data nodes", cluster["instanceType"], HOURS * cluster["instanceCount"])
    if cluster["dedicatedMasterEnabled"]:
        yield Item(
            "OpenSearch: dedicated masters", cluster["dedicatedMasterType"], HOURS * cluster["dedicatedMasterCount"]
        )
    storage = one.inputs["ebsOptions"]["volumeSize"] * cluster["instanceCount"]
    yield Item("OpenSearch: storage", "gp3 disk of a domain", storage)
    if cluster["instanceCount"] < ZONES:  # AWS charges nothing between a domain's own nodes
        searched = stack.use.month_questions * ANSWER_KB / 1e6 + stack.use.new_passages * EMBEDDED_KB / 1e6
        yield Item("Traffic between zones", "traffic between zones", searched)  # half of it, each way


def _files(one: Resource, stack: Stack) -> Lines:
    library, added = stack.use.library_gb, stack.use.added_gb
    if one.inputs.get("lifecyclePolicies"):
        # After 30 days and after 90; as much is added every month.
        recent = min(library, added)
        seldom = min(library - recent, 2 * added)
        yield Item("File system: storage", "EFS storage", recent)
        yield Item("File system: storage", "EFS infrequent access", seldom)
        yield Item("File system: storage", "EFS archive", library - recent - seldom)
    else:
        yield Item("File system: storage", "EFS storage", library)
    yield Item("File system: throughput", "EFS write", added)
    looks = HOURS * stack.use.documents * 4 / 1024**2  # what is known of a file counts as 4 KiB
    yield Item("File system: throughput", "EFS read", added + looks)
    if stack.of("efs/backupPolicy:BackupPolicy"):
        yield Item("File system: backups", "EFS backup", library + added)


def _sync(one: Resource, stack: Stack) -> Lines:
    yield Item("DataSync", "DataSync", stack.use.added_gb)
    yield Item("S3: requests", "S3 write", stack.use.added + HOURS * (1 + stack.use.documents / 1000))
    yield Item("S3: requests", "S3 read", HOURS * stack.use.documents)


def _bucket(one: Resource, stack: Stack) -> Lines:
    use = stack.use
    if one.name.endswith("-library"):
        archived = (use.new_passages + use.month_questions) * RECORD_KB / 1e6 * 24 / 2  # of two years, packed to a half
        yield Item("S3: storage", "S3 storage", use.library_gb + 3 * use.added_gb + archived)
        yield Item("S3: requests", "S3 write", 2 * 12 * HOURS + use.scans)  # two streams, every five minutes
        yield Item("S3: requests", "S3 read", use.added + use.scans + use.month_questions)
    elif one.name.endswith("-logs"):
        yield Item("S3: storage", "S3 storage", 3 * FLOW_GB)
        yield Item("S3: requests", "S3 write", 12 * HOURS)
    else:
        yield Item("S3: storage", "S3 storage", 0.1)


def _function(one: Resource, stack: Stack) -> Lines:
    handler = one.inputs["handler"].rpartition(".")[2]
    calls, seconds = {
        "reconcile": (stack.use.added, READ_SECONDS),
        "reconcile_all": (HOURS, LOOK_SECONDS),
        "ensure_index": (1, LOOK_SECONDS),
    }[handler]
    memory, disk = one.inputs["memorySize"] / 1024, max(0, one.inputs["ephemeralStorage"]["size"] - 512) / 1024
    yield Item("Lambda", "Lambda memory", calls * seconds * memory)
    yield Item("Lambda", "Lambda disk", calls * seconds * disk)
    yield Item("Lambda", "Lambda request", calls)
    if one.inputs["tracingConfig"]["mode"] == "Active":
        yield Item("X-Ray", "X-Ray trace", calls)
    environment = one.inputs["environment"]["variables"]
    if handler != "reconcile":
        return
    yield Item("Models: embeddings", "Titan Text Embeddings V2", stack.use.new_passages * stack.use.passage_tokens)
    if environment["PLUMBLINE_OCR"] == "textract":
        limit = int(environment["PLUMBLINE_OCR_PAGES"])
        yield Item("Textract: pages", "Textract", min(stack.use.scans, limit or stack.use.scans))


def _prompts(one: Resource, stack: Stack) -> Lines:
    """Streams; who asks is archived, and asks a model."""
    use = stack.use
    if one.name.endswith("-passages"):
        yield Item("Firehose", "Firehose", use.new_passages * RECORD_KB / 1e6)
        return
    yield Item("Firehose", "Firehose", use.month_questions * RECORD_KB / 1e6)
    yield Item("Models: answers", "Nova Lite, read", use.month_questions * use.question_tokens)
    yield Item("Models: answers", "Nova Lite, written", use.month_questions * use.answer_tokens)
    for model in ("ml.g5.xlarge", "ml.g4dn.xlarge"):
        yield Item("Models: two endpoints of SageMaker instead", model, HOURS, extra=True)


def _mapping(one: Resource, stack: Stack) -> Lines:
    yield Item("SQS", "SQS request", POLLS_A_MINUTE * 60 * HOURS)


def _queue(one: Resource, stack: Stack) -> Lines:
    yield Item("SQS", "SQS request", 3 * stack.use.added)


def _topic(one: Resource, stack: Stack) -> Lines:
    yield Item("SNS: mails", "SNS mail", 30)


def _rule(one: Resource, stack: Stack) -> Lines:
    yield Item("EventBridge", "event", HOURS)


def _trigger(one: Resource, stack: Stack) -> Lines:
    is_flexible = all(job.get("executionClass") == "FLEX" for job in stack.of("glue/job:Job"))
    hours = DAYS * ANALYSIS_MINUTES / 60 * ANALYSIS_WORKERS
    yield Item("Glue: nightly analyses", "Glue, flexible" if is_flexible else "Glue", hours)


def _table(one: Resource, stack: Stack) -> Lines:
    use, indexes = (
        stack.use,
        1 + len(one.inputs.get("globalSecondaryIndexes", [])) + len(one.inputs.get("localSecondaryIndexes", [])),
    )
    writes, reads = 100.0, 1000.0
    if one.name.endswith("-ledger"):
        lists = use.people * use.open_hours * 60 * 3.0 if stack.of(SERVICE) else 0  # what has changed, every 20 s
        writes = use.added * 20.0 * indexes
        reads = lists + HOURS * use.documents / 8 + use.open_hours * 6 * use.documents / 20
    elif one.name.endswith("-conversations"):
        writes, reads = use.month_questions * 4 * 3 * indexes, use.month_questions * 20
    yield Item("DynamoDB: requests, indexes included", "DynamoDB write", writes)
    yield Item("DynamoDB: requests, indexes included", "DynamoDB read", reads)
    yield Item("DynamoDB: storage and backups", "DynamoDB storage", 0.05)
    if one.inputs["pointInTimeRecovery"]["enabled"]:
        yield Item("DynamoDB: storage and backups", "DynamoDB backup", 0.05)
    if one.inputs["serverSideEncryption"]["enabled"]:
        hours = (
            HOURS if one.name.endswith("-ledger") else use.asking_hours if one.name.endswith("-conversations") else DAYS
        )
        yield Item("KMS", "KMS request", TABLE_KEYS_AN_HOUR * hours)


def _logs(one: Resource, stack: Stack) -> Lines:
    yield Item("Logs", "log", LOG_GB)
    yield Item("Logs", "kept log", LOG_GB * one.inputs["retentionInDays"] / DAYS)


def _flow_log(one: Resource, stack: Stack) -> Lines:
    yield Item("Flow logs", "delivered log", FLOW_GB)


def _alarm(one: Resource, stack: Stack) -> Lines:
    yield Item("Alarms", "alarm", 1)


def _dashboard(one: Resource, stack: Stack) -> Lines:
    """With the metrics of the project's own that it shows."""
    yield Item("Dashboard", "dashboard", 1)
    asked = ASKING_METRICS * stack.use.asking_hours / HOURS
    yield Item("Metrics of its own", "metric", asked + ANALYSIS_METRICS * DAYS / HOURS)
    yield Item("Metrics of its own", "metric request", stack.use.month_questions)


def _balancer(one: Resource, stack: Stack) -> Lines:
    yield Item("Load balancer", "load balancer", HOURS)
    gb = stack.use.month_questions * ANSWER_KB / 1e6
    connections = stack.use.people * stack.use.open_hours * 60 * 2 / 3000 / 60  # unit-hours of 3,000 open a minute
    yield Item("Load balancer: capacity units", "capacity unit", gb + connections)


def _tasks(one: Resource, stack: Stack) -> Lines:
    (task,) = stack.of("ecs/taskDefinition:TaskDefinition")
    yield Item("Fargate", "Fargate core", HOURS * one.inputs["desiredCount"] * int(task["cpu"]) / 1024)
    yield Item("Fargate", "Fargate memory", HOURS * one.inputs["desiredCount"] * int(task["memory"]) / 1024)


def _images(one: Resource, stack: Stack) -> Lines:
    yield Item("Images", "ECR storage", IMAGES_GB)


def _distribution(one: Resource, stack: Stack) -> Lines:
    use = stack.use
    requests = use.people * use.open_hours * 60 * PAGE_REQUESTS + use.month_questions * QUESTION_REQUESTS
    yield Item("CloudFront: requests", "CloudFront request", requests)
    yield Item("CloudFront: traffic", "CloudFront traffic", use.month_questions * ANSWER_KB / 1e6)


def _people(one: Resource, stack: Stack) -> Lines:
    yield Item("Cognito", "Cognito", stack.use.people)


def _notebook(one: Resource, stack: Stack) -> Lines:
    yield Item("Notebook, running all the time", one.inputs["instanceType"], HOURS, extra=True)
    yield Item("Notebook, running all the time", "disk of a notebook", one.inputs["volumeSize"], extra=True)


def _address(one: Resource, stack: Stack) -> Lines:
    yield Item("Public IPv4 addresses", "public IPv4 address", HOURS)


NAT = "ec2/natGateway:NatGateway"
SERVICE = "ecs/service:Service"
ZONES = 2

PRICED: dict[str, Callable[..., Lines]] = {
    "opensearch/domain:Domain": _domain,
    NAT: _nat,
    "ec2/eip:Eip": _address,
    "ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "ec2/instance:Instance": _instance,
    SERVICE: _tasks,
    "lb/loadBalancer:LoadBalancer": _balancer,
    "cloudfront/distribution:Distribution": _distribution,
    "cognito/userPool:UserPool": _people,
    "ecr/repository:Repository": _images,
    "glue/trigger:Trigger": _trigger,
    "lambda/function:Function": _function,
    "efs/fileSystem:FileSystem": _files,
    "datasync/task:Task": _sync,
    "s3/bucket:Bucket": _bucket,
    "dynamodb/table:Table": _table,
    "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _prompts,
    "lambda/eventSourceMapping:EventSourceMapping": _mapping,
    "sqs/queue:Queue": _queue,
    "sns/topic:Topic": _topic,
    "cloudwatch/eventRule:EventRule": _rule,
    "cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "cloudwatch/dashboard:Dashboard": _dashboard,
    "cloudwatch/logGroup:LogGroup": _logs,
    "ec2/flowLog:FlowLog": _flow_log,
    "sagemaker/notebookInstance:NotebookInstance": _notebook,
}
"""What the types cost that cost something, in the order of the bill."""


def bill(resources: Sequence[Resource], use: Use = USE) -> list[Item]:
    """Each item of the stack's month, in the order of PRICED. Raises Unpriced for a type without a price."""
    stack = Stack(resources, use)
    kinds = {one.type.removeprefix("aws:") for one in resources if one.type.startswith("aws:")}
    if unknown := sorted(kinds - PRICED.keys() - FREE.keys()):
        raise Unpriced(f"The bill has neither a price for {', '.join(unknown)} nor a reason why that is free.")
    ordered = sorted(
        (one for one in resources if one.type.removeprefix("aws:") in PRICED),
        key=lambda one: list(PRICED).index(one.type.removeprefix("aws:")),
    )
    return [item for one in ordered for item in PRICED[one.type.removeprefix("aws:")](one, stack)]


def total(items: Sequence[Item]) -> float:
    """Dollars of a month, without what is there by choice."""
    return sum(item.dollars for item in items if not item.extra)


def table(bills: Mapping[str, Sequence[Item]]) -> str:
    """The bills beside each other, in Markdown: US dollars a month."""
    names = dict.fromkeys((item.extra, item.name) for items in reversed(list(bills.values())) for item in items)
    ordered = sorted(names, key=lambda one: one[0])

    def row(name: str, cells: Sequence[str]) -> str:
        return f"| {' | '.join([name, *cells])} |"

    def cell(items: Sequence[Item], name: str) -> str:
        found = [item.dollars for item in items if item.name == name]
        if not found:
            return "–"
        return f"{sum(found):,.2f}" if sum(found) > 0.005 or not sum(found) else "<0.01"

    lines = [row("US dollars a month", list(bills)), row("---", ["---:"] * len(bills))]
    lines += [row(name, [cell(items, name) for items in bills.values()]) for extra, name in ordered if not extra]
    lines.append(row("**in all**", [f"**{total(items):,.2f}**" for items in bills.values()]))
    lines += [
        row(f"by choice: {name}", [cell(items, name) for items in bills.values()]) for extra, name in ordered if extra
    ]
    return "\n".join(lines)


SHAPES: dict[str, Mapping[str, str]] = {
    "`small`": {**MODELS, "notebook": "true"},
    "`small` with the page": {**MODELS, **PAGE, "notebook": "true"},
    "`small`, endpoints": {**MODELS, "egress": "endpoints"},
    "`small`, your network": {**MODELS, **EXISTING},
    "`production`": {**MODELS, "notebook": "true", "size": "production"},
    "`production` with the page": {**MODELS, **PAGE, "notebook": "true", "size": "production"},
}
"""What is compared: settings by the table's column."""


def bills() -> dict[str, list[Item]]:
    """The items of each shape, from what the program would make."""
    return {
        shape: bill(made(lambda values=values: compose(Settings.read(values), CodeArgs())).resources)  # type: ignore[misc]
        for shape, values in SHAPES.items()
    }


def main() -> None:
    """The handbook's table, and the prices."""
    print(table(bills()))
    print(f"\nFor {USE.said()}.\n")
    print(sources())


def sources() -> str:
    """Each price, and who says so."""
    width = max(map(len, PRICES))
    lines = [f"{name:{width}} ${one.dollars:.10g} per {one.unit} ({one.source})" for name, one in PRICES.items()]
    return "\n".join([f"List prices of us-east-1, looked up on {AS_OF} where it does not say {MEMORY!r}:", *lines])


if __name__ == "__main__":
    main()
