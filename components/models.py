"""The permissions that a role needs to call models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.policies import Statement, allow
from runtime.names import BEDROCK

PROFILES = ("us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "in.", "global.")
"""Prefixes of the ids of Bedrock's cross-region inference profiles; the model's own id follows."""


ANSWERING = {
    "sagemaker": "sagemaker:InvokeEndpointWithResponseStream",
    "bedrock": "bedrock:InvokeModelWithResponseStream",
}
EMBEDDING = {"sagemaker": "sagemaker:InvokeEndpoint", "bedrock": "bedrock:InvokeModel"}
"""What models that answer, and those that embed, are called by. Bedrock's Converse API asks for the permissions of its
older one (Bedrock API, ConverseStream)."""


def call_models(models: pulumi.Input[Sequence[str]], actions: Mapping[str, str], parent: pulumi.Resource) -> Statement:
    """Allow these models to be called, by ANSWERING or EMBEDDING: SageMaker endpoints by name, Bedrock models and
    inference profiles by id. The account and region are those of `parent`."""
    invoke = pulumi.InvokeOutputOptions(parent=parent)
    known = pulumi.Output.all(
        models,
        aws.get_partition_output(opts=invoke).partition,
        aws.get_region_output(opts=invoke).region,
        aws.get_caller_identity_output(opts=invoke).account_id,
    )
    arns = known.apply(lambda given: _arns(*given))
    needed = arns.apply(lambda all_: sorted({actions[arn.split(":")[2]] for arn in all_}))
    return {**allow([], []), "Action": needed, "Resource": arns}


def _arns(models: Sequence[str], partition: str, region: str, account: str) -> list[str]:
    arns = []
    for model in dict.fromkeys(models):
        identity = model.removeprefix(BEDROCK)
        if identity == model:
            arns.append(f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{model.lower()}")
            continue
        if not identity.startswith(PROFILES):
            arns.append(f"arn:{partition}:bedrock:{region}::foundation-model/{identity}")
            continue
        # A profile calls the model in any of its regions; a global one names no region, which * matches as well.
        arns.append(f"arn:{partition}:bedrock:*::foundation-model/{identity.partition('.')[2]}")
        arns.append(f"arn:{partition}:bedrock:{region}:{account}:inference-profile/{identity}")
    return arns
