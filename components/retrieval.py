"""The retrieval tier: an OpenSearch domain in the VPC or an existing one, its index, and the conversation table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import package
from components.functions import Code, Function, FunctionArgs
from components.groups import HTTPS, allow_https_out, allow_in
from components.models import call_models
from components.policies import Statement, allow, policy
from components.settings import Size
from components.tables import table
from runtime.names import CONVERSATION_KEYS, CONVERSATIONS_BY_TIME, EXPIRES

ENGINE = "OpenSearch_3.5"
DOMAIN_TIMEOUT = "90m"
"""How long creating or changing a domain may take: longer than the provider's default of an hour."""

INDEX_SECONDS = 120
INDEX_SOURCES = ("runtime/aws/opensearch.py", "runtime/passages.py")
"""The sources that define an index: when they change, the deployment ensures the index again."""

SEARCHES = ("_search", "_msearch", "_count")
"""The ends of the paths that searches and counts are posted to."""

WRITING = ("es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalArgs:
    """The domain's place in the network; `endpoint` names an existing domain; `model` is the embedding model."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    size: Size
    code: Code
    model: str
    protect: bool
    endpoint: str = ""
    create_service_linked_role: bool = False


class Retrieval(pulumi.ComponentResource):
    """`endpoint` has no scheme; `models` are those that may embed questions, known once the index is created."""

    endpoint: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    conversations: aws.dynamodb.Table
    models: pulumi.Output[list[str]]

    def __init__(self, name: str, args: RetrievalArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:retrieval:Retrieval", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.conversations = table(
            f"{name}-conversations",
            dict.fromkeys(CONVERSATION_KEYS, "S"),
            self,
            protect=args.protect,
            by_time=(CONVERSATIONS_BY_TIME, "updated"),
            expires=EXPIRES,
        )
        self._name = name
        self._domain: aws.opensearch.Domain | None = None
        self._group: aws.ec2.SecurityGroup | None = None
        if args.endpoint:
            endpoint = args.endpoint.removeprefix("https://").rstrip("/")
            self.endpoint = pulumi.Output.from_input(endpoint)
            self.domain_name = pulumi.Output.from_input(_name_of(endpoint))
            self._domain_arn = self._arn_of(_name_of(endpoint))
        else:
            self._group = aws.ec2.SecurityGroup(
                f"{name}-search", description="The OpenSearch domain", vpc_id=args.vpc_id, opts=child
            )
            self._domain = self._create_domain(name, args, self._group)
            self.endpoint = self._domain.endpoint
            self.domain_name = self._domain.domain_name
            self._domain_arn = self._domain.arn
        callers = aws.ec2.SecurityGroup(
            f"{name}-index", description="The function that makes the index", vpc_id=args.vpc_id, opts=child
        )
        self.allow_in(f"{name}-index", callers.id)
        allow_https_out(f"{name}-index", callers.id, self)
        self.index = Function(
            f"{name}-ensure-index",
            FunctionArgs(
                code=args.code,
                handler="ensure_index",
                environment={
                    "PLUMBLINE_OPENSEARCH_ENDPOINT": self.endpoint,
                    "PLUMBLINE_EMBEDDINGS_MODEL": args.model,
                },
                statements=[*self.write_statements(), call_models([args.model], self)],
                subnet_ids=args.subnet_ids,
                seconds=INDEX_SECONDS,
                security_group_ids=[callers.id],
            ),
            child,
        )
        self.index_triggers = {"index": _index_hash(args.model)}
        self.index_created = aws.lambda_.Invocation(
            f"{name}-index",
            function_name=self.index.name,
            input="{}",
            triggers=self.index_triggers,
            opts=child,
        )
        # While a new model's index is being built, questions are embedded by the model of the one before it.
        self.models = self.index_created.result.apply(lambda result: list(json.loads(result)["models"]))
        self.register_outputs({"endpoint": self.endpoint, "domain_name": self.domain_name})

    def search_statements(self) -> list[Statement]:
        """The permissions that a role needs to search, and no more: a POST to other paths could change an index."""
        arn = self._domain_arn
        return [
            allow(["es:ESHttpGet", "es:ESHttpHead"], [pulumi.Output.concat(arn, "/*")]),
            allow(["es:ESHttpPost"], [pulumi.Output.concat(arn, f"/*/{path}") for path in SEARCHES]),
        ]

    def write_statements(self) -> list[Statement]:
        """The permissions that a role needs to search, and to create, fill and remove indexes."""
        return [allow(WRITING, [pulumi.Output.concat(self._domain_arn, "/*")])]

    def allow_in(self, name: str, security_group_id: pulumi.Input[str]) -> None:
        """Let this group call the domain. An existing domain's groups are left to its owner."""
        if self._group is not None:
            allow_in(f"{name}-to-search", security_group_id, self._group.id, HTTPS, f"{name} calls the domain", self)

    def admit(self, *, writers: Sequence[pulumi.Input[str]], readers: Sequence[pulumi.Input[str]] = ()) -> None:
        """Name these roles in the domain's policy. An existing domain's policy is left to its owner. Anyone else needs
        es:ESHttp permissions of their own in this account's IAM, as for the tunnel."""
        if self._domain is None:
            return
        statements = [_principals(one, [self.index.role_arn, *writers]) for one in self.write_statements()]
        if readers:
            statements += [_principals(one, readers) for one in self.search_statements()]
        aws.opensearch.DomainPolicy(
            self._name,
            domain_name=self._domain.domain_name,
            access_policies=policy(*statements),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _arn_of(self, domain_name: str) -> pulumi.Output[str]:
        """The ARN of a domain in this account and region."""
        invoke = pulumi.InvokeOutputOptions(parent=self)
        account = aws.get_caller_identity_output(opts=invoke).account_id
        region = aws.get_region_output(opts=invoke).region
        partition = aws.get_partition_output(opts=invoke).partition
        return pulumi.Output.concat("arn:", partition, ":es:", region, ":", account, f":domain/{domain_name}")

    def _create_domain(self, name: str, args: RetrievalArgs, group: aws.ec2.SecurityGroup) -> aws.opensearch.Domain:
        size = args.size
        waits = []
        if args.create_service_linked_role:
            service = "opensearchservice.amazonaws.com"
            waits.append(
                aws.iam.ServiceLinkedRole(
                    name,
                    aws_service_name=service,
                    opts=pulumi.ResourceOptions(
                        parent=self, retain_on_delete=True
                    ),  # it belongs to the account, not to the stack
                )
            )
        zones = min(size.data_nodes, 2)
        logs = aws.cloudwatch.LogGroup(f"{name}-search", retention_in_days=90, opts=pulumi.ResourceOptions(parent=self))
        writes = aws.cloudwatch.LogResourcePolicy(
            f"{name}-search",
            policy_name=pulumi.Output.concat(logs.name, "-opensearch"),
            policy_document=policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "es.amazonaws.com"},
                    "Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
                    "Resource": pulumi.Output.concat(logs.arn, ":*"),
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.opensearch.Domain(
            name,
            engine_version=ENGINE,
            cluster_config={
                "instance_type": size.data_node,
                "instance_count": size.data_nodes,
                "zone_awareness_enabled": zones > 1,
                **({"zone_awareness_config": {"availability_zone_count": zones}} if zones > 1 else {}),
                "dedicated_master_enabled": size.master_nodes > 0,
                **(
                    {"dedicated_master_type": size.master_node, "dedicated_master_count": size.master_nodes}
                    if size.master_nodes
                    else {}
                ),
            },
            ebs_options={"ebs_enabled": True, "volume_type": "gp3", "volume_size": size.volume_gib},
            vpc_options={"subnet_ids": list(args.subnet_ids)[:zones], "security_group_ids": [group.id]},
            domain_endpoint_options={"enforce_https": True, "tls_security_policy": "Policy-Min-TLS-1-2-PFS-2023-10"},
            encrypt_at_rest={"enabled": True},
            node_to_node_encryption={"enabled": True},
            log_publishing_options=[{"cloudwatch_log_group_arn": logs.arn, "log_type": "ES_APPLICATION_LOGS"}],
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=[*waits, writes],
                custom_timeouts=pulumi.CustomTimeouts(
                    create=DOMAIN_TIMEOUT, update=DOMAIN_TIMEOUT, delete=DOMAIN_TIMEOUT
                ),
            ),
        )


def _index_hash(model: str) -> str:
    sources = b"".join((package.ROOT / name).read_bytes() for name in INDEX_SOURCES)
    return hashlib.sha256(sources + model.encode()).hexdigest()


def _name_of(endpoint: str) -> str:
    """A domain's name from its endpoint, (vpc|search)-NAME-26 LETTERS.REGION.es…; any other endpoint as it is."""
    return endpoint.split(".")[0].partition("-")[2].rpartition("-")[0] or endpoint


def _principals(statement: Statement, role_arns: Sequence[pulumi.Input[str]]) -> Statement:
    return {**statement, "Principal": {"AWS": list(role_arns)}}
