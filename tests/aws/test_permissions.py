"""What holds roles' calls against their policies finds what IAM would refuse, and what nobody calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime.aws.clients import client, session
from runtime.aws.opensearch import OpenSearchError, OpenSearchIndexes, connect
from tests.aws import permissions
from tests.aws.permissions import Judged, Policies
from tests.deploy.resources import ACCOUNT, REGION
from tests.listening import listening

pytestmark = pytest.mark.server

BUCKET, QUEUE, TABLE = "arn:aws:s3:::books", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}"
DOMAIN = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/d"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
OWNER = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource], **more}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One that refuses everything: what is asked is what counts."""

    class Refuses(BaseHTTPRequestHandler):
        def refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = refuse  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    with listening(Refuses) as url:
        yield url


def asked(server: str, call: Callable[[str], object], policies: Policies) -> Judged:
    """The verdict on one call of the role `reader`."""
    with permissions.recording() as recorder:
        with suppress(ClientError, OpenSearchError):
            call(recorder.before("reader", server))
        return permissions.judge(recorder, policies)


def get(url: str) -> None:
    client("s3", url).get_object(Bucket="books", Key="a/Größe #1 & 100%.pdf")


def list_a(url: str) -> None:
    client("s3", url).list_object_versions(Bucket="books", Prefix="a/b")


def put_metrics(url: str) -> None:
    client("cloudwatch", url).put_metric_data(Namespace="rag", MetricData=[{"MetricName": "m", "Value": 1}])


def query_index(url: str) -> None:
    client("dynamodb", url).query(TableName="t", IndexName="by-change", KeyConditionExpression="a = b")


def put_both(url: str) -> None:
    put = {"Put": {"TableName": "t", "Item": {"a": {"S": "b"}}}}
    client("dynamodb", url).transact_write_items(TransactItems=[put, {"Delete": {"TableName": "u", "Key": {}}}])


def send(url: str) -> None:
    client("sqs", url).send_message(QueueUrl=f"{url}/{ACCOUNT}/q", MessageBody="m")


def invoke(url: str) -> None:
    client("sagemaker-runtime", url).invoke_endpoint_with_response_stream(EndpointName="Model", Body=b"{}")


def look_up(url: str) -> None:
    OpenSearchIndexes(connect(url, session().get_credentials(), REGION)).live()


def only(key: str, value: str) -> dict[str, Any]:
    return {"Condition": {"StringLike": {key: value}}}


MODEL = f"arn:aws:sagemaker:{REGION}:*:endpoint/model"
THIS_ROLE = {**OWNER, "Condition": {"ArnEquals": {"aws:PrincipalArn": [ROLE]}}}


@pytest.mark.parametrize(
    ("call", "statement", "refused"),
    [
        (get, allow("s3:GetObject", f"{BUCKET}/a/*"), False),
        (get, allow("s3:Get*", f"{BUCKET}/?/*"), False),
        (get, allow("s3:GetObject", f"{BUCKET}/b/*"), True),
        (get, allow("s3:GetObject", BUCKET), True),
        (get, allow("s3:GetObjectVersion", f"{BUCKET}/a/*"), True),
        (get, {"Effect": "Allow", "NotAction": "s3:PutObject", "Action": [], "Resource": "*"}, False),
        (list_a, allow("s3:ListBucketVersions", BUCKET, **only("s3:prefix", "a/*")), False),
        (list_a, allow("s3:ListBucketVersions", BUCKET, **only("s3:prefix", "b/*")), True),
        (list_a, allow("s3:ListBucketVersions", f"{BUCKET}/*"), True),
        (put_metrics, allow("cloudwatch:PutMetricData", "*", **only("cloudwatch:namespace", "rag")), False),
        (put_metrics, allow("cloudwatch:PutMetricData", "*", **only("cloudwatch:namespace", "x")), True),
        (query_index, allow("dynamodb:Query", f"{TABLE}:table/t/index/by-change"), False),
        (query_index, allow("dynamodb:Query", f"{TABLE}:table/t"), True),
        (put_both, allow("dynamodb:*Item", f"{TABLE}:table/*"), False),
        (put_both, allow("dynamodb:PutItem", f"{TABLE}:table/*"), True),
        (send, allow("sqs:SendMessage", QUEUE), False),
        (invoke, allow("sagemaker:InvokeEndpointWithResponseStream", MODEL), False),
        (invoke, allow("sagemaker:InvokeEndpoint", MODEL), True),
    ],
)
def test_a_call_is_refused_unless_a_statement_is_about_it(
    server: str, call: Callable[[str], None], statement: Mapping[str, Any], refused: bool
) -> None:
    judged = asked(server, call, Policies({"reader": [statement]}))
    assert bool(judged.refused) == refused
    assert bool(judged.unused) == (refused and call is not put_both)  # half of which is allowed


ALL_OF_BOOKS = {"Principal": "*", "Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/*"}
ANOTHER_ROLE = {**OWNER, "Condition": {"ArnEquals": {"aws:PrincipalArn": [f"{ROLE}s"]}}}


@pytest.mark.parametrize(
    ("call", "statement", "owner", "refused"),
    [
        (get, ALL_OF_BOOKS, BUCKET, True),
        (get, {**ALL_OF_BOOKS, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, BUCKET, False),
        (look_up, {**allow("es:ESHttpGet", f"{DOMAIN}/*"), **THIS_ROLE}, DOMAIN, False),
        (look_up, {**allow("es:ESHttpPost", f"{DOMAIN}/*"), **THIS_ROLE}, DOMAIN, True),
        (look_up, {**allow("es:ESHttpGet", f"{DOMAIN}/*"), **ANOTHER_ROLE}, DOMAIN, True),
    ],
)
def test_the_resources_own_policy_counts_as_well(
    server: str, call: Callable[[str], None], statement: Mapping[str, Any], owner: str, refused: bool
) -> None:
    own = [allow("s3:GetObject", f"{BUCKET}/*"), allow("es:ESHttpGet", f"{DOMAIN}/*")]
    judged = asked(server, call, Policies({"reader": own}, {owner: [statement]}, domain=DOMAIN))
    assert bool(judged.refused) == refused


def test_what_nobody_calls_needs_a_reason_and_a_reason_what_nobody_calls(server: str) -> None:
    spare = allow("s3:DeleteObject", f"{BUCKET}/*")
    judged = asked(server, get, Policies({"reader": [allow("s3:GetObject", f"{BUCKET}/*"), spare]}))
    assert judged.unjustified({}) == [("reader", "s3:DeleteObject", f"{BUCKET}/*")]
    assert not judged.unjustified({"reader s3:Delete*": "it is spare"})
    with pytest.raises(AssertionError, match="sqs"):
        judged.unjustified({"reader sqs:*": "nothing needs this"})


def test_a_request_without_a_signature_is_an_error(server: str) -> None:
    with pytest.raises(AssertionError, match="not signed"):
        asked(server, lambda url: OpenSearchIndexes(connect(url)).live(), Policies({"reader": []}))
