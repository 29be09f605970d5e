"""What network, retrieval and ingestion would make, under mocks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pytest

from analysis.glue.run import known_arguments
from components.functions import Code, CodeArgs
from components.ingestion import Ingestion, IngestionArgs
from components.network import Network, NetworkArgs
from components.retrieval import Retrieval, RetrievalArgs
from components.settings import SIZES, Settings
from components.stack import _settings, compose
from runtime.names import DISTANCE_METRIC, DRIFT_METRICS, LEDGER_FORMAT, OUTPUT_OF, SETTING_OF
from runtime.verdicts import ALARM_AT
from tests.deploy import engine
from tests.deploy.engine import MODELS
from tests.deploy.resources import ACCOUNT, INVOKES, Made, made, run_program, statements

pytestmark = pytest.mark.xdist_group("backend")  # its stacks are made once


def backend(values: Mapping[str, str]) -> None:
    """The stack without a frontend."""
    compose(Settings.read({**MODELS, **values}), CodeArgs())


@pytest.fixture(scope="module")
def small() -> Made:
    return made(lambda: backend({}))


@pytest.fixture(scope="module")
def production() -> Made:
    return made(lambda: backend({"size": "production", "protect": "true"}))


def only(found: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    (one,) = found.values()
    return one


def test_no_two_resources_of_a_type_have_one_name(small: Made, production: Made) -> None:
    for stack in (small, production):
        names = [(one.type, one.name) for one in stack.resources]
        assert len(set(names)) == len(names) > 80


def test_a_preview_in_which_nothing_is_known_makes_the_same(small: Made) -> None:
    assert sorted(made(lambda: backend({}), preview=True).kinds()) == sorted(small.kinds())


def test_every_bucket_is_private_encrypted_and_accepts_only_tls(small: Made) -> None:
    buckets = small.of("s3/bucket:Bucket")
    assert len(buckets) == 4
    for name in buckets:
        block = small.of("s3/bucketPublicAccessBlock:BucketPublicAccessBlock")[name]
        assert all(block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls"))
        assert block["restrictPublicBuckets"]
        assert name in small.of("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
        first = statements(small.of("s3/bucketPolicy:BucketPolicy")[name]["policy"])[0]
        assert (first["Effect"], first["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert len(first["Resource"]) == 2


def test_the_layer_is_published_by_way_of_s3(small: Made) -> None:
    """Lambda takes no larger request than 50 MB as a zip, and the layer is 64 MB."""
    ((name, layer),) = small.of("lambda/layerVersion:LayerVersion").items()
    assert "code" not in layer
    stored = small.of("s3/bucketObjectv2:BucketObjectv2")[f"{name}-code-layer"]
    assert layer["s3Key"] == stored["key"]
    assert layer["s3Bucket"] == stored["bucket"]


def test_queues_topic_and_file_system_take_nothing_without_tls(small: Made) -> None:
    policies = [
        *(one["policy"] for one in small.of("sqs/queuePolicy:QueuePolicy").values()),
        *(one["policy"] for one in small.of("sns/topicPolicy:TopicPolicy").values()),
        *(one["policy"] for one in small.of("efs/fileSystemPolicy:FileSystemPolicy").values()),
    ]
    assert len(small.of("sqs/queue:Queue")) == 3
    assert len(policies) == 5
    for policy in policies:
        (denied,) = [one for one in statements(policy) if one["Effect"] == "Deny"]
        assert denied["Principal"] == "*"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    files, _ = statements(only(small.of("efs/fileSystemPolicy:FileSystemPolicy"))["policy"])
    assert {action.rpartition(":Client")[2] for action in files["Action"]} == {"Mount", "Write", "RootAccess"}
    assert "inTransitEncryption" in only(small.of("datasync/efsLocation:EfsLocation"))


@pytest.mark.parametrize(("stack", "kept"), [("small", False), ("production", True)])
def test_protect_drives_buckets_and_tables_together(stack: str, kept: bool, request: pytest.FixtureRequest) -> None:
    found: Made = request.getfixturevalue(stack)
    assert {bucket["forceDestroy"] for bucket in found.of("s3/bucket:Bucket").values()} == {not kept}
    assert {table["deletionProtectionEnabled"] for table in found.of("dynamodb/table:Table").values()} == {kept}


def test_the_domain_is_encrypted_everywhere_and_is_in_the_vpc(small: Made, production: Made) -> None:
    for stack, zones, nodes in ((small, 1, 1), (production, 2, 2)):
        domain = only(stack.of("opensearch/domain:Domain"))
        assert domain["encryptAtRest"]["enabled"]
        assert domain["nodeToNodeEncryption"]["enabled"]
        assert domain["domainEndpointOptions"]["enforceHttps"]
        assert "TLS-1-2" in domain["domainEndpointOptions"]["tlsSecurityPolicy"]
        assert len(domain["vpcOptions"]["subnetIds"]) == zones
        assert domain["clusterConfig"]["instanceCount"] == nodes
    assert only(production.of("opensearch/domain:Domain"))["clusterConfig"]["dedicatedMasterCount"] == 3


def test_only_named_roles_reach_the_domain(small: Made) -> None:
    (statement,) = statements(only(small.of("opensearch/domainPolicy:DomainPolicy"))["accessPolicies"])
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}  # which is there, however new a role is
    roles = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert len(roles) == 3
    assert all(f":{ACCOUNT}:" in role and "*" not in role for role in roles)
    assert not [action for action in statement["Action"] if action.endswith("*")]


def test_an_existing_domain_is_used_and_not_changed() -> None:
    endpoint = "vpc-mine-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"
    found = made(lambda: backend({"openSearchEndpoint": f"https://{endpoint}"}))
    assert not found.of("opensearch/domain:Domain")
    assert not found.of("opensearch/domainPolicy:DomainPolicy")
    assert not found.of("iam/serviceLinkedRole:ServiceLinkedRole")
    assert not [name for name in found.of("ec2/securityGroup:SecurityGroup") if name.endswith("-search")]
    rules = found.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert not [name for name in rules if name.endswith("-to-search")]
    alarms = found.of("cloudwatch/metricAlarm:MetricAlarm")
    assert not [name for name in alarms if "domain" in name]
    for function in found.of("lambda/function:Function").values():
        assert function["environment"]["variables"]["PLUMBLINE_OPENSEARCH_ENDPOINT"] == endpoint
    allowed = [s for p in found.of("iam/rolePolicy:RolePolicy").values() for s in statements(p["policy"])]
    domains = {resource for s in allowed if "es:ESHttpGet" in s["Action"] for resource in s["Resource"]}
    assert domains == {f"arn:aws:es:eu-central-1:{ACCOUNT}:domain/mine/*"}


def test_an_existing_domain_is_recognised_by_its_name() -> None:
    endpoint = "vpc-our-library-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com"
    told: dict[str, Any] = {}

    def program() -> None:
        outputs = compose(Settings.read({**MODELS, "openSearchEndpoint": endpoint}), CodeArgs())
        pulumi.Output.all(**{name: outputs[name] for name in ("OpensearchDomain", "OpensearchEndpoint")}).apply(
            told.update
        )

    made(program)
    assert told == {"OpensearchDomain": "our-library", "OpensearchEndpoint": endpoint}


@pytest.mark.parametrize(
    ("model", "arns"),
    [
        ("Words", ["sagemaker:eu-central-1:ACCOUNT:endpoint/words"]),
        ("bedrock:zai.glm-4.7", ["bedrock:eu-central-1::foundation-model/zai.glm-4.7"]),
        (
            "bedrock:amazon.titan-embed-text-v2:0",
            ["bedrock:eu-central-1::foundation-model/amazon.titan-embed-text-v2:0"],
        ),
        (
            "bedrock:us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0",
            [
                "bedrock:*::foundation-model/anthropic.claude-3-5-sonnet-20240620-v1:0",
                "bedrock:eu-central-1:ACCOUNT:inference-profile/us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0",
            ],
        ),
        (
            "bedrock:global.amazon.nova-2-lite-v1:0",
            [
                "bedrock:*::foundation-model/amazon.nova-2-lite-v1:0",
                "bedrock:eu-central-1:ACCOUNT:inference-profile/global.amazon.nova-2-lite-v1:0",
            ],
        ),
    ],
)
def test_a_model_may_be_called_where_it_is_and_a_profile_in_all_its_regions(model: str, arns: list[str]) -> None:
    found = made(lambda: backend({"textModelEndpointName": model, "notebook": "true"}))
    allowed = statements(found.of("iam/rolePolicy:RolePolicy")["plumbline-notebook"]["policy"])
    (models,) = [one["Resource"] for one in allowed if "bedrock:InvokeModel" in one["Action"]]
    every = dict.fromkeys([*arns, "sagemaker:eu-central-1:ACCOUNT:endpoint/vectors"])
    assert models == [f"arn:aws:{arn.replace('ACCOUNT', ACCOUNT)}" for arn in every]


STARS = {
    ("ec2:CreateNetworkInterface",),  # an interface that is not there yet
    ("xray:PutTraceSegments",),
    ("textract:DetectDocumentText",),
    ("cloudwatch:PutMetricData",),
}
"""Actions, by the first of their statement, that AWS gives no resource to name."""


def test_every_role_names_its_actions_and_resources(small: Made) -> None:
    policies = small.of("iam/rolePolicy:RolePolicy")
    assert len(policies) >= 6
    for name, policy in policies.items():
        for statement in statements(policy["policy"]):
            assert not [action for action in statement["Action"] if action.endswith("*")], name
            if "*" in statement["Resource"]:
                assert (statement["Action"][0],) in STARS, (name, statement)


def test_former_versions_of_documents_and_the_archives_are_kept_for_as_long_as_is_set() -> None:
    for values, days, kept_days in (({}, 90, 730), ({"versionDays": "7", "archiveDays": "30"}, 7, 30)):
        found = made(lambda values=values: backend(values))  # type: ignore[misc]
        versioned = found.of("s3/bucketVersioning:BucketVersioning")
        assert {name: one["versioningConfiguration"]["status"] for name, one in versioned.items()} == {
            "plumbline-library": "Enabled"
        }
        lifecycles = found.of("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        kept = {name: one["rules"][0].get("noncurrentVersionExpiration") for name, one in lifecycles.items()}
        assert {one["id"]: one["expiration"] for one in lifecycles["plumbline-library"]["rules"][1:]} == {
            "embeddingarchive": {"days": kept_days},
            "promptarchive": {"days": kept_days},
        }
        assert kept.pop("plumbline-library") == {"noncurrentDays": days}
        assert set(kept.values()) == {None}
        rule, *_ = lifecycles["plumbline-library"]["rules"]
        assert rule["expiration"] == {"expiredObjectDeleteMarker": True}


def test_only_the_function_that_forgets_a_document_may_remove_its_versions_and_only_documents(small: Made) -> None:
    may = {
        (name, action, resource.rpartition(":")[2], str(statement.get("Condition", "")))
        for name, one in small.of("iam/rolePolicy:RolePolicy").items()
        for statement in statements(one["policy"])
        for action in statement["Action"]
        for resource in statement["Resource"]
        if "Version" in action and action.startswith("s3:")
    }
    bucket = "Bucket/plumbline-library-1234567"
    assert may == {
        (
            *("plumbline-reconcile", "s3:ListBucketVersions", bucket),
            "{'StringLike': {'s3:prefix': 'datasync/ingest/*'}}",
        ),
        ("plumbline-reconcile", "s3:DeleteObjectVersion", f"{bucket}/datasync/ingest/*", ""),
    }


def test_a_message_outlives_a_call_and_a_failed_one_reaches_the_dead_letters(small: Made) -> None:
    queues = small.of("sqs/queue:Queue")
    functions = small.of("lambda/function:Function")
    reconcile = functions["plumbline-reconcile"]
    assert queues["plumbline"]["visibilityTimeoutSeconds"] > reconcile["timeout"]
    redrive = json.loads(queues["plumbline"]["redrivePolicy"])
    assert redrive["maxReceiveCount"] > 1
    assert "dead-letters" in redrive["deadLetterTargetArn"]
    mapping = only(small.of("lambda/eventSourceMapping:EventSourceMapping"))
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["batchSize"] == 1


def test_the_functions_have_the_environment_that_the_code_reads(small: Made) -> None:
    for name, function in small.of("lambda/function:Function").items():
        variables = function["environment"]["variables"]
        assert set(variables) <= set(OUTPUT_OF) | set(SETTING_OF), name
        assert all(variables.values()), name
        assert function["vpcConfig"]["subnetIds"]
        assert function["tracingConfig"]["mode"] == "Active"


def test_only_where_recognition_is_on_may_the_functions_call_textract(small: Made) -> None:
    off = made(lambda: backend({"recognition": "none", "recognitionPagesPerMonth": "500"}))
    for stack, recognizer, pages in ((small, "textract", "10000"), (off, "none", "500")):
        policies = {name: statements(one["policy"]) for name, one in stack.of("iam/rolePolicy:RolePolicy").items()}
        may = {name for name, own in policies.items() for one in own if "textract:DetectDocumentText" in one["Action"]}
        ingestion = {"plumbline-reconcile", "plumbline-reconcile-all"}
        assert may == (ingestion if recognizer == "textract" else set())
        for name in ingestion:
            variables = stack.of("lambda/function:Function")[name]["environment"]["variables"]
            assert [variables[one] for one in ("PLUMBLINE_OCR", "PLUMBLINE_OCR_PAGES")] == [recognizer, pages]


@pytest.mark.parametrize(
    ("config", "level", "said"),
    [
        ({"aws:region": "eu-central-1"}, "INFO", "10,000 pages a month at most, $15.00"),
        (
            {"aws:region": "eu-central-1", "plumbline:recognitionPagesPerMonth": "0"},
            "INFO",
            "without a monthly limit, $1.50 per 1,000",
        ),
        ({"aws:region": "eu-north-1"}, "WARNING", "not in eu-north-1, only in ap-northeast-1"),
        ({"aws:region": "eu-north-1", "plumbline:recognition": "none"}, "", ""),
    ],
)
def test_the_operator_is_told_what_recognition_costs_or_that_the_region_has_none(
    config: dict[str, str], level: str, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    models = {f"plumbline:{key}": value for key, value in MODELS.items()}
    monkeypatch.setattr("components.account.clients", lambda config, region: lambda service: engine.ACCOUNT)
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({**models, **config}))
    with caplog.at_level("INFO"):
        run_program(_settings, Made())
    assert [(record.levelname, said in record.message) for record in caplog.records] == [(level, True)] * bool(level)


def test_events_of_the_bucket_reach_the_queue_and_nobody_else_may_send_there(small: Made) -> None:
    rule = small.of("cloudwatch/eventRule:EventRule")["plumbline-documents"]
    pattern = json.loads(rule["eventPattern"])
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["object"]["key"] == [{"prefix": "datasync/ingest/"}]
    assert only(small.of("s3/bucketNotification:BucketNotification"))["eventbridge"] is True
    policies = small.of("sqs/queuePolicy:QueuePolicy")
    senders = {}
    for name, one in policies.items():
        statement, _ = statements(one["policy"])
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        senders[name.removeprefix("plumbline-")] = statement["Condition"]["ArnLike"]["aws:SourceArn"].rpartition(":")[2]
    documents = "EventRule/plumbline-documents-1234567"
    assert senders == {"plumbline": documents, "dead-letters": documents, "undelivered": "rule/*"}


def test_what_eventbridge_can_not_deliver_is_kept_and_raises_an_alarm(small: Made) -> None:
    targets = {
        name.removeprefix("plumbline-"): one["deadLetterConfig"]["arn"].rpartition("/plumbline-")[2]
        for name, one in small.of("cloudwatch/eventTarget:EventTarget").items()
    }
    kept = "undelivered-1234567"
    assert targets == {"documents": "dead-letters-1234567", "looks": kept, "analyses": kept, "sync": kept}
    watched = {
        one["dimensions"]["RuleName"]
        for one in small.of("cloudwatch/metricAlarm:MetricAlarm").values()
        if one["metricName"] == "FailedInvocations"
    }
    assert watched == {f"plumbline-{rule}-1234567" for rule in targets}


def test_files_are_reached_by_the_jump_host_and_datasync_alone(small: Made) -> None:
    rules = small.of("vpc/securityGroupIngressRule:SecurityGroupIngressRule").values()
    into = [rule for rule in rules if rule["fromPort"] == 2049]
    assert {rule["referencedSecurityGroupId"] for rule in into} == {"plumbline-jump-id", "plumbline-sync-id"}
    assert all("cidrIpv4" not in rule for rule in rules)
    host = only(small.of("ec2/instance:Instance"))
    assert host["metadataOptions"]["httpTokens"] == "required"
    assert "keyName" not in host
    assert "/mnt/efs/fs1/ingest" in host["userData"]
    assert only(small.of("datasync/task:Task"))["schedule"]["scheduleExpression"].startswith("cron(0 *")


def test_every_tier_asks_the_account_of_its_own_provider() -> None:
    def program() -> None:
        other = pulumi.ResourceOptions(provider=aws.Provider("other", region="eu-north-1"))
        network = Network("n", NetworkArgs(cidr=IPv4Network("10.0.0.0/16"), nat_gateways=1, protect=False), other)
        shared: dict[str, Any] = {
            "vpc_id": network.vpc_id,
            "subnet_ids": network.private_subnet_ids,
            "code": Code("n", CodeArgs(), other),
            "model": "bedrock:eu.vectors",
            "protect": False,
        }
        for endpoint in ("", "vpc-mine-abcdefghijklmnopqrstuvwxyz.eu-north-1.es.amazonaws.com"):
            name = f"n{len(endpoint)}"
            retrieval = Retrieval(name, RetrievalArgs(size=SIZES["small"], endpoint=endpoint, **shared), other)
            Ingestion(name, IngestionArgs(logs=network.logs, retrieval=retrieval, **shared), other)

    found = made(program)
    assert len(found.calls) > 20
    assert {call.token for call in found.calls if "::other::" not in call.provider} == set()


def test_zones_that_an_account_opts_in_to_are_not_asked_for(small: Made) -> None:
    (asked,) = [call.args for call in small.calls if call.token.endswith(":getAvailabilityZones")]
    assert asked["filters"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]


def test_zones_without_every_service_are_left_out_by_id_and_can_be_set(small: Made) -> None:
    (asked,) = [call.args for call in small.calls if call.token.endswith(":getAvailabilityZones")]
    assert {"use1-az3", "usw1-az2", "apne1-az3", "cac1-az3"} <= set(asked["excludeZoneIds"])
    other = made(lambda: backend({"zones": "euc1-az3, euc1-az1"}))
    for stack, zones in ((small, ["euc1-az2", "euc1-az3"]), (other, ["euc1-az3", "euc1-az1"])):
        subnets = stack.of("ec2/subnet:Subnet")
        for kind in ("public", "private"):
            assert [subnets[f"plumbline-{kind}-{n}"]["availabilityZoneId"] for n in (0, 1)] == zones
    assert not [call for call in other.calls if call.token.endswith(":getAvailabilityZones")]


def test_a_region_with_too_few_zones_is_an_error_that_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"names": ["us-west-1b"], "zoneIds": ["usw1-az1"]}
    monkeypatch.setitem(INVOKES, "aws:index/getAvailabilityZones:getAvailabilityZones", one)
    with pytest.raises(pulumi.RunError, match=r"1 availability zones .*usw1-az1.*plumbline:zones"):
        made(lambda: backend({}))


def test_each_size_has_its_nat_gateways(small: Made, production: Made) -> None:
    assert len(small.of("ec2/natGateway:NatGateway")) == 1
    assert len(production.of("ec2/natGateway:NatGateway")) == 2
    for stack in (small, production):
        subnets = stack.of("ec2/subnet:Subnet").values()
        assert len({subnet["cidrBlock"] for subnet in subnets}) == 4
        assert len({subnet["availabilityZoneId"] for subnet in subnets}) == 2
        assert len(stack.of("ec2/vpcEndpoint:VpcEndpoint")) == 2


def test_conversations_are_found_by_time_and_end_with_their_time_to_live(small: Made) -> None:
    table = small.of("dynamodb/table:Table")["plumbline-conversations"]
    assert (table["hashKey"], table["rangeKey"]) == ("reader", "piece")
    assert table["localSecondaryIndexes"][0]["name"] == "by-updated"
    assert table["ttl"] == {"attributeName": "expires", "enabled": True}


def test_the_ledger_has_an_index_by_change_and_is_brought_to_its_format_at_once(small: Made) -> None:
    table = small.of("dynamodb/table:Table")["plumbline-ledger"]
    (index,) = table["globalSecondaryIndexes"]
    assert (index["name"], index["hashKey"], index["rangeKey"]) == ("by-change", "listed", "updated")
    assert index["projectionType"] == "INCLUDE"
    assert len(index["nonKeyAttributes"]) <= 20  # as many as the service takes
    assert {"state", "version", "reason", "format"} < set(index["nonKeyAttributes"])
    assert not {"carry", "version_ids", "left"} & set(index["nonKeyAttributes"])
    kinds = {one["name"]: one["type"] for one in table["attributes"]}
    assert kinds == {"document": "S", "listed": "S", "updated": "N"}
    looking = small.of("lambda/invocation:Invocation")["plumbline-reindex"]
    assert looking["triggers"]["ledger"] == str(LEDGER_FORMAT)


def test_alarms_reach_the_operator_and_nobody_else_may_send_them(small: Made) -> None:
    found = made(lambda: backend({"alarmEmail": "operator@example.org"}))
    subscription = only(found.of("sns/topicSubscription:TopicSubscription"))
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "operator@example.org")
    assert not small.of("sns/topicSubscription:TopicSubscription")
    alarms = found.of("cloudwatch/metricAlarm:MetricAlarm")
    assert {name.removeprefix("plumbline-") for name in alarms} == {
        *("dead-letters", "old-documents", "errors-0", "errors-1", "throttled-0", "throttled-1", "similarity"),
        *("domain-red", "domain-full", "domain-blocked", "domain-memory", "domain-busy"),
        *("archive-passages", "archive-questions", "archive-passages-throttled", "archive-questions-throttled"),
        *(f"{table}-{act}-throttled" for table in ("documents", "conversations") for act in ("read", "write")),
        *("drift-documents", "drift-prompts", "removals-held", "undelivered"),
        *("rule-documents", "rule-looks", "rule-analyses", "rule-sync"),
    }
    assert all(alarm["alarmActions"] for alarm in alarms.values())
    alarm, failure, _ = statements(only(found.of("sns/topicPolicy:TopicPolicy"))["policy"])
    assert alarm["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert failure["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in failure  # EventBridge would publish nothing


def test_a_budget_is_watched_by_mail_if_it_is_set(small: Made) -> None:
    assert not small.of("budgets/budget:Budget")
    found = made(lambda: backend({"alarmEmail": "operator@example.org", "monthlyBudget": "200"}))
    budget = only(found.of("budgets/budget:Budget"))
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("200", "USD", "MONTHLY")
    mails = [(one["notificationType"], one["threshold"]) for one in budget["notifications"]]
    assert mails == [("ACTUAL", 80), ("FORECASTED", 100)]
    assert {address for one in budget["notifications"] for address in one["subscriberEmailAddresses"]} == {
        "operator@example.org"
    }


def test_cloudwatch_knows_every_alarms_form(small: Made, production: Made) -> None:
    """Against botocore's model of PutMetricAlarm; a period of a minute or more, and a day at most in all."""
    model = boto3.client("cloudwatch").meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    for stack in (small, production):
        for name, alarm in stack.of("cloudwatch/metricAlarm:MetricAlarm").items():
            assert alarm["statistic"] in model["Statistic"].enum, name
            assert alarm["comparisonOperator"] in model["ComparisonOperator"].enum, name
            assert alarm["period"] % 60 == 0 and alarm["period"] * alarm["evaluationPeriods"] <= 86400, name
            assert alarm["treatMissingData"] in ("breaching", "notBreaching", "ignore", "missing"), name


