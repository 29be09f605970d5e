"""Which statements allow which calls: MiniStack's own evaluation of IAM policies, over requests that a test recorded.

`tests/aws/permissions.py` runs it in the emulator's environment. It reads and writes JSON.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import detect_service

BATCHES = {"sqs:SendMessageBatch": "sqs:SendMessage"}
"""Calls that another action allows (SQS guide, sqs-api-permissions-reference)."""

Call = tuple[str, str, dict[str, Any]]
"""An IAM action, the resource that it is on, and the keys that conditions may ask for."""


def calls_of(request: Mapping[str, Any], region: str, account: str, models_account: str, domain: str) -> list[Call]:
    """What IAM is asked for a request: several actions for a batch or a transaction."""
    method, headers, body = request["method"], request["headers"], base64.b64decode(request["body"])
    path, _, query = request["path"].partition("?")
    parts = [unquote(part) for part in path.strip("/").split("/")]
    match request["service"]:
        case "es":
            return [(f"es:ESHttp{method.capitalize()}", domain + path, {})]
        case "sagemaker":
            stream = "WithResponseStream" if parts[-1].endswith("-stream") else ""
            name = f"arn:aws:sagemaker:{region}:{models_account}:endpoint/{parts[1].lower()}"
            return [(f"sagemaker:InvokeEndpoint{stream}", name, {})]
        case "bedrock":
            stream = "WithResponseStream" if parts[-1].endswith("-stream") else ""
            return [(f"bedrock:InvokeModel{stream}", f"arn:aws:bedrock:{region}::foundation-model/{parts[1]}", {})]
        case "textract":
            return [(f"textract:{headers['x-amz-target'].rpartition('.')[2]}", "*", {})]
    params = parse_qs(query, keep_blank_values=True)
    service = detect_service(method, path, headers, params)
    action = iam_actions.extract_iam_action(service, method, unquote(path), headers, body, params)
    if action is None:
        raise ValueError(f"no action is known for {method} {request['path']} of {service}")
    if service == "dynamodb":
        transaction = iam_actions.dynamodb_transaction_checks(action, body, region, account)
        tables = [(action, arn) for arn in iam_actions.dynamodb_resource_arns(body, region, account)]
        return [(one, arn, {}) for one, arn in transaction or tables]
    where = (service, method, unquote(path), headers, body, params, region, account)
    resource = iam_actions.extract_resource_arn(*where)
    if service == "s3":
        context = iam_actions.s3_service_context(action, params)
        more = iam_actions.s3_additional_checks(method, unquote(path), headers, body, params)
        # A HEAD of an object is GetObject (S3 guide, using-with-s3-policy-actions).
        return [(action, resource, context), *((one, arn, {}) for one, arn in more)]
    if action == "cloudwatch:PutMetricData":
        return [(action, "*", {"cloudwatch:namespace": json.loads(body)["Namespace"]})]
    return [(BATCHES.get(action, action), resource, {})]


def matching(call: Call, principal: str, region: str, statements: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of the statements that are about the call, each with what it says."""
    action, resource, context = call
    asked = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=principal.split(":")[4],
        action=action,
        resource_arn=resource,
        region=region,
        secure_transport=True,  # AWS's endpoints are called by HTTPS
        service_context=context,
    )
    for name, statement in statements.items():
        if "Principal" in statement:
            said = iam_evaluator.evaluate_resource_policy({"Statement": [statement]}, asked).decision
        else:
            said = iam_evaluator.evaluate(
                asked, [iam_evaluator.parse_policy_document({"Statement": [statement]})]
            ).decision
        if said != "ImplicitDeny":
            yield name, said


def main() -> None:
    given = json.load(sys.stdin)
    where = {name: given[name] for name in ("region", "account", "models_account", "domain")}
    refused, used = set(), set()
    for request in given["requests"]:
        role = given["roles"][request["role"]]
        for call in calls_of(request, **where):
            said = dict(matching(call, role["arn"], given["region"], role["statements"]))
            owned = {
                name: statement
                for arn, statements in given["resources"].items()
                if call[1] == arn or call[1].startswith(f"{arn}/")
                for name, statement in statements.items()
            }
            said_of = dict(matching(call, role["arn"], given["region"], owned))
            needs_both = call[0].startswith("es:") and owned  # its policy names the roles one by one
            is_allowed = "Allow" in said.values() and ("Allow" in said_of.values() or not needs_both)
            if not is_allowed or "Deny" in (*said.values(), *said_of.values()):
                refused.add((request["role"], *call[:2]))
            used |= {(name, call[0]) for name in (*said, *said_of)}
    json.dump({"refused": sorted(refused), "used": sorted(used)}, sys.stdout)


if __name__ == "__main__":
    main()
