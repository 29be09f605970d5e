"""The checks of requests to AWS themselves: what they let pass, and what they find."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from tests.aws import door, record, signatures
from tests.aws.record import Record
from tests.aws.shapes import compiled_pattern, matches
from tests.aws.wire import SERVICES, Request, decode, model
from tests.servers import ROOT

EMPTY = hashlib.sha256(b"").hexdigest()
EXAMPLE_KEYS = {"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


def sent(service: str, operation: str, region: str = "eu-central-1", **parameters: Any) -> Request:
    """The request that boto3 sends, without its own validation."""
    caught: list[Request] = []

    def catch(request: Any, **_: Any) -> AWSResponse:
        headers = Message()
        for name, value in request.headers.items():
            headers[name] = value.decode() if isinstance(value, bytes) else value
        host, slash, target = request.url.partition("://")[2].partition("/")
        if "Host" not in headers:
            headers["Host"] = host
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        body = body.encode() if isinstance(body, str) else body
        caught.append(Request(request.method, slash + target or "/", headers, body))
        raise _Sent

    config = Config(parameter_validation=False, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    client = boto3.Session(region_name=region).client(service, endpoint_url="http://127.0.0.1:1", config=config)
    client.meta.events.register("before-send", catch)
    with pytest.raises(_Sent):
        getattr(client, operation)(**parameters)
    return caught[0]


class _Sent(Exception):
    pass


def found(request: Request) -> list[str]:
    seen = Record()
    seen.check(request)
    return seen.take()


def test_every_pattern_of_the_models_can_be_held_against_a_text() -> None:
    shapes = [model(service).shape_for(name) for service in SERVICES for name in model(service).shape_names]
    patterns = {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}
    assert len(patterns) > 500
    for pattern in patterns:
        compiled_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matching"),
    [
        (r"[a-z]+", "abc", True),
        (r"[a-z]+", "abc1", False),
        (r"^[a-z]+", "abc1", False),
        (r"[\w+=,.@-]+", "größe", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "Größe 1", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "kiln \N{FIRE}", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\nb", False),
    ],
)
def test_a_pattern_is_meant_as_in_java_and_for_a_whole_text(pattern: str, text: str, matching: bool) -> None:
    assert matches(pattern, text) is matching


GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "put_item", {"TableName": "table", "Item": {"a": {"S": "x"}, "b": {"B": b"\x00\x01"}, "c": {"L": []}}}),
    ("firehose", "put_record_batch", {"DeliveryStreamName": "stream", "Records": [{"Data": b"one"}, {"Data": b"two"}]}),
    ("sns", "set_topic_attributes", {"TopicArn": "arn:aws:sns:x:1:t", "AttributeName": "Policy", "AttributeValue": "{}"}),
    ("sns", "publish", {"TopicArn": "t", "Message": "m", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "v"}}}),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "k", "Value": ""}]}),
    ("elbv2", "describe_load_balancers", {"Names": ["one", "two"]}),
    ("ec2", "create_subnet", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}]}),
    ("ec2", "describe_instances", {"InstanceIds": ["i-1", "i-2"], "Filters": [{"Name": "n", "Values": ["a", "b"]}]}),
    ("lambda", "create_function", {"FunctionName": "f", "Runtime": "python3.13", "Handler": "a.b", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": b"zip"}, "Environment": {"Variables": {"NAME": "b"}}}),
    ("lambda", "invoke", {"FunctionName": "f", "Payload": b"{}"}),
    ("efs", "create_file_system", {"CreationToken": "token", "Encrypted": True, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "Größe #1 & 100%.pdf", "Body": b"text", "Metadata": {"a": "b"}, "ContentType": "text/plain"}),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b/ü+", "MaxKeys": 10}),
    ("s3", "copy_object", {"Bucket": "bucket", "Key": "folder/", "CopySource": {"Bucket": "bucket", "Key": "a+b"}}),
    ("s3", "delete_objects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}}),
    ("s3", "put_bucket_lifecycle_configuration", {"Bucket": "bucket", "LifecycleConfiguration": {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "p"}, "Expiration": {"Days": 3}}]}}),
    ("route53", "change_resource_record_sets", {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "a.example.org", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "1.2.3.4"}]}}]}}),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "tei", "Body": b"{}", "ContentType": "application/json"}),
    ("bedrock-runtime", "converse_stream", {"modelId": "eu.amazon.nova-lite-v1:0", "messages": [{"role": "user", "content": [{"text": "Hello"}]}], "inferenceConfig": {"maxTokens": 100, "temperature": 0.0}}),
    ("textract", "detect_document_text", {"Document": {"Bytes": b"picture"}}),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters"), GOOD, ids=[f"{one[0]}-{one[1]}" for one in GOOD])
def test_a_request_is_read_as_it_was_meant(service: str, operation: str, parameters: dict[str, Any]) -> None:
    request = sent(service, operation, **parameters)
    decoded = decode(request)
    assert decoded.operation.name.lower() == operation.replace("_", "")
    wanted = {**parameters}
    if "CopySource" in wanted:
        wanted["CopySource"] = "bucket/a%2Bb"
    assert {name: decoded.parameters.get(name) for name in wanted} == wanted
    assert found(request) == []


BAD: list[tuple[str, str, dict[str, Any], str]] = [
    ("dynamodb", "get_item", {"Key": {"a": {"S": "x"}}}, "GetItem .TableName is required"),
    ("dynamodb", "get_item", {"TableName": "", "Key": {}}, "GetItem .TableName is less than 1"),
    ("sqs", "send_message_batch", {"QueueUrl": "u", "Entries": [{"Id": "1"}]}, "SendMessageBatch .Entries[].MessageBody is required"),
    ("logs", "put_retention_policy", {"logGroupName": "a b", "retentionInDays": 5}, "PutRetentionPolicy .logGroupName does not match"),
    ("logs", "create_log_group", {"logGroupName": "a" * 513}, "CreateLogGroup .logGroupName is more than 512"),
    ("iam", "create_role", {"RoleName": "a" * 65, "AssumeRolePolicyDocument": "{}"}, "CreateRole .RoleName is more than 64"),
    ("iam", "create_role", {"RoleName": "a/b", "AssumeRolePolicyDocument": "{}"}, "CreateRole .RoleName does not match"),
    ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "mine"}, "CreateVpc .InstanceTenancy is not one of the values"),
    ("lambda", "create_function", {"FunctionName": "f", "Role": "nobody", "Code": {}}, "CreateFunction .Role does not match"),
    ("lambda", "update_function_configuration", {"FunctionName": "f", "Timeout": 0}, "UpdateFunctionConfiguration .Timeout is less than 1"),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "k", "StorageClass": "CHEAP"}, "PutObject .StorageClass is not one of the values"),
    ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Unit": "miles"}]}, "PutMetricData .MetricData[].Unit is not one of the values"),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "tei_words", "Body": b"{}"}, "InvokeEndpoint .EndpointName does not match"),
    ("bedrock-runtime", "converse", {"modelId": "m", "messages": [{"role": "reader", "content": []}]}, "Converse .messages[].role is not one of the values"),
    ("bedrock-runtime", "converse", {"modelId": "m", "inferenceConfig": {"temperature": 1.5}}, "Converse .inferenceConfig.temperature is more than 1"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters", "what"), BAD, ids=[one[3] for one in BAD])
def test_what_aws_would_refuse_is_found(service: str, operation: str, parameters: dict[str, Any], what: str) -> None:
    assert any(f"{service}.{what}" in one for one in found(sent(service, operation, **parameters)))


def changed(request: Request, change: Callable[[bytes], bytes], target: str = "") -> list[str]:
    """What is found in the request with another body, but for its signature."""
    other = Request(request.method, target or request.target, request.headers, change(request.body))
    return [one for one in found(other) if "signature" not in one and "signed" not in one]


def test_what_a_model_has_no_place_for_is_found_in_each_protocol() -> None:
    unknown = "is not in the model"
    item = sent("dynamodb", "describe_table", TableName="table")
    assert changed(item, lambda _: b'{"TableName": "table", "Fast": 1}') == [f"dynamodb.DescribeTable .Fast {unknown}"]
    role = sent("iam", "get_role", RoleName="r")
    assert changed(role, lambda body: body + b"&Tags.member.1.Key=a") == [f"iam.GetRole .Tags.member[].Key {unknown}"]
    vpc = sent("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
    assert changed(vpc, lambda body: body + b"&Fast.1=a") == [f"ec2.CreateVpc .Fast[] {unknown}"]
    assert changed(vpc, lambda body: body + b"&DryRun=perhaps") == ["ec2.CreateVpc .DryRun is no boolean: 'perhaps'"]
    invoked = sent("lambda", "get_function", FunctionName="f")
    assert changed(invoked, lambda body: body, f"{invoked.target}?Fast=1") == [f"lambda.GetFunction ?Fast {unknown}"]
    xml = sent("s3", "put_bucket_versioning", Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    more = changed(xml, lambda body: body.replace(b"<Status>", b"<Fast>1</Fast><Status>"))
    assert more == [f"s3.PutBucketVersioning .VersioningConfiguration.Fast {unknown}"]
    xml.headers["x-amz-fast"] = "1"
    assert f"s3.PutBucketVersioning header x-amz-fast {unknown}" in changed(xml, lambda body: body)


def signed(method: str, target: str, body: bytes, signature: str, **headers: str) -> Request:
    """A request of AWS's documentation of Signature Version 4 for S3."""
    message = Message()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": "20130524T000000Z",
        **named,
    }
    for name, value in given.items():
        message[name] = value
    message["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={';'.join(sorted(given))},Signature={signature}"
    )
    return Request(method, target, message, body)


# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
EXAMPLES = [
    signed("GET", "/test.txt", b"", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", range="bytes=0-9"),
    signed(
        "PUT",
        "/test%24file.text",
        b"Welcome to Amazon S3.",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        date="Fri, 24 May 2013 00:00:00 GMT",
        x_amz_storage_class="REDUCED_REDUNDANCY",
    ),
    signed("GET", "/?lifecycle", b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    signed("GET", "/?max-keys=2&prefix=J", b"", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]  # fmt: skip


@pytest.mark.parametrize("request_", EXAMPLES, ids=["object", "upload", "lifecycle", "list"])
def test_the_signatures_of_awss_own_examples_are_right_and_nothing_else_is(request_: Request) -> None:
    assert signatures.problem(request_, EXAMPLE_KEYS) == ""
    assert "unknown access key" in signatures.problem(request_, {})
    assert "not the one" in signatures.problem(request_, dict.fromkeys(EXAMPLE_KEYS, "another secret"))
    for other in (
        Request(request_.method, request_.target + "x", request_.headers, request_.body),
        Request("DELETE", request_.target, request_.headers, request_.body),
        Request(request_.method, request_.target, request_.headers, request_.body + b"x"),
    ):
        assert "not the one" in signatures.problem(other, EXAMPLE_KEYS)
    request_.headers["x-amz-more"] = "1"
    assert signatures.problem(request_, EXAMPLE_KEYS) == "x-amz-more must be signed"
    del request_.headers["x-amz-more"]


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
PRESIGNED = (
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def test_so_is_that_of_its_url_that_is_signed_beforehand() -> None:
    headers = Message()
    headers["Host"] = "examplebucket.s3.amazonaws.com"
    assert signatures.problem(Request("GET", PRESIGNED, headers, b""), EXAMPLE_KEYS) == ""
    for target in (PRESIGNED.replace("test.txt", "other.txt"), PRESIGNED.replace("86400", "86401")):
        assert "not the one" in signatures.problem(Request("GET", target, headers, b""), EXAMPLE_KEYS)


def test_a_query_is_signed_as_aws_encodes_it() -> None:
    """A comma that isn't encoded is signed as %2C, which botocore leaves to those who build the URL."""
    request = sent("s3", "list_objects_v2", Bucket="bucket", Prefix="a,b c+d~ü/")
    assert signatures.problem(request, {"testing": "testing"}) == ""
    assert "%2C" in request.target
    same = Request(request.method, request.target.replace("%2C", ","), request.headers, request.body)
    assert signatures.problem(same, {"testing": "testing"}) == ""


def test_a_request_without_a_signature_or_model_is_found() -> None:
    assert "is not signed" in found(Request("GET", "/", Message(), b""))[0]
    s3 = sent("s3", "list_buckets")
    elsewhere = Message()
    elsewhere["Authorization"] = s3.headers["Authorization"].replace("/s3/", "/snowball/")
    assert "there is no model of 'snowball'" in found(Request("GET", "/", elsewhere, b""))[0]
    assert "no operation is asked for" in found(Request("PATCH", "/nowhere", s3.headers, b""))[0]


def test_a_layer_that_lambda_takes_by_way_of_s3_alone_is_found() -> None:
    layer = sent("lambda", "publish_layer_version", LayerName="layer", Content={"ZipFile": bytes(60_000_000)})
    (what,) = found(layer)
    assert what.startswith("lambda.PublishLayerVersion is not smaller than 70167211 bytes")


def test_a_domain_of_small_instances_refuses_what_is_too_large() -> None:
    seen = Record()
    with door.before("http://127.0.0.1:9", seen.check_domain, door.DOMAIN_BYTES) as url:
        reply = httpx.post(f"{url}/passages-x/_bulk", content=b"x" * (door.DOMAIN_BYTES + 1))
    assert (reply.status_code, reply.json()) == (413, {"Message": "Request size exceeded 10485760 bytes"})
    assert seen.take() == ["opensearch-domain.POST _bulk: the request is not signed: /passages-x/_bulk"]


CONFTEST = """
from tests.aws.record import Requests

def pytest_configure(config):
    config.pluginmanager.register(Requests(config))
"""

TESTS = """
from email.message import Message

from tests.aws.record import RECORD
from tests.aws.wire import Request

def test_one():
    RECORD.check(Request("GET", "/one", Message(), b""))

def test_two():
    pass
"""


def test_a_test_that_sends_what_aws_would_refuse_fails_and_the_next_does_not(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_them.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "2 passed, 1 error" in done.stdout
    assert "ERROR at teardown of test_one" in done.stdout
    assert "GET /one: the request is not signed" in done.stdout
    assert "1 requests     1 operations  undecodable" in done.stdout


def test_an_exception_that_nothing_needs_is_known_once_all_that_need_one_have_run(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(record, "ALLOWED", {"s3.PutObject .Key is wrong": "a reason"})
    plugin = record.Requests(pytestconfig)
    assert plugin._unneeded() == set()
    plugin._passed = set(record.NEEDING)
    assert plugin._unneeded() == {"s3.PutObject .Key is wrong"}
    plugin._add({}, ["s3.PutObject .Key is wrong"], [])
    assert plugin._unneeded() == set()