def test_a_nearly_full_node_raises_an_alarm_while_it_can_still_be_written_to(small: Made, production: Made) -> None:
    for stack, gib in ((small, 20), (production, 200)):
        volume = only(stack.of("opensearch/domain:Domain"))["ebsOptions"]["volumeSize"]
        alarm = stack.of("cloudwatch/metricAlarm:MetricAlarm")["plumbline-domain-full"]
        assert (volume, alarm["statistic"]) == (gib, "Minimum")  # of each node
        assert alarm["threshold"] == gib * 1024 / 4


def test_a_failed_copy_of_files_raises_an_alarm(small: Made) -> None:
    pattern = json.loads(small.of("cloudwatch/eventRule:EventRule")["plumbline-sync"]["eventPattern"])
    assert pattern["detail-type"] == ["DataSync Task Execution State Change"]
    assert pattern["detail"] == {"State": ["ERROR"]}
    (task,) = pattern["resources"]
    assert re.fullmatch(r"arn:aws:datasync:.*:Task/.*/", task["prefix"])
    assert small.of("cloudwatch/eventTarget:EventTarget")["plumbline-sync"]["arn"].endswith("Topic/plumbline-1234567")


def test_drift_is_an_alarm_at_the_analysis_own_number_of_snapshots(small: Made) -> None:
    alarms = small.of("cloudwatch/metricAlarm:MetricAlarm")
    for kind, metric in DRIFT_METRICS.items():
        alarm = alarms[f"plumbline-drift-{kind}"]
        assert (alarm["namespace"], alarm["metricName"], alarm["threshold"]) == ("rag", metric, ALARM_AT - 1)
        assert alarm["comparisonOperator"] == "GreaterThanThreshold"
        assert alarm["treatMissingData"] == "ignore"


def test_the_jobs_have_their_names_arguments_and_code_named_by_its_hash(small: Made, production: Made) -> None:
    for stack, workers in ((small, 2), (production, 10)):
        jobs = {job["name"]: job for job in stack.of("glue/job:Job").values()}
        assert set(jobs) == {"embedding-drift-analysis", "embedding-distance-analysis"}
        keys = {stored["key"] for stored in stack.of("s3/bucketObjectv2:BucketObjectv2").values()}
        for name, job in jobs.items():
            arguments = job["defaultArguments"]
            assert (job["glueVersion"], job["command"]["name"], job["numberOfWorkers"]) == ("5.0", "glueetl", workers)
            command = "drift" if "drift" in name else "distance"
            flat = [part for pair in arguments.items() for part in pair]
            assert len(known_arguments(command, flat)) == 2 * (6 if command == "drift" else 8), known_arguments(
                command, flat
            )
            assert all(arguments.values())
            stored = [job["command"]["scriptLocation"], arguments["--extra-py-files"]]
            stored.append(arguments["--additional-python-modules"])
            assert {path.removeprefix("s3://").partition("/")[2] for path in stored} <= keys
        assert {re.sub("[0-9a-f]{16}", "HASH", key) for key in keys} == {
            *("drift-HASH.py", "distance-HASH.py", "analysis-HASH.zip", "analysis-HASH.gluewheels.zip"),
            "layer-arm64-3.13-HASH.zip",
        }


def test_no_log_is_without_end(small: Made) -> None:
    groups = small.of("cloudwatch/logGroup:LogGroup")
    assert {one["retentionInDays"] for one in groups.values()} == {90}
    for job in small.of("glue/job:Job").values():
        prefix = job["defaultArguments"]["--custom-logGroup-prefix"]
        assert {f"{prefix}/output", f"{prefix}/error"} <= {one.get("name") for one in groups.values()}
    allowed = statements(small.of("iam/rolePolicy:RolePolicy")["plumbline-analysis"]["policy"])
    (written,) = [one["Resource"] for one in allowed if "logs:PutLogEvents" in one["Action"]]
    assert all("/aws-glue/jobs/plumbline-dev/" in log for log in written)


def test_each_analysis_runs_daily_and_its_failure_is_reported(small: Made) -> None:
    triggers = small.of("glue/trigger:Trigger")
    started = {name: only({"": trigger["actions"][0]}) for name, trigger in triggers.items()}
    assert {action["jobName"] for action in started.values()} == {
        *("embedding-drift-analysis", "embedding-distance-analysis"),
    }
    assert started["plumbline-prompts"]["arguments"]["--data_path"].endswith("/promptarchive/")
    assert started["plumbline-prompts"]["arguments"]["--out_table"].startswith("plumbline-drift-prompts")
    assert len({trigger["schedule"] for trigger in triggers.values()}) == 3
    pattern = json.loads(small.of("cloudwatch/eventRule:EventRule")["plumbline-analyses"]["eventPattern"])
    assert pattern["detail"]["state"] == ["FAILED", "TIMEOUT", "ERROR"]
    assert len(pattern["detail"]["jobName"]) == 2


def test_the_jobs_may_write_reports_and_results_and_nothing_else(small: Made) -> None:
    allowed = statements(small.of("iam/rolePolicy:RolePolicy")["plumbline-analysis"]["policy"])
    (written,) = [one["Resource"] for one in allowed if "s3:PutObject" in one["Action"]]
    assert [resource.rpartition(":::")[2] or resource for resource in written]
    assert all(resource.endswith("/reports/*") for resource in written)
    (tables,) = [one["Resource"] for one in allowed if "dynamodb:PutItem" in one["Action"]]
    assert len(tables) == 5
    assert not [table for table in tables if "ledger" in table or "conversations" in table]


def test_the_dashboard_shows_answers_and_documents(small: Made) -> None:
    dashboard = only(small.of("cloudwatch/dashboard:Dashboard"))
    assert dashboard["dashboardName"] == "RAG_Scores"
    widgets = json.loads(dashboard["dashboardBody"])["widgets"]
    shown = {metric[1] for widget in widgets for metric in widget["properties"]["metrics"]}
    assert {"similarity", "latency", "no_answer", "ApproximateAgeOfOldestMessage", "Errors"} <= shown
    body = json.loads(dashboard["dashboardBody"])
    assert (body["start"], body["periodOverride"]) == ("-P7D", "inherit")
    daily = {w["properties"]["metrics"][0][1] for w in widgets if w["properties"]["period"] == 86400}
    assert daily == {DRIFT_METRICS["documents"], DISTANCE_METRIC}
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)


def test_names_of_which_an_account_has_one_end_in_the_stacks_if_that_is_set(small: Made) -> None:
    other = made(lambda: backend({"names": "stack"}))
    for stack, suffix in ((small, ""), (other, "-dev")):
        assert only(stack.of("cloudwatch/dashboard:Dashboard"))["dashboardName"] == f"RAG_Scores{suffix}"
        jobs = {f"embedding-drift-analysis{suffix}", f"embedding-distance-analysis{suffix}"}
        assert {job["name"] for job in stack.of("glue/job:Job").values()} == jobs
        assert {one["actions"][0]["jobName"] for one in stack.of("glue/trigger:Trigger").values()} == jobs
        told = {job["defaultArguments"]["--metric_namespace"] for job in stack.of("glue/job:Job").values()}
        functions = stack.of("lambda/function:Function")
        for name in ("reconcile", "reconcile-all"):
            told.add(functions[f"plumbline-{name}"]["environment"]["variables"]["PLUMBLINE_METRIC_NAMESPACE"])
        allowed = statements(stack.of("iam/rolePolicy:RolePolicy")["plumbline-analysis"]["policy"])
        told |= {one["Condition"]["StringEquals"]["cloudwatch:namespace"] for one in allowed if "Condition" in one}
        alarms = stack.of("cloudwatch/metricAlarm:MetricAlarm").values()
        told |= {one["namespace"] for one in alarms if not one["namespace"].startswith("AWS/")}
        widgets = json.loads(only(stack.of("cloudwatch/dashboard:Dashboard"))["dashboardBody"])["widgets"]
        shown = {metric[0] for widget in widgets for metric in widget["properties"]["metrics"]}
        told |= {namespace for namespace in shown if not namespace.startswith("AWS/")}
        assert told == {f"rag{suffix}"}


def test_results_have_the_tables_that_the_analyses_write(small: Made) -> None:
    tables = small.of("dynamodb/table:Table")
    for kind in ("drift-reference", "drift-prompts", "distance"):
        table = tables[f"plumbline-{kind}"]
        assert (table["hashKey"], table["rangeKey"]) == ("jobtype", "jobdate")
        assert {"name": "jobdate", "type": "N"} in table["attributes"]
    for kind in ("centroid-reference", "centroid-prompts"):
        assert tables[f"plumbline-{kind}"]["hashKey"] == "jobtypedate"
